# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make`` finds out about the machine: a Python installation that it may not read is passed over."""

import importlib.util
import os
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("machine", Path(__file__).parents[2] / "tools" / "machine.py")
assert SPEC is not None and SPEC.loader is not None
machine = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(machine)


def test_pythons_of_pyenv_are_found_newest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "py[env]"))
    for version in "3.6.15", "3.12.1", "3.9.2", "2.7.18":
        (tmp_path / "py[env]" / "versions" / version / "bin").mkdir(parents=True)
    assert [folder.parent.name for folder in machine._pyenv_folders()] == ["3.12.1", "3.9.2", "3.6.15"]
    assert str(tmp_path / "py[env]" / "versions" / "3.12.1" / "bin") in machine.environment(tmp_path)["PATH"]


@pytest.mark.parametrize("root", ["/" + "x" * 300, "/etc/hostname/pyenv", "/nowhere"])
def test_a_root_of_pyenv_that_cannot_be_read_is_passed_over(root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", root)
    assert machine._pyenv_folders() == [] and machine.environment(tmp_path)["PATH"]
    machine.find_python((6,))


def test_a_root_of_pyenv_that_the_user_may_not_enter_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    (closed / "versions" / "3.12.1" / "bin").mkdir(parents=True)
    closed.chmod(0)
    monkeypatch.setenv("PYENV_ROOT", str(closed))
    child = os.fork()
    if not child:
        # root may enter every folder.
        try:
            os.geteuid() or os.setuid(65534)
            os._exit(0 if machine._pyenv_folders() == [] else 1)
        except BaseException:
            os._exit(2)
    status = os.waitpid(child, 0)[1]
    closed.chmod(0o700)
    assert status == 0


def test_ansible_writes_below_the_cache_alone(tmp_path: Path) -> None:
    """README promises that ``make demo`` and ``make restore`` write only to .cache/."""
    env = machine.environment(tmp_path)
    for name in "ANSIBLE_HOME", "ANSIBLE_REMOTE_TMP", "ANSIBLE_ASYNC_DIR", "ANSIBLE_CONFIG", "APSARADB_MYSQL_CACHE":
        assert Path(env[name]).is_relative_to(tmp_path)


def test_the_first_python_that_the_machine_has_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    for version in "3.12.1", "3.6.15":
        python = tmp_path / "versions" / version / "bin" / "python{0}".format(version.rpartition(".")[0])
        python.parent.mkdir(parents=True)
        python.touch(mode=0o755)
    assert machine.find_python((13, 12, 6)) == tmp_path / "versions" / "3.12.1" / "bin" / "python3.12"
    assert machine.find_python((14, 13)) is None
