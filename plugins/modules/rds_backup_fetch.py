#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_backup_fetch
short_description: Download a backup of ApsaraDB RDS for MySQL, complete or not at all
version_added: 0.1.0
description:
  - Downloads a backup from its signed URL to a file on the host, on several connections at once.
  - O(dest) appears only when the file is complete, verified and on the disk. Until then the bytes are in O(dest)C(.part), with a
    journal in O(dest)C(.part.journal). Whatever interrupts the download, the next run continues it, with the same URL or a fresh one.
    When another object is behind the URL by then, it starts over and says so.
  - At least one of O(url), O(internal_url) and O(instance_id) is required. RV(source) tells which URL was used.
  - With O(instance_id), a download outlives its URL. When there is no URL, and whenever it has expired or is refused, a fresh one of the same
    backup is asked of the RDS API, once for all connections, and the download goes on with the bytes that are missing.
  - The file is compared with the CRC-64 that OSS keeps of the object, with O(checksum) where given, and its table of contents
    is read. An error or login page, a physical backup and other wrong files are refused, most of them at their first bytes.
  - A file that is there already and is the object is not downloaded again. The module knows it by O(dest)C(.fetched), a small file
    beside it, or else by reading it. When the URL has expired, not even a request is made.
  - With O(databases), only the bytes of these are fetched. What is at O(dest) then is a smaller archive with the same folder and C(config.txt)
    in it, with the same care for its bytes but one. The server has a CRC-64 of the whole object only, so in its place the CRC-32 and the length
    in each member's gzip are checked.
  - Two tasks that fetch to the same O(dest) at the same time do not disturb each other. The second one waits.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
options:
  dest:
    description:
      - The file to download to. Its folder must exist.
      - When it is a folder, the file gets the name of the object there.
    type: path
    required: true
  instance_id:
    description:
      - The ID of the instance whose backup it is, such as V(rm-bp1abcd1234). It lets the module ask the RDS API for URLs, with the options for
        region and credentials below.
    type: str
  backup_id:
    description:
      - The ID of the backup, as M(apsaradb.mysql.rds_backup_info) tells it.
      - Without it, the backup is the one behind O(url) or O(internal_url), and without these the newest logical backup of O(instance_id).
    type: str
  checksum:
    description:
      - What the file must be, as V(crc64:DECIMAL), V(sha256:HEX) or V(md5:HEX). The CRC-64 is CRC-64/XZ, as OSS gives it in
        C(x-oss-hash-crc64ecma).
      - A file at O(dest) that has it is not downloaded again, and nothing is asked of the server.
      - It is a checksum of the whole object, so it cannot be given together with O(databases).
    type: str
  size:
    description:
      - The size of the object in bytes, when it is known. Another size is an error, found before the download.
      - Needed only for a server that does not tell the size.
    type: int
  connections:
    description:
      - How many connections to use, 32 at most. A server that gives no ranges is read on one.
    type: int
    default: 4
  part_size:
    description:
      - The most bytes after which progress is written down, such as V(16M). At least V(64K). Small objects get smaller parts, and those
        of more than 10,000 parts larger ones.
      - After a crash at most so much for each connection is downloaded again.
    type: bytes
    default: 16M
  bandwidth_limit:
    description:
      - The most bytes in a second that all connections together may take, such as V(20M). V(0) is no limit.
    type: bytes
    default: "0"
  databases:
    description:
      - Names of databases to fetch instead of the whole backup. The headers of the archive are read where it lies to find them, which takes
        about one small request for each member in front of them.
      - A name that the backup does not have is an error, which lists those that it has.
      - A file at O(dest) that holds all of them is left as it is, also when it holds others as well or is the whole backup. One that holds
        other databases of the same backup keeps them, and only what is missing is fetched. With O(force), and for another backup, it is replaced.
      - When these are all databases of the backup, or the server gives no ranges, the whole object is fetched.
    type: list
    elements: str
  force:
    description:
      - Download even if O(dest) is there already. An unfinished download of the same object is still continued, since its bytes are verified.
    type: bool
    default: false
requirements:
  - requests on the host
  - fastcrc or liblzma on the host, for the CRC-64. Without them the file is not verified, and a warning says so.
  - alibabacloud-tea-openapi 0.4 and alibabacloud-credentials 1.0, or newer, with Python 3.8 or newer on the host, for O(instance_id) alone
extends_documentation_fragment:
  - ansible.builtin.files
  - apsaradb.mysql._alicloud
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.alicloud
  - apsaradb.mysql._progress
  - apsaradb.mysql._url
attributes:
  check_mode:
    support: full
    details:
      - RV(size), RV(source) and RV(bytes_missing) tell what a run would do. One byte is asked of the server.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - Except with O(force=true), and with O(instance_id) when a newer backup has been made in between.
notes:
  - A new file is readable by its owner alone, since a backup holds everything. Give O(mode) to change that. A file that is replaced passes on
    its mode.
  - A URL lives for an hour. A download that has begun goes on after that, on the connections it has. What is missing when one of them breaks
    needs a fresh URL, which O(instance_id) provides.
  - The record O(dest)C(.fetched) holds path, size, ETag and checksums of the object, and no secret. It may be deleted at any time.
seealso:
  - module: apsaradb.mysql.rds_backup_extract
  - module: apsaradb.mysql.rds_backup_info
"""

EXAMPLES = r"""
- name: Fetch a backup, from inside Alibaba Cloud's network if possible
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ backup_url }}"
    internal_url: "{{ backup_internal_url }}"
    dest: /var/lib/restore/shop.tar

- name: Fetch it over a slow line that others use as well
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ backup_url }}"
    dest: /var/lib/restore/shop.tar
    connections: 2
    bandwidth_limit: 5M
    checksum: crc64:11051210869376104954
    mode: "0640"
    group: dba

- name: Fetch the newest backup of an instance, however long it takes
  apsaradb.mysql.rds_backup_fetch:
    instance_id: rm-bp1abcd1234
    region: cn-hangzhou
    ecs_role_name: restore
    dest: /var/lib/restore/shop.tar

- name: Fetch two of its databases, and nothing else
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ backup_url }}"
    dest: /var/lib/restore/shop.tar
    databases:
      - shop
      - shop-archive
"""

RETURN = r"""
dest:
  description: The path of the file.
  returned: success
  type: str
  sample: /var/lib/restore/shop.tar
backup_id:
  description: The backup that the RDS API gave the URL of; V(null) when it was not asked and O(backup_id) not given.
  returned: success
  type: str
  sample: "321020562"
size:
  description: The size of the file in bytes, which is that of the object unless O(databases) was given.
  returned: success
  type: int
  sample: 48130048
etag:
  description: The ETag of the object, without quotes; null where the server gives none.
  returned: success
  type: str
  sample: 5B3C1A2E053D763E1B002CC607C5A0FE-5
databases:
  description:
    - The databases in the file; null when that is not known, as for a zip, and in check mode when the whole backup would be fetched.
  returned: success
  type: list
  elements: str
  sample: [shop]
crc64:
  description: The CRC-64/XZ of the file, as a decimal number in a string since it is too large for many JSON readers; null where it is unknown.
  returned: success
  type: str
  sample: "11051210869376104954"
verified_by:
  description:
    - The proofs the file has passed, of V(size), V(crc64) (against the server's or the given one), V(sha256) and V(md5) (against O(checksum)),
      V(structure) (its table of contents could be read to the end) and, for a part of the object, V(gzip) (the CRC-32 and length of each member).
    - In check mode empty when the file is not there.
  returned: success
  type: list
  elements: str
  sample: [size, crc64, structure]
source:
  description: V(internal) or V(external), the address that was used; null when no request was needed.
  returned: success
  type: str
  sample: internal
bytes_downloaded:
  description: The bytes that this run received, the headers that were read for O(databases) included.
  returned: success
  type: int
  sample: 31352832
bytes_resumed:
  description: The bytes that earlier runs had downloaded, to the unfinished file where they were found to be right, or to O(dest).
  returned: success
  type: int
  sample: 16777216
bytes_missing:
  description: In check mode, the bytes that are still to be downloaded; 0 after a real run.
  returned: success
  type: int
  sample: 0
requests:
  description: How many requests were made.
  returned: success
  type: int
  sample: 5
elapsed:
  description: How long it took, in seconds.
  returned: success
  type: float
  sample: 2.731
bytes_needed:
  description: How many bytes more the file needs, when the disk has too little space.
  returned: failure
  type: int
  sample: 53687091200
bytes_free:
  description: How many bytes are free on the disk, when it has too little space.
  returned: failure
  type: int
  sample: 1073741824
expired:
  description: Whether the server refused because the URL has expired. With a fresh one the next run continues.
  returned: failure
  type: bool
  sample: true
api_code:
  description: The error code of the RDS API, when it refused.
  returned: failure
  type: str
  sample: InvalidDBInstanceId.NotFound
request_id:
  description: The API's ID of the request it refused.
  returned: failure
  type: str
  sample: 1A6D328C-84B8-40DC-BF49-6C73984D7494
missing:
  description: The names in O(databases) that the backup does not have.
  returned: failure
  type: list
  elements: str
  sample: [shpo]
present:
  description: The databases of the backup, when it does not have all that were named.
  returned: failure
  type: list
  elements: str
  sample: [blog, shop]
recognised:
  description: What the file is, when it is no logical backup.
  returned: failure
  type: str
  sample: xbstream
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import ALICLOUD_RULES, ALICLOUD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._status_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_fetch import job


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "dest": {"type": "path", "required": True},
            "instance_id": {"type": "str"},
            "backup_id": {"type": "str"},
            "checksum": {"type": "str"},
            "size": {"type": "int"},
            "databases": {"type": "list", "elements": "str"},
            "connections": {"type": "int", "default": 4},
            "part_size": {"type": "bytes", "default": "16M"},
            "bandwidth_limit": {"type": "bytes", "default": "0"},
            "force": {"type": "bool", "default": False},
            **URL_SPEC,
            **ALICLOUD_SPEC,
            **PROGRESS_SPEC,
        },
        required_one_of=[("url", "internal_url", "instance_id")],
        mutually_exclusive=[("databases", "checksum"), *ALICLOUD_RULES["mutually_exclusive"]],
        required_together=ALICLOUD_RULES["required_together"],
        required_by=dict(ALICLOUD_RULES["required_by"], backup_id=("instance_id",)),
        add_file_common_args=True,
        supports_check_mode=True,
    )

    def attributes(path: str) -> bool:
        return bool(module.set_fs_attributes_if_different(module.load_file_common_arguments(module.params, path=path), False))

    run(module, lambda call: job(call, attributes))


if __name__ == "__main__":
    main()
