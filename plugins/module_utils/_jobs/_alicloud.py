# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options every module that talks to the RDS API has, as a value; the names are alibaba.alicloud's."""

import os
from typing import Any, Dict, List, Optional

from .._failure import Failure
from .._openapi.answers import written
from .._openapi.backups import Backup
from .._openapi.client import PATIENT, Pace, Rds
from .._openapi.credentials import credentials_of, region_of
from .._openapi.endpoint import endpoint_of
from .._transfer.signed_url import SignedUrl

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


def rds_of(params: Dict[str, Any], pace: Pace = PATIENT) -> Rds:
    """The API that a module's parameters and its environment describe."""
    return Rds(credentials_of(params, os.environ), endpoint_of(region_of(params, os.environ), params["endpoint"]), pace)


def described(backup: Backup, databases: Optional[List[str]]) -> Dict[str, Any]:
    """A backup as the modules return it. Its URLs are in it: that is what the caller wants it for."""
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


def _expiry(backup: Backup) -> Optional[int]:
    """When the first of the URLs expires; None if neither tells."""
    told = []
    for url in (backup.url, backup.internal_url):
        try:
            told.append(SignedUrl(url).expires_at if url else None)
        except Failure:
            continue
    return min((moment for moment in told if moment is not None), default=None)
