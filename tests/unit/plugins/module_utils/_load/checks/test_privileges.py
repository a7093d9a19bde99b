# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the account may do, without a server."""

from types import SimpleNamespace

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import privileges
from ansible_collections.apsaradb.mysql.tests.support.subjects import EVENT, TABLE, kinds, subject

BASE = ("CREATE", "DROP", "ALTER", "INDEX", "INSERT", "SELECT")
TRIGGER = b"CREATE TRIGGER `g` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a = 1;\n"
DEFINED = b"CREATE DEFINER=`%s`@`localhost` PROCEDURE `p`() SELECT 1;\n"


@pytest.mark.parametrize(
    "sql, privilege",
    [(b"CREATE VIEW `v` AS SELECT 1;\n", "CREATE VIEW"), (EVENT, "EVENT"), (TABLE % b"t" + TRIGGER, "TRIGGER"), (DEFINED % b"root", "CREATE ROUTINE")],
)
def test_an_object_needs_its_privilege(sql, privilege):
    found = privileges.check_privileges(subject(sql, grants=BASE))
    assert kinds(found) == ["privileges"] and "lacks {0} on shop".format(privilege) in found[0].what
    assert privileges.check_privileges(subject(sql, grants=(*BASE, privilege))) == []


@pytest.mark.parametrize("privilege", BASE)
def test_every_load_needs_these_privileges(privilege):
    assert kinds(privileges.check_privileges(subject(grants=[held for held in BASE if held != privilege]))) == ["privileges"]


@pytest.mark.parametrize(
    "binlog, log_bin, version, privilege",
    [
        ("off", "ON", "8.0.36", "SESSION_VARIABLES_ADMIN"),
        ("off", "ON", "5.7.40", "SUPER"),
        ("off", "OFF", "8.0.36", None),
        ("on", "ON", "8.0.36", None),
        (None, "ON", "8.0.36", None),
    ],
)
def test_keeping_the_load_out_of_the_binary_log_needs_a_privilege(binlog, log_bin, version, privilege):
    found = privileges.check_privileges(subject(grants=BASE, binlog=binlog, version=version, variables={"log_bin": log_bin}))
    assert kinds(found) == ([] if privilege is None else ["binlog_privilege"]) and all("grant {0},".format(privilege) in finding.text for finding in found)


def test_triggers_in_the_binary_log_need_super_or_a_setting():
    grants = (*BASE, "TRIGGER")
    for log_bin, trust, expected in (("ON", "OFF", ["function_creators"]), ("ON", "ON", []), ("OFF", "OFF", [])):
        variables = {"log_bin": log_bin, "log_bin_trust_function_creators": trust}
        assert kinds(privileges.check_privileges(subject(TABLE % b"t" + TRIGGER, grants=grants, variables=variables))) == expected
    assert privileges.check_privileges(subject(TABLE % b"t" + TRIGGER, grants=(*grants, "SUPER"), variables={"log_bin": "ON"})) == []
    unlogged = subject(TABLE % b"t" + TRIGGER, grants=(*grants, "SESSION_VARIABLES_ADMIN"), variables={"log_bin": "ON"}, binlog="off", version="8.0.36")
    assert kinds(privileges.check_privileges(unlogged)) == ["function_creators"]


def test_removing_the_ledger_needs_drop_on_its_database():
    assert kinds(privileges.check_ledger(subject(ledger="drop", grants=()), "apsaradb_mysql")) == ["ledger_privilege"]
    assert privileges.check_ledger(subject(ledger="drop", grants=("DROP",)), "apsaradb_mysql") == []
    assert privileges.check_ledger(subject(grants=()), "apsaradb_mysql") == []


def test_a_ledger_in_the_target_needs_update_and_delete():
    found = privileges.check_ledger(subject(grants=(*BASE, "UPDATE")), "shop")
    assert kinds(found) == ["privileges"] and "lacks DELETE on shop" in found[0].what
    assert privileges.check_ledger(subject(grants=(*BASE, "UPDATE", "DELETE")), "shop") == []


def test_other_definers_need_a_privilege():
    assert privileges.check_definers(subject(DEFINED % b"root", grants=())) == []
    found = privileges.check_definers(subject(DEFINED % b"app", grants=()))
    assert kinds(found) == ["definer_privilege"] and "app@localhost" in found[0].what


@pytest.mark.parametrize(
    "version, more, accounts, expected",
    [
        ("8.0.16", (), (("app", "localhost"),), ["definer_protected"]),
        ("8.0.16", (), (), ["definer_lost"]),
        ("8.0.16", ("SYSTEM_USER",), (("app", "localhost"),), []),
        ("8.0.15", (), (("app", "localhost"),), []),
        ("5.7.40", (), (("app", "localhost"),), []),
    ],
)
def test_definers_that_only_a_mightier_account_may_name(version, more, accounts, expected):
    looked = subject(DEFINED % b"app", version=version, grants=("SUPER", *more))
    found = privileges.check_definers(looked._replace(connection=SimpleNamespace(rows=lambda _query: accounts)))
    assert kinds(found) == expected and not any(finding.is_error for finding in found)
    assert all("root@localhost can create the objects" in finding.what for finding in found if finding.kind == "definer_protected")


@pytest.mark.parametrize(
    "version, grants, variables, expected",
    [
        ("8.0.36", ("SUPER",), {}, []),
        ("8.0.36", ("SUPER",), {"read_only": "OFF", "super_read_only": "OFF"}, []),
        ("8.0.36", ("SUPER",), {"read_only": "ON"}, ["read_only_passed"]),
        ("8.0.36", ("INSERT",), {"read_only": "ON"}, ["read_only"]),
        ("8.0.36", ("CONNECTION_ADMIN",), {"read_only": "ON"}, ["read_only_passed"]),
        ("5.7.29", ("CONNECTION_ADMIN",), {"read_only": "ON"}, ["read_only"]),
        ("8.0.36", ("SUPER",), {"read_only": "ON", "super_read_only": "ON"}, ["read_only"]),
        ("8.0.36", ("SUPER",), {"transaction_read_only": "ON"}, ["transaction_read_only"]),
        ("5.7.29", ("SUPER",), {"tx_read_only": "ON", "transaction_read_only": "ON"}, ["transaction_read_only"]),
        ("5.6.24", ("SUPER",), {"tx_read_only": "ON", "read_only": "ON"}, ["read_only_passed", "transaction_read_only"]),
    ],
)
def test_read_only(version, grants, variables, expected):
    assert kinds(privileges.check_read_only(subject(version=version, grants=grants, variables=variables))) == expected


def test_an_unread_dump_needs_only_what_every_load_needs():
    dump = subject(whole=False, grants=("ALL PRIVILEGES",), variables={"log_bin": "ON"})
    assert privileges.check_privileges(dump) == [] == privileges.check_definers(dump)


@pytest.mark.parametrize(
    "words, expected",
    [(b"", ["function_undeclared"]), (b"DETERMINISTIC ", []), (b"NO SQL ", []), (b"READS SQL DATA ", []), (b"MODIFIES SQL DATA ", ["function_undeclared"])],
)
def test_functions_that_a_server_with_a_binary_log_does_not_create(words, expected):
    made = b"CREATE FUNCTION `f`() RETURNS int " + words + b"RETURN 1;\n"
    found = privileges.check_privileges(subject(made, grants=("ALL PRIVILEGES",), variables={"log_bin": "ON", "log_bin_trust_function_creators": "OFF"}))
    assert kinds(found) == expected and all("but not f" in each.what for each in found)
    assert privileges.check_privileges(subject(made, grants=("ALL PRIVILEGES",), variables={"log_bin": "ON", "log_bin_trust_function_creators": "ON"})) == []
    assert privileges.check_privileges(subject(made, grants=("ALL PRIVILEGES",), variables={"log_bin": "OFF"})) == []
