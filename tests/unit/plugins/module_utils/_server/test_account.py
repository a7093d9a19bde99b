# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants, as servers write them."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import parse_grants

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
