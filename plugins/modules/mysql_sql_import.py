#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_sql_import
short_description: Load a MySQL dump or all databases of a backup, exactly once, and verify them
version_added: 1.0.0
description:
  - Loads SQL files, or databases of a backup that is on the host or behind its download URL. Nothing is extracted to disk.
  - The SQL is parsed statement by statement, as the C(mysql) client does, so a value that looks like SQL remains a value.
  - The whole dump is read once before anything is written. A truncated file, a statement that reaches outside the target database, a missing
    privilege or engine, and every other problem that can be known beforehand are then reported together.
  - Rows are loaded in parallel. What has been loaded is recorded in a ledger on the server, in the same transactions as the rows. An import that was
    killed continues where it stopped when it is run again, and a complete one changes nothing.
  - Tables, views, routines, triggers and events of a complete import that are missing are created again by the next run. Other objects are not touched.
  - Triggers and events are created after the rows are loaded, so that they do not act on restored rows.
  - The ledger records which backup a database came from. A second call with the same backup changes nothing and needs neither a valid URL nor the file.
  - C(GTID_PURGED) and C(SQL_LOG_BIN) in the dump are never executed as they are. O(gtid) and O(binlog) decide instead.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._import
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.mysql
  - apsaradb.mysql._progress
  - apsaradb.mysql._url
  - apsaradb.mysql._url.network
attributes:
  check_mode:
    support: full
    details:
      - Reads the dump, even behind O(url), and queries the server. The result shows the tables and rows that a real run would load.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - With O(ledger=drop), the next run does not know that the import is complete, and O(on_existing) decides.
options:
  tables:
    description:
      - Load only these tables and the triggers on them. A list of names or shell patterns such as V(order_*). Views that need an excluded table
        are excluded too.
      - A map from databases of the backup to such lists limits only those databases. A name that a whole backup does not have is an error. The files in
        O(src), or a single dump file, have the name in O(source_database), otherwise in O(database) or O(databases).
      - It is a warning if no table is selected, or if a pattern for a single database or in a map matches none.
    type: raw
  src:
    description:
      - The dump on the host. A C(.sql) or C(.sql.gz) file, recognised by its content, or a list of such files that are applied in that order as one
        unit, or the directory of one database that M(apsaradb.mysql.rds_backup_extract) has written.
      - Compressed files are decompressed while they are read, never on disk.
      - Exactly one of O(src), O(archive) and a URL is required. Both O(url) and O(internal_url) may be given.
    type: list
    elements: path
  archive:
    description:
      - A backup on the host, a C(.tar) file from RDS or a single C(.sql) or C(.sql.gz) file. O(source_database) is read from it without extracting it.
      - The import is the same, with the same RV(fingerprint), as an import of the files that M(apsaradb.mysql.rds_backup_extract) writes
        (without O(apsaradb.mysql.rds_backup_extract#module:decompress)). Each can continue what the other began.
      - The module fails if another program replaces or changes the file during the import, as M(apsaradb.mysql.rds_backup_fetch) does when it adds
        databases. No rows of another database are loaded.
      - A URL is refused here because Ansible logs the value. Use O(url) instead.
    type: path
  source_database:
    description:
      - The database to load from O(archive) or from the backup behind O(url). If the backup does not have it, the module fails and lists those it has.
        Ignored for a single dump file.
      - Without it, the database with the name in O(database), otherwise the only one in the backup.
    type: str
  database:
    description:
      - The database to load into. Its name may differ from the name in the backup.
      - Required with O(src). From a backup, several databases are loaded without it.
    type: str
  databases:
    description:
      - "The databases of the backup to load, as a list of names or as a map from these names to target names, such as V({shop: shop_copy})."
      - A single dump file contains the database that is named here, because users choose the name of the file.
      - Without it and without O(database), all databases of the backup except system schemas are loaded under their own names.
      - They are loaded in parallel, large ones on several connections. A database that fails does not stop the others. The module fails at the end and
        names each with its reason, and the next run loads what is missing.
      - With O(gtid=apply) and O(gtid=reset), the GTID sets of all dumps are applied once, when all databases are loaded.
    type: raw
  origin:
    description:
      - The backup that O(archive) or O(src) was copied from, as returned by M(apsaradb.mysql.rds_backup_fetch). The ledger records it, so that a later call
        with the URL of that backup recognises the databases. Cannot be combined with a URL.
      - Without it, the module uses the record that M(apsaradb.mysql.rds_backup_fetch) left next to O(archive), otherwise the path, size and modification time
        of O(archive).
    type: dict
    suboptions:
      path:
        description: The path of the object.
        type: str
        required: true
      version:
        description: Distinguishes this object from others with the same path.
        type: str
      whole:
        description: Whether O(archive) is the whole object.
        type: bool
        default: false
  preflight:
    description:
      - If given, run the checks of M(apsaradb.mysql.mysql_restore_preflight) first, with the options of this import. If they find an
        error, nothing is written to any database. If the ledger records everything as complete, nothing is checked.
      - V({}) is enough. Cannot be combined with O(src) or O(database).
      - To check several hosts before anything is written on one of them, or to check before a download, use that module instead.
    type: dict
    suboptions:
      allow_version_change:
        description: See O(apsaradb.mysql.mysql_restore_preflight#module:allow_version_change).
        type: bool
        default: false
      engine_version:
        description: See O(apsaradb.mysql.mysql_restore_preflight#module:engine_version).
        type: str
  scan:
    description:
      - Whether check mode reads the backup unless the ledger records all of it as complete. With V(false) the module then only reports a change,
        without the values of the databases.
    type: bool
    default: true
  workers:
    description:
      - How many connections load the rows of a large database, and how many databases are loaded at once. The default is the number of
        cores of the host plus one, because connections sometimes wait for commits; at most nine.
    type: int
  analyze:
    description:
      - Whether to collect optimizer statistics for each table when its rows and indexes are complete. Otherwise InnoDB collects them later.
    type: bool
    default: true
  durability:
    description:
      - V(server) leaves durability to the server's settings.
      - With V(relaxed) a commit need not be on disk before the next one starts (C(innodb_flush_log_at_trx_commit = 2), and C(sync_binlog = 0) if
        the import is written to the binary log) until the import ends. If the whole host crashes, the last second of everything committed on
        that server may be lost. The import still resumes exactly after the last rows that survived.
      - The previous settings are restored, also by the next run after a crash. If the account cannot change them, the module warns.
    type: str
    choices: [server, relaxed]
    default: server
  ledger:
    description:
      - Whether the ledger keeps its entries about O(database) when the import is complete. The next import needs them to know that it has
        nothing to do, and M(apsaradb.mysql.mysql_restore_verify) to know what to expect.
      - With V(drop) they are removed as the last step, and the ledger too if it has entries for no other database. An import of the same files then
        finds a non-empty database, and does what O(on_existing) says. With O(on_existing=fail) it stops, so nothing is loaded twice.
      - With V(drop), an import that is already complete is not loaded again. Only its entries are removed, which is a change.
        For a backup, this needs neither the file nor a valid URL.
    type: str
    choices: [keep, drop]
    default: keep
requirements:
  - requests on the host, for O(url) and O(internal_url) only
notes:
  - A backup behind O(url) or O(internal_url) is read by ranged requests on four connections, into at most 64 MiB of memory and no
    file. Each file of the database is read twice if it does not fit into memory, first to check it and then to load it. A resumed import
    reads it once to check it and then up to the last rows to load. Only headers are read from the rest of the backup. An import
    with nothing left to load reads 128 KiB of each file.
  - The gzip checksum of each file is verified before anything is written, and what is loaded is compared with what was read then.
  - A request that has started continues after its URL expires, so shortly before the expiry the rest of a file is requested at once. If the URL still
    expires, the import stops with RV(ignore:expired) and continues when it is run again with a fresh URL.
  - If the Python package C(isal) is installed on the host, it decompresses files instead of zlib.
  - Memory stays below 250 MiB for files of any size, or below three times the largest statement if that is more. In addition, the SQL of a compressed
    or remote file is kept in memory from the check to the load if it fits into a sixteenth of the host's free memory (Python 3.8 or newer), so that
    it is decompressed and downloaded only once.
seealso:
  - module: apsaradb.mysql.mysql_restore_preflight
  - module: apsaradb.mysql.mysql_restore_verify
  - module: apsaradb.mysql.rds_backup_extract
"""

EXAMPLES = r"""
- name: Load a directory that rds_backup_extract has written
  apsaradb.mysql.mysql_sql_import:
    src: /var/tmp/restore/shop
    database: shop
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Load a single dump under another name, with the importing account as definer
  apsaradb.mysql.mysql_sql_import:
    src: /var/tmp/shop_datafull_202611220300_1763751600.sql.gz
    database: shop_copy
    definer: current
    login_user: restorer
    login_password: "{{ restore_password }}"

- name: Load one database from a backup without extracting it
  apsaradb.mysql.mysql_sql_import:
    archive: /var/backups/hins2345_data_20260101033000.tar
    source_database: shop
    database: shop
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Load all databases of a backup
  apsaradb.mysql.mysql_sql_import:
    archive: /var/backups/hins2345_data_20260101033000.tar
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Load two databases of a backup, one of them under another name
  apsaradb.mysql.mysql_sql_import:
    archive: /var/backups/hins2345_data_20260101033000.tar
    databases:
      shop: shop_copy
      forum: forum
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Load one database from a backup without downloading it to disk
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
  returned: when one database is loaded
  type: str
  sample: shop
databases:
  description:
    - The databases in the order of the backup, each with every other value that one database returns.
    - For the whole call, only RV(bytes), RV(elapsed), RV(throughput), RV(gtid), RV(source), RV(bytes_downloaded) and
      RV(requests) are returned in addition. With O(preflight) also RV(findings) and RV(facts), and RV(expired) if the URL has expired.
  returned: when several databases are loaded, also if the module fails
  type: list
  elements: dict
  contains:
    source:
      description: The name of the database in the backup.
      type: str
      sample: shop
    target:
      description: The name of the database on the server.
      type: str
      sample: shop_copy
    changed:
      description: Whether anything was changed in it.
      type: bool
      sample: true
    skipped:
      description: Whether it was left as it is because of O(on_existing=skip).
      type: bool
      sample: false
    failed:
      description: Present and true if it could not be imported.
      type: bool
      sample: true
    msg:
      description: Why it could not be imported.
      type: str
      sample: "The dump is truncated: its gzip data ends in the middle (backup.tar, member shop/data.sql.gz). The backup or its download is incomplete."
tables:
  description: The tables of the dump.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the table.
      type: str
      sample: customer
    rows:
      description: The number of rows in the table; V(null) if they were not counted.
      type: int
      sample: 1200
    rows_expected:
      description:
        - The number of rows in the dump; V(null) if only the server can know it (C(INSERT IGNORE), C(REPLACE)), which is a warning.
        - V(null) also for a table that the dump does not create (O(on_existing=merge)), because it may have other rows.
      type: int
      sample: 1200
    bytes:
      description: The size of its rows in the dump, in bytes of SQL.
      type: int
      sample: 48213
    seconds:
      description: The time from its first to its last row, in seconds.
      type: float
      sample: 0.31
    engine:
      description: The engine that the server created it with.
      type: str
      sample: InnoDB
    checksum:
      description: The result of C(CHECKSUM TABLE), with O(verify=checksum).
      type: int
      sample: 3417922541
tables_left_out:
  description: The number of tables of the dump that O(tables) and O(exclude_tables) leave out.
  returned: success
  type: int
  sample: 0
objects:
  description: The numbers of views, routines, triggers and events in the dump.
  returned: success
  type: dict
  sample: {views: 2, routines: 1, triggers: 1, events: 1}
lasting_events:
  description:
    - How many of the events exist after the import and stay. A server drops an event without C(ON COMPLETION PRESERVE) after its last run, and does not
      create it if the time of that run has passed, which is a warning (note 1588).
    - V(null) if nothing was loaded, as in check mode.
  returned: success
  type: int
  sample: 1
rewritten:
  description: How often each policy changed or removed a part of the dump. A key is absent if its count is 0.
  returned: success
  type: dict
  sample: {gtid_purged: 1, sql_log_bin: 2, definer: 4}
  contains:
    change_master:
      description:
        - Statements that configure, start or stop replication, such as CHANGE MASTER, which C(mysqldump --master-data) writes. They are left out.
      returned: when it is not 0
      type: int
    data_directory:
      description:
        - DATA DIRECTORY and INDEX DIRECTORY clauses of tables and partitions. They are left out, with a warning for each.
      returned: when it is not 0
      type: int
    database:
      description:
        - Names of the dump's database that became the name of the target.
      returned: when it is not 0
      type: int
    definer:
      description:
        - Definers that O(definer) changed or removed.
      returned: when it is not 0
      type: int
    drop_database:
      description:
        - DROP DATABASE of the dump's database before its first object. It is left out, because O(on_existing) decides.
      returned: when it is not 0
      type: int
    encryption:
      description:
        - ENCRYPTION and BLOCK_FORMAT clauses that O(encryption=strip) removed.
      returned: when it is not 0
      type: int
    engine:
      description:
        - Engines of tables and partitions that O(engines) replaced.
      returned: when it is not 0
      type: int
    engine_options:
      description:
        - Options and words of an engine that O(engines) replaced. They are left out, with a warning for each.
      returned: when it is not 0
      type: int
    event_status:
      description:
        - Events whose status O(events) changed.
      returned: when it is not 0
      type: int
    events_omitted:
      description:
        - Events that were not created, as O(events=omit) says.
      returned: when it is not 0
      type: int
    gtid_purged:
      description:
        - SET GTID_PURGED statements. They are left out; O(gtid) decides what happens to the set.
      returned: when it is not 0
      type: int
    rocksdb:
      description:
        - Statements that only look for RocksDB and switch its bulk load, as Percona's mysqldump writes them. They are left out.
      returned: when it is not 0
      type: int
    session_variables:
      description:
        - Session variables that do not affect a load, such as timeouts. They are left out.
      returned: when it is not 0
      type: int
    sql_log_bin:
      description:
        - SET SQL_LOG_BIN statements. They are left out; O(binlog) decides.
      returned: when it is not 0
      type: int
    sql_mode:
      description:
        - SET statements with an sql_mode that the server no longer knows and that has no effect, such as NO_AUTO_CREATE_USER on 8.0. The mode is
          left out.
      returned: when it is not 0
      type: int
    tablespace:
      description:
        - TABLESPACE and STORAGE clauses of tables and partitions. They are left out, with a warning for each.
      returned: when it is not 0
      type: int
    triggers_omitted:
      description:
        - Triggers that were not created, as O(triggers=omit) says.
      returned: when it is not 0
      type: int
warnings:
  description:
    - Data that the server changed, tables that it created differently from the dump, definers that do not exist.
    - The server's warnings about a statement include the error code, and the file and line of the statement.
  returned: changed
  type: list
  elements: str
  sample: ["table t, key k: the dump has (m), the server has (m(191))"]
differences:
  description: What the server created differently from the dump, at most 200 entries; each is also a warning. Empty with O(strict=true).
  returned: success
  type: list
  elements: dict
  contains:
    table:
      description: The name of the table.
      type: str
      sample: t
    what:
      description: What differs.
      type: str
      sample: key k
    dump:
      description: What the dump has.
      type: str
      sample: (m)
    server:
      description: What the server created.
      type: str
      sample: (m(191))
resumed:
  description: Whether an earlier import was continued.
  returned: success
  type: bool
  sample: false
skipped_bytes:
  description: The bytes of SQL that an earlier run had already loaded.
  returned: success
  type: int
  sample: 0
statements:
  description: The number of statements in the dump.
  returned: success
  type: int
  sample: 148
bytes:
  description: The size of the dump in bytes of SQL.
  returned: success
  type: int
  sample: 7340032
began:
  description: When the import began, in seconds since 1970 by the clock of the host; 0 when nothing was loaded.
  returned: success
  type: float
  sample: 1767238200.5
elapsed:
  description: How long the import took, in seconds.
  returned: success
  type: float
  sample: 2.4
throughput:
  description: Bytes of SQL per second; 0 when nothing was loaded.
  returned: success
  type: int
  sample: 3058346
phases:
  description: The duration of each phase in seconds, in the order in which the phases ran.
  returned: success
  type: dict
  sample: {scan: 0.4, preflight: 0.1, database: 0.1, tables: 0.2, rows: 0.9, indexes: 0.3, verify: 0.2, foreign_keys: 0.1, objects: 0.1}
fingerprint:
  description: Identifies the files in the ledger, wherever they are read from.
  returned: success
  type: str
  sample: 4127-0c2f51aa+48213-9b6d03e1
gtid:
  description: The policy, the set in the dump, and what was added to C(gtid_purged).
  returned: success
  type: dict
  sample: {policy: strip, dump: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", applied: ""}
  contains:
    common:
      description: The transactions that all of several dumps contain; V(null) if one of them names no set.
      returned: when several databases are loaded
      type: str
      sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4
rolled_forward:
  description:
    - Where M(apsaradb.mysql.mysql_roll_forward) has brought the database since the import. C(until), C(until_gtid) and C(before_statement) are as
      given there, C(gtid) and C(committed) are those of the last transaction, and C(complete) is false if the last run was interrupted.
    - C(following) is true if the database follows a server, or has followed one.
    - Empty if it was not rolled forward and does not follow.
  returned: success
  type: dict
  sample:
    until: "2026-11-28 09:41:00"
    until_gtid: null
    before_statement: null
    gtid: 3e11fa47-71ca-11e1-9e33-c80aa9429562:500
    committed: 2026-11-28 09:40:59.998 UTC
    complete: true
after_sql:
  description:
    - The SQL files that M(apsaradb.mysql.mysql_restore_sql) has run in the database since the import, as in C(files) of its
      RV(apsaradb.mysql.mysql_restore_sql#module:databases).
  returned: success
  type: list
  elements: dict
server_version:
  description: The version of the server.
  returned: success
  type: str
  sample: 8.0.36
fast_chunks:
  description: How many batches of rows were sent as C(LOAD DATA).
  returned: success
  type: int
  sample: 7
findings:
  description: See RV(apsaradb.mysql.mysql_restore_preflight#module:findings).
  returned: with O(preflight), unless there was nothing to do
  type: list
  elements: dict
facts:
  description: See RV(apsaradb.mysql.mysql_restore_preflight#module:facts).
  returned: with O(preflight), unless there was nothing to do
  type: dict
source:
  description: Which URL was used, V(internal) or V(external).
  returned: when O(url) or O(internal_url) is given, unless the ledger records everything as complete
  type: str
  sample: internal
bytes_downloaded:
  description: The number of bytes of the backup that were read.
  returned: when O(url) or O(internal_url) is given, unless the ledger records everything as complete
  type: int
  sample: 96468992
requests:
  description: The number of HTTP requests that were made.
  returned: when O(url) or O(internal_url) is given, unless the ledger records everything as complete
  type: int
  sample: 29
expired:
  description: Whether the server refused the request because the URL has expired. The next run continues with a fresh URL.
  returned: failure
  type: bool
  sample: true
missing:
  description: The names in O(databases) or O(source_database) that the backup does not have.
  returned: failure
  type: list
  elements: str
  sample: [shpo]
present:
  description: The databases of the backup, if it lacks some of O(databases) or O(source_database).
  returned: failure
  type: list
  elements: str
  sample: [blog, shop]
recognised:
  description: What the file is, if it is neither a logical backup nor SQL.
  returned: failure
  type: str
  sample: xbstream
problems:
  description: Everything that the checks found to be wrong, each with its cure.
  returned: failure
  type: list
  elements: str
  sample: ["the database shop does not exist, and create is false: create it, or set create: true"]
refused:
  description: The statements of the dump that are not allowed, at most 1000, each with its file, line and byte.
  returned: failure
  type: list
  elements: str
  sample: ["GRANT is not part of loading one database (/var/tmp/shop.sql, line 12, byte 4711: GRANT ALL ON *.* TO app)"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_options import IMPORT_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import PROGRESS_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC, hide_url
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sql_import import job


def main() -> None:
    spec = dict(
        LOGIN_SPEC,
        **IMPORT_SPEC,
        **URL_SPEC,
        **PROGRESS_SPEC,
        src=dict(type="list", elements="path"),
        archive=dict(type="path"),
        source_database=dict(type="str"),
        database=dict(type="str"),
        databases=dict(type="raw"),
        origin=dict(type="dict", options=dict(path=dict(type="str", required=True), version=dict(type="str"), whole=dict(type="bool", default=False))),
        preflight=dict(type="dict", options=dict(allow_version_change=dict(type="bool", default=False), engine_version=dict(type="str"))),
        scan=dict(type="bool", default=True),
        workers=dict(type="int"),
        analyze=dict(type="bool", default=True),
        durability=dict(type="str", choices=["server", "relaxed"], default="server"),
        ledger=dict(type="str", choices=["keep", "drop"], default="keep"),
    )
    ways = ("src", "archive", "url", "internal_url")
    pairs = [(way, other) for number, way in enumerate(ways) for other in ways[number + 1 :] if (way, other) != ("url", "internal_url")]
    pairs += [("origin", "url"), ("origin", "internal_url"), ("database", "databases"), ("src", "databases")]
    pairs += [("preflight", "src"), ("preflight", "database")]
    module = AnsibleModule(argument_spec=spec, required_one_of=[ways], mutually_exclusive=pairs, supports_check_mode=True)
    hide_url(module, "archive")
    hide_url(module, "src")
    run(module, job)


if __name__ == "__main__":
    main()
