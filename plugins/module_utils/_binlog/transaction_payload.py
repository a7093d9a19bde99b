# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events inside a TRANSACTION_PAYLOAD (``binlog_transaction_compression``, 8.0.20 and later), if this host has libzstd."""

import ctypes
import functools
from typing import Any, NamedTuple, Optional, Tuple

_END, _SIZE, _COMPRESSION, _PLAIN_SIZE = 0, 1, 2, 3
_ZSTD, _NONE = 0, 255
_MOST = 64 << 20
_LIBRARIES = ("libzstd.so.1", "libzstd.1.dylib")


class Payload(NamedTuple):
    """``events`` are the bytes of the events, None if this host cannot read them; ``compression`` is zstd, none or the number of another one."""

    compression: str
    events: Optional[bytes]


def payload(body: bytes, *, whole: bool) -> Payload:
    """The content of the event with ``body``. More than 64 MiB are not decompressed."""
    fields = {_COMPRESSION: _NONE, _PLAIN_SIZE: 0}
    offset = 0
    while True:
        field, offset = _packed(body, offset)
        if field == _END:
            break
        length, offset = _packed(body, offset)
        fields[field] = _packed(body, offset)[0]
        offset += length
    kind = fields[_COMPRESSION]
    data = body[offset : offset + fields.get(_SIZE, len(body))]
    if kind == _NONE:
        return Payload("none", data if whole else None)
    if kind != _ZSTD:
        return Payload(str(kind), None)
    return Payload("zstd", _decompressed(data, fields[_PLAIN_SIZE]) if whole and fields[_PLAIN_SIZE] <= _MOST else None)


def _packed(data: bytes, offset: int) -> Tuple[int, int]:
    """A length-encoded integer of the client protocol, and the offset after it."""
    first = data[offset]
    length = {252: 2, 253: 3, 254: 8}.get(first, 0)
    return int.from_bytes(data[offset + 1 : offset + 1 + length], "little") if length else first, offset + 1 + length


@functools.lru_cache(maxsize=None)
def _library() -> Any:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
            library.ZSTD_decompress.restype = ctypes.c_size_t
            library.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
        except (OSError, AttributeError):
            continue
        return library
    return None


def _decompressed(data: bytes, size: int) -> Optional[bytes]:
    library = _library()
    if library is None:
        return None
    target = ctypes.create_string_buffer(size)
    # An error is a number larger than any size.
    return target.raw if library.ZSTD_decompress(target, size, data, len(data)) == size else None
