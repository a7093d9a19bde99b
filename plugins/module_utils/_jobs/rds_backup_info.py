# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_backup_info: list the logical backups of an instance, and report whether it supports them."""

import time
from typing import Any, Dict, List, Optional

from .._failure import Failure
from .._openapi.api_client import DEFAULT_POLICY, RetryPolicy
from .._openapi.backups import RdsBackup, databases_in, list_backups
from .._openapi.instance import describe_instance
from ._alicloud_options import backup_result, moment_of, rds_of
from ._run import JobContext


def job(call: JobContext, pace: RetryPolicy = DEFAULT_POLICY) -> Dict[str, Any]:
    """List the backups. Nothing is changed.

    :raises Failure: a time is invalid, or the API refuses a request.
    """
    params = call.params
    times = {option: _minute(params, option) for option in ("start_time", "end_time")}
    if all(times.values()) and str(times["start_time"]) >= str(times["end_time"]):
        raise Failure("start_time is not before end_time", cure="Specify an earlier start_time.")
    rds = rds_of(params, pace)
    instance = describe_instance(rds, params["instance_id"])
    found = list_backups(rds, instance.id, params["backup_id"], **times)
    usable = [backup for backup in found if backup.usable]
    if params["backup_id"] and not usable:
        call.warn(_missing(params["backup_id"], found))
    backups = []
    unreported: List[str] = []
    for backup in usable:
        databases = databases_in(rds, instance.id, backup)
        if databases is None:
            unreported.append(backup.id)
        backups.append(backup_result(backup, databases))
    if unreported:
        call.warn("RDS does not report which databases are in backup {0}.".format(", ".join(unreported)))
    return {
        "changed": False,
        "backups": backups,
        "instance": {
            "id": instance.id,
            "engine_version": instance.engine_version,
            "category": instance.category,
            "storage_type": instance.storage_type,
            "eligible": not instance.reasons,
            "reasons": instance.reasons,
        },
    }


def _minute(params: Dict[str, Any], option: str) -> Optional[str]:
    """Convert a time to the format of the API, which has no seconds."""
    seconds = moment_of(params, option)
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(seconds))


def _missing(backup_id: str, found: List[RdsBackup]) -> str:
    if not found:
        return "The instance has no backup {0} in this period.".format(backup_id)
    return "Backup {0} is left out: it {1}.".format(backup_id, found[0].unusable)
