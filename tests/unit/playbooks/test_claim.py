# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of several playbooks that want the same, one does it; the others wait until its result exists, or until that one has ended without it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "playbooks" / "files" / "claim.py"


@pytest.fixture
def playbook(tmp_path):
    """Start a process that is named like ansible-playbook; it runs the claim, ``times`` times, writes the last answer to a file, and lives on."""
    started = []
    text = (
        "import subprocess, sys, time\n"
        "for _time in range(int(sys.argv[2])):\n"
        "    answer = subprocess.run([sys.executable] + sys.argv[3:], stdout=subprocess.PIPE, check=True).stdout\n"
        "open(sys.argv[1], 'wb').write(answer)\n"
        "time.sleep(60)\n"
    )

    def start(name, *arguments, times=1, script="ansible-playbook"):
        answer = tmp_path / name
        (tmp_path / script).write_text(text)
        words = [sys.executable, str(tmp_path / script), str(answer), str(times), str(PROGRAM), *map(str, arguments)]
        started.append(subprocess.Popen(words))
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


@pytest.fixture
def snapshot(tmp_path):
    """The lock and the result."""
    return tmp_path / "store" / "one.lock", tmp_path / "store" / "one" / "snapshot.json"


def finish(snapshot):
    snapshot[1].parent.mkdir()
    snapshot[1].touch()


def waits(answer):
    time.sleep(0.5)
    return not answer.exists()


def test_the_second_waits_for_the_result(snapshot, playbook):
    assert wait_for(playbook("first", *snapshot)[1]) == "claimed"
    _process, second = playbook("second", *snapshot)
    assert waits(second)
    finish(snapshot)
    assert wait_for(second) == "done" and wait_for(playbook("third", *snapshot)[1]) == "done"
    assert os.listdir(str(snapshot[0].parent)) == ["one"]


# The second is a word of "python -m ansible.cli.playbook".
@pytest.mark.parametrize("script", ["ansible-playbook", "ansible.cli.playbook"])
def test_the_second_takes_over_when_the_first_is_killed(snapshot, playbook, script):
    first, answer = playbook("first", *snapshot, script=script)
    assert wait_for(answer) == "claimed"
    _process, second = playbook("second", *snapshot)
    assert waits(second)
    first.kill()
    first.wait()
    assert wait_for(second) == "claimed"
    finish(snapshot)


def test_without_a_result_the_claim_lasts_as_long_as_the_playbook(tmp_path, playbook):
    lock = tmp_path / "locks" / "drill"
    first, answer = playbook("first", lock)
    assert wait_for(answer) == "claimed"
    second, waiting = playbook("second", lock)
    assert waits(waiting)
    first.kill()
    first.wait()
    assert wait_for(waiting) == "claimed"
    second.kill()
    second.wait()
    end = time.monotonic() + 30
    while lock.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_playbook_does_not_wait_for_itself(tmp_path, playbook):
    lock = tmp_path / "locks" / "drill"
    first, answer = playbook("first", lock, times=2)
    assert wait_for(answer) == "claimed"
    _process, second = playbook("second", lock)
    assert waits(second)
    first.kill()
    first.wait()
    assert wait_for(second) == "claimed"


def test_a_drill_claims_its_directory_before_it_removes_anything():
    (play,) = yaml.safe_load((ROOT / "playbooks" / "drill.yml").read_text(encoding="utf-8"))
    names = [task["name"] for task in play["tasks"]]
    claim, run = names.index("Wait for another drill of this backup"), names.index("Run the drill")
    # Outside the block, whose end removes the directory.
    assert claim < run and play["tasks"][run]["block"][0]["name"] == "Remove an interrupted drill"
    assert play["tasks"][claim]["ansible.builtin.command"]["argv"][1:] == ["{{ playbook_dir }}/files/claim.py", "{{ drill_lock }}"]
    variables = yaml.safe_load((ROOT / "playbooks" / "vars" / "drill.yml").read_text(encoding="utf-8"))
    assert variables["drill_lock"].endswith("{{ drill_path | basename }}.lock")
