# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that fail in the ``mysql`` client because LOCK TABLES before them does not lock their table. The import locks nothing."""

import re
from typing import Dict, Iterator, List, Optional, Set, Tuple

from .._identifiers import name_text
from .classify import ClassifiedStatement, StatementKind
from .database_options import DatabaseNames
from .lexer import Dialect, Token
from .renames import table_rename_of
from .table_clauses import parts_of
from .tokens import name_at, tables_read_as, tokens

# What mysqldump writes for each table needs no lexer.
_AS_DUMPED = re.compile(rb"LOCK TABLES `(\w+)` WRITE\Z")
_CHANGES = ("INSERT", "REPLACE", "DELETE", "TRUNCATE", "ALTER TABLE", "CREATE INDEX", "DROP INDEX")
# These fail whatever is locked; DROP TRIGGER and ANALYZE TABLE do not (measured: 5.6, 5.7 and 9.7).
_NEVER = frozenset(
    (
        StatementKind.VIEW, StatementKind.DROP_VIEW, StatementKind.ROUTINE, StatementKind.DROP_ROUTINE, StatementKind.EVENT, StatementKind.DROP_EVENT,
        StatementKind.DATABASE, StatementKind.DATABASE_COLLATION,
    )
)  # fmt: skip
_TWICE = "locks {0} twice: the mysql client would fail here with error 1066"
_NOT_LOCKED = "needs the table {0}, which LOCK TABLES before it does not lock: the mysql client would fail here with error 1100"
_LOCKED_TO_READ = "changes the table {0}, which LOCK TABLES before it locks for reading: the mysql client would fail here with error 1099"
_WHILE_LOCKED = "is between LOCK TABLES and UNLOCK TABLES: the mysql client would fail here with error 1192"


class LockedTables:
    """Follows the statements of one file."""

    def __init__(self) -> None:
        # Whether each table may be changed, by its alias if it has one; None without LOCK TABLES.
        self._locked: Optional[Dict[bytes, bool]] = None
        self._temporary: Set[bytes] = set()

    def refusal(self, item: ClassifiedStatement, dialect: Dialect, database: DatabaseNames) -> Optional[str]:
        """Follow one statement. Returns why the client would fail at it; None if it would not, or if that is not certain."""
        verb = item.verb.partition(" ")[0]
        if item.kind is StatementKind.HOUSEKEEPING and verb in ("LOCK", "UNLOCK", "BEGIN", "START"):
            self._locked = None
            return self._lock(item, dialect, database) if verb == "LOCK" else None
        if item.kind is StatementKind.OTHER and item.name is not None and item.verb == "CREATE TABLE":
            if table_rename_of(tokens(item.statement.text, dialect)).temporary:
                self._temporary.add(database.stored(item.name.name))
                return None
        if self._locked is None:
            return None
        if item.kind in _NEVER:
            return _WHILE_LOCKED
        for name in _changed(item, dialect):
            if database.stored(name) not in self._temporary and not self._locked.get(database.stored(name), False):
                return (_LOCKED_TO_READ if database.stored(name) in self._locked else _NOT_LOCKED).format(name_text(name))
        if item.kind is StatementKind.OTHER:
            return self._unlocked_source(item, dialect, database)
        return None

    def _lock(self, item: ClassifiedStatement, dialect: Dialect, database: DatabaseNames) -> Optional[str]:
        self._locked = {}
        for name, alias, write in _locks(item, dialect):
            shown = database.stored(alias or name)
            if shown in self._locked:
                return _TWICE.format(name_text(shown))
            self._locked[shown] = write
        return None

    def _unlocked_source(self, item: ClassifiedStatement, dialect: Dialect, database: DatabaseNames) -> Optional[str]:
        # A lock is for one use of the name in a statement (MySQL manual, "LOCK TABLES and UNLOCK TABLES Statements").
        free = set(self._locked or ())
        if item.name is not None and item.verb.startswith(("INSERT", "REPLACE")):
            free.discard(database.stored(item.name.name))
        for name, alias in tables_read_as(tokens(item.statement.text, dialect), database.target):
            if database.stored(name) not in self._temporary:
                if database.stored(alias) not in free:
                    return _NOT_LOCKED.format(name_text(alias))
                free.remove(database.stored(alias))
        return None


def tables_named(item: ClassifiedStatement, dialect: Dialect) -> List[bytes]:
    """The tables that a statement names which the import leaves out: LOCK TABLES, ALTER TABLE ... DISABLE KEYS. The client fails if one is missing."""
    if item.kind is not StatementKind.HOUSEKEEPING:
        return []
    return [name for name, _alias, _write in _locks(item, dialect)] if item.verb.startswith("LOCK") else [item.name.name] if item.name is not None else []


def _locks(item: ClassifiedStatement, dialect: Dialect) -> Iterator[Tuple[bytes, Optional[bytes], bool]]:
    """Name, alias and whether it may be changed, for each table of a LOCK TABLES."""
    one = _AS_DUMPED.match(item.statement.text)
    if one is not None:
        yield one.group(1), None, True
        return
    found = tokens(item.statement.text, dialect)
    for start, end in parts_of(found, 2, len(found)):
        name, after = name_at(found, start)
        rest = [token for token in found[after:end] if token.text != b";"]
        lock = 2 if len(rest) > 1 and rest[-1].upper in (b"WRITE", b"LOCAL") and rest[-2].upper in (b"LOW_PRIORITY", b"READ") else 1
        alias = rest[-lock - 1].identifier if len(rest) > lock else None
        if name is not None and rest:
            yield name.name, alias, rest[-1].upper == b"WRITE"


def _changed(item: ClassifiedStatement, dialect: Dialect) -> Iterator[bytes]:
    """The tables that must be locked for writing, as far as they are certain."""
    if item.kind is StatementKind.DROP_TABLE or (item.kind is StatementKind.OTHER and item.verb == "DROP TABLE"):
        drop = table_rename_of(tokens(item.statement.text, dialect))
        yield from () if drop.temporary else (name.name for name in drop.gone)
    elif item.kind is StatementKind.TRIGGER:
        yield from () if item.on is None else (item.on.name,)
    elif item.name is not None and (
        item.kind in (StatementKind.ROWS, StatementKind.TABLE)
        or (item.kind in (StatementKind.OTHER, StatementKind.HOUSEKEEPING) and item.verb.startswith((*_CHANGES, "CREATE TABLE")))
        or (item.verb.startswith("UPDATE") and _has_no_alias(item.name.name, tokens(item.statement.text, dialect)))
    ):
        yield item.name.name


def _has_no_alias(name: bytes, update: List[Token]) -> bool:
    at = next((index for index, token in enumerate(update) if token.upper == b"SET"), 0)
    return update[at - 1].identifier == name
