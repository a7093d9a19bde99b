# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find a recent logical backup, wait for a running one, or create one."""

import time
from typing import Callable, List, NamedTuple, Optional

from .._failure import Failure
from .._progress import SILENT, Progress
from .api_client import ApiError, RdsApi
from .backups import RdsBackup, databases_in, list_backups
from .instance import databases_of, describe_instance
from .response_fields import items, number, text

Warn = Callable[[str], None]


class BackupRequirement(NamedTuple):
    """A logical backup of ``databases`` (None: all databases of the instance), at most ``max_age`` seconds old; 0 requires a new one."""

    instance_id: str
    databases: Optional[List[str]]
    max_age: float


class Patience(NamedTuple):
    """``timeout``: seconds to wait in total, None to not wait; ``poll``: seconds between two requests."""

    timeout: Optional[float]
    poll: float


class EnsuredBackup(NamedTuple):
    """``changed``: a backup was made, or would be made in a dry run. Without waiting, ``job_id`` is set and ``backup`` is None."""

    changed: bool
    backup: Optional[RdsBackup]
    job_id: Optional[str]


class BackupTask(NamedTuple):
    """A backup task; ``status`` changes from NoStart to Finished or Failed."""

    job_id: str
    status: str
    percent: Optional[int]
    backup_id: Optional[str]


class _StartedJob(NamedTuple):
    """``is_certain``: RDS has returned the job's ID; otherwise the job began when a request was lost and may be that of another caller."""

    id: str
    is_certain: bool


def ensure(rds: RdsApi, wanted: BackupRequirement, patience: Patience, warn: Warn, *, dry_run: bool = False, progress: Progress = SILENT) -> EnsuredBackup:
    """Return a backup that meets ``wanted``; create one only if none exists.

    If RDS is already creating one, wait for it and use it if it meets ``wanted``. Raises :class:`Failure` if the instance cannot have
    logical backups, if the backup fails, or if ``patience`` runs out; RDS continues the backup in that case.
    """
    until = None if patience.timeout is None else time.monotonic() + patience.timeout
    eligible = False
    while True:
        known = list_backups(rds, wanted.instance_id)
        backup = _recent(rds, wanted, known, warn)
        if backup is not None:
            return EnsuredBackup(changed=False, backup=backup, job_id=None)
        if not eligible:
            _must_be_eligible(rds, wanted.instance_id)
            eligible = True
        if dry_run:
            return EnsuredBackup(changed=True, backup=None, job_id=None)
        job = _start(rds, wanted)
        if job is not None:
            if until is None:
                return EnsuredBackup(changed=True, backup=None, job_id=job.id)
            backup = _made_by(rds, wanted, job, known, until, patience.poll, progress)
            if backup is not None:
                return EnsuredBackup(changed=True, backup=backup, job_id=job.id)
            continue
        running = tasks(rds, wanted.instance_id)
        if until is None:
            warn("RDS is already making a backup of {0}. Run the task again when that backup is complete.".format(wanted.instance_id))
            return EnsuredBackup(changed=False, backup=None, job_id=running[0].job_id if running else None)
        _wait_for_others(rds, wanted, running, until, patience.poll, progress)


def tasks(rds: RdsApi, instance_id: str, job_id: Optional[str] = None) -> List[BackupTask]:
    """The running backup tasks of the instance, or the one with ``job_id`` in any state, if RDS still lists it."""
    answer = rds.call("DescribeBackupTasks", DBInstanceId=instance_id, BackupJobId=job_id)
    found = []
    for item in items(answer, "Items", "BackupJob"):
        status = text(item.get("BackupStatus")) or text(item.get("BackupProgressStatus")) or ""
        # The first field reports failures; the second exists even when no task runs.
        found.append(BackupTask(text(item.get("BackupJobId")) or "", status, number(item.get("Process")), text(item.get("BackupId"))))
    return [task for task in found if job_id is None or task.job_id == job_id]


def _recent(rds: RdsApi, wanted: BackupRequirement, known: List[RdsBackup], warn: Warn) -> Optional[RdsBackup]:
    """The newest backup that meets ``wanted``. Its age is counted from its start, the time of its data."""
    oldest = time.time() - wanted.max_age
    candidates = [backup for backup in known if backup.usable and backup.start is not None and backup.start > oldest]
    if not candidates:
        return None
    needed = wanted.databases
    if needed is None:
        try:
            needed = databases_of(rds, wanted.instance_id)
        except ApiError as error:
            warn("{0} Any backup is accepted, because the databases of the instance are unknown.".format(error))
            return candidates[0]
    for backup in candidates:
        held = databases_in(rds, wanted.instance_id, backup)
        if held is None and wanted.databases is None:
            warn("RDS does not report the databases in backup {0}. It is assumed to contain all of them.".format(backup.id))
            return backup
        if held is not None and set(needed) <= set(held):
            return backup
    return None


def _must_be_eligible(rds: RdsApi, instance_id: str) -> None:
    instance = describe_instance(rds, instance_id)
    if instance.reasons:
        what = "RDS makes no logical backups of {0}. {1}".format(instance_id, " ".join(instance.reasons))
        raise Failure(what, cure="Dump it with mysqldump instead.", reasons=instance.reasons)


def _start(rds: RdsApi, wanted: BackupRequirement) -> Optional[_StartedJob]:
    """Start a backup. Returns its job, or None if another backup is running."""
    before = {task.job_id for task in tasks(rds, wanted.instance_id)}
    strategy = "instance" if wanted.databases is None else "db"
    try:
        answer = rds.call(
            "CreateBackup",
            DBInstanceId=wanted.instance_id,
            BackupMethod="Logical",
            BackupStrategy=strategy,
            DBName=None if wanted.databases is None else ",".join(wanted.databases),
        )
    except ApiError as error:
        if not error.is_one_of("BackupJobExists"):
            raise
        # If an earlier attempt was lost, the job that has begun since is the one it started, unless another caller was faster.
        new = [task for task in tasks(rds, wanted.instance_id) if task.job_id not in before] if error.repeated else []
        return _StartedJob(new[0].job_id, is_certain=False) if new else None
    job_id = text(answer.get("BackupJobId"))
    if job_id is None:
        raise Failure("RDS did not return the job ID of the new backup", cure="Look for it with rds_backup_info in a few minutes.")
    return _StartedJob(job_id, is_certain=True)


def _made_by(
    rds: RdsApi, wanted: BackupRequirement, job: _StartedJob, known: List[RdsBackup], until: float, poll: float, progress: Progress
) -> Optional[RdsBackup]:
    """Wait until the backup of ``job`` can be downloaded. None if it turns out to be the job of another caller, which does not meet ``wanted``."""
    before = {backup.id for backup in known}
    progress.phase("backup in RDS")
    while True:
        found = tasks(rds, wanted.instance_id, job.id)
        if found and found[0].status == "Failed":
            if not job.is_certain:
                return None
            cure = "Find the reason in the RDS console, fix it, and run the task again."
            raise Failure("The backup of {0} failed".format(wanted.instance_id), "job {0}".format(job.id), cure, job_id=job.id)
        if not found or found[0].status == "Finished":
            backup_id = found[0].backup_id if found else None
            for backup in list_backups(rds, wanted.instance_id, backup_id):
                if backup.id != backup_id if backup_id else backup.id in before:
                    continue
                if not job.is_certain and _is_of_another(rds, wanted, backup):
                    if backup_id:
                        return None
                elif backup.usable:
                    return backup
        progress.percent(found[0].percent if found else None)
        _wait(until, poll, wanted.instance_id, found, job.id)


def _is_of_another(rds: RdsApi, wanted: BackupRequirement, backup: RdsBackup) -> bool:
    """Whether ``backup`` cannot be the one that was requested for ``wanted``. If RDS does not report the databases, it can."""
    if backup.method != "Logical":
        return True
    held = databases_in(rds, wanted.instance_id, backup)
    try:
        needed = databases_of(rds, wanted.instance_id) if wanted.databases is None else wanted.databases
    except ApiError:
        return False
    return held is not None and not set(needed) <= set(held)


def _wait_for_others(rds: RdsApi, wanted: BackupRequirement, running: List[BackupTask], until: float, poll: float, progress: Progress) -> None:
    """Return when the ``running`` jobs have ended and their backups are listed, or after one ``poll`` if RDS lists none."""
    progress.phase("another backup in RDS")
    _wait(until, poll, wanted.instance_id, running)
    for job in running:
        while True:
            found = tasks(rds, wanted.instance_id, job.job_id)
            if not found or found[0].status == "Failed":
                break
            if found[0].status == "Finished" and (found[0].backup_id is None or list_backups(rds, wanted.instance_id, found[0].backup_id)):
                break
            progress.percent(found[0].percent)
            _wait(until, poll, wanted.instance_id, found)


def _wait(until: float, poll: float, instance_id: str, running: List[BackupTask], job_id: Optional[str] = None) -> None:
    if time.monotonic() + poll > until:
        task = running[0] if running else None
        job_id = job_id or (task.job_id if task else None)
        state = "" if task is None else ", {0}{1}".format(task.status, "" if task.percent is None else " {0} %".format(task.percent))
        where = None if job_id is None else "job {0}{1}".format(job_id, state)
        cure = "RDS continues the backup. Run the task again with a larger timeout to wait for the same backup."
        raise Failure("The backup of {0} was not complete in time".format(instance_id), where, cure, job_id=job_id)
    time.sleep(poll)
