# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sandboxes with real servers of every version: start, change, crash, stop, remove."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sandbox import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import lifecycle, mysqld_process, socket_path, state_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software import Software
from ansible_collections.apsaradb.mysql.tests.support import fixtures
from ansible_collections.apsaradb.mysql.tests.support import servers as real

pytestmark = pytest.mark.servers(1)

SMALL = {"performance_schema": False, "innodb_buffer_pool_size": "16M", "innodb_flush_log_at_trx_commit": 2}


@pytest.fixture(scope="module", params=[entry["name"] for entry in fixtures.servers()] if os.environ.get(fixtures.VARIABLE) else ["none"])
def software(request) -> Software:
    return real.get_software(request.param, fixtures.server(request.param)["cache"])


@pytest.fixture(scope="module")
def modern() -> Software:
    return real.get_software("9.7", fixtures.server("9.7")["cache"])


@pytest.fixture
def home():
    folder = tempfile.mkdtemp(prefix="sandbox-test-")
    yield os.path.join(os.path.realpath(folder), "one")
    for root, folders, _files in os.walk(folder):
        if state_file.NAME in os.listdir(root):
            running = lifecycle.inspect(root)
            if running is not None and running.pid is not None:
                os.kill(running.pid, signal.SIGKILL)  # faster than a clean shutdown
            lifecycle.remove(root)
            folders.clear()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def made(modern):
    """A data directory to copy, because initialising one takes longer than most tests."""
    folder = os.path.join(tempfile.mkdtemp(prefix="sandbox-test-"), "made")
    run(folder, modern)
    lifecycle.stop(folder)
    yield os.path.join(folder, "data")
    lifecycle.remove(folder)
    os.rmdir(os.path.dirname(folder))


def copy_sandbox(path, software, data):
    """Make a stopped sandbox with a copy of these data."""
    with state_file.locked(path):
        state_file.save(path, state_file.SandboxState("test", software.root, software.version, mysqld_process.free_port(), ""))
        shutil.copytree(data, os.path.join(path, "data"))


def run(path, software, settings=None, port=0):
    with state_file.locked(path):
        return lifecycle.start(path, lifecycle.WantedServer(software, "test", dict(SMALL, **(settings or {})), port))


def ask(path, software, sql):
    sandbox = lifecycle.inspect(path)
    argv = lifecycle.client(software.mysql, sandbox.socket) + ("--batch", "--skip-column-names", "--execute", sql)
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.decode().split()


def call(path, source="packages", check_mode=False, **options):
    cache = fixtures.server("9.7")["cache"]
    params = {"path": path, "state": "started", "source": source, "software_path": cache, "version": None, "port": None, "settings": dict(SMALL)}
    params.update(snapshot=None, snapshot_gtid="keep", crash_safe=True)
    return job(JobContext(dict(params, **options), check_mode, lambda _text: None))


def gtids(software, **settings):
    """Settings with GTIDs and a binary log, under which initialisation must work."""
    settings.update(server_id=5, log_bin="binlog", gtid_mode=True, enforce_gtid_consistency=True)
    if software.version.startswith("5."):
        settings["log_slave_updates"] = True
    return settings


def test_life(home, software):
    """Created, unchanged, restarted with other settings, killed and recovered, stopped, started, removed; the data stay until then."""
    sandbox, changed = run(home, software, gtids(software))
    assert changed and sandbox.pid and sandbox.version == software.version
    assert os.stat(home).st_mode & 0o777 == 0o700
    assert ask(home, software, "SELECT @@port, @@bind_address, user()") == [str(sandbox.port), "127.0.0.1", "root@localhost"]
    assert ask(home, software, "SELECT CONCAT(user, '@', host) FROM mysql.user WHERE user NOT LIKE 'mysql.%'") == ["root@localhost"]
    assert ask(home, software, "SELECT @@GLOBAL.gtid_mode, @@GLOBAL.log_bin, @@GLOBAL.gtid_executed") == ["ON", "1"]
    ask(home, software, "CREATE DATABASE d; CREATE TABLE d.t (a INT) ENGINE=InnoDB; INSERT INTO d.t VALUES (42)")

    assert run(home, software, gtids(software)) == (sandbox, False)

    tight = gtids(software, **{"max-connections": 17})
    again, changed = run(home, software, tight)
    assert changed and again.pid != sandbox.pid and again.port == sandbox.port
    assert ask(home, software, "SELECT @@max_connections, a FROM d.t") == ["17", "42"]

    ask(home, software, "INSERT INTO d.t VALUES (43)")
    os.kill(again.pid, signal.SIGKILL)
    # The killed process may still be ending.
    recovered, changed = run(home, software, tight)
    assert changed and recovered.pid
    assert ask(home, software, "SELECT a FROM d.t ORDER BY a") == ["42", "43"]

    assert lifecycle.stop(home) and not lifecycle.stop(home)
    assert lifecycle.inspect(home).pid is None
    assert run(home, software, tight)[1]
    assert ask(home, software, "SELECT COUNT(*) FROM d.t") == ["2"]
    pid = lifecycle.inspect(home).pid
    assert lifecycle.remove(home) and not lifecycle.remove(home)
    assert not os.path.exists(home)
    assert not mysqld_process.command_line_is(_command_line(pid), mysqld_process.MysqldIdentity(home + "/my.cnf", home + "/data"))


def _command_line(pid):
    try:
        with open("/proc/{0}/cmdline".format(pid), "rb") as handle:
            return handle.read()
    except OSError:
        return b""


def test_the_server_reads_and_writes_files_in_its_own_folder_alone(home, software):
    """Even where it runs as root; rows that the client sends (LOAD DATA LOCAL) do not depend on that."""
    sandbox, _changed = run(home, software, {"local_infile": True})
    folder = os.path.join(sandbox.path, "files")
    assert ask(home, software, "SELECT @@GLOBAL.secure_file_priv") == [folder + "/"] and os.stat(folder).st_mode & 0o777 == 0o700 and os.listdir(folder) == []
    outside = os.path.join(os.path.dirname(home), "outside")
    os.mkdir(outside)
    os.chmod(outside, 0o777)
    with open(os.path.join(outside, "rows"), "w", encoding="ascii") as rows:
        rows.write("7\n")
    os.chmod(rows.name, 0o644)
    ask(home, software, "CREATE DATABASE d; CREATE TABLE d.t (a INT)")
    for statement in (
        "SELECT 'x' INTO OUTFILE '{0}/new'",
        "SELECT 'x' INTO DUMPFILE '{0}/new'",
        "SELECT 'x' INTO OUTFILE '/tmp/sandbox-test-new'",
        "SELECT 'x' INTO OUTFILE '{1}/../new'",
        "LOAD DATA INFILE '{0}/rows' INTO TABLE d.t",
    ):
        with pytest.raises(AssertionError, match="secure-file-priv"):
            ask(home, software, statement.format(outside, folder))
    assert ask(home, software, "SELECT LOAD_FILE('{0}/rows'), LOAD_FILE('/etc/passwd')".format(outside)) == ["NULL", "NULL"]
    assert os.listdir(outside) == ["rows"] and not os.path.exists("/tmp/sandbox-test-new") and not os.path.exists(os.path.join(home, "new"))
    argv = lifecycle.client(software.mysql, sandbox.socket) + ("--local-infile=1", "--execute", "LOAD DATA LOCAL INFILE '{0}' INTO TABLE d.t".format(rows.name))
    subprocess.run(argv, check=True)
    script = [os.path.join(home, "mysql"), "-BN", "-e", "SELECT a, USER() FROM d.t"]
    assert subprocess.run(script, stdout=subprocess.PIPE, check=True).stdout.split() == [b"7", b"root@localhost"]


def test_values_are_quoted(home, modern, made):
    """mysqld reads comment signs, backslashes, quotes and blanks in a value literally."""
    value = "SET @a = ' # \\\\ ; '"
    copy_sandbox(home, modern, made)
    run(home, modern, {"init_connect": value, "sql_mode": ""})
    assert " ".join(ask(home, modern, "SELECT HEX(@@init_connect), HEX(@@GLOBAL.sql_mode)")) == value.encode().hex().upper()


def test_refused_settings_do_not_stop_the_server(home, modern, made):
    """mysqld finds a misspelled option before the running server is stopped."""
    copy_sandbox(home, modern, made)
    sandbox, _changed = run(home, modern)
    with pytest.raises(Failure, match="refuses these settings.*no_such_option"):
        run(home, modern, {"no_such_option": 1})
    assert lifecycle.inspect(home).pid == sandbox.pid
    assert run(home, modern) == (sandbox, False)


def test_failed_start_shows_the_log(home, software):
    """The message has the last lines of the server's log."""
    with pytest.raises(Failure, match="Its log ends: .*(ibdata1|innodb_data_file_path|InnoDB)") as caught:
        run(home, software, {"innodb_data_file_path": "ibdata1:nonsense"})
    assert caught.value.facts["log_tail"]
    assert lifecycle.inspect(home).pid is None and not os.path.exists(os.path.join(home, "data"))


def test_program_that_is_not_mysqld(home, modern):
    """The message has its output."""
    with pytest.raises(Failure, match="defaults-file"):
        run(home, modern._replace(mysqld=("/bin/echo",)))


def test_path_too_long_for_a_socket(home, modern, made):
    """The socket is in a private folder with a short path, which is removed with the sandbox."""
    deep = os.path.join(home, "a" * 60, "b" * 60)
    copy_sandbox(deep, modern, made)
    sandbox, _changed = run(deep, modern)
    assert len(sandbox.socket) <= socket_path.MAX_LENGTH and not sandbox.socket.startswith(deep)
    assert os.stat(os.path.dirname(sandbox.socket)).st_mode & 0o777 == 0o700
    assert ask(deep, modern, "SELECT 1") == ["1"]
    assert run(deep, modern) == (sandbox, False)
    lifecycle.stop(deep)
    shutil.rmtree(os.path.dirname(sandbox.socket))  # as a reboot does to /tmp
    moved, changed = run(deep, modern)
    assert changed and ask(deep, modern, "SELECT 1") == ["1"]
    lifecycle.remove(deep)
    assert not os.path.exists(os.path.dirname(moved.socket))


def test_taken_port(home, modern, made):
    """A port the user chose is reported; a port chosen automatically is replaced."""
    other = os.path.join(os.path.dirname(home), "two")
    for path in home, other:
        copy_sandbox(path, modern, made)
    first, _changed = run(home, modern)
    with pytest.raises(Failure, match="Another program uses the sandbox's port.*127.0.0.1:{0}".format(first.port)):
        run(other, modern, port=first.port)
    assert state_file.read(other).port == first.port
    second, changed = run(other, modern)
    assert changed and second.port != first.port


def test_two_runs_at_once(home, modern):
    """The second waits for the first and changes nothing."""
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(run(home, modern))) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changed for _sandbox, changed in outcomes) == [False, True]
    assert outcomes[0][0].pid == outcomes[1][0].pid


def test_folder_that_is_not_a_sandbox(home, modern):
    """Nothing is created in it or removed from it."""
    os.mkdir(home)
    keep = os.path.join(home, "thesis.txt")
    open(keep, "w").close()
    for act in (lambda: run(home, modern), lambda: lifecycle.remove(home), lambda: call(home, state="absent")):
        with pytest.raises(Failure, match="not a sandbox"):
            act()
    assert os.path.exists(keep)


def test_interrupted_initialisation(home, modern):
    """An incomplete data directory is created again."""
    os.mkdir(home)
    state_file.save(home, state_file.SandboxState("test", modern.root, modern.version, mysqld_process.free_port(), ""))
    os.makedirs(os.path.join(home, "data.part", "mysql"))
    assert run(home, modern)[1]
    assert ask(home, modern, "SELECT 1") == ["1"]
    assert not os.path.exists(os.path.join(home, "data.part"))


def test_the_job(home, modern):
    """Check mode predicts, a second run changes nothing, a sandbox keeps its source and version."""
    assert call(home, check_mode=True)["changed"] and not os.path.exists(home)
    made = call(home)
    assert made["changed"] and made["version"] == modern.version and made["mysql"][-1] == "--user=root"
    assert not call(home, check_mode=True)["changed"]
    assert call(home) == dict(made, changed=False)
    assert call(home, check_mode=True, settings={})["changed"] and call(home) == dict(made, changed=False)
    with pytest.raises(Failure, match="created from packages, not from system"):
        call(home, source="system")
    with pytest.raises(Failure, match="MySQL 5.5 is required, but the source has 9"):
        call(home, version="5.5")
    assert call(home, state="absent", check_mode=True)["changed"] and lifecycle.inspect(home).pid == made["pid"]
    assert call(home, state="stopped")["pid"] is None and not call(home, state="stopped")["changed"]
    assert call(home, state="absent") == {"changed": True} and call(home, state="absent") == {"changed": False}


def test_file_in_the_way(home, modern, made):
    """An error of the system becomes a failure with the path."""
    copy_sandbox(home, modern, made)
    open(os.path.join(home, "tmp"), "w").close()
    with pytest.raises(Failure, match="cannot be changed: File exists.*/tmp"):
        call(home, source="auto")
