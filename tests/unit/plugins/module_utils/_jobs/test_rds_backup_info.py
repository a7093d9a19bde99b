# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times that rds_backup_info refuses before the API is called."""

from typing import Any, Dict

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import ALICLOUD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_info import job

OPTIONS: Dict[str, Any] = dict(dict.fromkeys(ALICLOUD_SPEC), instance_id="rm-1", backup_id=None, start_time=None, end_time=None)


@pytest.mark.parametrize(
    "given,message",
    [
        ({"start_time": "yesterday"}, "start_time is not a valid time"),
        ({"end_time": "2026-02-30"}, "end_time is not a valid time"),
        ({"start_time": "2026-01-02", "end_time": "2026-01-01"}, "start_time is not before end_time"),
        ({"start_time": "2026-01-02T18:01+08:00", "end_time": "2026-01-02T10:00Z"}, "start_time is not before end_time"),
        ({"start_time": "2026-01-02T10:00:59Z", "end_time": "2026-01-02T10:00Z"}, "start_time is not before end_time"),
    ],
)
def test_times_that_are_refused(given: Dict[str, Any], message: str) -> None:
    with pytest.raises(Failure, match=message):
        job(JobContext(dict(OPTIONS, **given), False, pytest.fail))
