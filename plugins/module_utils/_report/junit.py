# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verification as JUnit XML, as CI systems read it: a suite a database, a case a table and a kind of object."""

import time
from typing import List, Optional

from .facts import KINDS, ReportedTable, RestoreReport
from .markup import Markup, element, together


def to_junit(report: RestoreReport) -> str:
    """The whole file."""
    whole = "The restore and all it holds" if report.databases else "The restore"
    first = _case("restore", whole, report.seconds, "\n".join(report.problems) or None)
    suites = [_suite("restore", [first], int(bool(report.problems)), report)]
    for database in report.databases:
        cases = [_table_case(database.target, table) for table in database.tables]
        bad = sum(table.ok is False for table in database.tables)
        for kind in KINDS:
            found, expected = database.objects.get(kind), database.objects_expected.get(kind)
            if found is not None:
                wrong = None if expected is None or found == expected else "{0} found, {1} expected".format(found, expected)
                bad += wrong is not None
                cases.append(_case(database.target, kind, 0.0, wrong))
        if database.problems and not bad:
            bad += 1
            cases.append(_case(database.target, "what is in the database", 0.0, "\n".join(database.problems)))
        suites.append(_suite(database.target, cases, bad, report))
    tests = sum(suite.text.count("<testcase ") for suite in suites)
    failures = sum(suite.text.count("<failure ") for suite in suites)
    root = element("testsuites", *suites, name=report.title, tests=tests, failures=failures, errors=0, time=_seconds(report.seconds))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + root.text + "\n"


def _suite(name: str, cases: List[Markup], bad: int, report: RestoreReport) -> Markup:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(report.written))
    return element("testsuite", *cases, name=name, tests=len(cases), failures=bad, errors=0, skipped=0, timestamp=stamp, hostname=report.host)


def _table_case(database: str, table: ReportedTable) -> Markup:
    wrong = None
    if table.ok is False:
        wrong = "{0} row(s), expected were {1}".format("no" if table.rows is None else table.rows, "?" if table.rows_expected is None else table.rows_expected)
        if table.check not in ("", "OK"):
            wrong += "; CHECK TABLE: {0}".format(table.check)
    return _case(database, "table " + table.name, table.seconds, wrong)


def _case(group: str, name: str, seconds: float, wrong: Optional[str]) -> Markup:
    inside = None if wrong is None else element("failure", together(wrong), message=wrong.split("\n")[0], type="restore")
    return element("testcase", inside, classname=group, name=name, time=_seconds(seconds))


def _seconds(seconds: float) -> str:
    return "{0:.3f}".format(seconds)
