# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that fail while other tables are locked. Each case was run by the client on 5.6, 5.7 and 9.7."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.database_options import DatabaseNames
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.locked_tables import LockedTables
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter
from ansible_collections.apsaradb.mysql.tests.support.plans import ROWS, TABLE, plan, refused, whole

ROW = "INSERT INTO t VALUES (1);"


def errors(statements, lower_case=False):
    locked, found = LockedTables(), []
    for statement in ClientSplitter(io.BytesIO(statements.encode())):
        why = locked.refusal(classify(statement, Dialect(90704)), Dialect(90704), DatabaseNames(b"shop", lower_case=lower_case))
        found.append(why.rsplit(" ", 1)[1] if why else "")
    return "".join(found)


@pytest.mark.parametrize(
    "statements, error",
    [
        (ROW, ""),
        ("LOCK TABLES t WRITE; UNLOCK TABLES; INSERT INTO a VALUES (1);", ""),
        ("LOCK TABLES a WRITE;" + ROW, "1100"),
        ("LOCK TABLE a READ, `t` LOW_PRIORITY WRITE;" + ROW, ""),
        ("LOCK TABLES shop.t READ;" + ROW, "1099"),
        ("LOCK TABLES t READ LOCAL;" + ROW, "1099"),
        ("LOCK TABLES t AS x WRITE;" + ROW, "1100"),
        ("LOCK TABLES t x READ, t WRITE;" + ROW, ""),
        ("LOCK TABLES t WRITE, a READ, t READ;", "1066"),
        ("LOCK TABLES t WRITE; LOCK TABLES a WRITE;" + ROW, "1100"),
        ("LOCK TABLES a WRITE; COMMIT; SET autocommit=0;" + ROW, "1100"),
        ("LOCK TABLES a WRITE; BEGIN;" + ROW, ""),
        ("LOCK TABLES a WRITE; START TRANSACTION;" + ROW, ""),
        ("LOCK TABLES T WRITE;" + ROW, "1100"),
        ("LOCK TABLES a WRITE; CREATE TABLE t (b INT);", "1100"),
        ("LOCK TABLES t WRITE; CREATE TABLE IF NOT EXISTS t (b INT);", ""),
        ("LOCK TABLES t WRITE; DROP TABLE t; CREATE TABLE t (b INT);", ""),
        ("LOCK TABLES t WRITE; DROP TABLE IF EXISTS a;", "1100"),
        ("LOCK TABLES t WRITE; DROP TABLE t, a;", "1100"),
        ("LOCK TABLES t WRITE; CREATE TEMPORARY TABLE z (b INT); INSERT INTO z VALUES (1); DROP TEMPORARY TABLE z;", ""),
        ("LOCK TABLES t WRITE; CREATE TABLE z LIKE t;", "1100"),
        ("LOCK TABLES t WRITE; CREATE TABLE z (b INT) SELECT 1 AS a;", "1100"),
        ("LOCK TABLES t WRITE; CREATE VIEW v AS SELECT 1;", "1192"),
        ("LOCK TABLES t WRITE; DROP PROCEDURE IF EXISTS p;", "1192"),
        ("LOCK TABLES t WRITE; ALTER DATABASE shop CHARACTER SET latin1;", "1192"),
        ("LOCK TABLES t WRITE; CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1;", "1192"),
        ("LOCK TABLES t WRITE; CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW SET @x = 1;", ""),
        ("LOCK TABLES t WRITE; CREATE TRIGGER g AFTER INSERT ON a FOR EACH ROW SET @x = 1;", "1100"),
        ("LOCK TABLES t WRITE; DROP TRIGGER IF EXISTS g;", ""),
        ("LOCK TABLES t WRITE; ALTER TABLE a DISABLE KEYS;", "1100"),
        ("LOCK TABLES t READ; ALTER TABLE t ADD c INT;", "1099"),
        ("LOCK TABLES t WRITE; CREATE INDEX k ON a (id);", "1100"),
        ("LOCK TABLES t WRITE; UPDATE a SET id = 1;", "1100"),
        ("LOCK TABLES t x WRITE; UPDATE t AS x SET x.b = 1;", ""),
        ("LOCK TABLES t WRITE; DELETE FROM a WHERE id = 1;", "1100"),
        ("LOCK TABLES t WRITE; TRUNCATE a;", "1100"),
        ("LOCK TABLES t WRITE; INSERT INTO t SELECT id FROM a;", "1100"),
        ("LOCK TABLES t WRITE, a READ; INSERT INTO t SELECT id FROM a;", ""),
        ("LOCK TABLES t WRITE, a x READ; INSERT INTO t SELECT x.id FROM a x;", ""),
        ("LOCK TABLES t WRITE, a READ; INSERT INTO t SELECT x.id FROM a x;", "1100"),
        ("LOCK TABLES t WRITE, a READ; INSERT INTO t SELECT id FROM a AS x WHERE id > 1;", "1100"),
        ("LOCK TABLES t WRITE, a x READ; INSERT INTO t SELECT id FROM a;", "1100"),
        ("LOCK TABLES t WRITE, a READ; INSERT INTO t SELECT a.id FROM a JOIN (SELECT 1 AS n) AS x ON x.n = a.id;", ""),
        ("LOCK TABLES t WRITE; INSERT INTO t SELECT id FROM t;", "1100"),
        ("LOCK TABLES t WRITE, t x READ; INSERT INTO t SELECT id FROM t x;", ""),
        ("LOCK TABLES t WRITE, a READ; INSERT INTO t SELECT id FROM a WHERE id > (SELECT MIN(id) FROM a);", "1100"),
        ("LOCK TABLES t WRITE, a READ, a x READ; INSERT INTO t SELECT id FROM a WHERE id > (SELECT MIN(id) FROM a x);", ""),
        ("LOCK TABLES t WRITE; DELETE FROM t WHERE id = 1;", ""),
        ("LOCK TABLES t WRITE; SELECT * FROM a;", "1100"),
        ("LOCK TABLES t WRITE; SELECT COUNT(*) FROM information_schema.TABLES;", ""),
        ("LOCK TABLES t WRITE; ANALYZE TABLE a;", ""),
    ],
)
def test_what_the_client_does_after_lock_tables(statements, error):
    assert errors(statements) == error


def test_names_of_a_server_that_folds_case():
    assert errors("LOCK TABLES T WRITE;" + ROW, lower_case=True) == ""


def test_a_dump_is_refused_and_each_file_is_a_session():
    locked = whole(TABLE + b"LOCK TABLES u WRITE;\nINSERT INTO t VALUES (1,'x');\nUNLOCK TABLES;\n" + ROWS)
    assert "INSERT needs the table t, which LOCK TABLES" in refused(locked) and "1 statement(s)" in refused(locked)
    assert plan(locked, exclude_tables=("t",)).tables == ()
    assert plan(whole(TABLE + b"LOCK TABLES u WRITE;\n"), whole(ROWS)).tables[0].rows == 3
