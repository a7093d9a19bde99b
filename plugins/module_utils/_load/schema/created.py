# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the tables of a database from information_schema: one query for each kind of object, regardless of the number of tables.

With ``names``, only these tables are read, so that memory stays small; otherwise the whole database.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..._server.account import ServerState
from ..._server.connection import Connection
from ..._server.existing import HIDDEN_COLUMN


class CreatedColumn(NamedTuple):
    """``type`` is DATA_TYPE. ``default`` is None for NULL and without a default. ``extra`` is in lower case. ``collation`` is None unless it is text."""

    name: str
    type: str
    nullable: bool
    default: Optional[str]
    extra: str
    collation: Optional[str]


class CreatedKeyPart(NamedTuple):
    """``column`` is None for an expression, ``prefix`` None for the whole column."""

    column: Optional[str]
    prefix: Optional[int]
    descending: bool


class CreatedKey(NamedTuple):
    """An index."""

    name: str
    unique: bool
    parts: Tuple[CreatedKeyPart, ...]


class CreatedTable(NamedTuple):
    """``options`` are CREATE_OPTIONS in lower case. ``foreign_keys`` and ``checks`` are names of constraints."""

    engine: str
    row_format: str
    collation: str
    options: str
    columns: Tuple[CreatedColumn, ...] = ()
    keys: Tuple[CreatedKey, ...] = ()
    foreign_keys: Tuple[str, ...] = ()
    checks: Tuple[str, ...] = ()


def created_tables(connection: Connection, database: str, names: Sequence[str] = ()) -> Dict[str, CreatedTable]:
    """The base tables of ``database`` by name."""
    columns = "TABLE_NAME, ENGINE, ROW_FORMAT, TABLE_COLLATION, CREATE_OPTIONS"
    rows = _described(connection, columns, "TABLES", database, names, " AND TABLE_TYPE = 'BASE TABLE'")
    of_tables, keys = _columns(connection, database, names), created_keys(connection, database, names)
    constraints = created_constraints(connection, database, names)
    found = {}
    for name, engine, row_format, collation, options in rows:
        table = CreatedTable(str(engine or ""), str(row_format or "").upper(), str(collation or ""), str(options or "").lower())
        named = constraints.get(str(name), [])
        found[str(name)] = table._replace(
            columns=tuple(of_tables.get(str(name), ())),
            keys=keys.get(str(name), ()),
            foreign_keys=tuple(each for kind, each in named if kind == "FOREIGN KEY"),
            checks=tuple(each for kind, each in named if kind == "CHECK"),
        )
    return found


def created_keys(connection: Connection, database: str, names: Sequence[str] = ()) -> Dict[str, Tuple[CreatedKey, ...]]:
    """The indexes of all tables."""
    parts: Dict[Tuple[str, str], List[CreatedKeyPart]] = {}
    unique: Dict[Tuple[str, str], bool] = {}
    for table, name, column, prefix, order, not_unique in _described(
        connection,
        "TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, COLLATION, NON_UNIQUE",
        "STATISTICS",
        database,
        names,
        " ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
    ):
        key = (str(table), str(name))
        unique[key] = not int(not_unique)
        parts.setdefault(key, []).append(
            CreatedKeyPart(None if column is None else str(column), None if prefix is None else int(prefix), descending=order == "D")
        )
    found: Dict[str, List[CreatedKey]] = {}
    for (table, name), some in parts.items():
        found.setdefault(table, []).append(CreatedKey(name, unique=unique[table, name], parts=tuple(some)))
    return {table: tuple(keys) for table, keys in found.items()}


def default_collations(server: ServerState) -> Dict[str, str]:
    """The default collation of each character set."""
    found = {collation.charset: collation.name for collation in server.collations if collation.is_default}
    for_utf8mb4 = server.variables.get("default_collation_for_utf8mb4")
    return dict(found, utf8mb4=for_utf8mb4) if for_utf8mb4 else found


def _columns(connection: Connection, database: str, names: Sequence[str]) -> Dict[str, List[CreatedColumn]]:
    found: Dict[str, List[CreatedColumn]] = {}
    for table, name, kind, nullable, default, extra, collation in _described(
        connection,
        "TABLE_NAME, COLUMN_NAME, DATA_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME",
        "COLUMNS",
        database,
        names,
        " ORDER BY TABLE_NAME, ORDINAL_POSITION",
    ):
        column = CreatedColumn(
            str(name),
            str(kind).lower(),
            nullable=nullable == "YES",
            default=None if default is None else str(default),
            extra=str(extra or "").lower(),
            collation=None if collation is None else str(collation),
        )
        if name != HIDDEN_COLUMN:
            found.setdefault(str(table), []).append(column)
    return found


def created_constraints(connection: Connection, database: str, names: Sequence[str] = ()) -> Dict[str, List[Tuple[str, str]]]:
    """Type and name of the constraints of each table: FOREIGN KEY, CHECK (8.0.16 and later), UNIQUE or PRIMARY KEY."""
    found: Dict[str, List[Tuple[str, str]]] = {}
    for table, kind, name in _described(connection, "TABLE_NAME, CONSTRAINT_TYPE, CONSTRAINT_NAME", "TABLE_CONSTRAINTS", database, names):
        found.setdefault(str(table), []).append((str(kind), str(name)))
    return found


def _described(connection: Connection, columns: str, view: str, database: str, names: Sequence[str], more: str = "") -> Sequence[Tuple[Any, ...]]:
    """The ``columns`` of a ``view`` of information_schema."""
    query = "SELECT {0} FROM information_schema.{1} WHERE TABLE_SCHEMA = %s".format(columns, view)
    if names:
        query += " AND TABLE_NAME IN ({0})".format(", ".join(["%s"] * len(names)))
    return connection.texts(query + more, (database,) + tuple(names))
