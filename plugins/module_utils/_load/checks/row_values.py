# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the rows of the dump fit the columns of its tables: their number, their names, generated columns, JSON.

Every INSERT of literal rows is compared; in other INSERTs, each row with an expression and the first of the others. Nothing is compared
after a statement that may change columns.
"""

from typing import Dict, Iterator, List, Optional, Sequence

from ..._dump.lexer import Dialect
from ..._dump.plan import LoadPlan, PlannedTable
from ..._dump.row_shapes import RowShape, strings_for_json, wrong_rows
from ..._dump.table_definition import TableDefinition, parse_table
from ..._finding import Finding
from ..._identifiers import name_text
from ..._server.existing import create_statement
from ..request import OnExisting
from . import messages
from .subject import CheckSubject

_SHOWN = 10


def check_rows(subject: CheckSubject) -> List[Finding]:
    """The server accepts the rows of every table that the dump creates, or that exists in the target."""
    plan = subject.known.plan
    if plan is None or subject.server.version.mariadb:
        return []
    defined: Dict[bytes, TableDefinition] = {planned.name: planned.table for planned in plan.tables if planned.table is not None}
    found: List[Finding] = []
    for planned in plan.tables:
        table = defined.get(planned.name) or _existing_table(subject, planned)
        if table is not None:
            found.extend(_of_table(plan, name_text(planned.name), table, planned.shapes))
    return found[:_SHOWN]


def _existing_table(subject: CheckSubject, planned: PlannedTable) -> Optional[TableDefinition]:
    """An existing table of the target to which the dump only adds rows."""
    if planned.create is not None or not planned.rows or subject.request.on_existing is OnExisting.REPLACE:
        return None
    _mode, text = create_statement(subject.connection, "TABLE", subject.request.target, name_text(planned.name))
    return parse_table(text.encode("utf-8"), Dialect(subject.server.version.number)) if text is not None else None


def _of_table(plan: LoadPlan, name: str, table: TableDefinition, shapes: Sequence[RowShape]) -> Iterator[Finding]:
    for shape in shapes:
        where = "{0}, line {1}".format(shape.file, shape.line)
        wrong = wrong_rows(table, shape)
        column = strings_for_json(table, shape, binary=_binary_strings(plan, shape.session))
        if wrong is not None:
            yield messages.ROWS.found(where, table=name, code=wrong.code, what=wrong.what)
        elif column is not None:
            yield messages.ROWS_JSON.found(where, table=name, column=name_text(column.name))


def _binary_strings(plan: LoadPlan, session: int) -> bool:
    """Whether a string without an introducer is binary, because of SET NAMES binary, which mysqldump writes with --default-character-set=binary."""
    state = plan.sessions[session]
    value = state.get(b"collation_connection") or state.get(b"character_set_connection") or state.get(b"names") or b""
    return value.strip(b"'\"").split()[:1] == [b"binary"]
