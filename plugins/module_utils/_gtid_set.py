# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GTID sets, and their union, difference, intersection and inclusion.

Computed here rather than by the server, because 5.5 has no such functions and some checks run without a server.
Source: MySQL manual, "GTID Format and Storage"; tags exist since 8.3.
"""

import bisect
import re
from typing import Dict, Iterable, List, NamedTuple, Tuple

from ._failure import Failure

Intervals = Tuple[Tuple[int, int], ...]
_INFINITE = 10**20
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
# A transaction number has at most 19 digits; int() refuses thousands of them.
_INTERVAL = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?\Z")
_TAG = re.compile(r"[a-z_][a-z0-9_]{0,31}\Z")


class GtidSet(NamedTuple):
    """An immutable set of transactions. Keys are ``uuid`` or ``uuid:tag``; intervals are closed, sorted and neither overlap nor touch."""

    members: Tuple[Tuple[str, Intervals], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "GtidSet":
        """Parse ``uuid:1-5:7, uuid:tag:1-3``, in upper or lower case, with any white space.

        :raises Failure: it is not a GTID set."""
        found: Dict[str, List[Tuple[int, int]]] = {}
        for part in re.sub(r"\s+", "", text).lower().split(","):
            if not part:
                continue
            pieces = part.split(":")
            if not _UUID.match(pieces[0]) or len(pieces) < 2:
                raise Failure("This is not a GTID set: {0}".format(part[:80]), None, "A set looks like 3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5.")
            key = pieces[0]
            for piece in pieces[1:]:
                interval = _INTERVAL.match(piece)
                if interval is not None:
                    low = int(interval.group(1))
                    high = int(interval.group(2) or low)
                    if low >= 1 and high >= low:
                        found.setdefault(key, []).append((low, high))
                elif _TAG.match(piece):
                    key = "{0}:{1}".format(pieces[0], piece)
                else:
                    raise Failure("This is not a GTID interval: {0}".format(piece[:40]), None, "An interval looks like 1-5 or 7.")
        return cls._of(found)

    @classmethod
    def of(cls, spans: Iterable[Tuple[str, int, int]]) -> "GtidSet":
        """The set of closed intervals, each as (``uuid`` or ``uuid:tag``, first, last), in any order."""
        found: Dict[str, List[Tuple[int, int]]] = {}
        for key, low, high in spans:
            mine = found.setdefault(key, [])
            if mine and low == mine[-1][1] + 1:
                mine[-1] = (mine[-1][0], high)
            else:
                mine.append((low, high))
        return cls._of(found)

    @classmethod
    def _of(cls, found: Dict[str, List[Tuple[int, int]]]) -> "GtidSet":
        return cls(tuple(sorted((key, _merged(spans)) for key, spans in found.items())))

    def __bool__(self) -> bool:
        return bool(self.members)

    def __str__(self) -> str:
        return ",".join(":".join([key] + [str(low) if low == high else "{0}-{1}".format(low, high) for low, high in spans]) for key, spans in self.members)

    @property
    def transactions(self) -> int:
        """The number of transactions in the set."""
        return sum(high - low + 1 for _key, spans in self.members for low, high in spans)

    def union(self, other: "GtidSet") -> "GtidSet":
        """The transactions in either set."""
        return GtidSet.of((key, low, high) for key, spans in self.members + other.members for low, high in spans)

    def contains(self, gtid: str) -> bool:
        """Whether the transaction ``uuid:number`` or ``uuid:tag:number`` is in the set.

        :raises Failure: it is not a GTID."""
        key, _colon, number = gtid.rpartition(":")
        if not key or not number.isdigit():
            raise Failure("This is not a GTID: {0}".format(gtid[:80]), None, "A GTID looks like 3E11FA47-71CA-11E1-9E33-C80AA9429562:23.")
        spans = self._spans(key.lower())
        # The last interval that begins at the number or before it.
        index = bisect.bisect_right(spans, (int(number), _INFINITE))
        return index > 0 and int(number) <= spans[index - 1][1]

    def _spans(self, key: str) -> Intervals:
        return next((spans for each, spans in self.members if each == key), ())

    def subtract(self, other: "GtidSet") -> "GtidSet":
        """The transactions of this set that are not in ``other`` (GTID_SUBTRACT)."""
        theirs = dict(other.members)
        left = []
        for key, spans in self.members:
            rest = _without(spans, theirs.get(key, ()))
            if rest:
                left.append((key, rest))
        return GtidSet(tuple(left))

    def intersect(self, other: "GtidSet") -> "GtidSet":
        """The transactions in both sets."""
        return self.subtract(self.subtract(other))

    def within(self, other: "GtidSet") -> bool:
        """Whether ``other`` contains all of this set (GTID_SUBSET)."""
        return not self.subtract(other)


def _merged(spans: List[Tuple[int, int]]) -> Intervals:
    result: List[Tuple[int, int]] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return tuple(result)


def _without(spans: Intervals, holes: Intervals) -> Intervals:
    result: List[Tuple[int, int]] = []
    for low, high in spans:
        for first, last in holes:
            if last < low or first > high:
                continue
            if first > low:
                result.append((low, first - 1))
            low = last + 1
        if low <= high:
            result.append((low, high))
    return tuple(result)
