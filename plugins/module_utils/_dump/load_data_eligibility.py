# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide whether LOAD DATA may load the rows of an INSERT, and whether the server assigns their AUTO_INCREMENT values."""

import codecs
import re
from typing import Callable, FrozenSet, Optional, Sequence

from .insert_values import InsertRows, may_hold_zero
from .session_variables import SessionState
from .steps import Numbers
from .table_definition import ColumnDefinition, TableDefinition

_INTEGERS = frozenset(b"TINYINT SMALLINT MEDIUMINT INT INTEGER BIGINT BOOL BOOLEAN".split())
_DECIMALS = frozenset(b"DECIMAL NUMERIC DEC FIXED".split())
_FLOATS = frozenset(b"FLOAT DOUBLE REAL".split())
_MINUS_ZERO = re.compile(rb"[(,]-[0.]+(?:[eE][+-]?[0-9]+)?[,)]")
_FOUR_BYTES = bytes(range(0xF0))
_UTF8 = frozenset(("utf8", "utf8mb3", "utf8mb4"))
# Character sets in which LOAD DATA finds the end of each string by its quote, and utf8, which is checked for incomplete characters.
_CHARSETS = _UTF8 | frozenset(
    "ascii armscii8 binary cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 "
    "macce macroman tis620".split()
)
# Python 3.7 and later. It takes a sixth of the time of decoding.
_ALL_ASCII: Callable[[bytes], bool] = getattr(bytes, "isascii", lambda _data: False)
_WINDOW = 1 << 18


def same_to_load_data(
    table: Optional[TableDefinition],
    rows: InsertRows,
    session: SessionState,
    *,
    backslash: bool,
    four_digits: Callable[[FrozenSet[int]], bool] = lambda _columns: False,
) -> bool:
    """Whether LOAD DATA reads these rows as the INSERT would: the form of every value fits the type of its column.

    ``table`` is the table on the server, None if it is not known. The contents of strings are not examined here: see ``odd`` of
    :class:`InsertRows`, and :func:`whole_characters`. ``four_digits`` returns whether each unquoted number in some columns has four
    digits; it is called for YEAR columns, because the form of a value does not show it.
    """
    if table is None or not backslash or (session.get(b"names") is None and session.get(b"character_set_client") is None):
        # A file that does not name its character set may not be in any.
        return False
    if (session.charset or "").lower() not in _CHARSETS or not session.one_charset:
        return False
    by_name = {column.name: column for column in table.columns}
    columns = [by_name.get(name) for name in rows.columns] if rows.columns else list(table.row_columns)
    if any(column is None or column.generated for column in columns) or _lacks_value(table, columns):
        return False
    if rows.forms is None or len(rows.forms) != len(columns):
        return False
    years = frozenset(at for at, column in enumerate(columns) if column is not None and column.type == "YEAR" and b"" in rows.forms[at])
    for at, (forms, column) in enumerate(zip(rows.forms, columns)):
        if not all(column is not None and _same_value(column, form) or (at in years and not form) for form in forms):
            return False
    return not years or four_digits(years)


def _lacks_value(table: TableDefinition, columns: Sequence[Optional[ColumnDefinition]]) -> bool:
    """Whether the rows omit a column that has no default. The INSERT fails or warns (error 1364), LOAD DATA stores 0, an empty string, or a value that the
    column may not have, without a warning (measured: 5.7 and 9.7)."""
    primary = {name.lower() for key in table.keys if key.kind == "primary" for name in key.columns}
    return any(
        (column.options.nullable is False or column.name.lower() in primary)
        and not (column.options.default or column.generated or column.auto_increment or column in columns)
        for column in table.columns
    )


def _same_value(column: ColumnDefinition, form: bytes) -> bool:
    """Whether a value of this form (see :class:`InsertRows`) means the same to INSERT and to LOAD DATA, which reads numbers as text.

    The meaning differs for 2.5e0 in an integer (2 and 3), for 0, 00 or 000 in a YEAR (0000 and 2000), and for numbers in ENUM, JSON, dates and text
    (measured: 5.6, 5.7 and 9.7).
    """
    kind = column.type.encode()
    if form == b"NULL" and column.null_is_now:
        return False
    if form in (b"'", b"NULL"):
        return not column.binary
    if form == b"X":
        return False
    if kind in _INTEGERS:
        return form in (b"", b"-")
    if kind in _DECIMALS:
        return b"e" not in form.lower()
    return kind in _FLOATS


def whole_characters(data: bytes, charset: str) -> bool:
    """Whether no string of these INSERTs ends with an incomplete character: LOAD DATA would take the closing quote for the rest of it
    (measured: 5.6, 5.7 and 9.7)."""
    return charset.lower() not in _UTF8 or _ALL_ASCII(data) or _whole_characters(data, four_bytes=charset.lower() == "utf8mb4")


def _whole_characters(data: bytes, *, four_bytes: bool) -> bool:
    view, begin = memoryview(data), 0
    while begin < len(data):
        # At least as long as the longest character.
        window = view[begin : begin + max(_WINDOW, 4)]
        try:
            text, taken = codecs.utf_8_decode(window, "strict", begin + len(window) == len(data))
        except UnicodeDecodeError:
            return False
        if len(text) != taken and not four_bytes and bytes(window).translate(None, _FOUR_BYTES):
            return False
        begin += taken
    return True


def may_hold_minus_zero(table: Optional[TableDefinition], rows: InsertRows, text: bytes) -> bool:
    """Whether a FLOAT or DOUBLE of these rows may be -0, which an INSERT stores as 0 and LOAD DATA as -0 (measured: 5.6, 5.7 and 9.7)."""
    if table is None or rows.forms is None or not any(column.type.encode() in _FLOATS for column in table.columns):
        return False
    negative = any(form[:1] == b"-" for forms in rows.forms for form in forms)
    return negative and _MINUS_ZERO.search(text, rows.body) is not None


def numbered_by_server(table: Optional[TableDefinition], rows: InsertRows, session: SessionState) -> bool:
    """Whether the server may assign AUTO_INCREMENT values to these rows. True in doubt."""
    if table is not None and numbers_zero(session):
        return any(column.auto_increment for column in table.columns)
    return numbers_of(table, rows, session, b"", backslash=True) is not Numbers.NONE


def numbers_zero(session: SessionState) -> bool:
    """Whether a row whose AUTO_INCREMENT value is 0 gets another one from the server."""
    return b"NO_AUTO_VALUE_ON_ZERO" not in (session.get(b"sql_mode") or b"").upper()


def numbers_of(table: Optional[TableDefinition], rows: InsertRows, session: SessionState, text: bytes, *, backslash: bool) -> Numbers:
    """How many rows of the INSERT ``text`` get their AUTO_INCREMENT value from the server. ``table`` is as for :func:`same_to_load_data`."""
    if table is None:
        return Numbers.SOME
    counted = [column.name.lower() for column in table.columns if column.auto_increment]
    if not counted:
        return Numbers.NONE
    names = [name.lower() for name in rows.columns or [column.name for column in table.row_columns]]
    at = names.index(counted[0]) if counted[0] in names else None
    if at is None:
        return Numbers.ALL
    if rows.forms is None or at >= len(rows.forms):
        return Numbers.SOME
    forms = rows.forms[at]
    if forms == {b"NULL"}:
        return Numbers.ALL
    zero = numbers_zero(session) and may_hold_zero(text, rows, at, backslash=backslash)
    return Numbers.SOME if zero or b"NULL" in forms else Numbers.NONE
