# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The binlogs of an instance, the contents of their first KiB, and the result keys about them."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from .._binlog.binlog_file import READABLE, UPLOADING, BinlogFile
from .._binlog.binlog_reader import UnreadableBinlog
from .._binlog.binlog_start import BinlogStart, read_start
from .._binlog.recovery_window import UNAVAILABLE, Gap, RecoveryWindow, recovery_window
from .._failure import Failure
from .._gtid_set import GtidSet
from .._local_file import Reader
from .._openapi.api_client import RdsApi
from .._openapi.backups import list_backups
from .._openapi.binlog_files import RdsBinlog, list_binlogs
from .._openapi.response_fields import written
from .._transfer.choose_url import UrlChooser
from .._transfer.http_client import Network
from .._transfer.oss_error import Refused
from .._transfer.probe import RemoteObject
from .._transfer.remote_reader import RemoteReader
from .._transfer.signed_url import SignedUrl
from .._transfer.url_renewal import RenewableUrl, Urls
from ._alicloud_options import moment_of

PERIOD_SPEC: Dict[str, Dict[str, Any]] = {
    "start_time": {"type": "str", "aliases": ["start"]},
    "end_time": {"type": "str", "aliases": ["end"]},
    "since_backup": {"type": "str"},
    "gtid_set": {"type": "str"},
    "overlap": {"type": "int", "default": 600},
}
_DAY = 86400
_DEFAULT_DAYS = 7
"""The shortest time for which RDS keeps log backups."""
# A file that contains the beginning of a period may have begun long before it.
_MARGIN = _DAY
_AT_ONCE = 8

Known = Callable[[RdsBinlog], Optional[Reader]]


class Period(NamedTuple):
    """From ``start`` to ``end``, in seconds since the epoch. ``open``: it ends now. ``backup``: it starts at a backup."""

    start: float
    end: float
    open: bool
    backup: bool


def period_of(params: Dict[str, Any], rds: Optional[RdsApi], now: float) -> Period:
    """The period in the options. ``rds`` is needed for ``since_backup``.

    :raises Failure: a time is invalid, or the backup does not exist.
    """
    end = moment_of(params, "end_time")
    start = moment_of(params, "start_time")
    if start is None and params["since_backup"] and rds is not None:
        found = [backup for backup in list_backups(rds, params["instance_id"], params["since_backup"]) if backup.start is not None]
        if not found:
            raise Failure("The instance has no backup {0}".format(params["since_backup"]), params["instance_id"], "Choose one that rds_backup_info lists.")
        start = found[0].start
    last = now if end is None else min(now, end)
    first = last - _DEFAULT_DAYS * _DAY if start is None else start
    if first >= last:
        if params["since_backup"] and end is not None:
            raise Failure("The backup began after end_time", written(start), "Specify a later end_time, or an earlier backup.")
        raise Failure("start_time is not before end_time", cure="Specify an earlier start_time.")
    return Period(float(first), float(last), open=end is None, backup=bool(params["since_backup"]))


def gtid_set_of(params: Dict[str, Any]) -> Optional[GtidSet]:
    """The set in ``gtid_set``; None if it is not set. An empty string is the empty set.

    :raises Failure: it is not a GTID set.
    """
    return None if params["gtid_set"] is None else GtidSet.parse(params["gtid_set"])


def window_of(files: List[BinlogFile], base: Optional[GtidSet], overlap: int, backup: Optional[float] = None) -> RecoveryWindow:
    """The recovery window. ``overlap`` is in seconds before the ``backup``, or before the first file if the time of the backup is not known."""
    window = recovery_window(files, base)
    begin = window.begin if backup is None else backup
    return recovery_window(files, base, begin - overlap) if base is not None and begin is not None and overlap > 0 else window


class BinlogListing:
    """The binlogs of an instance in a period and an overlap before it, in seconds.

    ``known`` returns a reader for a file that has already been fetched, so that the file needs no request.
    ``source`` is internal or external, after :meth:`read`; ``warned`` holds the warnings that were shown.
    """

    def __init__(self, rds: RdsApi, params: Dict[str, Any], period: Period, network: Network, known: Optional[Known] = None) -> None:
        self._rds = rds
        self._instance_id = str(params["instance_id"])
        self._overlap = params["overlap"]
        self._period = period
        self._network = network
        self._known = known
        self.binlogs: Dict[Tuple[str, str], RdsBinlog] = {}
        self.failures: List[Failure] = []
        self.warned: Set[str] = set()
        self.source: Optional[str] = None

    def renewal(self, key: Tuple[str, str]) -> Callable[[], Urls]:
        """A function that requests fresh URLs of one of the binlogs."""

        def renew() -> Urls:
            self._list()
            if key not in self.binlogs:
                raise Failure(
                    "RDS no longer lists binlog {0} of {1}".format(key[1], key[0]),
                    self._instance_id,
                    "Its retention period has passed. Restore a newer backup.",
                )
            return urls_of(self.binlogs[key])

        return renew

    def read(self) -> List[BinlogFile]:
        """List the binlogs and read their first bytes, several at once. A file that cannot be read gets a status, and its failure is in ``failures``.

        :raises Failure: the API refuses the request, or no file can be read.
        """
        self._list()
        wanted = list(self.binlogs.values())
        self.source = self._source(wanted)
        self.failures = []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            files = list(pool.map(lambda binlog: self._file(binlog, self.source), wanted))
        uploaded = [binlog for binlog in wanted if binlog.uploaded]
        if uploaded and len(self.failures) == len(uploaded):
            raise self.failures[0]
        return files

    def _list(self) -> None:
        found = list_binlogs(self._rds, self._instance_id, self._period.start - _MARGIN, self._period.end)
        self.binlogs = {binlog.key: binlog for binlog in found if binlog.end is None or binlog.end >= self._period.start - self._overlap}

    def _source(self, wanted: Iterable[RdsBinlog]) -> Optional[str]:
        """Test with one file whether the internal or the external URLs work here. None if no file needs a request, or if no file exists.

        :raises Failure: the server does not answer.
        """
        for binlog in wanted:
            if binlog.uploaded and self._reader(binlog) is None:
                try:
                    return UrlChooser(urls_of(binlog), self.renewal(binlog.key), binlog.size, self._network).choose().remote.source
                except Refused:
                    # Another file may be there.
                    continue
        return None

    def _file(self, binlog: RdsBinlog, source: Optional[str]) -> BinlogFile:
        status, start = READABLE, None  # type: str, Optional[BinlogStart]
        if not binlog.uploaded:
            status = UPLOADING
        else:
            try:
                start = self._start(binlog, source)
            except UnreadableBinlog as error:
                status = error.kind
            except Failure as failure:
                self.failures.append(failure)
                status = UNAVAILABLE
        begin, end = (None if time is None else float(time) for time in (binlog.begin, binlog.end))
        return BinlogFile(binlog.name, binlog.host_instance, binlog.size, begin, end, status, start)

    def _reader(self, binlog: RdsBinlog) -> Optional[Reader]:
        return self._known(binlog) if self._known is not None else None

    def _start(self, binlog: RdsBinlog, source: Optional[str]) -> BinlogStart:
        local = self._reader(binlog)
        if local is not None:
            # A damaged one is fetched again.
            with contextlib.suppress(UnreadableBinlog):
                return read_start(local)
        urls = urls_of(binlog)
        url = (urls.internal_url or urls.url) if source == "internal" else (urls.url or urls.internal_url)
        if url is None or binlog.size is None or source is None:
            reader = RemoteReader(urls.url, urls.internal_url, self._network)
        else:
            # The API gives the size, so no request is needed to learn it.
            remote = RemoteObject(url, source, binlog.size, None, None, ranged=True)
            reader = RemoteReader(None, None, self._network, remote, RenewableUrl(remote, self.renewal(binlog.key)))
        try:
            return read_start(reader)
        finally:
            reader.close()


def urls_of(binlog: RdsBinlog) -> Urls:
    """Its URLs; either may be missing."""
    return Urls(*(SignedUrl(url, "The URL of binlog {0}".format(binlog.name)) if url else None for url in (binlog.url, binlog.internal_url)))


def file_result(file: BinlogFile, chosen: Iterable[BinlogFile]) -> Dict[str, Any]:
    """The result keys of a binlog. ``chosen`` are the files of the window."""
    start = file.start
    return {
        "name": file.name,
        "host_instance": file.node,
        "size": file.size,
        "begin": written(file.begin),
        "end": written(file.end),
        "status": file.status,
        "needed": any((each.node, each.name) == (file.node, file.name) for each in chosen),
        "server_id": None if start is None else start.server_id,
        "server_version": None if start is None else start.server_version,
        "gtids_before": _text(file.previous),
        "gtids": _text(file.contained),
    }


def window_result(window: RecoveryWindow, period: Optional[Period] = None) -> Dict[str, Any]:
    """The result key ``window``. If ``period`` starts at a backup, no earlier time can be reached."""
    begin = window.begin
    if begin is not None and period is not None and period.backup:
        begin = max(begin, period.start)
    return {
        "from": written(begin),
        "to": written(window.end),
        "gtid_set": str(window.gtids),
        "exact": window.exact,
        "binlogs": [{"host_instance": file.node, "name": file.name} for file in window.overlap + window.files],
        "gaps": [_gap(gap) for gap in window.gaps],
    }


def _gap(gap: Gap) -> Dict[str, Any]:
    return {
        "kind": gap.kind,
        "host_instance": gap.node,
        "after": gap.after,
        "binlog": gap.file,
        "from": written(gap.begin),
        "to": written(gap.end),
        "gtid_set": str(gap.gtids),
        "cure": gap.cure,
    }


def _text(gtids: Optional[GtidSet]) -> Optional[str]:
    return None if gtids is None else str(gtids)


def now() -> float:
    """The current time. The period includes a file that ends in this second."""
    return float(int(time.time()) + 1)
