# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dump's GTID set on the server, as the user decided, when all else is there."""

from typing import Any, Dict, List, Optional

from .._failure import Failure
from .._server.account import ServerState
from .._server.connection import Connection
from .._server.gtid_set import GtidSet
from .._server.gtid_state import reset, state_of
from .checks.all_checks import gtid_problems, refuse
from .request import ImportRequest


def decision(request: ImportRequest, purged: Optional[str], applied: str = "") -> Dict[str, Any]:
    """For the result: the policy, the set in the dump, what was added."""
    return {"policy": request.gtid, "dump": purged, "applied": applied}


def replication_warnings(request: ImportRequest, purged: Optional[str], server: ServerState, connection: Connection, log_binary: bool) -> List[str]:
    """What this load does to replication, which would else be found out long after it."""
    if server.variables.get("log_bin") != "ON":
        return []
    state = state_of(connection, server.version)
    found = []
    if state.replicas and not log_binary:
        text = (
            "{0} replica(s) read from this server and do not get what is loaded, since it is not in the binary log:"
            " restore on each of them too, or use binlog: on"
        )
        found.append(text.format(len(state.replicas)))
    if state.replicas and purged and request.gtid in ("apply", "enable") and not GtidSet.parse(purged).within(executed_on(connection)):
        text = (
            "{0} replica(s) read from this server and have to have the dump's GTID set too before they connect again (error 1236 with auto-position):"
            " restore on each of them with gtid: apply and binlog: off"
        )
        found.append(text.format(len(state.replicas)))
    if state.is_replica and log_binary:
        found.append("this server is a replica and what is loaded gives it transactions that its source does not have: use binlog: off")
    return found


def lacks_set(request: ImportRequest, purged: Optional[str], connection: Connection) -> bool:
    """Whether the dump's set is wanted in the server's history and is not, or not wholly, in it."""
    return purged is not None and request.gtid not in ("strip", "fail") and not GtidSet.parse(purged).within(executed_on(connection))


def apply_gtid(request: ImportRequest, purged: Optional[str], server: ServerState, connection: Connection, log_binary: bool) -> Dict[str, Any]:
    """Make the server's history hold the dump's set, if that is wanted and not so already.

    8.0 and later append what is missing; 5.6 and 5.7 take a whole set, and only while they have executed nothing
    (MySQL manual, "gtid_purged"), which was checked before the load and is checked again here.
    """
    if purged is None or not lacks_set(request, purged, connection):
        return decision(request, purged)
    wanted = GtidSet.parse(purged)
    executed = executed_on(connection)
    refuse(gtid_problems(request, purged, server, connection, log_binary), request.login.address, "The rows are loaded.")
    if request.gtid == "reset" and executed:
        reset(connection, server.version)
        executed = executed_on(connection)
    new = wanted.subtract(executed)
    connection.run("SET @@GLOBAL.gtid_purged = '{0}{1}'".format("+" if server.version.number >= 80000 else "", new))
    if not wanted.within(executed_on(connection)):
        raise Failure("The server did not take the GTID set", "server {0}".format(request.login.address), "See its error log.")
    return decision(request, purged, str(new))


def executed_on(connection: Connection) -> GtidSet:
    """All transactions of the server's history."""
    return GtidSet.parse(str(connection.value("SELECT @@GLOBAL.gtid_executed") or ""))
