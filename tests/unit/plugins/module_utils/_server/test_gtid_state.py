# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The executed set, and what speaks against resetting or enabling GTIDs."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.gtid_state import (
    GtidState,
    enable_obstacles,
    executed,
    refuse_enable,
    reset_obstacles,
    steps_to_on,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version

ALONE = GtidState("ON", "", "", (), False)


@pytest.mark.parametrize(
    "mode, steps",
    [
        ("OFF", ("OFF_PERMISSIVE", "ON_PERMISSIVE", "ON")),
        ("off_permissive", ("ON_PERMISSIVE", "ON")),
        ("ON_PERMISSIVE", ("ON",)),
        ("ON", ()),
        ("", ()),
    ],
)
def test_steps_to_on(mode, steps):
    assert steps_to_on(mode) == steps


def test_a_server_alone_has_no_obstacles():
    assert reset_obstacles(ALONE) == [] == enable_obstacles(ALONE)


def test_replicas_are_counted_and_the_first_five_named():
    state = ALONE._replace(replicas=tuple("host{0}".format(number) for number in range(7)))
    for found in (reset_obstacles(state), enable_obstacles(state)):
        assert len(found) == 1 and found[0].startswith("7 replica(s)") and "host4" in found[0] and "host5" not in found[0]


def test_a_replica_and_a_blind_account():
    state = ALONE._replace(is_replica=True, missing_privileges=("REPLICATION SLAVE",))
    assert all(len(found) == 2 and "REPLICATION SLAVE" in found[1] for found in (reset_obstacles(state), enable_obstacles(state)))


@pytest.mark.parametrize("value", [None, "", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-3,\n4e11fa47-71ca-11e1-9e33-c80aa9429562:7"])
def test_the_executed_set_of_a_server(value):
    class Server:
        def value(self, _sql):
            return value

    assert str(executed(Server())) == (value or "").replace("\n", "")


class Logging:
    """A server whose binary log is on or off."""

    def __init__(self, log_bin):
        self.log_bin = log_bin

    def rows(self, _sql, _values=()):
        return [("log_bin", self.log_bin)]


@pytest.mark.parametrize(
    "version, log_bin, message",
    [
        ("5.5.62", "ON", "cannot be enabled while this server runs .MySQL 5.5.62.*does not support"),
        ("5.6.51", "ON", "cannot be enabled while this server runs.*Start it with gtid_mode=ON"),
        ("5.7.44", "OFF", "GTIDs need the binary log"),
        ("5.7.44", "ON", None),
        ("8.0.36", "OFF", None),
    ],
)
def test_servers_that_cannot_enable_gtids_while_they_run(version, log_bin, message):
    if message is None:
        refuse_enable(Logging(log_bin), Version.parse(version))
        return
    with pytest.raises(Failure, match=message):
        refuse_enable(Logging(log_bin), Version.parse(version))
