# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed import leaves is continued without losing rows, or what statements of the dump have changed."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import load as loading
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace import target as replaced
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.staging import Staging
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows import send
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.redefined_tables import RedefinedTables
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET, CLIENT, ACCENTED = "resumed_target", "resumed_client", "r\xe9sum\xe9"
HEAD = b"-- MySQL dump 10.13\n"
END = b"-- Dump completed\n"
BAD = b"CREATE TABLE `z` (a INT PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO `z` VALUES (1),(1);\n"


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET)
    yield entry
    databases.drop(entry, TARGET, CLIENT, ACCENTED)


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

    def begin(dump, what, name, after=1, target=TARGET, there=b"", **options):
        """It stops at the ``after``-th call of ``name`` of ``what``: behind it if rows are sent, otherwise before it. The database holds what is ``there``."""
        databases.make(entry, target, ())
        databases.run(entry, there, target)
        wanted = databases.request(entry, target, databases.write(tmp_path, HEAD + dump + END), workers=1, lane="insert", **options)
        done, calls = getattr(what, name), []

        def stop(*given, **named):
            calls.append(done(*given, **named) if what is send or len(calls) + 1 < after else None)
            return calls[-1] if len(calls) < after else 1 // 0

        with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
            patched.setattr(what, name, stop)
            load(wanted)
        return wanted

    return begin


def assert_as_the_client(entry, dump, target=TARGET):
    """The target holds what the mysql client makes of the dump."""
    databases.make(entry, CLIENT, ())
    databases.run(entry, HEAD + dump + END, CLIENT)
    assert databases.content_by_sql(entry, target) == databases.content_by_sql(entry, CLIENT)


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


COPIED = b"CREATE TABLE t (id INT PRIMARY KEY, v INT) ENGINE=InnoDB;\nINSERT INTO t VALUES (1,1);\n"
COPY = b"CREATE TABLE %s LIKE t;\nINSERT INTO %s VALUES (1,1);\nCOMMIT;\nINSERT INTO %s VALUES (2,2);\n"


@pytest.mark.parametrize("statement", [b"CREATE TABLE a LIKE t;\n", b"UPDATE t SET v = 5;\n", b"ALTER TABLE t ADD w INT DEFAULT 7 FIRST, DROP v;\n"])
@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_a_table_that_a_statement_creates_later_is_not_lost(entry, begin, statement, after):
    dump = COPIED + statement + COPY.replace(b"%s", b"b") + COPY.replace(b"%s", b"c")
    assert load(begin(dump, send, "_insert", after)).resumed
    assert_as_the_client(entry, dump)


KNOWN = b"INSERT INTO %s VALUES %s;\nCOMMIT;\nINSERT INTO %s VALUES %s;\nINSERT INTO %s VALUES %s;\n"
IN_THE_DUMP = {
    "numbers in quotes": (NUMBERED % b"InnoDB", b"t", (b"('1',1)", b"('2','0')", b'("30",1)')),
    "a column that was added": (NUMBERED % b"InnoDB" + b"ALTER TABLE t ADD z INT;\n", b"t", (b"(1,1,0)", b"(2,0,0)", b"(30,1,0)")),
    "a column that was added before": (NUMBERED % b"InnoDB" + b"ALTER TABLE t ADD z INT FIRST;\n", b"t", (b"(0,1,1)", b"(0,2,1)", b"(0,30,1)")),
    "a table as phpMyAdmin writes it": (
        b"CREATE TABLE t (id INT NOT NULL, v INT) ENGINE=InnoDB;\nALTER TABLE t ADD PRIMARY KEY (id), MODIFY id INT NOT NULL AUTO_INCREMENT;\n",
        b"t",
        (b"(1,1)", b"(2,0)", b"(30,1)"),
    ),
    "a table that was copied": (NUMBERED % b"InnoDB" + b"CREATE TABLE c LIKE t;\n", b"t", (b"(1,1)", b"(2,0)", b"(30,1)")),
    "a copy": (NUMBERED % b"InnoDB" + b"CREATE TABLE c LIKE t;\n", b"c", (b"(1,1)", b"(2,0)", b"(30,1)")),
}


@pytest.mark.parametrize("case", IN_THE_DUMP)
def test_rows_with_their_numbers_in_the_dump_are_loaded_after_a_kill(entry, begin, case):
    create, table, values = IN_THE_DUMP[case]
    dump = create + KNOWN % tuple(each for value in values for each in (table, value))
    assert load(begin(dump, send, "_insert", 2)).resumed
    assert_as_the_client(entry, dump)


@pytest.mark.parametrize("dropped", [b"DROP TABLE t;", b"DROP TABLE t, m;"])
def test_an_import_starts_over_after_everything_was_dropped_as_the_message_says(entry, begin, dropped):
    """A killed run is stopped during the statement, and so is one whose statement the server refuses."""
    dump = COPIED + b"ALTER TABLE t ADD w INT;\n" + (b"CREATE TABLE m LIKE t;\n" if b"m" in dropped else b"")
    wanted = begin(dump, RedefinedTables, "after", 2 if b"m" in dropped else 1)
    for _run in range(2):
        with pytest.raises(Failure, match="stopped during this statement.*Drop everything that the import has created"):
            load(wanted)
    databases.run(entry, dropped, TARGET)
    assert load(wanted).resumed
    assert_as_the_client(entry, dump)


def test_a_statement_that_the_server_refuses_is_the_reason_again_after_everything_was_dropped(entry, tmp_path):
    dump = COPIED + b"INSERT INTO t SELECT 1, 1;\n"
    for _time in range(2):
        fails(entry, tmp_path, dump, "1062")
        fails(entry, tmp_path, dump, "stopped during this statement")
        databases.run(entry, b"DROP TABLE t;", TARGET)


def test_a_statement_that_was_stopped_is_named_and_not_the_table_that_it_has_rebuilt(entry, begin):
    dump = CHANGED["a table that was rebuilt"]
    wanted = begin(dump, RedefinedTables, "after")
    with pytest.raises(Failure, match="stopped during this statement.*line 4"):
        load(wanted)


TRIGGER = b"CREATE TRIGGER tr BEFORE INSERT ON `m` FOR EACH ROW SET NEW.a = NEW.a + 10;\n"


@pytest.mark.parametrize("verb", [b"INSERT", b"INSERT IGNORE", b"REPLACE"])
def test_a_row_that_somebody_adds_to_a_table_without_transactions_is_not_lost(entry, tmp_path, verb):
    trigger = TRIGGER
    dump = MYISAM.replace(b"INSERT", verb) + trigger + BAD
    fails(entry, tmp_path, dump, "1062")
    databases.run(entry, "INSERT INTO {0}.m VALUES (7)".format(TARGET).encode())
    fails(entry, tmp_path, dump, "written to the table m .* had 2 row.s. and has 3 now.*Restore the table to its 2 row")
    assert rows(entry, "m") == [(1,), (2,), (7,)]
    # As a run that was stopped later leaves it, and a crash.
    databases.run(entry, b"DELETE FROM m WHERE a > 1;\n" + trigger, TARGET)
    fails(entry, tmp_path, dump, "1062")
    assert rows(entry, "m") == [(1,), (2,)]


@pytest.mark.parametrize("theirs", [False, True])
def test_a_repair_that_was_stopped_does_not_load_rows_under_its_own_triggers(entry, tmp_path, monkeypatch, theirs):
    """The table is empty after a crash of the server."""
    dump = HEAD + OTHER + MYISAM.replace(b"MyISAM", b"MEMORY") + TRIGGER + END
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, dump), workers=1)
    load(wanted)
    databases.run(entry, b"DROP TABLE m;", TARGET)
    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr(Ledger, "complete", lambda *_given: 1 // 0)
        load(wanted)
    databases.run(entry, b"DELETE FROM m;", TARGET)
    if theirs:
        databases.run(entry, b"DROP TRIGGER tr;\n" + TRIGGER.replace(b"10", b"20"), TARGET)
        with pytest.raises(Failure, match="that it did not create: trigger tr"):
            load(wanted)
        assert rows(entry, "m") == []
        return
    assert load(wanted).changed and not load(wanted).changed
    assert rows(entry, "m") == [(1,), (2,)]
    databases.run(entry, b"INSERT INTO m VALUES (3);", TARGET)
    assert rows(entry, "m") == [(1,), (2,), (13,)]


PARENT = b"CREATE TABLE p (id INT PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO p VALUES (1);\n"
CHILD = b"CREATE TABLE %s (id INT PRIMARY KEY, v INT, KEY kv (v), CONSTRAINT f%s FOREIGN KEY (v) REFERENCES p (id)) ENGINE=InnoDB;\n"
COLLATED = b"""ALTER DATABASE `source` CHARACTER SET latin2 COLLATE latin2_bin;
CREATE PROCEDURE p() SELECT 1;
ALTER DATABASE `source` CHARACTER SET utf8 COLLATE utf8_general_ci;
"""
# The dump, where the first run stops, and what happens then.
IN_LATIN1 = {
    "numbers": (NUMBERED % b"InnoDB" + ROWS, (send, "_insert", 2), b""),
    "triggers": (MYISAM + TRIGGER + OTHER, (loading.LoadTarget, "clear_old"), b"DELETE FROM m WHERE a = 1; DROP TABLE x;"),
    "foreign keys": (PARENT + CHILD % (b"s", b"s") + CHILD % (b"t", b"t") + VIEW, (loading, "make_objects"), b"DROP TABLE s;"),
    "a collation of the database": (b"-- Host: x    Database: source\nCREATE TABLE t (id INT) ENGINE=InnoDB;\n" + COLLATED, (loading, "make_objects"), b""),
}


@pytest.mark.parametrize("case", IN_LATIN1)
def test_the_name_of_the_database_is_understood_in_a_dump_in_another_character_set(entry, begin, case):
    dump, stopped, then = IN_LATIN1[case]
    dump = dump.replace(b"CREATE", b"SET NAMES latin1;\nCREATE", 1)
    wanted = begin(dump, *stopped, target=ACCENTED, defer_indexes="always")
    databases.run(entry, then, ACCENTED)
    assert load(wanted).resumed
    if COLLATED not in dump:
        assert_as_the_client(entry, dump, ACCENTED)
        return
    control = databases.connection(entry)
    found = control.rows("SELECT DATABASE_COLLATION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s", (ACCENTED,))
    control.close()
    assert found == [("latin2_bin",)]


def test_rows_of_a_table_of_the_user_that_a_statement_rebuilds_are_not_sent_twice(entry, begin):
    """The dump names the table in a statement before it has rows of it."""
    own = b"CREATE TABLE u (a INT) ENGINE=InnoDB;\nINSERT INTO u VALUES (1),(2);\n"
    dump = b"ALTER TABLE u ENGINE=MyISAM;\nINSERT INTO u VALUES (3);\nCOMMIT;\nINSERT INTO u VALUES (4);\n"
    wanted = begin(dump, send, "_insert", there=own, on_existing="merge", allow=("ALTER TABLE",))
    assert rows(entry, "u") == [(1,), (2,), (3,)]
    with pytest.raises(Failure, match="while it filled the table u.* had 2 row.s. before and has 3 now"):
        load(wanted)
    databases.run(entry, b"DELETE FROM u WHERE a = 3;", TARGET)
    assert load(wanted).resumed
    assert rows(entry, "u") == [(1,), (2,), (3,), (4,)]


def test_triggers_of_the_trial_in_a_staging_database_do_not_see_rows_that_are_loaded_again(entry, begin):
    """The trial names the staging database in them."""
    staging = Staging.of(TARGET).new
    dump = MYISAM + TRIGGER.replace(b"NEW.a + 10", b"NEW.a + (SELECT COUNT(*) FROM `source`.`x`)") + OTHER
    wanted = begin(b"-- Host: x    Database: source\n" + dump, replaced, "tidy", there=OTHER, on_existing="replace")
    databases.run(entry, b"DELETE FROM m WHERE a = 1;", staging)
    assert load(wanted).resumed
    assert rows(entry, "m") == [(1,), (2,)]
    databases.run(entry, b"INSERT INTO m VALUES (7);", TARGET)
    assert rows(entry, "m") == [(1,), (2,), (8,)]
