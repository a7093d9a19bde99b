# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables that triggers, views and rows of the dump need, and that exist neither in the dump nor in the database, or only in a different case."""

from typing import FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Set

from ..._dump.classify import StatementKind
from ..._dump.plan import Definition, LoadPlan
from ..._dump.sql_functions import functions_of_view
from ..._dump.tokens import tables_read, tables_read_elsewhere, tokens
from ..._finding import Finding, FindingKind
from ..._identifiers import is_system_schema, name_text
from ..._server.existing import tables_and_views
from ..request import OnExisting
from . import messages
from .subject import CheckSubject
from .trial import prepare

_NO_FUNCTION = frozenset((1046, 1305))
_OF_A_TABLE = ("INSERT", "REPLACE", "UPDATE", "TRUNCATE", "ALTER TABLE", "CREATE INDEX", "DROP INDEX")
_SHOWN = 10


class TableNeed(NamedTuple):
    """``name`` needs ``table``. ``views``: a view is enough. ``at_once``: before the import has created the views of the dump."""

    kind: FindingKind
    name: str
    where: Optional[str]
    table: str
    views: bool
    at_once: bool = False


class KnownTables(NamedTuple):
    """The names of tables and views, in lower case if the server ``folds`` their case. ``later`` are the views that the dump creates, ``gone`` the
    tables that its statements drop or rename before the import creates views and triggers."""

    tables: FrozenSet[str]
    views: FrozenSet[str]
    folds: bool
    later: FrozenSet[str]
    gone: FrozenSet[str] = frozenset()

    def has(self, need: TableNeed) -> bool:
        """Whether the needed table exists."""
        name = need.table.lower() if self.folds else need.table
        if self.is_gone(need):
            return need.views and name in self.later
        return name in self.tables or (need.views and name in self.views and not (need.at_once and name in self.later))

    def is_gone(self, need: TableNeed) -> bool:
        """Whether the table no longer exists when a view or trigger needs it."""
        name = need.table.lower() if self.folds else need.table
        return name in self.gone and need.kind in (messages.VIEW_TABLE, messages.TRIGGER_TABLE)

    def alike(self, need: TableNeed) -> Optional[str]:
        """A name that differs from the needed one only in case."""
        return next((name for name in sorted(self.tables | self.views) if name.lower() == need.table.lower()), None)


def check_tables(subject: CheckSubject) -> List[Finding]:
    """The table of every trigger, view and row exists."""
    plan = subject.known.plan
    # Statements that run because of allow may create tables.
    if plan is None or not subject.known.whole or subject.request.choices.allow:
        return []
    folds = subject.server.variables.get("lower_case_table_names", "0") != "0"
    needs = list(needs_of(plan, subject.request.choices.target, subject.server.version.number))
    filtered = bool(subject.request.choices.tables or subject.request.choices.exclude_tables)
    known = known_tables(plan, folds=folds)
    missing = [need for need in needs if not known.has(need) and not (filtered and need.kind is messages.VIEW_TABLE)]
    there = _with_existing(subject, known) if missing else known
    # Rows of a table that on_existing: replace would drop are a conflict with what exists.
    replaced = subject.request.on_existing is OnExisting.REPLACE
    missing = [need for need in missing if not there.has(need) or (replaced and need.kind is not messages.ROWS_TABLE)]
    return [_finding(need, there) for need in missing][:_SHOWN]


def check_other_databases(subject: CheckSubject) -> List[Finding]:
    """The tables of other databases that views select from exist. Another import may create them while this one runs."""
    plan, found = subject.known.plan, []
    folds = subject.server.variables.get("lower_case_table_names", "0") != "0"
    query = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s"
    for view in views_of(plan) if plan is not None else ():
        read = tokens(view.text, view.session.dialect(subject.server.version.number))
        for name in sorted(tables_read_elsewhere(read, subject.request.choices.target)):
            names = tuple(name_text(part).lower() if folds else name_text(part) for part in (name.schema or b"", name.name))
            if not is_system_schema(names[0]) and not subject.connection.rows(query, names):
                found.append(messages.VIEW_ELSEWHERE.found(str(view.place), name=name_text(view.name), table=".".join(names)))
    return found[:_SHOWN]


def check_functions(subject: CheckSubject) -> List[Finding]:
    """The functions that views call exist: in the dump, in the database, or built into the server."""
    plan, known = subject.known.plan, subject.known
    if plan is None or not known.whole:
        return []
    made = {definition.name.lower() for definition in plan.objects if definition.what == "FUNCTION"}
    found: List[Finding] = []
    for view in views_of(plan):
        called = tokens(view.text, view.session.dialect(subject.server.version.number))
        for name, written in sorted(functions_of_view(called, subject.request.choices.target).items()):
            if name.lower() not in made and not _has_function(subject, name, written):
                found.append(messages.VIEW_FUNCTION.found(str(view.place), name=name_text(view.name), function=name_text(name)))
    return found[:_SHOWN]


def _has_function(subject: CheckSubject, name: bytes, written: bytes) -> bool:
    """Whether the database or the server has this function. PREPARE resolves it without calling it. A keyword of the grammar (ROLLUP,
    JSON_DUALITY_OBJECT) causes a syntax error here."""
    query = "SELECT 1 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s AND ROUTINE_TYPE = 'FUNCTION' AND ROUTINE_NAME = %s"
    kept = subject.request.on_existing is not OnExisting.REPLACE
    if kept and subject.connection.rows(query, (subject.request.target, name_text(name))):
        return True
    # No default database is selected: only built-in and loadable functions are found, and a stored function causes error 1046.
    return prepare(subject.connection, b"SELECT " + written + b"(NULL)", _NO_FUNCTION) is None


def views_of(plan: LoadPlan) -> List[Definition]:
    """The views, without placeholders that are replaced later."""
    return list({definition.name: definition for definition in plan.objects if definition.kind is StatementKind.VIEW}.values())


def known_tables(plan: LoadPlan, *, folds: bool) -> KnownTables:
    """The tables and views that the dump creates."""

    def spelled(name: bytes) -> str:
        return name_text(name).lower() if folds else name_text(name)

    made = {spelled(planned.name) for planned in plan.tables if planned.create is not None} | {spelled(name) for name in plan.renamed}
    views = {spelled(definition.name) for definition in plan.objects if definition.kind is StatementKind.VIEW}
    return KnownTables(frozenset(made), frozenset(views), folds, frozenset(views), frozenset(map(spelled, plan.gone)))


def needs_of(plan: LoadPlan, target: bytes, version: int) -> Iterator[TableNeed]:
    """The tables that triggers, views and rows need. A placeholder of a view, which is replaced later, needs nothing."""
    for trigger in plan.triggers:
        if trigger.on is not None:
            yield TableNeed(messages.TRIGGER_TABLE, name_text(trigger.name), str(trigger.place), name_text(trigger.on), views=False)
    for view in views_of(plan):
        for table in sorted(tables_read(tokens(view.text, view.session.dialect(version)), target)):
            yield TableNeed(messages.VIEW_TABLE, name_text(view.name), str(view.place), name_text(table), views=table != view.name)
    for barrier in plan.barriers:
        statement = barrier.definition
        for table in sorted(_tables_of_statement(statement, target, version)):
            yield TableNeed(messages.STATEMENT_TABLE, _verb(statement), str(statement.place), name_text(table), views=True, at_once=True)
    for table, place in plan.named:
        yield TableNeed(messages.STATEMENT_TABLE, place.head.split(" ")[0].upper(), str(place), name_text(table), views=True)
    for planned in plan.tables:
        if planned.create is None and planned.rows:
            yield TableNeed(messages.ROWS_TABLE, "", where=None, table=name_text(planned.name), views=False)


def _verb(statement: Definition) -> str:
    return next((verb for verb in _OF_A_TABLE if statement.what.startswith(verb)), statement.what)


def _tables_of_statement(statement: Definition, target: bytes, version: int) -> Set[bytes]:
    """The tables that a statement certainly needs. The names behind DELETE, and behind FROM before USING, may be aliases."""
    found = tokens(statement.text, statement.session.dialect(version))
    aliases = statement.what.startswith("DELETE") and any(token.upper == b"USING" for token in found)
    read = set() if aliases else set(tables_read(found, target))
    return read | ({statement.on} if statement.on is not None and _verb(statement) in _OF_A_TABLE else set())


def _with_existing(subject: CheckSubject, known: KnownTables) -> KnownTables:
    tables, views = tables_and_views(subject.connection, subject.request.target)

    def spelled(names: Iterable[str]) -> FrozenSet[str]:
        return frozenset(name.lower() if known.folds else name for name in names)

    return known._replace(tables=known.tables | spelled(table.name for table in tables), views=known.views | spelled(views))


def _finding(need: TableNeed, there: KnownTables) -> Finding:
    alike, is_view = there.alike(need), not there.has(need) and there.has(need._replace(views=True))
    if is_view and need.kind is messages.ROWS_TABLE:
        return messages.ROWS_VIEW.found(need.where, table=need.table)
    if is_view:
        other = " as a table: there is a view with this name"
    elif there.is_gone(need):
        other = " after its statements: one drops or renames it"
    elif there.has(need):
        other = " once on_existing: replace has emptied it"
    elif there.has(need._replace(at_once=False)):
        other = " as a table: {0} is a view, which the import creates after all rows and statements".format(need.table)
    else:
        other = " (there is {0}, and lower_case_table_names is 0)".format(alike) if alike is not None else ""
    return need.kind.found(need.where, name=need.name, table=need.table, other=other)
