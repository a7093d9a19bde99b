# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a barrier changes the rows, the columns and the numbering of tables, as far as its text shows."""

from typing import Callable, Container, List, NamedTuple, Optional, Tuple

from .classify import ClassifiedStatement, StatementKind
from .lexer import Dialect, Token, scan
from .tokens import name_at, table_places


class RowChange(NamedTuple):
    """``table``, as the dump spells it, gets ``rows`` more rows (None: unknown). ``emptied``: it first loses all rows.
    Without a table, ``rows`` is 0 if no table gets or loses rows, and None if any may."""

    table: Optional[bytes]
    rows: Optional[int]
    emptied: bool = False


class AffectedTables(NamedTuple):
    """The tables of the dump that a barrier may change: ``tables`` are those that it names, as the server stores them; None if it may change any.

    ``redefines``: it may create, alter or rebuild them. ``renumbers``: it may change their rows, or the number that the server gives the next one.
    What it changes through foreign keys is not included.
    """

    tables: Optional[Tuple[bytes, ...]]
    redefines: bool
    renumbers: bool

    def among(self, names: Container[bytes]) -> "AffectedTables":
        """Without the tables that are not in ``names``."""
        if self.tables is None:
            return self
        tables = tuple(name for name in self.tables if name in names)
        return self._replace(tables=tables if len(tables) <= _MOST_TABLES else None)


# Statements that change the columns or keys of a table, and first words of those that change no columns of any.
ALTERATIONS = ("ALTER TABLE", "CREATE INDEX", "DROP INDEX")
KEEP_COLUMNS = frozenset(("INSERT", "REPLACE", "UPDATE", "DELETE", "TRUNCATE", "ANALYZE", "OPTIMIZE", "CHECK", "SELECT", "DO"))
NO_ROWS = RowChange(table=None, rows=0)
ANY_ROWS = RowChange(table=None, rows=None)
# First words of statements that leave every table with its definition and its files, and of those that change neither rows nor numbers.
_KEEP_TABLES = frozenset((b"INSERT", b"REPLACE", b"UPDATE", b"DELETE", b"ANALYZE", b"CHECK", b"SELECT", b"DO"))
_KEEP_ROWS = frozenset((b"ANALYZE", b"OPTIMIZE", b"CHECK", b"SELECT", b"DO"))
# A statement that names more tables counts as one that may change any, because a dump may have millions of barriers.
_MOST_TABLES = 20
_READS = frozenset((b"UPDATE", b"ANALYZE", b"OPTIMIZE", b"CHECK", b"SELECT", b"DO"))
_PRIORITIES = frozenset((b"LOW_PRIORITY", b"HIGH_PRIORITY", b"INTO"))
# First words of alterations that keep all rows, unless the ALTER TABLE has one of the words below.
_KEEPS_ROWS = frozenset((b"ADD", b"DROP", b"MODIFY", b"CHANGE", b"ALTER", b"AUTO_INCREMENT", b"COMMENT", b"ENABLE", b"DISABLE", b"ALGORITHM", b"LOCK"))
_MOVES_ROWS = frozenset(
    b"PARTITION PARTITIONS PARTITIONING ENGINE UNION TRUNCATE EXCHANGE IMPORT DISCARD RENAME REMOVE REORGANIZE COALESCE CONNECTION CONVERT ORDER".split()
)
_KEY_WORDS = frozenset((b"KEY", b"INDEX", b"UNIQUE", b"FULLTEXT", b"SPATIAL", b"FOREIGN"))


def row_change(item: ClassifiedStatement, found: List[Token], dialect: Dialect, *, foreign_keys: bool) -> RowChange:
    """The change by a barrier with the tokens ``found``. With ``foreign_keys``, deleting rows may delete rows of other tables."""
    verb = found[0].upper
    if item.kind is not StatementKind.OTHER:
        return ANY_ROWS
    if verb in _READS or item.verb in ("CREATE INDEX", "DROP INDEX"):
        return NO_ROWS
    if item.verb == "ALTER TABLE":
        starts = alterations(found)
        moves = any(token.upper in _MOVES_ROWS for token in found)
        return NO_ROWS if starts and not moves and all(found[at].upper in _KEEPS_ROWS for at in starts) else ANY_ROWS
    if verb not in (b"INSERT", b"REPLACE", b"DELETE", b"TRUNCATE") or item.name is None:
        return ANY_ROWS
    if verb == b"INSERT":
        return RowChange(item.name.name, _inserted(item.statement.text, found, dialect))
    if foreign_keys or (verb == b"DELETE" and found[1].upper != b"FROM"):
        return ANY_ROWS
    after = name_at(found, 1 + (found[1].upper in (b"FROM", b"TABLE")))[1]
    if verb != b"REPLACE" and after == len(found):
        return RowChange(item.name.name, 0, emptied=True)
    # A multi-table DELETE has no WHERE after the first table.
    return RowChange(item.name.name, None) if verb != b"DELETE" or found[after].upper == b"WHERE" else ANY_ROWS


def affected_tables(item: ClassifiedStatement, found: List[Token], stored: Callable[[bytes], bytes]) -> AffectedTables:
    """The tables that a barrier with the tokens ``found`` may change. ``stored`` spells the name of a table as the server stores it.

    Words that are not names of tables are included: a dump may use a table before it shows that it is one, see :meth:`AffectedTables.among`.
    """
    if item.kind is not StatementKind.OTHER:
        return AffectedTables(None, redefines=True, renumbers=True)
    verb = found[0].upper
    # The source of a SELECT or LIKE is only read.
    is_target = item.name is not None and (item.verb == "CREATE TABLE" or verb in (b"INSERT", b"REPLACE"))
    names = [item.name] if is_target else [name_at(found, index)[0] for index in table_places(found)]
    tables = tuple(sorted({stored(name.name) for name in names if name is not None}))
    renumbers = verb not in _KEEP_ROWS and not changes_keys_only(item, found)
    return AffectedTables(tables, redefines=verb not in _KEEP_TABLES, renumbers=renumbers)


def changes_keys_only(item: ClassifiedStatement, found: List[Token]) -> bool:
    """Whether a statement only adds or drops secondary or foreign keys, so that no column changes."""
    if item.verb in ("CREATE INDEX", "DROP INDEX"):
        return True
    # A primary key changes columns: they become NOT NULL.
    starts = alterations(found) if item.verb == "ALTER TABLE" else []
    return bool(starts) and all(found[at].upper in (b"ADD", b"DROP") and _of_keys(found, at + 1) for at in starts)


def _of_keys(found: List[Token], at: int) -> bool:
    if at < len(found) and found[at].upper == b"CONSTRAINT":
        at += 1 if at + 1 < len(found) and found[at + 1].upper in _KEY_WORDS else 2
    return at < len(found) and found[at].upper in _KEY_WORDS


def alterations(found: List[Token]) -> List[int]:
    """The index at which the alterations of an ALTER TABLE begin."""
    at = name_at(found, 2)[1]
    depth, starts = 0, [at] if at < len(found) else []
    for index in range(at, len(found) - 1):
        if found[index].kind == "sign":
            depth += {b"(": 1, b")": -1}.get(found[index].text, 0)
            if not depth and found[index].text == b",":
                starts.append(index + 1)
    return starts


def _inserted(text: bytes, found: List[Token], dialect: Dialect) -> Optional[int]:
    """The number of rows an INSERT adds if it succeeds; None if only the server knows it."""
    at = 1
    while at < len(found) and found[at].upper in _PRIORITIES:
        at += 1
    # IGNORE and DELAYED are read as a name, followed by another one.
    at = name_at(found, at)[1]
    if at < len(found) and found[at].upper == b"PARTITION":
        at = _past_group(found, at + 1)
    at = _past_group(found, at)
    word = found[at].upper if at < len(found) else b""
    if word == b"SET":
        return None if any(token.upper == b"DUPLICATE" for token in found[at:]) else 1
    return _groups(text, dialect, found[at].end) if word in (b"VALUES", b"VALUE") else None


def _past_group(found: List[Token], at: int) -> int:
    """The index after the group in parentheses at ``at``; ``at`` if there is none."""
    if at >= len(found) or found[at].upper != b"(":
        return at
    depth = 0
    for index in range(at, len(found)):
        depth += {b"(": 1, b")": -1}.get(found[index].text, 0) if found[index].kind == "sign" else 0
        if not depth:
            return index + 1
    return len(found)


def _groups(text: bytes, dialect: Dialect, begin: int) -> Optional[int]:
    """The number of groups in parentheses from ``begin`` to the end, separated by commas; None if there is anything else."""
    depth = number = 0
    expected = b"("
    for token in scan(text, dialect):
        sign = token.text if token.kind == "sign" else b""
        if token.start < begin:
            continue
        if not depth and sign != expected:
            return None
        if sign == b"(":
            depth += 1
        elif sign == b")":
            depth -= 1
            number += not depth
        expected = b"(" if sign == b"," else b","
    return number if number and not depth and expected == b"," else None
