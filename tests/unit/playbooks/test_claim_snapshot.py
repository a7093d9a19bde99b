# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of several playbooks that want a snapshot, one makes it; the others wait until it exists, or until that one has ended without it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "playbooks" / "files" / "claim_snapshot.py"


@pytest.fixture
def snapshot(tmp_path):
    return tmp_path / "store" / "one"


@pytest.fixture
def playbook(tmp_path):
    """Start a process that is named like ansible-playbook; it runs the claim, writes its answer to a file, and lives on."""
    started = []
    script = tmp_path / "ansible-playbook"
    script.write_text(
        "import subprocess, sys, time\n"
        "answer = subprocess.run([sys.executable] + sys.argv[2:], stdout=subprocess.PIPE, check=True).stdout\n"
        "open(sys.argv[1], 'wb').write(answer)\n"
        "time.sleep(60)\n"
    )

    def start(name, *arguments):
        answer = tmp_path / name
        started.append(subprocess.Popen([sys.executable, str(script), str(answer), str(PROGRAM), *map(str, arguments)]))
        return started[-1], answer

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(answer):
    end = time.monotonic() + 30
    while not (answer.exists() and answer.stat().st_size):
        assert time.monotonic() < end
        time.sleep(0.02)
    return answer.read_text().strip()


def finish(snapshot):
    snapshot.mkdir()
    (snapshot / "snapshot.json").touch()


def test_the_second_waits_for_the_snapshot(snapshot, playbook):
    assert wait_for(playbook("first", snapshot)[1]) == "load"
    _process, second = playbook("second", snapshot)
    time.sleep(0.5)
    assert not second.exists()
    finish(snapshot)
    assert wait_for(second) == "copy" and wait_for(playbook("third", snapshot)[1]) == "copy"
    assert os.listdir(str(snapshot.parent)) == ["one"]


def test_the_second_takes_over_when_the_first_is_killed(snapshot, playbook):
    first, answer = playbook("first", snapshot)
    assert wait_for(answer) == "load"
    _process, second = playbook("second", snapshot)
    time.sleep(0.5)
    assert not second.exists()
    first.kill()
    first.wait()
    assert wait_for(second) == "load"
    finish(snapshot)
