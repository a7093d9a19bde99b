# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clauses of a CREATE TABLE: definitions between commas, table options, partitions, and what follows them.

Everything is found by tokens, because a comma or a parenthesis may be in a comment. The grammar is that of sql_yacc.yy from 5.6 to 9.x.
"""

from typing import Iterator, List, NamedTuple, Optional, Tuple

from .lexer import Token
from .tokens import QualifiedName, after_if_exists, name_at, option_value_at

_OPTIONS = frozenset(
    b"ENGINE CHARSET COLLATE COMMENT AUTO_INCREMENT ROW_FORMAT KEY_BLOCK_SIZE AVG_ROW_LENGTH MAX_ROWS MIN_ROWS CHECKSUM TABLE_CHECKSUM DELAY_KEY_WRITE "
    b"PACK_KEYS STATS_PERSISTENT STATS_AUTO_RECALC STATS_SAMPLE_PAGES COMPRESSION ENCRYPTION INSERT_METHOD AUTOEXTEND_SIZE ENGINE_ATTRIBUTE "
    b"SECONDARY_ENGINE SECONDARY_ENGINE_ATTRIBUTE PASSWORD STORAGE UNION CONNECTION TABLESPACE NODEGROUP".split()
) | {b"DATA DIRECTORY", b"INDEX DIRECTORY"}
# AliSQL's syntax for an encrypted table.
BLOCK_FORMAT = b"BLOCK_FORMAT"
_TWO_WORDS = {
    (b"CHARACTER", b"SET"): b"CHARSET",
    (b"CHAR", b"SET"): b"CHARSET",
    (b"DATA", b"DIRECTORY"): b"DATA DIRECTORY",
    (b"INDEX", b"DIRECTORY"): b"INDEX DIRECTORY",
}
_AFTER_DEFAULT = (b"CHARSET", b"CHARACTER", b"CHAR", b"COLLATE")
_QUERIES = frozenset((b"SELECT", b"VALUES", b"TABLE", b"WITH", b"LIKE", b"("))
_TAILS = _QUERIES | {b"AS", b"IGNORE", b"REPLACE"}


class TableOption(NamedTuple):
    """A table option such as ``ENGINE = InnoDB``: the tokens from index ``start`` up to ``end``.

    ``name`` is in upper case. ``value`` is the token at ``end - 1``; for UNION, the closing parenthesis. ``partition`` means that it is an option of a
    partition or subpartition. ``known``: it is an option of MySQL.
    """

    name: bytes
    value: Token
    start: int
    end: int
    partition: bool
    known: bool

    @property
    def text(self) -> bytes:
        """The value without quotes."""
        return self.value.identifier or self.value.value

    def __str__(self) -> str:
        return "{0} {1}".format(self.name.decode("utf-8", "replace"), self.value.text.decode("utf-8", "replace"))


class TableClauses(NamedTuple):
    """The clauses of a ``CREATE TABLE name (...)``.

    ``parts`` are the definitions, as ranges of token indexes, with one comma between two of them. ``rest`` is the index of the first token that belongs
    to none of these clauses, or the number of tokens.
    """

    name: QualifiedName
    parts: Tuple[Tuple[int, int], ...]
    options: Tuple[TableOption, ...]
    partitioned: bool
    rest: int


def clauses_of(found: List[Token]) -> Optional[TableClauses]:
    """The clauses of a CREATE TABLE; None for another statement, or one without a list of definitions."""
    index = 2 if len(found) > 1 and found[1].upper == b"TEMPORARY" else 1
    if not found or found[0].upper != b"CREATE" or index >= len(found) or found[index].upper != b"TABLE":
        return None
    name, opening = name_at(found, after_if_exists(found, index + 1))
    closing = closing_of(found, opening)
    if name is None or closing is None:
        return None
    reader = _ClauseReader(found, closing + 1)
    options = reader.options(partition=False)
    at = reader.at
    partitions = reader.partitioning()
    if partitions is None:
        # This does not have the form of a partitioned table, so it is not understood.
        reader.at, partitions = at, []
    return TableClauses(name, tuple(parts_of(found, opening + 1, closing)), tuple(options + partitions), partitioned=reader.at > at, rest=reader.at)


def takes_rows(found: List[Token]) -> bool:
    """Whether a CREATE TABLE copies rows or columns (SELECT, VALUES, TABLE, LIKE), after its definitions or instead of them."""
    clauses = clauses_of(found)
    if clauses is None or found[clauses.parts[0][0]].upper in _QUERIES:
        return True
    return clauses.rest < len(found) and found[clauses.rest].upper in _TAILS


def tables_of_union(found: List[Token], index: int) -> Iterator[Optional[QualifiedName]]:
    """The tables in which a MERGE table stores its rows, after the word UNION at ``index``; None for anything that is not a name."""
    opening = option_value_at(found, index)
    closing = closing_of(found, opening) or opening
    at = opening + 1
    while at < closing:
        name, at = name_at(found, at)
        yield name
        at += 1


def closing_of(found: List[Token], opening: int) -> Optional[int]:
    """The index of the parenthesis that closes the one at ``opening``; None if there is none."""
    depth = 0
    for index in range(opening, len(found)):
        depth += _depth(found[index])
        if depth == 0:
            return index if index > opening else None
    return None


def parts_of(found: List[Token], start: int, end: int) -> List[Tuple[int, int]]:
    """The ranges between the commas of ``found[start:end]`` outside parentheses. An empty range is at its comma."""
    parts, depth, begin = [], 0, start
    for index in range(start, end):
        depth += _depth(found[index])
        if depth == 0 and found[index].upper == b",":
            parts.append((begin, index))
            begin = index + 1
    return parts + [(begin, end)]


def _depth(token: Token) -> int:
    return {b"(": 1, b")": -1}.get(token.text, 0) if token.kind == "sign" else 0


class _ClauseReader:
    """Reads options and partitions; ``at`` is the index of the next token."""

    def __init__(self, found: List[Token], at: int) -> None:
        self._found = found
        self.at = at

    def _upper(self, ahead: int = 0) -> bytes:
        return self._found[self.at + ahead].upper if self.at + ahead < len(self._found) else b""

    def _take(self, *words: bytes) -> bool:
        """Consume the next tokens if they are ``words``. Returns whether they are."""
        if any(self._upper(ahead) != word for ahead, word in enumerate(words)):
            return False
        self.at += len(words)
        return True

    def _take_parentheses(self) -> bool:
        closing = closing_of(self._found, self.at) if self._upper() == b"(" else None
        self.at = closing + 1 if closing is not None else self.at
        return closing is not None

    def _take_value(self) -> bool:
        """Consume a name, a string or a number."""
        if self.at >= len(self._found) or self._found[self.at].kind == "sign":
            return False
        self.at += 1
        return True

    def options(self, *, partition: bool) -> List[TableOption]:
        """The options at this position. Commas between table options are optional."""
        options: List[TableOption] = []
        while True:
            start = self.at
            if options and not partition:
                self._take(b",")
            option = self._option(partition=partition)
            if option is None:
                self.at = start
                return options
            options.append(option)

    def _option(self, *, partition: bool) -> Optional[TableOption]:
        start = self.at
        if not partition and self._upper() == b"DEFAULT" and self._upper(1) in _AFTER_DEFAULT:
            self.at += 1
        elif partition and self._upper() == b"STORAGE" and self._upper(1) == b"ENGINE":
            self.at += 1
        name = _TWO_WORDS.get((self._upper(), self._upper(1)))
        known = name is not None or self._upper() in _OPTIONS
        if name is None:
            name = self._name(known=known)
            if name is None:
                return None
        else:
            self.at += 1
        self.at = option_value_at(self._found, self.at)
        if not (self._take_parentheses() if name == b"UNION" else self._take_value()):
            return None
        return TableOption(name, self._found[self.at - 1], start, self.at, partition, known)

    def _name(self, *, known: bool) -> Optional[bytes]:
        """The name of an option at this position: a word of MySQL, or any name before ``=``, as in other servers and their engines."""
        token = self._found[self.at] if self.at < len(self._found) else None
        if token is None or token.identifier is None or not (known or self._upper(1) == b"="):
            return None
        return token.identifier.upper()

    def partitioning(self) -> Optional[List[TableOption]]:
        """The options in a PARTITION BY clause, empty without a clause at this position; None if it is not understood."""
        if not self._take(b"PARTITION", b"BY"):
            return []
        if not self._method(ranges=True) or (self._take(b"PARTITIONS") and not self._take_value()):
            return None
        if self._take(b"SUBPARTITION", b"BY") and not (self._method(ranges=False) and (not self._take(b"SUBPARTITIONS") or self._take_value())):
            return None
        return self._partitions(b"PARTITION") if self._upper() == b"(" and self._upper(1) == b"PARTITION" else []

    def _method(self, *, ranges: bool) -> bool:
        if ranges and (self._take(b"RANGE") or self._take(b"LIST")):
            self._take(b"COLUMNS")
            return self._take_parentheses()
        self._take(b"LINEAR")
        if self._take(b"HASH"):
            return self._take_parentheses()
        if not self._take(b"KEY"):
            return False
        if self._upper() == b"ALGORITHM":
            self.at = option_value_at(self._found, self.at) + 1
        return self._take_parentheses()

    def _partitions(self, word: bytes) -> Optional[List[TableOption]]:
        """The options in a list of partitions or subpartitions."""
        found: List[TableOption] = []
        self.at += 1
        while self._take(word):
            if not self._take_value() or not self._bounds():
                return None
            found.extend(self.options(partition=True))
            if self._upper() == b"(":
                inner = self._partitions(b"SUBPARTITION") if word == b"PARTITION" else None
                if inner is None:
                    return None
                found.extend(inner)
            if not self._take(b","):
                return found if self._take(b")") else None
        return None

    def _bounds(self) -> bool:
        """Consume the VALUES of a partition, if any."""
        if self._take(b"VALUES", b"LESS", b"THAN"):
            return self._take(b"MAXVALUE") or self._take_parentheses()
        return self._take_parentheses() if self._take(b"VALUES", b"IN") else True
