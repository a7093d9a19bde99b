# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a statement reaches that is not understood, and a table: into other databases, to another server, to what one connection knows."""

import re
from typing import Container, List, Optional, Set

from .._identifiers import is_system_schema, name_text
from .classify import ClassifiedStatement, StatementKind
from .database_options import DatabaseNames
from .session_variables import SessionState
from .table_definition import tables_under
from .tokens import Dialect, Token, in_schema, lone_name, schema_like, table_places, tokens

# What the last statement of the connection did.
_OF_CONNECTION = frozenset((b"LAST_INSERT_ID", b"ROW_COUNT", b"FOUND_ROWS"))
_ENGINES = (b"default_storage_engine", b"default_tmp_storage_engine", b"storage_engine")
_PLAIN_NAME = re.compile(rb"[A-Za-z]\w*\Z")
_ANOTHER_SERVER = "takes rows for another server"


def outside_target(item: ClassifiedStatement, found: List[Token], database: DatabaseNames, tables: Container[bytes]) -> Optional[str]:
    """Why this statement, of which ``found`` are the tokens, may not run on a connection of its own beside others that load ``database``.

    In doubt a name is that of another database. None means that no word of it names one, or anything that is not there.
    ``tables`` are those the dump has named so far, as :meth:`Database.stored` has them.
    """
    for schema in sorted(schemas_named(item, found, database, tables)):
        if not database.has(schema):
            return "names {0} before a dot, which may be another database".format(name_text(schema))
    if item.kind is not StatementKind.OTHER:
        return None
    if for_another_server(found):
        return _ANOTHER_SERVER
    tied = tied_to_connection(found)
    return "needs {0}, which only one connection knows".format(tied) if tied is not None else None


def table_outside_target(text: bytes, dialect: Dialect, database: DatabaseNames) -> Optional[str]:
    """Why the table that this CREATE TABLE makes would keep its rows elsewhere than in ``database``; None if it does not."""
    for under in tables_under(text, dialect):
        if under.schema is not None and not database.is_target(under.schema):
            return "takes rows for the database {0}".format(name_text(under.schema))
    return _ANOTHER_SERVER if for_another_server(tokens(text, dialect)) else None


def session_outside_target(session: SessionState) -> Optional[str]:
    """Why tables that name no engine would keep their rows elsewhere under these variables; None if they do not."""
    for name in _ENGINES:
        value = (session.get(name) or b"InnoDB").strip(b"'\"")
        if value.upper() == b"FEDERATED" or not _PLAIN_NAME.match(value):
            return _ANOTHER_SERVER
    return None


def schemas_named(item: ClassifiedStatement, found: List[Token], database: DatabaseNames, tables: Container[bytes]) -> Set[bytes]:
    """Names before a dot that may be databases: where a table or a function can stand, or of no table that is known."""
    named = {name.schema for name in (item.name, item.on) if name is not None and name.schema is not None}
    places = table_places(found)
    maybe: Set[bytes] = set()
    for index in range(len(found) - 2):
        name = schema_like(found, index)
        if name is not None:
            sure = index in places or in_schema(found, index) or is_system_schema(name)
            (named if sure else maybe).add(name)
    # Most statements ask for no table, and a dump may have as many of these as of those.
    if maybe - named:
        lone = (lone_name(found, index) for index in range(len(found)))
        known = {database.stored(name) for name in lone if name is not None}
        named.update(name for name in maybe if database.stored(name) not in known and database.stored(name) not in tables)
    return named


def for_another_server(found: List[Token]) -> bool:
    """Whether a CREATE or ALTER names the engine FEDERATED anywhere: which of several engines counts is for the server to say, and a
    column may be called engine."""
    if not found or found[0].upper not in (b"CREATE", b"ALTER"):
        return False
    for index, token in enumerate(found[:-1]):
        if token.upper == b"ENGINE":
            after = index + 2 if found[index + 1].text == b"=" and index + 2 < len(found) else index + 1
            if (found[after].identifier or found[after].value).upper() == b"FEDERATED":
                return True
    return False


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
