# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the comments at both ends of a dump: the tool, the server version, the database, the GTID set, and whether the dump is complete."""

import io
import re
from typing import NamedTuple, Optional, Pattern, Tuple

from .classify import StatementKind, classify
from .gtid_statements import joined_gtid
from .lexer import Dialect
from .plan import FileFacts
from .statement_splitter import ClientSplitter

_TOOL = re.compile(rb"^-- ((?:MySQL|MariaDB) dump [^\r\n]*)", re.M)
_SERVER_VERSION = re.compile(rb"^-- Server version:?[ \t]+([^\r\n]+)", re.M)
_DATABASE = re.compile(rb"^-- Host: .*?Database: ([^\r\n]*)", re.M)
_COMPLETED = re.compile(rb"^-- Dump completed", re.M)
# mysqldump writes the set after all rows, under this comment (measured: 5.7.36 and later).
_GTID_AT_END = re.compile(rb"^-- GTID state at the end of the backup", re.M)


class Header(NamedTuple):
    """``gtid_purged`` is the set that the dump names, "" for an empty one, None if none was seen; ``gtid_sure`` means that no other one can follow.

    ``completed`` is None if the end of the dump was not read.
    """

    tool: str
    server_version: str
    database: str
    gtid_purged: Optional[str]
    gtid_sure: bool
    completed: Optional[bool]


def read_header(head: bytes, tail: Optional[bytes] = None, *, whole: bool = False) -> Header:
    """Read the header from the first bytes of the SQL and, if they are available, the last bytes.

    ``whole`` means that ``head`` is the complete dump.
    """
    gtid, hidden_log = _gtid_of(head, whole=whole)
    end = head if whole else tail
    if gtid is None and end is not None:
        marks = list(_GTID_AT_END.finditer(end))
        if marks:
            gtid = _gtid_of(end[marks[-1].start() :], whole=True)[0]
    return Header(
        _text(_TOOL, head).strip(),
        _text(_SERVER_VERSION, head).strip(),
        _text(_DATABASE, head).strip(),
        gtid,
        # mysqldump turns the binary log off only if it also names a set, either at the start or at the end.
        gtid_sure=gtid is not None or end is not None or not hidden_log and bool(head),
        completed=None if end is None else _COMPLETED.search(end[-1024:]) is not None,
    )


def _gtid_of(part: bytes, *, whole: bool) -> Tuple[Optional[str], bool]:
    """The GTID set that the statements before the first table or row name, and whether they turn the binary log off."""
    found = None  # type: Optional[str]
    hidden_log = False
    for statement in ClientSplitter(io.BytesIO(part)):
        if statement.end >= len(part) and not whole:
            break
        item = classify(statement, Dialect(80000))
        if item.kind is StatementKind.GTID_PURGED:
            found = joined_gtid(found, item)
        elif item.kind is StatementKind.SQL_LOG_BIN or b"SQL_LOG_BIN" in statement.text[:200].upper():
            hidden_log = True
        elif item.kind in (StatementKind.TABLE, StatementKind.ROWS):
            break
    return found, hidden_log


def database_of(head: bytes) -> Optional[bytes]:
    """The database named in the comments at the start, or None."""
    found = _DATABASE.search(head)
    return found.group(1).strip() or None if found is not None else None


def facts_of(name: str, file: ClientSplitter, end: int) -> FileFacts:
    """The facts in the comments of a file that was read whole; its last statement ends at ``end``."""
    # Only after the last statement: the text of a row may contain the same words.
    completed = _COMPLETED.search(file.tail, max(0, len(file.tail) - (file.size - end))) is not None
    return FileFacts(name, file.size, completed, _text(_TOOL, file.head), _text(_SERVER_VERSION, file.head))


def _text(pattern: Pattern[bytes], head: bytes) -> str:
    found = pattern.search(head[:4096])
    return found.group(1).decode("utf-8", "replace") if found else ""
