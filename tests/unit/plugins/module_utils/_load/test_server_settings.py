# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which server settings a load wants; that they are put back is tested on servers."""

import contextlib

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.lock import lock_name
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.server_settings import BorrowedSettings, wanted_settings

GIB = 1 << 30
DEFAULTS = {"innodb_redo_log_capacity": str(100 << 20), "local_infile": "OFF", "innodb_flush_log_at_trx_commit": "1", "log_bin": "ON", "sync_binlog": "1"}


def wanted(size, own=None, **asked):
    return wanted_settings(DEFAULTS if own is None else own, size, **dict({"load_data": False, "relaxed": False, "log_binary": True}, **asked))


@pytest.mark.parametrize("size, capacity", [(0, None), (25 << 20, None), (26 << 20, GIB), (GIB, GIB), (4 * GIB, 2 * GIB), (100 * GIB, 4 * GIB)])
def test_the_redo_log_grows_with_the_load(size, capacity):
    assert wanted(size).get("innodb_redo_log_capacity") == (None if capacity is None else str(capacity))


def test_a_redo_log_that_is_large_or_fixed_stays():
    assert wanted(100 * GIB, dict(DEFAULTS, innodb_redo_log_capacity=str(8 * GIB))) == {} == wanted(100 * GIB, {})


def test_local_infile_only_for_load_data():
    assert wanted(0, load_data=True) == {"local_infile": "ON"} and wanted(0) == {} == wanted(0, dict(DEFAULTS, local_infile="ON"), load_data=True)


def test_durability_is_relaxed_only_if_asked():
    assert wanted(0, relaxed=True) == {"innodb_flush_log_at_trx_commit": "2", "sync_binlog": "0"}
    assert wanted(0, relaxed=True, log_binary=False) == {"innodb_flush_log_at_trx_commit": "2"}
    assert wanted(0, dict(DEFAULTS, innodb_flush_log_at_trx_commit="0", log_bin="OFF"), relaxed=True) == {}


class Server:
    """A server with settings, its ledger, and the loads that hold their locks."""

    def __init__(self, **settings):
        self.settings_now, self.notes, self.running = settings, {}, set()
        self.target = ""

    def load(self, target):
        self.target = target
        self.running.add(lock_name(target))
        return BorrowedSettings(None, self, log_binary=True)

    @contextlib.contextmanager
    def alone(self, _login):
        yield self

    def settings(self, _connection):
        return [(name, value, owner) for (name, owner), value in sorted(self.notes.items())]

    def note_setting(self, _connection, name, value, owner):
        self.notes[name, owner] = value

    def forget_setting(self, _connection, name, owner):
        del self.notes[name, owner]

    def value(self, _query, values):
        return 1 if values[0] in self.running else None

    def rows(self, *_query):
        return list(self.settings_now.items())

    def run(self, sql):
        if sql.startswith("SET GLOBAL "):
            name, _is, value = sql[len("SET GLOBAL ") :].split()
            self.settings_now[name] = value


def capacity(value):
    return lambda _own: {"innodb_redo_log_capacity": str(value)}


def test_a_value_that_somebody_has_set_since_stays():
    """A load was killed, and the administrator has set another value before the next one."""
    for later, left in ((None, 100), (8000, 8000)):
        server = Server(innodb_redo_log_capacity="100")
        server.load("killed").borrow(capacity(1000))
        assert server.settings_now == {"innodb_redo_log_capacity": "1000"}
        server.running.clear()
        if later is not None:
            server.run("SET GLOBAL innodb_redo_log_capacity = {0}".format(later))
        assert server.load("next").put_back_abandoned(server)
        assert server.settings_now == {"innodb_redo_log_capacity": str(left)} and server.notes == {}


@pytest.mark.parametrize("sizes", [(1000, 2000), (2000, 1000), (1000, 1000)])
@pytest.mark.parametrize("first", [0, 1])
def test_whichever_load_ends_last_recognises_the_value(sizes, first):
    server = Server(innodb_redo_log_capacity="100")
    loads = [server.load("a"), server.load("b")]
    for number, size in enumerate(sizes):
        loads[number].borrow(capacity(size))
    assert server.settings_now == {"innodb_redo_log_capacity": str(max(sizes))}
    loads[first].give_back()
    assert server.settings_now == {"innodb_redo_log_capacity": str(max(sizes))}
    loads[1 - first].give_back()
    assert server.settings_now == {"innodb_redo_log_capacity": "100"} and server.notes == {}


@pytest.mark.parametrize("text", ["100", "100 x", "x 100", "100; DROP 5", "100  5", ""])
def test_records_of_another_form_are_not_believed(text):
    server = Server(innodb_redo_log_capacity="5")
    server.notes["innodb_redo_log_capacity", lock_name("a")] = text
    assert not server.load("b").put_back_abandoned(server) and server.settings_now == {"innodb_redo_log_capacity": "5"}
