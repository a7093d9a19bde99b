# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file of SQL may be, and what is reported of its statements; tests/servers/test_restore_sql.py runs files."""

from typing import Any, List, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
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


def statements(tmp_path: Any, text: str, sql_mode: str = "") -> List[Tuple[str, int]]:
    path = tmp_path / "after.sql"
    path.write_bytes(text.encode())
    return [(statement.text.decode(), statement.line) for statement, _dialect in SqlReader(90700, sql_mode, ()).statements(str(path))]


def test_a_file_is_split_under_the_sql_mode_that_its_statements_set(tmp_path: Any) -> None:
    text = "SELECT 'a;b';\nSET sql_mode = 'NO_BACKSLASH_ESCAPES';\nSELECT '\\';\nSELECT 2"
    assert statements(tmp_path, text) == [("SELECT 'a;b'", 1), ("SET sql_mode = 'NO_BACKSLASH_ESCAPES'", 2), ("SELECT '\\'", 3), ("SELECT 2", 4)]
    assert statements(tmp_path, "SELECT '\\';\nSELECT 2;", "NO_BACKSLASH_ESCAPES") == [("SELECT '\\'", 1), ("SELECT 2", 2)]


@pytest.mark.parametrize("end, where", [("SELECT 'a", "a string"), ("SELECT `a", "a name"), ("SELECT 1 /* a", "a comment")])
def test_a_file_that_ends_in_the_middle_is_refused_without_its_text(tmp_path: Any, end: str, where: str) -> None:
    with pytest.raises(Failure, match="ends in the middle of " + where) as caught:
        statements(tmp_path, "SELECT 1;\n" + end)
    assert "SELECT" not in str(caught.value)


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
