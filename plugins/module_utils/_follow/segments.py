# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transactions of a roll-forward, in binary log order, split into segments that one start of the channel applies."""

from enum import Enum
from typing import FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._gtid_set import GtidSet


class ExecMode(Enum):
    """How the applier treats a row that already exists, or that is missing.

    IDEMPOTENT: for the overlap, which is applied a second time. CONVERGING: for the first transactions after the dump's set; a transaction can be in the
    dump's snapshot shortly before the server counts it as executed (measured on 9.7). STRICT: such a row is an error.
    """

    IDEMPOTENT = "idempotent"
    CONVERGING = "converging"
    STRICT = "strict"

    @property
    def server_value(self) -> str:
        """The value of replica_exec_mode."""
        return "STRICT" if self is ExecMode.STRICT else "IDEMPOTENT"


class InDump(NamedTuple):
    """The target databases whose dumps contain a transaction: ``left_out`` do not get it, ``again`` get it a second time."""

    left_out: FrozenSet[str] = frozenset()
    again: FrozenSet[str] = frozenset()


IN_NO_DUMP = InDump()


class Segment(NamedTuple):
    """Consecutive transactions. ``by_hand``: a single transaction whose statement the caller executes, because the filters would drop it."""

    gtids: GtidSet
    mode: ExecMode
    by_hand: bool = False
    in_dump: InDump = IN_NO_DUMP

    @property
    def first(self) -> str:
        """The GTID of the only transaction of a segment that is applied by hand."""
        key, spans = self.gtids.members[0]
        return "{0}:{1}".format(key, spans[0][0])


class TargetHistory(NamedTuple):
    """What to do with the GTIDs of the target.

    ``purge`` is to be added to gtid_purged: transactions that are in the dump and not applied again. ``pending`` is to be
    applied. ``blocked`` are transactions of the overlap that cannot be applied again, because the target counts them as executed.
    """

    purge: GtidSet
    pending: GtidSet
    blocked: GtidSet


class SegmentBuilder:
    """Collects transactions in the order of the binary log. Memory: intervals, not transactions."""

    def __init__(self) -> None:
        self._done: List[Segment] = []
        self._spans: List[Tuple[str, int, int]] = []
        self._mode = ExecMode.STRICT
        self._in_dump = IN_NO_DUMP

    def add(self, gtid: str, mode: ExecMode, *, by_hand: bool = False, in_dump: InDump = IN_NO_DUMP) -> None:
        """Add the next transaction."""
        key, _colon, number = gtid.rpartition(":")
        if by_hand or (mode, in_dump) != (self._mode, self._in_dump):
            self._close()
            self._mode, self._in_dump = mode, in_dump
        if by_hand:
            self._done.append(Segment(GtidSet.of([(key, int(number), int(number))]), mode, by_hand=True))
        elif self._spans and self._spans[-1][0] == key and self._spans[-1][2] + 1 == int(number):
            self._spans[-1] = (key, self._spans[-1][1], int(number))
        else:
            self._spans.append((key, int(number), int(number)))

    def segments(self) -> List[Segment]:
        """All segments, in order."""
        self._close()
        return list(self._done)

    def _close(self) -> None:
        if self._spans:
            self._done.append(Segment(GtidSet.of(self._spans), self._mode, in_dump=self._in_dump))
            self._spans = []


def all_of(segments: Iterable[Segment]) -> GtidSet:
    """The transactions of these segments."""
    return GtidSet.of((key, low, high) for segment in segments for key, spans in segment.gtids.members for low, high in spans)


def history_of(executed: GtidSet, dump: GtidSet, wanted: GtidSet, ours: Optional[GtidSet]) -> TargetHistory:
    """How to apply ``wanted`` to a database loaded from a dump with the set ``dump``, on a target that has ``executed``.

    ``ours``: the set that earlier runs for the same databases had to apply, None if there was no earlier run.

    :raises Failure: the target counts transactions as executed that were not applied to this database.
    """
    foreign = executed.intersect(wanted.subtract(dump)).subtract(ours or GtidSet())
    if foreign:
        what = "The server counts {0} transaction(s) of the window as executed, and would skip them: {1}".format(foreign.transactions, foreign)
        cure = (
            "If other databases of this server were rolled forward earlier, roll all of them forward in one call (databases). If a larger GTID set was "
            "applied, empty the history with mysql_gtid (state: empty), which deletes this server's binary logs. Nothing was changed."
        )
        raise Failure(what, None, cure)
    blocked = GtidSet() if ours is not None else executed.intersect(wanted.intersect(dump))
    return TargetHistory(dump.subtract(wanted).subtract(executed), wanted.subtract(executed), blocked)
