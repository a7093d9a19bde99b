# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the bodies of events. Source: libs/mysql/binlog/event of the server and its documentation of each event."""

import re
import struct
import uuid
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._gtid_set import GtidSet


class FormatDescription(NamedTuple):
    """``created`` in seconds since the epoch, 0 if the server did not restart at this file. ``checksums``: each event ends in a CRC-32."""

    version: str
    created: int
    checksums: bool


class GtidHead(NamedTuple):
    """The GTID of a transaction, None if it is anonymous. Times in microseconds since the epoch, None before 8.0."""

    gtid: Optional[str]
    immediate: Optional[int]
    original: Optional[int]


class QueryBody(NamedTuple):
    """A statement with its default schema and its session settings; None or () for what the event does not contain.

    ``charset`` is the collation id of character_set_client, ``sql_mode`` the bits of the server, ``databases`` what it updates.
    ``settings`` are the names and numbers of further session variables that change what a definition means.
    """

    schema: str
    text: bytes
    charset: Optional[int]
    sql_mode: Optional[int]
    time_zone: Optional[str]
    databases: Tuple[str, ...]
    settings: Tuple[Tuple[str, int], ...]


def format_description(body: bytes) -> FormatDescription:
    """Parse ``body``, which includes the checksum: only this event says whether there are checksums.

    :raises ValueError: it is not version 4 of the format.
    """
    form, name, created, header = struct.unpack_from("<H50sIB", body)
    version = name.split(b"\0")[0].decode("ascii")
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if form != 4 or header != 19 or numbers is None:
        raise ValueError("version {0} of the format".format(form))
    # Before 5.6.1 there is neither the algorithm nor a checksum.
    has_algorithm = tuple(map(int, numbers.groups())) >= (5, 6, 1)
    return FormatDescription(version, created, checksums=has_algorithm and body[-5] == 1)


def previous_gtids(body: bytes) -> GtidSet:
    """The transactions in all files before this one."""
    (header,) = struct.unpack_from("<Q", body)
    # The last byte is the encoding: 1 since 8.3 if there are tags. Then the count is between this byte and its copy in the first byte.
    encoding, count, offset = header >> 56, header & 0xFFFFFFFFFFFFFF, 8
    if encoding not in (0, 1):
        raise ValueError("GTID sets in encoding {0}".format(encoding))
    if encoding:
        count >>= 8
    spans: List[Tuple[str, int, int]] = []
    for _each in range(count):
        key, offset = str(uuid.UUID(bytes=body[offset : offset + 16])), offset + 16
        if encoding:
            size, offset = _variable(body, offset)
            if size:
                key = "{0}:{1}".format(key, body[offset : offset + size].decode("ascii"))
            offset += size
        (intervals,) = struct.unpack_from("<Q", body, offset)
        offset += 8
        for _interval in range(intervals):
            low, after = struct.unpack_from("<qq", body, offset)
            offset += 16
            spans.append((key, low, after - 1))
    return GtidSet.of(spans)


def gtid(body: bytes, *, anonymous: bool) -> GtidHead:
    """The body of GTID and ANONYMOUS_GTID."""
    _flags, source, number = struct.unpack_from("<B16sq", body)
    name = None if anonymous else "{0}:{1}".format(uuid.UUID(bytes=source), number)
    if len(body) < 49 or body[25] != 2:
        return GtidHead(name, immediate=None, original=None)
    immediate = int.from_bytes(body[42:49], "little")
    if not immediate >> 55:
        return GtidHead(name, immediate, immediate)
    return GtidHead(name, immediate & ~(1 << 55), int.from_bytes(body[49:56], "little") or None)


# The fields of GTID_TAGGED that are bytes in a row or text; all others are numbers.
_UUID, _NUMBER, _TAG, _IMMEDIATE, _ORIGINAL = 1, 2, 3, 6, 7


def tagged_gtid(body: bytes) -> GtidHead:
    """The body of GTID_TAGGED (8.3 and later): numbered fields of variable length."""
    found: Dict[int, Any] = {}
    offset = 0
    for _part in ("version", "size", "last field that may not be ignored"):
        _value, offset = _variable(body, offset)
    while offset < len(body):
        field, offset = _variable(body, offset)
        if field == _UUID:
            numbers = []
            for _byte in range(16):
                value, offset = _variable(body, offset)
                numbers.append(value)
            found[field] = str(uuid.UUID(bytes=bytes(numbers)))
        elif field == _TAG:
            size, offset = _variable(body, offset)
            found[field], offset = body[offset : offset + size].decode("ascii"), offset + size
        else:
            found[field], offset = _variable(body, offset)
    # Signed numbers alternate: 0, -1, 1, -2, ...
    pieces = [found[_UUID], found.get(_TAG), str(found[_NUMBER] >> 1)]
    return GtidHead(":".join(filter(None, pieces)), found[_IMMEDIATE], found.get(_ORIGINAL, found[_IMMEDIATE]) or None)


def _variable(data: bytes, offset: int) -> Tuple[int, int]:
    """A number of the server's serialization library, and the offset after it. The low 1 bits of the first byte give the number of further bytes."""
    first = data[offset]
    more = 0
    while more < 8 and first >> more & 1:
        more += 1
    value = int.from_bytes(data[offset : offset + more + 1], "little")
    return value >> min(more + 1, 8), offset + more + 1


def query(body: bytes, *, loads_file: bool = False) -> QueryBody:
    """The body of QUERY, or of EXECUTE_LOAD_QUERY (``loads_file``)."""
    _thread, _seconds, schema_length, _error, variables_length = struct.unpack_from("<IIBHH", body)
    offset = 26 if loads_file else 13
    variables = _status_variables(body[offset : offset + variables_length])
    offset += variables_length
    schema = _name(body[offset : offset + schema_length])
    return QueryBody(schema=schema, text=body[offset + schema_length + 1 :], **variables)


# Code of a status variable -> its length; -1: a length byte and a text.
_LENGTHS = {0: 4, 1: 8, 3: 4, 4: 6, 5: -1, 6: -1, 7: 2, 8: 2, 9: 8, 10: 4, 13: 3, 16: 1, 17: 8, 18: 2, 19: 1, 20: 1}
_SQL_MODE, _OLD_CATALOG, _CHARSET, _TIME_ZONE, _INVOKER, _DATABASES = 1, 2, 4, 5, 11, 12
_TOO_MANY = 254
_SETTINGS = {16: "explicit_defaults_for_timestamp", 18: "default_collation_for_utf8mb4", 19: "sql_require_primary_key"}


def _status_variables(data: bytes) -> Dict[str, Any]:
    found: Dict[str, Any] = {"charset": None, "sql_mode": None, "time_zone": None, "databases": (), "settings": ()}
    offset = 0
    while offset < len(data):
        code, offset = data[offset], offset + 1
        if code == _DATABASES:
            count, offset = data[offset], offset + 1
            names = data[offset:].split(b"\0", count)[:count] if count != _TOO_MANY else []
            found["databases"] = tuple(map(_name, names))
            offset += sum(len(name) + 1 for name in names)
        elif code == _INVOKER:
            for _part in ("user", "host"):
                offset += 1 + data[offset]
        elif code == _OLD_CATALOG:
            offset += 2 + data[offset]
        elif code not in _LENGTHS:
            # The server stops here too: the lengths of the rest are unknown.
            break
        else:
            length = _LENGTHS[code]
            if length < 0:
                length, offset = data[offset], offset + 1
            value, offset = data[offset : offset + length], offset + length
            if code == _SQL_MODE:
                found["sql_mode"] = int.from_bytes(value, "little")
            elif code == _CHARSET:
                found["charset"] = int.from_bytes(value[:2], "little")
                found["settings"] += (("collation_connection", int.from_bytes(value[2:4], "little")),)
            elif code == _TIME_ZONE:
                found["time_zone"] = _name(value)
            elif code in _SETTINGS:
                found["settings"] += ((_SETTINGS[code], int.from_bytes(value, "little")),)
    return found


def table(body: bytes) -> Tuple[Tuple[str, str], bytes]:
    """The database and the table of TABLE_MAP, and the type code of each column."""
    schema_length = body[8]
    offset = 9 + schema_length + 1
    name = (_name(body[9 : 9 + schema_length]), _name(body[offset + 1 : offset + 1 + body[offset]]))
    offset += body[offset] + 2
    # A length-encoded number: one byte below 251, two bytes after a byte of 252; a table has at most 4096 columns.
    count, offset = (body[offset], offset + 1) if body[offset] < 251 else (int.from_bytes(body[offset + 1 : offset + 3], "little"), offset + 3)
    return name, body[offset : offset + count]


def _name(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
