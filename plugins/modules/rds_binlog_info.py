#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_binlog_info
short_description: List the binlogs of an ApsaraDB RDS for MySQL instance, and the points in time that can be recovered with them
version_added: 1.0.0
description:
  - Lists the binlogs of an instance that RDS has uploaded, of both nodes of a pair, or the binlogs in a local directory.
  - Reads the beginning of each file, which names its server and all transactions before it. For an object in OSS, this takes one request for 1 KiB, and
    more only if the set of transactions is longer.
  - Returns the recovery window, which is the period that can be reached from a restored backup by applying binlogs, with the files that this takes, their
    order, and the gaps, each with its cure. Files are chosen by their GTIDs and not by their names, so one node fills the gaps of
    the other.
  - Recognises encrypted and truncated files and files that are not MySQL binlogs.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
options:
  instance_id:
    description:
      - The ID of the instance, such as V(rm-bp1abcd1234).
    type: str
  src:
    description:
      - A directory of binlogs on the host, instead of an instance, and without O(start_time), O(end_time) and O(since_backup). Files whose name ends in a
        number, such as C(mysql-bin.000123), are read.
      - A file that its server has not closed, and the last one of each server, are read to the end. The names of files of different servers must differ
        in the part before the number, as those given by M(apsaradb.mysql.rds_binlog_fetch) do.
    type: path
extends_documentation_fragment:
  - apsaradb.mysql._alicloud
  - apsaradb.mysql._alicloud.alone
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.alicloud
  - apsaradb.mysql._attributes.info
  - apsaradb.mysql._binlog
  - apsaradb.mysql._url.network
requirements:
  - requests on the host, for O(instance_id) only
seealso:
  - module: apsaradb.mysql.rds_backup_info
  - module: apsaradb.mysql.rds_binlog_fetch
"""

EXAMPLES = r"""
- name: Find the points in time that can be reached from a backup
  apsaradb.mysql.rds_binlog_info:
    instance_id: rm-bp1abcd1234
    region: cn-hangzhou
    since_backup: "321020562"
    gtid_set: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4711
  delegate_to: localhost
  run_once: true
  no_log: true # the URLs are secrets
  register: found

- name: Show them
  ansible.builtin.debug:
    msg: "{{ found.window }}"

- name: The same with files on this host
  apsaradb.mysql.rds_binlog_info:
    src: /var/lib/restore/binlogs
    gtid_set: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4711
"""

RETURN = r"""
binlogs:
  description: The binlogs, those of each server in order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the file.
      type: str
      sample: mysql-bin.000123
    host_instance:
      description: The ID of the node that wrote it; for local files, the name before the number.
      type: str
      sample: "5882781"
    path:
      description: The path of a local file. Only with O(src).
      type: str
      sample: /var/lib/restore/binlogs/5882781-mysql-bin.000123
    size:
      description: The size in bytes; V(null) if RDS does not report it.
      type: int
      sample: 524288123
    begin:
      description: When the file was begun, in UTC; V(null) if unknown.
      type: str
      sample: "2026-01-31T08:00:00Z"
    end:
      description: When it was closed or, if it was not, the time of its last transaction, in UTC; V(null) if unknown.
      type: str
      sample: "2026-01-31T09:10:00Z"
    status:
      description:
        - V(readable), V(uploading) (RDS has not finished the upload), V(unavailable) (a warning says why), V(encrypted), V(cut), V(damaged) or
          V(not a binlog).
      type: str
      sample: readable
    needed:
      description: Whether the file is in the recovery window.
      type: bool
      sample: true
    server_id:
      description: The server ID of the server that wrote it; V(null) if it could not be read.
      type: int
      sample: 1097
    server_version:
      description: The version of that server; V(null) if it could not be read.
      type: str
      sample: 8.0.36
    gtids_before:
      description: All transactions before the file, as a GTID set; V(null) if it could not be read.
      type: str
      sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4000
    gtids:
      description: The transactions in the file; V(null) if neither the next file nor, with O(src), its events show them.
      type: str
      sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:4001-5000
    checksum:
      description: The CRC-64 that RDS reports; V(null) if it reports none. Only with O(instance_id), like the following keys.
      type: str
      sample: "11051210869376104954"
    download_url:
      description: The signed URL on the internet. It is a secret until it expires.
      type: str
    internal_url:
      description: The signed URL inside the region of the instance. It is a secret until it expires.
      type: str
    url_expires_at:
      description: When the URLs expire, in UTC.
      type: str
      sample: "2026-01-31T15:00:00Z"
window:
  description: The recovery window of these binlogs.
  returned: success
  type: dict
  contains:
    from:
      description:
        - The beginning of the period that can be reached, in UTC; V(null) if nothing can be reached. With O(gtid_set), no time before the backup can be
          reached, even if the first binlog begins earlier.
      type: str
      sample: "2026-01-31T08:00:00Z"
    to:
      description: The end of the period that can be reached, in UTC.
      type: str
      sample: "2026-01-31T12:20:00Z"
    gtid_set:
      description: The transactions that a server contains at the end of the period.
      type: str
      sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5000
    exact:
      description: Whether RV(window.gtid_set) is complete. V(false) if the content of the last file is unknown.
      type: bool
      sample: false
    binlogs:
      description: The files to apply, in order.
      type: list
      elements: dict
      sample: [{"host_instance": "5882781", "name": "mysql-bin.000123"}]
    gaps:
      description: The periods that cannot be reached, in order. After the first gap, nothing can be reached from this backup.
      type: list
      elements: dict
      contains:
        kind:
          description:
            - V(purged) (no file contains the transactions that follow O(gtid_set)), V(missing), V(not uploaded) (the time after the newest file), or the status
              of a file.
          type: str
          sample: missing
        host_instance:
          description: The node of the file before the gap, or, with V(purged), of the one after it.
          type: str
          sample: "5882781"
        after:
          description: The name of the file before the gap; V(null) if there is none.
          type: str
          sample: mysql-bin.000124
        binlog:
          description: The name of the file that would fill it; V(null) if it is not known.
          type: str
          sample: mysql-bin.000125
        from:
          description: The beginning of the gap, in UTC; V(null) if unknown.
          type: str
          sample: "2026-01-31T12:20:00Z"
        to:
          description: The end of the gap, in UTC; V(null) if unknown.
          type: str
          sample: "2026-01-31T13:00:00Z"
        gtid_set:
          description:
            - The transactions in the gap, together with those of the file before it if the content of that file is unknown. Empty if they are not known.
          type: str
          sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:5001-6000
        cure:
          description: What to do about the gap.
          type: str
          sample: Wait until the upload is complete, and run the task again.
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
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._binlog_listing import PERIOD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import NETWORK_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_binlog_info import job


def main() -> None:
    spec = dict(NETWORK_SPEC, **ALICLOUD_SPEC, **PERIOD_SPEC, instance_id=dict(type="str"), src=dict(type="path"))
    rules = dict(ALICLOUD_RULES)
    alone = [("src", option) for option in ("instance_id", "start_time", "end_time", "since_backup")]
    rules["mutually_exclusive"] = [*ALICLOUD_RULES["mutually_exclusive"], *alone, ("start_time", "since_backup")]
    run(AnsibleModule(argument_spec=spec, supports_check_mode=True, required_one_of=[("instance_id", "src")], **rules), job)


if __name__ == "__main__":
    main()
