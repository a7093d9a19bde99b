# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which changes of tables are tried, and the finding. What servers say is in tests/servers/test_checks_of_definitions.py."""

import contextlib

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import StatementKind
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Definition, DumpPosition
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import trial_changes
from ansible_collections.apsaradb.mysql.plugins.module_utils._server import connection as connections
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, kinds, subject

CHANGE = b"ALTER TABLE t ADD KEY (b);\n"


@pytest.mark.parametrize(
    "statement, sent",
    [
        (b"ALTER TABLE `t` ADD KEY (b)", b"ALTER TABLE `__apsaradb_trial` ADD KEY (b)"),
        (b"ALTER TABLE shop.t RENAME COLUMN a TO b", b"ALTER TABLE `__apsaradb_trial` RENAME COLUMN a TO b"),
        (b"CREATE INDEX k ON t (a)", b"CREATE INDEX k ON `__apsaradb_trial` (a)"),
        (b"DROP INDEX k ON t", b"DROP INDEX k ON `__apsaradb_trial`"),
        (b"ALTER TABLE t RENAME u", None),
        (b"ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (a)", None),
        (b"ALTER TABLE t ADD `foreign` INT COMMENT 'CHECK'", b"ALTER TABLE `__apsaradb_trial` ADD `foreign` INT COMMENT 'CHECK'"),
        (b"ALTER TABLE t PARTITION BY HASH (a)", None),
        (b"ALTER TABLE t ROW_FORMAT=COMPRESSED", None),
    ],
)
def test_what_is_sent_concerns_the_copy(statement, sent):
    made = Definition(StatementKind.OTHER, b"t", statement, SessionState(), DumpPosition("a.sql", 1, 0, ""), "ALTER TABLE")
    assert trial_changes.on_copy(made, tokens(statement, Dialect(80036))) == sent


class Server:
    """A connection whose server refuses keys."""

    refusal = connections.Connection.refusal

    def __init__(self):
        self.sent = []

    def run(self, statement):
        self.sent.append(statement)
        if b"ADD KEY" in statement:
            raise ServerError(1072, "Key column 'b' doesn't exist in table __apsaradb_trial")


@pytest.fixture
def server(monkeypatch):
    made = Server()

    @contextlib.contextmanager
    def trial_connection(_subject):
        yield made

    monkeypatch.setattr(trial_changes, "trial_connection", trial_connection)
    return made


def test_a_change_that_the_server_refuses(server):
    found = trial_changes.check_changes(subject(TABLE % b"t" + CHANGE))
    assert kinds(found) == ["table_change"] and "the table t (error 1072): Key column 'b' doesn't exist in table t" in found[0].what
    # Both copies of a table without a character set, and nothing of them is left.
    assert len([sent for sent in server.sent if b"ADD KEY" in sent]) == 2 and server.sent[-1].startswith(b"DROP TEMPORARY TABLE")


@pytest.mark.parametrize("table", [b"a INT, FULLTEXT KEY (a)", b"a INT, FOREIGN KEY (a) REFERENCES t (a)"])
def test_tables_whose_copies_lack_keys_are_not_tried(server, table):
    assert trial_changes.check_changes(subject(b"CREATE TABLE t (" + table + b");\n" + CHANGE)) == [] == server.sent
    assert trial_changes.check_changes(subject(b"CREATE TABLE t (a INT) PARTITION BY HASH (a);\n" + CHANGE)) == []
    assert trial_changes.check_changes(subject(TABLE % b"t")) == trial_changes.check_changes(subject(whole=False)) == []
