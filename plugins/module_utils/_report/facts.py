# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a restore report, computed from results of the role and the modules. The page, the JSON and the XML only show them."""

import os
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from .history import History

FORMAT = 1
GOOD, UNVERIFIED, BAD = "good", "unverified", "bad"
KINDS = ("views", "routines", "triggers", "events")
_LEFT = "{0} was not empty and was left as it was (on_existing: skip), so it has nothing of this backup."
_NONE_SELECTED = "tables and exclude_tables select no table of {0}, so none of its rows were restored or checked. Correct the patterns, or leave {0} out."
_NO_TABLE = "No database has a table, so no rows were restored or checked."


class ReportInput(NamedTuple):
    """The options of mysql_restore_report: ``restored`` is the role's fact restore_report, ``verified`` are results of mysql_restore_verify."""

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
    """``rows`` is None for a table that is missing or not counted; ``ok`` is None for one that was not checked."""

    name: str
    rows: Optional[int]
    rows_expected: Optional[int]
    engine: str
    bytes: int
    seconds: float
    check: str
    ok: Optional[bool]


class ReportedSqlFile(NamedTuple):
    """An SQL file that ran in a database after its import. ``rows`` were changed in ``tables``; for a long file, only its first statements count."""

    name: str
    statements: int
    rows: int
    tables: Tuple[str, ...]


class ReportedDatabase(NamedTuple):
    """``skipped``: on_existing is skip, so nothing of the backup is in this database. ``counted_before``: the rows are those that an earlier run
    counted when it imported them, not those of now. ``none_selected``: the dump has tables, but the user's choice of tables leaves out all of them."""

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
    after_sql: Tuple[ReportedSqlFile, ...] = ()
    skipped: bool = False
    tables_left_out: int = 0
    counted_before: bool = False
    none_selected: bool = False

    @property
    def rows(self) -> int:
        return sum(table.rows or 0 for table in self.tables)

    @property
    def rows_expected(self) -> Optional[int]:
        """None if the rows of any table are not known."""
        known = [table.rows_expected for table in self.tables]
        return None if None in known else sum(number or 0 for number in known)

    @property
    def checked(self) -> bool:
        """Whether every table was checked, and something was restored or verified."""
        return (self.verified or not self.skipped) and not self.none_selected and all(table.ok is not None for table in self.tables)

    @property
    def throughput(self) -> int:
        """Bytes of SQL per second; 0 for a database that was not loaded by this run."""
        return int(self.bytes / self.seconds) if self.changed and self.seconds else 0


class TimelineSpan(NamedTuple):
    """A bar of the timeline. ``begin`` is in seconds after the beginning of the first bar; ``bytes`` is 0 if no data moved."""

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
    rolled_forward: Dict[str, Any]
    bytes_downloaded: int
    databases: Tuple[ReportedDatabase, ...]
    problems: Tuple[str, ...]
    failed_task: Optional[str]
    timeline: Tuple[TimelineSpan, ...]
    versions: Dict[str, Any]
    warnings: Tuple[str, ...] = ()
    evidence: Optional[Dict[str, Any]] = None
    history: Optional[History] = None

    @property
    def seconds(self) -> float:
        return max([span.begin + span.seconds for span in self.timeline] or [0.0])


def build_report(given: ReportInput, now: float) -> RestoreReport:
    """The report, written at ``now`` (seconds since 1970). Any problem makes it BAD; a table or database that was not checked makes it UNVERIFIED."""
    checks = {str(one.get("database")): one for one in given.verified}
    imports = list(given.restored.get("databases") or [])
    databases = tuple(_database(one, checks.pop(str(one.get("target")), None)) for one in imports)
    # A database may be verified without having been imported by this run.
    databases += tuple(_database({"source": name, "target": name, "changed": False}, one) for name, one in checks.items())
    problems = [given.failure] if given.failure else []
    problems += [_with_name(database.target, problem) for database in databases for problem in database.problems]
    problems += [str(problem) for problem in (given.backup.get("between") or {}).get("problems") or []]
    left = [database.target for database in databases if database.skipped and not database.verified]
    if not problems and len(left) == len(databases):
        problems.append("Nothing was restored.")
    warnings = [_LEFT.format(target) for target in left] + [_NONE_SELECTED.format(database.target) for database in databases if database.none_selected]
    if not problems and not any(database.tables or database.none_selected for database in databases):
        warnings.append(_NO_TABLE)
    backup = dict(given.backup)
    if isinstance(backup.get("size"), str):
        # ansible-core before 2.19 turns each number that a template returns into text.
        backup["size"] = int(backup["size"]) if backup["size"].isdigit() else None
    backup["name"] = backup.get("name") or os.path.basename(str(given.restored.get("backup") or "")) or "unknown"
    return RestoreReport(
        title=given.title,
        verdict=BAD if problems else GOOD if all(database.checked for database in databases) else UNVERIFIED,
        host=given.host,
        written=now,
        backup=backup,
        server_version=next((str(one["server_version"]) for one in imports + given.verified if one.get("server_version")), ""),
        gtid=str(given.restored.get("gtid") or ""),
        rolled_forward=dict(given.restored.get("rolled_forward") or {}),
        bytes_downloaded=int(given.restored.get("bytes_downloaded") or backup.get("bytes_downloaded") or 0),
        databases=databases,
        problems=tuple(problems),
        failed_task=given.failed_task if given.failure else None,
        timeline=_timeline(_with_seconds(given.steps, now), imports),
        versions=given.versions,
        warnings=tuple(warnings),
    )


def to_json(report: RestoreReport) -> Dict[str, Any]:
    """The report as a JSON object. The documentation of the drill names its keys."""
    facts = dict(report._asdict(), format=FORMAT, ok=report.verdict == GOOD, seconds=report.seconds)
    facts["timeline"] = [dict(span._asdict()) for span in report.timeline]
    if report.history:
        facts["history"] = {"path": report.history.path, "drills": len(report.history.drills)}
    facts["databases"] = [
        dict(one._asdict(), rows=one.rows, rows_expected=one.rows_expected, throughput=one.throughput, **_lists(one)) for one in report.databases
    ]
    return facts


def _lists(database: ReportedDatabase) -> Dict[str, Any]:
    return {name: [dict(each._asdict()) for each in getattr(database, name)] for name in ("tables", "after_sql")}


def _with_name(database: str, problem: str) -> str:
    return problem if database in problem else "{0}: {1}".format(database, problem)


def _database(imported: Dict[str, Any], check: Optional[Dict[str, Any]]) -> ReportedDatabase:
    loaded = {str(table.get("name")): table for table in imported.get("tables") or []}
    checked = {str(table.get("name")): table for table in (check or {}).get("tables") or []}
    left_out = int(imported.get("tables_left_out") or 0)
    # A table in only one of the two results is shown as well.
    tables = tuple(_table(name, loaded.get(name, {}), checked.get(name)) for name in _names(checked, loaded))
    if check is not None:
        problems = tuple(str(problem) for problem in check.get("problems") or [])
    else:
        text = "table {0} has {1} row(s), expected {2}"
        problems = tuple(text.format(table.name, table.rows, table.rows_expected) for table in tables if table.ok is False)
    return ReportedDatabase(
        source=str(imported.get("source") or imported.get("target") or ""),
        target=str(imported.get("target") or ""),
        changed=bool(imported.get("changed")),
        verified=check is not None,
        tables=tables,
        objects=_numbers((check or imported).get("objects")),
        objects_expected=_numbers((check or {}).get("objects_expected")),
        rewritten=_numbers(imported.get("rewritten")),
        gtid=dict(imported.get("gtid") or {}),
        warnings=tuple(str(warning) for warning in imported.get("warnings") or []),
        problems=problems,
        bytes=int(imported.get("bytes") or 0),
        seconds=float(imported.get("seconds") or imported.get("elapsed") or 0),
        after_sql=tuple(_sql_file(each) for each in imported.get("after_sql") or []),
        skipped=bool(imported.get("skipped")),
        tables_left_out=left_out,
        counted_before=check is None and not imported.get("changed") and not imported.get("skipped"),
        # Other tables that the verification found in the database are not of this backup.
        none_selected=left_out > 0 and not loaded,
    )


def _sql_file(noted: Dict[str, Any]) -> ReportedSqlFile:
    """``noted`` is a file as mysql_restore_sql returns it."""
    effects = list(noted.get("statements") or [])
    tables = tuple(sorted({str(effect["table"]) for effect in effects if effect.get("table")}))
    count = len(effects) + int(noted.get("statements_left_out") or 0)
    return ReportedSqlFile(str(noted.get("name") or ""), count, sum(int(effect.get("rows") or 0) for effect in effects), tables)


def _names(*known: Iterable[str]) -> List[str]:
    return sorted({name for names in known for name in names})


def _numbers(counts: Any) -> Dict[str, int]:
    return {str(name): int(number) for name, number in (counts or {}).items()}


def _table(name: str, loaded: Dict[str, Any], checked: Optional[Dict[str, Any]]) -> ReportedTable:
    """A table. The result of the verification (``checked``), if any, takes precedence over what the import reported."""
    count = loaded if checked is None else checked
    rows, expected = count.get("rows"), count.get("rows_expected")
    if checked is not None:
        # Neither the dump nor the import has determined the number of rows, so the verification had nothing to compare.
        uncounted = bool(loaded) and loaded.get("rows") is None and expected is None
        ok: Optional[bool] = None if uncounted and checked.get("ok") else bool(checked.get("ok"))
    else:
        ok = None if rows is None else expected is None or int(rows) == int(expected)
    return ReportedTable(
        name=name,
        rows=None if rows is None else int(rows),
        rows_expected=None if expected is None else int(expected),
        engine=str(count.get("engine") or loaded.get("engine") or ""),
        bytes=int(loaded.get("bytes") or 0),
        seconds=float(loaded.get("seconds") or 0),
        check=str((checked or {}).get("check") or ""),
        ok=ok,
    )


def _with_seconds(steps: List[Dict[str, Any]], now: float) -> List[Dict[str, Any]]:
    """Complete the durations: a step with a beginning but no duration ended when the next one began, or now."""
    ends = [step.get("began") for step in steps[1:]] + [now]
    return [
        dict(seconds=max(0.0, float(end) - float(step["began"])), **step) if step.get("began") and end and step.get("seconds") is None else step
        for step, end in zip(steps, ends)
    ]


def _timeline(steps: List[Dict[str, Any]], imports: List[Dict[str, Any]]) -> Tuple[TimelineSpan, ...]:
    """The steps, and the phases of each import. The phases of an import follow one another without a gap; imports may overlap.

    An entry without ``began`` begins where the one before it ended. Entries before the first one that has ``began``
    end where that one begins.
    """
    bars = [(step.get("began"), [("step", step.get("seconds"))], step.get("name"), step.get("bytes")) for step in steps]
    bars += [(one.get("began"), list((one.get("phases") or {}).items()), one.get("target"), one.get("bytes")) for one in imports]
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
    relative = (span._replace(begin=round(span.begin - first, 3), seconds=round(span.seconds, 3)) for span in spans)
    return tuple(sorted(relative, key=lambda span: span.begin))
