# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every sentence the checks before a load may say of a dump and a server; docs/preflight.md lists them with their reasons."""

from ..._finding import ERROR, OK, WARNING, FindingKind

_MISSING = "the account {account} lacks {privileges} on {database}"

# The file itself.
CUT = FindingKind(
    "cut",
    "complete",
    ERROR,
    '{file} does not end with "-- Dump completed", so it is probably cut after byte {size}',
    "get the backup again, or set require_complete: false if it was made with --skip-comments",
)

# What the account may do.
PRIVILEGES = FindingKind("privileges", "privileges", ERROR, _MISSING, "GRANT ALL ON `{database}`.* TO {account}")
BINLOG_PRIVILEGE = FindingKind(
    "binlog_privilege",
    "privileges",
    ERROR,
    "the account {account} may not turn the binary log off for its session",
    "grant {privilege}, or choose binlog: on",
)
LEDGER_PRIVILEGE = FindingKind(
    "ledger_privilege", "privileges", ERROR, "the account {account} lacks DROP on {database}, which ledger: drop needs", "grant it, or choose ledger: keep"
)
FUNCTION_CREATORS = FindingKind(
    "function_creators",
    "privileges",
    ERROR,
    "with the binary log on, the server lets only SUPER create functions and triggers (error 1419)",
    "SET GLOBAL log_bin_trust_function_creators = 1, or load with binlog: off",
)
DEFINER_PRIVILEGE = FindingKind(
    "definer_privilege",
    "definers",
    ERROR,
    "the account {account} may not create objects of other definers ({definers})",
    "choose definer: current",
)
DEFINER_UNKNOWN = FindingKind(
    "definer_unknown",
    "definers",
    ERROR,
    "the server has no account {definers}, which objects name as definer",
    "create it, or choose definer: current",
)
DEFINER_LOST = FindingKind("definer_lost", "definers", WARNING, "no account {definer} on this server: {count} object(s) it defines fail when used (error 1449)")

# How rows travel.
PACKET = FindingKind(
    "packet",
    "packet",
    ERROR,
    "the dump's largest statement has {largest} bytes and the server takes {limit}",
    "SET GLOBAL max_allowed_packet = {wanted}",
)
PACKET_UNKNOWN = FindingKind(
    "packet_unknown",
    "packet",
    WARNING,
    "how large the dump's largest statement is was not looked at, and the server takes {limit} bytes, less than a row of a mysqldump may have",
    "SET GLOBAL max_allowed_packet = 67108864, or scan the files",
)
LOCAL_INFILE = FindingKind(
    "local_infile",
    "local_infile",
    ERROR,
    "lane: load_data needs local_infile, which is off and which this account may not switch on",
    "SET GLOBAL local_infile = 1, or lane: auto",
)
LOCAL_INFILE_OFF = FindingKind(
    "local_infile_off",
    "local_infile",
    OK,
    "local_infile is off and this account may not switch it on: rows travel as INSERTs, which is slower",
)

# GTIDs.
GTID_NAMED = FindingKind("gtid_named", "gtid", ERROR, "the dump sets GTID_PURGED to {set} and gtid is fail", "choose strip, apply or reset")
GTID_NONE = FindingKind("gtid_none", "gtid", ERROR, "MySQL {version} has no GTIDs", "choose gtid: strip")
GTID_PRIVILEGE = FindingKind("gtid_privilege", "gtid", ERROR, "setting GTID_PURGED needs {privilege}", "grant it, or choose gtid: strip")
GTID_OFF = FindingKind(
    "gtid_off",
    "gtid",
    ERROR,
    "gtid_mode is OFF (the guide's procedure ends in error 1839)",
    "start the server with gtid_mode=ON, or choose gtid: strip",
)
GTID_OWN = FindingKind(
    "gtid_own",
    "gtid",
    ERROR,
    "with binlog: on the load itself gives the server GTIDs, after which {version} takes no GTID_PURGED",
    "choose binlog: off",
)
GTID_HISTORY = FindingKind(
    "gtid_history",
    "gtid",
    ERROR,
    "the server has executed {executed} and {version} takes a GTID_PURGED only when it has executed nothing (error 1840)",
    "choose gtid: strip to keep its history, or gtid: reset to give it up",
)
GTID_RESET_PRIVILEGE = FindingKind(
    "gtid_reset_privilege", "gtid", ERROR, "gtid: reset needs the privilege(s) {privileges}", "grant them, or choose gtid: strip"
)
GTID_RESET_LOG = FindingKind(
    "gtid_reset_log",
    "gtid",
    ERROR,
    "gtid: reset deletes the binary logs, and with them what binlog: on writes there",
    "choose binlog: off",
)
GTID_RESET = FindingKind("gtid_reset", "gtid", ERROR, "{obstacle}", "choose gtid: strip")
GTID_ENABLE = FindingKind(
    "gtid_enable",
    "gtid",
    ERROR,
    "GTIDs cannot be switched on while MySQL {version} runs{reason}",
    "start it with gtid_mode=ON, enforce_gtid_consistency=ON, log_bin, log_slave_updates and a server_id, or choose gtid: strip",
)
GTID_TOPOLOGY = FindingKind(
    "gtid_topology",
    "gtid",
    ERROR,
    "GTIDs are not to be switched on here alone: {obstacle}",
    "take every server of the topology to gtid_mode=ON_PERMISSIVE first, then switch them on with mysql_gtid and force: true; or choose gtid: strip",
)
GTID_UNKNOWN = FindingKind(
    "gtid_unknown",
    "gtid",
    WARNING,
    "the dump names a GTID set at its end, which was not read: whether gtid: {choice} is possible is known only then",
    "scan the files, or choose gtid: strip",
)

# What the dump asks of the server.
ENGINE = FindingKind(
    "engine", "engines", ERROR, "the server has no engine {engine}, which {count} table(s) want ({tables})", "map it, as in engines: {{{engine}: InnoDB}}"
)
KEYRING = FindingKind(
    "keyring",
    "encryption",
    ERROR,
    "{count} table(s) are encrypted ({tables}) and the server has no keyring (error 3185)",
    "set up a keyring on the server, or choose encryption: strip",
)
KEYRING_UNKNOWN = FindingKind(
    "keyring_unknown",
    "encryption",
    WARNING,
    "{count} table(s) are encrypted ({tables}) and the server does not tell whether it has a keyring (performance_schema is off)",
    "make sure it has one, or choose encryption: strip",
)
ENCRYPTION_UNKNOWN = FindingKind(
    "encryption_unknown",
    "encryption",
    ERROR,
    "{count} table(s) are encrypted ({tables}) and MySQL {version} knows no encryption of tables",
    "choose encryption: strip",
)
CHARSET = FindingKind(
    "charset",
    "charset",
    ERROR,
    "the server has no {words} (errors 1115, 1273), which {count} statement(s) of the dump need, as {names} does",
    "restore into a version that has them; no option of an import changes the character set of a table",
)
SQL_MODE = FindingKind(
    "sql_mode",
    "sql_mode",
    ERROR,
    "the server knows no sql_mode {modes} (error 1231), under which {count} object(s) were made ({names})",
    "make these objects on the origin anew under another sql_mode, and the backup after that; or restore into a server of its version",
)
QUOTES = FindingKind(
    "quotes",
    "sql_mode",
    ERROR,
    "the server's sql_mode has ANSI_QUOTES or NO_BACKSLASH_ESCAPES, and the dump sets no sql_mode of its own",
    "SET GLOBAL sql_mode without them",
)
WORDS = FindingKind(
    "words",
    "words",
    ERROR,
    "{words} became reserved after MySQL {origin}, and {names} use(s) such a word as a bare name (error 1064)",
    "make these objects on the origin anew with the name in backticks, and the backup after that; or restore into a server of its version",
)
EVENTS_RUN = FindingKind(
    "events_run",
    "events",
    WARNING,
    "event_scheduler is ON and events is keep: {count} event(s) start to run as soon as they are restored",
    "choose events: disabled and enable them one by one, unless that is what you want",
)
EVENTS_SLEEP = FindingKind(
    "events_sleep",
    "events",
    WARNING,
    "event_scheduler is {state} and events is keep: events do not run",
    "SET GLOBAL event_scheduler = ON when they shall",
)
NAMES_COLLIDE = FindingKind(
    "names_collide",
    "names",
    ERROR,
    "lower_case_table_names is {setting}, which makes one name of {names}",
    "restore them into a server with lower_case_table_names=0, or leave one out with exclude_tables",
)
NAMES_FOLDED = FindingKind(
    "names_folded",
    "names",
    WARNING,
    "lower_case_table_names is {setting}: names with capitals become lower case ({names})",
    "restore into a server with lower_case_table_names=0 where programs expect the names as they are",
)
NAMES_EXACT = FindingKind(
    "names_exact",
    "names",
    WARNING,
    "lower_case_table_names is 0 here and 1 on RDS unless changed: a program that writes the name of a table in another case does not find it",
    "see that programs use the very names, or make a server with lower_case_table_names=1 (from 8.0 on only when it is initialised)",
)

# The server as it is.
READ_ONLY = FindingKind(
    "read_only",
    "read_only",
    ERROR,
    "the server takes no writes of the account {account}: {setting} is ON (error 1290)",
    "SET GLOBAL {setting} = OFF if it is no replica that must stay one, or restore into another server",
)
READ_ONLY_PASSED = FindingKind(
    "read_only_passed",
    "read_only",
    WARNING,
    "read_only is ON, which the account {account} passes by: others cannot write here",
    "make sure that this server is meant; a replica that is written to differs from its source from then on",
)
TRANSACTION_READ_ONLY = FindingKind(
    "transaction_read_only",
    "read_only",
    ERROR,
    "new sessions of the server are read only: {setting} is ON (error 1792)",
    "SET GLOBAL {setting} = OFF",
)

# The database as it is.
NO_DATABASE = FindingKind("no_database", "existing", ERROR, "there is no database {database} and create is false", "create it, or set create: true")
NOT_EMPTY = FindingKind(
    "not_empty",
    "existing",
    ERROR,
    "the database {database} is not empty: it holds {names}",
    "choose another database, or on_existing: replace (drops what is there), merge or skip",
)
SKIPPED = FindingKind(
    "skipped",
    "existing",
    WARNING,
    "the database {database} holds something already and is left as it is, since on_existing is skip",
    "choose another database, or on_existing: replace or merge, if the backup shall be restored there",
)
REPLACED = FindingKind(
    "replaced",
    "existing",
    WARNING,
    "the database {database} holds {count} table(s), which are dropped, since on_existing is replace",
    "make a backup of them before, if they are still wanted",
)
COLLIDE = FindingKind(
    "collide",
    "existing",
    ERROR,
    "{count} exist(s) already and would have to be replaced: {names}",
    "leave them out with exclude_tables, or choose on_existing: replace",
)
REFERRED = FindingKind(
    "referred",
    "existing",
    ERROR,
    "foreign keys of {names} point into {database}, which cannot be replaced under them",
    "drop them first",
)
GONE = FindingKind("gone", "existing", ERROR, "tables are gone ({names}) and the dump cannot be applied in part", "on_existing: replace")
LEDGER = FindingKind(
    "ledger",
    "existing",
    WARNING,
    "the database {database} holds an import ({state}): of the same backup and options it stays or goes on, of another one it is in the way",
    "see on_existing if it is of another one",
)
RESTORED = FindingKind("restored", "existing", OK, "the database {database} holds this very import already: nothing is to be done")

# The two versions, and what else there is on the server.
VERSION = FindingKind(
    "version",
    "version",
    ERROR,
    "the backup was made on MySQL {origin} and the server is {version}: the guide asks for the same series",
    "restore into MySQL {series}, or allow the change (allow_version_change) after a look at docs/preflight.md",
)
VERSION_CHANGED = FindingKind(
    "version_changed",
    "version",
    WARNING,
    "the backup was made on MySQL {origin} and the server is {version}, as allowed; sql_modes (1231), collations (1273) and reserved words are checked",
    "test the programs that use the data on this version",
)
VERSION_UNKNOWN = FindingKind(
    "version_unknown", "version", WARNING, "the backup does not say which MySQL it was made on", "make sure it is of the series {series}"
)
REPLICATION = FindingKind("replication", "replication", WARNING, "{sentence}")
REPLICATION_UNKNOWN = FindingKind(
    "replication_unknown",
    "replication",
    WARNING,
    "whether there are replicas, or this is one, cannot be seen without the privilege(s) {privileges}",
    "grant them, or make sure yourself",
)
IS_REPLICA = FindingKind(
    "is_replica",
    "replication",
    WARNING,
    "this server is a replica: what is restored here is not on its source",
    "restore on the source with binlog: on, unless this is meant",
)
SYSTEM = FindingKind("system", "existing", ERROR, "{database} is a database of the server's own", "choose another target database")
