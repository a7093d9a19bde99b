#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_backup_extract
short_description: Extract the SQL files of a logical backup of ApsaraDB RDS for MySQL
version_added: 1.0.0
description:
  - Extracts the SQL files of a logical backup on the host that has the backup.
  - An import does not need this. M(apsaradb.mysql.mysql_sql_import) reads a backup without extracting it.
  - Files are recognised by their content. A physical backup, an error page that was saved instead of the backup, a truncated
    archive and other unsuitable files are refused with a message that says what the file is and what to do instead.
  - Both layouts of RDS are supported. One has a directory for each database with C(schema.sql.gz) and C(data.sql.gz) in it, the other has one
    file for each database called C(DATABASE_datafull_TIME_DIGITS.sql.gz). A single C(.sql) or C(.sql.gz) file is a backup of one database.
  - Each database gets its own directory, O(dest)C(/DATABASE/), with C(schema.sql.gz) and C(data.sql.gz) for the first
    layout and the file under its own name for the second. O(apsaradb.mysql.mysql_sql_import#module:src) accepts such a directory.
  - A file gets its final name only when it is complete and written to disk, and its gzip checksum is correct. Existing files
    are compared with the archive byte by byte, and an interrupted run continues where it stopped.
options:
  src:
    description:
      - The backup, a C(.tar) file from RDS or a single C(.sql) or C(.sql.gz) file, on the host.
      - To extract a backup behind a URL, download it with M(apsaradb.mysql.rds_backup_fetch) first.
    type: path
    required: true
  dest:
    description:
      - The directory to extract to. It is created if it is missing.
      - Give each backup its own directory. A database directory that holds dumps of another backup is refused.
      - In a directory that others may write to, such as C(/tmp), directories, files and links of other users are refused.
    type: path
    required: true
  databases:
    description:
      - Names of the databases to extract. A name that the backup does not have is an error.
      - Without it, all databases are extracted except the system schemas C(mysql), C(sys), C(information_schema), C(performance_schema) and
        C(__recycle_bin__), which must be named here.
    type: list
    elements: str
  exclude:
    description:
      - Names of databases to leave out. Names that the backup does not have are ignored.
    type: list
    elements: str
    default: []
  decompress:
    description:
      - Whether to write C(.sql) files instead of C(.sql.gz) files.
      - An import does not need this. It takes five to ten times the disk space.
    type: bool
    default: false
  max_ratio:
    description:
      - A dump that decompresses to more than this many times its compressed size is refused as a gzip bomb. Up to 64 MiB
        of decompressed data is always accepted.
    type: float
    default: 250
extends_documentation_fragment:
  - ansible.builtin.files
  - apsaradb.mysql._attributes
  - apsaradb.mysql._progress
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the files that are added and removed.
  idempotent:
    support: full
notes:
  - A new file is readable only by its owner, because a dump contains all data. Set O(mode) to change that. The modes and owners
    in the archive are ignored. Folders get O(owner) and O(group), but not O(mode).
  - Only regular SQL files are written. An archive with links, devices, names that lead out of the archive, names with control
    characters or duplicate members is refused as a whole.
  - When O(decompress) changes between two runs, the other form of each file is removed, so that a directory never holds
    the same dump twice.
seealso:
  - module: apsaradb.mysql.rds_backup_contents_info
  - module: apsaradb.mysql.rds_backup_fetch
  - module: apsaradb.mysql.mysql_sql_import
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
"""

EXAMPLES = r"""
- name: Extract all databases
  apsaradb.mysql.rds_backup_extract:
    src: /var/backups/hins2345_data_20260101033000.tar
    dest: /var/backups/hins2345_data_20260101033000
    mode: "0600"

- name: Extract one database as plain SQL
  apsaradb.mysql.rds_backup_extract:
    src: /var/backups/hins2345_data_20260101033000.tar
    dest: /var/backups/shop_20260101
    databases:
      - shop
    decompress: true
"""

RETURN = r"""
layout:
  description: See RV(apsaradb.mysql.rds_backup_contents_info#module:layout).
  returned: success
  type: str
  sample: directories
root:
  description: See RV(apsaradb.mysql.rds_backup_contents_info#module:root).
  returned: success
  type: str
  sample: hins2345_data_20260101033000
config:
  description: See RV(apsaradb.mysql.rds_backup_contents_info#module:config).
  returned: success
  type: str
  sample: "charset=utf8mb4\n"
dest:
  description: The directory to which the files were extracted.
  returned: success
  type: str
  sample: /var/backups/hins2345_data_20260101033000
databases:
  description: The extracted databases, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the database.
      type: str
      sample: shop
    files:
      description: Its files, in the order in which they must be imported.
      type: list
      elements: dict
      contains:
        path:
          description: The path of the file on the host; in check mode, the path that it would have.
          type: str
          sample: /var/backups/hins2345_data_20260101033000/shop/schema.sql.gz
        member:
          description: The path of the file in the archive.
          type: str
          sample: hins2345_data_20260101033000/shop/schema.sql.gz
        role:
          description: What the file contains, V(schema), V(data), or V(all) for both.
          type: str
          sample: schema
        compressed:
          description: Whether the file at RV(databases[].files[].path) is a gzip file.
          type: bool
          sample: true
        size:
          description:
            - The size of that file in bytes.
            - In check mode with O(decompress), this is an estimate for a gzip file with more than 4 GiB of content or several gzip members. If the
              free disk space is not much larger, the file is decompressed to measure it.
          type: int
          sample: 48213
left_out:
  description: What was not extracted. Names of databases, and paths in the archive for files that belong to no database.
  returned: success
  type: list
  elements: str
  sample:
    - mysql
bytes_needed:
  description: The number of bytes that had to be written, without those that already existed.
  returned: success, and failure if the disk has too little space
  type: int
  sample: 73728
bytes_free:
  description: The number of bytes that the user can still write to the file system of O(dest) after the extraction, or before it if it failed.
  returned: success, and failure if the disk has too little space
  type: int
  sample: 90713751552
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
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import hide_url
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_extract import job


def main() -> None:
    spec = dict(
        PROGRESS_SPEC,
        src=dict(type="path", required=True),
        dest=dict(type="path", required=True),
        databases=dict(type="list", elements="str"),
        exclude=dict(type="list", elements="str", default=[]),
        decompress=dict(type="bool", default=False),
        max_ratio=dict(type="float", default=250),
    )
    module = AnsibleModule(argument_spec=spec, add_file_common_args=True, supports_check_mode=True)
    hide_url(module, "src")

    run(module, job)


if __name__ == "__main__":
    main()
