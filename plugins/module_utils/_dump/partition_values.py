# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why servers refuse the VALUES of partitions by RANGE and LIST.

Measured on 5.6, 5.7 and 9.7, which agree under every sql_mode; in doubt a value is accepted: arithmetic, strings that are too long for their column or
equal only in its collation, and dates in other forms than YYYY-MM-DD hh:mm:ss.
"""

import datetime
import re
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

from .lexer import Token
from .table_clauses import parts_of
from .table_definition import ColumnDefinition, TableDefinition

# MySQL manual, "Partitioning Limitations Relating to Functions".
FUNCTIONS = frozenset(
    b"ABS CEIL CEILING DATEDIFF DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR EXTRACT FLOOR HOUR MICROSECOND MINUTE MOD MONTH QUARTER SECOND TIME_TO_SEC TO_DAYS "
    b"TO_SECONDS UNIX_TIMESTAMP WEEKDAY YEAR YEARWEEK".split()
)
_OPERATORS = frozenset((b"DIV", b"MOD", b"FROM"))
_BITS = {"TINYINT": 8, "INT1": 8, "BOOL": 8, "BOOLEAN": 8, "SMALLINT": 16, "INT2": 16, "MEDIUMINT": 24, "MIDDLEINT": 24, "INT3": 24,
         "INT": 32, "INTEGER": 32, "INT4": 32, "BIGINT": 64, "INT8": 64, "SERIAL": 64}  # fmt: skip
_STRINGS = frozenset("CHAR CHARACTER VARCHAR VARCHARACTER NCHAR NVARCHAR BINARY VARBINARY".split())
_NOT_IN_COLUMNS = frozenset("DECIMAL DEC NUMERIC FIXED FLOAT FLOAT4 FLOAT8 DOUBLE REAL BIT YEAR TIMESTAMP ENUM SET".split())
_LITERALS = ("string", "escaped", "decimal", "bits", "typed")
_MOMENT = re.compile(rb"(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d))?\Z")
_TIME = re.compile(rb"\d\d:[0-5]\d:[0-5]\d\Z")
_DIGIT = re.compile(rb"[0-9]")
_DIGITS, _WORDS = re.compile(rb"[0-9]+\Z"), (re.compile(rb"[0-9a-z]*\Z"), re.compile(rb"[0-9A-Z]*\Z"))
# Collations with these endings, and those that are defaults, sort letters as bytes (measured: all collations of 5.6, 5.7 and 9.7, but macce_general_ci).
_PLAIN = ("_bin", "_general_ci", "_unicode_ci", "_unicode_520_ci", "latin1_swedish_ci", "utf8mb4_0900_ai_ci")


class WrongPartitions(NamedTuple):
    """The server's error ``code``, a sentence that does not name the table, and the number of the row of VALUES at which it is noticed, from 0."""

    code: int
    what: str
    row: Optional[int] = None


class PartitionedBy(NamedTuple):
    """``ranges``: by RANGE, not LIST. ``columns`` are those of RANGE COLUMNS and LIST COLUMNS (``typed``), None for one that is not known; otherwise the
    column that is the whole expression, or nothing."""

    ranges: bool
    typed: bool
    columns: Tuple[Optional[ColumnDefinition], ...]


class _Value(NamedTuple):
    """``kind`` is NULL, MAXVALUE, integer, string, escaped (a string with a backslash), moment (a UNIX_TIMESTAMP), decimal, bits, typed (another literal),
    name, or expression. ``content`` can be compared with that of another one of its kind."""

    kind: str
    content: Any
    functions: Tuple[bytes, ...] = ()


def may_be_column(token: Token) -> bool:
    """Whether a token of an expression may be the name of a column or function."""
    return token.identifier is not None and token.upper not in _OPERATORS


def wrong_values(table: TableDefinition, by: PartitionedBy, rows: Sequence[Tuple[Token, ...]]) -> Optional[WrongPartitions]:
    """Why the server refuses these VALUES, one row for each partition."""
    limits = [(number, limit) for number, row in enumerate(rows) for limit in _limits(by, row)]
    columns = by.columns or (None,)
    for number, limit in limits:
        if len(limit) > len(columns):
            return WrongPartitions(1653 if by.typed else 1657, "has VALUES for more columns than it is partitioned by", number)
    for number, limit in limits:
        for column, value in zip(columns, limit):
            wrong = _wrong_value(by, column, value)
            if wrong is not None:
                return wrong._replace(row=number)
    return _wrong_order(table, by, limits) if by.ranges else _wrong_twice(by, columns, limits)


def _wrong_order(table: TableDefinition, by: PartitionedBy, limits: List[Tuple[int, List[_Value]]]) -> Optional[WrongPartitions]:
    for number, limit in limits[:-1]:
        if not by.typed and limit[0].kind == "MAXVALUE":
            return WrongPartitions(1481, "has MAXVALUE before its last partition", number)
    for (_number, before), (number, after) in zip(limits, limits[1:]):
        if _increases(table, by, before, after) is False:
            return WrongPartitions(1493, "has VALUES LESS THAN that do not increase", number)
    return None


def _wrong_twice(by: PartitionedBy, columns: Sequence[Optional[ColumnDefinition]], limits: List[Tuple[int, List[_Value]]]) -> Optional[WrongPartitions]:
    known = set()
    for number, limit in limits:
        key = tuple(_key(by, column, value) for column, value in zip(columns, limit))
        if key in known:
            return WrongPartitions(1495, "has the same value in VALUES IN twice", number)
        if None not in key and len(key) == len(columns):
            known.add(key)
    return None


def _limits(by: PartitionedBy, row: Tuple[Token, ...]) -> List[List[_Value]]:
    """The values of a partition: one limit with a value for each column, or a list of them."""
    values = _split(row)
    if by.ranges:
        return [[_value(value) for value in values]]
    if len(by.columns) > 1:
        return [[_value(each) for each in _split(value[1:-1])] for value in values]
    return [[_value(value)] for value in values]


def _split(row: Sequence[Token]) -> List[Sequence[Token]]:
    return [row[start:end] for start, end in parts_of(list(row), 0, len(row)) if start < end]


def _value(found: Sequence[Token]) -> _Value:
    words = [token.upper for token in found]
    if words in ([b"NULL"], [b"MAXVALUE"]):
        return _Value(words[0].decode(), 0)
    signed = len(found) > 1 and found[0].text in (b"-", b"+")
    literal = _literal(found[signed:], negative=found[0].text == b"-" and signed)
    if literal is not None and not (signed and literal.kind == "name"):
        return literal
    functions = tuple(token.upper for token, after in zip(found, found[1:]) if after.text == b"(" and may_be_column(token))
    moment = _date(found[2]) if len(found) == 4 and functions and found[1].text == b"(" and found[2].kind == "string" else None
    if moment is not None and functions == (b"TO_DAYS",):
        return _Value("integer", moment.toordinal() + 365)
    if moment is not None and functions == (b"UNIX_TIMESTAMP",) and 1970 < moment.year < 2038:
        return _Value("moment", moment)
    return _Value("expression", tuple(token.text for token in found), functions)


def _literal(found: Sequence[Token], *, negative: bool) -> Optional[_Value]:
    first = found[0]
    if len(found) == 2 and first.kind == "word" and found[1].kind == "string":
        introduced = first.upper in (b"X", b"B", b"N", b"DATE", b"TIME", b"TIMESTAMP") or first.text.startswith(b"_")
        return _Value("typed", b"".join(token.text for token in found)) if introduced else None
    if len(found) > 1:
        return None
    if first.kind == "string":
        return _Value("escaped", first.text) if b"\\" in first.text else _Value("string", first.value)
    if first.kind == "number":
        if first.text[:2] in (b"0x", b"0b"):
            return _Value("bits", first.text)
        if first.text.isdigit():
            digits = first.text.lstrip(b"0") or b"0"
            return _Value("integer", (int(digits) if len(digits) < 21 else 1 << 64) * (-1 if negative else 1))
        return _Value("decimal", first.text)
    return _Value("name", first.identifier) if first.identifier is not None and first.upper not in (b"TRUE", b"FALSE") else None


def _date(token: Token) -> Optional[datetime.datetime]:
    form = _MOMENT.match(token.value)
    return _moment([int(part) for part in form.groups("0")]) if form is not None else None


def _moment(numbers: List[int]) -> Optional[datetime.datetime]:
    year, month, day, hour, minute, second = numbers
    try:
        return datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None


def _wrong_value(by: PartitionedBy, column: Optional[ColumnDefinition], value: _Value) -> Optional[WrongPartitions]:
    if value.kind == "NULL" and by.ranges:
        return WrongPartitions(1566, "has NULL as a limit of a partition")
    if any(name not in FUNCTIONS for name in value.functions):
        return WrongPartitions(1564, "has a function in VALUES that is not allowed there")
    if value.kind == "name":
        return WrongPartitions(1054, "has a name in VALUES, which are constants")
    if not by.typed:
        return _wrong_integer(column, value)
    if column is None or value.kind in ("NULL", "MAXVALUE"):
        return None
    if column.type in _NOT_IN_COLUMNS:
        return WrongPartitions(1659, "is partitioned by a column of the type {0}".format(column.type))
    if _refused_by(column, value):
        return WrongPartitions(1654, "has VALUES that are not of the type {0}".format(column.type))
    return None


def _wrong_integer(column: Optional[ColumnDefinition], value: _Value) -> Optional[WrongPartitions]:
    if value.kind in _LITERALS or (value.kind == "integer" and not -(1 << 63) <= value.content < 1 << 64):
        return WrongPartitions(1697, "has VALUES that are not integers")
    if column is not None and _unsigned(column) and value.kind == "integer" and value.content < 0:
        return WrongPartitions(1563, "has negative VALUES for an unsigned column")
    return None


def _unsigned(column: ColumnDefinition) -> bool:
    return column.options.unsigned or column.type in ("SERIAL", "YEAR", "BIT")


def _refused_by(column: ColumnDefinition, value: _Value) -> bool:
    """Whether a column does not take this value as it is."""
    if column.type in _BITS:
        bits = _BITS[column.type]
        least, beyond = (0, 1 << bits) if _unsigned(column) else (-(1 << bits - 1), 1 << bits - 1)
        return value.kind in _LITERALS or (value.kind == "integer" and not least <= value.content < beyond)
    if value.kind in ("integer", "decimal"):
        return column.type in _STRINGS or column.type in ("DATE", "DATETIME", "TIME")
    if value.kind != "string" or column.type not in ("DATE", "DATETIME", "TIME"):
        return False
    return not _DIGIT.search(value.content) or _is_not_a_date(column, value.content)


def _is_not_a_date(column: ColumnDefinition, text: bytes) -> bool:
    """Whether this text of the usual form is not a date of the calendar, or has a time that a DATE cannot keep."""
    form = _MOMENT.match(text) if column.type != "TIME" else None
    if form is None:
        return False
    numbers = [int(part) for part in form.groups("0")]
    # Servers accept dates with zeros.
    return (column.type == "DATE" and any(numbers[3:])) or (0 not in numbers[:3] and _moment(numbers) is None)


def _increases(table: TableDefinition, by: PartitionedBy, before: List[_Value], after: List[_Value]) -> Optional[bool]:
    """Whether the second limit is above the first one; None if that is not certain."""
    for column, low, high in zip(by.columns or (None,), before, after):
        if "MAXVALUE" in (low.kind, high.kind):
            return low.kind != "MAXVALUE"
        keys = (_key(by, column, low), _key(by, column, high))
        if keys[0] is None or keys[1] is None:
            return None
        if keys[0] != keys[1]:
            return bool(keys[0][1] < keys[1][1]) if low.kind == high.kind and _comparable(table, column, low, high) else None
    return False


def _key(by: PartitionedBy, column: Optional[ColumnDefinition], value: _Value) -> Optional[Tuple[str, Any]]:
    """Equal for equal values; None if it is not certain which values are equal."""
    content = value.content
    if value.kind == "integer" and not by.typed and (content < 0 or content >= 1 << 63):
        if column is None:
            return None
        content = content if _unsigned(column) else (content + (1 << 63)) % (1 << 64) - (1 << 63)
    if value.kind == "string" and column is not None and column.type in ("DATE", "DATETIME") and _MOMENT.match(content):
        content = content if len(content) > 10 else content + b" 00:00:00"
    return (value.kind, content)


def _comparable(table: TableDefinition, column: Optional[ColumnDefinition], low: _Value, high: _Value) -> bool:
    """Whether the contents of two values of a kind, which differ, are in the order of the column."""
    if low.kind != "string":
        return low.kind in ("integer", "moment")
    if column is None:
        return False
    texts = (low.content, high.content)
    if column.type not in _STRINGS:
        return all((_TIME if column.type == "TIME" else _MOMENT).match(text) for text in texts)
    # No collation changes the order of digits.
    if all(_DIGITS.match(text) for text in texts):
        return True
    if max(b"".join(texts)) < 0x80 and _DIGIT.sub(b"0", texts[0]) == _DIGIT.sub(b"0", texts[1]):
        return True
    return any(all(words.match(text) for text in texts) for words in _WORDS) and _is_plain(table, column)


def _is_plain(table: TableDefinition, column: ColumnDefinition) -> bool:
    """Whether lower-case letters, and upper-case letters, are in the order of their bytes in the collation of the column."""
    options = column.options
    charset, collation = (options.charset, options.collation) if options.charset or options.collation else (table.charset, table.collation)
    if column.type in ("BINARY", "VARBINARY"):
        return True
    name = (collation or charset or "macce").lower()
    return not options.implied_charset and not name.startswith("macce") and (collation is None or name.endswith(_PLAIN))
