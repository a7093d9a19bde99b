# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import gzip
import random
from typing import Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.gunzip import Gunzip, counted_size, stored_chunks, unpacked_chunks, unpacked_size
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.manifest import Member
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support.backups import BytesReader

TEXT = b"INSERT INTO t VALUES (1);\n" * 40000 + random.Random(1).getrandbits(8 * 100000).to_bytes(100000, "big")
PACKED = gzip.compress(TEXT[:500000]) + gzip.compress(TEXT[500000:])


def member_of(content: bytes, compressed: bool = True) -> Tuple[BytesReader, Member]:
    return BytesReader(content), Member("shop/data.sql.gz", "data", compressed, 0, len(content), 0, len(content))


def test_unpacked_and_stored_bytes() -> None:
    assert b"".join(unpacked_chunks(*member_of(PACKED), "here", 250)) == TEXT
    assert b"".join(stored_chunks(*member_of(PACKED), "here", 250)) == PACKED
    assert b"".join(stored_chunks(*member_of(TEXT, compressed=False), "here", 250)) == TEXT
    assert sum(counted_size(*member_of(PACKED), "here", 250)) == len(TEXT)


@pytest.mark.parametrize("cut", [1, 8, 9, 1000])
def test_cut_gzip(cut: int) -> None:
    for chunks in (unpacked_chunks, stored_chunks):
        with pytest.raises(Failure, match="is truncated.*here"):
            for _chunk in chunks(*member_of(PACKED[:-cut]), "here", 250):
                pass


def test_damaged_gzip() -> None:
    damaged = PACKED[:-8] + bytes(4) + PACKED[-4:]
    with pytest.raises(Failure, match="is damaged: incorrect data check"):
        for _chunk in unpacked_chunks(*member_of(damaged), "here", 250):
            pass


def test_gzip_bomb_is_stopped_early() -> None:
    unpacker = Gunzip("here", 250)
    with pytest.raises(Failure, match="more than 250 times its size.*max_ratio"):
        for _piece in unpacker.feed(gzip.compress(bytes(1 << 28))):
            pass
    assert unpacker.bytes_out < (1 << 26) + (1 << 20)


def test_size_of_a_small_gzip_is_exact() -> None:
    packed = gzip.compress(TEXT)
    assert unpacked_size(*member_of(packed)) == (len(TEXT), len(TEXT))
    assert unpacked_size(*member_of(b"")) == (0, 0)
