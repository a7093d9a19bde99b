# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_create import seconds


@pytest.mark.parametrize(("age", "read"), [("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("24h", 86400), ("1d", 86400), (" 2W ", 1209600), ("1.5h", 5400)])
def test_ages(age: str, read: float) -> None:
    assert seconds(age) == read


@pytest.mark.parametrize("age", ["", "soon", "-1h", "1y", "h", "1 h 5"])
def test_invalid_ages(age: str) -> None:
    with pytest.raises(Failure, match="max_age"):
        seconds(age)
