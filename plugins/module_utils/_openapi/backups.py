# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backups of an instance, and which of them can be downloaded and restored."""

from typing import Any, Dict, List, NamedTuple, Optional

from .api_client import ApiError, RdsApi
from .response_fields import items, names, number, parse_api_time, text

_PAGE = 100  # the API takes 30, 50 and 100


class RdsBackup(NamedTuple):
    """One backup set. Times are in seconds since the epoch, sizes in bytes. The two URLs are secrets until they expire.

    ``method`` is Logical, Physical or Snapshot; ``linked`` are the databases with a separate download.
    """

    id: str
    method: str
    status: str
    available: bool
    size: Optional[int]
    start: Optional[int]
    end: Optional[int]
    url: Optional[str]
    internal_url: Optional[str]
    checksum: Optional[str]
    linked: List[str]

    @property
    def usable(self) -> bool:
        """Whether this collection can restore the backup."""
        return self.unusable is None

    @property
    def unusable(self) -> Optional[str]:
        """Why the backup cannot be restored, as the end of a sentence that begins with "it"; None if it can."""
        if self.method != "Logical":
            return "is a {0} backup, not a logical one".format(self.method.lower() or "nameless")
        if self.status != "Success":
            return "did not succeed: {0}".format(self.status or "no status")
        if not self.available or not (self.url or self.internal_url):
            return "cannot be downloaded (it is archived, being deleted or not yet uploaded)"
        return None

    def __repr__(self) -> str:
        return "Backup {0}".format(self.id)


def read_backup(item: Dict[str, Any]) -> RdsBackup:
    """A backup from an item of DescribeBackups, whose types vary."""
    # Documented as IsAvail, observed as BackupIsAvail; without either, the URL decides.
    available = [number(item[name]) for name in ("IsAvail", "BackupIsAvail") if text(item.get(name)) is not None]
    return RdsBackup(
        id=text(item.get("BackupId")) or "",
        method=text(item.get("BackupMethod")) or "",
        status=text(item.get("BackupStatus")) or "",
        available=all(available),
        size=number(item.get("BackupSize")),
        start=parse_api_time(item.get("BackupStartTime")),
        end=parse_api_time(item.get("BackupEndTime")),
        url=text(item.get("BackupDownloadURL")),
        internal_url=text(item.get("BackupIntranetDownloadURL")),
        checksum=text(item.get("Checksum")),
        linked=[name for link in items(item, "BackupDownloadLinkByDB", "BackupDownloadLinkByDB") for name in names(link.get("DataBase"))],
    )


def list_backups(
    rds: RdsApi, instance_id: str, backup_id: Optional[str] = None, start_time: Optional[str] = None, end_time: Optional[str] = None
) -> List[RdsBackup]:
    """All backups of the instance, of any method and status, newest first. The times are ``yyyy-MM-ddTHH:mmZ``.

    All pages are read. A backup that moves to the next page in the meantime, because a new one is made, is listed once.
    """
    found: Dict[str, RdsBackup] = {}
    seen, page = 0, 1
    while True:
        answer = rds.call(
            "DescribeBackups", DBInstanceId=instance_id, BackupId=backup_id, StartTime=start_time, EndTime=end_time, PageSize=_PAGE, PageNumber=page
        )
        batch = items(answer, "Items", "Backup")
        new = {backup.id: backup for backup in map(read_backup, batch) if backup.id and backup.id not in found}
        found.update(new)
        seen, page = seen + len(batch), page + 1
        total = number(answer.get("TotalRecordCount"))
        if not new or (seen >= total if total is not None else len(batch) < _PAGE):
            return sorted(found.values(), key=lambda backup: (backup.start or 0, backup.id), reverse=True)


def databases_in(rds: RdsApi, instance_id: str, backup: RdsBackup) -> Optional[List[str]]:
    """The names of the databases in ``backup``; None if the API does not list them. DescribeBackupDatabase is being phased out."""
    try:
        answer = rds.call("DescribeBackupDatabase", DBInstanceId=instance_id, BackupId=backup.id)
    except ApiError:
        return backup.linked or None
    return names(answer.get("DatabaseNames")) or backup.linked or None
