# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables and views that the statements of a dump change in another way than by adding rows. If the dump does not create them, they belong to the user."""

from typing import Container, Dict, Iterable, Iterator, List, Optional, Set, Tuple

from .classify import ClassifiedStatement
from .lexer import Token
from .plan import Choices, DumpPosition
from .renames import table_rename_of
from .table_clauses import clauses_of, tables_of_union
from .tokens import QualifiedName, name_at, table_places

_OF_ONE_TABLE = frozenset(("REPLACE", "TRUNCATE", "CREATE INDEX", "DROP INDEX", "ALTER TABLE"))
_BEFORE_NAMES = frozenset(b"UPDATE DELETE FROM JOIN STRAIGHT_JOIN USING LOW_PRIORITY QUICK IGNORE OJ , (".split())


class ChangedTables:
    """By name as the server stores it, the first statement that changes a table, and the tables that statements create."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._changed: Dict[bytes, DumpPosition] = {}
        self._made: Set[bytes] = set()

    def note(self, item: ClassifiedStatement, found: List[Token], place: DumpPosition) -> None:
        """Note what a barrier with the tokens ``found`` changes. One that ``allow`` names may change anything."""
        rename = table_rename_of(found)
        self._made.update(self._choices.stored(name.name) for name in rename.made)
        if not self._choices.allows(item):
            self._note((*rename.gone, *_changed_by(item, found)), place)

    def note_rows(self, item: ClassifiedStatement, place: DumpPosition) -> None:
        """Note an INSERT or REPLACE of literal rows."""
        if item.statement.rows is not None and item.statement.rows.verb == b"REPLACE" and not self._choices.allows(item):
            self._note((item.name,), place)

    def note_table(self, found: List[Token], place: DumpPosition) -> None:
        """Note a CREATE TABLE: the rows of a MERGE table are those of the tables below it."""
        clauses = clauses_of(found)
        for option in clauses.options if clauses is not None else ():
            if option.name == b"UNION":
                self._note(tables_of_union(found, option.start + (found[option.start].upper == b",")), place)

    def _note(self, names: Iterable[Optional[QualifiedName]], place: DumpPosition) -> None:
        for name in names:
            if name is not None:
                self._changed.setdefault(self._choices.stored(name.name), place)

    def of_others(self, created: Container[bytes]) -> Tuple[Tuple[bytes, DumpPosition], ...]:
        """The tables, with the first statement that changes each, that neither a CREATE TABLE of the dump (``created``) nor another statement makes."""
        return tuple((name, place) for name, place in self._changed.items() if name not in created and name not in self._made)


def _changed_by(item: ClassifiedStatement, found: List[Token]) -> Iterator[Optional[QualifiedName]]:
    verb, words = item.verb.split(" ")[0], [token.upper for token in found]
    if verb in ("UPDATE", "DELETE"):
        # Which of several tables it changes is not examined.
        for index in sorted(index for index in table_places(found) if index and words[index - 1] in _BEFORE_NAMES and words[index] != b"FROM"):
            yield name_at(found, index)[0]
    elif item.name is not None and ({verb, item.verb} & _OF_ONE_TABLE or (verb == "INSERT" and b"DUPLICATE" in words) or b"HISTOGRAM" in words):
        yield item.name
    if item.verb == "ALTER TABLE":
        for index, word in enumerate(words):
            if word == b"TABLE" and index and words[index - 1] == b"WITH":
                yield name_at(found, index + 1)[0]
            if word == b"UNION":
                yield from tables_of_union(found, index)
