# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables that cannot roll rows back (MyISAM and others): each is loaded whole, or emptied and loaded again."""

from typing import Collection, Container, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from ..._dump.plan import LoadPlan, PlannedTable
from ..._dump.steps import Chunk
from ..._failure import Failure
from ..._identifiers import name_text, quote
from ..._server.existing import ExistingProgram, Inventory
from ..context import LoadContext
from ..ledger import TABLE_BEGUN, TABLE_WHOLE, retried
from ..loader_connection import LoaderConnection
from ..schema.objects import empty_table, key_of

# MERGE and FEDERATED tables have no rows of their own: emptying one would empty its underlying tables, or that of another server.
_NOT_RESTARTED = frozenset(("INNODB", "MRG_MYISAM", "FEDERATED"))
_ANY = -1
Done = Dict[Tuple[int, int], int]


class RowOrder(NamedTuple):
    """Indexes of tables. The rows of tables in ``ordered`` must be sent in file order on one connection: without a primary
    key a later dump shows the rows in that order, and rows may depend on it (see :class:`PlannedTable`). Tables in ``restart``
    cannot roll back; they enter the ledger when they are complete. The rows of all tables ``together`` are sent in file order, because triggers of
    the target may read or change some of them."""

    ordered: FrozenSet[int]
    restart: FrozenSet[int]
    together: FrozenSet[int] = frozenset()


def rolls_back(engine: str) -> bool:
    """Whether a table of this engine can roll back rows, or has none of its own."""
    return engine.upper() in _NOT_RESTARTED


def is_sent(chunk: Chunk, done: Done) -> bool:
    """Whether an earlier run has committed the rows of this chunk, or loaded its whole table."""
    return (chunk.file, chunk.offset) in done or (TABLE_WHOLE, chunk.table) in done


def row_order(plan: LoadPlan, engines: Dict[str, str], with_triggers: Container[str] = ()) -> RowOrder:
    """The row order for tables with these ``engines`` on the server. ``with_triggers`` are the tables of the target that have triggers.

    The engine of a table that a statement of the dump will make is not known yet, see :class:`RedefinedTables`.
    """
    restart: Set[int] = set()
    ordered: Set[int] = set()
    for index, planned in enumerate(plan.tables):
        # A server before 8.0 does not know the engine of a table that it cannot open.
        engine = engines.get(name_text(planned.name)) or (planned.table.engine if planned.table else "InnoDB")
        if not rolls_back(engine):
            restart.add(index)
        if planned.ordered or planned.table is None or not any(key.kind == "primary" for key in planned.table.keys):
            ordered.add(index)
    existing = frozenset(index for index, planned in enumerate(plan.tables) if planned.create is None)
    fires = any(name_text(plan.tables[index].name) in with_triggers for index in existing)
    return RowOrder(frozenset(ordered), frozenset(restart), existing if fires else frozenset())


def unfinished_tables(context: LoadContext, plan: LoadPlan, database: str, order: RowOrder, done: Done, settled: Container[str]) -> Tuple[int, ...]:
    """The tables created by this import that an earlier run has not filled, or that a crash has damaged since.

    ``done`` is from the ledger; tables named in ``settled`` now belong to the user. A table without INSERTs in the dump has only rows that
    other statements have added, and these do not run again.
    """

    def unfinished(index: int, planned: PlannedTable) -> bool:
        ours = planned.create is not None and name_text(planned.name) not in settled
        rows = done.get((TABLE_WHOLE, index)) if planned.rows else _ANY
        return ours and not _is_whole(context, quote(database, planned.name), rows)

    return tuple(index for index in sorted(order.restart) if unfinished(index, plan.tables[index]))


def tables_made_by_statements(plan: LoadPlan, restart: Container[int], done: Done) -> List[int]:
    """The tables made by statements of the dump (CREATE TABLE ... LIKE) that an earlier run has perhaps not filled completely: they can be
    neither emptied, because they may have had rows, nor continued."""
    return [
        index
        for index, planned in enumerate(plan.tables)
        if index in restart and planned.create is None and planned.rows and planned.name in plan.renamed and (TABLE_WHOLE, index) not in done
    ]


def refuse_to_lose_rows(context: LoadContext, plan: LoadPlan, database: str, tables: Sequence[int], done: Done) -> None:
    """Raise a Failure if one of these tables, which would be emptied, has more rows than the import has loaded: somebody else has added them.

    The ledger has the number of rows that the server has reported as changed: IGNORE and REPLACE leave as many in the table, or fewer.
    """
    for index in tables:
        loaded, table = done.get((TABLE_WHOLE, index)), quote(database, plan.tables[index].name)
        if loaded is None or _is_damaged(context, table):
            continue
        now = _count(context, table)
        if now > loaded:
            raise Failure(
                "Somebody has written to the table {0} after the import filled it: it had {1} row(s) and has {2} now".format(
                    name_text(plan.tables[index].name), loaded, now
                ),
                "database {0}".format(context.request.target),
                "Restore the table to its {0} row(s), then run the task again.".format(loaded),
            )


def triggers_to_drop(plan: LoadPlan, existing: Inventory, tables: Collection[int]) -> List[ExistingProgram]:
    """The triggers of the dump that exist on these tables. Rows must not fire them, so they are dropped, and created again after the rows."""
    names, keys = {name_text(plan.tables[index].name) for index in tables}, {key_of(trigger) for trigger in plan.triggers}
    return [made for made in existing.objects if made.kind == "triggers" and made.table in names and made.key in keys]


def empty_tables(context: LoadContext, plan: LoadPlan, loader: LoaderConnection, tables: Sequence[int]) -> None:
    """Remove the tables with these indexes from the ledger, then empty them."""
    for index in tables:
        _unnote(context, index)
        planned = plan.tables[index]
        if planned.create is not None:
            empty_table(loader, planned.name, planned.create)


def _unnote(context: LoadContext, index: int) -> None:
    retried(lambda: context.ledger.unnote(context.control, TABLE_WHOLE, index), context.control)


def note_tables_to_fill(context: LoadContext, plan: LoadPlan, database: str, restart: Iterable[int], done: Done) -> None:
    """Record how many rows the user's own tables contain before they are filled with rows that cannot be rolled back: those of ``restart``.

    Raises a Failure if an earlier run was stopped while it filled one.
    """
    for index in sorted(restart):
        planned = plan.tables[index]
        if planned.create is None and planned.rows and planned.name not in plan.renamed and (TABLE_WHOLE, index) not in done:
            _note_table_to_fill(context, database, index, planned, done)


def _note_table_to_fill(context: LoadContext, database: str, index: int, planned: PlannedTable, done: Done) -> None:
    now = _count(context, quote(database, planned.name))
    before = done.get((TABLE_BEGUN, index))
    if before is None:
        retried(lambda: context.ledger.note(context.control, TABLE_BEGUN, index, now), context.control)
    elif now != before:
        raise Failure(
            "An earlier run was stopped while it filled the table {0}, whose engine cannot roll back: it had {1} row(s) before and has {2} now".format(
                name_text(planned.name), before, now
            ),
            "database {0}".format(context.request.target),
            "Restore the table to its {0} row(s), then run the task again.".format(before),
        )


def _is_whole(context: LoadContext, table: bytes, rows: Optional[int]) -> bool:
    """Whether the table, which a crash may have damaged, still contains the ``rows`` recorded in the ledger, or :data:`_ANY` number of rows."""
    if rows is None:
        return False
    if _is_damaged(context, table):
        return False
    return rows == _ANY or _count(context, table) == rows


def _is_damaged(context: LoadContext, table: bytes) -> bool:
    return any(str(row[2]) == "error" for row in context.control.rows(b"CHECK TABLE " + table + b" QUICK"))


def _count(context: LoadContext, table: bytes) -> int:
    return int(context.control.value(b"SELECT COUNT(*) FROM " + table))
