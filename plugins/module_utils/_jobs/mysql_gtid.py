# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_gtid: empty the GTID history of a server, or enable GTIDs."""

from typing import Any, Dict

from .._failure import Failure
from .._server.connection import Connection, connect
from .._server.gtid_state import GtidState, enable, enable_obstacles, refuse_enable, reset, reset_obstacles, state_of
from .._server.server_info import Version, version_of
from ._login_options import login_of
from ._run import JobContext
from .mysql_gtid_info import gtid_facts


def job(call: JobContext) -> Dict[str, Any]:
    """Bring the server to the requested state, then return its GTID state.

    :raises Failure: replication depends on the server and ``force`` is not set, or the server cannot be changed while it runs.
    """
    connection = connect(login_of(call.params))
    try:
        version = version_of(connection)
        before = state_of(connection, version)
        change = _empty if call.params["state"] == "empty" else _enable
        return change(call, connection, version, before)
    finally:
        connection.close()


def _empty(call: JobContext, connection: Connection, version: Version, before: GtidState) -> Dict[str, Any]:
    changed = bool(before.executed or before.purged)
    obstacles = reset_obstacles(before)
    if changed and obstacles and not call.params["force"]:
        cure = "Nothing was changed. Set force: true to reset it anyway."
        raise Failure("The GTID history was not emptied: {0}".format("; ".join(obstacles)), None, cure)
    if changed and not call.check_mode:
        reset(connection, version)
    result = dict(gtid_facts(state_of(connection, version), version), changed=changed)
    return dict(result, executed="", purged="") if call.check_mode else result


def _enable(call: JobContext, connection: Connection, version: Version, before: GtidState) -> Dict[str, Any]:
    changed = before.mode.upper() != "ON"
    obstacles = enable_obstacles(before)
    if changed and obstacles and not call.params["force"]:
        cure = "Set gtid_mode=ON_PERMISSIVE on every server of the topology first, if there are others; then use force: true to enable GTIDs here."
        raise Failure("GTIDs were not enabled: {0}".format("; ".join(obstacles)), None, cure)
    if changed:
        refuse_enable(connection, version)
        if not call.check_mode:
            enable(connection, version, before)
    result = dict(gtid_facts(state_of(connection, version), version), changed=changed)
    return dict(result, gtid_mode="ON") if call.check_mode else result
