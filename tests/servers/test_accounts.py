# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The grants of docs/accounts.md, read from the page: each is enough for its option, and needed."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import mysql_gtid, mysql_restore_verify
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Login, ServerError, connect
from ansible_collections.apsaradb.mysql.tests.servers.test_restore_verify import OPTIONS
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

PAGE = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text(encoding="utf-8")
TARGET, OTHER, ACCOUNT, DEFINER = "accounts_shop", "accounts_other", "acc_restorer", "acc_definer"

HEAD = b"-- MySQL dump\n"
TABLES = b"""CREATE TABLE customer (id INT NOT NULL PRIMARY KEY, name VARCHAR(40), KEY (name)) ENGINE=InnoDB;
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, of_customer INT, KEY (of_customer),
  CONSTRAINT of_c FOREIGN KEY (of_customer) REFERENCES customer (id)) ENGINE=InnoDB;
INSERT INTO customer VALUES (1,'a'),(2,'b');
INSERT INTO orders VALUES (1,1),(2,1),(3,2);
"""
OBJECTS = b"""CREATE VIEW names AS SELECT name FROM customer;
CREATE PROCEDURE p() SELECT 1;
CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO SELECT 1;
"""
TRIGGERS = b"""CREATE TRIGGER t BEFORE INSERT ON customer FOR EACH ROW SET NEW.name = NEW.name;
CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;
"""
SET = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"
GTIDS = "SET @@GLOBAL.GTID_PURGED='{0}';\n".format(SET).encode()
DEFINED = "CREATE DEFINER={0}@localhost VIEW owned AS SELECT id FROM customer;\n".format(DEFINER).encode()
END = b"-- Dump completed\n"


def blocks():
    """The GRANT lines of the page, in its blocks."""
    return re.findall(r"^GRANT (.+) TO (\w+)@\S+;$", PAGE, re.M)


def table(head):
    """The rows of the table whose first column has this head."""
    lines = PAGE.partition("\n| {0} |".format(head))[2].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


BASE = [grant for grant, user in blocks() if user == "restorer"][:2]
LISTED = [grant for grant, user in blocks() if user == "restorer"][2]
GRANTS = {row[0]: row[1:3] for row in table("For")}


def granted(cell):
    """The grant in a cell, [] if the cell says nothing."""
    return [] if cell == "nothing" else re.findall(r"``?([A-Z].*? ON .+?)``?(?: |$)", cell)[:1]


class Setting:
    """A server, the account, and what each case does with them."""

    def __init__(self, entry, folder):
        self.entry, self.folder = entry, folder
        self.control = databases.connection(entry)
        self.login = Login(user=ACCOUNT, password="right", unix_socket=entry["socket"])

    @property
    def old(self):
        return self.entry["name"] != "9.7"

    def unlogged(self, *statements):
        """Run them without a trace in the GTID history."""
        for statement in ("SET SESSION sql_log_bin = 0", *statements, "SET SESSION sql_log_bin = 1"):
            self.control.run(statement)

    def account(self, grants):
        """A fresh account with these grants."""
        self.remove()
        create = [statement + "@localhost IDENTIFIED BY 'right'" for statement in ("CREATE USER " + ACCOUNT, "CREATE USER " + DEFINER)]
        self.unlogged(*create, *("GRANT {0} TO {1}@localhost".format(grant.replace("`shop`", "`{0}`".format(TARGET)), ACCOUNT) for grant in grants))

    def remove(self):
        for user in ACCOUNT, DEFINER:
            if self.control.rows("SELECT 1 FROM mysql.user WHERE User = %s AND Host = 'localhost'", (user,)):
                self.unlogged("DROP USER {0}@localhost".format(user))

    def empty(self):
        """No target, and no GTID history."""
        databases.drop(self.entry, TARGET)
        self.control.run("RESET MASTER" if self.old else "RESET BINARY LOGS AND GTIDS")

    def load(self, dump, **options):
        """The outcome of an import by the account."""
        paths = databases.write(self.folder, HEAD + dump + END)
        return load(databases.request(self.entry, TARGET, paths, **dict({"login": self.login, "definer": "current"}, **options)))

    def options(self, **more):
        return dict(OPTIONS, login_user=ACCOUNT, login_password="right", login_unix_socket=self.entry["socket"], **more)


def replaced(setting):
    databases.run(setting.entry, "CREATE DATABASE {0}; CREATE TABLE {0}.old (a INT)".format(TARGET).encode())
    return setting.load(TABLES, on_existing="replace")


def load_data(setting):
    before = setting.control.value("SELECT @@GLOBAL.local_infile")
    setting.control.run("SET GLOBAL local_infile = 0")
    try:
        return setting.load(TABLES, lane="load_data")
    finally:
        setting.control.run("SET GLOBAL local_infile = {0}".format(before))


def emptied(setting):
    setting.control.run("CREATE DATABASE {0}".format(TARGET))
    return mysql_gtid.job(JobContext(setting.options(state="empty", force=False), False, pytest.fail))["changed"]


def definers_checked(setting):
    setting.load(TABLES + OBJECTS)
    warned = []
    assert mysql_restore_verify.job(JobContext(setting.options(database=TARGET), False, warned.append))["ok"]
    if warned:
        raise Failure("; ".join(warned))
    return True


CASES = {
    "tables, views, procedures and events, with `definer: current`": (lambda s: s.load(TABLES + OBJECTS), None),
    "triggers and functions, while the server's binary log is on": (lambda s: s.load(TABLES + TRIGGERS), "only SUPER create functions and triggers"),
    "`binlog: off`": (lambda s: s.load(TABLES, binlog="off"), "cannot turn off the binary log"),
    "`on_existing: replace`": (replaced, "cannot create the staging databases"),
    "`definer: keep`, if the dump names other accounts as definers": (lambda s: s.load(TABLES + DEFINED, definer="keep"), "objects with other definers"),
    "`gtid: apply`": (lambda s: s.load(GTIDS + TABLES, gtid="apply", binlog="off" if s.old else "on"), "setting GTID_PURGED needs"),
    "`gtid: reset`": (lambda s: s.load(GTIDS + TABLES, gtid="reset", binlog="off"), "gtid: reset needs|setting GTID_PURGED needs"),
    "`mysql_gtid` with `state: empty`": (emptied, "without the privilege|denied"),
    "`lane: load_data`, while `local_infile` is off": (load_data, "needs local_infile"),
    "`mysql_restore_verify`, to check that definers exist": (definers_checked, "cannot read mysql.user"),
}  # fmt: skip


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def entry(request):
    return fixtures.server(request.param)


@pytest.fixture
def setting(entry, tmp_path):
    setting = Setting(entry, tmp_path)
    setting.empty()
    yield setting
    setting.remove()
    databases.drop(entry, TARGET, OTHER)
    setting.control.close()


def test_the_page_and_the_cases_are_the_same():
    assert list(GRANTS) == list(CASES)
    assert all(len(granted(cell)) == (cell != "nothing") for cells in GRANTS.values() for cell in cells)
    follower = next(grant for grant, user in blocks() if user == "follower")
    assert follower in (Path(__file__).parent / "test_follow.py").read_text(encoding="utf-8")
    assert BASE == ["ALL ON `shop`.*", "ALL ON `apsaradb_mysql`.*"]


def test_each_grant_is_enough_and_needed(setting):
    for name, (run, refusal) in CASES.items():
        added = granted(GRANTS[name][setting.old])
        assert bool(added) == bool(refusal), name
        if refusal:
            setting.account(BASE)
            with pytest.raises((Failure, ServerError), match=refusal):
                run(setting)
            setting.empty()
        setting.account(BASE + added)
        assert run(setting), name
        setting.empty()


def test_triggers_need_no_grant_if_the_server_trusts_their_creators(setting):
    setting.account(BASE)
    before = setting.control.value("SELECT @@GLOBAL.log_bin_trust_function_creators")
    setting.control.run("SET GLOBAL log_bin_trust_function_creators = 1")
    try:
        assert setting.load(TABLES + TRIGGERS).changed
    finally:
        setting.control.run("SET GLOBAL log_bin_trust_function_creators = {0}".format(before))


def test_the_list_of_privileges_is_enough(setting):
    setting.account([re.sub("(UPDATE|DELETE), ", "", LISTED)])
    with pytest.raises(Failure, match="lacks DELETE, UPDATE.*Nothing was written"):
        setting.load(TABLES + OBJECTS)
    setting.account([LISTED])
    loaded = setting.load(TABLES + OBJECTS)
    assert [(found.rows, found.rows_expected) for found in loaded.tables] == [(2, 2), (3, 3)]
    assert any("ledger" in warning and TARGET in warning for warning in loaded.warnings)
    found = mysql_restore_verify.job(JobContext(setting.options(database=TARGET), False, lambda _warning: None))
    assert found["ok"] and found["objects"] == {"views": 1, "routines": 1, "triggers": 0, "events": 1}


def test_routines_that_the_account_cannot_read_are_named_before_they_are_replaced(setting):
    staging = BASE + granted(GRANTS["`on_existing: replace`"][setting.old])
    for more, warned in ([], ["p"]), (["SELECT ON *.*" if setting.old else "SHOW_ROUTINE ON *.*"], []):
        setting.account(staging + more)
        databases.run(setting.entry, "CREATE DATABASE {0}; CREATE DEFINER={1}@localhost PROCEDURE {0}.p() SELECT 1".format(TARGET, DEFINER).encode())
        said = [warning for warning in setting.load(TABLES, on_existing="replace").warnings if "cannot read" in warning]
        assert [re.findall(r"without a copy: (\w+)", warning)[0] for warning in said] == warned
        setting.empty()


def test_a_database_is_replaced_only_if_all_its_objects_are_visible(setting):
    """The account sees neither the trigger nor the event, and the dump has none."""
    staging = granted(GRANTS["`on_existing: replace`"][setting.old]) + BASE[1:]
    old = b"CREATE TABLE customer (id INT); CREATE TRIGGER t BEFORE INSERT ON customer FOR EACH ROW SET NEW.id = 1; "
    databases.run(setting.entry, "CREATE DATABASE {0}".format(TARGET).encode())
    databases.run(setting.entry, old + OBJECTS.replace(b"SELECT name", b"SELECT id"), TARGET)
    setting.account([re.sub("(TRIGGER|EVENT|ALTER ROUTINE|SHOW VIEW), ", "", LISTED), *staging])
    with pytest.raises(Failure, match="lacks ALTER ROUTINE, EVENT, TRIGGER, SHOW VIEW on {0}.*Nothing was written".format(TARGET)):
        setting.load(TABLES, on_existing="replace")
    setting.account([LISTED, *staging])
    if setting.old:
        with pytest.raises(Failure, match="only SUPER drop triggers .*error 1419.*{0} has 1, .*Nothing was written".format(TARGET)):
            setting.load(TABLES, on_existing="replace")
    else:
        # The view, the event and the procedure are of root.
        with pytest.raises(Failure, match="1227.*SYSTEM_USER.*The next run finishes the replacement"):
            setting.load(TABLES, on_existing="replace")
    setting.account([LISTED, *staging, "SUPER ON *.*" if setting.old else "SYSTEM_USER ON *.*"])
    setting.load(TABLES, on_existing="replace")
    assert not any(setting.control.rows("SHOW {0} FROM {1}".format(what, TARGET)) for what in ("TRIGGERS", "EVENTS"))
    assert databases.run(setting.entry, b"SHOW TABLES", TARGET).split()[1:] == [b"customer", b"orders"]


def test_objects_of_root_need_system_user(setting):
    """Since 8.0.16."""
    dump = TABLES + DEFINED.replace(DEFINER.encode(), b"root")
    added = granted(GRANTS["`definer: keep`, if the dump names other accounts as definers"][setting.old])
    setting.account(BASE + added)
    if not setting.old:
        with pytest.raises(Failure, match="1227.*SYSTEM_USER"):
            setting.load(dump, definer="keep")
        setting.account(BASE + added + ["SYSTEM_USER ON *.*"])
    warnings = setting.load(dump, definer="keep").warnings
    assert setting.control.value("SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s", (TARGET,)) == "root@localhost"
    assert not any("SYSTEM_USER" in warning for warning in warnings)


def test_the_server_refuses_what_leaves_the_target(setting):
    setting.account(BASE)
    databases.run(setting.entry, "CREATE DATABASE {0}; CREATE TABLE {0}.kept (a INT); INSERT INTO {0}.kept VALUES (1)".format(OTHER).encode())
    rows = table("Statement in a dump")
    assert len(rows) > 5
    with closing(connect(setting.login)) as connection:
        for statement, code in rows:
            with pytest.raises(ServerError) as refused:
                connection.run(statement.strip("`").replace(" restorer@", " {0}@".format(ACCOUNT)))
            assert str(refused.value.code) in code.split(" or "), statement
    assert setting.control.value("SELECT COUNT(*) FROM {0}.kept".format(OTHER)) == 1
