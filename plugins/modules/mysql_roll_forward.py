#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_roll_forward
short_description: Roll a restored database forward to a point in time with binary logs, or let it follow the live instance
version_added: 1.0.0
description:
  - Applies binary logs of the instance to databases that were restored from its logical backup, up to a time, a transaction or a statement.
  - MySQL's own replication applies them. A private MySQL server on the same host serves the files as a replication source (links to them, and a copy of the
    last one up to the stop point). The restored server follows it on the channel C(apsaradb_roll_forward), with filters that let only the wanted databases
    pass.
  - Before it changes anything, the module reads every statement of the window. Statements that the filters would drop or send to another database are executed
    under the new name, or refused. Afterwards the server's GTID set must contain every transaction of the window.
  - The channel, its account and the private server are removed at the end, also after a failure. If the module, the private server or
    the restored server is killed, run the module again; it resumes. The private server ends with the module, however the module ends.
  - With O(state=followed), databases follow a live server instead, until O(state=promoted) ends that. This is a migration with a short cut-over.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
options:
  database:
    description:
      - The restored database.
    type: str
  source_database:
    description:
      - The name of the database in the binary logs. The default is the name of O(database). For O(databases), use a map instead.
    type: str
  databases:
    description:
      - Several databases, as a list of names or a map from the name in the binary logs to the name on this server.
      - Databases of the same instance must be rolled forward in one call, because the server counts each transaction once.
    type: raw
  binlogs:
    description:
      - A directory with the binary logs, on the host that runs the module. Names end in a dot and digits, such as C(mysql-bin.000123).
      - Required if O(state=rolled).
    type: path
  state:
    description:
      - V(rolled) applies the files in O(binlogs).
      - V(followed) keeps the databases in step with the server in O(follow), through the channel C(apsaradb_follow). O(until), O(until_gtid) and
        O(before_statement) are refused, because a channel applies everything. Everything is checked before anything
        is changed. Run it again after a restart of the server. The channel stays stopped until then, because a restart loses its filters and its password.
      - V(stopped) stops the channel, which keeps its position.
      - V(promoted) waits until the databases have everything that the source had executed when the module was called (or O(until_gtid)), compares every table
        with the source, and removes the channel. If they differ, nothing is removed, and they keep following.
      - Stop the applications, or set C(read_only) at the source, before V(promoted). The module refuses while the databases are still written to, unless
        O(until_gtid) is given; then the contents are not compared as long as they change.
    type: str
    choices: [rolled, followed, stopped, promoted]
    default: rolled
  follow:
    description:
      - The server to follow. Required if O(state=followed) or O(state=promoted).
      - Both this host and the restored server connect to it.
      - The databases must have the same names on both servers, because MySQL's filters would otherwise silently drop DDL statements with a qualified name.
    type: dict
    suboptions:
      host:
        description:
          - The address of the server.
        type: str
        required: true
      port:
        description:
          - The TCP port of the server.
        type: int
        default: 3306
      user:
        description:
          - An account with C(REPLICATION SLAVE) and C(REPLICATION CLIENT), and with C(SELECT), C(SHOW VIEW), C(TRIGGER), C(EVENT) and C(EXECUTE) on the
            databases for V(promoted).
        type: str
        required: true
      password:
        description:
          - The password of the account, at most 32 characters. The restored server keeps it in memory only, until it restarts or the channel is stopped.
        type: str
      ca_cert:
        description:
          - A file with the CA certificate of the source. It must exist on this host and on the host of the restored server.
          - Without it, the channel uses TLS if the source is MySQL 8.0 or later and offers it, and the source is not authenticated.
        type: path
  gtid_set:
    description:
      - The GTID set of the backup. By default, the set that M(apsaradb.mysql.mysql_sql_import) found in the dump and recorded in its ledger.
    type: str
  binlog:
    description:
      - Whether the applied transactions are written to the server's own binary log. A channel cannot change this, so V(on) and V(off) are
        only checked; V(auto) accepts either.
      - V(on) also writes the changes of the ledger to it.
    type: str
    choices: [auto, "on", "off"]
    default: auto
  ledger_database:
    description:
      - The database in which the import kept its ledger. Without it, V(apsaradb_mysql) if that has an entry for the database, otherwise the database itself.
    type: str
  source:
    description:
      - Where to get the software of the private server. See O(apsaradb.mysql.mysql_sandbox#module:source).
    type: str
    default: auto
  version:
    description:
      - The version of the private server, or the start of it. See O(apsaradb.mysql.mysql_sandbox#module:version).
      - A MySQL 5.7 server cannot log in to a private server of MySQL 9.
    type: str
  software_path:
    description:
      - The directory to which software is unpacked. The default is the directory C(mysql-software) in O(work_path).
    type: path
  work_path:
    description:
      - The directory in which the private server gets its own directory. Use the same one again after an interruption.
    type: path
    default: /var/tmp
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._roll
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.mysql
  - apsaradb.mysql._progress
attributes:
  check_mode:
    support: full
    details: The binary logs are read, the server is checked, and nothing is changed.
  diff_mode:
    support: none
  idempotent:
    support: full
notes:
  - Run it on the host of the restored server, because the private server listens on V(127.0.0.1) only.
  - The server needs C(gtid_mode=ON), and MySQL 5.7 or later. Its C(server_id) must differ from that of the instance.
  - "Changes on the server outside the databases: the GTIDs of the backup and of the window are added to its GTID history. While the overlap is
    applied, C(replica_exec_mode) is changed, then restored."
  - The account needs C(REPLICATION_SLAVE_ADMIN), C(REPLICATION CLIENT), C(RELOAD), C(SYSTEM_VARIABLES_ADMIN) and C(PERSIST_RO_VARIABLES_ADMIN), or C(SUPER)
    and C(RELOAD) before MySQL 8.0, in addition to those for the import.
  - A database that was rolled forward cannot be rolled back. To reach an earlier time, drop it, import the backup again, and empty the
    GTID history with M(apsaradb.mysql.mysql_gtid).
seealso:
  - module: apsaradb.mysql.mysql_sql_import
  - module: apsaradb.mysql.mysql_sandbox
  - module: apsaradb.mysql.rds_binlog_fetch
  - module: apsaradb.mysql.rds_binlog_info
"""

EXAMPLES = r"""
- name: Roll the database shop, restored as shop_restored, forward to a time
  apsaradb.mysql.mysql_roll_forward:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    database: shop_restored
    source_database: shop
    binlogs: /srv/binlogs
    until: "2026-11-28 09:41:00"

- name: Show what would be applied, and the DDL statements near the end
  apsaradb.mysql.mysql_roll_forward:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    database: shop
    binlogs: /srv/binlogs
  check_mode: true
  register: window

- name: Stop just before the accident
  apsaradb.mysql.mysql_roll_forward:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    database: shop
    binlogs: /srv/binlogs
    before_statement: DROP TABLE .*orders

- name: Roll two databases forward to a GTID set
  apsaradb.mysql.mysql_roll_forward:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    databases:
      shop: shop_restored
      forum: forum_restored
    binlogs: /srv/binlogs
    until_gtid: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5000

- name: Follow the instance
  apsaradb.mysql.mysql_roll_forward:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    database: shop
    state: followed
    follow:
      host: rm-bp1abcd1234.mysql.rds.aliyuncs.com
      user: follower
      password: "{{ follower_password }}"

- name: Cut over, after stopping the applications
  apsaradb.mysql.mysql_roll_forward:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    database: shop
    state: promoted
    follow:
      host: rm-bp1abcd1234.mysql.rds.aliyuncs.com
      user: follower
      password: "{{ follower_password }}"
"""

RETURN = r"""
gtid_set:
  description: The GTID set of the backup, from which the databases are rolled forward.
  returned: success, if O(state=rolled)
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-400
window:
  description:
    - The transactions from the overlap to the stop point (C(gtids)), the time of the last transaction in the backup's set (C(backup_ends)), and the
      last transaction that is applied (C(stop) with C(gtid), C(committed), C(file), C(position)).
    - C(stop.next) is the first transaction that is not applied, V(null) if the files have no more.
  returned: success, if O(state=rolled); also if the roll-forward is refused after the binary logs were read
  type: dict
  sample:
    gtids: 3e11fa47-71ca-11e1-9e33-c80aa9429562:390-500
    backup_ends: 2026-11-28 09:00:00.123 UTC
    stop:
      gtid: 3e11fa47-71ca-11e1-9e33-c80aa9429562:500
      committed: 2026-11-28 09:40:59.998 UTC
      file: /srv/binlogs/mysql-bin.000124
      position: 123456
      next: null
reached:
  description:
    - The point in time that the databases hold after this run, or would hold in check mode. C(until), C(until_gtid) and C(before_statement) are as given;
      C(gtid) and C(committed) are those of the last transaction.
  returned: success, if O(state=rolled)
  type: dict
  sample:
    until: "2026-11-28 09:41:00"
    until_gtid: null
    before_statement: null
    gtid: 3e11fa47-71ca-11e1-9e33-c80aa9429562:500
    committed: 2026-11-28 09:40:59.998 UTC
transactions:
  description: How many transactions of the window are applied, how many are filtered, and why (C(reasons)).
  returned: success, if O(state=rolled)
  type: dict
  sample: {"applied": 98, "filtered": 13, "reasons": {"rows of other databases": 13}}
overlap:
  description: The number of transactions of the backup's set that are applied again, how many seconds they cover, and the first of them.
  returned: success, if O(state=rolled)
  type: dict
  sample: {"transactions": 11, "seconds": 599.2, "first": "3e11fa47-71ca-11e1-9e33-c80aa9429562:390"}
largest:
  description: The ten largest transactions that are applied. Sizes are in bytes of the binary log.
  returned: success, if O(state=rolled)
  type: list
  elements: dict
  sample: [{"bytes": 1048576, "gtid": "3e11fa47-71ca-11e1-9e33-c80aa9429562:450", "committed": "2026-11-28 09:20:00 UTC"}]
ddl:
  description:
    - The last 50 DDL statements of the wanted databases before the stop point, with their transaction, time and default database.
    - C(effect) is V(applied), V(by_hand) (executed by the module under its new name), V(skip) (server-wide) or V(refused).
  returned: success, if O(state=rolled); also if the roll-forward is refused after the binary logs were read
  type: list
  elements: dict
  sample:
    - gtid: 3e11fa47-71ca-11e1-9e33-c80aa9429562:480
      committed: 2026-11-28 09:30:00 UTC
      database: shop
      statement: ALTER TABLE orders ADD COLUMN note TEXT
      effect: applied
rows_mended:
  description:
    - How many rows the overlap has changed, per table and in total. The largest tables beyond a million rows in total are in C(not_counted).
      Tables in C(without_key) were left out of the overlap.
    - If the backups of several databases have different GTID sets, rows that only the later backups contain are counted too.
    - V(null) in check mode, if nothing was applied, and if this run resumed an interrupted one.
  returned: success, if O(state=rolled) or O(state=followed)
  type: dict
  sample: {"total": 1, "tables": {"shop.orders": 1}, "not_counted": [], "without_key": []}
resumed:
  description: Whether this run continued an interrupted one.
  returned: success, if O(state=rolled)
  type: bool
  sample: false
binlogged:
  description: Whether the server wrote the applied transactions to its own binary log.
  returned: when something was applied
  type: bool
  sample: true
channel:
  description: The name of the channel, empty before MySQL 8.0.
  returned: success, unless O(state=rolled)
  type: str
  sample: apsaradb_follow
running:
  description: Whether the channel runs.
  returned: success, unless O(state=rolled)
  type: bool
  sample: true
lag_seconds:
  description: How many seconds the server is behind the source, by its own count. V(null) if the channel does not run.
  returned: success, unless O(state=rolled)
  type: int
  sample: 0
transactions_behind:
  description: How many transactions of the source the server has not executed. V(null) if the source was not asked.
  returned: success, unless O(state=rolled)
  type: int
  sample: 3
promoted:
  description:
    - The result of the promotion. C(gtid_set) is what the source had executed, and C(tables) and C(rows) are the numbers compared with it.
    - If C(compared) is V(false), the source was still written to, and both numbers are V(null).
  returned: success, if O(state=promoted), not in check mode
  type: dict
  sample: {"gtid_set": "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-900", "compared": true, "tables": 12, "rows": 48210}
problems:
  description: All reasons why the databases cannot be rolled forward or cannot follow, each with its cure, or their differences from the source.
  returned: when the roll-forward is refused after the binary logs were read, with O(state=followed) when it is refused, and with O(state=promoted) when
    the databases differ
  type: list
  elements: str
  sample: ["gtid_mode is OFF. Enable GTIDs with mysql_gtid (state: enabled)"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_plan import ROLL_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._software_options import SOURCE_SPEC, show_harmless_source
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._stop_point import STOPS
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_roll_forward import job


def main() -> None:
    follow = dict(
        host=dict(type="str", required=True),
        port=dict(type="int", default=3306),
        user=dict(type="str", required=True),
        password=dict(type="str", no_log=True),
        ca_cert=dict(type="path"),
    )
    spec = dict(
        LOGIN_SPEC,
        database=dict(type="str"),
        source_database=dict(type="str"),
        databases=dict(type="raw"),
        binlogs=dict(type="path"),
        state=dict(type="str", choices=["rolled", "followed", "stopped", "promoted"], default="rolled"),
        follow=dict(type="dict", options=follow),
        gtid_set=dict(type="str"),
        **ROLL_SPEC,
        binlog=dict(type="str", choices=["auto", "on", "off"], default="auto"),
        ledger_database=dict(type="str"),
        **SOURCE_SPEC,
        version=dict(type="str"),
        software_path=dict(type="path"),
        work_path=dict(type="path", default="/var/tmp"),
        **PROGRESS_SPEC,
    )
    module = AnsibleModule(
        argument_spec=spec,
        supports_check_mode=True,
        required_one_of=[("database", "databases")],
        required_if=[("state", "rolled", ["binlogs"]), ("state", "followed", ["follow"]), ("state", "promoted", ["follow"])],
        mutually_exclusive=[("database", "databases"), ("source_database", "databases"), STOPS],
    )
    show_harmless_source(module)
    run(module, job)


if __name__ == "__main__":
    main()
