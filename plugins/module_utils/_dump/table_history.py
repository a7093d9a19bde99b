# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history of a table in the statements read so far: created, filled, dropped, created again."""

from typing import Callable, List, Optional, Tuple

from .deferred_keys import Deferral, defer, with_foreign_keys
from .foreign_keys import ForeignKey, comments_for_innodb, foreign_keys_of, same_if_added, spelled_alike
from .lexer import Dialect, scanned
from .plan import Definition, PlannedTable
from .rewrite import edited
from .row_shapes import RowShapes
from .table_definition import TableDefinition

# A table with fewer bytes of rows is created with its keys: an ALTER TABLE would cost more than it saves.
_WORTH_DEFERRING = 4 << 20


class TableHistory:
    """A table of a dump. ``number`` counts the tables in the order in which the dump names them.

    ``exact`` and ``ordered`` are as in :class:`Chunk` and :class:`PlannedTable`, for all rows of the table. ``dropped`` means that the
    dump created it and dropped it again. ``barriers_before`` is the number of barriers before its CREATE TABLE. ``keys_at_once``: it would be
    another table if its foreign keys were added later, ``keys_stay``: even if only they were. ``current`` is the table with the columns that barriers have
    given it, None if these are not known.
    """

    __slots__ = (
        "barriers_before", "bytes", "create", "current", "dialect", "dropped", "exact", "foreign_keys", "histograms", "keys_at_once", "keys_stay", "name",
        "number", "ordered", "rows", "shapes", "table",
    )  # fmt: skip

    def __init__(self, name: bytes, number: int) -> None:
        self.name = name
        self.number = number
        self.create: Optional[Definition] = None
        self.table: Optional[TableDefinition] = None
        self.current: Optional[TableDefinition] = None
        self.barriers_before = 0
        self.dropped = self.keys_at_once = self.keys_stay = False
        self.foreign_keys: Tuple[ForeignKey, ...] = ()
        # How to read the definition, if it has foreign keys.
        self.dialect: Optional[Dialect] = None
        self.exact, self.ordered = True, False
        self.shapes = RowShapes()
        self._forget_rows()

    def make(self, create: Optional[Definition], table: Optional[TableDefinition], dialect: Dialect, barriers_before: int = 0) -> None:
        """Record that the table exists from here on. ``create`` is None if the dump does not contain its definition."""
        self.create, self.table, self.current, self.barriers_before = create, table, table, barriers_before
        self.dropped = self.keys_at_once = self.keys_stay = False
        self.foreign_keys, self.dialect = (), None
        if create is not None and table is not None and table.engine.upper() == "INNODB" and any(key.kind == "foreign" for key in table.keys):
            self.foreign_keys, self.dialect = foreign_keys_of(create.text, dialect), dialect
            self.keys_at_once, self.keys_stay = (
                not same_if_added(self.foreign_keys, create.text, dialect.version, unnamed_too=unnamed) for unnamed in (False, self._last_is_foreign())
            )

    def compare_spelling(self, definition_of: Callable[[bytes], Optional[TableDefinition]]) -> None:
        """Keep foreign keys in the CREATE TABLE if they spell a column in another case. ``definition_of`` knows the tables of the dump."""
        for key in self.foreign_keys:
            if not (spelled_alike(key.columns, self.table) and spelled_alike(key.parent_columns, definition_of(key.parent.name))):
                self.keys_at_once = self.keys_stay = True

    def _last_is_foreign(self) -> bool:
        """Whether the key of an unnamed foreign key has its place behind all other keys."""
        unnamed = [key.part for key in self.table.keys if key.kind == "foreign" and key.name is None] if self.table is not None else []
        return not unnamed or self.table is None or all(key.part < unnamed[0] or key.kind in ("foreign", "check") for key in self.table.keys)

    def add_rows(self, number: int, size: int, *, exact: bool, ordered: bool) -> None:
        """Record an INSERT of ``number`` rows and ``size`` bytes."""
        self.rows += number
        self.bytes += size
        self.exact = self.exact and exact
        self.ordered = self.ordered or ordered

    def drop(self) -> None:
        """Discard the table and its rows. ``create`` stays: the table may have been the placeholder of a view."""
        self.dropped = True
        self._forget_rows()

    def _forget_rows(self) -> None:
        self.rows = self.bytes = 0
        self.exact, self.ordered = True, False
        self.shapes.clear()
        self.histograms: List[Definition] = []

    def planned(self, stored_name: bytes, defer_indexes: str, *, keys_needed: bool, keys_lost: bool = False) -> PlannedTable:
        """The table as it will be created. With ``keys_needed`` no key is deferred, because other statements may use the table before its
        rows are complete; with ``keys_lost`` a staging database cannot keep its foreign keys, so they are added again."""
        create, deferred = self.create, Deferral(self.create.text if self.create is not None else b"")
        if create is not None and self.table is not None and not keys_needed:
            keys_too = defer_indexes == "always" or (defer_indexes == "auto" and self.bytes >= _WORTH_DEFERRING)
            deferred = defer(create.text, self.table, keys_too=keys_too, unique_too=self.exact)
            create = create._replace(text=deferred.create)
        elif create is not None and self.table is not None and keys_lost and not self.keys_stay:
            deferred = with_foreign_keys(create.text, self.table)
        if create is not None and keys_needed and self.dialect is not None:
            edits = comments_for_innodb(scanned(create.text, self.dialect), create.text, self.dialect.version)
            create = create._replace(text=edited(create.text, edits)) if edits else create
        return PlannedTable(
            stored_name, create, self.table, self.rows, self.bytes, deferred, self.ordered, tuple(self.histograms), tuple(self.shapes), self.create
        )
