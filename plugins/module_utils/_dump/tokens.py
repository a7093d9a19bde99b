# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of one statement, as the server of a given version would read them."""

import re
from typing import FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

_TOKEN = re.compile(
    rb"(?P<space>\s+)"
    rb"|(?P<version>/\*!(?P<number>\d{5,6})?)"
    rb"|(?P<hint>/\*\+.*?\*/)"
    rb"|(?P<comment>/\*.*?\*/|\#[^\n]*|--(?=\s|\Z)[^\n]*)"
    rb"|(?P<close>\*/)"
    # Digits behind the dot of a name are a name, or the start of one (measured: 5.6, 5.7 and 9.7).
    rb"|(?P<number2>(?<!\.)\d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?![\w$\x80-\xff])|(?<![\w$\x80-\xff`\"])\.\d+)"
    rb"|(?P<word>[\w$\x80-\xff]+)"
    rb"|(?P<sign>:=|@@|.)",
    re.S,
)
_COMMENT_MARK = re.compile(rb"/\*|\*/")
_QUOTES = b"'\"`"
_BACKSLASH = 0x5C
# ANSI_QUOTES, and the modes of 5.7 and before that it is part of.
_ANSI = (b"ANSI", b"DB2", b"MAXDB", b"MSSQL", b"ORACLE", b"POSTGRESQL")
_LITERAL_WORDS = frozenset((b"NULL", b"TRUE", b"FALSE", b"DEFAULT", b"N", b"X", b"B"))
_LITERAL_SIGNS = frozenset((b",", b"-", b"+"))
_KINDS = {"number2": "number", "hint": "comment"}


class Dialect(NamedTuple):
    """How SQL is to be read: the server's version (80036 is 8.0.36), and what the session's sql_mode makes of quotes."""

    version: int
    ansi_quotes: bool = False
    backslash: bool = True

    def under(self, sql_mode: Optional[bytes]) -> "Dialect":
        """The dialect under this sql_mode (the SQL text of its value, None for a server's default)."""
        modes = (sql_mode or b"").upper().replace(b"\\", b"")
        return Dialect(self.version, any(mode in modes for mode in _ANSI), b"NO_BACKSLASH_ESCAPES" not in modes)


class Token(NamedTuple):
    """``kind`` is word, name (quoted), string, number or sign. ``text`` is as written, ``upper`` for comparing."""

    kind: str
    text: bytes
    start: int
    end: int

    @property
    def upper(self) -> bytes:
        """The keyword a bare word may be; empty for what is quoted, so that a name never passes for a keyword."""
        return self.text.upper() if self.kind in ("word", "sign") else b""

    @property
    def identifier(self) -> Optional[bytes]:
        """The name this token may stand for, None for signs, numbers and strings."""
        if self.kind == "name":
            return self.text[1:-1].replace(self.text[:1] * 2, self.text[:1])
        return self.text if self.kind == "word" else None

    @property
    def value(self) -> bytes:
        """A string's bytes without quotes and escapes; anything else as written."""
        if self.kind != "string":
            return self.text
        quote = self.text[:1]
        return re.sub(rb"\\(.)", rb"\1", self.text[1:-1].replace(quote + quote, quote), flags=re.S)


def tokens(text: bytes, dialect: Dialect) -> List[Token]:
    """The tokens a server executes.

    Comments are left out, and so is ``/*!VVVVV ... */`` of a later version with all it holds; the content of the
    others counts as if it stood in the open (MySQL manual, "Comments"). Of rows of literals, one behind the other, the
    first is here: an INSERT may have a million, and a token takes many times the bytes it stands for.
    """
    return list(_without_more_rows(_tokens(text, dialect)))


def _without_more_rows(found: Iterator[Token]) -> Iterator[Token]:
    """Leaves out ``, (literals)`` behind a closing parenthesis: there is no name in it, and no keyword."""
    held: List[Token] = []
    closed = False
    for token in found:
        sign = token.text if token.kind == "sign" else b""
        if len(held) > 1 and sign == b")":
            held = []
            continue
        if (len(held) == 1 and sign == b"(") or (len(held) > 1 and _in_plain_row(token)):
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


def _in_plain_row(token: Token) -> bool:
    """A literal, what stands between two, or what says how one is written (``_utf8mb4'x'``)."""
    if token.kind == "word":
        return token.upper in _LITERAL_WORDS or token.text[:1] == b"_"
    return token.kind in ("string", "number") or (token.kind == "sign" and token.text in _LITERAL_SIGNS)


def _tokens(text: bytes, dialect: Dialect) -> Iterator[Token]:
    pos = 0
    while pos < len(text):
        if text[pos] in _QUOTES:
            is_name = text[pos] == 0x60 or (dialect.ansi_quotes and text[pos] == 0x22)
            end = _quoted_end(text, pos, dialect.backslash and not is_name)
            if end > 0:
                yield Token("name" if is_name else "string", text[pos:end], pos, end)
                pos = end
                continue
        found = _TOKEN.match(text, pos)
        if found is None:  # pragma: no cover - the last alternative takes any byte
            return
        kind = found.lastgroup or "sign"
        if found.group("version") is not None:
            # Servers before 8.0 read five digits, and a sixth as part of the statement (measured: 5.6, 5.7 and 9.7).
            number = (found.group("number") or b"")[: 6 if dialect.version >= 80000 else 5]
            pos = found.start() + 3 + len(number)
            if number and int(number) > dialect.version:
                pos = _after_comment(text, pos)
            continue
        pos = found.end()
        if kind in ("space", "close", "comment", "hint"):
            continue
        yield Token(_KINDS.get(kind, kind), found.group(), found.start(), found.end())


def _quoted_end(text: bytes, pos: int, escapes: bool) -> int:
    """Where what is quoted at ``pos`` ends, 0 where it does not. No pattern looks for that: one takes a hundred bytes of memory for each."""
    quote = text[pos : pos + 1]
    end, search = 0, pos + 1
    while True:
        at = text.find(quote, search)
        if at < 0:
            return end
        run = at
        while escapes and run > pos + 1 and text[run - 1] == _BACKSLASH:
            run -= 1
        if (at - run) % 2:
            search = at + 1
        elif text[at + 1 : at + 2] == quote:
            end, search = at + 1, at + 2
        else:
            return at + 1


def _after_comment(text: bytes, pos: int) -> int:
    """Past the ``*/`` of a version comment the server skips; a plain comment may be nested in it."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(text, pos):
        depth += 1 if mark.group() == b"/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)


class QualifiedName(NamedTuple):
    """A table, view, routine ... as a statement names it."""

    schema: Optional[bytes]
    name: bytes


def name_at(found: List[Token], index: int) -> Tuple[Optional[QualifiedName], int]:
    """The ``[schema.]name`` at ``index`` and the index after it; None where no name stands."""
    if index >= len(found) or found[index].identifier is None:
        return None, index
    first = found[index].identifier or b""
    if index + 2 < len(found) and found[index + 1].text == b"." and found[index + 2].identifier is not None:
        return QualifiedName(first, found[index + 2].identifier or b""), index + 3
    return QualifiedName(None, first), index + 1


def after_if_exists(found: List[Token], index: int) -> int:
    """Past the ``IF EXISTS`` or ``IF NOT EXISTS`` at ``index``, if one stands there."""
    if index < len(found) and found[index].upper == b"IF":
        index += 1
        while index < len(found) and found[index].upper in (b"NOT", b"EXISTS"):
            index += 1
    return index


_BEFORE_TABLE = frozenset((b"FROM", b"JOIN", b"INTO", b"UPDATE", b"TABLE", b"TABLES", b"REFERENCES", b"LIKE", b"TO", b"CALL", b"ON"))
# Words no server takes for a name, behind which values stand, and behind which tables do.
_BEFORE_VALUES = frozenset((b"SELECT", b"SET", b"WHERE", b"HAVING", b"BY", b"LIMIT", b"VALUES"))
_BEFORE_TABLES = frozenset((b"FROM", b"JOIN", b"STRAIGHT_JOIN", b"INTO", b"UPDATE", b"TABLE", b"USING", b"REFERENCES"))
_QUERIES = frozenset((b"INSERT", b"REPLACE", b"UPDATE", b"DELETE", b"SELECT"))


def schema_like(found: List[Token], index: int) -> Optional[bytes]:
    """The name at ``index`` if it is the first of a dotted pair: a database, or a table before its column."""
    if index + 2 >= len(found) or found[index + 1].text != b"." or found[index + 2].identifier is None:
        return None
    if index and found[index - 1].text in (b".", b"@@", b"@"):
        return None
    return found[index].identifier


def stands_for_schema(found: List[Token], index: int, trigger: bool) -> bool:
    """Whether the pair at ``index`` can only be a database and what is in it: a table's place, three parts, or a call."""
    before = found[index - 1].upper if index else b""
    # ON stands before a trigger's table, and before the columns of a join.
    return (before in _BEFORE_TABLE and (trigger or before != b"ON")) or in_schema(found, index)


def in_schema(found: List[Token], index: int) -> bool:
    """Whether the pair at ``index`` begins with a database wherever it stands: it has a third part, or is called."""
    return index + 3 < len(found) and found[index + 3].text in (b".", b"(")


class _Level(NamedTuple):
    """Between two parentheses: whether tables stand here, whether the next comma leads back to them, and what came before.

    ``query`` is inside or behind a SELECT, INSERT, ..., ``select`` behind a SELECT of this level.
    """

    tables: bool
    comma: bool
    query: bool
    select: bool


def table_places(found: List[Token], program: bool = False) -> FrozenSet[int]:
    """The indexes of tokens where a dotted pair is a table of a database and no column of a table: in doubt it is.

    With ``program`` in the body of a view, trigger, routine or event, where a pair is a table only behind words that say so.
    """
    verb = found[0].upper if found else b""
    start = _Level(not program, False, program or verb in _QUERIES, False)
    levels = [start]
    places = set()
    for index, token in enumerate(found):
        level = levels[-1]
        before = found[index - 1].upper if index else b""
        if level.tables:
            places.add(index)
        if before in (b".", b"@", b"@@"):
            # A keyword there is a name.
            continue
        if token.text == b"(" and token.kind == "sign":
            levels.append(_Level(level.tables and before != b"JSON_TABLE", False, level.query, False))
        elif token.text == b")" and token.kind == "sign":
            levels.pop()
            if not levels:
                levels.append(start)
        elif token.upper == b";":
            levels = [start]
        else:
            levels[-1] = _after_word(found, index, level, len(levels) == 1)
    return frozenset(places)


def _after_word(found: List[Token], index: int, level: _Level, outermost: bool) -> _Level:
    """What stands behind the word or comma at ``index``."""
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
        # Else it is in the parentheses of EXTRACT, TRIM or SUBSTRING.
        return level._replace(tables=True) if word != b"FROM" or outermost or level.select else level
    if not level.query:
        return level
    if word == b"ON":
        return level._replace(tables=False, comma=True) if level.tables or level.comma else level
    if word == b"SET" and (before in (b"CHARACTER", b"CHAR") or after == b"("):
        return level
    if word == b"BY" and index > 1 and found[index - 2].upper == b"FOR":
        # The index hint USE INDEX FOR ORDER BY, between two tables.
        return level
    return values if word in _BEFORE_VALUES else level


def lone_name(found: List[Token], index: int) -> Optional[bytes]:
    """The name at ``index`` if no dot stands beside it."""
    if (index and found[index - 1].text == b".") or (index + 1 < len(found) and found[index + 1].text == b"."):
        return None
    return found[index].identifier
