# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database restored from a real mysqldump is rolled forward with real binary logs of a server under load.

APSARADB_MYSQL_ROLL_KILLS says how many cases with a kill there are (1; 9 and more for a release): the restored server, the module, the private source.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._source_guard import servers_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import DEFAULT_DATABASE, Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import HIDDEN_COLUMN
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, rolls, servers
from ansible_collections.apsaradb.mysql.tests.support.modules import Module
from ansible_collections.apsaradb.mysql.tests.support.servers import get_software

ACCOUNTS = Path(__file__).parents[2] / "docs" / "accounts.md"
KILLS = int(os.environ.get("APSARADB_MYSQL_ROLL_KILLS", "1"))

# The server of RDS adds it to tables without a primary key; the rows have it in the binary log, and the dump does not.
HIDDEN = r",\n  (KEY )?[(`]+{0}\b[^\n]*?(?=,?\n)".format(HIDDEN_COLUMN)
TABLES = b"""
CREATE TABLE orders (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, note VARCHAR(60), at TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6)) ENGINE=InnoDB;
CREATE TABLE items (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, order_id INT NOT NULL, price DECIMAL(9,2), KEY (order_id),
  CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE) ENGINE=InnoDB;
CREATE TABLE log_lines (what VARCHAR(60)) ENGINE=InnoDB;
INSERT INTO orders (note) VALUES ('first'), ('it''s'), ('third');
INSERT INTO items (order_id, price) VALUES (1, 1.5), (2, 2.5), (2, 3);
INSERT INTO log_lines VALUES ('a'), ('a');
"""


def xa(name, end, *statements):
    """An XA transaction in two phases."""
    start, *others = ["XA {0} '{1}'".format(verb, name) for verb in ("START", "END", "PREPARE", end)]
    return [start, *statements, *others]


LATER = [
    "INSERT INTO shop.orders (note) VALUES ('after the dump')",
    "UPDATE shop.items SET price = price + 1",
    "DELETE FROM shop.orders WHERE id = 2",
    "FLUSH BINARY LOGS",
    "USE shop",
    "ALTER TABLE orders ADD COLUMN state INT NOT NULL DEFAULT 7",
    "ALTER TABLE shop.orders ADD COLUMN qualified DATETIME DEFAULT CURRENT_TIMESTAMP",
    "INSERT INTO orders (note, state) VALUES ('with the new columns', 8)",
    "USE other",
    "CREATE TABLE `shop`.made_elsewhere (id INT PRIMARY KEY, what VARCHAR(20) DEFAULT 'shop.t')",
    "INSERT INTO shop.made_elsewhere (id) VALUES (1), (2)",
    "INSERT INTO o (id) VALUES (1), (1), (2), (3)",
    "UPDATE o SET id = 7 WHERE id = 2",
    "DELETE FROM o WHERE id = 3",
    "CREATE PROCEDURE p() SELECT 1",
    "USE shop",
    "CREATE USER rolled@localhost",
    "GRANT SELECT ON shop.* TO rolled@localhost",
    "DROP USER rolled@localhost",
    "CREATE TABLE made (id INT PRIMARY KEY)",
    "INSERT INTO made VALUES (1), (2), (3)",
    "CREATE VIEW seen AS SELECT id FROM orders",
    "CREATE TRIGGER counts BEFORE INSERT ON made FOR EACH ROW SET @n = 1",
    "INSERT INTO made VALUES (4)",
    "RENAME TABLE made TO renamed",
    # MySQL cannot filter these: one that is left empty stops the channel.
    *xa("filtered", "COMMIT", "INSERT INTO other.o (id) VALUES (90)"),
    *xa("applied", "COMMIT", "INSERT INTO renamed VALUES (91)"),
    *xa("filtered, undone", "ROLLBACK", "INSERT INTO other.o (id) VALUES (92)"),
    *xa("undone", "ROLLBACK", "INSERT INTO renamed VALUES (93)"),
    *xa("mixed", "COMMIT", "INSERT INTO other.o (id) VALUES (97)", "INSERT INTO renamed VALUES (97)"),
    "XA START 'one phase'",
    "INSERT INTO other.o (id) VALUES (98)",
    "XA END 'one phase'",
    "XA COMMIT 'one phase' ONE PHASE",
    "INSERT INTO log_lines VALUES ('b')",
]


def of_namesake(name):
    """Changes in a database of the source that has the name of a target. They do not concern the target."""
    statements = [
        "CREATE TABLE IF NOT EXISTS orders (id INT NOT NULL PRIMARY KEY)",
        "INSERT INTO orders (id) VALUES (1000)",
        "CREATE TABLE namesake (id INT)",
        "ALTER TABLE orders ADD COLUMN namesake INT",
    ]
    return ["CREATE DATABASE {0}".format(name), "USE {0}".format(name), *statements, "USE shop", "DROP DATABASE {0}".format(name)]


class Origin:
    """The source of the binary logs: a server, its dump, and copies of its binary logs."""

    def __init__(self, folder, name="9.7"):
        self.folder = folder
        self.server = servers.start(name, os.path.join(folder, "origin"), server_id=4242)
        self.connection = databases.connection(self.server)
        self.dump = os.path.join(folder, "shop.sql")
        self.modern = name == "9.7"

    def run(self, *statements):
        for statement in statements:
            self.connection.run(statement)

    def make(self):
        self.run(
            "CREATE DATABASE shop",
            "CREATE DATABASE other",
            "CREATE TABLE other.o (id INT, `{0}` BIGINT NOT NULL AUTO_INCREMENT, KEY (`{0}`))".format(HIDDEN_COLUMN),
        )
        databases.run(self.server, TABLES, "shop")

    @contextmanager
    def under_load(self):
        """While another connection writes rows into shop.busy."""
        self.run("CREATE TABLE shop.busy (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, n INT)")
        ended = threading.Event()

        def write():
            with closing(databases.connection(self.server)) as connection:
                while not ended.is_set():
                    connection.run("INSERT INTO shop.busy (n) VALUES (1), (2)")
                    connection.run("UPDATE shop.busy SET n = n + 1 WHERE id % 7 = 3")
                    time.sleep(0.005)

        load = threading.Thread(target=write)
        load.start()
        try:
            yield
        finally:
            ended.set()
            load.join()

    def back_up(self, database="shop"):
        self.dump = os.path.join(self.folder, database + ".sql")
        self.backed_up = self.executed()
        if self.modern:
            options = ["--single-transaction", "--set-gtid-purged=ON", "--routines", "--triggers", database]
            done = subprocess.run(self.server["mysqldump"] + options, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
            text = done.stdout
        else:
            # mariadb-dump writes no GTID set.
            done = subprocess.run(self.server["mysqldump"] + ["--single-transaction", "shop"], stdout=subprocess.PIPE, check=True)
            text = "SET @@GLOBAL.GTID_PURGED='{0}';\n".format(self.executed()).encode() + done.stdout
        with open(self.dump, "wb") as stream:
            stream.write(re.sub(HIDDEN.encode(), b"", text))

    def executed(self):
        return str(self.connection.value("SELECT @@GLOBAL.gtid_executed")).replace("\n", "")

    def now(self):
        """A time between transactions: a second in which nothing is committed follows."""
        text = str(self.connection.value("SELECT UTC_TIMESTAMP(6)"))
        time.sleep(1.1)
        return text

    def keep_binlogs(self, name="binlogs"):
        """Copy the binary logs; returns the folder."""
        self.run("FLUSH BINARY LOGS" if self.modern else "FLUSH LOGS")
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        for row in self.connection.rows("SHOW BINARY LOGS"):
            shutil.copy(os.path.join(self.folder, "origin", "data", row[0]), folder)
        return folder

    def close(self):
        self.connection.close()
        servers.stop(os.path.join(self.folder, "origin"))


def rows_of(connection, database):
    """Everything in a database: tables with their definitions and rows."""
    found = {}
    for name, kind in connection.rows("SHOW FULL TABLES FROM `{0}`".format(database)):
        made = connection.rows("SHOW CREATE TABLE `{0}`.`{1}`".format(database, name))[0][1].replace("`{0}`.".format(database), "")
        if HIDDEN_COLUMN in made:
            made = re.sub(HIDDEN + r"| AUTO_INCREMENT=\d+", "", made)
        columns = ", ".join(
            "`{0}`".format(row[0]) for row in connection.rows("SHOW COLUMNS FROM `{0}`.`{1}`".format(database, name)) if row[0] != HIDDEN_COLUMN
        )
        rows = sorted(connection.rows("SELECT {0} FROM `{1}`.`{2}`".format(columns, database, name)), key=repr)
        found[name] = ("" if kind == "VIEW" else made, rows)
    triggers = connection.rows("SELECT TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s", (database,))
    return found, sorted(triggers)


class Target:
    """The server that is rolled forward."""

    def __init__(self, entry, folder):
        self.entry = entry
        self.folder = folder
        self.login = {"login_unix_socket": entry["socket"], "login_user": "root"}

    def connection(self):
        return databases.connection(self.entry)

    def import_dump(self, origin, name, **options):
        with closing(self.connection()) as connection:
            connection.run("DROP DATABASE IF EXISTS `{0}`".format(name))
        answer = Module("mysql_sql_import", dict(self.login, src=[origin.dump], database=name, on_existing="replace", **options)).answer()
        assert not answer.get("failed"), answer["msg"]

    def module(self, name, binlogs, check=False, **options):
        given = dict(self.login, binlogs=binlogs, work_path=self.folder, software_path=self.entry["cache"], source="packages")
        given.update({"database": name, "source_database": "shop"} if name else {}, _ansible_check_mode=check)
        given.update(options)
        return Module("mysql_roll_forward", given)

    def roll(self, *arguments, **options):
        return self.module(*arguments, **options).answer()

    def rows(self, name):
        with closing(self.connection()) as connection:
            return rows_of(connection, name)

    def traces(self):
        """What must not be left: channels, accounts, settings, and the private server."""
        with closing(self.connection()) as connection:
            channels = connection.rows("SHOW REPLICA STATUS" if self.entry["name"] == "9.7" else "SHOW SLAVE STATUS")
            users = connection.rows("SELECT user FROM mysql.user WHERE user IN ('rolled', 'apsaradb_roll')")
            mode = connection.rows("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('replica_exec_mode', 'slave_exec_mode')")
            if self.entry["name"] == "9.7":
                mode += connection.rows("SELECT * FROM performance_schema.persisted_variables")
        left = [name for name in os.listdir(self.folder) if name.startswith("apsaradb-roll")]
        return channels, users, {row[1] for row in mode} - {"STRICT"}, left


CLEAN = ((), (), set(), [])


def clean(target):
    channels, users, modes, left = target.traces()
    return (tuple(channels), tuple(users), modes, left)


@pytest.fixture(scope="module")
def folder():
    path = tempfile.mkdtemp(prefix="roll-forward-")
    yield os.path.realpath(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def target(folder):
    found = Target(fixtures.server("9.7"), folder)
    yield found
    with closing(found.connection()) as connection:
        for name in ("back", "back_gap", "back_other", "back_killed", "back_bad"):
            connection.run("DROP DATABASE IF EXISTS {0}".format(name))


@pytest.fixture(scope="module")
def story(folder):
    """A server under load, its backup, the changes after it, the time before the accident with a copy of the rows, and the accident."""
    origin = Origin(folder)
    try:
        origin.make()
        origin.run("CREATE TABLE shop.busy (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, n INT)")
        origin.back_up("other")
        origin.other = origin.dump
        # The dump of shop has both, that of other lacks its rows: neither may be lost or applied twice if both are rolled forward in one call.
        origin.run("INSERT INTO other.o (id) VALUES (8), (9)", "ALTER TABLE shop.items ADD COLUMN between_dumps INT", "INSERT INTO shop.busy (n) VALUES (7)")
        origin.in_overlap = origin.executed()
        origin.run("INSERT INTO shop.log_lines VALUES ('before the dump')")
        ended = threading.Event()

        def write():
            with closing(databases.connection(origin.server)) as connection:
                number = 0
                while not ended.is_set():
                    number += 1
                    connection.run("INSERT INTO shop.busy (n) VALUES ({0}), ({0})".format(number))
                    connection.run("UPDATE shop.busy SET n = n + 1 WHERE id % 7 = {0} % 7".format(number))
                    time.sleep(0.005)

        load = threading.Thread(target=write)
        load.start()
        try:
            time.sleep(0.3)
            origin.run("FLUSH BINARY LOGS")
            origin.back_up()
            origin.run("FLUSH BINARY LOGS", *LATER, *of_namesake("back"))
        finally:
            ended.set()
            load.join()
        origin.reached = origin.executed()
        origin.moment = origin.now()
        origin.copy = rows_of(origin.connection, "shop")
        origin.copy_other = rows_of(origin.connection, "other")
        origin.run("USE shop", "DELETE FROM items", "DROP TABLE orders, items", "DROP TABLE shop.log_lines")
        origin.binlogs = origin.keep_binlogs()
        yield origin
    finally:
        origin.close()


def test_roll_forward_to_the_second_before_the_accident(story, target):
    """Under another name, with qualified definitions, the rows and definitions are those of that second; the second run changes nothing."""
    target.import_dump(story, "back")
    shown = target.roll("back", story.binlogs, check=True, until=story.moment)
    assert shown["changed"] and shown["window"]["stop"]["next"]["tables"] == ["shop.items"], shown
    assert {each["effect"] for each in shown["ddl"]} >= {"applied", "by_hand"} and len(shown["largest"]) == 10
    with account(target, "back") as (login, grant):
        refused = target.roll("back", story.binlogs, until=story.moment, **login)
        assert refused["failed"] and "Grant it REPLICATION_SLAVE_ADMIN, REPLICATION CLIENT, RELOAD, SYSTEM_VARIABLES_ADMIN" in refused["msg"], refused
        grant()
        done = target.roll("back", story.binlogs, until=story.moment, **login)
    assert done.get("changed") and not done["resumed"], done
    assert target.rows("back") == story.copy
    assert clean(target) == CLEAN
    counted = done["transactions"]
    window = GtidSet.parse(done["window"]["gtids"])
    assert counted["applied"] + counted["filtered"] == window.transactions and window.within(GtidSet.parse(story.reached))
    assert counted["reasons"]["rows of other databases"] == 7
    with closing(target.connection()) as connection:
        assert window.within(GtidSet.parse(connection.value("SELECT @@GLOBAL.gtid_executed")))
        assert not connection.rows("SELECT 1 FROM information_schema.ROUTINES WHERE ROUTINE_NAME = 'p'")
    # Without the overlap of the first run.
    again = target.roll("back", story.binlogs, until=story.moment, overlap=0)
    assert not again["changed"] and target.rows("back") == story.copy, again
    uuid, spans = window.members[0]
    earlier = target.roll("back", story.binlogs, until_gtid="{0}:{1}".format(uuid, spans[-1][1] - 5), check=True)
    assert earlier["failed"] and "cannot be rolled back" in earlier["msg"], earlier
    reset(target)
    twice = target.roll("back", story.binlogs, until=story.moment)
    assert twice["failed"] and "applied twice" in twice["msg"], twice


@contextmanager
def account(target, name):
    """An account with the privileges of an import, and a function that grants those that a roll-forward needs in addition, as the documentation says."""
    (line,) = re.findall(r"^GRANT (REPLICATION_SLAVE_ADMIN.* ON \*\.\*) TO restorer@", ACCOUNTS.read_text(encoding="utf-8"), re.M)
    with closing(target.connection()) as connection:
        connection.run("CREATE USER roller@localhost IDENTIFIED BY 'x'")
        for database in name, DEFAULT_DATABASE:
            connection.run("GRANT ALL ON `{0}`.* TO roller@localhost".format(database))
        try:
            yield {"login_user": "roller", "login_password": "x"}, lambda: connection.run("GRANT {0} TO roller@localhost".format(line))
        finally:
            connection.run("DROP USER roller@localhost")


def reset(target, **options):
    """Empty the GTID history, which a roll-forward has used up."""
    assert not Module("mysql_gtid", dict(target.login, state="empty", **options)).answer().get("failed")


def with_gap(story, folder, more):
    """The dump with a GTID set that names ``more`` transactions whose rows it does not have, as if mysqldump had read it that much later."""
    with open(story.dump, "rb") as stream:
        text = stream.read()
    found = re.search(rb"GTID_PURGED=.*?'([0-9a-f-]+:1-)(\d+)'", text)
    path = os.path.join(folder, "gap.sql")
    with open(path, "wb") as stream:
        stream.write(text[: found.start(2)] + str(int(found.group(2)) + more).encode() + text[found.end(2) :])
    return path, found.group(1).decode() + found.group(2).decode()


def kill_another(target, call):
    """Roll forward a database without the tables of the binary logs, and kill the module when the channel and all settings are there."""
    with closing(target.connection()) as connection:
        connection.run("CREATE DATABASE back_dead")
    mode = "replica_exec_mode" if target.entry["name"] == "9.7" else "slave_exec_mode"
    rolls.kill_after("SET GLOBAL {0} = 'IDEMPOTENT'".format(mode), lambda: call(database="back_dead", source_database="nothing"))
    reset(target, force=True)
    channels, _users, left, _folders = target.traces()
    assert channels and left == ({"IDEMPOTENT", "ON"} if target.entry["name"] == "9.7" else {"IDEMPOTENT"}), left


def forget_another(target):
    """Its note has nothing more to put back."""
    with closing(target.connection()) as connection:
        ledger = Ledger(DEFAULT_DATABASE, "back_dead")
        noted = ledger.roll(connection)
        assert noted["state"] == "running" and not {"exec_mode", "restart"} & noted.keys(), noted
        ledger.remove(connection)
        connection.run("DROP DATABASE back_dead")


def contents(folder):
    found = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as stream:
            found[name] = stream.read()
    return found


def test_gap_between_snapshot_and_set(story, target, folder):
    """Rows of transactions that the set names and the dump lacks are mended and counted. A set that was applied to the server is warned about.

    Two databases with different sets are rolled forward in one call. It puts back what a killed roll-forward of another database has left.
    """
    reset(target)
    path, dumped = with_gap(story, folder, 6)
    answer = Module("mysql_sql_import", dict(target.login, src=[path], database="back_gap", on_existing="replace", gtid="apply")).answer()
    assert not answer.get("failed"), answer
    warned = target.roll("back_gap", story.binlogs, check=True, until=story.moment)
    assert "as executed" in str(warned["warnings"]) and "gtid: strip" in str(warned["warnings"]), warned
    answer = Module("mysql_sql_import", dict(target.login, src=[story.other], database="back_other")).answer()
    assert not answer.get("failed"), answer
    reset(target)
    kill_another(target, partial(in_process, target, story.binlogs, gtid_set=story.backed_up))
    done = target.roll(None, story.binlogs, databases={"shop": "back_gap", "other": "back_other"}, until=story.moment)
    assert done.get("changed") and clean(target) == CLEAN, done
    forget_another(target)
    assert target.rows("back_gap") == story.copy and target.rows("back_other") == story.copy_other
    with closing(target.connection()) as connection:
        assert connection.rows("SELECT ROUTINE_SCHEMA FROM information_schema.ROUTINES WHERE ROUTINE_NAME = 'p'") == [("back_other",)]
    assert done["rows_mended"]["tables"].keys() == {"back_gap.busy"} and done["rows_mended"]["total"] >= 6, done["rows_mended"]
    assert GtidSet.parse(dumped).intersect(GtidSet.parse(done["window"]["gtids"])), "nothing was applied twice"
    # To the end of the files, the last of which was copied while it was written: a server that starts with it repairs it.
    before = contents(story.binlogs)
    both = {"databases": {"shop": "back_gap", "other": "back_other"}, "progress_file": os.path.join(target.folder, "progress.json")}
    running = target.module(None, story.binlogs, **both)
    while running.poll() is None and not channel_exists(target):
        time.sleep(0.02)
    running.terminate()
    running.communicate()
    assert running.returncode != 0 and clean(target) == CLEAN
    done = target.roll(None, story.binlogs, **both)
    assert done.get("changed"), done
    assert contents(story.binlogs) == before
    with open(both["progress_file"], encoding="ascii") as stream:
        progress = json.load(stream)
    expected = {"phase": "applying", "state": "ended", "percent": 100, "subject": "back_gap, back_other"}
    assert {name: progress[name] for name in expected} == expected
    assert progress["transactions_done"] == progress["transactions_total"] == GtidSet.parse(done["window"]["gtids"]).transactions, progress
    # Another database of the same instance cannot follow any more: its transactions would be skipped.
    target.import_dump(story, "back_bad")
    refused = target.roll("back_bad", story.binlogs, until=story.moment)
    assert refused["failed"] and "would skip them" in refused["msg"] and "in one call" in refused["msg"], refused


@pytest.mark.by_night
def test_overlap_of_which_a_part_counts_as_executed(story, target):
    """Tables without a primary key do not get the rest of it, which would add rows twice."""
    reset(target)
    target.import_dump(story, "back_gap")
    with closing(target.connection()) as connection:
        connection.run("SET @@GLOBAL.gtid_purged = '+{0}'".format(story.in_overlap))
    done = target.roll("back_gap", story.binlogs, until=story.moment)
    assert done.get("changed") and "leaves out these tables without a primary key" in str(done["warnings"]), done
    assert target.rows("back_gap") == story.copy


@pytest.mark.by_night
def test_names_in_lower_case(story, tmp_path):
    """On a server that compares names without case, a target may differ from its source only in that."""
    base = os.path.realpath(str(tmp_path))
    home = os.path.join(base, "server")
    entry = servers.start("9.7", home, fixtures.server("9.7")["cache"], lower_case_table_names=1)
    try:
        target = Target(entry, base)
        target.import_dump(story, "Shop")
        reset(target)
        assert target.roll("Shop", story.binlogs, until=story.moment).get("changed")
        assert target.rows("Shop") == story.copy and clean(target) == CLEAN
    finally:
        servers.stop(home)


def test_resume_with_another_overlap(story, target):
    """It would leave rows as they were in the middle of the overlap."""
    reset(target)
    target.import_dump(story, "back_gap")
    rolls.kill_after("SET GLOBAL replica_exec_mode = 'IDEMPOTENT'", partial(in_process, target, story.binlogs, database="back_gap", until=story.moment))
    given = dict(until=story.moment, overlap=0)
    assert target.roll("back_gap", story.binlogs, check=True, **given).get("changed"), "nothing of the overlap was applied"
    with closing(target.connection()) as connection:
        again = GtidSet.parse(story.in_overlap).subtract(GtidSet.parse(connection.value("SELECT @@GLOBAL.gtid_executed")))
        connection.run("SET @@GLOBAL.gtid_purged = '+{0}'".format(again))
    refused = target.roll("back_gap", story.binlogs, **given)
    assert refused["failed"] and "with the same databases (shop: back_gap), binlogs and overlap" in refused["msg"], refused
    assert target.roll("back_gap", story.binlogs, until=story.moment).get("changed")
    assert clean(target) == CLEAN


def in_process(target, binlogs, **options):
    """The job, run in this process."""
    return rolls.in_process(target.entry, binlogs, target.folder, **dict({"database": "back_bad", "source_database": "shop"}, **options))


def files_of(folder, into, change):
    """A copy of a folder of binlogs that is changed; ``change`` gets the folder and the names."""
    path = os.path.join(folder, into)
    shutil.copytree(os.path.join(folder, "binlogs"), path)
    change(path, sorted(os.listdir(path)))
    return path


def cut(path, names):
    with open(os.path.join(path, names[-2]), "r+b") as stream:
        stream.truncate(os.path.getsize(stream.name) - 10)


def damage(path, names):
    with open(os.path.join(path, names[-2]), "r+b") as stream:
        stream.seek(300)
        stream.write(b"\xff" * 40)


def encrypt(path, names):
    with open(os.path.join(path, names[-2]), "r+b") as stream:
        stream.write(b"\xfdbin")


def without(*numbers):
    def remove(path, names):
        for number in numbers:
            os.unlink(os.path.join(path, names[number]))

    return remove


def test_bad_input_is_refused_before_anything_changes(story, target, folder):
    """Each with its cure."""
    reset(target)
    target.import_dump(story, "back_bad")
    before, whole = target.rows("back_bad"), story.binlogs
    uuid = story.executed().split(":")[0]
    own = os.path.join(os.path.dirname(target.entry["socket"]), "data")
    with closing(target.connection()) as connection:
        connection.run("FLUSH BINARY LOGS")
        executed = connection.value("SELECT @@GLOBAL.gtid_executed")
    foreign = os.path.join(folder, "foreign")
    os.makedirs(foreign)
    for name in sorted(os.listdir(own)):
        if re.match(r"binlog\.\d+$", name):
            shutil.copy(os.path.join(own, name), foreign)
    cases = [
        (files_of(folder, "no_middle", without(-3)), {}, "file before this one is missing.*Fetch the missing file"),
        (files_of(folder, "no_first", without(0, 1, 2)), {}, "gap between the backup and the first binlog.*since_backup"),
        (files_of(folder, "no_last", without(-1, -2)), {"until": story.moment}, "binlogs end at .*Fetch the binlogs"),
        (files_of(folder, "cut", cut), {}, "ends inside an event"),
        (files_of(folder, "damaged", damage), {}, "byte.*Fetch"),
        (files_of(folder, "encrypted", encrypt), {}, "ncrypted.*keyring"),
        (foreign, {"gtid_set": uuid + ":1-3"}, "[Mm]issing|in common"),
        (own + "-none", {}, "cannot be read: No such file"),
        (os.path.dirname(story.dump), {}, "no binlog files.*Specify a directory"),
        (whole, {"until": "2099-01-01 00:00:00"}, "in the future"),
        (whole, {"until": "2020-01-01 00:00:00"}, "before the end of the backup.*earlier backup"),
        (whole, {"until": "soon"}, "not a valid time.*Specify a time such as"),
        (whole, {"until_gtid": uuid + ":1-900000"}, "do not contain"),
        (whole, {"until_gtid": uuid + ":1-2"}, "already contains until_gtid"),
        (whole, {"until_gtid": "yesterday"}, "not a GTID set"),
        (whole, {"before_statement": "DROP TABLE nowhere"}, "No statement in the window.*check mode"),
        (whole, {"before_statement": "DROP ("}, "regular expression"),
        (whole, {"gtid_set": uuid + ":1-900000"}, "do not contain all transactions of the backup"),
        (whole, {"database": "nobody"}, "no database nobody.*Import"),
        (whole, {"database": "mysql"}, "GTID set of the backup of mysql is not known.*Give gtid_set"),
        (whole, {"databases": {"a": "b", "c": "b"}, "database": None}, "names the same target twice"),
        (whole, {"binlog": "off"}, "but binlog is off.*binlog: auto"),
    ]
    for binlogs, options, message in cases:
        with pytest.raises(Failure, match=message):
            raise AssertionError((options, message, in_process(target, binlogs, **options)))
    oldest = Target(fixtures.server("5.6"), folder)
    with closing(oldest.connection()) as connection:
        connection.run("CREATE DATABASE IF NOT EXISTS back_bad")
        with pytest.raises(Failure, match="cannot change replication filters while it runs.*mysql_sandbox"):
            in_process(oldest, whole, gtid_set=uuid + ":1-20", until=story.moment)
        connection.run("DROP DATABASE back_bad")
    both = target.roll("back_bad", whole, until=story.moment, until_gtid=uuid + ":1-20")
    assert both["failed"] and "mutually exclusive" in both["msg"], both
    shown = target.roll("back_bad", whole, check=True, before_statement="drop table.*orders")
    assert "DROP TABLE" in shown["window"]["stop"]["next"]["statements"][0], shown
    with closing(target.connection()) as connection:
        for setting, value, message in (("server_id", 4242, "server_id of the origin"), ("gtid_mode", "ON_PERMISSIVE", "Enable GTIDs with mysql_gtid")):
            kept = connection.value("SELECT @@GLOBAL.{0}".format(setting))
            connection.run("SET GLOBAL {0} = {1}".format(setting, value))
            try:
                with pytest.raises(Failure, match=message):
                    in_process(target, whole, until=story.moment)
            finally:
                connection.run("SET GLOBAL {0} = {1}".format(setting, kept))
        assert connection.value("SELECT @@GLOBAL.gtid_executed") == executed
    assert target.rows("back_bad") == before and clean(target) == CLEAN


def pids_of(folder):
    """The process of the private source, if it runs."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name, "server", "mysqld.pid")
        if name.startswith("apsaradb-roll") and os.path.exists(path):
            with open(path, encoding="ascii") as stream:
                return [int(number) for number in stream.read().split()]
    return []


def guarded(target):
    """What is left of a private source: its folder, and its processes."""
    left = [os.path.join(target.folder, name) for name in os.listdir(target.folder) if name.startswith("apsaradb-roll")]
    return left + [pid for folder in left for pid in servers_of(folder)]


def channel_exists(target):
    try:
        with closing(target.connection()) as connection:
            return bool(connection.rows("SHOW REPLICA STATUS"))
    except Failure:
        return False


@pytest.mark.parametrize("seed", range(KILLS))
def test_kills(story, target, seed):
    """Whatever is killed, at any time: run again, the rows are those of an undisturbed run."""
    chance = random.Random(seed)
    victim = ("server", "module", "source")[seed % 3]
    reset(target)
    target.import_dump(story, "back_killed")
    running = target.module("back_killed", story.binlogs, until=story.moment)
    while running.poll() is None and not (pids_of(target.folder) if victim == "source" else channel_exists(target)) and (seed // 3) % 3 != 2:
        time.sleep(0.02)
    time.sleep(chance.uniform(0, 1.5) if (seed // 3) % 3 != 2 else chance.uniform(0, 6))
    if victim == "module":
        running.kill()
        # Its private server ends by itself.
        ended = time.monotonic() + 60
        while guarded(target) and time.monotonic() < ended:
            time.sleep(0.05)
        assert not guarded(target)
    elif victim == "source":
        for pid in pids_of(target.folder):
            os.kill(pid, signal.SIGKILL)
    else:
        home = os.path.dirname(target.entry["socket"])
        with open(os.path.join(home, "mysqld.pid"), encoding="ascii") as stream:
            os.kill(int(stream.read()), signal.SIGKILL)
        running.wait()
        servers.start("9.7", home, target.entry["cache"])
    running.communicate()
    done = target.roll("back_killed", story.binlogs, until=story.moment)
    assert not done.get("failed"), (victim, done)
    assert target.rows("back_killed") == story.copy, victim
    assert clean(target) == CLEAN
    assert not target.roll("back_killed", story.binlogs, until=story.moment)["changed"]


# By day, test_role_until rolls 5.7 forward.
@pytest.mark.by_night
def test_mysql_57(folder):
    """Its filters belong to the whole server; they are removed again. A private source of 5.7 is needed, and a history without other transactions."""
    base = os.path.join(folder, "old")
    os.makedirs(base)
    target = Target(fixtures.server("5.7"), base)
    origin = Origin(base, "5.7")
    software = get_software("5.7", target.entry["cache"])
    try:
        origin.make()
        origin.back_up()
        origin.run(*[each for each in LATER if each != "FLUSH BINARY LOGS"], *of_namesake("back_old"))
        origin.moment = origin.now()
        origin.copy = rows_of(origin.connection, "shop")
        origin.run("USE shop", "DROP TABLE items")
        folder = origin.keep_binlogs()
        target.import_dump(origin, "back_old")
        with pytest.raises(Failure, match="only while it has executed no transactions.*mysql_gtid"):
            in_process(target, folder, database="back_old", until=origin.moment)
        reset(target)
        with mock.patch(
            "ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._private_source.software_source.obtain", lambda *_any: (software, "test")
        ):
            kill_another(target, partial(in_process, target, folder, gtid_set=origin.backed_up))
            done = in_process(target, folder, database="back_old", until=origin.moment)
            assert done["changed"] and target.rows("back_old") == origin.copy, done
            assert not in_process(target, folder, database="back_old", until=origin.moment)["changed"]
        assert clean(target) == CLEAN
        forget_another(target)
        with closing(target.connection()) as connection:
            connection.run("DROP DATABASE back_old")
    finally:
        origin.close()
