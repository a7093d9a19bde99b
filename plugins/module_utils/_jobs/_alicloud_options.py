# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that call the RDS API, named as in alibaba.alicloud. They are documented in the fragment ``_alicloud``."""

import os
from typing import Any, Dict, List, Optional

from .._failure import Failure
from .._openapi.api_client import DEFAULT_POLICY, RdsApi, RetryPolicy
from .._openapi.backups import RdsBackup
from .._openapi.credentials import credentials_of, region_of
from .._openapi.endpoint import endpoint_of
from .._openapi.response_fields import parse_api_time, written
from .._transfer.signed_url import SignedUrl
from .._transfer.url_renewal import Urls
from ._stop_point import parse_time

ALICLOUD_SPEC: Dict[str, Dict[str, Any]] = {
    "region": {"type": "str", "aliases": ["alicloud_region"]},
    "alicloud_access_key": {"type": "str", "no_log": True},
    "alicloud_secret_key": {"type": "str", "no_log": True},
    "alicloud_security_token": {"type": "str", "no_log": True},
    "ecs_role_name": {"type": "str"},
    "profile": {"type": "str"},
    "endpoint": {"type": "str"},
}
ALICLOUD_RULES: Dict[str, Any] = {
    "mutually_exclusive": [("alicloud_access_key", "ecs_role_name", "profile")],
    "required_together": [("alicloud_access_key", "alicloud_secret_key")],
    "required_by": {"alicloud_security_token": ("alicloud_access_key",)},
}


def rds_of(params: Dict[str, Any], pace: RetryPolicy = DEFAULT_POLICY) -> RdsApi:
    """Create the API client from the parameters and environment of a module."""
    return RdsApi(credentials_of(params, os.environ), endpoint_of(region_of(params, os.environ), params["endpoint"]), pace)


def moment_of(params: Dict[str, Any], option: str) -> Optional[int]:
    """The time in ``option``, in seconds since the epoch; None if it is not set. YAML turns an unquoted time into one with a zone.

    :raises Failure: it is not a time.
    """
    given = params[option]
    if not given:
        return None
    found = parse_api_time(given)
    try:
        return int(parse_time(given)) if found is None else found
    except Failure:
        cure = "Specify it in UTC, as 2026-01-31T09:41:00Z or 2026-01-31, or with a zone, as 2026-01-31T17:41:00+08:00."
        raise Failure("{0} is not a valid time".format(option), given, cure) from None


def backup_result(backup: RdsBackup, databases: Optional[List[str]]) -> Dict[str, Any]:
    """The result keys of a backup, including its signed URLs, which callers need for the download."""
    return {
        "id": backup.id,
        "databases": databases,
        "size": backup.size,
        "start_time": written(backup.start),
        "end_time": written(backup.end),
        "download_url": backup.url,
        "internal_url": backup.internal_url,
        "url_expires_at": written(_expiry(backup)),
        "checksum": backup.checksum,
    }


def chosen(backups: List[RdsBackup], instance_id: str, backup_id: Optional[str] = None, object_path: Optional[str] = None) -> RdsBackup:
    """Choose from an instance's ``backups``, newest first: by ``backup_id``, otherwise by ``object_path``, otherwise the newest.

    :raises Failure: no backup can be restored.
    """
    usable = [backup for backup in backups if backup.usable]
    if backup_id is not None:
        if not usable:
            why = "it {0}".format(backups[0].unusable) if backups else "the instance has no such backup"
            raise Failure("Backup {0} cannot be fetched: {1}".format(backup_id, why), instance_id, "Choose one that rds_backup_info lists.")
    elif object_path is not None:
        usable = [backup for backup in usable if any(url is not None and url.object_path == object_path for url in urls_of(backup))]
        if not usable:
            raise Failure("None of the instance's logical backups is at the address in url", instance_id, "Specify backup_id, or omit url.")
    elif not usable:
        raise Failure("The instance has no logical backup that can be fetched", instance_id, "Create one with rds_backup_create.")
    return usable[0]


def urls_of(backup: RdsBackup) -> Urls:
    """Its URLs; either may be missing."""
    return Urls(*(SignedUrl(url, "The URL of backup {0}".format(backup.id)) if url else None for url in (backup.url, backup.internal_url)))


def _expiry(backup: RdsBackup) -> Optional[int]:
    """The earliest expiry time of the URLs; None if neither URL contains one."""
    expiries = []
    for url in (backup.url, backup.internal_url):
        try:
            expiries.append(SignedUrl(url).expires_at if url else None)
        except Failure:
            continue
    return min((moment for moment in expiries if moment is not None), default=None)
