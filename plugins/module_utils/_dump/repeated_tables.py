# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cache statements that a dump repeats for each table with a different name and AUTO_INCREMENT: each form is parsed once.

The name consists of ASCII letters, digits and underscores in backticks, and the number is between an equals sign and a blank. So every server finds
the same tokens as in the text with another such name of the same length, or with another such number.
"""

import re
from typing import Dict, NamedTuple, Optional, Tuple

from .database_options import DatabaseNames
from .lexer import Dialect, scanned
from .table_definition import TableDefinition

_NAMED = re.compile(rb"((?:CREATE TABLE|DROP TABLE IF EXISTS|LOCK TABLES|/\*!40000 ALTER TABLE) `)(\w{1,64})(?=`)")
_NUMBER = re.compile(rb"(?<= AUTO_INCREMENT=)([1-9][0-9]{0,18})(?= |\Z)")
# Longer texts are parsed one by one.
_LONGEST = 1 << 14
_MOST_FORMS = 500
_ANY_NUMBER = 8051961


class RepeatedForm(NamedTuple):
    """``text`` is the statement with ``same_name``, a placeholder of the same length, instead of its ``name``, and a placeholder for its ``number``, if any."""

    text: bytes
    name: bytes
    same_name: bytes
    number: Optional[int] = None


def form_of(text: bytes) -> Optional[RepeatedForm]:
    """The form of a statement; None if it is not one that a dump repeats for each table."""
    found = _NAMED.match(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    name = found.group(2)
    same = b"x" * len(name)
    head, rest, number = found.group(1) + same, text[found.end() :], None
    if text[:1] == b"C":
        numbers = _NUMBER.findall(rest)
        if len(numbers) == 1:
            number = int(numbers[0])
            rest = _NUMBER.sub(b"%d" % _ANY_NUMBER, rest)
    return RepeatedForm(head + rest, name, same, number)


class RepeatedTables:
    """Definitions of tables that need no change, by the form of their CREATE TABLE."""

    def __init__(self) -> None:
        self._known: Dict[Tuple[bytes, Dialect, DatabaseNames], TableDefinition] = {}

    def add(self, form: RepeatedForm, dialect: Dialect, database: DatabaseNames, table: TableDefinition, text: bytes) -> None:
        """Keep ``table``, which was read from ``text``, the statement of this form."""
        number = _NUMBER.search(text) if form.number is not None else None
        if number is not None and (table.next_number != form.number or number.start() not in [token.start for token in scanned(text, dialect)]):
            # The match is in a string or in a comment.
            return
        if table.name == form.name and not self._is_database(form, database):
            if len(self._known) >= _MOST_FORMS:
                self._known.clear()
            self._known[form.text, dialect, database] = table

    def get(self, form: RepeatedForm, dialect: Dialect, database: DatabaseNames) -> Optional[TableDefinition]:
        """The definition of the table of ``form``; None if none of this form was added."""
        known = self._known.get((form.text, dialect, database))
        if known is None or self._is_database(form, database):
            return None
        return known._replace(name=form.name, next_number=known.next_number if form.number is None else form.number)

    @staticmethod
    def _is_database(form: RepeatedForm, database: DatabaseNames) -> bool:
        """Whether the table has the name of the database, so that the name before a dot could mean either."""
        return database.has(form.name)
