# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CRC-64/XZ, the checksum that OSS stores with every object as ``x-oss-hash-crc64ecma`` (check value of "123456789": 0x995DC9BBDF1939FA).

fastcrc computes it if it is installed, otherwise liblzma, which nearly every Python has. Pure Python would reach only 6 MB/s, so without both
a file is reported as unverified.
"""

import ctypes
import functools
from typing import Callable, Optional

Update = Callable[[bytes, int], int]

_POLYNOMIAL = 0xC96C5795D7870F42  # reflected: bit 63 is x^0
_ONE = 1 << 63


def _fastcrc() -> Update:
    from fastcrc import crc64

    xz: Update = crc64.xz
    return xz


def _liblzma(library: str) -> Update:
    function = ctypes.CDLL(library).lzma_crc64
    function.restype = ctypes.c_uint64
    function.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]

    def update(data: bytes, crc: int) -> int:
        return int(function(data, len(data), crc))

    return update


def _lzma_module() -> Update:
    # A Python that bundles liblzma exports its symbols through the extension module.
    import _lzma

    return _liblzma(_lzma.__file__)


def _choose() -> Optional[Update]:
    for candidate in (_fastcrc, lambda: _liblzma("liblzma.so.5"), _lzma_module, lambda: _liblzma("liblzma.5.dylib")):
        try:
            update = candidate()
            # Other algorithms have the same name, so check the result, computed in one step and in two.
            if update(b"123456789", 0) == 0x995DC9BBDF1939FA and update(b"6789", update(b"12345", 0)) == 0x995DC9BBDF1939FA:
                return update
        except Exception:  # pylint: disable=broad-except
            continue
    return None


update = _choose()
"""``update(data, crc) -> crc`` continues a CRC, which starts as 0; None if this host has no fast implementation."""


def combine(first: int, second: int, length: int) -> int:
    """The CRC of two consecutive pieces, from their CRCs; ``length`` is the size of the second piece in bytes."""
    return _multiply(_power(length), first) ^ second


@functools.lru_cache(maxsize=64)
def _power(length: int) -> int:
    """x^(8 * length) modulo the polynomial: the effect of ``length`` more bytes on a CRC."""
    result, square = _ONE, _ONE >> 8
    while length:
        if length & 1:
            result = _multiply(result, square)
        square = _multiply(square, square)
        length >>= 1
    return result


def _multiply(a: int, b: int) -> int:
    product = 0
    while a:
        if a & _ONE:
            product ^= b
        a = (a << 1) & 0xFFFFFFFFFFFFFFFF
        b = (b >> 1) ^ _POLYNOMIAL if b & 1 else b >> 1
    return product
