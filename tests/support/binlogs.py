# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Binlog files made byte by byte, for what a real server writes only in hours or under faults."""

import struct
import uuid
import zlib
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

BEGUN = 1767225600
"""The time of the first event: 2026-01-01."""


class Change(NamedTuple):
    """A transaction to write. Its time is ``BEGUN`` plus ``second``. Without a ``statement``, it has one event that changes rows of ``table``.

    ``columns`` are the type codes of its columns. ``time_zone`` is set by the statement, or by BEGIN.
    """

    gtid: Optional[str] = None
    second: float = 0
    statement: Optional[str] = None
    schema: str = "shop"
    table: str = "t"
    columns: bytes = b"\x03"
    time_zone: Optional[str] = None


def binlog(
    previous: Sequence[Tuple[str, int, int]] = (),
    changes: Sequence[Change] = (),
    version: str = "8.0.36",
    server_id: int = 7,
    checksums: bool = True,
    closed: bool = True,
    second: int = 0,
    raw: Sequence[Tuple[int, bytes]] = (),
) -> bytes:
    """The bytes of a file. ``previous`` are (uuid or uuid:tag, first, last); ``raw`` are further events as (type, body)."""
    writer = _Writer(server_id, checksums, BEGUN + second)
    body = struct.pack("<H50sIB", 4, version.encode(), 0, 19) + bytes(40) + bytes([checksums])
    writer.add(15, body, 0 if closed else 1)
    writer.add(35, gtid_set(previous))
    for change in changes:
        writer.change(change, version)
    for kind, event in raw:
        writer.add(kind, event)
    if closed:
        writer.add(4, struct.pack("<Q", 4) + b"mysql-bin.999999")
    return bytes(writer.data)


def gtid_set(spans: Sequence[Tuple[str, int, int]]) -> bytes:
    """A set as PREVIOUS_GTIDS holds it; one with tags as 8.3 and later write it."""
    tagged = any(":" in key for key, _low, _high in spans)
    keys = sorted({key for key, _low, _high in spans})
    data = struct.pack("<Q", (1 << 56 | len(keys) << 8 | 1) if tagged else len(keys))
    for key in keys:
        source, _colon, tag = key.partition(":")
        mine = [(low, high) for each, low, high in spans if each == key]
        data += uuid.UUID(source).bytes + (bytes([len(tag) << 1]) + tag.encode() if tagged else b"") + struct.pack("<Q", len(mine))
        data += b"".join(struct.pack("<qq", low, high + 1) for low, high in mine)
    return data


def query(schema: str, text: str, variables: bytes = b"") -> bytes:
    """The body of a QUERY event."""
    name = schema.encode()
    return struct.pack("<IIBHH", 1, 0, len(name), 0, len(variables)) + variables + name + b"\0" + text.encode()


def number(value: int) -> bytes:
    """A number in the fewest bytes of the server's serialization library."""
    for more in range(8):
        if value < 1 << 7 * (more + 1):
            return (value << more + 1 | (1 << more) - 1).to_bytes(more + 1, "little")
    return b"\xff" + value.to_bytes(8, "little")


class _Writer:
    def __init__(self, server_id: int, checksums: bool, time: int) -> None:
        self.data = bytearray(b"\xfebin")
        self.time = time
        self._server_id = server_id
        self._checksums = checksums

    def add(self, kind: int, body: bytes, flags: int = 0) -> None:
        # The event that describes the format always has room for a checksum.
        room = 4 if self._checksums or kind == 15 else 0
        length = 19 + len(body) + room
        event = struct.pack("<IBIIIH", int(self.time), kind, self._server_id, length, len(self.data) + length, 0) + body
        crc = struct.pack("<I", zlib.crc32(event))
        self.data += event[:17] + struct.pack("<H", flags) + event[19:] + crc[:room]

    def change(self, change: Change, version: str) -> None:
        micros = int(round((BEGUN + change.second) * 1e6))
        self.time = micros // 1000000
        source, _colon, number = (change.gtid or "00000000-0000-0000-0000-000000000000:0").rpartition(":")
        body = struct.pack("<B16sqBqq", 1, uuid.UUID(source).bytes, int(number), 2, 0, 1)
        if version.startswith("8"):
            body += micros.to_bytes(7, "little")
        self.add(33 if change.gtid else 34, body)
        zone = (change.time_zone or "").encode()
        variables = bytes([5, len(zone)]) + zone if zone else b""
        if change.statement is not None:
            self.add(2, query(change.schema, change.statement, variables))
            return
        self.add(2, query(change.schema, "BEGIN", variables))
        schema, table = change.schema.encode(), change.table.encode()
        self.add(
            19,
            bytes(8) + bytes([len(schema)]) + schema + b"\0" + bytes([len(table)]) + table + b"\0" + bytes([len(change.columns)]) + change.columns + bytes(2),
        )
        self.add(30, bytes(20))
        self.add(16, bytes(8))


def series(source: str, counts: Sequence[int], first: int = 1, **options: Any) -> List[bytes]:
    """Consecutive files of one server with so many transactions each, one a second."""
    files, number = [], first
    for count in counts:
        changes = [Change("{0}:{1}".format(source, each), each) for each in range(number, number + count)]
        files.append(binlog([(source, 1, number - 1)] if number > 1 else [], changes, second=number, **options))
        number += count
    return files
