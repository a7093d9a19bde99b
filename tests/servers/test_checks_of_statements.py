# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that a server does not accept are refused before the first write, by the server's own parser."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import BinlogChoice
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, preflights

TARGET = "checks_target"
HEAD = b"-- MySQL dump 10.13\n-- Server version\t5.6.36\nCREATE TABLE a (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO a VALUES (1),(2);\n"
ALL = ("9.7", "5.7", "5.6")
REFUSED = {
    "time zone": (b"SET time_zone = 'Asia/Shanghai';\nCREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM a", "Asia/Shanghai", ALL),
    "time zone of rows": (b"SET time_zone = 'Mars/Olympus';\nINSERT INTO a VALUES (3)", "Mars/Olympus", ALL),
    "EXTERNAL": (b"CREATE PROCEDURE p() SELECT id FROM a WHERE external = 0", "EXTERNAL became reserved", ("9.7",)),
    "ROWS": (b"CREATE FUNCTION f() RETURNS INT NO SQL RETURN rows + 1", "ROWS became reserved", ("9.7",)),
    "CUBE": (b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM a WHERE cube = 1", "CUBE became reserved", ("9.7",)),
    "a view": (b"CREATE VIEW v AS SELECT function FROM a", "FUNCTION became reserved", ("9.7",)),
    "an option of another engine": (b"CREATE TABLE t (b INT) ENGINE=InnoDB ROW_FORMAT=TOKUDB_LZMA", "1064", ALL),
    "a key of another engine": (b"CREATE TABLE t (b INT, CLUSTERING KEY (b)) ENGINE=InnoDB", "1064", ALL),
    "a collation of another set": (b"CREATE TABLE t (b INT) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=utf8mb4_bin", "1253", ALL),
    "a collation of the database": (b"CREATE DATABASE d DEFAULT COLLATE utf8mb4_klingon_ci", "utf8mb4_klingon_ci", ALL),
    "a variable": (b"CREATE PROCEDURE p() SET nosuchvar = 1", "system variable 'nosuchvar'", ALL),
    "a function that says nothing": (b"CREATE FUNCTION f() RETURNS INT RETURN 1", "1418), but not f", ALL),
    "... that reads nothing": (b"CREATE FUNCTION `g x`() RETURNS INT CONTAINS SQL RETURN (SELECT COUNT(*) FROM a)", "1418), but not g x", ALL),
    "... that changes rows": (b"CREATE FUNCTION h() RETURNS INT MODIFIES SQL DATA RETURN 1", "1418), but not h", ALL),
    "no delimiter behind rows": (b"INSERT INTO a VALUES (3)\nINSERT INTO a VALUES (4)", "begins with INSERT INTO a VALUES (4)", ALL),
    "... behind an ALTER": (b"ALTER TABLE a ADD b INT\n  insert into a values (4,5)", "begins with insert into a", ALL),
    "... behind an UPDATE": (b"UPDATE a SET id = 7 WHERE id = 2\nDROP VIEW IF EXISTS v", "begins with DROP VIEW", ALL),
    "... behind keys": (b"ALTER TABLE a ENABLE KEYS\nUNLOCK TABLES", "begins with UNLOCK TABLES", ALL),
    "... behind a view": (b"CREATE VIEW v AS SELECT id FROM a\nCREATE VIEW w AS SELECT 1", "begins with CREATE VIEW w", ALL),
    "... behind an index": (b"CREATE INDEX k ON a (id)\n/* x */ SET sql_notes = 0", "near 'SET sql_notes", ALL),
    "the end of another statement": (b"CREATE TABLE t (b INT) WITH x", "1064", ALL),
    "a table of MariaDB": (b"CREATE TABLE t (b INT) ENGINE=InnoDB WITHOUT SYSTEM VERSIONING", "unknown clause", ALL),
    "a name in double quotes": (b'CREATE TABLE IF NOT EXISTS "t" (b INT) ENGINE=InnoDB', "1064", ALL),
    "a statement on no table": (b"UPDATE nowhere SET id = 1", "UPDATE needs the table nowhere", ALL),
    "keys of no table": (b"ALTER TABLE `A` ADD KEY (id)", "there is a, and lower_case_table_names is 0", ALL),
    "a column of no table": (b"UPDATE a SET b = 1", "Unknown column 'b'", ALL),
    "quotes of a word processor": ("INSERT INTO a VALUES (3),(\u2018x\u2019)".encode(), "Unknown column", ALL),
    "a row too long for an expression": (b"INSERT INTO a SELECT 1, 2", "1136", ("9.7",)),
    "rows of a table that is not locked": (b"CREATE TABLE t (b INT);\nLOCK TABLES a WRITE;\nINSERT INTO t VALUES (1)", "error 1100", ALL),
    "a table that is dropped again": (b"CREATE TABLE t (b INT,, c INT);\nDROP TABLE t", "1064", ALL),
    "a routine that exists already": (b"CREATE PROCEDURE p() SELECT 1;\nCREATE PROCEDURE IF NOT EXISTS p() SELECT 2", "1064", ("5.7", "5.6")),
    "a lock on no table": (b"LOCK TABLES nowhere WRITE", "LOCK needs the table nowhere", ALL),
    "a condition on no column": (b"DELETE FROM a WHERE b IS NULL", "Unknown column 'b'", ALL),
}


@pytest.mark.parametrize("name, case", [(name, case) for case in REFUSED for name in REFUSED[case][2]])
def test_refused_before_the_first_write(name, case, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    sql, text, _names = REFUSED[case]
    with pytest.raises(Failure) as caught:
        load(databases.request(entry, TARGET, databases.write(tmp_path, HEAD + sql + b";\n-- Dump completed\n")))
    assert str(caught.value).count(text) == 1 and "othing was written" in str(caught.value)
    control = databases.connection(entry)
    assert TARGET not in [str(row[0]) for row in control.rows("SHOW DATABASES")]
    control.close()


@pytest.mark.parametrize("name", ["9.7", "5.6"])
@pytest.mark.parametrize(
    "rest", [b"INSERT INTO a VALUES (3),(", b"INSERT INTO a VALUES (3),", b"CREATE TABLE t (b INT NOT NUL", b"ALTER TABLE a ADD KEY k (id", b"UPDATE a"]
)
def test_a_file_that_ends_in_a_statement(name, rest, tmp_path):
    """A dump without the last line of mysqldump does not show that it is truncated. What the server can parse may be whole."""
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    with pytest.raises(Failure, match="ends in the middle of a statement .*fetch the backup again.*othing was written"):
        load(databases.request(entry, TARGET, databases.write(tmp_path, HEAD + rest), require_complete=False))
    load(databases.request(entry, TARGET, databases.write(tmp_path, HEAD + b"INSERT INTO a VALUES (3)"), require_complete=False))
    control = databases.connection(entry)
    assert control.value("SELECT COUNT(*) FROM {0}.a".format(TARGET)) == 3
    control.close()
    databases.drop(entry, TARGET)


@pytest.mark.parametrize("variable", ["sql_require_primary_key", "sql_generate_invisible_primary_key"])
def test_tables_without_a_key_are_made_as_dumped(variable, tmp_path):
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    control = databases.connection(entry)
    control.run("SET GLOBAL {0} = ON".format(variable))
    try:
        load(databases.request(entry, TARGET, databases.write(tmp_path, HEAD + b"CREATE TABLE t (b INT) ENGINE=InnoDB;\n-- Dump completed\n")))
        assert len(control.rows("SHOW COLUMNS FROM {0}.t".format(TARGET))) == 1
    finally:
        control.run("SET GLOBAL {0} = OFF".format(variable))
        control.close()
        databases.drop(entry, TARGET)


@pytest.mark.parametrize("name", ALL)
def test_an_account_that_sees_databases_it_may_not_use(name, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    control = databases.connection(entry)
    control.run("CREATE USER checks_app@localhost")
    try:
        control.run("GRANT ALL ON {0}.* TO checks_app@localhost".format(TARGET))
        control.run("GRANT SHOW DATABASES ON *.* TO checks_app@localhost")
        wanted = databases.request(entry, TARGET, databases.write(tmp_path, HEAD + b"CREATE VIEW v AS SELECT id FROM a;\n-- Dump completed\n"))
        assert load(wanted._replace(login=wanted.login._replace(user="checks_app"), binlog=BinlogChoice.ON)).changed
    finally:
        control.run("DROP USER checks_app@localhost")
        control.close()
        databases.drop(entry, TARGET)


@pytest.mark.parametrize("name, case", [(name, case) for case in REFUSED for name in REFUSED[case][2]])
def test_the_preflight_finds_the_same(name, case, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    sql, text, _names = REFUSED[case]
    paths = databases.write(tmp_path, HEAD + sql + b";\n-- Dump completed\n")
    found = preflights.look(entry, src=paths, databases=[TARGET], scan=True, allow_version_change=True)
    assert any(text in finding["what"] for finding in preflights.kinds(found).values()), found["findings"]


@pytest.mark.parametrize("name", ALL)
def test_a_view_of_a_database_that_is_missing(name, tmp_path):
    """The preflight warns, because the role may restore that database too."""
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, HEAD + b"CREATE VIEW v AS SELECT x.b FROM nosuchdb.t x;\n-- Dump completed\n")
    found = preflights.kinds(preflights.look(entry, src=paths, databases=[TARGET], scan=True), "warning")
    assert "nosuchdb.t" in found["view_elsewhere"]["what"]
    with pytest.raises(Failure, match="selects from nosuchdb.t.*othing was written"):
        load(databases.request(entry, TARGET, paths))
