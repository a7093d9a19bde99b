# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of whole dumps: what runs, in what order, and what is refused."""

import re

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import StatementKind
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import Policy
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Barrier, Chunk
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support.cases import examples
from ansible_collections.apsaradb.mysql.tests.support.plans import END, HEAD, ROWS, SET, TABLE, TRIGGER, plan, refused, sent, whole
from hypothesis import given
from hypothesis import strategies as st


def test_a_pair_with_its_triggers_twice():
    made = plan(whole(TABLE + TRIGGER), whole(ROWS + TRIGGER))
    assert made.source == b"shop" and [file.completed for file in made.files] == [True, True]
    assert [(table.name, table.rows) for table in made.tables] == [(b"t", 3)]
    assert [(trigger.name, trigger.on, trigger.definer) for trigger in made.triggers] == [(b"g", b"t", (b"a", b"b"))]
    (chunk,) = made.steps
    assert isinstance(chunk, Chunk) and (chunk.file, chunk.rows, chunk.statements, chunk.exact, chunk.separator) == (1, 3, 2, True, b"),(")
    data = whole(ROWS + TRIGGER)[chunk.offset : chunk.end]
    assert data.startswith(b"INSERT INTO `t` VALUES (1") and data.endswith(b"(3,'y');") and whole(ROWS)[: chunk.offset].count(b"\n") + 1 == chunk.line
    assert made.files[0].header == "MySQL dump 10.13  Distrib 5.7.36, for Linux (x86_64)" and made.files[0].server_version == "5.7.36-log"


def test_histograms_belong_to_their_table_and_are_not_barriers():
    histogram = b"/*!80002 ANALYZE TABLE `t` UPDATE HISTOGRAM ON `b` WITH 100 BUCKETS */;\n"
    keyed = TABLE.replace(b"PRIMARY KEY (`a`)", b"PRIMARY KEY (`a`),\n  KEY `b` (`b`)")
    # --no-data writes them, and --no-create-info again.
    made = plan(whole(keyed + histogram), whole(ROWS + histogram), defer_indexes="always")
    assert [type(step) for step in made.steps] == [Chunk]
    (table,) = made.tables
    assert [key.name for key in table.deferred.indexes] == [b"b"]
    assert [(made.what, made.text) for made in table.histograms] == [("HISTOGRAM", histogram[:-2])]
    assert plan(whole(keyed + ROWS + histogram), server_version=50744).tables[0].histograms == ()
    # Of what is not known, it stays the statement it is.
    assert [type(step) for step in plan(whole(histogram)).steps] == [Barrier]
    assert "concerns the database other" in refused(whole(TABLE + b"ANALYZE TABLE other.t UPDATE HISTOGRAM ON b;"))
    assert plan(whole(TABLE + histogram), exclude_tables=("t",)).steps == ()


def test_a_histogram_after_a_barrier_is_one_too():
    histogram = b"ANALYZE TABLE t UPDATE HISTOGRAM ON b WITH 8 BUCKETS;\n"
    made = plan(whole(TABLE + ROWS + histogram + b"UPDATE t SET b = 'x';\n" + histogram))
    assert [type(step) for step in made.steps] == [Chunk, Barrier, Barrier]
    assert [found.text for found in made.tables[0].histograms] == [histogram[:-2]] and made.barriers[1].definition.text == histogram[:-2]


def test_triggers_left_out():
    made = plan(whole(TABLE + TRIGGER), whole(ROWS + TRIGGER), triggers="omit")
    assert made.triggers == () and made.rewritten["triggers_omitted"] == 2


def gtid_line(where):
    line = b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5';\n"
    bin_log = b"SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;\nSET @@SESSION.SQL_LOG_BIN= 0;\n"
    return {
        "head": bin_log + line + TABLE + ROWS,
        "end": TABLE + ROWS + bin_log + line,
        "spanning lines": line.replace(b":1-5", b":1-3,\n3e11fa47-71ca-11e1-9e33-c80aa9429562:4-5") + TABLE,
        "old form": line.replace(b"/*!80000 '+'*/ ", b"") + TABLE,
    }[where]


@pytest.mark.parametrize("where", ["head", "end", "spanning lines", "old form"])
@pytest.mark.parametrize("version", [50624, 50729, 90704])
def test_a_gtid_set_is_found_and_never_run(where, version):
    made = plan(whole(gtid_line(where)), server_version=version)
    assert made.gtid_purged in (SET, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-3,3e11fa47-71ca-11e1-9e33-c80aa9429562:4-5")
    assert made.rewritten["gtid_purged"] == 1 and made.rewritten.get("sql_log_bin", 0) in (0, 1)
    assert not any(isinstance(step, Barrier) for step in made.steps)
    assert all(b"sql_log_bin" not in dict(session.variables) for session in made.sessions)


def test_missing_empty_and_commented_gtid_sets():
    assert plan(whole(TABLE)).gtid_purged is None
    assert plan(whole(b"SET @@GLOBAL.GTID_PURGED='';\n" + TABLE)).gtid_purged == ""
    assert plan(whole(b"/* SET @@GLOBAL.GTID_PURGED='+a:1';*/\n" + TABLE)).gtid_purged is None
    assert plan(whole(TABLE + b"INSERT INTO `t` VALUES (1,'\nSET @@GLOBAL.GTID_PURGED=\\'x\\';\n');\n")).gtid_purged is None


def test_both_files_of_a_pair_name_the_same_set():
    assert plan(whole(gtid_line("head").replace(ROWS, b"")), whole(gtid_line("end").replace(TABLE, b""))).gtid_purged == SET


def test_placeholders_of_views_as_tables_and_as_views():
    old = b"/*!50001 CREATE TABLE `v` (\n  `a` tinyint NOT NULL\n) ENGINE=MyISAM */;\n"
    new = b"/*!50001 CREATE VIEW `v` AS SELECT \n 1 AS `a`*/;\n"
    final = b"/*!50001 DROP %s IF EXISTS `v`*/;\n/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`r`@`l` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select `a` from `t` */;\n"  # noqa: E501
    for placeholder, word in (old, b"TABLE"), (new, b"VIEW"):
        made = plan(whole(placeholder + TABLE + ROWS + final % word))
        assert [table.name for table in made.tables] == [b"t"]
        assert [(made_view.kind, made_view.name) for made_view in made.objects] == [
            (StatementKind.TABLE if word == b"TABLE" else StatementKind.VIEW, b"v"),
            (StatementKind.VIEW, b"v"),
        ]


NUMBERED = b"CREATE TABLE `n` (`id` int NOT NULL AUTO_INCREMENT, `v` varchar(9), PRIMARY KEY (`id`));\n"
ZERO = b"/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"


@pytest.mark.parametrize(
    "sql, ordered, fast",
    [
        (ZERO + NUMBERED + b"INSERT INTO `n` VALUES (1,'x'),(2,'y');\n", False, True),
        (ZERO + NUMBERED + b"INSERT INTO `n` (`v`,`ID`) VALUES ('x',1);\n", False, False),
        (ZERO + NUMBERED + b"INSERT INTO `n` VALUES (1,'x'),(NULL,'y');\n", True, False),
        (ZERO + NUMBERED + b"INSERT INTO `n` (`v`) VALUES ('x');\n", True, False),
        (ZERO + NUMBERED + b"INSERT INTO `n` VALUES (1,'x');\nREPLACE INTO `n` VALUES (1,'y');\n", True, True),
        (ZERO + NUMBERED + b"INSERT IGNORE INTO `n` VALUES (1,'x');\n", True, False),
        # Here a 0 is given a number too.
        (NUMBERED + b"INSERT INTO `n` VALUES (1,'x');\n", True, False),
        (ZERO + NUMBERED + b"SET sql_mode = '';\nINSERT INTO `n` VALUES (1,'x');\n", True, False),
        (TABLE + b"INSERT INTO `t` VALUES (1,'x');\n", False, True),
        (TABLE + b"REPLACE INTO `t` VALUES (1,'x');\n", True, False),
        (ZERO + NUMBERED.replace(b"int NOT NULL AUTO_INCREMENT", b"SERIAL") + b"INSERT INTO `n` VALUES (NULL,'x');\n", True, False),
        # What the table is by then is not known.
        (TABLE + b"ALTER TABLE t MODIFY a YEAR;\nINSERT INTO `t` VALUES (1,'x');\n", True, False),
        (TABLE + b"UPDATE t SET a = 1;\nINSERT INTO `t` VALUES (1,'x');\n", False, True),
    ],
)
def test_tables_whose_rows_depend_on_their_order(sql, ordered, fast):
    made = plan(whole(sql))
    assert made.tables[0].ordered == ordered
    assert any(isinstance(step, Chunk) and step.separator for step in made.steps) == fast


@pytest.mark.parametrize(
    "column, values, fast",
    [
        ("int", "1 -1 NULL '1' '2.5'", True),
        ("int", "1.5", False),
        ("bigint unsigned", "2.5e0", False),
        ("decimal(9,2)", "1 -1.5 .5 -.5 NULL '1e5'", True),
        ("decimal(9,2)", "1e5", False),
        ("decimal(9,2)", "1.5E-5", False),
        ("double", "1 -1.5 .5 -1.5e-3 1E5 NULL", True),
        ("float", "1e5", True),
        ("year", "NULL '2026'", True),
        ("year", "2026 0000 1901 NULL '0' 2155", True),
        ("year", "2026 0", False),
        ("year", "00 2026", False),
        ("year", "2026 000 2026", False),
        ("year", "00000", False),
        ("year", "70", False),
        ("year", "-2026", False),
        ("year", "2026.0", False),
        ("year(4)", "0000", True),
        ("date", "NULL '2026-01-01'", True),
        ("date", "20260101", False),
        ("time", "101010", False),
        ("timestamp", "20260101101010", False),
        ("enum('1','2')", "'1' NULL", True),
        ("enum('1','2')", "1", False),
        ("set('1','2')", "1", False),
        ("json", "'{}'", True),
        ("json", "1", False),
        ("text", "1", False),
        ("bit(8)", "'1'", False),
        ("varbinary(9)", "'1'", False),
    ],
)
def test_which_values_a_column_takes_as_load_data(column, values, fast):
    rows = ",".join("({0},{1})".format(number, value) for number, value in enumerate(values.split()))
    made = plan(whole("CREATE TABLE t (a int PRIMARY KEY, v {0});\nINSERT INTO `t` VALUES {1};\n".format(column, rows).encode()))
    assert bool(made.steps[0].separator) == fast


@pytest.mark.parametrize(
    "state, fast",
    [
        (b"SET NAMES latin1;", True),
        (b"SET NAMES 'utf8mb3' COLLATE utf8mb3_bin;", True),
        (b"SET NAMES binary;", True),
        # Half a character of these could take the quote behind it along.
        (b"SET NAMES euckr;", False),
        (b"SET NAMES ujis;", False),
        (b"SET character_set_client = latin1;", False),
        (b"SET character_set_client = utf8mb4;", True),
        (b"SET character_set_connection = latin1;", False),
        (b"SET @saved = @@character_set_client; SET character_set_client = utf8; SET character_set_client = @saved;", True),
    ],
)
def test_which_character_sets_load_data_carries(state, fast):
    assert bool(plan(whole(TABLE + state + b"\n" + ROWS)).steps[0].separator) == fast


def test_databases_in_the_dump():
    made = plan(
        HEAD
        + b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */ /*!80016 DEFAULT ENCRYPTION='N' */;\n\nUSE `shop`;\n"
        + TABLE
        + END
    )
    assert made.source == b"shop" and made.database_options == b"DEFAULT CHARACTER SET utf8mb4 DEFAULT ENCRYPTION = 'N'"
    assert plan(b"USE `only`;\n" + TABLE).source == b"only"
    assert plan(b"CREATE SCHEMA utf8 CHARACTER SET utf8;\n").database_options == b"CHARACTER SET utf8"


FIRST = b"CREATE DATABASE IF NOT EXISTS shop CHARACTER SET latin1;\n"


@pytest.mark.parametrize(
    "second, options, warned",
    [
        (b"CREATE DATABASE IF NOT EXISTS shop;", b"CHARACTER SET latin1", False),
        (b"CREATE SCHEMA /*!32312 IF NOT EXISTS*/ shop default character set = latin1;", b"CHARACTER SET latin1", False),
        (b"CREATE SCHEMA IF NOT EXISTS shop CHARACTER SET utf8;", b"CHARACTER SET latin1", True),
    ],
)
def test_the_options_are_those_of_the_statement_that_creates_the_database(second, options, warned):
    for files in ((FIRST + second + b"\n" + TABLE,), (FIRST, second + b"\n" + TABLE), (FIRST + TABLE, second + b"\n")):
        made = plan(*files)
        assert made.database_options == options and len(made.warnings) == warned
        assert not warned or "those of file0.sql, line 1" in made.warnings[0]
    assert plan(b"CREATE DATABASE shop;\n", FIRST).database_options == b""
    assert plan(FIRST + b"DROP DATABASE shop;\nCREATE DATABASE shop CHARACTER SET utf8;\n").database_options == b"CHARACTER SET utf8"


def test_a_database_that_is_created_twice():
    dump = FIRST + b"CREATE DATABASE shop;\n"
    assert "creates the database shop, which the statement at line 1 has created: the mysql client would stop here with error 1007" in refused(dump)
    assert plan(dump, allow=("CREATE DATABASE",)).database_options == b"CHARACTER SET latin1"
    # Each file of a pair may create it.
    assert plan(FIRST, b"CREATE DATABASE shop;\n").database_options == b"CHARACTER SET latin1"


def test_other_options_of_alter_database():
    before = b"ALTER DATABASE shop CHARACTER SET latin1;\n"
    made = plan(HEAD + before + b"ALTER DATABASE shop ENCRYPTION='N';\n" + TABLE)
    assert made.tables[0].create.session.get(b"(database)") == b"CHARACTER SET latin1"
    for sql, name in ((b"ALTER DATABASE shop COLLATE x ENCRYPTION='Y';\n", "ENCRYPTION"), (b"ALTER DATABASE shop READ ONLY = 1;\n", "READ")):
        assert "changes {0} of the database, which the import does not alter".format(name) in refused(HEAD + sql + TABLE)
    with pytest.raises(Failure, match="READ"):
        plan(HEAD + b"ALTER DATABASE shop ENCRYPTION='Y' READ ONLY = 1;\n" + TABLE, policy=Policy(encryption="strip"))
    made = plan(HEAD + b"ALTER DATABASE shop COLLATE latin1_bin DEFAULT ENCRYPTION='Y';\n" + TABLE, policy=Policy(encryption="strip"))
    assert made.tables[0].create.session.get(b"(database)") == b"COLLATE latin1_bin" and made.rewritten["encryption"] == 1


@pytest.mark.parametrize(
    "options, left",
    [
        (b"/*!40100 DEFAULT CHARACTER SET utf8mb4 */ /*!80016 DEFAULT ENCRYPTION='Y' */", b"DEFAULT CHARACTER SET utf8mb4"),
        (b"DEFAULT ENCRYPTION 'Y' COLLATE utf8mb4_bin", b"COLLATE utf8mb4_bin"),
        (b"ENCRYPTION='Y'", b""),
    ],
)
def test_the_encryption_of_a_database_is_stripped_with_that_of_its_tables(options, left):
    dump = whole(b"CREATE DATABASE `shop` " + options + b";\nUSE `shop`;\n" + TABLE.replace(b"=InnoDB", b"=InnoDB /*!80016 ENCRYPTION='Y' */"))
    made = plan(dump, policy=Policy(encryption="strip"))
    assert made.database_options == left and made.rewritten == {"encryption": 2} and not made.tables[0].table.encrypted
    assert b"ENCRYPTION" in plan(dump).database_options


@pytest.mark.parametrize(
    "sql",
    [
        b"USE `mysql`;",
        b"USE other",
        b"CREATE DATABASE other;",
        b"DROP DATABASE other;",
        b"DROP DATABASE `copy`;",
        b"ALTER DATABASE other CHARACTER SET utf8;",
        b"ALTER DATABASE other.shop CHARACTER SET utf8;",
        b"GRANT ALL ON *.* TO x;",
        b"CREATE TABLE other.t (a int);",
        b"CREATE TABLE `mysql`.`t` (a int);",
        b"DROP TABLE mysql.user;",
        b"DROP TABLE t, mysql.user;",
        b"INSERT INTO mysql.user VALUES (1);",
        b"INSERT INTO `mysql` . `user` VALUES (1),(2);",
        b"/*!50001 INSERT */ INTO mysql.user SELECT 1;",
        b"REPLACE INTO other.t VALUES (now());",
        b"UPDATE other.t SET a=1;",
        b"UPDATE t, other.t SET a=1;",
        b"UPDATE t JOIN other.t AS x SET x.a=1;",
        b"DELETE FROM other.t;",
        b"DELETE t, other.t FROM t, other.t;",
        b"TRUNCATE other.t;",
        b"TRUNCATE TABLE other.t;",
        b"ALTER TABLE other.t ADD a int;",
        b"ALTER TABLE t RENAME TO other.t;",
        b"ALTER TABLE t RENAME other.t;",
        b"RENAME TABLE t TO other.t;",
        b"CREATE INDEX i ON other.t (a);",
        b"INSERT INTO t SELECT * FROM mysql.user;",
        b"INSERT INTO t SELECT * FROM u, mysql.user;",
        b"INSERT INTO t SELECT other.f(1);",
        b"CREATE TABLE t LIKE other.t;",
        b"CREATE TABLE t (LIKE other.t);",
        b"CREATE TABLE t AS SELECT * FROM other.t;",
        b"CREATE TABLE t (a int) SELECT * FROM mysql.user;",
        b"SELECT other.f();",
        b"DO other.f();",
        b"CREATE VIEW other.v AS SELECT 1;",
        b"CREATE TRIGGER other.g BEFORE INSERT ON t FOR EACH ROW SET @a=1;",
        b"CREATE TRIGGER g BEFORE INSERT ON other.t FOR EACH ROW SET @a=1;",
        b"CREATE PROCEDURE other.p() SELECT 1;",
        b"CREATE EVENT other.e ON SCHEDULE EVERY 1 DAY DO SELECT 1;",
        b"DROP VIEW other.v;",
        b"DROP PROCEDURE mysql.p;",
        b"SET GLOBAL read_only = 0;",
        b"SET sql_mode = (SELECT 1);",
        b"PREPARE s FROM 'GRANT ALL ON *.* TO x'; EXECUTE s;",
        b"DELIMITER ;;\nGRANT ALL ON *.* TO x;;\nDELIMITER ;\n",
        b"/*!50001 GRANT ALL ON *.* TO x */;",
        b"system rm -rf /;",
        b"ANALYZE TABLE other.t;",
        b"OPTIMIZE TABLE t, other.t;",
        b"UPDATE mysql, mysql.user SET a=1;",
        b"INSERT INTO t SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM mysql.user);",
    ],
    ids=lambda sql: sql.decode()[:50],
)
def test_statements_that_leave_the_database_are_refused(sql):
    said = refused(whole(TABLE + ROWS + sql + b"\n"))
    assert "Nothing was written" in said and "file0.sql, line " in said


ALIASED = (
    b"DROP TABLE IF EXISTS crm, crm.orders",
    b"DROP TABLE crm . orders , crm",
    b"DROP TEMPORARY TABLE crm, t, crm.orders",
    b"RENAME TABLE crm TO t, crm.orders TO u",
    b"RENAME TABLE crm TO crm.orders",
    b"ALTER TABLE crm RENAME crm.orders",
    b"ALTER TABLE crm RENAME TO crm.orders",
    b"ALTER TABLE crm RENAME AS crm.orders",
    b"ALTER TABLE crm RENAME = crm.orders",
    b"ALTER TABLE crm CONVERT TO CHARACTER SET utf8, RENAME crm.orders",
    b"ALTER TABLE crm ADD FOREIGN KEY (a) REFERENCES crm.orders (a)",
    b"ALTER TABLE crm EXCHANGE PARTITION p WITH TABLE crm.orders",
    b"ALTER TABLE crm UNION=(crm.orders)",
    b"ALTER TABLE crm DEFAULT CHARACTER SET utf8, UNION (t, crm.orders)",
    b"ALTER VIEW v AS SELECT 1 FROM crm, crm.orders",
    b"ALTER EVENT e RENAME TO crm.e",
    b"ALTER EVENT e DO DELETE FROM crm.orders WHERE crm = 1",
    b"ALTER EVENT e DO INSERT crm.orders SELECT crm FROM crm",
    b"CREATE INDEX crm ON crm.orders (a)",
    b"DROP INDEX crm ON crm.orders",
    b"ANALYZE TABLE crm, crm.orders",
    b"OPTIMIZE LOCAL TABLE crm, crm.orders",
    b"CHECK TABLE crm, crm.orders",
    b"REPAIR TABLE crm, crm.orders",
    b"TRUNCATE crm.orders",
    b"UPDATE t crm, crm.orders o SET o.x = 1",
    b"UPDATE t AS crm, (crm.orders) SET x = 1",
    b"UPDATE t crm JOIN (u, crm.orders o) SET o.x = 1",
    b"UPDATE t crm JOIN u ON crm.a = u.a, crm.orders SET x = 1",
    b"UPDATE t crm JOIN u USING (a), crm.orders SET x = 1",
    b"UPDATE t crm STRAIGHT_JOIN crm.orders SET x = 1",
    b"UPDATE t crm USE INDEX FOR ORDER BY (i), crm.orders SET x = 1",
    b"UPDATE t crm IGNORE INDEX FOR GROUP BY (i), crm.orders SET x = 1",
    b"UPDATE t crm FORCE INDEX FOR JOIN (i), crm.orders SET x = 1",
    b"UPDATE t value, t crm, crm.orders SET x = 1",
    b"UPDATE copy.select, t crm, crm.orders SET x = 1",
    b"UPDATE copy.set crm, crm.orders SET x = 1",
    b"UPDATE t crm, (SELECT 1 FROM t WHERE @where = 1) x, crm.orders SET x = 1",
    b"UPDATE t crm, JSON_TABLE(crm.a, '$' COLUMNS (b int PATH '$')) j, crm.orders SET x = 1",
    b"UPDATE t crm SET x = (SELECT 1 FROM crm.orders)",
    b"UPDATE t crm SET x = (SELECT 1 FROM u JOIN v ON u.a = v.a, crm.orders)",
    b"UPDATE t crm SET x = 1 WHERE a IN (TABLE crm.orders)",
    b"UPDATE t crm SET x = crm.f(1)",
    b"UPDATE t crm SET x = crm.orders.a",
    b"DELETE crm.orders FROM t crm, u",
    b"DELETE crm.orders.* FROM t crm, u",
    b"DELETE crm, crm.orders FROM t crm, u",
    b"DELETE LOW_PRIORITY QUICK crm.orders FROM t crm",
    b"DELETE FROM crm USING t crm, crm.orders",
    b"DELETE FROM crm, crm.orders USING t crm, u",
    b"DELETE crm FROM t crm INNER JOIN crm.orders",
    b"DELETE crm FROM t crm LEFT JOIN (SELECT 1) x ON 1, crm.orders",
    b"INSERT INTO t SELECT 1 FROM u crm, crm.orders",
    b"INSERT INTO t SELECT 1 FROM u crm NATURAL JOIN crm.orders",
    b"INSERT INTO t SELECT 1 FROM { OJ u crm LEFT JOIN v ON 1 }, crm.orders",
    b"INSERT INTO t SELECT 1 FROM u crm UNION SELECT 1 FROM crm, crm.orders",
    b"INSERT INTO t SELECT crm FROM u WHERE EXISTS (SELECT 1 FROM u, crm.orders)",
    b"INSERT INTO t WITH crm AS (SELECT 1) SELECT 1 FROM crm, crm.orders",
    b"INSERT INTO t TABLE crm.orders",
    b"INSERT crm.orders SELECT crm FROM u",
    b"INSERT LOW_PRIORITY IGNORE crm.orders SET crm = 1",
    b"REPLACE crm.orders SELECT crm FROM u",
    b"REPLACE DELAYED INTO crm.orders SELECT crm FROM u",
    b"INSERT INTO t VALUES (crm.f(1))",
    b"CREATE TABLE u SELECT 1 FROM t crm, crm.orders",
    b"CREATE TABLE u (crm int) SELECT 1 FROM t, crm.orders",
    b"CREATE TABLE u (crm int) AS TABLE crm.orders",
    b"CREATE TABLE u LIKE crm.orders",
    b"CREATE TABLE u ( LIKE crm.orders)",
    b"CREATE TABLE crm (crm int) ENGINE=MERGE UNION=(crm, crm.orders)",
    b"CREATE TEMPORARY TABLE crm (crm int) ENGINE=MERGE UNION=(crm, crm.orders)",
    b"CREATE TRIGGER crm BEFORE INSERT ON crm.orders FOR EACH ROW SET NEW.crm = 1",
    b"CREATE TRIGGER crm.orders BEFORE INSERT ON crm FOR EACH ROW SET NEW.crm = 1",
    b"CREATE VIEW crm.orders AS SELECT 1 AS crm",
    b"SELECT 1 FROM crm, crm.orders",
    b"DO (SELECT 1 FROM crm, crm.orders)",
    b"HANDLER crm.orders OPEN",
    b"LOCK TABLES crm READ, crm.orders WRITE; HANDLER crm.orders OPEN",
)  # fmt: skip


@pytest.mark.parametrize("sql", ALIASED, ids=lambda sql: sql.decode()[:60])
def test_a_table_or_alias_of_its_name_does_not_hide_a_database(sql):
    table = whole(b"CREATE TABLE `crm` (`a` int);\nINSERT INTO `crm` VALUES (1);\n%s;\n")
    dotted = re.compile(rb"crm( ?\. ?)(\w+)")
    quoted = dotted.sub(rb"`crm`\1`\2`", sql)
    for hidden in (
        sql,
        quoted,
        dotted.sub(rb"crm /**/ . /*;*/ \2", sql),
        dotted.sub(rb"/*!50001 crm*/ . \2", sql),
        dotted.sub(rb"crm -- x\n.-- '\n\2", sql),
        dotted.sub(rb"crm.1\2", sql),
        dotted.sub(rb"crm.1e5", sql) if b"crm.f(" not in sql else sql,
        b"/*!50001 " + quoted + b" */" if b";" not in sql else sql,
    ):
        assert "Nothing was written" in refused(table % hidden), hidden
    # The user may say that it is meant.
    refusals = [word for word in (b"HANDLER", b"LOCK", b"DROP TEMPORARY") if sql.startswith(word)]
    if not refusals:
        assert plan(table % sql, allow=(sql.split(b" ", 1)[0].decode(),))


@pytest.mark.parametrize(
    "sql",
    [
        b"UPDATE t x SET x.a = 1, x.b = x.a + EXTRACT(DAY FROM x.b) WHERE x.a IN (x.a, x.b) ORDER BY x.a, x.b LIMIT 1",
        b"UPDATE t x JOIN u y ON x.a = y.a AND TRIM(BOTH ' ' FROM y.b) = '' SET x.a = y.a",
        b"DELETE x FROM t x LEFT JOIN u ON u.a = x.a WHERE u.a IS NULL",
        b"INSERT INTO t SELECT u.a, MAX(u.b) FROM u WHERE u.a > 1 GROUP BY u.a, u.b HAVING u.a > 1 ON DUPLICATE KEY UPDATE t.a = VALUES(t.a), t.b = u.b",
        b"INSERT INTO t SELECT x.a, REPLACE(x.b, 'a', x.b) FROM (SELECT u.a, u.b FROM u) x UNION SELECT u.a, u.b FROM u",
        b"INSERT INTO t SELECT u.a, j.b FROM u, JSON_TABLE(u.b, '$' COLUMNS (b int PATH '$')) j",
        b"CREATE TABLE v SELECT t.a, u.b FROM t JOIN u USING (a)",
    ],
    ids=lambda sql: sql.decode()[:40],
)
def test_columns_of_tables_are_not_databases(sql):
    assert [type(step) for step in plan(whole(TABLE + b"CREATE TABLE u (a int);\n" + sql + b";\n")).steps] == [Barrier]


def test_a_table_named_like_the_database_of_the_dump_does_not_keep_a_statement_there():
    named = b"DROP TEMPORARY TABLE shop, shop.t;\nUPDATE t shop, shop.t x SET shop.a = x.a;\nDELETE FROM shop, shop.t USING t shop, shop.t;\n"
    assert sent(whole(TABLE + named)) == [
        b"DROP TEMPORARY TABLE shop, `copy`.t",
        b"UPDATE t shop, `copy`.t x SET shop.a = x.a",
        b"DELETE FROM shop, t USING t shop, t",
    ]


def test_a_table_with_a_database_name_is_created_in_the_target():
    """It may be outside the target."""
    for text in b"CREATE TABLE `shop`.`t` (a int)", b"CREATE TABLE IF NOT EXISTS copy . `t` (a int)":
        assert re.sub(rb" +", b" ", plan(whole(text + b";\n")).tables[0].create.text) == text.replace(b"`shop`.", b"").replace(b"copy . ", b"")


@pytest.mark.parametrize("engine", [b"ENGINE=FEDERATED", b"ENGINE = 'federated'", b"ENGINE `Federated`"])
def test_statements_that_write_to_other_servers_are_refused(engine):
    for sql in b"ALTER TABLE t %s CONNECTION='mysql://x@y/z/t'", b"CREATE TABLE u (a int) %s SELECT 1", b"CREATE TEMPORARY TABLE u (a int) %s":
        assert "another server" in refused(whole(TABLE + sql % engine + b";\n"))
    assert plan(whole(TABLE + b"ALTER TABLE t COMMENT 'ENGINE=FEDERATED';\n"))


LEAVES = (
    b"USE mysql", b"DROP DATABASE other", b"GRANT ALL ON *.* TO x", b"CREATE USER x", b"SET GLOBAL read_only = 1", b"SET @@global . read_only = 1",
    b"INSERT INTO other . t VALUES (1)", b"REPLACE `other`.t SELECT 1", b"UPDATE t, other.t SET t.a = 1", b"DELETE FROM other.t", b"TRUNCATE other.t",
    b"CREATE TABLE other.u (a int)", b"CREATE TABLE u LIKE other.t", b"CREATE TRIGGER g BEFORE INSERT ON other.t FOR EACH ROW SET @a = 1",
    b"SELECT 1 INTO OUTFILE 'x'", b"LOAD DATA INFILE 'x' INTO TABLE t", b"INSTALL PLUGIN x SONAME 'x.so'", b"SHUTDOWN", b"RENAME TABLE t TO other.t",
    b"CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'", b"PREPARE s FROM 'SHUTDOWN'", b"ALTER TABLE t RENAME other.t",
)  # fmt: skip
BLANKS = (b" ", b"\t", b"\n", b"\r\n", b" /**/ ", b" /* ; ' */ ", b" -- '\n", b' # "\n', b"\v\f")


@st.composite
def hidden(draw):
    """A statement that leaves the database, in any spacing and case, bare or in a conditional comment, behind any delimiter, after anything."""
    words = draw(st.sampled_from(LEAVES)).split(b" ")
    # Quoted words and names keep their case.
    plain = re.compile(rb"[A-Za-z_@]+\Z")
    words = [draw(st.sampled_from((word.lower(), word.upper(), word))) if plain.match(word) and word.isupper() else word for word in words]
    text = words[0]
    for word in words[1:]:
        text += draw(st.sampled_from(BLANKS)) + word
    mark = draw(st.sampled_from((b"", b"", b"/*!", b"/*!40000 ", b"/*!50001 ", b"/*!50600\n")))
    if mark:
        # A comment of its own in it would end it.
        text = mark + b" ".join(words) + b" */"
    delimiter = draw(st.sampled_from((b";", b";;", b"//", b"$$", b"end")))
    if delimiter == b";":
        return draw(st.sampled_from((b"", b";", b" ;\n"))) + text + b";\n"
    return b"\n" + draw(st.sampled_from((b"DELIMITER ", b"delimiter\t", b"  DeLiMiTeR  "))) + delimiter + b"\n" + text + b"\n" + delimiter + b"\nDELIMITER ;\n"


@examples(150)
@given(hidden(), st.sampled_from((b"", TABLE, TABLE + ROWS, TABLE + TRIGGER + ROWS)), st.sampled_from((50624, 50729, 90704)))
def test_statements_that_leave_the_database_cannot_be_hidden(sql, before, version):
    assert "Nothing was written" in refused(whole(before + sql + ROWS), server_version=version)


@examples(150)
@given(st.data())
def test_a_dump_cut_at_any_byte_is_detected(data):
    dump = whole(TABLE + ROWS + TRIGGER + gtid_line("end"))
    cut = dump[: data.draw(st.integers(0, len(dump) - len(END) + len(b"-- Dump complete")))]
    try:
        made = plan(cut)
    except Failure as failure:
        assert "truncated" in str(failure) or "empty" in str(failure) or "not allowed in a restore" in str(failure), str(failure)
    else:
        assert not made.files[0].completed


@pytest.mark.parametrize(
    "sql", [b"SET sql_mode = 4;", b"SET SESSION sql_mode=0x4;", b"SET @m = 4;\nSET sql_mode = @m;", b"SET sql_mode=-1;", b"SET sql_mode=CONCAT('A','NSI');"]
)
def test_modes_that_cannot_be_read_are_refused(sql):
    """A reader that does not know what a quote is does not know where a statement ends."""
    assert "sets sql_mode to something other than a literal" in refused(whole(TABLE + sql + b"\n" + ROWS))


@pytest.mark.parametrize("mode", [b"'ANSI_QUOTES'", b"ansi", b"'STRICT_ALL_TABLES,ORACLE'", b"'MSSQL'", b"DB2", b"maxdb", b"'PostgreSQL'"])
def test_modes_in_which_double_quotes_are_names(mode):
    hiding = b'SELECT 1 AS "\\", LOAD_FILE(\'x\') AS "y";\n'
    assert "files on the server" in refused(whole(TABLE + b"SET sql_mode=" + mode + b";\n" + hiding))


@pytest.mark.parametrize("after", [TABLE, b"INSERT INTO t VALUES (1);\n", b"UPDATE t SET a=1;\n", b"CREATE VIEW v AS SELECT 1;\n"])
def test_a_value_that_was_not_saved_is_refused_before_other_statements(after):
    assert "SET sets sql_mode to a saved value that this file has not saved" in refused(whole(TABLE + b"SET sql_mode=@old;\n" + after))
    assert "SET sets autocommit to a saved value" in refused(whole(TABLE + b"SET AUTOCOMMIT=@old;\n" + after))
    assert "autocommit" not in refused(whole(TABLE + b"SET @old=@@autocommit, autocommit=0;\nSET AUTOCOMMIT=@old;\nCALL p();\n" + after))


def test_the_tail_of_a_dump_whose_head_is_in_another_file():
    made = plan(whole(TABLE), b"INSERT INTO t VALUES (1);\nSET sql_mode=@old, character_set_client=@cs;\n-- Dump completed\n")
    assert made.rewritten == {"session_variables": 2}


@pytest.mark.parametrize("what", [b"VIEW v AS SELECT 2", b"EVENT e ENABLE", b"PROCEDURE p COMMENT 'x'", b"FUNCTION f COMMENT 'x'"])
def test_what_is_made_after_the_rows_is_not_altered_among_them(what):
    sql = whole(TABLE + b"ALTER " + what + b";\n")
    assert "changes an object that is created after all rows" in refused(sql)
    assert len(plan(sql, allow=("ALTER",)).steps) == 1


def test_a_file_that_ends_in_a_transaction_is_reported():
    kept = plan(whole(TABLE + b"BEGIN;\nINSERT INTO t VALUES (1);\n"), b"INSERT INTO t VALUES (2);\n")
    assert kept.tables[0].rows == 2 and ["would lose those from here on (file0.sql, line " in text for text in kept.warnings] == [True]
    assert plan(whole(TABLE + b"BEGIN;\nINSERT INTO t VALUES (1);\nCOMMIT;\n")).warnings == ()


def test_tables_that_store_rows_elsewhere_are_refused():
    for union in b"(`other`.`a`)", b"(a, other.b)", b"( a , `b`,`shop`.c,mysql . user)":
        assert "stores its rows in the database" in refused(whole(b"CREATE TABLE m (a int) ENGINE=MRG_MyISAM INSERT_METHOD=LAST UNION=" + union + b";\n"))
    made = plan(whole(b"CREATE TABLE m (a int) ENGINE=MRG_MyISAM INSERT_METHOD=LAST UNION=(`a`,`shop`.`b`);\n"))
    assert made.tables[0].create.text.endswith(b"UNION=(`a`,`b`)")
    assert "another server" in refused(whole(b"CREATE TABLE m (a int) ENGINE=FEDERATED CONNECTION='mysql://x@y/z/t';\n"))
    saved = b"@e='FEDERATED';\nSET default_tmp_storage_engine=@e"
    for engine in (b"storage_engine=federated", b"@@default_storage_engine='FEDERATED'", saved):
        sql = whole(b"SET " + engine + b";\nCREATE TABLE m (a int) CONNECTION='mysql://x@y/z/t';\n")
        assert "SET stores its rows on another server" in refused(sql)
        assert plan(sql, allow=("SET", "CREATE TABLE"))
    assert plan(whole(b"SET default_storage_engine='MyISAM', storage_engine=DEFAULT;\n"))


def test_tables_without_an_engine_have_the_one_that_the_session_chooses():
    dump = b"SET default_storage_engine=HEAP;\nCREATE TABLE a (a INT);\nCREATE TABLE b (a INT) ENGINE=InnoDB;\nSET default_storage_engine=DEFAULT;\n"
    tables = plan(whole(dump + b"CREATE TABLE c (a INT);\n")).tables
    assert [table.table.engine.upper() for table in tables] == ["MEMORY", "INNODB", "INNODB"]


@pytest.mark.parametrize(
    "tail, reason",
    [
        (b"VALUES ROW(LOAD_FILE('/etc/hostname'))", "reads or writes files on the server"),
        (b"ENGINE=InnoDB AS VALUES ROW(load_file ('/etc/hostname'))", "reads or writes files on the server"),
        (b"AS (TABLE other.x)", "names other before a dot"),
        (b"TABLE other.x", "names other before a dot"),
        (b"COMMENT='c' IGNORE (SELECT * FROM other.x)", "names other before a dot"),
        (b"PARTITION BY HASH (a) REPLACE WITH c AS (SELECT 1) SELECT * FROM other.x", "names other before a dot"),
        (b"UNION=(t) DATA DIRECTORY='/x' SELECT 1 AS a", "DATA DIRECTORY"),
        (b"START TRANSACTION", "has an unknown clause"),
        (b"ENGINE=Lakehouse FILES=(URI='file:///etc/passwd')", "has an unknown clause"),
    ],
)
def test_no_clause_of_a_table_is_overlooked(tail, reason):
    assert reason in refused(whole(TABLE + b"CREATE TABLE u (a int) " + tail + b";\n"))


def test_a_clause_that_was_left_out_is_counted_and_reported():
    made = plan(whole(b"CREATE TABLE u (a int) TABLESPACE `ts_fast` ENGINE=InnoDB DATA DIRECTORY='/x/';\n"))
    assert made.tables[0].create.text.split() == b"CREATE TABLE u (a int) ENGINE=InnoDB".split()
    assert made.rewritten == {"tablespace": 1, "data_directory": 1}
    assert [text.split(" was")[0] for text in made.warnings] == ["TABLESPACE `ts_fast`", "DATA DIRECTORY '/x/'"]
    assert all("(table u, file0.sql, line 8, byte " in text for text in made.warnings)


@pytest.mark.parametrize("options", [b"STORAGE DISK", b"ENGINE=InnoDB PARTITION BY HASH (a) (PARTITION p TABLESPACE ts)"])
def test_tablespaces_and_storage_are_left_out_of_tables_and_partitions(options):
    made = plan(whole(b"CREATE TABLE u (a int) " + options + b";\n"))
    assert made.rewritten == {"tablespace": 1} and b"DISK" not in made.tables[0].create.text and b"ts" not in made.tables[0].create.text


def test_ambiguous_names_before_a_dot_are_reported():
    made = plan(whole(TABLE + b"CREATE VIEW v AS select `shop`.`id` AS `id` from `shop` join `shop`.`t`;\n"))
    assert made.objects[0].text.endswith(b"select `shop`.`id` AS `id` from `shop` join `copy`.`t`")
    assert [text for text in made.warnings if text.startswith("`shop`.`id` may name the database or the table") and "view v, file0.sql, line" in text]
    assert plan(whole(TABLE + b"CREATE VIEW v AS select `shop`.`t`.`a` from `shop`.`t`;\n")).warnings == ()


PROGRAMS = b"""CREATE VIEW v AS select `x`.`a` AS `a`,`crm`.`f`(1) from (`crm`.`orders` `x` join `information_schema`.`tables` `y` on((`x`.`a` = `y`.`b`)));
DELIMITER ;;
CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW BEGIN DECLARE n int; IF NEW.a <> OLD.a THEN INSERT INTO crm.audit VALUES (NEW.a, OLD.a); END IF; END;;
CREATE PROCEDURE p() BEGIN
  DECLARE c CURSOR FOR SELECT x.a, EXTRACT(DAY FROM y.b) FROM t x, u y WHERE x.a = y.b; CALL crm.q(1);
  UPDATE t x JOIN crm . orders ON x.a = 1, crm.more SET x.a = 1; DELETE FROM crm.old WHERE a = 1;
END;;
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT crm.g();;
DELIMITER ;
CREATE TABLE f (a int, CONSTRAINT k FOREIGN KEY (a) REFERENCES `crm`.`t` (`a`));
"""


def told(made):
    return sorted((text.split(" ")[0], text.rpartition("not changed (")[2].split(",")[0]) for text in made.warnings)


def test_other_databases_in_views_and_routines_are_reported():
    """A view, trigger or routine may do so; what it then changes is not part of this database."""
    expected = [
        ("`crm`.`f`", "view v"),
        ("`crm`.`orders`", "view v"),
        ("`crm`.`t`", "table f"),
        ("crm.audit", "trigger g"),
        ("crm.g", "event e"),
        ("crm.more", "routine p"),
        ("crm.old", "routine p"),
        ("crm.orders", "routine p"),
        ("crm.q", "routine p"),
    ]
    made = plan(whole(TABLE + PROGRAMS))
    assert told(made) == expected
    assert made.warnings[0].startswith("`crm`.`f` belongs to a different database than the target, and was not changed (view v, file0.sql, line ")
    # mysqldump --compact does not say what the database was.
    assert told(plan(TABLE + PROGRAMS)) == expected
    # What is of the dump's database or of the target is renamed or right.
    for name in b"shop", b"copy":
        assert plan(whole(TABLE + PROGRAMS.replace(b"crm", name))).warnings == ()


def test_names_of_databases_in_another_case():
    upper = TABLE + PROGRAMS.replace(b"crm", b"SHOP")
    upper += b"INSERT INTO `Shop`.`t` VALUES (1,'x');\nUSE SHOP;\nUPDATE SHOP.t SET SHOP.t.a = 1;\n"
    upper = b"DROP DATABASE SHOP;\n" + upper
    made = plan(whole(upper), lower_case=True)
    assert made.warnings == () and made.source == b"shop"
    texts = [made.tables[1].create.text] + [step.text for step in made.objects + made.triggers + made.events] + sent(whole(upper), lower_case=True)
    assert len(texts) == 6 and not any(b"shop" in text.lower() for text in texts) and all(b"`copy`" in text for text in texts[1:-1])
    assert texts[0].endswith(b"REFERENCES `t` (`a`))") and texts[-1] == b"UPDATE t SET t.a = 1"
    # There it is the name of another database.
    assert refused(whole(upper)).startswith("4 statement(s)")
    assert len(plan(whole(TABLE + PROGRAMS.replace(b"crm", b"SHOP"))).warnings) == 9


@pytest.mark.parametrize("drop", [b"DROP TABLE IF EXISTS T", b"DROP TABLE T", b"DROP TABLE IF EXISTS x, T"])
def test_a_table_that_is_dropped_in_another_case_is_refused(drop):
    """A server that stores lower case drops it, and the import would keep its rows."""
    dump = whole(TABLE + ROWS + drop + b";\n")
    assert "drops T, which the dump creates as t" in refused(dump, lower_case=True)
    assert [table.rows for table in plan(dump, allow=("drop table",)).tables] == [3]
    # This dump has two tables, which a check refuses on such a server.
    both = whole(TABLE + ROWS + (TABLE + ROWS).replace(b"`t`", b"`T`"))
    assert [(table.name, table.rows) for table in plan(both, lower_case=True).tables] == [(b"t", 6), (b"t", 0)]
    assert [(table.name, table.rows) for table in plan(both).tables] == [(b"t", 3), (b"T", 3)]


@pytest.mark.parametrize(
    "sql, objects",
    [
        (b"CREATE VIEW V AS SELECT 1;\nDROP VIEW IF EXISTS v;\n", []),
        (b"CREATE VIEW V AS SELECT 1 AS a;\nDROP VIEW v;\nCREATE VIEW v AS SELECT 2 AS a;\n", [b"v", b"v"]),
        (b"CREATE VIEW V AS SELECT 1 AS a;\nCREATE OR REPLACE VIEW v AS SELECT 2 AS a;\n", [b"v", b"v"]),
        (b"CREATE TABLE V (a int);\nDROP TABLE V;\nCREATE VIEW v AS SELECT 1 AS a;\n", [b"v", b"v"]),
    ],
)
def test_a_view_in_two_cases_is_one_view_to_a_server_that_stores_lower_case(sql, objects):
    made = plan(whole(sql), lower_case=True)
    assert [each.name for each in made.objects] == objects and made.tables == ()


@pytest.mark.parametrize("version, left", [(90704, []), (80000, []), (50744, [b"g"])])
def test_a_trigger_is_dropped_in_any_case_since_80(version, left):
    made = plan(whole(TABLE + TRIGGER + b"DROP TRIGGER IF EXISTS G;\n" + ROWS), server_version=version)
    assert [trigger.name for trigger in made.triggers] == left and [fired.definition.name for fired in made.fired] == left


def test_allowed_statements_are_barriers_in_file_order():
    dump = whole(TABLE + ROWS + b"SET GLOBAL read_only = 0;\n" + b"INSERT INTO `t` VALUES (4,'z');\n")
    made = plan(dump, allow=("set global",))
    assert [type(step) for step in made.steps] == [Chunk, Barrier, Chunk] and sent(dump, allow=("set global",)) == [b"SET GLOBAL read_only = 0"]


@pytest.mark.parametrize(
    "sql",
    [
        b"ALTER TABLE t ADD KEY kb (b)",
        b"UPDATE t SET b = 'z' WHERE a = 1",
        b"DELETE FROM t WHERE a = 1",
        b"INSERT INTO t SELECT a + 10, b FROM t",
        b"REPLACE INTO t SELECT a, b FROM t",
        b"TRUNCATE TABLE t",
        b"CREATE INDEX kb ON t (b)",
    ],
)
def test_a_statement_within_the_database_runs_alone_at_its_position(sql):
    dump = whole(TABLE + ROWS + sql + b";\n" + TABLE.replace(b"`t`", b"`u`") + b"INSERT INTO `u` VALUES (4,'z');\n")
    assert [type(step) for step in plan(dump).steps] == [Chunk, Barrier, Chunk] and sent(dump) == [sql]


def test_a_table_that_a_statement_made_can_be_renamed_but_not_one_that_is_loaded():
    copied = [b"CREATE TABLE u SELECT a FROM t", b"RENAME TABLE u TO v", b"ALTER TABLE v RENAME w"]
    assert sent(whole(TABLE + ROWS + b"".join(sql + b";\n" for sql in copied))) == copied
    assert "renames or drops the table t" in refused(whole(TABLE + ROWS + b"RENAME TABLE t TO v;\n"))


@pytest.mark.parametrize("sql", [b"PREPARE s FROM 'INSERT INTO t VALUES (1)'", b"EXECUTE s", b"DEALLOCATE PREPARE s"])
def test_prepared_statements_are_refused(sql):
    assert "line 8" in refused(whole(sql + b";\n" + TABLE))


def test_the_name_of_the_target_is_accepted():
    dump = whole(TABLE + b"INSERT INTO `shop`.`t` SELECT 'shop.t', `t`.`a` FROM shop.t;\nUPDATE `shop`.`t` SET t.a=1;\n")
    assert sent(dump) == [b"INSERT INTO `t` SELECT 'shop.t', `t`.`a` FROM t", b"UPDATE `t` SET t.a=1"]


def test_rows_with_a_database_name_go_to_the_target():
    for name in b"`shop`.`t`", b"copy.t", b"shop . `t`":
        (step,) = plan(whole(TABLE + b"INSERT INTO " + name + b" VALUES (1,'shop.t');\n")).steps
        assert (step.table, step.rows, step.separator) == (0, 1, b"),(")
    assert "concerns the database u" in refused(whole(TABLE + b"INSERT INTO u.t VALUES (1,'x');\n"))
    # If it is allowed, it is sent unchanged.
    assert sent(whole(TABLE + b"INSERT INTO u.t VALUES (1,'x');\n"), allow=("INSERT",)) == [b"INSERT INTO u.t VALUES (1,'x')"]


def test_statements_about_rows_and_keys_run_in_the_current_database():
    """So that they work in a staging database as well."""
    mine = b"ALTER TABLE `shop`.`t` ADD KEY (b);\nCREATE INDEX i ON copy.t (b);\nTRUNCATE shop /*!50000 .*/ t;\nDELETE FROM shop.1a WHERE shop.1a.a = 1;\n"
    dump = whole(TABLE + TABLE.replace(b"`t`", b"1a") + mine)
    assert plan(dump).unstaged is None
    assert sent(dump) == [b"ALTER TABLE `t` ADD KEY (b)", b"CREATE INDEX i ON t (b)", b"TRUNCATE  /*!50000 */ t", b"DELETE FROM `1a` WHERE `1a`.a = 1"]
    for other in b"UPDATE t shop SET shop.a = 1", b"CREATE TABLE u AS SELECT * FROM shop.t", b"ALTER TABLE shop.t RENAME TO shop.u":
        assert (plan(whole(TABLE + other + b";\n"), allow=("ALTER",)).unstaged or "").endswith(other.decode()), other


def test_a_table_and_its_foreign_keys_name_no_database():
    """So that both may be in a staging database; there the target still has the old tables."""
    names = b"CREATE TABLE /*!50000 `shop`.*/ u (a int, FOREIGN KEY (a) REFERENCES copy.t (a), FOREIGN KEY (a) REFERENCES `shop` . 1t (a));\n"
    made = plan(whole(TABLE + names + b"UPDATE t SET a = 1;\n"))
    text = b"CREATE TABLE /*!50000 */ u (a int, FOREIGN KEY (a) REFERENCES t (a), FOREIGN KEY (a) REFERENCES   `1t` (a))"
    assert made.tables[1].create.text == text and made.rewritten["database"] == 3
    assert plan(whole(TABLE + names), target=b"shop", source=b"copy").tables[1].create.text.count(b"copy") == 0


CHILD = b"CREATE TABLE c (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a), FOREIGN KEY (a) REFERENCES t (b)) ENGINE=InnoDB;\n"


@pytest.mark.parametrize(
    "version, barrier, added, unstaged",
    [
        (50651, b"UPDATE t SET a = 1", 2, False),
        (50651, b"ALTER TABLE t ADD KEY (a)", 2, False),
        # What the dump drops must not come back.
        (50651, b"ALTER TABLE c DROP FOREIGN KEY f", 0, True),
        (50651, b"ALTER TABLE c ADD FOREIGN KEY (a) REFERENCES t (a)", 0, True),
        (50744, b"UPDATE t SET a = 1", 0, False),
        (50744, b"ALTER TABLE c DROP FOREIGN KEY f", 0, False),
    ],
)
def test_foreign_keys_that_a_staging_database_loses_are_added_again(version, barrier, added, unstaged):
    made = plan(whole(TABLE + CHILD + barrier + b";\n"), server_version=version)
    keys = made.tables[1].deferred
    assert [len(keys.foreign_keys), keys.create == made.tables[1].create.text, made.unstaged is not None] == [added, True, unstaged]


@pytest.mark.parametrize(
    "key, version, waiting, unstaged",
    [
        (b"CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a)", 50651, 1, False),
        (b"FOREIGN KEY (a) REFERENCES t (a)", 50651, 1, False),
        (b"FOREIGN KEY (a) REFERENCES t (a), KEY (b)", 50651, 0, True),
        (b"FOREIGN KEY i (a) REFERENCES t (a)", 50651, 0, True),
        (b"FOREIGN KEY (a) REFERENCES t (a)", 50744, 0, False),
        (b"CONSTRAINT f FOREIGN KEY (A) REFERENCES t (a) ", 50651, 0, True),
        (b"CONSTRAINT f FOREIGN KEY (a) REFERENCES t (A) ", 50744, 0, False),
        (b"CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a) MATCH FULL ON DELETE CASCADE", 90704, 0, False),
    ],
)
def test_foreign_keys_that_an_alter_table_would_change_are_not_added_later(key, version, waiting, unstaged):
    """Then no key of any table is, because foreign keys need those of their parents."""
    sql = TABLE + b"CREATE TABLE c (a int PRIMARY KEY, b int, UNIQUE KEY u (b), " + key + b") ENGINE=InnoDB;\n"
    made = plan(whole(sql), server_version=version, defer_indexes="always")
    plain = key.startswith(b"CONSTRAINT") and key.endswith(b")")
    assert (made.tables[1].create.text in sql) is not plain and (made.tables[1].deferred.indexes == ()) is not plain
    assert [len(made.tables[1].deferred.foreign_keys), made.unstaged is not None] == [waiting, unstaged]
    assert plan(whole(sql + b"DROP TABLE c;\n"), server_version=version).unstaged is None


@pytest.mark.parametrize(
    "statement, lane", [(b"ADD KEY (b)", b"),("), (b"ADD UNIQUE (b), DROP KEY b", b"),("), (b"ADD PRIMARY KEY (a)", b""), (b"MODIFY b INT", b"")]
)
def test_rows_after_a_new_key_are_still_loaded_by_load_data(statement, lane):
    made = plan(whole(TABLE + b"ALTER TABLE t " + statement + b";\nINSERT INTO t VALUES (1,'a');\n"))
    assert made.steps[1].separator == lane


def test_strings_in_double_quotes_are_rows():
    """As mysqlpump and mydumper write them."""
    one, two = b'INSERT INTO `t` VALUES (1,"it\'s"),(2,NULL);\n', b"INSERT INTO `t` VALUES (3,'a');\n"
    made = plan(whole(TABLE + one + one + two))
    assert [(step.statements, step.rows, step.separator, step.quote) for step in made.steps] == [(2, 4, b"),(", b'"'), (1, 1, b"),(", b"'")]
    assert [type(step) for step in plan(whole(b"SET sql_mode = 'ANSI_QUOTES';\n" + TABLE + one)).steps] == [Barrier]


def test_drops_do_not_run():
    made = plan(
        whole(
            b"DROP DATABASE IF EXISTS `shop`;\nDROP TABLE IF EXISTS `t`;\nDROP VIEW IF EXISTS v;\nDROP TRIGGER IF EXISTS g;\nDROP PROCEDURE IF EXISTS p;\n"
            b"DROP FUNCTION IF EXISTS f;\nDROP EVENT IF EXISTS e;\n" + TABLE
        )
    )
    assert made.steps == () and [table.name for table in made.tables] == [b"t"]


@pytest.mark.parametrize("statement", [b"USE", b"CREATE DATABASE", b"CREATE SCHEMA IF NOT EXISTS"])
@pytest.mark.parametrize("name", [b"", b" 'shop'", b" ``", b" 5", b" copy.shop"])
def test_a_database_statement_without_a_name_is_refused(statement, name):
    """Taken for the name of the dump's database, nothing would be of that any more."""
    sql = statement + name
    assert "names no database (file0.sql, line 1, byte 0: {0})".format(sql.decode()) in refused(sql + b";\nUSE shop;\n" + TABLE)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
def test_a_view_and_a_table_with_rows_cannot_have_one_name(order):
    """Without rows it is the placeholder of the view."""
    parts = [b"CREATE TABLE v (a int);\n", b"INSERT INTO v VALUES (1);\n", b"CREATE VIEW v AS SELECT 1;\n"]
    dump = whole(b"".join(parts[at] for at in order))
    assert re.search(r"CREATE VIEW has the name of a table with rows \(file0.sql, line \d+, byte \d+: CREATE VIEW v", refused(dump))
    # Where it is said to be meant, the server refuses the view.
    made = plan(dump, allow=("create view",))
    assert [(table.name, table.rows) for table in made.tables] == [(b"v", 1)] and [what.kind for what in made.objects] == [StatementKind.VIEW]


@pytest.mark.parametrize("what", [b"TABLE", b"VIEW", b"TRIGGER", b"PROCEDURE", b"FUNCTION", b"EVENT"])
def test_a_drop_without_a_name_is_refused(what):
    said = refused(whole(TABLE + b"DROP %s IF EXISTS;\n" % what))
    assert re.search(r"names nothing \(file0.sql, line \d+, byte \d+: DROP {0}".format(what.decode()), said)


def test_table_filters_apply_to_triggers():
    other = (
        TABLE.replace(b"`t`", b"`other`")
        + ROWS.replace(b"`t`", b"`other`")
        + TRIGGER.replace(b"ON t", b"ON other").replace(b" g ", b" h ")
        + b"INSERT INTO other VALUES (now(),1);\n"
    )
    both = whole(TABLE + ROWS + TRIGGER + other)
    for choices in {"tables": ("t",)}, {"exclude_tables": ("o*",)}, {"tables": ("[t]", "oth*"), "exclude_tables": ("?ther",)}:
        made = plan(both, **choices)
        assert [table.name for table in made.tables] == [b"t"] and [trigger.name for trigger in made.triggers] == [b"g"]
        assert {step.table for step in made.steps} == {0} and not any(isinstance(step, Barrier) for step in made.steps)


def test_each_object_has_the_session_state_it_was_created_under():
    made = plan(
        whole(
            b"SET sql_mode='ONE';\n"
            + TABLE
            + b'/*!50003 SET sql_mode=\'ANSI_QUOTES\' */ ;\nDELIMITER ;;\nCREATE PROCEDURE "p;"() SELECT "a"";" FROM t;;\nDELIMITER ;\nSET sql_mode=\'ONE\';\n'
            + TRIGGER
        )
    )
    assert made.objects[0].name == b"p;" and made.objects[0].session.get(b"sql_mode") == b"'ANSI_QUOTES'"
    assert made.triggers[0].session.get(b"sql_mode") == b"'ONE'" and made.tables[0].create.session.get(b"sql_mode") == b"'ONE'"


def test_an_object_keeps_the_database_collation_it_was_created_under():
    made = plan(
        whole(
            b"ALTER DATABASE `shop` CHARACTER SET latin1 COLLATE latin1_bin ;\n"
            + TRIGGER
            + b"ALTER DATABASE `shop` CHARACTER SET utf8 COLLATE utf8_bin ;\n"
            + TABLE
        )
    )
    assert made.triggers[0].session.get(b"(database)") == b"CHARACTER SET latin1 COLLATE latin1_bin"
    assert made.steps == ()


CUT = [b"INSERT INTO `t` VALUES (1,'x", b"CREATE TABLE `u", b"/*!40000 ALTER TABLE `t", b"/* abc", b'SET @a = "x']
# The client does not wait for the end of these comments, and servers do not agree about them.
CUT += [b"/*!40101 SET NAM", b"/*!50003 CREATE*/ /*!50017 DEFIN", b"/*!50003 CREATE TRIGGER g BEFORE INSERT ON t FOR EACH"]


@pytest.mark.parametrize("cut", CUT)
def test_a_file_that_ends_in_the_middle_of_something(cut):
    with pytest.raises(Failure, match="it is truncated") as caught:
        plan(HEAD + TABLE + cut)
    begin = len(HEAD + TABLE)
    # Of a comment behind the last statement it is not known where it began.
    size = "file0.sql, {0} bytes".format(begin + len(cut))
    assert caught.value.where == ("file0.sql, line 14, byte {0}: {1}".format(begin, cut.decode()) if cut != b"/* abc" else size)


def test_a_file_that_ends_between_statements_is_not_complete():
    made = plan(HEAD + TABLE + ROWS)
    assert [file.completed for file in made.files] == [False]
    assert [file.completed for file in plan(HEAD + TABLE + b"INSERT INTO `t` VALUES (1,'\n-- Dump completed');\n").files] == [False]


def test_an_empty_file():
    with pytest.raises(Failure, match="empty"):
        plan(b"")


def test_rewrites_are_counted():
    made = plan(whole(TABLE.replace(b"InnoDB", b"TokuDB") + TRIGGER), policy=Policy(definer="current", engines=(("TOKUDB", "InnoDB"),)))
    assert made.rewritten == {"engine": 1, "definer": 1} and made.tables[0].table.engine == "InnoDB" and made.triggers[0].definer is None


@pytest.mark.parametrize("charset", ["gbk", "sjis", "big5", "cp932", "gb18030"])
def test_character_sets_in_which_a_byte_may_look_like_a_backslash(charset):
    said = refused(whole(TABLE + "/*!40101 SET NAMES {0} */;\n".format(charset).encode() + ROWS))
    assert charset in said and "2 statement(s)" in said and "half a character may look like a backslash" in said
    hiding = b"SET @x = '\xbf\\', GLOBAL read_only = 1 -- ';\n"
    assert charset in refused(whole(TABLE + "/*!40101 SET NAMES {0} */;\n".format(charset).encode() + hiding))
    # The backslash is the second byte of a character, so that the string seems to end at the end of the file.
    half = "SET NAMES {0};\n".format(charset).encode() + b"INSERT INTO `t` VALUES (4,'\xd5\\');\n"
    assert charset in refused(whole(TABLE + half)) and "truncated" not in refused(HEAD + TABLE + half)
    assert plan(whole(TABLE + b"SET NAMES latin1;\n" + ROWS)).tables[0].rows == 3


OTHER_TABLE = b"CREATE TABLE `t` (\n  `c` int NOT NULL\n) ENGINE=InnoDB;\n"


OBJECTS = [
    (b"CREATE %sPROCEDURE %sp() SELECT %d;\n", b"DROP PROCEDURE IF EXISTS P;\n"),
    (b"CREATE %sFUNCTION %sf() RETURNS INT DETERMINISTIC RETURN %d;\n", b"DROP FUNCTION IF EXISTS F;\n"),
    (b"CREATE %sEVENT %se ON SCHEDULE EVERY 1 DAY DO SELECT %d;\n", b"DROP EVENT `E`;\n"),
    (b"CREATE %sTRIGGER %sg BEFORE INSERT ON t FOR EACH ROW SET @a = %d;\n", b"DROP TRIGGER g;\n"),
    (b"CREATE %sVIEW %sv AS SELECT %d AS x;\n", b"DROP VIEW IF EXISTS w, v;\n"),
]


@pytest.mark.parametrize("create, drop", OBJECTS)
def test_objects_of_the_same_name(create, drop):
    def left(*parts):
        made = plan(whole(TABLE + b"".join(parts)))
        return [int(definition.text.split(b" AS x")[0].split()[-1]) for definition in made.objects + made.triggers + made.events]

    first, second, maybe = create % (b"", b"", 1), create % (b"DEFINER=`a`@`b` ", b"", 2), create % (b"", b"IF NOT EXISTS ", 2)
    view = b"VIEW" in create
    assert left(first, drop) == [] and left(first, drop, second) == ([1, 2] if view else [2])
    # The server leaves the first one unchanged.
    assert left(first, maybe) == [1] and left(maybe) == [2] and left(first, drop, maybe) == ([1, 2] if view else [2])
    # The client fails, but a pair of files has triggers twice.
    what = create.split()[1].decode().replace("%s", "").lower()
    for again in (first, second):
        said = refused(whole(TABLE + first + again))
        assert re.search(r"creates the {0} \w, which the statement at line \d+ has created: the mysql client would stop here".format(what), said)
    assert plan(whole(TABLE + first), whole(second)).rewritten.keys() <= {"event_status"}


def test_a_view_that_replaces_another_one():
    (first, last) = plan(whole(TABLE + b"CREATE VIEW v AS SELECT 1 AS x;\nCREATE OR REPLACE VIEW v AS SELECT 2 AS x;\n")).objects
    assert last.text.endswith(b"SELECT 2 AS x")


@pytest.mark.parametrize(
    "what, name, code", [("TABLE", "t2", 1051), ("VIEW", "v", 1051), ("TRIGGER", "g", 1360), ("PROCEDURE", "p", 1305), ("EVENT", "e", 1539)]
)
def test_a_drop_of_what_does_not_exist_is_refused(what, name, code):
    """The client stops there; with IF EXISTS it continues."""
    drop = "DROP {0} {1};\n".format(what, name).encode()
    assert "drops the {0} {1}, which the dump has not created: the mysql client would stop here with error {2}".format(what.lower(), name, code) in refused(
        whole(TABLE + drop)
    )
    assert plan(whole(TABLE + drop), allow=("DROP",)).steps == plan(whole(TABLE + drop.replace(name.encode(), b"IF EXISTS " + name.encode()))).steps == ()


REFERRING = b"CREATE TABLE k (a int, FOREIGN KEY (a) REFERENCES t (a)) ENGINE=InnoDB;\n"


@pytest.mark.parametrize(
    "sql, refusal",
    [
        (REFERRING + b"DROP TABLE t;\n", "drops the table t, which a foreign key of k refers to while foreign keys are checked: .* error 3730"),
        (REFERRING + b"DROP TABLE t, k;\n", None),
        (REFERRING + b"DROP TABLE k;\nDROP TABLE t;\n", None),
        (REFERRING + b"DROP TABLE IF EXISTS k;\n", None),
        (b"SET foreign_key_checks = 0;\n" + REFERRING + b"DROP TABLE t;\n", None),
        (REFERRING + b"TRUNCATE t;\n", "empties the table t, which a foreign key of k refers to .* error 1701"),
        (b"TRUNCATE shop.t;\n" + REFERRING, "empties the table t, which a foreign key of k refers to .* error 1701"),
        (b"TRUNCATE t;\n" + REFERRING + b"DROP TABLE k;\n", None),
        (REFERRING + b"TRUNCATE k;\n", None),
        (REFERRING + b"ALTER TABLE k DROP FOREIGN KEY k_ibfk_1;\nTRUNCATE t;\n", None),
        (REFERRING + b"ALTER TABLE k DROP FOREIGN KEY k_ibfk_1;\nDROP TABLE t;\n", "^1 statement.* drops a table that statements in between may have used"),
        (b"SET foreign_key_checks = 0;\nTRUNCATE t;\nSET foreign_key_checks = 1;\n" + REFERRING, None),
    ],
)
def test_a_drop_of_a_parent_and_its_truncation(sql, refusal):
    """No server runs either; the import creates all tables first, so that a later child counts, too."""
    dump = whole(TABLE + sql)
    if refusal is None:
        assert plan(dump)
    else:
        assert re.search(refusal, refused(dump))


def test_a_foreign_key_that_innodb_does_not_read_keeps_no_parent():
    """Before 8.0, it does not create those in version comments."""
    hidden = REFERRING.replace(b"FOREIGN", b"/*!40000 FOREIGN").replace(b"(a))", b"(a) */)")
    for sql in TABLE + hidden + b"DROP TABLE t;\n", TABLE + hidden + b"TRUNCATE t;\n":
        assert plan(whole(sql), server_version=50744) and "refers to" in refused(whole(sql))
    assert plan(whole(hidden + TABLE), server_version=50744).warnings == () != plan(whole(hidden + TABLE)).warnings


EARLY = [ROWS, b"UPDATE t SET a = 1;\n", b"ALTER TABLE shop.t ADD b INT;\n", b"CREATE TABLE u (a int);\nINSERT INTO u SELECT a FROM t;\n", b"TRUNCATE t;\n"]
EARLY += [
    b"CREATE TABLE u (a int);\n" + use
    for use in (b"INSERT INTO u TABLE t;\n", b"DELETE u FROM u, t;\n", b"INSERT INTO u WITH c AS (SELECT * FROM t) TABLE c;\n")
]
EARLY += [b"CREATE TABLE u LIKE t;\n"]


@pytest.mark.parametrize("use", EARLY)
def test_a_table_that_is_used_before_it_exists_is_refused(use):
    """The client stops there; the import creates all tables first."""
    head, create = TABLE.partition(b"\n")[::2]
    said = "uses the table t, which this file creates only at line"
    dump = whole(head + b"\nUSE shop;\n" + use + b"DROP TABLE IF EXISTS t;\n" + create)
    assert said in refused(dump) and plan(dump, allow=("CREATE TABLE U", "DELETE", "INSERT", "UPDATE", "ALTER", "TRUNCATE", "LOCK")).tables
    assert said in refused(whole(TABLE + b"DROP TABLE t;\n" + use + create))
    # The files of a backup may come in any order.
    assert plan(whole(b"USE shop;\n" + use), whole(b"USE shop;\n" + create)).tables
    # A statement creates the table.
    assert plan(whole(TABLE + b"CREATE TABLE w LIKE t;\n" + use.replace(b" t", b" w").replace(b".t", b".w"))).tables


@pytest.mark.parametrize(
    "sql", [b"ALTER VIEW v AS SELECT 1", b"ALTER PROCEDURE p COMMENT 'x'", b"ALTER DEFINER=`a`@`b` EVENT e DISABLE", b"ALTER FUNCTION f NO SQL"]
)
def test_a_change_of_an_object_is_refused(sql):
    """The client changes it where it exists; the import creates it after all rows."""
    assert "change its CREATE statement" in refused(whole(TABLE + sql + b";\n"))
    assert len(plan(whole(TABLE + sql + b";\n"), allow=("ALTER",)).steps) == 1


def test_a_table_that_may_exist_with_a_long_comment():
    long = b"CREATE TABLE IF NOT EXISTS t (c INT COMMENT '" + b"x" * 300 + b"');\n"
    assert [table.create.text[:14] for table in plan(whole(TABLE + long)).tables] == [TABLE.split(b"\n")[1][:14]]


def test_a_dump_appended_to_another_one_replaces_its_tables():
    made = plan(whole(TABLE + ROWS) + HEAD + b"DROP TABLE IF EXISTS `t`;\n" + OTHER_TABLE + b"INSERT INTO `t` VALUES (9);\n" + END)
    (table,) = made.tables
    assert table.create.text == OTHER_TABLE[:-2] and table.rows == 1
    assert [(step.rows, step.table) for step in made.steps] == [(1, 0)]


def test_a_table_that_is_dropped_again_is_not_created():
    made = plan(whole(TABLE + ROWS + b"CREATE TABLE `u` (\n  `a` int\n);\nINSERT INTO `u` VALUES (1);\nDROP TABLE `t`;\n"))
    assert [table.name for table in made.tables] == [b"u"] and [(step.rows, step.table) for step in made.steps] == [(1, 0)]
    # As on the server, which has no such table then.
    left = plan(whole(TABLE + b"DROP TABLE `t`;\nINSERT INTO `t` VALUES (1,'x');\n"))
    assert [(table.name, table.create, table.rows) for table in left.tables] == [(b"t", None, 1)]


def test_objects_that_are_dropped_again_are_not_created():
    programs = b"CREATE PROCEDURE p() SELECT 1;\nCREATE FUNCTION p() RETURNS INT RETURN 1;\nCREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1;\n"
    made = plan(whole(TABLE + TRIGGER + programs + b"DROP TRIGGER IF EXISTS g;\nDROP PROCEDURE p;\nDROP EVENT shop.e;\n"))
    assert (made.triggers, made.events) == ((), ()) and [(what.what, what.name) for what in made.objects] == [("FUNCTION", b"p")]
    again = plan(whole(TABLE + TRIGGER), whole(b"/*!50032 DROP TRIGGER IF EXISTS g */;\n" + TRIGGER))
    assert [trigger.name for trigger in again.triggers] == [b"g"]


def test_the_first_of_two_definitions_of_a_table_counts():
    maybe = OTHER_TABLE.replace(b"TABLE `t`", b"TABLE IF NOT EXISTS `t`")
    for files in ([whole(TABLE + ROWS + maybe)], [whole(TABLE), whole(TABLE.partition(b"\n")[2] + ROWS)]):
        (table,) = plan(*files).tables
        assert table.create.text == TABLE.partition(b"\n")[2][:-2] and table.rows == 3
    for again in (OTHER_TABLE, TABLE.partition(b"\n")[2]):
        said = refused(whole(TABLE + ROWS + again))
        assert re.search(r"creates the table t, which the statement at line \d+ has created: the mysql client would stop here with error 1050", said)
    assert "creates another table with the same name" in refused(whole(TABLE), whole(OTHER_TABLE))


def test_files_in_the_wrong_order_lose_no_rows():
    assert "drops a table that an earlier file has filled" in refused(whole(TABLE + ROWS), whole(TABLE))
    assert "drops a table that an earlier file has filled" in refused(whole(TABLE + ROWS), whole(TABLE + ROWS))
    # Without a table, rows wait for theirs.
    assert [table.rows for table in plan(whole(ROWS), whole(TABLE)).tables] == [3]


def test_a_drop_of_a_table_that_a_barrier_may_have_used_is_refused():
    used = b"CREATE TABLE `u` LIKE `t`;\n"
    assert "drops a table that statements in between may have used" in refused(whole(TABLE + ROWS + used + TABLE))
    # mysqldump 5.6 and before drop a placeholder where the view comes.
    view = b"/*!50001 CREATE TABLE `v` (\n  `a` tinyint NOT NULL\n) ENGINE=MyISAM */;\n" + used + b"/*!50001 DROP TABLE IF EXISTS `v`*/;\n"
    made = plan(whole(TABLE + view + b"/*!50001 CREATE VIEW `v` AS select 1 AS `a` */;\n"))
    assert [(what.kind, what.name) for what in made.objects] == [(StatementKind.TABLE, b"v"), (StatementKind.VIEW, b"v")]


@pytest.mark.parametrize(
    "statement, tied",
    [
        (b"INSERT INTO t VALUES (@x, 'a')", "@x"),
        (b"INSERT INTO t SELECT @`x y`, 'a'", "@x y"),
        (b"INSERT INTO t (a) SELECT@'q'", "@q"),
        (b"INSERT INTO t VALUES (LAST_INSERT_ID(), 'a')", "LAST_INSERT_ID()"),
        (b"UPDATE t SET a = row_count ( )", "ROW_COUNT()"),
        (b"INSERT INTO t (definer) VALUES (@x)", "@x"),
        (b"UPDATE t SET definer=@x", "@x"),
        (b"INSERT INTO t VALUES (@@sql_require_primary_key, 'a')", "@@sql_require_primary_key"),
    ],
)
def test_statements_that_need_connection_state_are_refused(statement, tied):
    assert "needs {0}".format("the variable " + tied if tied[0] == "@" else tied) in refused(whole(TABLE + b"SET @x = 5;\n" + statement + b";\n"))
    assert len(plan(whole(TABLE + statement + b";\n"), allow=(statement.split(b" ")[0].decode(),)).steps) == 1


@pytest.mark.parametrize("condition", [b"a IS NULL", b"ISNULL(a)"])
def test_a_search_for_the_last_id_is_refused(condition):
    statement = b"SET sql_auto_is_null=%d;\nUPDATE t SET b = 'x' WHERE " + condition + b";\n"
    assert "needs LAST_INSERT_ID() (IS NULL under sql_auto_is_null)" in refused(whole(TABLE + statement % 1))
    assert len(plan(whole(TABLE + statement % 0)).steps) == 1


def test_an_event_whose_schedule_needs_connection_state_is_refused():
    event = b"CREATE EVENT e ON SCHEDULE EVERY IFNULL(@x, 1) HOUR DO SET @y = 1;\n"
    assert "needs the variable @x" in refused(whole(TABLE + b"SET @x = 5;\n" + event))
    assert len(plan(whole(TABLE + event), allow=("CREATE EVENT",)).events) == 1


@pytest.mark.parametrize(
    "statement",
    [
        b"INSERT INTO t VALUES (1, 'a@b') ON DUPLICATE KEY UPDATE a = LAST_INSERT_ID(a)",
        b"UPDATE t SET b = '@x'",
    ],
)
def test_names_that_only_look_like_connection_state(statement):
    assert [type(step) for step in plan(whole(TABLE + statement + b";\n")).steps] == [Barrier]
