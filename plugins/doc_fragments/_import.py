# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the import, which the preflight check shares."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._import``; the argument spec is in ``_jobs/_import_options.py``."""

    DOCUMENTATION = r"""
options:
  create:
    description:
      - Whether to create the database when it is missing.
    type: bool
    default: true
  charset:
    description:
      - The character set of the database if the import creates it. The default is the dump's, if it names one, otherwise the server's.
    type: str
  collation:
    description:
      - The collation of the database if the import creates it.
    type: str
  on_existing:
    description:
      - What to do if the database already holds something, other than an unfinished import of the same files.
      - V(fail) stops before anything is written. V(skip) leaves the database as it is.
      - V(replace) loads the dump into a staging database and swaps it in when its rows are loaded and counted. Everything that the database held
        before is then dropped. If the dump cannot be staged, or the account cannot create a staging database, the module fails before the first write.
      - With V(replace), a database in which M(apsaradb.mysql.mysql_restore_sql) was interrupted is loaded again, even if its import is complete.
      - V(merge) adds the dump's tables to the existing ones, and fails if one of them already exists.
    type: str
    choices: [fail, skip, replace, merge]
    default: fail
  exclude_tables:
    description:
      - Do not load these tables. Shell patterns.
    type: list
    elements: str
  gtid:
    description:
      - What to do with the GTID set in the dump.
      - V(strip) leaves the server's GTID history alone. This is right unless the server will replicate from the dump's origin.
      - V(apply) adds the set to the server's C(gtid_purged) as the last step. MySQL 5.6 and 5.7 accept it only while they have executed nothing.
      - V(reset) empties the server's GTID history first (C(RESET MASTER)), which deletes its binary logs. Unless the history already
        contains the set, it is refused while a replica reads from the server, if the server is a replica, if the account lacks the privileges to see that,
        and if the import is written to the binary log.
      - V(fail) stops before anything is written if the dump has a set.
    type: str
    choices: [strip, apply, reset, fail]
    default: strip
  binlog:
    description:
      - Whether the import is written to the server's binary log, and so reaches replicas.
      - Without it, V(off) if the account may disable the binary log for its session, otherwise V(on) with a warning.
    type: str
    choices: ['off', 'on']
  definer:
    description:
      - The definer of views, triggers, routines and events.
      - V(keep) keeps it. V(current) sets it to the importing account. V(strip) removes the clause, with the same effect.
      - A value such as C(user@host) sets it to that account.
    type: str
    default: keep
  triggers:
    description:
      - V(after) creates triggers after the rows are loaded. V(omit) leaves them out.
    type: str
    choices: [after, omit]
    default: after
  events:
    description:
      - V(disabled) creates events disabled. V(keep) creates them as they are in the dump. V(omit) leaves them out.
    type: str
    choices: [disabled, keep, omit]
    default: disabled
  encryption:
    description:
      - V(strip) removes the C(ENCRYPTION) clause from tables, for a server without a keyring.
    type: str
    choices: [keep, strip]
    default: keep
  engines:
    description:
      - "Engines to replace, for example V({TokuDB: InnoDB})."
    type: dict
  lane:
    description:
      - How rows are sent. V(insert) sends the dump's INSERT statements. V(load_data) and V(auto) send the same bytes as C(LOAD DATA LOCAL)
        where the result is provably the same, which is faster.
      - If C(local_infile) is off and the account cannot enable it, V(auto) sends INSERTs, and V(load_data) fails.
    type: str
    choices: [auto, insert, load_data]
    default: auto
  defer_indexes:
    description:
      - Whether to build secondary keys after a table's rows are loaded, which is faster than updating them row by row.
      - V(auto) does so for tables with 4 MiB of rows or more. Foreign keys are created last, too.
      - If any foreign key in the dump differs from the form that C(SHOW CREATE TABLE) prints, no key is built later.
    type: str
    choices: [auto, always, never]
    default: auto
  allow:
    description:
      - First words of statements that may run although they are not part of loading one database, for example V(SET GLOBAL).
    type: list
    elements: str
  require_complete:
    description:
      - Whether each file must end with mysqldump's C(-- Dump completed). Dumps made with C(--skip-comments) do not have this line.
    type: bool
    default: true
  verify:
    description:
      - V(rows) counts each table's rows and compares the numbers with the dump. V(checksum) also returns C(CHECKSUM TABLE). V(none) does neither.
    type: str
    choices: [rows, checksum, none]
    default: rows
  collation_default:
    description:
      - The collation of tables and columns that name C(utf8mb4) without one, as MySQL before 8.0 dumps them.
      - With V(server) it is the server's default, as with the C(mysql) client. If the server that made the dump had another default, a warning names both.
      - With V(origin) it is the default of the version that made the dump, C(utf8mb4_general_ci) before 8.0 and C(utf8mb4_0900_ai_ci) since. The dump must
        name that version. The collation of a database that O(charset) creates is not affected.
    type: str
    choices: [server, origin]
    default: server
  strict:
    description:
      - Whether to fail if the server creates a table differently from the dump. Examples are a key truncated to 767 bytes, another engine,
        row format, collation or type, an added column, a lost foreign key, and every warning of a C(CREATE TABLE).
      - The module fails before the first write if it knows of a difference by then, otherwise before rows are loaded. Differences in keys that are built
        after the rows are found only then.
      - With V(false) each difference is a warning.
    type: bool
    default: false
  ledger_database:
    description:
      - The database that holds the ledger. Without it, V(apsaradb_mysql), which is created if it is missing, or the target database
        if the account cannot create another one.
    type: str
"""
