# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of a table's INSERTs: column list and number of values, compared with the columns of its CREATE TABLE."""

from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from .._identifiers import name_text
from .insert_values import InsertRows
from .lexer import Token
from .table_clauses import closing_of, parts_of
from .table_definition import ColumnDefinition, TableDefinition
from .tokens import name_at

_LITERALS = (b"NULL", b"TRUE", b"FALSE")
# The form of a value that is not a literal: DEFAULT, a call, a string with an introducer.
_EXPRESSION = b"?"

Forms = Tuple[FrozenSet[bytes], ...]


class RowShape(NamedTuple):
    """INSERTs with the same columns, number of values and session state.

    ``columns`` is empty without a column list. ``values`` is None if the rows of one INSERT have different numbers of values. ``forms`` are those of
    :class:`InsertRows`, and ``?`` for an expression. ``session`` is the number of the session state, ``line`` that of the first such INSERT
    in ``file``.
    """

    columns: Tuple[bytes, ...]
    values: Optional[int]
    forms: Forms
    session: int
    file: str
    line: int


class RowShapes:
    """The shapes of the INSERTs of one table."""

    def __init__(self) -> None:
        self._shapes: Dict[Tuple[Tuple[bytes, ...], Optional[int], int], RowShape] = {}
        self._last: Optional[Tuple[Optional[Forms], Tuple[bytes, ...], int]] = None

    def note(self, rows: InsertRows, session: int, file: str, line: int) -> None:
        """Add an INSERT of literal rows. If it is like the previous one, as most are, this costs three comparisons."""
        last = self._last
        if last is None or last[0] is not rows.forms or last[1] is not rows.columns or last[2] != session:
            self._last = (rows.forms, rows.columns, session)
            self.add(RowShape(rows.columns, None if rows.forms is None else len(rows.forms), rows.forms or (), session, file, line))

    def add(self, shape: RowShape) -> None:
        """Add the shape of an INSERT."""
        key = (shape.columns, shape.values, shape.session)
        known = self._shapes.get(key)
        if known is None:
            self._shapes[key] = shape
        elif known.forms != shape.forms:
            self._shapes[key] = known._replace(forms=tuple(old | new for old, new in zip(known.forms, shape.forms)))

    def clear(self) -> None:
        """Forget all shapes, because the table was dropped."""
        self._shapes.clear()
        self._last = None

    def __iter__(self) -> Iterator[RowShape]:
        return iter(self._shapes.values())


class WrongRows(NamedTuple):
    """Why the server refuses rows of a shape: its error ``code`` and a sentence that does not name the table."""

    code: int
    what: str


def wrong_rows(table: TableDefinition, shape: RowShape) -> Optional[WrongRows]:
    """Why the server refuses rows of this shape; None if it does not, or if the names of columns are not certain (they are not ASCII)."""
    by_name = {_folded(column.name): column for column in table.columns}
    named = [by_name.get(_folded(name)) for name in shape.columns]
    for name, column in zip(shape.columns, named):
        if column is None:
            known = all(max(name, default=0) < 0x80 for name in (*by_name, *shape.columns))
            return WrongRows(1054, "names the column {0}, which the table does not have".format(name_text(name))) if known else None
    if len({_folded(name) for name in shape.columns}) < len(shape.columns):
        return WrongRows(1110, "name a column twice")
    columns = [column for column in named if column is not None] if shape.columns else [column for column in table.columns if not column.invisible]
    if shape.values is None:
        return WrongRows(1136, "have different numbers of values in one statement, for {0} column(s)".format(len(columns)))
    if shape.values != len(columns):
        return WrongRows(1136, "have {0} value(s) for {1} column(s)".format(shape.values, len(columns)))
    for column, forms in zip(columns, shape.forms):
        if column.generated and forms != {_EXPRESSION}:
            return WrongRows(3105, "have values for the generated column {0}".format(name_text(column.name)))
    return None


def strings_for_json(table: TableDefinition, shape: RowShape, *, binary: bool) -> Optional[ColumnDefinition]:
    """The JSON column for which a row of this shape has a binary string, which the server refuses (error 3144). ``binary`` means that plain
    strings are binary too."""
    columns = {_folded(column.name): column for column in table.columns}
    listed = [columns.get(_folded(name)) for name in shape.columns] if shape.columns else [column for column in table.columns if not column.invisible]
    if len(listed) != shape.values:
        return None
    for column, forms in zip(listed, shape.forms):
        if column is not None and column.type == "JSON" and (b"X" in forms or (binary and b"'" in forms)):
            return column
    return None


def shape_of(found: List[Token], session: int, file: str, line: int) -> Optional[RowShape]:
    """The shape of an INSERT or REPLACE whose values are not all literals; None for other statements.

    Rows of literals after the first row are not among the tokens, so they are not examined.
    """
    at = next((index for index, token in enumerate(found) if token.upper in (b"VALUES", b"VALUE", b"SELECT", b"SET")), len(found))
    if at + 1 >= len(found) or found[at].upper not in (b"VALUES", b"VALUE") or found[at + 1].text != b"(":
        return None
    columns: Tuple[bytes, ...] = ()
    opening = max((index for index in range(at) if found[index].text == b"("), default=0)
    if found[at - 1].text == b")" and found[opening - 1].upper != b"PARTITION":
        names = [name_at(found, start)[0] for start, _end in parts_of(found, opening + 1, at - 1)]
        columns = tuple(name.name for name in names if name is not None)
        if len(columns) != len(names):
            return None
    rows: List[Forms] = []
    at += 1
    while at < len(found) and found[at].text == b"(" and found[at].kind == "sign":
        closing = closing_of(found, at)
        if closing is None or closing == at + 1:
            return None
        rows.append(tuple(frozenset((_form(found[start:end]),)) for start, end in parts_of(found, at + 1, closing)))
        at = closing + 2 if closing + 1 < len(found) and found[closing + 1].text == b"," else len(found)
    if len({len(row) for row in rows}) != 1:
        return RowShape(columns, values=None, forms=(), session=session, file=file, line=line)
    merged = tuple(frozenset(form for forms in column for form in forms) for column in zip(*rows))
    return RowShape(columns, len(merged), merged, session, file, line)


def _form(value: List[Token]) -> bytes:
    if len(value) != 1:
        return _EXPRESSION
    if value[0].upper in _LITERALS:
        return b"NULL"
    return {"string": b"'", "number": b""}.get(value[0].kind, _EXPRESSION)


def _folded(name: bytes) -> bytes:
    return name.lower()
