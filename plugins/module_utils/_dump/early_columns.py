# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Views and triggers that name a column which a later ALTER TABLE adds, renames or drops.

The ``mysql`` client creates them with the columns of that time, or stops; the import creates them after all statements.
"""

from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Tuple

from .._identifiers import name_text
from .classify import StatementKind
from .lexer import Token
from .plan import Definition, DumpPosition
from .row_change import alterations
from .table_clauses import parts_of
from .table_definition import is_key

_WARNING = "the {0} {1} ({2}) names {3}, a column that a later statement adds, renames or drops ({4}): the mysql client creates it with the earlier columns"
_NEW_OR_OLD = frozenset((b"NEW", b"OLD"))


class _Program(NamedTuple):
    tables: FrozenSet[bytes]
    names: FrozenSet[bytes]
    place: str


class EarlyColumns:
    """The views and triggers that the statements read so far create, with the names in them."""

    def __init__(self) -> None:
        self._programs: Dict[Tuple[StatementKind, bytes], _Program] = {}

    def note(self, made: Definition, found: List[Token], tables: FrozenSet[bytes]) -> None:
        """Note a view or trigger with the tokens ``found``, and its ``tables``, spelled as the server stores them."""
        names = _columns_of_trigger(found) if made.kind is StatementKind.TRIGGER else (token.identifier for token in found if token.identifier is not None)
        self._programs[made.kind, made.name] = _Program(tables, frozenset(name.lower() for name in names), str(made.place))

    def forget(self, kind: StatementKind, name: bytes) -> None:
        """A view or trigger was dropped."""
        self._programs.pop((kind, name), None)

    def warnings(self, table: bytes, found: List[Token], place: DumpPosition) -> Iterator[str]:
        """What to say of an ALTER TABLE with the tokens ``found``."""
        changed = frozenset(columns_changed(found))
        for (kind, name), program in self._programs.items():
            named = sorted(program.names & changed) if table in program.tables else []
            if named:
                what = "trigger" if kind is StatementKind.TRIGGER else "view"
                yield _WARNING.format(what, name_text(name), program.place, name_text(named[0]), place)


def columns_changed(found: List[Token]) -> Iterator[bytes]:
    """The names, in lower case, of the columns that an ALTER TABLE adds, renames or drops."""
    for start in alterations(found):
        verb, at = found[start].upper, start + 1
        to_column = found[at : at + 1] != [] and found[at].upper == b"COLUMN"
        at += to_column
        if verb == b"ADD" and found[at : at + 1] and found[at].text == b"(":
            indexes = [first for first, last in parts_of(found, at + 1, len(found)) if not is_key(found[first:last])]
        elif verb == b"CHANGE" or (verb == b"RENAME" and to_column):
            indexes = [at, at + (1 if verb == b"CHANGE" else 2)]
        else:
            indexes = [at] if verb in (b"ADD", b"DROP") and not is_key(found[at:]) else []
        yield from ((found[index].identifier or b"").lower() for index in indexes if index < len(found))


def _columns_of_trigger(found: List[Token]) -> Iterator[bytes]:
    for row, dot, column in zip(found, found[1:], found[2:]):
        if row.upper in _NEW_OR_OLD and dot.text == b"." and column.identifier is not None:
            yield column.identifier
