# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the objects of the target in the staging database first, to find errors while the old database still exists."""

from typing import Dict, List, NamedTuple, Tuple

from ..._dump.classify import StatementKind
from ..._dump.plan import Definition, LoadPlan
from ..._dump.rewrite import Policy, rewrite
from ..._server.connection import LOST, ServerError
from ..loader_connection import LoaderConnection
from ..schema.keys import add_foreign_keys, drop_foreign_keys
from ..schema.objects import replace_objects

_WORDS: Dict[StatementKind, str] = {
    StatementKind.VIEW: "view",
    StatementKind.ROUTINE: "routine",
    StatementKind.TRIGGER: "trigger",
    StatementKind.EVENT: "event",
}
# Errors that may be caused by privileges that the account, or a definer, has on the target but not on the staging database.
_ONLY_IN_STAGING = frozenset((1044, 1142, 1143, 1356, 1370))

# RENAME TABLE of 5.6 leaves the old database in foreign keys to a table whose file name differs from its name, as for hy-phen.
_RENAMES_IN_KEYS = 50700


class DryRun(NamedTuple):
    """A plan for the staging database, which it names instead of the target, with events disabled. Unless ``sure``, some names could
    not be distinguished from table names, so an error proves nothing."""

    plan: LoadPlan
    sure: bool


def dry_run_of(plan: LoadPlan, target: bytes, staging: bytes, version: int) -> DryRun:
    """The dry run. ``target`` and ``staging`` are names of databases, ``version`` is the number of the server version."""
    notes: List[str] = []
    policy = Policy(events="disabled", source=target, target=staging)

    def moved(definitions: Tuple[Definition, ...]) -> Tuple[Definition, ...]:
        found = []
        for definition in definitions:
            dialect = definition.session.dialect(version)
            changed = rewrite(definition.text, dialect, policy, _WORDS.get(definition.kind, "table"))
            notes.extend(changed.notes)
            found.append(definition._replace(text=changed.text))
        return tuple(found)

    # Tables and their foreign keys name no database.
    staged = plan._replace(objects=moved(plan.objects), triggers=moved(plan.triggers), events=moved(plan.events))
    return DryRun(staged, sure=not notes)


def run_dry_run(connection: LoaderConnection, dry_run: DryRun, staging: str, version: int, *, filtered: bool) -> bool:
    """Add the foreign keys and create views, routines, triggers and events in the database ``staging``.

    The foreign keys stay with their tables, if the server can move them; returns whether all of them exist. The rest must
    be dropped again. ``filtered``: some tables were left out.

    :raises ServerError: the server refuses something that it would also refuse in the target.
    """
    plan = dry_run.plan
    keyed = False
    try:
        for planned in plan.tables:
            add_foreign_keys(connection, staging, planned, version)
        keyed = True
        replace_objects(connection, plan, skip_without_table=filtered)
    except ServerError as error:
        if error.code in LOST or dry_run.sure and error.code not in _ONLY_IN_STAGING:
            raise error.at("{0}; the old database is unchanged".format(error.where)) from None
    if version < _RENAMES_IN_KEYS:
        for planned in plan.tables:
            drop_foreign_keys(connection, staging, planned)
        return False
    return keyed
