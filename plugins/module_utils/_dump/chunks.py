# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Group INSERTs into chunks: rows that are loaded and committed together."""

from functools import partial
from typing import NamedTuple, Optional, Tuple

from .insert_values import InsertRows
from .load_data_eligibility import may_hold_minus_zero, numbered_by_server, numbers_of, same_to_load_data
from .repeated_inserts import FourDigits
from .session_variables import SessionState
from .statement_splitter import Statement
from .steps import Chunk, Steps, cut
from .table_definition import TableDefinition
from .table_history import TableHistory


class InsertContext(NamedTuple):
    """The context of an INSERT: file number, session state and its number in the plan, delimiter, and whether a backslash escapes."""

    file: int
    session: SessionState
    session_number: int
    delimiter: bytes
    backslash: bool


class ChunkBuilder:
    """Appends INSERTs to ``steps``. Consecutive INSERTs join one chunk of up to ``chunk_bytes``; a larger INSERT is
    a separate chunk. ``tables_known``: tables still have the columns of their CREATE TABLE."""

    def __init__(self, steps: Steps, chunk_bytes: int) -> None:
        self._steps = steps
        self._chunk_bytes = chunk_bytes
        # The last statement belongs to the last chunk, so the next one may join that chunk.
        self._open = False
        self._columns: Tuple[bytes, ...] = ()
        self.tables_known = True
        self._four_digits = FourDigits()

    def close(self) -> None:
        """Start a new chunk with the next INSERT."""
        self._open = False

    def forget_tables(self) -> None:
        """Record that a statement may have changed any table: from here on LOAD DATA loads no rows, because the columns are not known."""
        self.tables_known = False

    def add(self, statement: Statement, rows: InsertRows, history: TableHistory, context: InsertContext) -> bool:
        """Append an INSERT into the table of ``history``. Returns whether LOAD DATA may load it."""
        exact = rows.verb == b"INSERT" and not rows.ignore
        table = history.table if self.tables_known else None
        # LOAD DATA reserves AUTO_INCREMENT values in different steps than INSERT.
        numbered = numbered_by_server(table, rows, context.session)
        separator = self._separator(statement, rows, table, context) if exact and not numbered else b""
        history.add_rows(rows.number, len(statement.text), exact=exact, ordered=numbered or not exact)
        chunk = Chunk(
            context.file,
            statement.offset,
            statement.end,
            statement.line,
            history.number,
            rows.number,
            context.session_number,
            1,
            0,
            len(statement.text),
            exact,
            separator,
            rows.quote or b"'",
            numbers_of(history.current, rows, context.session, statement.text, backslash=context.backslash),
        )
        last = self._steps.last_chunk if self._open and rows.columns == self._columns else None
        self._columns = rows.columns
        # The loader splits a chunk into statements at semicolons.
        self._open = context.delimiter in (b";", b";\r")
        if last is not None and self._open and _joins(last, chunk) and chunk.end - last.offset <= self._chunk_bytes:
            self._steps.replace_last(_joined(last, chunk))
        else:
            self._steps.append(chunk._replace(cuts=cut(0, 0, chunk.first)))
        return bool(separator)

    def _separator(self, statement: Statement, rows: InsertRows, table: Optional[TableDefinition], context: InsertContext) -> bytes:
        if rows.odd or not rows.separator:
            return b""
        four_digits = partial(self._four_digits, statement.text, rows)
        same = same_to_load_data(table, rows, context.session, backslash=context.backslash, four_digits=four_digits) and not may_hold_minus_zero(
            table, rows, statement.text
        )
        return rows.separator if same else b""


def _joins(last: Chunk, chunk: Chunk) -> bool:
    """Whether the rows of both can be sent together."""
    return _lane(last) == _lane(chunk)


def _lane(chunk: Chunk) -> Tuple[object, ...]:
    return chunk.file, chunk.table, chunk.session, chunk.separator, chunk.quote if chunk.separator else b"", chunk.exact


def _joined(last: Chunk, chunk: Chunk) -> Chunk:
    begin = chunk.offset - last.offset
    cuts = cut(last.cuts, begin, begin + chunk.first)
    numbers = max(last.numbers, chunk.numbers)
    return last._replace(end=chunk.end, rows=last.rows + chunk.rows, statements=last.statements + 1, cuts=cuts, numbers=numbers)
