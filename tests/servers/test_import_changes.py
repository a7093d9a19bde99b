# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server makes other than the dump has it is found: warnings of definitions, and tables compared with the dump."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET = "changes_target"
HEAD = b"-- MySQL dump 10.13\n-- Server version\t%s\n/*!40101 SET NAMES utf8 */;\n/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
END = b"-- Dump completed\n"


def empty(name):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    return entry


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = empty(request.param)
    yield entry
    databases.drop(entry, TARGET)


@pytest.fixture
def server_56():
    entry = empty("5.6")
    yield entry
    databases.drop(entry, TARGET)


@pytest.fixture
def server_97():
    entry = empty("9.7")
    yield entry
    databases.drop(entry, TARGET)


def imported(entry, folder, sql, origin=b"5.7.44", **changes):
    """The warnings of an import."""
    return load(databases.request(entry, TARGET, databases.write(folder, HEAD % origin + sql + END), **changes)).warnings


def value(entry, query):
    control = databases.connection(entry)
    try:
        return control.value(query)
    finally:
        control.close()


def test_warnings_of_create_table_are_returned(server_56, tmp_path):
    """The default of 5.6 (innodb_file_format=Antelope) cuts keys to 767 bytes and makes another row format."""
    table = b"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, m VARCHAR(255) NOT NULL, KEY k (m)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;\n"
    warnings = imported(server_56, tmp_path, table)
    assert [text for text in warnings if text.startswith("table t: Warning 1071: ") and "767" in text and "line 5" in text]
    assert [text for text in warnings if text.startswith("table t: Warning 1478: ")]


def test_warnings_of_alter_table_are_returned(server_56, tmp_path):
    table = b"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, m VARCHAR(255) NOT NULL, KEY k (m)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n"
    warnings = imported(server_56, tmp_path, table + b"INSERT INTO `t` VALUES (1,'a');\n", defer_indexes="always")
    assert [text for text in warnings if text.startswith("table t, adding k: Warning 1071: ") and "line 5" in text]


def test_warnings_of_programs_are_returned(entry, tmp_path):
    """An event of the past is not made (error 1588), a default of a BLOB is not kept."""
    sql = b"CREATE EVENT e ON SCHEDULE AT '2001-01-01 00:00:00' DO DO 1;\nCREATE TABLE t (b BLOB DEFAULT '');\n"
    warnings = imported(entry, tmp_path, sql, events="keep")
    assert [text for text in warnings if text.startswith("event e: Note 1588: ")]
    assert [text for text in warnings if text.startswith("table t: Warning 1101: ")]


def test_many_warnings_are_shortened(entry, tmp_path):
    warnings = imported(entry, tmp_path, b"".join(b"CREATE TABLE t%d (b BLOB DEFAULT '');\n" % number for number in range(210)))
    assert len([text for text in warnings if "Warning 1101" in text]) <= 200
    assert [text for text in warnings if text.startswith("and ") and text.endswith(" more message(s) about tables and other objects")]
