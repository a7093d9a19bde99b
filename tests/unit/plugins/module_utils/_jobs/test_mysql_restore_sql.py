# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file of SQL may be, and what is reported of its statements; tests/servers/test_restore_sql.py runs files."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_sql import SqlReader, _failed, _kind, changed_table
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError


@pytest.mark.parametrize(
    "text, table",
    [
        ("UPDATE LOW_PRIORITY IGNORE `a b` SET c = 1", "a b"),
        ("INSERT INTO d.t VALUES (1)", "d.t"),
        ("REPLACE t (a) VALUES (1)", "t"),
        ("DELETE FROM t WHERE a = 'FROM u'", "t"),
        ("TRUNCATE t", "t"),
        ("ALTER TABLE t ADD a INT", "t"),
        ("CREATE TEMPORARY TABLE IF NOT EXISTS t (a INT)", "t"),
        ("DROP TABLE IF EXISTS t", "t"),
        ("CREATE USER u", None),
        ("DROP VIEW v", None),
        ("SELECT * FROM t", None),
        ("CALL p()", None),
        ("UPDATE", None),
        ("UPDATE 'open", None),
    ],
)
def test_the_table_that_a_statement_changes(text, table):
    assert changed_table(text.encode(), Dialect(90700)) == table


@pytest.mark.parametrize(
    "statement, can",
    [
        ("UPDATE customer SET name = 'x'", True),
        ("SET @a = CONCAT('b', 'c'), @d = 1", True),
        ("SET @a = 1, GLOBAL x = 2", False),
        ("SET @@x = 2", False),
        ("SET @a = 1, sql_mode = ''", False),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", False),
        ("/*!50000 ALTER TABLE t ADD a INT */", False),
        ("UPDATE mysql.user SET Host = ''", False),
        ("ALTER TABLE customer ADD a INT", False),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("SELECT 1 INTO DUMPFILE '/tmp/x'", False),
        ("DELETE FROM t WHERE a IN (SELECT MySQL.user.Host FROM MySQL.user)", False),
        ("CALL p()", False),
    ],
)
def test_what_can_be_rolled_back(statement, can):
    assert SqlReader(90700, "", ("mysql",)).can_roll_back(statement.encode()) is can


@pytest.mark.parametrize(
    "text, kind", [(b"update t set a = 'secret'", "UPDATE"), (b"CREATE\n table secret (a INT)", "CREATE TABLE"), (b"SET @a = 1", "SET"), (b"(SELECT 1)", "")]
)
def test_the_kind_of_a_statement_has_no_value_of_it(text: bytes, kind: str) -> None:
    assert _kind(text) == kind


@pytest.mark.parametrize(
    "code, message, text",
    [
        (1146, "Table 'shop.t' doesn't exist", "Table 'shop.t' doesn't exist (error 1146)"),
        (1062, "Duplicate entry 'secret' for key 't.PRIMARY'", "Two rows have the same value in a unique key, t.PRIMARY (error 1062)"),
        (1064, "You have an error near 'secret'", "The server does not understand the statement (error 1064)"),
        (1292, "Incorrect value: 'secret'", "The server refused the statement (error 1292)"),
    ],
)
def test_a_failure_quotes_no_value_of_a_row(code: int, message: str, text: str) -> None:
    failure = _failed(ServerError(code, message), "after.sql, line 3", atomic=True)
    assert failure.what == text and failure.cure == "Correct the file and run the task again. None of its changes were kept."
    assert "Restore the database again" in str(_failed(ServerError(code, message), "after.sql, line 3", atomic=False))
