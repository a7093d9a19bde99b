# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of an import, and its form in the ledger."""

from types import MappingProxyType
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._dump.classify import StatementKind
from .._dump.plan import LoadPlan
from .schema.differences import TableDifference

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class TableResult(NamedTuple):
    """A table after the load. ``rows_expected`` is None if the dump does not determine the number (IGNORE, REPLACE, a table that it does not create)."""

    name: str
    rows: Optional[int]
    rows_expected: Optional[int]
    bytes: int
    seconds: float
    engine: str
    checksum: Optional[int] = None


class LoadResult(NamedTuple):
    """The result of an import, or of a dry run. Times in seconds, sizes in bytes of SQL, ``began`` in seconds since 1970 by the clock of the host."""

    changed: bool
    tables: Tuple[TableResult, ...] = ()
    objects: Mapping[str, int] = _NOTHING
    rewritten: Mapping[str, int] = _NOTHING
    warnings: Tuple[str, ...] = ()
    resumed: bool = False
    skipped: bool = False
    skipped_bytes: int = 0
    statements: int = 0
    bytes: int = 0
    began: float = 0.0
    elapsed: float = 0.0
    phases: Mapping[str, float] = _NOTHING
    gtid: Mapping[str, Any] = _NOTHING
    server_version: str = ""
    fast_chunks: int = 0
    fingerprint: str = ""
    differences: Tuple[TableDifference, ...] = ()
    # The record of a later roll-forward in the ledger.
    rolled_forward: Mapping[str, Any] = _NOTHING
    # The SQL files that mysql_restore_sql has run later.
    after_sql: Sequence[Mapping[str, Any]] = ()
    # How many tables of the dump tables and exclude_tables leave out.
    tables_left_out: int = 0
    # How many events of the dump exist after the load and stay: the server drops one after its last run. None if nothing was loaded.
    lasting_events: Optional[int] = None


def result_of(plan: LoadPlan, tables: List[TableResult], views_left_out: int = 0) -> LoadResult:
    """The result of a load according to its plan, with these ``tables``, and all views of the plan except ``views_left_out``."""
    kinds = {"views": StatementKind.VIEW, "routines": StatementKind.ROUTINE}
    made = {name: len({(each.what, each.name) for each in plan.objects if each.kind is kind}) for name, kind in kinds.items()}
    return LoadResult(
        changed=True,
        tables=tuple(tables),
        objects=dict(made, views=made["views"] - views_left_out, triggers=len(plan.triggers), events=len(plan.events)),
        rewritten=dict(plan.rewritten),
        statements=plan.statements,
        bytes=sum(file.size for file in plan.files),
        tables_left_out=len(plan.left_out),
    )


def skipped_result(target: str) -> LoadResult:
    """The result for a database that was left unchanged."""
    return LoadResult(changed=False, skipped=True, warnings=("{0} is not empty and was skipped".format(target),))


def to_report(result: LoadResult) -> Dict[str, Any]:
    """The result as JSON types."""
    report: Dict[str, Any] = {name: dict(value) if isinstance(value, Mapping) else value for name, value in result._asdict().items()}
    for name in ("tables", "differences"):
        report[name] = [dict(each._asdict()) for each in report[name]]
    report["after_sql"] = list(report["after_sql"])
    return report


def from_report(report: Dict[str, Any]) -> LoadResult:
    """The result of an import that is already complete: nothing changed, and nothing took time."""
    known = {name: value for name, value in report.items() if name in LoadResult._fields}
    known.update(
        changed=False,
        resumed=False,
        began=0.0,
        elapsed=0.0,
        phases={},
        tables=tuple(TableResult(**table) for table in report.get("tables", [])),
        warnings=tuple(report.get("warnings", [])),
        after_sql=tuple(report.get("after_sql", [])),
        differences=tuple(TableDifference(**difference) for difference in report.get("differences", [])),
    )
    return LoadResult(**known)
