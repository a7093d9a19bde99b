#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_restore_preflight
short_description: All that stands in the way of a restore, at once and before anything is downloaded
version_added: 0.1.0
description:
  - Looks at a backup where it lies, at the server and at the disks, and tells everything that would stop or spoil a restore, each with
    its cure. Changes nothing, ever.
  - The checks of the server are those M(apsaradb.mysql.mysql_sql_import) makes before it writes, with the same options. They go on when
    the backup cannot be read, and those of the backup go on when the server does not answer.
  - Of a backup behind O(url) only headers and the first 64 KiB of each file are read, and the whole of files up to 256 KiB, as
    C(schema.sql.gz) often is. What only the rest can tell, such as the largest statement, is said to be unknown.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._url
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.mysql
attributes:
  check_mode:
    support: full
    details:
      - It does the same as without check mode, but that RV(ignore:changed) is true when the restore would make something, so that
        the difference is shown with C(--diff).
  diff_mode:
    support: full
    details:
      - Shows the databases that would appear and, of files that were read to their end, the tables and other objects in them.
  idempotent:
    support: full
options:
  src:
    description:
      - Files of one database on the host, C(.sql) or C(.sql.gz), or the folder that M(apsaradb.mysql.rds_backup_extract) made of it.
      - At most one of O(src), O(archive) and a URL. Without any, only the server and the disks are looked at.
    type: list
    elements: path
  archive:
    description:
      - A backup on the host, a C(.tar) as RDS gives it or a lone C(.sql) or C(.sql.gz) file.
    type: path
  databases:
    description:
      - Which databases are to be restored, a list of names, or a map from names in the backup to names on the server.
      - Without it, all that are in the backup but the server's own. With O(src) the one target's name.
    type: raw
  scan:
    description:
      - Whether to read files on the host to their end, which takes as long as the import takes to read them once.
      - Without it what can be known of a large file from its ends is told.
    type: bool
    default: false
  fail:
    description:
      - Whether an error is a failure. With V(false) it is only told, in RV(findings) and RV(ok).
    type: bool
    default: true
  allow_version_change:
    description:
      - Whether the server may be of another series than the one the backup was made on, as 8.0 is to 5.7. What is known to break then
        is looked for in the files that are read to their end.
    type: bool
    default: false
  engine_version:
    description:
      - The version of MySQL of the instance the backup is of, such as V(8.0), which RDS tells in
        RV(apsaradb.mysql.rds_backup_info#module:instance.engine_version).
      - The backup's own word counts for more. This one is taken where the backup cannot be looked at yet, or does not say which
        MySQL it was made on, and the finding says so.
    type: str
  paths:
    description:
      - Where the restore writes beside the server, to see whether there is room.
    type: dict
    suboptions:
      download:
        description: The file the backup is downloaded to. What is there of it already is not needed again.
        type: path
      files:
        description: The folder the files of the databases are unpacked into, as C(.sql.gz).
        type: path
      datadir:
        description: The server's data, where the server is on this host and does not say so itself, as in a container.
        type: path
  create:
    description: See O(apsaradb.mysql.mysql_sql_import#module:create).
    type: bool
    default: true
  charset:
    description: See O(apsaradb.mysql.mysql_sql_import#module:charset).
    type: str
  collation:
    description: See O(apsaradb.mysql.mysql_sql_import#module:collation).
    type: str
  on_existing:
    description: See O(apsaradb.mysql.mysql_sql_import#module:on_existing).
    type: str
    choices: [fail, skip, replace, merge]
    default: fail
  tables:
    description:
      - See O(apsaradb.mysql.mysql_sql_import#module:tables). A list for every database, or a map from a database's name in the backup to
        such a list.
    type: raw
  exclude_tables:
    description: See O(apsaradb.mysql.mysql_sql_import#module:exclude_tables).
    type: list
    elements: str
  gtid:
    description:
      - See O(apsaradb.mysql.mysql_sql_import#module:gtid). V(enable) means that GTIDs are switched on first, and then what V(apply) means.
    type: str
    choices: [strip, apply, reset, enable, fail]
    default: strip
  binlog:
    description: See O(apsaradb.mysql.mysql_sql_import#module:binlog).
    type: str
    choices: ['off', 'on']
  definer:
    description: See O(apsaradb.mysql.mysql_sql_import#module:definer).
    type: str
    default: keep
  triggers:
    description: See O(apsaradb.mysql.mysql_sql_import#module:triggers).
    type: str
    choices: [after, omit]
    default: after
  events:
    description: See O(apsaradb.mysql.mysql_sql_import#module:events).
    type: str
    choices: [disabled, keep, omit]
    default: disabled
  encryption:
    description: See O(apsaradb.mysql.mysql_sql_import#module:encryption).
    type: str
    choices: [keep, strip]
    default: keep
  engines:
    description: See O(apsaradb.mysql.mysql_sql_import#module:engines).
    type: dict
  lane:
    description: See O(apsaradb.mysql.mysql_sql_import#module:lane).
    type: str
    choices: [auto, insert, load_data]
    default: auto
  defer_indexes:
    description: See O(apsaradb.mysql.mysql_sql_import#module:defer_indexes).
    type: str
    choices: [auto, always, never]
    default: auto
  batch_bytes:
    description: See O(apsaradb.mysql.mysql_sql_import#module:batch_bytes).
    type: int
    default: 1048576
  resume:
    description: See O(apsaradb.mysql.mysql_sql_import#module:resume).
    type: bool
    default: true
  allow:
    description: See O(apsaradb.mysql.mysql_sql_import#module:allow).
    type: list
    elements: str
  require_complete:
    description: See O(apsaradb.mysql.mysql_sql_import#module:require_complete).
    type: bool
    default: true
  verify:
    description: See O(apsaradb.mysql.mysql_sql_import#module:verify).
    type: str
    choices: [rows, checksum, none]
    default: rows
  ledger_database:
    description: See O(apsaradb.mysql.mysql_sql_import#module:ledger_database).
    type: str
requirements:
  - requests on the host that runs the module, for O(url) only
seealso:
  - module: apsaradb.mysql.mysql_sql_import
  - module: apsaradb.mysql.rds_backup_fetch
  - module: apsaradb.mysql.rds_backup_info
"""

EXAMPLES = r"""
- name: Before an hour of download, see whether the restore would go through
  apsaradb.mysql.mysql_restore_preflight:
    url: "{{ backup_url }}"
    databases: {shop: shop_copy}
    gtid: strip
    paths:
      download: /var/tmp/restore/backup.tar
      files: /var/tmp/restore/files
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Read a local backup to its end, and only tell
  apsaradb.mysql.mysql_restore_preflight:
    archive: /var/tmp/backup.tar
    scan: true
    fail: false
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
  register: preflight

- name: Show what was found
  ansible.builtin.debug:
    msg: "{{ preflight.findings | rejectattr('level', 'eq', 'ok') }}"
"""

RETURN = r"""
ok:
  description: Whether nothing stands in the way. Warnings do not.
  returned: always
  type: bool
findings:
  description: What every check found, errors first. See C(docs/preflight.md) in the collection.
  returned: always
  type: list
  elements: dict
  contains:
    check:
      description: The check's name.
      type: str
      sample: version
    kind:
      description: Which of the things this check may find, as in the document. Empty where nothing was found.
      type: str
      sample: version
    level:
      description: V(error) would stop the restore, V(warning) should be known before, V(ok) is in order.
      type: str
    what:
      description: What was found.
      type: str
    where:
      description: The database, folder or server it is about.
      type: str
    cure:
      description: What to do about it.
      type: str
facts:
  description: What was seen.
  returned: always
  type: dict
  contains:
    server:
      description: C(version), C(address), C(datadir), C(is_replica), C(replicas) and others. V(null) when it does not answer.
      type: dict
    backup:
      description: C(name), C(size) (bytes), C(databases) with what is known of each, and for a URL C(source), C(bytes_downloaded) and C(requests).
      type: dict
    gtid:
      description: C(dump), C(executed), C(purged), C(mode), C(guide), what the vendor's procedure would end in, and C(choices), what each would do here.
      type: dict
    space:
      description: For each file system C(paths), C(bytes_needed) and C(bytes_free).
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC, hide_url
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_preflight import job


def main() -> None:
    spec = dict(
        LOGIN_SPEC,
        **URL_SPEC,
        src=dict(type="list", elements="path"),
        archive=dict(type="path"),
        databases=dict(type="raw"),
        scan=dict(type="bool", default=False),
        fail=dict(type="bool", default=True),
        allow_version_change=dict(type="bool", default=False),
        engine_version=dict(type="str"),
        paths=dict(type="dict", options=dict(download=dict(type="path"), files=dict(type="path"), datadir=dict(type="path"))),
        create=dict(type="bool", default=True),
        charset=dict(type="str"),
        collation=dict(type="str"),
        on_existing=dict(type="str", choices=["fail", "skip", "replace", "merge"], default="fail"),
        tables=dict(type="raw"),
        exclude_tables=dict(type="list", elements="str"),
        gtid=dict(type="str", choices=["strip", "apply", "reset", "enable", "fail"], default="strip"),
        binlog=dict(type="str", choices=["off", "on"]),
        definer=dict(type="str", default="keep"),
        triggers=dict(type="str", choices=["after", "omit"], default="after"),
        events=dict(type="str", choices=["disabled", "keep", "omit"], default="disabled"),
        encryption=dict(type="str", choices=["keep", "strip"], default="keep"),
        engines=dict(type="dict"),
        lane=dict(type="str", choices=["auto", "insert", "load_data"], default="auto"),
        defer_indexes=dict(type="str", choices=["auto", "always", "never"], default="auto"),
        batch_bytes=dict(type="int", default=1048576),
        resume=dict(type="bool", default=True),
        allow=dict(type="list", elements="str"),
        require_complete=dict(type="bool", default=True),
        verify=dict(type="str", choices=["rows", "checksum", "none"], default="rows"),
        ledger_database=dict(type="str"),
    )
    apart = [("src", "archive"), ("src", "url"), ("src", "internal_url"), ("archive", "url"), ("archive", "internal_url")]
    module = AnsibleModule(argument_spec=spec, mutually_exclusive=apart, supports_check_mode=True)
    hide_url(module, "archive")
    run(module, job)


if __name__ == "__main__":
    main()
