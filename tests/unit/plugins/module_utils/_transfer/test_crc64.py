# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ctypes
import random

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import crc64
from hypothesis import given
from hypothesis import strategies as st


def slowly(data: bytes) -> int:
    """The definition, bit by bit."""
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc ^= byte
        for _bit in range(8):
            crc = (crc >> 1) ^ 0xC96C5795D7870F42 if crc & 1 else crc >> 1
    return crc ^ 0xFFFFFFFFFFFFFFFF


def test_this_machine_can_compute_it() -> None:
    assert crc64.update is not None


def test_check_value() -> None:
    assert slowly(b"123456789") == 0x995DC9BBDF1939FA
    assert crc64.update is not None
    assert crc64.update(b"123456789", 0) == 0x995DC9BBDF1939FA
    assert crc64.update(b"", 7) == 7


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_pieces_go_on_and_combine(first: bytes, second: bytes) -> None:
    assert crc64.update is not None
    whole = slowly(first + second)
    assert crc64.update(second, crc64.update(first, 0)) == whole
    assert crc64.combine(crc64.update(first, 0), crc64.update(second, 0), len(second)) == whole


def test_many_parts_combine() -> None:
    assert crc64.update is not None
    data = random.Random(3).getrandbits(8 * 300001).to_bytes(300001, "big")
    total = 0
    for at in range(0, len(data), 4096):
        part = data[at : at + 4096]
        total = crc64.combine(total, crc64.update(part, 0), len(part))
    assert total == crc64.update(data, 0)


def test_lengths_beyond_what_can_be_tried() -> None:
    # x^(8a) * x^(8b) = x^(8(a+b)): appending zeros in two steps or in one.
    a, b = 5 << 40, (7 << 33) + 12345
    zero = 0
    assert crc64.combine(crc64.combine(0xABCDEF, zero, a), zero, b) == crc64.combine(0xABCDEF, zero, a + b)


@pytest.mark.parametrize("source", [crc64._fastcrc, crc64._lzma_module, lambda: crc64._liblzma("liblzma.so.5")])
def test_every_source_that_is_here_agrees(source: object) -> None:
    try:
        update = source()  # type: ignore[operator]
    except (ImportError, OSError, AttributeError):
        # Not on this machine; test_this_machine_can_compute_it requires one of them.
        return
    assert update(b"123456789", 0) == 0x995DC9BBDF1939FA


def test_a_wrong_algorithm_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crc64, "_fastcrc", lambda: lambda data, crc: 0x6C40DF5F0B497347)
    monkeypatch.setattr(crc64, "_lzma_module", lambda: lambda data, crc: 0)

    def missing(library: str) -> None:
        raise OSError(library)

    monkeypatch.setattr(crc64, "_liblzma", missing)
    assert crc64._choose() is None


def test_liblzma_gets_its_types() -> None:
    try:
        update = crc64._liblzma("liblzma.so.5")
    except OSError:
        return
    assert update(b"\x00" * 3, 0) == slowly(b"\x00" * 3)
    assert ctypes.sizeof(ctypes.c_uint64) == 8
