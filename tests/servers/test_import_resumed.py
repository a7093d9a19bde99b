# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed import leaves is continued without losing rows, or what statements of the dump have changed."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import load as loading
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows import send
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.redefined_tables import RedefinedTables
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET, CLIENT = "resumed_target", "resumed_client"
HEAD = b"-- MySQL dump 10.13\n"
END = b"-- Dump completed\n"
BAD = b"CREATE TABLE `z` (a INT PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO `z` VALUES (1),(1);\n"


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET)
    yield entry
    databases.drop(entry, TARGET, CLIENT)


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
    fails(entry, tmp_path, dump, "split the rows into different chunks.*or start over. Drop everything")
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


@pytest.fixture
def begin(entry, tmp_path, monkeypatch):
    """Begin an import of a dump into an empty database, and stop it as a kill would. Returns what was asked for."""

    def begin(dump, what, name, after=1):
        """It stops at the ``after``-th call of ``name`` of ``what``: behind it if rows are sent, otherwise before it."""
        databases.make(entry, TARGET, ())
        wanted = databases.request(entry, TARGET, databases.write(tmp_path, HEAD + dump + END), workers=1, lane="insert")
        done, calls = getattr(what, name), []

        def stop(*given, **named):
            calls.append(done(*given, **named) if what is send else None)
            return calls[-1] if len(calls) < after else 1 // 0

        with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
            patched.setattr(what, name, stop)
            load(wanted)
        return wanted

    return begin


def assert_as_the_client(entry, dump):
    """The target holds what the mysql client makes of the dump."""
    databases.make(entry, CLIENT, ())
    databases.run(entry, HEAD + dump + END, CLIENT)
    assert databases.content_by_sql(entry, TARGET) == databases.content_by_sql(entry, CLIENT)


NUMBERED = b"CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT) ENGINE=%s AUTO_INCREMENT=5;\n"
SAVED = b"SET sql_mode='NO_AUTO_VALUE_ON_ZERO';\n" + NUMBERED % b"InnoDB" + b"INSERT INTO t VALUES (1,1),(4,4);\n"
VIEW = b"CREATE VIEW v AS SELECT 1 AS a;\n"
CHANGED = {
    "a table made without transactions": MYISAM + b"CREATE TABLE m2 LIKE m;\nINSERT INTO m2 VALUES (2),(3);\nCOMMIT;\nINSERT INTO m2 VALUES (4);\n",
    "a table that gets transactions": MYISAM + b"ALTER TABLE m ENGINE=InnoDB;\n",
    "a table that gets transactions between its rows": MYISAM + b"ALTER TABLE m ENGINE=InnoDB;\nINSERT INTO m VALUES (3);\n",
    "a number that was raised": SAVED + b"ALTER TABLE t AUTO_INCREMENT=1000000;\n",
    "a number that was lowered": SAVED.replace(b"(1,1),(4,4)", b"(1,1)") + b"ALTER TABLE t AUTO_INCREMENT=3;\n",
    "numbers that no row has": NUMBERED % b"InnoDB" + b"INSERT INTO t (v) VALUES (1);\nINSERT IGNORE INTO t VALUES (5,2),(NULL,3),(5,4),(NULL,5),(5,6);\n",
    "a table that was rebuilt": b"CREATE TABLE t (id INT NOT NULL, v INT) ENGINE=InnoDB;\nINSERT INTO t VALUES (1,1),(2,2);\n"
    b"ALTER TABLE t ADD PRIMARY KEY (id);\nALTER TABLE t MODIFY id INT NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=9;\nOPTIMIZE TABLE t;\n",
}


@pytest.mark.parametrize("case", CHANGED)
def test_what_statements_have_made_of_a_table_is_kept(entry, begin, case):
    """The run that completes the import sends no rows, and the table is still the import's."""
    dump = CHANGED[case] + VIEW
    outcome = load(begin(dump, loading, "make_objects"))
    assert outcome.resumed and outcome.skipped_bytes
    assert_as_the_client(entry, dump)
    warned = [text for text in outcome.warnings if "may have set the next AUTO_INCREMENT number of t" in text]
    assert bool(warned) == (entry["name"] != "9.7" and b"ALTER TABLE t" in dump)


ROWS = b"INSERT INTO t (v) VALUES (1),(2);\nCOMMIT;\nINSERT INTO t (v) VALUES (3);\n"
OTHER = b"CREATE TABLE x (a INT) ENGINE=InnoDB;\nINSERT INTO x VALUES (1);\n"


@pytest.mark.parametrize("engine", [b"InnoDB", b"MyISAM"])
@pytest.mark.parametrize("after", [2, 3])
def test_rows_are_numbered_as_by_the_client_after_a_statement(entry, begin, engine, after):
    """The rows that were rolled back, or of the table that was emptied, have used up numbers; the statement concerns another table."""
    dump = OTHER + NUMBERED % engine + b"UPDATE x SET a = 2;\n" + ROWS
    assert load(begin(dump, send, "_insert", after)).resumed
    assert_as_the_client(entry, dump)


USED_UP = "table t would get different AUTO_INCREMENT values"
STOPPED = {
    "a number that a statement has set": (NUMBERED % b"InnoDB" + b"ALTER TABLE t AUTO_INCREMENT=50;\n" + ROWS, 1, USED_UP),
    "a number of a deleted row": (
        NUMBERED % b"InnoDB" + ROWS.replace(b"COMMIT", b"DELETE FROM t WHERE v = 2"), 2, USED_UP,
    ),
    "a number of no row": (
        NUMBERED % b"InnoDB" + b"INSERT INTO t VALUES (NULL,1),(50,2),(NULL,3);\nCOMMIT;\n" + ROWS, 2, USED_UP,
    ),
    "a table made without transactions": (CHANGED["a table made without transactions"], 2, "table m2 must be loaded again"),
    "a table that gets transactions": (CHANGED["a table that gets transactions between its rows"], 2, "table m were loaded while it had another engine"),
}  # fmt: skip


@pytest.mark.parametrize("case", STOPPED)
def test_what_is_not_known_is_refused_until_the_import_starts_over(entry, begin, case):
    dump, after, refused = STOPPED[case]
    wanted = begin(dump, send, "_insert", after)
    left = databases.content_by_sql(entry, TARGET)
    with pytest.raises(Failure, match=refused + ".*Drop everything that the import has created"):
        load(wanted)
    assert databases.content_by_sql(entry, TARGET) == left
    databases.run(entry, b"DROP TABLE IF EXISTS t, m, m2;", TARGET)
    assert load(wanted).changed
    assert_as_the_client(entry, dump)


def test_a_statement_that_was_stopped_is_named_and_not_the_table_that_it_has_rebuilt(entry, begin):
    dump = CHANGED["a table that was rebuilt"]
    wanted = begin(dump, RedefinedTables, "after")
    with pytest.raises(Failure, match="stopped during this statement.*line 4"):
        load(wanted)


def test_a_row_that_somebody_adds_to_a_table_without_transactions_is_not_lost(entry, tmp_path):
    trigger = b"CREATE TRIGGER tr BEFORE INSERT ON `m` FOR EACH ROW SET NEW.a = NEW.a + 10;\n"
    dump = MYISAM + trigger + BAD
    fails(entry, tmp_path, dump, "1062")
    databases.run(entry, "INSERT INTO {0}.m VALUES (7)".format(TARGET).encode())
    fails(entry, tmp_path, dump, "written to the table m .* had 2 row.s. and has 3 now.*Restore the table to its 2 row")
    assert rows(entry, "m") == [(1,), (2,), (7,)]
    # As a run that was stopped later leaves it, and a crash.
    databases.run(entry, b"DELETE FROM m WHERE a > 1;\n" + trigger, TARGET)
    fails(entry, tmp_path, dump, "1062")
    assert rows(entry, "m") == [(1,), (2,)]
