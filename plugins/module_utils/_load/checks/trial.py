# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let the server parse the statements beforehand: session variables are set on a separate connection, and definitions are prepared, never executed.
Events are created in a database that does not exist, so that the server checks their schedules."""

import re
from contextlib import closing
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ..._dump.classify import StatementKind
from ..._dump.lexer import Dialect
from ..._dump.plan import Definition, LoadPlan
from ..._dump.reserved_words import bare_names, reserved_again, reserved_since
from ..._dump.session_variables import SessionState, statements_between
from ..._dump.tokens import after_if_exists, name_at, tokens
from ..._finding import Finding
from ..._identifiers import OWN_PREFIX, hex_literal, is_system_schema, name_text, quote
from ..._server.connection import Connection, ServerError, connect
from . import messages
from .accepted_forms import AcceptedForms
from .compatibility import modes_of_others
from .subject import CheckSubject

# Errors of the parser: names, syntax, unknown variables, collations; statements, labels, variables, handlers, cursors and results that a routine, trigger or
# event may not have; types; rows of a trigger; a definer that is too long; what a view may not select; VALUES of partitions; sizes.
_REFUSED = frozenset(
    (1059, 1064, 1074, 1103, 1193, 1222, 1241, 1253, 1291, 1303, 1308, 1309, 1310, 1313, 1314, 1320, 1324, 1327, 1330, 1331, 1332, 1333, 1336, 1337, 1338)
    + (1345, 1349, 1350, 1351, 1357, 1362, 1363, 1407, 1413, 1415, 1422, 1426, 1458, 1470, 1479, 1480, 1492, 1504, 1531, 1532, 1576, 1691, 3579)
)
# A value of a schedule; a subquery, a function or microseconds in it; its limits; a column.
_WRONG_SCHEDULE = frozenset((1054, 1235, 1525, 1542, 1543))
_NO_DATABASE = OWN_PREFIX + "trial"
_SYNTAX = 1064
_NO_TIME_ZONE = 1298
_NO_ACCESS = 1044
_NO_CHARSET = 1115
# check_charset reports these errors for definitions; check_sql_mode reports a mode of another version.
_NAMED_ELSEWHERE = frozenset((1115, 1273))
_WRONG_VALUE = 1231
_NEAR = re.compile(r"near '(\w+)")
# The beginning of another statement, which the server did not expect there.
_ANOTHER = re.compile(r"near '((?:ALTER|BEGIN|COMMIT|CREATE|DELETE|DROP|INSERT|LOCK|REPLACE|SELECT|SET|START|TRUNCATE|UNLOCK|UPDATE|USE)\b[^\n']{0,30})", re.I)
_SHOWN = 10


class _Refusal(NamedTuple):
    definition: Definition
    error: ServerError


def check_server_parses(subject: CheckSubject) -> List[Finding]:
    """The server accepts the session variables and the syntax of every statement of the dump. A reserved word is a separate finding."""
    plan = subject.known.plan
    if plan is None:
        return []
    made = tuple(planned.dumped for planned in plan.tables if planned.dumped is not None and not _found_elsewhere(subject, planned.table)) + subject.programs
    made += tuple(barrier.definition for barrier in plan.barriers) + tuple(made for planned in plan.tables for made in planned.histograms) + plan.unmade
    with closing(connect(subject.request.login)) as connection:
        if subject.server.binlog_on and subject.server.may_choose_binlog:
            connection.run("SET SESSION sql_log_bin = 0")
        _use_any_database(connection)
        unset = _sessions_refused(connection, plan, made)
        refused = _definitions_refused(subject, connection, [one for one in made if one.session not in unset])
    used = {definition.session for definition in made}
    version = subject.server.version.number
    named = {
        session
        for session, error in unset.items()
        if session in used and (error.code in _NAMED_ELSEWHERE or (error.code == _WRONG_VALUE and modes_of_others(session, version)))
    }
    found = [_of_session(session, error) for session, error in unset.items() if session not in named]
    return sorted(set(found)) + _of_definitions(subject, refused)


def _found_elsewhere(subject: CheckSubject, table: Optional[object]) -> bool:
    return bool(getattr(table, "encrypted", False)) and subject.server.version.number < 50711


def _use_any_database(connection: Connection) -> None:
    """Choose a database to parse in, because unqualified names need one. information_schema, which every account may use, comes last: there the
    parser refuses names of unknown tables. SHOW DATABASES may list databases that the account cannot use."""
    names = [str(row[0]) for row in connection.rows("SHOW DATABASES")]
    for name in sorted(names, key=lambda name: (name == "information_schema", name != "mysql", is_system_schema(name))):
        try:
            connection.use(name.encode("utf-8"))
            return
        except ServerError as error:
            if error.code != _NO_ACCESS:
                raise


def _sessions_refused(connection: Connection, plan: LoadPlan, made: Tuple[Definition, ...]) -> Dict[SessionState, ServerError]:
    refused: Dict[SessionState, ServerError] = {}
    sessions = dict.fromkeys([session.unchecked for session in plan.sessions])
    for session in dict.fromkeys(list(sessions) + [definition.session for definition in made]):
        error = _set(connection, session)
        if error is not None:
            refused[session] = error
    return refused


def _set(connection: Connection, session: SessionState) -> Optional[ServerError]:
    """Bring the connection to this state and back."""
    error = connection.refusal(*statements_between(SessionState(), session))
    for statement in statements_between(session, SessionState()):
        connection.refusal(statement)
    return error


def _definitions_refused(subject: CheckSubject, connection: Connection, made: List[Definition]) -> List[_Refusal]:
    limit = int(subject.server.variables.get("max_allowed_packet", "0")) // 3
    refused: List[_Refusal] = []
    current = SessionState()
    accepted = AcceptedForms()
    for definition in made:
        if limit and len(definition.text) > limit or definition in accepted:
            continue
        for statement in statements_between(current, definition.session):
            connection.run(statement)
        current = definition.session
        error = prepare(connection, definition.text, _REFUSED | _errors_of(definition))
        if error is None and definition.kind is StatementKind.EVENT and (subject.server.may_choose_binlog or not subject.server.binlog_on):
            error = _refused_schedule(connection, definition, subject.server.version.number)
        if error is not None:
            refused.append(_Refusal(definition, error))
        else:
            accepted.add(definition)
    return refused


def _errors_of(definition: Definition) -> FrozenSet[int]:
    """More errors of the parser. The server prints CHARSET in routines, which check_charset does not read, because it may be a name there."""
    charset = definition.kind is StatementKind.ROUTINE and b"CHARACTER" not in definition.text.upper()
    return frozenset((_NO_CHARSET,)) if charset else frozenset()


def _refused_schedule(connection: Connection, event: Definition, version: int) -> Optional[ServerError]:
    """The error in the schedule of an event, which the server checks before it finds that the database does not exist. PREPARE does not check it."""
    found = tokens(event.text, event.session.dialect(version))
    at = after_if_exists(found, next(index for index, token in enumerate(found) if token.upper == b"EVENT") + 1)
    _name, after = name_at(found, at)
    error = connection.refusal(event.text[: found[at].start] + quote(_NO_DATABASE, event.name) + event.text[found[after - 1].end :])
    return error if error is not None and error.code in _WRONG_SCHEDULE else None


def prepare(connection: Connection, text: bytes, errors: FrozenSet[int]) -> Optional[ServerError]:
    """The error of the server when it parses this statement, if it is one of ``errors``. Nothing is executed."""
    error = connection.refusal("SET @apsaradb_mysql = {0}".format(hex_literal(text)), "PREPARE apsaradb_mysql FROM @apsaradb_mysql")
    return error if error is not None and error.code in errors else None


def _of_session(session: SessionState, error: ServerError) -> Finding:
    if error.code == _NO_TIME_ZONE:
        return messages.TIME_ZONE.found(zone=(session.get(b"time_zone") or b"").strip(b"'\"").decode("utf-8", "replace"))
    return messages.SESSION.found(code=error.code, message=error.message)


def _of_definitions(subject: CheckSubject, refused: List[_Refusal]) -> List[Finding]:
    """The findings: one for all reserved words, unless check_words has found them, and one for each other error."""
    origin, server = subject.known.origin, subject.server.version
    words = reserved_again(origin.number, server.number) if origin is not None and not origin.mariadb and not server.mariadb else frozenset()
    known = reserved_since(origin.number, server.number) if words and origin is not None else frozenset()
    unended = {(file.name, file.unended) for file in subject.known.plan.files} if subject.known.plan is not None else set()
    used: Dict[str, List[str]] = {}
    found: List[Finding] = []
    for definition, error in refused:
        name = "{0} {1}".format(definition.what.lower(), name_text(definition.name)).strip()
        if error.code == _SYNTAX and (definition.place.file, definition.place.offset) in unended:
            found.append(messages.CUT_STATEMENT.found(name, file=definition.place.file, offset=definition.place.offset))
            continue
        another = _ANOTHER.search(error.message) if error.code == _SYNTAX else None
        if another is not None and re.search(rb"\n\s*" + re.escape(another.group(1).encode("utf-8")), definition.text):
            found.append(messages.NO_DELIMITER.found(str(definition.place), next=another.group(1)))
            continue
        near = _NEAR.search(error.message) if error.code == _SYNTAX else None
        if near is not None and near.group(1).upper().encode("utf-8") in words - known:
            used.setdefault(near.group(1).upper(), []).append(name)
        elif not (known and bare_names(tokens(definition.text, Dialect(server.number).under(definition.session.get(b"sql_mode"))), known)):
            found.append(messages.SYNTAX.found("{0}, {1}".format(name, definition.place), code=error.code, message=error.message.rpartition("to use ")[2]))
    if used and origin is not None:
        names = sorted({name for some in used.values() for name in some})
        found.insert(0, messages.WORDS.found(words=", ".join(sorted(used)), origin=origin.series, names=", ".join(names[:5])))
    return found[:_SHOWN]
