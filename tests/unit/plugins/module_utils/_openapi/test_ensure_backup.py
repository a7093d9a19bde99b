# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the fields of a backup task are read. What ensure() does is tested with the SDK, in with_sdk/test_ensure_backup.py."""

from typing import Any, Dict

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.ensure_backup import BackupTask, tasks


class Answer:
    """In place of RdsApi: one answer to every call."""

    def __init__(self, *jobs: Dict[str, Any]) -> None:
        self._jobs = list(jobs)

    def call(self, action: str, **parameters: Any) -> Dict[str, Any]:
        return {"Items": {"BackupJob": self._jobs}}


@pytest.mark.parametrize(
    "job, task",
    [
        ({"BackupJobId": 7, "BackupStatus": "Failed", "BackupProgressStatus": "Uploading"}, BackupTask("7", "Failed", None, None)),
        ({"BackupJobId": "7", "BackupProgressStatus": "NoStart", "Process": "40"}, BackupTask("7", "NoStart", 40, None)),
        ({"BackupJobId": "7", "BackupStatus": "Finished", "Process": 100, "BackupId": 9}, BackupTask("7", "Finished", 100, "9")),
    ],
)
def test_fields_of_a_task(job: Dict[str, Any], task: BackupTask) -> None:
    assert tasks(Answer(job), "rm-1") == [task]  # type: ignore[arg-type]


def test_only_the_requested_task_is_returned() -> None:
    answer = Answer({"BackupJobId": "7"}, {"BackupJobId": "8"})
    assert [task.job_id for task in tasks(answer, "rm-1", "8")] == ["8"]  # type: ignore[arg-type]
