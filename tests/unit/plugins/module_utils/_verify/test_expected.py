# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expectations of every shape, and refusals of shapes that make no sense."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import LoadResult, TableResult, to_report
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingProgram, ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.table_contents import TableContents
from ansible_collections.apsaradb.mysql.plugins.module_utils._verify.expected import (
    ExpectedTable,
    changes_since_import,
    from_report,
    from_result,
    from_source,
    still_expected,
)


def test_a_report_of_the_ledger():
    tables = (TableResult("a", 3, 3, 100, 0.1, "InnoDB", 7), TableResult("b", 5, None, 100, 0.1, "MyISAM"), TableResult("c", None, 2, 9, 0.1, ""))
    report = to_report(LoadResult(True, tables, {"views": 1, "routines": 0, "triggers": 2, "events": 0}, server_version="5.7.29-log"))
    expected = from_report(report, some_tables=False)
    # Rows that the dump does not determine were counted after the import; rows that were not counted are those of the dump.
    assert expected.tables == (ExpectedTable("a", 3, "InnoDB", "7"), ExpectedTable("b", 5, "MyISAM", None), ExpectedTable("c", 2, None, None))
    assert expected.counts == {"views": 1, "routines": 0, "triggers": 2, "events": 0} and expected.version == "5.7.29-log" and expected.origin == "ledger"


def test_views_do_not_count_if_tables_were_left_out():
    report = {"tables": [], "objects": {"views": 2, "events": 1}}
    assert from_report(report, some_tables=True).counts == {"events": 1}
    assert report["objects"] == {"views": 2, "events": 1}


@pytest.mark.parametrize(
    "given, tables, counts",
    [
        ({}, (), {}),
        ([], (), {}),
        (["a", "b"], (ExpectedTable("a"), ExpectedTable("b")), {}),
        ([{"name": "a", "rows": "4"}], (ExpectedTable("a", 4),), {}),
        ([{"name": "a", "rows": 4, "rows_expected": 5}], (ExpectedTable("a", 5),), {}),
        ([{"name": "a", "rows": 0, "engine": ""}], (ExpectedTable("a", 0),), {}),
        ({"tables": None, "objects": {"views": None, "events": "2"}}, (), {"events": 2}),
        ({"tables": [{"name": "a"}], "failed": False, "anything": object()}, (ExpectedTable("a"),), {}),
        # The server drops the other events by itself, or has not created them.
        ({"objects": {"views": 3, "events": 3}, "lasting_events": 1}, (), {"views": 3, "events": 1}),
        ({"objects": {"events": 3}, "lasting_events": None}, (), {"events": 3}),
        ({"objects": {"events": 1}, "lasting_events": 3}, (), {"events": 1}),
        ({"objects": {}, "lasting_events": 3}, (), {}),
    ],
)
def test_expectations_written_by_users(given, tables, counts):
    expected = from_result(given)
    assert (expected.tables, expected.counts, expected.inventory) == (tables, counts, None)


@pytest.mark.parametrize(
    "given, message",
    [
        ("customer", "expected has the wrong type: str"),
        (4, "expected has the wrong type: int"),
        ({"tables": {"a": 3}}, "tables of expected has the wrong type: dict"),
        ({"tables": "a"}, "tables of expected has the wrong type: str"),
        ({"objects": ["views"]}, "objects of expected has the wrong type: list"),
        ({"objects": {"sequences": 1}}, "has unknown kinds: sequences. The kinds are views, routines, triggers, events"),
        ({"objects": {"views": -1}}, "objects.views of expected is not a number of 0 or more: -1"),
        ({"objects": {"events": 1}, "lasting_events": "all"}, "lasting_events of expected is not a number of 0 or more: 'all'"),
        ([{"rows": 3}], "Table 1 of expected has no name"),
        (["a", {"name": ""}], "Table 2 of expected has no name"),
        ([7], "Table 1"),
        ([{"name": "a", "rows": "many"}], "rows of table a of expected is not a number of 0 or more: 'many'"),
        ([{"name": "a", "rows": True}], "rows of table a of expected is not a number of 0 or more: True"),
        # YAML's .inf
        ([{"name": "a", "rows": float("inf")}], "rows of table a of expected is not a number of 0 or more: inf"),
    ],
)
def test_an_expectation_without_sense_is_refused(given, message):
    with pytest.raises(Failure) as caught:
        from_result(given)
    assert message in str(caught.value) and caught.value.cure


def test_a_live_source_is_an_expectation():
    inventory = Inventory(
        (ExistingTable("a", "InnoDB", ()), ExistingTable("b", "", ())), (ExistingProgram("views", "v", "x@y"), ExistingProgram("events", "e", "x@y"))
    )
    expected = from_source(inventory, {"a": TableContents(3, "ff"), "b": TableContents(None, None, "broken")})
    assert expected.tables == (ExpectedTable("a", 3, "InnoDB", "ff"), ExpectedTable("b", error="broken"))
    assert expected.counts == {"views": 1, "routines": 0, "triggers": 0, "events": 1} and expected.inventory == inventory


MASKED = {"name": "mask.sql", "sha256": "0", "state": "complete", "statements": []}


@pytest.mark.parametrize(
    "report, changes",
    [
        ({}, ()),
        (["a"], ()),
        ({"after_sql": [], "rolled_forward": {}}, ()),
        ({"after_sql": None, "rolled_forward": None}, ()),
        ({"after_sql": [MASKED, dict(MASKED, name="more.sql")]}, ("mysql_restore_sql ran mask.sql, more.sql",)),
        ({"rolled_forward": {"gtid": "u:1", "complete": True}}, ("it was rolled forward",)),
        ({"rolled_forward": {"complete": False, "following": True}}, ("it follows a server or has followed one",)),
        ({"rolled_forward": {"complete": True}, "after_sql": [MASKED]}, ("it was rolled forward", "mysql_restore_sql ran mask.sql")),
    ],
)
def test_intended_changes_since_the_import(report, changes):
    assert changes_since_import(report, "shop") == changes


@pytest.mark.parametrize(
    "report, message",
    [
        ({"after_sql": [MASKED, dict(MASKED, name="x.sql", state="begun")]}, "The SQL file x.sql was interrupted or failed in shop"),
        ({"rolled_forward": {"complete": False}}, "A roll-forward of shop was interrupted"),
        ({"after_sql": "mask.sql"}, "after_sql"),
        ({"after_sql": ["mask.sql"]}, "after_sql"),
        ({"rolled_forward": "yes"}, "rolled_forward"),
    ],
)
def test_a_database_that_is_changed_in_part_is_refused(report, message):
    with pytest.raises(Failure, match=message) as caught:
        changes_since_import(report, "shop")
    assert caught.value.cure


def test_an_event_of_the_source_that_has_had_its_last_run_is_not_missing():
    """No server creates it. If both sides have it, the numbers of events agree."""
    past, later = (ExistingProgram("events", name, "x@y", expires=True, ended=name == "past") for name in ("past", "later"))
    source = Inventory((), (past, later))
    assert still_expected(source, Inventory((), ())).objects == (later,)
    assert still_expected(source, Inventory((), (past._replace(name="PAST"),))) == source
