# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse a CREATE TABLE: columns, keys, engine. Enough to decide whether LOAD DATA may load its rows, and which keys can be deferred."""

from typing import Dict, List, NamedTuple, Optional, Tuple

from .._identifiers import name_text
from .lexer import Dialect, Token, scanned
from .table_clauses import BLOCK_FORMAT, clauses_of, closing_of, parts_of

# Types whose bytes LOAD DATA reads differently from a string literal, or that mysqldump may leave unmarked (5.5, 5.6).
_BINARY = frozenset(
    b"BINARY VARBINARY TINYBLOB BLOB MEDIUMBLOB LONGBLOB BIT GEOMETRY POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING "
    b"MULTIPOLYGON GEOMETRYCOLLECTION GEOMCOLLECTION VECTOR".split()
)
_KEY_WORDS = frozenset((b"PRIMARY", b"UNIQUE", b"KEY", b"INDEX", b"FULLTEXT", b"SPATIAL", b"CONSTRAINT", b"FOREIGN", b"CHECK"))

_NOW = frozenset((b"CURRENT_TIMESTAMP", b"NOW", b"LOCALTIME", b"LOCALTIMESTAMP"))
# Words that choose a character set without naming it.
_IMPLIED_CHARSETS = frozenset((b"BINARY", b"ASCII", b"UNICODE", b"BYTE", b"NATIONAL", b"NCHAR", b"NVARCHAR", b"LONG"))
# No AUTO_INCREMENT has more digits, and Python refuses to convert thousands of them.
_LONGEST_NUMBER = 20

# sql/handler.cc of MySQL 5.6 to 9.7: sys_table_aliases.
_ENGINE_ALIASES = {"HEAP": "MEMORY", "MERGE": "MRG_MYISAM", "NDB": "NDBCLUSTER", "INNOBASE": "InnoDB"}


class ColumnOptions(NamedTuple):
    """The options after the type of a column.

    ``nullable`` is None if neither NULL nor NOT NULL is written. ``default`` is "" without a default, NULL, NOW for the current time,
    or VALUE for anything else. ``on_update``: it is set to the current time by each UPDATE. ``charset`` and ``collation`` are None if those of the table
    apply, and ``implied_charset`` means that a word such as BINARY chooses them. ``refers``: it has REFERENCES. ``checked``: it has a CHECK.
    ``unsigned`` includes ZEROFILL, which implies it.
    """

    nullable: Optional[bool] = None
    default: str = ""
    on_update: bool = False
    charset: Optional[str] = None
    collation: Optional[str] = None
    implied_charset: bool = False
    refers: bool = False
    checked: bool = False
    unsigned: bool = False


class ColumnDefinition(NamedTuple):
    """A column. A ``generated`` one has no value in the INSERTs of a dump, an ``invisible`` one only if it is named.

    ``null_is_now``: a TIMESTAMP that is not declared NULL; LOAD DATA stores the current time where it reads NULL, an INSERT fails (measured:
    5.6, 5.7 and 9.7).
    """

    name: bytes
    type: str
    generated: bool
    invisible: bool
    auto_increment: bool
    null_is_now: bool = False
    options: ColumnOptions = ColumnOptions()

    @property
    def binary(self) -> bool:
        """Whether the values are bytes, not text in the dump's character set."""
        return self.type.encode() in _BINARY


class KeyPart(NamedTuple):
    """A column of a key, None for an expression. ``prefix`` is the number of characters or bytes in the key, None for all."""

    column: Optional[bytes]
    prefix: Optional[int]
    descending: bool


class KeyDefinition(NamedTuple):
    """A key or constraint. ``kind`` is primary, unique, index, fulltext, spatial, foreign or check.

    ``sql`` is its definition without comments, empty for a key that is part of a column's definition. ``part`` is the number of its definition,
    ``spans`` are the positions of that definition's bytes outside comments.
    """

    kind: str
    name: Optional[bytes]
    columns: Tuple[bytes, ...]
    sql: bytes = b""
    part: int = 0
    spans: Tuple[Tuple[int, int], ...] = ()
    key_parts: Tuple[KeyPart, ...] = ()


def engine_named(written: str) -> str:
    """The engine that the server understands by a name."""
    return _ENGINE_ALIASES.get(written.upper(), written)


class TableDefinition(NamedTuple):
    """A table according to its CREATE TABLE. ``commas`` are the positions of the commas between its definitions, ``next_number`` is its
    AUTO_INCREMENT. ``engine`` is InnoDB if it ``names_no_engine``; ``partition_engines`` are the engines that its partitions name. ``encryption`` is
    the value of ENCRYPTION in upper case, Y for the BLOCK_FORMAT of AliSQL 5.6. ``row_format`` is in upper case; COMPRESSED if only KEY_BLOCK_SIZE is
    written, which implies it."""

    name: bytes
    columns: Tuple[ColumnDefinition, ...]
    keys: Tuple[KeyDefinition, ...]
    engine: str
    partition_engines: Tuple[str, ...]
    partitioned: bool
    encryption: str
    charset: Optional[str]
    next_number: Optional[int]
    commas: Tuple[int, ...]
    collation: Optional[str] = None
    row_format: Optional[str] = None
    names_no_engine: bool = False

    @property
    def encrypted(self) -> bool:
        """Whether the table is encrypted on the origin."""
        return self.encryption == "Y"

    @property
    def row_columns(self) -> Tuple[ColumnDefinition, ...]:
        """The columns for which an INSERT without a column list has values."""
        return tuple(column for column in self.columns if not column.generated and not column.invisible)


def has_foreign_keys(table: TableDefinition) -> bool:
    """Whether the server keeps the foreign keys of the table. For other engines it reads and forgets them."""
    return table.engine.upper() in ("INNODB", "NDBCLUSTER")


def parse_table(text: bytes, dialect: Dialect) -> Optional[TableDefinition]:
    """Parse a CREATE TABLE statement; None if it does not have the form that SHOW CREATE TABLE prints."""
    # Keep all rows of literals: an expression in a key may contain some.
    found = list(scanned(text, dialect))
    clauses = clauses_of(found)
    if clauses is None:
        return None
    columns: List[ColumnDefinition] = []
    keys: List[KeyDefinition] = []
    for number, (start, end) in enumerate(clauses.parts):
        part = found[start:end]
        if is_key(part):
            key = _key(part)
            if key is None:
                return None
            keys.append(key._replace(sql=without_comments(text, part), part=number, spans=_spans(text, part)))
        else:
            column = _column(part)
            if column is None:
                return None
            columns.append(column)
            keys.extend(key._replace(part=number) for key in _column_keys(part, column, dialect))
    # If an option is given twice, the server uses the last one.
    options = {option.name: option.text for option in clauses.options if not option.partition}
    engines = tuple(engine_named(name_text(option.text)) for option in clauses.options if option.partition and option.name == b"ENGINE")
    next_number = options.get(b"AUTO_INCREMENT", b"")
    return TableDefinition(
        clauses.name.name,
        tuple(columns),
        tuple(keys),
        engine_named(name_text(options[b"ENGINE"])) if b"ENGINE" in options else engines[0] if engines else "InnoDB",
        engines,
        clauses.partitioned,
        encryption="Y" if options.get(BLOCK_FORMAT, b"").upper() == b"ENCRYPTED" else name_text(options.get(b"ENCRYPTION", b"").upper()),
        charset=name_text(options[b"CHARSET"]) if b"CHARSET" in options else None,
        next_number=int(next_number) if next_number.isdigit() and len(next_number) <= _LONGEST_NUMBER else None,
        commas=tuple(found[start - 1].start for start, _end in clauses.parts[1:]),
        collation=name_text(options[b"COLLATE"]) if b"COLLATE" in options else None,
        row_format=_row_format(options),
        names_no_engine=b"ENGINE" not in options and not engines,
    )


def _row_format(options: Dict[bytes, bytes]) -> Optional[str]:
    written = options.get(b"ROW_FORMAT", b"DEFAULT").upper().decode("utf-8", "replace")
    if written != "DEFAULT":
        return written
    return "COMPRESSED" if options.get(b"KEY_BLOCK_SIZE", b"0").strip(b"0") else None


def is_key(part: List[Token]) -> bool:
    """Whether a definition is a key or constraint, not a column."""
    return bool(part) and (part[0].upper in _KEY_WORDS or is_clustering(part, 0))


def is_clustering(part: List[Token], index: int) -> bool:
    """Whether the word at ``index`` makes a TokuDB key a clustering key."""
    return index + 1 < len(part) and part[index].upper == b"CLUSTERING" and part[index + 1].upper in (b"KEY", b"INDEX")


def without_comments(text: bytes, part: List[Token]) -> bytes:
    """The text of a definition, with comments replaced by a space. Adjacent tokens stay together: ``now ()`` is
    not ``now()``."""
    pieces = [part[0].text]
    for before, token in zip(part, part[1:]):
        gap = text[before.end : token.start]
        # White space is kept, because 5.7 stores the text of some expressions.
        pieces.append((gap if gap.isspace() else b" ") if gap else b"")
        pieces.append(token.text)
    return b"".join(pieces)


def _spans(text: bytes, part: List[Token]) -> Tuple[Tuple[int, int], ...]:
    spans = [(part[0].start, part[0].end)]
    for token in part[1:]:
        begin, end = spans[-1]
        if text[end : token.start].strip():
            spans.append((token.start, token.end))
        else:
            spans[-1] = (begin, token.end)
    return tuple(spans)


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
        # GENERATED ALWAYS and VIRTUAL are optional. In a DEFAULT, AS may be in a CAST.
        generated=b"AS" in _outer_words(part[2:]),
        invisible=b"INVISIBLE" in words,
        auto_increment=b"AUTO_INCREMENT" in words or kind == b"SERIAL",
        null_is_now=kind == b"TIMESTAMP" and not any(word == b"NULL" and words[at - 1 : at] not in ([b"NOT"], [b"DEFAULT"]) for at, word in enumerate(words)),
        options=_column_options(part),
    )


def _column_options(part: List[Token]) -> ColumnOptions:
    found = [part[index] for index in _outer(part[1:], 1)]
    words = [token.upper for token in found]
    options = ColumnOptions(
        implied_charset=bool(_IMPLIED_CHARSETS.intersection(words)),
        refers=b"REFERENCES" in words,
        checked=b"CHECK" in words,
        unsigned=b"UNSIGNED" in words or b"ZEROFILL" in words,
        charset=_after(found, words, b"CHARSET") or _after(found, words, b"SET", (b"CHARACTER", b"CHAR")),
        collation=_after(found, words, b"COLLATE"),
    )
    for index, word in enumerate(words):
        before, after = words[index - 1] if index else b"", words[index + 1] if index + 1 < len(words) else b""
        if word == b"NULL" and before != b"DEFAULT":
            options = options._replace(nullable=before != b"NOT")
        elif word == b"DEFAULT" and before not in (b"COLUMN_FORMAT", b"STORAGE", b"SERIAL"):
            options = options._replace(default="NULL" if after == b"NULL" else "NOW" if after in _NOW else "VALUE")
        elif word == b"UPDATE" and before == b"ON" and after in _NOW:
            options = options._replace(on_update=True)
    return options


def _after(found: List[Token], words: List[bytes], word: bytes, before: Tuple[bytes, ...] = ()) -> Optional[str]:
    """The name or string after ``word``, which must follow one of ``before`` if that is not empty, or None."""
    for index in range(1, len(words) - 1):
        if words[index] == word and (not before or words[index - 1] in before):
            return name_text(found[index + 1].identifier or found[index + 1].value)
    return None


def _outer(part: List[Token], shift: int) -> List[int]:
    """The indexes of the tokens outside parentheses, including each opening parenthesis, plus ``shift``."""
    indexes, index = [], 0
    while index < len(part):
        indexes.append(index + shift)
        index = (closing_of(part, index) or len(part) - 1) + 1 if part[index].upper == b"(" else index + 1
    return indexes


def _outer_words(part: List[Token]) -> List[bytes]:
    """The words outside parentheses."""
    return [part[index].upper for index in _outer(part, 0)]


def _column_keys(part: List[Token], column: ColumnDefinition, dialect: Dialect) -> List[KeyDefinition]:
    """Keys written in the definition of a column. SHOW CREATE TABLE does not print these, but other tools and people may write them."""
    words = _outer_words(part[2:])
    keys = []
    if any(word == b"KEY" and words[at - 1 : at] != [b"UNIQUE"] for at, word in enumerate(words)):
        keys.append(KeyDefinition("primary", name=None, columns=(column.name,)))
    if b"UNIQUE" in words or b"SERIAL" in words or part[1].upper == b"SERIAL":
        keys.append(KeyDefinition("unique", name=None, columns=(column.name,)))
    if b"REFERENCES" in words and dialect.version >= 90000:
        # Servers before 9.0 ignore it (MySQL 9.0 release notes).
        keys.append(KeyDefinition("foreign", name=None, columns=(column.name,)))
    return keys


def _key(part: List[Token]) -> Optional[KeyDefinition]:
    index = 0
    name: Optional[bytes] = None
    if part[0].upper == b"CONSTRAINT":
        index = 1
        if len(part) > 1 and part[1].upper not in _KEY_WORDS:
            name, index = part[1].identifier, 2
    index += is_clustering(part, index)
    word = part[index].upper if index < len(part) else b""
    if word not in _KEY_WORDS or word == b"CONSTRAINT":
        return None
    kind = "index" if word in (b"KEY", b"INDEX") else word.decode("ascii").lower()
    opening = next((at for at in range(index, len(part)) if part[at].text == b"(" and part[at].kind == "sign"), len(part))
    # The name after FOREIGN KEY is the name of the index; 8.0 and later ignore it (MySQL 8.4 manual, "FOREIGN KEY Constraints").
    if kind not in ("foreign", "check"):
        index += 1
        index += is_clustering(part, index)
        index += index < opening and part[index].upper in (b"KEY", b"INDEX")
        # Of the form [name] [USING type]; TYPE is an old word for USING, and may be a name.
        if opening - index in (1, 3):
            name = part[index].identifier
    closing = closing_of(part, opening) if kind != "check" and opening < len(part) else None
    parts = [_key_part(part[start:end]) for start, end in parts_of(part, opening + 1, closing) if start < end] if closing is not None else []
    return KeyDefinition(kind, name, tuple(each.column for each in parts if each.column is not None), key_parts=tuple(parts))


def _key_part(part: List[Token]) -> KeyPart:
    prefix = part[2].text if len(part) > 3 and part[1].text == b"(" and part[3].text == b")" else b""
    return KeyPart(part[0].identifier, int(prefix) if prefix.isdigit() and len(prefix) < _LONGEST_NUMBER else None, descending=part[-1].upper == b"DESC")
