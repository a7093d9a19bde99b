# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file of SQL may be, and what is reported of its statements; tests/servers/test_restore_sql.py runs files."""

from typing import Any, Optional, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_sql import _DatabaseRun, _failed, _kind, changed_table
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
        (
            1054,
            "Unknown column 'secret' in 'field list'",
            "The statement names a column that does not exist. If this is a text, put it in single quotes (error 1054)",
        ),
        (1305, "FUNCTION shop.secret does not exist", "The statement calls a function that does not exist (error 1305)"),
        (1630, "FUNCTION secret.of does not exist. Check the manual", "The statement calls a function that does not exist (error 1630)"),
        (1305, "PROCEDURE shop.mask does not exist", "PROCEDURE shop.mask does not exist (error 1305)"),
        (
            1370,
            "execute command denied to user 'a'@'b' for routine 'shop.secret'",
            "The account may not execute a routine that the statement calls (error 1370)",
        ),
    ],
)
def test_a_failure_quotes_no_value_of_a_row(code: int, message: str, text: str) -> None:
    failure = _failed(ServerError(code, message), "after.sql, line 3", atomic=True)
    assert failure.what == text and failure.cure == "Correct the file and run the task again. None of its changes were kept."
    assert "Restore the database again" in str(_failed(ServerError(code, message), "after.sql, line 3", atomic=False))


def known_column(message: str, columns: Any, code: int = 1054) -> Optional[str]:
    class Control:
        def value(self, _sql: str, values: Tuple[str, str]) -> Optional[str]:
            if isinstance(columns, Exception):
                raise columns
            return values[1] if values[1] in columns and values[0] == "shop" else None

    run = object.__new__(_DatabaseRun)
    run.database, run.control = "shop", Control()
    return run._known_column(ServerError(code, message))


def test_a_name_is_shown_only_if_a_table_has_such_a_column():
    for message in "Unknown column 'email' in 'field list'", "Unknown column 'my.secret.email' in 'where clause'", "Unbekanntes Feld 'email' in 'field list'":
        column = known_column(message, ("email",))
        assert column == "email"
        failure = _failed(ServerError(1054, message), "after.sql, line 3", atomic=True, column=column)
        assert failure.what == "The server finds no column email where the statement names it (error 1054)"
    for message in "Unknown column 'secret' in 'field list'", "Unknown column 'it's secret' in 'field list'", "another text":
        assert known_column(message, ("email", "name")) is None
    assert known_column("Unknown column 'email' in 'field list'", ServerError(2013, "lost")) is None
    assert known_column("Duplicate entry 'email' for key 'k'", ("email",), code=1062) is None
