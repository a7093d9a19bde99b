# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sandbox can be saved, without a server; tests/servers/test_snapshots.py saves and resets."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sandbox import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import lifecycle, save_reset, snapshot, state_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software import Software
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.state_file import SandboxState

FACTS = snapshot.ServerFacts("8.0.36", "packages", "/c/packages", {})


@pytest.fixture(name="stopped")
def fixture_stopped(tmp_path):
    """A sandbox whose server was shut down."""
    path = str(tmp_path / "one")
    with state_file.locked(path):
        state_file.save(path, SandboxState("packages", "/c/packages", "8.0.36", 3307, str(tmp_path / "mysql.sock")))
    os.mkdir(os.path.join(path, "data"))
    with open(os.path.join(path, "data", "ibdata1"), "wb") as handle:
        handle.write(b"data")
    return path


def test_a_sandbox_that_does_not_exist(tmp_path):
    with pytest.raises(Failure, match="The sandbox to save does not exist"):
        save_reset.check(str(tmp_path / "none"), str(tmp_path / "saved"))


@pytest.mark.parametrize("mark, text", [(lifecycle.UNSAFE, "This server is not crash-safe now"), ("data/aborted", "This server was not shut down but killed")])
def test_data_that_cannot_be_saved_as_they_are(stopped, tmp_path, monkeypatch, mark, text):
    if mark == lifecycle.UNSAFE:
        with open(os.path.join(stopped, mark), "w"):
            pass
    else:
        monkeypatch.setattr(lifecycle, "ended_uncleanly", lambda _path: True)
    with pytest.raises(Failure, match=text):
        save_reset.check(stopped, str(tmp_path / "saved"))


def test_data_of_a_server_that_ended_while_it_recovered(stopped, tmp_path, monkeypatch):
    """mysqld has no pid file until it has recovered; without its binary logs, which are not saved, it would roll back transactions that were committed."""
    for name in "mysqld.pid", "my.cnf":
        with open(os.path.join(stopped, name), "w"):
            pass
    software = Software("", "8.0.36", ("/bin/false",), "/b", None, None, None)
    state = state_file.read(stopped)
    with pytest.raises(Failure, match="ended while starting"):
        lifecycle.launch(stopped, software, state)
    assert not os.path.exists(os.path.join(stopped, "mysqld.pid"))
    with pytest.raises(Failure, match="not shut down but killed"):
        save_reset.check(stopped, str(tmp_path / "saved"))
    # The run that started it was killed, but the server has recovered. It is then shut down.
    monkeypatch.setattr(lifecycle.mysqld_process, "find", lambda _identity: 4711)
    monkeypatch.setattr(lifecycle.mysqld_process, "stop", lambda *_server: None)
    for answers in False, True:
        monkeypatch.setattr(lifecycle.mysqld_process, "answers", lambda _socket, answers=answers: answers)
        assert lifecycle.has_recovered(stopped) is answers and lifecycle.stop(stopped)
    monkeypatch.undo()
    assert save_reset.check(stopped, str(tmp_path / "saved")).pid is None


def test_a_stopped_sandbox_is_saved_and_recognised(stopped, tmp_path):
    target = str(tmp_path / "saved")
    assert save_reset.find_unchanged(stopped, target) is None
    assert save_reset.check(stopped, target).pid is None
    _sandbox, saved = save_reset.save(stopped, target, None, FACTS)
    assert save_reset.find_unchanged(stopped, target) == saved == snapshot.read(target)
    assert save_reset.snapshot_of(stopped)["path"] == target
    with open(os.path.join(stopped, "data", "ibdata1"), "ab") as handle:
        handle.write(b"more")
    assert save_reset.find_unchanged(stopped, target) is None


def test_a_run_that_was_interrupted_is_not_taken_for_unchanged(stopped, tmp_path):
    target = str(tmp_path / "saved")
    save_reset.save(stopped, target, None, FACTS)
    with open(os.path.join(stopped, "was-running"), "w"):
        pass
    assert save_reset.find_unchanged(stopped, target) is None


def test_a_server_that_was_stopped_on_purpose_since_an_interrupted_run_stays_stopped(stopped, tmp_path):
    with open(os.path.join(stopped, "was-running"), "w"):
        pass
    params = {"path": stopped, "state": "stopped"}
    assert job(JobContext(params, True, print))["changed"] is False and os.path.exists(os.path.join(stopped, "was-running"))
    assert job(JobContext(params, False, print))["changed"] is False
    # With the mark, it would need software to start the server.
    assert save_reset.save(stopped, str(tmp_path / "saved"), None, FACTS)[0].pid is None


def test_a_target_that_holds_something_else_is_refused(stopped, tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "file").touch()
    with pytest.raises(Failure):
        save_reset.check(stopped, str(tmp_path / "saved"))


def test_data_without_an_origin(stopped):
    assert save_reset.snapshot_of(stopped) == {}
