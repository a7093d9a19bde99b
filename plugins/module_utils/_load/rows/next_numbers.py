# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The next AUTO_INCREMENT numbers after an interruption: rows that were rolled back have used up some, and servers before 8.0 forget them in a crash."""

from typing import Collection, Container, Dict, List, NamedTuple, Optional, Sequence, Set

from ..._dump.load_data_eligibility import numbers_zero
from ..._dump.plan import LoadPlan, PlannedTable, acts_on_others, has_foreign_keys
from ..._dump.row_change import ANY_ROWS
from ..._dump.row_shapes import RowShape
from ..._dump.steps import Barrier, Numbers
from ..._failure import Failure
from ..._identifiers import name_text
from ..._server.connection import Connection
from .non_transactional import Done, is_sent
from .past_statements import START_OVER

_USED_UP = "The next rows of the table {0} would get different AUTO_INCREMENT values than with the mysql client, because the interrupted run used some up"
_MAY_DIFFER = "the interrupted run may have used up AUTO_INCREMENT values of {0}, so its remaining rows may get different values than with the mysql client"
_FORGOTTEN = (
    "statements of the dump may have set the next AUTO_INCREMENT number of {0}: if the server was restarted since then, it has forgotten that number"
    " (before 8.0); compare it with the origin"
)
_SHOWN = 10


class NextNumbers(NamedTuple):
    """Tables, by index, whose next number is not that of the client. ``known``: it follows from the rows that are there, or is that of the CREATE
    TABLE; ``unknown``: it does not. ``chosen`` are the tables for which statements that have run may have chosen a number."""

    known: List[int]
    unknown: List[int]
    chosen: List[int]


def next_numbers(plan: LoadPlan, done: Done, emptied: Collection[int], settled: Container[str]) -> NextNumbers:
    """Decide for each table that an interrupted run may have been filling, and for those that will be ``emptied``."""
    sent = _Sent(plan, done, emptied)
    found = NextNumbers([], [], [])
    for index, planned in enumerate(plan.tables):
        if name_text(planned.name) in settled:
            continue
        chosen = sent.all_chosen or planned.name in sent.chosen
        if chosen:
            found.chosen.append(index)
        if index not in emptied and index not in sent.begun:
            continue
        if planned.create is None or planned.table is None or chosen or not sent.follows_rows(index):
            found.unknown.append(index)
        elif index not in emptied or planned.table.next_number is not None:
            found.known.append(index)
    return found


class _Sent:
    """What earlier runs have sent.

    ``begun`` are tables with numbered rows that the last run may have begun: those between the last statement that has run and the next one.
    ``chosen``: statements that have run may have chosen the next number of these tables, or of all.
    """

    def __init__(self, plan: LoadPlan, done: Done, emptied: Container[int]) -> None:
        self.begun: Set[int] = set()
        self.chosen: Set[bytes] = set()
        self.all_chosen = False
        # Whether the next number of a table that has rows was one more than the greatest when they were sent.
        self._regular: Dict[int, bool] = {}
        # Whether rows may have been deleted through foreign keys.
        self._deleted = False
        keyed = has_foreign_keys(plan)
        for step in plan.steps:
            if isinstance(step, Barrier):
                if (step.file, step.offset) not in done:
                    break
                self.begun.clear()
                self._note(step, cascades=keyed and step.change == ANY_ROWS and plan.sessions[step.session].checks_foreign_keys)
            elif step.table not in emptied and is_sent(step, done):
                self._regular[step.table] = self._regular.get(step.table, True) and step.exact and step.numbers is not Numbers.SOME
                self._deleted = self._deleted or acts_on_others(plan, step)
            elif step.numbers is not Numbers.NONE:
                self.begun.add(step.table)

    def _note(self, step: Barrier, *, cascades: bool) -> None:
        if step.affected.renumbers:
            self.chosen.update(step.affected.tables or ())
            self.all_chosen = self.all_chosen or step.affected.tables is None
            self._deleted = self._deleted or cascades

    def follows_rows(self, index: int) -> bool:
        """Whether the next number is one more than the greatest of the rows that are there, or the first one if there are none."""
        return index not in self._regular or self._regular[index] and not self._deleted


def refuse_unknown(plan: LoadPlan, control: Connection, database: str, unknown: Sequence[int]) -> List[str]:
    """Raise a Failure if a table with an unknown next number, which the dump creates, would get other numbers. Returns a warning for each one of the user's."""
    warnings = []
    redefined = any(isinstance(step, Barrier) and step.affected.redefines for step in plan.steps) if unknown else False
    for index in unknown:
        planned = plan.tables[index]
        columns = control.rows(
            "SELECT COLUMN_NAME, EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION",
            (database, name_text(planned.name)),
        )
        counted = next((str(name) for name, extra in columns if "auto_increment" in str(extra).lower()), None)
        if counted is None:
            continue
        if planned.create is not None or planned.name in plan.renamed:
            raise Failure(_USED_UP.format(name_text(planned.name)), "database {0}".format(database), START_OVER.format(database))
        visible = [str(name).lower() for name, extra in columns if "INVISIBLE" not in str(extra).upper()]
        # The shapes are those up to the first statement that may change columns.
        if redefined or any(_may_number(plan, shape, visible, counted.lower()) for shape in planned.shapes):
            warnings.append(_MAY_DIFFER.format(name_text(planned.name)))
    return warnings


def _may_number(plan: LoadPlan, shape: RowShape, columns: List[str], counted: str) -> bool:
    """Whether the server may number rows of this shape in its column ``counted``."""
    names = [name_text(name).lower() for name in shape.columns] or columns
    at = names.index(counted) if counted in names else None
    if at is None or at >= len(shape.forms):
        return True
    return bool(shape.forms[at] & {b"NULL", b"?"}) or numbers_zero(plan.sessions[shape.session])


class NumbersOnServer(NamedTuple):
    """``forgotten`` are tables with a lower next number than in the dump; ``warnings`` name those whose number no one knows any more."""

    forgotten: List[int]
    warnings: List[str]


def forgotten_numbers(plan: LoadPlan, control: Connection, database: str, settled: Container[str], chosen: Container[int]) -> NumbersOnServer:
    """The tables whose AUTO_INCREMENT, as in the dump, a server before 8.0 has forgotten in a crash (WL#6204)."""
    query = "SELECT TABLE_NAME, AUTO_INCREMENT, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND AUTO_INCREMENT IS NOT NULL"
    numbers = {str(name): int(number) for name, number, engine in control.rows(query, (database,)) if str(engine).upper() == "INNODB"}
    forgotten: List[int] = []
    unclear: List[str] = []
    for index, planned in enumerate(plan.tables):
        name = name_text(planned.name)
        if planned.create is None or name in settled or name not in numbers:
            continue
        if index in chosen:
            unclear.append(name)
        elif numbers[name] < _dumped_number(planned):
            forgotten.append(index)
    shown = ", ".join(unclear[:_SHOWN]) + (", ..." if len(unclear) > _SHOWN else "")
    return NumbersOnServer(forgotten, [_FORGOTTEN.format(shown)] if unclear else [])


def _dumped_number(planned: PlannedTable) -> int:
    number: Optional[int] = planned.table.next_number if planned.table is not None else None
    return number or 0
