# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of rds_backup_create that are refused before the API is called."""

from typing import Any, Dict

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import ALICLOUD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_create import job, seconds

OPTIONS: Dict[str, Any] = dict(
    dict.fromkeys(ALICLOUD_SPEC), instance_id="rm-1", databases=None, max_age="1d", wait=True, timeout=10, poll_interval=1, endpoint="https://rds.example"
)


@pytest.mark.parametrize("age,expected", [("90", 90), ("90s", 90), (" 15M", 900), ("1.5h", 5400), ("7d", 604800), ("1w", 604800), ("0", 0)])
def test_ages(age: str, expected: float) -> None:
    assert seconds(age) == expected


@pytest.mark.parametrize("age", ["", "d", "-1", "1 year", "1d2h", "1d\n1"])
def test_other_ages_fail(age: str) -> None:
    with pytest.raises(Failure, match="max_age is not a duration"):
        seconds(age)


@pytest.mark.parametrize(
    "given,message",
    [
        ({"timeout": 0}, "timeout or poll_interval is not above 0"),
        ({"poll_interval": -1}, "timeout or poll_interval is not above 0"),
        ({"databases": ["shop", " "]}, "empty or contains a comma"),
        ({"databases": ["shop,crm"]}, "empty or contains a comma"),
        ({"max_age": "soon"}, "max_age is not a duration"),
    ],
)
def test_options_that_are_refused(given: Dict[str, Any], message: str) -> None:
    with pytest.raises(Failure, match=message):
        job(JobContext(dict(OPTIONS, **given), False, pytest.fail))
