# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One database, loaded: the phases in their order, each of which a killed run can be resumed in."""

import os
import time
from contextlib import closing
from typing import Any, Dict, List, Optional, Set, Tuple

from .._dump.classify import Kind
from .._dump.plan import Barrier, Chunk, Plan, PlannedTable
from .._dump.planner import Planner, Source
from .._dump.tokens import quote
from .._failure import Failure
from .._progress import Counted
from .._server.connection import Connection, ServerError, connect
from .._server.server import variables
from . import findings, finish, preflight
from .conflicts import conflicts
from .dump_file import SqlStream
from .ending import ended_as_by_failure
from .gtid import apply_gtid, decision, lacks_set, replication_warnings
from .ledger import DEFAULT_DATABASE, Entry, Ledger, retried
from .objects import drop_broken, empty_table, key_of, make_objects, make_tables, text
from .outcome import Outcome, TableOutcome, from_report, to_report
from .preflight import Existing, Server
from .rehearsal import rehearsal_of, rehearse
from .request import Request
from .row_loader import TABLE_BEGUN, TABLE_WHOLE, Loading, RowsLoaded, load_rows
from .scene import choices_for
from .seat import Seat
from .settings import BorrowedSettings, wanted
from .stage import NO_STAGE, Stage, clear, may_stage, swap, tidy
from .standing import Standing, identity, refuse_existing, settings_of, standing, word_of
from .verify import orphans, planned_tables, verify

SYSTEM_DATABASES = frozenset(("mysql", "sys", "information_schema", "performance_schema"))
# One worker more than these, since each waits for its commits at times.
_MOST_CORES = 8
_SECONDS_A_LOOK = 3
_NEXT_PHASE = {
    "scan": "preflight",
    "preflight": "database",
    "database": "tables",
    "indexes": "verify",
    "verify": "foreign keys",
    "foreign_keys": "orphans",
    "orphans": "objects",
    "objects": "gtid",
}
_LEDGER_PRIVILEGES = ("CREATE", "INSERT", "SELECT", "DELETE", "UPDATE")


def load(request: Request) -> Outcome:
    """Make ``request.target`` hold the dump. Raises a Failure before the first write for all that can be known by then."""
    if request.target.lower() in SYSTEM_DATABASES:
        raise Failure("{0} is a database of the server's own".format(request.target), None, "Choose another target database.")
    control = connect(request.login)
    try:
        with ended_as_by_failure():
            return _Load(request, control).run()
    finally:
        try:
            # The server frees a closed connection's lock in its own time, which the next import may come before.
            control.value("SELECT RELEASE_LOCK(%s)", (Ledger.lock_of(request.target.encode("utf-8")),))
        except ServerError:
            pass
        control.close()


class _Load:
    """What the phases share. ``control`` holds the lock and writes the ledger; rows and objects have seats of their own."""

    def __init__(self, request: Request, control: Connection) -> None:
        self.request = request
        self.control = control
        self.target = request.target.encode("utf-8")
        self.warnings: List[str] = []
        self.phases: Dict[str, float] = {}
        self.began = self._phase_began = time.monotonic()
        self.workers = request.workers or min(_MOST_CORES, os.cpu_count() or 1) + 1
        self.fast_lane = False
        # Where tables and rows are loaded: the target, or a stage beside it that takes its place in the end.
        self.place = request.target
        self.stage: Optional[Stage] = None
        # Where what is replaced waits until all of its successor is there.
        self.parked: Optional[Stage] = None
        self.keyed = False
        self.replaced_options = b""
        self._take_lock()
        self.server: Server = preflight.look_at(control)
        self.log_binary = self._choose_binlog()
        self.ledger, self.entry = self._choose_ledger()
        then = self.entry.files if self.entry is not None else []
        self.files = [identity(file, then[index] if index < len(then) else None) for index, file in enumerate(request.files)]
        self.borrowed = BorrowedSettings(request.login, self.ledger, self.log_binary)

    def run(self) -> Outcome:
        request = self.request
        if not request.check_only and self.borrowed.put_back_abandoned(self.control):
            self.server = self.server._replace(variables=variables(self.control))
        existing = self._existing()
        where = standing(request, self.files, self.entry, existing)
        if where.unchanged is not None:
            return self._unchanged(where.unchanged)
        if not where.resumed and not existing.empty and request.on_existing == "skip":
            return Outcome(False, skipped=True, warnings=("{0} holds something already and was skipped".format(request.target),))
        refuse_existing(request, existing, where)
        plan = self._scan()
        self._end_phase("scan")
        preflight.refuse(self._problems(plan, existing, where), request.login.address)
        self.warnings.extend(plan.warnings)
        self.warnings.extend(preflight.lost_definers(plan, self.server, self.control))
        self.warnings.extend(replication_warnings(request, plan.gtid_purged, self.server, self.control, self.log_binary))
        self._end_phase("preflight")
        if request.check_only:
            return self._outcome(plan, planned_tables(plan), None, where.resumed, decision(request, plan.gtid_purged))
        if where.lost and not where.missing:
            return self._make_lost(plan, where)
        return self._write(plan, existing, where)

    # -- before the first write

    def _take_lock(self) -> None:
        name = Ledger.lock_of(self.target)
        until = time.monotonic() + self.request.patience
        while self.control.value("SELECT GET_LOCK(%s, %s)", (name, min(_SECONDS_A_LOOK, self.request.patience))) != 1:
            self.request.progress.phase("waiting for another import")
            if time.monotonic() < until:
                continue
            raise Failure(
                "Another import of the database {0} is running".format(self.request.target),
                "server {0}, connection {1}".format(self.request.login.address, self.control.value("SELECT IS_USED_LOCK(%s)", (name,))),
                "Wait for it to end.",
            )
        self.control.run("SET SESSION wait_timeout = 86400, net_read_timeout = 3600, net_write_timeout = 3600")

    def _choose_binlog(self) -> bool:
        """Whether this load is written to the binary log."""
        may = self.server.may_choose_binlog
        if self.request.binlog == "on" or not may:
            if self.request.binlog is None and self.server.variables.get("log_bin") == "ON":
                self.warnings.append("this account may not turn the binary log off: the load is written to it and reaches replicas")
            return True
        self.control.run("SET SESSION sql_log_bin = 0")
        return False

    def _choose_ledger(self) -> Tuple[Ledger, Optional[Entry]]:
        target = self.request.target
        names = [self.request.ledger_database] if self.request.ledger_database else [DEFAULT_DATABASE, target]
        ledgers = [Ledger(name, target) for name in names]
        for ledger in ledgers:
            entry = ledger.read(self.control)
            if entry is not None:
                return ledger, entry
        needed = _LEDGER_PRIVILEGES + (("DROP",) if self.request.ledger == "drop" else ())
        if len(ledgers) > 1 and not all(self.server.grants.has(privilege, DEFAULT_DATABASE) for privilege in needed):
            self.warnings.append(
                "this account may not make the database {0}: the ledger is kept in {1} itself, in tables named __apsaradb_*".format(DEFAULT_DATABASE, target)
            )
            return ledgers[1], None
        return ledgers[0], None

    @property
    def filtered(self) -> bool:
        """Whether some tables are left out."""
        return bool(self.request.choices.tables or self.request.choices.exclude_tables)

    def _existing(self) -> Existing:
        return preflight.existing_in(self.control, self.request.target, self.ledger.tables)

    def _unchanged(self, outcome: Outcome) -> Outcome:
        """All is there already, but for a GTID set that was not wanted then and is now."""
        request, purged = self.request, outcome.gtid.get("dump")
        outcome = outcome._replace(changed=outcome.changed or request.ledger == "drop")
        wanting = bool(outcome.gtid) and lacks_set(request, purged, self.control)
        if wanting or outcome.gtid and request.gtid == "fail":
            problems = preflight.gtid_problems(request, purged, self.server, self.control, self.log_binary)
            preflight.refuse(problems, request.login.address, "What was loaded stays, and nothing was changed.")
        if request.check_only:
            return outcome._replace(changed=outcome.changed or wanting, gtid=decision(request, purged) if outcome.gtid else {})
        if outcome.gtid:
            gtid = apply_gtid(request, purged, self.server, self.control, self.log_binary)
            outcome = outcome._replace(changed=outcome.changed or wanting, gtid=gtid)
        if self.request.ledger == "drop":
            self._drop_ledger()
        return outcome

    def _drop_ledger(self) -> None:
        with self.ledger.alone(self.request.login):
            self.ledger.remove(self.control)

    def _scan(self) -> Plan:
        planner = Planner(choices_for(self.request, self.server))
        files, progress = self.request.files, self.request.progress
        # How much SQL a compressed file is shows at its end.
        progress.phase("scan", None if any(file.compressed for file in files) else sum(file.size for file in files))
        for file in files:
            with SqlStream(file) as stream:
                planner.read(Source(file.name, Counted(stream, progress)))  # type: ignore[arg-type]
        return planner.plan()

    def _problems(self, plan: Plan, existing: Existing, where: Standing) -> List[str]:
        problems = preflight.problems_of(self.request, plan, self.server, self.control, self.log_binary)
        if self.request.ledger == "drop" and not self.server.grants.has("DROP", self.ledger.database):
            problems.append(findings.LEDGER_PRIVILEGE.found(account="{0}@{1}".format(*self.server.user), database=self.ledger.database).text)
        problems.extend(preflight.errors_in(conflicts(self.request, plan, existing, where, self.control)))
        return problems

    # -- writing

    def _make_lost(self, plan: Plan, where: Standing) -> Outcome:
        """Objects of a complete load that are gone; killed here, the next run finds those that are still missing."""
        with closing(self._seat()) as seat:
            make_objects(seat, plan, True, self.filtered, where.present)
        self._end_phase("objects")
        names = ", ".join("{0} {1}".format(what.lower(), name) for what, name in sorted(where.lost))
        self.warnings.append("objects of the dump were gone and were made again: {0}".format(names))
        report = self.entry.report if self.entry is not None else {}
        outcome = from_report(report)._replace(changed=True, resumed=True, warnings=tuple(self.warnings), phases=dict(self.phases))
        if self.request.ledger == "drop":
            self._drop_ledger()
        return outcome._replace(elapsed=round(time.monotonic() - self.began, 3))

    def _write(self, plan: Plan, existing: Existing, where: Standing) -> Outcome:
        request = self.request
        there = self._make_database(plan, existing, where)
        self._end_phase("database")
        try:
            self._borrow(plan)
            engines, loaded = self._load_tables(plan, there, where)
            tables = verify(request, plan, self.place, engines, loaded, self.workers, where.settled)
            self._end_phase("verify")
            self._swap(plan)
            with closing(self._seat()) as seat:
                for planned in plan.tables:
                    if self.keyed or text(planned.name) in where.settled:
                        continue
                    finish.add_foreign_keys(seat, request.target, planned, self.server.version.number)
                self._end_phase("foreign_keys")
                self.warnings.extend(orphans(request, self.workers))
                self._end_phase("orphans")
                left_out = make_objects(seat, plan, where.resumed, self.filtered, where.present)
                self.warnings.extend(left_out)
            self._clear_old()
            self._end_phase("objects")
        except BaseException as error:
            self._try_to_give_back()
            if self.parked is not None and isinstance(error, Failure):
                error.cure = " ".join(words for words in (error.cure, self.parked.kept) if words)
            raise
        self.borrowed.give_back()
        gtid = apply_gtid(request, plan.gtid_purged, self.server, self.control, self.log_binary)
        self._end_phase("gtid")
        outcome = self._outcome(plan, tables, loaded, where.resumed, gtid)
        outcome.objects["views"] -= len(left_out)
        made = self._existing().lasting & {key_of(definition) for definition in plan.objects + plan.triggers + plan.events}
        retried(lambda: self.ledger.complete(self.control, dict(to_report(outcome), made=sorted(made))), self.control)
        if request.ledger == "drop":
            self._drop_ledger()
        return outcome

    def _load_tables(self, plan: Plan, there: Dict[str, str], where: Standing) -> Tuple[Dict[str, str], RowsLoaded]:
        """Tables, rows and indexes; returns the engines the tables were made with, too."""
        with closing(self._seat()) as seat:
            make_tables(seat, plan, there)
            engines = preflight.existing_in(self.control, self.place, self.ledger.tables).tables
            self.warnings.extend(preflight.substituted_engines(plan, engines))
            self._end_phase("tables")
            loaded = self._load_rows(plan, seat, engines, where)
            self.warnings.extend(loaded.warnings)
            self._end_phase("rows", loaded.rows_done)
            self._end_phase("indexes")
        return engines, loaded

    def _try_to_give_back(self) -> None:
        """On a way out on which the server may be gone; then the next run does it."""
        try:
            self.borrowed.give_back()
        except Failure:
            return

    def _make_database(self, plan: Plan, existing: Existing, where: Standing) -> Dict[str, str]:
        """Make the place for the tables and say in the ledger that they are being loaded; returns those that are there."""
        request = self.request
        if where.resumed:
            return self._resume(plan, existing, where)
        if not self.ledger.tables:
            with self.ledger.alone(self.request.login):
                self.ledger.create(self.control)
        stage = self._leave_stage()
        if existing.exists and not existing.empty and request.on_existing == "replace":
            charset, collation = preflight.character_set_of(self.control, request.target)
            self.replaced_options = "CHARACTER SET {0} COLLATE {1}".format(charset, collation).encode("ascii")
            if self._may_stage(plan, stage):
                clear(self.control, stage)
                self._use_stage(stage)
                self._begin(plan, {}, where)
                self._create_database(plan, stage.new)
                return {}
            self.warnings.append("{0} was dropped before its successor was loaded: this account may not load one beside it".format(request.target))
            self.control.run(b"DROP DATABASE " + quote(self.target))
            existing = existing._replace(exists=False)
        if not existing.exists:
            self._create_database(plan, request.target)
        self._begin(plan, {}, where)
        return {}

    def _leave_stage(self) -> Stage:
        """The stage of a new load. Of an earlier one that did not come to its end only what it has replaced is kept."""
        stage = Stage.beside(self.request.target)
        noted = Stage.noted(self.entry.report if self.entry is not None else {})
        if noted.state == "swapping":
            swap(self.control, self.request.target, noted, self.ledger.tables)
            noted = noted._replace(state="swapped").note(self.control, self.ledger)
        if noted.state == "swapped" or noted.parked:
            self.parked = noted._replace(state="swapped", parked=False)
            return stage._replace(parked=True)
        if noted.state:
            clear(self.control, stage)
        return stage

    def _resume(self, plan: Plan, existing: Existing, where: Standing) -> Dict[str, str]:
        stage = Stage.noted(self.entry.report) if self.entry is not None and self.entry.state == "loading" else Stage("", "", "")
        if stage.state == "clearing":
            clear(self.control, stage)
        elif stage.state == "swapped":
            self.parked = stage
        elif stage.state:
            self._use_stage(stage)
            if stage.state == "loading":
                existing = preflight.existing_in(self.control, self.place, frozenset())
                if not existing.exists:
                    self._create_database(plan, stage.new)
            else:
                self._move(stage)
                existing = self._existing()
        there = dict(existing.tables)
        if self.server.version.number < 80000:
            there = self._without_broken(plan, there, where)
        self._begin(plan, there, where)
        return there

    def _without_broken(self, plan: Plan, there: Dict[str, str], where: Standing) -> Dict[str, str]:
        """The tables that are really there after a crash of a server before 8.0; where nothing else helps, none: then all starts over."""
        broken = drop_broken(self.control, self.place, {text(planned.name) for planned in plan.tables if planned.create is not None})
        if broken is not None:
            return {name: engine for name, engine in there.items() if name not in broken}
        if self.request.on_existing == "merge" or where.present is not None:
            raise Failure(
                "A crash of the server left half a table behind",
                "database {0}".format(self.request.target),
                "Remove the .frm file the server's error log names, then run again.",
            )
        charset, collation = preflight.character_set_of(self.control, self.place)
        self.replaced_options = "CHARACTER SET {0} COLLATE {1}".format(charset, collation).encode("ascii")
        self.control.run(b"DROP DATABASE " + quote(self.place.encode("utf-8")))
        self._create_database(plan, self.place)
        return {}

    def _may_stage(self, plan: Plan, stage: Stage) -> bool:
        simple = not any(isinstance(step, Barrier) for step in plan.steps)
        own = all(planned.create is not None and (planned.table is None or planned.table.engine.upper() not in NO_STAGE) for planned in plan.tables)
        return simple and own and not self.ledger.tables and may_stage(stage, self.server)

    def _use_stage(self, stage: Stage) -> None:
        self.stage, self.place = stage, stage.new

    def _swap(self, plan: Plan) -> None:
        """What was loaded beside the target takes its place, if all that belongs to it can be made."""
        stage = self.stage
        if stage is None:
            return
        version = self.server.version.number
        rehearsal = rehearsal_of(plan, self.target, stage.new.encode("utf-8"), version)
        with closing(self._seat()) as seat:
            self.keyed = rehearse(seat, rehearsal, stage.new, version, self.filtered)
        planned = frozenset(text(planned.name) for planned in plan.tables)
        tidy(self.control, stage, planned)
        self._move(stage._replace(state="swapping", tables=len(planned)).note(self.control, self.ledger))
        self._end_phase("swap")

    def _move(self, stage: Stage) -> None:
        """From here on the target is loaded as if its tables always had been there."""
        swap(self.control, self.request.target, stage, self.ledger.tables)
        self.parked = stage._replace(state="swapped", parked=False).note(self.control, self.ledger)
        self.stage, self.place = None, self.request.target

    def _clear_old(self) -> None:
        """All of the new database is there: what it replaced may go."""
        if self.parked is not None:
            clear(self.control, self.parked._replace(state="clearing").note(self.control, self.ledger))
            retried(lambda: self.ledger.report(self.control, {}), self.control)
            self.parked = None

    def _create_database(self, plan: Plan, name: str) -> None:
        """With what the user says, else the dump, else the database that is replaced, else the server."""
        request = self.request
        options = plan.database_options or self.replaced_options
        if request.charset or request.collation:
            clauses = (("CHARACTER SET ", request.charset), ("COLLATE ", request.collation))
            options = " ".join(clause + _word(value) for clause, value in clauses if value).encode("ascii")
        self.control.run(b"CREATE DATABASE " + quote(name.encode("utf-8")) + b" " + options)

    def _begin(self, plan: Plan, existing: Dict[str, str], where: Standing) -> None:
        """The ledger says loading from here on. What it says of tables that are gone is forgotten."""
        stage = self.stage or self.parked
        report = stage.report() if stage is not None else where.report()
        kept: Dict[Tuple[int, int], int] = {}

        def begin() -> None:
            self.control.run("START TRANSACTION")
            self.ledger.begin(self.control, self.files, settings_of(self.request), report)
            for (file, position), rows in kept.items():
                self.ledger.note(self.control, file, position, rows)
            self.control.run("COMMIT")

        if not where.resumed:
            with self.ledger.alone(self.request.login):
                # Another import may have removed it since.
                self.ledger.create(self.control)
                retried(begin, self.control)
            return
        there = {index for index, planned in enumerate(plan.tables) if planned.create is None or text(planned.name) in existing}
        steps = [step for step in plan.steps if isinstance(step, Chunk)]
        if where.missing:
            kept.update({(step.file, step.offset): step.rows for step in steps if step.table in there})
            kept.update({(TABLE_WHOLE, index): plan.tables[index].rows for index in there})
        else:
            gone = {(step.file, step.offset) for step in steps if step.table not in there}
            gone.update((TABLE_WHOLE, index) for index in range(len(plan.tables)) if index not in there)
            done = self.ledger.done(self.control)
            if not gone.intersection(done):
                return
            kept.update({position: rows for position, rows in done.items() if position not in gone})
        retried(begin, self.control)

    def _borrow(self, plan: Plan) -> None:
        """Change the server's settings for the time of the load, where this account may."""
        self.fast_lane = self.request.lane != "insert" and any(isinstance(step, Chunk) and step.separator for step in plan.steps)
        size = sum(planned.bytes for planned in plan.tables)
        relaxed = self.request.durability == "relaxed"
        if self.server.may_set("SYSTEM_VARIABLES_ADMIN"):
            self.server.variables.update(self.borrowed.borrow(lambda own: wanted(own, size, self.fast_lane, relaxed, self.log_binary)))
        elif relaxed:
            self.warnings.append("this account may not relax the durability of commits: they are as durable as the server makes them")
        self.fast_lane = self.fast_lane and self.server.variables.get("local_infile") == "ON"

    def _seat(self, number: int = 0) -> Seat:
        """A connection for objects, or for worker ``number``, of which there is one alive at a time on the whole server."""
        seat = Seat(self.request.login, self.place.encode("utf-8"), self.log_binary, bool(number) and self.fast_lane)
        finish.prepare_ddl(seat, self.server.version.number, int(self.server.variables.get("innodb_buffer_pool_size", "0")), self.workers)
        if number and seat.connection.value("SELECT GET_LOCK(%s, 60)", (Ledger.lock_of(self.target, number),)) != 1:
            seat.close()
            raise Failure(
                "A connection of an earlier, killed import of {0} is still at work".format(self.request.target),
                "server {0}".format(self.request.login.address),
                "Wait until it ends (SHOW PROCESSLIST), then run again.",
            )
        return seat

    def _load_rows(self, plan: Plan, seat: Seat, engines: Dict[str, str], where: Standing) -> RowsLoaded:
        done = self.ledger.done(self.control)
        restart: Set[int] = set()
        ordered: Set[int] = set()
        for index, planned in enumerate(plan.tables):
            engine = engines.get(text(planned.name), planned.table.engine if planned.table else "InnoDB")
            # A MERGE table has no rows of its own: emptying it would empty the tables under it.
            if engine.upper() not in ("INNODB", "MRG_MYISAM"):
                restart.add(index)
                ours = where.resumed and text(planned.name) not in where.settled
                if ours and planned.create is not None and not self._is_whole(planned, done.get((TABLE_WHOLE, index))):
                    done.pop((TABLE_WHOLE, index), None)
                    self._unnote_whole(index)
                    empty_table(seat, planned.name, planned.create)
                elif planned.create is None and planned.rows and (TABLE_WHOLE, index) not in done:
                    self._fill_another_s(index, planned, done.get((TABLE_BEGUN, index)))
            if planned.ordered or planned.table is None or not any(key.kind == "primary" for key in planned.table.keys):
                ordered.add(index)
        loading = Loading(
            plan,
            self.request.files,
            self.ledger,
            self._seat,
            self.workers,
            frozenset(ordered),
            frozenset(restart),
            lambda seat, index: self._finish(seat, plan.tables[index], where),
            self.request.progress,
        )
        return load_rows(loading, done)

    def _fill_another_s(self, index: int, planned: PlannedTable, before: Optional[int]) -> None:
        """Rows go into a table that was there and that cannot give them back. ``before`` is what it held when an earlier run began to."""
        name = text(planned.name)
        now = int(self.control.value(b"SELECT COUNT(*) FROM " + quote(self.place.encode("utf-8")) + b"." + quote(planned.name)))
        if before is None:
            retried(lambda: self.ledger.note(self.control, TABLE_BEGUN, index, now), self.control)
        elif now != before:
            raise Failure(
                "An earlier run was stopped while it filled the table {0}, whose engine cannot undo rows: it held {1} before and holds {2} now".format(
                    name, before, now
                ),
                "database {0}".format(self.request.target),
                "Bring the table back to its {0} row(s), then run again.".format(before),
            )

    def _unnote_whole(self, table: int) -> None:
        retried(lambda: self.ledger.unnote(self.control, TABLE_WHOLE, table), self.control)

    def _is_whole(self, planned: PlannedTable, rows: Optional[int]) -> bool:
        """Whether a non-transactional table still holds what was noted of it, which a crash may have taken away."""
        if rows is None:
            return False
        name = quote(self.place.encode("utf-8")) + b"." + quote(planned.name)
        if any(str(row[2]) == "error" for row in self.control.rows(b"CHECK TABLE " + name + b" QUICK")):
            return False
        return int(self.control.value(b"SELECT COUNT(*) FROM " + name)) == rows

    def _finish(self, seat: Seat, planned: PlannedTable, where: Standing) -> None:
        if text(planned.name) in where.settled:
            return
        finish.build_indexes(seat, self.place, planned)
        if where.resumed:
            finish.set_next_number(seat.connection, self.place, planned)
        if planned.rows and planned.create is not None and self.request.analyze:
            finish.analyze(seat.connection, self.place, planned.name)

    # -- the result

    def _end_phase(self, name: str, at: Optional[float] = None) -> None:
        now = max(at or time.monotonic(), self._phase_began)
        self.phases[name] = round(now - self._phase_began, 3)
        self._phase_began = now
        if name in _NEXT_PHASE:
            self.request.progress.phase(_NEXT_PHASE[name])

    def _outcome(self, plan: Plan, tables: List[TableOutcome], loaded: Optional[RowsLoaded], resumed: bool, gtid: Dict[str, Any]) -> Outcome:
        kinds = {"views": Kind.VIEW, "routines": Kind.ROUTINE}
        objects = {name: len({(made.what, made.name) for made in plan.objects if made.kind is kind}) for name, kind in kinds.items()}
        objects.update(triggers=len(plan.triggers), events=len(plan.events))
        return Outcome(
            changed=True,
            tables=tuple(tables),
            objects=objects,
            rewritten=dict(plan.rewritten),
            warnings=tuple(self.warnings),
            resumed=resumed,
            skipped_bytes=loaded.skipped_bytes if loaded else 0,
            statements=plan.statements,
            bytes=sum(file.size for file in plan.files),
            began=round(time.time() - time.monotonic() + self.began, 3),
            elapsed=round(time.monotonic() - self.began, 3),
            phases=dict(self.phases),
            gtid=gtid,
            server_version=self.server.version.text,
            fast_chunks=sum(tally.fast for tally in loaded.tallies.values()) if loaded else 0,
            fingerprint=word_of(self.files),
        )


def _word(value: Optional[str]) -> str:
    """A character set or collation: letters, digits and underscores, or nothing a server would take."""
    if value is None or not value.replace("_", "").isalnum():
        raise Failure("{0} is no name of a character set or collation".format(value), None, "See SHOW CHARACTER SET and SHOW COLLATION.")
    return value
