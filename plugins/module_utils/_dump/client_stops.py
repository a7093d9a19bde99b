# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables and objects that do not exist yet, or exist already, where a statement names them: the ``mysql`` client would stop there with an error.

The import creates all tables first and all objects last, so that it would run such a statement.
"""

from typing import Dict, Iterator, List, NamedTuple

from .._identifiers import name_text
from .classify import ClassifiedStatement, StatementKind
from .lexer import Token
from .refusals import position_of
from .tokens import made_by_like, name_at, tables_read

_OF_ONE_TABLE = frozenset(("INSERT", "REPLACE", "TRUNCATE", "ALTER TABLE", "CREATE INDEX", "DROP INDEX"))
_USED_EARLY = "uses the {0} {1}, which this file creates only at line {2}: the mysql client would stop here with error {3}"
# These are made after all tables, or their foreign keys are.
_MADE_LATER = frozenset((StatementKind.TABLE, StatementKind.VIEW, StatementKind.TRIGGER))
TWICE = "creates {0}, which the statement at line {1} has created: the mysql client would stop here with error {2}"
GONE = "drops {0}, which the dump has not created: the mysql client would stop here with error {1}; with IF EXISTS it would continue"
REFERRED = "{0} the table {1}, which a foreign key of {2} refers to while foreign keys are checked: {3} with error {4}"
_UNKNOWN = {"TABLE": 1051, "VIEW": 1051, "TRIGGER": 1360, "EVENT": 1539}
_EXISTS = {"TABLE": 1050, "VIEW": 1050, "TRIGGER": 1359, "EVENT": 1537, "DATABASE": 1007}


class EarlyUse(NamedTuple):
    """A statement that uses a table before the file creates it; ``as_parent`` of a foreign key."""

    item: ClassifiedStatement
    file_name: str
    as_parent: bool = False

    @property
    def made_later(self) -> bool:
        """Whether the import does what the statement asks for when the table exists."""
        return self.item.kind in _MADE_LATER

    def warning(self, made: ClassifiedStatement, version: int) -> str:
        """The reason, for a statement that is made later."""
        return "{0} {1} ({2})".format(self.item.verb, self.reason(made, version), position_of(self.item.statement, self.file_name))

    def reason(self, made: ClassifiedStatement, version: int) -> str:
        """Why the client would stop at the statement; ``made`` creates the table, view or function."""
        name = made.name.name if made.name is not None else b""
        if made.kind is StatementKind.ROUTINE:
            return _USED_EARLY.format("function", name_text(name), made.statement.line, 1305)
        error = 1146 if not self.as_parent else 1824 if version >= 80000 else 1215
        return _USED_EARLY.format("table", name_text(name), made.statement.line, error)


class EarlyUses:
    """The tables, or functions, that the statements read so far use, although no statement has created them."""

    def __init__(self) -> None:
        # The first statement, and the first one of those that are made later.
        self._first: Dict[bytes, Dict[bool, EarlyUse]] = {}

    def note(self, name: bytes, item: ClassifiedStatement, file_name: str, *, as_parent: bool = False) -> None:
        """Note that a statement uses something that does not exist yet. ``name`` is spelled as the server stores it."""
        first, later = self._first.setdefault(name, {}), item.kind in _MADE_LATER
        if later not in first or first[later].file_name != file_name:
            short = item.statement._replace(text=item.statement.text[:200], rows=None)
            first[later] = EarlyUse(item._replace(statement=short), file_name, as_parent)

    def created(self, name: bytes, file_name: str) -> List[EarlyUse]:
        """The first uses of this name in this file before it is created. The files of a backup may come in any order."""
        return [use for use in self._first.pop(name, {}).values() if use.file_name == file_name]


def tables_used(item: ClassifiedStatement, found: List[Token], database: bytes) -> Iterator[bytes]:
    """The tables of ``database`` that a statement with the tokens ``found`` certainly uses."""
    if item.verb.startswith("UPDATE"):
        yield from _tables_of_update(found, database)
    elif {item.verb, item.verb.split(" ")[0]} & _OF_ONE_TABLE and item.name is not None and item.name.schema in (None, database):
        yield item.name.name
    for index in range(len(found)):
        name = name_at(found, index + 1)[0] if found[index].upper == b"LIKE" and made_by_like(found, index - 1) else None
        if name is not None and name.schema in (None, database):
            yield name.name
    if not (item.verb.startswith("DELETE") and any(token.upper == b"USING" for token in found)):
        # The names behind FROM before USING may be aliases.
        yield from tables_read(found, database)


def parents_used(item: ClassifiedStatement, found: List[Token], database: bytes, version: int) -> Iterator[bytes]:
    """The tables of ``database`` that foreign keys refer to which an ALTER TABLE adds."""
    foreign = False
    for index in range(len(found) if item.verb.startswith("ALTER TABLE") else 0):
        # Servers before 9.0 ignore it in the definition of a column.
        if found[index].upper == b"REFERENCES" and (foreign or version >= 90000):
            name = name_at(found, index + 1)[0]
            if name is not None and name.schema in (None, database) and name != item.name:
                yield name.name
        foreign = found[index].upper == b"FOREIGN" or foreign and found[index].upper != b"REFERENCES"


def _tables_of_update(found: List[Token], database: bytes) -> Iterator[bytes]:
    """The tables between UPDATE and SET that are in a list, not in parentheses."""
    at = next((index for index in range(1, len(found)) if found[index].upper not in (b"LOW_PRIORITY", b"IGNORE")), len(found))
    while at < len(found) and found[at].upper != b"SET" and found[at].text != b"(":
        name, after = name_at(found, at)
        if name is not None and found[at - 1].upper in (b"UPDATE", b"LOW_PRIORITY", b"IGNORE", b",") and name.schema in (None, database):
            yield name.name
        at = max(after, at + 1)


def error_of_drop(what: str) -> int:
    """The error of a server for DROP of a missing object; ``what`` is TABLE, VIEW, TRIGGER and so on."""
    return _UNKNOWN.get(what, 1305)


def error_of_create(what: str) -> int:
    """The error of a server for CREATE of an object that exists."""
    return _EXISTS.get(what, 1304)


def says_if_not_exists(found: List[Token], what: str) -> bool:
    """Whether a CREATE of this kind, for example TABLE, says IF NOT EXISTS."""
    words = [token.upper for token in found]
    at = words.index(what.encode("ascii"))
    return words[at + 1 : at + 4] == [b"IF", b"NOT", b"EXISTS"]


def says_or_replace(found: List[Token]) -> bool:
    """Whether a CREATE says OR REPLACE."""
    return [token.upper for token in found[1:3]] == [b"OR", b"REPLACE"]


def says_if_exists(found: List[Token]) -> bool:
    """Whether a DROP says IF EXISTS."""
    words = [token.upper for token in found[:6]]
    return any(words[at : at + 2] == [b"IF", b"EXISTS"] for at in range(1, 4))
