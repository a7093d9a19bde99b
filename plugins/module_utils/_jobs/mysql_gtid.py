# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_gtid: tell the GTID state of a server, empty its history, or switch GTIDs on."""

from typing import Any, Dict

from .._failure import Failure
from .._server.connection import connect
from .._server.gtid_state import enable, enable_obstacles, reset, reset_obstacles, state_of, steps_to_on
from .._server.server_info import version_of
from ._login_options import login_of
from ._run import JobContext


def job(call: JobContext) -> Dict[str, Any]:
    """Bring the server to the state wanted, and tell what it is then."""
    params = call.params
    connection = connect(login_of(params))
    try:
        version = version_of(connection)
        before = state_of(connection, version)
        wanted = params["state"]
        changed = False
        if wanted == "empty":
            changed = bool(before.executed or before.purged)
            obstacles = reset_obstacles(before)
            if changed and obstacles and not params["force"]:
                cure = "Nothing was changed. With force: true it is reset all the same."
                raise Failure("The GTID history stays: {0}".format("; ".join(obstacles)), None, cure)
            if changed and not call.check_mode:
                reset(connection, version)
        elif wanted == "enabled":
            changed = before.mode.upper() != "ON"
            obstacles = enable_obstacles(before)
            if changed and obstacles and not params["force"]:
                cure = "Take every server of the topology to gtid_mode=ON_PERMISSIVE first; then force: true does the rest here."
                raise Failure("GTIDs are not switched on: {0}".format("; ".join(obstacles)), None, cure)
            if changed and not call.check_mode:
                enable(connection, version, before)
        after = state_of(connection, version)
        mode = "ON" if wanted == "enabled" and call.check_mode and steps_to_on(before.mode) else after.mode
        return {
            "changed": changed,
            "gtid_mode": mode,
            "executed": after.executed,
            "purged": after.purged,
            "replicas": list(after.replicas),
            "is_replica": after.is_replica,
            "missing_privileges": list(after.missing_privileges),
            "server_version": version.text,
        }
    finally:
        connection.close()
