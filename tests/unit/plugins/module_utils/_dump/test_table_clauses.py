# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clauses of a CREATE TABLE: nothing in it is overlooked."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_clauses import clauses_of, takes_rows
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens

NEW = Dialect(90704)
TABLE = b"CREATE TABLE t (a int, b varchar(9) DEFAULT ',', KEY k (a)) "


def options(sql):
    found = tokens(TABLE + sql, NEW)
    clauses = clauses_of(found)
    assert clauses is not None
    rest = b" ".join(token.text for token in found[clauses.rest :])
    return [(option.name, option.text, option.partition) for option in clauses.options], clauses.partitioned, rest


@pytest.mark.parametrize(
    "sql, expected",
    [
        (b"ENGINE=InnoDB", [(b"ENGINE", b"InnoDB", False)]),
        (
            b"engine 'InnoDB', DEFAULT CHARACTER SET = utf8 COLLATE utf8_bin",
            [(b"ENGINE", b"InnoDB", False), (b"CHARSET", b"utf8", False), (b"COLLATE", b"utf8_bin", False)],
        ),
        (
            b"/*!50100 TABLESPACE `a b` */ COMMENT='x', DATA DIRECTORY '/x'",
            [(b"TABLESPACE", b"a b", False), (b"COMMENT", b"x", False), (b"DATA DIRECTORY", b"/x", False)],
        ),
        (b"UNION=(a, b) INSERT_METHOD=LAST", [(b"UNION", b")", False), (b"INSERT_METHOD", b"LAST", False)]),
        (b"`compression`='tokudb_zlib' PAGE_CHECKSUM=1", [(b"COMPRESSION", b"tokudb_zlib", False), (b"PAGE_CHECKSUM", b"1", False)]),
        (b"AUTOEXTEND_SIZE 4M STORAGE DISK", [(b"AUTOEXTEND_SIZE", b"4M", False), (b"STORAGE", b"DISK", False)]),
    ],
)
def test_table_options(sql, expected):
    assert options(sql) == (expected, False, b"")


@pytest.mark.parametrize(
    "sql",
    [
        b"PARTITION BY HASH (a + 1) PARTITIONS 4",
        b"/*!50100 PARTITION BY KEY */ /*!50611 ALGORITHM = 1 */ /*!50100 (a) PARTITIONS 2 */",
        b"PARTITION BY LINEAR KEY ()",
        b"PARTITION BY RANGE COLUMNS (a, b) (PARTITION p VALUES LESS THAN (1, MAXVALUE), PARTITION q VALUES LESS THAN (2, 3))",
        b"PARTITION BY LIST COLUMNS (a, b) (PARTITION p VALUES IN ((1, 'x'), (2, 'y'), (3, 'z')))",
    ],
)
def test_partitions_without_options(sql):
    assert options(sql) == ([], True, b"")


def test_options_of_partitions_and_subpartitions():
    sql = (
        b"PARTITION BY RANGE (a) SUBPARTITION BY LINEAR HASH (a) SUBPARTITIONS 2 (PARTITION p VALUES LESS THAN (1) STORAGE ENGINE = A"
        b" (SUBPARTITION s DATA DIRECTORY = '/x' ENGINE = B, SUBPARTITION 's2' TABLESPACE = c), PARTITION q VALUES LESS THAN MAXVALUE MAX_ROWS 1 ENGINE D)"
    )
    found, partitioned, rest = options(sql)
    assert [(name, value) for name, value, partition in found if partition] == [
        (b"ENGINE", b"A"), (b"DATA DIRECTORY", b"/x"), (b"ENGINE", b"B"), (b"TABLESPACE", b"c"), (b"MAX_ROWS", b"1"), (b"ENGINE", b"D"),
    ]  # fmt: skip
    assert partitioned and rest == b""


@pytest.mark.parametrize(
    "sql, rest",
    [
        (b"ENGINE=InnoDB START TRANSACTION", b"START TRANSACTION"),
        (b"WITH SYSTEM VERSIONING", b"WITH SYSTEM VERSIONING"),
        (b"ENGINE=", b"ENGINE ="),
        (b"ENGINE=InnoDB,", b","),
        (b", ENGINE=InnoDB", b", ENGINE = InnoDB"),
        (b"PARTITION BY SYSTEM_TIME (PARTITION p)", b"PARTITION BY SYSTEM_TIME ( PARTITION p )"),
        (b"PARTITION BY HASH (a) (PARTITION p FILES 'x')", b"PARTITION BY HASH ( a ) ( PARTITION p FILES 'x' )"),
        (b"PARTITION BY HASH (a) COMMENT='x'", b"COMMENT = 'x'"),
        (b"COMMENT='x' 'y'", b"'y'"),
    ],
)
def test_what_is_not_understood_is_left(sql, rest):
    assert options(sql)[2] == rest


@pytest.mark.parametrize(
    "sql",
    [
        TABLE + b"SELECT 1", TABLE + b"AS SELECT 1", TABLE + b"(SELECT 1)", TABLE + b"IGNORE SELECT 1", TABLE + b"REPLACE AS TABLE u",
        TABLE + b"VALUES ROW(1)", TABLE + b"ENGINE=InnoDB, COMMENT='x' AS VALUES ROW(1)", TABLE + b"TABLE u", TABLE + b"AS (TABLE other.x)",
        TABLE + b"PARTITION BY HASH (a) PARTITIONS 2 (SELECT 1)", TABLE + b"WITH c AS (SELECT 1) SELECT * FROM c", TABLE + b"LIKE u",
        b"CREATE TABLE t LIKE u", b"CREATE TABLE t (LIKE u)", b"CREATE TABLE t (SELECT 1)", b"CREATE TABLE t (TABLE u)", b"CREATE TABLE t (VALUES ROW(1))",
        b"CREATE TABLE t ((SELECT 1))", b"CREATE TABLE t SELECT 1", b"CREATE TABLE t ENGINE=InnoDB TABLE u", b"CREATE TABLE t",
    ],
)  # fmt: skip
def test_rows_are_taken(sql):
    assert takes_rows(tokens(sql, NEW))


@pytest.mark.parametrize("sql", [TABLE, TABLE + b"ENGINE=InnoDB", TABLE + b"START TRANSACTION", b"CREATE TABLE t (`select` int) COMMENT='AS SELECT'"])
def test_no_rows_are_taken(sql):
    assert not takes_rows(tokens(sql, NEW))


@pytest.mark.parametrize(
    "sql", [b"", b"CREATE", b"CREATE TABLE", b"CREATE TABLE t (a int", b"CREATE TABLE t ()", b"CREATE VIEW t (a) AS SELECT 1", b"DROP TABLE t (a)"]
)
def test_other_statements_have_no_clauses(sql):
    clauses = clauses_of(tokens(sql, NEW))
    assert clauses is None or clauses.parts == ((4, 4),)
