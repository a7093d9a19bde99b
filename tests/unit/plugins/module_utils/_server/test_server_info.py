# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions and grants, as servers word them."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import LOST, Connection, ServerError
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version, parse_grants


@pytest.mark.parametrize(
    "text, number, series, mariadb",
    [
        ("9.7.4-2", 90704, "9.7", False),
        ("8.0.36", 80036, "8.0", False),
        ("5.7.29-log", 50729, "5.7", False),
        ("5.6.24-debug-log", 50624, "5.6", False),
        ("8.4.0-commercial", 80400, "8.4", False),
        ("10.11.6-MariaDB-0+deb12u1", 101106, "10.11", True),
        ("5.5.5-10.11.6-MariaDB", 50505, "5.5", True),
        ("8.0", 80000, "8.0", False),
        ("unknown", 0, "0.0", False),
    ],
)
def test_versions(text, number, series, mariadb):
    version = Version.parse(text)
    assert (version.number, version.series, version.mariadb, version.text) == (number, series, mariadb, text)


ALL = ["GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION"]
ONE = ["GRANT USAGE ON *.* TO `r`@`%`", "GRANT ALL PRIVILEGES ON `shop`.* TO `r`@`%`"]


@pytest.mark.parametrize(
    "lines, privilege, database, expected",
    [
        (ALL, "SUPER", None, True),
        (ALL, "CREATE", "x", True),
        (ONE, "CREATE", "shop", True),
        (ONE, "CREATE", "shop2", False),
        (ONE, "CREATE", None, False),
        (ONE, "SUPER", "shop", True),
        (["GRANT USAGE ON *.* TO 'r'@'%' IDENTIFIED BY PASSWORD '*94BD ON x.* TO '"], "CREATE", "x", False),
        (["GRANT SELECT, INSERT, CREATE VIEW ON `shop`.* TO 'r'@'%'"], "CREATE VIEW", "shop", True),
        (["GRANT SELECT, INSERT, CREATE VIEW ON `shop`.* TO 'r'@'%'"], "CREATE", "shop", False),
        (["GRANT SELECT ON `shop`.`t` TO 'r'@'%'"], "SELECT", "shop", False),
        (["GRANT EXECUTE ON PROCEDURE `shop`.`p` TO 'r'@'%'"], "EXECUTE", "shop", False),
        (["GRANT SELECT (a, b), INSERT ON `shop`.* TO 'r'@'%'"], "INSERT", "shop", True),
        (["GRANT ALL PRIVILEGES ON `my\\_shop`.* TO 'r'@'%'"], "DROP", "my_shop", True),
        (["GRANT ALL PRIVILEGES ON `my\\_shop`.* TO 'r'@'%'"], "DROP", "myxshop", False),
        (["GRANT ALL PRIVILEGES ON `my_shop`.* TO 'r'@'%'"], "DROP", "myxshop", True),
        (["GRANT ALL PRIVILEGES ON `shop%`.* TO 'r'@'%'"], "DROP", "shop_copy", True),
        (["GRANT ALL PRIVILEGES ON `a``b; x`.* TO 'r'@'%'"], "DROP", "a`b; x", True),
        (["GRANT ALL PRIVILEGES ON `s.(h*`.* TO 'r'@'%'"], "DROP", "s.(h*", True),
        (["GRANT ALL PRIVILEGES ON `s.(h*`.* TO 'r'@'%'"], "DROP", "sx(hh", False),
        (["GRANT SYSTEM_VARIABLES_ADMIN,SET_ANY_DEFINER ON *.* TO `r`@`%`"], "SET_ANY_DEFINER", None, True),
        (["GRANT `role`@`%` TO `r`@`%`"], "SELECT", "shop", False),
        ([], "SELECT", "shop", False),
    ],
)
def test_grants(lines, privilege, database, expected):
    assert parse_grants(lines).has(privilege, database) is expected


class Broken:
    """What PyMySQL does with LOAD DATA when the server goes away, or a bug with a connection that stands."""

    def __init__(self, is_open):
        self.open = is_open

    def query(self, _sql):
        raise AttributeError("'NoneType' object has no attribute 'sendall'")


def test_a_socket_that_is_gone_in_the_middle_of_load_data_is_a_lost_connection():
    with pytest.raises(ServerError, match="the connection broke while rows were sent.*server db:3306") as caught:
        Connection(Broken(False), "db:3306").run("LOAD DATA")
    assert caught.value.code in LOST
    with pytest.raises(AttributeError):
        Connection(Broken(True), "db:3306").run("LOAD DATA")
