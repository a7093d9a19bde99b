# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rds_binlog_fetch refuses before the API is called. Its downloads are in _openapi/with_sdk/test_binlogs_by_instance.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_binlog_fetch import job, local_name


def test_files_of_two_nodes_do_not_collide():
    assert local_name(("5882781", "mysql-bin.000012")) == "5882781-mysql-bin.000012"
    assert local_name(("", "mysql-bin.000012")) == "mysql-bin.000012"


@pytest.mark.parametrize("given,message", [({"until": "noon"}, "until is not a time"), ({"gtid_set": "all"}, "not a GTID set")])
def test_options_that_are_refused(tmp_path, given, message):
    with pytest.raises(Failure, match=message):
        job(JobContext(dict({"until": None, "gtid_set": None, "dest": str(tmp_path)}, **given), False, pytest.fail))
