# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verification as JUnit XML for CI systems: one suite per database, one case per table and per kind of object.

What was not checked is skipped, not passed.
"""

import time
from typing import List, Optional, Tuple
from xml.etree import ElementTree

from .facts import KINDS, UNVERIFIED, ReportedDatabase, ReportedTable, RestoreReport
from .visible_text import visible

_UNCHECKED = "not checked"
_BEFORE = "the rows were counted when they were imported, not by this run"


def to_junit(report: RestoreReport) -> str:
    """The whole file. The first suite, ``restore``, has one case that holds every problem of the report."""
    root = ElementTree.Element("testsuites", name=visible(report.title), errors="0", time=_seconds(report.seconds))
    name = "The restore and its contents" if report.databases else "The restore"
    unchecked = "not everything was checked" if report.verdict == UNVERIFIED else None
    _add_suite(root, report, "restore", [_case("restore", name, report.seconds, list(report.problems), unchecked)])
    for database in report.databases:
        _add_suite(root, report, database.target, _database_cases(database))
    _count(root, ("tests", "testcase"), ("failures", "failure"))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_suite(root: ElementTree.Element, report: RestoreReport, name: str, cases: List[ElementTree.Element]) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=visible(name), errors="0", hostname=visible(report.host))
    suite.set("timestamp", time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(report.written)))
    suite.extend(cases)
    _count(suite, ("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped"))


def _count(element: ElementTree.Element, *counts: Tuple[str, str]) -> None:
    for attribute, tag in counts:
        element.set(attribute, str(_number_of(element, tag)))


def _number_of(element: ElementTree.Element, tag: str) -> int:
    return sum(1 for _one in element.iter(tag))


def _database_cases(database: ReportedDatabase) -> List[ElementTree.Element]:
    if database.skipped and not database.verified:
        return [_case(database.target, "the database", 0.0, [], "left as it was (on_existing: skip)")]
    skipped = _BEFORE if database.counted_before else None
    unmade = None if database.verified or database.checked else _UNCHECKED
    cases = [
        _case(database.target, "table " + table.name, table.seconds, _table_problems(table), _UNCHECKED if table.ok is None else skipped)
        for table in database.tables
    ]
    if database.none_selected:
        cases.append(_case(database.target, "the tables", 0.0, [], "tables and exclude_tables select none"))
    for kind in KINDS:
        found, expected = database.objects.get(kind), database.objects_expected.get(kind)
        if found is not None:
            # More than expected is not a problem, as in the verification.
            wrong = [] if found >= (expected or 0) else ["{0} found, {1} expected".format(found, expected)]
            cases.append(_case(database.target, kind, 0.0, wrong, skipped or unmade))
    if database.problems and not any(_number_of(case, "failure") for case in cases):
        cases.append(_case(database.target, "contents of the database", 0.0, list(database.problems)))
    return cases


def _table_problems(table: ReportedTable) -> List[str]:
    if table.ok is not False:
        return []
    found = "none" if table.rows is None else str(table.rows)
    expected = "an unknown number" if table.rows_expected is None else str(table.rows_expected)
    problems = ["CHECK TABLE: {0}".format(table.check)] if table.check not in ("", "OK") else []
    if found != expected or not problems:
        problems.insert(0, "rows: {0} found, {1} expected".format(found, expected))
    return problems


def _case(group: str, name: str, seconds: float, problems: List[str], skipped: Optional[str] = None) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=visible(group), name=visible(name), time=_seconds(seconds))
    if problems:
        lines = [visible(line) for problem in problems for line in problem.splitlines() or [""]]
        ElementTree.SubElement(case, "failure", message=lines[0], type="restore").text = "\n".join(lines)
    elif skipped:
        ElementTree.SubElement(case, "skipped", message=skipped)
    return case


def _seconds(seconds: float) -> str:
    return "{0:.3f}".format(seconds)
