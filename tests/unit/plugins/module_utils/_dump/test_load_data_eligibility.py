# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rows LOAD DATA reads as the INSERT would, and which the server may number. The effect on a plan is in test_chunks.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump import insert_values, load_data_eligibility
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.insert_values import inspect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.load_data_eligibility import (
    may_hold_minus_zero,
    numbered_by_server,
    numbers_of,
    same_to_load_data,
    whole_characters,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Numbers
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import parse_table

UTF8 = SessionState().with_variable(b"names", b"utf8mb4")
TABLE = b"CREATE TABLE t (a int, g int GENERATED ALWAYS AS (a) STORED, b blob, s varchar(9), h int /*!80023 INVISIBLE */)"
NUMBERED = b"CREATE TABLE t (v varchar(9), id int NOT NULL AUTO_INCREMENT, PRIMARY KEY (id))"


@pytest.fixture(params=[1, 2, 3, 5, 1 << 18])
def window(request, monkeypatch):
    monkeypatch.setattr(insert_values, "_WINDOW", request.param)
    monkeypatch.setattr(load_data_eligibility, "_WINDOW", request.param)


def read(create, insert):
    table, found = parse_table(create, Dialect(90704)), inspect(b"INSERT INTO t " + insert)
    assert table is not None and found is not None
    return table, found


@pytest.mark.parametrize(
    "insert, same",
    [
        (b"(a, s) VALUES (1,'x'),(NULL,NULL)", True),
        (b"(s, a) VALUES (1,'x')", False),
        (b"(h, s) VALUES (1,'x')", True),
        # Bytes are not text, what is generated takes no value, and what is not there is not known.
        (b"(a, b) VALUES (1,'x')", False),
        (b"(a, g) VALUES (1,2)", False),
        (b"(a, z) VALUES (1,2)", False),
        (b"VALUES (1,'x')", False),
        (b"(a, s) VALUES (1)", False),
        (b"(a, s) VALUES (1,'x'),(2)", False),
    ],
)
def test_each_value_fits_the_column_it_is_for(insert, same):
    table, found = read(TABLE, insert)
    assert same_to_load_data(table, found, UTF8, backslash=True) == same


def test_without_a_column_list_values_are_for_visible_stored_columns():
    table, found = read(TABLE.replace(b"b blob", b"b int"), b"VALUES (1,2,'x')")
    assert same_to_load_data(table, found, UTF8, backslash=True)


def test_other_reasons_against_load_data():
    table, found = read(TABLE, b"(a) VALUES (1)")
    assert same_to_load_data(table, found, UTF8, backslash=True)
    assert not same_to_load_data(None, found, UTF8, backslash=True)
    assert not same_to_load_data(table, found, UTF8, backslash=False)
    assert not same_to_load_data(table, found, SessionState(), backslash=True)
    assert not same_to_load_data(table, found, SessionState().with_variable(b"names", b"ujis"), backslash=True)
    assert not same_to_load_data(table, found, UTF8.with_variable(b"character_set_connection", b"latin1"), backslash=True)


@pytest.mark.parametrize(
    "omitted, same",
    [
        (b"a int NOT NULL", False),
        (b"a datetime /*!50000 NOT NULL */", False),
        (b"a text NOT NULL COMMENT 'DEFAULT 1'", False),
        (b"a json NOT NULL CHECK (a <> DEFAULT(s))", False),
        (b"a int NOT NULL INVISIBLE", False),
        (b"a int PRIMARY KEY", False),
        (b"a int, PRIMARY KEY (s, A)", False),
        (b"a int", True),
        (b"a int NULL, UNIQUE KEY (a)", True),
        (b"a int NOT NULL DEFAULT 0", True),
        (b"a timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP", True),
        (b"a int NOT NULL AUTO_INCREMENT PRIMARY KEY", True),
        (b"a int GENERATED ALWAYS AS (1) STORED NOT NULL", True),
    ],
)
def test_a_column_without_a_default_needs_a_value(omitted, same):
    table, found = read(b"CREATE TABLE t (s varchar(9) NOT NULL, " + omitted + b")", b"(s) VALUES ('x')")
    assert same_to_load_data(table, found, UTF8, backslash=True) == same
    if b"INVISIBLE" in omitted:
        table, found = read(b"CREATE TABLE t (s varchar(9) NOT NULL, " + omitted + b")", b"VALUES ('x')")
        assert not same_to_load_data(table, found, UTF8, backslash=True)


@pytest.mark.parametrize(
    "insert, mode, numbered",
    [
        (b"VALUES ('x',1),('y',2)", b"'NO_AUTO_VALUE_ON_ZERO'", False),
        (b"(ID, v) VALUES (0,NULL)", b"'STRICT_ALL_TABLES,no_auto_value_on_zero'", False),
        (b"VALUES ('x',1),('y',NULL)", b"'NO_AUTO_VALUE_ON_ZERO'", True),
        (b"(v) VALUES ('x')", b"'NO_AUTO_VALUE_ON_ZERO'", True),
        (b"VALUES ('x')", b"'NO_AUTO_VALUE_ON_ZERO'", True),
        (b"VALUES ('x',1),('y')", b"'NO_AUTO_VALUE_ON_ZERO'", True),
        (b"VALUES ('x',1)", b"''", True),
        (b"VALUES ('x',1)", None, True),
    ],
)
def test_rows_that_the_server_may_number(insert, mode, numbered):
    table, found = read(NUMBERED, insert)
    session = UTF8.with_variable(b"sql_mode", mode)
    assert numbered_by_server(table, found, session) == numbered
    # A table without such a column numbers nothing, and of one that is not known that is not known.
    assert not numbered_by_server(read(TABLE, insert)[0], found, session)
    assert numbered_by_server(None, found, session)


KEPT_ZERO = b"'NO_AUTO_VALUE_ON_ZERO'"


@pytest.mark.parametrize(
    "insert, mode, numbers",
    [
        (b"VALUES ('x',1),('y',2)", None, Numbers.NONE),
        (b"VALUES ('x',10),('y',-200)", None, Numbers.NONE),
        (b"VALUES ('x',1),('y',0)", None, Numbers.SOME),
        (b"VALUES ('x', 00 ) , ('y', 1)", None, Numbers.SOME),
        (b"VALUES ('x',-0),('y',2)", None, Numbers.SOME),
        (b"VALUES ('x',0.4)", None, Numbers.SOME),
        (b"VALUES ('x','0')", None, Numbers.SOME),
        (b"VALUES ('x','1'),('y','20')", None, Numbers.NONE),
        (b'VALUES ("x\'(\'","1"),("y", 2 ) , ("","3")', None, Numbers.NONE),
        (b"VALUES ('it''s \\',(','1'),('\\\\','2'),(X'41','3')", None, Numbers.NONE),
        (b"VALUES ('(0,','1'),('','')", None, Numbers.SOME),
        (b"VALUES ('x','1'),('y','-1')", None, Numbers.SOME),
        (b"VALUES ('x','1'),('y','01')", None, Numbers.SOME),
        (b"VALUES ('x','1'),('y','1e-9')", None, Numbers.SOME),
        (b"VALUES ('x','1'),('y',0)", None, Numbers.SOME),
        (b"VALUES ('x','1'),('y',NULL)", None, Numbers.SOME),
        (b"VALUES ('x',X'00')", None, Numbers.SOME),
        (b"(id) VALUES ('7'),('0')", None, Numbers.SOME),
        (b"(id) VALUES ('7'),('8')", None, Numbers.NONE),
        (b"VALUES ('x','0')", KEPT_ZERO, Numbers.NONE),
        (b"VALUES ('x',1),('y',0)", KEPT_ZERO, Numbers.NONE),
        # A zero of another column, or in a string.
        (b"VALUES (0,1),(0,2)", None, Numbers.NONE),
        (b"VALUES (',0)',1),('(0,',2)", None, Numbers.NONE),
        (b'VALUES ("\\",0)",1)', None, Numbers.NONE),
        (b"(id, v) VALUES (1,0),(2,',0,')", None, Numbers.NONE),
        (b"(id, v) VALUES (1,'(0,'),(0,'x')", None, Numbers.SOME),
        (b"(ID) VALUES (7),(0)", None, Numbers.SOME),
        (b"VALUES ('x',NULL),('y',NULL)", KEPT_ZERO, Numbers.ALL),
        (b"(v) VALUES ('x'),('y')", None, Numbers.ALL),
        (b"VALUES ('x',NULL),('y',2)", KEPT_ZERO, Numbers.SOME),
        (b"VALUES ('x',1),('y')", KEPT_ZERO, Numbers.SOME),
    ],
)
def test_how_many_rows_the_server_numbers(window, insert, mode, numbers):
    table, found = read(NUMBERED, insert)
    session = UTF8.with_variable(b"sql_mode", mode)
    assert numbers_of(table, found, session, b"INSERT INTO t " + insert, backslash=True) is numbers
    assert numbers_of(None, found, session, b"INSERT INTO t " + insert, backslash=True) is Numbers.SOME
    assert numbers_of(read(TABLE, insert)[0], found, session, b"INSERT INTO t " + insert, backslash=True) is Numbers.NONE


@pytest.mark.parametrize(
    "strings, charset, same",
    [
        (b"'a','\\'','\\\\','\\n\\0\\Z\\b'", "utf8mb4", True),
        (b"'\\N'", "utf8mb4", False),
        (b"'a\\Nb'", "latin1", False),
        (b"'\\%'", "binary", False),
        (b"'a\\_b'", "utf8", False),
        (b"'\\\\N','\\\\%','\\n\\\\_'", "utf8mb4", True),
        (b"'\\\\\\N'", "utf8mb4", False),
        (b"'\\\\\\\\N\\''", "utf8mb4", True),
        (b"'\\\\N','\\N'", "utf8mb4", False),
        ("'é','€','数据'".encode(), "utf8", True),
        ("'é','😀'".encode(), "UTF8MB4", True),
        ("'é','😀'".encode(), "utf8", False),
        ("'é','😀'".encode(), "utf8mb3", False),
        (b"'a\xe3'", "utf8mb4", False),
        (b"'a\xe3\x81','b'", "utf8", False),
        (b"'\xff'", "utf8mb4", False),
        (b"'a\xe3'", "latin1", True),
        (b"'a\xe3'", "binary", True),
    ],
)
def test_strings_that_load_data_reads_differently(window, strings, charset, same):
    text = b"INSERT INTO `t` VALUES (1," + strings + b")"
    found = inspect(text)
    assert found is not None
    assert (not found.odd and whole_characters(text + b";", charset)) == same


@pytest.mark.parametrize(
    "column, same",
    [
        (b"TIMESTAMP NOT NULL", False),
        (b"timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", False),
        (b"TIMESTAMP", False),
        (b"timestamp NULL DEFAULT NULL", True),
        (b"TIMESTAMP DEFAULT NULL NULL", True),
        (b"datetime NOT NULL", True),
    ],
)
def test_null_in_a_timestamp_that_is_not_declared_null_is_inserted(column, same):
    table, found = read(b"CREATE TABLE t (a int, ts " + column + b") ENGINE=InnoDB", b"VALUES (1,NULL)")
    assert same_to_load_data(table, found, UTF8, backslash=True) == same
    table, found = read(b"CREATE TABLE t (a int, ts " + column + b") ENGINE=InnoDB", b"VALUES (1,'2026-01-01 00:00:00')")
    assert same_to_load_data(table, found, UTF8, backslash=True)


@pytest.mark.parametrize(
    "values, minus_zero",
    [
        (b"(1,-0)", True),
        (b"(1,2),(2,-0.00)", True),
        (b"(1,-.0),(2,3)", True),
        (b"(1,-0e0)", True),
        (b"(1,-0.5),(2,-10)", False),
        (b"(-0,1.5)", True),
        (b"(1,0)", False),
    ],
)
def test_minus_zero_of_a_float_is_inserted(values, minus_zero):
    table, found = read(b"CREATE TABLE t (a int, d double) ENGINE=InnoDB", b"VALUES " + values)
    assert may_hold_minus_zero(table, found, b"INSERT INTO t VALUES " + values) == minus_zero
    table, found = read(b"CREATE TABLE t (a int, d decimal(5,2)) ENGINE=InnoDB", b"VALUES " + values)
    assert not may_hold_minus_zero(table, found, b"INSERT INTO t VALUES " + values)
