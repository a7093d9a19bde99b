# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of INSERTs, compared with the columns of their table. What servers say is in tests/servers/test_checks_of_tables.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.insert_values import inspect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.row_shapes import RowShapes, shape_of, strings_for_json, wrong_rows
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import parse_table
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens

TABLE = parse_table(b"CREATE TABLE t (a INT, g INT AS (a), j JSON, h INT INVISIBLE, d TEXT DEFAULT (CAST(1 AS CHAR)))", Dialect(90704))


def shapes(*statements):
    found = RowShapes()
    for line, statement in enumerate(statements, 1):
        found.note(inspect(statement), 0, "a.sql", line)
    return list(found)


def expressions(statement):
    return shape_of(tokens(statement, Dialect(90704)), 0, "a.sql", 1)


@pytest.mark.parametrize(
    "statement, code",
    [
        (b"INSERT INTO t (a,j) VALUES (1,'{}'),(2,NULL)", None),
        (b"INSERT INTO t (A,d,h) VALUES (1,'',2)", None),
        (b"INSERT INTO t VALUES (1,2,'{}')", 1136),
        (b"INSERT INTO t VALUES (1,2,'{}',4)", 3105),
        (b"INSERT INTO t VALUES (1,2,'{}',4,5)", 1136),
        (b"INSERT INTO t (a) VALUES (1),(2,3)", 1136),
        (b"REPLACE INTO t (a,g) VALUES (1,NULL)", 3105),
        (b"INSERT IGNORE INTO t (a,x) VALUES (1,2)", 1054),
        (b"INSERT INTO t (a,A) VALUES (1,2)", 1110),
        (b"INSERT INTO t (a,\xc3\xa4) VALUES (1,2)", None),
    ],
)
def test_rows_of_literals(statement, code):
    (shape,) = shapes(statement)
    wrong = wrong_rows(TABLE, shape)
    assert (wrong.code if wrong is not None else None) == code


@pytest.mark.parametrize(
    "statement, code",
    [
        (b"INSERT INTO t VALUES (1,DEFAULT,'{}',NOW())", None),
        (b"INSERT INTO t VALUES (1,DEFAULT,'{}',NOW()),(f(1,2),3,'{}',4)", 3105),
        (b"INSERT INTO t (a,d) VALUES (1,CONCAT('a',',(','b'))", None),
        (b"INSERT INTO t (a,d) VALUES (1,NOW(),2)", 1136),
        (b"INSERT INTO t (a,d) VALUES (1,NOW()),(NOW())", 1136),
        (b"INSERT INTO t (a,g) VALUES (1,DEFAULT) ON DUPLICATE KEY UPDATE a = VALUES(a)", None),
        (b"REPLACE t (a,x) VALUE (1,-NOW())", 1054),
        (b"INSERT INTO t PARTITION (p0) VALUES (1,DEFAULT,'{}',NOW())", None),
        (b"INSERT INTO t PARTITION (p0, p1) (a,x) VALUES (1,2)", 1054),
        (b"INSERT INTO t PARTITION (p0) VALUES (1)", 1136),
    ],
)
def test_rows_with_expressions(statement, code):
    wrong = wrong_rows(TABLE, expressions(statement))
    assert (wrong.code if wrong is not None else None) == code


def test_other_inserts_have_no_shape():
    for statement in (
        b"INSERT INTO t SELECT 1",
        b"INSERT INTO t SET a = 1",
        b"INSERT INTO t VALUES ()",
        b"INSERT INTO t VALUES (),(NOW())",
        b"INSERT INTO t",
    ):
        assert expressions(statement) is None


def test_a_shape_is_kept_once_with_all_forms():
    one, two = shapes(b"INSERT INTO t VALUES (1,'x')", b"INSERT INTO t VALUES (2,'y')", b"INSERT INTO t VALUES (3,NULL)", b"INSERT INTO t (a) VALUES (1)")
    assert (one.values, one.line, one.forms[1], two.columns, two.line) == (2, 1, {b"'", b"NULL"}, (b"a",), 4)


def test_a_dropped_table_has_no_shapes():
    found = RowShapes()
    rows = inspect(b"INSERT INTO t VALUES (1)")
    found.note(rows, 0, "a.sql", 1)
    found.clear()
    assert list(found) == []
    found.note(rows, 0, "a.sql", 2)
    assert [shape.line for shape in found] == [2]


@pytest.mark.parametrize(
    "statement, binary, found",
    [
        (b"INSERT INTO t (a,j) VALUES (1,'{}')", True, b"j"),
        (b"INSERT INTO t (a,j) VALUES (1,'{}')", False, None),
        (b"INSERT INTO t (a,j) VALUES (1,NULL)", True, None),
        (b"INSERT INTO t (a,j) VALUES (1,0x7B7D)", False, b"j"),
        (b"INSERT INTO t (a,j) VALUES (1,_binary '{}')", False, b"j"),
        (b"INSERT INTO t (a,d) VALUES (1,0x7B7D)", True, None),
        (b"INSERT INTO t VALUES (1,'{}')", True, None),
        # Without names, values are for the visible columns.
        (b"INSERT INTO t VALUES (1,NULL,0x7B7D,'')", False, b"j"),
        (b"INSERT INTO t VALUES (1,NULL,0x7B7D,2,'')", False, None),
    ],
)
def test_binary_strings_for_json(statement, binary, found):
    (shape,) = shapes(statement)
    column = strings_for_json(TABLE, shape, binary=binary)
    assert (column.name if column is not None else None) == found


def test_an_introducer_makes_it_text():
    assert strings_for_json(TABLE, expressions(b"INSERT INTO t (a,j) VALUES (NOW(),_utf8mb4'{}')"), binary=True) is None
