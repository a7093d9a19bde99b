# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
from pathlib import Path

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._free_space import amount, require_space, volume_of


def test_volume_of_a_path_that_does_not_exist_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    there, missing = volume_of(str(tmp_path)), volume_of(str(tmp_path / "a" / "b"))
    state = os.statvfs(str(tmp_path))
    assert (there.device, there.block_size) == (missing.device, missing.block_size) == (os.stat(str(tmp_path)).st_dev, max(512, state.f_frsize))
    assert 0 < there.free <= state.f_blocks * state.f_frsize


def test_path_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert volume_of(str(tmp_path / "file")).device == volume_of(str(tmp_path)).device


@pytest.mark.parametrize(
    "count, text",
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1 << 20, "1.0 MiB"),
        (5 << 30, "5.0 GiB"),
        (3 << 40, "3.0 TiB"),
        (1 << 60, "1048576.0 TiB"),
    ],
)
def test_amounts(count: int, text: str) -> None:
    assert amount(count) == text


def test_too_little_space_is_a_failure_with_figures(tmp_path: Path) -> None:
    require_space(str(tmp_path / "new"), 1, "nothing")
    require_space(str(tmp_path), 1 << 62, "nothing", free=1 << 62)
    with pytest.raises(Failure) as caught:
        require_space(str(tmp_path), 3 << 20, "choose another disk.", free=1 << 20)
    assert caught.value.what == "The disk has too little space: 3.0 MiB more are needed, 1.0 MiB are free"
    assert (caught.value.where, caught.value.cure) == (str(tmp_path), "Free 2.0 MiB, or choose another disk.")
    assert caught.value.facts == {"bytes_needed": 3 << 20, "bytes_free": 1 << 20}
    with pytest.raises(Failure, match="too little space"):
        require_space(str(tmp_path / "new"), 1 << 62, "choose another disk.")
