#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_backup_info
short_description: List the logical backups of an ApsaraDB RDS for MySQL instance, with their download URLs
version_added: 1.0.0
description:
  - Lists the logical backups of an instance that can be downloaded, newest first, each with fresh URLs for
    M(apsaradb.mysql.rds_backup_fetch).
  - Reports whether RDS can make logical backups of the instance, and if not, why.
  - Physical backups, snapshot backups, failed backups and those that cannot be downloaded are left out.
  - API calls that are throttled or get no response are retried, with growing pauses.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
options:
  instance_id:
    description:
      - The ID of the instance, such as V(rm-bp1abcd1234).
    type: str
    required: true
  backup_id:
    description:
      - List only this backup, for example to get a fresh URL of it.
      - If it does not exist or is not a logical backup, RV(backups) is empty and a warning says why.
    type: str
  start_time:
    description:
      - List backups from this time on, such as V(2026-01-31T00:00Z) or V(2026-01-31), in UTC unless it has a zone, as in V(2026-01-31T08:00+08:00).
      - Seconds are ignored.
    type: str
  end_time:
    description:
      - List backups that began no later than this time, in the same form.
    type: str
extends_documentation_fragment:
  - apsaradb.mysql._alicloud
  - apsaradb.mysql._alicloud.alone
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.alicloud
  - apsaradb.mysql._attributes.info
seealso:
  - module: apsaradb.mysql.rds_backup_create
  - module: apsaradb.mysql.rds_backup_fetch
"""

EXAMPLES = r"""
- name: List the backups of November
  apsaradb.mysql.rds_backup_info:
    instance_id: rm-bp1abcd1234
    region: cn-hangzhou
    start_time: 2026-11-01T00:00Z
    end_time: 2026-12-01T00:00Z
  delegate_to: localhost
  run_once: true
  no_log: true # the URLs are secrets
  register: found

- name: Fetch the newest one that contains the database shop
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ backup.download_url }}"
    internal_url: "{{ backup.internal_url }}"
    dest: /var/lib/restore/shop.tar
  vars:
    backup: "{{ found.backups | selectattr('databases') | selectattr('databases', 'contains', 'shop') | first }}"
"""

RETURN = r"""
backups:
  description: The logical backups that can be downloaded, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the backup set.
      type: str
      sample: "321020562"
    databases:
      description: The databases in the backup; V(null) if RDS does not report them.
      type: list
      elements: str
      sample: [shop, crm]
    size:
      description: The size in bytes that RDS reports; V(null) if it reports none.
      type: int
      sample: 48130048
    start_time:
      description: When the backup began, in UTC. The backup contains the data of that time.
      type: str
      sample: "2026-01-31T12:20:00Z"
    end_time:
      description: When the backup was complete, in UTC.
      type: str
      sample: "2026-01-31T12:24:09Z"
    download_url:
      description: The signed URL on the internet. It is a secret until it expires.
      type: str
    internal_url:
      description: The signed URL inside the region of the instance. It is a secret until it expires.
      type: str
    url_expires_at:
      description: When the first of the two URLs expires, in UTC; V(null) if the URLs do not contain a time.
      type: str
      sample: "2026-01-31T15:00:00Z"
    checksum:
      description: The CRC-64 that RDS reports; V(null) if it reports none. It is not documented whether this is the CRC-64 of the object in OSS.
      type: str
      sample: "11051210869376104954"
instance:
  description: The instance.
  returned: success
  type: dict
  contains:
    id:
      description: The ID of the instance.
      type: str
      sample: rm-bp1abcd1234
    engine_version:
      description: The version of MySQL.
      type: str
      sample: "8.0"
    category:
      description: The edition.
      type: str
      sample: HighAvailability
    storage_type:
      description: The storage type.
      type: str
      sample: local_ssd
    eligible:
      description: Whether RDS makes logical backups of the instance. It does for MySQL 8.0, 5.7, 5.6 and 5.5, High-availability Edition, on local SSD.
      type: bool
      sample: true
    reasons:
      description: Why RDS does not make logical backups of it, one sentence each.
      type: list
      elements: str
      sample: []
api_code:
  description: The error code of the API, if it refused the request.
  returned: failure
  type: str
  sample: InvalidDBInstanceId.NotFound
request_id:
  description: The API's ID of the refused request.
  returned: failure
  type: str
  sample: 1A6D328C-84B8-40DC-BF49-6C73984D7494
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import ALICLOUD_RULES, ALICLOUD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_info import job


def main() -> None:
    spec = dict(
        ALICLOUD_SPEC,
        instance_id=dict(type="str", required=True),
        backup_id=dict(type="str"),
        start_time=dict(type="str"),
        end_time=dict(type="str"),
    )
    run(AnsibleModule(argument_spec=spec, supports_check_mode=True, **ALICLOUD_RULES), job)


if __name__ == "__main__":
    main()
