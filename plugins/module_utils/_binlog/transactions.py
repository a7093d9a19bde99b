# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transactions of a binlog: GTID, commit time, positions, statements and the tables of its row events. Rows are not read.

Usage::

    with LocalBinlog(path) as reader:
        start = read_start(reader)
        for transaction in transactions(reader, start):
            ...
"""

import struct
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from .._gtid_set import GtidSet
from .._local_file import Reader
from . import event_bodies
from .binlog_reader import CUT, DAMAGED, BytesReader, ReadBuffer, UnreadableBinlog
from .binlog_start import BinlogStart
from .events import (
    ANONYMOUS_GTID,
    EXECUTE_LOAD_QUERY,
    FORMAT_DESCRIPTION,
    GTID,
    GTID_TAGGED,
    INCIDENT,
    PREVIOUS_GTIDS,
    QUERY,
    ROTATE,
    STOP,
    TABLE_MAP,
    TRANSACTION_PAYLOAD,
    XA_PREPARE,
    XID,
    BinlogEvent,
    events,
)
from .transaction_payload import payload

_BLOCK = 1 << 18
_GTIDS = frozenset((GTID, ANONYMOUS_GTID, GTID_TAGGED))
_BETWEEN = frozenset((STOP, ROTATE, FORMAT_DESCRIPTION, PREVIOUS_GTIDS))
_WANTED = _GTIDS | {QUERY, EXECUTE_LOAD_QUERY, TABLE_MAP, TRANSACTION_PAYLOAD, XA_PREPARE}
# The first byte of XA_PREPARE if the transaction is committed with it (XA COMMIT ... ONE PHASE).
_ONE_PHASE = b"\1"
# The first words of statements that only delimit a transaction.
_SAVEPOINTS = (b"SAVEPOINT ", b"ROLLBACK TO ", b"RELEASE SAVEPOINT ", b"XA END ")


class StatementEvent(NamedTuple):
    """A statement event: DDL, or a change in statement format. BEGIN, COMMIT, savepoints and the like are left out.

    ``schema`` is its default database ("" for none), ``databases`` what it updates, () if unknown. ``text`` is in the character set ``charset``
    (a collation id of the server); ``whole`` is False if it is only the first 16 MiB. ``start`` and ``end`` are positions in the file, of the
    whole transaction if it is compressed. ``time`` in seconds since the epoch. None: the event does not contain it. ``settings`` are the names and
    numbers of further session variables.
    """

    schema: str
    text: bytes
    start: int
    end: int
    time: int
    charset: Optional[int]
    sql_mode: Optional[int]
    time_zone: Optional[str]
    databases: Tuple[str, ...]
    whole: bool
    settings: Tuple[Tuple[str, int], ...] = ()


class Transaction(NamedTuple):
    """One transaction. ``gtid`` is ``uuid:number`` or ``uuid:tag:number``; None if it has none.

    ``committed`` is when it was committed on the server where it originated, in seconds since the epoch: microseconds exactly since 8.0, whole seconds
    before. ``start`` and ``end`` are byte positions in the file. ``tables`` are the (database, table) of its row events, in the order of their first
    use, ``columns`` the type codes of the columns of each. ``time_zone`` is what its BEGIN or XA START
    sets, which every replica executes. ``xa`` is start, commit or rollback if it is a part of an XA transaction: the rows of "start" take effect with
    the commit, which is a separate transaction with the same ``xid``. ``xa`` is whole for one that was committed in one phase. ``unread`` is the reason why
    statements and tables are not known: zstd or another compression, or incident; None if they are known.
    """

    gtid: Optional[str]
    committed: float
    start: int
    end: int
    server_id: int
    statements: Tuple[StatementEvent, ...]
    tables: Tuple[Tuple[str, str], ...]
    xa: Optional[str]
    unread: Optional[str]
    columns: Tuple[bytes, ...] = ()
    time_zone: Optional[str] = None
    xid: Optional[bytes] = None

    @property
    def size(self) -> int:
        """Its bytes in the file."""
        return self.end - self.start


def transactions(reader: Reader, start: BinlogStart) -> Iterator[Transaction]:
    """The transactions of the file whose first events are ``start``, in file order.

    The checksums of all events that are read are verified; row events are skipped. Memory: one transaction's statements, 256 KiB of the file.

    :raises UnreadableBinlog: the file is truncated or damaged at a byte. All complete transactions before it have been returned.
    """
    return transactions_in(events(reader, ReadBuffer(reader, _BLOCK), start.first, checksums=start.checksums, wanted=_WANTED), reader.name)


def transactions_in(found: Iterable[BinlogEvent], name: str) -> Iterator[Transaction]:
    """The transactions of these events of a binlog ``name``.

    :raises UnreadableBinlog: an event cannot be read, or they end inside a transaction.
    """
    current: Optional[_Draft] = None
    for event in found:
        try:
            if event.kind in _BETWEEN:
                if current is not None:
                    raise UnreadableBinlog(DAMAGED, "The transaction that begins here does not end", name, current.start)
                continue
            if current is None or event.kind in _GTIDS:
                if current is not None:
                    yield current.transaction(event.start)
                current = _Draft(event)
            if current.add(event, name):
                yield current.transaction(event.end)
                current = None
        except (ValueError, KeyError, IndexError, struct.error):
            raise UnreadableBinlog(DAMAGED, "An event of type {0} cannot be read".format(event.kind), name, event.start) from None
    if current is not None:
        raise UnreadableBinlog(CUT, "The binlog ends inside a transaction", name, current.start)


def gtids_of(found: Iterable[Transaction]) -> GtidSet:
    """The GTIDs of transactions. Memory: the intervals, not the transactions."""
    spans: Dict[str, List[Tuple[int, int]]] = {}
    for transaction in found:
        if transaction.gtid is not None:
            key, _colon, number = transaction.gtid.rpartition(":")
            mine = spans.setdefault(key, [])
            if mine and mine[-1][1] + 1 == int(number):
                mine[-1] = (mine[-1][0], int(number))
            else:
                mine.append((int(number), int(number)))
    return GtidSet.of((key, low, high) for key, intervals in spans.items() for low, high in intervals)


class _Draft:
    """A transaction whose end is not yet read."""

    def __init__(self, first: BinlogEvent) -> None:
        self.start = first.start
        self._server_id = first.server_id
        self._head = event_bodies.GtidHead(gtid=None, immediate=None, original=None)
        self._time = first.time
        self._open = False
        self._statements: List[StatementEvent] = []
        self._tables: Dict[Tuple[str, str], bytes] = {}
        self._time_zone: Optional[str] = None
        self._xa: Optional[str] = None
        self._xid: Optional[bytes] = None
        self._unread: Optional[str] = None

    def transaction(self, end: int) -> Transaction:
        """The collected transaction."""
        committed = float(self._time) if self._head.original is None else self._head.original / 1e6
        collected = (tuple(self._statements), tuple(self._tables), self._xa, self._unread, tuple(self._tables.values()))
        return Transaction(self._head.gtid, committed, self.start, end, self._server_id, *collected, self._time_zone, self._xid)

    def add(self, event: BinlogEvent, name: str) -> bool:
        """Add an event. Returns whether it ends the transaction."""
        self._time = event.time
        kind = event.kind
        if kind in _GTIDS:
            self._head = event_bodies.tagged_gtid(event.body) if kind == GTID_TAGGED else event_bodies.gtid(event.body, anonymous=kind == ANONYMOUS_GTID)
        elif kind == TABLE_MAP:
            table, columns = event_bodies.table(event.body)
            self._tables.setdefault(table, columns)
        elif kind in (QUERY, EXECUTE_LOAD_QUERY):
            return self._query(event)
        elif kind == TRANSACTION_PAYLOAD:
            self._compressed(event, name)
            return True
        elif kind == INCIDENT:
            self._unread = "incident"
            return True
        elif kind == XA_PREPARE and event.body[:1] == _ONE_PHASE:
            self._xa, self._xid = "whole", None
        return kind in (XID, XA_PREPARE)

    def _query(self, event: BinlogEvent) -> bool:
        found = event_bodies.query(event.body, loads_file=event.kind == EXECUTE_LOAD_QUERY)
        words = found.text[:64].upper()
        if words == b"BEGIN" or words.startswith(b"XA START"):
            self._time_zone = found.time_zone
        if words == b"BEGIN":
            self._open = True
            return False
        if words in (b"COMMIT", b"ROLLBACK"):
            return True
        if words.startswith(b"XA "):
            verb = words.split()[1].decode("ascii", "replace").lower()
            if verb in ("start", "commit", "rollback"):
                self._xa, self._xid = verb, found.text.split(None, 2)[2]
                self._open = verb == "start"
                return not self._open
        if words.startswith(_SAVEPOINTS):
            return False
        session = (found.charset, found.sql_mode, found.time_zone, found.databases)
        self._statements.append(
            StatementEvent(found.schema, found.text, event.start, event.end, event.time, *session, whole=event.whole, settings=found.settings)
        )
        return not self._open

    def _compressed(self, event: BinlogEvent, name: str) -> None:
        """Add the events inside ``event``, which have no positions of their own."""
        content = payload(event.body, whole=event.whole)
        if content.events is None:
            self._unread = content.compression
            return
        # They have no checksums.
        inner = BytesReader(content.events, "{0}, in the compressed transaction at byte {1}".format(name, event.start))
        for each in events(inner, ReadBuffer(inner, _BLOCK), 0, checksums=False, wanted=_WANTED):
            self.add(each._replace(start=event.start, end=event.end), name)
