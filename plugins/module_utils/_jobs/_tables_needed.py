# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the tables that must exist before the window is applied: tables that it changes before one of its own definitions names them."""

from typing import Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from .._binlog.transactions import StatementEvent, Transaction
from .._gtid_set import GtidSet
from .._identifiers import folded

Table = Tuple[str, str]
_BIGINT = 8
_AGAIN = "Import a backup that has the table as it was then, or stop before it (until_gtid)"


class TableUse(NamedTuple):
    """The first use of a table, under its name in the binary log.

    ``columns`` are the type codes of its row events, None for a definition. ``may_lack``: a definition with IF EXISTS. ``is_near``: an earlier
    definition of the window spells the name in a different case.
    """

    gtid: str
    columns: Optional[bytes]
    may_lack: bool = False
    is_near: bool = False


class TargetTable(NamedTuple):
    """A table or view of the target: its number of columns, and whether it has a primary key."""

    columns: int
    has_key: bool


class TableUses:
    """Collects the first uses of tables of the target. Memory: the tables, and the definitions of the window.

    Transactions in ``executed`` are left out, because the target's tables already contain them.
    """

    def __init__(self, executed: GtidSet) -> None:
        self._executed = executed
        self._definitions: List[Tuple[bytes, bytes]] = []
        self.first: Dict[Table, TableUse] = {}

    def add(self, transaction: Transaction, databases: Mapping[str, str], definitions: Iterable[Tuple[StatementEvent, Optional[Table]]]) -> None:
        """Add the next transaction. ``definitions``: the applied definitions, each with the target table that it concerns, if any."""
        gtid = transaction.gtid or ""
        if self._executed.contains(gtid):
            return
        for statement, table in definitions:
            if table is not None:
                self._use(table, TableUse(gtid, None, may_lack=b"exists" in folded(statement.text[:100])))
            self._definitions.append((statement.text, folded(statement.text)))
        for (schema, name), columns in zip(transaction.tables, transaction.columns):
            if schema in databases:
                self._use((databases[schema], name), TableUse(gtid, columns))

    def _use(self, table: Table, use: TableUse) -> None:
        """Record the use, unless an earlier definition names the table. A definition may have a non-ASCII name in another character set."""
        name = table[1].encode("utf-8", "surrogateescape")
        if table in self.first or self._definitions and max(name) > 127 or any(name in text for text, _folded_text in self._definitions):
            return
        self.first[table] = use._replace(is_near=any(folded(name) in text for _text, text in self._definitions))


def table_problems(first: Mapping[Table, TableUse], existing: Mapping[Table, TargetTable], *, folds: bool) -> Iterator[str]:
    """Tables that the target lacks or has in a different form, each with its cure. ``folds``: the server ignores case in names."""
    spelled: Dict[Table, Table] = {_folded(table): table for table in existing}
    used: Dict[Table, Table] = {}
    for table, use in sorted(first.items()):
        where = "{0}.{1} (transaction {2})".format(table[0], table[1], use.gtid)
        twin = used.setdefault(_folded(table), table)
        found = existing.get(spelled.get(_folded(table), table) if folds else table)
        if folds and twin != table:
            cure = "Use a server with lower_case_table_names=0"
            yield "The binlogs change {0} and {1}, which are the same table unless lower_case_table_names is 0. {2}".format(where, twin[1], cure)
        elif folds and use.is_near:
            continue
        elif found is not None:
            yield from _shape_problems(where, use, found)
        elif use.is_near or _folded(table) in spelled:
            cure = "If the origin has lower_case_table_names=1, use such a server (mysql_sandbox with settings), or stop before it (until_gtid)"
            yield "The binlogs name {0}, which exists on the server only in a different case, if at all. {1}".format(where, cure)
        elif not use.may_lack:
            yield "The binlogs change {0}, which the server does not have. {1}".format(where, _AGAIN)


def _shape_problems(where: str, use: TableUse, found: TargetTable) -> Iterator[str]:
    if use.columns is not None and len(use.columns) != found.columns and not has_hidden_key(use, found):
        text = "Rows of {0} have {1} columns in the binlogs, and the table has {2}, so values would be lost or misplaced. {3}"
        yield text.format(where, len(use.columns), found.columns, _AGAIN)


def has_hidden_key(use: TableUse, found: TargetTable) -> bool:
    """Whether the rows have the column that RDS adds to a table without a primary key: a BIGINT after the others, which a replica ignores."""
    return use.columns is not None and not found.has_key and len(use.columns) == found.columns + 1 and use.columns[-1] == _BIGINT


def _folded(table: Table) -> Table:
    return table[0].lower(), table[1].lower()
