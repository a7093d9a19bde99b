# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the server resolve the columns of views, and of statements that change rows, on temporary tables like those of the dump (PREPARE): nothing is
executed.

A view that another one selects from is replaced by its query there. Not tried: views on tables that are not in the dump, what names its database, and any
views if statements of the dump may change its tables; statements behind one that may change the columns of a table.
"""

import re
from typing import Callable, Dict, FrozenSet, List, Optional, Set

from ..._dump.lexer import Dialect, Token
from ..._dump.plan import Definition, LoadPlan
from ..._dump.steps import Barrier
from ..._dump.temporary_copy import temporary_copies
from ..._dump.tokens import places_joined, tokens
from ..._dump.view_queries import as_table, names_and_query, with_tables_replaced
from ..._finding import Finding, FindingKind
from ..._identifiers import folded, name_text, quote
from ..._server.account import ServerState
from ..._server.connection import Connection, ServerError
from . import messages
from .missing_tables import views_of
from .subject import CheckSubject
from .trial import prepare
from .trial_tables import TRIAL_NAME, TrialSession, default_engine, may_try, trial_connection

# Errors for unknown or ambiguous columns.
_REFUSED = frozenset((1052, 1054))
# Aggregates in the wrong place, no such key, other numbers of columns, references, mixed collations, windows; a name twice and names for other columns.
_REFUSED_VIEWS = _REFUSED | {1056, 1111, 1166, 1176, 1222, 1241, 1247, 1267, 1270, 1271, 3579}
_REFUSED_NAMES = frozenset((1060, 1353))
# Of those, the errors that do not depend on how a view differs from its query.
_REFUSED_ON_VIEWS = _REFUSED | {1222, 1241}
_WORD = re.compile(r"[^\W\d][\w$]*\Z")
# Words that are expressions.
_VALUES = frozenset("null true false current_date current_time current_timestamp current_user localtime localtimestamp utc_date utc_time utc_timestamp".split())
# Names that a server gives to expressions: only in views, or from their text.
_GIVEN_NAME = re.compile(r"Name_exp_|^[^']*'[^']*[^\w.$'][^']*'")
# A column twice, another number of values.
_REFUSED_ROWS = _REFUSED | {1110, 1136}
_CHANGE_ROWS = ("INSERT", "REPLACE", "UPDATE", "DELETE")
_MOST_TABLES, _SHOWN = 100, 10
_LONGEST_TEXT = 1 << 16


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
    found: List[Finding] = []
    with trial_connection(subject) as connection:
        if connection is None:
            return []
        trial = _Trial(connection, plan, subject.server)
        for one in definitions:
            error = resolve(trial, one, subject.request.choices.target)
            if error is not None:
                found.append(kind.found(str(one.place), name=name_text(one.name), code=error.code, message=error.message))
    return found[:_SHOWN]


class _Trial:
    def __init__(self, connection: Connection, plan: LoadPlan, server: ServerState) -> None:
        self._connection = connection
        self._made = {planned.name: planned.dumped for planned in plan.tables if planned.dumped is not None}
        self._columns = frozenset(folded(column.name) for planned in plan.tables if planned.table is not None for column in planned.table.columns)
        self._views = {view.name: view for view in views_of(plan)}
        self._refusals: Dict[bytes, Optional[ServerError]] = {}
        self._inlined: Dict[bytes, Optional[bytes]] = {}
        self._server = server
        self._session = TrialSession(connection)
        self._ready: Set[bytes] = set()

    def refusal_of_view(self, view: Definition, target: bytes) -> Optional[ServerError]:
        if view.name not in self._refusals:
            self._refusals[view.name] = None
            self._refusals[view.name] = self._refusal_of_view(view, target)
        return self._refusals[view.name]

    def _refusal_of_view(self, view: Definition, target: bytes) -> Optional[ServerError]:
        inlined, dialect = self._without_views(view, target), view.session.dialect(self._server.version.number)
        text = self._with_copies(inlined, dialect) if inlined is not None else None
        if text is None or not self._session.switch(view.session):
            return None
        found = tokens(text, dialect)
        names, query = names_and_query(text, found)
        # Names of a derived table with other columns came with 8.0.19.
        derived = b"SELECT 1 FROM (" + query + b") apsaradb_mysql " + names
        error = prepare(self._connection, query, _REFUSED_VIEWS if inlined == view.text else _REFUSED_ON_VIEWS)
        if error is None and (not names or self._server.version.number >= 80019):
            error = prepare(self._connection, derived, _REFUSED_NAMES)
            return error if error is not None and not _names_expression(error, found, self._columns) else None
        return error if inlined == view.text or error is None or not _GIVEN_NAME.search(error.message) else None

    def _with_copies(self, text: bytes, dialect: Dialect) -> Optional[bytes]:
        """The text with another temporary table for each further use of a table, because a statement can use one only once (error 1137)."""
        uses: Dict[bytes, int] = {}
        copies: List[bytes] = []

        def table(name: bytes) -> Optional[bytes]:
            uses[name] = uses.get(name, 0) + 1
            if uses[name] == 1 or name not in self._made:
                return None
            copies.append(name)
            return quote(self._copy_name(name, uses[name]))

        replaced = with_tables_replaced(text, tokens(text, dialect), table)
        return replaced if all(self._has_copies(name, uses[name]) for name in sorted(set(copies))) else None

    def _without_views(self, view: Definition, target: bytes) -> Optional[bytes]:
        """The text of a view on the tables of the dump, with the queries of views in their places; None if it is not tried."""
        if view.name not in self._inlined:
            # A view that selects from itself is not tried.
            self._inlined[view.name] = None
            self._inlined[view.name] = self._with_queries(view, target)
        return self._inlined[view.name]

    def _with_queries(self, view: Definition, target: bytes) -> Optional[bytes]:
        dialect = view.session.dialect(self._server.version.number)
        found = tokens(view.text, dialect)
        read = frozenset(name.name for _index, name in places_joined(found) if name.schema in (None, target))
        selects_from = any(token.upper in (b"FROM", b"WITH", b"TABLE") for token in found)
        if (selects_from and not read) or any(token.identifier == target for token in found):
            return None
        queries = {}
        for name in sorted(read & set(self._views)):
            inner = self._views[name]
            if inner.session.dialect(self._server.version.number) != dialect or self.refusal_of_view(inner, target) is not None:
                return None
            text = self._without_views(inner, target)
            if text is None:
                return None
            queries[name] = as_table(*names_and_query(text, tokens(text, dialect)), dialect)
        if not self._has_tables(read - set(queries)):
            return None
        # Those after a comma.
        for name in sorted({token.identifier for token in found if token.identifier is not None} & set(self._made) - set(self._views)):
            self._has_table(name, name)
        text = with_tables_replaced(view.text, found, queries.get)
        return text if len(text) < _LONGEST_TEXT else None

    def refusal_of_statement(self, statement: Definition, target: bytes) -> Optional[ServerError]:
        """The error of a statement that changes rows. Of the tables that it may name, those of the dump are there; another one is another error."""
        found = tokens(statement.text, statement.session.dialect(self._server.version.number))
        named = {token.identifier for token in found if token.identifier is not None}
        if target in named or not self._has_tables(frozenset(named & set(self._made))) or not self._session.switch(statement.session):
            return None
        # The copies have no partitions.
        partitioned = any(b"PARTITION" in self._made[name].text.upper() for name in named & set(self._made))
        return prepare(self._connection, statement.text, _REFUSED_ROWS if partitioned else _REFUSED_ROWS | {1747})

    def _has_tables(self, names: FrozenSet[bytes]) -> bool:
        return all(self._has_table(name, name) for name in sorted(names))

    def _has_copies(self, name: bytes, uses: int) -> bool:
        return all(self._has_table(self._copy_name(name, use), name) for use in range(2, uses + 1))

    def _copy_name(self, name: bytes, use: int) -> bytes:
        return TRIAL_NAME + "_{0}_{1}".format(list(self._made).index(name), use).encode("ascii")

    def _has_table(self, copy: bytes, name: bytes) -> bool:
        create = self._made.get(name)
        if copy not in self._ready:
            if create is None or len(self._ready) == _MOST_TABLES or not self._session.switch(create.session) or not self._create(copy, create):
                return False
            self._ready.add(copy)
        return True

    def _create(self, name: bytes, create: Definition) -> bool:
        engine = default_engine(create.session, self._server)
        copies = temporary_copies(create.text, create.session.dialect(self._server.version.number), name, engine)
        return any(self._connection.refusal(copy) is None for copy in copies)


Resolve = Callable[[_Trial, Definition, bytes], Optional[ServerError]]


def _names_expression(error: ServerError, found: List[Token], columns: FrozenSet[bytes]) -> bool:
    """Whether the name that two columns have may be that of an expression without a name, which a view renames. It is not if the view names it, or a
    table has such one of ``columns``, and if no literal or function is written like it."""
    text = error.message.rpartition("column name ")[2].strip("'").lower()
    name, named = text.encode("utf-8"), columns | {folded(token.identifier or b"") for token in found}
    written = any(token.kind == "string" and folded(token.value) == name for token in found)
    return error.code == 1060 and (name not in named or written or text in _VALUES or not _WORD.match(text))
