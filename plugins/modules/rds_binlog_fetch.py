#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_binlog_fetch
short_description: Download the binlogs of an ApsaraDB RDS for MySQL instance that are needed to reach a point in time
version_added: 1.0.0
description:
  - Downloads the binlogs that a restored database needs to reach a point in time, into one directory, and verifies each. They are the files of the recovery
    window that M(apsaradb.mysql.rds_binlog_info) describes, chosen by their GTIDs, from either node of a pair.
  - If the point in time cannot be reached, the module fails before it downloads anything, and shows the window that can be reached.
  - A file appears under its name only when it is complete, verified and written to disk. The next run continues an interrupted download. A URL that
    has expired is replaced with a fresh one. A file that is already there is not downloaded again, and no request is made for it.
  - Each file is verified against the CRC-64 that RDS and OSS store with it, and its events are read from the first to the last.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
options:
  instance_id:
    description:
      - The ID of the instance, such as V(rm-bp1abcd1234).
    type: str
    required: true
  dest:
    description:
      - The directory to download to. It must exist.
      - The files get the ID of the node and their own name, such as C(5882781-mysql-bin.000123). Files of two nodes do not collide, and a server can use
        the files as its binlogs, in the order of RV(binlogs).
    type: path
    required: true
  until:
    description:
      - The point in time to reach, such as V(2026-01-31T09:41:00Z) or V(2026-01-31 17:41:00+08:00). Without a zone it is UTC.
      - Without it, all binlogs of the period are fetched.
    type: str
  until_gtid:
    description:
      - The transactions to reach, as a GTID set. The binlogs up to the one with the last of them are fetched.
    type: str
  before_statement:
    description:
      - A regular expression, as for O(apsaradb.mysql.mysql_roll_forward#module:before_statement). Each binlog is searched after its download, and the first one
        with a matching statement is the last one fetched. If no statement matches, all binlogs of the period are fetched.
      - Statements in O(gtid_set) are ignored. In check mode, only binlogs that are already there are searched.
    type: str
  upload_newest:
    description:
      - If O(until) or O(until_gtid) is after the end of the uploaded binlogs, or neither is given, have RDS upload the newest binlog first, and wait
        for it for ten minutes at most.
      - This changes the instance. It begins a new binlog and deletes the uploaded ones from its disk (C(PurgeDBInstanceLog)), so replicas that follow
        the instance must no longer need them.
    type: bool
    default: false
requirements:
  - alibabacloud-tea-openapi 0.4 and alibabacloud-credentials 1.0, or newer, with Python 3.8 or newer on the host
extends_documentation_fragment:
  - ansible.builtin.files
  - apsaradb.mysql._alicloud
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.alicloud
  - apsaradb.mysql._binlog
  - apsaradb.mysql._progress
  - apsaradb.mysql._url.network
  - apsaradb.mysql._url.speed
attributes:
  check_mode:
    support: full
    details:
      - The beginning of each binlog is requested, as in M(apsaradb.mysql.rds_binlog_info). O(upload_newest) is predicted and not requested.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Except with O(force=true), without O(until) while RDS uploads further binlogs, and with O(upload_newest=true) without O(until).
notes:
  - A new file is readable only by its owner, because a binlog contains data. Set O(mode) to change that.
seealso:
  - module: apsaradb.mysql.rds_binlog_info
"""

EXAMPLES = r"""
- name: Fetch the binlogs between a backup and the time of an accident
  apsaradb.mysql.rds_binlog_fetch:
    instance_id: rm-bp1abcd1234
    region: cn-hangzhou
    since_backup: "321020562"
    gtid_set: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4711
    until: 2026-11-28T09:41:00Z
    dest: /var/lib/restore/binlogs

- name: Fetch the binlogs of two days
  apsaradb.mysql.rds_binlog_fetch:
    instance_id: rm-bp1abcd1234
    region: cn-hangzhou
    start_time: 2026-11-27
    end_time: 2026-11-29
    dest: /var/lib/restore/binlogs
    bandwidth_limit: 20M
"""

RETURN = r"""
dest:
  description: The path of the directory.
  returned: success
  type: str
  sample: /var/lib/restore/binlogs
binlogs:
  description: The files, in the order in which a server must apply them.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The path of the file.
      type: str
      sample: /var/lib/restore/binlogs/5882781-mysql-bin.000123
    name:
      description: Its name on the node that wrote it.
      type: str
      sample: mysql-bin.000123
    host_instance:
      description: The ID of that node.
      type: str
      sample: "5882781"
    changed:
      description: Whether this run has changed the file.
      type: bool
      sample: true
    begin:
      description: When the file was begun, in UTC.
      type: str
      sample: "2026-01-31T08:00:00Z"
    end:
      description: When the file was closed, in UTC.
      type: str
      sample: "2026-01-31T09:10:00Z"
    size:
      description: Its size in bytes.
      type: int
      sample: 524288123
    crc64:
      description: Its CRC-64/XZ in decimal; V(null) if it is unknown.
      type: str
      sample: "11051210869376104954"
    verified_by:
      description: The checks that it has passed, V(size), V(crc64) and V(events) (all events could be read).
      type: list
      elements: str
      sample: [size, crc64, events]
    source:
      description: Which URL was used, V(internal) or V(external); V(null) if no request was needed.
      type: str
      sample: internal
    bytes_downloaded:
      description: The number of bytes that this run received.
      type: int
      sample: 524288123
    bytes_missing:
      description: In check mode, the number of bytes that a real run would download; otherwise 0.
      type: int
      sample: 0
window:
  description: The recovery window, as returned by M(apsaradb.mysql.rds_binlog_info).
  returned: success, and failure if the point in time cannot be reached
  type: dict
bytes_downloaded:
  description: The number of bytes that this run received, of all files.
  returned: success
  type: int
  sample: 1073741824
bytes_missing:
  description: In check mode, the number of bytes that a real run would download; otherwise 0.
  returned: success
  type: int
  sample: 0
bytes_needed:
  description: The number of bytes that are still needed, if the disk has too little space.
  returned: failure
  type: int
  sample: 53687091200
bytes_free:
  description: The number of bytes that are free on the disk, if it has too little space.
  returned: failure
  type: int
  sample: 1073741824
recognised:
  description: Why a file cannot be used, V(encrypted), V(cut), V(damaged) or V(not a binlog).
  returned: failure
  type: str
  sample: encrypted
byte:
  description: The position in that file at which the problem was found.
  returned: failure
  type: int
  sample: 4711
api_code:
  description: The error code of the RDS API, if it refused the request.
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
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._binlog_listing import PERIOD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._stop_point import STOP_SPEC, STOPS
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import NETWORK_SPEC, SPEED_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_binlog_fetch import job


def main() -> None:
    spec = dict(
        NETWORK_SPEC,
        **ALICLOUD_SPEC,
        **PERIOD_SPEC,
        **PROGRESS_SPEC,
        **SPEED_SPEC,
        instance_id=dict(type="str", required=True),
        dest=dict(type="path", required=True),
        **STOP_SPEC,
        upload_newest=dict(type="bool", default=False),
    )
    rules = dict(ALICLOUD_RULES)
    rules["mutually_exclusive"] = [*ALICLOUD_RULES["mutually_exclusive"], ("start_time", "since_backup"), STOPS]
    module = AnsibleModule(argument_spec=spec, add_file_common_args=True, supports_check_mode=True, **rules)

    run(module, job)


if __name__ == "__main__":
    main()
