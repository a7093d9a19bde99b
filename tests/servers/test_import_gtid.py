# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to the GTID set of a dump, on private servers with an empty, a separate or an overlapping history."""

import os
import tempfile

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Login
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures
from ansible_collections.apsaradb.mysql.tests.support import servers as real
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B

TARGET = "gtid_target"
SET = A + ":1-5," + B + ":1-3"
LINE = "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '{0}:1-5,\n{1}:1-3';\n".format(A, B)
HEAD = "-- MySQL dump 10.13\n-- Host: localhost    Database: shop\n\nSET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;\nSET @@SESSION.SQL_LOG_BIN= 0;\n"
BODY = "CREATE TABLE t (a INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO `t` VALUES (1),(2);\n"
END = "SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;\n-- Dump completed on 2026-01-01\n"


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def private(request):
    """A private server, whose history may be deleted."""
    shared = fixtures.server(request.param)
    with tempfile.TemporaryDirectory(prefix="gtid-test-") as folder:
        path = os.path.join(os.path.realpath(folder), "s")
        try:
            yield real.start(request.param, path, shared["cache"])
        finally:
            real.stop(path)


class Sandbox:
    def __init__(self, entry):
        self.entry = entry
        self.modern = entry["name"] == "9.7"
        self.control = databases.connection(entry)

    def reset(self, purged=""):
        """Drop all databases, and set the history to this set."""
        databases.drop(self.entry, TARGET)
        self.control.run("RESET BINARY LOGS AND GTIDS" if self.modern else "RESET MASTER")
        if purged:
            self.control.run("SET @@GLOBAL.gtid_purged = '{0}'".format(purged))

    def own_transaction(self):
        self.control.run("CREATE DATABASE IF NOT EXISTS gtid_own")
        self.control.run("DROP DATABASE gtid_own")

    def history(self):
        return GtidSet.parse(self.control.value("SELECT @@GLOBAL.gtid_executed"))

    def purged(self):
        return GtidSet.parse(self.control.value("SELECT @@GLOBAL.gtid_purged"))

    def restored(self):
        return [] if not self.control.rows("SHOW DATABASES LIKE 'gtid\\_target'") else self.control.rows("SELECT a FROM gtid_target.t")


@pytest.fixture
def server(private):
    made = Sandbox(private)
    made.reset()
    yield made
    made.control.close()


@pytest.fixture(params=["head", "end"])
def paths(request, tmp_path):
    text = HEAD + (LINE + BODY if request.param == "head" else BODY + LINE) + END
    return databases.write(tmp_path, text.encode())


def test_strip_leaves_the_history_unchanged(server, paths):
    server.own_transaction()
    before = server.history()
    outcome = load(databases.request(server.entry, TARGET, paths))
    assert server.restored() == [(1,), (2,)] and server.history() == before
    assert outcome.rewritten["gtid_purged"] == 1 and outcome.gtid == {"policy": "strip", "dump": outcome.gtid["dump"], "applied": ""}
    assert GtidSet.parse(outcome.gtid["dump"]) == GtidSet.parse(SET)


def test_binlog_on_writes_the_load_to_the_binary_log(server, paths):
    load(databases.request(server.entry, TARGET, paths, binlog="on"))
    assert server.history().transactions > 2 and server.restored() == [(1,), (2,)]


def test_apply_to_an_empty_history(server, paths):
    outcome = load(databases.request(server.entry, TARGET, paths, gtid="apply"))
    assert server.purged() == server.history() == GtidSet.parse(SET) == GtidSet.parse(outcome.gtid["applied"])
    again = load(databases.request(server.entry, TARGET, paths, gtid="apply"))
    assert not again.changed and server.history() == GtidSet.parse(SET)


def test_apply_to_a_server_with_its_own_history(server, paths):
    server.own_transaction()
    own = server.history()
    if server.modern:
        load(databases.request(server.entry, TARGET, paths, gtid="apply"))
        assert GtidSet.parse(SET).within(server.purged()) and own.within(server.history()) and server.restored()
        return
    with pytest.raises(Failure, match="1840.*gtid: strip.*gtid: reset"):
        load(databases.request(server.entry, TARGET, paths, gtid="apply"))
    assert server.history() == own and server.restored() == []


def test_apply_to_an_overlapping_history(server, paths):
    server.reset(A + ":1-3")
    if server.modern:
        outcome = load(databases.request(server.entry, TARGET, paths, gtid="apply"))
        assert server.history() == GtidSet.parse(SET) and GtidSet.parse(outcome.gtid["applied"]) == GtidSet.parse(A + ":4-5," + B + ":1-3")
        return
    with pytest.raises(Failure, match="1840"):
        load(databases.request(server.entry, TARGET, paths, gtid="apply"))
    assert server.restored() == []


def test_apply_to_a_history_that_contains_the_set(server, paths):
    server.reset(SET + "," + A + ":6-9")
    outcome = load(databases.request(server.entry, TARGET, paths, gtid="apply"))
    assert outcome.gtid["applied"] == "" and server.history() == GtidSet.parse(SET + "," + A + ":6-9") and server.restored()


def test_apply_after_strip(server, paths):
    assert load(databases.request(server.entry, TARGET, paths)).changed
    assert load(databases.request(server.entry, TARGET, paths, gtid="apply")).changed
    assert server.history() == GtidSet.parse(SET) and server.restored() == [(1,), (2,)]
    assert not load(databases.request(server.entry, TARGET, paths, gtid="apply")).changed


def test_reset_deletes_the_history(server, paths):
    server.own_transaction()
    assert server.history()
    load(databases.request(server.entry, TARGET, paths, gtid="reset"))
    assert server.history() == server.purged() == GtidSet.parse(SET) and server.restored() == [(1,), (2,)]
    server.own_transaction()
    before = server.history()
    assert not load(databases.request(server.entry, TARGET, paths, gtid="reset")).changed and server.history() == before


def test_reset_is_refused_on_a_replica(server, paths):
    source, replica = ("SOURCE", "REPLICA") if server.modern else ("MASTER", "SLAVE")
    server.own_transaction()
    before = server.history()
    target = (
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=1" if server.modern else "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1"
    )
    server.control.run(target)
    try:
        with pytest.raises(Failure, match="configured as a replica"):
            load(databases.request(server.entry, TARGET, paths, gtid="reset"))
        assert server.history() == before and server.restored() == []
    finally:
        server.control.run("RESET {0} ALL".format(replica))
    assert source


def test_reset_and_apply_name_the_privileges_they_need(server, paths):
    server.own_transaction()
    server.control.run("CREATE USER gtid_restorer@localhost IDENTIFIED BY 'x'")
    server.control.run("GRANT ALL ON gtid_target.* TO gtid_restorer@localhost")
    login = Login(user="gtid_restorer", password="x", unix_socket=server.entry["socket"])
    try:
        for policy, match in ("apply", "SYSTEM_VARIABLES_ADMIN|SUPER"), ("reset", "RELOAD"):
            with pytest.raises(Failure, match=match):
                load(databases.request(server.entry, TARGET, paths, gtid=policy, login=login))
            assert server.restored() == []
        assert load(databases.request(server.entry, TARGET, paths, login=login)).changed
    finally:
        server.control.run("DROP USER gtid_restorer@localhost")


def test_fail_stops_before_anything_is_written(server, paths):
    with pytest.raises(Failure, match="sets GTID_PURGED.*strip, apply or reset"):
        load(databases.request(server.entry, TARGET, paths, gtid="fail"))
    assert server.restored() == [] and not server.history()


@pytest.mark.parametrize(
    "line", ["", "SET @@GLOBAL.GTID_PURGED='';\n", "/* SET @@GLOBAL.GTID_PURGED='+{0}:1-5';*/\n".format(A)], ids=["none", "empty", "commented"]
)
@pytest.mark.parametrize("policy", ["strip", "apply", "reset", "fail"])
def test_a_dump_without_a_set(server, tmp_path, line, policy):
    server.own_transaction()
    before = server.history()
    outcome = load(databases.request(server.entry, TARGET, databases.write(tmp_path, (HEAD + line + BODY + END).encode()), gtid=policy))
    assert outcome.changed and server.history() == before and outcome.gtid["applied"] == ""


def test_the_guides_procedure_fails_with_the_documented_errors(server, paths):
    """Why the choices exist: the mysql client on a server with a history."""
    server.reset(A + ":1")
    server.control.run("CREATE DATABASE gtid_target")
    with pytest.raises(AssertionError, match="ERROR 3546" if server.modern else "ERROR 1840"):
        with open(paths[0], "rb") as stream:
            databases.run(server.entry, stream.read(), TARGET)
