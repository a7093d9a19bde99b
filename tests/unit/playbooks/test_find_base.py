# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From which snapshot the data of a point in time can be made."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "playbooks" / "files" / "find_base.py"
MOMENT = {"gtid": "3e11fa47-71ca-11e1-9e33-c80aa9429562:7"}
NOTES = {
    "of-the-backup": {"base": "b"},
    "ten": {"base": "b", "until": "2026-01-31T18:00:00+08:00", "moment": MOMENT, "overlap": "600"},
    "noon": {"base": "b", "until": "2026-01-31 12:00", "moment": MOMENT, "overlap": 600},
    # Rows that its roll-forward has not mended are not mended by a later one.
    "no overlap": {"base": "b", "until": "2026-01-31 12:01", "moment": MOMENT, "overlap": 0},
    "overlap not noted": {"base": "b", "until": "2026-01-31 12:02", "moment": MOMENT},
    # A transaction cannot be compared with a time.
    "transaction": {"base": "b", "until": "", "moment": MOMENT, "overlap": 600},
    "other options": {"base": "c"},
    "changed by SQL files": {"base": ""},
    "of an earlier version": {},
    "no note": None,
}


def find(store, base, until="", overlap=600, etag="", crc64=""):
    done = subprocess.run([sys.executable, str(PROGRAM), str(store), base, str(overlap), until, etag, crc64], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    assert not found or found["note"] == NOTES.get(Path(found["path"]).name, found["note"])
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


@pytest.mark.parametrize("overlap, name", [(0, "no overlap"), (600, "noon"), (1200, "of-the-backup")])
def test_only_a_roll_forward_with_the_same_overlap_is_continued(store, overlap, name):
    assert find(store, "b", "2026-01-31 13:00", overlap) == name


@pytest.mark.parametrize(
    "etag, crc64, name",
    [
        ("OLD", "1", "rolled"),
        ("NEW", "2", "plain"),
        # The same contents were uploaded again.
        ("AGAIN", "1", "rolled"),
        ("OTHER", "3", None),
        # The URL has expired: the newest snapshot of the backup was made from the new object.
        ("", "", "plain"),
    ],
)
def test_a_snapshot_of_an_object_that_was_overwritten_is_not_used(tmp_path, etag, crc64, name):
    notes = {
        "rolled": (
            "2026-02-01T00:00:00Z",
            {"base": "b", "of": "b", "until": "2026-01-31 10:00", "moment": MOMENT, "overlap": 600, "etag": "OLD", "crc64": "1"},
        ),
        "plain": ("2026-02-02T00:00:00Z", {"base": "b", "of": "b", "etag": "NEW", "crc64": "2"}),
        "changed by SQL files": ("2026-02-03T00:00:00Z", {"base": "", "of": "b", "etag": "NEW", "crc64": "2"}),
    }
    for folder, (created, note) in notes.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "snapshot.json").write_text(json.dumps({"snapshot": {"note": note, "created": created}}))
    assert find(tmp_path, "b", "2026-01-31 13:00", etag=etag, crc64=crc64) == name


def test_no_snapshot(store, tmp_path):
    assert find(store, "d", "2026-01-31 10:00:00") is None and find(tmp_path / "missing", "b") is None


def test_the_overlap_is_passed_and_noted_with_the_default_of_the_role():
    role = yaml.safe_load((ROOT / "roles" / "restore" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    playbook = yaml.safe_load((ROOT / "playbooks" / "vars" / "provision.yml").read_text(encoding="utf-8"))
    assert playbook["provision_overlap"] == "{{{{ restore_overlap | default({0}) }}}}".format(role["restore_overlap"])
    tasks = yaml.safe_load((ROOT / "playbooks" / "tasks" / "provision_load.yml").read_text(encoding="utf-8"))
    (argv,) = [task["ansible.builtin.command"]["argv"] for task in tasks if "find_base.py" in str(task)]
    (saved,) = [task["vars"]["provision_moved"] for task in tasks if "provision_moved" in task.get("vars", {})]
    assert argv[2:6] == ["{{ snapshot_store | expanduser }}", "{{ provision_base_key }}", "{{ provision_overlap }}", "{{ provision_until }}"]
    assert saved["overlap"] == "{{ provision_overlap }}"
