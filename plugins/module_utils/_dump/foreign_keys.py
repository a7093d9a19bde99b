# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The foreign keys of a CREATE TABLE, and whether ALTER TABLE would create the same ones."""

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from .lexer import Dialect, Token, scanned
from .table_clauses import clauses_of, closing_of, parts_of
from .table_definition import is_key
from .tokens import QualifiedName, name_at

# Before 8.0, InnoDB reads the foreign keys of a CREATE TABLE in its text, where it skips version comments.
_READ_BY_INNODB = 80000
# Servers before 9.0 ignore REFERENCES in the definition of a column (MySQL 9.0 release notes).
_IN_COLUMNS = 90000
# A name like those that the server gives.
_GIVEN_NAME = re.compile(rb"_ibfk_[0-9]+\Z", re.I)


class ForeignKey(NamedTuple):
    """A foreign key as written. ``name`` is None if the server chooses it. ``actions`` are those of DELETE and UPDATE, such as CASCADE or SET NULL.

    ``plain``: its clauses are those that SHOW CREATE TABLE prints, with or without a name. ``in_column``: it is part of a column's definition.
    """

    name: Optional[bytes]
    columns: Tuple[bytes, ...]
    parent: QualifiedName
    parent_columns: Tuple[bytes, ...]
    actions: Dict[bytes, bytes]
    plain: bool
    in_column: bool


def foreign_keys_of(text: bytes, dialect: Dialect) -> Tuple[ForeignKey, ...]:
    """The foreign keys of a CREATE TABLE that a server of this version creates; empty if the statement is not understood."""
    found = list(scanned(text, dialect))
    clauses = clauses_of(found) if any(token.upper == b"REFERENCES" for token in found) else None
    parts = [found[start:end] for start, end in clauses.parts] if clauses is not None else []
    keys = [_foreign_key(part) for part in parts if is_key(part) or dialect.version >= _IN_COLUMNS]
    return tuple(key for key in keys if key is not None)


def same_if_added(text: bytes, dialect: Dialect, *, unnamed_too: bool) -> bool:
    """Whether the foreign keys of a CREATE TABLE would be the same if ALTER TABLE added them later.

    The keys that the server creates for foreign keys without a name have their place between other keys, so these are not the same, except with
    ``unnamed_too``.
    """
    keys = foreign_keys_of(text, dialect)
    if not keys:
        return True
    unnamed = [key for key in keys if key.name is None]
    numbered = [key for key in keys if key.name is not None and _GIVEN_NAME.search(key.name)]
    commented = dialect.version < _READ_BY_INNODB and b"/*!" in text
    return all(key.plain for key in keys) and not commented and (not unnamed or unnamed_too and not numbered)


def _foreign_key(part: List[Token]) -> Optional[ForeignKey]:
    at = next((index for index in _outside_parentheses(part) if part[index].upper == b"REFERENCES"), None)
    parent, after = name_at(part, at + 1) if at is not None else (None, 0)
    if at is None or parent is None:
        return None
    in_column = not is_key(part)
    words = [token.upper for token in part]
    if in_column:
        name, columns, plain = None, (part[0].identifier or b"",), False
    elif b"FOREIGN" not in words[:at] or b"(" not in words[:at]:
        return None
    else:
        start = words.index(b"FOREIGN")
        name = part[1].identifier if start == 2 else None
        opening = words.index(b"(", start)
        columns = _names(part, opening)
        plain = opening == start + 2
    closing = closing_of(part, after) if after < len(part) and words[after] == b"(" else None
    tail = words[(closing or after - 1) + 1 :]
    actions, known = _actions(tail)
    return ForeignKey(name, columns, parent, _names(part, after) if closing is not None else (), actions, plain and known and closing is not None, in_column)


def _outside_parentheses(part: List[Token]) -> Iterator[int]:
    index = 0
    while index < len(part):
        yield index
        index = (closing_of(part, index) or len(part) - 1) + 1 if part[index].upper == b"(" else index + 1


def _names(part: List[Token], opening: int) -> Tuple[bytes, ...]:
    closing = closing_of(part, opening) or opening
    found = [part[start].identifier for start, end in parts_of(part, opening + 1, closing) if start < end]
    return tuple(name for name in found if name is not None)


def _actions(words: List[bytes]) -> Tuple[Dict[bytes, bytes], bool]:
    """What follows ON DELETE and ON UPDATE, and whether there is nothing else."""
    actions: Dict[bytes, bytes] = {}
    index, known = 0, True
    while index < len(words):
        if words[index] == b"ON" and words[index + 1 : index + 2] in ([b"DELETE"], [b"UPDATE"]):
            two = words[index + 2 : index + 3] in ([b"SET"], [b"NO"])
            actions[words[index + 1]] = b" ".join(words[index + 2 : index + 3 + two])
            index += 3 + two
        else:
            known = False
            index += 1
    return actions, known
