# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A temporary table with the columns and keys of a CREATE TABLE, to test whether a server accepts them."""

from typing import List

from .._identifiers import quote
from .lexer import Dialect, Token, scanned
from .table_clauses import TableOption, clauses_of
from .table_definition import is_key, without_comments

# Keys that a temporary table cannot have, or whose names are unique in a database.
_NOT_TEMPORARY = (b"FOREIGN", b"FULLTEXT", b"SPATIAL", b"CHECK")
_OPTIONS = (b"ENGINE", b"CHARSET", b"COLLATE", b"COMMENT", b"ROW_FORMAT")
_ROW_FORMATS = (b"REDUNDANT", b"COMPACT", b"DYNAMIC")
_CHARSETS = (b"CHARSET", b"COLLATE")


def temporary_copies(text: bytes, dialect: Dialect, name: bytes) -> List[bytes]:
    """Statements that create such a table as ``name``; the server accepts the table if it accepts one of them.

    Without a character set there are two, one with short and one with long characters, because the database's character set is not known here.
    Empty if the statement is not understood or names no engine.
    """
    found = list(scanned(text, dialect))
    clauses = clauses_of(found)
    if clauses is None:
        return []
    parts = [without_comments(text, found[start:end]) for start, end in clauses.parts if not _is_left_out(found[start:end])]
    options = [option for option in clauses.options if not option.partition and option.name in _OPTIONS and _is_kept(option)]
    names = [option.name for option in options]
    if b"ENGINE" not in names or not parts:
        return []
    made = b"CREATE TEMPORARY TABLE " + quote(name) + b" (" + b", ".join(parts) + b")"
    for option in options:
        start = option.start + (found[option.start].text == b",")
        made += b" " + without_comments(text, found[start : option.end])
    if any(name in _CHARSETS for name in names):
        return [made]
    return [made + b" CHARSET=latin1", made + b" CHARSET=utf8mb4"]


def _is_left_out(part: List[Token]) -> bool:
    return is_key(part) and any(token.upper in _NOT_TEMPORARY for token in part[:3])


def _is_kept(option: TableOption) -> bool:
    """Whether a temporary table may also have this option."""
    return option.name != b"ROW_FORMAT" or option.text.upper() in _ROW_FORMATS
