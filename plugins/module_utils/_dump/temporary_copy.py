# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A temporary table with the columns and keys of a CREATE TABLE, to test whether a server accepts them."""

from typing import List, Tuple

from .._identifiers import quote
from .foreign_keys import implied_keys, without_reference
from .lexer import Dialect, Token, scanned
from .table_clauses import TableOption, clauses_of
from .table_definition import is_key, without_comments

# InnoDB has no temporary tables with these keys, but the server checks their columns first.
_SPECIAL = (b"FULLTEXT", b"SPATIAL")
_OPTIONS = (b"ENGINE", b"CHARSET", b"COLLATE", b"COMMENT", b"ROW_FORMAT", b"ENGINE_ATTRIBUTE", b"SECONDARY_ENGINE_ATTRIBUTE")
_ROW_FORMATS = (b"REDUNDANT", b"COMPACT", b"DYNAMIC")
_CHARSETS = (b"CHARSET", b"COLLATE")


def temporary_copies(text: bytes, dialect: Dialect, name: bytes, engine: bytes, *, special_keys: bool = False, charset: bytes = b"") -> List[bytes]:
    """Statements that create such a table as ``name``, without partitions, and with the keys that foreign keys need instead of these; the server accepts
    the table if it accepts one of them.

    ``engine`` is used if the statement names none, and so are the options ``charset``. Without a character set there are two copies, one with short and
    one with long characters. Empty if the statement is not understood, or if there are no ``special_keys`` (FULLTEXT, SPATIAL) to
    include.
    """
    found = list(scanned(text, dialect))
    clauses = clauses_of(found)
    if clauses is None:
        return []
    definitions = [found[start:end] for start, end in clauses.parts]
    if special_keys and not any(_is_key(part, _SPECIAL) for part in definitions):
        return []
    left_out = (b"FOREIGN",) if special_keys else (b"FOREIGN", *_SPECIAL)
    parts = [without_comments(text, without_reference(part)) for part in definitions if not _is_key(part, left_out)]
    parts += implied_keys(text, dialect)
    if not parts:
        return []
    options = [option for option in clauses.options if not option.partition and option.name in _OPTIONS and _is_kept(option)]
    names = [option.name for option in options]
    made = b"CREATE TEMPORARY TABLE " + quote(name) + b" (" + b", ".join(parts) + b")"
    if b"ENGINE" not in names:
        made += b" ENGINE=" + engine
    for option in options:
        start = option.start + (found[option.start].text == b",")
        made += b" " + without_comments(text, found[start : option.end])
    if charset or any(name in _CHARSETS for name in names):
        return [made if any(name in _CHARSETS for name in names) else made + b" " + charset]
    return [made + b" CHARSET=latin1", made + b" CHARSET=utf8mb4"]


def _is_key(part: List[Token], kinds: Tuple[bytes, ...]) -> bool:
    return is_key(part) and any(token.upper in kinds for token in part[:3])


def _is_kept(option: TableOption) -> bool:
    """Whether a temporary table may also have this option."""
    return option.name != b"ROW_FORMAT" or option.text.upper() in _ROW_FORMATS
