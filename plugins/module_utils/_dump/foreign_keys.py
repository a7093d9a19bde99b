# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The foreign keys of a CREATE TABLE, what the server adds for them, and whether ALTER TABLE would create the same ones."""

import re
from typing import Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from .._identifiers import quote
from .lexer import Dialect, Token, scanned
from .table_clauses import clauses_of, closing_of, parts_of
from .table_definition import KeyDefinition, TableDefinition, is_key, parse_table
from .table_rewrite import Edit
from .tokens import QualifiedName, name_at

# Before 8.0, InnoDB reads the foreign keys of a CREATE TABLE in its text, where it skips version comments, and actions after MATCH (measured: 5.6, 5.7).
_READ_BY_INNODB = 80000
# Servers before 9.0 ignore REFERENCES in the definition of a column (MySQL 9.0 release notes).
_IN_COLUMNS = 90000
# What is between two tokens, except white space.
_COMMENT = re.compile(rb"/\*.*?\*/|(?:#|--)[^\n]*", re.S)
_BOUNDS = re.compile(rb"/\*!|\*/|" + _COMMENT.pattern, re.S)
# A name like those that the server gives.
_GIVEN_NAME = re.compile(rb"_ibfk_[0-9]+\Z", re.I)


class ForeignKey(NamedTuple):
    """A foreign key as written. ``name`` is None if the server chooses it. ``actions`` are those of DELETE and UPDATE, such as CASCADE or SET NULL.
    ``key_name`` is a name for the key that the server creates if no other key has the columns.

    ``plain``: its clauses are those that SHOW CREATE TABLE prints, with or without a name. ``in_column``: it is part of a column's definition.
    ``ignored``: InnoDB does not create it, because it is in a version comment.
    """

    name: Optional[bytes]
    columns: Tuple[bytes, ...]
    parent: QualifiedName
    parent_columns: Tuple[bytes, ...]
    actions: Dict[bytes, bytes]
    plain: bool
    in_column: bool
    key_name: Optional[bytes] = None
    ignored: bool = False


def foreign_keys_of(text: bytes, dialect: Dialect) -> Tuple[ForeignKey, ...]:
    """The foreign keys in a CREATE TABLE for a server of this version; empty if the statement is not understood."""
    found = list(scanned(text, dialect))
    clauses = clauses_of(found) if any(token.upper == b"REFERENCES" for token in found) else None
    parts = [found[start:end] for start, end in clauses.parts] if clauses is not None else []
    skipped = _in_version_comments(found, text) if parts and dialect.version < _READ_BY_INNODB and b"/*!" in text else frozenset()
    keys = []
    for part in parts:
        key = _foreign_key(part, dialect) if is_key(part) or dialect.version >= _IN_COLUMNS else None
        if key is not None:
            keys.append(key._replace(ignored=any(token.start in skipped for token in part)))
    return tuple(keys)


def _in_version_comments(found: List[Token], text: bytes) -> FrozenSet[int]:
    """Where the tokens in version comments begin."""
    inside, end, starts = False, 0, set()
    for token in found:
        for bound in _BOUNDS.finditer(text[end : token.start]):
            inside = bound.group() == b"/*!" or (inside and bound.group() != b"*/")
        if inside:
            starts.add(token.start)
        end = token.end
    return frozenset(starts)


def same_if_added(keys: Tuple[ForeignKey, ...], text: bytes, version: int, *, unnamed_too: bool) -> bool:
    """Whether the foreign ``keys`` of a CREATE TABLE would be the same if ALTER TABLE added them later.

    The keys that the server creates for foreign keys without a name have their place between other keys, so these are not the same, except with
    ``unnamed_too``.
    """
    if not keys:
        return True
    unnamed = [key for key in keys if key.name is None]
    numbered = [key for key in keys if key.name is not None and _GIVEN_NAME.search(key.name)]
    commented = version < _READ_BY_INNODB and b"/*!" in text
    return all(key.plain for key in keys) and not commented and (not unnamed or unnamed_too and not numbered)


def comments_for_innodb(found: Iterable[Token], text: bytes, version: int) -> Tuple[Edit, ...]:
    """Edits that remove the comments of a statement with foreign keys, except version comments, as old clients do: before 8.0, InnoDB takes some for
    SQL, such as ``--`` at the end of a line."""
    edits: List[Edit] = []
    end = 0
    for token in found if version < _READ_BY_INNODB else ():
        comments = [comment for comment in _COMMENT.finditer(text[end : token.start]) if not comment.group().startswith((b"/*!", b"/*+"))]
        edits.extend((end + comment.start(), end + comment.end(), b" ") for comment in comments)
        end = token.end
    return tuple(edits)


def spelled_alike(columns: Tuple[bytes, ...], table: Optional[TableDefinition]) -> bool:
    """Whether ``table`` has these columns in the same case, or is not known. CREATE TABLE corrects the case in a foreign key, ALTER TABLE does not."""
    known = {column.name for column in table.columns} if table is not None else set(columns)
    return known.issuperset(columns)


def _foreign_key(part: List[Token], dialect: Dialect) -> Optional[ForeignKey]:
    at = next((index for index in _outside_parentheses(part) if part[index].upper == b"REFERENCES"), None)
    parent, after = name_at(part, at + 1) if at is not None else (None, 0)
    if at is None or parent is None:
        return None
    in_column = not is_key(part)
    words = [token.upper for token in part]
    if in_column:
        name, plain, key_name = None, False, None
        columns: Tuple[bytes, ...] = (part[0].identifier or b"",)
    elif b"FOREIGN" not in words[:at] or b"(" not in words[:at]:
        return None
    else:
        start = words.index(b"FOREIGN")
        name = part[1].identifier if start == 2 else None
        opening = words.index(b"(", start)
        columns = _names(part, opening)
        plain, key_name = opening == start + 2, part[opening - 1].identifier
    parent_columns = _names(part, after) if words[after : after + 1] == [b"("] else ()
    actions, known = _actions(words[_after_names(part, after) :])
    if dialect.version < _READ_BY_INNODB and b"MATCH" in words[after:]:
        actions = {}
    return ForeignKey(name, columns, parent, parent_columns, actions, plain and known and bool(parent_columns), in_column, None if plain else key_name)


def without_reference(part: List[Token]) -> List[Token]:
    """The definition of a column without its REFERENCES."""
    at = next((index for index in _outside_parentheses(part) if part[index].upper == b"REFERENCES"), None)
    if at is None:
        return part
    after = _after_names(part, name_at(part, at + 1)[1])
    words = [token.upper for token in part]
    while words[after : after + 1] == [b"MATCH"] or words[after : after + 2] in ([b"ON", b"DELETE"], [b"ON", b"UPDATE"]):
        after += 2 if words[after] == b"MATCH" else 4 if words[after + 2 : after + 3] in ([b"SET"], [b"NO"]) else 3
    return part[:at] + part[after:]


def implied_keys(text: bytes, dialect: Dialect) -> List[bytes]:
    """The keys that the server creates for the foreign keys of a CREATE TABLE: those whose columns no other key begins with."""
    table = parse_table(text, dialect)
    keys = foreign_keys_of(text, dialect) if table is not None else ()
    others = [_whole_columns(key) for key in table.keys if key.kind in ("primary", "unique", "index")] if table is not None else []
    found = []
    for number, key in enumerate(keys):
        columns = tuple(map(bytes.lower, key.columns))
        foreign = [tuple(map(bytes.lower, other.columns)) for at, other in enumerate(keys) if at < number or len(other.columns) > len(columns)]
        if not any(other[: len(columns)] == columns for other in others + foreign):
            name = key.name or key.key_name
            found.append(b"KEY " + (quote(name) + b" " if name is not None else b"") + b"(" + b", ".join(map(quote, key.columns)) + b")")
    return found


def _whole_columns(key: KeyDefinition) -> Tuple[bytes, ...]:
    """The first columns of a key, in lower case, as far as it has the whole columns."""
    found = []
    for part in key.key_parts:
        if part.column is None or part.prefix is not None:
            break
        found.append(part.column.lower())
    return tuple(found) if key.key_parts else tuple(map(bytes.lower, key.columns))


def named_in_expressions(text: bytes, dialect: Dialect) -> Tuple[FrozenSet[bytes], FrozenSet[bytes]]:
    """The names in CHECK constraints, and in the expressions of stored generated columns, in lower case."""
    found = list(scanned(text, dialect))
    clauses = clauses_of(found)
    checked: Set[bytes] = set()
    stored: Set[bytes] = set()
    for start, end in clauses.parts if clauses is not None else ():
        part = found[start:end]
        outside = list(_outside_parentheses(part))
        words = [part[index].upper for index in outside]
        for before, index in zip(words, outside[1:]):
            if part[index].upper == b"(" and (before == b"CHECK" or before == b"AS" and not is_key(part) and b"STORED" in words):
                names = {token.identifier.lower() for token in part[index : closing_of(part, index)] if token.identifier is not None}
                (checked if before == b"CHECK" else stored).update(names)
    return frozenset(checked), frozenset(stored)


def _after_names(part: List[Token], at: int) -> int:
    """The index after the parentheses at ``at``, or ``at``."""
    closing = closing_of(part, at) if at < len(part) and part[at].upper == b"(" else None
    return at if closing is None else closing + 1


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
