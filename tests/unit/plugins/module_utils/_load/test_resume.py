# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an import does with what an earlier one left: new, resume, complete or repair."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import LedgerEntry
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import OnExisting
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import LoadResult, TableResult, to_report
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.resume import (
    Resume,
    ResumeState,
    complete_result,
    fingerprint_of,
    resume_state,
    settings_of,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingProgram, ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.tests.support.subjects import request

FILES = [{"size": 10, "edges": 1, "content": 2, "modified": 3}]
ABSENT = Inventory((), (), exists=False)
EMPTY = Inventory((), ())
VIEW = ExistingProgram("views", "v", "a@b")
FULL = Inventory((ExistingTable("a", "InnoDB"), ExistingTable("b", "InnoDB")), (VIEW,))
REPORT = dict(to_report(LoadResult(True, tuple(TableResult(name, 1, 1, 5, 0.1, "InnoDB") for name in "ab"))), made=[["VIEW", "v"]])


def entry(state="complete", files=None, report=None, settings=None):
    return LedgerEntry(state, files or FILES, settings_of(request()) if settings is None else settings, REPORT if report is None else report)


def decided(noted, existing=FULL, files=None, **asked):
    return resume_state(request(**asked), files or FILES, noted, existing)


def test_nothing_is_noted():
    assert decided(None) == ResumeState() and decided(entry(), ABSENT).state is Resume.NEW


def test_a_complete_import_that_exists():
    found = decided(entry())
    assert found.state is Resume.COMPLETE and not found.resumed
    assert not found.result.changed and [table.name for table in found.result.tables] == ["a", "b"]


@pytest.mark.parametrize("change", [{"size": 11}, {"edges": 9}, {"content": 9}])
def test_other_files_are_another_import(change):
    assert decided(entry(), files=[dict(FILES[0], **change)]).state is Resume.NEW
    assert decided(entry(), files=FILES * 2).state is Resume.NEW


def test_a_time_stamp_alone_does_not_matter():
    assert decided(entry(), files=[dict(FILES[0], modified=9)]).state is Resume.COMPLETE


def test_other_options_are_another_import():
    assert decided(entry(), charset="latin1").state is Resume.NEW
    # These do not decide what the target holds.
    assert decided(entry(), gtid="apply", workers=3, on_existing="replace").state is Resume.COMPLETE


def test_a_missing_table_is_repaired():
    found = decided(entry(), FULL._replace(tables=FULL.tables[:1]))
    assert (found.state, found.missing, found.lost, set(found.settled)) == (Resume.REPAIR, {"b"}, frozenset(), {"a"})
    assert found.resumed and found.present == {("VIEW", "v")} and [table["name"] for table in found.report()["settled"]] == ["a"]


def test_a_missing_object_is_repaired():
    found = decided(entry(), FULL._replace(objects=()))
    assert (found.state, found.missing, found.lost) == (Resume.REPAIR, frozenset(), {("VIEW", "v")})


def test_a_database_emptied_since_then_is_new():
    assert decided(entry(), EMPTY).state is Resume.NEW


@pytest.mark.parametrize("later, state", [({"after_sql": [{"state": "complete"}]}, Resume.NEW), ({"rolled_forward": {"complete": True}}, Resume.COMPLETE)])
def test_what_sql_files_have_left_counts_unless_it_is_nothing(later, state):
    noted = entry(report=dict(REPORT, **later))
    assert decided(noted, FULL._replace(tables=FULL.tables[:1])).state is Resume.COMPLETE
    assert decided(noted, EMPTY).state is state
    assert (complete_result(request(), noted, EMPTY) is None) == (state is Resume.NEW)


def test_an_unfinished_import_is_resumed():
    found = decided(entry("loading", report={}))
    assert found.state is Resume.RESUME and found.resumed and found.report() == {}


def test_an_unfinished_repair_is_continued():
    settled = decided(entry(), FULL._replace(tables=FULL.tables[:1])).report()
    found = decided(entry("loading", report=settled))
    assert found.state is Resume.REPAIR and set(found.settled) == {"a"} and not found.missing and found.report() == settled


def test_an_unfinished_import_of_something_else_is_refused():
    with pytest.raises(Failure, match="unfinished import of different files or with different settings"):
        decided(entry("loading"), charset="latin1")
    assert decided(entry("loading"), charset="latin1", on_existing="replace").state is Resume.NEW
    assert decided(entry("loading"), EMPTY, charset="latin1").state is Resume.NEW


def test_a_fingerprint_is_made_of_sizes_and_checksums():
    assert fingerprint_of(FILES) == "10-00000001-00000002"


def test_values_cannot_be_changed():
    with pytest.raises(TypeError):
        ResumeState().settled["a"] = None
    assert request().on_existing is OnExisting.FAIL
