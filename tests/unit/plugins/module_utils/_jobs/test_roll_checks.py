# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a target keeps it from being rolled forward, as far as its variables show it; tests/servers/test_roll_checks.py asks servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.segments import TargetHistory
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _roll_checks
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_plan import RollPlan, SizesOfTransactions
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._statement_effects import Effect, StatementDecision
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import parse_grants
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support.gtids import A

READY = {"gtid_mode": "ON", "server_id": "2", "log_bin": "ON", "log_replica_updates": "ON"}
NOTHING = TargetHistory(GtidSet(), GtidSet(), GtidSet())


class Executed:
    """A server that has executed these transactions."""

    def __init__(self, gtids):
        self.gtids = gtids

    def value(self, _sql):
        return self.gtids


def server(monkeypatch, known, grant):
    monkeypatch.setattr(_roll_checks, "variables", lambda _connection: dict(READY, **known or {}))
    monkeypatch.setattr(_roll_checks, "grants_of", lambda _connection: parse_grants(["GRANT {0} ON *.* TO `a`@`%`".format(grant)]))


def problems(monkeypatch, known=None, version="8.0.36", origin="8.0.36", binlog="auto", history=NOTHING, executed="", grant="ALL PRIVILEGES"):
    server(monkeypatch, known, grant)
    plan = RollPlan([], GtidSet(), {}, [], GtidSet.parse(A + ":1-9"), [], [], {1, 7}, set(), set(), origin, ["shop"], {}, {}, SizesOfTransactions())
    return _roll_checks.server_problems(Executed(executed), Version.parse(version), plan, history, {"binlog": binlog})


def test_a_server_that_fits(monkeypatch):
    assert problems(monkeypatch) == problems(monkeypatch, binlog="on") == problems(monkeypatch, {"log_bin": "OFF"}, binlog="off") == []


@pytest.mark.parametrize(
    "executed, binlog, cure",
    [("", "auto", None), ("", "on", "Use binlog: auto"), (A + ":1", "on", "Empty its history"), (A + ":1", "auto", "Empty its history")],
)
def test_before_8_0_the_set_of_the_backup_comes_before_everything_else(monkeypatch, executed, binlog, cure):
    """Also before the note in the ledger, which binlog: on writes to the binary log."""
    given = {"version": "5.7.44", "origin": "5.7.44", "binlog": binlog, "executed": executed}
    found = problems(monkeypatch, history=NOTHING._replace(purge=GtidSet.parse(A + ":1-9")), **given)
    assert not found if cure is None else cure in found[0] and len(found) == 1
    assert not problems(monkeypatch, **given)


@pytest.mark.parametrize(
    "given, text",
    [
        ({"version": "5.6.51"}, "MySQL 5.6.51 cannot change replication filters"),
        ({"version": "11.4.2-MariaDB"}, "11.4.2-MariaDB cannot change replication filters"),
        ({"known": {"gtid_mode": "OFF"}}, "gtid_mode is OFF"),
        ({"known": {"server_id": "0"}}, "server_id is 0"),
        ({"known": {"server_id": "7"}}, "The server has the server_id of the origin (7) and would ignore its transactions"),
        ({"known": {"super_read_only": "ON"}}, "super_read_only is ON"),
        ({"known": {"replica_skip_errors": "1032,1062"}}, "ignores errors of replication (replica_skip_errors=1032,1062)"),
        ({"known": {"slave_skip_errors": "ALL"}, "version": "5.7.44", "origin": "5.7.44"}, "ignores errors of replication (slave_skip_errors=ALL)"),
        ({"grant": "SUPER, SYSTEM_VARIABLES_ADMIN, REPLICATION CLIENT, RELOAD"}, "Grant it REPLICATION_SLAVE_ADMIN, PERSIST_RO_VARIABLES_ADMIN on *.*"),
        ({"grant": "RELOAD", "version": "5.7.44", "origin": "5.7.44"}, "cannot control replication. Grant it SUPER on *.*"),
        ({"origin": "8.4.3"}, "The binlogs are of MySQL 8.4.3, and this server is older (8.0.36)"),
        ({"binlog": "off"}, "but binlog is off"),
        ({"known": {"log_replica_updates": "OFF"}, "binlog": "on"}, "does not log the transactions that a channel applies"),
    ],
)
def test_a_server_that_does_not_fit(monkeypatch, given, text):
    (found,) = problems(monkeypatch, **given)
    assert text in found


def test_a_server_of_which_the_binary_logs_are_not_known(monkeypatch):
    def found(known, **options):
        server(monkeypatch, known, "ALL PRIVILEGES")
        return _roll_checks.replication_problems(None, Version.parse("8.0.36"), set(), **options)

    assert found({}) == []
    assert "gtid_mode is OFF" in found({"gtid_mode": "OFF"})[0]
    # The restore itself enables it.
    assert found({"gtid_mode": "OFF"}, enables_gtid=True) == []


class Scheduler:
    """A server with these events and their states."""

    def __init__(self, state, events):
        self.state, self.events = state, events

    def value(self, _sql):
        return self.state

    def rows(self, sql):
        wanted = "SIDE_DISABLED" if "SIDE_DISABLED" in sql else "ENABLED"
        return [name for name, status in self.events if status.endswith(wanted) and (wanted != "ENABLED" or status == wanted)]


EVENTS = [(("shop", "nightly"), "ENABLED"), (("other", "hourly"), "ENABLED"), (("shop", "off"), "DISABLED"), (("shop", "made"), "REPLICA_SIDE_DISABLED")]


@pytest.mark.parametrize(
    "state, events, text",
    [("ON", EVENTS, "shop.nightly, transaction {0}:5. Run SET".format(A)), ("OFF", EVENTS, None), (1, [], ": transaction {0}:5. ".format(A))],
)
def test_events_that_would_run_during_the_roll_forward(state, events, text):
    """An event that is created by hand under a new name is enabled, although one that a channel creates is not."""
    decisions = {A + ":5": StatementDecision(Effect.BY_HAND, makes_event=True), A + ":6": StatementDecision(Effect.BY_HAND)}
    plan = RollPlan(
        [], GtidSet(), {gtid: (None, each) for gtid, each in decisions.items()}, [], GtidSet(), [], [], set(), set(), set(), "8.0.36", ["shop"], {}, {}, None
    )
    found = list(_roll_checks._of_events(Scheduler(state, events), plan))
    assert found == [] if text is None else text in found[0]


def test_a_warning_names_events_that_replication_has_disabled():
    (found,) = _roll_checks.warnings_of_events(Scheduler("OFF", EVENTS), ["shop"])
    assert found.endswith("ENABLE: shop.made") and not list(_roll_checks.warnings_of_events(Scheduler("OFF", EVENTS), ["other"]))
