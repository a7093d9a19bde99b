# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends following, and what keeps databases from being promoted; tests/servers/test_follow.py promotes some."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.live_channel import ChannelState, LiveSource
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _promotion
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._follow_checks import ReplicationFacts
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._promotion import (
    PROMOTED,
    PROMOTING,
    _agreed,
    _check_account,
    _compare,
    _SourceComparison,
    _wait_for,
    promote,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import SILENT
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import Grants
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support.gtids import A

SOURCE = LiveSource("rds.example", 3306, "rds", "secret")
RUNS = ChannelState(exists=True, running=True, applying=True, stopped=False, lag=3, code=0, error="")


class Following:
    """Databases that follow: notes the states, and whether the channel was removed."""

    def __init__(self, noted=None, states=(), **params):
        self.noted = noted if noted is not None else {"state": "following"}
        self.states = list(states)
        self.names = ["shop", "crm"]
        self.warned, self.done = [], []
        self.call = JobContext(params, params.pop("check_mode", False), self.warned.append, SILENT)
        self.login = SOURCE
        self.channel = self
        self.control = None

    def facts(self, _connection):
        return {"running": True}

    def note(self, state, **more):
        self.noted = dict(self.noted, state=state, **more)

    def exists(self):
        return "removed" not in self.done

    def remove(self):
        self.done.append("removed")

    def release(self):
        self.done.append("released")

    def state(self):
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


@pytest.fixture(autouse=True)
def fixture_without_servers(monkeypatch):
    monkeypatch.setattr(_promotion, "_caught_up", lambda *_asked: {"compared": True})
    monkeypatch.setattr(_promotion, "warnings_of_events", lambda _control, names: ["events of {0}".format(names)])


def test_databases_are_promoted_once():
    following = Following()
    assert promote(following, SOURCE, None) == {"running": True, "promoted": {"compared": True}, "changed": True}
    assert following.noted["state"] == PROMOTED and following.done == ["removed", "released"]
    assert following.warned == ["events of ['shop', 'crm']"]
    assert promote(following, SOURCE, None)["changed"] is False and len(following.done) == 2


def test_an_interrupted_promotion_is_completed_without_comparing_again(monkeypatch):
    monkeypatch.setattr(_promotion, "_caught_up", lambda *_asked: pytest.fail("the source may be gone"))
    following = Following({"state": PROMOTING, "promoted": {"compared": True}})
    following.remove()
    assert promote(following, SOURCE, None)["changed"] and following.noted["state"] == PROMOTED


def test_a_promotion_that_was_interrupted_before_it_removed_the_channel_waits_and_compares_again():
    following = Following({"state": PROMOTING, "promoted": {"gtid_set": "of the first run"}})
    assert promote(following, SOURCE, None)["promoted"] == {"compared": True} and following.done == ["removed", "released"]


def test_check_mode_changes_nothing():
    following = Following(check_mode=True)
    assert promote(following, SOURCE, None)["changed"] and following.noted == {"state": "following"} and following.done == []


def test_databases_that_do_not_follow():
    with pytest.raises(Failure, match="The databases do not follow.*state: followed first"):
        promote(Following({}), SOURCE, None)


def test_a_difference_keeps_them_following():
    with pytest.raises(Failure, match="differ from those of the source: shop: table t.*they still follow") as caught:
        _agreed(Following(), SOURCE, _SourceComparison(2, 9, ["shop: table t"], []), GtidSet())
    assert caught.value.facts == {"problems": ["shop: table t"]}
    following = Following()
    found = _agreed(following, SOURCE, _SourceComparison(2, 9, [], ["a definer"]), GtidSet.parse(A + ":1"))
    assert found == {"gtid_set": A + ":1", "compared": True, "tables": 2, "rows": 9} and following.warned == ["a definer"]


def test_each_database_is_compared_with_the_source(monkeypatch):
    asked = []

    def verify(call):
        asked.append((call.params["database"], call.params["source"]["login_host"], call.params["checksum"], call.params["fail_on_problems"]))
        bad = call.params["database"] == "crm"
        table = {"rows": 3, "ok": not bad}
        return {"tables": [table], "objects": {}, "objects_expected": {}, "unexpected": [], "problems": ["table t"] if bad else ["no account a@b"]}

    monkeypatch.setattr(_promotion, "verify", verify)
    found = _compare(Following(**dict.fromkeys(_promotion.LOGIN_SPEC, None)), SOURCE)
    assert asked == [("shop", "rds.example", True, False), ("crm", "rds.example", True, False)]
    assert found == _SourceComparison(2, 6, ["crm: table t"], ["shop: no account a@b"])


@pytest.mark.parametrize(
    "state, text",
    [
        (RUNS._replace(running=False, applying=False, stopped=True), "The channel is stopped.*state: followed first"),
        (RUNS._replace(running=False, applying=False, stopped=False, code=1062, error="Duplicate"), "stopped with MySQL error 1062: Duplicate"),
    ],
)
def test_a_channel_that_does_not_apply_ends_the_wait(monkeypatch, state, text):
    monkeypatch.setattr(_promotion, "executed", lambda _connection: GtidSet.parse(A + ":1-3"))
    with pytest.raises(Failure, match=text):
        _wait_for(Following(states=[state]), SOURCE, GtidSet.parse(A + ":1-9"))


def test_a_source_that_is_away_for_a_minute_ends_the_wait(monkeypatch):
    seconds = iter(range(0, 1000, 25))
    monkeypatch.setattr(_promotion, "executed", lambda _connection: GtidSet())
    monkeypatch.setattr(_promotion.time, "monotonic", lambda: float(next(seconds)) + 1)
    monkeypatch.setattr(_promotion.time, "sleep", lambda _seconds: None)
    with pytest.raises(Failure, match="The channel is not running"):
        _wait_for(Following(states=[RUNS, RUNS._replace(running=False)]), SOURCE, GtidSet.parse(A + ":1"))
    assert next(seconds) == 125


ALL = ("SELECT", "TRIGGER", "EVENT", "EXECUTE")


@pytest.mark.parametrize("missing", [None, *ALL])
def test_an_account_that_does_not_see_everything_at_the_source_is_refused(monkeypatch, missing):
    """A trigger that the source hides and that the databases have lost would not be missed."""
    granted = Grants(frozenset(), (("shop", frozenset(ALL)), ("crm", frozenset(ALL) - {missing})))
    monkeypatch.setattr(_promotion, "facts_of", lambda _connection: ReplicationFacts(Version.parse("8.0.36"), {}, granted))
    if missing is None:
        _check_account(Following(), None, SOURCE)
        return
    with pytest.raises(
        Failure, match="The account rds of the source cannot see everything in crm, so .*Grant it SELECT, SHOW VIEW, TRIGGER, EVENT and EXECUTE"
    ):
        _check_account(Following(), None, SOURCE)
