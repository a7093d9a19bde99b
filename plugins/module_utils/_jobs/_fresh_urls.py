# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get fresh download URLs of one backup from the RDS API."""

from typing import Optional

from .._openapi.api_client import RdsApi
from .._openapi.backups import list_backups
from .._transfer.url_renewal import Urls
from ._alicloud_options import chosen, urls_of


class FreshUrls:
    """The first call chooses the backup; later calls keep that choice, even if a newer backup appears."""

    def __init__(self, rds: RdsApi, instance_id: str, backup_id: Optional[str], object_path: Optional[str]) -> None:
        self._rds = rds
        self._instance_id = instance_id
        self._object_path = object_path
        self.backup_id = backup_id

    def __call__(self) -> Urls:
        """Request the URLs.

        :raises Failure: the backup does not exist, or the API refuses the request.
        """
        backup = chosen(list_backups(self._rds, self._instance_id, self.backup_id), self._instance_id, self.backup_id, self._object_path)
        self.backup_id = backup.id
        return urls_of(backup)
