# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load as values: what is decided about a dump, and everything that will be done, in order."""

import hashlib
from array import array
from copy import copy
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from .._identifiers import name_text
from .._table_patterns import selects
from .classify import ClassifiedStatement, StatementKind
from .deferred_keys import Deferral
from .rewrite import Edit, Policy
from .session_variables import SessionState
from .table_definition import TableDefinition

# Bytes of a digest that are kept.
_DIGEST = 16


class Choices(NamedTuple):
    """What the user decided about the dump's statements. Patterns are as in :mod:`fnmatch`.

    ``server_version`` and ``lower_case`` (lower_case_table_names is 1) are of the server that is loaded.
    """

    target: bytes
    policy: Policy = Policy()
    tables: Tuple[str, ...] = ()
    exclude_tables: Tuple[str, ...] = ()
    triggers: str = "after"
    allow: Tuple[str, ...] = ()
    batch_bytes: int = 1 << 20
    defer_indexes: str = "auto"
    server_version: int = 80000
    lower_case: bool = False
    source: Optional[bytes] = None

    def selects(self, table: bytes) -> bool:
        """Whether the table patterns take this table."""
        return selects(name_text(table), self.tables, self.exclude_tables)

    def allows(self, item: ClassifiedStatement) -> bool:
        """Whether ``allow`` has the first words of this statement, so that it runs though it leaves the database."""
        words = " ".join(item.statement.text[:200].decode("utf-8", "replace").upper().split())
        return any(item.verb.startswith(allowed.upper()) or words.startswith(allowed.upper()) for allowed in self.allow)


class DumpPosition(NamedTuple):
    """Where in the backup something stands: file name, line and byte from its start, head of the statement."""

    file: str
    line: int
    offset: int
    head: str

    def __str__(self) -> str:
        return "{0}, line {1}, byte {2}: {3}".format(self.file, self.line, self.offset, self.head)


class Definition(NamedTuple):
    """A statement that makes something, as it will be sent, with the session state it is to be sent under.

    ``what`` is the word after CREATE: TABLE, VIEW, TRIGGER, PROCEDURE, FUNCTION or EVENT. A histogram is one, too.
    """

    kind: StatementKind
    name: bytes
    text: bytes
    session: SessionState
    place: DumpPosition
    what: str
    on: Optional[bytes] = None
    definer: Optional[Tuple[bytes, bytes]] = None


class Chunk(NamedTuple):
    """Rows that are committed together: bytes ``offset`` to ``end`` of one file, all of one table under one session state.

    No other statement stands between its INSERTs, whether it would be run or not. Its borders depend on the file and on
    ``batch_bytes`` alone, so a later run finds the same ones. ``first`` is the length of its first statement,
    ``statements`` how many there are and ``cuts`` what :func:`cut` says of where each begins and ends. ``exact`` means
    that each row counted becomes a row of the table (not so for IGNORE and REPLACE). ``separator`` is what stands between
    rows where LOAD DATA reads them exactly as the INSERT would, as far as their forms tell, and empty where it may not.
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


def cut(before: int, begin: int, end: int) -> int:
    """What stands for the places at which the statements of a chunk begin and end, counted from its own begin: one more of them.

    No dump can be written that has the same for other places (SHA-256, of which half is kept).
    """
    return int.from_bytes(hashlib.sha256(b"%d %d %d" % (before, begin, end)).digest()[:16], "big")


def digest_of(text: bytes) -> bytes:
    """What stands for the text of a statement that is read again before it is sent (SHA-256, of which half is kept)."""
    return hashlib.sha256(text).digest()[:_DIGEST]


class Barrier(NamedTuple):
    """A statement that is understood only as far as being allowed: it runs alone, after all before it, before all after it.

    Its text is ``size`` bytes of one file from ``offset``, of which ``digest`` is :func:`digest_of`, with ``edits`` made in it.
    """

    file: int
    offset: int
    line: int
    size: int
    digest: bytes
    session: int
    edits: Tuple[Edit, ...]


Step = Union[Chunk, Barrier]


class Steps:
    """Chunks and barriers in their order. A file may have millions of barriers: one takes 48 bytes, and is a :class:`Barrier` only
    while it is looked at."""

    def __init__(self) -> None:
        self._chunks: List[Chunk] = []
        # How many barriers stand before each chunk.
        self._before: Any = array("Q")
        # Of a table, how many chunks there were when its rows became void.
        self._void: Dict[int, int] = {}
        self._barriers: List[Any] = [array(kind) for kind in "IQQIII"]
        self._digests = bytearray()
        self._edits: Dict[Tuple[Edit, ...], int] = {}

    @property
    def last(self) -> Optional[Chunk]:
        """The step that was added last, if that is a chunk and not void."""
        last = self._chunks[-1] if self._chunks and self._before[-1] == len(self._barriers[0]) else None
        return last if last is not None and self._void.get(last.table, 0) < len(self._chunks) else None

    def append(self, step: Step) -> None:
        """One more."""
        if isinstance(step, Chunk):
            self._chunks.append(step)
            self._before.append(len(self._barriers[0]))
            return
        known = self._edits.setdefault(step.edits, len(self._edits))
        self._digests += step.digest
        for values, value in zip(self._barriers, (step.file, step.offset, step.line, step.size, step.session, known)):
            values.append(value)

    def grow(self, chunk: Chunk) -> None:
        """The last step is this one now."""
        self._chunks[-1] = chunk

    def drop(self, table: int) -> None:
        """The rows of a table that were added so far are void."""
        self._void[table] = len(self._chunks)

    def renumbered(self, tables: Dict[int, int]) -> "Steps":
        """The same steps, with other numbers for their tables."""
        made, kept = copy(self), list(self._kept())
        made._chunks = [chunk._replace(table=tables[chunk.table]) for chunk, _before in kept]
        made._before = array("Q", [before for _chunk, before in kept])
        made._void = {}
        return made

    def __iter__(self) -> Iterator[Step]:
        edits, at = list(self._edits), 0
        for chunk, before in self._kept():
            while at < before:
                yield self._barrier(at, edits)
                at += 1
            yield chunk
        while at < len(self._barriers[0]):
            yield self._barrier(at, edits)
            at += 1

    def _kept(self) -> Iterator[Tuple[Chunk, int]]:
        """The chunks that are not void, each with the number of barriers before it."""
        for at, chunk in enumerate(self._chunks):
            if at >= self._void.get(chunk.table, 0):
                yield chunk, self._before[at]

    def _barrier(self, at: int, edits: List[Tuple[Edit, ...]]) -> Barrier:
        file, offset, line, size, session, known = [values[at] for values in self._barriers]
        return Barrier(file, offset, line, size, bytes(self._digests[at * _DIGEST : (at + 1) * _DIGEST]), session, edits[known])


class PlannedTable(NamedTuple):
    """A table the dump creates or fills. ``name`` is as the server will have it, that of ``create`` as the dump has it.

    ``create`` is None when the dump only has its rows; what waits until they are there is in ``deferred``. ``ordered`` says
    that what its rows become depends on their order: one may take the place of another (IGNORE, REPLACE), or the server
    numbers them (AUTO_INCREMENT). ``histograms`` are made of its rows when these are there.
    """

    name: bytes
    create: Optional[Definition]
    table: Optional[TableDefinition]
    rows: int
    bytes: int
    deferred: Deferral
    ordered: bool
    histograms: Tuple[Definition, ...] = ()


class FileFacts(NamedTuple):
    """What was seen of one file: uncompressed size, and whether mysqldump's last line is there."""

    name: str
    size: int
    completed: bool
    header: str
    server_version: str


class LoadPlan(NamedTuple):
    """All of a load, in order. ``gtid_purged`` is the set the dump names, None if it names none.

    ``largest`` is the size of the largest statement, ``largest_packet`` that of the largest one that LOAD DATA cannot carry.
    """

    source: Optional[bytes]
    database_options: bytes
    files: Tuple[FileFacts, ...]
    tables: Tuple[PlannedTable, ...]
    steps: Steps
    sessions: Tuple[SessionState, ...]
    objects: Tuple[Definition, ...]
    triggers: Tuple[Definition, ...]
    events: Tuple[Definition, ...]
    gtid_purged: Optional[str]
    rewritten: Dict[str, int]
    warnings: Tuple[str, ...]
    largest: int
    largest_packet: int
    statements: int


def acts_on_others(plan: LoadPlan, chunk: Chunk) -> bool:
    """Whether rows of other tables decide what these rows do, or the reverse: where foreign keys are checked, REPLACE deletes
    through them and IGNORE skips."""
    if chunk.exact or not plan.sessions[chunk.session].checks_foreign_keys:
        return False
    return any(key.kind == "foreign" for planned in plan.tables if planned.table is not None for key in planned.table.keys)
