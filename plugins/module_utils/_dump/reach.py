# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a statement reaches that is not understood, and a table: into other databases, to another server, to what one connection knows."""

from typing import Iterable, List, Optional, Set

from .classify import Item, Kind
from .database import Database
from .rewrite import SYSTEM
from .tables import tables_under
from .tokens import Dialect, Token, in_schema, lone_name, schema_like, table_places, tokens

# What the last statement of the connection did.
_OF_CONNECTION = frozenset((b"LAST_INSERT_ID", b"ROW_COUNT", b"FOUND_ROWS"))
_ANOTHER_SERVER = "takes rows for another server"


def beyond(item: Item, found: List[Token], database: Database, tables: Iterable[bytes]) -> Optional[str]:
    """Why this statement, of which ``found`` are the tokens, may not run on a connection of its own beside others that load ``database``.

    In doubt a name is that of another database. None means that no word of it names one, or anything that is not there.
    ``tables`` are those the dump has named so far.
    """
    for schema in sorted(schemas_named(item, found, database, tables)):
        if not database.has(schema):
            return "names {0} before a dot, which may be another database".format(schema.decode("utf-8", "replace"))
    if item.kind is not Kind.OTHER:
        return None
    if engine_of(found) == b"FEDERATED":
        return _ANOTHER_SERVER
    tied = tied_to_connection(found)
    return "needs {0}, which only one connection knows".format(tied) if tied is not None else None


def table_beyond(text: bytes, dialect: Dialect, database: Database) -> Optional[str]:
    """Why the table that this CREATE TABLE makes would keep its rows elsewhere than in ``database``; None if it does not."""
    for under in tables_under(text, dialect):
        if under.schema is not None and not database.is_target(under.schema):
            return "takes rows for the database {0}".format(under.schema.decode("utf-8", "replace"))
    return _ANOTHER_SERVER if engine_of(tokens(text, dialect)) == b"FEDERATED" else None


def schemas_named(item: Item, found: List[Token], database: Database, tables: Iterable[bytes]) -> Set[bytes]:
    """Names before a dot that may be databases: where a table or a function can stand, or of no table that is known."""
    named = {name.schema for name in (item.name, item.on) if name is not None and name.schema is not None}
    lone = (lone_name(found, index) for index in range(len(found)))
    known = {database.stored(name) for name in tables} | {database.stored(name) for name in lone if name is not None}
    places = table_places(found)
    for index in range(len(found) - 2):
        name = schema_like(found, index)
        if name is not None and (index in places or in_schema(found, index) or database.stored(name) not in known or name.lower() in SYSTEM):
            named.add(name)
    return named


def engine_of(found: List[Token]) -> bytes:
    """The engine a statement names last, in upper case; empty where it names none."""
    engine = b""
    for index, token in enumerate(found[:-1]):
        if token.upper == b"ENGINE":
            after = index + 2 if found[index + 1].text == b"=" and index + 2 < len(found) else index + 1
            engine = (found[after].identifier or found[after].value).upper()
    return engine


def tied_to_connection(found: List[Token]) -> Optional[str]:
    """What a statement asks of its own connection, which is not the one that the statements before it ran on."""
    # Before an account's @ stands its name.
    accounts = any(token.upper == b"DEFINER" for token in found)
    for index, token in enumerate(found[:-1]):
        after = found[index + 1]
        if token.text == b"@" and (after.identifier or after.kind == "string") and not (accounts and index and found[index - 1].end == token.start):
            return "the variable @{0}".format((after.identifier or after.value).decode("utf-8", "replace"))
        if token.upper in _OF_CONNECTION and after.text == b"(" and found[index + 2 : index + 3] and found[index + 2].text == b")":
            return "{0}()".format(token.upper.decode("ascii"))
    return None
