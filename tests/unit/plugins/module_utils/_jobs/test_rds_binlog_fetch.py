# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rds_binlog_fetch refuses before the API is called. Its downloads are in _openapi/with_sdk/test_binlogs_by_instance.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_file import BinlogFile
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_reader import UnreadableBinlog
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import rds_binlog_fetch
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_binlog_fetch import job, local_name
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import crc64
from ansible_collections.apsaradb.mysql.tests.support.binlogs import series
from ansible_collections.apsaradb.mysql.tests.support.gtids import A


def test_files_of_two_nodes_do_not_collide():
    assert local_name(("5882781", "mysql-bin.000012")) == "5882781-mysql-bin.000012"
    assert local_name(("", "mysql-bin.000012")) == "mysql-bin.000012"


@pytest.mark.parametrize(
    "given,message", [({"until": "noon"}, "This is not a valid time: noon"), ({"gtid_set": "all"}, "not a GTID set"), ({"until_gtid": "all"}, "not a GTID set")]
)
def test_options_that_are_refused(tmp_path, given, message):
    with pytest.raises(Failure, match=message):
        job(
            JobContext(
                dict({"until": None, "until_gtid": None, "before_statement": None, "gtid_set": None, "dest": str(tmp_path)}, **given), False, pytest.fail
            )
        )


def test_a_host_without_crc64_verifies_the_events(tmp_path, monkeypatch):
    (data,) = series(A, [3])
    path = tmp_path / "mysql-bin.000001"
    # In the rows of the last transaction.
    path.write_bytes(data[:-90] + b"x" + data[-89:])
    assert rds_binlog_fetch._check(str(path), True) == ["events"]
    monkeypatch.setattr(crc64, "update", None)
    with pytest.raises(UnreadableBinlog, match="checksum of an event is wrong"):
        rds_binlog_fetch._check(str(path), True)
    path.write_bytes(data)
    assert rds_binlog_fetch._check(str(path), True) == ["events"]
    path.write_bytes(data[:-1])
    with pytest.raises(UnreadableBinlog, match="ends inside an event"):
        rds_binlog_fetch._check(str(path), True)


def test_more_bytes_than_the_disk_has(tmp_path):
    files = [BinlogFile("mysql-bin.00000{0}".format(number), "7", 1 << 60, None, None, "readable", None) for number in (1, 2)]
    with pytest.raises(Failure) as caught:
        rds_binlog_fetch._need_space(str(tmp_path), files)
    assert caught.value.facts["bytes_needed"] == 2 << 60
    rds_binlog_fetch._need_space(str(tmp_path), [files[0]._replace(size=100)])
