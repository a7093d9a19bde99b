# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed import leaves is continued without losing rows, or what statements of the dump have changed."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET = "resumed_target"
HEAD = b"-- MySQL dump 10.13\n"
END = b"-- Dump completed\n"
BAD = b"CREATE TABLE `z` (a INT PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO `z` VALUES (1),(1);\n"


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET)
    yield entry
    databases.drop(entry, TARGET)


def fails(entry, tmp_path, dump, reason, **options):
    with pytest.raises(Failure, match=reason):
        load(databases.request(entry, TARGET, databases.write(tmp_path, HEAD + dump + END), workers=1, **options))


def rows(entry, table):
    control = databases.connection(entry)
    try:
        return control.rows("SELECT * FROM {0}.{1} ORDER BY 1".format(TARGET, table))
    finally:
        control.close()


def test_a_failed_chunk_leaves_no_rows_after_a_change_of_the_collation(entry, tmp_path):
    trigger = b"""CREATE TABLE `t` (a INT) ENGINE=InnoDB;
ALTER DATABASE `resumed_source` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;
CREATE TRIGGER tr BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a = NEW.a;
ALTER DATABASE `resumed_source` CHARACTER SET utf8 COLLATE utf8_general_ci ;
"""
    dump = trigger + b"CREATE TABLE `u` (a INT PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO `u` VALUES (1);\nINSERT INTO `u` VALUES (2),(2);\n"
    fails(entry, tmp_path, b"-- Host: x    Database: resumed_source\n" + dump, "1062", lane="insert")
    assert rows(entry, "u") == []


MYISAM = b"CREATE TABLE `m` (a INT PRIMARY KEY) ENGINE=MyISAM;\nINSERT INTO `m` VALUES (1),(2);\n"


def test_a_table_without_transactions_is_not_filled_again_without_the_statement_that_changed_it(entry, tmp_path):
    dump = MYISAM + b"DELETE FROM `m` WHERE a = 1;\nINSERT INTO `m` VALUES (3),(3);\n"
    fails(entry, tmp_path, dump, "1062")
    left = rows(entry, "m")
    assert left[0] == (2,)
    fails(entry, tmp_path, dump, "table m must be loaded again.*Drop everything that the import has created")
    assert rows(entry, "m") == left
    databases.run(entry, "DROP TABLE {0}.m".format(TARGET).encode())
    # Nothing of the import is left, so the statement runs again too.
    fails(entry, tmp_path, dump, "1062")
    assert rows(entry, "m") == left


def test_a_table_that_a_statement_fills_is_not_emptied(entry, tmp_path):
    dump = MYISAM + b"CREATE TABLE `n` (a INT) ENGINE=MyISAM;\nINSERT INTO `n` SELECT a FROM `m`;\n" + BAD
    for _run in range(2):
        fails(entry, tmp_path, dump, "1062")
        assert rows(entry, "m") == rows(entry, "n") == [(1,), (2,)]


def test_rows_that_another_version_has_divided_otherwise_are_not_doubled(entry, tmp_path):
    dump = b"CREATE TABLE `u` (a INT) ENGINE=InnoDB;\nINSERT INTO `u` VALUES (1),(2);\n" + BAD
    fails(entry, tmp_path, dump, "1062")
    # As if this chunk had ended after another INSERT.
    databases.run(entry, b"UPDATE apsaradb_mysql.chunk SET row_count = 3 WHERE file = 0 AND row_count = 2")
    fails(entry, tmp_path, dump, "has divided the rows otherwise.*Or start over: Drop everything")
    assert rows(entry, "u") == [(1,), (2,)]
    databases.run(entry, "DROP TABLE {0}.u, {0}.z".format(TARGET).encode())
    fails(entry, tmp_path, dump, "1062")
    assert rows(entry, "u") == [(1,), (2,)]


def test_numbers_of_tables_with_a_zero_date_as_a_default_are_set_again(entry, tmp_path):
    columns = b"(id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00') ENGINE=InnoDB"
    posts = b"CREATE TABLE `p` %s AUTO_INCREMENT=7;\nINSERT INTO `p` VALUES (1,'2026-01-01 00:00:00');\n" % columns
    numbered = b"CREATE TABLE `q` %s;\nINSERT INTO `q` (at) VALUES ('2026-01-01 00:00:00');\n" % columns
    for _run in range(2):
        # A strict server refuses the default (error 1067), and one run later each table is finished already.
        fails(entry, tmp_path, b"SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\n" + posts + numbered + BAD, "1062")
    control = databases.connection(entry)
    try:
        assert "AUTO_INCREMENT=7 " in control.rows("SHOW CREATE TABLE {0}.p".format(TARGET))[0][1]
    finally:
        control.close()
