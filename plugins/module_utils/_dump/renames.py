# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Barriers that create, rename or drop tables are refused if they conflict with the tables of the dump, which are created before the first
barrier runs."""

from itertools import zip_longest
from typing import FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from .._identifiers import name_text
from .classify import ClassifiedStatement, StatementKind
from .database_options import DatabaseNames
from .lexer import Token
from .stored_objects import StoredObjects
from .table_history import TableHistory
from .tokens import QualifiedName, name_at

_RENAMED = "renames or drops the table {0}, which is loaded and verified under this name"
_EXISTS = "creates a table {0}, which already exists at this point of the load"
_TEMPORARY = "creates a temporary table {0}, which other connections do not see, but the import inserts rows with several"
HAS_TRIGGER = "renames the table {0}, on which the trigger {1} is: the import creates all triggers last and would not find the table"
_CURE = " (run it after the import, or use the final name in CREATE TABLE and INSERT)"
_CURE_OF_TEMPORARY = " (remove it and the statements that use this table, or run them after the import)"
# How many bytes of a statement are kept, for messages and for the option allow.
_SHOWN = 200


class TableRename(NamedTuple):
    """``made`` are table names that exist after a statement, ``gone`` those that no longer do. ``maybe`` means IF NOT EXISTS."""

    made: Tuple[QualifiedName, ...] = ()
    gone: Tuple[QualifiedName, ...] = ()
    maybe: bool = False
    temporary: bool = False


def table_rename_of(found: List[Token]) -> TableRename:
    """The effect of a CREATE, ALTER, RENAME or DROP TABLE on table names; empty for every other statement."""
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


def names_in_list(found: List[Token], first: QualifiedName) -> List[QualifiedName]:
    """The names of a DROP statement; ``first`` is the first one."""
    at = next(index for index in range(len(found)) if name_at(found, index)[0] == first)
    return _names(found, at, (b",",))


def _names(found: List[Token], at: int, between: Tuple[bytes, ...]) -> List[QualifiedName]:
    names = []
    name, at = name_at(found, at)
    while name is not None:
        names.append(name)
        more = at < len(found) and found[at].upper in between
        name, at = name_at(found, at + 1) if more else (None, at)
    return names


def _new_name(found: List[Token], at: int) -> Optional[QualifiedName]:
    """The new name in an ALTER TABLE ... RENAME; None if it has none."""
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
    """The barriers that create, rename or drop tables."""

    def __init__(self) -> None:
        self._noted: List[Tuple[ClassifiedStatement, str, TableRename, int]] = []
        # Names as stored by the server.
        self.names: Set[bytes] = set()

    @property
    def maybe_temporary(self) -> FrozenSet[bytes]:
        """The names that temporary tables may have; more than these, because one may be renamed."""
        return frozenset(self.names) if any(rename.temporary for _item, _file, rename, _number in self._noted) else frozenset()

    def gone(self, database: DatabaseNames) -> FrozenSet[bytes]:
        """The tables, as stored by the server, that barriers have dropped or renamed, and that no later one has made again."""
        gone: Set[bytes] = set()
        for _item, _file, rename, _number in self._noted:
            if not rename.temporary:
                # RENAME TABLE renames one table after the other.
                for old, new in zip_longest(rename.gone, rename.made):
                    gone.update(() if old is None else (database.stored(old.name),))
                    gone.difference_update(() if new is None else (database.stored(new.name),))
        return frozenset(gone)

    def note(self, item: ClassifiedStatement, file_name: str, found: List[Token], number: int, database: DatabaseNames) -> None:
        """Record barrier ``number`` (counted over the whole dump); ``found`` are its tokens."""
        rename = table_rename_of(found) if item.kind is StatementKind.OTHER else TableRename()
        if rename != TableRename():
            short = item.statement._replace(text=item.statement.text[:_SHOWN])
            self._noted.append((item._replace(statement=short), file_name, rename, number))
            self.names.update(database.stored(name.name) for name in rename.made + rename.gone)

    def concern(self, name: bytes, database: DatabaseNames) -> bool:
        """Whether a recorded barrier created, renamed or dropped a table with this name."""
        return database.stored(name) in self.names

    def conflicts(self, tables: Iterable[TableHistory], objects: StoredObjects, database: DatabaseNames) -> Iterator[Tuple[ClassifiedStatement, str, str]]:
        """The barriers that conflict with a table or view of the dump, each with its file and the reason.

        The tables of the dump are created before the first barrier and verified at the end, so their names must not change.
        """
        known = {database.stored(table.name): table for table in tables if not table.dropped}
        for item, file_name, rename, number in self._noted:
            for name in rename.gone:
                if not rename.temporary and (database.stored(name.name) in known or objects.has_view(name.name)):
                    yield item, file_name, _shown(_RENAMED, name)
                    break
            else:
                for name in rename.made:
                    table = known.get(database.stored(name.name))
                    if _exists(table, rename, number) or (table is None and objects.has_view(name.name)):
                        yield item, file_name, _shown(_TEMPORARY if rename.temporary else _EXISTS, name)
                        break


def _exists(table: Optional[TableHistory], rename: TableRename, number: int) -> bool:
    """Whether ``table`` of the dump exists when barrier ``number`` creates a table with the same name."""
    if table is None or (table.create is None and not rename.temporary):
        # The barrier creates the table for rows without a CREATE TABLE.
        return False
    return rename.temporary or not (rename.maybe and number > table.barriers_before)


def _shown(reason: str, name: QualifiedName) -> str:
    return reason.format(name_text(name.name)) + (_CURE_OF_TEMPORARY if reason is _TEMPORARY else _CURE)
