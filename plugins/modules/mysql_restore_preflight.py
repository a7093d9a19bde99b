#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_restore_preflight
short_description: Check whether a restore would succeed, before downloading anything
version_added: 1.0.0
description:
  - Inspects a backup (without downloading it), the server and the disks, and reports everything that would make a restore fail or its
    result wrong, each with a cure. The module never changes anything.
  - The checks of the server are those that M(apsaradb.mysql.mysql_sql_import) makes before it writes, with the same options. They run
    even if the backup cannot be read, and the checks of the backup run even if the server does not answer.
  - If the backup is behind O(url), the module reads only headers, the first 64 KiB of each file, and files up to 256 KiB as a whole, as
    C(schema.sql.gz) often is. Anything that only the rest could show, such as the size of the largest statement, is reported as unknown.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._roll
  - apsaradb.mysql._import
  - apsaradb.mysql._url
  - apsaradb.mysql._url.network
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.mysql
attributes:
  check_mode:
    support: full
    details:
      - Does the same as without check mode, except that RV(ignore:changed) is V(true) if the restore would create something, so that
        C(--diff) shows the difference.
  diff_mode:
    support: full
    details:
      - Shows the databases that would appear and, for files that were read to their end, the tables and other objects in them.
  idempotent:
    support: full
options:
  src:
    description:
      - Files of one database on the host, C(.sql) or C(.sql.gz), or the directory that M(apsaradb.mysql.rds_backup_extract) has written.
      - At most one of O(src), O(archive) and a URL can be given. Without any, only the server and the disks are checked.
    type: list
    elements: path
  archive:
    description:
      - A backup on the host, a C(.tar) file from RDS or a single C(.sql) or C(.sql.gz) file.
    type: path
  databases:
    description:
      - The databases to restore, as a list of names, or as a map from names in the backup to names on the server.
      - Without it, all databases of the backup except system schemas. With O(src), the name of the one target database.
    type: raw
  scan:
    description:
      - Whether to read files on the host to their end, which takes as long as the import takes to read them once.
      - Without it, only the beginning and the end of large files are read.
    type: bool
    default: false
  unless_restored:
    description:
      - Whether to skip all checks if, according to its ledger, the server already has everything in O(archive) or the backup behind the URL.
        The module then needs neither the file nor a valid URL, and returns RV(databases).
    type: bool
    default: false
  fail:
    description:
      - Whether the module fails when it finds an error. With V(false) errors are only reported, in RV(findings) and RV(ok).
    type: bool
    default: true
  allow_version_change:
    description:
      - Whether the server may be of another series than the one that made the backup, for example 8.0 instead of 5.7. Files that are read
        to their end are then searched for constructs that are known to break.
    type: bool
    default: false
  engine_version:
    description:
      - The MySQL version of the instance that the backup is from, such as V(8.0). RDS reports it in
        RV(apsaradb.mysql.rds_backup_info#module:instance.engine_version).
      - A version named in the backup takes precedence. This one is used if the backup cannot be read yet or does not name
        its version, and the finding then mentions it.
    type: str
  binlogs:
    description:
      - A directory on the host with the binary logs with which M(apsaradb.mysql.mysql_roll_forward) will roll the databases forward after the restore. The
        module checks every statement in them, and whether the server can apply them.
      - This needs the GTID set of the backup. If the set is at the end of a compressed file, it is not known before the import, and the module warns.
      - O(until), O(until_gtid), O(before_statement) and O(overlap) apply to these binlogs.
    type: path
  roll_forward:
    description:
      - Whether M(apsaradb.mysql.mysql_roll_forward) will roll the databases forward after the restore, or let them follow a source.
      - Without O(binlogs), the module then checks whether the server can replicate, as far as this is known without them.
    type: bool
    default: false
  paths:
    description:
      - Paths outside the server to which the restore writes, to check the free disk space.
    type: dict
    suboptions:
      download:
        description: The file to which the backup is downloaded. Bytes that are already there are not counted.
        type: path
      files:
        description: The directory to which the files of the databases are extracted, as C(.sql.gz).
        type: path
      datadir:
        description: The server's data directory, if the server is on this host but reports a different path, as in a container.
        type: path
  tables:
    description:
      - See O(apsaradb.mysql.mysql_sql_import#module:tables). A list for all databases, or a map from a database's name in the backup to
        a list.
    type: raw
  gtid:
    description:
      - See O(apsaradb.mysql.mysql_sql_import#module:gtid). V(enable) means that GTIDs will be enabled before the import, which then uses V(apply).
    type: str
    choices: [strip, apply, reset, enable, fail]
    default: strip
requirements:
  - requests on the host that runs the module, for O(url) and O(internal_url) only
seealso:
  - module: apsaradb.mysql.mysql_sql_import
  - module: apsaradb.mysql.rds_backup_fetch
  - module: apsaradb.mysql.rds_backup_info
  - module: apsaradb.mysql.mysql_roll_forward
"""

EXAMPLES = r"""
- name: Check whether a backup can be restored, before downloading it
  apsaradb.mysql.mysql_restore_preflight:
    url: "{{ backup_url }}"
    databases: {shop: shop_copy}
    gtid: strip
    paths:
      download: /var/tmp/restore/backup.tar
      files: /var/tmp/restore/files
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Read a local backup to its end and only report what is found
  apsaradb.mysql.mysql_restore_preflight:
    archive: /var/tmp/backup.tar
    scan: true
    fail: false
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
  register: preflight

- name: Show the findings
  ansible.builtin.debug:
    msg: "{{ preflight.findings | rejectattr('level', 'eq', 'ok') }}"
"""

RETURN = r"""
ok:
  description: Whether no error was found. Warnings do not count.
  returned: always
  type: bool
  sample: true
findings:
  description: The result of every check, errors first. C(docs/preflight.md) in the collection lists all of them.
  returned: always
  type: list
  elements: dict
  contains:
    check:
      description: The name of the check.
      type: str
      sample: version
    kind:
      description: Which of the check's possible findings it is, as in C(docs/preflight.md). Empty if nothing was found.
      type: str
      sample: version
    level:
      description: V(error) would make the restore fail or its result wrong, V(warning) is something to know beforehand, V(ok) needs no action.
      type: str
      sample: error
    what:
      description: What was found.
      type: str
      sample: the backup was made on MySQL 5.7.29, and the server is 8.0.36; a backup should be restored into the same series
    where:
      description: The database, directory or server concerned. If there are several, the first three. V(null) if there is none.
      type: str
      sample: databases shop, crm, stock and 57 more
    places:
      description: All databases, directories or servers concerned.
      type: list
      elements: str
      sample: [database shop, database crm]
    cure:
      description: What to do about the finding; V(null) if nothing needs to be done.
      type: str
      sample: "restore into MySQL 5.7, or read docs/preflight.md and set allow_version_change: true"
databases:
  description:
    - The databases of the backup on the server. These and RV(ignore:gtid), RV(ignore:bytes), RV(ignore:elapsed) and RV(ignore:throughput) are as
      M(apsaradb.mysql.mysql_sql_import) returns them.
  returned: with O(unless_restored), if the server has everything
  type: list
  elements: dict
facts:
  description: The facts on which the findings are based.
  returned: always
  type: dict
  contains:
    server:
      description: Includes C(version), C(address), C(datadir), C(is_replica) and C(replicas). V(null) if the server does not answer.
      type: dict
    backup:
      description:
        - C(name), C(size) (bytes), C(present) (the names of all its databases), C(databases) with the known facts about each that is to be restored,
          C(gtid_set) (the transactions that all of them contain, V(null) if unknown), and for a URL C(source), C(bytes_downloaded) and C(requests).
      type: dict
    gtid:
      description: C(dump), C(executed), C(purged), C(mode), C(guide) (the error of the vendor's procedure) and C(choices) (the effect of each choice).
      type: dict
    roll_forward:
      description:
        - With O(binlogs), what a roll-forward would apply. The keys are C(window), C(transactions), C(overlap), C(largest) and C(ddl), as
          returned by M(apsaradb.mysql.mysql_roll_forward). V(null) if this is not known.
      type: dict
    space:
      description: C(paths), C(bytes_needed) and C(bytes_free) of each file system.
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_options import IMPORT_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_plan import ROLL_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._stop_point import STOPS
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC, hide_url
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_preflight import job


def main() -> None:
    spec = dict(
        LOGIN_SPEC,
        **URL_SPEC,
        **dict(
            IMPORT_SPEC,
            gtid=dict(type="str", choices=["strip", "apply", "reset", "enable", "fail"], default="strip"),
        ),
        src=dict(type="list", elements="path"),
        archive=dict(type="path"),
        databases=dict(type="raw"),
        scan=dict(type="bool", default=False),
        unless_restored=dict(type="bool", default=False),
        fail=dict(type="bool", default=True),
        allow_version_change=dict(type="bool", default=False),
        engine_version=dict(type="str"),
        binlogs=dict(type="path"),
        roll_forward=dict(type="bool", default=False),
        **ROLL_SPEC,
        paths=dict(type="dict", options=dict(download=dict(type="path"), files=dict(type="path"), datadir=dict(type="path"))),
    )
    apart = [("src", "archive"), ("src", "url"), ("src", "internal_url"), ("archive", "url"), ("archive", "internal_url")]
    module = AnsibleModule(argument_spec=spec, mutually_exclusive=[*apart, STOPS], supports_check_mode=True)
    hide_url(module, "archive")
    hide_url(module, "src")
    run(module, job)


if __name__ == "__main__":
    main()
