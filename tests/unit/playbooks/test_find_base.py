# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From which snapshot the data of a point in time can be made."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "playbooks" / "files" / "find_base.py"
MOMENT = {"gtid": "3e11fa47-71ca-11e1-9e33-c80aa9429562:7"}
NOTES = {
    "of-the-backup": {"base": "b"},
    "ten": {"base": "b", "until": "2026-01-31T18:00:00+08:00", "moment": MOMENT},
    "noon": {"base": "b", "until": "2026-01-31 12:00", "moment": MOMENT},
    # A transaction cannot be compared with a time.
    "transaction": {"base": "b", "until": "", "moment": MOMENT},
    "other options": {"base": "c"},
    "changed by SQL files": {"base": ""},
    "of an earlier version": {},
    "no note": None,
}


def find(store, *arguments):
    done = subprocess.run([sys.executable, str(PROGRAM), str(store), *arguments], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    assert not found or found["note"] == NOTES[Path(found["path"]).name]
    return Path(found["path"]).name if found else None


@pytest.fixture
def store(tmp_path):
    for name, note in NOTES.items():
        (tmp_path / "a [store]" / name).mkdir(parents=True)
        (tmp_path / "a [store]" / name / "snapshot.json").write_text(json.dumps({"snapshot": {"note": note}}))
    (tmp_path / "a [store]" / "damaged").mkdir()
    (tmp_path / "a [store]" / "damaged" / "snapshot.json").write_text("{")
    return tmp_path / "a [store]"


@pytest.mark.parametrize(
    "until, name",
    [
        ("2026-01-31 09:59:59.9", "of-the-backup"),
        ("2026-01-31 10:00:00", "ten"),
        ("2026-01-31T12:59:00+0100", "ten"),
        ("2026-01-31T13:00:00 UTC", "noon"),
        # As mysql_roll_forward reads them.
        ("2026-01-31 13:00:00  utc", "noon"),
        ("2026-01-31 13:00:00z", "noon"),
        ("2026-01-31 13:00.5", "of-the-backup"),
        ("", "of-the-backup"),
        ("2026-02-30 10:00", "of-the-backup"),
    ],
)
def test_the_latest_time_that_is_not_too_late(store, until, name):
    assert find(store, "b", until) == name


def test_no_snapshot(store, tmp_path):
    assert find(store, "d", "2026-01-31 10:00:00") is None and find(tmp_path / "missing", "b") is None
