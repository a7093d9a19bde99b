# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of a statement, as a server of a given version reads them."""

from functools import lru_cache
from typing import FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from .lexer import LONGEST_KEPT, SHORT, Dialect, Token, scanned

_LITERAL_WORDS = frozenset((b"NULL", b"TRUE", b"FALSE", b"DEFAULT"))
_INTRODUCERS = frozenset((b"N", b"X", b"B"))
_LITERAL_SIGNS = frozenset((b",", b"-", b"+"))


def tokens(text: bytes, dialect: Dialect) -> List[Token]:
    """The tokens that a server executes.

    Comments are left out, and so are the contents of ``/*!VVVVV ... */`` for a later version; the contents of other version
    comments are included (MySQL manual, "Comments"). Only the first of consecutive rows of literals is included: an INSERT may have a
    million rows, and a token takes many times the bytes of its text.
    """
    if len(text) > LONGEST_KEPT:
        return list(_without_more_rows(scanned(text, dialect)))
    return list((_short if len(text) <= SHORT else _long)(text, dialect))


def _tokens(text: bytes, dialect: Dialect) -> Tuple[Token, ...]:
    return tuple(_without_more_rows(scanned(text, dialect)))


_short, _long = lru_cache(maxsize=256)(_tokens), lru_cache(maxsize=4)(_tokens)


def _without_more_rows(found: Iterable[Token]) -> Iterator[Token]:
    """Leave out ``, (literals)`` after a closing parenthesis: it contains no name and no keyword."""
    held: List[Token] = []
    closed = False
    for token in found:
        sign = token.text if token.kind == "sign" else b""
        if len(held) > 1 and sign == b")" and not _introduces(held[-1]):
            held = []
            continue
        if (len(held) == 1 and sign == b"(") or (len(held) > 1 and _in_plain_row(held[-1], token)):
            held.append(token)
            continue
        if held:
            yield from held
            held, closed = [], False
        if closed and sign == b",":
            held.append(token)
            continue
        closed = sign == b")"
        yield token
    yield from held


def _in_plain_row(before: Token, token: Token) -> bool:
    """Whether ``token`` is a literal, a separator between literals, or an introducer (``_utf8mb4'x'``) followed by a string."""
    if _introduces(before) and (token.kind != "string" or (before.text[:1] != b"_" and token.start != before.end)):
        return False
    if token.kind == "word":
        return token.upper in _LITERAL_WORDS or _introduces(token)
    return token.kind in ("string", "number") or (token.kind == "sign" and token.text in _LITERAL_SIGNS)


def _introduces(token: Token) -> bool:
    """Whether this may stand before a string: N, X, B, or the name of a character set."""
    return token.kind == "word" and (token.upper in _INTRODUCERS or token.text[:1] == b"_")


class QualifiedName(NamedTuple):
    """The name of a table, view, routine ... in a statement, with its database if the statement names one."""

    schema: Optional[bytes]
    name: bytes


def name_at(found: List[Token], index: int) -> Tuple[Optional[QualifiedName], int]:
    """The ``[schema.]name`` at ``index`` and the index after it; None if there is no name."""
    if index >= len(found) or found[index].identifier is None:
        return None, index
    first = found[index].identifier or b""
    if index + 2 < len(found) and found[index + 1].text == b"." and found[index + 2].identifier is not None:
        return QualifiedName(first, found[index + 2].identifier or b""), index + 3
    return QualifiedName(schema=None, name=first), index + 1


def after_if_exists(found: List[Token], index: int) -> int:
    """The index after an optional ``IF EXISTS`` or ``IF NOT EXISTS`` at ``index``."""
    if index < len(found) and found[index].upper == b"IF":
        index += 1
        while index < len(found) and found[index].upper in (b"NOT", b"EXISTS"):
            index += 1
    return index


def option_value_at(found: List[Token], index: int) -> int:
    """The index of the value in ``NAME [=] value``, whose name is at ``index``. It may be past the end."""
    return index + 2 if index + 1 < len(found) and found[index + 1].text == b"=" else index + 1


# Words that are followed by the name of a table or object, wherever they are; FROM, LIKE, ON and UPDATE may be followed by a column.
_BEFORE_NAME = frozenset(
    b"CALL DELAYED DELETE EVENT EXISTS FUNCTION IGNORE INSERT INTO JOIN LIBRARY LOW_PRIORITY PROCEDURE REFERENCES RENAME REPLACE TABLE TABLES TO TRIGGER "
    b"TRUNCATE VIEW".split()
)
_EVENTS = frozenset((b"INSERT", b"UPDATE", b"DELETE"))
# Reserved words that are followed by values, and by tables.
_BEFORE_VALUES = frozenset((b"SELECT", b"SET", b"WHERE", b"HAVING", b"BY", b"LIMIT", b"VALUES"))
_BEFORE_TABLES = frozenset((b"FROM", b"JOIN", b"STRAIGHT_JOIN", b"INTO", b"UPDATE", b"TABLE", b"USING", b"REFERENCES"))
_QUERIES = frozenset((b"INSERT", b"REPLACE", b"UPDATE", b"DELETE", b"SELECT", b"WITH"))


def schema_like(found: List[Token], index: int) -> Optional[bytes]:
    """The name at ``index`` if a dot and a name follow: a database, or a table before its column."""
    if index + 2 >= len(found) or found[index + 1].text != b"." or found[index + 2].identifier is None:
        return None
    if index and found[index - 1].text in (b".", b"@@", b"@"):
        return None
    return found[index].identifier


def stands_for_schema(found: List[Token], index: int) -> bool:
    """Whether the dotted pair at ``index`` certainly begins with a database, at a place that :func:`table_places` does not find in a program."""
    before = [found[at].upper if at >= 0 else b"" for at in (index - 1, index - 2, index - 3)]
    if before[0] in _BEFORE_NAME or in_schema(found, index):
        return True
    if before[0] == b"LIKE":
        return made_by_like(found, index - 2)
    # In a trigger, and in CREATE and DROP INDEX. In a join, a column may follow.
    return before[0] == b"ON" and (before[1] in _EVENTS and before[2] in (b"BEFORE", b"AFTER") or before[2] == b"INDEX")


def made_by_like(found: List[Token], index: int) -> bool:
    """Whether the tokens up to ``index``, which LIKE follows, are a CREATE TABLE up to its name, not an expression."""
    index -= index > 0 and found[index].text == b"("
    start = index - 2 if index > 1 and found[index - 1].text == b"." else index
    return start > 0 and found[start - 1].upper in (b"TABLE", b"EXISTS")


def in_schema(found: List[Token], index: int) -> bool:
    """Whether the dotted pair at ``index`` begins with a database regardless of its place: it has a third part, or is called."""
    return index + 3 < len(found) and found[index + 3].text in (b".", b"(")


class _Level(NamedTuple):
    """The state inside one pair of parentheses: ``tables`` means that a name here is a table, ``comma`` that it is one after the next comma.

    ``query`` means inside or after a SELECT, INSERT, ..., ``select`` after a SELECT of this level.
    """

    tables: bool
    comma: bool
    query: bool
    select: bool


def table_places(found: List[Token], *, program: bool = False) -> FrozenSet[int]:
    """The indexes at which a dotted pair is a database and a table, not a table and a column. In doubt, an index is included.

    With ``program``, ``found`` is the body of a view, trigger, routine or event, in which a pair is a table only after certain keywords.
    """
    verb = found[0].upper if found else b""
    start = _Level(tables=not program, comma=False, query=program or verb in _QUERIES, select=False)
    levels = [start]
    places = set()
    for index, token in enumerate(found):
        level = levels[-1]
        before = found[index - 1].upper if index else b""
        if level.tables:
            places.add(index)
        if before in (b".", b"@", b"@@"):
            # After a dot or @, a keyword is a name.
            continue
        if token.text == b"(" and token.kind == "sign":
            levels.append(_Level(tables=level.tables and before != b"JSON_TABLE", comma=False, query=level.query, select=False))
        elif token.text == b")" and token.kind == "sign":
            levels.pop()
            if not levels:
                levels.append(start)
        elif token.upper == b";":
            levels = [start]
        else:
            levels[-1] = _after_word(found, index, level, outermost=len(levels) == 1)
    return frozenset(places)


def _after_word(found: List[Token], index: int, level: _Level, *, outermost: bool) -> _Level:
    """The state after the word or comma at ``index``."""
    word = found[index].upper
    before = found[index - 1].upper if index else b""
    after = found[index + 1].upper if index + 1 < len(found) else b""
    values = level._replace(tables=False, comma=False)
    if word == b",":
        return level._replace(tables=True) if level.comma else level
    if word == b"SELECT":
        return values._replace(query=True, select=True)
    if word == b"UPDATE" and before in (b"KEY", b"ON"):
        return values if before == b"KEY" else level
    if word in _BEFORE_TABLES:
        # Otherwise FROM is inside EXTRACT, TRIM or SUBSTRING.
        return level._replace(tables=True) if word != b"FROM" or outermost or level.select else level
    if not level.query:
        return level
    if word == b"ON":
        return level._replace(tables=False, comma=True) if level.tables or level.comma else level
    if word == b"SET" and (before in (b"CHARACTER", b"CHAR") or after == b"("):
        return level
    if word == b"BY" and index > 1 and found[index - 2].upper == b"FOR":
        # The index hint USE INDEX FOR ORDER BY may be between two tables.
        return level
    return values if word in _BEFORE_VALUES else level


_READS = (b"FROM", b"JOIN", b"STRAIGHT_JOIN")
# Before a TABLE that does not begin a query.
_BEFORE_OTHER_TABLE = frozenset(
    b"ALTER ANALYZE CHECK CHECKSUM CREATE DROP FLUSH IGNORE LOCAL LOCK NO_WRITE_TO_BINLOG OFFLINE ONLINE OPTIMIZE RENAME REPAIR REPLACE TEMPORARY "
    b"TRUNCATE . @".split()
)
# After these, names behind a comma are not tables: aliases after OF, windows, variables.
_ENDS_OF_TABLES = (b"OF", b"WINDOW", b"INTO")
# After a WITH that does not begin a common table expression.
_AFTER_OTHER_WITH = (b"CHECK", b"CASCADED", b"LOCAL", b"ROLLUP", b"PARSER", b"QUERY", b"TABLE", b"VALIDATION")
# Words that may follow a table without an alias. A few of them are aliases where a server does not reserve them.
AFTER_TABLE = frozenset(
    b"CROSS EXCEPT FETCH FOR FORCE GROUP HAVING IGNORE INNER INTERSECT INTO JOIN LEFT LIMIT LOCK NATURAL OFFSET ON ORDER PARTITION PROCEDURE QUALIFY RIGHT "
    b"SET STRAIGHT_JOIN TABLESAMPLE UNION USE USING WHERE WINDOW WITH".split()
)
_NO_TABLES = (b"SELECT", b"VALUES", b"TABLE", b"WITH", b"LATERAL", b"JSON_TABLE", b"DUAL")


def selects_all_columns(found: List[Token]) -> bool:
    """Whether the columns of a view depend on those of its tables: by ``*``, by TABLE, or because NATURAL joins by all common columns."""
    for index, token in enumerate(found):
        after = found[index + 1].upper if index + 1 < len(found) else b""
        # An operand follows a multiplication, a parenthesis follows COUNT(*.
        if token.kind == "sign" and token.text == b"*" and after in (b"FROM", b","):
            return True
        if token.upper in (b"NATURAL", b"TABLE") and found[index - 1].text != b".":
            return True
    return False


def tables_read(found: List[Token], database: bytes) -> FrozenSet[bytes]:
    """The tables of ``database`` that a view or statement reads: only those that are certainly tables or views."""
    return frozenset(name for name, _alias in tables_read_as(found, database))


def tables_read_as(found: List[Token], database: bytes) -> Iterator[Tuple[bytes, bytes]]:
    """The same as often as they are read, each with its alias; without one, with its name."""
    for index, name in places_read(found):
        if name.schema in (None, database):
            after = name_at(found, index)[1]
            at = after + 1 if after < len(found) and found[after].upper == b"AS" else after
            alias = found[at].identifier if at < len(found) and (at > after or found[at].upper not in AFTER_TABLE) else None
            yield name.name, name.name if alias is None else alias


def tables_read_elsewhere(found: List[Token], database: bytes) -> FrozenSet[QualifiedName]:
    """The same for tables of databases other than ``database``."""
    return frozenset(name for _index, name in places_read(found) if name.schema not in (None, database))


def places_read(found: List[Token]) -> Iterator[Tuple[int, QualifiedName]]:
    """These tables of any database, with the index of each name: after FROM and JOIN, after commas there, and after TABLE. Without the names that a WITH
    defines."""
    places, defined = table_places(found, program=True), names_of_with(found)
    # Whether a comma is followed by a table, for each pair of parentheses around the token.
    lists, reads = [False], False
    for index, token in enumerate(found):
        name, after = name_at(found, index)
        if reads and name is not None and index in places and token.upper not in _NO_TABLES:
            called = after < len(found) and found[after].text in (b"(", b".")
            if not called and (name.schema is not None or name.name not in defined):
                yield index, name
        word = b"" if index and found[index - 1].text in (b".", b"@", b"@@") else token.upper
        if token.kind == "sign" and token.text == b"(":
            lists.append(reads)
            continue
        if token.kind == "sign" and token.text == b")" and len(lists) > 1:
            lists.pop()
        if word in _ENDS_OF_TABLES:
            lists[-1] = False
        elif word == b"FROM" and index + 1 in places:
            lists[-1] = True
        reads = word in _READS or (word == b"," and lists[-1]) or (word == b"TABLE" and index > 0 and found[index - 1].upper not in _BEFORE_OTHER_TABLE)


def places_joined(found: List[Token]) -> Iterator[Tuple[int, QualifiedName]]:
    """Those after FROM and JOIN, at which an alias may follow; none in a statement with a WITH."""
    if not names_of_with(found):
        for index, name in places_read(found):
            before = next((found[at].upper for at in range(index - 1, -1, -1) if found[at].text != b"("), b"")
            if before in _READS:
                yield index, name


def names_of_with(found: List[Token]) -> FrozenSet[bytes]:
    """The names that a WITH in a statement defines."""
    names = set()
    for index, (token, after) in enumerate(zip(found, found[1:])):
        if token.upper == b"WITH" and after.upper not in _AFTER_OTHER_WITH and found[index - 1].text != b".":
            at = index + 1 + (after.upper == b"RECURSIVE")
            while at < len(found) and found[at].identifier is not None:
                names.add(found[at].identifier or b"")
                at = _after_parentheses(found, at + 1)
                if at >= len(found) or found[at].upper != b"AS":
                    break
                at = _after_parentheses(found, at + 1)
                if at >= len(found) or found[at].text != b",":
                    break
                at += 1
    return frozenset(names)


def _after_parentheses(found: List[Token], index: int) -> int:
    """The index after the parentheses that begin at ``index``; ``index`` if none do."""
    depth = 0
    for at in range(index, len(found)):
        depth += {b"(": 1, b")": -1}.get(found[at].text, 0) if found[at].kind == "sign" else 0
        if depth == 0:
            return at + (at > index)
    return len(found)


def lone_name(found: List[Token], index: int) -> Optional[bytes]:
    """The name at ``index`` if there is no dot before or after it."""
    if (index and found[index - 1].text == b".") or (index + 1 < len(found) and found[index + 1].text == b"."):
        return None
    return found[index].identifier
