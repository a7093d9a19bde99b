# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the existing contents of the target database with the dump and with ``on_existing``."""

from typing import List, NamedTuple, Optional, Sequence, Set

from ..._dump.classify import StatementKind
from ..._dump.plan import LoadPlan
from ..._dump.steps import Barrier
from ..._failure import Failure
from ..._finding import Finding, of_failure, refuse
from ..._identifiers import is_own, is_system_schema, name_text
from ..._server.account import ServerState
from ..._server.connection import Connection
from ..._server.existing import Inventory, existing_in, hidden_routines, referring_databases, tables_and_views
from ..._server.own_channels import ROLL_USER, own_channels, removal_of
from ..ledger import Ledger, LedgerEntry, find_entry, ledgers_of
from ..ownership import foreign_tables, own_objects
from ..replace.staging import NO_STAGING, Staging, can_stage
from ..request import ImportRequest, OnExisting
from ..resume import Resume, ResumeState, identities, resume_state
from ..rows.past_statements import refuse_begun, starts_over
from ..schema.objects import key_of
from . import messages
from .compatibility import MERGE_ENGINE
from .subject import CheckSubject

_SHOWN = 10
_TO_REMOVE = ("ALTER ROUTINE", "EVENT", "TRIGGER")
_PROGRAMS = (StatementKind.ROUTINE, StatementKind.TRIGGER, StatementKind.EVENT)


class TargetDatabase(NamedTuple):
    """A target database and its entry in the ledger. ``resume`` is None if it cannot be decided without the files."""

    existing: Inventory
    entry: Optional[LedgerEntry]
    resume: Optional[ResumeState]


def refuse_system_schema(request: ImportRequest) -> None:
    """Raise a Failure if the target is a system schema, or is reserved for the loader's ledger."""
    if is_own(request.target):
        refuse([messages.OWN.found(database=request.target)], request.login.address)
    if is_system_schema(request.target):
        refuse([messages.SYSTEM.found(database=request.target)], request.login.address)


def refuse_existing(request: ImportRequest, existing: Inventory, resume: ResumeState) -> None:
    """Raise a Failure if the target database must not be written to."""
    found = _no_database(request, existing)
    if not resume.resumed and not existing.empty and request.on_existing is OnExisting.FAIL:
        found.append(_not_empty(request, existing))
    refuse(found, request.login.address, existing=existing.names[:1000])


def check_existing(subject: CheckSubject, *, files_at_hand: bool) -> List[Finding]:
    """What would happen to existing contents. No findings for a new database, at most one for a database that may be written to."""
    request = subject.request
    where = "database {0}".format(request.target)
    try:
        found = _existing_findings(subject, _target_database(subject, files_at_hand=files_at_hand))
    except Failure as failure:
        return [of_failure("existing", failure)]
    return [finding if finding.where else finding._replace(where=where) for finding in found]


def _existing_findings(subject: CheckSubject, target: TargetDatabase) -> List[Finding]:
    request, existing = subject.request, target.existing
    if target.resume is not None and target.resume.state is Resume.COMPLETE:
        return [messages.RESTORED.found(database=request.target)]
    if _no_database(request, existing) or existing.empty:
        return _no_database(request, existing) + followed(request, subject.server, subject.connection)
    if target.resume is None and target.entry is not None:
        return [messages.LEDGER.found(database=request.target, state=target.entry.state)]
    resume = target.resume or ResumeState()
    found = conflicts(request, subject.known.plan, existing, resume, subject.server, subject.connection)
    if resume.resumed or any(finding.is_error for finding in found):
        return found
    if request.on_existing is OnExisting.SKIP:
        return [messages.SKIPPED.found(database=request.target)]
    if request.on_existing is OnExisting.FAIL:
        return [_not_empty(request, existing)]
    found.extend(followed(request, subject.server, subject.connection))
    return [*found, messages.REPLACED.found(database=request.target, count=len(existing.tables))] if request.on_existing is OnExisting.REPLACE else found


def conflicts(
    request: ImportRequest, plan: Optional[LoadPlan], existing: Inventory, resume: ResumeState, server: ServerState, connection: Connection
) -> List[Finding]:
    """Why the dump cannot be loaded into a database that may be written to, and what a replacement cannot keep until it is complete."""
    found = []
    if not resume.resumed and request.on_existing is OnExisting.MERGE and plan is not None:
        found.extend(_collisions(plan, existing))
    if request.on_existing is not OnExisting.REPLACE and plan is not None:
        found.extend(_changes(plan, existing))
    if not resume.resumed and request.on_existing is OnExisting.REPLACE and existing.exists:
        found.extend(references(request, connection))
        if not existing.empty:
            found.extend(_unseen_references(request, server))
            found.extend(_not_removed(request, existing, server) + _not_staged(request, plan, server) + _forgotten_tables(request, connection))
            hidden = hidden_routines(connection, request.target)
            if hidden:
                found.append(messages.HIDDEN_ROUTINES.found(count=len(hidden), database=request.target, names=", ".join(hidden[:_SHOWN])))
    if resume.resumed and plan is not None:
        found.extend(not_ours(request, _foreign(request, plan, existing, resume, server, connection)))
    if resume.missing and plan is not None and any(isinstance(step, Barrier) for step in plan.steps):
        found.append(messages.GONE.found(names=", ".join(sorted(resume.missing)[:5]), database=request.target))
    return found


def followed(request: ImportRequest, server: ServerState, connection: Connection) -> List[Finding]:
    """The finding for a channel that changes the target while it is loaded, left by mysql_roll_forward or still in use."""
    ledger, _entry = find_entry(connection, ledgers_of(request.target, request.ledger_database))
    noted = ledger.roll(connection) or {}
    unfinished = noted.get("state") not in (None, "complete", "promoted")
    channels = own_channels(connection, server.version)
    if channels is None:
        return [messages.FOLLOWED_UNSEEN.found(account=server.account, database=request.target)] if unfinished else []
    folds = server.variables.get("lower_case_table_names", "0") != "0"
    for channel in channels:
        # Without a name, it is the user's own if the account is.
        users = (ROLL_USER, (noted.get("source") or {}).get("user")) if unfinished else (ROLL_USER,)
        if channel.changes(request.target, folds=folds) and (channel.name or channel.user in users):
            return [messages.FOLLOWED.found(database=request.target, statements=removal_of(channel.name, server.version))]
    return []


def references(request: ImportRequest, connection: Connection) -> List[Finding]:
    """The finding for foreign keys of other databases, which would follow the old tables of the target, and refer to nothing once these are dropped."""
    own = Staging.of(request.target)
    names = [name for name in referring_databases(connection, request.target) if name not in (own.new, own.old)]
    return [messages.REFERRED.found(names=", ".join(names), database=request.target)] if names else []


def _unseen_references(request: ImportRequest, server: ServerState) -> List[Finding]:
    """The finding for an account that :func:`references` may hide foreign keys from."""
    # Before 8.0, InnoDB encodes names, and not all letters are encoded alike.
    by_engine = server.grants.has("PROCESS") and (server.version.number >= 80000 or all(ord(sign) < 128 for sign in request.target))
    by_table = server.grants.has("SELECT") and server.variables.get("partial_revokes", "OFF") != "ON"
    return [] if by_engine or by_table else [messages.REFERENCES_UNSEEN.found(account=server.account, database=request.target)]


def not_ours(request: ImportRequest, names: Sequence[str]) -> List[Finding]:
    """The finding for objects that an import would have to overwrite although it did not create them."""
    if not names:
        return []
    return [messages.NOT_OURS.found(database=request.target, names=", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else ""))]


def _foreign(request: ImportRequest, plan: LoadPlan, existing: Inventory, resume: ResumeState, server: ServerState, connection: Connection) -> List[str]:
    """Objects that somebody else created under the name of a table or object of the unfinished import."""
    ledger, entry = find_entry(connection, ledgers_of(request.target, request.ledger_database))
    # Until the staged tables are moved, the target holds the tables that they replace. A complete import is not changed.
    if entry is None or entry.state != "loading" or Staging.from_report(entry.report, request.target).state in ("loading", "swapping"):
        return []
    done = ledger.done(connection)
    if not starts_over(plan, done, existing.engines):
        # A statement that was stopped may have given its tables other marks.
        refuse_begun(plan, done, request.target)
    found = foreign_tables(connection, ledger, plan, existing, resume.settled, request.target)
    if resume.state is Resume.RESUME:
        found.extend(own_objects(connection, ledger, plan, existing, request.target, server.version.number).foreign)
    return found


def _not_removed(request: ImportRequest, existing: Inventory, server: ServerState) -> List[Finding]:
    """The privileges without which objects of the old database are invisible and would stay, or could be neither copied nor dropped."""
    wanted = _TO_REMOVE + (("SHOW VIEW",) if existing.count("views") else ())
    missing = [privilege for privilege in wanted if not server.grants.has(privilege, request.target)]
    found = [messages.UNREMOVED.found(account=server.account, privileges=", ".join(missing), database=request.target)] if missing else []
    if server.version.number < 80000 and server.binlog_on and not server.creates_functions and existing.count("triggers"):
        found.append(messages.UNREMOVED_TRIGGERS.found(count=existing.count("triggers"), database=request.target))
    others = sorted({made.definer for made in existing.objects if made.kind != "triggers"} - {server.account, ""})
    if others and not server.is_system_user:
        definers = ", ".join(others[:_SHOWN]) + (", ..." if len(others) > _SHOWN else "")
        found.append(messages.PROTECTED.found(account=server.account, definers=definers, database=request.target))
    return found


def _not_staged(request: ImportRequest, plan: Optional[LoadPlan], server: ServerState) -> List[Finding]:
    """Why the new tables cannot be loaded into a staging database first, without which nothing is replaced."""
    found = []
    staging = Staging.of(request.target)
    if not can_stage(staging, server):
        account = "{0}@{1}".format(*server.user)
        found.append(messages.UNSTAGED_ACCOUNT.found(account=account, names="{0} and {1}".format(staging.new, staging.old), database=request.target))
    if plan is None:
        return found
    if plan.unstaged is not None:
        found.append(messages.UNSTAGED_STATEMENT.found(place=plan.unstaged, database=request.target))
    rows_only = [name_text(planned.name) for planned in plan.tables if planned.create is None]
    if rows_only:
        found.append(messages.UNSTAGED_ROWS.found(names=", ".join(rows_only[:_SHOWN])))
    engines = [name_text(planned.name) for planned in plan.tables if planned.table is not None and planned.table.engine.upper() in NO_STAGING]
    if engines:
        found.append(messages.UNSTAGED_ENGINE.found(names=", ".join(engines[:_SHOWN]), database=request.target))
    return found


def _forgotten_tables(request: ImportRequest, connection: Connection) -> List[Finding]:
    """Tables that an earlier replacement has replaced, if the ledger has lost its record: a new replacement would drop them at its beginning."""
    _ledger, entry = find_entry(connection, ledgers_of(request.target, request.ledger_database))
    noted = Staging.from_report(entry.report if entry is not None else {}, request.target)
    old = Staging.of(request.target).old
    if noted.parked or noted.state in ("swapping", "swapped", "clearing") or not tables_and_views(connection, old)[0]:
        return []
    return [messages.UNSTAGED_LEFT.found(old=old, database=request.target)]


def _target_database(subject: CheckSubject, *, files_at_hand: bool) -> TargetDatabase:
    """Query the server. The files are compared with the ledger only if that is cheap (``files_at_hand``).

    :raises Failure: the database holds an unfinished import of something else.
    """
    request, connection = subject.request, subject.connection
    _ledger, entry = find_entry(connection, ledgers_of(request.target, request.ledger_database))
    existing = existing_in(connection, request.target, Ledger(request.target, request.target).tables)
    if entry is None:
        return TargetDatabase(existing, entry=None, resume=ResumeState())
    if not files_at_hand or not request.files:
        return TargetDatabase(existing, entry, None)
    return TargetDatabase(existing, entry, resume_state(request, identities(request.files, entry), entry, existing))


def _no_database(request: ImportRequest, existing: Inventory) -> List[Finding]:
    return [] if existing.exists or request.create else [messages.NO_DATABASE.found(database=request.target)]


def _not_empty(request: ImportRequest, existing: Inventory) -> Finding:
    names = existing.names
    return messages.NOT_EMPTY.found(database=request.target, names=", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else ""))


def _tables_and_views(existing: Inventory) -> Set[str]:
    return set(existing.engines) | {made.name for made in existing.objects if made.kind == "views"}


def _changes(plan: LoadPlan, existing: Inventory) -> List[Finding]:
    """Statements of the dump that change what belongs to the user."""
    taken = _tables_and_views(existing)
    merged = {name for name, engine in existing.engines.items() if engine.upper() == MERGE_ENGINE}
    filled = [name_text(planned.name) for planned in plan.tables if planned.create is None and planned.rows]
    found = [messages.MERGE_ROWS.found(table=name) for name in filled if name in merged]
    return found + [messages.CHANGED.found(str(place), name=name_text(name)) for name, place in plan.changed if name_text(name) in taken][:_SHOWN]


def _collisions(plan: LoadPlan, existing: Inventory) -> List[Finding]:
    taken = _tables_and_views(existing)
    tables = {name_text(planned.name) for planned in plan.tables if planned.create is not None} | {name_text(name) for name in plan.renamed}
    views = {name_text(made.name) for made in plan.objects if made.kind is StatementKind.VIEW}
    names = sorted((tables | views) & taken)
    found = [messages.COLLIDE.found(count=len(names), names=", ".join(names[:_SHOWN]))] if names else []
    programs = {key_of(made) for made in plan.objects + plan.triggers + plan.events if made.kind in _PROGRAMS}
    same = ["{0} {1}".format(kind.lower(), name) for kind, name in sorted(programs & existing.keys)]
    return found + ([messages.COLLIDE_PROGRAMS.found(count=len(same), names=", ".join(same[:_SHOWN]))] if same else [])
