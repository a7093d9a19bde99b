# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a roll-forward derives from its options and its plan; tests/servers/test_roll_forward.py rolls databases forward."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.transactions import StatementEvent
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.roll import HandStatement
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import mysql_roll_forward
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_targets import RollTarget
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._statement_effects import Effect, StatementDecision
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_roll_forward import (
    _by_hand,
    _defaults_of,
    _folder,
    _left_of_overlap,
    _other_names,
    _software_folder,
    job,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger, LedgerEntry
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support.gtids import A

STATEMENT = StatementEvent("shop", b"ALTER TABLE shop.t ADD a INT", 4, 99, 1767225600, 45, 1073741824, "UTC", ("shop",), True)


def test_a_statement_by_hand_has_the_session_of_its_origin():
    decision = StatementDecision(Effect.BY_HAND, text=b"ALTER TABLE shop2.t ADD a INT", database="shop2")
    assert _by_hand(STATEMENT, decision) == HandStatement(b"ALTER TABLE shop2.t ADD a INT", "shop2", 1767225600, 1073741824, 45, "UTC")
    own = (("default_collation_for_utf8mb4", 255), ("explicit_defaults_for_timestamp", 0))
    assert _by_hand(STATEMENT._replace(settings=own), decision).settings == own
    skipped = _by_hand(STATEMENT, StatementDecision(Effect.SKIP, text=b"DROP DATABASE other"))
    assert (skipped.text, skipped.database) == (b"", None)


@pytest.mark.parametrize(
    "state, databases, done, purge, refused",
    [
        ("running", {"shop": "back"}, "1-700", "701-1000", True),
        # With the same overlap or a larger one, the rest is applied.
        ("running", {"shop": "back"}, "1-700", "1-500", False),
        # Nothing of it was applied.
        ("starting", {"shop": "back"}, "1-500", "501-1000", False),
        ("running", {"shop": "back", "crm": "crm"}, "1-700", "1-500", True),
        ("complete", {"shop": "back", "crm": "crm"}, "1-1200", "1-500", False),
    ],
)
def test_a_part_of_the_overlap_of_an_interrupted_run_is_not_left_out(state, databases, done, purge, refused):
    """The dump has the transactions 1 to 1000, of which the interrupted run was to apply those from 501 on again."""
    note = {"state": state, "databases": {"shop": "back"}, "gtids": A + ":501-1200"}
    target = RollTarget("shop", "back", Ledger("back", "back"), entry=None, roll=note)
    sets = [GtidSet.parse(A + ":" + text) for text in ("1-1000", done, purge)]
    found = list(_left_of_overlap([target], databases, *sets))
    assert bool(found) is refused and all("same databases (shop: back), binlogs and overlap" in text for text in found)


@pytest.mark.parametrize(
    "noted, unseen, refused", [("shop", ["nightly"], True), ("nightly", ["nightly"], False), (None, ["nightly"], False), ("shop", [], False)]
)
def test_a_database_that_was_imported_under_another_name(noted, unseen, refused):
    entry = LedgerEntry("complete", [], {}, {"origin": ["/backup.tar", None, noted]})
    target = RollTarget("nightly", "copy", Ledger("copy", "copy"), entry, roll=None)
    found = list(_other_names([target], unseen))
    assert bool(found) is refused and all("copy was imported from shop. Specify that name" in text for text in found)


@pytest.mark.parametrize("origin, here, collation", [("5.7.44", "8.0.36", 45), ("5.7.44", "5.7.44", None), ("8.0.20", "8.0.36", None)])
def test_a_statement_of_an_origin_before_8_0_keeps_its_default_collation(origin, here, collation):
    """As on a replica, which assumes utf8mb4_general_ci if the event names none (MySQL manual, default_collation_for_utf8mb4)."""
    assert dict(_defaults_of(Version.parse(origin), Version.parse(here))).get("default_collation_for_utf8mb4") == collation


def test_each_server_has_a_folder_of_its_own_under_the_work_path(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "work")
    one, other = _folder({"work_path": str(tmp_path / "link")}, "uuid-1"), _folder({"work_path": str(tmp_path / "link")}, "uuid-2")
    assert one != other and os.path.dirname(one) == str(tmp_path / "work") == os.path.dirname(other)
    assert one == _folder({"work_path": str(tmp_path / "work")}, "uuid-1")


@pytest.mark.parametrize("given, folder", [("/opt/mysql", "/opt/mysql"), (None, "/w/mysql-software"), ("~/m", os.path.expanduser("~/m"))])
def test_folder_of_the_software(given, folder):
    assert _software_folder({"software_path": given, "work_path": "/w"}) == folder


@pytest.mark.parametrize("state", ["followed", "stopped", "promoted"])
def test_other_states_follow_a_live_server(monkeypatch, state):
    monkeypatch.setattr(mysql_roll_forward, "follow_job", lambda call: {"state": call.params["state"]})
    assert job(JobContext({"state": state}, False, pytest.fail)) == {"state": state}
