# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be made in the target, made in the stage beside it first: what cannot be made is known while the old database stands."""

from typing import Dict, List, NamedTuple, Tuple

from ..._dump.classify import StatementKind
from ..._dump.deferred_keys import Clause
from ..._dump.plan import Definition, LoadPlan, PlannedTable
from ..._dump.rewrite import Policy, rewrite
from ..._dump.tokens import Dialect
from ..._server.connection import LOST, ServerError
from ..loader_connection import LoaderConnection
from ..schema.keys import add_foreign_keys, drop_foreign_keys
from ..schema.objects import make_objects

_WORDS: Dict[StatementKind, str] = {
    StatementKind.VIEW: "view",
    StatementKind.ROUTINE: "routine",
    StatementKind.TRIGGER: "trigger",
    StatementKind.EVENT: "event",
}
# An account, or the definer of a view under another one, may have rights in the target that it does not have in the stage.
_ONLY_HERE = frozenset((1044, 1142, 1143, 1356, 1370))

# A RENAME TABLE of 5.6 leaves the old database's name in a key to a table whose name it writes in another way on disk, as hy-phen.
_RENAMES_IN_KEYS = 50700


class DryRun(NamedTuple):
    """A plan for the stage: what names the target names the stage instead, and events sleep. Without ``sure`` some names
    could not be told from those of tables, and an error would prove nothing."""

    plan: LoadPlan
    sure: bool


def dry_run_of(plan: LoadPlan, target: bytes, stage: bytes, version: int) -> DryRun:
    """The plan for the stage."""
    notes: List[str] = []
    policy = Policy(events="disabled", source=target, target=stage)

    def moved(definitions: Tuple[Definition, ...]) -> Tuple[Definition, ...]:
        found = []
        for definition in definitions:
            dialect = Dialect(version).under(definition.session.get(b"sql_mode"))
            changed = rewrite(definition.text, dialect, policy, _WORDS.get(definition.kind, "table"))
            notes.extend(changed.notes)
            found.append(definition._replace(text=changed.text))
        return tuple(found)

    def keyed(planned: PlannedTable) -> PlannedTable:
        session = planned.create.session if planned.create is not None else None
        dialect = Dialect(version).under(session.get(b"sql_mode") if session is not None else None)
        keys = tuple(Clause(key.name, rewrite(key.sql, dialect, policy, "table").text) for key in planned.deferred.foreign_keys)
        return planned._replace(deferred=planned.deferred._replace(foreign_keys=keys))

    staged = plan._replace(
        tables=tuple(keyed(planned) for planned in plan.tables), objects=moved(plan.objects), triggers=moved(plan.triggers), events=moved(plan.events)
    )
    return DryRun(staged, not notes)


def run_dry_run(seat: LoaderConnection, rehearsal: DryRun, place: str, version: int, filtered: bool) -> bool:
    """Add the foreign keys and make views, routines, triggers and events in the stage, the database ``place``.

    Raises what the server says of one that it will not make in the target either. The foreign keys stay with their
    tables where the server can move them; returns whether all are there. The rest is to be dropped with :func:`tidy` of the stage.
    """
    plan = rehearsal.plan
    keyed = False
    try:
        for planned in plan.tables:
            add_foreign_keys(seat, place, planned, version)
        keyed = True
        make_objects(seat, plan, True, filtered, None)
    except ServerError as error:
        if error.code in LOST or rehearsal.sure and error.code not in _ONLY_HERE:
            raise error.at("{0}; the old database is as it was".format(error.where)) from None
    if version < _RENAMES_IN_KEYS:
        for planned in plan.tables:
            drop_foreign_keys(seat.connection, place, planned.name)
        return False
    return keyed
