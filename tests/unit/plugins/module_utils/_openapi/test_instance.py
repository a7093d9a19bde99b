# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.instance import RdsInstance, read_instance

GOOD = {"Engine": "MySQL", "EngineVersion": "8.0", "Category": "HighAvailability", "DBInstanceStorageType": "local_ssd"}


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({}, []),
        ({"EngineVersion": 5.7}, []),
        ({"EngineVersion": None, "Category": "", "DBInstanceStorageType": "null"}, []),
        ({"Engine": "PostgreSQL"}, ["The engine is PostgreSQL, not MySQL."]),
        ({"EngineVersion": "8.4"}, ["The version is 8.4, not one of 8.0, 5.7, 5.6, 5.5."]),
        (
            {"Category": "Basic", "DBInstanceStorageType": "cloud_essd"},
            ["The edition is Basic, not High-availability Edition.", "The storage is cloud_essd, not local SSD."],
        ),
    ],
)
def test_why_rds_makes_no_logical_backup_of_an_instance(changed: Dict[str, Any], reasons: List[str]) -> None:
    assert read_instance("rm-1", dict(GOOD, **changed)).reasons == reasons


def test_unknown_properties_do_not_exclude_an_instance() -> None:
    assert RdsInstance("rm-1", None, None, None, None).reasons == []
