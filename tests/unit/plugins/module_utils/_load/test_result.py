# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a load, and its form in the ledger."""

import json

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import LoadResult, TableResult, from_report, result_of, to_report
from ansible_collections.apsaradb.mysql.tests.support.subjects import EVENT, TABLE, subject

TABLES = [TableResult("t", 1, 1, 5, 0.1, "InnoDB", 7)]


def test_a_result_survives_the_ledger():
    result = LoadResult(True, tuple(TABLES), {"views": 1}, warnings=("w",), resumed=True, elapsed=3.0, began=5.0, phases={"scan": 1.0}, gtid={"dump": None})
    again = from_report(json.loads(json.dumps(to_report(result))))
    # A later run changed nothing and took no time.
    assert again == result._replace(changed=False, resumed=False, elapsed=0.0, began=0.0, phases={})


def test_a_report_of_a_later_version_has_unknown_keys():
    assert from_report(dict(to_report(LoadResult(True)), made=[["VIEW", "v"]], later=1)) == LoadResult(False)


def test_objects_are_counted_once():
    plan = subject(TABLE % b"t" + b"CREATE VIEW `v` AS SELECT 1;\nCREATE VIEW `w` AS SELECT 1;\n" + EVENT).known.plan
    assert result_of(plan, TABLES).objects == {"views": 2, "routines": 0, "triggers": 0, "events": 1}
    assert result_of(plan, TABLES, views_left_out=1).objects["views"] == 1


def test_defaults_cannot_be_changed():
    with pytest.raises(TypeError):
        LoadResult(False).objects["views"] = 1
