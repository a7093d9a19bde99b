# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decompresses a gzip file with zlib: consecutive members, and zero padding after the last one."""

import zlib
from typing import Any


class GzipDecoder:
    """Decompresses the bytes given to it, in pieces of limited size. ``members`` counts the gzip members that have begun.

    ``library`` is zlib or has the same interface. A damaged gzip raises the ``error`` of the library.
    """

    def __init__(self, library: Any = zlib) -> None:
        self._library = library
        self._decompressor: Any = None
        self.rest = b""
        self.members = 0

    @property
    def complete(self) -> bool:
        """Whether all bytes so far are consumed and end with a complete member."""
        return self._decompressor is None and self.members > 0 and not self.rest

    def give(self, data: bytes) -> "GzipDecoder":
        """Append ``data`` to ``rest``, the bytes not decompressed yet."""
        self.rest = self.rest + data if self.rest else data
        return self

    def take(self, limit: int) -> bytes:
        """The next piece of at most ``limit`` bytes; empty if more input is needed, or nothing is left."""
        while self.rest:
            if self._decompressor is None:
                self.rest = self.rest.lstrip(b"\0") if self.members else self.rest
                if not self.rest:
                    break
                self._decompressor = self._library.decompressobj(wbits=31)
                self.members += 1
            piece = self._decompressor.decompress(self.rest, limit)
            self._advance()
            if piece:
                return piece  # type: ignore[no-any-return]
        return b""

    def up_to(self, limit: int) -> bytes:
        """The next ``limit`` bytes, fewer if more input is needed, or nothing is left."""
        pieces = []
        while limit:
            piece = self.take(limit)
            if not piece:
                break
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)

    def flush(self) -> bytes:
        """The decompressed bytes that the library has not returned yet. Call it after the last piece of the input."""
        if self._decompressor is None:
            return b""
        piece = self._decompressor.flush()
        self._advance()
        return piece  # type: ignore[no-any-return]

    def _advance(self) -> None:
        if self._decompressor.eof:
            self.rest, self._decompressor = self._decompressor.unused_data, None
        else:
            self.rest = self._decompressor.unconsumed_tail
