# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stream of an object's bytes, read ahead by several connections in bounded memory."""

import io
import mmap
import struct
import threading
import time
import zlib
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from . import crc64
from .http_client import Network
from .parts import MARGIN
from .probe import RemoteObject
from .remote_reader import RemoteReader

# The size of the first piece, so that reading only the head of a file is cheap.
FIRST = 1 << 16
PIECE = 4 << 20
CONNECTIONS = 4
_AHEAD = 4
_TRIES = 3
_PATIENCE = 1.0
_SLOT = struct.Struct("<Q")
_KNOWN = 1 << 32


class MemberRange(NamedTuple):
    """``size`` bytes of ``remote`` from ``offset``; ``name`` is used in messages."""

    remote: RemoteObject
    offset: int
    size: int
    name: str

    @property
    def pieces(self) -> int:
        """The number of pieces in which the range is read."""
        return 0 if self.size <= 0 else 1 + max(0, -(-(self.size - FIRST) // PIECE))

    def first_of(self, piece: int) -> int:
        """The offset of a piece from the beginning of the range."""
        return min(self.size, 0 if piece == 0 else FIRST + (piece - 1) * PIECE)


class SharedReadState:
    """The CRC-32 of each piece of a range, and the cost of reading it, shared by all streams of the range, also in forked processes.

    A second stream must return the same bytes as the first one, which may have been checked. Only one stream may be read at a time.
    """

    def __init__(self, member_range: MemberRange) -> None:
        self._slots = mmap.mmap(-1, _SLOT.size * (2 + member_range.pieces))

    @property
    def received(self) -> int:
        """Bytes received from the server."""
        return self._get(0)

    @property
    def requests(self) -> int:
        """Requests sent."""
        return self._get(1)

    def add(self, received: int, requests: int) -> None:
        """Add to the cost."""
        self._set(0, self.received + received)
        self._set(1, self.requests + requests)

    def agrees(self, piece: int, data: bytes) -> bool:
        """Whether ``data`` equals the piece as first read; True the first time."""
        found, known = _KNOWN | zlib.crc32(data) & 0xFFFFFFFF, self._get(2 + piece)
        if not known:
            self._set(2 + piece, found)
        return known in (0, found)

    def _get(self, slot: int) -> int:
        return int(_SLOT.unpack_from(self._slots, slot * _SLOT.size)[0])

    def _set(self, slot: int, value: int) -> None:
        _SLOT.pack_into(self._slots, slot * _SLOT.size, value)


class RemoteStream(io.RawIOBase):
    """The bytes of a range. They are read ahead from the beginning; after a ``seek`` only the requested bytes are read.

    If the range is the whole object, the server's CRC-64 is verified. Threads and connections are created on demand, so a stream may be opened
    before a fork and read after it. Memory: less than 64 MiB.
    """

    def __init__(self, member_range: MemberRange, network: Network, state: SharedReadState) -> None:
        super().__init__()
        self.name = member_range.name
        self._range = member_range
        self._state = state
        self._reader = RemoteReader(None, network=network, remote=member_range.remote)
        self._position = 0
        self._has_seeked = False
        self._piece = memoryview(b"")
        self._returned = 0
        self._crc = 0
        self._changed = threading.Condition()
        self._taken = 0
        self._ready: Dict[int, bytes] = {}
        self._failure: Optional[BaseException] = None
        self._stopped = False
        self._threads: List[threading.Thread] = []
        self._counted = (0, 0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._has_seeked = True
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._range.size}[whence]
        return self._position

    def readinto(self, buffer: Any) -> int:
        wanted = max(0, min(len(buffer), self._range.size - self._position))
        if not wanted:
            return 0
        if self._has_seeked:
            piece = memoryview(self._reader.read(self._range.offset + self._position, wanted))
            self._count()
        else:
            if not self._piece:
                self._piece = memoryview(self._next())
            piece, self._piece = self._piece[:wanted], self._piece[wanted:]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        if not self._has_seeked:
            self._check_whole(piece)
        return len(piece)

    def close(self) -> None:
        """Close the stream and end its threads."""
        if self.closed:  # pylint: disable=using-constant-test
            return
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(_PATIENCE)
        self._reader.close()
        super().close()

    def _check_whole(self, piece: memoryview) -> None:
        remote, member_range = self._range.remote, self._range
        if crc64.update is None or remote.crc64 is None or member_range.size != remote.size:
            return
        self._crc = crc64.update(bytes(piece), self._crc)
        if self._position == member_range.size and self._crc != remote.crc64:
            raise Failure("The bytes that were read do not have the CRC-64 of the object", self.name, "Run the task again.")

    def _next(self) -> bytes:
        number, self._returned = self._returned, self._returned + 1
        if number == 0:
            self._taken = 1
            return self._read_piece(0)
        if not self._threads:
            for _number in range(min(CONNECTIONS, self._range.pieces - 1)):
                self._threads.append(threading.Thread(target=self._work, daemon=True, name="apsaradb-stream"))
                self._threads[-1].start()
        with self._changed:
            self._changed.notify_all()
            while number not in self._ready:
                if self._failure is not None:
                    raise self._failure
                self._changed.wait()
            return self._ready.pop(number)

    def _work(self) -> None:
        try:
            while True:
                with self._changed:
                    number, rest = self._take()
                if number is None:
                    return
                if rest:
                    self._read_rest(number)
                else:
                    self._deliver(number, self._read_piece(number))
        except BaseException as error:  # pylint: disable=broad-except
            with self._changed:
                self._failure, self._stopped = self._failure or error, True
                self._changed.notify_all()

    def _take(self) -> Tuple[Optional[int], bool]:
        """Wait until a piece is due. Returns the piece, and whether all later pieces are to be read in the same request."""
        while not self._stopped and self._taken < self._range.pieces:
            left = self._seconds_left()
            if left is not None and left <= 0:
                # OSS completes a response that began before the URL expired.
                number, self._taken = self._taken, self._range.pieces
                return number, True
            if self._may_read(self._taken):
                self._taken += 1
                return self._taken - 1, False
            # A URL may be valid for centuries, longer than a thread can wait.
            self._changed.wait(None if left is None else min(left, threading.TIMEOUT_MAX))
        return None, False

    def _seconds_left(self) -> Optional[float]:
        expires_at = self._range.remote.url.expires_at
        return None if expires_at is None else expires_at - MARGIN - time.time()

    def _may_read(self, number: int) -> bool:
        # A file that waits to be read should use little memory.
        return number < self._returned + min(_AHEAD, self._returned - 1)

    def _read_rest(self, number: int) -> None:
        """Read all remaining pieces in one request, no faster than they are used."""
        first = self._range.first_of(number)
        gathered = bytearray()
        for block in self._reader.blocks(self._range.offset + first, self._range.size - first):
            gathered += block
            length = self._range.first_of(number + 1) - self._range.first_of(number)
            while length and len(gathered) >= length:
                data = bytes(gathered[:length])
                del gathered[:length]
                self._deliver(number, data if self._is_unchanged(number, data) else self._read_piece(number))
                number += 1
                length = self._range.first_of(number + 1) - self._range.first_of(number)
            with self._changed:
                while not self._stopped and not self._may_read(number):
                    self._changed.wait()
                if self._stopped:
                    return

    def _deliver(self, number: int, data: bytes) -> None:
        with self._changed:
            self._ready[number] = data
            self._changed.notify_all()

    def _read_piece(self, number: int) -> bytes:
        first, end = self._range.first_of(number), self._range.first_of(number + 1)
        for _try in range(_TRIES):
            data = self._reader.read(self._range.offset + first, end - first)
            if self._is_unchanged(number, data):
                return data
        what = "Bytes differ from those of the first read, {0} times in a row".format(_TRIES)
        raise Failure(what, "{0}, byte {1}".format(self.name, first), "The network corrupts data. Run the task again.")

    def _is_unchanged(self, number: int, data: bytes) -> bool:
        with self._changed:
            self._count()
            return self._state.agrees(number, data)

    def _count(self) -> None:
        before, self._counted = self._counted, (self._reader.bytes, self._reader.requests)
        self._state.add(self._counted[0] - before[0], self._counted[1] - before[1])
