# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All messages of the checks before a load; docs/preflight.md lists them with their reasons."""

from typing import Optional

from ..._finding import ERROR, OK, WARNING, FindingKind


def _error(kind: str, what: str, cure: str) -> FindingKind:
    """``kind`` is ``check/finding``."""
    return _kind(kind, ERROR, what, cure)


def _warning(kind: str, what: str, cure: Optional[str] = None) -> FindingKind:
    return _kind(kind, WARNING, what, cure)


def _ok(kind: str, what: str) -> FindingKind:
    return _kind(kind, OK, what, None)


def _kind(kind: str, level: str, what: str, cure: Optional[str]) -> FindingKind:
    check, _slash, name = kind.partition("/")
    return FindingKind(name, check, level, what, cure)


# The file itself.
CUT = _error(
    "complete/cut",
    '{file} does not end with "-- Dump completed", so it was probably truncated after byte {size}',
    "fetch the backup again, or set require_complete: false if it was made with --skip-comments",
)

# What the account may do.
PRIVILEGES = _error("privileges/privileges", "the account {account} lacks {privileges} on {database}", "GRANT ALL ON `{database}`.* TO {account}")
BINLOG_PRIVILEGE = _error(
    "privileges/binlog_privilege", "the account {account} cannot turn off the binary log for its session", "grant {privilege}, or choose binlog: on"
)
LEDGER_PRIVILEGE = _error(
    "privileges/ledger_privilege", "the account {account} lacks DROP on {database}, and ledger: drop needs it", "grant it, or choose ledger: keep"
)
FUNCTION_CREATORS = _error(
    "privileges/function_creators",
    "with the binary log on, the server lets only SUPER create functions and triggers (error 1419)",
    "SET GLOBAL log_bin_trust_function_creators = 1, or grant SUPER",
)
FUNCTION_UNDECLARED = _error(
    "privileges/function_undeclared",
    "with the binary log on, the server accepts only functions that are declared DETERMINISTIC, NO SQL or READS SQL DATA (error 1418), but not {names}",
    "SET GLOBAL log_bin_trust_function_creators = 1 for the import, as RDS has it",
)
DEFINER_PRIVILEGE = _error(
    "definers/definer_privilege", "the account {account} cannot create objects with other definers ({definers})", "choose definer: current"
)
DEFINER_PROTECTED = _warning(
    "definers/definer_protected",
    "{account} can create the objects of the dump only if none of their definers ({definers}) has the privilege SYSTEM_USER",
    "if one has it, grant {account} SYSTEM_USER on *.*, or choose definer: current: otherwise the import stops with error 1227 after all rows",
)
DEFINER_UNKNOWN = _error(
    "definers/definer_unknown", "the server has no account {definers}, and objects of the dump name it as definer", "create it, or choose definer: current"
)
DEFINER_LOST = _warning(
    "definers/definer_lost", "the server has no account {definer}, the definer of {count} object(s), which will fail when used (error 1449)"
)

# How rows are sent.
PACKET = _error(
    "packet/packet", "the largest statement in the dump has {largest} bytes, and max_allowed_packet is {limit}", "SET GLOBAL max_allowed_packet = {wanted}"
)
PACKET_UNKNOWN = _warning(
    "packet/packet_unknown",
    "the largest statement in the dump has not been measured; max_allowed_packet is {limit} bytes, less than a single row of a mysqldump may need",
    "SET GLOBAL max_allowed_packet = 67108864, or scan the files (scan: true)",
)
LOCAL_INFILE = _error(
    "local_infile/local_infile",
    "lane: load_data needs local_infile, which is off and which this account cannot enable",
    "SET GLOBAL local_infile = 1, or choose lane: auto",
)
LOCAL_INFILE_OFF = _ok("local_infile/local_infile_off", "local_infile is off and this account cannot enable it, so rows are sent as INSERTs, which is slower")

# GTIDs.
BINLOGS_UNKNOWN = _warning(
    "binlogs/binlogs_unknown",
    "the GTID set of the backup is missing or at the end of a dump that was not read, so the points in time that the binlogs reach are not known yet",
    "scan the files (scan: true), or wait for the roll-forward, which checks it before it changes anything",
)
GTID_NAMED = _error("gtid/gtid_named", "the dump sets GTID_PURGED to {set}, and gtid is fail", "choose strip, apply or reset")
GTID_NONE = _error("gtid/gtid_none", "{version} does not support MySQL GTIDs", "choose gtid: strip")
GTID_PRIVILEGE = _error("gtid/gtid_privilege", "setting GTID_PURGED needs {privilege}", "grant it, or choose gtid: strip")
GTID_OFF = _error("gtid/gtid_off", "gtid_mode is OFF (setting GTID_PURGED fails with error 1839)", "start the server with gtid_mode=ON, or choose gtid: strip")
GTID_OWN = _error("gtid/gtid_own", "with binlog: on the load itself adds GTIDs, and MySQL {version} then rejects GTID_PURGED", "choose binlog: off")
GTID_HISTORY = _error(
    "gtid/gtid_history",
    "the server has executed {executed}, and MySQL {version} accepts GTID_PURGED only if nothing was executed (error 1840)",
    "choose gtid: strip to keep that history, or gtid: reset to delete it",
)
GTID_RESET_PRIVILEGE = _error("gtid/gtid_reset_privilege", "gtid: reset needs the privilege(s) {privileges}", "grant them, or choose gtid: strip")
GTID_RESET_LOG = _error("gtid/gtid_reset_log", "gtid: reset deletes the binary logs, including what binlog: on writes to them", "choose binlog: off")
GTID_RESET = _error("gtid/gtid_reset", "{obstacle}", "choose gtid: strip")
GTID_ENABLE = _error(
    "gtid/gtid_enable",
    "MySQL {version} cannot enable GTIDs while it runs{reason}",
    "start it with gtid_mode=ON, enforce_gtid_consistency=ON, log_bin, log_slave_updates and a server_id, or choose gtid: strip",
)
GTID_TOPOLOGY = _error(
    "gtid/gtid_topology",
    "GTIDs must not be enabled on this server alone: {obstacle}",
    "set gtid_mode=ON_PERMISSIVE on every server of the topology first, then enable GTIDs with mysql_gtid and force: true; or choose gtid: strip",
)
GTID_UNKNOWN = _warning(
    "gtid/gtid_unknown",
    "the GTID set is at the end of the dump, which was not read, so it is not known yet whether gtid: {choice} is possible",
    "scan the files (scan: true), or choose gtid: strip",
)

# What the dump needs from the server.
ENGINE = _error(
    "engines/engine",
    "the server has no engine {engine}, and {count} table(s) need it ({tables})",
    "map it to another one, for example engines: {{{engine}: InnoDB}}",
)
MERGE_ROWS = _error(
    "engines/merge_rows",
    "the dump has rows of the MERGE table {table}, which stores them in other tables",
    "insert these rows into the tables of its UNION instead, as mysqldump does",
)
KEYRING = _error(
    "encryption/keyring",
    "{count} table(s) are encrypted ({tables}), and the server has no keyring (error 3185)",
    "set up a keyring on the server, or choose encryption: strip",
)
KEYRING_UNKNOWN = _warning(
    "encryption/keyring_unknown",
    "{count} table(s) are encrypted ({tables}), and the server does not show whether it has a keyring (performance_schema is off)",
    "make sure that it has one, or choose encryption: strip",
)
ENCRYPTION_OPTION = _error(
    "encryption/encryption_option",
    "the server does not accept ENCRYPTION='{value}' for the table {table}: {why}",
    "choose encryption: strip, or correct the option in the file",
)
ENCRYPTION_UNKNOWN = _error(
    "encryption/encryption_unknown", "{count} table(s) are encrypted ({tables}), and MySQL {version} cannot encrypt tables", "choose encryption: strip"
)
CHARSET = _error(
    "charset/charset",
    "the server has no character set or collation {words} (errors 1115, 1273), and {count} statement(s) of the dump need it, for example {names}",
    "restore into a version that has it; no import option changes the character set of a table",
)
COLLATION_CHANGED = _warning(
    "collations/collation_changed",
    "{count} definition(s) ({names}) name utf8mb4 without a collation, which means {old} on MySQL {origin}, where the dump was made, and {new} on this "
    "server; strings compare and sort differently, and unique keys may find duplicates (error 1062)",
    "choose collation_default: origin to keep {old}",
)
COLLATION_STRICT = _error(
    "collations/collation_strict",
    "strict is true, and {count} definition(s) ({names}) name utf8mb4 without a collation, which means {old} on MySQL {origin} and {new} on this server",
    "choose collation_default: origin to keep {old}, or strict: false",
)
COLLATION_UNKNOWN = _warning(
    "collations/collation_unknown",
    "{count} definition(s) ({names}) name utf8mb4 without a collation, which means {new} on this server and utf8mb4_general_ci before MySQL 8.0; the dump "
    "does not name the version that made it",
    "compare the collations with those of the origin",
)
COLLATION_ORIGIN = _error(
    "collations/collation_origin",
    "collation_default is origin, but the dump does not name the version that made it, and {count} definition(s) ({names}) would get {new}",
    "choose collation_default: server",
)
COLLATION_LACKING = _error(
    "collations/collation_lacking",
    "collation_default is origin, but this server cannot change its default {new} to {old}, which MySQL {origin} used for {count} definition(s) ({names})",
    "choose collation_default: server, or restore into a server of the origin's version",
)
TIMESTAMPS = _warning(
    "timestamps/timestamps",
    "explicit_defaults_for_timestamp is OFF on the server, and {count} table(s) ({names}) have TIMESTAMP columns without NULL or DEFAULT: the server makes "
    "them NOT NULL, and gives the first one of a table ON UPDATE CURRENT_TIMESTAMP and the others a DEFAULT of zeros",
    "start the server with explicit_defaults_for_timestamp=ON to get the columns as written",
)
TIMESTAMPS_STRICT = _error(
    "timestamps/timestamps_strict",
    "strict is true, explicit_defaults_for_timestamp is OFF on the server, and {count} table(s) ({names}) have TIMESTAMP columns without NULL or DEFAULT",
    "start the server with explicit_defaults_for_timestamp=ON, or choose strict: false",
)
CHARSET_OPTION = _error(
    "charset/charset_option",
    "the server has no {what} {word}, which the option {option} names (errors 1115, 1273)",
    "choose one of SHOW CHARACTER SET and SHOW COLLATION, or omit the option",
)
COLLATION_OF_OTHER = _error(
    "charset/collation_of_other",
    "the collation {collation} does not belong to the character set {charset}, but the options charset and collation name both (error 1253)",
    "choose charset and collation from the same row of SHOW COLLATION",
)
SQL_MODE = _error(
    "sql_mode/sql_mode",
    "the server has no sql_mode {modes} (error 1231), and {count} object(s) were created with it ({names})",
    "recreate these objects on the origin with another sql_mode and make a new backup, or restore into a server of the origin's version",
)
QUOTES = _error(
    "sql_mode/quotes",
    "the server's sql_mode contains ANSI_QUOTES or NO_BACKSLASH_ESCAPES, and the dump does not set sql_mode",
    "SET GLOBAL sql_mode to a value without them",
)
WORDS = _error(
    "words/words",
    "{words} became reserved after MySQL {origin}, and {names} use(s) such a word as an unquoted name (error 1064)",
    "recreate these objects on the origin with the name in backticks and make a new backup, or restore into a server of the origin's version",
)
NO_DELIMITER = _error(
    "syntax/no_delimiter",
    "a statement contains the next one, which begins with {next} (error 1064): the delimiter between them is missing",
    "add the delimiter in the file",
)
CUT_STATEMENT = _error(
    "syntax/cut_statement",
    "{file} ends in the middle of a statement (error 1064), so it was truncated, in the statement that begins at byte {offset}",
    "fetch the backup again",
)
SYNTAX = _error(
    "syntax/syntax",
    "the server does not accept a statement of the dump (error {code}): {message}",
    "restore into a server of the origin's version, or correct the statement in the file",
)
SESSION = _error(
    "session/session",
    "the server refuses a session variable that the dump sets (error {code}): {message}",
    "restore into a server of the origin's version, or remove the SET from the file",
)
TIME_ZONE = _error(
    "session/time_zone",
    "the server does not know the time zone {zone} (error 1298), which the dump sets",
    "load the time zone tables: mysql_tzinfo_to_sql /usr/share/zoneinfo, then run its output in the database mysql",
)
EVENTS_RUN = _warning(
    "events/events_run",
    "event_scheduler is ON and events is keep, so {count} event(s) start to run as soon as they are restored",
    "unless this is intended, choose events: disabled and enable them one by one",
)
EVENTS_SLEEP = _warning(
    "events/events_sleep", "event_scheduler is {state} and events is keep, so the events will not run", "SET GLOBAL event_scheduler = ON when they should run"
)
NAMES_COLLIDE = _error(
    "names/names_collide",
    "lower_case_table_names is {setting}, which gives these tables the same name: {names}",
    "restore them into a server with lower_case_table_names=0, or leave one out with exclude_tables",
)
NAMES_FOLDED = _warning(
    "names/names_folded",
    "lower_case_table_names is {setting}, so the server stores these names in lower case: {names}",
    "restore into a server with lower_case_table_names=0 if applications need the original spelling",
)
NAMES_EXACT = _warning(
    "names/names_exact",
    "lower_case_table_names is 0 here and 1 on RDS by default: an application that spells a table name in a different case will not find it",
    "make sure that applications use the exact spelling, or set up a server with lower_case_table_names=1 (since 8.0 only possible when it is initialised)",
)
FILE_NAME = _error(
    "file_names/file_name",
    "the file name for the {what} {name} would be {length} bytes long; file systems allow {most} (errors 1, 1005, 1030)",
    "give it a shorter name in the file: each character but ASCII letters, digits and _ takes up to 5 bytes",
)
DEFINITION = _error(
    "definitions/definition",
    "the server does not accept the table {table} (error {code}): {message}",
    "correct the CREATE TABLE in the file, or restore into a server of the origin's version and settings",
)
_IN_THE_FILE = "correct the foreign key or the CREATE TABLE in the file"
KEY_TWICE = _error(
    "foreign_keys/key_twice",
    "the foreign key name {name} of the table {table} is already used in {other}; it must be unique in a database (errors 1022, 1215, 1826)",
    "rename one of the foreign keys in the file",
)
KEY_GIVEN_NAME = _error(
    "foreign_keys/key_given_name",
    "the server gives a foreign key of the table {table} the name {name}, which is too long (error 1059)",
    "give the foreign key a shorter name in the file: CONSTRAINT name FOREIGN KEY",
)
KEY_PARTITIONED = _error(
    "foreign_keys/key_partitioned",
    "the table {partitioned} is partitioned, and the foreign key {name} of {table} refers to {parent}; InnoDB does not support both (error 1506)",
    "remove the foreign key or the partitions in the file",
)
KEY_ACTION = _error(
    "foreign_keys/key_action", "InnoDB does not accept {action} in the foreign key {name} of the table {table} (error 1215)", "remove the action in the file"
)
KEY_COUNT = _error(
    "foreign_keys/key_count",
    "the foreign key {name} of the table {table} has {count} column(s) but references {other} of {parent} (errors 1215, 1239)",
    "list the same number of columns after REFERENCES in the file",
)
KEY_COLUMN = _error("foreign_keys/key_column", "the server does not accept {column} in the foreign key {name} of the table {table}: {why}", _IN_THE_FILE)
KEY_TYPES = _error(
    "foreign_keys/key_types",
    "the foreign key {name} of the table {table} refers from {column} ({type}) to {parent}.{parent_column} ({parent_type}); the types differ "
    "(errors 1215, 3780)",
    "give both columns the same type, sign, character set and collation in the file",
)
KEY_NO_COLUMN = _error(
    "foreign_keys/key_no_column",
    "the foreign key {name} of the table {table} refers to the column {parent_column}, which {parent} does not have (errors 1215, 3734)",
    _IN_THE_FILE,
)
KEY_NO_KEY = _error(
    "foreign_keys/key_no_key",
    "the foreign key {name} of the table {table} refers to {parent} ({columns}), and no key of {parent} begins with these columns (errors 1215, 1822)",
    "add such a key to the CREATE TABLE of {parent} in the file",
)
KEY_NOT_UNIQUE = _error(
    "foreign_keys/key_not_unique",
    "restrict_fk_on_non_standard_key is ON, and the foreign key {name} of the table {table} refers to {parent} ({columns}), "
    "and {parent} has no unique key on exactly these columns (error 6125)",
    "grant SESSION_VARIABLES_ADMIN, so that the import can turn it off for its sessions, or SET GLOBAL restrict_fk_on_non_standard_key = OFF",
)
KEY_NO_PARENT = _error(
    "foreign_keys/key_no_parent",
    "the foreign key {name} of the table {table} refers to {parent}, and neither the dump nor the database has an InnoDB table with this name "
    "(errors 1215, 1824)",
    "add the file that creates it, or write SET foreign_key_checks = 0 at the beginning of the file, as mysqldump does",
)
ROW_FORMAT = _error(
    "row_formats/row_format",
    "innodb_strict_mode is ON, and InnoDB does not accept {what} for the table {table} (errors 1031, 1478)",
    "SET GLOBAL innodb_strict_mode = OFF for the import, which then uses another format with a warning, or correct the CREATE TABLE in the file",
)
AUTOEXTEND_SIZE = _error(
    "row_formats/autoextend_size",
    "InnoDB does not accept AUTOEXTEND_SIZE={size} for the table {table}: {why}",
    "correct or remove AUTOEXTEND_SIZE in the file",
)
PARTITIONS = _error(
    "partitions/partitions",
    "since MySQL 8.0 the engine {engine} does not support partitions (error 1178), and {count} table(s) need them ({tables})",
    "map it to another one, for example engines: {{{engine}: InnoDB}}",
)
WRONG_PARTITIONS = _error(
    "partitions/wrong_partitions",
    "the server does not accept the partitions of the table {table} (error {code}): it {what}",
    "correct the CREATE TABLE in the file",
)
CONSTRAINT_NAME = _error(
    "constraint_names/constraint_name",
    "the CHECK constraint name {name} of the table {table} is already used in {other} (error 3822)",
    "rename one of the constraints in the file",
)
CONSTRAINT_GIVEN_NAME = _error(
    "constraint_names/constraint_given_name",
    "the server gives a CHECK constraint of the table {table} the name {name}, which is too long (error 1059)",
    "give the constraint a shorter name in the file: CONSTRAINT name CHECK",
)
KEY_REQUIRED = _error(
    "primary_keys/key_required",
    "sql_require_primary_key is ON, and {count} table(s) have no primary key ({tables}) (error 3750)",
    "grant SESSION_VARIABLES_ADMIN, so that the import can turn it off for its sessions, or SET GLOBAL sql_require_primary_key = OFF",
)
KEY_IMPOSSIBLE = _error(
    "primary_keys/key_impossible",
    "sql_generate_invisible_primary_key is ON, and {count} table(s) without a primary key cannot get one ({tables}) (errors 4109, 1235)",
    "grant SESSION_VARIABLES_ADMIN, so that the import can turn it off for its sessions, or SET GLOBAL sql_generate_invisible_primary_key = OFF",
)
KEY_ADDED = _warning(
    "primary_keys/key_added",
    "sql_generate_invisible_primary_key is ON, so the server adds the column my_row_id to {count} table(s) without a primary key ({tables})",
    "grant SESSION_VARIABLES_ADMIN, so that the import can turn it off for its sessions, or SET GLOBAL sql_generate_invisible_primary_key = OFF",
)
ROWS = _error(
    "rows/rows",
    "rows of the table {table} {what} (error {code})",
    "correct the statement or the CREATE TABLE in the file, or leave the table out with exclude_tables",
)
STATEMENT_COLUMN = _error(
    "statement_columns/statement_column",
    "the server does not accept a statement that changes rows (error {code}): {message}",
    "correct the statement or the CREATE TABLE in the file",
)
TABLE_CHANGE = _error(
    "changes/table_change",
    "the server does not accept a change of the table {table} (error {code}): {message}",
    "correct the statement or the CREATE TABLE in the file, or restore into a server of the origin's version and settings",
)
ROWS_JSON = _error(
    "rows/rows_json",
    "rows of the table {table} have binary strings for the JSON column {column} (error 3144)",
    "make the dump again with --default-character-set=utf8mb4, or replace SET NAMES binary with SET NAMES utf8mb4 if the file has no other binary data",
)
TRIGGER_TABLE = _error(
    "tables/trigger_table",
    "the trigger {name} is on the table {table}, which neither the dump nor the database has{other} (error 1146)",
    "correct the name in the file, or leave all triggers out with triggers: omit",
)
VIEW_TABLE = _error(
    "tables/view_table",
    "the view {name} selects from {table}, which neither the dump nor the database has{other} (error 1146)",
    "correct the name in the file, add the file that creates it, or remove the view from the file",
)
VIEW_ELSEWHERE = _warning(
    "other_databases/view_elsewhere",
    "the view {name} selects from {table}, which the server does not have (errors 1049, 1146): it cannot be created unless the table is there by then",
    "restore that database before this one, or remove the view from the file",
)
KEY_ELSEWHERE = _warning(
    "other_databases/key_elsewhere",
    "the table {parent} is in another database; in its present form, {what}",
    "restore that database first if doing so changes the table, or correct the foreign key in the file",
)
VIEW_FUNCTION = _error(
    "functions/view_function",
    "the view {name} calls {function}(), which neither the dump nor the server has (error 1305)",
    "make the dump again with mysqldump --routines, or create the function in the database and choose on_existing: merge",
)
VIEW_COLUMN = _error(
    "views/view_column",
    "the server does not accept the view {name} (error {code}): {message}",
    "correct the CREATE VIEW or the CREATE TABLE in the file, or remove the view from the file",
)
ROWS_TABLE = _error(
    "tables/rows_table",
    "the dump has rows of {table}, which neither the dump nor the database has{other} (error 1146)",
    "add the file that creates it (schema.sql), or leave it out with exclude_tables",
)
ROWS_VIEW = _error(
    "tables/rows_view",
    "the dump inserts rows into the view {table}, but only tables are loaded",
    "insert these rows into the tables of the view, or leave them out with exclude_tables",
)
STATEMENT_TABLE = _error(
    "tables/statement_table",
    "{name} needs the table {table}, which neither the dump nor the database has{other} (error 1146)",
    "correct the name in the file, or add the file that creates it",
)
TRIGGER_COLUMN = _error(
    "trigger_definitions/trigger_column",
    "the trigger {trigger} names the column {column}, which the table {on} does not have (error 1054)",
    "correct the trigger or the CREATE TABLE in the file, or leave all triggers out with triggers: omit",
)
TRIGGER_SECOND = _error(
    "trigger_definitions/trigger_second",
    "the triggers {first} and {trigger} are for the same event of the table {on}, and servers before 5.7.2 accept only one (error 1235)",
    "restore into a server of the origin's version, or leave all triggers out with triggers: omit",
)
TRIGGER_NAME = _error(
    "trigger_definitions/trigger_name",
    "the triggers {trigger} and {other} differ only in case; trigger names are case-insensitive since MySQL 8.0 (error 1359)",
    "rename one of them in the file",
)
TRIGGER_ORDER = _error(
    "trigger_definitions/trigger_order",
    "the trigger {trigger} is declared FOLLOWS or PRECEDES {other}, which the dump does not create before it for the same event of the table {on} (error 3011)",
    "correct the order of the triggers in the file, or leave all triggers out with triggers: omit",
)
TRIGGER_NOT_RUN = _warning(
    "triggers/trigger_not_run",
    "the trigger {trigger} comes before rows of its table {on}: the mysql client would run it for them, but the import creates triggers after all rows; "
    "the trigger's changes are missing in: {tables}",
    "make these changes after the import; a backup by mysqldump already contains them",
)

# The state of the server.
READ_ONLY = _error(
    "read_only/read_only",
    "the server accepts no writes from the account {account}: {setting} is ON (error 1290)",
    "SET GLOBAL {setting} = OFF if the server is not a replica, or restore into another server",
)
READ_ONLY_PASSED = _warning(
    "read_only/read_only_passed",
    "read_only is ON; the account {account} can write here, but other accounts cannot",
    "make sure that this is the right server: after a write, a replica differs from its source",
)
TRANSACTION_READ_ONLY = _error(
    "read_only/transaction_read_only", "new sessions on the server are read-only: {setting} is ON (error 1792)", "SET GLOBAL {setting} = OFF"
)

# What exists in the target.
NO_DATABASE = _error("existing/no_database", "the database {database} does not exist, and create is false", "create it, or set create: true")
NOT_EMPTY = _error(
    "existing/not_empty",
    "the database {database} is not empty: it holds {names}",
    "choose another database, or on_existing: replace (drops its contents), merge or skip",
)
SKIPPED = _warning(
    "existing/skipped",
    "the database {database} is not empty and is left unchanged, because on_existing is skip",
    "to restore the backup, choose another database, or on_existing: replace or merge",
)
REPLACED = _warning(
    "existing/replaced",
    "the {count} table(s) in the database {database} will be dropped, because on_existing is replace",
    "back them up first if you still need them",
)
COLLIDE = _error(
    "existing/collide", "{count} table(s) or view(s) of the dump already exist: {names}", "leave them out with exclude_tables, or choose on_existing: replace"
)
COLLIDE_PROGRAMS = _error(
    "existing/collide_programs",
    "{count} routine(s), trigger(s) or event(s) of the dump already exist: {names}",
    "drop or rename the existing ones, or choose on_existing: replace",
)
CHANGED = _error(
    "existing/changed",
    "the dump changes {name}, which already exists and is not created by the dump",
    "remove the statement, or name its first words with allow if it is meant to change {name}",
)
NOT_OURS = _error(
    "existing/not_ours",
    "an unfinished import into {database} needs these names, but they belong to objects that it did not create: {names}",
    "rename or drop these objects and run the task again",
)
FOLLOWED = _error(
    "existing/followed",
    "a replication channel of mysql_roll_forward exists, which changes the database {database}",
    "complete the roll-forward or the promotion, or remove the channel: {statements}",
)
FOLLOWED_UNSEEN = _error(
    "existing/followed_unseen",
    "the database {database} was being rolled forward or followed a server, and the account {account} cannot see whether the channel still changes it",
    "GRANT REPLICATION CLIENT ON *.* TO {account}",
)
REFERRED = _error("existing/referred", "foreign keys in {names} refer to tables of {database}, so it cannot be replaced", "drop these foreign keys first")
REFERENCES_UNSEEN = _warning(
    "existing/references_unseen",
    "the account {account} cannot see whether foreign keys in other databases refer to tables of {database}, which is replaced",
    "grant it PROCESS on *.*, or make sure that there are none: the old tables that such a key refers to are not dropped, and the import fails at its end",
)
GONE = _error(
    "existing/gone",
    "the tables {names} are missing, and this dump can only be loaded as a whole",
    "drop the database {database} or choose another one, then run the task again",
)
LEDGER = _warning(
    "existing/ledger",
    "the ledger records an import into {database} ({state}); an import of this backup with the same options is kept or resumed",
    "for another backup, set on_existing",
)
RESTORED = _ok("existing/restored", "the database {database} already holds this import; nothing needs to be done")

# Versions and replication.
VERSION = _error(
    "version/version",
    "the backup was made on MySQL {origin}, and the server is {version}; a backup should be restored into the same series",
    "restore into MySQL {series}, or read docs/preflight.md and set allow_version_change: true",
)
VERSION_CHANGED = _warning(
    "version/version_changed",
    "the backup was made on MySQL {origin}, and the server is {version}, as allowed; sql_modes (1231), collations (1273) and reserved words are checked",
    "test the applications that use the data with this version",
)
VERSION_UNKNOWN = _warning("version/version_unknown", "the backup does not say on which MySQL version it was made", "make sure that it was MySQL {series}")
NOT_REPLICATED = _warning(
    "replication/not_replicated",
    "{count} replica(s) read from this server and will not get the loaded data, because the load is not written to the binary log",
    "restore on each of them too, or use binlog: on",
)
REPLICAS_LACK_SET = _warning(
    "replication/replicas_lack_set",
    "{count} replica(s) read from this server and need the dump's GTID set before they reconnect (error 1236 with auto-position)",
    "restore on each of them with gtid: apply and binlog: off",
)
REPLICA_WRITTEN = _warning(
    "replication/replica_written", "this server is a replica, and the load gives it transactions that its source does not have", "use binlog: off"
)
REPLICATION_UNKNOWN = _warning(
    "replication/replication_unknown",
    "without the privilege(s) {privileges} the account cannot see whether the server has replicas or is a replica",
    "grant them, or check it yourself",
)
IS_REPLICA = _warning(
    "replication/is_replica",
    "this server is a replica; what is restored here will not be on its source",
    "unless this is intended, restore on the source with binlog: on",
)
UNSTAGED_STATEMENT = _error(
    "existing/unstaged_statement",
    "{place} cannot run in a staging database, and on_existing: replace drops nothing until its replacement is complete",
    "import into a new database, or drop {database} yourself first",
)
UNSTAGED_ROWS = _error(
    "existing/unstaged_rows",
    "the dump has rows of {names} but does not create the table(s), and on_existing: replace drops the existing ones",
    "choose on_existing: merge to add the rows to the existing table(s)",
)
UNSTAGED_ENGINE = _error(
    "existing/unstaged_engine",
    "the table(s) {names} cannot be moved from a staging database, and on_existing: replace drops nothing until its replacement is complete",
    "import into a new database, leave the table(s) out with exclude_tables, or drop {database} yourself first",
)
UNSTAGED_ACCOUNT = _error(
    "existing/unstaged_account",
    "{account} cannot create the staging databases {names}, and on_existing: replace drops nothing until its replacement is complete",
    "grant it ALL on `__apsaradb\\_%`.*, or drop {database} yourself first",
)
UNREMOVED = _error(
    "existing/unremoved",
    "the account {account} lacks {privileges} on {database}, so it cannot see, copy or drop all objects that on_existing: replace removes",
    "GRANT ALL ON `{database}`.* TO {account}",
)
UNREMOVED_TRIGGERS = _error(
    "existing/unremoved_triggers",
    "with the binary log on, the server lets only SUPER drop triggers (error 1419), and {database} has {count}, which on_existing: replace removes",
    "SET GLOBAL log_bin_trust_function_creators = 1, or grant SUPER",
)
PROTECTED = _warning(
    "existing/protected",
    "{account} can drop the views, routines and events of {database} only if none of their definers ({definers}) has the privilege SYSTEM_USER",
    "if one has it, grant {account} SYSTEM_USER on *.*, or drop these objects first: otherwise on_existing: replace stops with error 1227 after all rows",
)
HIDDEN_ROUTINES = _warning(
    "existing/hidden_routines",
    "this account cannot read {count} routine(s) of {database}, which on_existing: replace drops without a copy: {names}",
    "if you may need them after a failure, grant it SHOW_ROUTINE (before 8.0.20: SELECT on *.*), or dump them first",
)
UNSTAGED_LEFT = _error(
    "existing/unstaged_left",
    "the database {old} holds tables that an earlier replacement of {database} moved there, and no ledger records it",
    "move the tables back with RENAME TABLE or drop {old}, then run the task again; set ledger_database if that import did",
)
SYSTEM = _error("existing/system", "{database} is a system schema of the server", "choose another target database")
OWN = _error("existing/own", "{database} is reserved for the ledger of this collection, which is never restored", "choose another target database")
