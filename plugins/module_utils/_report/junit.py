# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verification as JUnit XML for CI systems: one suite per database, one case per table and per kind of object."""

import time
from typing import List
from xml.etree import ElementTree

from .facts import KINDS, ReportedDatabase, ReportedTable, RestoreReport
from .visible_text import visible


def to_junit(report: RestoreReport) -> str:
    """The whole file. The first suite, ``restore``, has one case that holds every problem of the report."""
    root = ElementTree.Element("testsuites", name=visible(report.title), errors="0", time=_seconds(report.seconds))
    name = "The restore and its contents" if report.databases else "The restore"
    _add_suite(root, report, "restore", [_case("restore", name, report.seconds, list(report.problems))])
    for database in report.databases:
        _add_suite(root, report, database.target, _database_cases(database))
    for count, tag in (("tests", "testcase"), ("failures", "failure")):
        root.set(count, str(_number_of(root, tag)))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_suite(root: ElementTree.Element, report: RestoreReport, name: str, cases: List[ElementTree.Element]) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=visible(name), errors="0", skipped="0", hostname=visible(report.host))
    suite.set("timestamp", time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(report.written)))
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(_number_of(suite, "failure")))


def _number_of(element: ElementTree.Element, tag: str) -> int:
    return sum(1 for _one in element.iter(tag))


def _database_cases(database: ReportedDatabase) -> List[ElementTree.Element]:
    cases = [_case(database.target, "table " + table.name, table.seconds, _table_problems(table)) for table in database.tables]
    for kind in KINDS:
        found, expected = database.objects.get(kind), database.objects_expected.get(kind)
        if found is not None:
            wrong = [] if expected in (None, found) else ["{0} found, {1} expected".format(found, expected)]
            cases.append(_case(database.target, kind, 0.0, wrong))
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


def _case(group: str, name: str, seconds: float, problems: List[str]) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=visible(group), name=visible(name), time=_seconds(seconds))
    if problems:
        lines = [visible(line) for problem in problems for line in problem.splitlines() or [""]]
        ElementTree.SubElement(case, "failure", message=lines[0], type="restore").text = "\n".join(lines)
    return case


def _seconds(seconds: float) -> str:
    return "{0:.3f}".format(seconds)
