# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what would prevent databases from following a live server, before anything is changed."""

import re
from typing import Dict, Iterator, List, NamedTuple, Set, Tuple

from .._follow.live_channel import LiveSource
from .._gtid_set import GtidSet
from .._identifiers import OWN_DATABASE, OWN_PREFIX, SYSTEM_SCHEMAS
from .._server.account import Grants, grants_of
from .._server.connection import Connection
from .._server.existing import HIDDEN_COLUMN
from .._server.server_info import Version, variables, version_of
from ._roll_checks import key_problems, of_ignored_errors, running_events

# A replica refuses a longer one (MySQL manual, "CHANGE REPLICATION SOURCE TO").
_LONGEST_PASSWORD = 32
# Seconds. By default a source waits up to 10 s for a replica (rpl_semi_sync_source_timeout).
_WAIT_FOR_COMMIT = 15
_OFFSET = re.compile(r"[+-]\d\d?:\d\d\Z")
_AGAIN = "Import a newer backup into an empty server"


class ReplicationFacts(NamedTuple):
    """The state of one of the two servers when it was read."""

    version: Version
    known: Dict[str, str]
    grants: Grants

    @property
    def executed(self) -> GtidSet:
        """The transactions that it has executed."""
        return GtidSet.parse(self.known.get("gtid_executed", ""))

    @property
    def purged(self) -> GtidSet:
        """The transactions that its binary logs no longer contain."""
        return GtidSet.parse(self.known.get("gtid_purged", ""))

    def own(self, gtids: GtidSet) -> GtidSet:
        """The transactions among ``gtids`` that began on this server."""
        uuid = self.known.get("server_uuid", "").lower()
        return GtidSet(tuple(member for member in gtids.members if member[0].partition(":")[0] == uuid))


def facts_of(connection: Connection) -> ReplicationFacts:
    """Read the facts from the server."""
    return ReplicationFacts(version_of(connection), variables(connection), grants_of(connection))


def facts_of_source(connection: Connection, here: GtidSet) -> ReplicationFacts:
    """The facts of the source. ``here``: what this server had executed before.

    A source sends a transaction to its replicas before it counts the transaction as executed. With semi-synchronous replication it then waits for a
    replica (MySQL manual, rpl_semi_sync_source_wait_point). So a transaction that a running channel has applied already is waited for.
    """
    facts = facts_of(connection)
    sent = facts.own(here.subtract(facts.executed))
    # An older server does not have the function, and is refused later.
    if not sent or facts.known.get("gtid_mode") != "ON" or facts.version.number < 50700:
        return facts
    connection.value("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (str(sent), _WAIT_FOR_COMMIT))
    return facts._replace(known=variables(connection))


def account_problems(source: ReplicationFacts, login: LiveSource) -> Iterator[str]:
    """Problems of the account on the source."""
    for privilege in "REPLICATION SLAVE", "REPLICATION CLIENT":
        if not source.grants.has(privilege) and not source.grants.has("SUPER"):
            cure = "Grant it REPLICATION SLAVE and REPLICATION CLIENT on *.* at the source (RDS: use a privileged account)"
            yield "The account {0} of the source lacks the privilege {1}. {2}".format(login.user, privilege, cure)
    if len(login.password) > _LONGEST_PASSWORD:
        text = "The password in follow is longer than {0} characters, which a replica refuses. Use an account with a shorter password"
        yield text.format(_LONGEST_PASSWORD)


def server_problems(source: ReplicationFacts, target: ReplicationFacts) -> Iterator[str]:
    """Incompatible settings and versions of the two servers."""
    if target.version.mariadb or target.version.number < 50700:
        yield "MySQL {0} cannot change replication filters while it runs. Use MySQL 5.7 or later".format(target.version.text)
    if source.version.mariadb or source.version.number < 50700 or source.version.number // 100 > target.version.number // 100:
        cure = "Use a server of the same series"
        yield "The source is MySQL {0}, and this server is {1}. {2}".format(source.version.text, target.version.text, cure)
    for side, facts in (("source", source), ("server", target)):
        if facts.known.get("gtid_mode") != "ON":
            cure = "Enable it at the source" if side == "source" else "Enable GTIDs with mysql_gtid (state: enabled)"
            yield "gtid_mode of the {0} is {1}. {2}".format(side, facts.known.get("gtid_mode"), cure)
    if source.known.get("log_bin") != "ON" or source.known.get("binlog_format", "ROW") != "ROW":
        text = "The source has log_bin={0} and binlog_format={1}. Set binlog_format=ROW there"
        yield text.format(source.known.get("log_bin"), source.known.get("binlog_format"))
    ids = [facts.known.get("server_id", "0") for facts in (source, target)]
    if ids[1] == "0" or ids[0] == ids[1]:
        cure = "Run SET GLOBAL server_id = <a number that no other server has>, and put it into its option file"
        yield "The server has the server_id {0}, and the source {1}; they must differ, and not be 0. {2}".format(ids[1], ids[0], cure)
    names = [facts.known.get("lower_case_table_names", "0") for facts in (source, target)]
    if names[0] != names[1]:
        cure = "Set up this server with the same value as the source, and import the backup again"
        yield "lower_case_table_names is {0} here and {1} at the source. {2}".format(names[1], names[0], cure)
    if target.known.get("super_read_only") == "ON":
        yield "super_read_only is ON, so the ledger cannot be written. Run SET GLOBAL super_read_only = OFF"
    yield from of_ignored_errors(target.known)


def filter_problems(target: ReplicationFacts, login: LiveSource, others: List[str]) -> Iterator[str]:
    """Before 8.0, filters apply to the whole server, and a channel cannot be prevented from starting with the server."""
    if target.version.number >= 80000:
        return
    if others:
        yield "The server is a replica, and in this version replication filters apply to the whole server. Use a server that is not a replica"
    if target.known.get("relay_log_recovery") != "ON":
        cure = "Start the server with relay_log_recovery=ON"
        yield "After a restart, MySQL {0} would apply the rest of its relay log without filters. {1}".format(target.version.text, cure)
    if not login.password:
        yield "After a restart, MySQL {0} would read from the source without filters. Use an account with a password".format(target.version.text)


def history_problems(source: ReplicationFacts, has: GtidSet) -> Iterator[str]:
    """What the source would reject with error 1236. ``has``: what the server counts as executed when it starts to follow."""
    missing = source.purged.subtract(has)
    if missing:
        text = "The source has purged binary logs with {0} transaction(s) that are not in the backup (error 1236): {1}. {2}"
        cure = "Import a newer backup, or roll this one forward with the archived binary logs first (state: rolled)"
        yield text.format(missing.transactions, missing, cure)
    strange = has.subtract(source.executed)
    own = source.own(strange)
    if own:
        text = "The server has {0} transaction(s) of the source that the source itself does not have (error 1236): {1}. {2}"
        yield text.format(own.transactions, own, "The source was restored to an earlier point in time, or its GTID history was emptied. {0}".format(_AGAIN))
    elif has and strange == has:
        yield "The source has no transaction of the backup's GTID set, so it is a different instance. Correct follow.host or gtid_set"


def database_problems(source: Connection, target: Connection, facts: ReplicationFacts, names: Set[str]) -> Iterator[str]:
    """Problems of the databases, on either server."""
    there = {str(row[0]) for row in source.rows("SHOW DATABASES")}
    for name in sorted(names - there):
        yield "The source has no database {0}, or the account cannot see it. Check its name, and grant SELECT on it".format(name)
    zone = facts.known.get("time_zone", "SYSTEM")
    if zone != "SYSTEM" and not _OFFSET.match(zone) and target.value("SELECT CONVERT_TZ('2000-01-01 00:00:00', '+00:00', %s)", (zone,)) is None:
        yield "The source uses the time zone {0}, which this server does not know. Load its time zone tables (mysql_tzinfo_to_sql)".format(zone)
    events = running_events(target, names)
    if events:
        cure = "Run SET GLOBAL event_scheduler = OFF until the databases are promoted"
        yield "Events would run here too and change rows twice: {0}. {1}".format(", ".join(events[:10]), cure)
    yield from key_problems(target, names)


def follow_warnings(source: Connection, target: Connection, names: Set[str]) -> Iterator[str]:
    """Problems that do not prevent following."""
    marks = ", ".join(["%s"] * len(names))
    query = (
        "SELECT t.TABLE_SCHEMA, t.TABLE_NAME FROM information_schema.TABLES t LEFT JOIN information_schema.STATISTICS s ON s.TABLE_SCHEMA = t.TABLE_SCHEMA"
        " AND s.TABLE_NAME = t.TABLE_NAME AND s.INDEX_NAME = 'PRIMARY' WHERE t.TABLE_TYPE = 'BASE TABLE' AND s.INDEX_NAME IS NULL AND t.TABLE_SCHEMA IN ({0})"
    )
    keyless = [name for name in target.rows(query.format(marks), tuple(sorted(names))) if not str(name[1]).startswith(OWN_PREFIX)]
    if keyless:
        yield "Tables without a primary key follow slowly, because the server must search for each changed row: {0}".format(_shown(keyless))
    query = "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.COLUMNS WHERE COLUMN_NAME = %s AND TABLE_SCHEMA IN ({0})"
    hidden = source.rows(query.format(marks), (HIDDEN_COLUMN, *sorted(names)))
    if hidden:
        yield "At the source, these tables have the hidden key column of RDS, which is not replicated to this server: {0}".format(_shown(hidden))
    both = {str(row[0]) for row in source.rows("SHOW DATABASES")} & {str(row[0]) for row in target.rows("SHOW DATABASES")}
    shared = sorted(both - names - SYSTEM_SCHEMAS - {OWN_DATABASE})
    if shared:
        text = "Both servers have these databases, which do not follow: {0}. Routines and events created in them at the source will also be created here."
        yield text.format(", ".join(shared[:20]))


def _shown(tables: List[Tuple[str, str]]) -> str:
    return ", ".join("{0}.{1}".format(*table) for table in tables[:20])
