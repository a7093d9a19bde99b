# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which warnings of a server about a definition reach the user, and which notes about a collation are trusted."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import DATABASE_COLLATION, SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import loader_connection
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.loader_connection import _EXPECTED, _OPTIONS, LoaderConnection, _worded
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Login

UNKNOWN, DEPRECATED = ("Warning", 1105, "odd"), ("Warning", 1287, "deprecated")


def test_a_warning_names_the_table_and_its_place():
    assert _worded([UNKNOWN], 1, "table t", "file a.sql, line 3") == ["table t: Warning 1105: odd (file a.sql, line 3)"]


@pytest.mark.parametrize("code", sorted(_EXPECTED))
def test_a_warning_that_every_restore_gets_is_not_shown(code):
    assert _worded([("Warning", code, "expected")], 1, "table t", "line 1") == []


def test_expected_warnings_do_not_hide_another_one():
    assert _worded([DEPRECATED, UNKNOWN, DEPRECATED], 3, "table t", "line 1") == ["table t: Warning 1105: odd (line 1)"]


@pytest.mark.parametrize(
    "read, count, shown, more",
    [
        (5, 5, 5, None),
        (6, 6, 5, 1),
        # The server has more warnings than were read.
        (64, 70, 5, 65),
        (3, 10, 3, 7),
    ],
)
def test_many_warnings_are_counted(read, count, shown, more):
    found = _worded([("Warning", 1105, str(number)) for number in range(read)], count, "view v", "line 1")
    assert found[:shown] == ["view v: Warning 1105: {0} (line 1)".format(number) for number in range(shown)]
    assert found[shown:] == ([] if more is None else ["view v: and {0} more warning(s) of the server (line 1)".format(more)])


@pytest.mark.parametrize("found", [[DEPRECATED] * 64, []])
def test_warnings_that_were_not_read_are_counted(found):
    assert _worded(found, 100, "table t", "line 1") == ["table t: and {0} more warning(s) of the server (line 1)".format(100 - len(found))]


def test_all_warnings_of_a_definition_are_read(monkeypatch):
    """A table of many columns has a deprecation for each, and a cut key after all of them."""
    server, warnings = Server(), [DEPRECATED] * 2000 + [UNKNOWN]
    server.noted = lambda: len(warnings)
    server.coded_warnings = lambda limit: warnings[:limit]
    monkeypatch.setattr(loader_connection, "connect", lambda _login, **_options: server)
    loader = LoaderConnection(Login(), b"shop", Ledger("apsaradb_mysql", "shop"), log_binary=True)
    assert loader.define(SessionState(), b"CREATE TABLE", "table t", "line 1") == ["table t: Warning 1105: odd (line 1)"]


@pytest.mark.parametrize(
    "own, trusted",
    [
        ("CHARACTER SET `utf8mb4` COLLATE `utf8mb4_bin`", True),
        ("CHARACTER SET `utf8mb4` COLLATE `utf8mb4_bin`\n", False),
        ("CHARACTER SET `utf8mb4` COLLATE `utf8mb4_bin` ENCRYPTION 'Y'", False),
        ("CHARACTER SET `x`; DROP DATABASE `shop`", False),
        ("CHARACTER SET `utf8mb4` COLLATE `\xe4`", False),
        ("", False),
    ],
)
def test_only_a_note_in_the_form_of_a_load_becomes_sql(own, trusted):
    assert bool(_OPTIONS.match(own)) is trusted


class Server:
    """A connection that keeps the first words of what it runs."""

    def __init__(self):
        self.ran, self.sent = [], []

    def run(self, sql):
        self.sent.append(sql)
        text = sql.decode() if isinstance(sql, bytes) else sql
        self.ran.append(" ".join(text.split()[:2]))

    def rows(self, _sql):
        return [(4 << 20,)]

    def texts(self, _sql):
        return [("utf8mb4", "utf8mb4_bin")]

    def value(self, _sql):
        return 4 << 20

    def use(self, database):
        self.run(b"USE " + database)

    def close(self):
        self.ran.append("close")


@pytest.mark.parametrize(
    "names, back",
    [(b"utf8mb4", []), (b"utf8", []), (b"binary", []), (b"latin1", ["SET NAMES"]), (b"gbk COLLATE gbk_bin", ["SET NAMES"])],
)
def test_names_are_sent_in_a_session_that_reads_them_as_utf8(monkeypatch, names, back):
    server = Server()
    monkeypatch.setattr(loader_connection, "connect", lambda _login, **_options: server)
    loader = LoaderConnection(Login(), "caf\xe9".encode(), Ledger("apsaradb_mysql", "caf\xe9"), log_binary=True)
    loader.set_session(SessionState().with_variable(b"names", names).with_variable(DATABASE_COLLATION, b"CHARACTER SET latin1"))
    # The name of the database is not sent: ALTER DATABASE changes the default one.
    assert server.ran[-1] == "ALTER DATABASE" and server.sent[-1] == b"ALTER DATABASE CHARACTER SET latin1"
    server.ran.clear()
    assert loader.utf8_connection() is server and server.ran == back
    assert loader.utf8_connection() is server and server.ran == back


def test_the_collation_is_restored_without_committing_the_part_of_a_failed_chunk(monkeypatch):
    """ALTER DATABASE commits the open transaction, with the ledger's entry of a chunk whose second INSERT was refused."""
    server = Server()
    monkeypatch.setattr(loader_connection, "connect", lambda _login, **_options: server)
    loader = LoaderConnection(Login(), b"shop", Ledger("apsaradb_mysql", "shop"), log_binary=True)
    loader.set_session(SessionState().with_variable(DATABASE_COLLATION, b"CHARACTER SET latin1"))
    assert server.ran[-2:] == ["REPLACE INTO", "ALTER DATABASE"]
    server.ran.clear()
    loader.connection.run("START TRANSACTION")
    loader.close()
    assert server.ran == ["START TRANSACTION", "ROLLBACK", "ALTER DATABASE", "DELETE FROM", "close"]


def test_a_connection_begins_with_the_collation_that_the_client_has(monkeypatch):
    """A dump without SET NAMES takes it: CREATE TABLE ... SELECT 'a' makes a column of it."""
    server = Server()
    monkeypatch.setattr(loader_connection, "connect", lambda _login, **_options: server)
    LoaderConnection(Login(), b"shop", Ledger("apsaradb_mysql", "shop"), log_binary=True)
    assert server.ran == ["SET NAMES", "SET SESSION", "SET SESSION", "USE shop"]


def test_a_connection_that_has_not_changed_the_collation_sends_nothing_when_it_is_closed(monkeypatch):
    server = Server()
    monkeypatch.setattr(loader_connection, "connect", lambda _login, **_options: server)
    loader = LoaderConnection(Login(), b"shop", Ledger("apsaradb_mysql", "shop"), log_binary=True)
    server.ran.clear()
    loader.close()
    assert server.ran == ["close"]
