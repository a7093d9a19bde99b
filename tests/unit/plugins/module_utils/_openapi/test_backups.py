# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.backups import read_backup


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"IsAvail": "1"}, None),
        ({"BackupDownloadURL": None}, None),
        ({"IsAvail": None, "BackupIsAvail": 1}, None),
        ({"BackupMethod": "Physical"}, "is a physical backup, not a logical one"),
        ({"BackupStatus": "Failed"}, "did not succeed: Failed"),
        ({"IsAvail": "0"}, "cannot be downloaded"),
        ({"IsAvail": 0}, "cannot be downloaded"),
        ({"IsAvail": None, "BackupIsAvail": "0"}, "cannot be downloaded"),
        ({"BackupDownloadURL": "", "BackupIntranetDownloadURL": "null"}, "cannot be downloaded"),
    ],
)
def test_why_a_backup_cannot_be_restored(changed: Dict[str, Any], why: Optional[str]) -> None:
    urls = {"BackupDownloadURL": "https://o/a?s", "BackupIntranetDownloadURL": "https://i/a?s"}
    item = dict(urls, BackupId=7, BackupMethod="Logical", BackupStatus="Success", IsAvail=1)
    backup = read_backup(dict(item, **changed))
    assert backup.usable is (why is None)
    assert (why or "") in (backup.unusable or "")
    assert "?s" not in repr(backup)
