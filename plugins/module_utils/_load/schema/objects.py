# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables, views, routines, triggers and events of a plan, made on one connection in the order that works."""

from functools import partial
from typing import Dict, FrozenSet, List, Optional, Tuple

from ..._dump.classify import StatementKind
from ..._dump.plan import Definition, LoadPlan
from ..._identifiers import name_text, quote
from ..._server.connection import LOST, ServerError
from ..._server.crash_leftovers import unobstructed
from ..loader_connection import LoaderConnection

# A table stands where the view is wanted, or the other way round.
_OTHER_KIND = frozenset((1347, 1965, 1051))
_NOT_OF_THIS_ENGINE = 1031
_TABLE_MISSING = frozenset((1146, 1356))


def make_tables(seat: LoaderConnection, database: str, plan: LoadPlan, there: Dict[str, str]) -> None:
    """The tables that are not ``there`` in ``database``, without what is to be added when their rows are."""
    for planned in plan.tables:
        if planned.create is not None and name_text(planned.name) not in there:
            unobstructed(seat.connection, database, name_text(planned.name), partial(_make, seat, planned.create))


def empty_table(seat: LoaderConnection, name: bytes, create: Definition) -> None:
    """Remove all rows of a table; one of ARCHIVE, which cannot forget rows, is made anew."""
    try:
        seat.connection.run(b"TRUNCATE TABLE " + quote(name))
    except ServerError as error:
        if error.code != _NOT_OF_THIS_ENGINE:
            raise
        seat.connection.run(b"DROP TABLE " + quote(name))
        _make(seat, create)


def key_of(definition: Definition) -> Tuple[str, str]:
    """Its kind and name as :attr:`Existing.objects` has them; its placeholder's is a view's."""
    return "VIEW" if definition.kind is StatementKind.TABLE else definition.what, name_text(definition.name).lower()


def make_objects(seat: LoaderConnection, plan: LoadPlan, again: bool, filtered: bool, present: Optional[FrozenSet[Tuple[str, str]]]) -> List[str]:
    """Placeholders of views, routines, views, then triggers, then events. Returns warnings.

    With ``again`` an earlier run may have made some: each is dropped first. With ``filtered`` a view that needs a table
    the user left out is left out too. Where some are ``present`` that are to stay, nothing is dropped and only the others are made.
    """
    if present is not None:
        return _make_absent(seat, plan, filtered, present)
    placeholders: Dict[bytes, str] = {}
    waiting: List[Definition] = []
    for definition in plan.objects:
        is_view = definition.kind in (StatementKind.VIEW, StatementKind.TABLE)
        if is_view and definition.name in placeholders:
            _drop(seat, definition, placeholders[definition.name])
        elif again:
            _drop(seat, definition, definition.what)
        try:
            _make(seat, definition)
        except ServerError as error:
            if definition.kind is not StatementKind.VIEW or error.code in LOST:
                raise
            # A view WITH CHECK OPTION is refused over the placeholder of another view, which comes later (error 1368).
            waiting.append(definition)
        if is_view:
            placeholders[definition.name] = definition.what
    warnings = _make_waiting_views(seat, waiting, filtered)
    for definition in plan.triggers + plan.events:
        if again:
            _drop(seat, definition, definition.what)
        _make(seat, definition)
    return warnings


def _make_absent(seat: LoaderConnection, plan: LoadPlan, filtered: bool, present: FrozenSet[Tuple[str, str]]) -> List[str]:
    """Without placeholders, which a killed run would leave behind as if they were the views: views find their own order."""
    absent = [definition for definition in plan.objects + plan.triggers + plan.events if key_of(definition) not in present]
    views = {definition.name: definition for definition in absent if definition.kind is StatementKind.VIEW}
    others = [definition for definition in absent if definition.kind not in (StatementKind.VIEW, StatementKind.TABLE)]
    for definition in others:
        if definition.kind is StatementKind.ROUTINE:
            _make(seat, definition)
    warnings = _make_waiting_views(seat, list(views.values()), filtered)
    for definition in others:
        if definition.kind is not StatementKind.ROUTINE:
            _make(seat, definition)
    return warnings


def _make_waiting_views(seat: LoaderConnection, waiting: List[Definition], filtered: bool) -> List[str]:
    """Views in the order the server takes them, whatever order that is."""
    while waiting:
        errors: List[Tuple[Definition, ServerError]] = []
        for definition in waiting:
            try:
                _make(seat, definition)
            except ServerError as error:
                errors.append((definition, error))
        if len(errors) == len(waiting):
            for _view, refusal in errors:
                if not (filtered and refusal.code in _TABLE_MISSING):
                    raise refusal
            return ["view {0} was left out, since a table it needs was: {1}".format(name_text(view.name), refusal.message) for view, refusal in errors]
        waiting = [view for view, _refusal in errors]
    return []


def _drop(seat: LoaderConnection, definition: Definition, what: str) -> None:
    statement = "DROP {0} IF EXISTS "
    try:
        seat.connection.run(statement.format(what).encode("ascii") + quote(definition.name))
    except ServerError as error:
        if definition.kind not in (StatementKind.VIEW, StatementKind.TABLE) or error.code not in _OTHER_KIND:
            raise
    else:
        if definition.kind not in (StatementKind.VIEW, StatementKind.TABLE):
            return
    # DROP VIEW leaves a table of that name alone and DROP TABLE a view, each with a note or an error by version.
    other = "TABLE" if what == "VIEW" else "VIEW"
    try:
        seat.connection.run(statement.format(other).encode("ascii") + quote(definition.name))
    except ServerError as error:
        if error.code not in _OTHER_KIND:
            raise


def _make(seat: LoaderConnection, definition: Definition) -> None:
    try:
        seat.set_session(definition.session).run(definition.text)
    except ServerError as error:
        raise error.at("{0} {1}, {2}".format(definition.what.lower(), name_text(definition.name), definition.place)) from None
