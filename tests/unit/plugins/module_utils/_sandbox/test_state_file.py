# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state file, and the lock on the folder."""

import os
import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import state_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.state_file import SandboxState
from ansible_collections.apsaradb.mysql.tests.support.other_users import give_away

STATE = SandboxState("packages", "/cache/packages", "9.7.4", 3307, "/s/mysql.sock")


def test_saved_state_is_read(tmp_path):
    path = str(tmp_path / "deep" / "one")
    with state_file.locked(path):
        assert state_file.read(path) is None
        state_file.save(path, STATE)
    assert state_file.read(path) == STATE
    assert os.stat(path).st_mode & 0o777 == 0o700
    assert os.stat(os.path.join(path, state_file.NAME)).st_mode & 0o777 == 0o600


def test_empty_folder_is_removed(tmp_path):
    path = str(tmp_path / "one")
    with pytest.raises(Failure, match="no server"):
        with state_file.locked(path):
            raise Failure("no server")
    assert not os.path.exists(path)


def test_no_sandbox(tmp_path):
    assert state_file.read(str(tmp_path / "none")) is None
    assert state_file.read(str(tmp_path)) is None


def test_interrupted_write_of_the_first_state(tmp_path):
    (tmp_path / (state_file.NAME + ".part")).touch()
    assert state_file.read(str(tmp_path)) is None


def test_folder_with_other_files(tmp_path):
    """It is refused, and its mode stays."""
    (tmp_path / "thesis.txt").touch()
    tmp_path.chmod(0o755)
    with pytest.raises(Failure, match="not a sandbox"):
        with state_file.locked(str(tmp_path)):
            pass
    assert os.stat(str(tmp_path)).st_mode & 0o777 == 0o755


@pytest.mark.parametrize("text", ["", "{", "[]", '{"source": "packages"}', "[" * 100000])
def test_damaged_state(tmp_path, text):
    (tmp_path / state_file.NAME).write_text(text)
    with pytest.raises(Failure, match="cannot be read"):
        state_file.read(str(tmp_path))


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "f").touch()
    with pytest.raises(Failure, match="cannot be created"):
        with state_file.locked(str(tmp_path / "f")):
            pass


def test_second_run_waits_even_if_the_first_removes_the_folder(tmp_path):
    path = str(tmp_path / "one")
    entered = threading.Event()

    def second():
        with state_file.locked(path):
            state_file.save(path, STATE)
            entered.set()

    with state_file.locked(path):
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.2)
        os.rmdir(path)
    thread.join()
    assert state_file.read(path) == STATE


@pytest.mark.parametrize("mode, refused", [(0o1777, True), (0o777, True), (0o755, False)])
def test_a_sandbox_that_others_placed_in_a_shared_folder_is_refused(tmp_path, monkeypatch, mode, refused):
    """Its state names programs, which would run as this user."""
    path = tmp_path / "one"
    path.mkdir()
    state_file.save(str(path), STATE)
    give_away(monkeypatch, path)
    tmp_path.chmod(mode)
    if not refused:
        assert state_file.read(str(path)) == STATE
        return
    for use in state_file.read, lambda folder: state_file.locked(folder).__enter__():
        with pytest.raises(Failure, match="directory belongs to another user .*one.*Remove it"):
            use(str(path))
