# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether LOAD DATA may carry the rows of an INSERT, and whether the server numbers them."""

import codecs
from typing import Callable, FrozenSet, Optional

from .insert_values import InsertRows
from .session_variables import SessionState
from .table_definition import ColumnDefinition, TableDefinition

_INTEGERS = frozenset(b"TINYINT SMALLINT MEDIUMINT INT INTEGER BIGINT BOOL BOOLEAN".split())
_DECIMALS = frozenset(b"DECIMAL NUMERIC DEC FIXED".split())
_FLOATS = frozenset(b"FLOAT DOUBLE REAL".split())
_FOUR_BYTES = bytes(range(0xF0))
_UTF8 = frozenset(("utf8", "utf8mb3", "utf8mb4"))
# Character sets in which LOAD DATA finds each string's end by its quote, or where half a character is looked for.
_CHARSETS = _UTF8 | frozenset(
    "ascii armscii8 binary cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 "
    "macce macroman tis620".split()
)
# Of Python 3.7. It takes a sixth of the time of decoding.
_ALL_ASCII: Callable[[bytes], bool] = getattr(bytes, "isascii", lambda _data: False)
_WINDOW = 1 << 18


def same_to_load_data(
    table: Optional[TableDefinition],
    rows: InsertRows,
    session: SessionState,
    backslash: bool,
    four_digits: Callable[[FrozenSet[int]], bool] = lambda _columns: False,
) -> bool:
    """Whether LOAD DATA reads these rows as the INSERT would: every value's form fits its column's type.

    ``table`` is the one they find on the server, None where that is not known. What a single string
    holds is not looked at: that is ``odd`` of :class:`Rows`, and :func:`whole_characters`. ``four_digits`` tells whether each bare
    number in some columns has four digits; it is asked of years, whose form does not tell it.
    """
    if table is None or not backslash:
        return False
    if (session.charset or "").lower() not in _CHARSETS or not session.one_charset:
        return False
    by_name = {column.name: column for column in table.columns}
    columns = [by_name.get(name) for name in rows.columns] if rows.columns else list(table.row_columns)
    if any(column is None or column.generated for column in columns):
        return False
    if rows.forms is None or len(rows.forms) != len(columns):
        return False
    years = frozenset(at for at, column in enumerate(columns) if column is not None and column.type == "YEAR" and b"" in rows.forms[at])
    for at, (forms, column) in enumerate(zip(rows.forms, columns)):
        if not all(column is not None and _same_value(column, form) or (at in years and not form) for form in forms):
            return False
    return not years or four_digits(years)


def _same_value(column: ColumnDefinition, form: bytes) -> bool:
    """Whether a value of this form (see :class:`Rows`) is the same to INSERT and to LOAD DATA, which reads numbers as text.

    Not so for 2.5e0 in an integer (2 and 3), for 0, 00 or 000 in a YEAR (0000 and 2000), for numbers in ENUM, JSON, dates and text
    (measured: 5.6, 5.7 and 9.7).
    """
    kind = column.type.encode()
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
    """Whether no string of these INSERTs ends in half a character, with which LOAD DATA takes the quote behind it along
    (measured: 5.6, 5.7 and 9.7), if it may read ``charset``."""
    return charset.lower() not in _UTF8 or _ALL_ASCII(data) or _whole_characters(data, charset.lower() == "utf8mb4")


def _whole_characters(data: bytes, four_bytes: bool) -> bool:
    view, begin = memoryview(data), 0
    while begin < len(data):
        # With no less than the longest character.
        window = view[begin : begin + max(_WINDOW, 4)]
        try:
            text, taken = codecs.utf_8_decode(window, "strict", begin + len(window) == len(data))
        except UnicodeDecodeError:
            return False
        if len(text) != taken and not four_bytes and bytes(window).translate(None, _FOUR_BYTES):
            return False
        begin += taken
    return True


def numbered_by_server(table: Optional[TableDefinition], rows: InsertRows, session: SessionState) -> bool:
    """Whether the server may give these rows numbers of its own (AUTO_INCREMENT): in doubt it may."""
    counted = [column.name for column in table.columns if column.auto_increment] if table is not None else []
    if table is None or not counted:
        # Without a CREATE TABLE nothing is known.
        return table is None
    if b"NO_AUTO_VALUE_ON_ZERO" not in (session.get(b"sql_mode") or b"").upper():
        return True
    names = [name.lower() for name in rows.columns or [column.name for column in table.row_columns]]
    if counted[0].lower() not in names:
        return True
    at = names.index(counted[0].lower())
    return rows.forms is None or at >= len(rows.forms) or b"NULL" in rows.forms[at]
