# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One database, loaded: the phases in their order, each of which a killed run can be resumed in."""

from contextlib import closing
from typing import Any, Dict, List, Optional, Tuple

from .._dump.plan import Plan, PlannedTable
from .._dump.planner import Planner, Source
from .._failure import Failure
from .._progress import Counted
from .._server.connection import Connection, connect
from .._server.server import variables
from . import findings, finish, preflight
from .conflicts import conflicts
from .dump_file import SqlStream
from .ending import ended_as_by_failure
from .ground import Ground, leave_ground, take_ground
from .gtid import apply_gtid, decision, replication_warnings
from .heap import keep_blocks
from .ledger import retried
from .objects import key_of, make_objects, make_tables, text
from .outcome import Outcome, TableOutcome, outcome_of, to_report
from .phases import Phases
from .place import Place
from .preflight import Existing
from .repeated import make_lost, unchanged
from .request import Request
from .row_loader import Loading, RowsLoaded, load_rows
from .scene import choices_for
from .seat import Seat
from .seats import Seats, may_borrow
from .settings import BorrowedSettings
from .standing import Standing, refuse_existing, standing, word_of
from .verify import orphans, planned_tables, verify
from .whole_tables import put_in_order

SYSTEM_DATABASES = frozenset(("mysql", "sys", "information_schema", "performance_schema"))


def load(request: Request) -> Outcome:
    """Make ``request.target`` hold the dump. Raises a Failure before the first write for all that can be known by then."""
    if request.target.lower() in SYSTEM_DATABASES:
        raise Failure("{0} is a database of the server's own".format(request.target), None, "Choose another target database.")
    keep_blocks()
    control = connect(request.login)
    try:
        with ended_as_by_failure():
            return _Load(request, control).run()
    finally:
        leave_ground(request, control)
        control.close()


class _Load:
    """What the phases share."""

    def __init__(self, request: Request, control: Connection) -> None:
        self.request = request
        self.control = control
        self.phases = Phases(request.progress)
        self.ground: Ground = take_ground(request, control)
        self.warnings: List[str] = list(self.ground.warnings)
        self.borrowed = BorrowedSettings(request.login, self.ground.ledger, self.ground.log_binary)
        if not request.check_only and self.borrowed.put_back_abandoned(control):
            self.ground = self.ground._replace(server=self.ground.server._replace(variables=variables(control)))
        self.place = Place(self.ground)
        self.seats = Seats(self.ground, self.place, self.borrowed)
        # Whether some tables are left out.
        self.filtered = bool(request.choices.tables or request.choices.exclude_tables)

    def run(self) -> Outcome:
        request, ground = self.request, self.ground
        existing = ground.existing()
        where = standing(request, ground.files, ground.entry, existing)
        if where.unchanged is not None:
            return unchanged(ground, where.unchanged)
        if not where.resumed and not existing.empty and request.on_existing == "skip":
            return Outcome(False, skipped=True, warnings=("{0} holds something already and was skipped".format(request.target),))
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

    def _scan(self) -> Plan:
        planner = Planner(choices_for(self.request, self.ground.server))
        files, progress = self.request.files, self.request.progress
        # How much SQL a compressed file is shows at its end.
        progress.phase("scan", None if any(file.compressed for file in files) else sum(file.size for file in files))
        for file in files:
            with SqlStream(file) as stream:
                planner.read(Source(file.name, Counted(stream, progress)))  # type: ignore[arg-type]
        return planner.plan()

    def _look_ahead(self, plan: Plan, existing: Existing, where: Standing) -> None:
        """Everything that can be known to fail, all at once; what will not be as it was is a warning."""
        request, ground = self.request, self.ground
        problems = preflight.problems_of(request, plan, ground.server, self.control, ground.log_binary)
        if request.ledger == "drop" and not ground.server.grants.has("DROP", ground.ledger.database):
            problems.append(findings.LEDGER_PRIVILEGE.found(account="{0}@{1}".format(*ground.server.user), database=ground.ledger.database).text)
        problems.extend(preflight.errors_in(conflicts(request, plan, existing, where, self.control)))
        preflight.refuse(problems, request.login.address)
        self.warnings.extend(plan.warnings)
        self.warnings.extend(preflight.lost_definers(plan, ground.server, self.control))
        self.warnings.extend(replication_warnings(request, plan.gtid_purged, ground.server, self.control, ground.log_binary))

    # -- writing

    def _make_lost(self, plan: Plan, where: Standing) -> Outcome:
        with closing(self.seats.take()) as seat:
            outcome = make_lost(self.ground, seat, plan, where, self.filtered)
        self.phases.end("objects")
        warnings = tuple(self.warnings) + outcome.warnings
        return outcome._replace(warnings=warnings, phases=self.phases.seconds, elapsed=self.phases.elapsed)

    def _write(self, plan: Plan, existing: Existing, where: Standing) -> Outcome:
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
        made = ground.existing().lasting & {key_of(definition) for definition in plan.objects + plan.triggers + plan.events}
        retried(lambda: ground.ledger.complete(self.control, dict(to_report(outcome), made=sorted(made))), self.control)
        if request.ledger == "drop":
            ground.drop_ledger()
        return outcome

    def _borrow(self, plan: Plan) -> None:
        self.seats.borrow(plan)
        if self.request.durability == "relaxed" and not may_borrow(self.ground):
            self.warnings.append("this account may not relax the durability of commits: they are as durable as the server makes them")

    def _try_to_give_back(self) -> None:
        """On a way out on which the server may be gone; then the next run does it."""
        try:
            self.borrowed.give_back()
        except Failure:
            return

    def _load_tables(self, plan: Plan, there: Dict[str, str], where: Standing) -> Tuple[Dict[str, str], RowsLoaded]:
        """Tables, rows and indexes; returns the engines the tables were made with, too."""
        with closing(self.seats.take()) as seat:
            make_tables(seat, self.place.name, plan, there)
            engines = preflight.existing_in(self.control, self.place.name, self.ground.ledger.tables).tables
            self.warnings.extend(preflight.substituted_engines(plan, engines))
            self.phases.end("tables")
            loaded = self._load_rows(plan, seat, engines, where)
            self.warnings.extend(loaded.warnings)
            self.phases.end("rows", loaded.rows_done)
            self.phases.end("indexes")
        return engines, loaded

    def _load_rows(self, plan: Plan, seat: Seat, engines: Dict[str, str], where: Standing) -> RowsLoaded:
        done = self.ground.ledger.done(self.control)
        order = put_in_order(self.ground, plan, self.place.name, seat, engines, where, done)
        loading = Loading(
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

    def _finish(self, seat: Seat, planned: PlannedTable, where: Standing) -> None:
        """A table has its rows."""
        if text(planned.name) in where.settled:
            return
        finish.build_indexes(seat, self.place.name, planned)
        if where.resumed:
            finish.set_next_number(seat.connection, self.place.name, planned)
        if planned.rows and planned.create is not None and self.request.analyze:
            finish.analyze(seat.connection, self.place.name, planned.name)
        self.warnings.extend(finish.make_histograms(seat, planned))

    def _swap(self, plan: Plan) -> bool:
        """What was loaded beside the target takes its place; returns whether the foreign keys are there by that."""
        if not self.place.staged:
            return False
        keyed = self.place.swap(plan, self.seats.take, self.filtered)
        self.phases.end("swap")
        return keyed

    def _complete(self, plan: Plan, where: Standing, keyed: bool) -> List[str]:
        """Foreign keys, then views, routines, triggers and events; returns a warning for each view that was left out."""
        with closing(self.seats.take()) as seat:
            for planned in plan.tables:
                if not keyed and text(planned.name) not in where.settled:
                    finish.add_foreign_keys(seat, self.request.target, planned, self.ground.server.version.number)
            self.phases.end("foreign_keys")
            self.warnings.extend(orphans(self.request, self.seats.workers))
            self.phases.end("orphans")
            left_out = make_objects(seat, plan, where.resumed, self.filtered, where.present)
            self.warnings.extend(left_out)
        self.place.clear_old()
        return left_out

    # -- the result

    def _outcome(self, plan: Plan, tables: List[TableOutcome], loaded: Optional[RowsLoaded], where: Standing, gtid: Dict[str, Any]) -> Outcome:
        return outcome_of(plan, tables)._replace(
            warnings=tuple(self.warnings),
            resumed=where.resumed,
            skipped_bytes=loaded.skipped_bytes if loaded else 0,
            began=self.phases.began,
            elapsed=self.phases.elapsed,
            phases=self.phases.seconds,
            gtid=gtid,
            server_version=self.ground.server.version.text,
            fast_chunks=sum(tally.fast for tally in loaded.tallies.values()) if loaded else 0,
            fingerprint=word_of(self.ground.files),
        )
