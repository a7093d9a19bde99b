# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_gtid_info: read the GTID state of a server."""

from typing import Any, Dict

from .._server.connection import connect
from .._server.gtid_state import GtidState, state_of
from .._server.server_info import Version, version_of
from ._login_options import login_of
from ._run import JobContext


def job(call: JobContext) -> Dict[str, Any]:
    """Read the state and return it. Nothing is changed."""
    connection = connect(login_of(call.params))
    try:
        version = version_of(connection)
        return dict(gtid_facts(state_of(connection, version), version), changed=False)
    finally:
        connection.close()


def gtid_facts(state: GtidState, version: Version) -> Dict[str, Any]:
    """The result keys that mysql_gtid and mysql_gtid_info share."""
    return {
        "gtid_mode": state.mode,
        "executed": state.executed,
        "purged": state.purged,
        "replicas": list(state.replicas),
        "is_replica": state.is_replica,
        "missing_privileges": list(state.missing_privileges),
        "server_version": version.text,
    }
