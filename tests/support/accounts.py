# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account at the RDS API on loopback, and the jobs that use it."""

from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import rds_backup_create, rds_backup_info
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.api_client import RetryPolicy
from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import Progress
from ansible_collections.apsaradb.mysql.tests.support.openapi import Instance, OpenApi

ID = "rm-bp1abcd1234"


class RecordedProgress(Progress):
    """The progress a job reported: ``phases`` with the percentages of each."""

    def __init__(self) -> None:
        self.subject = ""
        self.phases: List[Tuple[str, List[Optional[int]]]] = []

    def about(self, subject: str) -> None:
        self.subject = subject

    def phase(self, name: str, total: Optional[int] = None, done: int = 0) -> None:
        self.phases.append((name, []))

    def percent(self, percent: Optional[int]) -> None:
        self.phases[-1][1].append(percent)


class Account:
    """A server with one instance, and the two jobs that use it."""

    def __init__(self, server: OpenApi) -> None:
        self.server = server
        self.instance = Instance()
        server.instances[ID] = self.instance
        self.pace = RetryPolicy(tries=4, silent=3, step=0.001)
        self.warnings: List[str] = []
        self.progress = RecordedProgress()

    def params(self, **given: Any) -> Dict[str, Any]:
        common = {"instance_id": ID, "region": None, "endpoint": self.server.endpoint, "ecs_role_name": None, "profile": None}
        key = {"alicloud_access_key": self.server.key_id, "alicloud_secret_key": self.server.secret, "alicloud_security_token": self.server.token}
        return dict(common, **dict(key, **given))

    def info(self, **given: Any) -> Dict[str, Any]:
        options = dict({"backup_id": None, "start_time": None, "end_time": None}, **given)
        return rds_backup_info.job(JobContext(self.params(**options), False, self.warnings.append), self.pace)

    def create(self, check: bool = False, **given: Any) -> Dict[str, Any]:
        options = dict({"databases": None, "max_age": "1d", "wait": True, "timeout": 20, "poll_interval": 0.001}, **given)
        return rds_backup_create.job(JobContext(self.params(**options), check, self.warnings.append, self.progress), self.pace)
