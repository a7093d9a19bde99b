# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what on the target would make a roll-forward fail or silently lose transactions."""

from typing import Any, Dict, Iterable, Iterator, List, Sequence, Set

from .._follow.segments import TargetHistory
from .._server.account import Grants, grants_of
from .._server.connection import Connection
from .._server.existing import referring_databases
from .._server.server_info import Version, variables
from ._roll_plan import RollPlan
from ._tables_needed import Table, TargetTable, has_hidden_key, table_problems

# docs/accounts.md.
_PRIVILEGES = ("REPLICATION_SLAVE_ADMIN", "REPLICATION CLIENT", "RELOAD", "SYSTEM_VARIABLES_ADMIN", "PERSIST_RO_VARIABLES_ADMIN")
_PRIVILEGES_57 = ("SUPER", "RELOAD")


def target_problems(connection: Connection, version: Version, plan: RollPlan, history: TargetHistory, params: Dict[str, Any]) -> List[str]:
    """All problems of the server and of the restored databases, with their cures."""
    found = server_problems(connection, version, plan, history, params)
    if _lacks_filters(version):
        return found
    folds = variables(connection).get("lower_case_table_names", "0") != "0"
    found.extend(table_problems(plan.uses, _tables(connection, plan.targets), folds=folds))
    found.extend(_of_databases(connection, plan, set(plan.targets)))
    return found + (list(_of_events(connection, plan)) if history.pending else [])


def server_problems(connection: Connection, version: Version, plan: RollPlan, history: TargetHistory, params: Dict[str, Any]) -> List[str]:
    """All problems of the server, with their cures. The databases need not be restored yet."""
    found = replication_problems(connection, version, plan.server_ids, enables_gtid=params.get("gtid") == "enable")
    if _lacks_filters(version):
        return found
    known = variables(connection)
    found += _of_versions(version, plan)
    if history.purge and version.number < 80000 and connection.value("SELECT @@GLOBAL.gtid_executed"):
        cure = "Empty its history with mysql_gtid (state: empty), which deletes its binary logs"
        found.append("MySQL {0} accepts the backup's GTID set only while it has executed no transactions. {1}".format(version.text, cure))
    elif history.purge and version.number < 80000 and params["binlog"] == "on":
        found.append("MySQL {0} accepts the backup's GTID set only before the ledger is written to its binary log. Use binlog: auto".format(version.text))
    logged = known.get("log_bin") == "ON" and known.get("log_replica_updates", known.get("log_slave_updates")) == "ON"
    if params["binlog"] == "off" and logged:
        cure = "Use binlog: auto, or start the server without log_replica_updates"
        found.append("The server logs the transactions that a channel applies, but binlog is off. {0}".format(cure))
    if params["binlog"] == "on" and not logged:
        found.append("The server does not log the transactions that a channel applies. Start it with log_bin and log_replica_updates, or use binlog: auto")
    return found


def replication_problems(connection: Connection, version: Version, server_ids: Set[int], *, enables_gtid: bool = False) -> List[str]:
    """What prevents every roll-forward on this server, with the cures. ``server_ids`` are those of the origin, as far as they are known.

    ``enables_gtid``: the restore enables GTIDs before it rolls forward.
    """
    if _lacks_filters(version):
        cure = "Import the backup into MySQL 5.7 or later (mysql_sandbox runs one) and roll forward there"
        return ["MySQL {0} cannot change replication filters while it runs. {1}".format(version.text, cure)]
    known = variables(connection)
    found = list(_of_replication(known, server_ids)) + list(of_account(grants_of(connection), version))
    if known.get("gtid_mode") != "ON" and not enables_gtid:
        found.insert(0, "gtid_mode is {0}. Enable GTIDs with mysql_gtid (state: enabled)".format(known.get("gtid_mode")))
    return found


def _lacks_filters(version: Version) -> bool:
    return version.number < 50700 or version.mariadb


def target_warnings(connection: Connection, plan: RollPlan, history: TargetHistory) -> List[str]:
    """Changes that are not applied to tables without a primary key."""
    existing = _tables(connection, plan.targets)
    hidden = [table for table, use in sorted(plan.uses.items()) if table in existing and has_hidden_key(use, existing[table])]
    left_out = [table for table in sorted(plan.overlap_tables) if table in existing and not existing[table].has_key]
    texts = {
        "In the binlogs, the rows of these tables have the hidden key column of RDS, which the tables on this server lack; it is not applied: {0}": hidden,
        "The overlap leaves out these tables without a primary key; compare them with their origin if mysqldump ran under load: {0}": left_out,
    }
    return [text.format(", ".join("{0}.{1}".format(*table) for table in tables[:20])) for text, tables in texts.items() if tables]


def _tables(connection: Connection, targets: List[str]) -> Dict[Table, TargetTable]:
    """The tables and views of the targets."""
    schemas = ", ".join(["%s"] * len(targets))
    keys = "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA IN ({0}) AND CONSTRAINT_TYPE = 'PRIMARY KEY'"
    with_key = {(str(row[0]), str(row[1])) for row in connection.rows(keys.format(schemas), tuple(targets))}
    columns = "SELECT TABLE_SCHEMA, TABLE_NAME, COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN ({0}) GROUP BY TABLE_SCHEMA, TABLE_NAME"
    rows = connection.rows(columns.format(schemas), tuple(targets))
    return {(str(schema), str(name)): TargetTable(int(count), has_key=(schema, name) in with_key) for schema, name, count in rows}


def _of_replication(known: Dict[str, str], server_ids: Set[int]) -> Iterator[str]:
    server_id = int(known.get("server_id") or 0)
    if server_id == 0:
        yield "server_id is 0, so the server cannot replicate. Run SET GLOBAL server_id = <a number that no other server has>"
    elif server_id in server_ids:
        cure = "Run SET GLOBAL server_id = <a number that no other server has>, and put it into its option file"
        yield "The server has the server_id of the origin ({0}) and would ignore its transactions. {1}".format(server_id, cure)
    if known.get("super_read_only") == "ON":
        yield "super_read_only is ON, so the ledger cannot be written. Run SET GLOBAL super_read_only = OFF"
    yield from of_ignored_errors(known)


def of_account(grants: Grants, version: Version) -> Iterator[str]:
    """An account that lacks privileges for the channel and for the settings that are changed while it exists."""
    lacking = [name for name in (_PRIVILEGES_57 if version.number < 80000 else _PRIVILEGES) if not grants.has(name)]
    if lacking:
        yield "The account of this server cannot control replication. Grant it {0} on *.*".format(", ".join(lacking))


def of_ignored_errors(known: Dict[str, str]) -> Iterator[str]:
    """A server that ignores errors of replication: it would skip rows that are missing or exist, and count their transactions as executed."""
    for name in "replica_skip_errors", "slave_skip_errors":
        if known.get(name, "OFF") != "OFF":
            yield "The server ignores errors of replication ({0}={1}). Remove this option from its option file and restart it".format(name, known[name])
            return


def _of_versions(version: Version, plan: RollPlan) -> Iterator[str]:
    origin = Version.parse(plan.version)
    if origin.number // 100 > version.number // 100:
        cure = "Use a server of the same series or newer (mysql_sandbox runs one)"
        yield "The binlogs are of MySQL {0}, and this server is older ({1}). {2}".format(plan.version, version.text, cure)


def _of_databases(connection: Connection, plan: RollPlan, targets: Set[str]) -> Iterator[str]:
    for zone in sorted(plan.time_zones):
        if connection.value("SELECT CONVERT_TZ('2000-01-01 00:00:00', '+00:00', %s)", (zone,)) is None:
            yield "The binlogs use the time zone {0}, which this server does not know. Load its time zone tables (mysql_tzinfo_to_sql)".format(zone)
    yield from key_problems(connection, targets)


def _of_events(connection: Connection, plan: RollPlan) -> Iterator[str]:
    """Events that would change rows while the window is applied. A channel creates events disabled; executed by hand, they are as written."""
    made = [gtid for gtid, (_statement, decision) in plan.by_hand.items() if decision.makes_event]
    events = running_events(connection, set(plan.targets), made)
    if events:
        cure = "Run SET GLOBAL event_scheduler = OFF until the roll-forward is complete"
        yield "Events would run during the roll-forward and change rows twice: {0}. {1}".format(", ".join(events[:10]), cure)


def running_events(connection: Connection, names: Set[str], made: Sequence[str] = ()) -> List[str]:
    """The enabled events of these databases and those of the transactions ``made``, if the server runs events."""
    if connection.value("SELECT @@GLOBAL.event_scheduler") not in ("ON", 1):
        return []
    query = "SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE STATUS = 'ENABLED'"
    return ["{0}.{1}".format(*row) for row in connection.rows(query) if row[0] in names] + ["transaction {0}".format(gtid) for gtid in made]


def warnings_of_events(connection: Connection, names: Iterable[str]) -> Iterator[str]:
    """Events that are disabled, because a replica creates them so."""
    wanted = set(names)
    query = "SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE STATUS LIKE '%SIDE_DISABLED'"
    events = ["{0}.{1}".format(*row) for row in connection.rows(query) if row[0] in wanted]
    if events:
        yield "These events are disabled, because replication created them. Enable them with ALTER EVENT ... ENABLE: {0}".format(", ".join(events[:20]))


def key_problems(connection: Connection, targets: Set[str]) -> Iterator[str]:
    """Foreign keys between one of these databases and any other database."""
    for target in sorted(targets):
        for other in referring_databases(connection, target):
            if other not in targets:
                yield "Foreign keys of {0} refer to {1}; cascades would change {0}. Roll both forward in one call, or drop those keys".format(other, target)
        rows = connection.rows(
            "SELECT DISTINCT REFERENCED_TABLE_SCHEMA FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = %s AND REFERENCED_TABLE_SCHEMA <> %s",
            (target, target),
        )
        for (other,) in rows:
            if other not in targets:
                yield "Foreign keys of {0} refer to {1}, which is not rolled forward. Roll both forward in one call, or drop those keys".format(target, other)
