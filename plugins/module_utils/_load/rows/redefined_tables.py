# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables that a statement of the dump has just created, altered or rebuilt: their new marks are recorded, and their engines looked up."""

from typing import Container, FrozenSet, List

from ..._dump.plan import LoadPlan
from ..._dump.steps import Barrier
from ..._identifiers import name_text
from ..._server.existing import ExistingTable, table_in, tables_and_views, with_marks
from ..context import LoadContext
from ..ledger import TABLE_BEGUN
from ..ownership import MadeNotes
from .non_transactional import note_tables_to_fill, rolls_back


class RedefinedTables:
    """Looks at the tables of ``plan`` in ``database`` after each barrier. Tables named in ``settled`` belong to the user."""

    def __init__(self, context: LoadContext, plan: LoadPlan, database: str, made: MadeNotes, settled: Container[str]) -> None:
        self._context = context
        self._control = context.control
        self._plan = plan
        self._database = database
        self._made = made
        self._settled = settled
        self._index = {planned.name: index for index, planned in enumerate(plan.tables)}
        self._index_of_text = {name_text(name): index for name, index in self._index.items()}

    def after(self, barrier: Barrier) -> FrozenSet[int]:
        """Record the marks of the tables that the barrier may have rebuilt, because the next run would not recognise them as the import's. Returns the
        indexes of those that cannot roll back: the engine of a table made by CREATE TABLE ... LIKE is not known before. Their rows are recorded, if they are
        the user's own tables."""
        if not barrier.affected.redefines:
            return frozenset()
        found = [(self._index_of_text[table.name], table) for table in self._tables(barrier) if table.name in self._index_of_text]
        for index, table in found:
            if self._plan.tables[index].create is not None and table.name not in self._settled:
                self._made.mark(self._control, table)
        restart = frozenset(index for index, table in found if table.engine and not rolls_back(table.engine))
        if restart:
            done = self._context.ledger.done(self._control)
            # Others had this engine before, and are partly filled.
            note_tables_to_fill(self._context, self._plan, self._database, [index for index in restart if (TABLE_BEGUN, index) not in done], done)
        return restart

    def _tables(self, barrier: Barrier) -> List[ExistingTable]:
        names = barrier.affected.tables
        if names is None:
            return with_marks(self._control, self._database, tables_and_views(self._control, self._database)[0])
        known = [table_in(self._control, self._database, name_text(name)) for name in names if name in self._index]
        return [table for table in known if table is not None]
