# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables whose engine cannot undo rows: each is loaded whole, or from its beginning again."""

from typing import Dict, FrozenSet, NamedTuple, Optional, Set, Tuple

from ..._dump.plan import LoadPlan, PlannedTable
from ..._failure import Failure
from ..._identifiers import name_text, quote
from ..context import LoadContext
from ..ledger import TABLE_BEGUN, TABLE_WHOLE, retried
from ..loader_connection import LoaderConnection
from ..resume import ResumeState
from ..schema.objects import empty_table


class RowOrder(NamedTuple):
    """Tables, by index, as :class:`Loading` has them."""

    ordered: FrozenSet[int]
    restart: FrozenSet[int]


def put_in_order(
    ground: LoadContext, plan: LoadPlan, place: str, seat: LoaderConnection, engines: Dict[str, str], where: ResumeState, done: Dict[Tuple[int, int], int]
) -> RowOrder:
    """Say how the rows of each table are to go, and empty those that an earlier run has left half full in the database ``place``.

    What was ``done`` to these is forgotten, here and in the ledger.
    """
    tables = _Tables(ground, place, done)
    restart: Set[int] = set()
    ordered: Set[int] = set()
    for index, planned in enumerate(plan.tables):
        engine = engines.get(name_text(planned.name), planned.table.engine if planned.table else "InnoDB")
        # A MERGE table has no rows of its own: emptying it would empty the tables under it.
        if engine.upper() not in ("INNODB", "MRG_MYISAM"):
            restart.add(index)
            ours = where.resumed and name_text(planned.name) not in where.settled
            if ours and planned.create is not None and not tables.is_whole(planned, done.get((TABLE_WHOLE, index))):
                tables.forget(index)
                empty_table(seat, planned.name, planned.create)
            elif planned.create is None and planned.rows and (TABLE_WHOLE, index) not in done:
                tables.fill_another_s(index, planned, done.get((TABLE_BEGUN, index)))
        if planned.ordered or planned.table is None or not any(key.kind == "primary" for key in planned.table.keys):
            ordered.add(index)
    return RowOrder(frozenset(ordered), frozenset(restart))


class _Tables:
    def __init__(self, ground: LoadContext, place: str, done: Dict[Tuple[int, int], int]) -> None:
        self.ground = ground
        self.place = place
        self.done = done

    def _count(self, planned: PlannedTable) -> int:
        return int(self.ground.control.value(b"SELECT COUNT(*) FROM " + self._name(planned)))

    def _name(self, planned: PlannedTable) -> bytes:
        return quote(self.place, planned.name)

    def is_whole(self, planned: PlannedTable, rows: Optional[int]) -> bool:
        """Whether it still holds what was noted of it, which a crash may have taken away."""
        if rows is None:
            return False
        if any(str(row[2]) == "error" for row in self.ground.control.rows(b"CHECK TABLE " + self._name(planned) + b" QUICK")):
            return False
        return self._count(planned) == rows

    def forget(self, index: int) -> None:
        """That it was whole."""
        self.done.pop((TABLE_WHOLE, index), None)
        retried(lambda: self.ground.ledger.unnote(self.ground.control, TABLE_WHOLE, index), self.ground.control)

    def fill_another_s(self, index: int, planned: PlannedTable, before: Optional[int]) -> None:
        """Rows go into a table that was there and that cannot give them back. ``before`` is what it held when an earlier run began to."""
        now = self._count(planned)
        if before is None:
            retried(lambda: self.ground.ledger.note(self.ground.control, TABLE_BEGUN, index, now), self.ground.control)
        elif now != before:
            raise Failure(
                "An earlier run was stopped while it filled the table {0}, whose engine cannot undo rows: it held {1} before and holds {2} now".format(
                    name_text(planned.name), before, now
                ),
                "database {0}".format(self.ground.request.target),
                "Bring the table back to its {0} row(s), then run again.".format(before),
            )
