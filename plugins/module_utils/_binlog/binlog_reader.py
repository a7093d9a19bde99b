# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bytes of a binlog file: a local file, a window over any reader, and the errors of a file that cannot be read."""

from typing import Optional

from .._failure import Failure
from .._local_file import LocalFile, Reader

ENCRYPTED, NOT_A_BINLOG, CUT, DAMAGED = "encrypted", "not a binlog", "cut", "damaged"

_CURES = {
    ENCRYPTED: "Only a server with its keyring can read it. Use the files that DescribeBinlogFiles offers, or follow the server itself.",
    NOT_A_BINLOG: "Use uncompressed binary logs of MySQL 5.6 or later.",
    CUT: "Fetch the file again. If it is the newest one of a running server, wait until the server has closed it.",
    DAMAGED: "Fetch the file again, or use the same transactions from the other node.",
}


class UnreadableBinlog(Failure):
    """A file cannot be read, or only up to ``byte``. ``kind``: encrypted, not a binlog, cut, damaged."""

    def __init__(self, kind: str, what: str, name: str, byte: int) -> None:
        super().__init__(what, "{0}, byte {1}".format(name, byte), _CURES[kind], recognised=kind, byte=byte)
        self.kind = kind
        self.byte = byte


class LocalBinlog(LocalFile):
    """A :class:`Reader` of a local regular file."""

    what = "binlog"
    wanted = "Specify the path of a binary log."


class BytesReader:
    """A :class:`Reader` of bytes in memory."""

    def __init__(self, data: bytes, name: str, size: Optional[int] = None) -> None:
        self.name = name
        self.size = len(data) if size is None else size
        self._data = data

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset``, fewer only at the end of the bytes."""
        return self._data[offset : offset + length]


class ReadBuffer:
    """Serves small reads from blocks of ``block`` bytes; a longer read goes to the reader directly and is not cached."""

    def __init__(self, reader: Reader, block: int) -> None:
        self._reader = reader
        self._block = block
        self._first = 0
        self._data = b""

    def at(self, offset: int, length: int) -> bytes:
        """The bytes from ``offset``; fewer only at the end of the file."""
        begin = offset - self._first
        if begin >= 0 and begin + length <= len(self._data):
            return self._data[begin : begin + length]
        if length > self._block:
            return self._reader.read(offset, length)
        self._first, self._data = offset, self._reader.read(offset, self._block)
        return self._data[:length]
