# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases that were restored from a mysqldump follow the server that it was made from, and are promoted under a write load."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from unittest import mock

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.channel import Channel
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.live_channel import LiveChannel
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import DEFAULT_DATABASE, Ledger
from ansible_collections.apsaradb.mysql.tests.servers.test_role_restore import run
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, fixtures, rolls, servers
from ansible_collections.apsaradb.mysql.tests.support.modules import Module

# New channels get a copy of such filters of the server.
FILTERS = "CHANGE REPLICATION FILTER REPLICATE_DO_DB = (crm), REPLICATE_IGNORE_DB = (other), REPLICATE_DO_TABLE = (crm.t), REPLICATE_REWRITE_DB = ((a, b))"
NO_FILTERS = re.sub(r"= \(.*?\)+(?=,|$)", "= ()", FILTERS)
PASSWORD = "Geheim'1\\23"
ACCOUNTS = [
    "CREATE USER follower@'%' IDENTIFIED BY 'Geheim''1\\\\23'",
    "GRANT REPLICATION SLAVE, REPLICATION CLIENT, SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON *.* TO follower@'%'",
    "CREATE USER reader@'%' IDENTIFIED BY 'x'",
    "GRANT SELECT ON *.* TO reader@'%'",
]
TABLES = [
    "CREATE DATABASE sh_op",
    "CREATE DATABASE other",
    "CREATE TABLE sh_op.orders (n INT NOT NULL PRIMARY KEY, writer INT)",
    "INSERT INTO sh_op.orders VALUES (-1, 0)",
    "CREATE TABLE other.o (id INT)",
    "CREATE TABLE mysql.ha_health_check (id INT PRIMARY KEY, at DATETIME(6))",
]


class Writers:
    """Threads that insert numbered rows, each number once, into the server that ``switch`` has named last."""

    def __init__(self, entry, count=2, first=1):
        self._entry, self._ended, self._paused = entry, threading.Event(), threading.Event()
        self._lock, self.written, self._next = threading.Lock(), [], first - 1
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _write(self, number):
        while not self._ended.is_set():
            entry = self._entry
            with closing(databases.connection(entry)) as connection:
                while not self._ended.is_set() and not self._paused.is_set() and entry is self._entry:
                    with self._lock:
                        self._next += 1
                        value = self._next
                    connection.run("INSERT INTO sh_op.orders (n, writer) VALUES ({0}, {1})".format(value, number))
                    self.written.append(value)
                    time.sleep(0.005)
            time.sleep(0.02)

    def pause(self):
        self._paused.set()
        time.sleep(0.3)

    def switch(self, entry):
        self._entry = entry
        self._paused.clear()

    def end(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()


def executed_at(connection):
    return connection.value("SELECT @@GLOBAL.gtid_executed").replace("\n", "")


class Pair:
    """A source with a backup, and a server with the import of it."""

    def __init__(self, folder, name, target):
        self.folder, self.name, self.target = folder, name, target
        self.home = os.path.join(folder, "source")
        self.source = servers.start(name, self.home, server_id=4343)
        self.at_source = databases.connection(self.source)
        self.run(*ACCOUNTS + TABLES)

    @property
    def login(self):
        return {"login_unix_socket": self.target["socket"], "login_user": "root"}

    def run(self, *statements):
        for statement in statements:
            self.at_source.run(statement)

    def restore(self, *missing):
        """Back up and import. The GTID set of the dump names the transactions ``missing`` too, whose rows it lacks."""
        path = os.path.join(self.folder, "sh_op.sql")
        options = ["--set-gtid-purged=OFF", "--routines", "--triggers"] if self.name == "9.7" else []
        text = subprocess.run(self.source["mysqldump"] + ["--single-transaction", *options, "sh_op"], stdout=subprocess.PIPE, check=True).stdout
        self.run(*missing)
        with open(path, "wb") as stream:
            stream.write("SET @@GLOBAL.GTID_PURGED='{0}';\n".format(executed_at(self.at_source)).encode() + text)
        with closing(databases.connection(self.target)) as connection:
            connection.run("DROP DATABASE IF EXISTS sh_op")
        answer = Module("mysql_sql_import", dict(self.login, src=[path], database="sh_op", on_existing="replace")).answer()
        assert not answer.get("failed"), answer["msg"]
        assert not Module("mysql_gtid", dict(self.login, state="empty")).answer().get("failed")

    def keep_binlogs(self):
        """Copies of the source's binary logs."""
        folder = tempfile.mkdtemp(dir=self.folder)
        self.run("FLUSH BINARY LOGS")
        for row in self.at_source.rows("SHOW BINARY LOGS"):
            shutil.copy(os.path.join(self.home, "data", row[0]), folder)
        return folder

    def follow(self, **changes):
        return dict(dict(host="127.0.0.1", port=self.source["port"], user="follower", password=PASSWORD, ca_cert=None), **changes)

    def module(self, state, **changes):
        given = dict(self.login, database="sh_op", state=state, follow=self.follow())
        return Module("mysql_roll_forward", dict(given, **changes))

    def call(self, state, warn=lambda _text: None, follow=None, target=None, **options):
        given = dict(database="sh_op", state=state, follow=self.follow(**follow or {}), binlogs="")
        return rolls.in_process(target or self.target, work_path=self.folder, warn=warn, **dict(given, **options))

    def at_target(self, query):
        with closing(databases.connection(self.target)) as connection:
            return connection.rows(query)

    def traces(self):
        """What must not be left on the target."""
        found = list(self.at_target("SHOW REPLICA STATUS" if self.target["name"] == "9.7" else "SHOW SLAVE STATUS"))
        if self.target["name"] == "9.7":
            found += self.at_target("SELECT * FROM performance_schema.persisted_variables")
        return found

    def close(self):
        self.at_source.close()
        servers.stop(self.home)
        with closing(databases.connection(self.target)) as connection:
            # What a failed test has left would make others fail.
            for statement in ("STOP REPLICA", "RESET REPLICA ALL", "RESET PERSIST IF EXISTS skip_replica_start", NO_FILTERS) if self.name == "9.7" else ():
                connection.run(statement)
            for name in "sh_op", "aside":
                connection.run("DROP DATABASE IF EXISTS {0}".format(name))


@pytest.fixture(scope="module")
def pair():
    folder = os.path.realpath(tempfile.mkdtemp(prefix="follow-"))
    made = Pair(folder, "9.7", fixtures.server("9.7"))
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def restart(pair, **settings):
    """Kill the server that follows, and start it."""
    home = os.path.dirname(pair.target["socket"])
    with open(os.path.join(home, "mysqld.pid"), encoding="ascii") as stream:
        os.kill(int(stream.read()), signal.SIGKILL)
    servers.start(pair.name, home, pair.target["cache"], **settings)


def holds(folder, secret):
    """Files with the secret in them."""
    found = []
    for base, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            if os.path.isfile(path):
                with open(path, "rb") as stream:
                    if secret in stream.read():
                        found.append(path)
    return found


def wait_for(pair, query, wanted):
    ends = time.monotonic() + 60
    while pair.at_target(query) != wanted and time.monotonic() < ends:
        time.sleep(0.1)
    assert pair.at_target(query) == wanted


def wait_for_failure(pair):
    """Follow until it fails."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        pair.call("followed")
        time.sleep(0.2)


def kill_after(pair, statement, state):
    """Call the module in a process that is killed as soon as the server has executed a statement that begins so."""
    rolls.kill_after(statement, lambda: pair.call(state))


def change(connection, name, value):
    """Set a global variable; returns the statement that puts it back."""
    kept = connection.value("SELECT @@GLOBAL.{0}".format(name))
    connection.run("SET GLOBAL {0} = {1!r}".format(name, value))
    return "SET GLOBAL {0} = {1!r}".format(name, kept)


@contextmanager
def waiting_for_a_replica(pair, statement):
    """The source has sent the statement's transaction, and waits for a replica with semi-synchronous replication before it commits."""
    pair.run("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'", "SET GLOBAL rpl_semi_sync_source_timeout = 1500")
    pair.run("SET GLOBAL rpl_semi_sync_source_enabled = ON")
    with closing(databases.connection(pair.source)) as connection:
        thread = threading.Thread(target=connection.run, args=(statement,))
        thread.start()
        try:
            yield
        finally:
            thread.join()
            pair.run("SET GLOBAL rpl_semi_sync_source_enabled = OFF", "UNINSTALL PLUGIN rpl_semi_sync_source")


REFUSED = [
    (dict(follow=dict(user="reader", password="x")), None, "account reader of the source lacks the privilege REPLICATION SLAVE.*Grant it REPLICATION SLAVE"),
    (dict(follow=dict(password="wrong")), None, "MySQL error 1045"),
    (dict(follow=dict(port=1)), None, "MySQL error 2003"),
    (dict(source_database="before", database="sh_op"), None, "must keep its original name: before"),
    (dict(gtid_set="11111111-1111-1111-1111-111111111111:1-5"), None, "it is a different instance"),
    ({}, ("server_id", 1097), "has the server_id 1097, and the source 1097"),
    ({}, ("gtid_mode", "ON_PERMISSIVE"), "gtid_mode of the source is ON_PERMISSIVE"),
    ({}, ("binlog_format", "MIXED"), "binlog_format=MIXED"),
    ({}, ("time_zone", "Nowhere/Zone"), "time zone Nowhere/Zone, which this server does not know.*mysql_tzinfo_to_sql"),
]


def test_refused_before_anything_changes(pair):
    """Each reason is found before, with its cure; several are named together."""
    pair.restore()
    pair.run("INSERT INTO mysql.time_zone VALUES (1, 'N')", "INSERT INTO mysql.time_zone_name VALUES ('Nowhere/Zone', 1)")
    pair.run("INSERT INTO mysql.time_zone_transition_type VALUES (1, 0, 0, 0, 'UTC')", "INSERT INTO sh_op.orders VALUES (-2, 0)")
    for options, setting, message in REFUSED:
        back = change(pair.at_source, *setting) if setting else None
        try:
            with pytest.raises(Failure, match=message):
                raise AssertionError((message, pair.call("followed", **options)))
        finally:
            pair.run(*[back] if back else [])
    with closing(databases.connection(pair.target)) as connection:
        connection.run("CREATE EVENT sh_op.nightly ON SCHEDULE EVERY 1 DAY DO SELECT 1")
        with pytest.raises(Failure, match="sh_op.nightly. Run SET GLOBAL event_scheduler = OFF"):
            pair.call("followed")
        connection.run("DROP EVENT sh_op.nightly")
    pair.run("FLUSH BINARY LOGS", "PURGE BINARY LOGS TO '{0}'".format(pair.at_source.rows("SHOW BINARY LOGS")[-1][0]))
    pair.run("DROP DATABASE other")
    with pytest.raises(Failure, match="[(]1[)] The server has the server_id.*[(]2[)] The source has purged binary logs.*1236.*state: rolled"):
        back = change(pair.at_source, "server_id", 1097)
        try:
            pair.call("followed")
        finally:
            pair.run(back, "CREATE DATABASE other", "CREATE TABLE other.o (id INT)")
    with pytest.raises(Failure, match="do not follow.*state: followed"):
        pair.call("promoted")
    assert pair.at_source.value("SELECT @@server_uuid") not in pair.at_target("SELECT @@GLOBAL.gtid_executed")[0][0] and not pair.traces()


def test_migration_under_load(pair):
    """No row is lost or there twice, whatever is killed or restarted; definitions with qualified names arrive; nothing is left on the server."""
    writers = Writers(pair.source)
    with closing(databases.connection(pair.target)) as connection:
        connection.run(FILTERS)
        connection.run("CREATE DATABASE aside")
    try:
        time.sleep(0.2)
        pair.restore()
        binlogs = pair.keep_binlogs()
        rolled = pair.call("rolled", binlogs=binlogs)
        assert rolled["changed"] and rolled["overlap"]["transactions"], rolled
        with mock.patch.object(LiveChannel, "_start", lambda self, user, _password: Channel._start(self, user, "wrong")):
            with pytest.raises(Failure, match="MySQL error 1045.*from the address of this server"):
                pair.call("followed")
        assert not pair.traces() and not pair.call("rolled", binlogs=binlogs)["changed"]
        for statement in ("SET PERSIST_ONLY", "CHANGE REPLICATION SOURCE", "CHANGE REPLICATION FILTER", "START REPLICA"):
            kill_after(pair, statement, "followed")
        assert pair.call("followed", check_mode=True)["changed"]
        assert pair.call("followed")["changed"]
        pair.run("USE other", "CREATE TABLE sh_op.made_elsewhere (id INT PRIMARY KEY)", "INSERT INTO sh_op.made_elsewhere VALUES (1)")
        pair.run("INSERT INTO other.o VALUES (1)", "INSERT INTO mysql.ha_health_check VALUES (1, NOW(6))", "CREATE USER elsewhere@localhost")
        pair.run("INSERT INTO sh_op.orders VALUES (-5, 0)")
        wait_for(pair, "SELECT n FROM sh_op.orders WHERE n = -5", [(-5,)])
        with waiting_for_a_replica(pair, "INSERT INTO sh_op.orders VALUES (-6, 0)"):
            wait_for(pair, "SELECT n FROM sh_op.orders WHERE n = -6", [(-6,)])
            assert not pair.at_source.rows("SELECT n FROM sh_op.orders WHERE n = -6")
            again = pair.call("followed")
        assert not again["changed"] and again["running"] and again["channel"] == "apsaradb_follow", again
        restart(pair)
        status = pair.at_target("SHOW REPLICA STATUS")[0]
        assert "No" in status[10:12] and "sh\\_op.%" not in status, status
        assert pair.call("followed")["changed"]
        with pytest.raises(Failure, match="The databases do not follow a source.*Others do: name exactly those"):
            pair.call("stopped", database="aside")
        assert pair.call("stopped")["changed"] and not pair.call("stopped", follow=None)["changed"]
        with pytest.raises(Failure, match="channel is stopped.*state: followed"):
            pair.call("promoted")
        assert pair.call("followed")["changed"]
        with pytest.raises(Failure, match="still being written to"):
            pair.call("promoted")
        writers.pause()
        for statement in ("STOP REPLICA", "RESET REPLICA", "RESET PERSIST"):
            kill_after(pair, statement, "promoted")
        answer = pair.module("promoted").answer()
        assert answer.get("changed") and answer["promoted"]["compared"], answer
        writers.switch(pair.target)
        time.sleep(0.3)
    finally:
        writers.end()
    rows = [row[0] for row in pair.at_target("SELECT n FROM sh_op.orders WHERE n > 0")]
    assert sorted(rows) == sorted(writers.written) and answer["promoted"]["tables"] == 2, answer
    at_source = [row[0] for row in pair.at_source.rows("SELECT n FROM sh_op.orders WHERE n > 0")]
    counted = pair.at_source.value("SELECT COUNT(*) FROM sh_op.orders") + 1
    assert 50 < len(at_source) < len(rows) and answer["promoted"]["rows"] == counted
    assert not pair.traces()
    assert not pair.at_target("SELECT 1 FROM mysql.user WHERE user = 'elsewhere'") and not pair.at_target("SHOW DATABASES LIKE 'other'")
    assert not pair.call("promoted")["changed"]
    with pytest.raises(Failure, match="were promoted"):
        pair.call("followed")
    with pytest.raises(Failure, match="cannot be rolled forward"):
        pair.call("rolled")
    assert not holds(os.path.dirname(pair.target["socket"]), PASSWORD[:6].encode())


def test_backup_without_binary_logs(pair):
    """It can follow at once. Rows that the GTID set names and the dump lacks are mended, whatever is killed, and nothing is changed twice.

    A GTID that the source has passed is enough for the end; what changes is not compared.
    """
    pair.run("CREATE TABLE sh_op.no_key (what INT)", "INSERT INTO sh_op.no_key VALUES (1)", "INSERT INTO sh_op.orders VALUES (-21, 0)")
    pair.restore("INSERT INTO sh_op.orders VALUES (-20, 0)", "UPDATE sh_op.orders SET writer = 7 WHERE n = -1", "DELETE FROM sh_op.orders WHERE n = -21")
    pair.run("INSERT INTO sh_op.no_key VALUES (2)")
    # What a killed roll-forward of another database leaves.
    with closing(databases.connection(pair.target)) as connection:
        connection.run("SET PERSIST_ONLY skip_replica_start = ON")
        connection.run("SET GLOBAL replica_exec_mode = IDEMPOTENT")
        gone = Ledger(DEFAULT_DATABASE, "gone")
        gone.note_roll(connection, {"state": "running", "databases": {"gone": "gone"}, "exec_mode": "STRICT", "restart": "held"})
        kill_after(pair, "SET @@GLOBAL.gtid_purged", "followed")
        assert gone.roll(connection) == {"state": "running", "databases": {"gone": "gone"}}
        assert connection.value("SELECT @@GLOBAL.replica_exec_mode") == "STRICT"
        gone.remove(connection)
    said = []
    for statement in ("SET GLOBAL replica_exec_mode = 'IDEMPOTENT'", "START REPLICA UNTIL", "SET GLOBAL replica_exec_mode = 'STRICT'"):
        kill_after(pair, statement, "followed")
    pair.run("INSERT INTO sh_op.orders VALUES (-3, 0)")
    assert pair.call("followed", said.append)["changed"] and "binary logs first" not in str(said), said
    assert pair.at_target("SELECT @@GLOBAL.replica_exec_mode") == [("STRICT",)]
    reached = executed_at(pair.at_source)
    wait_for(pair, "SELECT n FROM sh_op.orders WHERE n = -3", [(-3,)])
    for table in ("orders", "no_key"):
        query = "SELECT * FROM sh_op.{0} ORDER BY 1".format(table)
        assert pair.at_target(query) == pair.at_source.rows(query)
    pair.run("XA START 'x'", "INSERT INTO other.o VALUES (9)", "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'", "INSERT INTO sh_op.orders VALUES (-4, 0)")
    for code in (3898, 1397):
        with pytest.raises(Failure, match="MySQL error {0}.*Skip the transaction".format(code)) as caught:
            wait_for_failure(pair)
        with closing(databases.connection(pair.target)) as connection:
            connection.run("SET gtid_next = '{0}'".format(re.search("transaction '([^']+)'", str(caught.value)).group(1)))
            connection.run("BEGIN")
            connection.run("COMMIT")
    assert pair.call("followed")["changed"]
    wait_for(pair, "SELECT n FROM sh_op.orders WHERE n = -4", [(-4,)])
    with pytest.raises(Failure, match="has not executed these transactions of until_gtid"):
        pair.call("promoted", until_gtid=reached + ":999999")
    with closing(databases.connection(pair.target)) as connection:
        connection.run("DELETE FROM sh_op.orders WHERE n = -1")
        time.sleep(2.5)
        with pytest.raises(Failure, match="differ from those of the source: sh_op: table orders has .* they still follow"):
            pair.call("promoted")
        connection.run("INSERT INTO sh_op.orders VALUES (-1, 7)")
    writers = Writers(pair.source, 1, first=1000000)
    try:
        time.sleep(0.3)
        done = pair.call("promoted", said.append, until_gtid=reached)
    finally:
        writers.end()
    assert done["promoted"] == {"gtid_set": reached, "compared": False, "tables": None, "rows": None} and "not compared" in said[-1]
    assert pair.at_target("SELECT n FROM sh_op.orders WHERE n = -3") and not pair.traces()


def test_a_database_that_follows_is_not_imported_again(pair):
    """Only without the channel, which would change the new rows. The settings of the channel are put back by the next run."""
    pair.restore()
    assert pair.call("followed")["changed"]
    with closing(databases.connection(pair.target)) as connection:
        back = change(connection, "replica_exec_mode", "IDEMPOTENT")
        with pytest.raises(Failure, match="replica_exec_mode is IDEMPOTENT.*SET GLOBAL replica_exec_mode = 'STRICT'"):
            pair.call("followed")
        connection.run(back)
        with open(os.path.join(pair.folder, "sh_op.sql"), "ab") as stream:
            stream.write(b"-- Another backup\n")
        given = dict(pair.login, src=[stream.name], database="sh_op", on_existing="replace")
        pair.call("stopped")
        refused = Module("mysql_sql_import", given).answer()
        assert "replication channel of mysql_roll_forward exists, which changes the database sh_op" in refused["msg"], refused
        for statement in re.search("remove the channel: (.*ALL FOR CHANNEL 'apsaradb_follow')", refused["msg"]).group(1).split("; "):
            connection.run(statement)
    assert Module("mysql_sql_import", given).answer().get("changed") and ("skip_replica_start", "ON") in pair.traces()
    assert not Module("mysql_gtid", dict(pair.login, state="empty")).answer().get("failed")
    assert pair.call("followed")["changed"] and pair.call("promoted")["changed"] and not pair.traces()


def test_role_restores_and_follows(pair, tmp_path):
    """The database follows after its restore. The second run changes nothing."""
    with closing(databases.connection(pair.target)) as connection:
        connection.run("DROP DATABASE IF EXISTS sh_op")
    assert not Module("mysql_gtid", dict(pair.login, state="empty")).answer().get("failed")
    argv = pair.source["mysqldump"] + ["--single-transaction", "--set-gtid-purged=ON", "sh_op"]
    archive = backups.make(tmp_path, {"sh_op": (subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout,)}, layout="flat")
    source = {name: value for name, value in pair.follow().items() if value is not None}
    given = {"restore_archive": str(archive), "restore_databases": ["sh_op"], "restore_follow": source, "restore_verify": "full"}
    results = run(pair.target, tmp_path, {"first": given, "again": given, "both": dict(given, restore_until="2099-01-01 00:00:00")})
    assert results["first"].get("changed") and results["first"]["following"]["running"], results["first"]
    again = results["again"]
    assert again.get("changed") is False and again["following"]["running"] and again["rolled_forward"] == {"following": True, "complete": False}, again
    assert "restore_follow cannot be combined with" in results["both"]["failed"], results["both"]
    pair.run("INSERT INTO sh_op.orders VALUES (-9, 0)")
    wait_for(pair, "SELECT n FROM sh_op.orders WHERE n = -9", [(-9,)])
    assert PASSWORD[:6] not in (tmp_path / "results.json").read_text()
    # Tests of other files use this server.
    with closing(databases.connection(pair.target)) as connection:
        for statement in "STOP REPLICA", "RESET REPLICA ALL", "RESET PERSIST skip_replica_start":
            connection.run(statement)
    assert not pair.traces()


def certificate(folder, name):
    """A certificate for 127.0.0.1 that is its own authority; returns the paths of it and of its key."""
    paths = [os.path.join(folder, name + end) for end in (".pem", ".key")]
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -out".split()
    subprocess.run([*command, paths[0], "-keyout", paths[1]], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return paths


def test_tls_that_the_account_requires(pair):
    """With ca_cert, the comparison and the channel both use TLS. An authority that has not signed the source's certificate is refused."""
    (trusted, key), (foreign, _key) = certificate(pair.folder, "trusted"), certificate(pair.folder, "foreign")
    for name, path in (("ssl_ca", trusted), ("ssl_cert", trusted), ("ssl_key", key)):
        pair.run("SET GLOBAL {0} = '{1}'".format(name, path))
    pair.run("ALTER INSTANCE RELOAD TLS", "CREATE USER secured@'%' IDENTIFIED BY 'x' REQUIRE SSL")
    pair.run("GRANT REPLICATION SLAVE, REPLICATION CLIENT, SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON *.* TO secured@'%'")
    pair.restore()
    # Then the gap between snapshot and GTID set cannot be closed.
    pair.run("FLUSH BINARY LOGS", "PURGE BINARY LOGS TO '{0}'".format(pair.at_source.rows("SHOW BINARY LOGS")[-1][0]))
    pair.run("FLUSH BINARY LOGS", "PURGE BINARY LOGS TO '{0}'".format(pair.at_source.rows("SHOW BINARY LOGS")[-1][0]))
    said = []
    account = {"user": "secured", "password": "x"}
    with pytest.raises(Failure, match="(?i)certificate"):
        pair.call("followed", follow=dict(account, ca_cert=foreign))
    assert pair.traces() == []
    account["ca_cert"] = trusted
    assert pair.call("followed", said.append, follow=account)["running"] and "roll forward with binary logs first" in str(said), said
    pair.run("INSERT INTO sh_op.orders VALUES (-19, 9)")
    wait_for(pair, "SELECT writer FROM sh_op.orders WHERE n = -19", [(9,)])
    assert trusted in pair.at_target("SHOW REPLICA STATUS")[0]
    assert not pair.call("followed", follow=account)["changed"]
    assert pair.call("promoted", follow=account)["changed"] and pair.traces() == []
    pair.run("DROP USER secured@'%'", "DELETE FROM sh_op.orders WHERE n = -19")


@pytest.mark.by_night
def test_mysql_57(tmp_path):
    """Filters of the whole server: refused where a restart would lose them; otherwise nothing is applied without them. MySQL 9.7 follows it too."""
    folder = os.path.realpath(str(tmp_path))
    home = os.path.join(folder, "target")
    settings = dict(server_id=4344, relay_log_recovery=True)
    made = Pair(folder, "5.7", servers.start("5.7", home, **settings))
    try:
        made.restore("INSERT INTO sh_op.orders VALUES (-4, 1)")
        with closing(databases.connection(fixtures.server("5.7"))) as connection:
            connection.run("CREATE DATABASE IF NOT EXISTS sh_op")
            with pytest.raises(Failure, match="relay_log_recovery=ON"):
                made.call("followed", target=fixtures.server("5.7"), gtid_set=made.at_source.value("SELECT @@GLOBAL.gtid_executed"))
            connection.run("DROP DATABASE sh_op")
        kill_after(made, "CHANGE REPLICATION FILTER", "followed")
        kill_after(made, "START SLAVE UNTIL", "followed")
        assert made.call("followed")["changed"] and not made.call("followed")["changed"]
        assert made.at_target("SELECT n, @@GLOBAL.slave_exec_mode FROM sh_op.orders WHERE n = -4") == [(-4, "STRICT")]
        made.run("USE other", "CREATE TABLE sh_op.made_elsewhere (id INT PRIMARY KEY)", "INSERT INTO sh_op.orders VALUES (1, 1)")
        wait_for(made, "SELECT n FROM sh_op.orders WHERE n = 1", [(1,)])
        restart(made, **settings)
        made.run("CREATE DATABASE unwanted", "INSERT INTO sh_op.orders VALUES (2, 1)")
        assert made.call("followed")["changed"]
        wait_for(made, "SELECT n FROM sh_op.orders WHERE n = 2", [(2,)])
        assert made.call("promoted")["promoted"]["rows"] == 4
        assert not made.traces() and ("unwanted",) not in made.at_target("SHOW DATABASES")
        with closing(databases.connection(made.target)) as connection:
            connection.run("CHANGE MASTER TO MASTER_HOST = 'nowhere'")
            status = connection.records("SHOW SLAVE STATUS")[0]
            assert not [name for name, value in status.items() if name.startswith("Replicate_") and value]
        made.target = fixtures.server("9.7")
        made.restore("INSERT INTO sh_op.orders VALUES (-6, 1)", "DELETE FROM sh_op.orders WHERE n = -4")
        done = made.call("followed")
        assert done["changed"] and done["rows_mended"]["tables"] == {"sh_op.orders": 2}, done
        made.run("USE other", "ALTER TABLE sh_op.orders ADD COLUMN note VARCHAR(9) DEFAULT 'x'", "INSERT INTO sh_op.orders VALUES (3, 1, 'y')")
        assert made.call("promoted")["promoted"]["rows"] == 5 and not made.traces()
        assert made.at_target("SELECT note FROM sh_op.orders ORDER BY n") == [("x",), ("x",), ("x",), ("x",), ("y",)]
    finally:
        made.close()
        servers.stop(home)
