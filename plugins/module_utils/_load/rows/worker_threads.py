# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows, in parallel: one reader of the file, and workers that each own a connection."""

import threading
import time
from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ..._dump.plan import Barrier, Chunk, DumpPosition, LoadPlan, Step, digest_of
from ..._dump.rewrite import edited
from ..._dump.statements import head_of
from ..._failure import Failure
from ..._identifiers import name_text
from ..._progress import Progress
from ..._server.connection import Connection, ServerError
from ..files import DumpFile, SqlStream
from ..ledger import Ledger, retried
from ..loader_connection import LoaderConnection, send
from .queue import WorkQueue

_BYTES_IN_HAND = 16 << 20
_MOST_WARNINGS = 200
# Positions in the ledger that are no chunk: a non-transactional table that is whole, one of the user's that is being filled
# (with the rows it had before), and a barrier that was begun.
TABLE_WHOLE = -2
TABLE_BEGUN = -3
_BARRIER_BEGUN = -1000


class Tally(NamedTuple):
    """What happened to the rows of one table. Times are of the monotonic clock."""

    rows: int = 0
    bytes: int = 0
    first: float = 0.0
    last: float = 0.0
    fast: int = 0


class RowsLoaded(NamedTuple):
    """Tallies by table; ``rows_done`` is when the last row was committed, the rest was finishing."""

    tallies: Dict[int, Tally]
    warnings: Tuple[str, ...]
    skipped_bytes: int
    rows_done: float


class RowLoad(NamedTuple):
    """How to load. ``ordered`` are tables (by index) whose rows must go in the file's order on one connection: those
    without a primary key, where the order is what a later dump shows, those whose rows depend on it (see
    :class:`PlannedTable`), and those in ``restart``, the non-transactional ones, which are noted only when they are whole.
    ``finish`` is called on a worker's seat when a table has its rows."""

    plan: LoadPlan
    files: Tuple[DumpFile, ...]
    ledger: Ledger
    seat: Callable[[int], LoaderConnection]
    workers: int
    ordered: FrozenSet[int]
    restart: FrozenSet[int]
    finish: Callable[[LoaderConnection, int], None]
    progress: Progress


def load_rows(loading: RowLoad, done: Dict[Tuple[int, int], int]) -> RowsLoaded:
    """Send every step of the plan that is not in ``done`` and finish every table; raises the first failure."""
    return _RowLoader(loading, done).run()


def acts_on_others(plan: LoadPlan, chunk: Chunk) -> bool:
    """Whether rows of other tables say what becomes of these, or the other way round: where foreign keys are checked REPLACE
    deletes by them, and IGNORE skips."""
    if chunk.exact or not plan.sessions[chunk.session].checks_foreign_keys:
        return False
    return any(key.kind == "foreign" for planned in plan.tables if planned.table is not None for key in planned.table.keys)


class _RowLoader:
    def __init__(self, loading: RowLoad, done: Dict[Tuple[int, int], int]) -> None:
        self.loading = loading
        self.plan = loading.plan
        self.done = done
        self._work = WorkQueue(loading.workers, _BYTES_IN_HAND)
        self._lock = threading.Lock()
        self._warnings: List[str] = []
        # Warnings that were counted and not kept.
        self._more = 0
        self._tallies: Dict[int, Tally] = {}
        self._rows_done = time.monotonic()
        self._left = [0] * len(self.plan.tables)
        self._bytes_left = there = 0
        for step in self.plan.steps:
            if isinstance(step, Chunk) and self._is_done(step):
                there += step.end - step.offset
            elif isinstance(step, Chunk):
                self._left[step.table] += 1
                self._bytes_left += step.end - step.offset
        loading.progress.phase("rows", there + self._bytes_left, there)
        loading.progress.tables(len(self._left))

    def run(self) -> RowsLoaded:
        self._check_barriers()
        # Readers fork, so they come before the threads.
        streams = [SqlStream(file) for file in self.loading.files]
        seats: List[LoaderConnection] = []
        threads: List[threading.Thread] = []
        try:
            for number in range(self.loading.workers):
                seats.append(self.loading.seat(number + 1))
                threads.append(threading.Thread(target=self._serve, args=(number, seats[number]), daemon=True))
                threads[number].start()
            for index, left in enumerate(self._left):
                if not left:
                    self._work.put((None, b"", index))
            skipped = self._read(streams, seats[0])
            self._work.drain()
        except BaseException as error:
            self._work.fail(error)
            if not isinstance(error, Exception):
                # Told to end: a statement may take hours, and what it does is found by the next run.
                for seat in seats:
                    seat.connection.cut()
            raise
        finally:
            self._work.close()
            for stream in streams:
                stream.close()
            for thread in threads:
                thread.join()
            for seat in seats:
                seat.close()
        if self._more:
            self._warnings.append("and {0} more warning(s) of the server about rows: the first {1} are shown".format(self._more, len(self._warnings)))
        return RowsLoaded(self._tallies, tuple(self._warnings), skipped, self._rows_done)

    def _read(self, streams: List[SqlStream], seat: LoaderConnection) -> int:
        """Read the files once, in order; returns the bytes of chunks that were there already."""
        skipped = 0
        position = [0] * len(streams)
        ordered = self.loading.ordered | self.loading.restart
        for step in self.plan.steps:
            if isinstance(step, Barrier):
                if (step.file, step.offset) not in self.done:
                    self._work.drain()
                    self._barrier(step, self._bytes_of(step, step.size, streams, position), seat)
                continue
            size = step.end - step.offset
            if self._is_done(step):
                skipped += size
                continue
            self._work.reserve(size)
            data = self._bytes_of(step, size, streams, position)
            alone = acts_on_others(self.plan, step)
            if alone:
                self._work.drain()
            self._work.put((step, data, step.table), step.table % self.loading.workers if step.table in ordered else None)
            del data
            if alone:
                self._work.drain()
        return skipped

    @staticmethod
    def _bytes_of(step: Step, size: int, streams: List[SqlStream], position: List[int]) -> bytes:
        stream = streams[step.file]
        stream.skip(step.offset - position[step.file])
        data = stream.read(size)
        position[step.file] = step.offset + size
        if len(data) != size:
            raise Failure("The file became shorter while it was read", stream.name, "Do not change the dump during an import.")
        return data

    def _is_done(self, step: Chunk) -> bool:
        if step.table in self.loading.restart:
            return (TABLE_WHOLE, step.table) in self.done
        return (step.file, step.offset) in self.done

    def _check_barriers(self) -> None:
        for step in self.plan.steps if self.done else ():
            if isinstance(step, Barrier) and (_BARRIER_BEGUN - step.file, step.offset) in self.done and (step.file, step.offset) not in self.done:
                raise Failure(
                    "An earlier run was stopped while this statement ran, and whether it took effect cannot be known",
                    "{0}, line {1}, byte {2}".format(self.plan.files[step.file].name, step.line, step.offset),
                    "Import with on_existing: replace to start over.",
                )

    def _barrier(self, step: Barrier, data: bytes, seat: LoaderConnection) -> None:
        ledger = self.loading.ledger
        place = str(DumpPosition(self.plan.files[step.file].name, step.line, step.offset, head_of(data)))
        if digest_of(data) != step.digest:
            raise Failure("Another statement than the one that was read before stands here", place, "Do not change the dump during an import; run again.")
        retried(lambda: ledger.note(seat.connection, _BARRIER_BEGUN - step.file, step.offset, 0), seat.connection)
        try:
            connection = seat.bring_to(self.plan.sessions[step.session], True)
            connection.run(edited(data, step.edits))
        except ServerError as error:
            raise error.at(place) from None
        count = connection.warning_count()
        if count:
            texts = connection.warnings()
            self._warn(texts, place, count - len(texts))
        retried(lambda: ledger.note(connection, step.file, step.offset, 0), connection)

    def _serve(self, number: int, seat: LoaderConnection) -> None:
        while True:
            job = self._work.get(number)
            if job is None:
                return
            chunk, data, table = job
            del job
            try:
                if chunk is not None:
                    self._send(seat, chunk, data)
                size = len(data)
                del data
                self._work.release(size)
                if self._was_last(chunk, table):
                    if table in self.loading.restart and chunk is not None:
                        self._note_whole(seat.connection, table)
                    self.loading.finish(seat, table)
                    self.loading.progress.table()
            except BaseException as error:  # pylint: disable=broad-except
                self._work.fail(error)
            self._work.done()

    def _note_whole(self, connection: Connection, table: int) -> None:
        retried(lambda: self.loading.ledger.note(connection, TABLE_WHOLE, table, self._tallies[table].rows), connection)

    def _was_last(self, chunk: Optional[Chunk], table: int) -> bool:
        with self._lock:
            if chunk is not None:
                self._left[table] -= 1
            return self._left[table] == 0

    def _send(self, seat: LoaderConnection, chunk: Chunk, data: bytes) -> None:
        name = self.plan.tables[chunk.table].name
        began = time.monotonic()
        place = "{0}, line {1}, byte {2}, table {3}".format(self.plan.files[chunk.file].name, chunk.line, chunk.offset, name_text(name))
        transactional = chunk.table not in self.loading.restart
        try:
            sent = send(seat, self.loading.ledger, chunk, self.plan.sessions[chunk.session], name, data, transactional)
        except ServerError as error:
            raise error.at(place) from None
        with self._lock:
            before = self._tallies.get(chunk.table, Tally(first=began))
            self._rows_done = now = time.monotonic()
            self._tallies[chunk.table] = Tally(before.rows + sent.rows, before.bytes + len(data), before.first, now, before.fast + int(sent.fast))
            self._warn(list(sent.warnings), place, sent.more)
            self.loading.progress.add(len(data))
            self._bytes_left -= len(data)
            if not self._bytes_left:
                self.loading.progress.phase("indexes")

    def _warn(self, texts: List[str], place: str, more: int = 0) -> None:
        kept = texts[: max(0, _MOST_WARNINGS - len(self._warnings))]
        self._warnings.extend("{0} ({1})".format(text, place) for text in kept)
        self._more += more + len(texts) - len(kept)
