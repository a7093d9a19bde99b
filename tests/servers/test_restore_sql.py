# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mysql_restore_sql on real servers: files run once, files that fail, and the example of the documentation."""

import hashlib
import pathlib
import re
import threading
import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_targets import target_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_sql import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures
from ansible_collections.apsaradb.mysql.tests.support.modules import ROOT
from ansible_collections.apsaradb.mysql.tests.support.reports import imported, report

TARGET = "after_target"
SQL = b"""
CREATE TABLE customer (id INT NOT NULL PRIMARY KEY, name VARCHAR(60), email VARCHAR(60) UNIQUE) ENGINE=InnoDB DEFAULT CHARSET=utf8;
CREATE TABLE newsletter (email VARCHAR(60) NOT NULL PRIMARY KEY) ENGINE=InnoDB DEFAULT CHARSET=utf8;
INSERT INTO customer VALUES (1, 'Anna', 'anna@example.org'), (2, 'Bertil', 'bertil@example.org'), (3, NULL, NULL);
INSERT INTO newsletter VALUES ('Anna@example.org');
"""
DOCS = pathlib.Path(ROOT, "ansible_collections/apsaradb/mysql/docs/provisioning.md")


@pytest.fixture(name="entry", scope="module", params=["9.7", "5.6"])
def fixture_entry(request):
    entry = fixtures.server(request.param)
    yield entry
    databases.drop(entry, TARGET)


@pytest.fixture(name="restored")
def fixture_restored(entry, tmp_path):
    """A connection to the restored database."""
    databases.drop(entry, TARGET)
    restore(entry, tmp_path)
    control = databases.connection(entry)
    control.use(TARGET.encode())
    yield control
    control.close()


def restore(entry, tmp_path, **options):
    return load(databases.request(entry, TARGET, databases.write(tmp_path, SQL), require_complete=False, **options))


def run(entry, *paths, check=False, **options):
    login = {name: spec.get("default") for name, spec in LOGIN_SPEC.items()}
    given = dict(login, login_user="root", login_unix_socket=entry["socket"], config_file=None, binlog=None, ledger_database=None, databases=[TARGET])
    return job(JobContext(dict(given, src=[str(path) for path in paths], **options), check, pytest.fail))


def file(tmp_path, text, name="mask.sql"):
    path = tmp_path / name
    path.write_text(text)
    return path


def rows(control, table="customer"):
    return control.rows("SELECT * FROM {0} ORDER BY 1".format(table))


def test_the_example_of_the_documentation(entry, restored, tmp_path):
    (example,) = re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    mask = file(tmp_path, example)
    before = rows(restored)
    assert run(entry, mask, check=True)["changed"] and rows(restored) == before
    (database,) = run(entry, mask)["databases"]
    (ran,) = database["files"]
    assert database["changed"] and [(each["kind"], each["table"], each["matched"], each["rows"]) for each in ran["statements"]] == [
        ("SET", None, None, 0),
        ("UPDATE", "customer", 3, 2),
        ("UPDATE", "newsletter", 1, 1),
    ]
    assert report([imported(after_sql=[ran])]).databases[0].after_sql == (("mask.sql", 3, 3, ("customer", "newsletter")),)
    masked = rows(restored)
    assert [row[0] for row in masked] == [1, 2, 3] and masked[2] == before[2]
    assert all(row[1].startswith("Person ") and row[2].endswith("@example.invalid") for row in masked[:2])
    assert rows(restored, "newsletter") == [(masked[0][2],)]
    # Once: not again, not by the same import, and again after the database was restored again.
    assert not run(entry, mask)["changed"] and not run(entry, mask, check=True)["changed"] and rows(restored) == masked
    again = restore(entry, tmp_path)
    assert not again.changed and again.after_sql[0]["name"] == "mask.sql" and rows(restored) == masked
    databases.drop(entry, TARGET)
    restore(entry, tmp_path)
    restored.use(TARGET.encode())
    assert rows(restored) == before and run(entry, mask)["changed"] and rows(restored) == masked
    assert not restore(entry, tmp_path, on_existing="replace").changed


def test_a_file_of_rows_is_undone_if_a_statement_fails(entry, restored, tmp_path):
    before = rows(restored)
    path = file(tmp_path, "UPDATE customer SET name = 'x';\nINSERT INTO customer VALUES (9, '', 'secret'), (10, '', 'secret');\n")
    with pytest.raises(Failure, match=r"(?s)unique key, \S*email .error 1062.*mask.sql, line 2.*None of its changes were kept") as caught:
        run(entry, path)
    assert "secret" not in str(caught.value)
    assert rows(restored) == before
    path.write_text("UPDATE customer SET name = 'x';\n")
    assert run(entry, path)["changed"] and {row[1] for row in rows(restored)} == {"x"}
    with pytest.raises(Failure, match="with different contents"):
        run(entry, file(tmp_path, "UPDATE customer SET name = 'y';"))


def test_a_file_of_rows_is_undone_if_its_connection_is_killed(entry, restored, tmp_path):
    before = rows(restored)
    path = file(tmp_path, "UPDATE customer SET name = 'x'; SELECT SLEEP(60);")
    caught = []

    def work():
        with pytest.raises(Failure) as failure:
            run(entry, path)
        caught.append(failure.value)

    thread = threading.Thread(target=work)
    thread.start()
    found = []
    while not found and thread.is_alive():
        found = restored.rows("SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'")
        time.sleep(0.05)
    restored.run("KILL {0}".format(found[0][0]))
    thread.join()
    assert caught and rows(restored) == before
    path.write_text("UPDATE customer SET name = 'x';")
    assert run(entry, path)["changed"]


def test_a_file_with_definitions_is_refused_after_it_failed(entry, restored, tmp_path):
    path = file(tmp_path, "ALTER TABLE customer ADD note INT;\nCREATE USER u@localhost IDENTIFIED 'secret word';\n")
    with pytest.raises(Failure, match=r"does not understand the statement .error 1064.*line 2.*Restore the database again") as caught:
        run(entry, path)
    assert "secret" not in str(caught.value)
    path.write_text("ALTER TABLE customer ADD note INT;")
    for check in True, False:
        with pytest.raises(Failure, match="was interrupted or failed"):
            run(entry, path, check=check)
    restore(entry, tmp_path, on_existing="replace")
    (database,) = run(entry, path)["databases"]
    assert [each["kind"] for each in database["files"][0]["statements"]] == ["ALTER TABLE"]


def test_a_table_that_a_file_drops_does_not_come_back(entry, restored, tmp_path):
    run(entry, file(tmp_path, "DROP TABLE newsletter;"), file(tmp_path, "DELETE FROM customer;", "second.sql"))
    assert not restore(entry, tmp_path).changed and restored.rows("SHOW TABLES") == [("customer",)] and rows(restored) == []


def test_each_result_of_a_procedure_is_read(entry, restored, tmp_path):
    text = "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; INSERT INTO newsletter VALUES ('x'); {0} END//\nCALL p()//\n"
    with pytest.raises(Failure, match="error 1062.*line 3"):
        run(entry, file(tmp_path, text.format("INSERT INTO newsletter VALUES ('x');")))
    restore(entry, tmp_path, on_existing="replace")
    (database,) = run(entry, file(tmp_path, text.format("")))["databases"]
    assert [each["kind"] for each in database["files"][0]["statements"]] == ["CREATE PROCEDURE", "CALL"] and ("x",) in rows(restored, "newsletter")


def test_refusals(entry, restored, tmp_path):
    path = file(tmp_path, "SELECT 'open")
    with pytest.raises(Failure, match="in the middle of a string"):
        run(entry, path)
    with pytest.raises(Failure, match="cannot be read"):
        run(entry, tmp_path / "missing.sql")
    (tmp_path / "other").mkdir()
    with pytest.raises(Failure, match="the same name"):
        run(entry, file(tmp_path, "SELECT 1"), file(tmp_path / "other", "SELECT 2"))
    with pytest.raises(Failure, match="No ledger records"):
        run(entry, file(tmp_path, "SELECT 1"), databases=["mysql"])


def test_a_file_that_changes_the_sql_mode_is_split_as_the_server_reads_it(entry, restored, tmp_path):
    """Each text contains a semicolon that ends the statement in the other mode. A value known only at run time is refused before the first statement."""
    before = rows(restored)
    for text in (
        "UPDATE customer SET name = 'x';\nSET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES');",
        "SELECT 'ANSI_QUOTES' INTO @mode; SET SESSION sql_mode = @mode;",
        "SET @s = 'SET sql_mode=ANSI_QUOTES'; PREPARE p FROM @s; EXECUTE p;",
    ):
        with pytest.raises(Failure, match=r"known only when it runs.*mask.sql, line \d.*Write the value, as in SET"):
            run(entry, file(tmp_path, text))
    assert rows(restored) == before
    path = file(
        tmp_path,
        """SET @old = @@sql_mode;
        UPDATE customer SET name = 'a\\'; b' WHERE id = 1;
        SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';
        UPDATE customer SET name = 'c\\' WHERE id = 2; UPDATE customer SET email = '; d' WHERE id = 2;
        SET sql_mode = @old;
        INSERT INTO customer VALUES (4, 'e\\'; f', NULL);
        /*!40101 SET sql_mode = ANSI_QUOTES */;
        UPDATE "customer" SET "name" = 'g";' WHERE id = 3;
        SET sql_mode = DEFAULT;
        UPDATE customer SET email = "h;" WHERE id = 3;
        """,
    )
    (database,) = run(entry, path)["databases"]
    assert [each["table"] for each in database["files"][0]["statements"] if each["table"]] == ["customer"] * 6
    assert rows(restored) == [(1, "a'; b", "anna@example.org"), (2, "c\\", "; d"), (3, 'g";', "h;"), (4, "e'; f", None)]


def test_a_changed_database_is_not_rolled_forward(entry, restored, tmp_path):
    run(entry, file(tmp_path, "UPDATE customer SET name = 'x';"))
    with pytest.raises(Failure, match="SQL files have changed the database"):
        target_of(restored, TARGET, TARGET, None)


def test_two_runs_at_the_same_time_run_a_file_once(entry, restored, tmp_path):
    path = file(tmp_path, "UPDATE customer SET name = CONCAT('x', id, IFNULL(name, '')), id = id + SLEEP(0.1);")
    changed = []
    threads = [threading.Thread(target=lambda: changed.append(run(entry, path)["changed"])) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changed) == [False, True] and [row[1] for row in rows(restored)] == ["x1Anna", "x2Bertil", "x3"]


def test_a_file_that_changes_during_a_run_runs_in_each_database_as_it_was(entry, restored, tmp_path):
    """The second database waits until the first one is done, and the file is edited in the meantime."""
    second = TARGET + "2"
    databases.drop(entry, second)
    load(databases.request(entry, second, databases.write(tmp_path, SQL), require_complete=False))
    text = "UPDATE customer SET name = CONCAT('old', SLEEP({0}));"
    path = file(tmp_path, text.format(0.5))
    result = []
    thread = threading.Thread(target=lambda: result.append(run(entry, path, databases=[TARGET, second])))
    thread.start()
    while thread.is_alive() and not restored.rows("SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'UPDATE customer%'"):
        time.sleep(0.02)
    path.write_text("ALTER TABLE customer ADD note INT; UPDATE customer SET name = 'new';")
    thread.join()
    for database in TARGET, second:
        assert {row[1] for row in rows(restored, database + ".customer")} == {"old0"}
    assert [[(each["sha256"], len(each["statements"])) for each in found["files"]] for found in result[0]["databases"]] == [
        [(hashlib.sha256(text.format(0.5).encode()).hexdigest(), 1)]
    ] * 2
    databases.drop(entry, second)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("SET sql_mode = 'ANSI_QUOTES'; SET @key = \"choose-your-own\";", "column that does not exist. If this is a text, put it in single quotes"),
        ("SET sql_mode = 'ANSI_QUOTES'; UPDATE customer SET name = \"choose-your-own\";", "column that does not exist"),
        ("SET @key = `choose-your-own`;", "column that does not exist"),
        ("SELECT 1 FROM customer WHERE `choose-your-own`.id = 1;", "finds no column id where the statement names it"),
        ("SET @key = `choose-your-own`.`of` (1);", "(calls a function that does not exist|may not execute a routine)"),
        ("SET @key = `choose-your-own`(1);", "(calls a function that does not exist|may not execute a routine)"),
        ("UPDATE newsletter SET name = 'choose-your-own';", "finds no column name where the statement names it"),
        ("CALL mask('choose-your-own');", "PROCEDURE after_target.mask does not exist"),
    ],
)
def test_a_value_that_the_server_reads_as_a_name_is_not_shown(entry, restored, tmp_path, text, expected):
    with pytest.raises(Failure, match=expected + r".*error \d+.*mask.sql, line 1") as caught:
        run(entry, file(tmp_path, text))
    assert "choose" not in str(caught.value)


TWICE = "INSERT INTO log VALUES (1); INSERT INTO unique_log VALUES (1), (1);"


@pytest.mark.parametrize(
    "before, text",
    [
        ("CREATE TABLE log (a INT) ENGINE=MyISAM; CREATE TABLE unique_log (a INT PRIMARY KEY) ENGINE=InnoDB;", TWICE),
        ("CREATE TABLE log (a INT); CREATE TABLE unique_log (a INT PRIMARY KEY); ALTER TABLE log ENGINE=MyISAM;", TWICE),
        (
            "CREATE TABLE after_other.m (a INT) ENGINE=MyISAM; CREATE TABLE log (a INT); CREATE TABLE unique_log (a INT PRIMARY KEY);"
            " CREATE TRIGGER t AFTER INSERT ON log FOR EACH ROW INSERT INTO after_other.m VALUES (NEW.a);",
            TWICE,
        ),
        (
            "CREATE TABLE after_other.m (a INT) ENGINE=MyISAM; CREATE VIEW log AS SELECT a FROM after_other.m; CREATE TABLE unique_log (a INT PRIMARY KEY);",
            TWICE,
        ),
        (
            "CREATE TABLE after_third.m (a INT) ENGINE=MyISAM; CREATE TABLE unique_log (a INT PRIMARY KEY);\nDELIMITER //\n"
            "CREATE FUNCTION after_other.f() RETURNS INT DETERMINISTIC BEGIN INSERT INTO after_third.m VALUES (1); RETURN 1; END//\n"
            "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN after_other.f()//\n",
            "SET @a = f(); INSERT INTO unique_log VALUES (1), (1);",
        ),
        (
            "CREATE TABLE unique_log (a INT PRIMARY KEY); SET GLOBAL sql_mode = 'ANSI_QUOTES';",
            # To ANSI_QUOTES, the backslash is the end of the name.
            'SELECT 1 AS "a\\"; INSERT INTO unique_log VALUES (1), (1); -- "',
        ),
    ],
    ids=["a new table", "a changed table", "a trigger", "a view", "functions", "the sql_mode"],
)
def test_what_a_file_changes_is_known_to_the_next_one(entry, restored, tmp_path, before, text):
    """The second file would be run in a transaction that a failure does not undo, or be parsed in the old sql_mode."""
    others = "after_other", "after_third"
    sql_mode, trust = restored.rows("SELECT @@GLOBAL.sql_mode, @@GLOBAL.log_bin_trust_function_creators")[0]
    restored.run("SET GLOBAL log_bin_trust_function_creators = 1")
    for name in others:
        restored.run("DROP DATABASE IF EXISTS " + name)
        restored.run("CREATE DATABASE " + name)
    try:
        first, second = file(tmp_path, before, "first.sql"), file(tmp_path, text, "second.sql")
        is_undone = "GLOBAL" in before
        with pytest.raises(Failure, match="error 1062.*second.sql, line 1.*" + ("None of its changes" if is_undone else "Restore the database again")):
            run(entry, first, second)
        if is_undone:
            second.write_text(text.replace(", (1)", ""))
            assert run(entry, first, second)["changed"]
        else:
            with pytest.raises(Failure, match="second.sql was interrupted or failed"):
                run(entry, first, second)
    finally:
        restored.execute("SET GLOBAL sql_mode = %s", (sql_mode,))
        restored.run("SET GLOBAL log_bin_trust_function_creators = {0}".format(trust))
        for name in others:
            restored.run("DROP DATABASE IF EXISTS " + name)


def test_an_account_that_does_not_see_what_a_trigger_of_another_account_changes(entry, restored, tmp_path):
    text = "UPDATE newsletter SET email = 'x'; INSERT INTO newsletter VALUES ('x');"
    account = dict(login_user="masker", login_password="masker's word")
    for statement in (
        "DROP DATABASE IF EXISTS after_other",
        "CREATE DATABASE after_other",
        "CREATE TABLE after_other.m (a VARCHAR(60)) ENGINE=MyISAM",
        "GRANT USAGE ON *.* TO masker@localhost" if entry["name"] == "5.6" else "CREATE USER IF NOT EXISTS masker@localhost",
        "DROP USER masker@localhost",
        "CREATE USER masker@localhost IDENTIFIED BY 'masker''s word'",
        "GRANT ALL ON after_target.* TO masker@localhost",
        "GRANT ALL ON apsaradb_mysql.* TO masker@localhost",
        # To write nothing to the binary log: with GTIDs, the server would refuse a statement that changes tables of both engines.
        "GRANT SUPER ON *.* TO masker@localhost",
    ):
        restored.run(statement)
    try:
        # Without the trigger, the account sees enough.
        with pytest.raises(Failure, match="error 1062.*None of its changes were kept"):
            run(entry, file(tmp_path, text), **account)
        restored.run("CREATE TRIGGER t AFTER UPDATE ON newsletter FOR EACH ROW INSERT INTO after_other.m VALUES (OLD.email)")
        with pytest.raises(Failure, match="error 1062.*Restore the database again"):
            run(entry, file(tmp_path, text), **account)
        assert rows(restored, "after_other.m") == [("Anna@example.org",)]
    finally:
        restored.run("DROP USER masker@localhost")
        restored.run("DROP DATABASE after_other")
