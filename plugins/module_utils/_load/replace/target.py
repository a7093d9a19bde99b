# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database that tables and rows are loaded into: the target, or a stage beside it that takes its place in the end."""

from typing import Callable, Dict, Optional, Tuple

from ..._dump.database_options import encryption_of
from ..._dump.plan import LoadPlan
from ..._dump.steps import Barrier, Chunk
from ..._dump.tokens import Dialect
from ..._failure import Failure
from ..._identifiers import name_text, quote
from ..._server.crash_leftovers import HELPER, drop_broken_tables
from ..._server.existing import Inventory, character_set_of, existing_in
from ..context import LoadContext
from ..ledger import TABLE_WHOLE, retried
from ..loader_connection import LoaderConnection
from ..resume import ResumeState, settings_of
from .dry_run import dry_run_of, run_dry_run
from .staging import NO_STAGE, Staging, can_stage, clear, swap, tidy


class LoadTarget:
    """Made by :meth:`make`; from then on ``name`` says which database it is, and the ledger that it is being loaded.

    A stage is let in by :meth:`swap`, after which it is the target that is loaded, and what it replaced waits until
    :meth:`clear_old`. ``warnings`` are about what was done.
    """

    def __init__(self, ground: LoadContext) -> None:
        self.ground = ground
        self.name = ground.request.target
        self.warnings: Tuple[str, ...] = ()
        self._stage: Optional[Staging] = None
        # Where what is replaced waits until all of its successor is there.
        self._parked: Optional[Staging] = None
        # What the database that is replaced says of character sets.
        self._options = b""
        entry = ground.entry
        # The target as an unfinished load has made it, as a statement; empty where it was there before.
        self._made = str(entry.report.get("made", "")) if entry is not None and entry.state == "loading" else ""

    @property
    def encoded(self) -> bytes:
        """The name as the server is told it."""
        return self.name.encode("utf-8")

    @property
    def staged(self) -> bool:
        """Whether it is not yet the target."""
        return self._stage is not None

    @property
    def kept(self) -> str:
        """For a failure: where the database is that was replaced. Empty where none was."""
        return self._parked.kept if self._parked is not None else ""

    # -- before the tables

    def make(self, plan: LoadPlan, existing: Inventory, where: ResumeState) -> Dict[str, str]:
        """Make it, or find what an earlier run has made of it; returns the tables that are there, with their engines."""
        if where.resumed:
            return self._resume(plan, existing, where)
        ground, request = self.ground, self.ground.request
        if not ground.ledger.tables:
            with ground.ledger.alone(request.login):
                ground.ledger.create(ground.control)
        stage = self._leave_stage()
        if existing.exists and not existing.empty and request.on_existing == "replace":
            self._keep_options(request.target)
            if self._may_stage(plan, stage):
                clear(ground.control, stage)
                self._use(stage)
                self._begin(plan, {}, where)
                self._create(plan)
                return {}
            self.warnings += ("{0} was dropped before its successor was loaded: this account may not load one beside it".format(request.target),)
            ground.control.run(b"DROP DATABASE " + quote(self.encoded))
            existing = existing._replace(exists=False)
        if existing.exists and existing.empty and request.create and not ground.ledger.tables and self._made == self._shown():
            # It has the character set and the encryption that were wanted then.
            ground.control.run(b"DROP DATABASE " + quote(self.encoded))
            existing = existing._replace(exists=False)
        if not existing.exists:
            self._create(plan)
            self._made = self._shown()
        self._begin(plan, {}, where)
        return {}

    def _leave_stage(self) -> Staging:
        """The stage of a new load. Of an earlier one that did not come to its end only what it has replaced is kept."""
        ground = self.ground
        stage = Staging.beside(ground.request.target)
        noted = Staging.noted(ground.entry.report if ground.entry is not None else {})
        if noted.state == "swapping":
            self._swap(noted, True)
            noted = noted._replace(state="swapped").note(ground.control, ground.ledger)
        if noted.state == "swapped" or noted.parked:
            self._parked = noted._replace(state="swapped", parked=False)
            return stage._replace(parked=True)
        if noted.state:
            clear(ground.control, stage)
        return stage

    def _may_stage(self, plan: LoadPlan, stage: Staging) -> bool:
        simple = not any(isinstance(step, Barrier) for step in plan.steps)
        own = all(planned.create is not None and (planned.table is None or planned.table.engine.upper() not in NO_STAGE) for planned in plan.tables)
        return simple and own and not self.ground.ledger.tables and can_stage(stage, self.ground.server)

    def _use(self, stage: Staging) -> None:
        self._stage, self.name = stage, stage.new

    def _resume(self, plan: LoadPlan, existing: Inventory, where: ResumeState) -> Dict[str, str]:
        ground, entry = self.ground, self.ground.entry
        stage = Staging.noted(entry.report) if entry is not None and entry.state == "loading" else Staging("", "", "")
        if stage.state == "clearing":
            clear(ground.control, stage)
        elif stage.state == "swapped":
            self._parked = stage
        elif stage.state:
            self._use(stage)
            if stage.state == "loading":
                existing = existing_in(ground.control, self.name)
                if not existing.exists:
                    self._create(plan)
            else:
                self._move(stage, True)
                existing = ground.existing()
        there = existing.engines
        if ground.server.version.number < 80000:
            there = self._without_broken(plan, there, where)
        self._begin(plan, there, where)
        return there

    def _without_broken(self, plan: LoadPlan, there: Dict[str, str], where: ResumeState) -> Dict[str, str]:
        """The tables that are really there after a crash of a server before 8.0; where nothing else helps, none: then all starts over."""
        control, request = self.ground.control, self.ground.request
        names = {name_text(planned.name) for planned in plan.tables if planned.create is not None}.difference(where.settled)
        broken = drop_broken_tables(control, self.name, names | {HELPER}.intersection(there))
        if broken is not None:
            return {name: engine for name, engine in there.items() if name not in broken}
        if request.on_existing == "merge" or where.present is not None:
            raise Failure(
                "A crash of the server left half a table behind",
                "database {0}".format(request.target),
                "Remove the .frm file the server's error log names, then run again.",
            )
        self._keep_options(self.name)
        control.run(b"DROP DATABASE " + quote(self.encoded))
        self._create(plan)
        return {}

    def _keep_options(self, database: str) -> None:
        charset, collation = character_set_of(self.ground.control, database)
        self._options = "CHARACTER SET {0} COLLATE {1}".format(charset, collation).encode("ascii")

    def _create(self, plan: LoadPlan) -> None:
        """With the character set and collation the user names, else the dump, else the database that is replaced, else the server; encrypted
        as the dump says."""
        request = self.ground.request
        options = plan.database_options or self._options
        if request.charset or request.collation:
            clauses = (("CHARACTER SET ", request.charset), ("COLLATE ", request.collation))
            wanted = " ".join(clause + _word(value) for clause, value in clauses if value).encode("ascii")
            options = wanted + b" " + encryption_of(plan.database_options, Dialect(self.ground.server.version.number))
        self.ground.control.run(b"CREATE DATABASE " + quote(self.encoded) + b" " + options)

    def _shown(self) -> str:
        return str(self.ground.control.rows(b"SHOW CREATE DATABASE " + quote(self.encoded))[0][1])

    def _begin(self, plan: LoadPlan, existing: Dict[str, str], where: ResumeState) -> None:
        """The ledger says loading from here on. What it says of tables that are gone is forgotten."""
        ground = self.ground
        stage = self._stage or self._parked
        report = dict(stage.report() if stage is not None else where.report(), made=self._made)
        kept: Dict[Tuple[int, int], int] = {}

        def begin() -> None:
            ground.control.run("START TRANSACTION")
            ground.ledger.begin(ground.control, ground.files, settings_of(ground.request), report)
            for (file, position), rows in kept.items():
                ground.ledger.note(ground.control, file, position, rows)
            ground.control.run("COMMIT")

        if not where.resumed:
            with ground.ledger.alone(ground.request.login):
                # Another import may have removed it since.
                ground.ledger.create(ground.control)
                retried(begin, ground.control)
            return
        there = {index for index, planned in enumerate(plan.tables) if planned.create is None or name_text(planned.name) in existing}
        steps = [step for step in plan.steps if isinstance(step, Chunk)]
        if where.missing:
            kept.update({(step.file, step.offset): step.rows for step in steps if step.table in there})
            kept.update({(TABLE_WHOLE, index): plan.tables[index].rows for index in there})
        else:
            gone = {(step.file, step.offset) for step in steps if step.table not in there}
            gone.update((TABLE_WHOLE, index) for index in range(len(plan.tables)) if index not in there)
            done = ground.ledger.done(ground.control)
            if not gone.intersection(done):
                return
            kept.update({position: rows for position, rows in done.items() if position not in gone})
        retried(begin, ground.control)

    # -- when all rows are there

    def swap(self, plan: LoadPlan, seat: Callable[[], LoaderConnection], filtered: bool) -> bool:
        """A stage takes the target's place, if all that belongs to it can be made. Returns whether its foreign keys came along.

        What that depends on is made on a ``seat`` at the stage; with ``filtered`` some tables were left out.
        """
        stage = self._stage
        if stage is None:
            return False
        ground = self.ground
        version = ground.server.version.number
        rehearsal = dry_run_of(plan, ground.request.target.encode("utf-8"), stage.new.encode("utf-8"), version)
        at_stage = seat()
        try:
            keyed = run_dry_run(at_stage, rehearsal, stage.new, version, filtered)
        finally:
            at_stage.close()
        planned = frozenset(name_text(planned.name) for planned in plan.tables)
        tidy(ground.control, stage, planned)
        self._move(stage._replace(state="swapping", tables=len(planned)).note(ground.control, ground.ledger))
        return keyed

    def _move(self, stage: Staging, again: bool = False) -> None:
        """From here on the target is loaded as if its tables always had been there."""
        ground = self.ground
        self._swap(stage, again)
        self._parked = stage._replace(state="swapped", parked=False).note(ground.control, ground.ledger)
        self._stage, self.name = None, ground.request.target

    def _swap(self, stage: Staging, again: bool) -> None:
        ground = self.ground
        swap(ground.control, ground.request.target, stage, ground.ledger.tables, again and ground.server.version.number < 80000)

    def clear_old(self) -> None:
        """All of the new database is there: what it replaced may go."""
        if self._parked is not None:
            ground = self.ground
            clear(ground.control, self._parked._replace(state="clearing").note(ground.control, ground.ledger))
            retried(lambda: ground.ledger.report(ground.control, {}), ground.control)
            self._parked = None


def _word(value: Optional[str]) -> str:
    """A character set or collation: letters, digits and underscores, or nothing a server would take."""
    if value is None or not value.replace("_", "").isalnum():
        raise Failure("{0} is no name of a character set or collation".format(value), None, "See SHOW CHARACTER SET and SHOW COLLATION.")
    return value
