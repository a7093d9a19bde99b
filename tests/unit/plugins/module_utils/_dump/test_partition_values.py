# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of VALUES of partitions. tests/servers/test_checks_of_definitions.py compares them with what servers accept."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect, scanned
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.partitioning import partitioning_of, wrong_partitions
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import parse_table


def wrong_of(columns, method, limits):
    """What is wrong with partitions with these limits, of a table with these columns."""
    verb = "LESS THAN" if method.startswith("RANGE") else "IN"
    parts = ", ".join("PARTITION p{0} VALUES {1} {2}".format(number, verb, limit) for number, limit in enumerate(limits.split(" then ")))
    text = "CREATE TABLE t ({0}) ENGINE=InnoDB PARTITION BY {1} ({2})".format(columns, method, parts).encode()
    return wrong_partitions(parse_table(text, Dialect(90704)), partitioning_of(list(scanned(text, Dialect(90704)))), 90704)


def code(columns, method, limits):
    """The error."""
    wrong = wrong_of(columns, method, limits)
    return wrong.code if wrong is not None else None


@pytest.mark.parametrize(
    "method, limits, partition",
    [
        ("RANGE (c)", "(5) then (4) then (9)", "p1"),
        ("RANGE (c)", "(5) then MAXVALUE then (9)", "p1"),
        ("RANGE COLUMNS (c)", "(5) then ('6')", "p1"),
        ("RANGE (c)", "(5) then (6) then (7, 8)", "p2"),
        ("LIST (c)", "(1, 2) then (3) then (4, 2)", "p2"),
    ],
)
def test_the_partition_is_named(method, limits, partition):
    assert wrong_of("c INT", method, limits).what.endswith("(partition {0})".format(partition))


@pytest.mark.parametrize(
    "column, limits, expected",
    [
        ("INT", "(5) then (6) then (MAXVALUE)", None),
        ("INT", "(5) then (+6) then MAXVALUE", None),
        ("INT", "(-5) then (-5)", 1493),
        ("INT", "(MAXVALUE) then (6)", 1493),
        ("INT", "(NULL)", 1566),
        ("INT", "(5,6)", 1653),
        ("INT", "(5.5)", 1654),
        ("INT", "('5')", 1654),
        ("INT", "(0x05)", 1654),
        ("INT", "(DATE '2020-01-01')", 1654),
        ("INT", "(c)", 1054),
        ("INT", "(CAST(5 AS SIGNED))", 1564),
        ("INT", "(ABS(-5)) then (2)", None),
        ("INT", "(TRUE) then (FALSE)", None),
        ("INT", "(2147483648)", 1654),
        ("INT UNSIGNED", "(2147483648) then (4294967295)", None),
        ("TINYINT ZEROFILL", "(-1)", 1654),
        ("DATE", "('2020-01-01') then ('2020-01-02')", None),
        ("DATE", "('2020-01-01') then ('2020-01-01 00:00:00')", 1493),
        ("DATE", "('2020-01-01 10:00:00')", 1654),
        ("DATE", "('2020-02-30')", 1654),
        ("DATE", "('2020-00-00') then ('0000-00-00')", 1493),
        ("DATE", "('0000-00-00')", None),
        ("DATE", "('x')", 1654),
        ("DATE", "(20200101)", 1654),
        ("DATE", "('70-01-01') then ('2020-01-01')", None),
        ("DATE", "('20-01-01') then ('10-01-01')", None),
        ("DATETIME", "('2020-01-02') then ('2020-01-01 23:00:00')", 1493),
        ("TIME", "('10:00:00') then ('09:00:00')", 1493),
        ("TIME", "('10:00:00') then ('100:00:00')", None),
        ("VARCHAR(9)", "('a') then ('a')", 1493),
        ("VARCHAR(9)", "('b') then ('a')", None),
        ("VARCHAR(9) CHARACTER SET latin1", "('b') then ('a')", 1493),
        ("VARCHAR(9) COLLATE utf8_czech_ci", "('h') then ('ch')", None),
        ("VARCHAR(9) CHARACTER SET macce", "('n') then ('m')", None),
        ("VARCHAR(9) CHARACTER SET latin1", "('a') then ('B')", None),
        ("VARBINARY(9)", "('b') then ('a')", 1493),
        ("VARCHAR(9)", "('9') then ('10')", 1493),
        ("VARCHAR(9)", "('1') then ('10')", None),
        ("VARCHAR(9)", "('2020-05') then ('2020-04')", 1493),
        (r"VARCHAR(9)", r"('n') then ('\n')", None),
        (r"VARCHAR(9)", r"('\n') then ('\n')", 1493),
        ("VARCHAR(9)", "(5)", 1654),
        ("VARCHAR(9)", "(0x61) then ('a')", None),
        ("DECIMAL(5)", "(5)", 1659),
        ("DECIMAL(5)", "(MAXVALUE)", None),
    ],
)
def test_limits_of_a_column(column, limits, expected):
    assert code("c " + column, "RANGE COLUMNS (c)", limits) == expected


@pytest.mark.parametrize(
    "limits, expected",
    [
        ("(5,'a') then (5,'b') then (6,'a')", None),
        ("(5,'b') then (5,'b')", 1493),
        ("(5,'9') then (4,'0')", 1493),
        ("(5,MAXVALUE) then (5,'a')", 1493),
        ("(5,MAXVALUE) then (6,'a')", None),
        ("(MAXVALUE,'a') then (MAXVALUE,'b')", 1493),
        ("(5,6)", 1654),
    ],
)
def test_limits_of_two_columns(limits, expected):
    assert code("c INT, d VARCHAR(9)", "RANGE COLUMNS (c,d)", limits) == expected


@pytest.mark.parametrize(
    "columns, lists, expected",
    [
        ("c INT", "(1,NULL) then (2)", None),
        ("c INT", "(1) then (2,1)", 1495),
        ("c INT", "(-0) then (0)", 1495),
        ("c INT", "(1,NULL) then (NULL)", 1495),
        ("c INT", "(1+1) then (2)", None),
        ("c VARCHAR(9)", "('a','A')", None),
        ("c VARCHAR(9)", "('a','a')", 1495),
        ("c DATE", "('2020-01-01') then ('2020-01-01 00:00:00')", 1495),
        ("c INT, d INT", "((1,1),(1,2))", None),
        ("c INT, d INT", "((1,NULL),(2,1)) then ((1,NULL))", 1495),
        ("c INT, d INT", "((1,2,3))", 1653),
        ("c INT, d INT", "(1,1)", None),
        ("c YEAR", "(2020)", 1659),
    ],
)
def test_lists_of_columns(columns, lists, expected):
    names = ",".join(column.split()[0] for column in columns.split(", "))
    assert code(columns, "LIST COLUMNS ({0})".format(names), lists) == expected


@pytest.mark.parametrize(
    "columns, method, values, expected",
    [
        ("c INT", "RANGE (c)", "(5,6)", 1657),
        ("c INT", "RANGE (c)", "(5e0)", 1697),
        ("c INT", "RANGE (c)", "(x'05')", 1697),
        ("c INT", "RANGE (c)", "(LENGTH('abc'))", 1564),
        ("c INT UNSIGNED", "RANGE (c)", "(-1)", 1563),
        ("c INT UNSIGNED", "RANGE (c)", "(-0) then (9223372036854775808)", None),
        ("c BIGINT", "RANGE (c)", "(18446744073709551615) then (5)", None),
        ("c BIGINT", "RANGE (c)", "(5) then (18446744073709551615)", 1493),
        ("c BIGINT", "RANGE (c)", "(18446744073709551616)", 1697),
        ("c BIGINT", "RANGE (c)", "({0}5)".format("0" * 50), None),
        ("c INT", "LIST (c)", "(-1,18446744073709551615)", 1495),
        ("c DATE", "RANGE (TO_DAYS(c))", "(18446744073709551615) then (5)", None),
        ("c DATE", "RANGE (TO_DAYS(c))", "(TO_DAYS('2020-01-01')) then (737791)", None),
        ("c DATE", "RANGE (TO_DAYS(c))", "(TO_DAYS('2020-01-01')) then (737790)", 1493),
        ("c DATE", "LIST (TO_DAYS(c))", "(TO_DAYS('2020-01-01'),TO_DAYS('2020-01-01'))", 1495),
        ("c TIMESTAMP", "RANGE (UNIX_TIMESTAMP(c))", "(UNIX_TIMESTAMP('2020-01-02')) then (UNIX_TIMESTAMP('2020-01-01 10:00:00'))", 1493),
        ("c TIMESTAMP", "RANGE (UNIX_TIMESTAMP(c))", "(UNIX_TIMESTAMP('2039-01-01')) then (UNIX_TIMESTAMP('2020-01-01'))", None),
    ],
)
def test_values_of_an_expression(columns, method, values, expected):
    assert code(columns, method, values) == expected
