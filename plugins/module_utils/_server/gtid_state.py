# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The GTID state of a server, and the two ways it is changed: emptied, and switched on."""

from typing import Any, List, NamedTuple, Tuple

from .._failure import Failure
from .connection import Connection, ServerError
from .server_info import Version, variable

# MySQL manual, "Enabling GTID Transactions Online": one step at a time, and only from 5.7.6 on.
_STEPS = ("OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON")
_ACCESS_DENIED = 1227


class GtidState(NamedTuple):
    """``mode`` is empty on servers without GTIDs (5.5). ``replicas`` are the connections that read the binary log.

    Without the privileges in ``missing_privileges`` nobody can tell whether there are replicas, or whether this is one.
    """

    mode: str
    executed: str
    purged: str
    replicas: Tuple[str, ...]
    is_replica: bool
    missing_privileges: Tuple[str, ...] = ()


def state_of(connection: Connection, version: Version) -> GtidState:
    """Ask the server."""
    mode = (variable(connection, "gtid_mode") or "") if version.number >= 50600 else ""
    executed = purged = ""
    if mode or version.number >= 50600:
        executed = str(connection.value("SELECT @@GLOBAL.gtid_executed") or "").replace("\n", "")
        purged = str(connection.value("SELECT @@GLOBAL.gtid_purged") or "").replace("\n", "")
    missing = []  # type: List[str]
    replicas = _replicas(connection, version, missing)
    sources = _asked(connection, "SHOW REPLICA STATUS" if version.number >= 80022 else "SHOW SLAVE STATUS", "REPLICATION CLIENT", missing)
    return GtidState(mode, executed, purged, replicas, bool(sources), tuple(missing))


def _replicas(connection: Connection, version: Version, missing: List[str]) -> Tuple[str, ...]:
    """Registered replicas, and those that only read (a replica without report_host shows up as a Binlog Dump thread)."""
    registered = _asked(connection, "SHOW REPLICAS" if version.number >= 80022 else "SHOW SLAVE HOSTS", "REPLICATION SLAVE", missing)
    reading = connection.rows("SELECT ID, HOST FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'")
    if len(reading) >= len(registered):
        return tuple("{0} (connection {1})".format(host, number) for number, host in reading)
    return tuple("server_id {0}".format(row[0]) for row in registered)


def _asked(connection: Connection, query: str, privilege: str, missing: List[str]) -> List[Tuple[Any, ...]]:
    """The answer; where the account may not ask, none, and ``missing`` has one more."""
    try:
        return connection.rows(query)
    except ServerError as error:
        if error.code != _ACCESS_DENIED:
            raise
        missing.append(privilege)
        return []


def reset_obstacles(state: GtidState) -> List[str]:
    """Why this server's history may not be thrown away."""
    found = []
    if state.replicas:
        found.append("{0} replica(s) read from this server and a reset would break them: {1}".format(len(state.replicas), ", ".join(state.replicas[:5])))
    if state.is_replica:
        found.append("this server is configured as a replica and a reset would break it")
    if state.missing_privileges:
        found.append("whether replicas depend on it cannot be seen without the privilege(s) {0}".format(", ".join(state.missing_privileges)))
    return found


def enable_obstacles(state: GtidState) -> List[str]:
    """Why this server alone may not go on to gtid_mode=ON: one whose mode is OFF cannot replicate from one whose mode is ON (error 1593)."""
    found = []
    if state.replicas:
        text = "{0} replica(s) read from this server and stop unless they know GTIDs already: {1}"
        found.append(text.format(len(state.replicas), ", ".join(state.replicas[:5])))
    if state.is_replica:
        found.append("this server is configured as a replica and takes nothing without a GTID then")
    return found


def reset(connection: Connection, version: Version) -> None:
    """Empty gtid_executed and gtid_purged; deletes all binary logs. The statement's name changed in 8.2."""
    connection.run("RESET BINARY LOGS AND GTIDS" if version.number >= 80200 else "RESET MASTER")


def steps_to_on(mode: str) -> Tuple[str, ...]:
    """The values gtid_mode has to take from ``mode`` on, in order."""
    return _STEPS[_STEPS.index(mode.upper()) + 1 :] if mode.upper() in _STEPS else ()


def enable(connection: Connection, version: Version, state: GtidState) -> Tuple[str, ...]:
    """Switch GTIDs on while the server runs, and return the steps taken. Not kept over a restart: see the option file.

    Raises a Failure where the server can only be started with them.
    """
    where = "MySQL {0}".format(version.text)
    if version.number < 50706:
        cure = "Start it with gtid_mode=ON, enforce_gtid_consistency=ON, log_bin and log_slave_updates." if version.number >= 50600 else "It has no GTIDs."
        raise Failure("GTIDs cannot be switched on while this server runs", where, cure)
    if variable(connection, "log_bin") != "ON" and version.number < 80000:
        raise Failure("GTIDs need the binary log and it is off", where, "Start the server with log_bin and a server_id.")
    steps = steps_to_on(state.mode)
    if variable(connection, "enforce_gtid_consistency") != "ON":
        connection.run("SET GLOBAL enforce_gtid_consistency = ON")
    for step in steps:
        if step == "ON":
            _wait_for_anonymous(connection, where)
        connection.run("SET GLOBAL gtid_mode = {0}".format(step))
    return steps


def _wait_for_anonymous(connection: Connection, where: str) -> None:
    """Transactions without a GTID must have ended before the last step."""
    for _attempt in range(600):
        found = connection.rows("SHOW GLOBAL STATUS LIKE 'Ongoing_anonymous_transaction_count'")
        if not found or int(found[0][1]) == 0:
            return
        connection.value("SELECT SLEEP(0.1)")
    raise Failure("Transactions without a GTID are still open after a minute", where, "End them (SHOW PROCESSLIST), then run again.")
