# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The INSERTs of a chunk, split from the file again and checked against the plan before anything is sent."""

from typing import List, Match, NamedTuple, Optional, Tuple

from ..._dump.insert_values import ROWS_START
from ..._dump.session_variables import SessionState
from ..._dump.statement_splitter import ClientSplitter
from ..._dump.steps import Chunk, cut
from ..._failure import Failure
from ..._identifiers import folded, name_text, unquoted


class ChunkData(NamedTuple):
    """A chunk to send: ``data`` is its text in the file, ``table`` its table's name on the server, ``session`` the state to send it in, with its checks.

    ``transactional``: the table's engine can roll rows back.
    """

    chunk: Chunk
    session: SessionState
    table: bytes
    data: bytes
    transactional: bool


def inserts_of(rows: ChunkData) -> List[Tuple[memoryview, Match[bytes]]]:
    """The INSERTs without their delimiters, each with the match of the text before its rows.

    Raises a Failure unless there are as many as the plan counted, all into the chunk's table.
    """
    chunk = rows.chunk
    texts = [memoryview(rows.data)[: chunk.first]] if chunk.statements == 1 else cut_at_equal_heads(chunk, rows.data)
    if texts is None:
        splitter = ClientSplitter(_OneRead(rows.data))  # type: ignore[arg-type]
        splitter.backslash = rows.session.dialect(0).backslash
        texts = [memoryview(statement.text) for statement in splitter]
    found = []
    for text in texts:
        start = ROWS_START.match(text)
        if start is not None and _same_name(unquoted(bytes(start.group("table"))), rows.table):
            found.append((text, start))
    if len(found) != len(texts) or len(texts) != chunk.statements:
        raise Failure(
            "The file changed during the import: the {0} INSERT(s) into {1} found by the scan are not here".format(chunk.statements, name_text(rows.table)),
            "line {0}".format(chunk.line),
            "Do not change the dump during an import; run the task again.",
        )
    return found


def as_sent(text: memoryview, start: Match[bytes]) -> bytes:
    """The INSERT as sent. It names no database, because the loader may use a staging database, and its rows are not DELAYED: the server
    would store them later, without reporting errors."""
    left_out = [(start.start("delayed"), start.end("delayed")), (start.start("schema"), start.start("table"))]
    pieces, at = [], 0
    for begin, end in left_out:
        if begin >= 0:
            pieces.append(text[at:begin])
            at = end
    return b"".join(pieces + [text[at:]])


def cut_at_equal_heads(chunk: Chunk, data: bytes) -> Optional[List[memoryview]]:
    """The statements, if each begins on a new line with the same words, as in most dumps; None otherwise.

    Searching for these words is much faster than parsing. A string that contains them does no harm, because the
    result must match ``chunk.cuts``, which the parser computed.
    """
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
    """Whether the server stores this name of the dump as ``stored``: unchanged, or in lower case."""
    return stored in (name, folded(name))


class _OneRead:
    """Bytes as a stream for a Splitter, which reads all of them at once."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, _size: int = -1) -> bytes:
        data, self._data = self._data, b""
        return data
