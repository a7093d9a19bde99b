# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants, as servers write them, and what an account may do with them."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import Grants, parse_grants
from ansible_collections.apsaradb.mysql.tests.support.subjects import server

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


def test_privileges_of_several_lines_add_up():
    found = parse_grants(["GRANT SELECT, RELOAD ON *.* TO `r`@`%`", "GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO `r`@`%`", "GRANT DROP ON `shop`.* TO `r`@`%`"])
    assert found.everywhere == {"SELECT", "RELOAD", "SYSTEM_VARIABLES_ADMIN"} and found.databases == (("shop", frozenset(("DROP",))),)


@pytest.mark.parametrize(
    "version, held, chooses_binlog, sets_global",
    [
        ("8.0.36", ["SUPER"], True, True),
        ("8.0.36", ["ALL PRIVILEGES"], True, True),
        ("8.0.36", ["SYSTEM_VARIABLES_ADMIN"], True, True),
        ("8.0.36", ["SESSION_VARIABLES_ADMIN"], True, False),
        ("8.0.36", ["RELOAD", "PROCESS"], False, False),
        # Older servers have SUPER only: a privilege of this name is not one of theirs.
        ("5.7.44", ["SUPER"], True, True),
        ("5.7.44", ["SYSTEM_VARIABLES_ADMIN", "SESSION_VARIABLES_ADMIN"], False, False),
    ],
)
def test_settings_that_an_account_may_change(version, held, chooses_binlog, sets_global):
    state = server(version, grants=held)
    assert (state.may_choose_binlog, state.may_set_global) == (chooses_binlog, sets_global)


def test_all_privileges_on_a_database_do_not_change_settings():
    state = server()._replace(grants=Grants(frozenset(), (("%", frozenset(("ALL PRIVILEGES",))),)))
    assert state.grants.has("DROP", "shop") and not state.may_set_global and not state.may_choose_binlog


def test_the_account_and_its_binary_log():
    assert server().account == "root@localhost" and server(variables={"log_bin": "ON"}).binlog_on
    assert not server(variables={"log_bin": "OFF"}).binlog_on and not server().binlog_on
