# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JUnit XML: its counts, what a failure says, and that no name can break the file."""

from xml.etree import ElementTree

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.junit import to_junit
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.visible_text import visible
from ansible_collections.apsaradb.mysql.tests.support.cases import examples
from ansible_collections.apsaradb.mysql.tests.support.reports import HOSTILE, imported, report, report_full_of, table, verified
from hypothesis import given
from hypothesis import strategies as st


def parsed(made):
    return ElementTree.fromstring(to_junit(made).encode("utf-8"))


def failures(made):
    """The texts of failures by ``suite/case``."""
    suites = parsed(made).iter("testsuite")
    return {"{0}/{1}".format(suite.get("name"), case.get("name")): case[0].text for suite in suites for case in suite if len(case)}


def check_counts(root):
    for element in [root] + list(root):
        assert int(element.get("tests")) == len(list(element.iter("testcase")))
        assert int(element.get("failures")) == len(list(element.iter("failure")))
        assert element.get("errors") == "0"


def test_suites_and_cases():
    root = parsed(report([imported(), imported("blog")], [verified()]))
    cases = {suite.get("name"): [case.get("name") for case in suite] for suite in root}
    assert cases == {"restore": ["The restore and its contents"], "shop": ["table t", "views"], "blog": ["table t", "views"]}
    assert root[0].get("timestamp") == "2027-01-15T08:00:00" and root.get("failures") == "0"
    check_counts(root)


def test_failed_restore_has_one_failed_case():
    made = report(failure="The archive is truncated.\nDownload it again.")
    assert failures(made) == {"restore/The restore": "The archive is truncated.\nDownload it again."}
    failure = next(parsed(made).iter("failure"))
    assert failure.get("message") == "The archive is truncated."
    check_counts(parsed(made))


@pytest.mark.parametrize(
    "bad, text",
    [
        (table(rows=2, ok=False, check="OK"), "rows: 2 found, 3 expected"),
        (table(rows=None, ok=False), "rows: none found, 3 expected"),
        (table(ok=False, check="Corrupt"), "CHECK TABLE: Corrupt"),
        (table(rows=2, ok=False, check="Corrupt"), "rows: 2 found, 3 expected\nCHECK TABLE: Corrupt"),
        (table(rows=2, expected=None, ok=False), "rows: 2 found, an unknown number expected"),
    ],
)
def test_failed_table(bad, text):
    made = report([imported()], [verified(tables=[bad], problems=["table t is wrong"])])
    assert failures(made)["shop/table t"] == text
    check_counts(parsed(made))


def test_objects_that_are_missing():
    made = report([imported()], [verified(objects={"views": 1, "events": 2}, objects_expected={"views": 2, "events": 2}, problems=["view v is missing"])])
    assert failures(made) == {"restore/The restore and its contents": "shop: view v is missing", "shop/views": "1 found, 2 expected"}


def skipped(made):
    return {"{0}/{1}".format(suite.get("name"), case.get("name")) for suite in parsed(made) for case in suite if case.find("skipped") is not None}


def test_what_was_not_checked_is_skipped():
    assert skipped(report([imported()])) == skipped(report([imported()], [verified()])) == set()
    made = report([imported(tables=[table(), table("u", None)])])
    assert skipped(made) == {"restore/The restore and its contents", "shop/table u", "shop/views"}
    assert [suite.get("skipped") for suite in parsed(made)] == ["1", "2"] and not failures(made).keys() - skipped(made)
    before = report([imported(changed=False)])
    assert before.verdict == "good" and skipped(before) == {"shop/table t", "shop/views"}
    left = {"source": "shop", "target": "shop", "skipped": True}
    assert skipped(report([left, imported("blog")])) == {"restore/The restore and its contents", "shop/the database"}
    check_counts(parsed(made))


def test_a_database_of_which_no_table_is_selected_is_skipped():
    imports = [imported(tables=[], tables_left_out=2), imported("blog")]
    assert skipped(report(imports)) == {"restore/The restore and its contents", "shop/the tables", "shop/views"}
    made = report(imports, [verified(tables=[]), verified("blog")])
    assert skipped(made) == {"restore/The restore and its contents", "shop/the tables"}
    assert failures(made).keys() == skipped(made)
    check_counts(parsed(made))


def test_more_objects_than_expected_are_no_failure():
    assert failures(report([imported()], [verified(objects={"views": 3}, objects_expected={"views": 2})])) == {}


def test_problem_without_a_case_gets_one():
    assert failures(report([imported()], [verified(problems=["The character set differs."])]))["shop/contents of the database"] == "The character set differs."


def check_that_text_stays_text(text):
    root, plain = parsed(report_full_of(text)), parsed(report_full_of("x"))
    # Sorted, since the name of a table decides about its place.
    assert sorted((one.tag, sorted(one.attrib)) for one in root.iter()) == sorted((one.tag, sorted(one.attrib)) for one in plain.iter())
    assert visible(text) in [suite.get("name") for suite in root]
    check_counts(root)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    check_that_text_stays_text(text)


@given(st.text(min_size=1))
@examples(60)
def test_any_text_stays_text(text):
    check_that_text_stays_text(text)
