# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of mysql_restore_preflight that need no server: room on disks, names of targets, the guide's end, ends of files."""

import gzip
import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._disk_space import Need, Volume, rooms, there_already, volume_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._inspect import look_at_file, targets_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.gtid import guide
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import on_disk
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from hypothesis import given
from hypothesis import strategies as st

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
WANTS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 1000), st.integers(0, 1000)), max_size=8)


@given(WANTS, st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2), min_size=4), st.integers(0, 2000))
def test_needs_are_summed_up_by_file_system(wants, devices, free):
    needs = [Need(path, least, least + more, "this") for path, least, more in wants]
    found = rooms(needs, lambda path: Volume(devices[path], free))
    assert sorted(need for room in found for need in room.needs) == sorted(needs)
    assert len({room.volume.device for room in found}) == len(found)
    for room in found:
        mine = [(least, least + more) for path, least, more in wants if devices[path] == room.volume.device]
        least, most = sum(pair[0] for pair in mine), sum(pair[1] for pair in mine)
        assert (room.least, room.most) == (least, most)
        assert room.finding().level == ("error" if least > free else "warning" if most > free else "ok")


def test_a_folder_that_is_not_there_yet_is_in_the_file_system_of_its_parent(tmp_path):
    assert volume_of(str(tmp_path / "a" / "b")).device == os.stat(str(tmp_path)).st_dev
    (tmp_path / "x.tar.part").write_bytes(bytes(range(256)) * 64)
    assert there_already(str(tmp_path / "x.tar")) >= 16384 and there_already(str(tmp_path / "y.tar")) == 0


def test_targets():
    assert targets_of(None) is None and targets_of([]) is None
    assert targets_of(["a", "b"]) == {"a": "a", "b": "b"} and targets_of({"a": "x"}) == {"a": "x"} and targets_of("a, b") == {"a": "a", "b": "b"}
    for wrong in ({"a": "x", "b": "x"}, 5, {"a": None}, {"a": 1}):
        with pytest.raises(Failure, match="databases"):
            targets_of(wrong)


@pytest.mark.parametrize(
    "version, mode, executed, files, error",
    [
        ("5.6.24", "OFF", "", 2, "1839"),
        ("5.6.24", "ON", "", 2, "1840"),
        ("5.7.29", "ON", "", 1, None),
        ("5.7.29", "ON", A + ":9", 1, "1840"),
        ("8.0.36", "ON", A + ":9", 1, None),
        ("8.0.36", "ON", A + ":9", 2, "3546"),
        ("9.7.4", "ON", A + ":3", 1, "3546"),
        ("5.5.60", "", "", 2, None),
    ],
)
def test_where_the_guide_ends(version, mode, executed, files, error):
    assert guide(A + ":1-5", files, Version.parse(version), mode, GtidSet.parse(executed)) == error
    assert guide(None, files, Version.parse(version), mode, GtidSet.parse(executed)) is None


SQL = b"-- MySQL dump 10.13\nCREATE TABLE `t` (`a` int);\n-- Dump completed on 2026-01-01\n"


def _looked(tmp_path, content):
    path = tmp_path / "a.sql"
    path.write_bytes(content)
    return look_at_file(on_disk(str(path)))


def test_a_small_file_is_read_whole(tmp_path):
    for content in (SQL, gzip.compress(SQL), gzip.compress(SQL[:30]) + gzip.compress(SQL[30:]) + bytes(99)):
        found = _looked(tmp_path, content)
        assert found.whole and found.text == SQL and found.sql_bytes == len(SQL) and found.failure is None and found.header.completed


def test_of_a_large_file_the_ends_are_read(tmp_path):
    large = SQL[:50] + b"INSERT INTO `t` VALUES (" + os.urandom(400000).hex().encode() + b");\n-- Dump completed on 2026-01-01\n"
    plain, packed = _looked(tmp_path, large), _looked(tmp_path, gzip.compress(large))
    assert not plain.whole and plain.header.completed and plain.sql_bytes == len(large)
    assert not packed.whole and packed.header.completed is None and packed.sql_bytes == len(large)


@pytest.mark.parametrize("content, what", [(gzip.compress(SQL)[:-9], "cut"), (gzip.compress(SQL)[:-8] + bytes(8), "damaged")], ids=["cut", "damaged"])
def test_what_cannot_be_unpacked_is_said_and_does_not_stop_the_rest(tmp_path, content, what):
    found = _looked(tmp_path, content)
    assert found.failure is not None and what in found.failure.what and not found.whole
