# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a statement or a table leaves the target database: for another database, another server, or the state of one connection."""

import re
from typing import Container, List, Optional, Set

from .._identifiers import is_system_schema, name_text
from .classify import ClassifiedStatement, StatementKind
from .database_options import DatabaseNames
from .lexer import Dialect, Token
from .session_variables import SessionState, is_followed
from .sql_functions import call_with_effects
from .table_clauses import clauses_of, tables_of_union
from .tokens import in_schema, lone_name, option_value_at, schema_like, table_places, tokens

_NEW_COLUMN = (b"ADD", b"COLUMN", b"MODIFY", b"CHANGE")
# Functions that return the effect of the last statement of the connection.
_OF_CONNECTION = frozenset((b"LAST_INSERT_ID", b"ROW_COUNT", b"FOUND_ROWS"))
_OF_SERVER = frozenset((b"VERSION", b"HOSTNAME", b"SERVER_ID", b"SERVER_UUID", b"LOWER_CASE_TABLE_NAMES"))
# Variables that the import sets itself, on its connections or for the whole server.
_SET_BY_IMPORT = frozenset(
    b"INNODB_FLUSH_LOG_AT_TRX_COMMIT INNODB_REDO_LOG_CAPACITY LOCAL_INFILE RESTRICT_FK_ON_NON_STANDARD_KEY SQL_GENERATE_INVISIBLE_PRIMARY_KEY "
    b"SQL_REQUIRE_PRIMARY_KEY SYNC_BINLOG".split()
)
_ENGINES = (b"default_storage_engine", b"default_tmp_storage_engine", b"storage_engine")
_AT_START = SessionState()
_PLAIN_NAME = re.compile(rb"[A-Za-z]\w*\Z")
_TIED = "needs {0}, which only one connection knows"
_ANOTHER_SERVER = "stores its rows on another server"
_UNKNOWN_OPTION = "has the option {0}, which MySQL does not have (if it belongs to an engine, replace the engine with the option engines)"


def outside_target(
    item: ClassifiedStatement, found: List[Token], database: DatabaseNames, tables: Container[bytes], session: SessionState = _AT_START
) -> Optional[str]:
    """Why a statement (``found`` are its tokens) may not run in parallel with other connections that load ``database``; None if it may.

    In doubt, a name before a dot is treated as another database. ``tables`` are the tables that the dump has named so far, spelled as
    :meth:`DatabaseNames.stored` returns them; ``session`` is the state in which the statement runs.
    """
    for schema in sorted(schemas_named(item, found, database, tables)):
        if not database.has(schema):
            return "names {0} before a dot, which may be another database".format(name_text(schema))
    if item.kind is not StatementKind.OTHER:
        return None
    if for_another_server(found):
        return _ANOTHER_SERVER
    files = files_of(found)
    if files is not None:
        return "has the clause {0}, which concerns files outside the database".format(files)
    tied = tied_to_connection(found)
    if tied is None and session.get(b"sql_auto_is_null") == b"1" and _asks_for_null(found):
        tied = "LAST_INSERT_ID() (IS NULL under sql_auto_is_null)"
    if tied is not None:
        return _TIED.format(tied)
    called = call_with_effects(found, item.name)
    return "calls {0}(), which may do more than return a value".format(called) if called is not None else None


def table_outside_target(text: bytes, dialect: Dialect, database: DatabaseNames) -> Optional[str]:
    """Why this CREATE TABLE is not accepted: it would store its rows outside ``database``, or has an unknown clause. None if it is accepted."""
    found = tokens(text, dialect)
    clauses = clauses_of(found)
    if clauses is None or clauses.rest < len(found):
        unknown = found[clauses.rest : clauses.rest + 3] if clauses is not None else found[:3]
        return "has an unknown clause after its definitions: {0}".format(name_text(b" ".join(token.text for token in unknown)))
    for option in clauses.options:
        if not option.known:
            return _UNKNOWN_OPTION.format(name_text(option.name))
        if option.name == b"CONNECTION":
            return _ANOTHER_SERVER
        for under in tables_of_union(found, option.start + (found[option.start].upper == b",")) if option.name == b"UNION" else ():
            if under is None or (under.schema is not None and not database.is_target(under.schema)):
                return "stores its rows in the database {0}".format(name_text(under.schema or b"") if under is not None else "of an unknown table")
    return _ANOTHER_SERVER if for_another_server(found) else None


def files_of(found: List[Token]) -> Optional[str]:
    """The clause of a CREATE or ALTER that names a directory, a tablespace or a connection, or None. In doubt, a word is treated as such a clause."""
    if not found or found[0].upper not in (b"CREATE", b"ALTER"):
        return None
    for index, token in enumerate(found):
        before = found[index - 1].upper if index else b""
        value = found[option_value_at(found, index)] if option_value_at(found, index) < len(found) else None
        text = value is not None and value.kind == "string"
        if token.upper == b"DIRECTORY" and before in (b"DATA", b"INDEX") and text:
            return "{0} DIRECTORY".format(before.decode("ascii"))
        if token.upper == b"CONNECTION" and text:
            return "CONNECTION"
        if token.upper == b"TABLESPACE" and (before in (b"DISCARD", b"IMPORT") or text or value is not None and value.identifier and before not in _NEW_COLUMN):
            return "TABLESPACE"
    return None


def session_outside_target(session: SessionState) -> Optional[str]:
    """Why tables that name no engine would store their rows elsewhere under these variables; None if they would not."""
    for name in _ENGINES:
        value = (session.get(name) or b"InnoDB").strip(b"'\"")
        if value.upper() == b"FEDERATED" or not _PLAIN_NAME.match(value):
            return _ANOTHER_SERVER
    return None


def schemas_named(item: ClassifiedStatement, found: List[Token], database: DatabaseNames, tables: Container[bytes]) -> Set[bytes]:
    """Names before a dot that may be databases: those where a table or function belongs, and those that are not a known table."""
    named = {name.schema for name in (item.name, item.on) if name is not None and name.schema is not None}
    places = table_places(found)
    maybe: Set[bytes] = set()
    for index in range(len(found) - 2):
        name = schema_like(found, index)
        if name is not None:
            certain = index in places or in_schema(found, index) or is_system_schema(name)
            (named if certain else maybe).add(name)
    # Only if needed: a dump may have millions of statements that name no other database.
    if maybe - named:
        lone = (lone_name(found, index) for index in range(len(found)))
        known = {database.stored(name) for name in lone if name is not None}
        named.update(name for name in maybe if database.stored(name) not in known and database.stored(name) not in tables)
    return named


def for_another_server(found: List[Token]) -> bool:
    """Whether a CREATE or ALTER names the engine FEDERATED anywhere. Every occurrence counts, because a column may be called engine, and the
    server decides which of several engines it uses."""
    if not found or found[0].upper not in (b"CREATE", b"ALTER"):
        return False
    for index, token in enumerate(found[:-1]):
        if token.upper == b"ENGINE":
            value = found[min(option_value_at(found, index), len(found) - 1)]
            if (value.identifier or value.value).upper() == b"FEDERATED":
                return True
    return False


def tied_to_connection(found: List[Token]) -> Optional[str]:
    """The connection state that a statement uses, for messages, or None. The statements before it ran on other connections."""
    for index, token in enumerate(found[:-1]):
        after = found[index + 1]
        if token.text == b"@":
            return "the variable @{0}".format(name_text(after.identifier or after.value))
        if token.text == b"@@":
            name = _variable_of_connection(found, index + 1)
            if name is not None:
                return "the variable @@{0}".format(name_text(name))
        if token.upper in _OF_CONNECTION and after.text == b"(" and found[index + 2 : index + 3] and found[index + 2].text == b")":
            return "{0}()".format(token.upper.decode("ascii"))
    return None


def _asks_for_null(found: List[Token]) -> bool:
    return any(token.upper == b"ISNULL" or token.upper == b"IS" and after.upper == b"NULL" for token, after in zip(found, found[1:]))


def schedule_outside_target(found: List[Token]) -> Optional[str]:
    """Why an event may not be created on another connection than the one that read the dump: the server evaluates its schedule when it creates the event."""
    words = [token.upper for token in found]
    begin = words.index(b"SCHEDULE") if b"SCHEDULE" in words else len(words)
    end = next((at for at in range(begin, len(words)) if words[at] == b"DO" and words[at - 1] not in (b"@", b"@@", b".")), len(words))
    tied = tied_to_connection(found[begin:end])
    return _TIED.format(tied) if tied is not None else None


def _variable_of_connection(found: List[Token], at: int) -> Optional[bytes]:
    """The system variable at ``at``, such as identity or warning_count, if its value may not be the one in the client; None otherwise."""
    scope, name = found[at].upper, found[at].identifier or b""
    if at + 2 < len(found) and found[at + 1].text == b".":
        name = found[at + 2].identifier or b""
    if name.upper() in _SET_BY_IMPORT:
        return name
    return None if scope == b"GLOBAL" or name.upper() in _OF_SERVER or is_followed(name) else name
