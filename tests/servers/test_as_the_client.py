# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dumps in which a detail decides what is stored: the import stores what the ``mysql`` client stores, or refuses the dump before the first write."""

import subprocess
from contextlib import closing

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

CLIENT, TARGET = "as_the_client_one", "as_the_client_two"
TEXTS = b"SET NAMES utf8;\nCREATE TABLE z (a varchar(40)) ENGINE=InnoDB DEFAULT CHARSET=utf8;\n"
NUMBERS = b"CREATE TABLE z (a int PRIMARY KEY, v int) ENGINE=InnoDB;\nINSERT INTO z VALUES (1,1),(2,2);\n"
SAME = {
    "a value read before the same SET changes it": b"SET @m='ANSI_QUOTES';\nSET @m='', sql_mode=@m;\nCREATE TABLE \"z\" (a int);\n",
    "a mode saved before the same SET changes it": TEXTS + b"SET sql_mode='ANSI_QUOTES', @m=@@sql_mode;\nSET sql_mode=@m;\nINSERT INTO z VALUES (\"x\");\n",
    "modes with nothing between commas": b"SET sql_mode=',ANSI_QUOTES,,  ';\nCREATE TABLE \"z\" (a int);\n",
    "a character set saved before SET NAMES": TEXTS
    + b"SET @c=@@character_set_client;\nSET NAMES latin1;\nSET character_set_client=@c;\nINSERT INTO z VALUES ('\xc3\xa9');\n",
    "a connection's character set saved before SET NAMES": TEXTS
    + b"SET @c=@@character_set_connection;\nSET NAMES latin1;\nSET character_set_connection=@c;\nINSERT INTO z SELECT COLLATION('a');\n",
    "a collation saved before SET NAMES": TEXTS
    + b"SET @c=@@collation_connection;\nSET NAMES latin1;\nSET collation_connection=@c;\nINSERT INTO z SELECT COLLATION('a');\n",
    "a character set after another collation": TEXTS
    + b"SET collation_connection=latin1_swedish_ci;\nSET character_set_connection=utf8;\nINSERT INTO z VALUES ('\xd0\x96');\n",
    "a character set after SET NAMES with a collation": TEXTS
    + b"SET NAMES utf8 COLLATE utf8_bin;\nSET character_set_connection=utf8;\nINSERT INTO z SELECT COLLATION('a');\n",
    "a collation saved before another character set": TEXTS
    + b"SET @c=@@collation_connection;\nSET character_set_connection=latin1;\nSET collation_connection=@c;\nINSERT INTO z SELECT COLLATION('a');\n",
    "a character set saved after another collation": TEXTS
    + b"SET collation_connection=latin1_bin;\nSET @c=@@character_set_connection;\nSET NAMES utf8;\nSET character_set_connection=@c;\n"
    + b"INSERT INTO z SELECT COLLATION('a');\n",
    "a limit of GROUP_CONCAT": TEXTS
    + b"SET sql_mode='', group_concat_max_len=4;\nINSERT INTO z SELECT GROUP_CONCAT(v) FROM (SELECT 123 v UNION SELECT 456) q;\n",
    "lines that all end with a carriage return": (
        TEXTS
        + b"DELIMITER ;;\nCREATE PROCEDURE p() BEGIN SELECT 1;\nEND;;\nDELIMITER ;\nINSERT INTO z VALUES ('a'),('b');\nINSERT INTO z VALUES ('c\n');\n"
        + b"UPDATE z SET a='d' WHERE a='b';\n"
    ).replace(b"\n", b"\r\n"),
    "a table that is dropped with its trigger": (
        TEXTS + b"CREATE TABLE y LIKE z;\nCREATE TRIGGER g BEFORE INSERT ON y FOR EACH ROW SET NEW.a='x';\nDROP TABLE y;\nCREATE TABLE y LIKE z;\n"
    ),
    "a table that replaces another": (
        TEXTS + b"CREATE TABLE y LIKE z;\nCREATE TABLE x LIKE z;\nRENAME TABLE y TO w, x TO y;\nCREATE VIEW v AS SELECT a FROM y;\nDROP TABLE w;\n"
        b"CREATE TRIGGER g BEFORE INSERT ON y FOR EACH ROW SET NEW.a='x';\n"
    ),
    "DEFAULT for foreign_key_checks": NUMBERS
    + b"CREATE TABLE y (a int, FOREIGN KEY (a) REFERENCES z (a)) ENGINE=InnoDB;\nSET foreign_key_checks=DEFAULT;\nINSERT INTO y SELECT 5;\n",
}
# Files that name the database CLIENT, which has a table of that name.
OWN_NAME = {
    "a column after the name of its table": (
        b"CREATE TABLE {db} (id int, a int) ENGINE=InnoDB;\nCREATE TABLE y (ref int, id int) ENGINE=InnoDB;\nINSERT INTO {db} VALUES (1,NULL),(2,NULL);\n"
        b"INSERT INTO y VALUES (2,1),(2,2),(3,3);\nUPDATE {db}.{db} SET a=(SELECT COUNT(*) FROM y WHERE y.ref = {db}.id);\n"
    ),
    "a column after UPDATE": (
        b"CREATE TABLE {db} (id int PRIMARY KEY, a int) ENGINE=InnoDB;\nINSERT INTO {db} VALUES (1,NULL),(2,NULL);\n"
        b"INSERT INTO {db} (id, a) VALUES (1,2) ON DUPLICATE KEY UPDATE {db}.a = 5;\n"
    ),
}
# Second files, after one that makes a temporary table x of the rows of z, and the error of the client.
AFTER_TEMPORARY = {
    "a table of that name": (b"CREATE TABLE x LIKE z;\nINSERT INTO x SELECT * FROM z;\n", None),
    "a temporary table of that name": (b"CREATE TEMPORARY TABLE x AS SELECT * FROM z;\nINSERT INTO z SELECT a+50,v FROM x;\n", None),
    "its rows": (b"INSERT INTO z SELECT a+50,v FROM x;\n", 1146),
    "a drop of it": (b"DROP TABLE x;\n", 1051),
    "no barrier": (b"INSERT INTO z VALUES (7,7);\n", None),
}
# Views that have the columns of their tables, and whether a server before 8.0.19 has them.
OF_ALL_COLUMNS = {
    b"CREATE VIEW y AS SELECT SQL_NO_CACHE * FROM z;\n": True,
    b"CREATE VIEW y AS SELECT HIGH_PRIORITY * FROM z;\n": True,
    b"CREATE VIEW y AS SELECT STRAIGHT_JOIN * FROM z;\n": True,
    b"CREATE VIEW y AS SELECT DISTINCTROW z.* FROM z;\n": True,
    b"CREATE VIEW y AS TABLE z;\n": False,
    b"CREATE VIEW y AS SELECT 1, 2 UNION (TABLE z);\n": False,
    b"CREATE VIEW y AS WITH c AS (SELECT * FROM z) TABLE c;\n": False,
}
# Whether the client loses the last row.
OPEN = {
    "a saved 0": (b"SET @a=0;\nSET autocommit=@a;\nINSERT INTO z VALUES (3,3);\n", True),
    "a value saved before": (b"SET @a=@@autocommit, autocommit=0;\nINSERT INTO z VALUES (3,3);\nSET autocommit=@a;\n", False),
    "on while it is on": (b"BEGIN;\nINSERT INTO z VALUES (3,3);\nSET autocommit=1;\n", True),
    "on after it was off": (b"BEGIN;\nINSERT INTO z VALUES (3,3);\nSET autocommit=0;\nSET autocommit=1;\n", False),
}
# Statements at which both stop, with the error.
FAILS = {
    "rows without a value for {0}".format(column.decode()): (
        b"SET NAMES utf8;\nSET sql_mode='STRICT_ALL_TABLES';\nCREATE TABLE z (a int, %s) ENGINE=InnoDB;\nINSERT INTO z (a) VALUES (1),(2);\n" % column,
        1364,
    )
    for column in (b"b int NOT NULL", b"b datetime NOT NULL", b"b text NOT NULL", b"b set('x') NOT NULL", b"b year NOT NULL", b"b point NOT NULL")
}
FAILS.update(
    {
        "a table like one that is created later": (b"CREATE TABLE y LIKE z;\nCREATE TABLE z (a int) ENGINE=InnoDB;\n", 1146),
        "the second of two tables in a list": (NUMBERS + b"DELETE z FROM z, y WHERE z.a=y.a;\nCREATE TABLE y (a int) ENGINE=InnoDB;\n", 1146),
        "the second of two tables that are read": (NUMBERS + b"INSERT INTO z SELECT y.a+5,1 FROM z, y;\nCREATE TABLE y (a int) ENGINE=InnoDB;\n", 1146),
    }
)
PARENT_LATER = NUMBERS + b"ALTER TABLE z ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES y (b);\nCREATE TABLE y (b int PRIMARY KEY) ENGINE=InnoDB;\n"
FAILS_SINCE = {
    "9.7": {
        "the parent of a foreign key": (PARENT_LATER, 1824),
        "the parent of a column": (PARENT_LATER.replace(b"ADD CONSTRAINT f FOREIGN KEY (v)", b"ADD w int"), 1824),
        "a table that is read by TABLE": (NUMBERS + b"INSERT INTO z TABLE y;\nCREATE TABLE y (a int, v int);\n", 1146),
        "a table that a WITH reads": (NUMBERS + b"INSERT INTO z WITH c AS (SELECT * FROM y) SELECT * FROM c;\nCREATE TABLE y (a int, v int);\n", 1146),
        "an invisible column": (b"SET NAMES utf8;\nCREATE TABLE z (a int, b int NOT NULL INVISIBLE);\nINSERT INTO z VALUES (1),(2);\n", 1364),
    },
    "5.7": {
        "the parent of a foreign key": (PARENT_LATER, 1215),
        "a document": (b"SET NAMES utf8;\nCREATE TABLE z (a int, b json NOT NULL);\nINSERT INTO z (a) VALUES (1),(2);\n", 1364),
        "a column of the primary key": (b"SET NAMES utf8;\nCREATE TABLE z (a int, b int, PRIMARY KEY (b, a));\nINSERT INTO z (a) VALUES (1),(2);\n", 1364),
    },
}
REFUSED = {
    "a NUL before a statement": (NUMBERS + b"\0CREATE TABLE y (a int);\n", "a NUL before it"),
    "a NUL in a comment before a statement": (NUMBERS + b"-- \0\nCREATE TABLE y (a int);\n", "a NUL before it"),
    "a table with a trigger that is renamed": (
        TEXTS + b"CREATE TABLE y LIKE z;\nCREATE TRIGGER g BEFORE INSERT ON y FOR EACH ROW SET NEW.a='x';\nRENAME TABLE y TO x;\n",
        "on which the trigger g is",
    ),
    "a table of a view that is dropped": (
        TEXTS + b"CREATE TABLE y LIKE z;\nCREATE VIEW v AS SELECT a FROM y;\nDROP TABLE y;\n",
        "one drops or renames it",
    ),
    "a delimiter without the carriage return of its line": (
        NUMBERS + b"DELIMITER ;;\r\nCREATE PROCEDURE p() SELECT 1;;\nDELIMITER ;\r\n",
        "the mysql client would not end the statement",
    ),
    "a delimiter with a tab": (NUMBERS + b"DELIMITER ;;\t-- x\nCREATE PROCEDURE p() SELECT 1;;\nDELIMITER ;\n", "A DELIMITER may have"),
    "a delimiter that the client reads otherwise": (NUMBERS + b"DELIMITER '\nCREATE TABLE y (a int)'\nDELIMITER ;\n", "A DELIMITER may have"),
    "a mode after a blank": (b"SET sql_mode='PIPES_AS_CONCAT, ANSI_QUOTES';\n" + NUMBERS, "sets sql_mode to something other"),
    "a mode that no server has": (b"SET sql_mode='NO_SUCH_MODE';\n" + NUMBERS, "error 1231"),
    "a value that was not saved": (b"SET sql_mode=@m;\n" + NUMBERS, "that this file has not saved"),
    "a value saved by the same SET": (b"SET @m='ANSI_QUOTES', sql_mode=@m;\n" + NUMBERS, "that this file has not saved"),
    "a variable in a statement that says definer": (
        b"CREATE TABLE z (a int PRIMARY KEY, definer varchar(9));\nSET @d='root';\nINSERT INTO z (a, definer) VALUES (1,@d);\n",
        "needs the variable @d",
    ),
    "a variable in the schedule of an event": (
        NUMBERS + b"SET @n=7;\nCREATE EVENT e ON SCHEDULE EVERY IFNULL(@n, 1) HOUR DO DELETE FROM z;\n",
        "needs the variable @n",
    ),
    "a search for the last id": (
        b"CREATE TABLE z (a int AUTO_INCREMENT PRIMARY KEY, v int);\nSET sql_auto_is_null=1;\nINSERT INTO z (v) VALUES (1);\n"
        b"UPDATE z SET v=2 WHERE a IS NULL;\n",
        "needs LAST_INSERT_ID()",
    ),
    "the server's own character set": (b"SET NAMES DEFAULT;\n" + TEXTS, "sets names to the default of the server"),
    "a character beyond the character set in a name": (TEXTS + "CREATE TABLE y (`\N{GRINNING FACE}` int);\n".encode(), "not utf8"),
}


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    yield entry
    databases.drop(entry, CLIENT, TARGET)


def made_by_client(entry, *files):
    databases.make(entry, CLIENT, ())
    for sql in files:
        done = subprocess.run(list(entry["mysql"]) + ["--binary-mode", CLIENT], input=sql, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            return done.stderr.decode("utf-8", "replace")
    return databases.content_by_sql(entry, CLIENT)


@pytest.mark.parametrize("case", SAME)
def test_the_import_is_what_the_client_makes(entry, case, tmp_path):
    databases.make(entry, TARGET, ())
    load(databases.request(entry, TARGET, databases.write(tmp_path, SAME[case] + b"-- Dump completed\n")))
    assert databases.content_by_sql(entry, TARGET) == made_by_client(entry, SAME[case])


@pytest.mark.parametrize("case", AFTER_TEMPORARY)
def test_a_temporary_table_ends_with_its_file(entry, case, tmp_path):
    databases.make(entry, TARGET, ())
    second, error = AFTER_TEMPORARY[case]
    files = [NUMBERS + b"CREATE TEMPORARY TABLE x AS SELECT * FROM z;\nINSERT INTO z SELECT a+10,v FROM x;\n", second]
    theirs = made_by_client(entry, *files)
    paths = databases.write(tmp_path, *(sql + b"-- Dump completed\n" for sql in files))
    if error is None:
        load(databases.request(entry, TARGET, paths))
        assert databases.content_by_sql(entry, TARGET) == theirs
    else:
        assert "ERROR {0}".format(error) in theirs
        with pytest.raises(Failure, match="error {0}".format(error)):
            load(databases.request(entry, TARGET, paths))


@pytest.mark.parametrize("files", [1, 2])
def test_the_database_has_the_options_of_the_statement_that_creates_it(entry, files, tmp_path):
    sql = [
        b"CREATE DATABASE IF NOT EXISTS {db} CHARACTER SET latin1 COLLATE latin1_german1_ci;\n",
        b"CREATE DATABASE IF NOT EXISTS {db};\nCREATE DATABASE IF NOT EXISTS {db} CHARACTER SET utf8;\nUSE {db};\nCREATE TABLE t (a varchar(9));\n"
        + b"ALTER DATABASE {db} CHARACTER SET latin2;\n"
        + (b"ALTER DATABASE {db} ENCRYPTION='N';\n" if entry["name"] == "9.7" else b"")
        + b"CREATE TABLE u (a varchar(9));\nALTER DATABASE {db} COLLATE = latin1_german1_ci;\nCREATE TABLE v (a varchar(9));\n",
    ]
    databases.drop(entry, CLIENT, TARGET)
    databases.run(entry, b"".join(sql).replace(b"{db}", CLIENT.encode()))
    parts = [text.replace(b"{db}", CLIENT.encode()) for text in ([b"".join(sql)] if files == 1 else sql)]
    outcome = load(databases.request(entry, TARGET, databases.write(tmp_path, *(text + b"-- Dump completed\n" for text in parts))))
    assert databases.content_by_sql(entry, TARGET) == databases.content_by_sql(entry, CLIENT)
    assert len([text for text in outcome.warnings if "where a later statement names others" in text]) == 1
    with closing(databases.connection(entry)) as control:
        made = "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN ('{0}', '{1}')"
        assert set(control.rows(made.format(CLIENT, TARGET))) == {("latin1", "latin1_german1_ci")}


def made_from_own_name(entry, sql, target, folder):
    named = b"USE {db};\n" + sql
    databases.make(entry, target, ())
    load(databases.request(entry, target, databases.write(folder, named.replace(b"{db}", CLIENT.encode()) + b"-- Dump completed\n")))
    return databases.content_by_sql(entry, target), made_by_client(entry, named.replace(b"{db}", CLIENT.encode()))


@pytest.mark.parametrize("case", OWN_NAME)
@pytest.mark.parametrize("target", [TARGET, CLIENT])
def test_a_table_with_the_name_of_its_database(entry, case, target, tmp_path):
    ours, theirs = made_from_own_name(entry, OWN_NAME[case], target, tmp_path)
    assert ours == theirs


def test_a_query_with_a_name_of_its_own_for_a_table(tmp_path):
    sql = b"CREATE TABLE a (id int);\nCREATE TABLE r (id int);\nINSERT INTO a VALUES (1);\nINSERT INTO r WITH a AS (SELECT 9 AS id) SELECT a.id FROM {db}.a;\n"
    ours, theirs = made_from_own_name(fixtures.server("9.7"), sql, TARGET, tmp_path)
    assert ours == theirs and "(9,)" not in ours


def test_programs_of_a_database_with_a_table_of_its_name(entry, tmp_path):
    sql = b"""CREATE TABLE shop (id int PRIMARY KEY, a int, made date, pat varchar(9)) ENGINE=InnoDB;
CREATE TABLE y (id int PRIMARY KEY, ref int) ENGINE=InnoDB;
INSERT INTO shop VALUES (1,NULL,'2020-02-03','x%');
CREATE VIEW v AS SELECT EXTRACT(MONTH FROM shop.made) m, TRIM(LEADING 'x' FROM shop.pat) t, 'xa' LIKE shop.pat l FROM shop.shop JOIN y ON shop.id = y.id;
DELIMITER ;;
CREATE TRIGGER g BEFORE INSERT ON y FOR EACH ROW SET NEW.ref = (SELECT COUNT(*) FROM shop.y JOIN shop ON shop.id = y.id) + 1;;
CREATE PROCEDURE p() BEGIN INSERT INTO shop (id) VALUES (1) ON DUPLICATE KEY UPDATE shop.a = EXTRACT(YEAR FROM shop.made);
UPDATE shop.shop SET shop.a = shop.a + 1 WHERE pat LIKE shop.pat; END;;
DELIMITER ;
"""
    databases.make(entry, "shop", ())
    try:
        databases.run(entry, sql, "shop")
        dumped = databases.dump(entry, "shop") if entry["name"] != "5.6" else b"-- Host: localhost    Database: shop\n" + sql + b"-- Dump completed\n"
    finally:
        databases.drop(entry, "shop")
    databases.make(entry, TARGET, ())
    load(databases.request(entry, TARGET, databases.write(tmp_path, dumped)))
    databases.run(entry, b"INSERT INTO y (id) VALUES (1); CALL p();", TARGET)
    with closing(databases.connection(entry)) as control:
        assert control.rows("SELECT ref, a, m, t, l FROM {0}.v JOIN {0}.y JOIN {0}.shop".format(TARGET)) == [(1, 2021, 2, "%", 1)]


@pytest.mark.parametrize("names", [b"SET NAMES utf8mb4;\nSET {0};\n", b"SET {0};\nSET NAMES utf8mb4;\n", b"SET {0}, NAMES utf8mb4;\n"])
@pytest.mark.parametrize(
    "then",
    [b"", *(pytest.param(sql, marks=pytest.mark.by_night) for sql in (b"SET character_set_connection=utf8mb4;\n", b"SET NAMES latin1;\nSET NAMES utf8mb4;\n"))],
)
def test_set_names_takes_the_default_collation_of_utf8mb4(names, then, tmp_path):
    entry = fixtures.server("9.7")
    databases.make(entry, TARGET, ())
    chosen = names.replace(b"{0}", b"default_collation_for_utf8mb4=utf8mb4_general_ci") + then
    sql = TEXTS + chosen + b"INSERT INTO z SELECT COLLATION('a');\nCREATE VIEW v AS SELECT COLLATION('a') c;\n"
    load(databases.request(entry, TARGET, databases.write(tmp_path, sql + b"-- Dump completed\n")))
    assert databases.content_by_sql(entry, TARGET) == made_by_client(entry, sql)


@pytest.mark.parametrize("case", OPEN)
def test_rows_that_the_client_loses_are_reported(entry, case, tmp_path):
    databases.make(entry, TARGET, ())
    end, lost = OPEN[case]
    outcome = load(databases.request(entry, TARGET, databases.write(tmp_path, NUMBERS + end + b"-- Dump completed\n")))
    assert (databases.content_by_sql(entry, TARGET) != made_by_client(entry, NUMBERS + end)) is lost
    assert bool([text for text in outcome.warnings if "ends in a transaction without COMMIT" in text]) is lost


@pytest.mark.parametrize("view", OF_ALL_COLUMNS)
def test_a_view_that_would_keep_earlier_columns_is_reported(entry, view, tmp_path):
    if not OF_ALL_COLUMNS[view] and entry["name"] != "9.7":
        assert "ERROR 1064" in made_by_client(entry, NUMBERS + view)
        return
    databases.make(entry, TARGET, ())
    sql = NUMBERS + view + b"ALTER TABLE z %s;\n" % (b"CHANGE v w int" if b"UNION" in view else b"ADD w int")
    outcome = load(databases.request(entry, TARGET, databases.write(tmp_path, sql + b"-- Dump completed\n")))
    assert databases.content_by_sql(entry, TARGET) != made_by_client(entry, sql)
    assert [text for text in outcome.warnings if "would keep the earlier columns" in text]


def test_default_is_the_opposite_of_a_global_value(entry, tmp_path):
    databases.make(entry, TARGET, ())
    sql = SAME["DEFAULT for foreign_key_checks"]
    with closing(databases.connection(entry)) as control:
        control.run("SET GLOBAL foreign_key_checks = OFF")
        try:
            assert "ERROR 1452" in made_by_client(entry, sql)
            with pytest.raises(Failure, match="error 1452"):
                load(databases.request(entry, TARGET, databases.write(tmp_path, sql + b"-- Dump completed\n")))
        finally:
            control.run("SET GLOBAL foreign_key_checks = ON")


def stops_as_the_client(entry, sql, error, folder):
    databases.make(entry, TARGET, ())
    assert "ERROR {0}".format(error) in made_by_client(entry, sql)
    with pytest.raises(Failure, match="error {0}".format(error)):
        load(databases.request(entry, TARGET, databases.write(folder, sql + b"-- Dump completed\n")))


@pytest.mark.parametrize("case", FAILS)
def test_the_import_fails_where_the_client_fails(entry, case, tmp_path):
    stops_as_the_client(entry, *FAILS[case], tmp_path)


@pytest.mark.parametrize("version, case", [(version, case) for version, cases in FAILS_SINCE.items() for case in cases])
def test_the_import_of_what_a_server_knows_fails_where_the_client_fails(version, case, tmp_path):
    stops_as_the_client(fixtures.server(version), *FAILS_SINCE[version][case], tmp_path)


def test_a_value_that_a_lax_mode_makes_up_is_reported(entry, tmp_path):
    databases.make(entry, TARGET, ())
    sql = b"SET NAMES utf8;\nSET sql_mode='';\nCREATE TABLE z (a int, b int NOT NULL);\nINSERT INTO z (a) VALUES (1);\n"
    outcome = load(databases.request(entry, TARGET, databases.write(tmp_path, sql + b"-- Dump completed\n")))
    assert databases.content_by_sql(entry, TARGET) == made_by_client(entry, sql)
    assert [text for text in outcome.warnings if "1364" in text and "line 4" in text]


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_client_reads_otherwise_is_refused(entry, case, tmp_path):
    databases.drop(entry, TARGET)
    sql, reason = REFUSED[case]
    with pytest.raises(Failure) as caught:
        load(databases.request(entry, TARGET, databases.write(tmp_path, sql + b"-- Dump completed\n")))
    assert reason in str(caught.value), caught.value
    control = databases.connection(entry)
    assert control.rows("SHOW DATABASES LIKE '{0}'".format(TARGET)) == []
    control.close()
