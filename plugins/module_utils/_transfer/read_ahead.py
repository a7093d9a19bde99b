# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes of an object in order, brought ahead of whoever reads them, on several connections and into a bounded piece of memory."""

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

# Whoever only looks at the beginning of a file does not pay for more.
FIRST = 1 << 16
PIECE = 4 << 20
CONNECTIONS = 4
_AHEAD = 4
_TRIES = 3
_PATIENCE = 1.0
_SLOT = struct.Struct("<Q")
_KNOWN = 1 << 32


class MemberRange(NamedTuple):
    """``size`` bytes of ``remote`` from ``offset`` on; ``name`` is what messages call them."""

    remote: RemoteObject
    offset: int
    size: int
    name: str

    @property
    def pieces(self) -> int:
        """How many pieces they are read in."""
        return 0 if self.size <= 0 else 1 + max(0, -(-(self.size - FIRST) // PIECE))

    def first_of(self, piece: int) -> int:
        """Where a piece begins, counted from the beginning of the span."""
        return min(self.size, 0 if piece == 0 else FIRST + (piece - 1) * PIECE)


class SharedReadState:
    """What all readings of one span share, also those of forked processes: the CRC-32 of each piece, and what they have cost.

    What is read a second time must be what was read, and may have been checked, the first time. One reading at a time.
    """

    def __init__(self, span: MemberRange) -> None:
        self._slots = mmap.mmap(-1, _SLOT.size * (2 + span.pieces))

    @property
    def received(self) -> int:
        """Bytes that came from the server."""
        return self._get(0)

    @property
    def requests(self) -> int:
        """Requests that were made."""
        return self._get(1)

    def add(self, received: int, requests: int) -> None:
        """Account for a piece."""
        self._set(0, self.received + received)
        self._set(1, self.requests + requests)

    def agrees(self, piece: int, data: bytes) -> bool:
        """Whether the piece is what it was, if it was read before."""
        found, known = _KNOWN | zlib.crc32(data) & 0xFFFFFFFF, self._get(2 + piece)
        if not known:
            self._set(2 + piece, found)
        return known in (0, found)

    def _get(self, slot: int) -> int:
        return int(_SLOT.unpack_from(self._slots, slot * _SLOT.size)[0])

    def _set(self, slot: int, value: int) -> None:
        _SLOT.pack_into(self._slots, slot * _SLOT.size, value)


class RemoteStream(io.RawIOBase):
    """The bytes of a span. Read from the beginning they are brought ahead; after a ``seek`` no more than what is asked for is.

    The CRC-64 the server has of the object is checked where the span is all of it. Threads and connections are made when they are
    needed, so a stream may be opened before a fork, and be read after it. Memory: less than 64 MiB.
    """

    def __init__(self, span: MemberRange, network: Network, memory: SharedReadState) -> None:
        super().__init__()
        self.name = span.name
        self._span = span
        self._memory = memory
        self._reader = RemoteReader(None, network=network, remote=span.remote)
        self._position = 0
        self._sought = False
        self._piece = memoryview(b"")
        self._given = 0
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
        self._sought = True
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._span.size}[whence]
        return self._position

    def readinto(self, buffer: Any) -> int:
        wanted = max(0, min(len(buffer), self._span.size - self._position))
        if not wanted:
            return 0
        if self._sought:
            piece = memoryview(self._reader.read(self._span.offset + self._position, wanted))
            self._count()
        else:
            if not self._piece:
                self._piece = memoryview(self._next())
            piece, self._piece = self._piece[:wanted], self._piece[wanted:]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        if not self._sought:
            self._check_whole(piece)
        return len(piece)

    def close(self) -> None:
        """End the threads, too."""
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
        remote, span = self._span.remote, self._span
        if crc64.update is None or remote.crc64 is None or span.size != remote.size:
            return
        self._crc = crc64.update(bytes(piece), self._crc)
        if self._position == span.size and self._crc != remote.crc64:
            raise Failure("The bytes that were read do not have the checksum the server has of them (CRC-64)", self.name, "Run it again.")

    def _next(self) -> bytes:
        number, self._given = self._given, self._given + 1
        if number == 0:
            self._taken = 1
            return self._bring(0)
        if not self._threads:
            for _number in range(min(CONNECTIONS, self._span.pieces - 1)):
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
                    self._bring_rest(number)
                else:
                    self._deliver(number, self._bring(number))
        except BaseException as error:  # pylint: disable=broad-except
            with self._changed:
                self._failure, self._stopped = self._failure or error, True
                self._changed.notify_all()

    def _take(self) -> Tuple[Optional[int], bool]:
        """The next piece to bring, when it is time for it, and whether all behind it are to be brought as well."""
        while not self._stopped and self._taken < self._span.pieces:
            left = self._seconds_left()
            if left is not None and left <= 0:
                # What has begun by then outlives the URL.
                number, self._taken = self._taken, self._span.pieces
                return number, True
            if self._is_wanted(self._taken):
                self._taken += 1
                return self._taken - 1, False
            self._changed.wait(left)
        return None, False

    def _seconds_left(self) -> Optional[float]:
        expires_at = self._span.remote.url.expires_at
        return None if expires_at is None else expires_at - MARGIN - time.time()

    def _is_wanted(self, number: int) -> bool:
        # A file that waits for another one to be read takes little.
        return number < self._given + min(_AHEAD, self._given - 1)

    def _bring_rest(self, number: int) -> None:
        """All pieces from this one on, in one request that is taken as slowly as its bytes are wanted."""
        first = self._span.first_of(number)
        gathered = bytearray()
        for block in self._reader.blocks(self._span.offset + first, self._span.size - first):
            gathered += block
            length = self._span.first_of(number + 1) - self._span.first_of(number)
            while length and len(gathered) >= length:
                data = bytes(gathered[:length])
                del gathered[:length]
                self._deliver(number, data if self._is_right(number, data) else self._bring(number))
                number += 1
                length = self._span.first_of(number + 1) - self._span.first_of(number)
            with self._changed:
                while not self._stopped and not self._is_wanted(number):
                    self._changed.wait()
                if self._stopped:
                    return

    def _deliver(self, number: int, data: bytes) -> None:
        with self._changed:
            self._ready[number] = data
            self._changed.notify_all()

    def _bring(self, number: int) -> bytes:
        first, end = self._span.first_of(number), self._span.first_of(number + 1)
        for _try in range(_TRIES):
            data = self._reader.read(self._span.offset + first, end - first)
            if self._is_right(number, data):
                return data
        what = "Bytes that were read once came differently the second time, {0} times in a row".format(_TRIES)
        raise Failure(what, "{0}, byte {1}".format(self.name, first), "The network between damages them. Run it again.")

    def _is_right(self, number: int, data: bytes) -> bool:
        with self._changed:
            self._count()
            return self._memory.agrees(number, data)

    def _count(self) -> None:
        before, self._counted = self._counted, (self._reader.bytes, self._reader.requests)
        self._memory.add(self._counted[0] - before[0], self._counted[1] - before[1])
