# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the driver, as failures."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import LOST, Connection, ServerError


class BrokenDriver:
    """What PyMySQL does in LOAD DATA when the server goes away; with an open connection it would be a bug."""

    def __init__(self, is_open):
        self.open = is_open

    def query(self, _sql):
        raise AttributeError("'NoneType' object has no attribute 'sendall'")


def test_a_socket_that_breaks_during_load_data_is_a_lost_connection():
    with pytest.raises(ServerError, match="the connection broke while rows were sent.*server db:3306") as caught:
        Connection(BrokenDriver(False), "db:3306").run("LOAD DATA")
    assert caught.value.code in LOST
    with pytest.raises(AttributeError):
        Connection(BrokenDriver(True), "db:3306").run("LOAD DATA")
