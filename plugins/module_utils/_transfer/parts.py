# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of an object, and the queue that distributes them to connections. Pure, except for locks.

Parts are verified and recorded in the journal; a request asks for a run of parts. Runs get shorter towards the end, so that all
connections finish together and no byte is requested twice. If the URL may expire before the end, each connection requests its whole
share at once, because OSS completes a running response after its URL has expired, but refuses new requests.
"""

import threading
from typing import Iterable, List, Optional

from .selection import Span

MOST_PARTS = 10000
LONGEST_RUN = 128 << 20
"""The maximum number of bytes in one request, unless the URL may expire."""
MARGIN = 120.0
"""How many seconds before the expiry of a URL connections begin to request their whole share: clocks differ, and speeds change."""


class Part:
    """``length`` bytes at offset ``first`` in the file and ``source`` in the object.

    ``done`` of them are in the file; ``crc`` is the CRC-64 of these.
    """

    __slots__ = ("index", "first", "source", "length", "done", "crc")

    def __init__(self, index: int, first: int, source: int, length: int) -> None:
        self.index = index
        self.first = first
        self.source = source
        self.length = length
        self.done = 0
        self.crc = 0

    @property
    def complete(self) -> bool:
        return self.done == self.length

    def restart(self) -> None:
        """Mark all bytes as missing."""
        self.done = 0
        self.crc = 0


def layout(spans: Iterable[Span], part_size: int) -> List[Part]:
    """Divide ``spans``, which follow each other in the file, into parts of ``part_size``. The last part of a span may be shorter."""
    parts: List[Part] = []
    first = 0
    for begin, end in spans:
        for source in range(begin, end, part_size):
            parts.append(Part(len(parts), first, source, min(part_size, end - source)))
            first += parts[-1].length
    return parts


def done(parts: Iterable[Part]) -> int:
    """How many bytes of ``parts`` are in the file."""
    return sum(part.done for part in parts)


def fitting_part_size(size: int, part_size: int, connections: int) -> int:
    """``part_size``, reduced if the connections could not finish together, or increased (in whole MiB) if the object had over 10,000 parts."""
    # A single connection downloads the last part, which must not affect the total time.
    part_size = min(part_size, max(1, size // (256 * connections) >> 20) << 20)
    least = -(-size // MOST_PARTS)
    return part_size if part_size >= least else -(-least >> 20) << 20


class PartRun:
    """Consecutive parts from ``at`` to ``stop`` (excluded), assigned to one connection. ``revoked``: no longer assigned, so nothing may be written.

    ``lock`` is held while writing, so that nothing is written after a revocation.
    """

    __slots__ = ("at", "stop", "revoked", "lock")

    def __init__(self, at: int, stop: int) -> None:
        self.at = at
        self.stop = stop
        self.revoked = False
        self.lock = threading.Lock()


class PartQueue:
    """Assigns runs to connections and takes back unfinished ones."""

    def __init__(self, parts: List[Part], connections: int) -> None:
        self._parts = parts
        self._lock = threading.Lock()
        self._waiting = _missing(parts)
        self._connections = max(1, min(connections, sum(_length(run) for run in self._waiting)))
        self._longest = max(1, LONGEST_RUN // max((part.length for part in parts), default=1))
        # Connections that have not taken their whole share yet.
        self._without_share = self._connections

    @property
    def connections(self) -> int:
        """The number of connections that have work."""
        return self._connections if self._waiting else 0

    def take(self, *, whole_share: bool) -> Optional[PartRun]:
        """A run of waiting parts, or None. With ``whole_share``, this connection's share of all waiting parts."""
        with self._lock:
            if not self._waiting:
                return None
            longest = max(self._waiting, key=_length)
            waiting = sum(_length(run) for run in self._waiting)
            if whole_share:
                count = -(-waiting // max(1, self._without_share))
                self._without_share -= 1
            else:
                count = min(max(1, waiting // (4 * self._connections)), self._longest)
            run = PartRun(longest.at, min(longest.stop, longest.at + count))
            longest.at = run.stop
            self._waiting = [one for one in self._waiting if _length(one)]
            return run

    def part(self, run: PartRun) -> Optional[Part]:
        """The first unfinished part of ``run``; None if the run is finished or revoked."""
        with self._lock:
            while not run.revoked and run.at < run.stop:
                if not self._parts[run.at].complete:
                    return self._parts[run.at]
                run.at += 1
            return None

    def end(self, run: PartRun) -> int:
        """The offset in the object after the last byte of ``run``."""
        last = self._parts[run.stop - 1]
        return last.source + last.length

    def finish(self, run: PartRun) -> None:
        """Take ``run`` back; its unfinished parts wait for another connection. A second call does nothing."""
        with run.lock:
            with self._lock:
                if not run.revoked:
                    run.revoked = True
                    self._waiting.extend(_missing(self._parts[run.at : run.stop]))


def may_expire(missing: int, rate: Optional[float], time_left: Optional[float]) -> bool:
    """Whether ``missing`` bytes at ``rate`` bytes a second may take longer than ``time_left`` seconds (None: unlimited)."""
    if time_left is None:
        return False
    return time_left < MARGIN or (rate is not None and missing > rate * (time_left - MARGIN))


def _length(run: PartRun) -> int:
    return run.stop - run.at


def _missing(parts: Iterable[Part]) -> List[PartRun]:
    """Runs of unfinished parts. A part that is partly done begins a run, and so does a span, because one answer cannot skip bytes."""
    runs: List[PartRun] = []
    end = 0
    for part in parts:
        if part.complete:
            continue
        if runs and runs[-1].stop == part.index and part.done == 0 and part.source == end:
            runs[-1].stop += 1
        else:
            runs.append(PartRun(part.index, part.index + 1))
        end = part.source + part.length
    return runs
