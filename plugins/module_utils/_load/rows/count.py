# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the rows of each table with the dump: COUNT(*), CHECKSUM TABLE, and foreign keys without a parent."""

import queue
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ..._dump.plan import LoadPlan, PlannedTable, acts_on_others
from ..._dump.steps import Barrier, Chunk, Step
from ..._failure import Failure
from ..._identifiers import name_text, quote
from ..._server.connection import Connection, connect
from ..batched_statements import batched
from ..request import ImportRequest, VerifyLevel
from ..result import TableResult
from .worker_threads import RowsLoaded, Tally

_OLD_NAME = "#mysql50#"
# A table with at most this many bytes of rows is counted together with others.
_SMALL = 1 << 20
_UNCOUNTED = "the number of rows in {0} is not compared with the dump: the statement in {1}, line {2} may change it (IGNORE, REPLACE, or no VALUES list)"
# Engines whose tables show rows of other tables, or no rows at all.
_NO_OWN_ROWS = frozenset(("MRG_MYISAM", "FEDERATED", "BLACKHOLE"))


class RowsExpected(NamedTuple):
    """``numbers``: the rows that each table should have after the load, counted in the dump. None if IGNORE, REPLACE, the engine or a barrier may change
    the number, and for a table that the dump does not create, because it existed before and may have other rows.

    ``reasons``: the first statement that makes the number of a table unknown, by its index, or the one that does so for all tables.
    """

    numbers: List[Optional[int]]
    reasons: Dict[int, Step]
    of_all: Optional[Step] = None


def rows_expected(plan: LoadPlan) -> RowsExpected:
    """Count the rows in the dump."""
    numbers: List[Optional[int]] = [0 if _has_only_rows_of_the_dump(planned) else None for planned in plan.tables]
    reasons: Dict[int, Step] = {}
    index_of = {planned.name: index for index, planned in enumerate(plan.tables) if numbers[index] is not None}
    for step in plan.steps:
        if isinstance(step, Chunk):
            index, added = step.table, step.rows if step.exact else None
            unknown = acts_on_others(plan, step)
        else:
            index, added = index_of.get(step.change.table or b"", -1), step.change.rows
            unknown = step.change.table is None and added is None
        if unknown:
            # The barrier may change the rows of any table.
            return RowsExpected([None] * len(plan.tables), {}, step)
        if isinstance(step, Barrier) and step.change.emptied and index >= 0:
            numbers[index] = 0
            reasons.pop(index, None)
        before = numbers[index] if index >= 0 else None
        if before is not None:
            numbers[index] = before + added if added is not None else None
            if added is None:
                reasons[index] = step
    return RowsExpected(numbers, reasons)


def _has_only_rows_of_the_dump(planned: PlannedTable) -> bool:
    return planned.create is not None and not (planned.table is not None and planned.table.engine.upper() in _NO_OWN_ROWS)


def uncounted(plan: LoadPlan) -> List[str]:
    """A warning for each table whose number of rows the dump does not determine, with the statement that causes this."""
    expected = rows_expected(plan)
    if expected.of_all is not None:
        return [_UNCOUNTED.format("any table", *_place_of(plan, expected.of_all))]
    return [_UNCOUNTED.format(name_text(plan.tables[index].name), *_place_of(plan, step)) for index, step in sorted(expected.reasons.items())]


def _place_of(plan: LoadPlan, step: Step) -> Tuple[str, int]:
    return plan.files[step.file].name, step.line


def planned_tables(plan: LoadPlan) -> List[TableResult]:
    """The results of tables that are not loaded yet, for check mode."""
    return [
        TableResult(
            name_text(planned.name), rows=None, rows_expected=expected, bytes=planned.bytes, seconds=0.0, engine=planned.table.engine if planned.table else ""
        )
        for planned, expected in zip(plan.tables, rows_expected(plan).numbers)
    ]


def verify_tables(
    request: ImportRequest, plan: LoadPlan, database: str, engines: Dict[str, str], loaded: RowsLoaded, workers: int, settled: Mapping[str, TableResult]
) -> List[TableResult]:
    """Count the rows of every table in ``database``, and compute checksums if requested, on ``workers`` connections.

    Raises a Failure that names each table whose count differs from the dump. Tables in ``settled`` are not counted again.
    Without verification the dump's numbers are still returned, for a later one.
    """
    if request.verify is VerifyLevel.NONE:
        tables = [_table_result(plan, index, None, number, None, engines, loaded) for index, number in enumerate(rows_expected(plan).numbers)]
        return [settled.get(table.name, table) for table in tables]
    with _ParallelQueries(request, workers) as queries:
        new = [index for index, planned in enumerate(plan.tables) if name_text(planned.name) not in settled]
        names = [quote(database, plan.tables[index].name) for index in new]
        counts = queries.counts(names, [plan.tables[index].bytes <= _SMALL for index in new])
        sums = queries.all([b"CHECKSUM TABLE " + name for name in names]) if request.verify is VerifyLevel.CHECKSUM else [None] * len(names)
        expected = rows_expected(plan).numbers
        counted = {
            index: _table_result(plan, index, count, expected[index], None if found is None else found[1], engines, loaded)
            for index, count, found in zip(new, counts, sums)
        }
    wrong = [
        "{0} has {1} row(s), the dump has {2}".format(table.name, table.rows, table.rows_expected)
        for _index, table in sorted(counted.items())
        if table.rows_expected not in (None, table.rows)
    ]
    if wrong:
        raise Failure(
            "The restored rows differ from the dump: {0}".format("; ".join(wrong)),
            "database {0}".format(database),
            "Check that nothing else writes to the database, drop these tables, then run the task again; it loads them again.",
        )
    return [counted[index] if index in counted else settled[name_text(planned.name)] for index, planned in enumerate(plan.tables)]


def _table_result(
    plan: LoadPlan, index: int, rows: Optional[int], expected: Optional[int], checksum: Optional[int], engines: Dict[str, str], loaded: RowsLoaded
) -> TableResult:
    planned = plan.tables[index]
    tally = loaded.tallies.get(index, Tally())
    seconds = round(tally.last - tally.first, 3)
    return TableResult(name_text(planned.name), rows, expected, planned.bytes, seconds, engines.get(name_text(planned.name), ""), checksum)


def orphans(request: ImportRequest, workers: int) -> List[str]:
    """A warning for each foreign key with rows without a parent: foreign keys are added unchecked, as in the dump."""
    if request.verify is VerifyLevel.NONE:
        return []
    with _ParallelQueries(request, workers) as queries:
        return _orphans(queries, request.target)


def _orphans(queries: "_ParallelQueries", database: str) -> List[str]:
    keys: Dict[Tuple[str, str], List[Tuple[str, str, str, str]]] = {}
    found = queries.rows(
        "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME"
        " FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = %s AND REFERENCED_TABLE_NAME IS NOT NULL"
        " ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION",
        (database,),
    )
    for table, key, column, schema, parent, referenced in found:
        # 5.6 shows the name of a parent with a hyphen with the prefix for names from before 5.1.
        parent = str(parent)[len(_OLD_NAME) :] if str(parent).startswith(_OLD_NAME) else str(parent)
        keys.setdefault((str(table), str(key)), []).append((str(column), str(schema), parent, str(referenced)))
    parents = {(schema, parent) for columns in keys.values() for _column, schema, parent, _referenced in columns}
    existing = {pair for pair in parents if queries.rows("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", pair)}
    names = sorted(name for name, columns in keys.items() if columns[0][1:3] in existing)
    counts = queries.all([_orphan_query(database, table, keys[(table, key)]) for table, key in names])
    warnings = [
        "foreign key {0} of {1} refers to {2}, which does not exist".format(name[1], name[0], columns[0][2])
        for name, columns in sorted(keys.items())
        if columns[0][1:3] not in existing
    ]
    for (table, key), count in zip(names, counts):
        if count[0]:
            warnings.append("{0} row(s) of {1} have no parent in {2} (foreign key {3})".format(count[0], table, keys[(table, key)][0][2], key))
    return warnings


def _orphan_query(database: str, table: str, columns: List[Tuple[str, str, str, str]]) -> bytes:
    joined = b" AND ".join(b"p." + quote(referenced) + b" = c." + quote(column) for column, _schema, _parent, referenced in columns)
    not_null = b" AND ".join(b"c." + quote(column) + b" IS NOT NULL" for column, _schema, _parent, _referenced in columns)
    _column, schema, parent, referenced = columns[0]
    return (
        b"SELECT COUNT(*) FROM " + quote(database, table) + b" c LEFT JOIN " + quote(schema, parent) + b" p ON " + joined
        + b" WHERE " + not_null + b" AND p." + quote(referenced) + b" IS NULL"
    )  # fmt: skip


class _ParallelQueries:
    """Runs queries on as many connections as there are workers."""

    def __init__(self, request: ImportRequest, workers: int) -> None:
        self._connections = [connect(request.login) for _number in range(workers)]
        self._pool = ThreadPoolExecutor(workers)
        self._free: "queue.Queue[Connection]" = queue.Queue()
        for connection in self._connections:
            self._free.put(connection)

    def __enter__(self) -> "_ParallelQueries":
        return self

    def __exit__(self, *_exception: Any) -> None:
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()

    def all(self, queries: List[bytes]) -> List[Any]:
        """The first row of each query's result."""
        return [rows[0] for rows in self._pool.map(self.rows, queries)]

    def counts(self, names: List[bytes], small: List[bool]) -> List[int]:
        """The number of rows of each table. One query counts several ``small`` ones."""
        single = [b"SELECT %d, COUNT(*) FROM %b" % found for found in enumerate(names)]
        queries = list(batched([query for query, is_small in zip(single, small) if is_small], b" UNION ALL "))
        queries += [query for query, is_small in zip(single, small) if not is_small]
        found = {int(number): int(count) for rows in self._pool.map(self.rows, queries) for number, count in rows}
        return [found[number] for number in range(len(names))]

    def rows(self, query: Any, values: Any = ()) -> List[Tuple[Any, ...]]:
        connection = self._free.get()
        try:
            return connection.rows(query, values)
        finally:
            self._free.put(connection)
