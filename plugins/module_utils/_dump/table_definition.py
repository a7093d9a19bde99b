# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a CREATE TABLE: columns, keys, engine. Enough to decide whether LOAD DATA may load its rows and which keys can be deferred."""

from typing import Dict, List, NamedTuple, Optional, Tuple

from .tokens import Dialect, QualifiedName, Token, after_if_exists, name_at, option_value_at, tokens

# Types whose bytes LOAD DATA reads differently from a string literal, or that mysqldump may leave unmarked (5.5, 5.6).
_BINARY = frozenset(
    b"BINARY VARBINARY TINYBLOB BLOB MEDIUMBLOB LONGBLOB BIT GEOMETRY POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING "
    b"MULTIPOLYGON GEOMETRYCOLLECTION GEOMCOLLECTION VECTOR".split()
)
_KEY_WORDS = frozenset((b"PRIMARY", b"UNIQUE", b"KEY", b"INDEX", b"FULLTEXT", b"SPATIAL", b"CONSTRAINT", b"FOREIGN", b"CHECK"))

# No AUTO_INCREMENT has more digits, and Python refuses to convert thousands of them.
_LONGEST_NUMBER = 20


class ColumnDefinition(NamedTuple):
    """A column. A ``generated`` one has no value in the INSERTs of a dump, an ``invisible`` one only if it is named."""

    name: bytes
    type: str
    generated: bool
    invisible: bool
    auto_increment: bool

    @property
    def binary(self) -> bool:
        """Whether its values are bytes, not text in the dump's character set."""
        return self.type.encode() in _BINARY


class KeyDefinition(NamedTuple):
    """A key or constraint. ``kind`` is primary, unique, index, fulltext, spatial, foreign or check.

    ``sql`` is the text between the commas around it, comments and version marks included, and empty for a key that is part of
    a column's definition. ``start`` and ``end`` are its position. ``expressions`` means that a part of the key is not a column.
    """

    kind: str
    name: Optional[bytes]
    columns: Tuple[bytes, ...]
    sql: bytes
    start: int
    end: int
    expressions: bool


class TableDefinition(NamedTuple):
    """A table as its CREATE TABLE describes it. ``parts`` are the positions of the definitions between its commas,
    ``next_number`` is its AUTO_INCREMENT."""

    name: bytes
    columns: Tuple[ColumnDefinition, ...]
    keys: Tuple[KeyDefinition, ...]
    engine: str
    partitioned: bool
    encrypted: bool
    charset: Optional[str]
    next_number: Optional[int]
    parts: Tuple[Tuple[int, int], ...]

    @property
    def row_columns(self) -> Tuple[ColumnDefinition, ...]:
        """The columns for which an INSERT without a column list has values."""
        return tuple(column for column in self.columns if not column.generated and not column.invisible)


def parse_table(text: bytes, dialect: Dialect) -> Optional[TableDefinition]:
    """Read a CREATE TABLE statement; None if it does not have the form that SHOW CREATE TABLE prints."""
    found = tokens(text, dialect)
    opening = next((index for index, token in enumerate(found) if token.text == b"(" and token.kind == "sign"), None)
    if opening is None:
        return None
    name = None
    for index in range(1, opening):
        if found[index].upper == b"TABLE":
            name, _after = name_at(found, after_if_exists(found, index + 1))
            break
    closing = _closing(found, opening)
    if name is None or closing is None:
        return None
    columns: List[ColumnDefinition] = []
    keys: List[KeyDefinition] = []
    spans: List[Tuple[int, int]] = []
    parts = _parts(found[opening + 1 : closing])
    for number, part in enumerate(parts):
        # Up to the next comma, so that a version comment and its end stay together.
        begin = spans[-1][1] + 1 if spans else found[opening].end
        end = text.index(b",", part[-1].end, parts[number + 1][0].start) if number + 1 < len(parts) else found[closing].start
        spans.append((begin, end))
        if part[0].kind == "word" and part[0].upper in _KEY_WORDS:
            key = _key(part, text[begin:end])
            if key is None:
                return None
            keys.append(key._replace(start=begin, end=end))
        else:
            column = _column(part)
            if column is None:
                return None
            columns.append(column)
            keys.extend(_column_keys(part, column))
    options = _options(found[closing + 1 :])
    next_number = options.get(b"AUTO_INCREMENT", b"")
    return TableDefinition(
        name.name,
        tuple(columns),
        tuple(keys),
        options.get(b"ENGINE", b"InnoDB").decode("utf-8", "replace"),
        any(token.upper == b"PARTITION" for token in found[closing + 1 :]),
        options.get(b"ENCRYPTION", b"").upper() == b"Y",
        options[b"CHARSET"].decode("utf-8", "replace") if b"CHARSET" in options else None,
        int(next_number) if next_number.isdigit() and len(next_number) <= _LONGEST_NUMBER else None,
        tuple(spans),
    )


def tables_under(text: bytes, dialect: Dialect) -> List[QualifiedName]:
    """The tables in which a MERGE table stores its rows (``UNION=(...)``)."""
    found = tokens(text, dialect)
    names: List[QualifiedName] = []
    for index, token in enumerate(found):
        if token.upper == b"UNION":
            at = index + 1
            while at < len(found) and found[at].text in (b"=", b"(", b","):
                name, at = name_at(found, at + 1)
                if name is not None:
                    names.append(name)
    return names


def _closing(found: List[Token], opening: int) -> Optional[int]:
    depth = 0
    for index in range(opening, len(found)):
        if found[index].kind == "sign":
            depth += {b"(": 1, b")": -1}.get(found[index].text, 0)
            if depth == 0:
                return index
    return None


def _parts(found: List[Token]) -> List[List[Token]]:
    parts: List[List[Token]] = [[]]
    depth = 0
    for token in found:
        if token.kind == "sign":
            depth += {b"(": 1, b")": -1}.get(token.text, 0)
            if token.text == b"," and depth == 0:
                parts.append([])
                continue
        parts[-1].append(token)
    return [part for part in parts if part]


def _column(part: List[Token]) -> Optional[ColumnDefinition]:
    if len(part) < 2 or part[0].identifier is None:
        return None
    words = [token.upper for token in part[2:]]
    kind = part[1].upper
    if kind in (b"NATIONAL", b"LONG") and words:
        kind = words[0]
    return ColumnDefinition(
        part[0].identifier or b"",
        kind.decode("ascii", "replace"),
        b"AS" in words and (b"GENERATED" in words or b"VIRTUAL" in words or b"STORED" in words or b"PERSISTENT" in words),
        b"INVISIBLE" in words,
        b"AUTO_INCREMENT" in words or kind == b"SERIAL",
    )


def _column_keys(part: List[Token], column: ColumnDefinition) -> List[KeyDefinition]:
    """Keys written in the definition of a column. SHOW CREATE TABLE does not print them so, but other tools and people may write them."""
    words = [token.upper for token in part[2:]]
    if b"PRIMARY" in words or b"UNIQUE" in words:
        kind = "primary" if b"PRIMARY" in words else "unique"
        return [KeyDefinition(kind, None, (column.name,), b"", part[0].start, part[-1].end, False)]
    return []


def _key(part: List[Token], sql: bytes) -> Optional[KeyDefinition]:
    index = 0
    name: Optional[bytes] = None
    if part[0].upper == b"CONSTRAINT":
        index = 1
        if len(part) > 1 and part[1].upper not in _KEY_WORDS:
            name, index = part[1].identifier, 2
    word = part[index].upper if index < len(part) else b""
    if word not in _KEY_WORDS or word == b"CONSTRAINT":
        return None
    kind = "index" if word in (b"KEY", b"INDEX") else word.decode("ascii").lower()
    columns: List[bytes] = []
    expressions = False
    opening = next((at for at in range(index, len(part)) if part[at].text == b"(" and part[at].kind == "sign"), len(part))
    # The name after FOREIGN KEY is that of the index; 8.0 and later ignore it (MySQL 8.4 manual, "FOREIGN KEY Constraints").
    for at in range(index + 1, opening if kind != "foreign" else index):
        if part[at].kind == "name" or (part[at].kind == "word" and part[at].upper not in (b"KEY", b"INDEX", b"USING", b"BTREE", b"HASH")):
            name = part[at].identifier
    if kind != "check":
        closing = _closing(part, opening) if opening < len(part) else None
        for piece in _parts(part[opening + 1 : closing]):
            if piece[0].identifier is not None:
                columns.append(piece[0].identifier or b"")
            else:
                expressions = True
    return KeyDefinition(kind, name, tuple(columns), sql, 0, 0, expressions)


def _options(found: List[Token]) -> Dict[bytes, bytes]:
    options: Dict[bytes, bytes] = {}
    for index, token in enumerate(found[:-1]):
        if token.upper == b"PARTITION":
            break
        if token.upper in (b"ENGINE", b"CHARSET", b"ENCRYPTION", b"COLLATE", b"AUTO_INCREMENT"):
            value = option_value_at(found, index)
            if value < len(found) and found[value].kind != "sign":
                # If an option is given twice, the server uses the last one.
                options[token.upper] = found[value].identifier or found[value].value
    return options
