# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random access to the bytes of a backup: a local file, a cache in front of a slow source, a range as a stream."""

import io
from typing import Any, Optional

from .._failure import Failure
from .._local_file import LocalFile, Reader


def shown(name: str) -> str:
    """A name from an archive for messages: unchanged if it is printable, otherwise escaped and in quotes."""
    return name if name.isprintable() else ascii(name)


class FileReader(LocalFile):
    """A :class:`Reader` of a local regular file."""

    what = "backup"
    wanted = "Specify the path of a .tar, .sql or .sql.gz file."


class CachingReader:
    """A cache in front of a :class:`Reader` with expensive reads, as over a network. It reads the headers of many small members at once.

    A read far from the last one fetches 3 KiB, so that a walk over large members reads little of their content. If most of the bytes read ahead were
    used, the next reads are longer. Cached bytes are not read again. Not thread-safe.
    """

    _LEAST, _MOST = 3 << 10, 1 << 18
    _OF_USE = 4

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._offset = 0
        self._data = b""
        self._window = self._LEAST
        self._served = 0
        self.size = reader.size
        self.name = reader.name

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset``, fewer only at the end of the backup."""
        at = offset - self._offset
        if at < 0 or at + length > len(self._data):
            if length >= self._MOST:
                return self._reader.read(offset, length)
            held = self._data[at:] if 0 <= at < len(self._data) else b""
            of_use = self._served >= self._OF_USE and 0 <= at <= len(self._data) + self._window
            self._window = min(2 * self._window, self._MOST) if of_use else self._LEAST
            self._data = held + self._reader.read(offset + len(held), max(length - len(held), self._window))
            self._offset, self._served, at = offset, 0, 0
        self._served += 1
        return self._data[at : at + length]


class MemberReader:
    """A :class:`Reader` of ``size`` bytes of another one from ``offset``."""

    def __init__(self, reader: Reader, offset: int, size: int) -> None:
        self._reader = reader
        self._offset = offset
        self.size = size
        self.name = reader.name

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset``, fewer only at the end of the member."""
        return self._reader.read(self._offset + offset, max(0, min(length, self.size - offset)))


class RangeStream(io.RawIOBase):
    """A seekable binary stream of ``size`` bytes of ``reader`` from ``offset``.

    Raises :class:`Failure` if the backup ends earlier, because it was truncated while it was read.
    """

    def __init__(self, reader: Reader, offset: int, size: int, name: str) -> None:
        super().__init__()
        self._reader = reader
        self._offset = offset
        self._size = size
        self._position = 0
        self.name = name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("seek before the start")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> Optional[int]:
        wanted = max(0, min(len(buffer), self._size - self._position))
        if not wanted:
            return 0
        data = self._reader.read(self._offset + self._position, wanted)
        if not data:
            raise Failure(
                "The backup ended while it was read",
                where="{0}, {1}, byte {2}".format(self._reader.name, shown(self.name), self._offset + self._position),
                cure="Another program changed it. Fetch it again.",
            )
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
