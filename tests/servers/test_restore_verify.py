# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mysql_restore_verify on real servers: an intact database, and every kind of damage."""

import json
import math
import os
import random
import struct

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_sql import job as run_sql
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_verify import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import to_report
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import existing_in, with_columns
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.table_contents import begin_snapshot, count, count_and_sum, forms_of, settle
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures
from ansible_collections.apsaradb.mysql.tests.support.modules import Module
from ansible_collections.apsaradb.mysql.tests.support.reports import report

pytestmark = pytest.mark.servers(1)

SOURCE, TARGET, ORIGIN = "verify_source", "verify_target", "verify_origin"
ACCOUNT = "verify_app"
SQL = b"""
CREATE TABLE customer (id INT NOT NULL PRIMARY KEY, name VARCHAR(40), since DATE, first_in INT, first_out INT) ENGINE=InnoDB DEFAULT CHARSET=utf8;
CREATE TABLE stock (id INT NOT NULL PRIMARY KEY, amount DECIMAL(10,2)) ENGINE=InnoDB;
CREATE TABLE `odd ``name` (word VARCHAR(10)) ENGINE=MyISAM;
CREATE TABLE stock_log (what VARCHAR(20)) ENGINE=InnoDB;
INSERT INTO customer VALUES (1, 'Anna', '2020-01-01', 5, NULL), (2, 'Bertil', '2021-02-03', 1, 23), (3, NULL, NULL, NULL, NULL);
INSERT INTO stock VALUES (1, 10.5), (2, 0);
INSERT INTO `odd ``name` VALUES ('a'), ('b'), ('c');
CREATE DEFINER=verify_app@localhost VIEW customers AS SELECT id, name FROM customer;
CREATE DEFINER=verify_app@localhost SQL SECURITY INVOKER VIEW stocks AS SELECT * FROM stock;
CREATE DEFINER=verify_app@localhost TRIGGER stock_changed AFTER UPDATE ON stock FOR EACH ROW INSERT INTO stock_log VALUES ('changed');
CREATE DEFINER=verify_app@localhost FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN 2 * n;
CREATE PROCEDURE twice() SELECT 2;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 00:00:00' DO DELETE FROM stock_log;
"""
OPTIONS = {
    "login_user": "root", "login_password": None, "login_host": "localhost", "login_port": 3306, "config_file": None, "connect_timeout": 30,
    "client_cert": None, "client_key": None, "ca_cert": None, "check_hostname": None, "database": TARGET, "databases": None, "expected": None, "source": None,
    "checksum": False, "tables": None, "exclude_tables": None, "fail_on_problems": False, "ledger_database": None,
}  # fmt: skip


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    account(entry, True)
    databases.make(entry, SOURCE, [])
    databases.run(entry, SQL, SOURCE)
    yield entry
    databases.drop(entry, SOURCE, TARGET)
    account(entry, False)


def account(entry, wanted):
    control = databases.connection(entry)
    if control.rows("SELECT 1 FROM mysql.user WHERE User = %s AND Host = 'localhost'", (ACCOUNT,)):
        control.run("DROP USER {0}@localhost".format(ACCOUNT))
    if wanted:
        control.run("CREATE USER {0}@localhost".format(ACCOUNT))
        control.run("GRANT ALL ON `verify\\_%`.* TO {0}@localhost".format(ACCOUNT))
    control.close()


@pytest.fixture
def restored(entry, tmp_path):
    """A connection to the target as an import made it."""
    account(entry, True)
    databases.drop(entry, TARGET)
    load(databases.request(entry, TARGET, databases.write(tmp_path, SQL), events="keep", verify="checksum", require_complete=False))
    control = databases.connection(entry)
    control.run("SET SESSION sql_log_bin = 0")
    control.use(TARGET.encode())
    yield control
    control.close()


def verify(entry, **options):
    warnings = []
    result = job(JobContext(dict(OPTIONS, login_unix_socket=entry["socket"], **options), False, warnings.append))
    result["said"] = warnings
    return result


def source(entry, **options):
    login = {key: OPTIONS[key] for key in LOGIN_SPEC if key != "login_unix_socket"}
    return dict(login, **dict({"login_unix_socket": entry["socket"], "database": SOURCE}, **options))


def ways(entry):
    """Every kind of expectation of the target."""
    return [{}, {"checksum": True}, {"source": source(entry)}, {"source": source(entry), "checksum": True}]


def table(result, name):
    return next(found for found in result["tables"] if found["name"] == name)


def test_a_restored_database_passes(entry, restored):
    for way in ways(entry):
        result = verify(entry, fail_on_problems=True, **way)
        assert result["ok"] and result["problems"] == [] and result["changed"] is False and result["unexpected"] == [] and result["said"] == []
        assert result["objects"] == result["objects_expected"] == {"views": 2, "routines": 2, "triggers": 1, "events": 1}
        assert {found["name"]: found["rows"] for found in result["tables"]} == {"customer": 3, "stock": 2, "odd `name": 3, "stock_log": 0}
        for found in result["tables"]:
            assert found["ok"] and found["rows"] == found["rows_expected"] and found["engine"] == found["engine_expected"] and found["check"] == "OK", found
            assert found["checksum"] == found["checksum_expected"] and (found["checksum"] is not None) == way.get("checksum", False), found
        assert result["expected_from"] == ("source" if "source" in way else "ledger")


@pytest.mark.parametrize(
    "choices",
    [{"ledger_database": TARGET}, {"triggers": "omit", "events": "omit"}, {"tables": ("stock*",)}, {"exclude_tables": ("customer",), "verify": "none"}],
    ids=str,
)
def test_tables_left_out_of_the_import_are_not_missing(entry, restored, tmp_path, choices):
    databases.drop(entry, TARGET)
    request = databases.request(entry, TARGET, databases.write(tmp_path, SQL), **dict({"events": "keep", "require_complete": False}, **choices))
    # The second one is from the ledger.
    assert [load(request).tables_left_out for _run in range(2)] == [2 if "tables" in choices else 1 if "exclude_tables" in choices else 0] * 2
    result = verify(entry, ledger_database=choices.get("ledger_database"))
    assert result["problems"] == [] and result["unexpected"] == [] and result["expected_from"] == "ledger"
    assert verify(entry, **({} if "ledger_database" in choices else {"ledger_database": "apsaradb_mysql"}))["ok"]


def test_a_row_is_missing(entry, restored):
    restored.run("DELETE FROM customer WHERE id = 2")
    for way in ways(entry):
        result = verify(entry, **way)
        assert not result["ok"] and len(result["problems"]) == 1 and "table customer has 2 row(s), expected 3" in result["problems"][0]
        assert [found["name"] for found in result["tables"] if not found["ok"]] == ["customer"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE customer SET name = 'Berti1' WHERE id = 2",
        "UPDATE customer SET name = '' WHERE id = 3",
        "UPDATE customer SET name = 'N' WHERE id = 3",
        "UPDATE customer a, customer b SET a.name = 'Bertil', b.name = 'Anna' WHERE a.id = 1 AND b.id = 2",
        "UPDATE customer SET since = NULL WHERE id = 1",
        # The border between two values moves (columns are taken by name).
        "UPDATE customer SET first_in = NULL, first_out = 5 WHERE id = 1",
        "UPDATE customer SET first_in = 12, first_out = 3 WHERE id = 2",
    ],
)
def test_a_changed_value_is_found(entry, restored, damage):
    restored.run(damage)
    assert verify(entry)["ok"]
    for way in ways(entry)[1::2]:
        result = verify(entry, **way)
        assert len(result["problems"]) == 1 and "table customer has the expected number of rows, but different values" in result["problems"][0], way
        assert table(result, "customer")["checksum"] != table(result, "customer")["checksum_expected"] and table(result, "stock")["ok"]


def test_a_changed_engine_is_found(entry, restored):
    restored.run("ALTER TABLE stock ENGINE=MyISAM")
    for way in ways(entry):
        result = verify(entry, **way)
        assert len(result["problems"]) == 1 and "table stock has the engine MyISAM, expected InnoDB" in result["problems"][0]


def test_a_view_without_its_table(entry, restored):
    restored.run("DROP TABLE customer")
    for way in ways(entry):
        result = verify(entry, **way)
        assert len(result["problems"]) == 2 and result["broken_views"][0]["name"] == "customers" and "1356" in result["broken_views"][0]["error"]
        assert "table customer is missing" in result["problems"][0] and "view customers cannot be read" in result["problems"][1]
        assert table(result, "customer")["rows"] is None and not table(result, "customer")["ok"] and table(result, "customer")["rows_expected"] == 3


def test_a_definer_is_missing(entry, restored):
    account(entry, False)
    for way in ways(entry):
        result = verify(entry, **way)
        assert len(result["problems"]) == 1 and "no account verify_app@localhost" in result["problems"][0] and "1449" in result["problems"][0]
        objects = ["view customers", "function twice", "trigger stock_changed on stock"]
        assert result["lost_definers"] == [{"definer": "verify_app@localhost", "objects": objects}]


@pytest.mark.parametrize(
    "damage, kind, said",
    [
        ("DROP TRIGGER stock_changed", "triggers", "trigger stock_changed on stock is missing"),
        ("DROP VIEW stocks", "views", "view stocks is missing"),
        ("DROP FUNCTION twice", "routines", "function twice is missing"),
        ("DROP PROCEDURE twice", "routines", "procedure twice is missing"),
        ("DROP EVENT nightly", "events", "event nightly is missing"),
    ],
)
def test_an_object_is_missing(entry, restored, damage, kind, said):
    restored.run(damage)
    for way in ways(entry):
        result = verify(entry, **way)
        assert len(result["problems"]) == 1 and result["objects"][kind] == result["objects_expected"][kind] - 1
        assert (said if "source" in way else "of {0} {1} exist".format(result["objects_expected"][kind], kind)) in result["problems"][0]


def test_a_table_is_damaged(entry, restored):
    """Bytes of a MyISAM table are changed on disk, and an InnoDB table loses its file."""
    restored.run("FLUSH TABLES")
    folder = os.path.join(restored.value("SELECT @@datadir"), TARGET)
    name = next(name for name in os.listdir(folder) if name.startswith("odd") and name.endswith(".MYD"))
    with open(os.path.join(folder, name), "r+b") as file:
        file.write(b"\xff" * os.path.getsize(file.name))
    restored.run("ALTER TABLE stock_log DISCARD TABLESPACE")
    for way in ways(entry):
        result = verify(entry, **way)
        assert len(result["problems"]) == 2, result["problems"]
        assert "table odd `name is damaged" in result["problems"][0] and "REPAIR TABLE" in result["problems"][0]
        assert "table stock_log is damaged" in result["problems"][1] and "error log" in result["problems"][1]
        assert [found["name"] for found in result["tables"] if not found["ok"]] == ["odd `name", "stock_log"]


def test_columns_that_differ_from_the_source_are_found(entry, restored):
    restored.run("ALTER TABLE customer DROP COLUMN since, ADD COLUMN added INT")
    restored.run("ALTER TABLE stock MODIFY amount INT")
    assert verify(entry)["ok"]
    result = verify(entry, source=source(entry))
    assert len(result["problems"]) == 2 and "since is missing; added is not in the source" in result["problems"][0]
    assert "amount is int, in the source decimal" in result["problems"][1]


def test_unexpected_objects_are_listed(entry, restored):
    restored.run("CREATE TABLE zoo (id INT)")
    restored.run("CREATE PROCEDURE also() SELECT 1")
    assert verify(entry)["unexpected"] == ["zoo"]
    result = verify(entry, source=source(entry))
    assert result["ok"] and result["unexpected"] == ["zoo", "procedure also"] and table(result, "zoo")["rows_expected"] is None


def test_expected_is_a_result_or_its_tables(entry, restored):
    tables = [{"name": "customer", "rows": 3, "rows_expected": 3, "engine": "InnoDB"}, {"name": "stock", "rows_expected": 2, "engine": "innodb"}]
    result = verify(entry, expected={"tables": tables, "objects": {"views": 2, "triggers": 1}, "changed": True})
    assert result["ok"] and result["expected_from"] == "expected" and result["unexpected"] == ["odd `name", "stock_log"]
    assert verify(entry, expected=tables)["ok"]
    assert not verify(entry, expected=tables + [{"name": "gone"}])["ok"]
    assert not verify(entry, expected={"tables": tables, "objects": {"views": 3}})["ok"]
    assert "rows of table customer" in refused(entry, expected=[{"name": "customer", "rows": "many"}])
    assert verify(entry, expected={})["ok"] and verify(entry, expected={})["said"] == []
    assert verify(entry, expected={"changed": True})["said"]


def test_one_database_of_an_import_of_several(entry, restored):
    """The result of the import has its tables in the part of the database."""
    part = {"target": TARGET, "tables": [{"name": "customer", "rows": 3}], "objects": {"views": 2}}
    several = {"changed": True, "databases": [{"target": "other", "tables": []}, part]}
    assert verify(entry, expected=several)["ok"] and verify(entry, expected=several)["said"] == []
    restored.run("DELETE FROM customer WHERE id = 2")
    assert "table customer has 2 row(s), expected 3" in verify(entry, expected=several)["problems"][0]
    assert "does not contain the database verify_source" in refused(entry, database=SOURCE, expected=several)


def test_names_that_differ_only_in_case(entry, restored):
    """Each table is compared with that of the same name; none is left out."""
    live = databases.connection(entry)
    databases.make(entry, ORIGIN, [])
    for database in TARGET, ORIGIN:
        live.use(database.encode())
        for number, name in enumerate(("Orders", "orders")):
            live.run("CREATE TABLE {0} (n{1} INT PRIMARY KEY)".format(name, number))
            live.run("INSERT INTO {0} VALUES (1), ({1})".format(name, number + 2))
    ways = [{"source": source(entry, database=ORIGIN), "tables": ["?rders"], "checksum": checksum} for checksum in (False, True)]
    try:
        assert [verify(entry, **way)["problems"] for way in ways] == [[], []]
        restored.run("DROP TABLE Orders")
        assert [["table Orders is missing" in text for text in verify(entry, **way)["problems"]] for way in ways] == [[True], [True]]
    finally:
        live.close()
        databases.drop(entry, ORIGIN)


def test_only_some_tables(entry, restored):
    restored.run("DELETE FROM customer")
    restored.run("DROP TRIGGER stock_changed")
    restored.run("DROP EVENT nightly")
    for way in ways(entry):
        result = verify(entry, tables=["st*", "odd*"], exclude_tables=["stock"], **way)
        assert result["ok"] and [found["name"] for found in result["tables"]] == ["odd `name", "stock_log"]
        result = verify(entry, tables=["stock"], **way)
        assert result["ok"] != ("source" in way) and len(result["tables"]) == 1


def test_rows_are_compared_after_an_import_that_did_not_count_them(entry, restored, tmp_path):
    databases.drop(entry, TARGET)
    load(databases.request(entry, TARGET, databases.write(tmp_path, SQL), require_complete=False, verify="none"))
    assert verify(entry)["ok"] and verify(entry)["said"] == []
    restored.run("DELETE FROM `{0}`.customer".format(TARGET))
    assert "table customer has 0 row(s), expected 3" in verify(entry)["problems"][0]


@pytest.mark.parametrize("level", ["none", "rows", "checksum"])
def test_a_merge_into_a_table_with_rows_is_good(entry, restored, tmp_path, level):
    """Only the import knows how many rows the table had when it was complete, not the dump."""
    databases.drop(entry, TARGET)
    databases.make(entry, TARGET, [])
    restored.use(TARGET.encode())
    restored.run("CREATE TABLE mine (a INT PRIMARY KEY) ENGINE=InnoDB")
    restored.run("INSERT INTO mine VALUES (1), (2)")
    files = databases.write(tmp_path, b"CREATE TABLE t (a INT PRIMARY KEY);\nINSERT INTO t VALUES (1);\nINSERT INTO mine VALUES (3);\n-- Dump completed\n")
    request = databases.request(entry, TARGET, files, on_existing="merge", verify=level)
    assert {table.name: table.rows_expected for table in load(request._replace(check_only=True)).tables} == {"t": 1, "mine": None}
    imported = to_report(load(request))
    counted = None if level == "none" else 3
    assert {table["name"]: (table["rows"], table["rows_expected"]) for table in imported["tables"]} == {"t": (counted and 1, 1), "mine": (counted, None)}
    result = verify(entry)
    assert result["problems"] == [] and len(result["said"]) == (level == "none") and table(result, "mine")["rows_expected"] == counted
    for verified in [], [result]:
        written = report([dict(imported, source="shop", target=TARGET)], verified)
        assert written.verdict == ("unverified" if level == "none" else "good") and written.problems == ()
    restored.run("DELETE FROM mine WHERE a = 1")
    assert verify(entry)["ok"] == (level == "none")


@pytest.mark.parametrize("schedule", ["AT '2001-01-01 00:00:00'", "EVERY 1 DAY STARTS '2001-01-01 00:00:00' ENDS '2001-02-01 00:00:00'"])
def test_an_event_that_has_had_its_last_run_is_not_missing(entry, restored, tmp_path, schedule):
    """The import's server does not create it (note 1588). The source still has it, because it is disabled."""
    databases.drop(entry, TARGET)
    nightly, past, later = (
        "CREATE EVENT {0} ON SCHEDULE {1} DISABLE DO DO 1".format(name, when)
        for name, when in (("nightly", "EVERY 1 DAY"), ("past", schedule), ("later", "AT '2035-01-01 00:00:00'"))
    )
    files = databases.write(tmp_path, "CREATE TABLE t (a INT);\n{0};\n{1};\n-- Dump completed\n".format(nightly, past).encode())
    imported = to_report(load(databases.request(entry, TARGET, files, events="keep")))
    assert (imported["objects"]["events"], imported["lasting_events"]) == (2, 1)
    live = databases.connection(entry)
    databases.make(entry, ORIGIN, [])
    live.use(ORIGIN.encode())
    for statement in "CREATE TABLE t (a INT)", nightly, "SET timestamp = UNIX_TIMESTAMP('2000-12-31')", past, "SET timestamp = DEFAULT":
        live.run(statement)
    ways = [{}, {"expected": imported}, {"source": source(entry, database=ORIGIN)}]
    try:
        for way in ways:
            result = verify(entry, **way)
            assert result["problems"] == [] and result["objects"]["events"] == result["objects_expected"]["events"] == 1
        live.run(later)
        assert ["event later is missing" in text for text in verify(entry, **ways[2])["problems"]] == [True]
        live.run("DROP EVENT later")
        restored.run("DROP EVENT `{0}`.nightly".format(TARGET))
        assert [len(verify(entry, **way)["problems"]) for way in ways] == [1, 1, 1]
    finally:
        live.close()
        databases.drop(entry, ORIGIN)


def note(restored, what, value):
    """Write into the ledger what another module notes there."""
    restored.run("DELETE FROM apsaradb_mysql.piece WHERE target = '{0}' AND what = '{1}'".format(TARGET, what))
    restored.run("INSERT INTO apsaradb_mysql.piece VALUES ('{0}', '{1}', 0, '{2}')".format(TARGET, what, json.dumps(value)))


def test_intended_changes_since_the_import_are_not_problems(entry, restored, tmp_path):
    """The rows of the backup are not those of now, and importing it again would bring back what an SQL file has masked."""
    (tmp_path / "mask.sql").write_text("DELETE FROM customer WHERE id = 2;\n")
    (tmp_path / "drop.sql").write_text("DROP TABLE stock_log;\nDROP EVENT nightly;\nDROP TRIGGER stock_changed;\n")
    names = ["mask.sql", "drop.sql"]
    mask = dict(OPTIONS, login_unix_socket=entry["socket"], binlog=None, databases=[TARGET], src=[str(tmp_path / name) for name in names])
    run_sql(JobContext(mask, False, pytest.fail))
    imported = {"tables": [{"name": "customer", "rows": 3}], "after_sql": [{"name": "mask.sql", "state": "complete"}]}
    for way in {}, {"expected": imported}, {"tables": ["customer"]}:
        result = verify(entry, **way)
        assert result["ok"] and result["objects_expected"] == {} and result["unexpected"] == [] and len(result["said"]) == 1
        assert result["said"][0].startswith("verify_target was changed after its import (mysql_restore_sql ran mask.sql")
        assert table(result, "customer")["rows"] == 2 and table(result, "customer")["rows_expected"] is None
    result = verify(entry, database=None, databases=[TARGET])
    assert result["ok"] and "was changed after its import" in result["said"][0]
    assert "database was changed since: mysql_restore_sql ran mask.sql, drop.sql. Omit checksum" in refused(entry, checksum=True)
    # Errors are still found, and a live source is still compared.
    assert len(verify(entry, source=source(entry))["problems"]) == 4
    restored.run("DROP TABLE customer")
    assert ["view customers cannot be read" in text for text in verify(entry)["problems"]] == [True]


def test_a_database_that_was_rolled_forward_or_is_changed_in_part(entry, restored):
    restored.run("DELETE FROM customer")
    noted = {"state": "complete", "databases": {SOURCE: TARGET}, "reached": {"gtid": "u:1"}}
    note(restored, "roll", noted)
    assert verify(entry)["ok"] and "(it was rolled forward)" in verify(entry)["said"][0]
    note(restored, "roll", dict(noted, state="started"))
    assert "A roll-forward of verify_target was interrupted" in refused(entry)
    restored.run("DELETE FROM apsaradb_mysql.piece WHERE target = '{0}' AND what = 'roll'".format(TARGET))
    note(restored, "after_sql", [{"name": "mask.sql", "sha256": "0", "state": "begun", "statements": []}])
    assert "The SQL file mask.sql was interrupted or failed in verify_target" in refused(entry)
    several = verify(entry, database=None, databases=[TARGET])
    assert not several["ok"] and "mask.sql was interrupted" in several["problems"][0]


def test_checksums_of_only_some_tables_are_not_enough(entry, restored, tmp_path):
    """Of those that a later import has restored."""
    databases.drop(entry, TARGET)
    files = databases.write(tmp_path, SQL)
    load(databases.request(entry, TARGET, files, require_complete=False))
    restored.run("DROP TABLE `{0}`.stock_log".format(TARGET))
    load(databases.request(entry, TARGET, files, require_complete=False, verify="checksum"))
    assert "no checksum of" in refused(entry, checksum=True) and verify(entry)["ok"]
    assert verify(entry, checksum=True, tables=["stock_log"])["ok"]


def refused(entry, **options):
    with pytest.raises(Failure) as caught:
        verify(entry, **options)
    return str(caught.value)


def test_refused_verifications(entry, restored, tmp_path):
    assert "The database verify_none does not exist" in refused(entry, database="verify_none")
    assert "The database verify_none does not exist" in refused(entry, source=source(entry, database="verify_none"))
    assert "No ledger in apsaradb_mysql or verify_source records an import of verify_source" in refused(entry, database=SOURCE)
    assert "the same database as the one" in refused(entry, source=source(entry, database=TARGET))
    assert "the same database as the one" in refused(
        entry, source=source(entry, database=None, login_unix_socket=None, login_host="127.0.0.1", login_port=entry["port"])
    )
    assert "no checksums to compare with" in refused(entry, checksum=True, expected={})
    for way in ways(entry):
        assert "tables selects no table or view of verify_target" in refused(entry, tables=["custmer"], **way)
    assert "matches no table" in verify(entry, tables=["stock", "custmer"])["said"][0]
    expected = {"tables": [{"name": "stock", "checksum": 1}], "server_version": "8.0.36"}
    assert "8.0.36" in refused(entry, checksum=True, expected=expected)
    # As an import begins: its report has no results yet.
    restored.run("UPDATE apsaradb_mysql.piece SET text = '{{}}' WHERE target = '{0}' AND what = 'report'".format(TARGET))
    restored.run("UPDATE apsaradb_mysql.import SET state = 'loading' WHERE target = '{0}'".format(TARGET))
    assert "is not complete" in refused(entry)


def test_an_account_that_may_not_read_mysql_user(entry, restored):
    """Then definers are not checked, and a warning says why."""
    result = verify(entry, login_user=ACCOUNT, expected={"tables": ["stock"], "objects": {"views": 2, "routines": 2, "triggers": 1, "events": 1}})
    assert result["ok"] and len(result["said"]) == 1 and "mysql.user" in result["said"][0]


@pytest.mark.parametrize(
    "granted, hidden",
    [
        ("SELECT ON `verify\\_source`.*", {"routines", "triggers", "events"}),
        ("SELECT, TRIGGER ON `verify\\_source`.*", {"routines", "events"}),
        ("SELECT, EVENT, CREATE ROUTINE ON `verify\\_source`.*", {"triggers"}),
        ("SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON `verify\\_source`.*", set()),
        ("ALL ON `verify\\_source`.*", set()),
        ("SELECT ON *.*", {"triggers", "events"}),
        ("SELECT, ALTER ROUTINE, TRIGGER, EVENT ON *.*", set()),
        ("SELECT ON `verify\\_source`.* | SHOW_ROUTINE ON *.*", {"triggers", "events"}),
        ("SHOW VIEW, TRIGGER, EVENT, EXECUTE ON *.*", None),
        ("SELECT ON verify_source.stock", None),
    ],
)
def test_a_source_that_hides_objects_from_its_account(entry, restored, granted, hidden):
    """What it does not show is not taken for missing there."""
    if "SHOW_ROUTINE" in granted and entry["name"] != "9.7":
        granted, hidden = granted.partition(" |")[0], hidden | {"routines"}
    restored.run("DROP TRIGGER stock_changed")
    restored.run("DROP EVENT nightly")
    restored.run("DROP FUNCTION twice")
    if restored.rows("SELECT 1 FROM mysql.user WHERE User = 'verify_reader'"):
        restored.run("DROP USER verify_reader@localhost")
    restored.run("CREATE USER verify_reader@localhost")
    for grant in granted.split(" | "):
        restored.run("GRANT {0} TO verify_reader@localhost".format(grant))
    try:
        reader = source(entry, login_user="verify_reader")
        if hidden is None:
            assert "may not read all tables of verify_source" in refused(entry, source=reader)
        else:
            result = verify(entry, source=reader)
            lost = {"routines": "function twice", "triggers": "trigger stock_changed", "events": "event nightly"}
            assert {kind for kind in lost if any(text.startswith(lost[kind] + " ") for text in result["problems"])} == set(lost) - hidden
            assert (
                len(result["problems"]) == 3 - len(hidden) and result["unexpected"] == [] and set(result["objects"]) - set(result["objects_expected"]) == hidden
            )
            assert len(result["said"]) == bool(hidden) and all(kind in text for kind in hidden for text in result["said"])
        if "SELECT" in granted:
            # Routines and events are not compared then. All of them may read this table.
            limited = verify(entry, source=reader, tables=["stock"])
            assert [text.partition(" of ")[0] for text in limited["said"]] == ["The triggers"] * (hidden is None or "triggers" in hidden)
    finally:
        restored.run("DROP USER verify_reader@localhost")


def test_the_source_is_read_in_one_snapshot(entry, restored):
    """Rows that are inserted meanwhile do not count, on either side."""
    reading = databases.connection(entry)
    begin_snapshot(reading)
    restored.run("INSERT INTO stock VALUES (9, 9)")
    assert count(reading, TARGET, "stock").rows == 2 and count(restored, TARGET, "stock").rows == 3
    reading.close()


def test_session_settings_do_not_change_the_comparison(entry, restored):
    restored.run("CREATE TABLE settings (at TIMESTAMP NULL, word CHAR(9), amount DOUBLE) ENGINE=InnoDB")
    restored.run("SET SESSION time_zone = '+05:00', sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'")
    restored.run("INSERT INTO settings VALUES ('2026-11-22 12:00:00', 'a', 1e-12)")
    other = databases.connection(entry)
    sums = set()
    for reading in (restored, other):
        settle(reading)
        columns = next(table for table in with_columns(reading, TARGET, existing_in(reading, TARGET)).tables if table.name == "settings").columns
        sums.add(count_and_sum(reading, TARGET, "settings", list(forms_of(columns, columns).values())).checksum)
    assert len(sums) == 1 and None not in sums
    other.close()


def test_an_inexact_checksum_is_an_error(entry, restored):
    """The server only warns, and leaves the row out of the sum."""
    restored.run("UPDATE customer SET name = REPEAT('x', 40)")
    told = count_and_sum(restored, TARGET, "customer", ["REPEAT(name, 1 << 30)"])
    assert told.rows == 3 and told.checksum is None and "max_allowed_packet" in told.error


def run(entry, check=False, **options):
    options = dict({"login_user": "root", "database": TARGET}, **options)
    options.update(login_unix_socket=entry["socket"], config_file="/dev/null", _ansible_check_mode=check)
    return Module("mysql_restore_verify", options).answer()


def test_the_module_returns_documented_values(entry, restored):
    live = {"login_unix_socket": entry["socket"], "login_user": "root", "database": SOURCE}
    for check in (False, True):
        assert run(entry, check)["ok"]
        assert run(entry, check, source=live, checksum=True)["ok"]
    restored.run("DELETE FROM customer")
    restored.run("DROP TRIGGER stock_changed")
    told = run(entry, fail_on_problems=False)
    assert not told["ok"] and not told["changed"] and len(told["problems"]) == 2
    for check in (False, True):
        answer = run(entry, check, source=live)
        assert answer["failed"] and "2 problems" in answer["msg"] and answer["changed"] is False and len(answer["problems"]) == 2
        assert "(1) table customer has 0 row(s)" in answer["msg"] and "trigger stock_changed" in answer["msg"]
    answer = run(entry, source=dict(live, login_user="nobody-at-all", login_password="hush-hush"))
    assert answer["failed"] and "1045" in answer["msg"] and "hush-hush" not in json.dumps({key: answer[key] for key in answer if key != "invocation"})
    assert "mutually exclusive" in run(entry, source=live, expected={})["msg"]


def live_at(entry):
    return source(entry, database="verify_types")


NUMBERS = "CREATE TABLE reals (id INT NOT NULL PRIMARY KEY, d DOUBLE, f FLOAT, fixed DOUBLE(20,6), short FLOAT(9,3)) ENGINE=InnoDB"


def reals():
    """Floating-point numbers of every size, and those where servers change their notation."""
    chance = random.Random(20261122)
    found = [0.0, -0.0, 1e-15, 9.999999999999999e-16, 1e15, 999999999999999.9, 1e16, 5e-324, 1.7976931348623157e308, 1e-10, 1e-28, 1e30, 0.1, -1 / 3, 2.0**64]
    found += [chance.choice((-1, 1)) * chance.uniform(1, 10) * 10.0**power for power in range(-60, 60) for _time in range(8)]
    return found + [struct.unpack("<d", struct.pack("<Q", chance.randrange(0x7FF0 << 48)))[0] for _time in range(200)]


def fill(entry):
    """A database with every type and character set; its rows are in a different order on each server."""
    databases.make(entry, "verify_types", ["column_types", "character_sets", "table_engines", "odd_names"])
    control = databases.connection(entry)
    control.use(b"verify_types")
    control.run("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
    control.run(NUMBERS)
    rows = list(enumerate(reals()))
    random.Random(entry["name"]).shuffle(rows)
    for number, value in rows:
        tame = value if 1e-35 < abs(value) < 1e35 else 1.5
        control.run("INSERT INTO reals VALUES ({0}, {1!r}, {2!r}, {3!r}, {4!r})".format(number, value, tame, math.fmod(value, 1e9), math.fmod(value, 1e5)))
    charset = "ucs2" if entry["name"] == "5.6" else "utf8mb4"
    control.run("CREATE TABLE unordered (word VARCHAR(40) CHARACTER SET {0}, big LONGTEXT) ENGINE=MyISAM".format(charset))
    # Equal rows must not cancel out, and a row may be larger than a packet.
    words = ["same", "same", "grüße", "grüße", "grüße", "中文", None] + ["word {0}".format(number) for number in range(20)]
    random.Random(entry["name"]).shuffle(words)
    for word in words:
        control.execute("INSERT INTO unordered VALUES (%s, IF(%s = 'word 7', REPEAT('0123456789', 300000), %s))", (word, word, word))
    control.close()


def test_checksums_agree_between_server_versions():
    """The same data has the same checksum on 5.6, 5.7 and 9.7, and a changed value is found from every side."""
    entries = [fixtures.server(name) for name in ("5.6", "5.7", "9.7")]
    try:
        for entry in entries:
            fill(entry)
        for one, other in [(0, 1), (0, 2), (1, 2), (2, 0)]:
            result = verify(entries[other], database="verify_types", source=live_at(entries[one]), checksum=True)
            assert result["problems"] == [], result["problems"]
            assert all(found["checksum"] for found in result["tables"]) and len(result["tables"]) > 25
        control = databases.connection(entries[0])
        control.use(b"verify_types")
        for name, damage in DAMAGES.items():
            control.run("SET SESSION sql_mode = ''")
            assert control.run(damage) == 1, damage
            result = verify(entries[2], database="verify_types", source=live_at(entries[0]), checksum=True, tables=[name])
            assert len(result["problems"]) == 1 and "different values" in result["problems"][0], damage
        control.close()
    finally:
        for entry in entries:
            databases.drop(entry, "verify_types")


# The least there can be of a change, in a type each.
DAMAGES = {
    "reals": "UPDATE reals SET d = 0.10000000000000002 WHERE id = 12",
    "numbers": "UPDATE numbers SET deci = deci + 0.000000000000000000000000000001 WHERE id = 1",
    "instants": "UPDATE instants SET fine = '9999-12-31 23:59:59.999998' WHERE id = 1",
    "bits": "UPDATE bits SET most = most - 1 WHERE id = 2",
    "bytes": "UPDATE bytes SET fixed = 0x000103 WHERE id = 1",
    "shapes": "UPDATE shapes SET p = POINT(1, 2.0000000000000004) WHERE id = 1",
    "unordered": "UPDATE unordered SET big = CONCAT(LEFT(big, 2999999), 'x') WHERE word = 'word 7'",
}


def test_json_is_the_same_after_a_restore(tmp_path):
    """A dump of 5.7 restored into 9.7, where CHECKSUM TABLE differs."""
    old, new = fixtures.server("5.7"), fixtures.server("9.7")
    databases.make(old, "verify_types", ["json_documents"])
    databases.drop(new, "verify_types")
    try:
        control = databases.connection(old)
        chance = random.Random(7)
        for number in range(300):
            document = {"n" * chance.randrange(1, 9): [chance.uniform(-1, 1) * 10 ** chance.randrange(-20, 20), number, '"\\ü😀']}
            control.execute("INSERT INTO verify_types.documents VALUES (NULL, %s, '{}')", (json.dumps(document),))
        load(databases.request(new, "verify_types", databases.write(tmp_path, databases.dump(old, "verify_types")), definer="current"))
        restored = databases.connection(new)
        assert len({side.rows("CHECKSUM TABLE verify_types.documents")[0][1] for side in (control, restored)}) == 2
        restored.close()
        assert verify(new, database="verify_types", source=live_at(old), checksum=True)["problems"] == []
        control.run("UPDATE verify_types.documents SET doc = JSON_SET(doc, '$.a', 1) WHERE id = 2")
        assert not verify(new, database="verify_types", source=live_at(old), checksum=True)["ok"]
        control.close()
    finally:
        databases.drop(old, "verify_types")
        databases.drop(new, "verify_types")
