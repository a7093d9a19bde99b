# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loader's connection: the session state of the file on it, and rows sent over it one committed chunk at a time."""

import fcntl
import os
import threading
from contextlib import contextmanager
from typing import Iterator, List, Match, NamedTuple, Optional, Tuple

from .._dump.insert_values import ROWS_START, unquote
from .._dump.load_data_eligibility import whole_characters
from .._dump.plan import Chunk, cut
from .._dump.session_variables import DATABASE_COLLATION, SessionState, statements_between
from .._dump.statements import Splitter
from .._dump.tokens import Dialect
from .._failure import Failure
from .._identifiers import folded, name_text, quote
from .._server.connection import LOST, Connection, Login, ServerError, connect
from .ledger import Ledger

_TRIES = 5
_RETRIED = frozenset((1205, 1213))
_LANE_CLOSED = frozenset((1148, 3948))
_SET_PIPE_SIZE = 1031
_PACKET_HEAD = 1024
# Pages in which rows lay stay with the connection for the next ones, but not those of a statement of a gigabyte.
_KEPT_PAGES = 16 << 20
_SETTINGS = "SET SESSION foreign_key_checks = 0, unique_checks = 0, autocommit = 1, net_read_timeout = 3600, net_write_timeout = 3600, wait_timeout = 86400"


class SentChunk(NamedTuple):
    """What became of a chunk: rows the server took, its warnings, whether LOAD DATA carried them, and how many more warnings there were."""

    rows: int
    warnings: Tuple[str, ...]
    fast: bool
    more: int = 0


class LoaderConnection:
    """A connection at the target database that can be brought to any session state of the file."""

    def __init__(self, login: Login, target: bytes, log_binary: bool, local_infile: bool = False) -> None:
        self.target = target
        self.local_infile = local_infile
        self.connection = connect(login, local_infile)
        self.connection.run(_SETTINGS)
        if not log_binary:
            self.connection.run("SET SESSION sql_log_bin = 0")
        self.packet = int(self.connection.value("SELECT @@max_allowed_packet"))
        self.connection.use(target)
        self._session = SessionState().unchecked
        self._own_collation: Optional[bytes] = None
        self._memory = _memory_file()

    @contextmanager
    def file_of(self, pieces: List[memoryview]) -> Iterator[int]:
        """A descriptor the driver can open by name and read the pieces from: memory where the system has that, else a pipe."""
        if self._memory is None:
            with _pipe_of(pieces) as reading:
                yield reading
            return
        # The pages of the chunk before are written again, which costs less than new ones.
        os.lseek(self._memory, 0, os.SEEK_SET)
        size = sum(map(len, pieces))
        try:
            for piece in pieces:
                _write(self._memory, piece)
            os.ftruncate(self._memory, size)
            yield self._memory
        finally:
            if size > _KEPT_PAGES:
                os.ftruncate(self._memory, 0)

    def bring_to(self, session: SessionState, as_written: bool = False) -> Connection:
        """The connection, with the variables of ``session`` and no others changed.

        Keys are checked only where it is ``as_written``: what is not merely rows may mean another thing without.
        """
        session = session if as_written else session.unchecked
        if session != self._session:
            for statement in statements_between(self._session, session):
                self.connection.run(statement)
            self._collate(session.get(DATABASE_COLLATION))
            self._session = session
        return self.connection

    def _collate(self, wanted: Optional[bytes]) -> None:
        if wanted == self._session.get(DATABASE_COLLATION):
            return
        if self._own_collation is None:
            charset, collation = self.connection.rows("SELECT @@character_set_database, @@collation_database")[0]
            self._own_collation = "CHARACTER SET {0} COLLATE {1}".format(charset, collation).encode("ascii")
        self.connection.run(b"ALTER DATABASE " + quote(self.target) + b" " + (wanted or self._own_collation))

    def close(self) -> None:
        """Leaves the database's collation as it was found, and closes. Never fails: on a way out there may be no server."""
        try:
            self._collate(None)
        except ServerError:
            pass
        self.connection.close()
        if self._memory is not None:
            os.close(self._memory)
            self._memory = None


def send(seat: LoaderConnection, ledger: Ledger, chunk: Chunk, session: SessionState, table: bytes, data: bytes, transactional: bool) -> SentChunk:
    """Send one chunk: its rows and its ledger entry become visible together, or neither does.

    A table of a non-transactional engine gets no entry here: the caller restarts it whole. LOAD DATA is believed only
    when it took exactly the rows counted and neither failed nor warned; else the chunk goes again as the INSERT it is,
    which tells the truth.
    """
    # IGNORE skips and REPLACE deletes by what the keys say.
    connection = seat.bring_to(session, not chunk.exact)
    # Of LOAD DATA a warning is known when the rows are there: where they stay, it is used only for what no packet could carry.
    fast = bool(chunk.separator) and seat.local_infile and (transactional or chunk.first + _PACKET_HEAD > seat.packet)
    fast = fast and whole_characters(data, session.charset or "binary")
    for attempt in range(_TRIES):
        try:
            if transactional:
                connection.run("START TRANSACTION")
                ledger.note(connection, chunk.file, chunk.offset, chunk.rows)
            if fast:
                taken = _load_data(seat, chunk, session, table, data)
                if taken != chunk.rows or connection.warned_of_data():
                    fast = False
                    if not transactional:
                        raise Failure(
                            "LOAD DATA took {0} of {1} rows".format(taken, chunk.rows),
                            "table {0}, line {1}".format(name_text(table), chunk.line),
                            "Run again with lane: insert, which tells which row is at fault.",
                        )
                    connection.run("ROLLBACK")
                    continue
                warnings: List[str] = []
                more = 0
            else:
                taken, warnings, more = _insert(connection, chunk, table, data, Dialect(0).under(session.get(b"sql_mode")).backslash)
            if transactional:
                if taken != chunk.rows:
                    ledger.correct(connection, chunk.file, chunk.offset, taken)
                connection.run("COMMIT")
            return SentChunk(taken, tuple(warnings), fast, more)
        except ServerError as error:
            if not transactional or error.code in LOST:
                raise
            if error.code not in _RETRIED:
                if not fast:
                    raise
                fast = False
                # Someone has closed the lane on the server.
                seat.local_infile = seat.local_infile and error.code not in _LANE_CLOSED
            elif attempt + 1 == _TRIES:
                raise
            connection.run("ROLLBACK")
    raise Failure("The chunk could not be sent", "line {0}".format(chunk.line), "Run again.")


def statements_of(chunk: Chunk, table: bytes, data: bytes, backslash: bool = True) -> List[Tuple[memoryview, Match[bytes]]]:
    """The INSERTs of a chunk, without their delimiters, each with the match of what stands before its rows.

    The plan has said how many there are and that each is of this table: where anything else is found, nothing is sent.
    """
    texts = [memoryview(data)[: chunk.first]] if chunk.statements == 1 else _cut_alike(chunk, data)
    if texts is None:
        splitter = Splitter(_Bytes(data))  # type: ignore[arg-type]
        splitter.backslash = backslash
        texts = [memoryview(statement.text) for statement in splitter]
    found = []
    for text in texts:
        start = ROWS_START.match(text)
        if start is not None and not start.group("schema") and _same_name(unquote(bytes(start.group("table"))), table):
            found.append((text, start))
    if len(found) != len(texts) or len(texts) != chunk.statements:
        raise Failure(
            "Something else than the {0} INSERT(s) into {1} that were read before stands here".format(chunk.statements, name_text(table)),
            "line {0}".format(chunk.line),
            "Do not change the dump during an import; run again.",
        )
    return found


def _cut_alike(chunk: Chunk, data: bytes) -> Optional[List[memoryview]]:
    """The statements, if each begins on the line behind the one before and with the same words, as in most dumps: found at
    the speed of memory. The plan knows where they were when they were understood, which none of their strings can pretend."""
    head = ROWS_START.match(data)
    if head is None:
        return None
    between = b";\n" + head.group()
    view, begin, cuts = memoryview(data), 0, 0
    texts: List[memoryview] = []
    while begin < len(data):
        end = data.find(between, begin) if len(texts) < chunk.statements - 1 else len(data) - data.endswith(b";")
        if end < 0:
            return None
        texts.append(view[begin:end])
        cuts = cut(cuts, begin, end)
        begin = end + 2
    return texts if cuts == chunk.cuts else None


def _same_name(name: bytes, stored: bytes) -> bool:
    """Whether the server has this name of the dump as ``stored``: as it is, or in lower case."""
    return stored in (name, folded(name))


def _insert(connection: Connection, chunk: Chunk, table: bytes, data: bytes, backslash: bool) -> Tuple[int, List[str], int]:
    taken = more = 0
    warnings: List[str] = []
    for text, _start in statements_of(chunk, table, data, backslash):
        taken += connection.run(bytes(text))
        count = connection.warning_count()
        if count:
            told = connection.warnings()
            warnings.extend(told)
            more += count - len(told)
    return taken, warnings, more


def _load_data(seat: LoaderConnection, chunk: Chunk, session: SessionState, table: bytes, data: bytes) -> int:
    """The text between ``VALUES (`` and ``)`` is what LOAD DATA reads; it goes to the driver as a file that lies in memory."""
    pieces: List[memoryview] = []
    columns = b""
    for text, start in statements_of(chunk, table, data):
        columns = bytes(start.group("columns") or b"")
        if pieces:
            pieces.append(memoryview(chunk.separator))
        pieces.append(text[start.end() + 1 : -1])
    with seat.file_of(pieces) as descriptor:
        return seat.connection.run(
            b"LOAD DATA LOCAL INFILE '/dev/fd/%d' INTO TABLE %s CHARACTER SET %s FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\\''"
            b" ESCAPED BY '\\\\' LINES TERMINATED BY '%s'%s"
            % (
                descriptor,
                quote(table),
                (session.charset or "binary").encode("ascii"),
                chunk.separator.replace(b"\n", b"\\n"),
                b" (" + columns + b")" if columns else b"",
            )
        )


def _memory_file() -> Optional[int]:
    """A file that lies in memory, None where Python or the kernel knows none (before Linux 3.17, in some containers)."""
    create = getattr(os, "memfd_create", None)
    try:
        return int(create("rows")) if create is not None else None
    except OSError:
        return None


@contextmanager
def _pipe_of(pieces: List[memoryview]) -> Iterator[int]:
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(writing, _SET_PIPE_SIZE, 1 << 20)
    except OSError:
        pass  # The pipe stays at 64 KiB.
    writer = threading.Thread(target=_feed, args=(writing, pieces), daemon=True)
    writer.start()
    try:
        yield reading
    finally:
        os.close(reading)
        writer.join()


def _feed(writing: int, pieces: List[memoryview]) -> None:
    try:
        for piece in pieces:
            _write(writing, piece)
    except OSError:
        return  # The server refused before it read: the statement says why.
    finally:
        os.close(writing)


def _write(descriptor: int, piece: memoryview) -> None:
    while piece:
        piece = piece[os.write(descriptor, piece) :]


class _Bytes:
    """The stream a Splitter reads, over bytes that are already there."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, _size: int = -1) -> bytes:
        data, self._data = self._data, b""
        return data
