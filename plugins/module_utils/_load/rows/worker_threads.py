# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load rows in parallel: one thread reads the files, and worker threads, each with a connection, send the chunks.

The first error of any thread, such as a lost connection, ends the load; the next run skips committed chunks.
"""

import threading
import time
from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ..._dump.plan import DumpPosition, LoadPlan, acts_on_others
from ..._dump.rewrite import edited
from ..._dump.session_variables import DATABASE_COLLATION, SessionState
from ..._dump.statement_splitter import head_of
from ..._dump.steps import Barrier, Chunk, Step, digest_of
from ..._failure import Failure
from ..._identifiers import name_text, quote
from ..._progress import Progress
from ..._server.connection import Connection, ServerError
from ..files import DumpFile, SqlStream
from ..ledger import BARRIER_BEGUN, TABLE_WHOLE, Ledger, retried
from ..loader_connection import LoaderConnection
from .inserts import ChunkData
from .non_transactional import is_sent
from .queue import WorkQueue
from .send import SentChunk, send, send_together

_BYTES_IN_HAND = 16 << 20
_MOST_WARNINGS = 200
# Chunks of at most this many bytes, of tables of at most this many bytes, are sent together; at most 32.
_SMALL, _SMALL_TABLE, _MOST_TOGETHER = 32 << 10, 1 << 20, 31
# With this many tables, chunks of at most this many bytes are sent by INSERT, which is twice as fast for ten rows (measured: 5.6, 5.7 and 9.7).
_MANY_TABLES, _BY_INSERT = 100, 4096
# A chunk (None for a table that only needs to be finished), its bytes, and the index of its table.
_Job = Tuple[Optional[Chunk], bytes, int]


class Tally(NamedTuple):
    """What was sent for one table, between the monotonic times ``first`` and ``last``. ``load_data`` counts chunks sent by LOAD DATA."""

    rows: int = 0
    bytes: int = 0
    first: float = 0.0
    last: float = 0.0
    load_data: int = 0


class RowsLoaded(NamedTuple):
    """Tallies by table index. ``rows_done`` is the monotonic time of the last commit of rows; after that, tables were only finished."""

    tallies: Dict[int, Tally]
    warnings: Tuple[str, ...]
    skipped_bytes: int
    rows_done: float


class RowLoad(NamedTuple):
    """How to load. The rows of tables in ``ordered`` (by index) are sent on one connection in file order; a table in
    ``restart`` enters the ledger only when it is complete; those of all tables in ``together`` are sent on one connection (see :class:`RowOrder`).

    ``connect`` opens the connection of worker 1, 2, ... ``finish`` is called with a worker's connection and the indexes
    of tables that have their rows. ``redefined`` is called after each barrier, before it is recorded as done, and returns the tables
    that cannot roll back since then, which also enter the ledger only when they are complete.
    """

    plan: LoadPlan
    files: Tuple[DumpFile, ...]
    ledger: Ledger
    connect: Callable[[int], LoaderConnection]
    workers: int
    ordered: FrozenSet[int]
    restart: FrozenSet[int]
    finish: Callable[[LoaderConnection, List[int]], None]
    progress: Progress
    together: FrozenSet[int] = frozenset()
    redefined: Callable[[Barrier], FrozenSet[int]] = lambda _barrier: frozenset()


def load_rows(loading: RowLoad, done: Dict[Tuple[int, int], int]) -> RowsLoaded:
    """Send every step of the plan that is not in ``done``, and finish every table. Raises the first error."""
    return _RowLoader(loading, done).run()


class _RowLoader:
    def __init__(self, loading: RowLoad, done: Dict[Tuple[int, int], int]) -> None:
        self.loading = loading
        self.plan = loading.plan
        self.done = done
        # Changes only while no chunk is being sent.
        self._restart = loading.restart
        self._by_insert = _BY_INSERT if len(self.plan.tables) >= _MANY_TABLES else 0
        self._queue = WorkQueue(loading.workers, _BYTES_IN_HAND)
        self._lock = threading.Lock()
        self._warnings: List[str] = []
        # The number of warnings that are not kept.
        self._more_warnings = 0
        self._tallies: Dict[int, Tally] = {}
        self._rows_done = time.monotonic()
        self._left = [0] * len(self.plan.tables)
        self._bytes_left = sent = 0
        for step in self.plan.steps:
            if isinstance(step, Chunk) and is_sent(step, done):
                sent += step.end - step.offset
            elif isinstance(step, Chunk):
                self._left[step.table] += 1
                self._bytes_left += step.end - step.offset
        loading.progress.phase("rows", sent + self._bytes_left, sent)
        loading.progress.tables(len(self._left))

    def run(self) -> RowsLoaded:
        # Opening a stream forks, which is safe only before threads are started.
        streams = [SqlStream(file) for file in self.loading.files]
        loaders: List[LoaderConnection] = []
        threads: List[threading.Thread] = []
        try:
            for number in range(self.loading.workers):
                loaders.append(self.loading.connect(number + 1))
                threads.append(threading.Thread(target=self._serve, args=(number, loaders[number]), daemon=True))
                threads[number].start()
            for index, left in enumerate(self._left):
                if not left:
                    self._queue.put((None, b"", index))
            skipped = self._read(streams, loaders[0])
            self._queue.drain()
        except BaseException as error:
            self._queue.fail(error)
            if not isinstance(error, Exception):
                # A signal ends this process, and a statement may take hours. The next run finds out whether it took effect.
                for loader in loaders:
                    loader.connection.cut()
            raise
        finally:
            self._queue.close()
            for stream in streams:
                stream.close()
            for thread in threads:
                thread.join()
            for loader in loaders:
                loader.close()
        if self._more_warnings:
            self._warnings.append("and {0} more warning(s) of the server about rows: the first {1} are shown".format(self._more_warnings, len(self._warnings)))
        return RowsLoaded(self._tallies, tuple(self._warnings), skipped, self._rows_done)

    def _read(self, streams: List[SqlStream], loader: LoaderConnection) -> int:
        """Read the files once, in order; returns the bytes of the chunks that an earlier run has committed."""
        skipped = 0
        position = [0] * len(streams)
        ordered = self.loading.ordered | self.loading.together
        file = None
        for step in self.plan.steps:
            if isinstance(step, Barrier):
                if (step.file, step.offset) not in self.done:
                    self._queue.drain()
                    if file not in (None, step.file):
                        self._drop_temporary_tables(loader)
                    file = step.file
                    self._barrier(step, self._bytes_of(step, step.size, streams, position), loader)
                continue
            size = step.end - step.offset
            if is_sent(step, self.done):
                skipped += size
                continue
            self._queue.reserve(size)
            data = self._bytes_of(step, size, streams, position)
            alone = acts_on_others(self.plan, step)
            if alone:
                self._queue.drain()
            owner = 0 if step.table in self.loading.together else step.table % self.loading.workers
            self._queue.put((step, data, step.table), owner if step.table in ordered or step.table in self._restart else None)
            del data
            if alone:
                self._queue.drain()
        return skipped

    @staticmethod
    def _bytes_of(step: Step, size: int, streams: List[SqlStream], position: List[int]) -> bytes:
        stream = streams[step.file]
        stream.skip(step.offset - position[step.file])
        data = stream.read(size)
        position[step.file] = step.offset + size
        if len(data) != size:
            raise Failure("The file became shorter during the import", stream.name, "Do not change the dump during an import.")
        return data

    def _drop_temporary_tables(self, loader: LoaderConnection) -> None:
        """Drop the temporary tables of the barriers of a file, because each file has a connection of its own with the ``mysql`` client."""
        names = sorted(self.plan.maybe_temporary)
        if names:
            loader.connection.run(b"DROP TEMPORARY TABLE IF EXISTS " + b", ".join(map(quote, names)))

    def _barrier(self, step: Barrier, data: bytes, loader: LoaderConnection) -> None:
        ledger = self.loading.ledger
        place = str(DumpPosition(self.plan.files[step.file].name, step.line, step.offset, head_of(data)))
        if digest_of(data) != step.digest:
            raise Failure(
                "The file changed during the import: this is not the statement found by the scan",
                place,
                "Do not change the dump during an import; run the task again.",
            )
        retried(lambda: ledger.note(loader.connection, BARRIER_BEGUN - step.file, step.offset, 0), loader.connection)
        try:
            connection = loader.set_session(self.plan.sessions[step.session], check_keys=True)
            connection.run(edited(data, step.edits))
        except ServerError as error:
            raise error.at(place) from None
        self._warn(connection.answered_errors(), place)
        count = connection.warning_count()
        if count:
            texts = connection.warnings()
            self._warn(texts, place, count - len(texts))
        self._restart |= self.loading.redefined(step)
        retried(lambda: ledger.note(connection, step.file, step.offset, 0), connection)

    def _serve(self, number: int, loader: LoaderConnection) -> None:
        """The body of a worker thread: send chunks until none are left."""
        while True:
            job = self._queue.get(number)
            if job is None:
                return
            jobs = [job]
            if self._is_small(job):
                jobs += self._queue.more(number, self._is_small, _MOST_TOGETHER)
            del job
            count = len(jobs)
            try:
                self._work(loader, jobs)
            except BaseException as error:  # pylint: disable=broad-except
                self._queue.fail(error)
            self._queue.done(count)

    def _is_small(self, job: _Job) -> bool:
        """Whether a job may share a transaction with others of its kind. That transaction is rolled back if one of them must be sent alone, and
        AUTO_INCREMENT values that the server has assigned in it are lost."""
        chunk, data, table = job
        planned = self.plan.tables[table]
        if len(data) > _SMALL or planned.bytes > _SMALL_TABLE or planned.ordered or planned.deferred.indexes or planned.deferred.fulltext:
            return False
        return chunk is None or chunk.exact and table not in self._restart

    def _work(self, loader: LoaderConnection, jobs: List[_Job]) -> None:
        """Send the chunks, and finish the tables whose last chunk was sent. Releases the bytes of the chunks."""
        size = sum(len(data) for _chunk, data, _table in jobs)
        steps = [(chunk, table) for chunk, _data, table in jobs]
        self._send_all(loader, jobs)
        self._queue.release(size)
        finished = []
        for chunk, table in steps:
            if self._was_last(chunk, table):
                if table in self._restart and chunk is not None:
                    self._note_whole(loader.connection, table)
                finished.append(table)
        if finished:
            self.loading.finish(loader, finished)
            for _table in finished:
                self.loading.progress.table()

    def _note_whole(self, connection: Connection, table: int) -> None:
        retried(lambda: self.loading.ledger.note(connection, TABLE_WHOLE, table, self._tallies[table].rows), connection)

    def _was_last(self, chunk: Optional[Chunk], table: int) -> bool:
        with self._lock:
            if chunk is not None:
                self._left[table] -= 1
            return self._left[table] == 0

    def _send_all(self, loader: LoaderConnection, jobs: List[_Job]) -> None:
        """Send the chunks of ``jobs``, those with the same session state together, and empty the list."""
        group: List[ChunkData] = []
        while jobs:
            chunk, data, _table = jobs.pop(0)
            if chunk is None:
                continue
            name, session = self.plan.tables[chunk.table].name, self._session_of(chunk)
            if group and group[0].session != session:
                self._send(loader, group)
                group = []
            group.append(ChunkData(chunk, session, name, data, transactional=chunk.table not in self._restart))
            del data
        self._send(loader, group)

    def _session_of(self, chunk: Chunk) -> SessionState:
        """The session state of a chunk. Rows whose effect depends on keys (IGNORE, REPLACE) need all checks of the dump."""
        # Rows do not depend on the collation of the database.
        session = self.plan.sessions[chunk.session].with_variable(DATABASE_COLLATION, None)
        # Without unique_checks InnoDB may not see duplicates, at which the client would stop if the dump does not turn them off.
        return session.with_variable(b"foreign_key_checks", b"0") if chunk.exact else session

    def _send(self, loader: LoaderConnection, group: List[ChunkData]) -> None:
        began = time.monotonic()
        together = send_together(loader, self.loading.ledger, group, self._by_insert) if len(group) > 1 else None
        if together is not None:
            for rows, sent in zip(group, together):
                self._count(rows, sent, began)
            return
        for rows in group:
            began = time.monotonic()
            try:
                sent = send(loader, self.loading.ledger, rows)
            except ServerError as error:
                raise error.at(self._place_of(rows)) from None
            self._count(rows, sent, began)

    def _place_of(self, rows: ChunkData) -> str:
        chunk = rows.chunk
        return "{0}, line {1}, byte {2}, table {3}".format(self.plan.files[chunk.file].name, chunk.line, chunk.offset, name_text(rows.table))

    def _count(self, rows: ChunkData, sent: SentChunk, began: float) -> None:
        table, size = rows.chunk.table, len(rows.data)
        with self._lock:
            before = self._tallies.get(table, Tally(first=began))
            self._rows_done = now = time.monotonic()
            self._tallies[table] = Tally(before.rows + sent.rows, before.bytes + size, before.first, now, before.load_data + int(sent.load_data))
            self._warn(list(sent.warnings), self._place_of(rows), sent.more_warnings)
            self.loading.progress.add(size)
            self._bytes_left -= size
            if not self._bytes_left:
                self.loading.progress.phase("indexes")

    def _warn(self, texts: List[str], place: str, more: int = 0) -> None:
        kept = texts[: max(0, _MOST_WARNINGS - len(self._warnings))]
        self._warnings.extend("{0} ({1})".format(text, place) for text in kept)
        self._more_warnings += more + len(texts) - len(kept)
