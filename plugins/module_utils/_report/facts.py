# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report tells, put together from what the role and the modules returned. The page and the XML only show it."""

import os
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

FORMAT = 1
GOOD, UNVERIFIED, BAD = "good", "unverified", "bad"
KINDS = ("views", "routines", "triggers", "events")


class ReportInput(NamedTuple):
    """What there is to tell of: ``restored`` is the role's fact restore_report, ``verified`` are results of mysql_restore_verify."""

    restored: Dict[str, Any]
    verified: List[Dict[str, Any]]
    backup: Dict[str, Any]
    failure: Optional[str]
    failed_task: Optional[str]
    steps: List[Dict[str, Any]]
    host: str
    title: str
    versions: Dict[str, Any]


class ReportedTable(NamedTuple):
    """``ok`` is None where nobody looked."""

    name: str
    rows: Optional[int]
    rows_expected: Optional[int]
    engine: str
    bytes: int
    seconds: float
    check: str
    ok: Optional[bool]


class ReportedDatabase(NamedTuple):
    source: str
    target: str
    changed: bool
    verified: bool
    tables: Tuple[ReportedTable, ...]
    objects: Dict[str, int]
    objects_expected: Dict[str, int]
    rewritten: Dict[str, int]
    gtid: Dict[str, Any]
    warnings: Tuple[str, ...]
    problems: Tuple[str, ...]
    bytes: int
    seconds: float

    @property
    def rows(self) -> int:
        return sum(table.rows or 0 for table in self.tables)

    @property
    def rows_expected(self) -> Optional[int]:
        """None as soon as one table's rows are not known."""
        known = [table.rows_expected for table in self.tables]
        return None if None in known else sum(number or 0 for number in known)

    @property
    def throughput(self) -> int:
        """Bytes of SQL a second."""
        return int(self.bytes / self.seconds) if self.changed and self.seconds else 0


class TimelineSpan(NamedTuple):
    """A piece of the time line; ``begin`` and ``seconds`` count from the first one's begin."""

    row: str
    phase: str
    begin: float
    seconds: float
    bytes: int


class RestoreReport(NamedTuple):
    title: str
    verdict: str
    host: str
    written: float
    backup: Dict[str, Any]
    server_version: str
    gtid: str
    bytes_downloaded: int
    databases: Tuple[ReportedDatabase, ...]
    problems: Tuple[str, ...]
    failed_task: Optional[str]
    timeline: Tuple[TimelineSpan, ...]
    versions: Dict[str, Any]

    @property
    def seconds(self) -> float:
        return max([span.begin + span.seconds for span in self.timeline] or [0.0])


def put_together(given: ReportInput, now: float) -> RestoreReport:
    """``now`` is the time of the report, in seconds since 1970."""
    checks = {str(one.get("database")): one for one in given.verified}
    imports = list(given.restored.get("databases") or [])
    databases = tuple(_database(one, checks.pop(str(one.get("target")), None)) for one in imports)
    # Somebody may verify what no import of this run made.
    databases += tuple(_database({"source": name, "target": name, "changed": False}, one) for name, one in checks.items())
    problems = [given.failure] if given.failure else []
    problems += [_with_name(database.target, problem) for database in databases for problem in database.problems]
    if not problems and not databases:
        problems.append("Nothing was restored, so nothing is proven.")
    looked_at = all(database.verified or all(table.ok is not None for table in database.tables) for database in databases)
    backup = dict(given.backup)
    backup.setdefault("name", os.path.basename(str(given.restored.get("backup") or "")) or "unknown")
    return RestoreReport(
        title=given.title,
        verdict=BAD if problems else GOOD if looked_at else UNVERIFIED,
        host=given.host,
        written=now,
        backup=backup,
        server_version=next((str(one["server_version"]) for one in imports + given.verified if one.get("server_version")), ""),
        gtid=str(given.restored.get("gtid") or ""),
        bytes_downloaded=int(given.restored.get("bytes_downloaded") or backup.get("bytes_downloaded") or 0),
        databases=databases,
        problems=tuple(problems),
        failed_task=given.failed_task if given.failure else None,
        timeline=_timeline(_with_ends(given.steps, now), imports),
        versions=given.versions,
    )


def to_json(report: RestoreReport) -> Dict[str, Any]:
    """The same facts for programs."""
    found = dict(report._asdict(), format=FORMAT, ok=report.verdict == GOOD, seconds=report.seconds)
    found["timeline"] = [dict(span._asdict()) for span in report.timeline]
    found["databases"] = [
        dict(one._asdict(), rows=one.rows, rows_expected=one.rows_expected, throughput=one.throughput, tables=[dict(table._asdict()) for table in one.tables])
        for one in report.databases
    ]
    return found


def _with_name(database: str, problem: str) -> str:
    return problem if database in problem else "{0}: {1}".format(database, problem)


def _database(told: Dict[str, Any], check: Optional[Dict[str, Any]]) -> ReportedDatabase:
    loaded = {str(table.get("name")): table for table in told.get("tables") or []}
    seen = {str(table.get("name")): table for table in (check or {}).get("tables") or []}
    # The one side may know a table that the other does not: it is shown either way.
    tables = tuple(_table(name, loaded.get(name, {}), seen.get(name)) for name in _names(seen, loaded))
    if check is not None:
        problems = tuple(str(problem) for problem in check.get("problems") or [])
    else:
        text = "table {0} has {1} row(s), expected were {2}"
        problems = tuple(text.format(table.name, table.rows, table.rows_expected) for table in tables if table.ok is False)
    return ReportedDatabase(
        source=str(told.get("source") or told.get("target") or ""),
        target=str(told.get("target") or ""),
        changed=bool(told.get("changed")),
        verified=check is not None,
        tables=tables,
        objects=_numbers((check or told).get("objects")),
        objects_expected=_numbers((check or {}).get("objects_expected")),
        rewritten=_numbers(told.get("rewritten")),
        gtid=dict(told.get("gtid") or {}),
        warnings=tuple(str(warning) for warning in told.get("warnings") or []),
        problems=problems,
        bytes=int(told.get("bytes") or 0),
        seconds=float(told.get("seconds") or told.get("elapsed") or 0),
    )


def _names(*known: Iterable[str]) -> List[str]:
    return sorted({name for names in known for name in names})


def _numbers(told: Any) -> Dict[str, int]:
    return {str(name): int(number) for name, number in (told or {}).items()}


def _table(name: str, loaded: Dict[str, Any], seen: Optional[Dict[str, Any]]) -> ReportedTable:
    count = loaded if seen is None else seen
    rows, expected = count.get("rows"), count.get("rows_expected")
    if seen is not None:
        ok: Optional[bool] = bool(seen.get("ok"))
    else:
        ok = None if rows is None else expected is None or int(rows) == int(expected)
    return ReportedTable(
        name=name,
        rows=None if rows is None else int(rows),
        rows_expected=None if expected is None else int(expected),
        engine=str(count.get("engine") or loaded.get("engine") or ""),
        bytes=int(loaded.get("bytes") or 0),
        seconds=float(loaded.get("seconds") or 0),
        check=str((seen or {}).get("check") or ""),
        ok=ok,
    )


def _with_ends(steps: List[Dict[str, Any]], now: float) -> List[Dict[str, Any]]:
    """A step that says only when it began ended when the next one did, or now."""
    ends = [step.get("began") for step in steps[1:]] + [now]
    return [
        dict(seconds=max(0.0, float(end) - float(step["began"])), **step) if step.get("began") and end and step.get("seconds") is None else step
        for step, end in zip(steps, ends)
    ]


def _timeline(steps: List[Dict[str, Any]], imports: List[Dict[str, Any]]) -> Tuple[TimelineSpan, ...]:
    """Steps, and the phases of each import, which follow one another without a gap; imports may overlap.

    What does not say when it began is taken to begin where the one before it ended, and to end where the first begins
    that does say.
    """
    bars = [(step.get("began"), [("step", step.get("seconds"))], step.get("name"), step.get("bytes")) for step in steps]
    bars += [(told.get("began"), list((told.get("phases") or {}).items()), told.get("target"), told.get("bytes")) for told in imports]
    before = next((index for index, one in enumerate(bars) if one[0]), 0)
    end = float(bars[before][0] or 0) if bars else 0.0
    end -= sum(float(seconds or 0) for one in bars[:before] for _phase, seconds in one[1])
    spans: List[TimelineSpan] = []
    for began, phases, row, size in bars:
        begin = float(began or end)
        for phase, seconds in phases:
            spans.append(TimelineSpan(str(row), str(phase), begin, float(seconds or 0), int(size or 0) if phase in ("step", "rows") else 0))
            begin += float(seconds or 0)
        end = max(end, begin)
    first = min([span.begin for span in spans] or [0.0])
    told = (span._replace(begin=round(span.begin - first, 3), seconds=round(span.seconds, 3)) for span in spans)
    return tuple(sorted(told, key=lambda span: span.begin))
