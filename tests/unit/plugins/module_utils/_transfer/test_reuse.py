# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes of an interrupted download are verified before they are used."""

import os
from pathlib import Path

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import crc64, fetched_record
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.part_file import PartFile
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.parts import done
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.reuse import copy_from_dest, parts_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.selection import Selection
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import PART, SIZE, Place, interrupted, noise


def test_another_object_under_the_same_name_starts_over_with_a_warning(place: Place) -> None:
    interrupted(place)
    place.store(noise(SIZE, 5))
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.resumed == 0
    assert any("a different object" in warning for warning in place.warnings)


def test_bit_flipped_in_the_part_file_is_fetched_again_alone(place: Place) -> None:
    kept = interrupted(place)
    with place.part.open("r+b") as file:
        file.seek(10)
        file.write(bytes([place.data[10] ^ 1]))
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.resumed == kept - PART
    assert any("are damaged" in warning for warning in place.warnings)


def test_part_file_that_lost_its_end(place: Place) -> None:
    kept = interrupted(place)
    os.truncate(str(place.part), PART + 10)
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.resumed == PART < kept


def test_part_file_that_lost_its_end_where_no_crc_can_tell(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crc64, "update", None)
    interrupted(place)
    os.truncate(str(place.part), PART + 10)
    assert place.fetch().resumed == PART
    assert place.is_complete()


def test_part_file_that_was_removed(place: Place) -> None:
    interrupted(place)
    place.part.unlink()
    assert place.fetch().resumed == 0
    assert place.is_complete()


@pytest.mark.parametrize("told", [True, False])
def test_blocks_that_a_crash_of_the_machine_lost_are_fetched_again(place: Place, told: bool) -> None:
    # Whether the server reports a CRC-64 or not: the journal has one of each part.
    if not told:
        place.server.find = lambda name: faulty_oss.FaultyServer.find(place.server, name)._replace(crc64=None)  # type: ignore[method-assign]
    kept = interrupted(place)
    with place.part.open("r+b") as file:
        file.seek(PART)
        file.write(bytes(PART))
    assert place.fetch().resumed == kept - PART
    assert place.is_complete()


def test_block_that_is_copied_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that becomes full takes a part of a block, and the next write may succeed because another program has freed some space."""
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda number, data, at: write(number, data[:100], at))
    data = noise(1000, 7)
    (tmp_path / "dest").write_bytes(data)
    parts = parts_of(Selection(("shop",), ((0, 1000),), 1000), PART, 1).parts
    record = fetched_record.of_whole("/o", 1000, None, None, [], {}, 0)._replace(names=["shop"], spans=[[0, 1000]])
    with PartFile(str(tmp_path / "dest.part")) as file:
        copy_from_dest(str(tmp_path / "dest"), file, record, parts)
    assert (tmp_path / "dest.part").read_bytes() == data and done(parts) == 1000
