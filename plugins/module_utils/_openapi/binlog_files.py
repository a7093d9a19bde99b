# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The binlogs of an instance that RDS has uploaded, or is about to upload."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .api_client import RdsApi
from .response_fields import items, number, parse_api_time, text, written

_PAGE = 100  # the API takes 30 to 100


class RdsBinlog(NamedTuple):
    """One file. Times are in seconds since the epoch, ``size`` in bytes. The two URLs are secrets until they expire.

    Both nodes of a pair have files with the same names; ``host_instance`` is the ID of the node. ``checksum`` is a CRC-64 in decimal.
    """

    name: str
    host_instance: str
    size: Optional[int]
    begin: Optional[int]
    end: Optional[int]
    uploaded: bool
    url: Optional[str]
    internal_url: Optional[str]
    url_expires_at: Optional[int]
    checksum: Optional[str]

    @property
    def key(self) -> Tuple[str, str]:
        """The identity of the file."""
        return self.host_instance, self.name

    def __repr__(self) -> str:
        return "Binlog {0} of {1}".format(self.name, self.host_instance)


def read_binlog(item: Dict[str, Any]) -> RdsBinlog:
    """A binlog from an item of DescribeBinlogFiles, whose types vary."""
    url, internal_url = text(item.get("DownloadLink")), text(item.get("IntranetDownloadLink"))
    status = (text(item.get("RemoteStatus")) or "Completed").lower()
    return RdsBinlog(
        name=text(item.get("LogFileName")) or "",
        host_instance=text(item.get("HostInstanceID")) or "",
        size=number(item.get("FileSize")),
        begin=parse_api_time(item.get("LogBeginTime")),
        end=parse_api_time(item.get("LogEndTime")),
        uploaded=status == "completed" and bool(url or internal_url),
        url=url,
        internal_url=internal_url,
        url_expires_at=parse_api_time(item.get("LinkExpiredTime")),
        checksum=text(item.get("Checksum")),
    )


def list_binlogs(rds: RdsApi, instance_id: str, start: float, end: float) -> List[RdsBinlog]:
    """The binlogs of the period from ``start`` to ``end`` (seconds since the epoch), the oldest first, with fresh URLs.

    All pages are read. A file that moves to the next page in the meantime is listed once.
    """
    period = {"StartTime": written(start), "EndTime": written(end)}
    found: Dict[Tuple[str, str], RdsBinlog] = {}
    seen, page = 0, 1
    while True:
        answer = rds.call("DescribeBinlogFiles", DBInstanceId=instance_id, PageSize=_PAGE, PageNumber=page, **period)
        batch = items(answer, "Items", "BinLogFile")
        new = {binlog.key: binlog for binlog in map(read_binlog, batch) if binlog.name and binlog.key not in found}
        found.update(new)
        seen, page = seen + len(batch), page + 1
        total = number(answer.get("TotalRecordCount"))
        if not new or (seen >= total if total is not None else len(batch) < _PAGE):
            return sorted(found.values(), key=lambda binlog: (binlog.begin or 0, binlog.key))


def upload_newest(rds: RdsApi, instance_id: str) -> None:
    """Make the instance begin a new binlog, upload the earlier ones, and delete them from its disk. Returns before the upload is complete."""
    rds.call("PurgeDBInstanceLog", DBInstanceId=instance_id)
