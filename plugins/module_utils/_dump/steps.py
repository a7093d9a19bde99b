# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a load that move rows, in file order: chunks of INSERTs, and barriers, which are statements that run alone."""

import enum
import hashlib
from array import array
from copy import copy
from typing import Any, Container, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from .row_change import AffectedTables, RowChange
from .table_rewrite import Edit

# How many bytes of a digest are kept.
_DIGEST = 16


class Numbers(enum.IntEnum):
    """How many rows get their AUTO_INCREMENT number from the server. SOME: not all in a statement, or it is not known which."""

    NONE = 0
    ALL = 1
    SOME = 2


class Chunk(NamedTuple):
    """Rows that are committed together: bytes ``offset`` to ``end`` of file number ``file``, all for one table under one session state.

    No other statement is between its INSERTs, not even a skipped one. Its borders depend only on the file and on
    ``batch_bytes``, so a later run finds the same ones. ``first`` is the length of its first statement, ``statements`` the number
    of statements, and ``cuts`` the value of :func:`cut` for their borders. ``exact`` means that each counted row becomes a row of
    the table (not for IGNORE and REPLACE). ``separator`` is the text between rows if LOAD DATA may load them (judged by the
    forms of their values), otherwise empty; ``quote`` is the quote of the strings. ``numbers``: whether the server numbers rows.
    """

    file: int
    offset: int
    end: int
    line: int
    table: int
    rows: int
    session: int
    statements: int
    cuts: int
    first: int
    exact: bool
    separator: bytes
    quote: bytes = b"'"
    numbers: Numbers = Numbers.NONE


def cut(before: int, begin: int, end: int) -> int:
    """A digest of the borders of a chunk's statements, extended by one statement. Positions count from the beginning of the chunk.

    It is the first half of a SHA-256, so nobody can write a dump with different borders and the same digest.
    """
    return int.from_bytes(hashlib.sha256(b"%d %d %d" % (before, begin, end)).digest()[:16], "big")


def digest_of(text: bytes) -> bytes:
    """The digest that identifies a statement when it is read again to be sent (half of its SHA-256)."""
    return hashlib.sha256(text).digest()[:_DIGEST]


class Barrier(NamedTuple):
    """A statement that is allowed, but whose effect is not known. It runs alone, after everything before it and before everything after it.

    Its text is ``size`` bytes of file number ``file`` from ``offset``; ``digest`` is :func:`digest_of` that text. ``edits`` are made
    before it is sent. ``change`` and ``affected`` name tables as the server stores them.
    """

    file: int
    offset: int
    line: int
    size: int
    digest: bytes
    session: int
    edits: Tuple[Edit, ...]
    change: RowChange
    affected: AffectedTables


Step = Union[Chunk, Barrier]


class Steps:
    """Chunks and barriers in file order.

    A file may have millions of barriers. One takes 52 bytes here, and becomes a :class:`Barrier` only during iteration.
    """

    def __init__(self) -> None:
        self._chunks: List[Chunk] = []
        # The number of barriers before each chunk.
        self._before: Any = array("Q")
        # The number of chunks at the time when the rows of a table became void.
        self._void: Dict[int, int] = {}
        self._barriers: List[Any] = [array(kind) for kind in "IQQIIII"]
        self._digests = bytearray()
        self._edits: Dict[Tuple[Edit, ...], int] = {}
        self._changes: Dict[Tuple[RowChange, AffectedTables], int] = {}
        # The names of all tables of the dump; None until they are known.
        self._names: Optional[Container[bytes]] = None

    @property
    def last_chunk(self) -> Optional[Chunk]:
        """The step that was added last, if it is a chunk and not void."""
        last = self._chunks[-1] if self._chunks and self._before[-1] == len(self._barriers[0]) else None
        return last if last is not None and self._void.get(last.table, 0) < len(self._chunks) else None

    def append(self, step: Step) -> None:
        """Add a step at the end."""
        if isinstance(step, Chunk):
            self._chunks.append(step)
            self._before.append(len(self._barriers[0]))
            return
        edits = self._edits.setdefault(step.edits, len(self._edits))
        change = self._changes.setdefault((step.change, step.affected), len(self._changes))
        self._digests += step.digest
        for values, value in zip(self._barriers, (step.file, step.offset, step.line, step.size, step.session, edits, change)):
            values.append(value)

    def replace_last(self, chunk: Chunk) -> None:
        """Replace :attr:`last_chunk` with ``chunk``."""
        self._chunks[-1] = chunk

    def drop_rows(self, table: int) -> None:
        """Leave out all chunks of this table that were added so far."""
        self._void[table] = len(self._chunks)

    def renumbered(self, tables: Dict[int, int], names: Container[bytes]) -> "Steps":
        """The same steps with new table numbers; ``tables`` maps old to new ones. ``names`` are those of all tables of the dump, as the server stores
        them: barriers affect no others."""
        made, kept = copy(self), list(self._kept())
        made._names = names
        made._chunks = [chunk._replace(table=tables[chunk.table]) for chunk, _before in kept]
        made._before = array("Q", [before for _chunk, before in kept])
        made._void = {}
        return made

    def __iter__(self) -> Iterator[Step]:
        names, edits, at = self._names, list(self._edits), 0
        changes = [(change, affected if names is None else affected.among(names)) for change, affected in self._changes]
        for chunk, before in self._kept():
            while at < before:
                yield self._barrier(at, edits, changes)
                at += 1
            yield chunk
        while at < len(self._barriers[0]):
            yield self._barrier(at, edits, changes)
            at += 1

    def _kept(self) -> Iterator[Tuple[Chunk, int]]:
        """The chunks that are not void, each with the number of barriers before it."""
        for at, chunk in enumerate(self._chunks):
            if at >= self._void.get(chunk.table, 0):
                yield chunk, self._before[at]

    def _barrier(self, at: int, edits: List[Tuple[Edit, ...]], changes: List[Tuple[RowChange, AffectedTables]]) -> Barrier:
        file, offset, line, size, session, edits_at, change_at = [values[at] for values in self._barriers]
        digest = bytes(self._digests[at * _DIGEST : (at + 1) * _DIGEST])
        return Barrier(file, offset, line, size, digest, session, edits[edits_at], *changes[change_at])
