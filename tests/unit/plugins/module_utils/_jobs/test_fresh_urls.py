# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fresh URLs are always those of the backup that was chosen first."""

from typing import Any, Dict, List, cast

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._fresh_urls import FreshUrls
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.api_client import RdsApi


class Backups:
    """Answers DescribeBackups with the backup sets in ``ids``, newest first."""

    def __init__(self, *ids: str) -> None:
        self.ids = list(ids)
        self.requests: List[Dict[str, Any]] = []

    def call(self, action: str, **params: Any) -> Dict[str, Any]:
        self.requests.append(params)
        items = [
            {
                "BackupId": name,
                "BackupMethod": "Logical",
                "BackupStatus": "Success",
                "BackupStartTime": "2026-01-{0:02}T00:00:00Z".format(int(name)),
                "BackupDownloadURL": "https://bucket.oss.example/{0}.tar?Expires=1&Signature={1}".format(name, len(self.requests)),
            }
            for name in self.ids
            if params["BackupId"] in (None, name)
        ]
        return {"Items": {"Backup": items}, "TotalRecordCount": len(items)}


def fresh(backups: Backups, backup_id: Any = None, object_path: Any = None) -> FreshUrls:
    return FreshUrls(cast(RdsApi, backups), "rm-1", backup_id, object_path)


def path_of(urls: FreshUrls) -> str:
    url = urls().url
    assert url is not None
    return url.object_path


def test_a_newer_backup_does_not_change_the_choice() -> None:
    backups = Backups("2", "1")
    urls = fresh(backups)
    first = path_of(urls)
    backups.ids.insert(0, "3")
    assert path_of(urls) == first and "2" in first and urls.backup_id == "2"
    assert [request["BackupId"] for request in backups.requests] == [None, "2"]


def test_a_backup_that_was_deleted_in_the_meantime_fails() -> None:
    backups = Backups("1")
    urls = fresh(backups)
    urls()
    backups.ids.clear()
    with pytest.raises(Failure, match="Backup 1 cannot be fetched: the instance has no such backup"):
        urls()
