# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of partitions. tests/servers/test_checks_of_definitions.py compares them with what servers accept."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.partitioning import partitioning_of, wrong_partitions
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import parse_table
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens

RANGES = "c INT | RANGE (c) (PARTITION p VALUES LESS THAN {0}, PARTITION q VALUES LESS THAN {1})"


def found(case, version=90704):
    columns, _bar, rest = case.partition(" | ")
    text = "CREATE TABLE t ({0}) ENGINE=InnoDB /*!50100 PARTITION BY {1} */".format(columns, rest).encode()
    return parse_table(text, Dialect(version)), partitioning_of(tokens(text, Dialect(version)))


@pytest.mark.parametrize(
    "case, code",
    [
        ("b INT, c INT, PRIMARY KEY (b,c) | HASH (`C`) PARTITIONS 4", None),
        ("b INT, c INT, PRIMARY KEY (b) | HASH (c)", 1503),
        ("b INT, c VARCHAR(9), UNIQUE KEY (b,c(3)) | KEY (c)", 1503),
        ("b INT PRIMARY KEY | KEY ()", None),
        ("b INT | KEY ()", 1488),
        ("b INT NOT NULL UNIQUE, c INT UNIQUE | KEY ()", 1503),
        ("b INT, c DATE, PRIMARY KEY (c) | RANGE (TO_DAYS(c)) SUBPARTITION BY HASH (b) (PARTITION p VALUES LESS THAN (9))", 1503),
        ("c INT | HASH (d)", 1054),
        ("c INT | KEY (d)", 1488),
        ("c INT, d INT | RANGE COLUMNS (c,c) (PARTITION p VALUES LESS THAN (1,2))", 1652),
        ("c TEXT | KEY (c)", 1502),
        ("c DATE | HASH (c)", 1659),
        ("c INT | HASH (c / 2)", 1564),
        ("c VARCHAR(9) | HASH (CRC32(c))", 1564),
        ("c INT | HASH (1)", 1486),
        ("c TIMESTAMP | HASH (YEAR(c))", 1486),
        ("c INT, g POINT | HASH (c)", 1178),
        ("c INT, b TEXT, FULLTEXT KEY (b) | HASH (c)", 1214),
        ("c INT | HASH (c) (PARTITION p, PARTITION P)", 1517),
        ("c INT | HASH (c) (PARTITION `p `)", 1567),
        ("c INT | HASH (c) (PARTITION {0})".format("p" * 65), 1059),
        ("c INT | HASH (c) PARTITIONS 8193", 1499),
        ("c INT | HASH (c) SUBPARTITION BY HASH (c)", 1500),
        ("c INT | HASH (c) (PARTITION p ENGINE=MyISAM)", 1497),
        (RANGES.format("(5)", "MAXVALUE"), None),
        (RANGES.format("MAXVALUE", "(5)"), 1481),
        (RANGES.format("(5)", "(-5)"), 1493),
        (RANGES.format("(TO_DAYS('2020-01-01'))", "(800000)"), None),
        (RANGES.format("('5')", "(6)"), 1697),
        (RANGES.format("(NULL)", "(6)"), 1566),
        ("c INT | LIST (c) (PARTITION p VALUES IN (1,NULL), PARTITION q VALUES IN (2,1))", 1495),
        ("c INT | LIST (c) (PARTITION p VALUES IN (NULL), PARTITION q VALUES IN (NULL))", 1495),
        ("c INT | LIST COLUMNS (c) (PARTITION p VALUES IN (8))", None),
    ],
)
def test_what_servers_refuse(case, code):
    table, partitioning = found(case)
    wrong = wrong_partitions(table, partitioning, 90704)
    assert (wrong.code if wrong is not None else None) == code


def test_a_fulltext_key_on_the_oldest_server():
    assert wrong_partitions(*found("c INT, b TEXT, FULLTEXT KEY (b) | HASH (c)"), version=50624).code == 1757


def test_a_table_without_partitions():
    assert partitioning_of(tokens(b"CREATE TABLE t (`PARTITION` INT, `BY` INT) COMMENT='PARTITION BY HASH (x)'", Dialect(90704))) is None
