# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger that comes with a backup is not restored; one that somebody else wrote makes no import reach out of its target."""

import json
import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.lock import lock_name
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import OnExisting
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, fixtures
from ansible_collections.apsaradb.mysql.tests.support.modules import Module

TARGET, OTHER, LEDGER = "ledgers_target", "ledgers_other", "apsaradb_mysql"
HEAD = "-- MySQL dump 10.13\n--\n-- Host: localhost    Database: {0}\n-- ------------------------------------------------------\n\nSET NAMES utf8mb4;\n"
END = "-- Dump completed on 2026-01-01  0:00:00\n"
SHOP = (HEAD.format(TARGET) + "CREATE TABLE t (a int NOT NULL PRIMARY KEY, v int) ENGINE=InnoDB;\nINSERT INTO t VALUES (1,1);\n" + END).encode()


def staging(new, old, state):
    return {"staging": {"new": new, "old": old, "state": state, "tables": 1, "parked": False}}


# What a report can ask the next import to do with databases that are not its own.
REPORTS = {
    "drop the database that was replaced": staging("zzz", OTHER, "swapped"),
    "drop it at once": staging(OTHER, OTHER, "clearing"),
    "drop the staging database": staging(OTHER, "zzz", "loading"),
    "move its tables": staging(OTHER, "zzz", "swapping"),
}
STATES = [(name, state) for name in REPORTS for state in ("loading", "complete")]


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET, OTHER)
    made = "CREATE DATABASE {0}; CREATE TABLE {0}.x (v int) ENGINE=InnoDB; INSERT INTO {0}.x VALUES (1),(2),(3);".format(OTHER)
    databases.run(entry, made.encode())
    yield entry
    control = databases.connection(entry)
    if control.rows("SHOW TABLES FROM {0} LIKE 'setting'".format(LEDGER)):
        control.run("DELETE FROM {0}.setting WHERE owner = 'nobody'".format(LEDGER))
    control.close()
    databases.drop(entry, TARGET, OTHER)


def untouched(entry):
    control = databases.connection(entry)
    found = (
        control.rows("SELECT v FROM {0}.x".format(OTHER)),
        control.rows("SHOW TABLES FROM " + OTHER),
        control.value("SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{0}'".format(OTHER)),
        control.rows("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('max_connections', 'general_log', 'local_infile')"),
    )
    control.close()
    return found


def planted(entry, state, report, database=LEDGER):
    """The statements of a ledger in which ``target`` has this report, as a dump has them."""
    ledger, prefix = Ledger(database, TARGET), "" if database == LEDGER else "__apsaradb_"
    control = databases.connection(entry)
    if not control.rows("SHOW DATABASES LIKE '{0}'".format(database)):
        control.run("CREATE DATABASE " + database)
    ledger.create(control)
    names = [prefix + name for name in ("import", "piece", "made", "chunk", "setting")]
    made = "".join(
        "DROP TABLE IF EXISTS `{0}`;\n{1};\n".format(name, control.rows("SHOW CREATE TABLE {0}.`{1}`".format(database, name))[0][1]) for name in names
    )
    control.close()
    rows = "INSERT INTO `{0}import` (target, state) VALUES ('{1}','{2}');\n".format(prefix, TARGET, state)
    for what, value in (("files", []), ("settings", {}), ("report", report)):
        text = json.dumps(value).replace('"', '"')
        rows += "INSERT INTO `{0}piece` VALUES ('{1}','{2}',0,'{3}');\n".format(prefix, TARGET, what, text)
    rows += "INSERT INTO `{0}made` VALUES ('{1}','COLLATION','{2}','CHARACTER SET `latin2` COLLATE `latin2_czech_cs`');\n".format(prefix, TARGET, OTHER)
    rows += "INSERT INTO `{0}made` VALUES ('{1}','TABLE','t','');\n".format(prefix, TARGET)
    for name, value in (("max_connections", "77"), ("local_infile", "OFF, GLOBAL general_log = 1"), ("general_log", "1")):
        rows += "INSERT INTO `{0}setting` VALUES ('{1}','{2}','nobody');\n".format(prefix, name, value)
    return made, rows


@pytest.mark.parametrize("attack", REPORTS)
def test_a_backup_s_own_ledger_is_not_restored(entry, tmp_path, attack):
    made, rows = planted(entry, "loading", REPORTS[attack])
    before = untouched(entry)
    contents = {
        LEDGER: ((HEAD.format(LEDGER) + made + END).encode(), (HEAD.format(LEDGER) + rows + END).encode()),
        "shop": (SHOP, (HEAD.format(TARGET) + "INSERT INTO t VALUES (2,2);\n" + END).encode()),
    }
    path = str(backups.make(tmp_path, contents))
    out = str(tmp_path / "out")
    Module("rds_backup_extract", {"src": path, "dest": out}).answer()
    assert "shop" in os.listdir(out) and LEDGER not in os.listdir(out)
    options = {"login_user": "root", "login_unix_socket": entry["socket"], "config_file": "/dev/null"}
    for database, source in (LEDGER, LEDGER), ("Apsaradb_mysql", LEDGER):
        answer = Module("mysql_sql_import", dict(options, database=database, archive=path, source_database=source, on_existing="replace"), "", None).answer()
        assert answer["failed"] and "reserved for the ledger" in answer["msg"], answer
    # Under another name it is a database like any other.
    wanted = dict(options, database=TARGET, archive=path, source_database="shop")
    assert Module("mysql_sql_import", wanted, "", None).answer()["changed"]
    assert untouched(entry) == before


@pytest.mark.parametrize("attack, state", STATES)
@pytest.mark.parametrize("on_existing", ["fail", "replace"])
def test_a_ledger_that_somebody_else_wrote_is_not_believed(entry, tmp_path, attack, state, on_existing):
    made, rows = planted(entry, state, REPORTS[attack])
    databases.run(entry, (made + rows).encode(), LEDGER)
    databases.run(entry, "CREATE DATABASE {0};".format(TARGET).encode())
    if on_existing == "replace":
        databases.run(entry, b"CREATE TABLE old (a int);", TARGET)
    before = untouched(entry)
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, SHOP), on_existing=on_existing)
    for _run in range(2):
        with pytest.raises(Failure, match="which no import would choose"):
            load(wanted)
        assert untouched(entry) == before
    # The advice of the failure is enough.
    databases.run(entry, "DELETE FROM import WHERE target = '{0}';".format(TARGET).encode(), LEDGER)
    assert load(wanted).changed
    assert untouched(entry) == before


@pytest.mark.parametrize("attack", REPORTS)
def test_a_dump_brings_no_ledger_into_its_own_database(entry, tmp_path, attack):
    databases.run(entry, "CREATE DATABASE {0};".format(TARGET).encode())
    made, rows = planted(entry, "loading", REPORTS[attack], database=TARGET)
    databases.drop(entry, TARGET)
    before = untouched(entry)
    dump = SHOP.decode().replace("-- Dump completed", made + rows + "-- Dump completed").encode()
    with pytest.raises(Failure, match="__apsaradb_.*othing was written"):
        load(databases.request(entry, TARGET, databases.write(tmp_path, dump), on_existing="replace", ledger="drop"))
    assert untouched(entry) == before


@pytest.mark.parametrize("attack", REPORTS)
def test_a_ledger_in_the_target_that_somebody_else_wrote_is_not_believed(entry, tmp_path, attack):
    """Something else than this collection has restored the first backup; the nightly restore of the next one replaces it."""
    databases.run(entry, "CREATE DATABASE {0};".format(TARGET).encode())
    made, rows = planted(entry, "loading", REPORTS[attack], database=TARGET)
    databases.run(entry, (made + rows).encode(), TARGET)
    before = untouched(entry)
    with pytest.raises(Failure, match="which no import would choose"):
        load(databases.request(entry, TARGET, databases.write(tmp_path, SHOP), on_existing="replace", ledger="drop"))
    assert untouched(entry) == before


# A statement on the tables of the ledger, and what the failure says about it.
DAMAGE = {
    "no JSON": ("UPDATE piece SET text = '{{' WHERE target = '{0}' AND what = 'report'", "report is not JSON"),
    "deep": ("UPDATE piece SET text = REPEAT('[', 200000) WHERE target = '{0}' AND what = 'files'", "files is not JSON"),
    "a list": ("UPDATE piece SET text = '[]' WHERE target = '{0}' AND what = 'report'", "report is a list"),
    "text for a number": ("UPDATE piece SET text = REPLACE(text, '\"rows\": 1', '\"rows\": \"1\"') WHERE target = '{0}'", "rows is '1'"),
    "a missing key": ("UPDATE piece SET text = REPLACE(text, '\"engine\"', '\"x\"') WHERE target = '{0}'", "has no engine"),
    "state": ("UPDATE import SET state = 'COMPLETE' WHERE target = '{0}'", "state is 'COMPLETE'"),
    "roll": ("INSERT INTO piece VALUES ('{0}', 'roll', 0, '{{}}')", "roll has no state"),
    "after_sql": ("INSERT INTO piece VALUES ('{0}', 'after_sql', 0, '[{{}}]')", "after_sql.0. has no name"),
    "a name that is not UTF-8": ("INSERT INTO made VALUES ('{0}', 'TABLE', 0xFF, '')", "a name in made is b'"),
    "a mark that is not UTF-8": ("INSERT INTO made VALUES ('{0}', 'TABLE', 'y', 0xFF)", "a mark in made is b'"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_ledger_is_named_with_a_cure(entry, tmp_path, damage):
    sql, found = DAMAGE[damage]
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, SHOP))
    load(wanted)
    databases.run(entry, sql.format(TARGET).encode(), LEDGER)
    with pytest.raises(Failure, match="apsaradb_mysql has an entry of {0} that no import has written: .*{1}.*import, piece, made, chunk".format(TARGET, found)):
        load(wanted)
    databases.run(
        entry, "".join("DELETE FROM {0} WHERE target = '{1}';".format(name, TARGET) for name in ("import", "piece", "made", "chunk")).encode(), LEDGER
    )
    assert load(wanted._replace(on_existing=OnExisting.REPLACE)).changed


def test_a_value_of_a_server_variable_that_no_load_notes_is_ignored(entry, tmp_path):
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, SHOP))
    load(wanted)
    owner = lock_name("nobody")
    for value, noted_by in ("abc", owner), ("9" * 25, owner), ("1_0", owner), ("ON", owner), ("1073741824", ""), ("1073741824", "x" * 64):
        databases.run(entry, "REPLACE INTO setting VALUES ('innodb_redo_log_capacity', '{0} 104857600', '{1}');".format(value, noted_by).encode(), LEDGER)
        databases.drop(entry, TARGET)
        assert load(wanted).changed
        databases.run(entry, "DELETE FROM setting WHERE owner = '{0}';".format(noted_by).encode(), LEDGER)


def test_rows_do_not_depend_on_the_files_that_a_connection_has_loaded_before(entry, tmp_path):
    """The second file sets no character set, and the server's default may be latin1."""
    first = HEAD.format(TARGET) + "CREATE TABLE a (id int PRIMARY KEY, s varchar(20)) DEFAULT CHARSET=utf8mb4;\nINSERT INTO a VALUES (1,'é');\n" + END
    later = "SET NAMES latin1;\n" + first.replace("TABLE a", "TABLE c").replace("INTO a", "INTO c")
    second = "CREATE TABLE b (id int PRIMARY KEY, s varchar(20)) DEFAULT CHARSET=utf8mb4;\nINSERT INTO b VALUES (1,'é');\n" + END
    control = databases.connection(entry)
    found = []
    for dumps in (first, second), (second,), (second, first), (later.replace("SET NAMES utf8mb4;\n", ""), second), (first, later, second):
        databases.drop(entry, TARGET)
        load(databases.request(entry, TARGET, databases.write(tmp_path, *[dump.encode() for dump in dumps]), workers=1, lane="insert"))
        found.append(control.value("SELECT HEX(s) FROM {0}.b".format(TARGET)))
    control.close()
    assert found == ["C3A9"] * 5
