# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the server resolve the columns of views, and of statements that change rows, on temporary tables like those of the dump (PREPARE): nothing is
executed.

Not tried: views on other views or on tables that are not in the dump, what names its database, and any views if statements of the dump may change its
tables; statements behind one that may change the columns of a table.
"""

from typing import Callable, Dict, FrozenSet, List, Optional, Set, Tuple

from ..._dump.lexer import Token
from ..._dump.plan import Definition, LoadPlan
from ..._dump.session_variables import SessionState
from ..._dump.steps import Barrier
from ..._dump.table_definition import without_comments
from ..._dump.temporary_copy import temporary_copies
from ..._dump.tokens import tables_read, tokens
from ..._finding import Finding, FindingKind
from ..._identifiers import name_text
from ..._server.account import ServerState
from ..._server.connection import Connection, ServerError
from . import messages
from .missing_tables import views_of
from .subject import CheckSubject
from .trial import prepare
from .trial_tables import default_engine, may_try, switch_session, trial_connection

# Errors for unknown or ambiguous columns.
_REFUSED = frozenset((1052, 1054))
# Aggregates in the wrong place, no such key, other numbers of columns, references, mixed collations, windows; a name twice and names for other columns.
_REFUSED_VIEWS = _REFUSED | {1056, 1111, 1166, 1176, 1222, 1241, 1247, 1267, 1270, 1271, 3579}
_REFUSED_NAMES = frozenset((1060, 1353))
# A column twice, another number of values.
_REFUSED_ROWS = _REFUSED | {1110, 1136}
_CHANGE_ROWS = ("INSERT", "REPLACE", "UPDATE", "DELETE")
_MOST_TABLES, _SHOWN = 100, 10


def check_views(subject: CheckSubject) -> List[Finding]:
    """The tables of views have the columns that the views name."""
    plan, request = subject.known.plan, subject.request
    if plan is None or request.choices.allow or any(isinstance(step, Barrier) for step in plan.steps):
        return []
    return _tried(subject, plan, views_of(plan), messages.VIEW_COLUMN, _Trial.refusal_of_view)


def check_statements(subject: CheckSubject) -> List[Finding]:
    """The tables of INSERT, REPLACE, UPDATE and DELETE, where they are more than plain rows, have the columns that these name."""
    plan, request = subject.known.plan, subject.request
    statements = [barrier.definition for barrier in plan.barriers if barrier.tables_known] if plan is not None else []
    statements = [made for made in statements if made.what.split(" ")[0] in _CHANGE_ROWS]
    if plan is None or request.choices.allow:
        return []
    return _tried(subject, plan, statements, messages.STATEMENT_COLUMN, _Trial.refusal_of_statement)


def _tried(subject: CheckSubject, plan: LoadPlan, definitions: List[Definition], kind: FindingKind, resolve: "Resolve") -> List[Finding]:
    """A finding of this kind for each of the first definitions that the server refuses."""
    if not definitions or not may_try(subject.server):
        return []
    made = {planned.name: planned.dumped for planned in plan.tables if planned.dumped is not None}
    found: List[Finding] = []
    with trial_connection(subject) as connection:
        if connection is None:
            return []
        trial = _Trial(connection, made, subject.server)
        for one in definitions:
            error = resolve(trial, one, subject.request.choices.target)
            if error is not None:
                found.append(kind.found(str(one.place), name=name_text(one.name), code=error.code, message=error.message))
    return found[:_SHOWN]


class _Trial:
    def __init__(self, connection: Connection, made: Dict[bytes, Definition], server: ServerState) -> None:
        self._connection = connection
        self._made = made
        self._server = server
        self._session = SessionState()
        self._ready: Set[bytes] = set()

    def refusal_of_view(self, view: Definition, target: bytes) -> Optional[ServerError]:
        found = tokens(view.text, view.session.dialect(self._server.version.number))
        read = tables_read(found, target)
        selects_from = any(token.upper in (b"FROM", b"WITH", b"TABLE") for token in found)
        if (selects_from and not read) or any(token.identifier == target for token in found) or not self._has_tables(read) or not self._switch(view.session):
            return None
        names, query = _names_and_query(view.text, found)
        # Names of a derived table with other columns came with 8.0.19.
        derived = b"SELECT 1 FROM (" + query + b") apsaradb_mysql " + names
        error = prepare(self._connection, query, _REFUSED_VIEWS)
        if error is None and (not names or self._server.version.number >= 80019):
            error = prepare(self._connection, derived, _REFUSED_NAMES)
            return error if error is not None and not _names_expression(error, found) else None
        return error

    def refusal_of_statement(self, statement: Definition, target: bytes) -> Optional[ServerError]:
        """The error of a statement that changes rows. Of the tables that it may name, those of the dump are there; another one is another error."""
        found = tokens(statement.text, statement.session.dialect(self._server.version.number))
        named = {token.identifier for token in found if token.identifier is not None}
        if target in named or not self._has_tables(frozenset(named & set(self._made))) or not self._switch(statement.session):
            return None
        # The copies have no partitions.
        partitioned = any(b"PARTITION" in self._made[name].text.upper() for name in named & set(self._made))
        return prepare(self._connection, statement.text, _REFUSED_ROWS if partitioned else _REFUSED_ROWS | {1747})

    def _has_tables(self, names: FrozenSet[bytes]) -> bool:
        for name in sorted(names - self._ready):
            create = self._made.get(name)
            if create is None or len(self._ready) == _MOST_TABLES or not self._switch(create.session) or not self._create(name, create):
                return False
            self._ready.add(name)
        return True

    def _create(self, name: bytes, create: Definition) -> bool:
        engine = default_engine(create.session, self._server)
        copies = temporary_copies(create.text, create.session.dialect(self._server.version.number), name, engine)
        return any(self._connection.refusal(copy) is None for copy in copies)

    def _switch(self, session: SessionState) -> bool:
        before, self._session = self._session, session
        return switch_session(self._connection, before, session)


Resolve = Callable[[_Trial, Definition, bytes], Optional[ServerError]]


def _names_expression(error: ServerError, found: List[Token]) -> bool:
    """Whether the name that two columns have may be that of an expression without a name, which a view renames."""
    name = error.message.rpartition("column name ")[2].strip("'").lower().encode("utf-8")
    named = {(token.identifier or b"").lower() for token in found}
    return error.code == 1060 and (name not in named or any(token.kind == "string" and token.value.lower() == name for token in found))


def _names_and_query(text: bytes, found: List[Token]) -> Tuple[bytes, bytes]:
    """The column names in parentheses, if any, and the text after AS, without WITH CHECK OPTION."""
    start = next(index for index, token in enumerate(found) if token.upper == b"AS" and found[index - 1].text != b".") + 1
    end = len(found)
    if found[-1].upper == b"OPTION":
        end = max(index for index, token in enumerate(found) if token.upper == b"WITH")
    opening = max((index for index in range(start - 1) if found[index].text == b"("), default=0)
    names = without_comments(text, found[opening : start - 1]) if found[start - 2].text == b")" else b""
    return names, without_comments(text, found[start:end])
