# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events of a binlog file, with their positions. Source: MySQL internals manual, "Binlog Event Header"; libs/mysql/binlog/event of the server."""

import struct
import zlib
from typing import FrozenSet, Iterator, NamedTuple

from .._local_file import Reader
from .binlog_reader import CUT, DAMAGED, ENCRYPTED, NOT_A_BINLOG, ReadBuffer, UnreadableBinlog

MAGIC = b"\xfebin"
_ENCRYPTED_MAGIC = b"\xfdbin"
FIRST = len(MAGIC)
"""The position of the first event."""

QUERY, STOP, ROTATE, FORMAT_DESCRIPTION, XID, EXECUTE_LOAD_QUERY, TABLE_MAP, INCIDENT = 2, 3, 4, 15, 16, 18, 19, 26
GTID, ANONYMOUS_GTID, PREVIOUS_GTIDS, XA_PREPARE, TRANSACTION_PAYLOAD, GTID_TAGGED = 33, 34, 35, 38, 40, 42
HEARTBEATS = frozenset((27, 41))
"""Types that no file has: a server sends them, also in place of transactions that it leaves out."""
EVERY_TYPE = frozenset(range(256))

HEADER = struct.Struct("<IBIIIH")  # time, type, server id, length, position after the event, flags
CHECKSUM = 4
MOST_BODY = 16 << 20
"""How many bytes of a body are read at most."""

IN_USE = 1
"""A flag of FORMAT_DESCRIPTION: the server has not closed the file."""


class BinlogEvent(NamedTuple):
    """``kind`` is the type code, ``time`` in seconds since the epoch, ``start`` and ``end`` are byte positions.

    ``body`` has neither header nor checksum. It is empty for types that were not wanted; ``whole`` is False if it is incomplete.
    """

    kind: int
    time: int
    server_id: int
    flags: int
    start: int
    end: int
    body: bytes
    whole: bool = True


def check_magic(reader: Reader, head: bytes) -> None:
    """Raise :class:`UnreadableBinlog` unless ``head``, the first bytes of the file, are those of a plain binlog."""
    if head[:FIRST] == MAGIC:
        return
    if head[:FIRST] == _ENCRYPTED_MAGIC:
        raise UnreadableBinlog(ENCRYPTED, "The binlog is encrypted", reader.name, 0)
    if len(head) < FIRST and MAGIC.startswith(head[:FIRST]):
        raise UnreadableBinlog(CUT, "The binlog has only {0} bytes".format(reader.size), reader.name, len(head))
    raise UnreadableBinlog(NOT_A_BINLOG, "The file is not a MySQL binlog", reader.name, 0)


def events(reader: Reader, buffer: ReadBuffer, offset: int, *, checksums: bool, wanted: FrozenSet[int]) -> Iterator[BinlogEvent]:
    """The events from ``offset``. ``wanted`` are the types whose body is read, and whose checksum is verified.

    :raises UnreadableBinlog: at the byte where an event is truncated or damaged. All events before it have been returned.
    """
    while offset < reader.size:
        header = buffer.at(offset, HEADER.size)
        if len(header) < HEADER.size:
            raise UnreadableBinlog(CUT, "The binlog ends inside the header of an event", reader.name, offset)
        time, kind, server_id, length, after, flags = HEADER.unpack(header)
        end = offset + length
        if length < HEADER.size + (CHECKSUM if checksums else 0) or (after and after != end & 0xFFFFFFFF):
            raise UnreadableBinlog(DAMAGED, "The binlog has no valid event here", reader.name, offset)
        if end > reader.size:
            what = "The binlog ends inside an event: {0} of its {1} bytes are missing".format(end - reader.size, length)
            raise UnreadableBinlog(CUT, what, reader.name, offset)
        body, whole = b"", True
        if kind in wanted:
            body, whole = _body(reader, buffer, offset, length, checksums=checksums)
        yield BinlogEvent(kind, time, server_id, flags, offset, end, body, whole)
        offset = end


def _body(reader: Reader, buffer: ReadBuffer, offset: int, length: int, *, checksums: bool):  # type: ignore[no-untyped-def]
    """The body of an event and whether it is whole. The checksum of a whole one is verified."""
    if length > MOST_BODY:
        return buffer.at(offset, MOST_BODY)[HEADER.size :], False
    data = buffer.at(offset, length)
    if not checksums:
        return data[HEADER.size :], True
    body, crc = data[:-CHECKSUM], data[-CHECKSUM:]
    if data[4] == FORMAT_DESCRIPTION:
        # The server changes this flag when it closes the file, without recalculating the checksum.
        body = body[:17] + bytes([body[17] & ~IN_USE]) + body[18:]
    if zlib.crc32(body) != struct.unpack("<I", crc)[0]:
        raise UnreadableBinlog(DAMAGED, "The checksum of an event is wrong", reader.name, offset)
    return body[HEADER.size :], True
