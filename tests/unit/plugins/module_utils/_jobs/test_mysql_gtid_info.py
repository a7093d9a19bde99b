# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result keys of a GTID state."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_gtid_info import gtid_facts
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.gtid_state import GtidState
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version


def test_result_keys() -> None:
    state = GtidState("ON", "a:1-5", "a:1-2", ("host (connection 7)",), True, ("REPLICATION SLAVE",))
    assert gtid_facts(state, Version.parse("8.0.36")) == {
        "gtid_mode": "ON",
        "executed": "a:1-5",
        "purged": "a:1-2",
        "replicas": ["host (connection 7)"],
        "is_replica": True,
        "missing_privileges": ["REPLICATION SLAVE"],
        "server_version": "8.0.36",
    }
