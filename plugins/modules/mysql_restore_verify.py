#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_restore_verify
short_description: Say whether a restored database is what it should be
version_added: 0.1.0
description:
  - Holds a database against what the import of it noted, against a result of M(apsaradb.mysql.mysql_sql_import), or against a live source server.
  - Every table must be there, with the rows and the engine expected, and pass C(CHECK TABLE). Every view must resolve. Views, routines,
    triggers and events must be there, and whatever runs with the privileges of its definer needs that account to exist.
  - With a live source and O(checksum=true), the values of all rows are compared as well.
  - Fails when something is not as it should be, and names it. Changes nothing.
  - Rows are counted one table after another in one consistent snapshot (C(START TRANSACTION WITH CONSISTENT SNAPSHOT)), which holds for
    transactional engines such as InnoDB. While it is open, C(ALTER TABLE) on these tables waits.
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
      - The database to verify.
    type: str
    required: true
  expected:
    description:
      - What the database should hold. The registered result of M(apsaradb.mysql.mysql_sql_import), or its C(tables) alone, or anything of
        that shape. Of a table only C(name) is needed. What is not said is not judged.
      - Without it and without O(source), it is what the ledger on the server noted of the last import. The number of views is not judged when
        that was an import of some tables only.
      - V({}) expects nothing, so that only tables, views and definers are checked for what is wrong in itself.
      - What is in the database beyond it is no problem, and is told in RV(unexpected).
    type: raw
  source:
    description:
      - A live server that has the database as it should be.
      - Each side is read in one snapshot of its own. A source that is written to meanwhile differs for that reason.
      - Unlike the options of the same names outside, these read no option file unless one is named, so that the login is never that of the
        other server.
    type: dict
    suboptions:
      database:
        description:
          - The name of the database there. Without it O(database).
        type: str
      login_user:
        description:
          - The account to connect with.
          - Without it, that of O(source.config_file), else the name of the system's user.
        type: str
      login_password:
        description:
          - The account's password.
        type: str
      login_host:
        description:
          - The server's host. O(source.login_unix_socket) comes first where both are given.
        type: str
        default: localhost
      login_port:
        description:
          - The server's port.
        type: int
        default: 3306
      login_unix_socket:
        description:
          - The server's socket. It needs no TLS and, with C(auth_socket), no password.
        type: str
      config_file:
        description:
          - A MySQL option file. Its C([client]) section gives what is not given here. Without it none is read.
        type: path
      connect_timeout:
        description:
          - Seconds to wait for the connection.
        type: int
        default: 30
      ca_cert:
        description:
          - The certificate authority the server's certificate must come from. Without it the connection is still encrypted
            where the server can, but the server is not authenticated.
        type: path
        aliases: [ssl_ca]
      client_cert:
        description:
          - A client certificate.
        type: path
        aliases: [ssl_cert]
      client_key:
        description:
          - The key of O(source.client_cert).
        type: path
        aliases: [ssl_key]
      check_hostname:
        description:
          - Whether the server's certificate must name O(source.login_host). Only with O(source.ca_cert).
        type: bool
  checksum:
    description:
      - Whether values are compared, not only rows counted.
      - With O(source), the hashes of all rows are added up, on both sides at the same time. The sums are the same on MySQL 5.6, 5.7 and 9.7
        for the same data, in whatever order the rows are. It reads every row.
      - Text and bytes are compared as they are stored, or after conversion to utf8mb4 where a column has another character set at the source;
        instants in UTC; C(JSON) as the server writes it; geometries with their SRID; C(BIT), C(DECIMAL) and C(DOUBLE) exactly; C(FLOAT) to the
        six digits that MySQL shows of one, since a dump holds no more.
      - Without O(source), C(CHECKSUM TABLE) is compared with what the import noted, which it does with C(verify=checksum). C(CHECKSUM TABLE) answers the same
        only on the same version.
    type: bool
    default: false
  tables:
    description:
      - Only these tables and views, and the triggers on them. Shell patterns. Routines, events and mere numbers of objects are not judged then.
    type: list
    elements: str
  exclude_tables:
    description:
      - Not these tables and views. Shell patterns.
    type: list
    elements: str
  fail_on_problems:
    description:
      - Whether the module fails when RV(problems) is not empty. V(false) only tells them.
    type: bool
    default: true
  ledger_database:
    description:
      - Where the import kept its ledger. Without it V(apsaradb_mysql), else O(database) itself.
    type: str
seealso:
  - module: apsaradb.mysql.mysql_sql_import
"""

EXAMPLES = r"""
- name: Is the database still what the import made of it?
  apsaradb.mysql.mysql_restore_verify:
    database: shop
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Compare every value with the server that the backup is of
  apsaradb.mysql.mysql_restore_verify:
    database: shop_copy
    source:
      database: shop
      login_host: rm-example.mysql.rds.aliyuncs.com
      login_user: reader
      login_password: "{{ reader_password }}"
    checksum: true
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Only tell what is wrong
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
  description: Whether there is no problem.
  returned: always
  type: bool
problems:
  description: What is wrong, where, and what to do about it, a sentence each.
  returned: always
  type: list
  elements: str
  sample: ["table customer has 1199 row(s), expected were 1200. Is something writing to it? Else import it again with on_existing: replace"]
database:
  description: The database that was verified.
  returned: always
  type: str
expected_from:
  description: Who said what to expect. V(ledger), V(expected) or V(source).
  returned: always
  type: str
tables:
  description: The tables that are there or should be, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The table's name.
      type: str
    rows:
      description: The rows it holds, V(null) when it is missing or cannot be read.
      type: int
    rows_expected:
      description: The rows it should hold, V(null) when that is not known.
      type: int
    engine:
      description: Its engine; empty when it is missing or cannot be opened.
      type: str
    engine_expected:
      description: The engine it should have, V(null) when that is not known.
      type: str
    check:
      description: What C(CHECK TABLE) said; empty when it is missing.
      type: str
      sample: OK
    checksum:
      description: With O(checksum=true), the sum over its rows, of C(CHECKSUM TABLE) when there is no O(source).
      type: str
    checksum_expected:
      description: The sum it should have, V(null) when that is not known.
      type: str
    ok:
      description: Whether there is no problem with it.
      type: bool
objects:
  description: How many views, routines, triggers and events are there.
  returned: always
  type: dict
  sample: {views: 2, routines: 1, triggers: 1, events: 1}
objects_expected:
  description: How many should be there, as far as that is known.
  returned: always
  type: dict
  sample: {views: 2, routines: 1, triggers: 1, events: 1}
broken_views:
  description: Views that cannot be read.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The view's name.
      type: str
    error:
      description: The server's words.
      type: str
lost_definers:
  description: Accounts that do not exist, though something runs with their privileges.
  returned: always
  type: list
  elements: dict
  contains:
    definer:
      description: The account.
      type: str
      sample: app@%
    objects:
      description: What it defines.
      type: list
      elements: str
      sample: [view recent_orders, trigger stock_changed on stock]
unexpected:
  description: What is there though nothing expects it.
  returned: always
  type: list
  elements: str
server_version:
  description: The server's version.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._status_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_verify import job


def main() -> None:
    source = dict(LOGIN_SPEC, config_file=dict(type="path"), database=dict(type="str"))
    spec = dict(
        LOGIN_SPEC,
        **PROGRESS_SPEC,
        database=dict(type="str", required=True),
        expected=dict(type="raw"),
        source=dict(type="dict", options=source),
        checksum=dict(type="bool", default=False),
        tables=dict(type="list", elements="str"),
        exclude_tables=dict(type="list", elements="str"),
        fail_on_problems=dict(type="bool", default=True),
        ledger_database=dict(type="str"),
    )
    run(AnsibleModule(argument_spec=spec, mutually_exclusive=[("expected", "source"), ("ledger_database", "source")], supports_check_mode=True), job)


if __name__ == "__main__":
    main()
