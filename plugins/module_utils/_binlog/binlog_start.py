# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first events of a binlog: the server that wrote it, and the transactions before it. They are in the first KiB unless there are many GTIDs."""

import struct
from typing import NamedTuple, Optional

from .._gtid_set import GtidSet
from .._local_file import Reader
from . import event_bodies
from .binlog_reader import DAMAGED, NOT_A_BINLOG, ReadBuffer, UnreadableBinlog
from .events import FIRST, FORMAT_DESCRIPTION, HEADER, IN_USE, PREVIOUS_GTIDS, ROTATE, STOP, BinlogEvent, check_magic, events

_BLOCK = 1 << 10
# ROTATE has a position and a file name of at most 512 bytes.
_LONGEST_END = HEADER.size + 8 + 512 + 4
_START = frozenset((FORMAT_DESCRIPTION, PREVIOUS_GTIDS))


class BinlogStart(NamedTuple):
    """``previous``: the transactions in all earlier files, None if the file does not contain them (5.5). ``first``: the position after these events.

    ``time`` is when the file was begun, in seconds since the epoch. ``closed`` is False if the server is still writing it, or was killed while writing.
    """

    server_version: str
    server_id: int
    time: int
    checksums: bool
    closed: bool
    previous: Optional[GtidSet]
    first: int


def read_start(reader: Reader) -> BinlogStart:
    """Read the beginning of a binlog: 1 KiB, and more only if its GTID set is longer.

    :raises UnreadableBinlog: it is encrypted, not a MySQL binlog, truncated or damaged.
    """
    buffer = ReadBuffer(reader, _BLOCK)
    check_magic(reader, buffer.at(0, FIRST))
    found = _event(reader, buffer, FIRST, checksums=False)
    if found is None or found.kind != FORMAT_DESCRIPTION:
        raise UnreadableBinlog(NOT_A_BINLOG, "The file does not begin with a format description event", reader.name, FIRST)
    try:
        form = event_bodies.format_description(found.body)
    except (ValueError, struct.error, IndexError):
        raise UnreadableBinlog(NOT_A_BINLOG, "The binlog is not in the format of MySQL 5.0 or later", reader.name, FIRST) from None
    if "mariadb" in form.version.lower():
        raise UnreadableBinlog(NOT_A_BINLOG, "The binlog was written by MariaDB ({0})".format(form.version), reader.name, FIRST)
    if form.checksums:
        _event(reader, buffer, FIRST, checksums=True)
    first, previous = found.end, None
    second = _event(reader, buffer, first, checksums=form.checksums)
    if second is not None and second.kind == PREVIOUS_GTIDS:
        try:
            first, previous = second.end, event_bodies.previous_gtids(second.body)
        except (ValueError, struct.error, IndexError):
            raise UnreadableBinlog(DAMAGED, "The GTID set at the beginning of the binlog cannot be read", reader.name, second.start) from None
    return BinlogStart(form.version, found.server_id, found.time, form.checksums, closed=not found.flags & IN_USE, previous=previous, first=first)


def closing_time(reader: Reader) -> Optional[int]:
    """When the server closed the file with STOP or ROTATE, in seconds since the epoch; None if the file is truncated or the server was killed."""
    tail = reader.read(max(FIRST, reader.size - _LONGEST_END), _LONGEST_END)
    for length in range(HEADER.size, len(tail) + 1):
        time, kind, _server, found, after, _flags = HEADER.unpack_from(tail, len(tail) - length)
        if kind in (STOP, ROTATE) and found == length and after == reader.size & 0xFFFFFFFF:
            return int(time)
    return None


def _event(reader: Reader, buffer: ReadBuffer, offset: int, *, checksums: bool) -> Optional[BinlogEvent]:
    """The event at ``offset``; None at the end of the file."""
    return next(events(reader, buffer, offset, checksums=checksums, wanted=_START), None)
