# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a database is made of: tables with their columns, and the objects that have a definer."""

from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from .connection import Connection
from .server_info import variable

KINDS = ("views", "routines", "triggers", "events")
# RDS gives tables without a primary key one that only itself can see.
_HIDDEN_COLUMN = "__#alibaba_rds_row_id#__"


class ExistingColumn(NamedTuple):
    """``type`` is information_schema's DATA_TYPE; ``charset`` is None where there is no text."""

    name: str
    type: str
    charset: Optional[str]


class ExistingTable(NamedTuple):
    """A base table. ``engine`` is empty where the server cannot open it."""

    name: str
    engine: str
    columns: Tuple[ExistingColumn, ...]


class ExistingProgram(NamedTuple):
    """A view, routine, trigger or event. ``table`` is a trigger's. ``as_definer``: it runs with the definer's privileges."""

    kind: str
    name: str
    definer: str
    as_definer: bool = True
    table: Optional[str] = None


class Inventory(NamedTuple):
    """All that a database holds, by name. ``folds_case``: the server takes two names that differ in case for one."""

    tables: Tuple[ExistingTable, ...]
    objects: Tuple[ExistingProgram, ...]
    folds_case: bool = False

    def count(self, kind: str) -> int:
        """How many objects of a kind there are."""
        return sum(made.kind == kind for made in self.objects)

    def only(self, wanted: Callable[[str], bool]) -> "Inventory":
        """The tables and views with a ``wanted`` name, and the triggers on such tables. Routines and events are of no table."""
        kept = tuple(made for made in self.objects if made.kind in ("views", "triggers") and wanted(made.table or made.name))
        return self._replace(tables=tuple(table for table in self.tables if wanted(table.name)), objects=kept)


def inventory_of(connection: Connection, database: str, ignore: FrozenSet[str]) -> Optional[Inventory]:
    """What this account sees in ``database``, None where there is no such database; tables named in ``ignore`` do not count."""
    if not connection.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (database,)):
        return None
    columns: Dict[str, List[ExistingColumn]] = {}
    for table, name, kind, charset in connection.rows(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHARACTER_SET_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s ORDER BY ORDINAL_POSITION",
        (database,),
    ):
        if name != _HIDDEN_COLUMN:
            columns.setdefault(str(table), []).append(ExistingColumn(str(name), str(kind).lower(), None if charset is None else str(charset)))
    tables = [
        ExistingTable(str(name), str(engine or ""), tuple(columns.get(str(name), ())))
        for name, engine in connection.rows(
            "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME", (database,)
        )
        if str(name) not in ignore
    ]
    return Inventory(tuple(tables), tuple(_objects(connection, database)), variable(connection, "lower_case_table_names") not in (None, "0"))


def _objects(connection: Connection, database: str) -> List[ExistingProgram]:
    found = []
    for name, definer, security in connection.rows(
        "SELECT TABLE_NAME, DEFINER, SECURITY_TYPE FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s ORDER BY TABLE_NAME", (database,)
    ):
        found.append(ExistingProgram("views", str(name), str(definer), security != "INVOKER"))
    for kind, name, definer, security in connection.rows(
        "SELECT ROUTINE_TYPE, ROUTINE_NAME, DEFINER, SECURITY_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s ORDER BY 1, 2", (database,)
    ):
        found.append(ExistingProgram("routines", "{0} {1}".format(str(kind).lower(), name), str(definer), security != "INVOKER"))
    for name, definer, table in connection.rows(
        "SELECT TRIGGER_NAME, DEFINER, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s ORDER BY TRIGGER_NAME", (database,)
    ):
        found.append(ExistingProgram("triggers", str(name), str(definer), True, str(table)))
    for name, definer in connection.rows("SELECT EVENT_NAME, DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s ORDER BY EVENT_NAME", (database,)):
        found.append(ExistingProgram("events", str(name), str(definer)))
    return found
