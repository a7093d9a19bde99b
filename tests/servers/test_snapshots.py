# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of real servers: save, start several, change, reset, damage, crash, kill at any time."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sandbox import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import lifecycle, save_reset, snapshot, state_file
from ansible_collections.apsaradb.mysql.tests.support import fixtures
from ansible_collections.apsaradb.mysql.tests.support import servers as real
from ansible_collections.apsaradb.mysql.tests.support.small_disk import on_reflink_disk

SETTINGS = {"performance_schema": False, "innodb_buffer_pool_size": "16M", "innodb_use_native_aio": False, "gtid_mode": True}
SETTINGS.update(enforce_gtid_consistency=True, innodb_redo_log_capacity="8M", server_id=7, log_bin="binlog")
DURABILITY = "SHOW GLOBAL STATUS LIKE 'Innodb_redo_log_enabled'; SELECT @@innodb_doublewrite"
# Any other number of kills: APSARADB_MYSQL_KILLS=30.
KILLS = int(os.environ.get("APSARADB_MYSQL_KILLS", "2"))


def params(path, **options):
    found = {"path": str(path), "state": "started", "source": "packages", "software_path": fixtures.server("9.7")["cache"], "version": None, "port": None}
    found.update(settings=dict(SETTINGS), snapshot=None, snapshot_gtid="keep", snapshot_note=None, snapshot_keep=None, snapshot_keep_size=None)
    return dict(found, crash_safe=True, **options)


def call(path, check_mode=False, warnings=None, **options):
    wanted = params(path)
    wanted.update({name: str(value) if name == "snapshot" else value for name, value in options.items()})
    return job(JobContext(wanted, check_mode, (warnings if warnings is not None else []).append))


def ask(server, sql):
    done = subprocess.run(server["mysql"] + ["--batch", "--skip-column-names", "--execute", sql], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.decode().split()


def sums(folder):
    """The CRC-32 of each file below a folder."""
    found = {}
    for root, _folders, files in os.walk(str(folder)):
        for name in files:
            with open(os.path.join(root, name), "rb") as handle:
                found[os.path.relpath(os.path.join(root, name), str(folder))] = zlib.crc32(handle.read())
    return found


@pytest.fixture(scope="module")
def home():
    folder = os.path.realpath(tempfile.mkdtemp(prefix="snapshot-test-"))
    yield folder
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isfile(os.path.join(path, state_file.NAME)):
            crash(path)
            lifecycle.remove(path)
    shutil.rmtree(folder)


def crash(path):
    running = lifecycle.inspect(path)
    if running.pid is not None:
        os.kill(running.pid, signal.SIGKILL)
        while lifecycle.inspect(path).pid is not None:
            time.sleep(0.01)


@pytest.fixture(scope="module")
def made(home):
    """A server that was loaded while it was not crash-safe, and the snapshot of it."""
    path, target = os.path.join(home, "made"), os.path.join(home, "store", "shop")
    os.mkdir(os.path.dirname(target))
    unsafe = call(path, crash_safe=False)
    # Without a redo log, MySQL 9.7 sometimes loses AUTO_INCREMENT counters at a clean shutdown, as after CREATE TABLE on several connections.
    assert ask(unsafe, DURABILITY) == ["Innodb_redo_log_enabled", "ON", "OFF"] and not call(path, crash_safe=False)["changed"]
    ask(unsafe, "CREATE DATABASE `two words`; CREATE DATABASE shop; CREATE TABLE shop.t (a INT PRIMARY KEY); INSERT INTO shop.t VALUES (1), (2)")
    with pytest.raises(Failure, match="not crash-safe now.*crash_safe: true"):
        call(path, state="saved", snapshot=target)
    assert call(path, check_mode=True)["changed"]
    server = call(path)
    assert ask(server, DURABILITY) == ["Innodb_redo_log_enabled", "ON", "ON"] and not call(path)["changed"]
    assert call(path, state="saved", snapshot=target, check_mode=True)["changed"] and not os.path.exists(target)
    saved = call(path, state="saved", snapshot=target, snapshot_note={"from": "a test"})
    assert saved["changed"] and saved["pid"] and saved["pid"] != server["pid"] and os.stat(target).st_mode & 0o777 == 0o700
    assert ask(server, "SELECT COUNT(*) FROM shop.t") == ["2"]
    return path, target


def test_several_servers_from_one_snapshot(home, made):
    """At once, each with its own UUID; a change in one is in no other and not in the snapshot; reset throws it away."""
    origin, target = made
    with pytest.raises(Failure, match=r"(?s)The snapshot needs MySQL 9\.7, because 9\.7\..* saved it: set source"):
        call(os.path.join(home, "without"), snapshot=target, source="/nowhere/mysql.tar.xz")
    before = sums(target)
    assert before and not [name for name in before if "binlog" in name or "auto.cnf" in name]
    assert call(origin, snapshot=target)["changed"] is False
    paths = [os.path.join(home, "copy{0}".format(number)) for number in range(3)]
    assert call(paths[0], snapshot=target, check_mode=True)["changed"] and not os.path.exists(paths[0])
    servers = {}
    gtid = {paths[0]: "keep", paths[1]: "empty", paths[2]: "keep"}

    def begin(path):
        servers[path] = call(path, source="auto", snapshot=target, snapshot_gtid=gtid[path])

    threads = [threading.Thread(target=begin, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(servers[path]["changed"] for path in paths)
    assert servers[paths[0]]["snapshot"]["databases"] == ["shop", "two words"] and servers[paths[0]]["snapshot"]["note"] == {"from": "a test"}
    uuids = {ask(server, "SELECT @@server_uuid")[0] for server in [*servers.values(), call(origin)]}
    assert len(uuids) == 4
    executed = [ask(servers[path], "SELECT @@GLOBAL.gtid_executed") for path in paths]
    assert executed == [ask(call(origin), "SELECT @@GLOBAL.gtid_executed"), [], executed[0]] and len(executed[0][0]) > 36
    assert ask(servers[paths[0]], "SELECT @@GLOBAL.gtid_purged") == executed[0] and ask(servers[paths[0]], "SHOW BINARY LOGS")[0] == "binlog.000001"
    assert not call(paths[0], snapshot=target)["changed"] and not call(paths[1], snapshot=target)["changed"]

    ask(servers[paths[0]], "INSERT INTO shop.t VALUES (3); DROP DATABASE `two words`; CREATE DATABASE more")
    assert [ask(servers[path], "SELECT COUNT(*) FROM shop.t") for path in paths] == [["3"], ["2"], ["2"]]
    assert call(paths[0], state="reset", check_mode=True)["changed"]
    fresh = call(paths[0], state="reset")
    assert fresh["changed"] and fresh["pid"] != servers[paths[0]]["pid"]
    assert ask(fresh, "SELECT COUNT(*) FROM shop.t; SHOW DATABASES LIKE 'more'") == ["2"] and ask(fresh, "SELECT @@server_uuid")[0] not in uuids
    assert sums(target) == before

    # A stopped server with the files of its snapshot is not saved again; one that was changed is.
    again = os.path.join(home, "again")
    call(paths[2], state="stopped")
    assert call(paths[2], state="saved", snapshot=again)["changed"] and not call(paths[2], state="saved", snapshot=again)["changed"]
    ask(call(paths[2]), "INSERT INTO shop.t VALUES (4)")
    call(paths[2], state="stopped")
    newer = call(paths[2], state="saved", snapshot=again, snapshot_keep=1, snapshot_keep_size="1G")
    assert newer["changed"] and newer["pid"] is None and newer["removed_snapshots"] == []


def test_crash_of_a_server_that_is_not_crash_safe(home, made):
    """Its data are discarded, with a warning, and come from the snapshot again."""
    path, warnings = os.path.join(home, "copy1"), []
    unsafe = call(path, crash_safe=False, snapshot=made[1])
    ask(unsafe, "CREATE DATABASE lost")
    crash(path)
    again = call(path, warnings=warnings, snapshot=made[1])
    assert "discarded" in warnings[0] and ask(again, "SHOW DATABASES LIKE 'lost'; SELECT COUNT(*) FROM shop.t") == ["2"]
    assert ask(again, DURABILITY)[1:] == ["ON", "ON"]
    crash(path)
    assert call(path, warnings=warnings)["changed"] and len(warnings) == 1


def test_refusals(home, made):
    """Each with a cure, and before anything is stopped or removed."""
    origin, target = made
    other = os.path.join(home, "other")
    shutil.copytree(target, other)
    with open(os.path.join(other, "data-" + snapshot.require(other).id, "ibdata1"), "r+b") as handle:
        handle.seek(40000)
        handle.write(b"damage")
    path = os.path.join(home, "copy2")
    pid = call(path)["pid"]
    for options, message in (
        ({"snapshot": other}, "contains different data than the snapshot.*state: reset"),
        ({"snapshot": other, "state": "reset"}, "snapshot is damaged: ibdata1 its CRC-32 is"),
        ({"snapshot": home + "/none", "state": "reset"}, "The snapshot does not exist"),
        ({"snapshot": home, "state": "reset"}, "not a snapshot"),
        ({"snapshot": path + "/keep", "state": "saved"}, "sandbox's own directory"),
        ({"snapshot": home, "state": "saved"}, "not a snapshot"),
        ({"snapshot": target, "state": "saved", "snapshot_keep_size": "much"}, "not a valid size"),
        ({"snapshot": target, "state": "reset", "settings": {"datadir": "/x"}}, "datadir is set by the sandbox"),
        ({"snapshot": target, "state": "reset", "settings": {"max_conections": 5}}, "mysqld refuses these settings.*no server was stopped"),
    ):
        for check_mode in (True, False):
            if check_mode and ("damaged" in message or "mysqld refuses" in message):
                continue
            with pytest.raises(Failure, match=message):
                call(path, check_mode, **options)
        assert lifecycle.inspect(path).pid == pid and lifecycle.inspect(path).datadir
    with pytest.raises(Failure, match="snapshot is damaged: ibdata1"):
        call(home + "/new", snapshot=other)
    assert not os.path.exists(home + "/new/data") and not os.path.exists(home + "/new/data.part")
    crash(path)
    with pytest.raises(Failure, match="killed.*Start it first"):
        call(path, state="saved", snapshot=other)
    with pytest.raises(Failure, match="not known which snapshot"):
        call(home + "/new2", state="reset")


@pytest.mark.servers(1)
@pytest.mark.parametrize("name", ["5.7", "5.6"])
def test_old_versions(home, name):
    """GTIDs are kept or emptied; 5.6 keeps its binary logs for that."""
    software = real.get_software(name, fixtures.server(name)["cache"])
    source, target = os.path.join(home, "old" + name), os.path.join(home, "store" + name)

    def run(path, **options):
        with state_file.locked(path):
            sandbox, _changed = lifecycle.start(path, lifecycle.WantedServer(software, name, real.settings_of(name), **options))
        return {"mysql": list(lifecycle.client(software.mysql, sandbox.socket))}

    query = "SELECT @@GLOBAL.gtid_executed, COUNT(*) FROM d.t"
    ask(run(source, crash_safe=False), "CREATE DATABASE d; CREATE TABLE d.t (a INT) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)")
    executed = ask(run(source), query)
    with state_file.locked(source):
        save_reset.save(source, target, software, snapshot.ServerFacts(software.version, name, "", {}))
    copies = [run(os.path.join(home, gtid + name), snapshot=target, gtid=gtid) for gtid in ("keep", "empty")]
    assert ask(copies[0], query) == executed and executed[0].endswith(":1-3") and ask(copies[1], query) == ["1"]
    assert len({ask(server, "SELECT @@server_uuid")[0] for server in [*copies, run(source)]}) == 3
    new = lifecycle.WantedServer(real.get_software("9.7", fixtures.server("9.7")["cache"]), "9.7", snapshot=target)
    with (
        state_file.locked(os.path.join(home, "new" + name)),
        pytest.raises(Failure, match="snapshot was made by MySQL {0}.*this server is MySQL 9".format(name)),
    ):
        lifecycle.start(os.path.join(home, "new" + name), new)
    assert not os.path.exists(os.path.join(home, "new" + name, "data"))


ON_REFLINKS = """
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import snapshot
from ansible_collections.apsaradb.mysql.tests.servers import test_snapshots as here

def free():
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize

target = folder + "/snapshot"
here.shutil.copytree({snapshot!r}, target)
saved, before, room = snapshot.require(target), here.sums(target), free()
copies = [folder + "/copy" + str(number) for number in range(4)]
for path in copies:
    os.makedirs(path)
    snapshot.copy_out(target, path + "/data", "keep", saved.server.version)
taken = room - free()
same = all(here.sums(path)["data/" + name] == before["data-" + saved.id + "/" + name] for path in copies for name in (file.name for file in saved.files))
for path in copies[1:]:
    here.shutil.rmtree(path)
path = folder + "/server"
try:
    server = here.call(path, snapshot=target)
    rows = here.ask(server, "INSERT INTO shop.t VALUES (3); SELECT COUNT(*) FROM shop.t")
finally:
    here.lifecycle.remove(path)
print(json.dumps(dict(size=saved.facts(target)["size"], room=room, taken=taken, same=same, rows=rows, unchanged=here.sums(target) == before)))
"""


@pytest.mark.by_night
def test_copies_by_reflink(made, tmp_path):
    """On a real XFS, which only root can mount: four copies of the data fit where two would not, and a server writes into its own alone."""
    (tmp_path / "disk").mkdir()
    found = on_reflink_disk(tmp_path / "disk", tmp_path / "xfs.img", fixtures.server("9.7")["cache"], ON_REFLINKS.format(snapshot=made[1]))
    assert 4 * found["size"] > found["room"] and found["taken"] < 1 << 20, found
    assert found["same"] and found["unchanged"] and found["rows"] == ["3"], found


CHILD = """
import json, sys
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sandbox import job
job(JobContext(json.loads(sys.argv[1]), False, print))
"""


@pytest.mark.parametrize("seed", range(KILLS))
def test_kill(home, made, seed):
    """At any time while a server is saved, started from a snapshot or reset: the next run has all of it, and the snapshot is the old one or the new one."""
    chance = random.Random(seed)
    origin, store = made[1], os.path.join(home, "kills")
    path, target = os.path.join(home, "killed"), os.path.join(store, "kept")
    os.makedirs(store, exist_ok=True)
    server = call(path, snapshot=origin, state="reset" if os.path.exists(path) else "started")
    action = ("saved", "reset", "started", "saved")[seed % 4]
    count = ask(server, "INSERT INTO shop.t SELECT MAX(a) + 1 FROM shop.t; SELECT COUNT(*) FROM shop.t")
    if action == "started":
        call(path, state="absent")
    options = {"saved": {"snapshot": target}, "reset": {}, "started": {"snapshot": origin}}[action]
    child = subprocess.Popen([sys.executable, "-c", CHILD, json.dumps(dict(params(path), state=action, **options))], stdout=subprocess.DEVNULL)
    time.sleep(chance.uniform(0.2, 3.5))
    child.kill()
    child.wait()
    if action == "saved":
        old = snapshot.read(target)
        assert old is None or snapshot.copy_out(target, os.path.join(home, "checked"), "keep", old.server.version)
        saved = call(path, state="saved", snapshot=target)
        assert saved["changed"] and saved["pid"] and os.listdir(store) == ["kept"]
        assert ask(server, "SELECT COUNT(*) FROM shop.t") == count
        new = call(os.path.join(home, "proof"), snapshot=target, state="reset")
        assert ask(new, "SELECT COUNT(*) FROM shop.t") == count
    else:
        again = call(path, snapshot=origin) if action == "started" else call(path)
        assert ask(again, "SELECT COUNT(*) FROM shop.t") in ([["2"]] if action == "started" else [["2"], count])
        if action == "reset":
            assert ask(call(path, state="reset"), "SELECT COUNT(*) FROM shop.t") == ["2"]
    assert not [name for name in os.listdir(path) if name.startswith("data.") or name == "was-running"]
