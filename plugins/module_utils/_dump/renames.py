# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that make, rename or drop tables in their place in the file, where all tables of the dump are made before the first of them runs."""

from typing import Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from .._identifiers import name_text
from .classify import ClassifiedStatement, StatementKind
from .database_options import DatabaseNames
from .stored_objects import StoredObjects
from .table_history import TableHistory
from .tokens import QualifiedName, Token, name_at

_AWAY = "takes the name {0} away from a table that is loaded and checked under it"
_THERE = "makes a table {0}, which is there by then"
_CURE = " (run it when the import is done, or let CREATE TABLE and INSERT have the last name)"
# Of a statement, for messages and for what is allowed.
_SHOWN = 200


class TableRename(NamedTuple):
    """Names of tables that a statement makes, and names that no table has behind it. ``maybe``: it makes one only where there is none."""

    made: Tuple[QualifiedName, ...] = ()
    gone: Tuple[QualifiedName, ...] = ()
    maybe: bool = False
    temporary: bool = False


def table_rename_of(found: List[Token]) -> TableRename:
    """What a CREATE, ALTER, RENAME or DROP TABLE does to the names of tables; nothing for every other statement."""
    at = next((index for index, token in enumerate(found[:4]) if token.upper in (b"TABLE", b"TABLES")), None)
    verb = found[0].upper if found else b""
    if at is None or verb not in (b"CREATE", b"ALTER", b"RENAME", b"DROP"):
        return TableRename()
    temporary = any(token.upper == b"TEMPORARY" for token in found[:at])
    at += 1
    maybe = found[at : at + 1] and found[at].upper == b"IF"
    while at < len(found) and found[at].upper in (b"IF", b"NOT", b"EXISTS"):
        at += 1
    if verb == b"RENAME":
        names = _names(found, at, (b",", b"TO"))
        return TableRename(made=tuple(names[1::2]), gone=tuple(names[::2]))
    if verb == b"DROP":
        return TableRename(gone=tuple(_names(found, at, (b",",))), temporary=temporary)
    name, after = name_at(found, at)
    if name is None:
        return TableRename()
    if verb == b"CREATE":
        return TableRename(made=(name,), maybe=bool(maybe), temporary=temporary)
    new = _new_name(found, after)
    return TableRename(made=(new,), gone=(name,)) if new is not None else TableRename()


def _names(found: List[Token], at: int, between: Tuple[bytes, ...]) -> List[QualifiedName]:
    names = []
    name, at = name_at(found, at)
    while name is not None:
        names.append(name)
        more = at < len(found) and found[at].upper in between
        name, at = name_at(found, at + 1) if more else (None, at)
    return names


def _new_name(found: List[Token], at: int) -> Optional[QualifiedName]:
    """The name an ALTER TABLE gives its table."""
    depth = 0
    for index in range(at, len(found)):
        token = found[index]
        depth += {b"(": 1, b")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if token.upper == b"RENAME" and not depth:
            index += 1
            if index < len(found) and found[index].upper in (b"COLUMN", b"INDEX", b"KEY"):
                continue
            while index < len(found) and found[index].upper in (b"TO", b"AS", b"="):
                index += 1
            return name_at(found, index)[0]
    return None


class Renames:
    """The barriers that make, rename or drop tables."""

    def __init__(self) -> None:
        self._noted: List[Tuple[ClassifiedStatement, str, TableRename, int]] = []
        self._names: Set[bytes] = set()

    def note(self, item: ClassifiedStatement, file_name: str, found: List[Token], number: int, database: DatabaseNames) -> None:
        """A barrier, of which ``found`` are the tokens, and which is the how manieth of all."""
        move = table_rename_of(found) if item.kind is StatementKind.OTHER else TableRename()
        if move != TableRename():
            short = item.statement._replace(text=item.statement.text[:_SHOWN])
            self._noted.append((item._replace(statement=short), file_name, move, number))
            self._names.update(database.stored(name.name) for name in move.made + move.gone)

    def concern(self, name: bytes, database: DatabaseNames) -> bool:
        """Whether one of them has made a table of this name, or left none of it."""
        return database.stored(name) in self._names

    def conflicts(self, drafts: Iterable[TableHistory], programs: StoredObjects, database: DatabaseNames) -> Iterator[Tuple[ClassifiedStatement, str, str]]:
        """Those that would fail, with their file and the reason: the tables of the dump are made before the first barrier and looked for
        until the end, so that none may take their names."""
        known = {database.stored(draft.name): draft for draft in drafts if not draft.dropped}
        for item, file_name, move, number in self._noted:
            for name in move.gone:
                if not move.temporary and (database.stored(name.name) in known or programs.has_view(name.name)):
                    yield item, file_name, _shown(_AWAY, name)
                    break
            else:
                for name in move.made:
                    draft = known.get(database.stored(name.name))
                    if _is_there(draft, move, number) or (draft is None and programs.has_view(name.name)):
                        yield item, file_name, _shown(_THERE, name)
                        break


def _is_there(draft: Optional[TableHistory], move: TableRename, number: int) -> bool:
    """Whether a table that the dump makes, or fills, is in the way of one that the barrier of this number makes."""
    if draft is None or (draft.create is None and not move.temporary):
        # Rows wait for a table that is made in its place.
        return False
    return move.temporary or not (move.maybe and number > draft.barriers_before)


def _shown(reason: str, name: QualifiedName) -> str:
    return reason.format(name_text(name.name)) + _CURE
