# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CREATE TABLE of a table after statements that add keys and columns to it, as some tools write them after the rows."""

from typing import Dict, List, NamedTuple, Optional

from .lexer import Dialect, Token, scanned
from .row_change import alterations
from .table_clauses import clauses_of
from .table_definition import is_key, without_comments
from .tokens import name_at

_INDEXES = (b"UNIQUE", b"FULLTEXT", b"SPATIAL")
# Alterations that change neither columns nor keys.
_NO_CHANGE = (b"AUTO_INCREMENT", b"COMMENT", b"ENABLE", b"DISABLE")


class AddedDefinition(NamedTuple):
    """The definition of a column or key, which is added or ``replaces`` the column of that name."""

    part: List[Token]
    replaces: bool


def altered(create: bytes, statement: bytes, dialect: Dialect) -> Optional[bytes]:
    """``create`` with what an ALTER TABLE or CREATE INDEX adds to it, or modifies; None if the statement does something else, or is not understood."""
    found, changes = list(scanned(create, dialect)), _changes(statement, dialect)
    clauses = clauses_of(found)
    if clauses is None or changes is None or b"/*!" in create:
        return None
    modified: Dict[bytes, bytes] = {}
    added: List[bytes] = []
    for change in changes:
        if change.replaces:
            modified[(change.part[0].identifier or b"").lower()] = without_comments(statement, change.part)
        else:
            added.append(without_comments(statement, change.part))
    end = found[clauses.parts[-1][1]].start
    text = create[:end] + b"".join(b", " + part for part in added) + create[end:]
    for first, last in reversed(clauses.parts):
        if first < last and not is_key(found[first:last]):
            new = modified.pop((found[first].identifier or b"").lower(), None)
            if new is not None:
                text = text[: found[first].start] + new + text[found[last - 1].end :]
    return None if modified else text


def _changes(statement: bytes, dialect: Dialect) -> Optional[List[AddedDefinition]]:
    """The definitions in a statement, each with whether it replaces a column; None if there is anything else in it."""
    found = list(scanned(statement, dialect))
    words = [token.upper for token in found]
    if words[:1] == [b"CREATE"] and b"ON" in words:
        return _of_index(found, words)
    if words[:2] != [b"ALTER", b"TABLE"]:
        return None
    starts = alterations(found)
    changes: List[AddedDefinition] = []
    for start, end in zip(starts, [start - 1 for start in starts[1:]] + [len(found)]):
        part = found[start:end]
        if words[start] in _NO_CHANGE:
            continue
        verb, part = words[start], part[1 + (words[start + 1 : start + 2] == [b"COLUMN"]) :]
        if verb not in (b"ADD", b"MODIFY") or not part or part[0].text == b"(" or verb == b"MODIFY" and is_key(part):
            return None
        if not is_key(part):
            part = _without_place(part)
        changes.append(AddedDefinition(part, replaces=verb == b"MODIFY"))
    return changes


def _of_index(found: List[Token], words: List[bytes]) -> Optional[List[AddedDefinition]]:
    """The key of a CREATE INDEX, without its name and options."""
    kind = found[1:2] if words[1] in _INDEXES else []
    at = 1 + len(kind)
    _table, opening = name_at(found, words.index(b"ON") + 1)
    if words[at : at + 1] != [b"INDEX"] or words[opening : opening + 1] != [b"("]:
        return None
    return [AddedDefinition(kind + [found[at]] + found[opening:], replaces=False)]


def _without_place(part: List[Token]) -> List[Token]:
    """The definition of a column without FIRST or AFTER."""
    if part[-1].upper == b"FIRST":
        return part[:-1]
    return part[:-2] if len(part) > 2 and part[-2].upper == b"AFTER" else part
