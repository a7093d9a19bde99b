# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes the server makes to rows are reported in both lanes, and a refusal is an error with its place."""

import os
import threading
import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Chunk
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import load as loading
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.loader_connection import LoaderConnection
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows import send as send_module
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows import worker_threads
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.inserts import ChunkData
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.send import send
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET = "truth_target"
HEAD = b"-- MySQL dump 10.13\n/*!40101 SET NAMES utf8 */;\n/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
END = b"-- Dump completed\n"


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET)
    yield entry
    databases.drop(entry, TARGET)


@pytest.fixture(params=["insert", "auto"])
def lane(request):
    return request.param


def rows_of(entry, query):
    control = databases.connection(entry)
    try:
        return control.rows(query)
    finally:
        control.close()


@pytest.mark.parametrize("engine", [b"InnoDB", b"MyISAM"])
def test_truncated_values_are_reported(entry, lane, tmp_path, engine):
    table = b"CREATE TABLE t (a TINYINT NOT NULL PRIMARY KEY, b VARCHAR(3)) ENGINE=" + engine
    dump = HEAD + table + b";\nINSERT INTO `t` VALUES (1,'abcdef'),(2,'x'),(300,'y');\n" + END
    outcome = load(databases.request(entry, TARGET, databases.write(tmp_path, dump), lane=lane))
    assert rows_of(entry, "SELECT * FROM truth_target.t") == [(1, "abc"), (2, "x"), (127, "y")]
    assert len([warning for warning in outcome.warnings if "1265" in warning or "1264" in warning]) == 2
    assert all("line 5" in warning and "table t" in warning for warning in outcome.warnings if "126" in warning)


@pytest.mark.parametrize("mode", [b"STRICT_ALL_TABLES", b""])
def test_values_are_cut_as_by_the_client_where_the_server_keeps_no_warnings(entry, lane, tmp_path, mode):
    """LOAD DATA LOCAL cuts them in every mode, and only its warnings show that."""
    sql = HEAD + b"SET sql_mode='%s';\nCREATE TABLE t (a INT NOT NULL PRIMARY KEY, b VARCHAR(2)) ENGINE=InnoDB;\nINSERT INTO t VALUES (1,'abc');\n" % mode
    asked = databases.request(entry, TARGET, databases.write(tmp_path, sql + END), lane=lane)
    databases.run(entry, b"SET GLOBAL max_error_count = 0")
    try:
        if mode:
            with pytest.raises(Failure, match="error 1406"):
                load(asked)
        else:
            assert [text for text in load(asked).warnings if "1265" in text]
    finally:
        databases.run(entry, b"SET GLOBAL max_error_count = DEFAULT")
    assert rows_of(entry, "SELECT * FROM truth_target.t") == ([] if mode else [(1, "ab")])


def test_warnings_that_are_not_shown_are_counted(entry, lane, tmp_path):
    table = b"CREATE TABLE t (a INT NOT NULL PRIMARY KEY, b VARCHAR(3)) ENGINE=InnoDB;\n"
    statements = [b",".join(b"(%d,'abcdef')" % (number * 100 + row) for row in range(100)) for number in range(50)]
    dump = HEAD + table + b"".join(b"INSERT INTO `t` VALUES " + rows + b";\n" for rows in statements) + b"UPDATE t SET b = 'abcdef' WHERE a < 70;\n" + END
    warnings = load(databases.request(entry, TARGET, databases.write(tmp_path, dump), lane=lane)).warnings
    assert len([text for text in warnings if "1265" in text]) == 200
    assert [text for text in warnings if "more" in text] == ["and 4870 more warning(s) of the server about rows: the first 200 are shown"]


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM"])
def test_a_duplicate_row_is_an_error(entry, lane, tmp_path, engine):
    dump = (
        HEAD
        + "CREATE TABLE t (a INT NOT NULL PRIMARY KEY, b VARCHAR(3)) ENGINE={0};\nINSERT INTO `t` VALUES (1,'a'),(2,'b'),(1,'c');\n".format(engine).encode()
        + END
    )
    with pytest.raises(Failure, match="1062.*Duplicate entry") as caught:
        load(databases.request(entry, TARGET, databases.write(tmp_path, dump), lane=lane))
    assert "line 5" in str(caught.value) and "table t" in str(caught.value)
    if engine == "InnoDB":
        assert rows_of(entry, "SELECT * FROM truth_target.t") == []


def test_ignore_and_replace_decide_on_the_server(entry, lane, tmp_path):
    table = b"CREATE TABLE t (a INT NOT NULL PRIMARY KEY, b VARCHAR(3)) ENGINE=InnoDB;\n"
    rows = b"INTO `t` VALUES (1,'a'),(2,'b');\n%s INTO `t` VALUES (1,'c');\n"
    for verb, left in (b"INSERT IGNORE", [(1, "a"), (2, "b")]), (b"REPLACE", [(1, "c"), (2, "b")]):
        dump = HEAD + table + verb + b" " + rows % verb + END
        outcome = load(databases.request(entry, TARGET, databases.write(tmp_path, dump), lane=lane, workers=1, on_existing="replace"))
        assert rows_of(entry, "SELECT * FROM truth_target.t") == left and outcome.tables[0].rows_expected is None and outcome.tables[0].rows == 2


def test_columns_in_another_order_between_statements(entry, lane, tmp_path):
    table = b"CREATE TABLE t (a INT NOT NULL PRIMARY KEY, b VARCHAR(9), c VARCHAR(9)) ENGINE=InnoDB;\n"
    rows = b"INSERT INTO `t` (`a`, `b`, `c`) VALUES (1,'b','c');\n"
    rows += b"INSERT INTO `t` (`c`, `b`, `a`) VALUES ('c','b',2);\nINSERT INTO `t` (`a`, `c`) VALUES (3,'c');\n"
    load(databases.request(entry, TARGET, databases.write(tmp_path, HEAD + table + rows + END), lane=lane))
    assert rows_of(entry, "SELECT * FROM truth_target.t ORDER BY a") == [(1, "b", "c"), (2, "b", "c"), (3, None, "c")]


def test_rows_qualified_with_the_source_database_go_to_the_target(entry, lane, tmp_path):
    control = databases.connection(entry)
    control.run("CREATE DATABASE IF NOT EXISTS truth_other")
    control.run("CREATE TABLE IF NOT EXISTS truth_other.t (a INT)")
    try:
        dump = (
            b"-- MySQL dump\n-- Host: x    Database: truth_other\nCREATE TABLE `truth_other`.t (a INT);\nINSERT INTO `truth_other`.`t` VALUES (1),(2);\n" + END
        )
        load(databases.request(entry, TARGET, databases.write(tmp_path, dump), lane=lane))
        assert control.value("SELECT COUNT(*) FROM truth_other.t") == 0 and control.value("SELECT COUNT(*) FROM truth_target.t") == 2
    finally:
        control.run("DROP DATABASE truth_other")
        control.close()


def test_orphans_of_a_foreign_key_are_loaded_as_the_dump_has_them(entry, lane, tmp_path):
    dump = (
        HEAD + b"CREATE TABLE child (a INT NOT NULL PRIMARY KEY, CONSTRAINT fk FOREIGN KEY (a) REFERENCES parent (a)) ENGINE=InnoDB;\n"
        b"CREATE TABLE parent (a INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO `child` VALUES (39);\n" + END
    )
    load(databases.request(entry, TARGET, databases.write(tmp_path, dump), lane=lane))
    assert rows_of(entry, "SELECT * FROM truth_target.child") == [(39,)]


def test_keys_without_a_name_are_created_once_over_several_runs(entry, lane, tmp_path):
    """The view cannot be created, because another database lacks a column, so each run ends after the indexes and foreign keys, as if killed there."""
    dump = (
        HEAD + b"CREATE TABLE child (a INT NOT NULL PRIMARY KEY, b INT, c INT, KEY (c), UNIQUE (b), KEY named (b), FOREIGN KEY (b) REFERENCES parent (x),\n"
        b"  FOREIGN KEY (c) REFERENCES parent (x)) ENGINE=InnoDB;\nINSERT INTO `child` VALUES (1,1,1);\n"
        b"CREATE TABLE parent (a INT NOT NULL PRIMARY KEY, x INT, UNIQUE KEY x (x)) ENGINE=InnoDB;\nINSERT INTO `parent` VALUES (1,1);\n"
        b"CREATE VIEW v AS SELECT a FROM truth_other.u;\n" + END
    )
    databases.drop(entry, "truth_other")
    databases.run(entry, b"CREATE DATABASE truth_other; CREATE TABLE truth_other.u (b INT);")
    asked = databases.request(entry, TARGET, databases.write(tmp_path, dump), lane=lane, defer_indexes="always", allow=("CREATE VIEW",))
    made = []
    for _run in range(3):
        with pytest.raises(Failure, match="truth_other"):
            load(asked)
        made.append(rows_of(entry, "SHOW CREATE TABLE truth_target.child")[0][1])
    assert made[0].count("KEY") == 6 and made[0].count("child_ibfk_") == 2 and made[1:] == made[:1] * 2
    databases.run(entry, b"ALTER TABLE truth_other.u ADD a INT;")
    assert load(asked).resumed and rows_of(entry, "SHOW CREATE TABLE truth_target.child")[0][1] == made[0]
    databases.drop(entry, "truth_other")


def test_a_statement_between_two_inserts_is_not_sent_with_them(entry, lane, tmp_path):
    control = databases.connection(entry)
    control.run("CREATE DATABASE IF NOT EXISTS truth_other")
    try:
        rows = b"CREATE TABLE t (a INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO `t` VALUES (1);\n%s\nINSERT INTO `t` VALUES (2);\n"
        dump = HEAD + b"DROP DATABASE IF EXISTS truth_other;\nUSE truth_other;\n" + rows % b"USE truth_other; INSERT INTO `left_out` VALUES (1);" + END
        load(databases.request(entry, TARGET, databases.write(tmp_path, dump), lane=lane, exclude_tables=("left_out",)))
        assert rows_of(entry, "SELECT a FROM truth_target.t ORDER BY a") == [(1,), (2,)]
        assert rows_of(entry, "SHOW DATABASES LIKE 'truth\\_other'") == [("truth_other",)]
    finally:
        control.run("DROP DATABASE IF EXISTS truth_other")
        control.close()


@pytest.fixture
def loader():
    """A loader's connection to an empty database of 5.7 with LOAD DATA LOCAL allowed, and the ledger in that database."""
    entry = fixtures.server("5.7")
    databases.drop(entry, TARGET)
    databases.run(entry, "CREATE DATABASE {0};".format(TARGET).encode())
    opened = LoaderConnection(databases.login(entry), TARGET.encode(), Ledger(TARGET, TARGET), log_binary=False, local_infile=True)
    had = opened.connection.value("SELECT @@GLOBAL.local_infile")
    opened.connection.run("SET GLOBAL local_infile = 1")
    Ledger(TARGET, TARGET).create(opened.connection)
    yield opened
    opened.connection.run("SET GLOBAL local_infile = {0}".format(had))
    opened.close()
    databases.drop(entry, TARGET)


def two_rows(counted, transactional):
    data = b"INSERT INTO `t` VALUES (1,'x'),(2,'y');"
    chunk = Chunk(0, 0, len(data), 1, 0, counted, 0, 1, 0, len(data) - 1, True, b"),(")
    return ChunkData(chunk, SessionState(((b"names", b"utf8"),)), b"t", data, transactional)


def test_the_ledger_has_the_rows_the_insert_took_where_load_data_took_another_number_than_counted(loader):
    connection, ledger = loader.connection, Ledger(TARGET, TARGET)
    connection.run("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9)) ENGINE=InnoDB")
    assert send(loader, ledger, two_rows(2, True)).load_data
    connection.run("TRUNCATE TABLE t")
    connection.run("TRUNCATE TABLE __apsaradb_chunk")
    sent = send(loader, ledger, two_rows(3, True))
    assert (sent.rows, sent.load_data, sent.warnings) == (2, False, ())
    assert connection.value("SELECT COUNT(*) FROM t") == 2 and ledger.done(connection) == {(0, 0): 2}


def test_rows_that_cannot_be_rolled_back_go_by_load_data_only_if_they_must(loader):
    loader.connection.run("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9)) ENGINE=MyISAM")
    assert not send(loader, Ledger(TARGET, TARGET), two_rows(2, False)).load_data
    loader.connection.run("TRUNCATE TABLE t")
    loader.packet = 0
    with pytest.raises(Failure, match="LOAD DATA stored 2 of 3 row.s., or returned warnings"):
        send(loader, Ledger(TARGET, TARGET), two_rows(3, False))


def test_the_insert_is_tried_after_four_lock_waits_and_a_difference_of_load_data(loader):
    """Each lane has all the retries: the four that LOAD DATA used do not count for the INSERT."""
    other = databases.connection(fixtures.server("5.7"))
    loader.connection.run("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9)) ENGINE=InnoDB")
    loader.connection.run("SET SESSION innodb_lock_wait_timeout = 1")

    class LockedLedger(Ledger):
        notes = 0

        def note(self, *entry):
            self.notes += 1
            if self.notes == 5:
                other.run("ROLLBACK")
            super().note(*entry)

    ledger = LockedLedger(TARGET, TARGET)
    try:
        other.run("START TRANSACTION")
        # No such row: the lock is on the gap where the ledger's entries of this database would go.
        other.rows("SELECT * FROM {0}.__apsaradb_chunk WHERE target = %s FOR UPDATE".format(TARGET), (TARGET.encode(),))
        sent = send(loader, ledger, two_rows(3, True))
    finally:
        other.close()
    assert (ledger.notes, sent.rows, sent.load_data) == (6, 2, False)
    assert loader.connection.value("SELECT COUNT(*) FROM t") == 2 and ledger.done(loader.connection) == {(0, 0): 2}


@pytest.mark.parametrize("note", ["whole table", "barrier begun", "barrier done"])
def test_a_ledger_entry_is_written_again_after_a_lock_wait(tmp_path, note):
    """The server ends a lock wait (1205) or a deadlock (1213) with an error. These entries are not part of a chunk's transaction."""
    entry = fixtures.server("5.7")
    databases.drop(entry, TARGET)
    dump = {
        "whole table": b"CREATE TABLE t (a INT PRIMARY KEY) ENGINE=MyISAM;\nINSERT INTO t VALUES (1),(2);\n",
        "barrier begun": b"CREATE TABLE t (a INT PRIMARY KEY);\nINSERT INTO t SELECT 1;\n",
        "barrier done": b"CREATE TABLE t (a INT PRIMARY KEY);\nDO SLEEP(2);\n",
    }[note]
    control, other = databases.connection(entry), databases.connection(entry)
    had = control.value("SELECT @@GLOBAL.innodb_lock_wait_timeout")
    found = []
    paths = databases.write(tmp_path, HEAD + dump + END)
    loader = threading.Thread(target=lambda: found.append(load(databases.request(entry, TARGET, paths, allow=("DO SLEEP",)))))

    def wait_for(query):
        while loader.is_alive() and not control.value(query):
            time.sleep(0.2)  # InnoDB refreshes its list of transactions only when nobody has asked for 0.1 s

    try:
        Ledger("apsaradb_mysql", TARGET).create(control)
        control.run("SET GLOBAL innodb_lock_wait_timeout = 1")
        if note == "barrier done":
            loader.start()
            wait_for("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'")
        # No such row: the lock is on the gap where the ledger's entries of this database would go.
        other.run("START TRANSACTION")
        other.rows("SELECT * FROM apsaradb_mysql.chunk WHERE target = %s FOR UPDATE", (TARGET.encode(),))
        if note != "barrier done":
            loader.start()
        wait_for("SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'")
        time.sleep(1.5)
        other.run("ROLLBACK")
        loader.join()
    finally:
        control.run("SET GLOBAL innodb_lock_wait_timeout = {0}".format(had))
        control.close()
        other.close()
    assert found and len(rows_of(entry, "SELECT a FROM truth_target.t")) == {"whole table": 2, "barrier begun": 1, "barrier done": 0}[note]
    databases.drop(entry, TARGET)


BARRIERS = HEAD + b"-- Host: x    Database: shop\nCREATE TABLE t (a INT PRIMARY KEY);\nINSERT INTO shop.t SELECT 1;\nINSERT INTO `t` VALUES (2);\n%s;\n" + END


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_statements_that_have_run_are_skipped_by_a_resumed_import(entry, tmp_path, monkeypatch, packed):
    paths = databases.write(tmp_path, BARRIERS % b"UPDATE shop.t SET shop.t.a = shop.t.a + 10", packed=packed)
    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(worker_threads, "send", lambda *_given: 1 // 0)
        load(databases.request(entry, TARGET, paths))
    assert rows_of(entry, "SELECT a FROM truth_target.t") == [(1,)]
    assert load(databases.request(entry, TARGET, paths)).resumed
    assert rows_of(entry, "SELECT a FROM truth_target.t") == [(11,), (12,)]


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM"])
def test_rows_get_the_same_numbers_from_a_resumed_import(entry, tmp_path, monkeypatch, engine):
    """The server does not give back the numbers of rows that are rolled back."""
    made = "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT) ENGINE={0} AUTO_INCREMENT=5;\n".format(engine).encode()
    paths = databases.write(tmp_path, HEAD + made + b"INSERT INTO t (v) VALUES (1),(2);\nCOMMIT;\nINSERT INTO t (v) VALUES (3);\n" + END)
    insert, calls = send_module._insert, []

    def stop(*given):
        calls.append(insert(*given))
        return calls[-1] if len(calls) < 2 else 1 // 0

    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(send_module, "_insert", stop)
        load(databases.request(entry, TARGET, paths))
    assert load(databases.request(entry, TARGET, paths)).resumed
    assert rows_of(entry, "SELECT id, v FROM truth_target.t") == [(5, 1), (6, 2), (7, 3)]


def test_a_statement_that_was_started_is_not_run_twice(entry, tmp_path):
    paths = databases.write(tmp_path, BARRIERS % b"UPDATE t SET a = 5")
    with pytest.raises(Failure, match=r"1062.*line 8, byte 220: UPDATE t SET a = 5"):
        load(databases.request(entry, TARGET, paths))
    with pytest.raises(Failure, match=r"stopped during this statement.*line 8, byte 220"):
        load(databases.request(entry, TARGET, paths))


def test_a_statement_that_changed_after_the_scan_is_refused(entry, tmp_path, monkeypatch):
    """The file is read twice, and the second time it must be as it was at the scan, also if its size and times are."""
    (path,) = databases.write(tmp_path, BARRIERS % b"UPDATE t SET a = a + 10")
    before = os.stat(path)

    def change(*given):
        with open(path, "wb") as out:
            out.write(BARRIERS % b"DELETE FROM t WHERE a>0")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return worker_threads.load_rows(*given)

    monkeypatch.setattr(loading, "load_rows", change)
    with pytest.raises(Failure, match=r"this is not the statement found by the scan.*line 8, byte 220: DELETE FROM t"):
        load(databases.request(entry, TARGET, [path]))
    assert rows_of(entry, "SELECT a FROM truth_target.t") == [(1,), (2,)]


CASCADE = (
    b"CREATE TABLE parent (a INT NOT NULL PRIMARY KEY, u INT, UNIQUE KEY u (u)) ENGINE=InnoDB;\n"
    b"CREATE TABLE child (a INT NOT NULL PRIMARY KEY, p INT, CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (a) ON DELETE CASCADE) ENGINE=InnoDB;\n"
    b"INSERT INTO `parent` VALUES (1,1),(2,2),(3,3);\nINSERT INTO `child` VALUES (1,1),(2,2),(3,3);\n"
)


@pytest.mark.parametrize("checks", [b"", b"SET foreign_key_checks = 1;\n", b"SET foreign_key_checks = 0, unique_checks = 0;\n"])
@pytest.mark.parametrize(
    "last", [b"DELETE FROM parent WHERE a = 2;\n", b"REPLACE INTO `parent` VALUES (2,4);\n", b"INSERT IGNORE INTO `child` VALUES (2,2),(4,4);\n"]
)
def test_foreign_keys_are_checked_where_the_file_checks_them(entry, lane, tmp_path, checks, last):
    """As with the mysql client, the effect of IGNORE, REPLACE and DELETE depends on the checks at their place in the file."""
    if entry["name"] == "5.6" and b"IGNORE" in last and b"= 0" not in checks:
        last = last.replace(b",(4,4)", b"")  # on 5.6 a row without a parent is an error nevertheless
    databases.drop(entry, "truth_source")
    dump = checks + CASCADE + last + END
    try:
        databases.run(entry, b"CREATE DATABASE truth_source;")
        databases.run(entry, dump, "truth_source")
        load(databases.request(entry, TARGET, databases.write(tmp_path, dump), lane=lane, batch_bytes=10, workers=1 if b"= 0" in checks else 3))
        for table in "parent", "child":
            found = [rows_of(entry, "SELECT * FROM {0}.{1} ORDER BY a".format(database, table)) for database in ("truth_source", TARGET)]
            assert found[0] == found[1]
    finally:
        databases.drop(entry, "truth_source")
