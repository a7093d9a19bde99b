#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_restore_verify
short_description: Verify a restored database against its backup or a live server
version_added: 1.0.0
description:
  - Compares a database with what its import recorded, with a result of M(apsaradb.mysql.mysql_sql_import), or with a live source server.
  - Every table must exist, have the expected rows and engine, and pass C(CHECK TABLE). Every view must be readable. Views, routines,
    triggers and events must exist, and so must the definer accounts of those that run with the definer's privileges.
  - An event that a server drops after its last run (C(AT) or C(ENDS) without C(ON COMPLETION PRESERVE)) need not exist, except that one of a live source
    must exist until the time of that run.
  - With O(source) and O(checksum=true), the values of all rows are compared as well.
  - Fails if something differs, and names each difference. The module never changes anything.
  - Rows are counted one table after another in one consistent snapshot (C(START TRANSACTION WITH CONSISTENT SNAPSHOT)), which is effective for
    transactional engines such as InnoDB. While the snapshot is open, C(ALTER TABLE) on these tables waits.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.info
  - apsaradb.mysql._attributes.mysql
  - apsaradb.mysql._progress
options:
  database:
    description:
      - The database to verify. Exactly one of O(database) and O(databases) is required.
    type: str
  databases:
    description:
      - Several databases to verify at the same time. The result of each is in RV(databases). If any of them differs, the module fails after all are
        verified.
    type: list
    elements: str
  expected:
    description:
      - What the database should contain. The registered result of M(apsaradb.mysql.mysql_sql_import), its C(tables) alone, or anything
        with the same structure. A table needs only C(name), with O(checksum=true) also C(checksum). Other missing keys are not compared.
      - The registered result of an import of several databases can be given for O(databases), or for one of them in O(database).
      - Without it and without O(source), the module uses what the ledger on the server recorded of the last import. The number of views is not
        compared if that import was limited to some tables.
      - If M(apsaradb.mysql.mysql_restore_sql) or M(apsaradb.mysql.mysql_roll_forward) has changed the database since that import, as the ledger or the given
        result records, nothing is expected, which is a warning. Tables, views and definers are then only checked for errors. It is an error if such a
        change was interrupted.
      - V({}) expects nothing. Tables, views and definers are then only checked for errors.
      - Objects in the database that are not expected are not a problem. They are listed in RV(unexpected).
    type: raw
  source:
    description:
      - A live server to compare the database with. Cannot be combined with O(databases), O(expected) or O(ledger_database).
      - What has changed at the source since the backup is a difference.
      - The account needs C(SELECT), C(SHOW VIEW), C(TRIGGER), C(EVENT) and C(EXECUTE) on the database. Without C(SELECT) on all of it, the module fails, unless
        O(tables) names each table. Without the others, the source hides triggers, events and routines from the account, so it is not known whether all of
        them exist in O(database). They are then not compared, which is a warning.
      - Each server is read in its own snapshot. If the source is written to in the meantime, the databases differ.
      - Unlike the top-level options of the same names, these read an option file only if one is given, so that the module never logs in with the account of
        the other server.
    type: dict
    suboptions:
      database:
        description:
          - The name of the database on the source server. Without it, O(database).
        type: str
      login_user:
        description:
          - The account to connect with.
          - Without it, the one in O(source.config_file), otherwise the name of the system user.
        type: str
      login_password:
        description:
          - The password of the account.
        type: str
      login_host:
        description:
          - The host of the server. O(source.login_unix_socket) takes precedence if both are given.
        type: str
        default: localhost
      login_port:
        description:
          - The TCP port of the server.
        type: int
        default: 3306
      login_unix_socket:
        description:
          - The Unix socket of the server. It needs no TLS and, with the plugin C(auth_socket), no password.
        type: str
      config_file:
        description:
          - A MySQL option file. Its C([client]) section supplies options that are not given here. Without it, no option file is read.
        type: path
      connect_timeout:
        description:
          - How many seconds to wait for the connection.
        type: int
        default: 30
      ca_cert:
        description:
          - The certificate authority that must have signed the server's certificate. Without it, the connection is still encrypted
            if the server supports TLS, but the server is not authenticated.
        type: path
        aliases: [ssl_ca]
      client_cert:
        description:
          - A client certificate.
        type: path
        aliases: [ssl_cert]
      client_key:
        description:
          - The private key of O(source.client_cert).
        type: path
        aliases: [ssl_key]
      check_hostname:
        description:
          - Whether the server's certificate must name O(source.login_host). This needs O(source.ca_cert), or C(ssl-ca) in the option file. Without this option,
            C(ssl-mode=VERIFY_IDENTITY) in the file requires it.
        type: bool
  checksum:
    description:
      - Whether to compare values instead of only counting rows.
      - With O(source), the hashes of all rows are summed up on both servers at the same time. For the same data the sums are the same on
        MySQL 5.6, 5.7 and 9.7, regardless of the order of the rows. This reads every row.
      - Text and bytes are compared as they are stored, or after conversion to utf8mb4 if the column has another character set on the source;
        timestamps in UTC; C(JSON) as the server writes it; geometries with their SRID; C(BIT), C(DECIMAL) and C(DOUBLE) exactly; C(FLOAT) with the
        six digits that MySQL displays, because a dump has no more.
      - Without O(source), C(CHECKSUM TABLE) is compared with the value that an import with C(verify=checksum) recorded. It is an error if a table has
        none, or if an SQL file or a roll-forward has changed the database since. C(CHECKSUM TABLE) returns the same value only on the same version.
    type: bool
    default: false
  tables:
    description:
      - Verify only these tables and views, and the triggers on them. Shell patterns. Routines, events and object counts are then not compared.
      - It is an error if they select nothing, in all of O(databases), and a warning if a pattern matches nothing in O(database).
    type: list
    elements: str
  exclude_tables:
    description:
      - Do not verify these tables and views. Shell patterns.
    type: list
    elements: str
  fail_on_problems:
    description:
      - Whether the module fails if RV(problems) is not empty. With V(false) problems are only reported.
    type: bool
    default: true
  ledger_database:
    description:
      - The database in which the import kept its ledger. Without it, V(apsaradb_mysql) if that has an entry for the database, otherwise the database itself.
    type: str
seealso:
  - module: apsaradb.mysql.mysql_sql_import
"""

EXAMPLES = r"""
- name: Verify a database against what its import recorded
  apsaradb.mysql.mysql_restore_verify:
    database: shop
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Compare every value with the server that the backup came from
  apsaradb.mysql.mysql_restore_verify:
    database: shop_copy
    source:
      database: shop
      login_host: rm-bp1abcd1234.mysql.rds.aliyuncs.com
      login_user: reader
      login_password: "{{ reader_password }}"
    checksum: true
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Verify two databases against the ledger
  apsaradb.mysql.mysql_restore_verify:
    databases: [shop, forum]
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Only report problems
  apsaradb.mysql.mysql_restore_verify:
    database: shop
    expected:
      tables:
        - name: customer
          rows: 1200
          engine: InnoDB
      objects:
        triggers: 3
    fail_on_problems: false
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
  register: verified
"""

RETURN = r"""
ok:
  description: Whether no problem was found.
  returned: always
  type: bool
  sample: true
problems:
  description: What is wrong, where, and what to do about it, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["table customer has 1199 row(s), expected 1200. Check that nothing writes to it; otherwise drop the database and import it again"]
databases:
  description: The databases in the order of O(databases), each with every value that one database returns.
  returned: with O(databases)
  type: list
  elements: dict
database:
  description: The database that was verified. For several databases, this and all other values except RV(ok) and RV(problems) are in RV(databases).
  returned: with O(database)
  type: str
  sample: shop
expected_from:
  description: The origin of the expected values, V(ledger), V(expected) or V(source).
  returned: with O(database)
  type: str
  sample: ledger
tables:
  description: The tables that exist or should exist, by name.
  returned: with O(database)
  type: list
  elements: dict
  contains:
    name:
      description: The name of the table.
      type: str
    rows:
      description: The number of rows; V(null) if the table is missing or cannot be read.
      type: int
    rows_expected:
      description: The expected number of rows; V(null) if it is not known.
      type: int
    engine:
      description: The engine; empty if the table is missing or cannot be opened.
      type: str
    engine_expected:
      description: The expected engine; V(null) if it is not known.
      type: str
    check:
      description: The result of C(CHECK TABLE); empty if the table is missing.
      type: str
      sample: OK
    checksum:
      description: With O(checksum=true), the sum over the rows; without O(source), the result of C(CHECKSUM TABLE).
      type: str
    checksum_expected:
      description: The expected sum; V(null) if it is not known.
      type: str
    ok:
      description: Whether the table has no problem.
      type: bool
objects:
  description: The numbers of views, routines, triggers and events that exist.
  returned: with O(database)
  type: dict
  sample: {views: 2, routines: 1, triggers: 1, events: 1}
objects_expected:
  description: The expected numbers. A kind whose number is not compared is missing.
  returned: with O(database)
  type: dict
  sample: {views: 2, routines: 1, triggers: 1, events: 1}
broken_views:
  description: Views that cannot be read.
  returned: with O(database)
  type: list
  elements: dict
  contains:
    name:
      description: The name of the view.
      type: str
    error:
      description: The error message of the server.
      type: str
lost_definers:
  description: Accounts that do not exist, although objects run with their privileges.
  returned: with O(database)
  type: list
  elements: dict
  contains:
    definer:
      description: The account.
      type: str
      sample: app@%
    objects:
      description: The objects that it defines.
      type: list
      elements: str
      sample: [view recent_orders, trigger stock_changed on stock]
unexpected:
  description: Objects that exist but are not expected.
  returned: with O(database)
  type: list
  elements: str
  sample: []
server_version:
  description: The version of the server.
  returned: with O(database)
  type: str
  sample: 8.0.36
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_verify import job


def main() -> None:
    source = dict(LOGIN_SPEC, config_file=dict(type="path"), database=dict(type="str"))
    spec = dict(
        LOGIN_SPEC,
        **PROGRESS_SPEC,
        database=dict(type="str"),
        databases=dict(type="list", elements="str"),
        expected=dict(type="raw"),
        source=dict(type="dict", options=source),
        checksum=dict(type="bool", default=False),
        tables=dict(type="list", elements="str"),
        exclude_tables=dict(type="list", elements="str"),
        fail_on_problems=dict(type="bool", default=True),
        ledger_database=dict(type="str"),
    )
    apart = [("expected", "source"), ("ledger_database", "source"), ("database", "databases"), ("source", "databases")]
    module = AnsibleModule(argument_spec=spec, required_one_of=[("database", "databases")], mutually_exclusive=apart, supports_check_mode=True)
    run(module, job)


if __name__ == "__main__":
    main()
