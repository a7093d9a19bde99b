#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_backup_create
short_description: Create a logical backup of an ApsaraDB RDS for MySQL instance unless a recent one exists
version_added: 1.0.0
description:
  - Creates a logical backup of an instance, unless an existing one is younger than O(max_age) and contains O(databases).
  - If RDS is already making a backup of the instance, the module waits for it and uses it if it meets the requirements.
  - API calls that are throttled or get no response are retried, with growing pauses.
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
      - The databases that the backup must contain. Without it, all databases of the instance.
    type: list
    elements: str
  max_age:
    description:
      - The maximum age of an existing backup to use, as a number of seconds or with one of the units s, m, h, d and w. The age is counted from
        the start of the backup, because its data is of that time.
      - V(0) always creates a new one. RDS makes at most 20 backups of an instance per day.
    type: str
    default: 1d
  wait:
    description:
      - Whether to wait until the backup can be downloaded. Otherwise, only RV(job_id) is returned for a new backup.
    type: bool
    default: true
  timeout:
    description:
      - How many seconds to wait in total. After that, RDS continues the backup, and the next run waits for it.
    type: float
    default: 7200
  poll_interval:
    description:
      - How many seconds to wait between two requests for the state of the backup.
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
      - Reports whether a backup would be created. RV(backup) is then V(null).
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - A second run creates another backup if O(max_age) is shorter than the time between the runs, and always with O(max_age=0).
seealso:
  - module: apsaradb.mysql.rds_backup_info
  - module: apsaradb.mysql.rds_backup_fetch
"""

EXAMPLES = r"""
- name: Ensure that a backup at most 12 hours old exists
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

- name: Start a new backup of one database without waiting for it
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
  description:
    - The backup, with the same keys as RV(apsaradb.mysql.rds_backup_info#module:backups), for example
      RV(apsaradb.mysql.rds_backup_info#module:backups[].download_url).
    - V(null) in check mode when a backup would be created, and with O(wait=false) if it is not complete yet.
  returned: success
  type: dict
instance:
  description: The instance.
  returned: success
  type: dict
  contains:
    id:
      description: The ID of the instance.
      type: str
      sample: rm-bp1abcd1234
job_id:
  description: The ID of the backup job that was started or, with O(wait=false), is running; V(null) if none was needed.
  returned: success, or when the backup failed or was not complete in time
  type: str
  sample: "5073731"
reasons:
  description: Why RDS does not make logical backups of the instance, one sentence each.
  returned: when RDS does not make them
  type: list
  elements: str
  sample: ["The edition is Basic, not High-availability Edition."]
api_code:
  description: The error code of the API, if it refused the request.
  returned: failure
  type: str
  sample: BackupTimesExceeded
request_id:
  description: The API's ID of the refused request.
  returned: failure
  type: str
  sample: 1A6D328C-84B8-40DC-BF49-6C73984D7494
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import ALICLOUD_RULES, ALICLOUD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
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
