#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_backup_create
short_description: See that an ApsaraDB RDS for MySQL instance has a young logical backup
version_added: 0.1.0
description:
  - Makes a logical backup of an instance, but only when there is none yet that is younger than O(max_age) and holds O(databases).
  - When RDS is making a backup of the instance already, that one is waited for, and taken if it will do.
  - Calls that are throttled or get no answer are repeated, with growing pauses.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
options:
  instance_id:
    description:
      - The ID of the instance, such as V(rm-bp1abcd1234).
    type: str
    required: true
  databases:
    description:
      - The databases the backup must hold. Without it, all that the instance has.
    type: list
    elements: str
  max_age:
    description:
      - How old a backup may be to be good enough, as a number of seconds or with one of the units s, m, h, d and w. The age counts from
        the start of the backup, which is the state of the data in it.
      - V(0) makes a new one in any case. RDS makes 20 of an instance in a day at most.
    type: str
    default: 1d
  wait:
    description:
      - Whether to wait until the backup can be downloaded. Otherwise RV(job_id) is all that is told of a new one.
    type: bool
    default: true
  timeout:
    description:
      - The seconds to wait, in all. What was begun goes on in RDS after that, and the next run waits for it.
    type: float
    default: 7200
  poll_interval:
    description:
      - The seconds between two looks at the backup while it is made.
    type: float
    default: 15
extends_documentation_fragment:
  - apsaradb.mysql._alicloud
  - apsaradb.mysql._alicloud.alone
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.alicloud
  - apsaradb.mysql._progress
attributes:
  check_mode:
    support: full
    details:
      - Tells whether a backup would be made. RV(backup) is null then.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - A second run makes another backup when O(max_age) is shorter than the time between the runs, and always with O(max_age=0).
seealso:
  - module: apsaradb.mysql.rds_backup_info
  - module: apsaradb.mysql.rds_backup_fetch
"""

EXAMPLES = r"""
- name: A backup of today's data
  apsaradb.mysql.rds_backup_create:
    instance_id: rm-bp1abcd1234
    region: cn-hangzhou
    max_age: 12h
  delegate_to: localhost
  run_once: true
  no_log: true # the URLs are secrets
  register: made

- name: Fetch it
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ made.backup.download_url }}"
    internal_url: "{{ made.backup.internal_url }}"
    dest: /var/lib/restore/rm-bp1abcd1234.tar

- name: A new backup of one database, without waiting for it
  apsaradb.mysql.rds_backup_create:
    instance_id: rm-bp1abcd1234
    region: cn-hangzhou
    databases: [shop]
    max_age: "0"
    wait: false
  delegate_to: localhost
"""

RETURN = r"""
backup:
  description: The backup, as M(apsaradb.mysql.rds_backup_info) tells of it; null in check mode and without O(wait) when it is not there yet.
  returned: success
  type: dict
  contains:
    id:
      description: The ID of the backup set.
      type: str
      sample: "321020562"
    databases:
      description: The databases in it; null where RDS does not tell.
      type: list
      elements: str
      sample: [shop, crm]
    size:
      description: Its size in bytes, as RDS tells it; null where it does not.
      type: int
      sample: 48130048
    start_time:
      description: When it was begun, in UTC. The data in it is of that time.
      type: str
      sample: "2026-01-31T12:20:00Z"
    end_time:
      description: When it was complete, in UTC.
      type: str
      sample: "2026-01-31T12:24:09Z"
    download_url:
      description: The signed URL on the internet. It is a secret while it lives.
      type: str
    internal_url:
      description: The signed URL inside of the instance's region. It is a secret while it lives.
      type: str
    url_expires_at:
      description: When the first of the two URLs expires, in UTC; null where they do not tell.
      type: str
      sample: "2026-01-31T15:00:00Z"
    checksum:
      description: The CRC-64 that RDS gives; null where there is none. Whether it is that of the file in OSS is not documented.
      type: str
      sample: "11051210869376104954"
job_id:
  description: The ID of the backup job that was begun, or that is running without O(wait); null when none was needed.
  returned: success, or when the backup failed or was not complete in time
  type: str
  sample: "5073731"
reasons:
  description: Why RDS makes no logical backups of the instance, one sentence each.
  returned: when it does not
  type: list
  elements: str
  sample: ["The edition is Basic, not High-availability Edition."]
api_code:
  description: The error code of the API, when it refused.
  returned: failure
  type: str
  sample: BackupTimesExceeded
request_id:
  description: The API's ID of the request it refused.
  returned: failure
  type: str
  sample: 1A6D328C-84B8-40DC-BF49-6C73984D7494
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import ALICLOUD_RULES, ALICLOUD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._status_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_create import job


def main() -> None:
    spec = dict(
        ALICLOUD_SPEC,
        **PROGRESS_SPEC,
        instance_id=dict(type="str", required=True),
        databases=dict(type="list", elements="str"),
        max_age=dict(type="str", default="1d"),
        wait=dict(type="bool", default=True),
        timeout=dict(type="float", default=7200),
        poll_interval=dict(type="float", default=15),
    )
    run(AnsibleModule(argument_spec=spec, supports_check_mode=True, **ALICLOUD_RULES), job)


if __name__ == "__main__":
    main()
