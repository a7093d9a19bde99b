# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expectations of every shape, and what is said of shapes that make no sense."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import LoadResult, TableResult, to_report
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingProgram, ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.table_contents import Contents
from ansible_collections.apsaradb.mysql.plugins.module_utils._verify.expected import ExpectedTable, from_result, from_source


def test_the_report_that_the_ledger_keeps():
    tables = (TableResult("a", 3, 3, 100, 0.1, "InnoDB", 7), TableResult("b", 5, None, 100, 0.1, "MyISAM"), TableResult("c", None, 2, 9, 0.1, ""))
    expected = from_result(to_report(LoadResult(True, tables, {"views": 1, "routines": 0, "triggers": 2, "events": 0}, server_version="5.7.29-log")))
    # What the dump leaves to the server was counted after the import; what was not counted is in the dump.
    assert expected.tables == (ExpectedTable("a", 3, "InnoDB", "7"), ExpectedTable("b", 5, "MyISAM", None), ExpectedTable("c", 2, None, None))
    assert expected.counts == {"views": 1, "routines": 0, "triggers": 2, "events": 0} and expected.version == "5.7.29-log"


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
    ],
)
def test_what_users_write(given, tables, counts):
    expected = from_result(given)
    assert (expected.tables, expected.counts, expected.inventory) == (tables, counts, None)


@pytest.mark.parametrize(
    "given, said",
    [
        ("customer", "expected is a str"),
        (4, "expected is a int"),
        ({"tables": {"a": 3}}, "tables of expected is a dict"),
        ({"tables": "a"}, "tables of expected is a str"),
        ({"objects": ["views"]}, "objects of expected is a list"),
        ({"objects": {"sequences": 1}}, "knows no sequences. There are views, routines, triggers, events"),
        ({"objects": {"views": -1}}, "objects.views of expected is -1"),
        ([{"rows": 3}], "Table 1 of expected has no name"),
        (["a", {"name": ""}], "Table 2 of expected has no name"),
        ([7], "Table 1"),
        ([{"name": "a", "rows": "many"}], "rows of table a of expected is 'many'"),
        ([{"name": "a", "rows": True}], "rows of table a of expected is True"),
        # YAML's .inf
        ([{"name": "a", "rows": float("inf")}], "rows of table a of expected is inf"),
    ],
)
def test_what_makes_no_sense(given, said):
    with pytest.raises(Failure) as caught:
        from_result(given)
    assert said in str(caught.value) and caught.value.cure


def test_a_live_source():
    inventory = Inventory(
        (ExistingTable("a", "InnoDB", ()), ExistingTable("b", "", ())), (ExistingProgram("views", "v", "x@y"), ExistingProgram("events", "e", "x@y"))
    )
    expected = from_source(inventory, {"a": Contents(3, "ff"), "b": Contents(None, None, "broken")})
    assert expected.tables == (ExpectedTable("a", 3, "InnoDB", "ff"), ExpectedTable("b"))
    assert expected.counts == {"views": 1, "routines": 0, "triggers": 0, "events": 1} and expected.inventory == inventory
