# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed at any instant and run again, an import ends with the data of an undisturbed one, and sends nothing twice.

Each case has a number: it says in which phase there is a kill, what is killed (the importing process, one of its
connections, the server), and how long after the phase's beginning. APSARADB_MYSQL_KILLS says how many cases there are (5, by night 15; 200 and
more for a release), a fifth of them on 5.6. A case whose kill came too late counts too, and the last test says which did hit.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import load as loading
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace import target as places
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.crash_leftovers import drop_broken_tables, unobstructed
from ansible_collections.apsaradb.mysql.tests.support import cases, databases, fixtures, servers

CASES = int(os.environ.get("APSARADB_MYSQL_KILLS", "15" if cases.EVERY else "5"))
SERVERS = ("9.7", "5.7", "5.6")
# 5 and the number of phases have no common factor, so each phase meets each server.
NUMBERS = [(("9.7", "5.7", "9.7", "5.7", "5.6")[number % 5], number) for number in range(CASES)]
SOURCE = "killed_source"
MAIN = ("rows", "indexes", "foreign_keys", "objects")
# Dealt out one after the other; the rows take the longest and have the most to lose.
PHASES = ("rows", "indexes", "foreign_keys", "objects", "swap", "rows", "tables", "verify", "rows", "ledger", "database", "orphans", "preflight")
TWICE = ("objects", "foreign_keys", "swap")
VICTIMS = ("process", "connection", "server")
SETTINGS = ("local_infile", "innodb_redo_log_capacity")
# Seconds within which the kill comes, by phase; in the short ones the import takes its time.
WITHIN = {"rows": 0.5, "indexes": 0.3}
HITS = []

FILL = b"""
CREATE TABLE customer (id INT NOT NULL AUTO_INCREMENT, name VARCHAR(60) NOT NULL, mail VARCHAR(60), PRIMARY KEY (id), UNIQUE KEY mail (mail),
  KEY name (name)) ENGINE=InnoDB;
CREATE TABLE orders (id INT NOT NULL AUTO_INCREMENT, customer_id INT NOT NULL, at DATETIME NOT NULL, note TEXT, PRIMARY KEY (id),
  KEY customer (customer_id, at), KEY at (at), CONSTRAINT bought_by FOREIGN KEY (customer_id) REFERENCES customer (id)) ENGINE=InnoDB;
CREATE TABLE heap_of_rows (n INT, what VARCHAR(60), KEY n (n)) ENGINE=InnoDB;
CREATE TABLE old_engine (id INT NOT NULL, what VARCHAR(60), PRIMARY KEY (id), KEY what (what)) ENGINE=MyISAM;
CREATE TABLE audit (id INT NOT NULL AUTO_INCREMENT, order_id INT, PRIMARY KEY (id)) ENGINE=InnoDB;
INSERT INTO customer (name, mail) VALUES ('it''s', '1@x'), ('b\\\\', '2@x'), ('c),(', '3@x'), ('', NULL);
INSERT INTO customer (name, mail) SELECT CONCAT(a.name, '-', b.id, '-', c.id, '-', d.id, '-', e.id),
  CONCAT(a.id, '.', b.id, '.', c.id, '.', d.id, '.', e.id, '@x') FROM customer a, customer b, customer c, customer d, customer e;
INSERT INTO customer (name, mail) SELECT REPEAT(name, 2), CONCAT(mail, 'y') FROM customer WHERE mail LIKE '%x';
INSERT INTO orders (customer_id, at, note) SELECT id, '2026-01-01' + INTERVAL id HOUR, REPEAT(CONCAT(name, ';\\n'), 3) FROM customer;
INSERT INTO orders (customer_id, at, note) SELECT customer_id, at + INTERVAL 1 DAY, note FROM orders;
INSERT INTO heap_of_rows SELECT id % 17, name FROM customer;
INSERT INTO old_engine SELECT id, name FROM customer;
CREATE VIEW late AS SELECT * FROM orders WHERE at > '2026-06-01';
CREATE VIEW early AS SELECT late.id FROM late;
DELIMITER //
CREATE TRIGGER noted AFTER INSERT ON orders FOR EACH ROW INSERT INTO audit (order_id) VALUES (NEW.id)//
CREATE PROCEDURE tidy() BEGIN DELETE FROM audit; END//
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO CALL tidy()//
DELIMITER ;
ALTER DATABASE killed_source CHARACTER SET latin2 COLLATE latin2_czech_cs;
"""
# The objects above were created under another collation of the database, so the dump changes that of the target for a while.
COLLATION = "latin2_czech_cs"


OPTIONS = {"batch_bytes": 65536, "defer_indexes": "always", "workers": 2, "events": "keep", "charset": "latin2", "collation": COLLATION}


class Place:
    """A server that only this test uses, because it is killed too, with a dump."""

    def __init__(self, name, folder, cache):
        self.name, self.path, self.cache = name, str(folder / "server"), cache
        self.entry = self.start()
        # mariadb-dump cannot dump 5.6: its files are of 5.7.
        maker = fixtures.server("5.7") if name == "5.6" else self.entry
        databases.drop(maker, SOURCE)
        databases.run(maker, b"CREATE DATABASE killed_source;")
        databases.run(maker, FILL, SOURCE)
        options = ("--net-buffer-length=16384",)
        self.paths = databases.write(folder, *databases.pair(maker, SOURCE, *options), packed=name == "9.7")
        if maker is not self.entry:
            databases.run(self.entry, b"CREATE DATABASE killed_source;")
            databases.run(self.entry, databases.dump(maker, SOURCE), SOURCE)
            databases.run(self.entry, b"ALTER DATABASE killed_source CHARACTER SET latin2 COLLATE latin2_czech_cs;")
            databases.drop(maker, SOURCE)
        self.source = self.content(SOURCE)
        self.settings = self.read_settings()

    def content(self, database):
        if self.name == "5.6":
            return [line.encode() for line in databases.content_by_sql(self.entry, database)]
        # ALTER DATABASE names the database.
        return [line.replace(b"ALTER DATABASE `" + database.encode() + b"`", b"ALTER DATABASE") for line in databases.content(self.entry, database)]

    def start(self):
        return servers.start(self.name, self.path, self.cache)

    def read_settings(self):
        control = databases.connection(self.entry)
        found = {str(name): str(value) for name, value in control.rows("SHOW GLOBAL VARIABLES") if name in SETTINGS}
        control.close()
        return found

    def collation(self, database):
        query = "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{0}';".format(database)
        return databases.run(self.entry, query.encode()).split()[1].decode()

    def pid(self):
        with open(os.path.join(self.path, "mysqld.pid")) as handle:
            return int(handle.read())

    def importer(self, target, slow="", **more):
        options = dict(OPTIONS, **more)
        wanted = {"socket": self.entry["socket"], "target": target, "paths": self.paths, "options": options}
        wanted["slow"] = slow
        script = "from ansible_collections.apsaradb.mysql.tests.support.import_process import main; import json, sys; sys.exit(main(json.loads(sys.argv[1])))"
        return subprocess.Popen([sys.executable, "-c", script, json.dumps(wanted)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def noted(self, target):
        """Bytes of rows that the ledger says are there, as chunks; tables of other engines do not count."""
        control = databases.connection(self.entry)
        try:
            return control.rows("SELECT COUNT(*) FROM apsaradb_mysql.chunk WHERE target = %s AND file >= 0", (target.encode(),))[0][0]
        except ServerError as error:
            assert error.code in (1049, 1146), error
            return 0
        finally:
            control.close()


@pytest.fixture(scope="module")
def place(request, tmp_path_factory):
    made = Place(request.param, tmp_path_factory.mktemp("kills"), fixtures.server(request.param)["cache"])
    yield made
    servers.stop(made.path)


# What a target holds that is to be replaced: tables of the same and of other names, with what stands in the way of moving them.
BEFORE = b"""
CREATE TABLE customer (id INT PRIMARY KEY, old INT) ENGINE=InnoDB;
CREATE TABLE only_old (id INT PRIMARY KEY, customer INT, CONSTRAINT bought_by FOREIGN KEY (customer) REFERENCES customer (id)) ENGINE=InnoDB;
CREATE TRIGGER noted BEFORE INSERT ON customer FOR EACH ROW SET NEW.old = 1;
CREATE VIEW orders AS SELECT 1 AS not_a_table;
CREATE PROCEDURE tidy() SELECT 'old';
INSERT INTO customer VALUES (1, 1);
INSERT INTO only_old VALUES (1, 1);
"""


def last_line(out):
    lines = out.decode().splitlines()
    return lines[-1] if lines else ""


def kill(place, victim, phase, process, control, chance):
    """True if there was something to kill. Only in some phases do all connections work; in the others it is the first one."""
    if victim == "process":
        if process.poll() is not None:
            return False
        process.send_signal(signal.SIGKILL)
        return True
    if victim == "server":
        os.kill(place.pid(), signal.SIGKILL)
        return process.poll() is None
    own = control.value("SELECT CONNECTION_ID()")
    found = sorted(row[0] for row in control.rows("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'root'") if row[0] != own)
    if found:
        try:
            control.run("KILL {0}".format(chance.choice(found) if phase in ("rows", "indexes", "tables") else found[0]))
        except ServerError as error:
            assert error.code == 1094, error
    return bool(found)


def refuse_another(place, target, chance):
    """An unfinished import is refused with other files or settings."""
    control = databases.connection(place.entry)
    # An import that was killed early leaves a ledger without its tables, or with only their names.
    entry = Ledger("apsaradb_mysql", target).read(control)
    tables = control.rows("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s LIMIT 1", (target,))
    control.close()
    if not tables or entry is None or entry.state != "loading":
        return
    before = place.noted(target)
    other = chance.choice([{"batch_bytes": 70000}, {"defer_indexes": "never"}, {"exclude_tables": ("audit",)}, {"paths": place.paths[:1]}])
    paths = other.pop("paths", place.paths)
    with pytest.raises(Failure, match="unfinished import of different files or with different settings.*on_existing: replace"):
        load(databases.request(place.entry, target, paths, **dict(OPTIONS, **other)))
    assert place.noted(target) == before


def interrupt(place, victim, phase, target, delay, chance, more):
    """Import and kill; whether there was something to kill, and the first words of what the import has printed."""
    control = databases.connection(place.entry)
    process = place.importer(target, "" if phase == "rows" else phase, **more)
    for line in process.stdout:
        if line.decode().split()[0] in (phase, "outcome", "failure"):
            break
    time.sleep(delay)
    hit = kill(place, victim, phase, process, control, chance)
    control.close()
    out, err = process.communicate()
    assert b"Traceback" not in err, err.decode()
    if victim == "server":
        place.entry = place.start()
    return hit, [line.split()[0] for line in (line + out).decode().splitlines()]


@pytest.mark.parametrize("place, number", NUMBERS, indirect=["place"])
def test_an_import_that_was_killed_is_completed_by_the_next_run(place, number):
    chance = random.Random("{0} {1}".format(place.name, number))
    turn = number // len(PHASES)
    phase = PHASES[number % len(PHASES)]
    victim = VICTIMS[(number + turn + SERVERS.index(place.name)) % len(VICTIMS)]
    delay = chance.random() ** 2 * WITHIN.get(phase, 0.05)
    target = "killed_target"
    databases.drop(place.entry, target)
    more = {}
    if phase == "swap" or chance.random() < 0.3:
        databases.run(place.entry, b"CREATE DATABASE killed_target;")
        databases.run(place.entry, BEFORE, target)
        more = {"on_existing": "replace"}
    hit, told = interrupt(place, victim, phase, target, delay, chance, more)
    reached = [name for name in told if name != "failure"][-1]
    if phase in TWICE:
        # The run that resumes it is killed as well.
        interrupt(place, "process", phase, target, delay, chance, more)
    if not more:
        refuse_another(place, target, chance)
    there = place.noted(target)
    again = place.importer(target, **more)
    out, err = again.communicate()
    assert last_line(out).startswith("outcome"), (victim, phase, delay, out.decode()[-2000:], err.decode()[-2000:])
    outcome = json.loads(last_line(out)[len("outcome ") :])
    assert bool(outcome["skipped_bytes"]) >= bool(there), "what was committed was sent again"
    if hit and "outcome" not in told:
        HITS.append((place.name, reached, victim))
    after, before = place.content(target), place.source
    if victim == "server" and place.name != "9.7" and not outcome["changed"]:
        # The import was complete. Servers before 8.0 forget AUTO_INCREMENT in a crash.
        after, before = ([re.sub(rb" AUTO_INCREMENT=\d+", b"", line) for line in lines] for lines in (after, before))
    assert after == before
    assert place.read_settings() == place.settings and place.collation(target) == COLLATION
    assert place.noted(target) == 0
    assert databases.run(place.entry, b"SHOW DATABASES LIKE '\\_\\_apsaradb%';") == b""


def test_most_kills_interrupted_an_import():
    """Most cases must have interrupted an import, in the phases that matter, or the suite proves nothing."""
    for place in SERVERS:
        for phase in dict.fromkeys(PHASES):
            counts = ["{0} {1}".format(HITS.count((place, phase, victim)), victim) for victim in VICTIMS]
            print("MySQL {0}, {1}: {2}".format(place, phase, ", ".join(counts)))
    assert len(HITS) >= CASES // 2
    hit = {(phase, victim) for _place, phase, victim in HITS}
    assert {victim for _phase, victim in hit} == set(VICTIMS)
    # On a busy machine a few kills come only in the next phase.
    assert len({phase for phase, _victim in hit if phase in MAIN}) >= 3, HITS
    if CASES >= 200:
        assert hit >= {(phase, victim) for phase in MAIN for victim in VICTIMS}, HITS


@pytest.mark.parametrize("name", ["5.7", "5.6"])
def test_remains_of_a_table_after_a_crash_are_removed(name):
    """On servers before 8.0: only the server's file of a table, or a file that InnoDB does not know, or half a file."""
    entry = fixtures.server(name)
    databases.drop(entry, "killed_ghost")
    databases.run(entry, b"CREATE DATABASE killed_ghost; CREATE TABLE killed_ghost.real_one (id INT PRIMARY KEY) ENGINE=InnoDB;")
    folder = os.path.join(os.path.dirname(entry["socket"]), "data", "killed_ghost")
    for known, left in (("real_one.frm", "ghost.frm"), ("real_one.frm", "or.phan.frm"), ("real_one.ibd", "or.phan.ibd"), ("real_one.ibd", "file.ibd")):
        shutil.copy(os.path.join(folder, known), os.path.join(folder, left.replace("or.phan", "or@002ephan")))
    control = databases.connection(entry)
    try:
        names = {str(row[0]) for row in control.rows("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'killed_ghost'")}
        assert names == {"real_one", "ghost", "or.phan"}
        assert drop_broken_tables(control, "killed_ghost", names) == ["ghost", "or.phan"]
        for left in ("ghost", "or.phan", "file"):
            making = "CREATE TABLE killed_ghost.`{0}` (id INT PRIMARY KEY) ENGINE=InnoDB".format(left)
            if left != "ghost":
                with pytest.raises(ServerError, match="1813"):
                    control.run(making)
            unobstructed(control, "killed_ghost", left, partial(control.run, making))
            assert control.run("INSERT INTO killed_ghost.`{0}` VALUES (1)".format(left)) == 1
        assert len(control.rows("SHOW TABLES FROM killed_ghost")) == 4
        # Killed while it removed a file that was in the way.
        control.run("ALTER TABLE killed_ghost.ghost DISCARD TABLESPACE")
        assert drop_broken_tables(control, "killed_ghost", {"real_one", "ghost"}) == ["ghost"]
        with open(os.path.join(folder, "half.frm"), "wb"):
            pass
        assert drop_broken_tables(control, "killed_ghost", {"real_one", "half"}) is None
        control.run("DROP DATABASE killed_ghost")
    finally:
        control.close()
        databases.drop(entry, "killed_ghost")


@pytest.mark.parametrize("name", ["5.7", "5.6"])
@pytest.mark.parametrize("left", [(".frm",), (".frm", ".par"), (".frm", ".par", "p0#SP#s.0.ibd"), ("p0#SP#s.0.ibd", "P1#SP#s3.ibd")])
def test_remains_of_a_partitioned_table_after_a_crash_are_removed(name, left):
    entry, target = fixtures.server(name), "killed_parts"
    databases.drop(entry, target)
    parts = " PARTITION BY RANGE (a) SUBPARTITION BY HASH (a) (PARTITION p0 VALUES LESS THAN (5) (SUBPARTITION `s.0`, SUBPARTITION s1), "
    parts += "PARTITION P1 VALUES LESS THAN MAXVALUE (SUBPARTITION s2, SUBPARTITION s3))"
    making = ("CREATE TABLE `{0}` (a INT PRIMARY KEY) ENGINE=InnoDB" + parts).format
    databases.run(entry, b"CREATE DATABASE killed_parts;")
    databases.run(entry, making("whole").encode() + b";", target)
    folder = os.path.join(os.path.dirname(entry["socket"]), "data", target)
    ends = tuple(end.replace("s.0", "s@002e0") for end in left)
    # 5.7 has no .par file.
    for known in [file for file in os.listdir(folder) if file.startswith("whole") and file.endswith(ends)]:
        shutil.copy(os.path.join(folder, known), os.path.join(folder, known.replace("whole", "or@002dphan")))
    control = databases.connection(entry)
    control.use(target.encode())
    try:
        assert drop_broken_tables(control, target, {"or-phan", "whole"}) == ["or-phan"]
        unobstructed(control, target, "or-phan", partial(control.run, making("or-phan")))
        assert control.run("INSERT INTO `or-phan` VALUES (1), (2), (8), (9)") == 4
        assert len(control.rows("SHOW TABLES")) == 2
        control.run("DROP DATABASE killed_parts")
    finally:
        control.close()
        databases.drop(entry, target)


@pytest.mark.parametrize("name", ["5.7", "5.6"])
def test_a_broken_table_of_a_complete_import_is_left_alone(tmp_path, name):
    entry, target = fixtures.server(name), "killed_settled"
    databases.drop(entry, target)
    dump = b"".join(b"CREATE TABLE %s (a INT) ENGINE=InnoDB;\nINSERT INTO %s VALUES (1);\n" % (table, table) for table in (b"broken", b"gone"))
    wanted = databases.request(entry, target, databases.write(tmp_path, dump + b"-- Dump completed\n"))
    control = databases.connection(entry)
    try:
        assert load(wanted).changed
        folder = os.path.join(os.path.dirname(entry["socket"]), "data", target)
        kept = os.path.join(folder, "broken.frm")
        shutil.copy(kept, str(tmp_path))
        control.run("DROP TABLE killed_settled.broken, killed_settled.gone")
        shutil.copy(str(tmp_path / "broken.frm"), kept)
        assert load(wanted).changed
        assert control.rows("SELECT a FROM killed_settled.gone") == [(1,)]
        assert os.path.exists(kept)
        with pytest.raises(ServerError, match="1146"):
            control.rows("SELECT a FROM killed_settled.broken")
        control.run("DROP TABLE IF EXISTS killed_settled.broken")
    finally:
        control.close()
        databases.drop(entry, target)


@pytest.mark.parametrize("name", ["5.7", "5.6"])
def test_a_half_written_file_does_not_cost_a_procedure_of_the_user(tmp_path, name):
    entry, target = fixtures.server(name), "killed_half"
    databases.drop(entry, target)
    dump = b"CREATE TABLE half (a INT PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO half VALUES (1);\nINSERT INTO half VALUES (2),(2);\n-- Dump completed\n"
    wanted = databases.request(entry, target, databases.write(tmp_path, dump))
    control = databases.connection(entry)
    try:
        with pytest.raises(Failure, match="1062"):
            load(wanted)
        control.run("FLUSH TABLES")
        with open(os.path.join(os.path.dirname(entry["socket"]), "data", target, "half.frm"), "wb"):
            pass
        control.run("CREATE PROCEDURE killed_half.mine() SELECT 1")
        with pytest.raises(Failure, match="left a table incomplete"):
            load(wanted)
        control.run("DROP PROCEDURE killed_half.mine")
        with pytest.raises(Failure, match="1062"):
            load(wanted)
    finally:
        control.close()
        databases.drop(entry, target)


@pytest.mark.parametrize("name", ["5.7", "5.6"])
@pytest.mark.parametrize("half_moved", ["an old table", "a new table"])
def test_a_table_whose_rename_was_interrupted_by_a_crash(tmp_path, monkeypatch, name, half_moved):
    """RENAME TABLE before 8.0: InnoDB's file has the new name and the server's file the old one."""
    entry, target = fixtures.server(name), "killed_rename"
    databases.drop(entry, target)
    databases.run(entry, b"CREATE DATABASE killed_rename;")
    databases.run(entry, BEFORE, target)
    dump = b"".join(b"CREATE TABLE %s (a INT) ENGINE=InnoDB;\nINSERT INTO %s VALUES (1),(2);\n" % (table, table) for table in (b"first", b"second"))
    wanted = databases.request(entry, target, databases.write(tmp_path, dump + b"-- Dump completed\n"), on_existing="replace")
    data = os.path.join(os.path.dirname(entry["socket"]), "data")

    def crash(connection, target, stage, _ignore, **_options):
        connection.run("CREATE DATABASE {0}".format(stage.old))
        moves = ["{0}.{1} TO {2}.{1}".format(target, table, stage.old) for table in ("customer", "only_old")]
        moves = moves[:1] if half_moved == "an old table" else moves + ["{0}.first TO {1}.first".format(stage.new, target)]
        connection.run("SET foreign_key_checks = 0")
        connection.run("DROP TRIGGER {0}.noted".format(target))
        connection.run("RENAME TABLE {0}".format(", ".join(moves)))
        connection.run("FLUSH TABLES")
        before, _to, after = moves[-1].split()
        os.rename(os.path.join(data, *after.split(".")) + ".frm", os.path.join(data, *before.split(".")) + ".frm")
        raise Failure("The server was killed")

    with monkeypatch.context() as patched:
        patched.setattr(places, "swap", crash)
        with pytest.raises(Failure, match="was killed"):
            load(wanted)
    try:
        assert load(wanted).changed
        assert not load(wanted).changed
        control = databases.connection(entry)
        assert [control.rows("SELECT a FROM {0}.{1} ORDER BY a".format(target, table)) for table in ("first", "second")] == [[(1,), (2,)]] * 2
        assert len(control.rows("SHOW TABLES FROM {0}".format(target))) == 2
        assert not control.rows("SHOW DATABASES LIKE '\\_\\_apsaradb%'")
        control.close()
    finally:
        databases.drop(entry, target)


@pytest.mark.parametrize("name", ["5.7", "5.6"])
@pytest.mark.parametrize("left", [(".frm",), (".ibd",), (".frm", ".ibd")])
def test_a_crash_before_the_objects_of_the_old_database_are_saved(tmp_path, monkeypatch, name, left):
    """Their statements are to be saved in a table that is half created; no object has been dropped yet."""
    entry, target = fixtures.server(name), "killed_programs"
    databases.drop(entry, target)
    databases.run(entry, b"CREATE DATABASE killed_programs;")
    databases.run(entry, BEFORE, target)
    dump = b"CREATE TABLE first (a INT) ENGINE=InnoDB;\nINSERT INTO first VALUES (1);\nCREATE VIEW seen AS SELECT a FROM first;\n-- Dump completed\n"
    wanted = databases.request(entry, target, databases.write(tmp_path, dump), on_existing="replace")
    data = os.path.join(os.path.dirname(entry["socket"]), "data")

    def crash(connection, _target, stage, _ignore, **_options):
        connection.run("CREATE DATABASE {0}".format(stage.old))
        connection.run("CREATE TABLE {0}.other (a INT) ENGINE=InnoDB".format(stage.old))
        connection.run("FLUSH TABLES")
        for extension in left:
            shutil.copy(os.path.join(data, stage.old, "other" + extension), os.path.join(data, stage.old, "__apsaradb_programs" + extension))
        connection.run("DROP TABLE {0}.other".format(stage.old))
        raise Failure("The server was killed")

    kept = []

    def failing(_loader, _plan, **_options):
        control = databases.connection(entry)
        kept.extend(control.rows("SELECT kind, name FROM `{0}`.__apsaradb_programs".format(places.Staging.of(target).old)))
        control.close()
        raise Failure("A view is refused")

    try:
        with monkeypatch.context() as patched:
            patched.setattr(places, "swap", crash)
            with pytest.raises(Failure, match="was killed"):
                load(wanted)
        with monkeypatch.context() as patched:
            patched.setattr(loading, "make_objects", failing)
            with pytest.raises(Failure, match="is refused"):
                load(wanted)
        assert kept == [("PROCEDURE", "tidy"), ("TRIGGER", "noted"), ("VIEW", "orders")]
        assert load(wanted).changed
        assert databases.run(entry, b"SELECT a FROM first;", target) == b"a\n1\n"
        assert databases.run(entry, b"SHOW DATABASES LIKE '\\_\\_apsaradb%';") == b""
    finally:
        databases.drop(entry, target, places.Staging.of(target).new, places.Staging.of(target).old)
