#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_sql_import
short_description: Load a mysqldump file into one database, exactly once, and verify it
version_added: 0.1.0
description:
  - Reads the SQL statement by statement, as the C(mysql) client does, and never as text, so that a value that looks like SQL stays a value.
  - Takes files, or one database straight out of a backup, on the host or behind its download URL. Nothing is unpacked or stored on the way.
  - The whole dump is read once before anything is written. A cut file, a statement that would leave O(database), a missing
    privilege or engine and everything else that can be known is reported then, all at once.
  - Rows are loaded in parallel. What was loaded is noted in a ledger on the server, in the transactions of the rows. An import that was
    killed goes on where it stopped when it is run again, and one that is complete changes nothing.
  - Tables, views, routines, triggers and events of a complete import that are gone are made again by the next one, and no others are touched.
  - Triggers and events are made after the rows, so that they do not act on restored rows.
  - C(GTID_PURGED) and C(SQL_LOG_BIN) in the dump are never run as they stand. O(gtid) and O(binlog) decide.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.mysql
  - apsaradb.mysql._progress
  - apsaradb.mysql._url
attributes:
  check_mode:
    support: full
    details:
      - The dump is read, also one behind O(url), and the server is asked; the result tells the tables and rows that would be there.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - With O(ledger=drop), the next run does not know that the import is complete, and O(on_existing) decides.
options:
  src:
    description:
      - The dump on the host. A C(.sql) or C(.sql.gz) file, told apart by content, or a list of them that are applied in that order as one
        unit, or the folder of one database that M(apsaradb.mysql.rds_backup_extract) made.
      - Compressed files are unpacked while they are read, never on disk.
      - One of O(src), O(archive), O(url), O(internal_url) and O(fingerprint) is required.
    type: list
    elements: path
  archive:
    description:
      - A backup on the host, a C(.tar) as RDS gives it or a lone C(.sql) or C(.sql.gz) file, of which O(source_database) is read where it lies.
        Nothing is written to disk.
      - The import is the same, and has the same RV(fingerprint), as that of the files M(apsaradb.mysql.rds_backup_extract) makes of it
        (without its O(apsaradb.mysql.rds_backup_extract#module:decompress)). Each may go on with what the other began.
      - A URL is refused here, since a path is no secret and Ansible logs it. Give it in O(url).
    type: path
  source_database:
    description:
      - The database to take out of O(archive) or of the backup behind O(url). One that the backup does not have is an error, which names
        those it has. A lone dump is taken whatever it is called.
      - Without it the one that is called O(database), or else the only one there is.
    type: str
  fingerprint:
    description:
      - The RV(fingerprint) that an earlier import of the same files returned, when the files are not on the host any more.
      - Nothing is loaded then. When the ledger has that import with the same options as complete, and its tables are still there, the
        result is what it was, unchanged but for what O(gtid) asks of the set that was in the files. Else it is an error or, in check mode, a change.
    type: str
  database:
    description:
      - The database to load into. It need not have the name it had.
    type: str
    required: true
  create:
    description:
      - Whether to create O(database) when it is missing.
    type: bool
    default: true
  charset:
    description:
      - The character set of a database that is created. Without it that of the dump, where it says so, else the server's.
    type: str
  collation:
    description:
      - The collation of a database that is created.
    type: str
  on_existing:
    description:
      - What to do when O(database) holds something that no unfinished import of the same files put there.
      - V(fail) stops before anything is written. V(skip) leaves it as it is.
      - V(replace) loads the dump beside the database and puts it in its place when its rows are there and counted. Then all that was in it
        is gone. An account that may not make another database for that time has it dropped first, with a warning.
      - V(merge) adds the dump's tables to what is there, and fails when one of them exists.
    type: str
    choices: [fail, skip, replace, merge]
    default: fail
  tables:
    description:
      - Only these tables, and the triggers on them. Shell patterns as in V(order_*). Views that need a table that is left out are left out too.
    type: list
    elements: str
  exclude_tables:
    description:
      - Not these tables. Shell patterns.
    type: list
    elements: str
  gtid:
    description:
      - What to do with the GTID set in the dump.
      - V(strip) leaves the server's GTID history alone. This is right unless the server is to replicate from the dump's origin.
      - V(apply) adds the set to the server's C(gtid_purged) when all else is done. MySQL 5.6 and 5.7 take it only while they have executed nothing.
      - V(reset) empties the server's GTID history first (C(RESET MASTER)), which deletes its binary logs. Refused while a replica is attached.
      - V(fail) stops before anything is written when the dump holds a set.
    type: str
    choices: [strip, apply, reset, fail]
    default: strip
  binlog:
    description:
      - Whether the load is written to the server's binary log. V(on) makes it reach replicas.
      - Without it, V(off) where the account may turn it off for its session, else V(on) with a warning.
    type: str
    choices: ['off', 'on']
  definer:
    description:
      - The definer of views, triggers, routines and events.
      - V(keep) keeps it. V(current) makes it the account of the import. V(strip) removes the clause, with the same effect.
      - C(user@host) makes it that account.
    type: str
    default: keep
  triggers:
    description:
      - V(after) makes triggers after the rows. V(omit) leaves them out.
    type: str
    choices: [after, omit]
    default: after
  events:
    description:
      - V(disabled) makes events that do not run until they are enabled. V(keep) makes them as they are in the dump. V(omit) leaves them out.
    type: str
    choices: [disabled, keep, omit]
    default: disabled
  encryption:
    description:
      - V(strip) removes C(ENCRYPTION) from tables, for a server without a keyring.
    type: str
    choices: [keep, strip]
    default: keep
  engines:
    description:
      - "Engines to replace, as in V({TokuDB: InnoDB})."
    type: dict
  workers:
    description:
      - How many connections load rows. Without it one more than the host has cores, since each waits for its commits at times; nine at most.
    type: int
  lane:
    description:
      - How rows travel. V(insert) sends the dump's INSERT statements. V(load_data) and V(auto) send the same bytes as C(LOAD DATA LOCAL)
        where that is provably the same and the server has C(local_infile) on, which is faster.
    type: str
    choices: [auto, insert, load_data]
    default: auto
  defer_indexes:
    description:
      - Whether secondary keys are built when a table's rows are there, which is faster than keeping them up row by row.
      - V(auto) does so for tables of 4 MiB of rows and more. Foreign keys always wait.
    type: str
    choices: [auto, always, never]
    default: auto
  batch_bytes:
    description:
      - How many bytes of rows are committed together, at least one statement.
    type: int
    default: 1048576
  analyze:
    description:
      - Whether the optimizer's statistics of each table are taken when its rows and indexes are there. InnoDB would take them at a time of its own.
    type: bool
    default: true
  durability:
    description:
      - With V(server) each commit is as durable as the server's settings make it.
      - With V(relaxed) it need not reach the disk before the next one starts (C(innodb_flush_log_at_trx_commit = 2), and C(sync_binlog = 0) where
        the load is written to the binary log) until the import ends. When the whole host crashes, the last second of everything committed on
        that server may be lost; the import still resumes exactly where what survived ends.
      - The settings of before are put back, also by the next run after a crash. An account that may not change them gets a warning.
    type: str
    choices: [server, relaxed]
    default: server
  resume:
    description:
      - Whether an unfinished import of the same files with the same options goes on where it stopped.
    type: bool
    default: true
  allow:
    description:
      - First words of statements that may run although they are not part of loading one database, as in V(SET GLOBAL).
    type: list
    elements: str
  require_complete:
    description:
      - Whether each file must end with mysqldump's C(-- Dump completed). Dumps made with C(--skip-comments) have no such line.
    type: bool
    default: true
  verify:
    description:
      - V(rows) counts each table's rows and compares them with the dump. V(checksum) also returns C(CHECKSUM TABLE). V(none) does neither.
    type: str
    choices: [rows, checksum, none]
    default: rows
  ledger_database:
    description:
      - Where the ledger is kept. Without it V(apsaradb_mysql), which is made when missing, or O(database) itself where the account may make no other.
    type: str
  ledger:
    description:
      - Whether what the ledger says of O(database) stays there when the import is complete. The next import needs it to see that it has
        nothing to do, and M(apsaradb.mysql.mysql_restore_verify) to know what to expect.
      - With V(drop) it is removed, last of all, and the ledger with it when it knows of no other database. Then an import of the same files
        finds a database that is not empty, and does what O(on_existing) says. With O(on_existing=fail) it stops, and nothing is loaded twice.
      - An import that is complete already is not loaded again for V(drop). What the ledger says of it is removed then, which is a change.
        With O(fingerprint) in the place of O(src) that needs no files.
    type: str
    choices: [keep, drop]
    default: keep
requirements:
  - requests on the host, for O(url) and O(internal_url) alone
notes:
  - A backup behind O(url) or O(internal_url) is read where it lies, by ranged requests on four connections, into at most 64 MiB of memory and no
    file. The files of the database are read twice, as always, first to know everything and then to load, and an import that goes on
    reads them once more to know and then up to what it has to load last. Nothing else of the backup is read but headers. An import of
    which there is nothing left to load reads 128 KiB of each file.
  - The gzip checksum of each file is compared before anything is written, and what is loaded is compared with what was read then.
  - A request that has begun outlives the expiry of its URL, so shortly before that the rest of a file is asked for in one. Where a URL expires
    all the same, the import stops with RV(ignore:expired) and goes on when it is run again with a fresh one.
  - The Python package C(isal), where the host has it, unpacks compressed files instead of zlib.
  - Memory stays below 250 MiB for files of any size, and below three times the largest statement where that is more.
seealso:
  - module: apsaradb.mysql.rds_backup_extract
"""

EXAMPLES = r"""
- name: Load the folder that rds_backup_extract made
  apsaradb.mysql.mysql_sql_import:
    src: /var/tmp/restore/shop
    database: shop
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Load a lone dump under another name, owned by the account that loads it
  apsaradb.mysql.mysql_sql_import:
    src: /var/tmp/shop_datafull_202611220300_1763751600.sql.gz
    database: shop_copy
    definer: current
    login_user: restore
    login_password: "{{ restore_password }}"

- name: Load one database straight out of the backup, which stays packed
  apsaradb.mysql.mysql_sql_import:
    archive: /var/backups/hins2345_data_20260101033000.tar
    source_database: shop
    database: shop
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Load one database out of a backup that is still in the cloud, on a host without the disk to fetch it
  apsaradb.mysql.mysql_sql_import:
    url: "{{ backup_url }}"
    source_database: shop
    database: shop
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
"""

RETURN = r"""
database:
  description: The database that was loaded.
  returned: success
  type: str
tables:
  description: The tables of the dump.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The table's name.
      type: str
    rows:
      description: The rows it holds, V(null) when they were not counted.
      type: int
    rows_expected:
      description: The rows in the dump, V(null) where the dump leaves it to the server (C(INSERT IGNORE), C(REPLACE)).
      type: int
    bytes:
      description: Bytes of SQL its rows take in the dump.
      type: int
    seconds:
      description: From its first row to its last one.
      type: float
    engine:
      description: The engine the server made it with.
      type: str
    checksum:
      description: The result of C(CHECKSUM TABLE), with O(verify=checksum).
      type: int
objects:
  description: How many views, routines, triggers and events the dump has.
  returned: success
  type: dict
  sample: {views: 2, routines: 1, triggers: 1, events: 1}
rewritten:
  description: How often each policy changed or left out a statement.
  returned: success
  type: dict
  sample: {gtid_purged: 1, sql_log_bin: 2, definer: 4}
warnings:
  description: Data the server changed, engines it replaced, definers it does not know.
  returned: changed
  type: list
  elements: str
resumed:
  description: Whether an earlier import was continued.
  returned: success
  type: bool
skipped_bytes:
  description: Bytes of SQL that were not sent again.
  returned: success
  type: int
statements:
  description: Statements in the dump.
  returned: success
  type: int
bytes:
  description: Bytes of SQL in the dump.
  returned: success
  type: int
began:
  description: When the import began, in seconds since 1970 by the clock of the host; 0 when nothing was loaded.
  returned: success
  type: float
elapsed:
  description: Seconds the import took.
  returned: success
  type: float
throughput:
  description: Bytes of SQL a second.
  returned: success
  type: int
phases:
  description: Seconds of each phase, in the order in which they followed one another.
  returned: success
  type: dict
fingerprint:
  description: What the ledger knows the files by. See O(fingerprint).
  returned: success
  type: str
  sample: 4127-0c2f51aa+48213-9b6d03e1
gtid:
  description: The policy, the set in the dump, and what was added to C(gtid_purged).
  returned: success
  type: dict
server_version:
  description: The server's version.
  returned: success
  type: str
fast_chunks:
  description: How many batches of rows travelled as C(LOAD DATA).
  returned: success
  type: int
source:
  description: V(internal) or V(external), the address that was used.
  returned: when O(url) or O(internal_url) is given
  type: str
  sample: internal
bytes_downloaded:
  description: The bytes of the backup that were read.
  returned: when O(url) or O(internal_url) is given
  type: int
  sample: 96468992
requests:
  description: How many requests were made.
  returned: when O(url) or O(internal_url) is given
  type: int
  sample: 29
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._status_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC, hide_url
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sql_import import job


def main() -> None:
    spec = dict(
        LOGIN_SPEC,
        **URL_SPEC,
        **PROGRESS_SPEC,
        src=dict(type="list", elements="path"),
        archive=dict(type="path"),
        source_database=dict(type="str"),
        fingerprint=dict(type="str"),
        database=dict(type="str", required=True),
        create=dict(type="bool", default=True),
        charset=dict(type="str"),
        collation=dict(type="str"),
        on_existing=dict(type="str", choices=["fail", "skip", "replace", "merge"], default="fail"),
        tables=dict(type="list", elements="str"),
        exclude_tables=dict(type="list", elements="str"),
        gtid=dict(type="str", choices=["strip", "apply", "reset", "fail"], default="strip"),
        binlog=dict(type="str", choices=["off", "on"]),
        definer=dict(type="str", default="keep"),
        triggers=dict(type="str", choices=["after", "omit"], default="after"),
        events=dict(type="str", choices=["disabled", "keep", "omit"], default="disabled"),
        encryption=dict(type="str", choices=["keep", "strip"], default="keep"),
        engines=dict(type="dict"),
        workers=dict(type="int"),
        lane=dict(type="str", choices=["auto", "insert", "load_data"], default="auto"),
        defer_indexes=dict(type="str", choices=["auto", "always", "never"], default="auto"),
        batch_bytes=dict(type="int", default=1048576),
        analyze=dict(type="bool", default=True),
        durability=dict(type="str", choices=["server", "relaxed"], default="server"),
        resume=dict(type="bool", default=True),
        allow=dict(type="list", elements="str"),
        require_complete=dict(type="bool", default=True),
        verify=dict(type="str", choices=["rows", "checksum", "none"], default="rows"),
        ledger_database=dict(type="str"),
        ledger=dict(type="str", choices=["keep", "drop"], default="keep"),
    )
    ways = ("src", "archive", "url", "internal_url", "fingerprint")
    pairs = [(way, other) for number, way in enumerate(ways) for other in ways[number + 1 :] if (way, other) != ("url", "internal_url")]
    module = AnsibleModule(argument_spec=spec, required_one_of=[ways], mutually_exclusive=pairs, supports_check_mode=True)
    hide_url(module, "archive")
    run(module, job)


if __name__ == "__main__":
    main()
