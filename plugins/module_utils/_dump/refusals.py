# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that are not allowed, collected so that one failure names them all."""

from typing import List

from .._failure import Failure
from .classify import ClassifiedStatement
from .plan import Choices, DumpPosition
from .statement_splitter import Statement

_CURES = (
    "Correct or remove them in the file; allow does not apply to them.",
    "Correct or remove them in the file. To run those that reach outside the database, name their first words with allow.",
    "Remove them from the file. To run them, name their first words with allow.",
)
_MOST_KEPT = 1000
_MOST_SHOWN = 20


class Refusals:
    """The statements refused so far. At most 1000 are kept, all are counted."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._kept: List[str] = []
        self._count = 0
        self._allowable = 0

    def add(self, item: ClassifiedStatement, file_name: str, reason: str) -> None:
        """Refuse a statement. ``reason`` completes the sentence that begins with its verb."""
        self._count += 1
        if len(self._kept) < _MOST_KEPT:
            self._kept.append("{0} {1} ({2})".format(item.verb or "this", reason, position_of(item.statement, file_name)))

    def unless_allowed(self, item: ClassifiedStatement, file_name: str, reason: str) -> bool:
        """Whether a statement is refused: always, unless the option ``allow`` names its first words."""
        if self._choices.allows(item):
            return False
        self._allowable += 1
        self.add(item, file_name, reason)
        return True

    def raise_any(self) -> None:
        """Raise a Failure if a statement was refused; its ``refused`` lists them."""
        if not self._kept:
            return
        shown = self._kept[:_MOST_SHOWN]
        more = self._count - len(shown)
        raise Failure(
            "{0} statement(s) are not allowed in a restore of one database: {1}{2}".format(
                self._count, "; ".join(shown), "; and {0} more".format(more) if more else ""
            ),
            None,
            "Nothing was written. {0}".format(_CURES[(self._allowable > 0) + (self._allowable == self._count)]),
            refused=self._kept,
        )


def position_of(statement: Statement, file_name: str) -> DumpPosition:
    """Where ``statement`` is, for messages."""
    return DumpPosition(file_name, statement.line, statement.offset, statement.head)
