# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_binlog_info: list binlogs, and find the points in time that they reach."""

from typing import Any, Dict, List, Optional

from .._binlog.binlog_file import BinlogFile, read_folder, with_contents
from .._binlog.recovery_window import RecoveryWindow, until_now
from .._openapi.api_client import DEFAULT_POLICY, RetryPolicy
from .._openapi.response_fields import written
from . import _url_options
from ._alicloud_options import rds_of
from ._binlog_listing import BinlogListing, Period, file_result, gtid_set_of, now, period_of, window_of, window_result
from ._run import JobContext


def job(call: JobContext, pace: RetryPolicy = DEFAULT_POLICY) -> Dict[str, Any]:
    """List the binlogs. Nothing is changed.

    :raises Failure: an option is invalid, the API refuses a request, or the folder has no binlogs.
    """
    params = call.params
    base = gtid_set_of(params)
    return _of_folder(params["src"], base, params["overlap"]) if params["src"] else _of_instance(call, base, pace)


def _of_folder(folder: str, base: Any, overlap: int) -> Dict[str, Any]:
    files = read_folder(folder)
    window = window_of(files, base, overlap)
    return _result(files, window, None, [{"path": file.path} for file in files])


def _of_instance(call: JobContext, base: Any, pace: RetryPolicy) -> Dict[str, Any]:
    params = call.params
    rds = rds_of(params, pace)
    moment = now()
    period = period_of(params, rds, moment)
    listing = BinlogListing(rds, params, period, _url_options.network(params))
    files = with_contents(listing.read())
    for failure in listing.failures:
        call.warn(str(failure))
    window = window_of(files, base, params["overlap"], period.start if period.backup else None)
    if period.open:
        window = until_now(window, moment)
    more = []
    for file in files:
        binlog = listing.binlogs[(file.node, file.name)]
        expires = written(binlog.url_expires_at)
        urls = {"download_url": binlog.url, "internal_url": binlog.internal_url, "url_expires_at": expires, "checksum": binlog.checksum}
        more.append(urls)
    return _result(files, window, period, more)


def _result(files: List[BinlogFile], window: RecoveryWindow, period: Optional[Period], more: List[Dict[str, Any]]) -> Dict[str, Any]:
    binlogs = [dict(file_result(file, window.overlap + window.files), **extra) for file, extra in zip(files, more)]
    return {"changed": False, "binlogs": binlogs, "window": window_result(window, period)}
