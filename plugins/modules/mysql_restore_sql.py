#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_restore_sql
short_description: Run SQL files once in restored databases
version_added: 1.0.0
description:
  - Runs SQL files in databases that M(apsaradb.mysql.mysql_sql_import) has loaded, for example to mask personal data or to add test accounts.
  - Each file runs once in each database. The ledger records which files ran, so a second run changes nothing. A new import of the database clears these
    records.
  - A file whose statements are all C(INSERT), C(UPDATE), C(DELETE), C(REPLACE), C(SELECT), C(WITH) or C(SET @name), and can change only InnoDB tables, runs
    in one transaction together with its ledger entry. If it fails or is killed, it has changed nothing and can be run again.
  - Whether it can change other tables is checked just before it runs. The check covers the database, the databases that the statements name, and those that
    views, triggers and routines of any of these name. It needs their texts, and, if their definer is another account, C(SELECT) on all databases. Without
    these privileges, the file is treated as one that can change other tables.
  - Any other file, such as one with C(ALTER TABLE) or C(CREATE USER), may have changed something when it fails or is killed. It is then refused until the
    database is restored again.
  - The statements run with the privileges of the account that logs in, and are not checked. Run only files that you trust.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.mysql
  - apsaradb.mysql._progress
attributes:
  check_mode:
    support: full
    details:
      - Reads the files, and asks the server which of them ran.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  src:
    description:
      - The files on the host, in the order in which they run. They are split into statements as the C(mysql) client does, so C(DELIMITER) works.
      - After C(SET sql_mode), statements are parsed in that mode. The value must be a literal, or one that the file saved with C(SET @name = @@sql_mode).
        A file with any other value is refused before its first statement.
      - The ledger identifies a file by its name without the directory. A file that already ran with other contents is refused.
      - All files are copied before the first one runs, into temporary files without names (in E(TMPDIR)), so each database gets the same statements even if
        somebody edits a file during the run.
    type: list
    elements: path
    required: true
  databases:
    description:
      - The databases in which to run the files, by their names on this server. Each is the default database while its files run.
    type: list
    elements: str
    required: true
  binlog:
    description:
      - Whether the statements are written to the server's binary log. Use the same value as for the import.
      - Without it, V(off) if the account may disable the binary log for its session, otherwise V(on).
    type: str
    choices: ['off', 'on']
  ledger_database:
    description:
      - The database in which the import kept its ledger. Without it, V(apsaradb_mysql) if that has an entry for the database, otherwise the database itself.
    type: str
seealso:
  - module: apsaradb.mysql.mysql_sql_import
"""

EXAMPLES = r"""
- name: Mask personal data in a restored database
  apsaradb.mysql.mysql_restore_sql:
    src: [/etc/restore/mask.sql]
    databases: [shop]
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
"""

RETURN = r"""
databases:
  description: The databases in the order of O(databases).
  returned: success
  type: list
  elements: dict
  contains:
    database:
      description: The name of the database.
      type: str
      sample: shop
    changed:
      description: Whether this run ran a file in it.
      type: bool
    files:
      description: The files that ran in it since its import.
      type: list
      elements: dict
      contains:
        name:
          description: The name of the file without the directory.
          type: str
          sample: mask.sql
        sha256:
          description: The hash of its contents.
          type: str
        state:
          description: Always V(complete) here.
          type: str
        statements:
          description:
            - The first 1000 statements with C(line), C(kind) (the first word or words, never values), C(table) (the table that it changes or defines, as
              written; V(null) if unknown), C(matched) (the number of rows that an C(UPDATE) found; V(null) for other statements), C(rows) (the number of
              rows changed; V(null) for a query) and C(warnings) (the number of warnings and notes).
          type: list
          elements: dict
          sample: [{line: 1, kind: UPDATE, table: customer, matched: 1300, rows: 1200, warnings: 0}]
        statements_left_out:
          description: The number of statements that are not listed.
          type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_sql import job


def main() -> None:
    spec = dict(
        LOGIN_SPEC,
        **PROGRESS_SPEC,
        src=dict(type="list", elements="path", required=True),
        databases=dict(type="list", elements="str", required=True),
        binlog=dict(type="str", choices=["off", "on"]),
        ledger_database=dict(type="str"),
    )
    run(AnsibleModule(argument_spec=spec, supports_check_mode=True), job)


if __name__ == "__main__":
    main()
