# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dump's GTID set on the server, as the user decided, when all else is there."""

from typing import Any, Dict, Optional

from .._failure import Failure
from .._server.connection import Connection
from .._server.gtid_set import GtidSet
from .._server.gtid_state import reset
from .preflight import Server, gtid_problems, refuse
from .request import Request


def decision(request: Request, purged: Optional[str], applied: str = "") -> Dict[str, Any]:
    """For the result: the policy, the set in the dump, what was added."""
    return {"policy": request.gtid, "dump": purged, "applied": applied}


def apply_gtid(request: Request, purged: Optional[str], server: Server, connection: Connection, log_binary: bool) -> Dict[str, Any]:
    """Make the server's history hold the dump's set, if that is wanted and not so already.

    8.0 and later append what is missing; 5.6 and 5.7 take a whole set, and only while they have executed nothing
    (MySQL manual, "gtid_purged"), which was checked before the load and is checked again here.
    """
    if purged is None or request.gtid in ("strip", "fail"):
        return decision(request, purged)
    wanted = GtidSet.parse(purged)
    executed = executed_on(connection)
    if wanted.within(executed):
        return decision(request, purged)
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
