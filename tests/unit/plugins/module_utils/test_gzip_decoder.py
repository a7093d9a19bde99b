# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import gzip
import random
import zlib
from typing import Any, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._gzip_decoder import GzipDecoder

TEXT = random.Random(1).getrandbits(8 * 40000).to_bytes(40000, "big") + bytes(100000)
TWO_MEMBERS = gzip.compress(TEXT[:90000]) + gzip.compress(TEXT[90000:])


def decode(data: bytes, step: int, limit: int, library: Any = zlib) -> "tuple[bytes, GzipDecoder]":
    decoder = GzipDecoder(library)
    pieces: List[bytes] = []
    for at in range(0, len(data), step):
        decoder.give(data[at : at + step])
        for piece in iter(lambda: decoder.take(limit), b""):
            assert len(piece) <= limit
            pieces.append(piece)
    pieces.append(decoder.flush())
    return b"".join(pieces), decoder


def libraries() -> List[Any]:
    try:
        from isal import isal_zlib as isal
    except ImportError:
        return [zlib]
    return [zlib, isal]


@pytest.mark.parametrize("library", libraries())
@pytest.mark.parametrize("step, limit", [(1 << 20, 1 << 20), (100, 1000), (7, 1 << 20), (1 << 20, 4096)])
@pytest.mark.parametrize("padding", [b"", bytes(999)])
def test_members_in_a_row_and_padding(library: Any, step: int, limit: int, padding: bytes) -> None:
    text, decoder = decode(TWO_MEMBERS + padding, step, limit, library)
    assert text == TEXT and decoder.complete and decoder.members == 2


@pytest.mark.parametrize("library", libraries())
@pytest.mark.parametrize("missing", [1, 8, 9, 5000])
def test_cut_member_is_not_complete(library: Any, missing: int) -> None:
    text, decoder = decode(TWO_MEMBERS[:-missing], 1 << 20, 1 << 20, library)
    assert TEXT.startswith(text) and not decoder.complete


def test_an_empty_stream_is_not_complete() -> None:
    assert not GzipDecoder().complete
    assert decode(b"", 1, 1)[0] == b""


@pytest.mark.parametrize(
    "data",
    [b"no gzip at all", bytes(30), TWO_MEMBERS + b"garbage", TWO_MEMBERS[:20000] + b"?" + TWO_MEMBERS[20001:]],
    ids=["no gzip", "zeros", "garbage behind it", "one byte changed"],
)
def test_damage_raises_the_error_of_the_library(data: bytes) -> None:
    with pytest.raises(zlib.error):
        decode(data, 1 << 20, 1 << 20)


def test_what_is_left_is_counted() -> None:
    decoder = GzipDecoder().give(TWO_MEMBERS)
    assert len(decoder.take(1000)) == 1000
    assert 0 < len(decoder.rest) < len(TWO_MEMBERS) and decoder.members == 1


@pytest.mark.parametrize("limit", [0, 1, 1000, len(TEXT) - 1, len(TEXT), len(TEXT) + 1])
def test_up_to_a_limit(limit: int) -> None:
    decoder = GzipDecoder().give(TWO_MEMBERS)
    assert decoder.up_to(limit) == TEXT[:limit]
    assert decoder.up_to(1 << 30) == TEXT[limit:] and decoder.complete
