#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_backup_extract
short_description: Unpack or list a logical backup of ApsaraDB RDS for MySQL
version_added: 0.1.0
description:
  - Unpacks the SQL files of a logical backup on the host where the backup lies, or only tells what is inside.
  - The kind of file is told by its content. A physical backup, an error page that was saved instead of the backup, a cut
    archive and other wrong files are refused with a sentence that says what the file is and what to do instead.
  - Both layouts of RDS are known, a folder for each database with C(schema.sql.gz) and C(data.sql.gz), and one file for each
    database called C(DATABASE_datafull_TIME_DIGITS.sql.gz). A lone C(.sql) or C(.sql.gz) file is a backup of one database.
  - Every database gets a folder of its own, O(dest)C(/DATABASE/), with C(schema.sql.gz) and C(data.sql.gz) for the first
    layout and the file under its own name for the second. P(apsaradb.mysql.mysql_sql_import#module) takes such a folder.
  - A file gets its name only when it is complete, on the disk, and its gzip checksum is right. Files that are there
    already are compared with the archive byte by byte, and an interrupted run goes on where it stopped.
options:
  src:
    description:
      - The backup, a C(.tar) as RDS gives it or a lone C(.sql) or C(.sql.gz) file, on the host where the module runs.
      - One of O(src), O(url) and O(internal_url) is required. A URL is refused here, since a path is no secret and Ansible logs it.
    type: path
  dest:
    description:
      - The folder to unpack into. It is made if it is not there.
      - Give each backup a folder of its own. A database's folder that holds dumps of another backup is refused.
      - Required with O(state=extracted), and of no use with O(url). With O(state=listed) it is looked at to tell RV(bytes_needed) and RV(bytes_free).
    type: path
  databases:
    description:
      - Names of the databases to take. A name that the backup does not have is an error.
      - Without it, all are taken but the system schemas C(mysql), C(sys), C(information_schema), C(performance_schema) and
        C(__recycle_bin__), which are taken only when they are named here.
    type: list
    elements: str
  exclude:
    description:
      - Names of databases to leave out. Names that the backup does not have are fine.
    type: list
    elements: str
    default: []
  decompress:
    description:
      - Whether to write C(.sql) files instead of C(.sql.gz) files.
      - There is no need to for an import, and it takes five to ten times the disk.
    type: bool
    default: false
  max_ratio:
    description:
      - A dump that unpacks to more than this many times its packed size is refused as a gzip bomb. Up to 64 MiB
        unpacked are always fine.
    type: float
    default: 250
  state:
    description:
      - With V(extracted), the files are in O(dest).
      - With V(listed), the same is returned and nothing is written. Only this can be had of a backup behind O(url), of which the headers
        are read where it lies, a few KiB for each member at most.
    type: str
    choices:
      - extracted
      - listed
    default: extracted
requirements:
  - requests on the host, for O(url) and O(internal_url) alone
extends_documentation_fragment:
  - ansible.builtin.files
  - apsaradb.mysql._attributes
  - apsaradb.mysql._progress
  - apsaradb.mysql._remote
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the files that appear and vanish.
notes:
  - A new file is readable by its owner alone, since a dump holds everything. Give O(mode) to change that. The modes and owners
    in the archive are not used. Folders get O(owner) and O(group), but not O(mode).
  - Nothing but regular SQL files is ever written. Links, devices, names that lead out of the archive, names with control
    characters and members that are there twice make the module refuse the whole archive.
  - When O(decompress) is changed between two runs, the other form of each file is removed, so that a folder never holds
    the same dump twice.
seealso:
  - module: apsaradb.mysql.rds_backup_fetch
  - module: apsaradb.mysql.mysql_sql_import
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
"""

EXAMPLES = r"""
- name: Tell what is in a backup
  apsaradb.mysql.rds_backup_extract:
    src: /var/backups/hins2345_data_20260101033000.tar
    state: listed
  register: backup

- name: Tell what is in a backup that is still in the cloud
  apsaradb.mysql.rds_backup_extract:
    url: "{{ backup_url }}"
    state: listed
  register: backup

- name: Unpack all databases
  apsaradb.mysql.rds_backup_extract:
    src: /var/backups/hins2345_data_20260101033000.tar
    dest: /var/backups/hins2345_data_20260101033000
    mode: "0600"

- name: Unpack one database as plain SQL
  apsaradb.mysql.rds_backup_extract:
    src: /var/backups/hins2345_data_20260101033000.tar
    dest: /var/backups/shop_20260101
    databases:
      - shop
    decompress: true
"""

RETURN = r"""
layout:
  description: How the backup is laid out. A lone file counts as V(flat).
  returned: success
  type: str
  sample: directories
root:
  description: The folder of the archive everything lies in, empty if there is none.
  returned: success
  type: str
  sample: hins2345_data_20260101033000
config:
  description: The text of the backup's config.txt, at most 64 KiB of it; null if there is none.
  returned: success
  type: str
  sample: "charset=utf8mb4\n"
dest:
  description: The folder unpacked into.
  returned: success
  type: str
  sample: /var/backups/hins2345_data_20260101033000
databases:
  description: The databases taken, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the database.
      type: str
      sample: shop
    files:
      description: Its files in the order in which they must be imported.
      type: list
      elements: dict
      contains:
        path:
          description: Where the file is, or would be, on the host. Without O(dest), its path in the archive.
          type: str
          sample: /var/backups/hins2345_data_20260101033000/shop/schema.sql.gz
        member:
          description: Its path in the archive.
          type: str
          sample: hins2345_data_20260101033000/shop/schema.sql.gz
        role:
          description: What it holds, V(schema), V(data), or V(all) for both.
          type: str
          sample: schema
        compressed:
          description: Whether the file at RV(databases[].files[].path) is a gzip.
          type: bool
          sample: true
        size:
          description:
            - The size of that file in bytes.
            - For a gzip that is not unpacked yet, and whose content is larger than 4 GiB or in several gzip members, this is an estimate.
              Where the disk is hardly larger than that, it is counted.
          type: int
          sample: 48213
left_out:
  description: What was left out, names of databases and, for files that belong to none, paths in the archive.
  returned: success
  type: list
  elements: str
  sample:
    - mysql
bytes_needed:
  description: The bytes that had to be written, without what was there already; null without O(dest).
  returned: success
  type: int
  sample: 73728
bytes_free:
  description: The bytes free for the user where O(dest) is, after writing; null without O(dest).
  returned: success
  type: int
  sample: 90713751552
source:
  description: V(internal) or V(external), the address that was used.
  returned: when O(url) or O(internal_url) is given
  type: str
  sample: internal
bytes_downloaded:
  description: The bytes of the backup that were read to list it.
  returned: when O(url) or O(internal_url) is given
  type: int
  sample: 24576
requests:
  description: How many requests were made.
  returned: when O(url) or O(internal_url) is given
  type: int
  sample: 7
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._status_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import REMOTE_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_extract import is_url, job


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "src": {"type": "path"},
            "dest": {"type": "path"},
            "databases": {"type": "list", "elements": "str"},
            "exclude": {"type": "list", "elements": "str", "default": []},
            "decompress": {"type": "bool", "default": False},
            "max_ratio": {"type": "float", "default": 250},
            "state": {"type": "str", "choices": ["extracted", "listed"], "default": "extracted"},
            **REMOTE_SPEC,
            **PROGRESS_SPEC,
        },
        required_one_of=[("src", "url", "internal_url")],
        mutually_exclusive=[("src", "url"), ("src", "internal_url")],
        required_if=[("state", "extracted", ["dest"])],
        add_file_common_args=True,
        supports_check_mode=True,
    )

    if module.params["src"] and is_url(module.params["src"]):
        # It is refused, and at least its refusal shall not show it.
        module.no_log_values.add(module.params["src"])

    def attributes(path: str, folder: bool) -> bool:
        params = dict(module.params, mode=None, attributes=None) if folder else module.params
        return bool(module.set_fs_attributes_if_different(module.load_file_common_arguments(params, path=path), False))

    run(module, lambda call: job(call, attributes))


if __name__ == "__main__":
    main()
