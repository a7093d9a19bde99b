# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the window of a roll-forward once, and decide what to do with each transaction before anything is changed."""

import heapq
import os
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .._binlog.transactions import StatementEvent, Transaction
from .._dump.statement_splitter import head_of
from .._failure import Failure
from .._follow.segments import IN_NO_DUMP, ExecMode, InDump, Segment, SegmentBuilder, all_of
from .._gtid_set import GtidSet
from .._identifiers import is_system_schema
from .._progress import SILENT, Progress
from .._server.server_info import Version
from ._binlog_window import Overlap, WindowFile, WindowReader, WindowTransaction, needed_files
from ._dump_sets import DumpsByGtid, DumpSets
from ._private_source import SourceFile
from ._statement_effects import CURE, Effect, StatementDecision, StatementReader, counted, is_definition
from ._stop_point import STOP_SPEC, StopPoint, shown
from ._tables_needed import Table, TableUse, TableUses

ROLL_SPEC: Dict[str, Dict[str, Any]] = dict(STOP_SPEC, overlap={"type": "int", "default": 600})
_LARGEST = 10
_DDL_SHOWN = 50
_SHOWN = 10
_MOST_NAMES = 1000
# Seconds from the first transaction after the dump's set on, within which rows may be in the dump already.
TAIL = 60.0
DecidedStatement = Tuple[StatementEvent, StatementDecision]
_NONE: FrozenSet[str] = frozenset()
_IN_BACKUP = "already in the backup"
_UNREAD = "Stop before it (until_gtid), or use a newer backup; if it is compressed, install libzstd, which reads transactions up to 64 MiB"


class RollRequest(NamedTuple):
    """The request: ``databases`` maps names in the binlogs to names on the target; ``overlap`` is in seconds. ``executed``: by the target.

    ``dumps`` are the GTID sets of the dumps, by names in the binlogs; a missing one has the common set.
    """

    databases: Mapping[str, str]
    sets: DumpSets
    stop: StopPoint
    overlap: float
    executed: GtidSet = GtidSet()
    dumps: Mapping[str, GtidSet] = {}


class RollPlan(NamedTuple):
    """The decision. ``by_hand`` has the statements of transactions that the filters would drop, by GTID. ``result`` has the module's result keys.

    ``skipped`` must not reach the channel, and counts as executed: see :meth:`_TransactionSorter._xa`.
    """

    segments: List[Segment]
    skipped: GtidSet
    by_hand: Dict[str, DecidedStatement]
    sources: List[SourceFile]
    gtids: GtidSet
    problems: List[str]
    warnings: List[str]
    server_ids: Set[int]
    # Tables of the targets with row events in the overlap.
    overlap_tables: Set[Tuple[str, str]]
    time_zones: Set[str]
    version: str
    targets: List[str]
    result: Dict[str, Any]
    uses: Mapping[Table, TableUse]
    sizes: "SizesOfTransactions"
    # Names in the request that no transaction changes, although transactions change others, and some of these.
    unseen: Sequence[str] = ()
    others: str = ""


class SizesOfTransactions:
    """The approximate size of the first N transactions. Memory: a thousand numbers."""

    def __init__(self) -> None:
        self._every, self._sums, self.count = 1, [0], 0
        self.total = 0

    def add(self, size: int) -> None:
        """Add the size of the next transaction."""
        self.count, self.total = self.count + 1, self.total + size
        if self.count % self._every == 0:
            self._sums.append(self.total)
        if len(self._sums) > 1000:
            self._every, self._sums = self._every * 2, self._sums[::2]

    def first(self, count: int) -> int:
        """The size of the first ``count`` transactions, or of up to a thousandth fewer."""
        return self.total if count >= self.count else self._sums[count // self._every]


class _TransactionSorter:
    """Collects what the plan needs, one transaction after the other."""

    def __init__(self, request: RollRequest, version: str) -> None:
        self._request = request
        self._statements = StatementReader(request.databases, Version.parse(version).number)
        self._builder = SegmentBuilder()
        self._skipped = SegmentBuilder()
        self.by_hand: Dict[str, DecidedStatement] = {}
        self.problems: List[str] = []
        self.warnings: List[str] = []
        self.server_ids: Set[int] = set()
        self.time_zones: Set[str] = set()
        self.overlap_tables: Set[Tuple[str, str]] = set()
        self.uses = TableUses(request.executed)
        self.sizes = SizesOfTransactions()
        self.applied = 0
        self.reasons: Dict[str, int] = {}
        self._changed: Set[str] = set()
        self._largest: List[Tuple[int, str, float]] = []
        self.ddl: List[Dict[str, Any]] = []
        # Whether each changes the targets.
        self._open_xa: Dict[Optional[bytes], bool] = {}
        self._begun_xa: Dict[Optional[bytes], bool] = {}
        self._dumps = DumpsByGtid({name: request.dumps.get(name, request.sets.common) for name in request.databases})

    def cannot_repeat(self, placed: WindowTransaction) -> bool:
        """Whether the transaction may be in the dump and cannot be applied twice.

        It changes definitions, or rows by a statement, or ends an XA transaction of the databases: tables without a primary key do not get the overlap,
        which may leave it empty (see :meth:`_xa`).
        """
        transaction = placed.transaction
        changes = any(self._statements.decision(statement).effect not in (Effect.FILTERED, Effect.SKIP) for statement in transaction.statements)
        if transaction.xa is None:
            return changes
        changes = changes or any(schema in self._request.databases for schema, _table in transaction.tables)
        if transaction.xa == "start":
            # If its end is not in the dump, neither are its rows.
            self._begun_xa[transaction.xid] = changes
            return False
        return changes if transaction.xa == "whole" else self._begun_xa.pop(transaction.xid, True)

    def add_overlap(self, head: List[WindowTransaction]) -> List[WindowTransaction]:
        """Add the transactions up to the end of the last dump's set, and return those that a database gets.

        A database does not get those that its dump contains, up to the last one of them that cannot be applied twice.
        """
        last: Dict[str, int] = {}
        for index, placed in enumerate(head):
            if self.cannot_repeat(placed):
                last.update(dict.fromkeys(self._dumps.names(placed.transaction.gtid or ""), index))
        added = []
        for index, placed in enumerate(head):
            known = self._dumps.names(placed.transaction.gtid or "")
            left_out = frozenset(name for name in known if last.get(name, -1) >= index)
            # Without a database, the channel would have no filter. Such a transaction is in all dumps, so it counts as executed.
            if len(left_out) < len(self._request.databases):
                self.add(placed, ExecMode.IDEMPOTENT, left_out, known - left_out)
                added.append(placed)
        return added

    def add(self, placed: WindowTransaction, mode: ExecMode, left_out: FrozenSet[str] = _NONE, again: FrozenSet[str] = _NONE) -> None:
        """Add the next transaction. ``left_out`` and ``again`` are the databases whose dumps contain it; those that are left out do not get it."""
        transaction = placed.transaction
        self.server_ids.add(transaction.server_id)
        if transaction.unread is not None:
            self._problem(placed, "contains statements that cannot be read ({0})".format(transaction.unread), _UNREAD)
        # Instances may have thousands of other databases.
        if len(self._changed) < _MOST_NAMES:
            self._changed.update(schema for schema, _table in transaction.tables if not is_system_schema(schema))
        self._changed.update(schema for schema, _table in transaction.tables if schema in self._request.databases)
        self._changed.update(*(self._statements.decision(statement).concerns for statement in transaction.statements))
        decisions = [(statement, _without(self._statements.decision(statement), left_out)) for statement in transaction.statements]
        databases = {source: name for source, name in self._request.databases.items() if source not in left_out}
        targets = [(databases[schema], table) for schema, table in transaction.tables if schema in databases]
        for schema in {schema for schema, _table in transaction.tables if schema not in self._request.databases}:
            if schema.lower() in {name.lower() for name in self._request.databases}:
                self._problem(placed, "changes rows of {0}, which is spelled in a different case".format(schema), "Spell the name as in the binlogs")
        by_hand = [found for found in decisions if found[1].effect in (Effect.BY_HAND, Effect.SKIP)]
        if by_hand and (len(decisions) > 1 or transaction.tables):
            self._problem(placed, by_hand[0][1].reason + ", in a transaction with other statements", CURE)
        elif by_hand:
            self.by_hand[transaction.gtid or ""] = by_hand[0]
        for statement, decision in decisions:
            self._statement(placed, statement, decision)
        applied = [(statement, decision.table) for statement, decision in decisions if decision.effect in (Effect.APPLIED, Effect.BY_HAND)]
        self.uses.add(transaction, databases, applied)
        if transaction.time_zone:
            self.time_zones.add(transaction.time_zone)
        changes_targets = bool(targets or applied)
        skipped = self._xa(placed, changes_targets=changes_targets)
        in_dump = InDump(*(frozenset(self._request.databases[name] for name in names) for names in (left_out, again))) if left_out or again else IN_NO_DUMP
        self.overlap_tables.update(table for table in targets if table[0] in in_dump.again)
        self._count(transaction, [decision for _statement, decision in decisions], applied=changes_targets)
        self.sizes.add(transaction.size)
        if skipped:
            self._skipped.add(transaction.gtid or "", mode)
        else:
            self._builder.add(transaction.gtid or "", mode, by_hand=bool(by_hand), in_dump=in_dump)

    def _statement(self, placed: WindowTransaction, statement: StatementEvent, decision: StatementDecision) -> None:
        if decision.effect is Effect.REFUSED:
            self._problem(placed, decision.reason, decision.cure)
        elif decision.is_rows:
            self.warnings.append(
                "{0} changes rows by a statement, which is executed again on this server: {1}".format(placed.transaction.gtid, head_of(statement.text))
            )
        if decision.effect in (Effect.APPLIED, Effect.BY_HAND) and statement.time_zone:
            self.time_zones.add(statement.time_zone)
        if is_definition(statement) and decision.effect is not Effect.FILTERED:
            self.ddl.append(_shown_statement(placed, statement, decision))
            del self.ddl[:-_DDL_SHOWN]

    def _problem(self, placed: WindowTransaction, what: str, cure: Optional[str]) -> None:
        transaction = placed.transaction
        text = "{0} ({1}, byte {2}, transaction {3}, {4})".format(what, placed.file.path, transaction.start, transaction.gtid, shown(transaction.committed))
        self.problems.append("{0}. {1}".format(text, cure) if cure else text)

    def _xa(self, placed: WindowTransaction, *, changes_targets: bool) -> bool:
        """Follow the XA transactions. Returns whether the channel must not get this one, because nothing of it would pass the filters.

        An XA transaction that the filters leave empty stops the channel with error 3898. They do not apply to XA COMMIT and XA ROLLBACK, so the end of
        one without its beginning is error 1397.
        """
        transaction = placed.transaction
        if transaction.xa == "start":
            self._open_xa[transaction.xid] = changes_targets
        elif transaction.xa in ("commit", "rollback"):
            known = self._open_xa.pop(transaction.xid, None)
            if known is None and not self._request.executed.contains(transaction.gtid or ""):
                self._problem(placed, "The end of an XA transaction that began before the overlap", "Give a larger overlap, or use a newer backup")
            return known is False
        return transaction.xa is not None and not changes_targets

    def _count(self, transaction: Transaction, decisions: List[StatementDecision], *, applied: bool) -> None:
        if applied:
            self.applied += 1
            heapq.heappush(self._largest, (transaction.size, transaction.gtid or "", transaction.committed))
            if len(self._largest) > _LARGEST:
                heapq.heappop(self._largest)
            return
        if decisions:
            reason = decisions[0].reason
        elif any(schema in self._request.databases for schema, _table in transaction.tables):
            reason = _IN_BACKUP
        elif transaction.tables:
            reason = "rows of system schemas" if all(is_system_schema(schema) for schema, _table in transaction.tables) else "rows of other databases"
        else:
            reason = "no changes"
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def unseen(self) -> Tuple[List[str], str]:
        """See :class:`RollPlan`."""
        wanted = set(self._request.databases)
        others = sorted(self._changed - wanted)
        return sorted(wanted - self._changed) if others else [], ", ".join(others[:_SHOWN]) + (", ..." if len(others) > _SHOWN else "")

    def finish(self) -> List[Segment]:
        if any(self._open_xa.values()):
            self.problems.append(
                "{0} XA transactions are prepared but not committed at the stop point. Choose a later stop point".format(sum(self._open_xa.values()))
            )
        return self._builder.segments()

    def skipped(self) -> GtidSet:
        return all_of(self._skipped.segments())

    def largest(self) -> List[Dict[str, Any]]:
        return [{"bytes": size, "gtid": gtid, "committed": shown(time)} for size, gtid, time in sorted(self._largest, reverse=True)]


def plan_of(request: RollRequest, files: List[WindowFile], progress: Progress = SILENT) -> RollPlan:
    """Read the files and plan. ``progress`` gets the bytes of the files.

    :raises Failure: the stop point cannot be reached from the dump with these files.
    """
    files = needed_files(files, request.sets, request.overlap)
    reader = WindowReader(files, request.sets, request.stop)
    planner = _TransactionSorter(request, files[0].start.server_version)
    overlap = Overlap(request.overlap)
    left = request.sets.any.subtract(files[0].previous)
    head: Optional[List[WindowTransaction]] = None if left else []
    tail_ends: Optional[float] = None
    progress.phase("reading binlogs", sum(os.path.getsize(file.path) for file in files))
    for placed in reader.read():
        progress.add(placed.transaction.size)
        if head is None:
            overlap.add(placed)
            left = left.subtract(GtidSet.parse(placed.transaction.gtid or ""))
            if not left:
                head = _close(planner, overlap)
        else:
            # After a quiet time, the first transaction may be the one that was in flight.
            tail_ends = placed.transaction.committed + min(request.overlap, TAIL) if tail_ends is None else tail_ends
            converging = request.overlap > 0 and placed.transaction.committed <= tail_ends
            planner.add(placed, ExecMode.CONVERGING if converging else ExecMode.STRICT)
    _check_reached(request, reader, overlap, left)
    segments = planner.finish()
    unseen, others = planner.unseen()
    skipped = planner.skipped()
    gtids = all_of(segments).union(skipped)
    stop = _stop_facts(reader, files)
    repeated = [placed for placed in head or () if placed.in_dump]
    facts = {
        "transactions": len(repeated),
        "seconds": round(overlap.latest - repeated[0].transaction.committed, 3) if repeated else 0.0,
        "first": repeated[0].transaction.gtid if repeated else None,
    }
    result = {
        "gtid_set": str(request.sets.common),
        "window": {"gtids": str(gtids), "backup_ends": shown(overlap.latest) if overlap.latest else None, "stop": stop},
        "transactions": {"applied": planner.applied, "filtered": sum(planner.reasons.values()), "reasons": counted(planner.reasons)},
        "overlap": facts,
        "largest": planner.largest(),
        "ddl": planner.ddl,
    }
    used = [SourceFile(file.path, end) for file, end in reader.used if end > file.start.first or file is reader.used[0][0]]
    return RollPlan(
        segments, skipped, planner.by_hand, used, gtids, planner.problems, planner.warnings, planner.server_ids, planner.overlap_tables,
        planner.time_zones - {"SYSTEM"}, files[0].start.server_version, sorted(request.databases.values()), result, planner.uses.first, planner.sizes,
        unseen, others,
    )  # fmt: skip


def _close(planner: _TransactionSorter, overlap: Overlap) -> List[WindowTransaction]:
    """Plan the overlap at the end of the dump's set."""
    return planner.add_overlap(overlap.from_last(planner.cannot_repeat))


def _without(decision: StatementDecision, left_out: FrozenSet[str]) -> StatementDecision:
    """The decision, unless the statement concerns databases that do not get it."""
    if not decision.concerns & left_out:
        return decision
    if decision.concerns <= left_out:
        return StatementDecision(Effect.FILTERED, _IN_BACKUP)
    names = ", ".join(sorted(decision.concerns))
    return StatementDecision(
        Effect.REFUSED,
        "a statement concerns the databases {0}, and only some of their backups contain it, so they need separate servers".format(names),
        cure=CURE,
    )


def _check_reached(request: RollRequest, reader: WindowReader, overlap: Overlap, left: GtidSet) -> None:
    until = request.stop.until
    if until is not None and until < overlap.latest:
        what = "The requested time {0} is before the end of the backup ({1})".format(shown(until), shown(overlap.latest))
        raise Failure(what, None, "Choose a later time, or start from an earlier backup. Nothing was changed.")
    wanted = request.stop.until_gtid
    if wanted is not None and wanted.within(request.sets.common) and wanted != request.sets.common:
        raise Failure(
            "The backup already contains until_gtid", str(wanted), "Choose a later transaction, or start from an earlier backup. Nothing was changed."
        )
    if left and reader.beyond is not None:
        what = "The stop point is before the end of the backup, which contains these later transactions: {0}".format(left)
        raise Failure(what, reader.beyond.file.path, "Choose a later one, or start from an earlier backup. Nothing was changed.")
    if left:
        what = "The binlogs do not contain all transactions of the backup's GTID set; these are missing: {0}".format(left)
        cure = (
            "Fetch the binlogs of the instance that the backup was taken from, from the time of the backup onwards, or correct gtid_set. Nothing was changed."
        )
        raise Failure(what, reader.used[-1][0].path if reader.used else None, cure)


def _stop_facts(reader: WindowReader, files: List[WindowFile]) -> Dict[str, Any]:
    last, beyond = reader.last, reader.beyond
    return {
        "gtid": last.transaction.gtid if last else None,
        "committed": shown(last.transaction.committed) if last else None,
        "file": last.file.path if last else files[0].path,
        "position": last.transaction.end if last else None,
        "next": _beyond_facts(beyond) if beyond else None,
    }


def _beyond_facts(beyond: WindowTransaction) -> Dict[str, Any]:
    transaction = beyond.transaction
    return {
        "gtid": transaction.gtid,
        "committed": shown(transaction.committed),
        "statements": [head_of(statement.text) for statement in transaction.statements[:3]],
        "tables": ["{0}.{1}".format(*table) for table in transaction.tables[:10]],
    }


def _shown_statement(placed: WindowTransaction, statement: StatementEvent, decision: StatementDecision) -> Dict[str, Any]:
    return {
        "gtid": placed.transaction.gtid,
        "committed": shown(placed.transaction.committed),
        "database": statement.schema,
        "statement": head_of(statement.text),
        "effect": decision.effect.value,
    }
