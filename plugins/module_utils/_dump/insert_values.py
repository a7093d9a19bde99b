# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that an INSERT contains only literal rows, without parsing its values.

A statement passes only if everything outside its quotes is plain: numbers, NULL, commas, parentheses (and ``_binary``, ``0x..``,
``b'..'``). Then it contains no delimiter, comment or other quote there, so its end is correct, its rows can be counted,
and the forms of their values are known.
"""

import re
from functools import lru_cache
from typing import FrozenSet, NamedTuple, Optional, Pattern, Set, Tuple

from .._identifiers import unquoted

_NAME = rb"(?:`(?:[^`]|``)+`|[A-Za-z_\x80-\xff][\w$\x80-\xff]*)"
ROWS_START = re.compile(
    rb"(?P<verb>INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|HIGH_PRIORITY|(?P<delayed>DELAYED))\s+)?(?P<ignore>IGNORE\s+)?INTO\s+"
    rb"(?:(?P<schema>" + _NAME + rb")\s*\.\s*)?(?P<table>" + _NAME + rb")\s*"
    rb"(?:\((?P<columns>\s*" + _NAME + rb"(?:\s*,\s*" + _NAME + rb")*\s*)\)\s*)?VALUES\s*(?=\()",
    re.I,
)
_COLUMN = re.compile(_NAME)
_DIGITS_AS_ZEROS = bytes(0x30 if 0x30 <= byte <= 0x39 else byte for byte in range(256))
_WINDOW = 1 << 18
_OTHER_QUOTES = bytes({0x22: 0x27, 0x27: 0x22}.get(byte, byte) for byte in range(256))
_SAFE = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.,()+-' \t\r\n"
# All bytes outside the quotes of most INSERTs of mysqldump. Without white space, they can hide no comment.
_PLAIN = b"0123456789.,()+-'NULeE"
_HEX = re.compile(rb"0x[0-9A-Fa-f]+|[xX]'|[bB]'|0b[01]+")
# X"41" is not a literal.
_NUMERIC_HEX = re.compile(rb"0x[0-9A-Fa-f]+|0b[01]+")
_ODD_EXPONENT = re.compile(rb"(?<![0-9])e|e(?![+-]?[0-9])")
_SPACED = re.compile(rb"\s*([,()])\s*")
_DOUBLED = re.compile(rb"''+")
_NUMBER = rb"-?\.?(?:[eE][+-]?)?"
_SHAPE = re.compile(rb"(?:NULL|'|" + _NUMBER + rb")(?:,(?:NULL|'|" + _NUMBER + rb"))*\Z")
_MARKED_SHAPE = re.compile(rb"(?:NULL|X|'|" + _NUMBER + rb")(?:,(?:NULL|X|'|" + _NUMBER + rb"))*\Z")
_ODD_ESCAPE = re.compile(rb"\\[%_N]")
_WHOLE_NUMBERS = frozenset((b"", b"-", b"NULL"))
_POSITIVE = re.compile(rb"'[1-9][0-9]*'\Z")
# A doubled quote is read as the end of one string and the beginning of another.
_VALUE = rb"[^'(),]*(?:'[^']*'[^'(),]*)*"
# A zero in the first column, or in another one.
_ZEROS = tuple(re.compile(before + rb"\s*-?0+\s*[,)]") for before in (rb"\(", b","))


class InsertRows(NamedTuple):
    """An INSERT or REPLACE of literal rows. ``body`` is the position of its first ``(``, ``number`` the number of rows.

    ``forms`` has the set of value forms for each column: ``'`` for strings, ``NULL``, numbers without their digits, and ``X`` for
    hex, bit and ``_binary`` literals. The forms show whether a value was quoted, and so how LOAD DATA would read it. ``forms`` is
    None if rows have different numbers of values. ``separator`` is the text between two rows, empty if there is white space between
    values too. ``odd`` means that a string has an escape that LOAD DATA reads differently: it reads ``'\\N'`` as NULL and removes
    the backslash from ``\\%`` and ``\\_`` (measured: 5.6, 5.7 and 9.7). ``quote`` is the quote of all strings, empty if there is none.
    """

    table: bytes
    schema: Optional[bytes]
    columns: Tuple[bytes, ...]
    verb: bytes
    ignore: bool
    body: int
    number: int
    forms: Optional[Tuple[FrozenSet[bytes], ...]]
    separator: bytes
    odd: bool = False
    quote: bytes = b""


def inspect(text: bytes, *, backslash: bool = True, ansi_quotes: bool = False) -> Optional[InsertRows]:
    """Describe ``text``, a whole statement, if it is provably one INSERT of literal rows; otherwise return None.

    ``backslash`` is False under NO_BACKSLASH_ESCAPES. All strings have the same kind of quote (mysqlpump and mydumper write double quotes).
    """
    start = ROWS_START.match(text)
    if start is None or text[-1:] != b")":
        return None
    outside, quote = _outside(text, start.end() + 1, len(text) - 1, backslash=backslash), b"'"
    if (outside is None or b'"' in outside) and not ansi_quotes:
        # The first quote is outside strings of the other kind, so only one of the two attempts finds no other quote.
        outside, quote = _outside(text.translate(_OTHER_QUOTES), start.end() + 1, len(text) - 1, backslash=backslash), b'"'
    if outside is None:
        return None
    quote = quote if b"'" in outside else b""
    separator, marked = b"),(", False
    if outside.translate(None, _PLAIN):
        if outside.translate(None, _SAFE) or b"--" in outside:
            return None
        if b"),\n(" in outside and b"),(" not in outside:
            separator = b"),\n("
            outside = outside.replace(separator, b"),(")
        unmarked = outside
        outside = (_NUMERIC_HEX if quote == b'"' else _HEX).sub(b"X", outside).replace(b"_binary '", b"X").replace(b"_binary X", b"X")
        marked = outside != unmarked
        tight = _SPACED.sub(rb"\1", outside).strip()
        if tight != outside:
            # A person or another tool wrote this. LOAD DATA would read the white space as part of a value.
            outside, separator = tight, b""
    if b"''" in outside:
        outside = _DOUBLED.sub(b"'", outside)
    if not _values_are_whole(outside):
        return None
    rows = outside.translate(None, b"0123456789").split(b"),(")
    shapes = frozenset(rows)
    accepted = _MARKED_SHAPE if marked else _SHAPE
    for shape in shapes:
        if accepted.match(shape) is None:
            return None
    schema, columns = start.group("schema"), start.group("columns")
    return InsertRows(
        table=unquoted(start.group("table")),
        schema=unquoted(schema) if schema else None,
        columns=tuple(unquoted(name) for name in _COLUMN.findall(columns)) if columns else (),
        verb=start.group("verb").upper(),
        ignore=bool(start.group("ignore")),
        body=start.end(),
        number=len(rows),
        forms=_by_column(shapes),
        separator=separator,
        odd=backslash and _is_odd(text),
        quote=quote,
    )

    # In a dump with many tables, most tables share their forms.


@lru_cache(maxsize=512)
def _by_column(shapes: FrozenSet[bytes]) -> Optional[Tuple[FrozenSet[bytes], ...]]:
    # X'41' and b'1' have become X'.
    rows = [shape.replace(b"X'", b"X").split(b",") for shape in shapes]
    if len({len(row) for row in rows}) != 1:
        return None
    return tuple(frozenset(column) for column in zip(*rows))


def four_digits(text: bytes, rows: InsertRows, columns: FrozenSet[int]) -> bool:
    """Whether each unquoted number in these columns has four digits. ``rows`` is the result of :func:`inspect` and has a separator."""
    outside = _outside_rows(text, rows, backslash=True)
    return not any(value.isdigit() and len(value) != 4 for column in columns for value in _values(outside, column))


def may_hold_zero(text: bytes, rows: InsertRows, column: int, *, backslash: bool) -> bool:
    """Whether a value of this column may be 0 for the server. True for values other than whole numbers and strings of positive ones. ``rows`` is the
    result of :func:`inspect`."""
    if rows.forms is None or rows.forms[column] - _WHOLE_NUMBERS - {b"'"}:
        return True
    if b"'" in rows.forms[column] and not _strings_are_positive(text, rows, column, backslash=backslash):
        return True
    if _ZEROS[column > 0].search(text, rows.body) is None:
        return False
    return any(not value.strip(b" \t\r\n-0") for value in _values(_outside_rows(text, rows, backslash=backslash), column))


def _strings_are_positive(text: bytes, rows: InsertRows, column: int, *, backslash: bool) -> bool:
    """Whether each string in this column consists of the digits of a positive number."""
    plain = _with_plain_quotes(text, rows)
    if backslash:
        plain = plain.replace(b"\\\\", b"__").replace(b"\\'", b"__")
    values = [found.group(1).strip() for found in _row(column).finditer(plain, rows.body)]
    return len(values) == rows.number and all(value[:1] != b"'" or _POSITIVE.match(value) is not None for value in values)


@lru_cache(maxsize=64)
def _row(column: int) -> Pattern[bytes]:
    """A whole row without escaped quotes, and the value of this column in it."""
    return re.compile(rb"\((?:%s,){%d}(%s)(?:,%s)*\)" % (_VALUE, column, _VALUE, _VALUE))


def _with_plain_quotes(text: bytes, rows: InsertRows) -> bytes:
    """The text, with ``'`` around its strings."""
    return text.translate(_OTHER_QUOTES) if rows.quote == b'"' else text


def _outside_rows(text: bytes, rows: InsertRows, *, backslash: bool) -> bytes:
    """The rows between their first and last parenthesis, with one quote for each string."""
    return _outside(_with_plain_quotes(text, rows), rows.body + 1, len(text) - 1, backslash=backslash) or b""


def _values(outside: bytes, column: int) -> Set[bytes]:
    """The different values of a column."""
    return set(re.findall(rb"(?:\A|\()(?:[^,]*,){%d}([^,)]*)" % column, outside))


def _is_odd(text: bytes) -> bool:
    # The fast searches come first, because few rows match.
    return b"\\" in text and bool(_ODD_ESCAPE.search(text)) and bool(_ODD_ESCAPE.search(text.replace(b"\\\\", b"__")))


def _values_are_whole(outside: bytes) -> bool:
    """Whether each number has digits where it needs them, checked before the digits are removed."""
    # Each of these searches reads the whole text, so there are as few as possible.
    values = b"," + outside.replace(b"),(", b",") + b","
    if b"(" in values or b")" in values or b",," in values:
        return False
    zeros = values.translate(_DIGITS_AS_ZEROS)
    if any(glued in zeros for glued in (b"0'", b"'0", b"0N", b"L0", b"0X", b"X0")):
        # The server would read a name, as in NULL2 and 50x1F.
        return False
    if b"." in values and b".," in values:
        return False
    # No name consisting of an e and digits; no exponent without a number on both sides.
    if (b"e" in values or b"E" in values) and _ODD_EXPONENT.search(values.lower()):
        return False
    minus = values.count(b"-")
    return not minus or (b"-," not in values and minus == values.count(b",-") + values.count(b"e-") + values.count(b"E-"))


def _outside(text: bytes, begin: int, end: int, *, backslash: bool) -> Optional[bytes]:
    """The text outside single quotes between two positions, with one ``'`` for each string; None if a string does not end.

    Works in windows, because the pieces of a large statement take several times its size.
    """
    found = []
    inside = False
    while begin < end:
        stop = min(begin + _WINDOW, end)
        if backslash:
            # A window never ends between a backslash and what it escapes.
            while stop < end and text[stop - 1] == 0x5C:
                stop += 1
        piece = text[begin:stop]
        if backslash and b"\\'" in piece:
            # Replacing by the same number of bytes is done in place, at twice the speed. Backslashes matter only before a quote.
            piece = piece.replace(b"\\\\", b"__").replace(b"\\'", b"__")
        parts = piece.split(b"'")
        outer = parts[1::2] if inside else parts[::2]
        inside ^= len(parts) % 2 == 0
        if outer:
            found.append(b"'".join(outer))
            if inside:
                found.append(b"'")
        begin = stop
    return None if inside else b"".join(found)
