# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a file ends in a transaction that it never commits: the ``mysql`` client would leave its changes to be rolled back."""

import re
from typing import Optional

from .classify import ClassifiedStatement, StatementKind
from .plan import DumpPosition
from .refusals import position_of

_CHANGES_ROWS = ("INSERT", "REPLACE", "UPDATE", "DELETE")
_KEEPS_TRANSACTION = ("SELECT", "DO", "CHECK", "SHOW", "SET")
# Tables of one connection commit nothing.
_TEMPORARY = re.compile(rb"(?:CREATE|DROP)\s+TEMPORARY\s", re.I)


class OpenTransaction:
    """Follows the statements of one file. ``first`` is the first change of rows that is not committed, None if all are.

    All statements that define something commit what is before them (MySQL manual, "Statements That Cause an Implicit Commit").
    """

    def __init__(self) -> None:
        self.first: Optional[DumpPosition] = None
        self._autocommit = True
        self._begun = False
        self._locked = False

    def note(self, item: ClassifiedStatement, file_name: str) -> None:
        """Follow one statement."""
        verb = item.verb.partition(" ")[0]
        if item.kind is StatementKind.ROWS or (item.kind is StatementKind.OTHER and verb in _CHANGES_ROWS):
            if self.first is None and (self._begun or not self._autocommit):
                self.first = position_of(item.statement, file_name)
        elif item.kind in (StatementKind.NOTHING, StatementKind.USE, StatementKind.SESSION) or verb in _KEEPS_TRANSACTION:
            return
        elif (verb != "UNLOCK" or self._locked) and not _TEMPORARY.match(item.statement.text):
            # Without LOCK TABLES before it, UNLOCK TABLES commits nothing.
            self.first = None
            self._begun = verb in ("START", "BEGIN")
            self._locked = verb == "LOCK" or (self._locked and not self._begun and verb != "UNLOCK")

    def set_autocommit(self, *, is_on: bool) -> None:
        """Follow a SET that leaves autocommit at this value. Only a SET that turns it on commits."""
        if is_on and not self._autocommit:
            self.first = None
            self._begun = False
        self._autocommit = is_on
