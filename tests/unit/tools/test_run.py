# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make test`` prints of a failed integration target, the task that ended it and its message, and of failed sessions of nox."""

import contextlib
from pathlib import Path

import pytest

TOOLS = str(Path(__file__).parents[2] / "tools")
OUTPUT = """Running alpha integration test role

TASK [alpha : Try what fails] *********
fatal: [testhost]: FAILED! => {"changed": false, "msg": "expected"}

TASK [alpha : Record the message] *****
ok: [testhost]

TASK [alpha : Try once more] **********
fatal: [testhost]: FAILED! => {"changed": false, "msg": "not this"}
...ignoring

TASK [alpha : Restore 'a' => [x]] *****
An exception occurred
failed: [testhost] (item=1) => {"ansible_loop_var": "item", "item": 1, "msg": "the \\"real\\"\\nreason", "rc": 1, "stderr": "LONG"}
fatal: [testhost]: FAILED! => {"msg": "One or more items failed"}

TASK [alpha : Clean up] ***************
changed: [testhost]

PLAY RECAP ****************************
testhost : ok=1 failed=1

Running beta integration test role

TASK [beta : Compare] *****************
fatal: [testhost]: FAILED! => not JSON
of two lines

TASK [beta : Clean up] ****************
changed: [testhost]

Running epsilon integration test role

TASK [epsilon : Wait for the play] ****
fatal: [testhost]: FAILED! => {"msg": "non-zero", "stdout": "TASK [Restore]\\nfatal: [db1]: UNREACHABLE! => {}\\n\\nPLAY RECAP"}

Running gamma integration test role
ERROR: no tasks
""".replace("LONG", "x" * 400)


@pytest.mark.parametrize(
    "target, start, length",
    [
        ("alpha", "alpha : Restore 'a' => [x: the \"real\" reason xxx", len("alpha : Restore 'a' => [x: ") + 300),
        ("beta", "beta : Compare: not JSON of two lines", len("beta : Compare: not JSON of two lines")),
        ("epsilon", "epsilon : Wait for the play: fatal: [db1]: UNREACHABLE! => {} non-zero", 70),
        ("gamma", "", 0),
        ("delta", "", 0),
    ],
)
def test_failed_task_of_a_target(target: str, start: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TOOLS)
    import run

    found = run.failure_of_target(OUTPUT, target)
    assert found.startswith(start) and len(found) == length


def test_output_of_failed_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TOOLS)
    import run

    bad = "nox > Running session codeqa\na.py:1:1: wrong\nnox > Session codeqa aborted: Ruff check failed.\n"
    good = "nox > Running session yamllint\nnox > yamllint\nnox > Session yamllint was successful in 5 seconds.\n"
    assert (
        run.failed_sessions(good + bad + good + "nox > Running session lint\nnox > Session lint failed.\n")
        == bad + "nox > Running session lint\nnox > Session lint failed.\n"
    )
    assert run.failed_sessions("../../venv/collection-root/ansible_collections/a/b/c.py:1: wrong") == "c.py:1: wrong"
    assert run.failed_sessions("Traceback\n" + good) == "Traceback\n"


def test_folder_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found again after a killed run, and removed at the end; there is none without room."""
    monkeypatch.syspath_prepend(TOOLS)
    import run

    monkeypatch.setattr(run, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(run, "MEMORY", tmp_path)
    monkeypatch.setattr(run, "ROOM", 1)
    with contextlib.ExitStack() as at_exit:
        killed = run._folder_in_memory(contextlib.ExitStack())
        (killed / "left").touch()
        assert killed.parent == tmp_path and run._folder_in_memory(at_exit) == killed
    assert not killed.exists()
    with contextlib.ExitStack() as at_exit:
        assert run._folder_in_memory(at_exit) not in (None, killed)
    monkeypatch.setattr(run, "ROOM", 1 << 60)
    assert run._folder_in_memory(contextlib.ExitStack()) is None
