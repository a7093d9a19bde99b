# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rds_binlog_info for local files. For an instance, see _openapi/with_sdk/test_binlogs_by_instance.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_binlog_info import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.response_fields import written
from ansible_collections.apsaradb.mysql.tests.support.binlogs import BEGUN, series
from ansible_collections.apsaradb.mysql.tests.support.gtids import A


def run(folder, gtid_set=None):
    return job(JobContext({"src": str(folder), "gtid_set": gtid_set, "overlap": 600}, False, pytest.fail))


def test_a_folder_with_a_gap(tmp_path):
    for number, data in enumerate(series(A, [5, 5, 5, 5]), 11):
        if number != 13:
            (tmp_path / "mysql-bin.{0:06d}".format(number)).write_bytes(data)
    result = run(tmp_path, A + ":1-3")
    assert not result["changed"]
    first = result["binlogs"][0]
    assert first == {
        "name": "mysql-bin.000011",
        "host_instance": "mysql-bin",
        "path": str(tmp_path / "mysql-bin.000011"),
        "size": (tmp_path / "mysql-bin.000011").stat().st_size,
        "begin": written(BEGUN + 1),
        "end": written(BEGUN + 5),
        "status": "readable",
        "needed": True,
        "server_id": 7,
        "server_version": "8.0.36",
        "gtids_before": "",
        "gtids": A + ":1-5",
    }
    window = result["window"]
    assert [each["name"] for each in window["binlogs"]] == ["mysql-bin.000011", "mysql-bin.000012"]
    assert (window["to"], window["gtid_set"], window["exact"]) == (written(BEGUN + 10), A + ":1-10", True)
    (gap,) = window["gaps"]
    assert (gap["kind"], gap["after"], gap["from"], gap["to"], gap["gtid_set"]) == (
        "missing",
        "mysql-bin.000012",
        written(BEGUN + 10),
        written(BEGUN + 16),
        A + ":11-15",
    )


def test_options_that_are_refused(tmp_path):
    with pytest.raises(Failure, match="has no binlogs"):
        run(tmp_path)
    with pytest.raises(Failure, match="not a GTID set"):
        run(tmp_path, "all")
