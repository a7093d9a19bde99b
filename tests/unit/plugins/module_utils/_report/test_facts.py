# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a report: its verdict, which numbers count, and the timeline."""

import json

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.facts import BAD, GOOD, UNVERIFIED, ReportInput, build_report, to_json
from ansible_collections.apsaradb.mysql.tests.support.reports import HOSTILE, NOW, imported, report, report_full_of, table, verified

LEFT = {"source": "shop", "target": "shop", "changed": False, "skipped": True, "tables": []}


@pytest.mark.parametrize(
    "imports, checks, failure, verdict",
    [
        ([imported()], [verified()], None, GOOD),
        ([imported()], [], None, GOOD),
        ([imported(tables=[table(expected=None)])], [], None, GOOD),
        ([], [verified()], None, GOOD),
        ([imported(tables=[table(rows=None)])], [], None, UNVERIFIED),
        ([imported(tables=[table(rows=2)])], [], None, BAD),
        ([imported()], [verified(problems=["table t is missing"])], None, BAD),
        ([imported()], [verified()], "The disk is full.", BAD),
        ([], [], None, BAD),
        # Databases that on_existing: skip left alone have nothing of the backup.
        ([LEFT], [], None, BAD),
        ([LEFT, imported("blog")], [], None, UNVERIFIED),
        ([LEFT], [verified()], None, GOOD),
        # One verified table says nothing about the others.
        ([imported(tables=[table(rows=None), table("u", None)])], [verified()], None, UNVERIFIED),
        ([imported(tables=[table(), table("u")])], [verified()], None, GOOD),
        ([imported(tables=[])], [verified(tables=[])], None, GOOD),
        # No table of the backup was selected, or none of one of its databases.
        ([imported(tables=[], tables_left_out=2)], [], None, UNVERIFIED),
        ([imported(tables=[], tables_left_out=2), imported("blog")], [], None, UNVERIFIED),
        ([imported(tables=[], tables_left_out=2), imported("blog")], [verified(tables=[]), verified("blog")], None, UNVERIFIED),
        ([imported(tables=[], tables_left_out=2)], [verified(tables=[table("made", expected=None, ok=True)])], None, UNVERIFIED),
        ([imported(tables=[], tables_left_out=2), imported("blog")], [verified("blog", problems=["p"])], None, BAD),
        ([imported(tables=[], changed=False, tables_left_out=2), imported("blog", changed=False)], [], None, UNVERIFIED),
        ([imported(tables_left_out=2)], [], None, GOOD),
        ([imported(tables=[])], [], None, GOOD),
        # The number of rows of a table is unknown, or it is not one of the backup.
        ([imported(tables=[table(rows=None, expected=None)])], [verified(tables=[table(expected=None, ok=True)])], None, UNVERIFIED),
        ([imported(tables=[table(rows=None, expected=None)])], [verified(tables=[table(expected=None, ok=False)], problems=["p"])], None, BAD),
        ([imported()], [verified(tables=[table(ok=True), table("made", expected=None, ok=True)])], None, GOOD),
    ],
)
def test_verdict(imports, checks, failure, verdict):
    made = report(imports, checks, failure)
    assert made.verdict == verdict and bool(made.problems) == (verdict == BAD)


def test_a_database_that_was_left_alone_is_named():
    made = report([LEFT])
    assert made.problems == ("Nothing was restored.",)
    assert made.warnings == ("shop was not empty and was left as it was (on_existing: skip), so it has nothing of this backup.",)
    assert report([LEFT], [verified()]).warnings == report([imported()]).warnings == ()
    assert [one["skipped"] for one in to_json(report([LEFT, imported("blog")]))["databases"]] == [True, False]


def test_each_database_of_which_no_table_is_selected_is_named():
    text = "tables and exclude_tables select no table of {0}, so none of its rows were restored or checked. Correct the patterns, or leave {0} out."
    empty = [imported(name, tables=[], tables_left_out=2) for name in ("shop", "crm")]
    assert report(empty).warnings == (text.format("shop"), text.format("crm"))
    for imports in (empty[1:] + [imported()], [empty[1], imported("blog", tables=[])]):
        for checks in ([], [verified("crm", tables=[])]):
            assert report(imports, checks).warnings == (text.format("crm"),)
    assert report(empty[1:] + [imported()], failure="The disk is full.").warnings == (text.format("crm"),)
    assert [one["none_selected"] for one in to_json(report(empty[1:] + [imported()]))["databases"]] == [True, False]


def test_a_difference_from_the_backup_before_is_a_problem():
    made = report([imported()], [verified()], backup={"between": {"text": "the same", "problems": []}})
    assert made.verdict == GOOD
    made = report([imported()], [verified()], backup={"between": {"text": "t differs", "problems": ["They differ in shop.t."]}})
    assert made.verdict == BAD and made.problems == ("They differ in shop.t.",)


@pytest.mark.parametrize("given, size", [(12, 12), ("12", 12), ("", None), (None, None)])
def test_the_size_of_a_backup_is_a_number(given, size):
    assert report([imported()], [verified()], backup={"size": given}).backup["size"] == size


def test_problems_name_their_database_once():
    made = report([imported(), imported("blog")], [verified(problems=["table t is missing"]), verified("blog", problems=["view v of blog is missing"])])
    assert made.problems == ("shop: table t is missing", "view v of blog is missing")


def test_failed_task_is_only_named_with_a_failure():
    assert report([imported()], text="task").failed_task is None
    assert report([imported()], failure="The disk is full.", text="task").failed_task == "task"


def test_rows_of_the_verification_outrank_those_of_the_import():
    database = report([imported()], [verified(tables=[table(rows=2, ok=False, check="OK", engine="")])]).databases[0]
    assert [(one.rows, one.rows_expected, one.bytes, one.engine) for one in database.tables] == [(2, 3, 90, "InnoDB")]
    assert database.verified and (database.rows, database.rows_expected) == (2, 3)


def test_tables_that_only_one_side_knows_are_in_the_report():
    database = report([imported(tables=[table("a")])], [verified(tables=[table("b", ok=True)])]).databases[0]
    assert [one.name for one in database.tables] == ["a", "b"]


def test_expected_rows_of_a_database_are_unknown_if_those_of_a_table_are():
    assert report([imported(tables=[table(), table("u", expected=None)])]).databases[0].rows_expected is None


def test_throughput_is_zero_for_a_database_that_was_not_loaded():
    assert report([imported()]).databases[0].throughput == 450
    assert report([imported(changed=False)]).databases[0].throughput == 0


def test_a_result_without_optional_keys_is_enough():
    made = build_report(ReportInput({"databases": [{"target": "a"}]}, [], {}, None, None, [{"name": "s"}], "", "T", {}), NOW)
    assert made.databases[0].tables == () and made.backup["name"] == "unknown" and made.seconds == 0


def test_timeline():
    steps = [{"name": "download", "began": NOW - 20}, {"name": "server", "began": NOW - 10}]
    made = report([imported(began=NOW - 4, phases={"scan": 1.0, "rows": 2.5})], steps=steps)
    spans = [(span.row, span.phase, span.begin, span.seconds, span.bytes) for span in made.timeline]
    assert spans == [("download", "step", 0, 10, 0), ("server", "step", 10, 10, 0), ("shop", "scan", 16, 1, 0), ("shop", "rows", 17, 2.5, 900)]
    assert made.seconds == 20


def test_step_without_a_begin_ends_where_the_import_begins():
    made = report([imported(began=NOW, phases={"rows": 2.0})], steps=[{"name": "download", "seconds": 3.0}])
    assert [(span.row, span.begin) for span in made.timeline] == [("download", 0), ("shop", 3.0)]


def test_json_has_the_sql_files_with_names():
    ran = {"name": "mask.sql", "statements": [{"table": "t", "rows": 2}]}
    (database,) = json.loads(json.dumps(to_json(report([imported(after_sql=[ran])]))))["databases"]
    assert database["after_sql"] == [{"name": "mask.sql", "statements": 1, "rows": 2, "tables": ["t"]}]


def test_json():
    facts = json.loads(json.dumps(to_json(report([imported()], [verified()]))))
    assert (facts["format"], facts["ok"], facts["verdict"], facts["written"]) == (1, True, "good", NOW)
    assert [(one["target"], one["rows"], one["rows_expected"], one["throughput"]) for one in facts["databases"]] == [("shop", 3, 3, 450)]
    assert facts["databases"][0]["tables"][0]["name"] == "t"


@pytest.mark.parametrize("text", HOSTILE)
def test_json_keeps_names_as_they_are(text):
    facts = json.loads(json.dumps(to_json(report_full_of(text))))
    assert {one["name"] for one in facts["databases"][0]["tables"]} == {text, "lost" + text}
