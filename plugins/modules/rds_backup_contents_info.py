#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rds_backup_contents_info
short_description: List the databases and files in a logical backup of ApsaraDB RDS for MySQL
version_added: 1.0.0
description:
  - Lists the contents of a logical backup, without extracting it.
  - Reads a backup on the host, or one behind its download URL. From a URL, only headers are read, a few KiB for each file in the backup.
  - Files are recognised by their content. A physical backup, an error page that was saved instead of the backup, a truncated
    archive and other unsuitable files are refused with a message that says what the file is and what to do instead.
options:
  src:
    description:
      - The backup on the host, a C(.tar) file from RDS or a single C(.sql) or C(.sql.gz) file.
      - One of O(src), O(url) and O(internal_url) is required. A URL is refused here because Ansible logs the value. Use O(url) instead.
    type: path
  databases:
    description:
      - Names of the databases to list. A name that the backup does not have is an error.
      - Without it, all databases are listed except the system schemas C(mysql), C(sys), C(information_schema), C(performance_schema) and
        C(__recycle_bin__).
    type: list
    elements: str
  exclude:
    description:
      - Names of databases to leave out. Names that the backup does not have are ignored.
    type: list
    elements: str
    default: []
requirements:
  - requests on the host, for O(url) and O(internal_url) only
extends_documentation_fragment:
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.info
  - apsaradb.mysql._url
  - apsaradb.mysql._url.network
seealso:
  - module: apsaradb.mysql.rds_backup_extract
  - module: apsaradb.mysql.rds_backup_info
  - module: apsaradb.mysql.rds_binlog_info
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
"""

EXAMPLES = r"""
- name: List a backup on the host
  apsaradb.mysql.rds_backup_contents_info:
    src: /var/backups/hins2345_data_20260101033000.tar
  register: backup

- name: List a backup that has not been downloaded
  apsaradb.mysql.rds_backup_contents_info:
    url: "{{ backup_url }}"
  register: backup

- name: Show the names of its databases
  ansible.builtin.debug:
    msg: "{{ backup.databases | map(attribute='name') }}"

- name: Find the points in time that can be reached from it
  apsaradb.mysql.rds_binlog_info:
    instance_id: rm-bp1abcd1234
    region: cn-hangzhou
    since_backup: "321020562"
    gtid_set: "{{ backup.gtid_set }}"
  delegate_to: localhost
  no_log: true # the URLs are secrets
  register: found
"""

RETURN = r"""
layout:
  description: How the backup is laid out, V(directories) or V(flat). See M(apsaradb.mysql.rds_backup_extract). A single file counts as V(flat).
  returned: success
  type: str
  sample: directories
root:
  description: The directory in the archive that holds everything; empty if there is none.
  returned: success
  type: str
  sample: hins2345_data_20260101033000
config:
  description: The text of the backup's C(config.txt), at most 64 KiB of it; V(null) if there is none.
  returned: success
  type: str
  sample: "charset=utf8mb4\n"
databases:
  description: The databases in the backup, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the database.
      type: str
      sample: shop
    gtid_set:
      description:
        - The transactions that its dump contains, as in its C(GTID_PURGED), on one line.
        - V(null) if the dump names none, or if its first 2 KiB do not show the set. C(mysqldump) 5.7.36 and later releases of 5.7 write it after
          all rows, so that the whole file would have to be read; M(apsaradb.mysql.mysql_sql_import) reads it there.
      type: str
      sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4711
    server_version:
      description: The version of the server that its dump was made from; V(null) if the dump does not name it, as with C(--skip-comments).
      type: str
      sample: 8.0.36
    files:
      description: Its files, in the order in which they must be imported.
      type: list
      elements: dict
      contains:
        member:
          description: The path of the file in the archive.
          type: str
          sample: hins2345_data_20260101033000/shop/schema.sql.gz
        path:
          description: The same as RV(databases[].files[].member). M(apsaradb.mysql.rds_backup_extract) returns the path on the host here.
          type: str
          sample: hins2345_data_20260101033000/shop/schema.sql.gz
        role:
          description: What the file contains, V(schema), V(data), or V(all) for both.
          type: str
          sample: schema
        compressed:
          description: Whether the file is a gzip file.
          type: bool
          sample: true
        size:
          description: The size of the file in bytes, as it is in the archive.
          type: int
          sample: 48213
gtid_set:
  description:
    - The transactions that all listed databases contain, for O(apsaradb.mysql.rds_binlog_info#module:gtid_set).
    - V(null) if RV(databases[].gtid_set) of one of them is V(null).
  returned: success
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4711
left_out:
  description: What is not listed. Names of databases, and paths in the archive for files that belong to no database.
  returned: success
  type: list
  elements: str
  sample:
    - mysql
source:
  description: Which URL was used, V(internal) or V(external).
  returned: when O(url) or O(internal_url) is given
  type: str
  sample: internal
bytes_downloaded:
  description: The number of bytes of the backup that were read.
  returned: when O(url) or O(internal_url) is given
  type: int
  sample: 24576
requests:
  description: The number of HTTP requests that were made.
  returned: when O(url) or O(internal_url) is given
  type: int
  sample: 7
expired:
  description: Whether the server refused the request because the URL has expired. Run the task again with a fresh URL.
  returned: failure
  type: bool
  sample: true
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
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC, hide_url
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_contents_info import job


def main() -> None:
    spec = dict(
        URL_SPEC,
        src=dict(type="path"),
        databases=dict(type="list", elements="str"),
        exclude=dict(type="list", elements="str", default=[]),
    )
    module = AnsibleModule(
        argument_spec=spec,
        required_one_of=[("src", "url", "internal_url")],
        mutually_exclusive=[("src", "url"), ("src", "internal_url")],
        supports_check_mode=True,
    )
    hide_url(module, "src")
    run(module, job)


if __name__ == "__main__":
    main()
