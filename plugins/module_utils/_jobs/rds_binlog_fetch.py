# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_binlog_fetch: download and verify the binlogs that are needed to reach a point in time."""

import os
import time
from contextlib import ExitStack
from typing import Any, Dict, List, NamedTuple, Optional, Pattern, Tuple

from .._binlog.binlog_file import BinlogFile
from .._binlog.binlog_reader import LocalBinlog, ReadBuffer
from .._binlog.binlog_start import read_start
from .._binlog.events import EVERY_TYPE, events
from .._binlog.recovery_window import NOT_UPLOADED, RecoveryWindow, until, until_gtids, until_now
from .._binlog.transactions import transactions
from .._failure import Failure
from .._free_space import require_space
from .._gtid_set import GtidSet
from .._local_file import Reader
from .._openapi.api_client import DEFAULT_POLICY, RdsApi, RetryPolicy
from .._openapi.binlog_files import RdsBinlog, list_binlogs, upload_newest
from .._openapi.response_fields import written
from .._transfer import crc64
from .._transfer.checksum import Checksum
from .._transfer.fetch import FetchRequest, FetchResult, fetch
from .._transfer.fetch_policy import FetchPolicy
from .._transfer.selection import Selection
from . import _url_options
from ._alicloud_options import rds_of
from ._binlog_listing import BinlogListing, Known, Period, gtid_set_of, now, period_of, urls_of, window_of, window_result
from ._disk_space import there_already
from ._run import JobContext
from ._stop_point import StopPoint, stop_point

_BLOCK = 1 << 18


class UploadWait(NamedTuple):
    """How long to wait for an upload: the seconds between two requests for its state, and in total."""

    pause: float = 10.0
    patience: float = 600.0


_UPLOAD_WAIT = UploadWait()


def job(call: JobContext, pace: RetryPolicy = DEFAULT_POLICY, upload: UploadWait = _UPLOAD_WAIT) -> Dict[str, Any]:
    """Download the missing binlogs.

    :raises Failure: the requested time cannot be reached, or a download failed. Complete files are kept.
    """
    params = call.params
    base, stop = gtid_set_of(params), stop_point(params)
    moment, rds = stop.until, rds_of(params, pace)
    folder = os.path.abspath(params["dest"])
    if not os.path.isdir(folder) and not call.check_mode:
        raise Failure("The directory dest does not exist", folder, "Create it first.")
    with ExitStack() as opened:
        known = _fetched_before(folder, opened)
        listing, window, period = _window(call, rds, base, known)
        uploaded = params["upload_newest"] and _is_late(window, stop)
        if uploaded and not call.check_mode:
            call.progress.phase("upload")
            _upload(rds, params["instance_id"], period, upload)
            listing, window, period = _window(call, rds, base, known)
    if moment is not None and period.backup and moment < period.start:
        raise Failure(
            "The requested time is before the backup", written(period.start), "Choose an earlier backup, or a later time.", window=window_result(window, period)
        )
    files = list(window.overlap) + _chosen(window, base, stop, planned=uploaded and call.check_mode)
    _need_space(folder, files)
    results = []
    for file in files:
        fetched = _fetch(call, listing, file, folder)
        results.append(_file_result(call, file, fetched))
        if stop.before_statement is not None and not fetched.missing and _has_statement(fetched.dest, base, stop.before_statement):
            break
    changed = uploaded or any(result["changed"] for result in results)
    new = [os.path.basename(result["path"]) for result in results if result["bytes_downloaded"] or result["bytes_missing"]]
    done = {"changed": changed, "dest": folder, "binlogs": results, "window": window_result(window, period)}
    for key in ("bytes_downloaded", "bytes_missing"):
        done[key] = sum(result[key] for result in results)
    if new:
        kept = [os.path.basename(result["path"]) for result in results if os.path.basename(result["path"]) not in new]
        done["diff"] = {"before": {"binlogs": kept}, "after": {"binlogs": [os.path.basename(result["path"]) for result in results]}}
    return done


def local_name(binlog: Tuple[str, str]) -> str:
    """The local file name of a binlog (node, name). It is the same in every run, differs between nodes, and is valid for a server."""
    return "{0}-{1}".format(*binlog) if binlog[0] else binlog[1]


def _fetched_before(folder: str, opened: ExitStack) -> Known:
    """Readers for the files that an earlier run has completed."""
    readers: Dict[str, LocalBinlog] = {}

    def known(binlog: RdsBinlog) -> Optional[Reader]:
        path = os.path.join(folder, local_name(binlog.key))
        if path not in readers and binlog.size is not None and os.path.isfile(path) and os.path.getsize(path) == binlog.size:
            readers[path] = opened.enter_context(LocalBinlog(path))
        return readers.get(path)

    return known


def _window(call: JobContext, rds: RdsApi, base: Optional[GtidSet], known: Known) -> Any:
    moment = now()
    period = period_of(call.params, rds, moment)
    call.progress.phase("list")
    listing = BinlogListing(rds, call.params, period, _url_options.network(call.params), known)
    window = window_of(listing.read(), base, call.params["overlap"], period.start if period.backup else None)
    for failure in listing.failures:
        call.warn(str(failure))
    return listing, until_now(window, moment) if period.open else window, period


def _has_statement(path: str, base: Optional[GtidSet], wanted: Pattern[str]) -> bool:
    """Whether a transaction that is not in ``base`` has a matching statement."""
    with LocalBinlog(path) as reader:
        for transaction in transactions(reader, read_start(reader)):
            if base is None or transaction.gtid is None or not base.contains(transaction.gtid):
                if any(wanted.search(statement.text.decode("utf-8", "replace")) for statement in transaction.statements):
                    return True
    return False


def _is_late(window: RecoveryWindow, stop: StopPoint) -> bool:
    """Whether ``stop`` is after the end of the window, or the window must reach as far as possible."""
    if stop.until_gtid is not None:
        return not stop.until_gtid.within(window.gtids)
    return stop.until is None or window.end is None or stop.until > window.end


def _upload(rds: RdsApi, instance_id: str, period: Period, upload: UploadWait) -> None:
    """Let RDS upload the newest binlog, and wait for it.

    :raises Failure: the upload takes too long.
    """
    before = {binlog.key for binlog in list_binlogs(rds, instance_id, period.start, period.end) if binlog.uploaded}
    upload_newest(rds, instance_id)
    end = time.monotonic() + upload.patience
    while True:
        found = list_binlogs(rds, instance_id, period.start, now())
        if all(binlog.uploaded for binlog in found) and any(binlog.key not in before for binlog in found):
            return
        if time.monotonic() > end:
            what = "The newest binlog was not uploaded within {0:.0f} seconds".format(upload.patience)
            raise Failure(what, instance_id, "Run the task again later, without upload_newest.")
        time.sleep(upload.pause)


def _chosen(window: RecoveryWindow, base: Optional[GtidSet], stop: StopPoint, *, planned: bool) -> List[BinlogFile]:
    """The files to fetch.

    :raises Failure: the binlogs have a gap before the requested time.
    """
    moment = stop.until
    facts = {"window": window_result(window)}
    gaps = [gap for gap in window.gaps if gap.kind != NOT_UPLOADED]
    if base is not None and not window.files and gaps:
        raise Failure("No binlog contains the transactions that follow gtid_set: {0}".format(gaps[0].gtids), gaps[0].kind, gaps[0].cure, **facts)
    if moment is not None and not planned:
        try:
            return until(window, moment)
        except Failure as failure:
            latest = "the latest time that can be reached is {0}".format(written(window.end)) if window.end is not None else "no point in time can be reached"
            raise Failure(failure.what, latest, failure.cure, **facts) from None
    if stop.until_gtid is not None and not planned:
        try:
            return until_gtids(window, stop.until_gtid)
        except Failure as failure:
            raise Failure(failure.what, failure.where, failure.cure, **facts) from None
    inner = [gap for gap in gaps if gap.gtids]
    if inner and moment is None:
        what = "The binlogs have a gap after {0}: {1}".format(inner[0].after, inner[0].kind)
        raise Failure(what, "{0} to {1}".format(written(inner[0].begin), written(inner[0].end)), "Specify until or end_time. " + inner[0].cure, **facts)
    return list(window.files)


def _need_space(folder: str, files: List[BinlogFile]) -> None:
    """Before the first download, refuse files for which the disk has too little space."""
    paths = [(os.path.join(folder, local_name((file.node, file.name))), file.size or 0) for file in files]
    missing = sum(max(0, size - there_already(path)) for path, size in paths)
    require_space(folder, missing, "choose a dest on a larger disk. Nothing was downloaded.")


def _fetch(call: JobContext, listing: BinlogListing, file: BinlogFile, folder: str) -> FetchResult:
    """Make one file complete and verified."""
    key = (file.node, file.name)
    binlog, params = listing.binlogs[key], call.params
    urls = urls_of(binlog)
    has_checksum = binlog.checksum is not None and binlog.checksum.isdigit() and crc64.update is not None
    request = FetchRequest(
        url=urls.url,
        # Whether the internal URLs work here has already been tested.
        internal_url=None if listing.source == "external" and urls.url is not None else urls.internal_url,
        dest=os.path.join(folder, local_name(key)),
        checksum=Checksum("crc64", str(int(binlog.checksum or 0))) if has_checksum else None,
        size=binlog.size,
        network=_url_options.network(params),
        **_url_options.speed(params),
    )
    call.progress.about(file.name)

    def moved(done: int, total: int) -> None:
        call.progress.phase("download", total, done)
        call.progress.at(done, total)

    def warn(text: str) -> None:
        # Once for all files that come from the same address.
        subject, _words, about = text.partition(" come from ")
        if (about or subject) not in listing.warned:
            listing.warned.add(about or subject)
            call.warn(text)

    policy = FetchPolicy(warn, renew=listing.renewal(key), progress=moved, check=_check)
    return fetch(request, policy, dry_run=call.check_mode)


def _check(path: str, _selection: Selection) -> List[str]:
    """Read all events of a downloaded file. If no CRC-64 can be computed, the CRC-32 of each event is verified instead.

    :raises UnreadableBinlog: it is truncated or damaged.
    """
    with LocalBinlog(path) as reader:
        start = read_start(reader)
        wanted = EVERY_TYPE if crc64.update is None else frozenset()
        for _event in events(reader, ReadBuffer(reader, _BLOCK), start.first, checksums=start.checksums, wanted=wanted):
            pass
    return ["events"]


def _file_result(call: JobContext, file: BinlogFile, fetched: FetchResult) -> Dict[str, Any]:
    changed = fetched.changed
    if os.path.exists(fetched.dest):
        changed = call.set_attributes(fetched.dest) or changed
    return {
        "changed": changed,
        "path": fetched.dest,
        "name": file.name,
        "host_instance": file.node,
        "begin": written(file.begin),
        "end": written(file.end),
        "size": fetched.size,
        "crc64": None if fetched.crc64 is None else str(fetched.crc64),
        "verified_by": fetched.verified_by,
        "source": fetched.source,
        "bytes_downloaded": fetched.downloaded,
        "bytes_missing": fetched.missing,
    }
