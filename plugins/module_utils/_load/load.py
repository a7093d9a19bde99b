# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load one database: the phases in order. If a load is killed in any of them, the next run resumes it."""

from contextlib import ExitStack, closing
from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Tuple

from .._dump.plan import LoadPlan, PlannedTable
from .._dump.planner import DumpSource, Planner
from .._failure import Failure
from .._finding import ERROR, refuse
from .._identifiers import name_text, quote
from .._progress import CountingStream
from .._server.connection import connect
from .._server.existing import Inventory, existing_in, tables_and_views
from .._server.server_info import variables
from .already_loaded import make_lost, unchanged
from .checks import messages
from .checks.all_checks import run_checks
from .checks.conflicts import conflicts, followed, not_ours, references, refuse_existing, refuse_system_schema
from .checks.gtid import replication_findings
from .checks.origin_defaults import with_origin_defaults
from .checks.privileges import check_ledger
from .checks.subject import CheckSubject, choices_for, known_by
from .connection_pool import ConnectionPool
from .context import LoadContext, open_context
from .files import DumpFile, SqlStream
from .gtid_purged import apply_gtid, decision
from .ledger import retried
from .loader_connection import LoaderConnection, put_back_collations
from .lock import release_lock, take_lock
from .ownership import MadeNotes, own_objects
from .phase_timer import PhaseTimer
from .replace.staging import Staging
from .replace.target import LoadTarget
from .request import Durability, ImportRequest, LedgerPolicy, OnExisting
from .result import LoadResult, TableResult, result_of, skipped_result, to_report
from .resume import Resume, ResumeState, fingerprint_of, resume_state
from .rows.count import orphans, planned_tables, uncounted, verify_tables
from .rows.next_numbers import forgotten_numbers, next_numbers, refuse_unknown
from .rows.non_transactional import (
    RowOrder,
    empty_tables,
    note_tables_to_fill,
    refuse_to_lose_rows,
    row_order,
    tables_made_by_statements,
    triggers_to_drop,
    unfinished_tables,
)
from .rows.past_statements import past_histograms, refuse_begun, refuse_other_engine, refuse_other_steps, refuse_to_reload
from .rows.redefined_tables import RedefinedTables
from .rows.worker_threads import RowLoad, RowsLoaded, load_rows
from .schema import keys
from .schema.changes import ServerChanges
from .schema.objects import drop_placeholders, key_of, make_absent_objects, make_objects
from .schema.parallel_tables import make_tables
from .server_settings import BorrowedSettings
from .signals import signals_as_exceptions
from .sql_in_memory import SqlInMemory, room_for_sql


def load(request: ImportRequest) -> LoadResult:
    """Make ``request.target`` hold the dump.

    :raises Failure: before the first write for every problem that is known by then; later with the state of the target.
    """
    refuse_system_schema(request)
    control = connect(request.login)
    try:
        with signals_as_exceptions():
            take_lock(request, control)
            with ExitStack() as at_end:
                return _Load(open_context(request, control), at_end).run()
    finally:
        release_lock(request, control)
        control.close()


def already_loaded(request: ImportRequest, result: LoadResult) -> LoadResult:
    """Do what is left for ``request`` if its ``target`` already holds everything; ``result`` is that of the earlier load.

    :raises Failure: the GTID policy cannot be followed.
    """
    control = connect(request.login)
    try:
        take_lock(request, control)
        return unchanged(open_context(request, control), result)
    finally:
        release_lock(request, control)
        control.close()


# Checks whose warnings are part of the result.
_WARNED = ("definers", "triggers", "collations", "primary_keys", "other_databases")


class _Load:
    """The state shared by the phases."""

    def __init__(self, context: LoadContext, at_end: ExitStack) -> None:
        request, control = context.request, context.control
        self.phases = PhaseTimer(request.progress)
        self.borrowed = BorrowedSettings(request.login, context.ledger, log_binary=context.log_binary)
        if not request.check_only and self.borrowed.put_back_abandoned(control):
            context = context._replace(server=context.server._replace(variables=variables(control)))
        if not request.check_only:
            put_back_collations(control, context.ledger, (request.target, Staging.of(request.target).new))
        self.context = context
        self.request = request
        self.control = control
        self.warnings: List[str] = list(context.warnings)
        # The files of the request, or their SQL in memory until ``at_end``.
        self.files = request.files
        self._at_end = at_end
        self.target = LoadTarget(context)
        self.pool = ConnectionPool(context, self.borrowed)
        self.changes = ServerChanges(context)
        self.made = MadeNotes(context.ledger, control)
        # The triggers that this run has dropped, as :func:`key_of` has them.
        self._dropped: FrozenSet[Tuple[str, str]] = frozenset()
        # Whether tables are left out.
        self.filtered = bool(request.choices.tables or request.choices.exclude_tables)

    def run(self) -> LoadResult:
        request, context = self.request, self.context
        existing = context.existing()
        resume = resume_state(request, context.files, context.entry, existing)
        if resume.state is Resume.COMPLETE:
            return unchanged(context, resume.result)
        if resume.state is Resume.NEW and not existing.empty and request.on_existing is OnExisting.SKIP:
            return skipped_result(request.target)
        refuse_existing(request, existing, resume)
        plan = with_origin_defaults(self._scan(), context.server, request.collation_default)
        # The scan of a large dump may take long.
        existing = context.existing()
        refuse_existing(request, existing, resume)
        self.phases.end("scan")
        subject = context.subject(known_by(plan))
        self._check(subject, plan, existing, resume)
        self.phases.end("preflight")
        if request.check_only:
            return self._result(plan, planned_tables(plan), None, resume, decision(subject))
        if resume.lost and not resume.missing:
            return self._make_lost(plan, resume)
        self.changes.expect(plan, resume)
        return self._write(plan, existing, resume, subject)

    # -- before the first write

    def _scan(self) -> LoadPlan:
        planner = Planner(choices_for(self.request, self.context.server))
        files, progress = self.request.files, self.request.progress
        # The size of the SQL in a compressed file is known only at its end.
        progress.phase("scan", None if any(file.compressed for file in files) else sum(file.size for file in files))
        to_load: List[DumpFile] = []
        room = 0 if self.request.check_only else room_for_sql()
        for file in files:
            with SqlStream(file) as stream, stream.damage_first():
                kept = SqlInMemory(stream, room if file.compressed or file.remote else 0)
                self._at_end.callback(kept.close)
                planner.read(DumpSource(file.name, CountingStream(kept, progress)))  # type: ignore[arg-type]
                to_load.append(kept.instead_of(file))
            room -= to_load[-1].size if to_load[-1] is not file else 0
        self.files = tuple(to_load)
        return planner.plan()

    def _check(self, subject: CheckSubject, plan: LoadPlan, existing: Inventory, resume: ResumeState) -> None:
        """Refuse everything that is known to fail, all together; differences from the origin are warnings."""
        found = run_checks(subject) + check_ledger(subject, self.context.ledger.database)
        if not self.request.gtid_later:
            # No other import of this call creates the tables of other databases. With a filter, views on missing tables are left out.
            surely = {messages.KEY_ELSEWHERE.name} | (set() if self.filtered else {messages.VIEW_ELSEWHERE.name})
            found = [finding._replace(level=ERROR) if finding.kind in surely else finding for finding in found]
        in_the_way = conflicts(self.request, plan, existing, resume, self.context.server, self.control)
        in_the_way += followed(self.request, self.context.server, self.control)
        refuse(found + in_the_way, self.request.login.address)
        self.warnings.extend(finding.text for finding in in_the_way)
        self.warnings.extend(plan.warnings)
        self.warnings.extend(uncounted(plan))
        self.warnings.extend(finding.text for finding in found if finding.check in _WARNED)
        self.warnings.extend(finding.text for finding in replication_findings(subject))

    # -- writing

    def _make_lost(self, plan: LoadPlan, resume: ResumeState) -> LoadResult:
        with closing(self.pool.open(self.target.name)) as connection:
            result = make_lost(self.context, connection, plan, resume, filtered=self.filtered)
            self.changes.take(connection)
        self.phases.end("objects")
        return result._replace(
            warnings=tuple(self.warnings + self.changes.warnings()) + result.warnings, phases=self.phases.seconds, elapsed=self.phases.elapsed
        )

    def _write(self, plan: LoadPlan, existing: Inventory, resume: ResumeState, subject: CheckSubject) -> LoadResult:
        context = self.context
        there = self.target.make(plan, existing, resume, self.made)
        self.warnings.extend(self.target.warnings)
        self.phases.end("database")
        try:
            self._borrow(plan)
            engines, loaded = self._load_tables(plan, there, resume)
            tables = verify_tables(self.request, plan, self.target.name, engines, loaded, self.pool.workers, resume.settled)
            self.phases.end("verify")
            left_out = self._complete(plan, resume, has_foreign_keys=self._swap(plan))
            self.phases.end("objects")
        except BaseException as error:
            self._try_to_give_back()
            self._try_to_settle(error)
            if isinstance(error, Failure):
                error.cure = " ".join(words for words in (error.cure, self.target.kept) if words) or None
            raise
        self.borrowed.give_back()
        gtid = apply_gtid(subject)
        self.phases.end("gtid")
        result = self._result(plan, tables, loaded, resume, gtid, len(left_out))
        wanted = {key_of(definition) for definition in plan.objects + plan.triggers + plan.events}
        made = context.existing().lasting_keys & wanted if wanted else wanted
        result = result._replace(lasting_events=sum(what == "EVENT" for what, _name in made))
        retried(lambda: context.ledger.complete(self.control, dict(to_report(result), made=sorted(made), origin=self.request.origin)), self.control)
        if self.request.ledger is LedgerPolicy.DROP:
            context.drop_ledger()
        return result

    def _borrow(self, plan: LoadPlan) -> None:
        self.pool.borrow(plan)
        if self.request.durability is Durability.RELAXED and not self.context.server.may_set_global:
            self.warnings.append("this account cannot relax the durability of commits; the server's settings stay in effect")

    def _try_to_give_back(self) -> None:
        """Restore the server's settings. After a failure the server may be unreachable; the next run then restores them."""
        try:
            self.borrowed.give_back()
        except Failure:
            return

    def _try_to_settle(self, error: BaseException) -> None:
        try:
            self.made.settle(error)
        except Failure:
            return

    def _load_tables(self, plan: LoadPlan, there: Dict[str, str], resume: ResumeState) -> Tuple[Dict[str, str], RowsLoaded]:
        """Create tables, load rows, build indexes; also returns the engine of each table."""
        with closing(self.pool.open(self.target.name)) as connection:
            warned = self._make_tables(connection, plan, there)
            found, _views = tables_and_views(self.control, self.target.name)
            self.made.mark_tables(self.target.name, found, plan, resume.settled)
            self.changes.tables_made(connection, self.target.name, warned, done=self.context.ledger.done(self.control))
            engines = {table.name: table.engine for table in found}
            self.phases.end("tables")
            loaded = self._load_rows(plan, connection, engines, resume)
            self.warnings.extend(loaded.warnings)
            self.phases.end("rows", loaded.rows_done)
            self.changes.keys_made(self.control, self.target.name)
            self.phases.end("indexes")
        return engines, loaded

    def _make_tables(self, connection: LoaderConnection, plan: LoadPlan, there: Dict[str, str]) -> List[bytes]:
        """Create the tables; returns those that were created with a warning."""
        tables, views = tables_and_views(self.control, self.target.name)
        absent = [name_text(planned.name) for planned in plan.tables if planned.create is not None and name_text(planned.name) not in there]
        taken = {table.name for table in tables}.union(views)
        refuse(not_ours(self.request, sorted(taken.intersection(absent))), self.request.login.address)
        begun = self.made.intend(absent)
        database = self.target.name
        ours = frozenset(absent) if self.target.staged else begun
        return make_tables(connection, lambda worker: self.pool.open(database, worker), self.pool.workers, database, plan, there, ours)

    def _load_rows(self, plan: LoadPlan, connection: LoaderConnection, engines: Dict[str, str], resume: ResumeState) -> RowsLoaded:
        context, database = self.context, self.target.name
        merged = any(planned.create is None and planned.rows for planned in plan.tables)
        order = row_order(plan, engines, {made.table for made in context.existing().objects if made.table} if merged else ())
        done = context.ledger.done(self.control)
        refuse_other_steps(plan, done, database)
        refuse_begun(plan, done, database)
        if resume.resumed:
            self._continue(plan, connection, order, resume)
        note_tables_to_fill(context, plan, database, order.restart, done)
        done = context.ledger.done(self.control)
        past = past_histograms(plan, done)
        loading = RowLoad(
            plan,
            self.files,
            context.ledger,
            lambda worker: self.pool.open(database, worker),
            self.pool.workers,
            order.ordered,
            order.restart,
            lambda worker, indexes: self._finish(
                worker, [plan.tables[index]._replace(histograms=()) if index in past else plan.tables[index] for index in indexes], resume
            ),
            self.request.progress,
            order.together,
            RedefinedTables(context, plan, database, self.made, resume.settled).after,
        )
        return load_rows(loading, done)

    def _continue(self, plan: LoadPlan, connection: LoaderConnection, order: RowOrder, resume: ResumeState) -> None:
        """Prepare the tables for the rows that an interrupted run has not sent. Raises a Failure if not everything it has done is known."""
        context, database = self.context, self.target.name
        done = context.ledger.done(self.control)
        refuse_other_engine(plan, done, order.restart, resume.settled, database)
        emptied = unfinished_tables(context, plan, database, order, done, resume.settled)
        made = tables_made_by_statements(plan, order.restart, done)
        refuse_to_reload(plan, done, (*made, *emptied), database, created_again=False)
        numbers = next_numbers(plan, done, emptied, resume.settled)
        self.warnings.extend(refuse_unknown(plan, self.control, database, numbers.unknown))
        refuse_to_lose_rows(context, plan, database, emptied, done)
        self._drop_triggers(plan, emptied)
        empty_tables(context, plan, connection, emptied)
        changed = {*numbers.known}
        version = context.server.version
        if version.number < 80000:
            found = forgotten_numbers(plan, self.control, database, resume.settled, numbers.chosen)
            changed.update(found.forgotten)
            self.warnings.extend(() if version.mariadb else found.warnings)
        for index in sorted({*emptied, *changed}):
            with self.made.alteration(database, plan.tables[index]):
                if index in changed:
                    keys.set_next_number(connection, plan.tables[index])

    def _drop_triggers(self, plan: LoadPlan, emptied: Sequence[int]) -> None:
        """Drop the triggers that earlier runs have created on these tables; the dump's rows must not fire them."""
        context, database = self.context, self.target.name
        if not (plan.triggers and emptied):
            return
        existing = existing_in(self.control, database)
        triggers = triggers_to_drop(plan, existing, emptied)
        # Everything in a staging database is the import's.
        if triggers and not self.target.staged:
            own = own_objects(self.control, context.ledger, plan, existing, database, context.server.version.number)
            refuse(not_ours(self.request, ["trigger " + made.name for made in triggers if made.key not in own.kept]), self.request.login.address)
        for made in triggers:
            self.control.run(b"DROP TRIGGER " + quote(database, made.name))
        self._dropped = frozenset(made.key for made in triggers)

    def _finish(self, connection: LoaderConnection, tables: List[PlannedTable], resume: ResumeState) -> None:
        """Finish tables that have all their rows."""
        tables = [planned for planned in tables if name_text(planned.name) not in resume.settled]
        for planned in tables:
            keys.build_indexes(connection, self.target.name, planned)
            self.changes.take(connection)
            if planned.create is not None and planned.deferred.indexes + planned.deferred.fulltext:
                self.made.altered(connection.utf8_connection(), self.target.name, planned)
        if self.request.analyze:
            keys.analyze(connection.utf8_connection(), self.target.name, [planned.name for planned in tables if planned.rows and planned.create is not None])
        for planned in tables:
            self.warnings.extend(keys.make_histograms(connection, planned))

    def _swap(self, plan: LoadPlan) -> bool:
        """Move the tables of a staging database into the target; returns whether their foreign keys moved too."""
        if not self.target.staged:
            return False
        # Somebody may have created one since the checks.
        refuse(references(self.request, self.control), self.request.login.address, "The old database is unchanged.")
        has_foreign_keys = self.target.swap(plan, self.pool.open, self.made, filtered=self.filtered)
        self.phases.end("swap")
        return has_foreign_keys

    def _complete(self, plan: LoadPlan, resume: ResumeState, *, has_foreign_keys: bool) -> List[str]:
        """Create foreign keys, then views, routines, triggers and events; returns a warning for each view that was left out."""
        keyed = [planned for planned in plan.tables if planned.deferred.foreign_keys and not has_foreign_keys]
        if not (keyed or plan.objects or plan.triggers or plan.events):
            self.warnings.extend(orphans(self.request, self.pool.workers))
            self.phases.end("orphans")
            self.target.clear_old()
            return []
        with closing(self.pool.open(self.target.name)) as connection:
            for planned in keyed:
                if name_text(planned.name) not in resume.settled:
                    keys.add_foreign_keys(connection, self.request.target, planned, self.context.server.version.number)
                    if planned.create is not None:
                        self.made.altered(self.control, self.request.target, planned)
            self.changes.foreign_keys_made(self.control, self.request.target)
            self.phases.end("foreign_keys")
            self.warnings.extend(orphans(self.request, self.pool.workers))
            self.phases.end("orphans")
            left_out = self._make_objects(connection, plan, resume)
            self.warnings.extend(left_out)
            self.changes.take(connection)
        self.target.clear_old()
        return left_out

    def _make_objects(self, connection: LoaderConnection, plan: LoadPlan, resume: ResumeState) -> List[str]:
        if resume.state is Resume.REPAIR:
            return make_absent_objects(connection, plan, resume.present - self._dropped, skip_without_table=self.filtered)
        context, database = self.context, self.request.target
        own = own_objects(self.control, context.ledger, plan, context.existing(), database, context.server.version.number)
        refuse(not_ours(self.request, own.foreign), self.request.login.address)
        drop_placeholders(connection, own.placeholders)
        self.made.intend_placeholders(plan, own.kept)
        return make_objects(
            connection,
            plan,
            skip_without_table=self.filtered,
            kept=own.kept,
            made=lambda definition, placeholder: self.made.note_object(database, definition, placeholder=placeholder),
        )

    # -- the result

    def _result(
        self,
        plan: LoadPlan,
        tables: List[TableResult],
        loaded: Optional[RowsLoaded],
        resume: ResumeState,
        gtid: Dict[str, Any],
        views_left_out: int = 0,
    ) -> LoadResult:
        return result_of(plan, tables, views_left_out)._replace(
            warnings=tuple(self.warnings + self.changes.warnings()),
            resumed=resume.resumed,
            skipped_bytes=loaded.skipped_bytes if loaded else 0,
            began=self.phases.began,
            elapsed=self.phases.elapsed,
            phases=self.phases.seconds,
            gtid=gtid,
            server_version=self.context.server.version.text,
            fast_chunks=sum(tally.load_data for tally in loaded.tallies.values()) if loaded else 0,
            fingerprint=fingerprint_of(self.context.files),
            differences=self.changes.shown,
        )
