# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in the target database already, against what the dump brings and what the user wants done with it."""

from typing import List, NamedTuple, Optional

from ..._dump.classify import StatementKind
from ..._dump.plan import LoadPlan
from ..._dump.steps import Barrier
from ..._failure import Failure
from ..._finding import Finding, of_failure
from ..._identifiers import name_text
from ..._server.connection import Connection
from ..._server.existing import Inventory, existing_in, referring_databases
from ..ledger import DEFAULT_DATABASE, Ledger, LedgerEntry
from ..request import ImportRequest
from ..resume import ResumeState, identity, resume_state
from . import messages
from .subject import CheckSubject


class TargetDatabase(NamedTuple):
    """A target database and what the ledger says of it. ``where`` is None where that cannot be known without the files."""

    existing: Inventory
    entry: Optional[LedgerEntry]
    where: Optional[ResumeState]


def target_database(scene: CheckSubject, sure: bool) -> TargetDatabase:
    """Ask the server; the files are looked at, for the ledger's sake, where that is cheap (``sure``).

    :raises Failure: the database holds the unfinished import of something else.
    """
    request, connection = scene.request, scene.connection
    entry, existing = None, Inventory((), (), exists=False)
    for name in [request.ledger_database] if request.ledger_database else [DEFAULT_DATABASE, request.target]:
        ledger = Ledger(name, request.target)
        entry = ledger.read(connection)
        existing = existing_in(connection, request.target, Ledger(request.target, request.target).tables)
        if entry is not None:
            break
    if entry is None:
        return TargetDatabase(existing, None, ResumeState())
    if not sure or not request.files:
        return TargetDatabase(existing, entry, None)
    then = entry.files
    found = [identity(file, then[index] if index < len(then) else None) for index, file in enumerate(request.files)]
    return TargetDatabase(existing, entry, resume_state(request, found, entry, existing))


def check_existing(scene: CheckSubject, sure: bool) -> List[Finding]:
    """What would become of what is there. At most one finding for a database that may be written to, and none for one that is new."""
    request = scene.request
    where = "database {0}".format(request.target)
    try:
        target = target_database(scene, sure)
    except Failure as failure:
        return [of_failure("existing", failure)]
    existing = target.existing
    if target.where is not None and target.where.unchanged is not None:
        return [messages.RESTORED.found(where, database=request.target)]
    if not existing.exists and not request.create:
        return [messages.NO_DATABASE.found(where, database=request.target)]
    if existing.empty:
        return []
    if target.where is None and target.entry is not None:
        return [messages.LEDGER.found(where, database=request.target, state=target.entry.state)]
    found = conflicts(request, scene.known.plan, existing, target.where or ResumeState(), scene.connection)
    if target.where is not None and target.where.resumed:
        return found
    if request.on_existing == "skip":
        return [messages.SKIPPED.found(where, database=request.target)]
    if request.on_existing == "fail":
        names = existing.names
        listed = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        return [messages.NOT_EMPTY.found(where, database=request.target, names=listed)]
    if request.on_existing == "replace" and not found:
        return [messages.REPLACED.found(where, database=request.target, count=len(existing.tables))]
    return [finding._replace(where=where) for finding in found]


def conflicts(request: ImportRequest, plan: Optional[LoadPlan], existing: Inventory, where: ResumeState, connection: Connection) -> List[Finding]:
    """What keeps the dump from being loaded into a database that may be written to."""
    found = []
    if not where.resumed and request.on_existing == "merge" and plan is not None:
        found.extend(_collisions(plan, existing))
    if not where.resumed and request.on_existing == "replace" and existing.exists:
        referring = referring_databases(connection, request.target)
        if referring:
            found.append(messages.REFERRED.found(names=", ".join(referring), database=request.target))
    if where.missing and plan is not None and any(isinstance(step, Barrier) for step in plan.steps):
        found.append(messages.GONE.found(names=", ".join(sorted(where.missing)[:5])))
    return found


def _collisions(plan: LoadPlan, existing: Inventory) -> List[Finding]:
    taken = set(existing.engines) | {made.name for made in existing.objects if made.kind == "views"}
    names = {name_text(planned.name) for planned in plan.tables if planned.create is not None} | {
        name_text(made.name) for made in plan.objects if made.kind is StatementKind.VIEW
    }
    found = sorted(names & taken)
    return [messages.COLLIDE.found(count=len(found), names=", ".join(found[:10]))] if found else []
