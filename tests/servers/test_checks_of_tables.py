# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows, triggers, views and tables that a server would refuse at the end of a load are refused before the first write. Each case fails in the client too."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import BinlogChoice, OnExisting
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, preflights

TARGET = "foreseen_target"
HEAD = b"/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE a (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO a VALUES (1),(2);\n"
TWO = b"CREATE TABLE t (b INT, c INT) ENGINE=InnoDB;\n"
HIDDEN_KEY = b"CREATE TABLE t (b INT, `__#alibaba_rds_row_id#__` BIGINT NOT NULL AUTO_INCREMENT, KEY (`__#alibaba_rds_row_id#__`)) ENGINE=InnoDB;\n"
GENERATED = b"CREATE TABLE t (b INT, c INT GENERATED ALWAYS AS (b + 1) VIRTUAL) ENGINE=InnoDB;\n"
KEY = b"CONSTRAINT f FOREIGN KEY (b) REFERENCES"
JSON = b"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, j JSON) ENGINE=InnoDB;\n"
ALL, NEW = ("9.7", "5.7", "5.6"), ("9.7", "5.7")
WIDE = b",".join(b"c%d CHAR(255)" % number for number in range(40))
# The SQL behind HEAD, the kind of the finding, what it names, and the servers.
REFUSED = {
    "a value too few": (HIDDEN_KEY + b"INSERT INTO t VALUES (1),(2)", "rows", "1 value(s) for 2 column(s) (error 1136)", ALL),
    "a value too many": (TWO + b"INSERT INTO t VALUES (1,2,3)", "rows", "3 value(s) for 2 column(s)", ALL),
    "a short row among others": (TWO + b"INSERT INTO t VALUES (1,2),(3),(4,5)", "rows", "different numbers of values", ALL),
    "a later INSERT": (TWO + b"INSERT INTO t VALUES (1,2);\nINSERT INTO t VALUES (3,'x)),(');\nINSERT INTO t VALUES (4)", "rows", "1 value(s)", ALL),
    "a column list": (TWO + b"INSERT INTO t (b,c) VALUES (1)", "rows", "1 value(s) for 2 column(s)", ALL),
    "a column that does not exist": (TWO + b"REPLACE INTO t (b,d) VALUES (1,2)", "rows", "the column d", ALL),
    "a column twice": (TWO + b"INSERT IGNORE INTO t (b,B) VALUES (1,2)", "rows", "1110", ALL),
    "an expression": (TWO + b"INSERT INTO t VALUES (1 + 1,2,3)", "rows", "3 value(s)", ALL),
    "an expression in a later row": (TWO + b"INSERT INTO t (b) VALUES (1),(UPPER('a'),2)", "rows", "1136", ALL),
    "an invisible column": (b"CREATE TABLE t (b INT, c INT INVISIBLE);\nINSERT INTO t VALUES (1,2)", "rows", "2 value(s) for 1 column(s)", ("9.7",)),
    "a generated column": (GENERATED + b"INSERT INTO t VALUES (1,2)", "rows", "generated column c (error 3105)", NEW),
    "a generated column in a list": (GENERATED + b"INSERT INTO t (b,c) VALUES (1,NULL)", "rows", "generated column c", NEW),
    "a generated column in an expression": (GENERATED + b"INSERT INTO t VALUES (1 + 1,3)", "rows", "generated column c", NEW),
    "a generated column without the keyword": (b"CREATE TABLE t (b INT, c INT AS (b));\nINSERT INTO t VALUES (1,2)", "rows", "generated column c", NEW),
    "JSON as binary strings": (b"SET NAMES binary;\n" + JSON + b"INSERT INTO t VALUES (1,NULL),(2,'{}')", "rows_json", "j (error 3144)", NEW),
    "JSON under another variable": (JSON + b"SET character_set_connection = binary;\nINSERT INTO t (j,id) VALUES ('[]',1)", "rows_json", "3144", NEW),
    "JSON as hexadecimal": (JSON + b"INSERT INTO t VALUES (1,0x7B7D)", "rows_json", "3144", NEW),
    "rows of no table": (b"INSERT INTO nowhere VALUES (1)", "rows_table", "nowhere", ALL),
    "rows in another case": (b"INSERT INTO A VALUES (3)", "rows_table", "there is a, and lower_case_table_names is 0", ALL),
    "a trigger in another case": (b"CREATE TRIGGER g BEFORE INSERT ON `A` FOR EACH ROW SET NEW.id = NEW.id", "trigger_table", "there is a", ALL),
    "a trigger on no table": (b"CREATE TRIGGER g BEFORE INSERT ON nowhere FOR EACH ROW SET NEW.id = NEW.id", "trigger_table", "nowhere", ALL),
    "a trigger on a view": (
        b"CREATE VIEW v AS SELECT id FROM a;\nCREATE TRIGGER g BEFORE INSERT ON v FOR EACH ROW DO 1",
        "trigger_table",
        "there is a view with this name",
        ALL,
    ),
    "a view in another case": (b"CREATE VIEW v AS SELECT id FROM A", "view_table", "there is a", ALL),
    "a view on no table": (b"CREATE VIEW v AS SELECT a.id FROM (a JOIN nowhere n ON (n.id = a.id))", "view_table", "nowhere", ALL),
    "a view of no column": (b"CREATE VIEW v AS SELECT b FROM a", "view_column", "Unknown column 'b'", ALL),
    "... as dumped": (
        TWO + b"/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50001 VIEW `v` AS select count(`a`.`id`) AS `n`,`t`.`d` AS `d` from (`a` join `t`"
        b" on((`a`.`id` = `t`.`b`))) group by `t`.`d` WITH CASCADED CHECK OPTION */",
        "view_column",
        "t.d",
        ALL,
    ),
    "a view of a column of two tables": (TWO + TWO.replace(b"t (", b"u (") + b"CREATE VIEW v AS SELECT t.b, c FROM t JOIN u", "view_column", "ambiguous", ALL),
    "a view that calls no function": (b"CREATE VIEW v AS SELECT `rate`(id) AS r FROM a", "view_function", "the view v calls rate()", ALL),
    "... without quotes": (b"CREATE VIEW v AS SELECT id FROM a WHERE tax (id) > 1", "view_function", "calls tax()", ALL),
    "partitions of MyISAM": (
        b"CREATE TABLE t (b INT) ENGINE=MyISAM PARTITION BY HASH (b)",
        "partitions",
        "the engine MyISAM does not support partitions",
        ("9.7",),
    ),
    "partitions of MEMORY": (
        b"CREATE TABLE t (b INT) ENGINE=MEMORY PARTITION BY KEY (b)",
        "partitions",
        "the engine MEMORY does not support partitions",
        ("9.7",),
    ),
    "a trigger that names no column": (b"CREATE TRIGGER g BEFORE UPDATE ON a FOR EACH ROW SET NEW.x = OLD.id", "trigger_column", "the column x", ALL),
    "... in a condition": (b"CREATE TRIGGER g AFTER DELETE ON a FOR EACH ROW DELETE FROM a WHERE id = OLD.`x y`", "trigger_column", "x y", ALL),
    "a row that a trigger does not have": (b"CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW SET @x = OLD.id", "syntax", "error 1363", ALL),
    "a second trigger": (
        b"".join(b"CREATE TRIGGER %s BEFORE INSERT ON a FOR EACH ROW SET NEW.id = 1;\n" % g for g in (b"g", b"h")).rstrip(b";\n"),
        "trigger_second",
        "the triggers g and h",
        ("5.6",),
    ),
    "a comment that is not UTF-8": (b"SET NAMES utf8;\nCREATE TABLE t (b INT COMMENT 'caf\xe9') ENGINE=InnoDB", "definition", "4088", ("9.7",)),
    "a zero date as default": (b"CREATE TABLE t (d DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00') ENGINE=InnoDB", "definition", "1067", NEW),
    "a row too long": (b"CREATE TABLE t (%s) ENGINE=InnoDB CHARSET=latin1" % WIDE, "definition", "error 1118", NEW),
    "a row too long for any engine": (b"CREATE TABLE t (%s) ENGINE=MyISAM" % WIDE.replace(b"CHAR(255)", b"VARCHAR(9999)"), "definition", "1118", ALL),
    "a key on no column": (b"CREATE TABLE t (b INT, KEY k (c)) ENGINE=InnoDB", "definition", "Key column 'c' doesn't exist", ALL),
    "a key on a whole text": (b"CREATE TABLE t (b TEXT, KEY k (b)) ENGINE=InnoDB DEFAULT CHARSET=utf8", "definition", "error 1170", ALL),
    "a default of a text": (b"CREATE TABLE t (b TEXT DEFAULT 'x') ENGINE=InnoDB", "definition", "error 1101", NEW),
    "a foreign key of another type": (b"CREATE TABLE t (b BIGINT, %s a (id)) ENGINE=InnoDB" % KEY, "key_types", "b (bigint", ALL),
    "a foreign key to no key": (TWO + b"CREATE TABLE u (b INT, %s t (b)) ENGINE=InnoDB" % KEY, "key_no_key", "no key of t begins", ALL),
    "a foreign key to no column": (b"CREATE TABLE t (b INT, %s a (x)) ENGINE=InnoDB" % KEY, "key_no_column", "x, which a does not have", ALL),
    "a foreign key without a parent": (b"CREATE TABLE t (b INT, %s u (b)) ENGINE=InnoDB" % KEY, "key_no_parent", "refers to u", ALL),
    "SET NULL of a key": (b"CREATE TABLE t (b INT NOT NULL, %s a (id) ON DELETE SET NULL)" % KEY, "key_column", "it is NOT NULL", ALL),
    "a foreign key twice": (b"CREATE TABLE t (b INT, %s a (id));\nCREATE TABLE u (b INT, %s a (id))" % (KEY, KEY), "key_twice", "already used in t", ALL),
    "a foreign key with partitions": (b"CREATE TABLE t (b INT, %s a (id)) PARTITION BY HASH (b)" % KEY, "key_partitioned", "t is partitioned", ALL),
    "a foreign key on no column": (b"CREATE TABLE t (b INT, FOREIGN KEY (c) REFERENCES a (id))", "definition", "'c' doesn't exist", ALL),
    "a foreign key of one column to two": (b"CREATE TABLE t (b INT, %s a (id, id))" % KEY, "key_count", "has 1 column(s) but references 2", ALL),
    "a function in a generated column": (b"CREATE TABLE t (b INT, c INT AS (SLEEP(1))) ENGINE=InnoDB", "definition", "disallowed function", NEW),
    "a row format of MyISAM": (b"CREATE TABLE t (b INT) ENGINE=InnoDB ROW_FORMAT=FIXED", "row_format", "ROW_FORMAT=FIXED for the table t", NEW),
    "a wrong size of blocks": (b"CREATE TABLE t (b INT) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=3", "row_format", "KEY_BLOCK_SIZE=3", NEW),
    "blocks without compression": (b"CREATE TABLE t (b INT) KEY_BLOCK_SIZE=8 ROW_FORMAT=DYNAMIC", "row_format", "ROW_FORMAT=DYNAMIC", NEW),
    "two compressions": (b"CREATE TABLE t (b INT) ROW_FORMAT=COMPRESSED COMPRESSION='zlib'", "row_format", "COMPRESSION=ZLIB", NEW),
    "a view on a view that is dropped before": (b"CREATE VIEW v AS SELECT id FROM `w w` WHERE id IN (SELECT id FROM a)", "view_table", "w w", ALL),
}
CASES = [(name, case) for case in REFUSED for name in REFUSED[case][3]]


@pytest.mark.parametrize("name, case", CASES)
def test_refused_before_the_first_write(name, case, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    sql, _kind, text, _names = REFUSED[case]
    whole = HEAD + sql + b";\n-- Dump completed\n"
    with pytest.raises(Failure) as caught:
        load(databases.request(entry, TARGET, databases.write(tmp_path, whole)))
    assert text in str(caught.value) and "othing was written" in str(caught.value)
    control = databases.connection(entry)
    assert TARGET not in [str(row[0]) for row in control.rows("SHOW DATABASES")]
    control.run("CREATE DATABASE {0}".format(TARGET))
    control.close()
    with pytest.raises(AssertionError, match="ERROR"):
        databases.run(entry, whole, TARGET)
    databases.drop(entry, TARGET)


@pytest.mark.parametrize("name, case", CASES)
def test_the_preflight_finds_the_same(name, case, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    sql, kind, text, _names = REFUSED[case]
    found = preflights.look(entry, src=databases.write(tmp_path, HEAD + sql + b";\n-- Dump completed\n"), databases=[TARGET], scan=True)
    assert text in preflights.kinds(found)[kind]["what"], found["findings"]


FILLS = b"CREATE TABLE n (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;\nCREATE TRIGGER g AFTER INSERT ON a FOR EACH ROW INSERT INTO n VALUES (NEW.id);\n"
# The SQL behind HEAD, and the tables in which the client has something else, None if it has the same.
FIRED = {
    "it fills a table": (FILLS + b"INSERT INTO a VALUES (7)", "n"),
    "it changes the row": (b"CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW SET NEW.id = NEW.id + 10;\nINSERT INTO a VALUES (7)", "the rows themselves"),
    "REPLACE deletes": (FILLS.replace(b"AFTER INSERT", b"AFTER DELETE").replace(b"NEW.", b"OLD.") + b"REPLACE INTO a VALUES (1)", "n"),
    "a barrier updates": (FILLS.replace(b"AFTER INSERT", b"AFTER UPDATE") + b"UPDATE a SET id = 9 WHERE id = 1", "n"),
    "a barrier inserts": (FILLS + b"INSERT INTO a SELECT id + 10 FROM (SELECT 1 AS id) b", "n"),
    "it is dropped behind the rows": (FILLS + b"INSERT INTO a VALUES (7);\nDROP TRIGGER g", "n"),
    "it comes behind the rows": (FILLS, None),
    "it is for another event": (FILLS.replace(b"AFTER INSERT", b"AFTER UPDATE") + b"INSERT INTO a VALUES (7)", None),
    "the rows are of another table": (FILLS + b"INSERT INTO n VALUES (7)", None),
    "it is dropped before the rows": (FILLS + b"DROP TRIGGER g;\nINSERT INTO a VALUES (7)", None),
    "its table is dropped before the rows": (FILLS + b"DROP TABLE a;\nCREATE TABLE a (id INT);\nINSERT INTO a VALUES (7)", None),
}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("case", FIRED)
def test_a_trigger_that_the_client_would_run_is_a_warning(name, case, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET, TARGET + "2")
    sql, tables = FIRED[case]
    whole = HEAD + sql.rstrip(b";\n") + b";\n-- Dump completed\n"
    paths = databases.write(tmp_path, whole)
    found = preflights.kinds(preflights.look(entry, src=paths, databases=[TARGET], scan=True), "warning")
    assert ("trigger_not_run" in found) == (tables is not None)
    warnings = load(databases.request(entry, TARGET, paths)).warnings
    assert [text for text in warnings if "the trigger g comes before rows of its table a" in text and "missing in: " + (tables or "") in text] or tables is None
    control = databases.connection(entry)
    control.run("CREATE DATABASE {0}2".format(TARGET))
    databases.run(entry, whole, TARGET + "2")
    rows = [[control.rows("SELECT * FROM {0}{1}.{2} ORDER BY 1".format(TARGET, other, table)) for other in ("", "2")] for table in ("a", "n") if
            control.rows("SHOW TABLES FROM {0} LIKE '{1}'".format(TARGET, table))]  # fmt: skip
    triggers = [control.rows("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{0}{1}'".format(TARGET, x)) for x in ("", "2")]
    control.close()
    assert all(ours == client for ours, client in rows) == (tables is None) and triggers[0] == triggers[1]
    databases.drop(entry, TARGET, TARGET + "2")


def test_a_schema_file_and_a_data_file(tmp_path):
    """The triggers of mysqldump's pair of files are not meant for its rows; those of a schema for a data file without them may be."""
    entry = fixtures.server("9.7")
    schema, data = HEAD[: HEAD.index(b"INSERT")] + FILLS + b"-- Dump completed\n", b"INSERT INTO a VALUES (1);\n%s-- Dump completed\n"
    again = b"CREATE TRIGGER g AFTER INSERT ON a FOR EACH ROW INSERT INTO n VALUES (NEW.id);\n"
    for rest, expected in (b"", True), (again, False), (b"INSERT INTO n VALUES (1);\n", False):
        databases.drop(entry, TARGET)
        warnings = load(databases.request(entry, TARGET, databases.write(tmp_path, schema, data % rest))).warnings
        assert any("comes before rows" in text for text in warnings) == expected, (rest, warnings)
    databases.drop(entry, TARGET)


BASE, TOP = b"CREATE DEFINER=`gone`@`%%` VIEW %s AS SELECT a.id FROM a", b"CREATE DEFINER=`gone`@`%%` VIEW %s AS SELECT %s.id FROM %s"
PLACEHOLDER = b"CREATE VIEW %s AS SELECT 1 AS id;\n"
# The views of the dump, in its order.
ON_VIEWS = {
    "with placeholders": PLACEHOLDER % b"v" + PLACEHOLDER % b"w" + b"DROP VIEW v;\n" + BASE % b"v" + b";\nDROP VIEW w;\n" + TOP % (b"w", b"v", b"v"),
    "without placeholders": BASE % b"v" + b";\n" + TOP % (b"w", b"v", b"v") + b";\n" + TOP % (b"u", b"w", b"w"),
    "the base last": b";\n".join((PLACEHOLDER % b"z" + b"DROP VIEW IF EXISTS z", TOP % (b"w", b"z", b"z"), BASE % b"z")),
    "WITH CHECK OPTION": BASE % b"v" + b";\n" + TOP % (b"w", b"v", b"v") + b" WHERE v.id < 5 WITH CASCADED CHECK OPTION",
    "the owner exists": BASE % b"v" + b";\n" + (TOP % (b"w", b"v", b"v")).replace(b"`gone`@`%`", b"`root`@`localhost`"),
}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("case", ON_VIEWS)
def test_views_on_views_whose_definer_has_no_account(name, case, tmp_path):
    """The client fails with 1449 where the base is made first."""
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    whole = HEAD + ON_VIEWS[case] + b";\n-- Dump completed\n"
    paths, wanted = databases.write(tmp_path, whole), whole.count(b"CREATE DEFINER")
    for on_existing in OnExisting.FAIL, OnExisting.REPLACE:
        load(databases.request(entry, TARGET, paths)._replace(on_existing=on_existing))
        control = databases.connection(entry)
        query = "SELECT TABLE_NAME, DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '{0}'".format(TARGET)
        made = dict(control.rows(query))
        assert len(made) == wanted and set(made.values()) <= {"gone@%", "root@localhost"} and "gone@%" in made.values()
        control.run("CREATE USER gone@'%'")
        try:
            control.run("GRANT ALL ON *.* TO gone@'%'")
            assert [control.rows("SELECT * FROM {0}.{1}".format(TARGET, view)) for view in made] == [[(1,), (2,)]] * wanted
        finally:
            control.run("DROP USER gone@'%'")
            control.close()
        paths = databases.write(tmp_path, whole.replace(b"-- Dump", b"-- A second dump.\n-- Dump"))
    databases.drop(entry, TARGET)


@pytest.mark.parametrize(
    "table, kind",
    [
        ("(b INT)", "key_required"),
        ("(b INT) ENGINE=MyISAM", "key_required"),
        ("(b INT)", "key_added"),
        ("(b INT AUTO_INCREMENT, UNIQUE KEY (b))", "key_impossible"),
        ("(b INT) PARTITION BY HASH (b)", "key_impossible"),
    ],
)
def test_primary_keys_that_an_account_cannot_do_without(table, kind, tmp_path):
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    setting = "sql_require_primary_key" if kind == "key_required" else "sql_generate_invisible_primary_key"
    paths = databases.write(tmp_path, HEAD + "CREATE TABLE t {0};\n-- Dump completed\n".format(table).encode())
    control = databases.connection(entry)
    control.run("CREATE USER checks_app@localhost")
    control.run("GRANT ALL ON {0}.* TO checks_app@localhost".format(TARGET))
    control.run("SET GLOBAL {0} = ON".format(setting))
    try:
        wanted = databases.request(entry, TARGET, paths)
        wanted = wanted._replace(login=wanted.login._replace(user="checks_app"), binlog=BinlogChoice.ON)
        if kind == "key_added":
            assert any("my_row_id" in text for text in load(wanted).warnings)
        else:
            with pytest.raises(Failure, match="turn it off for its sessions"):
                load(wanted)
        found = preflights.look(entry, src=paths, databases=[TARGET + "2"], scan=True, login_user="checks_app")
        assert kind in dict(preflights.kinds(found), **preflights.kinds(found, "warning"))
    finally:
        control.run("SET GLOBAL {0} = OFF".format(setting))
        control.run("DROP USER checks_app@localhost")
        control.close()
        databases.drop(entry, TARGET)


@pytest.mark.parametrize("name", ALL)
def test_functions_of_the_dump_the_database_and_the_server(name, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    control = databases.connection(entry)
    control.run("CREATE DATABASE {0}".format(TARGET))
    control.run("CREATE FUNCTION {0}.theirs (x INT) RETURNS INT DETERMINISTIC NO SQL RETURN x".format(TARGET))
    control.close()
    view = b"CREATE VIEW v (r, s) AS SELECT `theirs`(id), `Ours`(id) + ST_Area(NULL) + GET_LOCK('x', 0) + CAST(id AS DECIMAL(10,2)) FROM a"
    sql = HEAD + view + b";\nCREATE FUNCTION ours (x INT) RETURNS INT DETERMINISTIC NO SQL RETURN x;\n-- Dump completed\n"
    if name == "5.6":
        sql = sql.replace(b"ST_Area", b"Area")
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, sql))._replace(on_existing=OnExisting.MERGE)
    assert load(wanted).changed
    databases.drop(entry, TARGET)


DUALITY = (
    b"/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */\n/*!50001 JSON RELATIONAL DUALITY VIEW `v` AS select "
)
# Views of 9.x, as mysqldump writes those of the first two, and a library: words before a parenthesis that are not functions.
NEWER_OBJECTS = {
    "a duality view": b"/*!50001 CREATE VIEW `v` AS SELECT \n 1 AS `data`*/;\n/*!50001 DROP VIEW IF EXISTS `v`*/;\n"
    + DUALITY
    + b"json_duality_object('_id':`a`.`id`) AS `data` from `a` */",
    "... that may be written": DUALITY
    + b"json_duality_object( WITH (INSERT,UPDATE,DELETE) '_id':`a`.`id`,'of':(select json_arrayagg(json_duality_object( WITH (INSERT) 'n':`b`.`n`)) "
    b"from `b` where (`b`.`of` = `a`.`id`))) AS `Name_exp_1` from `a` */",
    "groups": b"CREATE VIEW v AS SELECT id, COUNT(*) AS n, GROUPING(id) AS g FROM a GROUP BY ROLLUP (id)",
    "functions of the server": b"CREATE VIEW v AS SELECT 1 MEMBER OF ('[1]') AS m, JSON_SCHEMA_VALIDATION_REPORT('{}', '1') AS r, ST_Area(NULL) AS s",
    "a library": b"DROP LIBRARY IF EXISTS `l`;\nDELIMITER ;;\nCREATE LIBRARY `l`\n    LANGUAGE JAVASCRIPT\nAS $$ export function f(n) { return n + 1 } $$ ;;\n"
    b"DELIMITER ;\nCREATE VIEW v AS SELECT id FROM a",
}


@pytest.mark.parametrize("case", NEWER_OBJECTS)
def test_objects_of_newer_servers_are_those_of_the_client(case, tmp_path):
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    whole = (
        HEAD
        + b"CREATE TABLE b (n INT NOT NULL PRIMARY KEY, `of` INT, FOREIGN KEY (`of`) REFERENCES a (id));\n"
        + NEWER_OBJECTS[case]
        + b";\n-- Dump completed\n"
    )
    databases.run(entry, "CREATE DATABASE {0}".format(TARGET).encode())
    databases.run(entry, whole, TARGET)
    expected = databases.content_by_sql(entry, TARGET)
    databases.drop(entry, TARGET)
    load(databases.request(entry, TARGET, databases.write(tmp_path, whole)))
    assert databases.content_by_sql(entry, TARGET) == expected and any("VIEW" in line for line in expected)
    control = databases.connection(entry)
    assert len(control.rows("SELECT 1 FROM information_schema.LIBRARIES WHERE LIBRARY_SCHEMA = %s", (TARGET,))) == (case == "a library")
    control.close()
    databases.drop(entry, TARGET)


@pytest.mark.parametrize("name", ["9.7", "5.6"])
@pytest.mark.parametrize("rows, text", [(b"(1),(2)", "1 value(s) for 2 column(s)"), (b"(b,d) VALUES (1,2)", "the column d"), (b"(1,2,3)", "3 value(s)")])
def test_rows_for_a_table_of_the_target(name, rows, text, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    control = databases.connection(entry)
    control.run("CREATE DATABASE {0}".format(TARGET))
    control.run("CREATE TABLE {0}.t (b INT, `c``d` INT)".format(TARGET))
    control.run("CREATE TABLE {0}.a (id INT)".format(TARGET))
    values = rows if b"VALUES" in rows else b"VALUES " + rows
    dump = b"INSERT INTO a VALUES (7);\nINSERT INTO t %s;\n-- Dump completed\n"
    with pytest.raises(Failure) as caught:
        load(databases.request(entry, TARGET, databases.write(tmp_path, dump % values), on_existing="merge"))
    assert text in str(caught.value) and "othing was written" in str(caught.value)
    load(databases.request(entry, TARGET, databases.write(tmp_path, dump % b"VALUES (1,2)"), on_existing="merge"))
    assert control.rows("SELECT b FROM {0}.t".format(TARGET)) == [(1,)]
    control.close()
    databases.drop(entry, TARGET)


@pytest.mark.parametrize("name", ["9.7", "5.6"])
def test_a_view_of_a_column_that_a_later_statement_adds(name, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    dump = HEAD + b"ALTER TABLE a ADD b INT;\nCREATE VIEW v AS SELECT b FROM a;\n-- Dump completed\n"
    load(databases.request(entry, TARGET, databases.write(tmp_path, dump)))
    control = databases.connection(entry)
    assert control.rows("SELECT * FROM {0}.v".format(TARGET)) == [(None,), (None,)]
    control.close()
    databases.drop(entry, TARGET)
