# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables against settings of the server, without one. What servers say is in tests/servers/test_checks_of_tables.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.table_options import (
    check_constraint_names,
    check_partitions,
    check_primary_keys,
    check_row_formats,
)
from ansible_collections.apsaradb.mysql.tests.support.subjects import kinds, subject

STRICT = {"innodb_strict_mode": "ON", "innodb_page_size": "16384", "innodb_file_per_table": "ON"}


def formats(options, **changes):
    return kinds(
        check_row_formats(subject(b"CREATE TABLE t (a INT PRIMARY KEY COMMENT 'ROW_FORMAT=FIXED') " + options + b";\n", variables=dict(STRICT, **changes)))
    )


@pytest.mark.parametrize(
    "options, refused",
    [
        (b"ENGINE=InnoDB", False),
        (b"ROW_FORMAT=FIXED", True),
        (b"ROW_FORMAT=FIXED ENGINE=MyISAM", False),
        (b"ROW_FORMAT=DYNAMIC", False),
        (b"ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8", False),
        (b"ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=3", True),
        (b"KEY_BLOCK_SIZE=32", True),
        (b"ROW_FORMAT=COMPACT KEY_BLOCK_SIZE=8", True),
        (b"ROW_FORMAT=COMPACT KEY_BLOCK_SIZE=0", False),
        (b"COMPRESSION='zlib'", False),
        (b"COMPRESSION='zlib2'", True),
        (b"COMPRESSION='none' ROW_FORMAT=COMPRESSED", False),
        (b"COMPRESSION='lz4' KEY_BLOCK_SIZE=8", True),
    ],
)
def test_row_formats_that_innodb_refuses(options, refused):
    assert formats(options) == ["row_format"] * refused
    assert formats(options, innodb_strict_mode="OFF") == []


def test_row_formats_that_other_settings_forbid():
    assert formats(b"ROW_FORMAT=COMPRESSED") == []
    assert formats(b"ROW_FORMAT=COMPRESSED", innodb_file_per_table="OFF") == ["row_format"] == formats(b"ROW_FORMAT=COMPRESSED", innodb_page_size="32768")
    assert formats(b"KEY_BLOCK_SIZE=16", innodb_page_size="8192") == ["row_format"] == formats(b"ROW_FORMAT=DYNAMIC", innodb_file_format="Antelope")


@pytest.mark.parametrize(
    "size, why",
    [
        ("0", None),
        ("4M", None),
        ("4g", None),
        ("8192k", None),
        # The rest of a page is cut off.
        ("4210687", None),
        ("4210688", "it must be a multiple of 4M (error 4023)"),
        ("5M", "it must be a multiple of 4M (error 4023)"),
        ("1", "it must be between 4M and 4096M (error 4025)"),
        ("4294967297", "it must be between 4M and 4096M (error 4025)"),
        # The parser refuses these.
        ("1T", None),
        ("99999999999999999999G", None),
    ],
)
def test_sizes_that_innodb_refuses_in_any_mode(size, why):
    table = "CREATE TABLE t (a INT) AUTOEXTEND_SIZE={0} ENGINE=".format(size).encode()
    found = check_row_formats(subject(table + b"InnoDB;\n", variables=dict(STRICT, innodb_strict_mode="OFF")))
    assert [finding.what.partition("table t: ")[2] for finding in found] == ([why] if why else [])
    assert check_row_formats(subject(table + b"MyISAM;\n", variables=STRICT)) == []


def test_a_size_in_the_system_tablespace():
    assert formats(b"AUTOEXTEND_SIZE=4M", innodb_file_per_table="OFF") == ["autoextend_size"]
    assert formats(b"AUTOEXTEND_SIZE=0", innodb_file_per_table="OFF") == []


@pytest.mark.parametrize(
    "table, required, added",
    [
        (b"(a INT)", ["key_required"], ["key_added"]),
        (b"(a INT) ENGINE=MyISAM", ["key_required"], []),
        (b"(a INT NOT NULL AUTO_INCREMENT, UNIQUE KEY (a))", ["key_required"], ["key_impossible"]),
        (b"(a INT) PARTITION BY HASH (a)", ["key_required"], ["key_impossible"]),
        (b"(a INT PRIMARY KEY)", [], []),
    ],
)
def test_tables_without_a_primary_key(table, required, added):
    sql = b"CREATE TABLE t " + table + b";\n"
    for setting, expected in ("sql_require_primary_key", required), ("sql_generate_invisible_primary_key", added):
        assert kinds(check_primary_keys(subject(sql, variables={setting: "ON"}, grants=()))) == expected
        assert kinds(check_primary_keys(subject(sql, variables={setting: "ON"}, grants=("SESSION_VARIABLES_ADMIN",)))) == []
        assert kinds(check_primary_keys(subject(sql, variables={setting: "OFF"}, grants=()))) == []


def test_engines_that_8_0_no_longer_partitions():
    sql = b"CREATE TABLE t (a INT) ENGINE=%s PARTITION BY HASH (a);\nCREATE TABLE u (a INT) ENGINE=MyISAM;\n"
    (found,) = check_partitions(subject(sql % b"MyISAM"))
    assert "engine MyISAM" in found.what and "(t)" in found.what
    assert check_partitions(subject(sql % b"InnoDB")) == [] == check_partitions(subject(sql % b"MyISAM", version="5.7.44"))


def test_partitions_that_the_server_refuses():
    (found,) = check_partitions(subject(b"CREATE TABLE t (a INT PRIMARY KEY, b INT) PARTITION BY HASH (b);\n"))
    assert found.kind == "wrong_partitions" and "the table t (error 1503): it has a primary key" in found.what
    assert kinds(check_partitions(subject(b"CREATE TABLE t (a INT PRIMARY KEY, b INT) ENGINE=MyISAM PARTITION BY HASH (b);\n"))) == ["partitions"]


class NoDatabase:
    """A connection to a server without the target."""

    @staticmethod
    def rows(*_query):
        return []


@pytest.mark.parametrize(
    "options, refused",
    [(b"", True), (b"COLLATE utf8_czech_ci", False), (b"DEFAULT CHARACTER SET = `utf8` COLLATE 'utf8_bin'", True), (b"CHARSET macce", False)],
)
def test_limits_in_the_collation_of_the_database(options, refused):
    sql = b"CREATE DATABASE shop %s;\nUSE shop;\nCREATE TABLE t (a CHAR(9)) PARTITION BY RANGE COLUMNS (a) (%s);\n"
    limits = b"PARTITION p VALUES LESS THAN ('m'), PARTITION q VALUES LESS THAN ('a')"
    defaults = {"character_set_server": "latin1", "collation_server": "latin1_swedish_ci"}
    wanted = subject(sql % (options, limits), variables=defaults)._replace(connection=NoDatabase())
    assert kinds(check_partitions(wanted)) == ["wrong_partitions"] * refused


class Constraints:
    """A connection to a server whose target database has a constraint d of a table x."""

    @staticmethod
    def rows(*_query):
        return [("D", "x")]


def test_names_of_check_constraints_are_unique_in_a_database():
    def names(*parts, **asked):
        tables = [b"CREATE TABLE %s (a INT, %s);\n" % (b"xyz"[at : at + 1], part) for at, part in enumerate(parts)]
        return check_constraint_names(subject(b"".join(tables), **asked)._replace(connection=Constraints()))

    (found,) = names(b"CONSTRAINT c CHECK (a > 1)", b"b INT CONSTRAINT `C` CHECK (b > 1)")
    assert found.kind == "constraint_name" and "the CHECK constraint name C of the table y is already used in x" in found.what
    assert names(b"CONSTRAINT c CHECK (a > 1)", b"CONSTRAINT c UNIQUE (a)", b"CHECK (a > 1)") == []
    assert names(b"CONSTRAINT c CHECK (a > 1), CONSTRAINT c CHECK (a > 2)", version="5.7.44") == []
    assert kinds(names(b"KEY (a)", b"CONSTRAINT d CHECK (a > 1)", on_existing="merge")) == []
    assert kinds(
        check_constraint_names(subject(b"CREATE TABLE y (a INT CONSTRAINT d CHECK (a > 1));\n", on_existing="merge")._replace(connection=Constraints()))
    ) == ["constraint_name"]


@pytest.mark.parametrize(
    "length, checks, refused",
    [
        (58, b"CHECK (a > 1)", False),
        (59, b"CHECK (a > 1)", True),
        (59, b"CONSTRAINT c CHECK (a > 1)", False),
        (58, b", ".join([b"CHECK (a > 1)"] * 10), True),
        (59, b"b INT CHECK (b > 1)", True),
    ],
)
def test_names_of_check_constraints_that_the_server_gives(length, checks, refused):
    sql = b"CREATE TABLE %s (a INT, %s);\n" % (b"t" * length, checks)
    assert kinds(check_constraint_names(subject(sql))) == ["constraint_given_name"] * refused
    assert check_constraint_names(subject(sql, version="5.7.44")) == []
