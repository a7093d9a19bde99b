# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table as far as the dump was read: made, filled, dropped, and made anew."""

from typing import List, Optional

from .deferred_keys import Deferral, defer
from .plan import Definition, PlannedTable
from .table_definition import TableDefinition

# A table with fewer bytes of rows is made with its keys: one ALTER TABLE costs more than it saves.
_WORTH_DEFERRING = 4 << 20


class TableHistory:
    """What the statements so far say of one table; ``number`` is its place among the tables that the dump names.

    ``exact`` and ``ordered`` are as in :class:`Chunk` and :class:`PlannedTable`, for all its rows. ``dropped`` says that it
    was made and is void again, ``born`` how many barriers stood before it was made.
    """

    __slots__ = ("born", "bytes", "create", "dropped", "exact", "histograms", "name", "number", "ordered", "rows", "table")

    def __init__(self, name: bytes, number: int) -> None:
        self.name = name
        self.number = number
        self.create: Optional[Definition] = None
        self.table: Optional[TableDefinition] = None
        self.born = 0
        self.dropped = False
        self._empty()

    def make(self, create: Optional[Definition], table: Optional[TableDefinition], born: int = 0) -> None:
        """It is there as ``create`` says; with None it is there, but the dump does not say how."""
        self.create, self.table, self.born = create, table, born
        self.dropped = False

    def drop(self) -> None:
        """Its rows are void with it. What it was is still told by ``create``: it may have been a view's placeholder."""
        self.dropped = True
        self._empty()

    def _empty(self) -> None:
        self.rows = self.bytes = 0
        self.exact, self.ordered = True, False
        self.histograms: List[Definition] = []

    def planned(self, stored_name: bytes, defer_indexes: str, keys_needed: bool) -> PlannedTable:
        """The table as it will be made. With ``keys_needed`` other statements may see it before its rows are there, so that no key waits."""
        create, deferred = self.create, Deferral(self.create.text if self.create is not None else b"")
        if create is not None and self.table is not None and not keys_needed:
            keys_too = defer_indexes == "always" or (defer_indexes == "auto" and self.bytes >= _WORTH_DEFERRING)
            deferred = defer(create.text, self.table, keys_too, self.exact)
            create = create._replace(text=deferred.create)
        return PlannedTable(stored_name, create, self.table, self.rows, self.bytes, deferred, self.ordered, tuple(self.histograms))
