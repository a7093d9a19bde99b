# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a load, and the form of it that the ledger keeps."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._dump.classify import StatementKind
from .._dump.plan import LoadPlan


class TableResult(NamedTuple):
    """A table as it stands. ``rows_expected`` is None where the dump leaves it to the server (IGNORE, REPLACE)."""

    name: str
    rows: Optional[int]
    rows_expected: Optional[int]
    bytes: int
    seconds: float
    engine: str
    checksum: Optional[int] = None


class LoadResult(NamedTuple):
    """What a load did, or would do. Times in seconds, sizes in bytes of SQL."""

    changed: bool
    tables: Tuple[TableResult, ...] = ()
    objects: Dict[str, int] = {}
    rewritten: Dict[str, int] = {}
    warnings: Tuple[str, ...] = ()
    resumed: bool = False
    skipped: bool = False
    skipped_bytes: int = 0
    statements: int = 0
    bytes: int = 0
    # Seconds since 1970, by the clock of the host.
    began: float = 0.0
    elapsed: float = 0.0
    phases: Dict[str, float] = {}
    gtid: Dict[str, Any] = {}
    server_version: str = ""
    fast_chunks: int = 0
    fingerprint: str = ""


def result_of(plan: LoadPlan, tables: List[TableResult]) -> LoadResult:
    """A load of the plan, by which the tables came to be like this: what the plan says of it."""
    kinds = {"views": StatementKind.VIEW, "routines": StatementKind.ROUTINE}
    objects = {name: len({(made.what, made.name) for made in plan.objects if made.kind is kind}) for name, kind in kinds.items()}
    objects.update(triggers=len(plan.triggers), events=len(plan.events))
    return LoadResult(
        changed=True,
        tables=tuple(tables),
        objects=objects,
        rewritten=dict(plan.rewritten),
        statements=plan.statements,
        bytes=sum(file.size for file in plan.files),
    )


def to_report(outcome: LoadResult) -> Dict[str, Any]:
    """For JSON."""
    found = dict(outcome._asdict())
    found["tables"] = [dict(table._asdict()) for table in outcome.tables]
    return found


def from_report(report: Dict[str, Any]) -> LoadResult:
    """A complete load seen again: nothing changed, nothing took time."""
    known = {name: value for name, value in report.items() if name in LoadResult._fields}
    known.update(
        changed=False,
        resumed=False,
        began=0.0,
        elapsed=0.0,
        phases={},
        tables=tuple(TableResult(**table) for table in report.get("tables", [])),
        warnings=tuple(report.get("warnings", [])),
    )
    return LoadResult(**known)
