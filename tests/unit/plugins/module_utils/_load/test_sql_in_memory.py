# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQL that was read once is read again from memory, if there is room. Python before 3.8 has no such memory, and keeps nothing."""

import io
import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import sql_in_memory
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import DumpFile
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.sql_in_memory import SqlInMemory, room_for_sql

SQL = os.urandom(99999)
FILE = DumpFile("a.sql.gz", lambda: io.BytesIO(b"packed"), 6, True, 7)
CAN_KEEP = hasattr(os, "memfd_create")


def read_all(room):
    kept = SqlInMemory(io.BytesIO(SQL), room)
    assert kept.read(10) + kept.read(50000) + kept.read() + kept.read(5) == SQL
    return kept


def test_what_fits_is_read_again_by_several_readers():
    file = read_all(len(SQL)).instead_of(FILE)
    if not CAN_KEEP:
        assert file is FILE
        return
    assert (file.name, file.size, file.compressed, file.remote, file.modified) == ("a.sql.gz", len(SQL), False, False, 7)
    with file.open() as first, file.open() as second:
        assert first.read(100) == SQL[:100] and second.read() == SQL and first.read() == SQL[100:]


@pytest.mark.parametrize("room", [0, 1, 50000, len(SQL) - 1])
def test_what_does_not_fit_is_read_from_the_file(room):
    assert read_all(room).instead_of(FILE) is FILE


def test_the_room_is_a_part_of_the_free_memory():
    room = room_for_sql()
    with open("/proc/meminfo", encoding="ascii") as stream:
        most = int(stream.readline().split()[1]) * 1024
    assert 0 <= room < most // 8
    assert bool(room) == CAN_KEEP


@pytest.mark.parametrize("limit, room", [("33554432", (33554432 - 1048576) // 16), ("100", 0)])
def test_the_limit_of_a_container_counts(tmp_path, monkeypatch, limit, room):
    (tmp_path / "max").write_text(limit + "\n")
    (tmp_path / "now").write_text("1048576\n")
    monkeypatch.setattr(sql_in_memory, "_LIMITS", ((str(tmp_path / "max"), str(tmp_path / "now")),))
    assert room_for_sql() == (room if CAN_KEEP else 0)
    (tmp_path / "max").write_text("max\n")
    assert (room_for_sql() > 33554432 // 16) == CAN_KEEP


def test_the_memory_is_given_back():
    before = len(os.listdir("/proc/self/fd"))
    kept = read_all(len(SQL))
    assert len(os.listdir("/proc/self/fd")) == before + int(CAN_KEEP)
    kept.close()
    kept.close()
    assert len(os.listdir("/proc/self/fd")) == before
