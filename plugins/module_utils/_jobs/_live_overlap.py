# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the last transactions of a dump's GTID set from the binary logs of a live server. A server that starts to follow it applies them again.

Source of the protocol: MySQL internals manual, "COM_BINLOG_DUMP_GTID"; sql/rpl_binlog_sender.cc of the server.
"""

import secrets
import struct
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple
from uuid import UUID

from .._binlog.binlog_reader import UnreadableBinlog
from .._binlog.binlog_start import BinlogStart
from .._binlog.event_bodies import format_description
from .._binlog.events import CHECKSUM, FORMAT_DESCRIPTION, HEADER, HEARTBEATS, MOST_BODY, BinlogEvent
from .._binlog.transactions import Transaction, gtids_of, transactions_in
from .._gtid_set import GtidSet
from .._server.connection import Connection, ServerError
from ._binlog_window import Overlap, WindowFile, WindowTransaction
from ._follow_checks import ReplicationFacts
from ._roll_plan import TAIL
from ._statement_effects import Effect, StatementReader

_DUMP_GTID = 0x1E
# Do not wait for new transactions; start at a GTID set.
_FLAGS = 0x01 | 0x04
_FIRST_TRY, _FACTOR = 1000, 8
_LAST_NUMBER = (1 << 63) - 2


class LiveOverlap(NamedTuple):
    """Transactions whose rows may exist already: ``again`` up to the end of the dump's set, then ``after`` it.

    ``tables`` are the tables of the databases that have rows in ``again``.
    """

    again: GtidSet
    after: GtidSet
    tables: Set[Tuple[str, str]]


class _OverlapReading:
    """Collects the transactions after ``before``."""

    def __init__(self, source: ReplicationFacts, dump: GtidSet, before: GtidSet, seconds: float) -> None:
        self._dump, self._left, self._seconds = dump, dump.subtract(before), seconds
        version = source.version.text
        self._file = WindowFile("the binary logs of the source", BinlogStart(version, 0, 0, checksums=False, closed=False, previous=before, first=0))
        self._overlap = Overlap(seconds)
        self._first: Optional[float] = None
        self._tail_ends: Optional[float] = None
        self._after: List[Transaction] = []

    def add(self, transaction: Transaction) -> bool:
        """Add the next transaction; return whether reading can stop."""
        self._first = transaction.committed if self._first is None else self._first
        if self._left:
            gtid = transaction.gtid or ""
            self._overlap.add(WindowTransaction(transaction, self._file, in_dump=self._dump.contains(gtid)))
            self._left = self._left.subtract(GtidSet.parse(gtid))
            return False
        self._tail_ends = transaction.committed + min(self._seconds, TAIL) if self._tail_ends is None else self._tail_ends
        if transaction.committed > self._tail_ends:
            return True
        self._after.append(transaction)
        return False

    def reaches_back(self) -> bool:
        """Whether the transactions began before the overlap."""
        return self._first is not None and self._first < self._overlap.latest - self._seconds

    def result(self, cannot_repeat: Callable[[WindowTransaction], bool], databases: Dict[str, str]) -> Optional[LiveOverlap]:
        """The overlap; None if a part of the set is missing, or if none of it can be applied again."""
        again = [placed.transaction for placed in self._overlap.from_last(cannot_repeat)]
        if self._left or not again:
            return None
        tables = {table for transaction in again for table in transaction.tables if table[0] in databases}
        return LiveOverlap(gtids_of(again), gtids_of(self._after), tables)


def overlap_of(open_source: Callable[[], Connection], source: ReplicationFacts, dump: GtidSet, names: List[str], seconds: float) -> Optional[LiveOverlap]:
    """The overlap of the last ``seconds`` of the set ``dump``, after the last DDL statement of these databases, or XA transaction of any database.

    None if the source cannot supply it, because another server of the pair has written the last transactions, or its binary logs cannot be read.
    """
    own = source.known.get("server_uuid", "").lower()
    spans = dict(dump.members).get(own)
    if not seconds or not spans or any(":" in key for key, _spans in dump.members):
        return None
    databases = {name: name for name in names}
    statements = StatementReader(databases, source.version.number)

    def cannot_repeat(placed: WindowTransaction) -> bool:
        found = placed.transaction
        return bool(found.unread or found.xa) or any(statements.decision(each).effect not in (Effect.FILTERED, Effect.SKIP) for each in found.statements)

    count, last = _FIRST_TRY, spans[-1][1]
    while True:
        wanted = GtidSet.of([(own, max(1, last - count + 1), last)])
        before = dump.subtract(wanted).union(source.purged.intersect(dump))
        reading = _OverlapReading(source, dump, before, seconds)
        try:
            _read(open_source, before, reading)
        except (ServerError, UnreadableBinlog):
            return None
        if reading.reaches_back() or count >= last or not wanted.within(dump.subtract(before)):
            return reading.result(cannot_repeat, databases)
        count *= _FACTOR


def everything_after(done: GtidSet, executed: GtidSet) -> str:
    """All GTIDs of the source after those of ``done``, for UNTIL SQL_BEFORE_GTIDS. ``executed``: by the source.

    None of them may be executed here already, because the channel would stop at once.
    """
    known = {key for key, _spans in executed.members}
    open_ends = GtidSet.of((key, spans[-1][1] + 1, _LAST_NUMBER) for key, spans in done.union(executed).members if key in known)
    return str(executed.subtract(done).union(open_ends))


def _read(open_source: Callable[[], Connection], before: GtidSet, reading: _OverlapReading) -> None:
    connection = open_source()
    try:
        for transaction in transactions_in(_events(connection, before), "the binary logs of the source"):
            if transaction.gtid is None or reading.add(transaction):
                return
    finally:
        connection.close()


def _events(connection: Connection, before: GtidSet) -> Iterator[BinlogEvent]:
    """The events after ``before``, with positions as if they were in one large file."""
    # Without these settings, the server refuses to send events with checksums.
    connection.run("SET @source_binlog_checksum = @@GLOBAL.binlog_checksum, @master_binlog_checksum = @@GLOBAL.binlog_checksum")
    data = encoded(before)
    head = struct.pack("<HIIQI", _FLAGS, 1000000000 + secrets.randbelow(1000000000), 0, 4, len(data))
    start, checksums = 0, False
    for packet in connection.packets(_DUMP_GTID, head + data):
        time, kind, server_id, length, _after, flags = HEADER.unpack_from(packet, 1)
        if kind in HEARTBEATS:
            continue
        body = packet[1 + HEADER.size : 1 + MOST_BODY]
        if kind == FORMAT_DESCRIPTION:
            checksums = format_description(body).checksums
        elif checksums and length <= MOST_BODY:
            body = body[:-CHECKSUM]
        yield BinlogEvent(kind, time, server_id, flags, start, start + length, body, whole=length <= MOST_BODY)
        start += length


def encoded(gtids: GtidSet) -> bytes:
    """Encode a set without tags for the protocol."""
    parts = [struct.pack("<Q", len(gtids.members))]
    for key, spans in gtids.members:
        parts.append(UUID(key).bytes + struct.pack("<Q", len(spans)))
        parts.extend(struct.pack("<QQ", low, high + 1) for low, high in spans)
    return b"".join(parts)
