#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_backup_fetch
short_description: Download a backup of ApsaraDB RDS for MySQL and verify it
version_added: 1.0.0
description:
  - Downloads a backup from its signed URL to a file on the host, on several connections at once.
  - O(dest) appears only when the file is complete, verified and written to disk. Until then the bytes are in O(dest)C(.part), with a
    journal in O(dest)C(.part.journal). If the download is interrupted, the next run continues it, with the same URL or a fresh one.
    If the URL then points to another object, the download starts over and the module warns.
  - At least one of O(url), O(internal_url) and O(instance_id) is required. RV(source) shows which URL was used.
  - With O(instance_id), a download can outlast its URL. If no URL is given, or the URL has expired or is refused, the module gets a fresh URL of the same
    backup from the RDS API, once for all connections, and continues with the missing bytes.
  - The file is verified against the CRC-64 that OSS stores with the object, against O(checksum) if given, and its table of contents
    is read. An error or login page, a physical backup and other unsuitable files are refused, most of them at their first bytes.
  - An existing file that equals the object is not downloaded again. The module recognises it by O(dest)C(.fetched), a small record
    next to it, otherwise by reading it. If the URL has expired, the record is enough and no request is made.
  - With O(databases), only the bytes of these databases are downloaded. O(dest) is then a smaller archive with the same directory and C(config.txt)
    in it. The server has a CRC-64 only of the whole object, so the CRC-32 and length of each gzip member are verified instead. Everything else
    is verified as for a whole backup.
  - Two tasks that fetch to the same O(dest) at the same time do not interfere. The second one waits.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
options:
  dest:
    description:
      - The file to download to. Its directory must exist.
      - If it is a directory, the file gets the name of the object in that directory.
      - A symbolic link is followed, and its target is replaced. In a directory that others may write to, such as C(/tmp), a link, file or directory of
        another user is refused. The files that the module keeps next to it (C(.part), C(.part.journal), C(.fetched)) are never links, and belong to
        the user that runs the module, to C(root) or to the owner of the directory; anything else with these names is refused.
    type: path
    required: true
  instance_id:
    description:
      - The ID of the instance from which the backup was made, such as V(rm-bp1abcd1234). The module then gets URLs from the RDS API, using the
        options for region and credentials.
      - Without it, the access key is not needed and not sent to the host, even if C(module_defaults) of the action group set it.
    type: str
  backup_id:
    description:
      - The ID of the backup, as returned by M(apsaradb.mysql.rds_backup_info).
      - Without it, the backup is the one behind O(url) or O(internal_url), and without these the newest logical backup of O(instance_id).
    type: str
  checksum:
    description:
      - The expected checksum of the file, as V(crc64:DECIMAL), V(sha256:HEX) or V(md5:HEX). The CRC-64 is CRC-64/XZ, as in the OSS header
        C(x-oss-hash-crc64ecma).
      - If the file at O(dest) has this checksum, it is not downloaded again, and no request is made.
      - It is the checksum of the whole object, so it cannot be combined with O(databases).
    type: str
  size:
    description:
      - The expected size of the object in bytes. If the object has a different size, the module fails before the download.
      - Needed only for a server that does not report the size.
    type: int
  databases:
    description:
      - Names of databases to download instead of the whole backup. To find them, the headers of the archive are read first, which takes
        about one small request for each member before them.
      - If the backup does not have one of the names, the module fails and lists those it has.
      - A file at O(dest) that holds all of them is left as it is, even if it holds others as well or is the whole backup. A file that holds
        other databases of the same backup keeps them, and only what is missing is downloaded. With O(force=true), or if the file is from another
        backup, it is replaced.
      - If these are all databases of the backup, or the server does not support ranges, the whole object is downloaded.
      - So is a single dump file. If its name is not from RDS, it may contain a database of any name.
    type: list
    elements: str
requirements:
  - alibabacloud-tea-openapi 0.4 and alibabacloud-credentials 1.0, or newer, with Python 3.8 or newer on the host, for O(instance_id) only
extends_documentation_fragment:
  - ansible.builtin.files
  - apsaradb.mysql._alicloud
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.alicloud
  - apsaradb.mysql._progress
  - apsaradb.mysql._url
  - apsaradb.mysql._url.network
  - apsaradb.mysql._url.speed
attributes:
  check_mode:
    support: full
    details:
      - RV(size), RV(source) and RV(bytes_missing) describe what a real run would do. One byte is requested from the server.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Except with O(force=true), and with O(instance_id) if a newer backup is made between the runs.
notes:
  - A new file is readable only by its owner, because a backup contains all data. Set O(mode) to change that. A file that replaces another one
    keeps the mode of that one.
  - A URL expires after an hour. A download that has begun continues on its open connections. If one of them breaks, the missing bytes
    need a fresh URL, which O(instance_id) provides.
  - The record O(dest)C(.fetched) holds the path, size, ETag and checksums of the object, and no secret. It can be deleted at any time.
seealso:
  - module: apsaradb.mysql.rds_backup_contents_info
  - module: apsaradb.mysql.rds_backup_extract
  - module: apsaradb.mysql.rds_backup_info
"""

EXAMPLES = r"""
- name: Fetch a backup, preferably over Alibaba Cloud's internal network
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ backup_url }}"
    internal_url: "{{ backup_internal_url }}"
    dest: /var/lib/restore/shop.tar

- name: Fetch it over a slow, shared line
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ backup_url }}"
    dest: /var/lib/restore/shop.tar
    connections: 2
    bandwidth_limit: 5M
    checksum: crc64:11051210869376104954
    mode: "0640"
    group: dba

- name: Fetch the newest backup of an instance, with fresh URLs when one expires
  apsaradb.mysql.rds_backup_fetch:
    instance_id: rm-bp1abcd1234
    region: cn-hangzhou
    ecs_role_name: restore
    dest: /var/lib/restore/shop.tar

- name: Fetch two databases of a backup
  apsaradb.mysql.rds_backup_fetch:
    url: "{{ backup_url }}"
    dest: /var/lib/restore/shop.tar
    databases:
      - shop
      - forum
"""

RETURN = r"""
dest:
  description: The path of the file.
  returned: success
  type: str
  sample: /var/lib/restore/shop.tar
backup_id:
  description: The backup whose URL the RDS API returned; V(null) if the API was not called and O(backup_id) not given.
  returned: success
  type: str
  sample: "321020562"
size:
  description: The size of the file in bytes. Without O(databases), it is the size of the object.
  returned: success
  type: int
  sample: 48130048
etag:
  description: The ETag of the object, without quotes; V(null) if the server sends none.
  returned: success
  type: str
  sample: 5B3C1A2E053D763E1B002CC607C5A0FE-5
databases:
  description:
    - The databases in the file; V(null) if they are not known, as for a zip file, and in check mode if the whole backup would be fetched.
  returned: success
  type: list
  elements: str
  sample: [shop]
origin:
  description:
    - The object that the file was copied from, for O(apsaradb.mysql.mysql_sql_import#module:origin); V(null) in check mode if the file does not exist.
  returned: success
  type: dict
  contains:
    path:
      description: The path of the object, which is the same in all of its URLs. It is not a secret.
      type: str
      sample: /custins1/hins2345_data_20260101033000.tar
    version:
      description: The size and the ETag of the object.
      type: str
      sample: 48130048 "5B3C1A2E053D763E1B002CC607C5A0FE-5"
    whole:
      description: Whether the file is the whole object.
      type: bool
      sample: true
crc64:
  description:
    - The CRC-64/XZ of the file; V(null) if it is unknown. A string with a decimal number, because the number is too large for many JSON readers.
  returned: success
  type: str
  sample: "11051210869376104954"
verified_by:
  description:
    - The checks that the file has passed. V(size), V(crc64) (against the server's or the given one), V(sha256) and V(md5) (against O(checksum)),
      V(structure) (its table of contents could be read to the end) and, for a part of the object, V(gzip) (the CRC-32 and length of each member).
    - In check mode, empty if the file does not exist.
  returned: success
  type: list
  elements: str
  sample: [size, crc64, structure]
source:
  description: Which URL was used, V(internal) or V(external); V(null) if no request was needed.
  returned: success
  type: str
  sample: internal
bytes_downloaded:
  description: The number of bytes that this run received, including the headers that were read for O(databases).
  returned: success
  type: int
  sample: 31352832
bytes_resumed:
  description: The number of bytes that earlier runs had downloaded to the unfinished file (if they were verified) or to O(dest).
  returned: success
  type: int
  sample: 16777216
bytes_missing:
  description: In check mode, the number of bytes that a real run would download; otherwise 0.
  returned: success
  type: int
  sample: 0
requests:
  description: The number of HTTP requests that were made.
  returned: success
  type: int
  sample: 5
elapsed:
  description: The duration of the run in seconds.
  returned: success
  type: float
  sample: 2.731
bytes_needed:
  description: The number of bytes that the file still needs, if the disk has too little space.
  returned: failure
  type: int
  sample: 53687091200
bytes_free:
  description: The number of bytes that are free on the disk, if it has too little space.
  returned: failure
  type: int
  sample: 1073741824
expired:
  description: Whether the server refused the request because the URL has expired. The next run continues with a fresh URL.
  returned: failure
  type: bool
  sample: true
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
missing:
  description: The names in O(databases) that the backup does not have.
  returned: failure
  type: list
  elements: str
  sample: [shpo]
present:
  description: The databases of the backup, if it lacks some of O(databases).
  returned: failure
  type: list
  elements: str
  sample: [blog, shop]
recognised:
  description: What the file is, if it is not a logical backup.
  returned: failure
  type: str
  sample: xbstream
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import ALICLOUD_RULES, ALICLOUD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import SPEED_SPEC, URL_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_fetch import job


def main() -> None:
    spec = dict(
        URL_SPEC,
        **ALICLOUD_SPEC,
        **PROGRESS_SPEC,
        **SPEED_SPEC,
        dest=dict(type="path", required=True),
        instance_id=dict(type="str"),
        backup_id=dict(type="str"),
        checksum=dict(type="str"),
        size=dict(type="int"),
        databases=dict(type="list", elements="str"),
    )
    module = AnsibleModule(
        argument_spec=spec,
        required_one_of=[("url", "internal_url", "instance_id")],
        mutually_exclusive=[("databases", "checksum"), *ALICLOUD_RULES["mutually_exclusive"]],
        required_together=ALICLOUD_RULES["required_together"],
        required_by=dict(ALICLOUD_RULES["required_by"], backup_id=("instance_id",)),
        add_file_common_args=True,
        supports_check_mode=True,
    )

    run(module, job)


if __name__ == "__main__":
    main()
