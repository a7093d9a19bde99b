# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free disk space, summed up by file system."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._free_space import Volume, volume_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._disk_space import SpaceNeed, by_volume, there_already
from hypothesis import given
from hypothesis import strategies as st

WANTS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 1000), st.integers(0, 1000)), max_size=8)


@given(WANTS, st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2), min_size=4), st.integers(0, 2000))
def test_needs_are_summed_up_by_file_system(wants, devices, free):
    needs = [SpaceNeed(path, least, least + more, "this") for path, least, more in wants]
    found = by_volume(needs, lambda path: Volume(devices[path], free))
    assert sorted(need for demand in found for need in demand.needs) == sorted(needs)
    assert len({demand.volume.device for demand in found}) == len(found)
    for demand in found:
        mine = [(least, least + more) for path, least, more in wants if devices[path] == demand.volume.device]
        least, most = sum(pair[0] for pair in mine), sum(pair[1] for pair in mine)
        assert (demand.least, demand.most) == (least, most)
        expected = ("error", "space") if least > free else ("warning", "space_tight") if most > free else ("ok", "space_enough")
        assert (demand.finding().level, demand.finding().kind) == expected


def test_a_missing_folder_is_on_the_file_system_of_its_parent(tmp_path):
    assert volume_of(str(tmp_path / "a" / "b")).device == os.stat(str(tmp_path)).st_dev
    (tmp_path / "x.tar.part").write_bytes(bytes(range(256)) * 64)
    assert there_already(str(tmp_path / "x.tar")) >= 16384 and there_already(str(tmp_path / "y.tar")) == 0


def test_one_file_system_is_one_finding_that_names_every_need():
    needs = [SpaceNeed("/a", 60, 60, "the download"), SpaceNeed("/b", 50, 200, "the server's data")]
    (demand,) = by_volume(needs, lambda path: Volume(1, 100))
    finding = demand.finding()
    assert finding.level == "error" and finding.where == "/a, /b" and finding.cure == "free 10 bytes, or move one of them to another disk"
    assert (
        finding.what == "the disk has too little space: 110 bytes are needed for the download and the server's data, 100 bytes are free, 10 bytes are missing"
    )
    assert demand.facts() == {"paths": ["/a", "/b"], "bytes_needed": 110, "bytes_free": 100}


@pytest.mark.parametrize(
    "free, text",
    [
        (6 << 20, "disk space may run out: 5.0 MiB are needed for the data, or 7.5 GiB if tables have many keys and short rows; 6.0 MiB are free"),
        (8 << 30, "5.0 MiB are needed for the data, 8.0 GiB are free"),
    ],
)
def test_findings_show_sizes_in_readable_units(free, text):
    (demand,) = by_volume([SpaceNeed("/a", 5 << 20, 15 << 29, "the data")], lambda path: Volume(1, free))
    assert demand.finding().what == text
