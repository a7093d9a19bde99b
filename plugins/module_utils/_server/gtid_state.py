# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the GTID state of a server, reset its history, and enable GTIDs."""

from typing import Any, Callable, List, NamedTuple, Optional, Tuple, TypeVar

from .._failure import Failure
from .._gtid_set import GtidSet
from .connection import Connection, ServerError
from .server_info import Version, variable

# MySQL manual, "Enabling GTID Transactions Online": one step at a time, since 5.7.6.
_STEPS = ("OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON")
_ACCESS_DENIED = 1227
# SHOW REPLICA STATUS, STOP REPLICA and others (release notes of 8.0.22).
_RENAMED = 80022
_Found = TypeVar("_Found")


class GtidState(NamedTuple):
    """``mode`` is empty on servers without GTIDs (5.5, and MariaDB, whose own are others). ``replicas`` are the connections that read the binary log.

    ``missing_privileges``: without them the account cannot see whether the server has replicas, or is one.
    """

    mode: str
    executed: str
    purged: str
    replicas: Tuple[str, ...]
    is_replica: bool
    missing_privileges: Tuple[str, ...] = ()


def state_of(connection: Connection, version: Version) -> GtidState:
    """Ask the server."""
    mode = executed = purged = ""
    if version.number >= 50600 and not version.mariadb:
        mode = variable(connection, "gtid_mode") or ""
        executed = str(connection.value("SELECT @@GLOBAL.gtid_executed") or "").replace("\n", "")
        purged = str(connection.value("SELECT @@GLOBAL.gtid_purged") or "").replace("\n", "")
    registered = if_allowed(lambda: connection.rows("SHOW REPLICAS" if version.number >= _RENAMED else "SHOW SLAVE HOSTS"))
    sources = if_allowed(lambda: connection.rows(channels_query(version)))
    missing = [privilege for privilege, rows in (("REPLICATION SLAVE", registered), ("REPLICATION CLIENT", sources)) if rows is None]
    return GtidState(mode, executed, purged, _replicas(connection, registered or []), is_replica=bool(sources), missing_privileges=tuple(missing))


def executed(connection: Connection) -> GtidSet:
    """The GTID set that the server has executed: its history."""
    return GtidSet.parse(str(connection.value("SELECT @@GLOBAL.gtid_executed") or ""))


def _replicas(connection: Connection, registered: List[Tuple[Any, ...]]) -> Tuple[str, ...]:
    """The replicas that are reading now (each has a Binlog Dump thread), or the registered ones if there are more of them."""
    reading = connection.rows("SELECT ID, HOST FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'")
    if len(reading) >= len(registered):
        return tuple("{0} (connection {1})".format(host, number) for number, host in reading)
    return tuple("server_id {0}".format(row[0]) for row in registered)


def channels_query(version: Version) -> str:
    """The query for the status of all channels."""
    return "SHOW {0} STATUS".format(word_for_replica(version))


def word_for_replica(version: Version) -> str:
    """The word of this server for a replica in SHOW, START, STOP and RESET."""
    return "REPLICA" if version.number >= _RENAMED else "SLAVE"


def if_allowed(query: Callable[[], _Found]) -> Optional[_Found]:
    """The result of ``query``, None if the account may not run it."""
    try:
        return query()
    except ServerError as error:
        if error.code != _ACCESS_DENIED:
            raise
        return None


def reset_obstacles(state: GtidState) -> List[str]:
    """Why the history of this server must not be deleted."""
    found = []
    if state.replicas:
        found.append("{0} replica(s) read from this server and a reset would break them: {1}".format(len(state.replicas), ", ".join(state.replicas[:5])))
    if state.is_replica:
        found.append("this server is configured as a replica and a reset would break it")
    return found + _what_is_hidden(state)


def enable_obstacles(state: GtidState) -> List[str]:
    """Why GTIDs must not be enabled on this server alone: a server with gtid_mode=OFF cannot replicate from one with ON (error 1593)."""
    found = []
    if state.replicas:
        text = "{0} replica(s) read from this server and would stop unless their GTIDs are on: {1}"
        found.append(text.format(len(state.replicas), ", ".join(state.replicas[:5])))
    if state.is_replica:
        found.append("this server is configured as a replica and would accept only transactions with a GTID")
    return found + _what_is_hidden(state)


def _what_is_hidden(state: GtidState) -> List[str]:
    if not state.missing_privileges:
        return []
    return ["without the privilege(s) {0} the account cannot see whether replicas depend on it".format(", ".join(state.missing_privileges))]


def reset(connection: Connection, version: Version) -> None:
    """Empty gtid_executed and gtid_purged, and delete all binary logs. The statement was renamed in 8.2."""
    connection.run("RESET BINARY LOGS AND GTIDS" if version.number >= 80200 else "RESET MASTER")


def steps_to_on(mode: str) -> Tuple[str, ...]:
    """The values of gtid_mode on the way from ``mode`` to ON, in order."""
    return _STEPS[_STEPS.index(mode.upper()) + 1 :] if mode.upper() in _STEPS else ()


def refuse_enable(connection: Connection, version: Version) -> None:
    """:raises Failure: GTIDs cannot be enabled while this server runs."""
    where = "MySQL {0}".format(version.text)
    if version.number < 50706:
        lacks = version.number < 50600 or version.mariadb
        cure = "It does not support MySQL GTIDs." if lacks else "Start it with gtid_mode=ON, enforce_gtid_consistency=ON, log_bin and log_slave_updates."
        raise Failure("GTIDs cannot be enabled while this server runs", where, cure)
    if variable(connection, "log_bin") != "ON" and version.number < 80000:
        raise Failure("GTIDs need the binary log, which is off", where, "Start the server with log_bin and a server_id.")


def enable(connection: Connection, version: Version, state: GtidState) -> Tuple[str, ...]:
    """Enable GTIDs while the server runs, and return the steps taken. The setting is lost at a restart, unless it is in the option file.

    :raises Failure: transactions without a GTID stay open. :func:`refuse_enable` has made sure that the server is able to do this.
    """
    steps = steps_to_on(state.mode)
    if variable(connection, "enforce_gtid_consistency") != "ON":
        connection.run("SET GLOBAL enforce_gtid_consistency = ON")
    for step in steps:
        if step == "ON":
            _wait_for_anonymous(connection, "MySQL {0}".format(version.text))
        connection.run("SET GLOBAL gtid_mode = {0}".format(step))
    return steps


def _wait_for_anonymous(connection: Connection, where: str) -> None:
    """Before the last step, transactions without a GTID must have ended."""
    for _attempt in range(600):
        found = connection.rows("SHOW GLOBAL STATUS LIKE 'Ongoing_anonymous_transaction_count'")
        if not found or int(found[0][1]) == 0:
            return
        connection.value("SELECT SLEEP(0.1)")
    raise Failure("Transactions without a GTID are still open after one minute", where, "End them (SHOW PROCESSLIST), then run the task again.")
