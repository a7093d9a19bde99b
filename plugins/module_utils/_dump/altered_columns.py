# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The columns that a table has after an ALTER TABLE, or has from the LIKE of its CREATE TABLE, so that it is known which rows the server numbers."""

from typing import List, Optional, Tuple

from .lexer import Dialect, Token, scanned
from .row_change import alterations
from .table_definition import ColumnDefinition, TableDefinition, is_key, parse_table, without_comments
from .tokens import QualifiedName, after_if_exists, name_at

# First words of alterations that leave all columns, and their order, as they are.
_KEEPS_COLUMNS = frozenset(
    b"ALGORITHM AUTO_INCREMENT CHARACTER CHARSET CHECKSUM COLLATE COMMENT CONVERT DEFAULT DISABLE ENABLE ENGINE FORCE KEY_BLOCK_SIZE LOCK ORDER PACK_KEYS "
    b"ROW_FORMAT STATS_AUTO_RECALC STATS_PERSISTENT STATS_SAMPLE_PAGES".split()
)
# What ADD or DROP may name other than a column.
_NO_COLUMNS = frozenset((b"PRIMARY", b"UNIQUE", b"KEY", b"INDEX", b"FULLTEXT", b"SPATIAL", b"CONSTRAINT", b"FOREIGN", b"CHECK", b"PARTITION"))
# What may follow a definition without a comma, so that its end is not certain.
_ENDS = frozenset((b"FIRST", b"AFTER", b"PARTITION", b"REMOVE"))
_Columns = Tuple[ColumnDefinition, ...]


def altered_columns(table: TableDefinition, statement: bytes, dialect: Dialect) -> Optional[TableDefinition]:
    """``table`` with the columns that it has after the ALTER TABLE ``statement``; None if the statement is not understood. Nothing else is changed."""
    found = list(scanned(statement, dialect))
    starts = alterations(found) if [token.upper for token in found[:2]] == [b"ALTER", b"TABLE"] else []
    columns: Optional[_Columns] = table.columns if starts else None
    for start, end in zip(starts, [start - 1 for start in starts[1:]] + [len(found)]):
        if columns is None or start >= end:
            return None
        columns = _after(columns, found[start:end], statement, dialect)
    return table._replace(columns=columns) if columns is not None else None


def source_of_like(found: List[Token]) -> Optional[QualifiedName]:
    """The table whose columns a CREATE TABLE ... LIKE copies; None for another statement, or if it may create nothing."""
    if [token.upper for token in found[:2]] != [b"CREATE", b"TABLE"] or after_if_exists(found, 2) != 2:
        return None
    at = name_at(found, 2)[1]
    at += found[at : at + 1] != [] and found[at].text == b"("
    return name_at(found, at + 1)[0] if at < len(found) and found[at].upper == b"LIKE" else None


def _after(columns: _Columns, part: List[Token], text: bytes, dialect: Dialect) -> Optional[_Columns]:
    """The columns after one alteration."""
    verb, rest = part[0].upper, part[1:]
    if verb in _KEEPS_COLUMNS:
        return columns
    if verb == b"RENAME":
        return columns if rest and rest[0].upper in (b"INDEX", b"KEY") else None
    if verb == b"ALTER":
        words = {token.upper for token in rest}
        return columns if b"DEFAULT" in words and not words & {b"VISIBLE", b"INVISIBLE"} else None
    if verb not in (b"ADD", b"DROP", b"MODIFY", b"CHANGE") or not rest:
        return None
    if verb in (b"ADD", b"DROP") and (is_key(rest) or rest[0].upper in _NO_COLUMNS):
        return columns
    rest = rest[1:] if rest[0].upper == b"COLUMN" else rest
    # IF EXISTS and IF NOT EXISTS of MariaDB.
    if not rest or rest[0].upper == b"IF":
        return None
    if verb == b"ADD" and rest[0].text == b"(":
        added = _defined(rest, text, dialect)
        return columns + added if added is not None else None
    if verb == b"ADD":
        return _placed(columns, None, rest, text, dialect)
    before = [column for column in columns if column.name.lower() == (rest[0].identifier or b"").lower()]
    if len(before) != 1:
        return None
    if verb == b"DROP":
        return tuple(column for column in columns if column is not before[0]) if len(rest) == 1 else None
    return _placed(columns, before[0], rest[verb == b"CHANGE" :], text, dialect)


def _placed(columns: _Columns, before: Optional[ColumnDefinition], part: List[Token], text: bytes, dialect: Dialect) -> Optional[_Columns]:
    """The columns with the one that ``part`` defines: new, or in the place of ``before``."""
    others = [column for column in columns if column is not before]
    at: Optional[int] = columns.index(before) if before is not None else len(others)
    if part and part[-1].upper == b"FIRST":
        at, part = 0, part[:-1]
    elif len(part) > 2 and part[-2].upper == b"AFTER":
        name = (part[-1].identifier or b"").lower()
        at, part = next((index + 1 for index, column in enumerate(others) if column.name.lower() == name), None), part[:-2]
    defined = _defined(part, text, dialect)
    if at is None or defined is None or len(defined) != 1:
        return None
    return tuple(others[:at]) + defined + tuple(others[at:])


def _defined(part: List[Token], text: bytes, dialect: Dialect) -> Optional[_Columns]:
    """The columns of a definition, or of several in parentheses."""
    if not part or any(token.upper in _ENDS for token in part[1:]):
        return None
    definition = without_comments(text, part)
    table = parse_table(b"CREATE TABLE t " + (definition if part[0].text == b"(" else b"(" + definition + b")"), dialect)
    return table.columns if table is not None else None
