# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database into which tables and rows are loaded: the target itself, or a staging database whose tables are moved into it at the end."""

from contextlib import closing
from typing import Callable, Dict, Optional, Tuple

from ..._dump.database_options import encryption_of
from ..._dump.plan import LoadPlan
from ..._dump.session_variables import SessionState
from ..._dump.steps import Chunk
from ..._failure import Failure
from ..._identifiers import name_text, quote
from ..._server.crash_leftovers import HELPER, drop_broken_tables
from ..._server.existing import Inventory, character_set_clause, encryption_clause, existing_in, tables_and_views
from ..context import LoadContext
from ..ledger import TABLE_WHOLE, retried
from ..loader_connection import LoaderConnection
from ..ownership import MadeNotes
from ..request import ImportRequest, OnExisting
from ..resume import Resume, ResumeState, settings_of
from ..rows.past_statements import lost_tables, refuse_to_reload, starts_over
from ..schema.objects import key_of
from .dry_run import dry_run_of, run_dry_run
from .staging import PROGRAMS, Staging, clear, swap, tidy


class LoadTarget:
    """Created by :meth:`make`; from then on ``name`` is the database to load into, and the ledger records that the target is being loaded.

    After :meth:`swap` the tables of a staging database are in the target; the old ones are kept until :meth:`clear_old`.
    ``warnings`` concern these steps.
    """

    def __init__(self, context: LoadContext) -> None:
        self.context = context
        self.name = context.request.target
        self.warnings: Tuple[str, ...] = ()
        self._staging: Optional[Staging] = None
        # Where the replaced tables are kept until all of the new database exists.
        self._parked: Optional[Staging] = None
        # The character set and collation of the replaced database, and its encryption.
        self._options = self._encryption = b""
        entry = context.entry
        # The CREATE DATABASE of a target that an unfinished load created; empty if the database existed before.
        self._made = str(entry.report.get("made", "")) if entry is not None and entry.state == "loading" else ""

    @property
    def staged(self) -> bool:
        """Whether the tables are in a staging database."""
        return self._staging is not None

    @property
    def kept(self) -> str:
        """Text for a failure: where the replaced database is kept. Empty if nothing was replaced."""
        return self._parked.kept if self._parked is not None else ""

    # -- before the tables

    def make(self, plan: LoadPlan, existing: Inventory, resume: ResumeState, made: MadeNotes) -> Dict[str, str]:
        """Create the database, or find what an earlier run created; returns the existing tables, with their engines."""
        if resume.resumed:
            return self._resume(plan, existing, resume, made)
        context, request = self.context, self.context.request
        if not context.ledger.tables and not context.ledger.exists:
            with context.ledger.alone(request.login):
                context.ledger.create(context.control)
        staging = self._new_staging()
        exists = existing.exists
        if exists and not existing.empty and request.on_existing is OnExisting.REPLACE:
            self._keep_options(request.target)
            # The checks have refused everything that cannot be staged.
            clear(context.control, staging)
            self._use(staging)
            self._begin(plan, {}, resume)
            self._create(plan)
            return {}
        if exists and existing.empty and request.create and not context.ledger.tables and self._made == self._statement():
            # An unfinished load created it with the character set and encryption that were requested then.
            self._drop()
            exists = False
        if not exists:
            self._create(plan)
            self._made = self._statement()
        self._begin(plan, {}, resume)
        return {}

    def _new_staging(self) -> Staging:
        """The staging of a new load. Tables that an earlier, unfinished replacement loaded are dropped; those that it replaced are kept."""
        context = self.context
        staging = Staging.of(context.request.target)
        noted = Staging.from_report(context.entry.report if context.entry is not None else {}, context.request.target)
        if noted.state == "swapping":
            self._swap(noted, interrupted=True)
            noted = noted._replace(state="swapped").note(context.control, context.ledger)
        kept, _views = tables_and_views(context.control, staging.old) if noted.state == "swapped" or noted.parked else ([], [])
        # If the user has moved them back, the target holds the old tables again, and not those of the failed replacement.
        if any(table.name != PROGRAMS for table in kept):
            self._parked = noted._replace(state="swapped", parked=False)
            return staging._replace(parked=True)
        if noted.state:
            clear(context.control, staging)
        return staging

    def _use(self, staging: Staging) -> None:
        self._staging, self.name = staging, staging.new

    def _resume(self, plan: LoadPlan, existing: Inventory, resume: ResumeState, made: MadeNotes) -> Dict[str, str]:
        context, entry = self.context, self.context.entry
        staging = Staging.from_report(entry.report if entry is not None and entry.state == "loading" else {}, context.request.target)
        if staging.state == "clearing":
            clear(context.control, staging)
        elif staging.state == "swapped":
            self._parked = staging
        elif staging.state:
            self._use(staging)
            if staging.state == "loading":
                if existing.exists:
                    self._keep_options(context.request.target)
                existing = existing_in(context.control, self.name)
                if not existing.exists:
                    self._create(plan)
            else:
                self._move(plan, made, staging, interrupted=True)
                existing = context.existing()
        there = existing.engines
        if context.server.version.number < 80000:
            there = self._without_broken(plan, existing, resume)
        self._begin(plan, there, resume)
        return there

    def _without_broken(self, plan: LoadPlan, existing: Inventory, resume: ResumeState) -> Dict[str, str]:
        """The tables that are usable after a crash of a server before 8.0; none if only DROP DATABASE helps, so that the load starts over."""
        control, request, there = self.context.control, self.context.request, existing.engines
        made = frozenset(name for _kind, name in self.context.ledger.made(control))
        names = {name_text(planned.name) for planned in plan.tables if planned.create is not None}.difference(resume.settled)
        broken = drop_broken_tables(control, self.name, (names & made) | {HELPER}.intersection(there))
        if broken is not None:
            return {name: engine for name, engine in there.items() if name not in broken}
        objects = existing.keys - {key_of(definition) for definition in plan.objects + plan.triggers + plan.events}
        theirs = not self.staged and (frozenset(there) - names - {HELPER} or objects or self.context.ledger.tables)
        if theirs or request.on_existing is OnExisting.MERGE or resume.state is Resume.REPAIR:
            raise Failure(
                "A crash of the server left a table incomplete",
                "database {0}".format(request.target),
                "Remove the .frm file that the server's error log names, then run the task again.",
            )
        self._keep_options(self.name)
        self._drop()
        self._create(plan)
        return {}

    def _drop(self) -> None:
        self.context.control.run(b"DROP DATABASE " + quote(self.name))

    def _keep_options(self, database: str) -> None:
        self._options = character_set_clause(self.context.control, database).encode("ascii")
        self._encryption = encryption_clause(self.context.control, database).encode("ascii")

    def _create(self, plan: LoadPlan) -> None:
        options = _database_options(self.context.request, plan.database_options, self._options, self._encryption, self.context.server.version.number)
        self.context.control.run(b"CREATE DATABASE " + quote(self.name) + b" " + options)

    def _statement(self) -> str:
        return str(self.context.control.rows(b"SHOW CREATE DATABASE " + quote(self.name))[0][1])

    def _begin(self, plan: LoadPlan, there: Dict[str, str], resume: ResumeState) -> None:
        """Record in the ledger that the target is being loaded, and remove the records of tables that no longer exist."""
        context = self.context
        staging = self._staging or self._parked
        report = dict(staging.report() if staging is not None else resume.report(), made=self._made)
        kept: Dict[Tuple[int, int], int] = {}

        def begin() -> None:
            context.control.run("START TRANSACTION")
            if not resume.resumed:
                context.ledger.forget_made(context.control)
            context.ledger.begin(context.control, context.files, settings_of(context.request), report)
            for (file, position), rows in kept.items():
                context.ledger.note(context.control, file, position, rows)
            context.control.run("COMMIT")

        if not resume.resumed:
            with context.ledger.alone(context.request.login):
                # Another import may have removed the ledger in the meantime.
                context.ledger.create(context.control)
                retried(begin, context.control)
            return
        theirs = {index for index, planned in enumerate(plan.tables) if planned.create is None and planned.name not in plan.renamed}
        whole = theirs.union(index for index, planned in enumerate(plan.tables) if name_text(planned.name) in there)
        steps = [step for step in plan.steps if isinstance(step, Chunk)]
        if resume.missing:
            kept.update({(step.file, step.offset): step.rows for step in steps if step.table in whole})
            kept.update({(TABLE_WHOLE, index): plan.tables[index].rows for index in whole})
        else:
            done = context.ledger.done(context.control)
            gone = {(step.file, step.offset) for step in steps if step.table not in whole}
            gone.update((TABLE_WHOLE, index) for index in range(len(plan.tables)) if index not in whole)
            if starts_over(plan, done, there):
                # All statements run again too.
                gone.update(done)
            else:
                refuse_to_reload(plan, done, lost_tables(plan, done, there), self.name, created_again=True)
            if not gone.intersection(done):
                return
            kept.update({position: rows for position, rows in done.items() if position not in gone})
        retried(begin, context.control)

    # -- when all rows are loaded

    def swap(self, plan: LoadPlan, connect: Callable[[str], LoaderConnection], made: MadeNotes, *, filtered: bool) -> bool:
        """Move the new tables into the target, if all other objects can be created too. Returns whether the foreign keys moved too.

        ``connect`` opens a connection to a database. ``made`` records the tables. ``filtered``: some tables were left out.
        """
        staging = self._staging
        if staging is None:
            return False
        context = self.context
        version = context.server.version.number
        dry_run = dry_run_of(plan, context.request.target.encode("utf-8"), staging.new.encode("utf-8"), version)
        with closing(connect(staging.new)) as connection:
            keyed = run_dry_run(connection, dry_run, staging.new, version, filtered=filtered)
        planned = frozenset(name_text(planned.name) for planned in plan.tables)
        tidy(context.control, staging, planned)
        self._move(plan, made, staging._replace(state="swapping", tables=len(planned)).note(context.control, context.ledger))
        return keyed

    def _move(self, plan: LoadPlan, made: MadeNotes, staging: Staging, *, interrupted: bool = False) -> None:
        """Move the tables into the target."""
        context = self.context
        self._swap(staging, interrupted=interrupted)
        made.mark_tables(context.request.target, context.existing().tables, plan, {})
        self._parked = staging._replace(state="swapped", parked=False).note(context.control, context.ledger)
        self._staging, self.name = None, context.request.target

    def _swap(self, staging: Staging, *, interrupted: bool) -> None:
        context = self.context
        crashed = interrupted and context.server.version.number < 80000
        try:
            swap(context.control, context.request.target, staging, context.ledger.tables, crashed=crashed)
        except Failure as error:
            # With tables of an earlier replacement, the target holds a failed one, whose statements are not kept.
            error.cure = " ".join(words for words in (error.cure, "" if staging.parked else staging.kept) if words) or None
            raise

    def clear_old(self) -> None:
        """Drop the replaced database, because the new one is complete."""
        if self._parked is not None:
            context = self.context
            clear(context.control, self._parked._replace(state="clearing").note(context.control, context.ledger))
            Staging("", "", "").note(context.control, context.ledger)
            self._parked = None


def _database_options(request: ImportRequest, dumped: bytes, replaced: bytes, encryption: bytes, version: int) -> bytes:
    """The options of CREATE DATABASE: the character set and collation of the request, otherwise those of the dump (``dumped``), otherwise those of the
    database that is ``replaced``, otherwise none, which means the server's default. Encryption is as in the dump, otherwise as in the replaced database."""
    named = encryption_of(dumped, SessionState().dialect(version))
    if not request.charset and not request.collation:
        return b" ".join(options for options in (dumped or replaced, b"" if named else encryption) if options)
    clauses = ((b"CHARACTER SET ", request.charset), (b"COLLATE ", request.collation))
    # The checks have found both on the server.
    wanted = b" ".join(clause + quote(value) for clause, value in clauses if value)
    return wanted + b" " + (named or encryption)
