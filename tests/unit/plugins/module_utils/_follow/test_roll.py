# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a roll-forward does without asking the server; applying transactions is tested in tests/servers/test_roll_forward.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.roll import HandStatement, Restart, Roller, _any_of, _prepare, add_to_purged
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.segments import ExecMode, InDump, Segment
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Login
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support.gtids import A


def roller(version, seen=None):
    return Roller(Login(), None, Version.parse(version), (seen if seen is not None else []).append)


@pytest.mark.parametrize("version", ["5.7.44", "8.0.23"])
def test_before_8_0_24_a_restart_starts_the_channel(version):
    found = roller(version)
    assert found.restart() is Restart.STARTS
    # Nothing was persisted, so nothing is removed.
    found.release()


@pytest.mark.parametrize("mode", ["None", "", "STRICT'; DROP DATABASE shop; -- ", "strict"])
def test_a_mode_that_is_not_one_never_reaches_the_server(mode):
    roller("8.0.36").set_exec_mode(mode)


def test_progress_continues_after_the_transactions_that_were_already_applied():
    seen = []
    roller("8.0.36", seen)._watch_from(100)(GtidSet.parse(A + ":1-5"))
    assert seen == [105]


def test_the_channel_stops_before_the_next_segment():
    following = Segment(GtidSet.parse(A + ":7-9"), ExecMode.STRICT)
    assert _any_of(following) == A + ":7-9" and _any_of(None) is None


def test_an_empty_set_is_not_added_to_the_history():
    add_to_purged(None, Version.parse("8.0.36"), GtidSet())


class Recorder:
    """A channel that applies everything at once, on a server that has executed nothing before."""

    def __init__(self):
        self.passed, self.done = [], GtidSet()

    def let_pass(self, databases, ignored):
        self.passed.append((databases, list(ignored)))

    def roll(self, _source, wanted, _before, _watch):
        self.done = self.done.union(wanted)

    def value(self, _sql):
        return str(self.done)

    def rows(self, *_arguments):
        return [("replica_exec_mode", "STRICT")]

    def run(self, _sql):
        pass


def test_which_databases_and_tables_a_segment_reaches():
    """Rows that are new for a database reach also its tables without a primary key."""
    found, recorder = roller("8.0.36"), Recorder()
    found._connection = found.channel = recorder
    in_dump = [InDump(frozenset(["shop"]), frozenset(["copy"])), InDump(frozenset(), frozenset(["shop"])), InDump()]
    segments = [Segment(GtidSet.parse("{0}:{1}".format(A, number)), ExecMode.IDEMPOTENT, in_dump=each) for number, each in enumerate(in_dump, 1)]
    both = {"shop": "shop", "crm": "copy"}
    found.apply(None, both, segments, GtidSet(), {}, [("shop", "log"), ("copy", "log")], lambda: None)
    assert recorder.passed == [({"crm": "copy"}, [("copy", "log")]), (both, [("shop", "log")]), (both, [])]


def test_the_session_of_a_statement_by_hand():
    """It has everything that a replica sets, or the definition may differ in silence."""
    said = []
    connection = Recorder()
    connection.run = said.append
    settings = (("collation_connection", 224), ("default_collation_for_utf8mb4", 45), ("explicit_defaults_for_timestamp", 0))
    _prepare(connection, HandStatement(b"x", "shop", 5, 4, None, None, settings))
    assert said[0].endswith("timestamp = 5") and said[1:] == ["SET SESSION sql_mode = 4"] + ["SET SESSION {0} = {1}".format(*each) for each in settings]
