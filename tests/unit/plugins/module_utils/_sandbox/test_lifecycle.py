# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be checked without a server. Real servers are started, stopped and removed in tests/servers/test_sandbox.py."""

import os
import signal
import subprocess
import sys

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import lifecycle, state_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software import Software
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.state_file import SandboxState

SOFTWARE = Software("/c/packages", "5.7.29", ("/bin/false",), "/c/packages/usr", None, None, None)
WANTED = lifecycle.WantedServer(SOFTWARE, "packages")


@pytest.fixture
def stopped(tmp_path):
    """A sandbox whose server does not run; its socket is in a short folder, as for a long path."""
    path, folder = str(tmp_path / "one"), tmp_path / "mysql-sandbox-12345678"
    folder.mkdir(0o700)
    with state_file.locked(path):
        state_file.save(path, SandboxState("packages", "/c/packages", "5.7.29", 3307, str(folder / "mysql.sock")))
    return path


def test_client():
    assert lifecycle.client(("/l/ld.so", "/b/mysql"), "/s") == ("/l/ld.so", "/b/mysql", "--no-defaults", "--socket=/s", "--user=root")
    assert lifecycle.client(None, "/s") is None


def test_inspect(tmp_path, stopped):
    assert lifecycle.inspect(str(tmp_path / "none")) is None
    found = lifecycle.inspect(stopped)
    assert (found.pid, found.port, found.version, found.datadir) == (None, 3307, "5.7.29", stopped + "/data")


def test_server_that_does_not_run_is_not_as_wanted(tmp_path, stopped):
    assert not lifecycle.is_as_wanted(str(tmp_path / "none"), WANTED)
    assert not lifecycle.is_as_wanted(stopped, WANTED)
    assert not lifecycle.stop(stopped)


def test_remove(tmp_path, stopped):
    """The folder with its contents and the socket's folder, but nothing behind a link."""
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep" / "file").touch()
    os.symlink(str(tmp_path / "keep"), os.path.join(stopped, "link"))
    os.makedirs(os.path.join(stopped, "data", "mysql"))
    assert lifecycle.remove(stopped) and not lifecycle.remove(stopped)
    assert os.listdir(str(tmp_path)) == ["keep"] and (tmp_path / "keep" / "file").exists()


def test_folder_that_is_not_a_sandbox_is_not_removed(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Failure, match="not a sandbox"):
        lifecycle.remove(str(tmp_path))
    assert (tmp_path / "file").exists()


def test_refused_setting_changes_nothing(stopped):
    before = sorted(os.listdir(stopped)), state_file.read(stopped).port
    with pytest.raises(Failure, match="datadir is set by the sandbox"):
        lifecycle.start(stopped, WANTED._replace(settings={"datadir": "/x"}, port=1))
    assert (sorted(set(os.listdir(stopped)) - {"tmp", "files"}), state_file.read(stopped).port) == before


def test_failed_initialisation_can_be_repeated(stopped):
    """The option file is there, no data are, and the next run begins with the initialisation."""
    for _run in range(2):
        with pytest.raises(Failure, match="cannot be initialised"):
            lifecycle.start(stopped, WANTED)
        assert os.path.exists(os.path.join(stopped, "my.cnf")) and not os.path.exists(os.path.join(stopped, "data"))
    assert state_file.read(stopped).socket == os.path.join(stopped, "mysql.sock")


@pytest.mark.parametrize("use", [lifecycle.remove, lambda path: pytest.raises(Failure, lifecycle.start, path, WANTED)])
def test_the_initialisation_of_a_run_that_was_killed_ends(stopped, use):
    """The mysqld that creates the data outlives the run that has started it."""
    part = os.path.join(stopped, "data.part")
    os.mkdir(part)
    words = ["mysqld", "--defaults-file=" + os.path.join(stopped, "my.cnf"), "--datadir=" + part, "--initialize-insecure"]
    child = subprocess.Popen([sys.executable, "-c", "print('x', flush=True); import time; time.sleep(60)"] + words, cwd=part, stdout=subprocess.PIPE)
    try:
        child.stdout.read(1)
        use(stopped)
        assert child.wait(10) == -signal.SIGKILL and not os.path.exists(part)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@pytest.mark.parametrize("mysqld, note", [("/bin/true", "started\n"), ("/bin/false", "started\n"), ("kill -9 $$", "starting\n")])
def test_data_of_a_server_that_was_shut_down_while_it_started_are_kept(stopped, mysqld, note):
    """Because it took too long; one that was killed may have damaged them."""
    os.mkdir(os.path.join(stopped, "data"))
    words = (mysqld,) if mysqld.startswith("/") else ("/bin/sh", "-c", mysqld)
    with pytest.raises(Failure, match="ended while starting"):
        lifecycle.launch(stopped, SOFTWARE._replace(mysqld=words), state_file.read(stopped), crash_safe=False)
    with open(os.path.join(stopped, lifecycle.UNSAFE), encoding="utf-8") as stream:
        assert stream.read() == note


@pytest.mark.parametrize("answers", [True, False])
def test_data_of_a_server_that_was_shut_down_are_kept_although_the_run_that_started_it_was_killed(stopped, monkeypatch, answers):
    """The run was killed before it noted that the server, which is not crash-safe, had started."""
    running = [4711]
    monkeypatch.setattr(lifecycle.mysqld_process, "find", lambda _identity: running[0] if running else None)
    monkeypatch.setattr(lifecycle.mysqld_process, "answers", lambda _socket: answers)
    monkeypatch.setattr(lifecycle.mysqld_process, "stop", lambda *_server: running.clear())
    os.makedirs(os.path.join(stopped, "data", "shop"))
    state_file.write_private(os.path.join(stopped, lifecycle.UNSAFE), "starting\n")
    assert lifecycle.stop(stopped)
    # mysqld removes its pid file when it ends, and a server that does not answer yet may have none.
    assert lifecycle.discard_unsafe_data(stopped) is not answers
    assert os.path.exists(os.path.join(stopped, "data", "shop")) is answers


def test_a_second_run_completes_the_note_of_one_that_was_killed(stopped, monkeypatch):
    monkeypatch.setattr(lifecycle.mysqld_process, "find", lambda _identity: 4711)
    monkeypatch.setattr(lifecycle, "is_as_wanted", lambda _path, _wanted: True)
    monkeypatch.setattr(lifecycle, "_wait_until_ready", lambda *_server: None)
    mark = os.path.join(stopped, lifecycle.UNSAFE)
    state_file.write_private(mark, "starting\n")
    assert not lifecycle.start(stopped, WANTED._replace(crash_safe=False))[1]
    with open(mark, encoding="utf-8") as stream:
        assert stream.read() == "started\n"


def test_a_server_that_ends_because_it_was_killed_is_started_again(stopped, monkeypatch):
    """A killed server is found running for a moment. Data that are not crash-safe are discarded by the next run instead."""
    found = [4711]
    monkeypatch.setattr(lifecycle.mysqld_process, "find", lambda _identity: found.pop() if found else None)
    monkeypatch.setattr(lifecycle.mysqld_process, "is_ours", lambda _pid, _identity: False)
    monkeypatch.setattr(lifecycle, "is_as_wanted", lambda _path, _wanted: True)
    monkeypatch.setattr(lifecycle, "check_settings", lambda *_wanted: None)
    monkeypatch.setattr(lifecycle, "_make_data", lambda *_wanted: None)
    monkeypatch.setattr(lifecycle, "launch", lambda *_wanted, **_options: 4712)
    sandbox, changed = lifecycle.start(stopped, WANTED)
    assert changed and sandbox.pid == 4712
    found.append(4711)
    with pytest.raises(Failure, match="ended while starting"):
        lifecycle.start(stopped, WANTED._replace(crash_safe=False))
