# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind of each statement, however it is written, and forbidden statements, however they are hidden."""

import io
import tracemalloc

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import StatementKind, classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter, Statement
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import QualifiedName, tokens

NEW = Dialect(90704)


def kind_of(sql, dialect=NEW):
    (statement,) = ClientSplitter(io.BytesIO(sql + b"\n;\n"))
    return classify(statement, dialect)


PLAIN = [
    (b"INSERT INTO `t` VALUES (1)", StatementKind.ROWS, b"t"),
    (b"SET NAMES utf8mb4", StatementKind.SESSION, None),
    (b"SET character_set_client = utf8", StatementKind.SESSION, None),
    (b"SET @saved_cs_client = @@character_set_client", StatementKind.SESSION, None),
    (b"SET SESSION sql_mode = 'x'", StatementKind.SESSION, None),
    (b"SET @@SESSION.SQL_LOG_BIN= 0", StatementKind.SQL_LOG_BIN, None),
    (b"SET sql_log_bin=0", StatementKind.SQL_LOG_BIN, None),
    (b"SET @@GLOBAL.GTID_PURGED='a:1'", StatementKind.GTID_PURGED, None),
    (b"SET GLOBAL gtid_purged = '+a:1'", StatementKind.GTID_PURGED, None),
    (b"SET GLOBAL INNODB_STATS_AUTO_RECALC=OFF", StatementKind.SESSION, None),
    (b"SET @@GLOBAL.innodb_stats_auto_recalc = @OLD_INNODB_STATS_AUTO_RECALC, sql_notes = 0", StatementKind.SESSION, None),
    (b"SET CHARACTER SET utf8", StatementKind.UNCLEAR, None),
    (b"SET CHARSET 'utf8'", StatementKind.UNCLEAR, None),
    (b"CREATE DATABASE `d`", StatementKind.DATABASE, b"d"),
    (b"CREATE SCHEMA IF NOT EXISTS `d` DEFAULT CHARACTER SET utf8", StatementKind.DATABASE, b"d"),
    (b"ALTER DATABASE `d` CHARACTER SET utf8", StatementKind.DATABASE_COLLATION, b"d"),
    (b"USE `d`", StatementKind.USE, b"d"),
    (b"CREATE TABLE `t` (a int)", StatementKind.TABLE, b"t"),
    (b"CREATE TABLE IF NOT EXISTS t (a int)", StatementKind.TABLE, b"t"),
    (b"DROP TABLE IF EXISTS `t`", StatementKind.DROP_TABLE, b"t"),
    (b"LOCK TABLES `t` WRITE", StatementKind.HOUSEKEEPING, None),
    (b"UNLOCK TABLES", StatementKind.HOUSEKEEPING, None),
    (b"ALTER TABLE `t` DISABLE KEYS", StatementKind.HOUSEKEEPING, b"t"),
    (b"ALTER TABLE `t` ENABLE KEYS", StatementKind.HOUSEKEEPING, b"t"),
    (b"COMMIT", StatementKind.HOUSEKEEPING, None),
    (b"START TRANSACTION", StatementKind.HOUSEKEEPING, None),
    (b"CREATE VIEW `v` AS SELECT 1", StatementKind.VIEW, b"v"),
    (b"CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`a`@`b` SQL SECURITY INVOKER VIEW v AS SELECT 1", StatementKind.VIEW, b"v"),
    (b"DROP VIEW IF EXISTS `v`", StatementKind.DROP_VIEW, b"v"),
    (b"CREATE DEFINER=`a`@`%` TRIGGER `g` BEFORE INSERT ON `t` FOR EACH ROW SET @a = 1", StatementKind.TRIGGER, b"g"),
    (b"DROP TRIGGER g", StatementKind.DROP_TRIGGER, b"g"),
    (b"CREATE DEFINER=CURRENT_USER PROCEDURE `p`() SELECT 1", StatementKind.ROUTINE, b"p"),
    (b"CREATE DEFINER=CURRENT_USER() FUNCTION `f`() RETURNS INT RETURN 1", StatementKind.ROUTINE, b"f"),
    (b"DROP PROCEDURE IF EXISTS p", StatementKind.DROP_ROUTINE, b"p"),
    (b"CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 1", StatementKind.EVENT, b"e"),
    (b"DROP EVENT e", StatementKind.DROP_EVENT, b"e"),
    (b"ALTER TABLE t ADD KEY (a)", StatementKind.OTHER, b"t"),
    (b"CREATE INDEX i ON t (a)", StatementKind.OTHER, b"t"),
    (b"CREATE TABLE t AS SELECT 1", StatementKind.OTHER, b"t"),
    (b"CREATE TABLE t LIKE u", StatementKind.OTHER, b"t"),
    (b"CREATE TABLE t (LIKE u)", StatementKind.OTHER, b"t"),
    (b"CREATE TABLE t (a int) SELECT 1", StatementKind.OTHER, b"t"),
    (b"CREATE TABLE t (a int) ENGINE=InnoDB AS (SELECT 1)", StatementKind.OTHER, b"t"),
    (b"CREATE TABLE t (`select` int, b varchar(9) DEFAULT 'SELECT' COMMENT 'LIKE')", StatementKind.TABLE, b"t"),
    (b"CREATE TABLE t (a varchar(9), CHECK (a LIKE 'x%'))", StatementKind.TABLE, b"t"),
    (b"RENAME TABLE t TO u", StatementKind.OTHER, b"t"),
    (b"BEGIN", StatementKind.HOUSEKEEPING, None),
    (b"BEGIN WORK", StatementKind.HOUSEKEEPING, None),
    (b"SET NAMES utf8, SQL_LOG_BIN=0", StatementKind.SESSION, None),
    (b"SET @password = 'x'", StatementKind.SESSION, None),
    (b"CREATE TEMPORARY TABLE t (a int)", StatementKind.OTHER, b"t"),
    (b"INSERT INTO t VALUES (now())", StatementKind.OTHER, b"t"),
    (b"INSERT IGNORE INTO `t` SELECT 1", StatementKind.OTHER, b"t"),
    (b"UPDATE t SET a=1", StatementKind.OTHER, b"t"),
    (b"DELETE FROM t", StatementKind.OTHER, b"t"),
    (b"TRUNCATE TABLE t", StatementKind.OTHER, b"t"),
    (b"ANALYZE TABLE t", StatementKind.OTHER, b"t"),
    (b"PREPARE s FROM 'SELECT 1'", StatementKind.PREPARED, None),
    (b"CHANGE MASTER TO MASTER_HOST='x', MASTER_LOG_POS=4", StatementKind.REPLICATION, None),
    (b"CHANGE REPLICATION SOURCE TO SOURCE_HOST='x'", StatementKind.REPLICATION, None),
    (b"START SLAVE", StatementKind.REPLICATION, None),
    (b"STOP REPLICA", StatementKind.REPLICATION, None),
]
FORBIDDEN = [
    b"GRANT ALL ON *.* TO x",
    b"REVOKE ALL ON *.* FROM x",
    b"CREATE USER x",
    b"ALTER USER x IDENTIFIED BY 'x'",
    b"DROP USER x",
    b"RENAME USER x TO y",
    b"CREATE ROLE r",
    b"SET ROLE r",
    b"SET SQL_LOG_BIN=0, GLOBAL read_only=0",
    b"SET @@GLOBAL.GTID_PURGED='', @@GLOBAL.read_only=0",
    b"SET GLOBAL sql_log_bin=0",
    b"CREATE TABLE t (a text) SELECT LOAD_FILE('/etc/passwd') AS a",
    b"CREATE TABLE t AS SELECT load_file('x')",
    b"SET SESSION PASSWORD = 'x'",
    b"SET DEFAULT ROLE r TO x",
    b"SET PASSWORD = 'x'",
    b"SET PASSWORD FOR x = 'x'",
    b"SET GLOBAL max_connections = 1",
    b"SET @@GLOBAL.max_connections = 1",
    b"SET @@global . max_connections=1",
    b"SET PERSIST max_connections = 1",
    b"SET PERSIST_ONLY max_connections = 1",
    b"SET @@persist.max_connections = 1",
    b"SET @@PERSIST_ONLY.x = 1",
    b"SET a = 1, GLOBAL b = 2",
    b"SET GLOBAL innodb_stats_auto_recalc = 0, GLOBAL b = 2",
    b"SET @x = 1, @@global.b = 2",
    b"SET TRANSACTION READ ONLY",
    b"START TRANSACTION READ ONLY",
    b"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    b"SET GLOBAL TRANSACTION READ ONLY",
    b"SET RESOURCE GROUP x",
    b"LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
    b"LOAD DATA LOCAL INFILE 'x' INTO TABLE t",
    b"LOAD XML INFILE 'x' INTO TABLE t",
    b"SELECT 1 INTO OUTFILE '/tmp/x'",
    b"SELECT 1 INTO DUMPFILE '/tmp/x'",
    b"SELECT a FROM t INTO OUTFILE 'x'",
    b"SELECT LOAD_FILE('/etc/passwd')",
    b"INSERT INTO t SELECT load_file('/etc/passwd')",
    b"INSERT INTO t VALUES (LOAD_FILE('x'))",
    b"INSTALL PLUGIN x SONAME 'x.so'",
    b"UNINSTALL PLUGIN x",
    b"INSTALL COMPONENT 'x'",
    b"CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
    b"CREATE AGGREGATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
    b"SHUTDOWN",
    b"RESTART",
    b"KILL 1",
    b"FLUSH PRIVILEGES",
    b"RESET MASTER",
    b"PURGE BINARY LOGS TO 'x'",
    b"START GROUP_REPLICATION",
    b"CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')",
    b"CREATE TABLESPACE x",
    b"DROP TABLESPACE x",
    b"CREATE LOGFILE GROUP x",
    b"ALTER INSTANCE ROTATE INNODB MASTER KEY",
    b"DROP DATABASE d",
    b"DROP SCHEMA d",
    b"CALL p()",
    b"DO SLEEP(1), LOAD_FILE('x')",
    b"HANDLER t OPEN",
    b"BINLOG 'x'",
    b"IMPORT TABLE FROM 'x'",
    b"CLONE LOCAL DATA DIRECTORY 'x'",
    b"LOCK INSTANCE FOR BACKUP",
    b"UNLOCK INSTANCE",
    b"XA START 'x'",
    b"HELP 'x'",
    b"system ls",
    b"source x",
    b"tee x",
    b"pager x",
    b"DELIMITER",
    b"exit",
    b"EXPLAIN ANALYZE SELECT 1",
    b"TABLE t",
    b"VALUES ROW(1)",
    b"(SELECT 1)",
    b"WITH x AS (SELECT 1) DELETE FROM t",
    b"BEGIN NOT ATOMIC SELECT 1",
    b"CREATE RESOURCE GROUP x TYPE=USER",
    b"CREATE SPATIAL REFERENCE SYSTEM 1 NAME 'x'",
    b"ALTER SERVER s OPTIONS (HOST 'x')",
    b"1",
    b"`INSERT` INTO t",
]


@pytest.mark.parametrize("sql, kind, name", PLAIN, ids=lambda value: value.decode()[:40] if isinstance(value, bytes) else "")
def test_kinds(sql, kind, name):
    item = kind_of(sql)
    assert (item.kind, item.name.name if item.name else None) == (kind, name)


@pytest.mark.parametrize("version, needs", [(90199, True), (90200, False)])
def test_definitions_of_a_later_version_are_not_understood(version, needs):
    item = kind_of(b"CREATE LIBRARY l LANGUAGE JAVASCRIPT AS 'x'", Dialect(version))
    assert (item.reason == "needs MySQL 9.2 or later") == needs


def disguises(sql):
    words = sql.split(b" ", 1)
    rest = words[1] if len(words) > 1 else b""
    yield "lower", words[0].lower() + b" " + rest
    yield "comments", b"/* x */" + words[0] + b"/**/ /* ; */" + rest
    yield "line comments", words[0] + b" -- x\n#'\n" + rest
    yield "white space", words[0] + b"\r\n\t\v\f " + rest
    yield "conditional", b"/*!50001 " + sql + b" */"
    yield "conditional without a version", b"/*!" + sql + b"*/"
    yield "half conditional", b"/*!40000 " + words[0] + b" */ " + rest
    yield "two conditionals", b"/*!40000 " + words[0] + b"*/ /*!50503 " + rest + b"*/"


@pytest.mark.parametrize("sql", FORBIDDEN, ids=lambda sql: sql.decode()[:40])
def test_forbidden(sql):
    item = kind_of(sql)
    assert item.kind is StatementKind.FORBIDDEN and item.reason and item.verb


@pytest.mark.parametrize("sql", [sql for sql in FORBIDDEN if not sql.startswith((b"\\", b"DELIMITER", b"(", b"`", b"1"))], ids=lambda sql: sql.decode()[:40])
def test_forbidden_statements_hidden_in_comments(sql):
    for disguise, hidden in disguises(sql):
        assert kind_of(hidden).kind is StatementKind.FORBIDDEN, disguise


@pytest.mark.parametrize(
    "sql, kind, name",
    [case for case in PLAIN if not case[0].startswith(b"INSERT INTO `t` VALUES (1)")],
    ids=lambda v: v.decode()[:40] if isinstance(v, bytes) else "",
)
def test_kinds_of_statements_hidden_in_comments(sql, kind, name):
    for disguise, hidden in disguises(sql):
        item = kind_of(hidden)
        assert (item.kind, item.name.name if item.name else None) == (kind, name), disguise


def test_a_version_comment_of_a_later_version_is_skipped():
    assert kind_of(b"/*!99990 GRANT ALL ON *.* TO x */").kind is StatementKind.NOTHING
    assert kind_of(b"/*!80016 SHUTDOWN */", Dialect(50729)).kind is StatementKind.NOTHING
    assert kind_of(b"/*!80016 SHUTDOWN */", Dialect(80016)).kind is StatementKind.FORBIDDEN
    assert kind_of(b"CREATE TABLE t (a int) /*!99990 800020 COMPRESSED=1 */").kind is StatementKind.TABLE


def test_a_comment_may_be_nested_in_a_skipped_version_comment():
    assert kind_of(b"/*!99990 a /* b */ SHUTDOWN */").kind is StatementKind.NOTHING


@pytest.mark.parametrize("version, words", [(50729, [b"SELECT", b"1"]), (90704, [b"SELECT", b"1", b"2"])])
def test_the_number_of_a_conditional_comment(version, words):
    assert [token.upper or token.text for token in tokens(b"SELECT /*!50001 1 */ /*!80001 2 */", Dialect(version))] == words


def test_version_comments_of_calendar_versions():
    sql = b"/*!260700 SHUTDOWN */"
    assert kind_of(sql, Dialect(90704)).kind is StatementKind.NOTHING
    assert kind_of(sql, Dialect(260700)).kind is StatementKind.FORBIDDEN
    # An old server reads version 2.60.70, and the rest of the number as part of the statement.
    assert kind_of(sql, Dialect(50729)).kind is StatementKind.UNCLEAR


def test_servers_before_8_0_read_five_digits_of_a_version():
    hidden = b"INSERT INTO t SELECT /*!500009 ,LOAD_FILE('x') FROM u */"
    assert kind_of(hidden, Dialect(50729)).kind is StatementKind.UNCLEAR and kind_of(hidden).kind is StatementKind.OTHER
    assert [token.text for token in tokens(b"/*!800301 2 */ 3", Dialect(50729))] == [b"3"]
    assert [token.text for token in tokens(b"/*!999991 x */ /*!050001 2 */", NEW)] == [b"2"]


@pytest.mark.parametrize("sql", [b"DROP TABLE a.1b", b"DROP TABLE a . 1b", b"DROP TABLE a. 1b"])
def test_names_that_start_with_digits(sql):
    assert kind_of(sql).name == QualifiedName(b"a", b"1b")


def test_digits_after_the_dot_of_a_name_are_a_name():
    assert kind_of(b"DROP TABLE a.1").name == QualifiedName(b"a", b"1") and kind_of(b"DROP TABLE a.1e5").name == QualifiedName(b"a", b"1e5")
    numbers = [b"1.5", b".5", b"1e5", b"1.", b"1.5e-3"]
    for number in numbers:
        assert [(token.kind, token.text) for token in tokens(b"(-" + number + b")", NEW)][2] == ("number", number)


def test_names_with_their_schema():
    assert kind_of(b"DROP TABLE `a`.`b`").name == QualifiedName(b"a", b"b")
    assert kind_of(b"CREATE TRIGGER `s`.`g` AFTER INSERT ON `u` . `t` FOR EACH ROW SET @a=1").on == QualifiedName(b"u", b"t")
    assert kind_of(b"INSERT INTO `a`.`b` VALUES (1)").name == QualifiedName(b"a", b"b")
    assert kind_of(b"USE a").name == QualifiedName(None, b"a")


@pytest.mark.parametrize(
    "more, left",
    [
        (b",(2,'b'),(3,NULL)", b""),
        (b", /* x */ (-2.5, _utf8mb4'b', N'c', x'41', DEFAULT) ,(TRUE,+1)", b""),
        (b",(2,f(3)),(4,'c')", b",(2,f(3))"),
        (b",(2,LOAD_FILE('x')),(4,'c')", b",(2,LOAD_FILE('x'))"),
        (b",(2,crm.f),(4,'c')", b",(2,crm.f)"),
        (b",(2,`n`),(4,'c')", b",(2,`n`)"),
        (b",(2,n -1),(4,'c')", b",(2,n-1)"),
        (b",(2,N 'c'),(4,'c')", b",(2,N'c')"),
        (b",(2,x),(4,'c')", b",(2,x)"),
        (b",(2,_u),(4,'c')", b",(2,_u)"),
        (b",(2,(SELECT 1)),(4,'c')", b",(2,(SELECT1))"),
        (b",(4,'c') ON DUPLICATE KEY UPDATE a=1,(2)", b"ONDUPLICATEKEYUPDATEa=1,(2)"),
        (b",(4,'c'", b",(4,'c'"),
        (b",", b","),
    ],
)
def test_one_of_many_rows_of_literals_is_tokenised(more, left):
    first = b"INSERTINTOt VALUES(1,'a')".replace(b" ", b"")
    found = tokens(b"INSERT INTO t VALUES (1,'a')" + more, Dialect(90704))
    assert b"".join(token.text for token in found) == first + left
    text = b"INSERT INTO t VALUES (1,'a')" + more
    assert all(text[token.start : token.end] == token.text for token in found)


def test_a_large_unproved_insert_takes_little_more_memory_than_its_size():
    # As some tools write it: in double quotes.
    text = b'INSERT INTO t VALUES (0,"x")' + b"".join(b',(%d,"x%d")' % (number, number) for number in range(20000))
    tracemalloc.start()
    try:
        assert classify(Statement(text, 0, len(text), 1, None), Dialect(90704)).kind is StatementKind.OTHER
        assert tracemalloc.get_traced_memory()[1] < len(text)
    finally:
        tracemalloc.stop()


def test_a_quoted_word_is_not_a_keyword():
    assert kind_of(b"CREATE TABLE `TRIGGER` (`SONAME` int, `OUTFILE` int)").kind is StatementKind.TABLE
    assert kind_of(b"CREATE FUNCTION f() RETURNS INT RETURN 'SONAME'").kind is StatementKind.ROUTINE
    assert kind_of(b"INSERT INTO t SELECT 'INTO OUTFILE', `load_file` FROM t").kind is StatementKind.OTHER


def test_names_in_double_quotes_under_ansi_quotes():
    ansi = Dialect(90704).under(b"'PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
    assert kind_of(b'CREATE DEFINER="a"@"b" PROCEDURE "a""b"() SELECT 1', ansi).name == QualifiedName(None, b'a"b')
    assert [token.kind for token in tokens(b"'a\\' \"b\" `c`", ansi)] == ["string", "name", "name"]


def test_a_drop_of_several_tables_is_not_a_drop_of_one():
    assert kind_of(b"DROP TABLE a, mysql.user").kind is StatementKind.OTHER


@pytest.mark.parametrize("unit", [b"a", *(pytest.param(unit, marks=pytest.mark.by_night) for unit in (b"\\'", b"''", b"\\\\"))])
def test_a_long_string_takes_no_more_memory_than_its_size(unit):
    text = b"SELECT f('" + unit * (1 << 18) + b"', 1)"
    tracemalloc.start()
    try:
        assert [len(token.text) for token in tokens(text, NEW)] == [6, 1, 1, len(text) - 13, 1, 1, 1]
        assert tracemalloc.get_traced_memory()[1] < 2 * len(text)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "text, kinds",
    [
        (b"`a``b` \"c\"\"d\" 'e\\\\' 'f\\'g'", ["name", "string", "string", "string"]),
        (b"'' `` 1", ["string", "name", "number"]),
    ],
)
def test_quoted_text_ends_where_the_server_ends_it(text, kinds):
    assert [token.kind for token in tokens(text, NEW)] == kinds
