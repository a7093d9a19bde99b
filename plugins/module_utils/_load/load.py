# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One database, loaded: the phases in their order, each of which a killed run can be resumed in."""

from contextlib import closing
from typing import Any, Dict, List, Optional, Tuple

from .._dump.plan import LoadPlan, PlannedTable
from .._dump.planner import Planner, Source
from .._failure import Failure
from .._identifiers import is_system_schema, name_text
from .._progress import CountingStream
from .._server.connection import Connection, connect
from .._server.existing import Inventory, existing_in
from .._server.server_info import variables
from .already_loaded import make_lost, unchanged
from .checks import all_checks, messages
from .checks.conflicts import conflicts
from .checks.subject import choices_for
from .connection_pool import ConnectionPool, may_borrow
from .context import LoadContext, close_context, open_context
from .ending import end_as_failure
from .files import SqlStream
from .gtid_purged import apply_gtid, decision, replication_warnings
from .ledger import retried
from .loader_connection import LoaderConnection
from .phases import Phases
from .replace.target import LoadTarget
from .request import ImportRequest
from .result import LoadResult, TableResult, result_of, to_report
from .resume import ResumeState, fingerprint_of, refuse_existing, resume_state
from .rows.count import orphans, planned_tables, verify
from .rows.non_transactional import put_in_order
from .rows.worker_threads import RowLoad, RowsLoaded, load_rows
from .schema import keys
from .schema.objects import key_of, make_objects, make_tables
from .server_settings import BorrowedSettings


def load(request: ImportRequest) -> LoadResult:
    """Make ``request.target`` hold the dump. Raises a Failure before the first write for all that can be known by then."""
    if is_system_schema(request.target):
        raise Failure("{0} is a database of the server's own".format(request.target), None, "Choose another target database.")
    control = connect(request.login)
    try:
        with end_as_failure():
            return _Load(request, control).run()
    finally:
        close_context(request, control)
        control.close()


class _Load:
    """What the phases share."""

    def __init__(self, request: ImportRequest, control: Connection) -> None:
        self.request = request
        self.control = control
        self.phases = Phases(request.progress)
        self.ground: LoadContext = open_context(request, control)
        self.warnings: List[str] = list(self.ground.warnings)
        self.borrowed = BorrowedSettings(request.login, self.ground.ledger, self.ground.log_binary)
        if not request.check_only and self.borrowed.put_back_abandoned(control):
            self.ground = self.ground._replace(server=self.ground.server._replace(variables=variables(control)))
        self.place = LoadTarget(self.ground)
        self.seats = ConnectionPool(self.ground, self.place, self.borrowed)
        # Whether some tables are left out.
        self.filtered = bool(request.choices.tables or request.choices.exclude_tables)

    def run(self) -> LoadResult:
        request, ground = self.request, self.ground
        existing = ground.existing()
        where = resume_state(request, ground.files, ground.entry, existing)
        if where.unchanged is not None:
            return unchanged(ground, where.unchanged)
        if not where.resumed and not existing.empty and request.on_existing == "skip":
            return LoadResult(False, skipped=True, warnings=("{0} holds something already and was skipped".format(request.target),))
        refuse_existing(request, existing, where)
        plan = self._scan()
        self.phases.end("scan")
        self._look_ahead(plan, existing, where)
        self.phases.end("preflight")
        if request.check_only:
            return self._outcome(plan, planned_tables(plan), None, where, decision(request, plan.gtid_purged))
        if where.lost and not where.missing:
            return self._make_lost(plan, where)
        return self._write(plan, existing, where)

    # -- before the first write

    def _scan(self) -> LoadPlan:
        planner = Planner(choices_for(self.request, self.ground.server))
        files, progress = self.request.files, self.request.progress
        # How much SQL a compressed file is shows at its end.
        progress.phase("scan", None if any(file.compressed for file in files) else sum(file.size for file in files))
        for file in files:
            with SqlStream(file) as stream:
                planner.read(Source(file.name, CountingStream(stream, progress)))  # type: ignore[arg-type]
        return planner.plan()

    def _look_ahead(self, plan: LoadPlan, existing: Inventory, where: ResumeState) -> None:
        """Everything that can be known to fail, all at once; what will not be as it was is a warning."""
        request, ground = self.request, self.ground
        problems = all_checks.problems_of(request, plan, ground.server, self.control, ground.log_binary)
        if request.ledger == "drop" and not ground.server.grants.has("DROP", ground.ledger.database):
            problems.append(messages.LEDGER_PRIVILEGE.found(account="{0}@{1}".format(*ground.server.user), database=ground.ledger.database).text)
        problems.extend(all_checks.errors_in(conflicts(request, plan, existing, where, self.control)))
        all_checks.refuse(problems, request.login.address)
        self.warnings.extend(plan.warnings)
        self.warnings.extend(all_checks.lost_definers(plan, ground.server, self.control))
        self.warnings.extend(replication_warnings(request, plan.gtid_purged, ground.server, self.control, ground.log_binary))

    # -- writing

    def _make_lost(self, plan: LoadPlan, where: ResumeState) -> LoadResult:
        with closing(self.seats.take()) as seat:
            outcome = make_lost(self.ground, seat, plan, where, self.filtered)
        self.phases.end("objects")
        warnings = tuple(self.warnings) + outcome.warnings
        return outcome._replace(warnings=warnings, phases=self.phases.seconds, elapsed=self.phases.elapsed)

    def _write(self, plan: LoadPlan, existing: Inventory, where: ResumeState) -> LoadResult:
        request, ground = self.request, self.ground
        there = self.place.make(plan, existing, where)
        self.warnings.extend(self.place.warnings)
        self.phases.end("database")
        try:
            self._borrow(plan)
            engines, loaded = self._load_tables(plan, there, where)
            tables = verify(request, plan, self.place.name, engines, loaded, self.seats.workers, where.settled)
            self.phases.end("verify")
            left_out = self._complete(plan, where, self._swap(plan))
            self.phases.end("objects")
        except BaseException as error:
            self._try_to_give_back()
            if isinstance(error, Failure):
                error.cure = " ".join(words for words in (error.cure, self.place.kept) if words) or None
            raise
        self.borrowed.give_back()
        gtid = apply_gtid(request, plan.gtid_purged, ground.server, self.control, ground.log_binary)
        self.phases.end("gtid")
        outcome = self._outcome(plan, tables, loaded, where, gtid)
        outcome.objects["views"] -= len(left_out)
        made = ground.existing().lasting_keys & {key_of(definition) for definition in plan.objects + plan.triggers + plan.events}
        retried(lambda: ground.ledger.complete(self.control, dict(to_report(outcome), made=sorted(made))), self.control)
        if request.ledger == "drop":
            ground.drop_ledger()
        return outcome

    def _borrow(self, plan: LoadPlan) -> None:
        self.seats.borrow(plan)
        if self.request.durability == "relaxed" and not may_borrow(self.ground):
            self.warnings.append("this account may not relax the durability of commits: they are as durable as the server makes them")

    def _try_to_give_back(self) -> None:
        """On a way out on which the server may be gone; then the next run does it."""
        try:
            self.borrowed.give_back()
        except Failure:
            return

    def _load_tables(self, plan: LoadPlan, there: Dict[str, str], where: ResumeState) -> Tuple[Dict[str, str], RowsLoaded]:
        """Tables, rows and indexes; returns the engines the tables were made with, too."""
        with closing(self.seats.take()) as seat:
            make_tables(seat, self.place.name, plan, there)
            engines = existing_in(self.control, self.place.name, self.ground.ledger.tables).engines
            self.warnings.extend(all_checks.substituted_engines(plan, engines))
            self.phases.end("tables")
            loaded = self._load_rows(plan, seat, engines, where)
            self.warnings.extend(loaded.warnings)
            self.phases.end("rows", loaded.rows_done)
            self.phases.end("indexes")
        return engines, loaded

    def _load_rows(self, plan: LoadPlan, seat: LoaderConnection, engines: Dict[str, str], where: ResumeState) -> RowsLoaded:
        done = self.ground.ledger.done(self.control)
        order = put_in_order(self.ground, plan, self.place.name, seat, engines, where, done)
        loading = RowLoad(
            plan,
            self.request.files,
            self.ground.ledger,
            self.seats.take,
            self.seats.workers,
            order.ordered,
            order.restart,
            lambda seat, index: self._finish(seat, plan.tables[index], where),
            self.request.progress,
        )
        return load_rows(loading, done)

    def _finish(self, seat: LoaderConnection, planned: PlannedTable, where: ResumeState) -> None:
        """A table has its rows."""
        if name_text(planned.name) in where.settled:
            return
        keys.build_indexes(seat, self.place.name, planned)
        if where.resumed:
            keys.set_next_number(seat.connection, self.place.name, planned)
        if planned.rows and planned.create is not None and self.request.analyze:
            keys.analyze(seat.connection, self.place.name, planned.name)
        self.warnings.extend(keys.make_histograms(seat, planned))

    def _swap(self, plan: LoadPlan) -> bool:
        """What was loaded beside the target takes its place; returns whether the foreign keys are there by that."""
        if not self.place.staged:
            return False
        keyed = self.place.swap(plan, self.seats.take, self.filtered)
        self.phases.end("swap")
        return keyed

    def _complete(self, plan: LoadPlan, where: ResumeState, keyed: bool) -> List[str]:
        """Foreign keys, then views, routines, triggers and events; returns a warning for each view that was left out."""
        with closing(self.seats.take()) as seat:
            for planned in plan.tables:
                if not keyed and name_text(planned.name) not in where.settled:
                    keys.add_foreign_keys(seat, self.request.target, planned, self.ground.server.version.number)
            self.phases.end("foreign_keys")
            self.warnings.extend(orphans(self.request, self.seats.workers))
            self.phases.end("orphans")
            left_out = make_objects(seat, plan, where.resumed, self.filtered, where.present)
            self.warnings.extend(left_out)
        self.place.clear_old()
        return left_out

    # -- the result

    def _outcome(self, plan: LoadPlan, tables: List[TableResult], loaded: Optional[RowsLoaded], where: ResumeState, gtid: Dict[str, Any]) -> LoadResult:
        return result_of(plan, tables)._replace(
            warnings=tuple(self.warnings),
            resumed=where.resumed,
            skipped_bytes=loaded.skipped_bytes if loaded else 0,
            began=self.phases.began,
            elapsed=self.phases.elapsed,
            phases=self.phases.seconds,
            gtid=gtid,
            server_version=self.ground.server.version.text,
            fast_chunks=sum(tally.load_data for tally in loaded.tallies.values()) if loaded else 0,
            fingerprint=fingerprint_of(self.ground.files),
        )
