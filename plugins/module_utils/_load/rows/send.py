# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send a chunk by LOAD DATA or INSERT; its rows and its ledger entry are committed in one transaction."""

import os
import threading
from contextlib import contextmanager
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

from ..._dump.load_data_eligibility import whole_characters
from ..._failure import Failure
from ..._identifiers import name_text, quote
from ..._server.connection import LOST, ServerError
from ..ledger import RETRIED, Ledger, retried
from ..loader_connection import LoaderConnection
from ..pipe import open_pipe, write_all
from .inserts import ChunkData, as_sent, inserts_of

# ER_NOT_ALLOWED_COMMAND and ER_CLIENT_LOCAL_FILES_DISABLED.
_LOCAL_INFILE_OFF = frozenset((1148, 3948))
# How many bytes of a packet are not available for the statement.
_PACKET_HEAD = 1024


class SentChunk(NamedTuple):
    """``rows`` is the number of rows that the server stored. ``more_warnings`` counts the warnings that are not in ``warnings``."""

    rows: int
    warnings: Tuple[str, ...] = ()
    more_warnings: int = 0
    load_data: bool = False


class _LoadDataDiffers(Exception):
    """LOAD DATA stored a different number of rows than the INSERT has, or warned."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


def send(loader: LoaderConnection, ledger: Ledger, rows: ChunkData) -> SentChunk:
    """Send one chunk. Its rows and its ledger entry become visible together, or neither does.

    LOAD DATA succeeds only if it stores every row without an error or a warning; otherwise the chunk is sent again as its original
    INSERTs, whose errors and warnings are those of the dump. A table that cannot roll back gets no ledger entry
    here: the caller reloads it completely.
    """
    loader.set_session(rows.session, check_keys=True)
    if not rows.transactional:
        return _send_without_transaction(loader, rows)
    if _may_load_data(loader, rows):
        try:
            return _commit(loader, ledger, rows, _load_data)
        except _LoadDataDiffers:
            pass
        except ServerError as error:
            if error.code in LOST or error.code in RETRIED:
                raise
            if error.code in _LOCAL_INFILE_OFF:
                loader.disable_local_infile()
        loader.connection.run("ROLLBACK")
    return _commit(loader, ledger, rows, _insert)


def send_together(loader: LoaderConnection, ledger: Ledger, group: List[ChunkData], by_insert: int) -> Optional[List[SentChunk]]:
    """Send chunks with the same session state in one transaction, with their ledger entries; those of at most ``by_insert`` bytes by INSERT.

    None if nothing was stored, because one of them must be sent alone (see :func:`send`). All are transactional and exact.
    """
    connection = loader.set_session(group[0].session, check_keys=True)
    by_insert = min(by_insert, loader.packet - _PACKET_HEAD)
    try:
        connection.run("START TRANSACTION")
        ledger.note_all(connection, [(rows.chunk.file, rows.chunk.offset, rows.chunk.rows) for rows in group])
        sent = [(_load_data if len(rows.data) > by_insert and _may_load_data(loader, rows) else _insert)(loader, rows) for rows in group]
        if all(found.rows == rows.chunk.rows for found, rows in zip(sent, group)):
            connection.run("COMMIT")
            return sent
    except _LoadDataDiffers:
        pass
    except ServerError as error:
        if error.code in LOST:
            raise
    connection.run("ROLLBACK")
    return None


def _may_load_data(loader: LoaderConnection, rows: ChunkData) -> bool:
    # Rows that cannot be rolled back are sent by LOAD DATA only if they do not fit into a packet: its warnings come too late.
    wanted = rows.transactional or rows.chunk.first + _PACKET_HEAD > loader.packet
    return bool(rows.chunk.separator) and loader.local_infile and wanted and whole_characters(rows.data, rows.session.charset or "binary")


def _commit(loader: LoaderConnection, ledger: Ledger, rows: ChunkData, lane: Callable[[LoaderConnection, ChunkData], SentChunk]) -> SentChunk:
    """Commit ledger entry and rows in one transaction, repeated after a deadlock or a lock wait timeout."""
    connection, chunk = loader.connection, rows.chunk

    def transaction() -> SentChunk:
        connection.run("START TRANSACTION")
        ledger.note(connection, chunk.file, chunk.offset, chunk.rows)
        sent = lane(loader, rows)
        if sent.rows != chunk.rows:
            ledger.correct(connection, chunk.file, chunk.offset, sent.rows)
        connection.run("COMMIT")
        return sent

    return retried(transaction, connection)


def _send_without_transaction(loader: LoaderConnection, rows: ChunkData) -> SentChunk:
    if not _may_load_data(loader, rows):
        return _insert(loader, rows)
    try:
        return _load_data(loader, rows)
    except _LoadDataDiffers as difference:
        raise Failure(
            "LOAD DATA stored {0} of {1} row(s), or returned warnings".format(difference.rows, rows.chunk.rows),
            "table {0}, line {1}".format(name_text(rows.table), rows.chunk.line),
            "Run the task again with lane: insert, which names the faulty row.",
        ) from None


def _insert(loader: LoaderConnection, rows: ChunkData) -> SentChunk:
    connection = loader.connection
    taken = more = 0
    warnings: List[str] = []
    for text, start in inserts_of(rows):
        taken += connection.run(as_sent(text, start))
        if connection.noted():
            count, texts = connection.warning_count(), connection.warnings()
            warnings.extend(texts)
            more += count - len(texts)
    return SentChunk(taken, tuple(warnings), more)


def _load_data(loader: LoaderConnection, rows: ChunkData) -> SentChunk:
    """Send the text between ``VALUES (`` and ``)`` by LOAD DATA; the driver reads it from a pipe that it opens by name."""
    separator = rows.chunk.separator
    pieces: List[memoryview] = []
    columns = b""
    for text, start in inserts_of(rows):
        columns = bytes(start.group("columns") or b"")
        if pieces:
            pieces.append(memoryview(separator))
        pieces.append(text[start.end() + 1 : -1])
    with _pipe_with(pieces) as descriptor:
        taken = loader.connection.run(
            b"LOAD DATA LOCAL INFILE '/dev/fd/%d' INTO TABLE %s CHARACTER SET %s FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\\%s'"
            b" ESCAPED BY '\\\\' LINES TERMINATED BY '%s'%s"
            % (
                descriptor,
                quote(rows.table),
                (rows.session.charset or "binary").encode("ascii"),
                rows.chunk.quote,
                separator.replace(b"\n", b"\\n"),
                b" (" + columns + b")" if columns else b"",
            )
        )
    if taken != rows.chunk.rows or loader.connection.warned_of_data():
        raise _LoadDataDiffers(taken)
    return SentChunk(taken, load_data=True)


@contextmanager
def _pipe_with(pieces: List[memoryview]) -> Iterator[int]:
    """A descriptor to read the pieces from, one after the other."""
    reading, writing = open_pipe()
    writer = threading.Thread(target=_write_pieces, args=(writing, pieces), daemon=True)
    writer.start()
    try:
        yield reading
    finally:
        os.close(reading)
        writer.join()


def _write_pieces(writing: int, pieces: List[memoryview]) -> None:
    try:
        for piece in pieces:
            write_all(writing, piece)
    except OSError:
        return  # The server refused the statement before it read everything: the statement's error says why.
    finally:
        os.close(writing)
