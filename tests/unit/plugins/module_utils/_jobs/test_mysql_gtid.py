# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a server is changed, refused or left alone; tests/servers/test_gtid_choices.py changes servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import mysql_gtid
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.gtid_state import GtidState
from ansible_collections.apsaradb.mysql.tests.support.gtids import A

NEW = GtidState("ON", "", "", (), is_replica=False, missing_privileges=())
USED = NEW._replace(executed=A + ":1-5")


class Connection:
    """Counts what is done to the server."""

    def __init__(self):
        self.done = []

    def value(self, _sql):
        return "8.0.36"

    def close(self):
        self.done.append("closed")


@pytest.fixture(name="run")
def fixture_run(monkeypatch):
    def run(state, wanted, check_mode=False, force=False, refuse_enable=lambda *_server: None):
        connection = Connection()
        monkeypatch.setattr(mysql_gtid, "login_of", lambda _params: None)
        monkeypatch.setattr(mysql_gtid, "connect", lambda _login: connection)
        monkeypatch.setattr(mysql_gtid, "state_of", lambda _connection, _version: state)
        monkeypatch.setattr(mysql_gtid, "reset", lambda *_server: connection.done.append("reset"))
        monkeypatch.setattr(mysql_gtid, "refuse_enable", refuse_enable)
        monkeypatch.setattr(mysql_gtid, "enable", lambda *_server: connection.done.append("enabled"))
        try:
            return mysql_gtid.job(JobContext({"state": wanted, "force": force}, check_mode, pytest.fail)), connection.done
        except Failure as failure:
            return failure, connection.done

    return run


@pytest.mark.parametrize(
    "state, check_mode, changed, done",
    [(USED, False, True, ["reset", "closed"]), (USED, True, True, ["closed"]), (NEW, False, False, ["closed"])],
)
def test_a_history_is_emptied_once(run, state, check_mode, changed, done):
    result, did = run(state, "empty", check_mode)
    assert (result["changed"], did) == (changed, done)
    if check_mode:
        assert result["executed"] == result["purged"] == ""


@pytest.mark.parametrize(
    "mode, check_mode, changed, done, shown",
    [
        ("OFF", False, True, ["enabled", "closed"], "OFF"),
        ("OFF", True, True, ["closed"], "ON"),
        ("ON", False, False, ["closed"], "ON"),
        ("ON", True, False, ["closed"], "ON"),
    ],
)
def test_gtids_are_enabled_once(run, mode, check_mode, changed, done, shown):
    result, did = run(NEW._replace(mode=mode), "enabled", check_mode)
    assert (result["changed"], did, result["gtid_mode"]) == (changed, done, shown)


@pytest.mark.parametrize("wanted, text", [("empty", "The GTID history was not emptied: "), ("enabled", "GTIDs were not enabled: ")])
@pytest.mark.parametrize("check_mode", [False, True])
def test_replication_is_in_the_way_unless_forced(run, wanted, text, check_mode):
    replica = USED._replace(mode="OFF", is_replica=True)
    failure, did = run(replica, wanted, check_mode)
    assert isinstance(failure, Failure) and failure.what.startswith(text) and did == ["closed"]
    result, did = run(replica, wanted, check_mode, force=True)
    assert result["changed"] and did == ["closed"] if check_mode else len(did) == 2


def test_a_server_that_needs_no_change_is_not_refused(run):
    result, _did = run(NEW._replace(is_replica=True), "empty")
    assert not result["changed"]
    result, _did = run(NEW._replace(is_replica=True), "enabled")
    assert not result["changed"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_check_mode_fails_where_a_real_run_would(run, check_mode):
    def refuse(*_server):
        raise Failure("GTIDs cannot be enabled while this server runs")

    failure, did = run(NEW._replace(mode="OFF"), "enabled", check_mode, refuse_enable=refuse)
    assert isinstance(failure, Failure) and did == ["closed"]
    result, _did = run(NEW, "enabled", check_mode, refuse_enable=refuse)
    assert not result["changed"]
