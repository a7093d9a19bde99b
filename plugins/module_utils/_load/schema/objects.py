# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the views, routines, triggers and events of a plan, on one connection, in a working order."""

from typing import Callable, Dict, FrozenSet, Iterable, List, Optional, Tuple

from ..._dump.classify import StatementKind
from ..._dump.plan import Definition, LoadPlan
from ..._dump.rewrite import Policy, rewrite
from ..._dump.stored_objects import dependents_first
from ..._identifiers import name_text, quote
from ..._server.connection import LOST, ServerError
from ..._server.server_info import version_of
from ..loader_connection import LoaderConnection

# Errors if there is a table instead of a view to drop, or vice versa.
_OTHER_KIND = frozenset((1347, 1965, 1051))
_NOT_OF_THIS_ENGINE = 1031
_TABLE_MISSING = frozenset((1146, 1356))
_NO_DEFINER = 1449
# mysqldump creates a table, or a view of constants, as the placeholder of each view.
_VIEWS = (StatementKind.VIEW, StatementKind.TABLE)


def empty_table(loader: LoaderConnection, name: bytes, create: Definition) -> None:
    """Remove all rows of a table. An ARCHIVE table, which cannot be truncated, is dropped and created again."""
    connection = loader.utf8_connection()
    try:
        connection.run(b"TRUNCATE TABLE " + quote(name))
    except ServerError as error:
        if error.code != _NOT_OF_THIS_ENGINE:
            raise
        connection.run(b"DROP TABLE " + quote(name))
        make_object(loader, create)


def key_of(definition: Definition) -> Tuple[str, str]:
    """The kind and name of an object, comparable with those of existing objects (:attr:`ExistingProgram.key`); a placeholder has the key of its view."""
    name = name_text(definition.name)
    if definition.kind in _VIEWS:
        return "VIEW", name
    return definition.what, name.lower() if definition.any_case or definition.kind is not StatementKind.TRIGGER else name


def make_objects(
    loader: LoaderConnection,
    plan: LoadPlan,
    *,
    skip_without_table: bool,
    kept: FrozenSet[Tuple[str, str]] = frozenset(),
    made: Callable[[Definition, bool], None] = lambda _definition, _placeholder: None,
) -> List[str]:
    """Create placeholders of views, routines and views, then triggers, then events, except those whose :func:`key_of` is in ``kept``.

    Drops only placeholders. ``made`` is called after each statement with whether it created a placeholder.
    With ``skip_without_table`` a view is skipped if a table that it needs is missing, because the user left that table out.
    Returns a warning for each skipped view.
    """
    objects, triggers, events = (tuple(each for each in some if key_of(each) not in kept) for some in (plan.objects, plan.triggers, plan.events))
    wanted = plan._replace(objects=objects, triggers=triggers, events=events)
    lasting = {key_of(definition): definition for definition in plan.objects}

    def report(definition: Definition) -> None:
        made(definition, lasting.get(key_of(definition), definition) is not definition)

    return _make_all(loader, wanted, report, replace=False, skip_without_table=skip_without_table, every=plan)


def replace_objects(loader: LoaderConnection, plan: LoadPlan, *, skip_without_table: bool) -> List[str]:
    """Like :func:`make_objects`, in one of the loader's own databases. An earlier run may have created some objects, so each is dropped first."""
    return _make_all(loader, plan, lambda _definition: None, replace=True, skip_without_table=skip_without_table)


def drop_placeholders(loader: LoaderConnection, placeholders: Iterable[Tuple[str, str]]) -> None:
    """Drop the placeholders of views that an earlier run has created: VIEW or TABLE, and a name."""
    for what, name in placeholders:
        loader.utf8_connection().run("DROP {0} IF EXISTS ".format(what).encode("ascii") + quote(name))


def make_absent_objects(loader: LoaderConnection, plan: LoadPlan, present: FrozenSet[Tuple[str, str]], *, skip_without_table: bool) -> List[str]:
    """Like :func:`make_objects`, but only objects whose :func:`key_of` is not in ``present``; drops nothing.

    Creates no placeholders, because a killed run would leave them behind, and they would be mistaken for the views.
    """
    absent = [definition for definition in plan.objects + plan.triggers + plan.events if key_of(definition) not in present]
    views = {definition.name: definition for definition in absent if definition.kind is StatementKind.VIEW}
    others = [definition for definition in absent if definition.kind not in _VIEWS]
    for definition in others:
        if definition.kind is StatementKind.ROUTINE:
            make_object(loader, definition)
    warnings = _make_views_in_any_order(loader, list(views.values()), skip_without_table=skip_without_table)
    for definition in others:
        if definition.kind is not StatementKind.ROUTINE:
            make_object(loader, definition)
    return warnings


def _make_all(
    loader: LoaderConnection,
    plan: LoadPlan,
    made: Callable[[Definition], None],
    *,
    replace: bool,
    skip_without_table: bool,
    every: Optional[LoadPlan] = None,
) -> List[str]:
    """``every`` also includes the existing objects; views without definers need all of them to be created again."""
    placeholders: Dict[bytes, str] = {}
    refused: List[Definition] = []
    for definition in plan.objects:
        is_view = definition.kind in _VIEWS
        if is_view and definition.name in placeholders:
            _drop(loader, definition, placeholders[definition.name])
        elif replace:
            _drop(loader, definition, definition.what)
        try:
            make_object(loader, definition)
        except ServerError as error:
            if definition.kind is not StatementKind.VIEW or error.code in LOST:
                raise
            # A view WITH CHECK OPTION is refused on top of another view's placeholder (error 1368).
            refused.append(definition)
        else:
            made(definition)
        if is_view:
            placeholders[definition.name] = definition.what
    try:
        warnings = _make_views_in_any_order(loader, refused, skip_without_table=skip_without_table, made=made)
    except ServerError as error:
        if error.code != _NO_DEFINER:
            raise
        warnings = _make_views_without_definers(loader, every or plan, skip_without_table=skip_without_table, made=made)
    for definition in plan.triggers + plan.events:
        if replace:
            _drop(loader, definition, definition.what)
        make_object(loader, definition)
        made(definition)
    return warnings


def _make_views_in_any_order(
    loader: LoaderConnection, views: List[Definition], *, skip_without_table: bool, made: Callable[[Definition], None] = lambda _definition: None
) -> List[str]:
    """Retry the views until the server has accepted all of them or refuses all that are left."""
    while views:
        errors: List[Tuple[Definition, ServerError]] = []
        for definition in views:
            try:
                make_object(loader, definition)
            except ServerError as error:
                errors.append((definition, error))
            else:
                made(definition)
        if len(errors) == len(views):
            for _view, refusal in errors:
                if not (skip_without_table and refusal.code in _TABLE_MISSING):
                    raise refusal
            return [
                "view {0} was skipped, because a table that it needs was left out: {1}".format(name_text(view.name), refusal.message)
                for view, refusal in errors
            ]
        views = [view for view, _refusal in errors]
    return []


def _make_views_without_definers(loader: LoaderConnection, plan: LoadPlan, *, skip_without_table: bool, made: Callable[[Definition], None]) -> List[str]:
    """Create views on top of views whose definer has no account, which the server refuses (error 1449).

    First all views are created with this account as definer, then again as in the dump, each before those that it selects from.
    """
    version = version_of(loader.connection).number
    views = list({definition.name: definition for definition in plan.objects if definition.kind is StatementKind.VIEW}.values())
    mine = [view._replace(text=rewrite(view.text, view.session.dialect(version), Policy("current"), "view").text) for view in views]
    for view in views:
        _drop(loader, view, "VIEW")
    warnings = _make_views_in_any_order(loader, mine, skip_without_table=skip_without_table, made=made)
    for view in dependents_first(views, version):
        _drop(loader, view, "VIEW")
        try:
            make_object(loader, view)
        except ServerError as error:
            if not (skip_without_table and error.code in _TABLE_MISSING):
                raise
        else:
            made(view)
    return warnings


def _drop(loader: LoaderConnection, definition: Definition, what: str) -> None:
    """Drop the object if it exists, as a ``what`` (VIEW, PROCEDURE, ...) and, for a view, as a table too."""
    statement = "DROP {0} IF EXISTS "
    # The name is in the character set of its statement.
    connection = loader.set_session(definition.session)
    try:
        connection.run(statement.format(what).encode("ascii") + quote(definition.name))
    except ServerError as error:
        if definition.kind not in _VIEWS or error.code not in _OTHER_KIND:
            raise
    else:
        if definition.kind not in _VIEWS:
            return
    # DROP VIEW keeps a table with that name and DROP TABLE a view; depending on its version, the server notes this or fails.
    other = "TABLE" if what == "VIEW" else "VIEW"
    try:
        connection.run(statement.format(other).encode("ascii") + quote(definition.name))
    except ServerError as error:
        if error.code not in _OTHER_KIND:
            raise


def make_object(loader: LoaderConnection, definition: Definition) -> List[str]:
    return loader.define(definition.session, definition.text, "{0} {1}".format(definition.what.lower(), name_text(definition.name)), str(definition.place))
