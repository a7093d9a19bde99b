# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each row of docs/gtid-and-binlog.md on real servers, and the effect of each choice on a real replica."""

import os
import re
import tempfile
import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import mysql_gtid, mysql_gtid_info
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import already_loaded, load
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, fixtures, preflights
from ansible_collections.apsaradb.mysql.tests.support import servers as real
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B
from ansible_collections.apsaradb.mysql.tests.support.modules import Module

TARGET = "gtid_choice"
SET = A + ":1-5," + B + ":1-3"
DUMP = """-- MySQL dump 10.13
SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '{0}';
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE `old` (`a` int NOT NULL) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
INSERT INTO `old` VALUES (7),(8);
CREATE TABLE `t` (`a` int NOT NULL AUTO_INCREMENT, `b` varchar(20), PRIMARY KEY (`a`), KEY `k_b` (`b`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `t` VALUES (1,'Zoë 🍊'),(2,NULL);
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `t_old` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.b = COALESCE(NEW.b, 'none') */;;
CREATE DEFINER=`root`@`localhost` PROCEDURE `forget`() DELETE FROM old ;;
DELIMITER ;
/*!50001 CREATE VIEW `v` AS select `a` from `t` */;
-- Dump completed on 2026-01-01
"""
PATIENCE = 120
DOCUMENT = os.path.join(real.CHECKOUT, "docs", "gtid-and-binlog.md")


class Server:
    """A private server, whose history may be deleted."""

    def __init__(self, entry):
        self.entry = entry
        self.modern = entry["name"] == "9.7"
        self.control = databases.connection(entry)

    def reset(self, purged=""):
        """Drop all databases, stop replicating, and set the history to this set."""
        self.unfollow()
        for (name,) in self.control.rows("SHOW DATABASES"):
            if name not in ("mysql", "sys", "information_schema", "performance_schema"):
                self.control.run("DROP DATABASE " + databases.quoted(name))
        self.control.run("RESET BINARY LOGS AND GTIDS" if self.modern else "RESET MASTER")
        if purged:
            self.control.run("SET @@GLOBAL.gtid_purged = '{0}'".format(purged))

    def own_transaction(self):
        self.control.run("CREATE DATABASE own")
        self.control.run("DROP DATABASE own")

    def history(self):
        return GtidSet.parse(self.control.value("SELECT @@GLOBAL.gtid_executed"))

    def uuid(self):
        return self.control.value("SELECT @@server_uuid")

    def content(self, name=TARGET):
        """None without the database."""
        return databases.content_by_sql(self.entry, name) if self.control.rows("SHOW DATABASES LIKE %s", (name,)) else None

    def load(self, paths, name=TARGET, **options):
        return load(databases.request(self.entry, name, paths, **options))

    def gtid(self, state=None, **params):
        """The job of mysql_gtid or, without a state, of mysql_gtid_info."""
        login = dict.fromkeys(LOGIN_SPEC)
        login.update(login_user="root", login_host="localhost", login_unix_socket=self.entry["socket"], connect_timeout=30, state=state, force=False)
        return (mysql_gtid if state else mysql_gtid_info).job(JobContext(dict(login, **params), False, lambda text: None))

    def follow(self, source):
        """Start replicating everything that is not executed yet."""
        words = "SOURCE_HOST='127.0.0.1', SOURCE_PORT={0}, SOURCE_USER='root', SOURCE_AUTO_POSITION=1".format(source.entry["port"])
        if self.modern:
            self.control.run("CHANGE REPLICATION SOURCE TO {0}, SOURCE_CONNECT_RETRY=1".format(words))
            self.control.run("START REPLICA")
        else:
            self.control.run("CHANGE MASTER TO {0}, MASTER_CONNECT_RETRY=1".format(words.replace("SOURCE_", "MASTER_")))
            self.control.run("START SLAVE")

    def unfollow(self):
        word = "REPLICA" if self.modern else "SLAVE"
        self.control.run("STOP " + word)
        self.control.run("RESET {0} ALL".format(word))

    def complaint(self):
        """The errors that stop replication; 35 and 37 are Last_IO_Error and Last_SQL_Error."""
        return "\n".join(str(row[column]) for row in self.control.rows("SHOW REPLICA STATUS" if self.modern else "SHOW SLAVE STATUS") for column in (35, 37))

    def sees_replicas(self, count=1):
        until(lambda: "no replica came", lambda: len(self.gtid()["replicas"]) == count)

    def has_all_of(self, source):
        """Wait until it has executed what the source has; fail at once on an error of replication."""
        wanted = source.history()

        def arrived():
            assert not self.complaint().strip(), self.complaint()
            return wanted.within(self.history())

        until(lambda: "{0} is not within {1}".format(wanted, self.history()), arrived)


def until(message, condition):
    """Wait until the condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, message()
        time.sleep(0.05)


def started(name, count, **settings):
    """``count`` private servers of a version."""
    shared = fixtures.server(name)
    with tempfile.TemporaryDirectory(prefix="gtid-choice-") as folder:
        paths = [os.path.join(os.path.realpath(folder), str(number)) for number in range(count)]
        try:
            yield [Server(real.start(name, path, shared["cache"], **dict(settings, server_id=3000 + number))) for number, path in enumerate(paths)]
        finally:
            for path in paths:
                real.stop(path)


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def both(request):
    yield from started(request.param, 2)


@pytest.fixture
def pair(both):
    """A source with a history, and a replica that has all of it."""
    source, replica = both
    replica.reset()
    source.reset()
    source.own_transaction()
    replica.follow(source)
    replica.has_all_of(source)
    source.sees_replicas()
    return source, replica


@pytest.fixture
def paths(tmp_path):
    return databases.write(tmp_path, DUMP.format(SET).encode())


def rows_of_the_document():
    """(gtid, binlog, history, outcome on 8.0 and later, outcome before), from the table in docs/gtid-and-binlog.md."""
    with open(DOCUMENT, encoding="utf-8") as stream:
        table = stream.read().split("## What happens to the history", 1)[1].split("\n## ", 1)[0]
    found = [[cell.strip().replace("`", "") for cell in line.strip("|\n").split("|")] for line in table.splitlines() if line.startswith("| `")][1:]
    assert len(found) > 10
    return found


@pytest.mark.parametrize("gtid", ["apply", pytest.param("reset", marks=pytest.mark.by_night)])
def test_the_sets_of_several_databases_are_applied_once_when_all_are_loaded(both, tmp_path, gtid):
    server = both[1]
    server.reset()
    sets = {"one": A + ":1-5", "two": A + ":1-7," + B + ":1-3", "three": A + ":1-6"}
    dumps = {name: (DUMP.format(purged).encode(),) for name, purged in sets.items()}
    options = {"login_user": "root", "login_unix_socket": server.entry["socket"], "config_file": "/dev/null", "gtid": gtid, "engines": {"MyISAM": "InnoDB"}}
    options["archive"] = str(backups.make(tmp_path, dict(dumps, three=(dumps["three"][0][:-50],)), "flat"))
    answer = Module("mysql_sql_import", options).answer()
    # Without all of its databases the server does not have the transactions of the backup.
    assert answer["failed"] and "three: " in answer["msg"] and not server.history()
    options["archive"] = str(backups.make(tmp_path, dumps, "flat"))
    for changed in (True, False):
        answer = Module("mysql_sql_import", options).answer()
        assert answer["changed"] is changed, answer
        assert [found["changed"] for found in answer["databases"]] == [False, changed, False], answer
        assert server.history() == GtidSet.parse(A + ":1-7," + B + ":1-3")
        assert answer["gtid"]["policy"] == gtid and bool(answer["gtid"]["applied"]) is changed


HISTORIES = {
    "none": lambda server: server.reset(),
    "not in D": lambda server: (server.reset(), server.own_transaction()),
    "part of D": lambda server: server.reset(A + ":1-3"),
    "D and more": lambda server: server.reset(SET + "," + A + ":6-9"),
}


def cases(modern):
    for gtid, binlog, history, new, old in rows_of_the_document():
        for name in HISTORIES if history == "any" else [history]:
            yield gtid, binlog, name, new if modern else old


def test_every_row_of_the_document(both, paths):
    server = both[0]
    for gtid, binlog, history, promised in cases(server.modern):
        HISTORIES[history](server)
        case = (gtid, binlog, history, promised)
        before = server.history()
        if promised.startswith("refused"):
            with pytest.raises(Failure, match=re.escape(promised.partition(": ")[2])):
                server.load(paths, gtid=gtid, binlog=binlog)
            assert server.content() is None and server.history() == before, case
            continue
        server.load(paths, gtid=gtid, binlog=binlog)
        after = server.history()
        loads = GtidSet.parse(server.uuid() + ":1-1000000").intersect(after).subtract(before)
        parts = promised.split(" + ")
        wanted = GtidSet.parse("")
        for part, known in (("H", before), ("D", GtidSet.parse(SET))):
            wanted = wanted.union(known) if part in parts else wanted
        assert set(parts) <= {"H", "D", "L"} and after.subtract(loads) == wanted and bool(loads) == ("L" in parts), (case, str(after))
        assert server.content() is not None and GtidSet.parse(server.control.value("SELECT @@GLOBAL.gtid_purged")).within(after), case


def test_binlog_on_replicates_the_load(pair, paths):
    source, replica = pair
    outcome = source.load(paths, binlog="on", defer_indexes="always")
    assert not [text for text in outcome.warnings if "replica" in text]
    replica.has_all_of(source)
    assert source.content() == replica.content() and "k_b" in str(replica.content()) and "🍊" in str(replica.content())
    # After a failover the replica has the ledger.
    assert not replica.load(paths, binlog="on", defer_indexes="always").changed
    source.control.run("INSERT INTO {0}.t VALUES (3, 'to be replaced')".format(TARGET))
    assert source.load(paths, binlog="on", on_existing="replace", defer_indexes="never", lane="insert").changed
    replica.has_all_of(source)
    assert source.content() == replica.content() and "to be replaced" not in str(replica.content())


def test_binlog_off_does_not_replicate_and_warns(pair, paths):
    source, replica = pair
    for binlog in "off", None:
        outcome = source.load(paths, "{0}_{1}".format(TARGET, binlog).lower(), binlog=binlog)
        assert [text for text in outcome.warnings if re.match("1 replica.*will not get the loaded data.*restore on each of them too, or use binlog: on", text)]
    source.own_transaction()
    replica.has_all_of(source)
    assert replica.content(TARGET + "_off") is None and source.content(TARGET + "_off") is not None
    # The cure: the same import on the replica, after which both are equal.
    assert replica.load(paths, TARGET + "_off", binlog="off").changed
    source.control.run("INSERT INTO {0}_off.t VALUES (3, 'new')".format(TARGET))
    replica.has_all_of(source)
    assert source.content(TARGET + "_off") == replica.content(TARGET + "_off") and "new" in str(replica.content(TARGET + "_off"))


def test_reset_is_refused_on_source_and_replica(pair, paths):
    source, replica = pair
    for server, reported in (source, r"1 replica\(s\) read from this server"), (replica, "configured as a replica"):
        before = server.history()
        with pytest.raises(Failure, match=reported):
            server.load(paths, gtid="reset")
        with pytest.raises(Failure, match=reported + ".*Nothing was changed"):
            server.gtid(state="empty")
        assert server.history() == before and server.content() is None
    source.own_transaction()
    replica.has_all_of(source)


def test_after_apply_an_empty_server_becomes_a_replica(both, tmp_path):
    source, replica = both
    replica.reset()
    source.reset()
    source.load(databases.write(tmp_path, DUMP.format("").encode()), binlog="on")
    taken = str(source.history())
    if source.modern:
        dump = databases.dump(source.entry, TARGET, "--set-gtid-purged=ON", "--triggers")
        assert b"GTID_PURGED" in dump
    else:
        dump = DUMP.format(taken).encode()
    source.control.run("INSERT INTO {0}.t VALUES (3, 'after the backup')".format(TARGET))
    backup = databases.write(tmp_path, dump)
    outcome = replica.load(backup, gtid="apply", binlog="off")
    assert GtidSet.parse(outcome.gtid["applied"]) == replica.history() == GtidSet.parse(taken)
    replica.follow(source)
    replica.has_all_of(source)
    source.control.run("INSERT INTO {0}.t VALUES (4, 'while it follows')".format(TARGET))
    replica.has_all_of(source)
    assert source.content() == replica.content() and "while it follows" in str(replica.content())
    # With strip, the source sends all its history again, and replication stops at what exists already.
    replica.reset()
    replica.load(backup, gtid="strip", binlog="off")
    replica.follow(source)
    until(lambda: "replication runs", lambda: re.search("exists|failed executing", replica.complaint()))
    replica.unfollow()


def test_apply_with_replicas_warns_what_they_need(pair, paths):
    source, replica = pair
    if not source.modern:
        with pytest.raises(Failure, match="1840"):
            source.load(paths, gtid="apply")
        return
    outcome = source.load(paths, gtid="apply", binlog="off")
    assert [text for text in outcome.warnings if "error 1236" in text]
    replica.control.run("STOP REPLICA")
    replica.control.run("START REPLICA")
    until(lambda: "replication runs", lambda: "purged" in replica.complaint())
    replica.control.run("STOP REPLICA")
    replica.load(paths, gtid="apply", binlog="off")
    replica.control.run("START REPLICA")
    source.control.run("INSERT INTO {0}.t VALUES (3, 'new')".format(TARGET))
    until(replica.complaint, lambda: source.content() == replica.content())


def test_preflight_on_source_and_replica(pair, paths):
    asked = {"src": paths, "databases": {"choice": TARGET}, "allow_version_change": True}
    for server, end in (pair[0], "source"), (pair[1], "replica"):
        warned = {binlog: preflights.kinds(preflights.look(server.entry, binlog=binlog, **asked), "warning") for binlog in ("off", "on")}
        assert {binlog for binlog, found in warned.items() if {"not_replicated", "replica_written"} & set(found)} == {"off" if end == "source" else "on"}, (
            warned
        )
        assert {binlog for binlog, found in warned.items() if "is_replica" in found} == (set() if end == "source" else {"off", "on"}), warned
        assert set(preflights.kinds(preflights.look(server.entry, gtid="reset", binlog="off", **asked))) == {"gtid_reset"}
        # GTIDs are on already.
        enabling = preflights.kinds(preflights.look(server.entry, gtid="enable", binlog="off", **asked))
        assert set(enabling) == (set() if server.modern else {"gtid_history"})
        assert ("not_replicated" in warned["off"]) == ("will not get the loaded data" in str(warned["off"])), warned
    assert pair[0].content() is None and pair[1].content() is None


def test_loading_into_a_replica_warns(pair, paths):
    outcome = pair[1].load(paths, binlog="on")
    assert [text for text in outcome.warnings if "its source does not have: use binlog: off" in text]


def test_a_stripped_set_is_applied_later(both, paths):
    server = both[0]
    both[1].reset()
    # The source notices that a replica has disconnected when it sends something.
    until(lambda: "a replica stays", lambda: server.own_transaction() or not server.gtid()["replicas"])
    server.reset()
    loaded = server.load(paths, binlog="off")

    def known(**options):
        return already_loaded(databases.request(server.entry, TARGET, [], binlog="off", **options), loaded._replace(changed=False))

    for gtid in "apply", "reset":
        # Check mode reports it, with and without the files, and changes nothing.
        for would in server.load(paths, binlog="off", gtid=gtid, check_only=True), known(gtid=gtid, check_only=True):
            assert would.changed and would.gtid == {"policy": gtid, "dump": loaded.gtid["dump"], "applied": ""} and not server.history()
    with pytest.raises(Failure, match="gtid is fail"):
        known(gtid="fail")
    assert not known(check_only=True).changed
    done = known(gtid="apply")
    assert done.changed and GtidSet.parse(done.gtid["applied"]) == server.history() == GtidSet.parse(SET)
    for check_only in True, False:
        assert not known(gtid="apply", check_only=check_only).changed
    # A history that prevents it is an error, in check mode too; the loaded data stays.
    server.control.run("RESET BINARY LOGS AND GTIDS" if server.modern else "RESET MASTER")
    server.own_transaction()
    before = server.history()
    refused = (True, False) if not server.modern else ()
    for check_only in refused:
        with pytest.raises(Failure, match="1840.*The loaded data stays"):
            known(gtid="apply", check_only=check_only)
    found = preflights.look(server.entry, src=paths, databases={"choice": TARGET}, gtid="apply", binlog="off", allow_version_change=True)
    assert "restored" in preflights.kinds(found, "ok") and set(preflights.kinds(found)) == (set() if server.modern else {"gtid_history"})
    assert found["facts"]["gtid"]["choices"]["strip"]["works"] and server.history() == before
    assert known(gtid="reset").changed and server.history() == GtidSet.parse(SET) and server.content() is not None


def test_an_account_that_cannot_see_replicas_needs_privileges(both, paths):
    server = both[0]
    server.reset()
    server.control.run("CREATE USER gtid_low@localhost IDENTIFIED BY 'x'")
    server.control.run("GRANT RELOAD ON *.* TO gtid_low@localhost")
    try:
        account = {"login_user": "gtid_low", "login_password": "x"}
        reported = server.gtid(**account)
        assert reported["missing_privileges"] == ["REPLICATION SLAVE", "REPLICATION CLIENT"] and GtidSet.parse(reported["executed"]) == server.history()
        with pytest.raises(Failure, match="without the privilege.*REPLICATION SLAVE, REPLICATION CLIENT.*Nothing was changed"):
            server.gtid(state="empty", **account)
        found = preflights.kinds(preflights.look(server.entry, src=paths, databases={"choice": TARGET}, **account), "warning")
        assert "REPLICATION SLAVE, REPLICATION CLIENT" in found["replication_unknown"]["what"]
        assert server.gtid()["missing_privileges"] == []
    finally:
        server.control.run("DROP USER gtid_low@localhost")


def test_gtids_are_enabled_online_or_refused_with_a_reason(both, paths):
    """Runs last: it leaves a server that was started with other options."""
    server = both[0]
    server.reset()
    path = os.path.dirname(server.entry["socket"])
    name, cache = server.entry["name"], server.entry["cache"]
    server = Server(real.start(name, path, cache, server_id=3000, gtid_mode=False, enforce_gtid_consistency=False))
    if name == "5.6":
        with pytest.raises(Failure, match="cannot be enabled while this server runs.*Start it with gtid_mode=ON"):
            server.gtid(state="enabled")
        with pytest.raises(Failure, match="error 1839.*gtid: strip"):
            server.load(paths, gtid="apply")
        found = preflights.look(server.entry, src=paths, databases={"choice": TARGET}, gtid="enable", binlog="off", allow_version_change=True)
        assert set(preflights.kinds(found)) == {"gtid_enable"} and found["facts"]["gtid"]["guide"] == "1839"
        assert server.content() is None and server.load(paths).changed
        return
    server.control.run("CHANGE {0}".format("REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1'" if server.modern else "MASTER TO MASTER_HOST='127.0.0.1'"))
    with pytest.raises(Failure, match="configured as a replica.*gtid_mode=ON_PERMISSIVE on every server"):
        server.gtid(state="enabled")
    asked = {"src": paths, "databases": {"choice": TARGET}, "gtid": "enable", "binlog": "off", "allow_version_change": True}
    found = preflights.kinds(preflights.look(server.entry, **asked))
    assert set(found) == {"gtid_topology"} and "configured as a replica" in found["gtid_topology"]["what"]
    server.unfollow()
    assert preflights.look(server.entry, **asked)["ok"]
    on = server.gtid(state="enabled")
    assert on["changed"] and on["gtid_mode"] == "ON" and not server.gtid(state="enabled")["changed"]
    server.load(paths, gtid="apply", binlog="off")
    assert server.history() == GtidSet.parse(SET) and server.content() is not None
