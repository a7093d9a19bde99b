# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases that were restored from a mysqldump follow the server that it was made from, and are promoted under a write load."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import closing

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, rolls, servers
from ansible_collections.apsaradb.mysql.tests.support.modules import Module

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

    def __init__(self, entry, count=2):
        self._entry, self._ended, self._paused = entry, threading.Event(), threading.Event()
        self._lock, self.written, self._next = threading.Lock(), [], 0
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _write(self, number):
        while not self._ended.is_set():
            with closing(databases.connection(self._entry)) as connection:
                while not self._ended.is_set() and not self._paused.is_set():
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


class Pair:
    """A source with a backup, and a server with the import of it."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.home = os.path.join(folder, "source")
        self.source = servers.start(name, self.home, server_id=4343)
        self.target = fixtures.server(name)
        self.login = {"login_unix_socket": self.target["socket"], "login_user": "root"}
        self.at_source = databases.connection(self.source)
        self.run(*ACCOUNTS + TABLES)

    def run(self, *statements):
        for statement in statements:
            self.at_source.run(statement)

    def restore(self):
        """Back up and import."""
        path = os.path.join(self.folder, "sh_op.sql")
        with open(path, "wb") as stream:
            if self.name != "9.7":
                # mariadb-dump writes no GTID set.
                stream.write("SET @@GLOBAL.GTID_PURGED='{0}';\n".format(self.at_source.value("SELECT @@GLOBAL.gtid_executed")).encode())
            options = ["--set-gtid-purged=ON", "--routines", "--triggers"] if self.name == "9.7" else []
            subprocess.run(self.source["mysqldump"] + ["--single-transaction", *options, "sh_op"], stdout=stream, check=True)
        with closing(databases.connection(self.target)) as connection:
            connection.run("DROP DATABASE IF EXISTS sh_op")
        answer = Module("mysql_sql_import", dict(self.login, src=[path], database="sh_op", on_existing="replace")).answer()
        assert not answer.get("failed"), answer["msg"]
        assert not Module("mysql_gtid", dict(self.login, state="empty")).answer().get("failed")

    def follow(self, **changes):
        return dict(dict(host="127.0.0.1", port=self.source["port"], user="follower", password=PASSWORD, ca_cert=None), **changes)

    def module(self, state, **changes):
        given = dict(self.login, database="sh_op", state=state, follow=self.follow())
        return Module("mysql_roll_forward", dict(given, **changes))

    def call(self, state, warn=lambda _text: None, follow=None, **options):
        given = dict(database="sh_op", state=state, follow=self.follow(**follow or {}))
        return rolls.in_process(self.target, "", self.folder, warn, **dict(given, **options))

    def at_target(self, query):
        with closing(databases.connection(self.target)) as connection:
            return connection.rows(query)

    def traces(self):
        """What must not be left on the target."""
        found = list(self.at_target("SHOW REPLICA STATUS" if self.name == "9.7" else "SHOW SLAVE STATUS"))
        if self.name == "9.7":
            found += self.at_target("SELECT * FROM performance_schema.persisted_variables")
        return found

    def close(self):
        self.at_source.close()
        servers.stop(self.home)
        with closing(databases.connection(self.target)) as connection:
            connection.run("DROP DATABASE IF EXISTS sh_op")


@pytest.fixture(scope="module")
def pair():
    folder = os.path.realpath(tempfile.mkdtemp(prefix="follow-"))
    made = Pair(folder, "9.7")
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def restart(pair):
    """Kill the server that follows, and start it."""
    home = os.path.dirname(pair.target["socket"])
    with open(os.path.join(home, "mysqld.pid"), encoding="ascii") as stream:
        os.kill(int(stream.read()), signal.SIGKILL)
    servers.start(pair.name, home, pair.target["cache"])


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


def test_migration_under_load(pair):
    """No row is lost or there twice, whatever is restarted; definitions with qualified names arrive; nothing is left on the server."""
    pair.restore()
    said = []
    writers = Writers(pair.source)
    try:
        assert pair.call("followed", said.append)["changed"]
        pair.run("USE other", "CREATE TABLE sh_op.made_elsewhere (id INT PRIMARY KEY)", "INSERT INTO sh_op.made_elsewhere VALUES (1)")
        pair.run("INSERT INTO other.o VALUES (1)", "INSERT INTO mysql.ha_health_check VALUES (1, NOW(6))", "CREATE USER elsewhere@localhost")
        wait_for(pair, "SELECT id FROM sh_op.made_elsewhere", [(1,)])
        again = pair.call("followed")
        assert not again["changed"] and again["running"] and again["channel"] == "apsaradb_follow", again
        restart(pair)
        status = pair.at_target("SHOW REPLICA STATUS")[0]
        assert "No" in status[10:12] and "sh\\_op.%" not in status, status
        assert pair.call("followed")["changed"]
        assert pair.call("stopped")["changed"] and not pair.call("stopped", follow=None)["changed"]
        with pytest.raises(Failure, match="channel is stopped.*state: followed"):
            pair.call("promoted")
        assert pair.call("followed")["changed"]
        with pytest.raises(Failure, match="still written to"):
            pair.call("promoted")
        writers.pause()
        answer = pair.module("promoted").answer()
        assert answer.get("changed") and answer["promoted"]["compared"], answer
        writers.switch(pair.target)
        time.sleep(0.3)
    finally:
        writers.end()
    rows = [row[0] for row in pair.at_target("SELECT n FROM sh_op.orders WHERE n > 0")]
    assert sorted(rows) == sorted(writers.written) and answer["promoted"]["tables"] == 2, answer
    at_source = [row[0] for row in pair.at_source.rows("SELECT n FROM sh_op.orders WHERE n > 0")]
    assert 50 < len(at_source) < len(rows) and answer["promoted"]["rows"] == len(at_source) + 2
    assert not pair.traces()
    assert not pair.at_target("SELECT 1 FROM mysql.user WHERE user = 'elsewhere'") and not pair.at_target("SHOW DATABASES LIKE 'other'")
    assert not pair.call("promoted")["changed"]
    with pytest.raises(Failure, match="were promoted"):
        pair.call("followed")
    with pytest.raises(Failure, match="cannot be rolled forward"):
        pair.call("rolled")
    assert not holds(os.path.dirname(pair.target["socket"]), PASSWORD[:6].encode())
