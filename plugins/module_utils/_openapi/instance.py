# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An RDS instance, and whether RDS can make logical backups of it."""

from typing import Any, Dict, List, NamedTuple, Optional

from .._failure import Failure
from .api_client import RdsApi
from .response_fields import items, text, version

VERSIONS = ("8.0", "5.7", "5.6", "5.5")


class RdsInstance(NamedTuple):
    """An instance as the API reports it; fields that it does not report are None."""

    id: str
    engine: Optional[str]
    engine_version: Optional[str]
    category: Optional[str]
    storage_type: Optional[str]

    @property
    def reasons(self) -> List[str]:
        """Why RDS makes no logical backups of the instance, one sentence each. An unknown field is not a reason.

        The conditions are from the vendor's guide: MySQL 8.0, 5.7, 5.6 or 5.5, High-availability Edition, local SSD.
        """
        reasons = []
        if self.engine is not None and self.engine.lower() != "mysql":
            reasons.append("The engine is {0}, not MySQL.".format(self.engine))
        if self.engine_version is not None and self.engine_version not in VERSIONS:
            reasons.append("The version is {0}, not one of {1}.".format(self.engine_version, ", ".join(VERSIONS)))
        if self.category is not None and self.category.lower() != "highavailability":
            reasons.append("The edition is {0}, not High-availability Edition.".format(self.category))
        if self.storage_type is not None and self.storage_type.lower() != "local_ssd":
            reasons.append("The storage is {0}, not local SSD.".format(self.storage_type))
        return reasons


def read_instance(instance_id: str, item: Dict[str, Any]) -> RdsInstance:
    """An instance from an item of DescribeDBInstanceAttribute."""
    engine, category, storage_type = (text(item.get(name)) for name in ("Engine", "Category", "DBInstanceStorageType"))
    return RdsInstance(instance_id, engine, version(item.get("EngineVersion")), category, storage_type)


def describe_instance(rds: RdsApi, instance_id: str) -> RdsInstance:
    """The instance. Raises :class:`Failure` if it does not exist."""
    found = items(rds.call("DescribeDBInstanceAttribute", DBInstanceId=instance_id), "Items", "DBInstanceAttribute")
    if not found:
        raise Failure("The instance {0} does not exist".format(instance_id), cure="Check instance_id, and whether region is the region of the instance.")
    return read_instance(instance_id, found[0])


def databases_of(rds: RdsApi, instance_id: str) -> List[str]:
    """The names of the current databases of the instance."""
    found: List[str] = []
    page = 1
    while True:
        batch = items(rds.call("DescribeDatabases", DBInstanceId=instance_id, PageSize=100, PageNumber=page), "Databases", "Database")
        new = [name for name in (text(item.get("DBName")) for item in batch) if name and name not in found]
        found += new
        page += 1
        if not new or len(batch) < 100:
            return found
