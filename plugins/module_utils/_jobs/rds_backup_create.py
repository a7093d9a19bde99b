# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_backup_create: ensure a recent logical backup."""

import re
from typing import Any, Dict

from .._failure import Failure
from .._openapi.api_client import DEFAULT_POLICY, RetryPolicy
from .._openapi.backups import databases_in
from .._openapi.ensure_backup import BackupRequirement, Patience, ensure
from ._alicloud_options import backup_result, rds_of
from ._run import JobContext

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def job(call: JobContext, pace: RetryPolicy = DEFAULT_POLICY) -> Dict[str, Any]:
    """Ensure the backup and return it.

    :raises Failure: an option is invalid, or RDS does not finish the backup in time.
    """
    params = call.params
    if params["timeout"] <= 0 or params["poll_interval"] <= 0:
        raise Failure("timeout or poll_interval is not above 0", cure="Specify a number of seconds above 0.")
    wanted = BackupRequirement(params["instance_id"], params["databases"] or None, seconds(params["max_age"]))
    if any("," in name or not name.strip() for name in wanted.databases or ()):
        raise Failure("databases has a name that is empty or contains a comma", cure="Specify a list of names.")
    call.progress.about(params["instance_id"])
    rds = rds_of(params, pace)
    patience = Patience(params["timeout"] if params["wait"] else None, params["poll_interval"])
    made = ensure(rds, wanted, patience, call.warn, dry_run=call.check_mode, progress=call.progress)
    backup = None
    if made.backup is not None:
        backup = backup_result(made.backup, databases_in(rds, wanted.instance_id, made.backup))
    return {"changed": made.changed, "backup": backup, "job_id": made.job_id, "instance": {"id": wanted.instance_id}}


def seconds(age: str) -> float:
    """Convert an age such as ``90``, ``90s``, ``15m``, ``24h``, ``7d`` or ``1w`` to seconds.

    :raises Failure: it is not an age.
    """
    match = re.match(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*\Z", age.lower())
    if not match:
        raise Failure("max_age is not a duration", where=age, cure="Specify a number with one of the units s, m, h, d and w, such as 24h.")
    return float(match.group(1)) * _UNITS[match.group(2) or "s"]
