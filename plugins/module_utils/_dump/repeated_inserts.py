# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inspect INSERTs faster with a pattern derived from the previous one: consecutive INSERTs of a table usually have the same form."""

import re
from typing import Any, Dict, FrozenSet, List, Optional

from .insert_values import InsertRows, four_digits, inspect
from .pcre2 import Pattern, literal, pattern

_NO_NUMBERS = frozenset((b"'", b"NULL", b"X"))
_HEX = rb"(?:_binary )?0x[0-9A-Fa-f]++"
_FOUR = rb"\d{4}(?=[,)])"


class InsertInspector:
    """:func:`inspect` for consecutive statements.

    The ``forms`` it returns are the union over the INSERTs so far with the same beginning, so they are the same on every machine, with or
    without PCRE2.
    """

    def __init__(self) -> None:
        self._head = b""
        self._known: Optional[InsertRows] = None
        self._pattern: Optional[Pattern] = None
        # The beginning of INSERTs whose pattern would be too large, or of all INSERTs of a host that lacks PCRE2.
        self._without: Optional[bytes] = None
        self._separators: Dict[bytes, Optional[Pattern]] = {}

    def __call__(self, text: bytes, *, backslash: bool = True, ansi_quotes: bool = False) -> Optional[InsertRows]:
        """Like :func:`inspect`."""
        known = self._known
        if known is not None and backslash and not (ansi_quotes and known.quote == b'"') and self._head != self._without and text.startswith(self._head):
            if self._pattern is None:
                self._pattern = pattern(_source(known))
                self._without = self._head if self._pattern is None else None
            if self._pattern is not None and self._pattern.matches(text, known.body):
                return known._replace(number=self._count(text, known) + 1, odd=False)
        rows = inspect(text, backslash=backslash, ansi_quotes=ansi_quotes)
        return self._learned(text, rows) if rows is not None and backslash else rows

    def _count(self, text: bytes, known: InsertRows) -> int:
        """The number of separators after ``known.body``, in less than half the time of ``bytes.count``."""
        separator = known.separator
        if separator not in self._separators:
            self._separators[separator] = literal(separator)
        found = self._separators[separator]
        size = found.matched_bytes(text, known.body) if found is not None else None
        return text.count(separator, known.body) if size is None else size // len(separator)

    def _learned(self, text: bytes, rows: InsertRows) -> InsertRows:
        """Add the forms of the INSERTs before it to ``rows``; the next INSERT is compared with all of them."""
        known, head = self._known, text[: rows.body]
        if known is not None and known.forms is not None and rows.forms is not None and head == self._head and len(known.forms) == len(rows.forms):
            if rows.number == 1 and rows.separator:
                # A single row does not show which of the two separators its table has.
                rows = rows._replace(separator=known.separator)
            if rows.separator == known.separator and rows.forms is not None and (rows.quote == known.quote or not (rows.quote and known.quote)):
                rows = rows._replace(forms=tuple(old | new for old, new in zip(known.forms, rows.forms)), quote=rows.quote or known.quote)
        if known is None or (head, rows.separator, rows.forms, rows.quote) != (self._head, known.separator, known.forms, known.quote):
            self._pattern = None
        self._head, self._known = head, rows if rows.forms is not None and rows.separator else None
        return rows


class FourDigits:
    """:func:`four_digits` for consecutive statements."""

    def __init__(self) -> None:
        self._like: Any = None
        self._pattern: Optional[Pattern] = None

    def __call__(self, text: bytes, rows: InsertRows, columns: FrozenSet[int]) -> bool:
        """Like :func:`four_digits`."""
        like = (rows.separator, rows.quote, rows.forms, columns)
        if like != self._like:
            self._like, self._pattern = like, pattern(_source(rows, columns))
        return (self._pattern is not None and self._pattern.matches(text, rows.body)) or four_digits(text, rows, columns)


def _source(known: InsertRows, four: FrozenSet[int] = frozenset()) -> bytes:
    """A pattern that matches exactly the rows of these forms, from the first parenthesis to the last.

    A matching string contains neither the separator of rows, so that rows can be counted, nor an odd escape. Every repetition is
    possessive and the first bytes decide between alternatives, so no byte is read twice. Whole numbers in the columns ``four`` have
    four digits.
    """
    separator = known.separator
    rest = re.escape(separator[1:])
    string = rb"'(?:[^'\\)]++|\\[^)%_N]|\)(?!" + rest + rb"))*+'"
    string = string.replace(b"'", known.quote or b"'")
    columns: List[bytes] = []
    for column, forms in enumerate(known.forms or ()):
        numbers = [_number(form) if form or column not in four else _FOUR for form in sorted(forms - _NO_NUMBERS)]
        values = [string] if b"'" in forms else []
        values += [b"NULL"] if b"NULL" in forms else []
        values += ([rb"_binary " + string] if known.quote else []) + [_HEX] if b"X" in forms else []
        columns.append(b"(?:" + b"|".join(values + numbers) + b")")
    row = rb"\(" + b",".join(columns) + rb"\)"
    return row + b"(?:" + re.escape(separator[1:-1]) + row + rb")*+\z"


def _number(form: bytes) -> bytes:
    """A pattern for the numbers of a form, which omits the digits."""
    begin, exponent, end = form[:1] == b"-", b"", form.lower().find(b"e")
    if end >= 0:
        form, exponent = form[:end], b"[eE]" + (rb"\+" if b"+" in form[end:] else b"-" if b"-" in form[end:] else b"") + rb"\d++"
    digits = rb"\d*+\.\d++" if b"." in form else rb"\d++"
    return (b"-" if begin else b"") + digits + exponent + rb"(?=[,)])"
