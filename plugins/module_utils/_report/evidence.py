# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entry that a report adds to the history of drills, and the changes since the previous drill."""

import calendar
import re
from typing import Any, Dict, List, Optional

from .facts import BAD, RestoreReport
from .history import Drill

_NAMED = 20


def evidence_of(report: RestoreReport, by: str) -> Dict[str, Any]:
    """Who tested what, when and how, and the result, as a control such as "backups are tested" requires."""
    tables = [table for database in report.databases for table in database.tables]
    # What an earlier run counted was not tested now.
    tested = [table for database in report.databases if not database.counted_before for table in database.tables]
    kept = ("name", "id", "made", "size", "crc64", "verified_by", "server_version")
    window = report.backup.get("window") or {}
    between = report.backup.get("between") or {}
    return {
        "by": by,
        "host": report.host,
        "finished": report.written,
        "backup": {name: report.backup[name] for name in kept if report.backup.get(name) not in (None, "")},
        "server_version": report.server_version,
        "window": {name: window.get(name) for name in ("from", "to")} if window else {},
        "compared": {
            "databases": len(report.databases),
            "tables": len(tables),
            "tables_checked": sum(1 for table in tested if table.ok is not None),
            "tables_ok": sum(1 for table in tested if table.ok),
            "check_table": sum(1 for table in tables if table.check == "OK"),
            "rows": sum(database.rows for database in report.databases),
            "objects": sum(sum(database.objects.values()) for database in report.databases),
            "with_the_backup_before": str(between.get("text") or ""),
        },
        "result": report.verdict,
        # A dump can cause a problem text of any length.
        "problems": [problem[:300] for problem in report.problems[:5]],
    }


def drill_of(report: RestoreReport, series: str, evidence: Dict[str, Any]) -> Drill:
    """The report as a drill of the history."""
    restores = [span.seconds for span in report.timeline if (span.row, span.phase) == ("restore", "step")]
    return Drill(
        series=series,
        written=report.written,
        verdict=report.verdict,
        seconds=report.seconds,
        restore_seconds=restores[0] if restores else report.seconds,
        bytes=sum(database.bytes for database in report.databases),
        rows={(database.target, table.name): table.rows for database in report.databases for table in database.tables},
        left_out=0,
        evidence=evidence,
    )


def changes(drills: List[Drill], drill: Drill, max_shrink: float) -> List[str]:
    """A sentence for each table that is missing, or has lost more than ``max_shrink`` percent of its rows, since the last drill that was not bad."""
    before = next((one for one in reversed(drills) if one.verdict != BAD and one.rows), None)
    # A drill that failed says nothing about the contents of the backup.
    if before is None or (drill.verdict == BAD and not drill.rows):
        return []
    found = []
    for (database, name), rows in sorted(before.rows.items()):
        now = drill.rows.get((database, name))
        if (database, name) not in drill.rows:
            found.append("Table {0}.{1} has disappeared since the last drill. It had {2} row(s).".format(database, name, "?" if rows is None else rows))
        elif rows and now is not None and now < rows * (1 - max_shrink / 100):
            text = "Table {0}.{1} has shrunk by {2:.0f} % since the last drill, from {3} to {4} row(s)."
            found.append(text.format(database, name, 100 * (rows - now) / rows, rows, now))
    return found[:_NAMED] + ["{0} more tables have disappeared or shrunk.".format(len(found) - _NAMED)] * (len(found) > _NAMED)


def age(report: RestoreReport, max_age: Optional[float]) -> List[str]:
    """A sentence if the backup is older than ``max_age`` hours when the report is written, or if its time is not known."""
    if max_age is None:
        return []
    made = _seconds(str(report.backup.get("made") or ""))
    if made is None:
        return ["The age of the backup is not known, so it was not compared with the limit of {0:g} hours.".format(max_age)]
    hours = (report.written - made) / 3600
    return ["The backup is {0:.0f} hours old, more than the limit of {1:g} hours.".format(hours, max_age)] if hours > max_age else []


def _seconds(made: str) -> Optional[float]:
    """Parse a time as RDS writes it, in UTC, such as 2026-01-31T08:00:00Z."""
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?Z$", made)
    return calendar.timegm(tuple(int(part or 0) for part in found.groups())) if found else None
