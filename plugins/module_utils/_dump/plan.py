# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a load: the user's choices about a dump, and everything that will be done, in order."""

from typing import Collection, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from .._identifiers import folded, name_text
from .._table_patterns import selects, unmatched
from .classify import ClassifiedStatement, StatementKind
from .deferred_keys import Deferral
from .rewrite import Policy
from .row_shapes import RowShape
from .session_variables import SessionState
from .steps import Chunk, Steps
from .table_definition import TableDefinition

_NONE_SELECTED = "tables and exclude_tables select none of the {0} table(s) of the dump"
_NO_MATCH = "tables has {0}, which matches no table of the dump"


class Choices(NamedTuple):
    """The user's choices about the statements of a dump. Patterns are those of :mod:`fnmatch`.

    ``server_version`` and ``lower_case`` (lower_case_table_names is 1) describe the server that is loaded. ``tables_are_own``: ``tables`` is meant for
    this database alone, so each of its patterns should match.
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
    tables_are_own: bool = False

    def selects(self, table: bytes) -> bool:
        """Whether the table patterns select this table."""
        return selects(name_text(table), self.tables, self.exclude_tables)

    def misses(self, selected: Iterable[bytes], left_out: Collection[bytes]) -> List[str]:
        """A warning for each pattern that selects nothing, or one if no table is selected."""
        names = [name_text(name) for name in selected]
        if left_out and not names:
            return [_NONE_SELECTED.format(len(left_out))]
        patterns = unmatched(self.tables, names + [name_text(name) for name in left_out]) if self.tables_are_own else []
        return [_NO_MATCH.format(pattern) for pattern in patterns]

    def stored(self, table: bytes) -> bytes:
        """The name of a table as stored by the server."""
        return folded(table) if self.lower_case else table

    @property
    def triggers_in_any_case(self) -> bool:
        """Whether the server ignores case in names of triggers. Before 8.0, each trigger has a file."""
        return self.lower_case or self.server_version >= 80000

    def allows(self, item: ClassifiedStatement) -> bool:
        """Whether ``allow`` names the first words of this statement, so that it may run although it reaches outside the database."""
        words = " ".join(item.statement.text[:200].decode("utf-8", "replace").upper().split())
        return any(item.verb.startswith(allowed.upper()) or words.startswith(allowed.upper()) for allowed in self.allow)


class DumpPosition(NamedTuple):
    """A place in the backup, for messages: file name, line, byte from the start of the file, first bytes of the statement."""

    file: str
    line: int
    offset: int
    head: str

    def __str__(self) -> str:
        return "{0}, line {1}, byte {2}: {3}".format(self.file, self.line, self.offset, self.head)


class Definition(NamedTuple):
    """A statement that creates something: its text as it will be sent, and the session state that it needs.

    ``what`` is the word after CREATE: TABLE, VIEW, TRIGGER, PROCEDURE, FUNCTION or EVENT; HISTOGRAM, or the first words of a barrier. ``on`` is the
    table of a trigger or barrier as the server stores its name, None for one of another database. ``any_case``: the server finds a trigger by its name
    in any case.
    """

    kind: StatementKind
    name: bytes
    text: bytes
    session: SessionState
    place: DumpPosition
    what: str
    on: Optional[bytes] = None
    definer: Optional[Tuple[bytes, bytes]] = None
    any_case: bool = True


class BarrierText(NamedTuple):
    """A barrier as it will be sent. ``tables_known``: the tables of the dump still have the columns of their CREATE TABLE."""

    definition: Definition
    tables_known: bool


class FiredTrigger(NamedTuple):
    """A trigger that the dump creates before rows of its table, so that the client would run it for them. ``elsewhere``: the rows are in another file."""

    definition: Definition
    elsewhere: bool


class PlannedTable(NamedTuple):
    """A table that the dump creates or fills. ``name`` is spelled as the server stores it, the name inside ``create`` as the dump spells it.

    ``create`` is None if the dump only has rows for it. ``deferred`` holds the keys that are built after the rows. ``ordered`` means
    that the result depends on the order of the rows: a row may replace another one (IGNORE, REPLACE), or the server assigns
    AUTO_INCREMENT values. ``histograms`` are created after the rows. ``shapes`` are those of its INSERTs, up to the first barrier that may
    change columns. ``dumped`` is ``create`` with all keys.
    """

    name: bytes
    create: Optional[Definition]
    table: Optional[TableDefinition]
    rows: int
    bytes: int
    deferred: Deferral
    ordered: bool
    histograms: Tuple[Definition, ...] = ()
    shapes: Tuple[RowShape, ...] = ()
    dumped: Optional[Definition] = None


class FileFacts(NamedTuple):
    """The facts that a file states about itself. ``size`` is uncompressed; ``completed`` means that it ends with mysqldump's last line; ``unended`` is
    the offset of its last statement if that has no delimiter."""

    name: str
    size: int
    completed: bool
    header: str
    server_version: str
    unended: Optional[int] = None


class LoadPlan(NamedTuple):
    """A whole load, in order. ``gtid_purged`` is the set that the dump names, None if it names none.

    ``largest`` is the size of the largest statement in bytes, ``largest_packet`` the size of the largest one that must be sent
    unchanged, because LOAD DATA cannot load it.
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
    # The position of the first statement that cannot run in a staging database, because it names a database or affects more than rows and keys of a table.
    unstaged: Optional[str] = None
    fired: Tuple[FiredTrigger, ...] = ()
    # The names, as stored by the server, of tables that barriers create, rename or drop.
    renamed: FrozenSet[bytes] = frozenset()
    barriers: Tuple[BarrierText, ...] = ()
    # Tables and views, as stored by the server, that statements change (other than by adding rows) and the dump does not create, with the first such statement.
    changed: Tuple[Tuple[bytes, DumpPosition], ...] = ()
    # Tables and views, as stored by the server, in statements that are left out (LOCK TABLES, ALTER TABLE ... DISABLE KEYS), with the first such statement.
    named: Tuple[Tuple[bytes, DumpPosition], ...] = ()
    # What the dump creates and drops or replaces again, or creates only if it does not exist, which it does: the client stops if the server cannot parse it.
    unmade: Tuple[Definition, ...] = ()
    # Tables of the dump that the patterns leave out.
    left_out: FrozenSet[bytes] = frozenset()
    # Names, as stored by the server, under which barriers may have created temporary tables. With the mysql client these vanish at the end of a file.
    maybe_temporary: FrozenSet[bytes] = frozenset()
    # Tables, as stored by the server, that barriers drop or rename and do not make again.
    gone: FrozenSet[bytes] = frozenset()


def acts_on_others(plan: LoadPlan, chunk: Chunk) -> bool:
    """Whether the effect of these rows depends on rows of other tables, or vice versa: with foreign key checks, REPLACE deletes
    through foreign keys and IGNORE skips rows."""
    if chunk.exact or not plan.sessions[chunk.session].checks_foreign_keys:
        return False
    return has_foreign_keys(plan)


def has_foreign_keys(plan: LoadPlan) -> bool:
    """Whether a table may have a foreign key. One that the dump does not create may have some."""
    return any(planned.table is None or any(key.kind == "foreign" for key in planned.table.keys) for planned in plan.tables)
