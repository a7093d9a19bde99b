# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status file: true, whole at any time, not written too often, and never in a job's way."""

import json
import os
import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import ProgressFile


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Told:
    """A status file, its clock, and what it lost."""

    def __init__(self, folder, name="progress"):
        self.path = str(folder / name)
        self.clock = Clock()
        self.lost = []
        self.progress = ProgressFile("mysql_sql_import", [self.path], lambda path, why: self.lost.append((path, why)), self.clock)

    def read(self):
        with open(self.path) as stream:
            return json.load(stream)


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path)


def test_it_is_written_at_once_with_everything_that_is_documented(told):
    assert sorted(told.read()) == sorted(
        "format module subject pid state phase percent bytes_done bytes_total rate eta"
        " databases_done databases_total tables_done tables_total transactions_done transactions_total elapsed updated".split()
    )
    assert told.read()["state"] == "running" and told.read()["pid"] == os.getpid()


def test_rate_and_rest_are_those_of_this_run(told):
    # A resumed phase: what was there before came at no speed at all.
    told.progress.phase("rows", 1000, 400)
    for _second in range(20):
        told.clock.now += 1
        told.progress.add(10)
    status = told.read()
    assert (status["bytes_done"], status["percent"], status["rate"], status["eta"]) == (600, 60, 10, 40)


def test_the_rate_follows_a_change_of_speed(told):
    told.progress.phase("rows", 100000)
    for speed in (1000, 10):
        for _second in range(15):
            told.clock.now += 1
            told.progress.add(speed)
    assert told.read()["rate"] == 10


def test_absolute_numbers_do_the_same(told):
    told.progress.phase("download", 1000, 500)
    told.clock.now += 2
    told.progress.at(600, 1000)
    assert (told.read()["rate"], told.read()["eta"], told.read()["percent"]) == (50, 8, 60)


def test_it_is_not_written_for_each_word(told, monkeypatch):
    renames = []
    rename = os.rename
    monkeypatch.setattr(os, "rename", lambda *names: renames.append(names) or rename(*names))
    told.progress.phase("rows", 10000)
    told.progress.tables(3)
    for _word in range(1000):
        told.clock.now += 0.001
        told.progress.add(1)
        told.progress.table()
    assert len(renames) <= 4, "the phase, and twice a second"
    told.progress.end(failed=False)
    assert (told.read()["bytes_done"], told.read()["tables_done"], told.read()["state"]) == (1000, 1000, "ended")


def test_the_same_phase_again_loses_nothing(told):
    told.progress.phase("download", 100)
    told.progress.at(50, 100)
    told.progress.phase("download", 100)
    told.progress.end(failed=True)
    assert (told.read()["bytes_done"], told.read()["state"]) == (50, "failed")


def test_a_new_phase_starts_from_nothing(told):
    told.progress.phase("scan")
    told.clock.now += 1
    told.progress.add(100)
    told.progress.phase("indexes")
    status = told.read()
    assert [status[name] for name in ("phase", "percent", "bytes_done", "bytes_total", "rate", "eta")] == ["indexes", None, 0, None, None, None]


def test_a_reader_never_sees_half_of_it(told):
    stop = threading.Event()

    def write():
        while not stop.is_set():
            told.clock.now += 1
            told.progress.add(1)

    writers = [threading.Thread(target=write) for _number in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _look in range(300):
            assert told.read()["format"] == 1
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_a_missing_folder_causes_one_warning_and_stops_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    told = Told(tmp_path, "folder/progress")
    os.unlink(told.path)
    (tmp_path / "folder").rmdir()
    for _phase in range(3):
        told.progress.phase(str(_phase))
    told.progress.end(failed=False)
    assert [path for path, _why in told.lost] == [told.path]


def test_it_is_not_written_through_a_link(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / "progress").symlink_to(precious)
    (tmp_path / "progress.part").symlink_to(precious)
    told = Told(tmp_path)
    assert told.read()["state"] == "running" and precious.read_text() == "kept"
