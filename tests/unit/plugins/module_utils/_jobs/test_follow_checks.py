# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps databases from following a live server, as far as facts about the two servers show it; tests/servers/test_follow.py asks servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.live_channel import LiveSource
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._follow_checks import (
    ReplicationFacts,
    account_problems,
    filter_problems,
    history_problems,
    server_problems,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import parse_grants
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B

PRIVILEGES = "REPLICATION SLAVE, REPLICATION CLIENT, REPLICATION_SLAVE_ADMIN, SYSTEM_VARIABLES_ADMIN, PERSIST_RO_VARIABLES_ADMIN"
GRANT = "GRANT {0} ON *.* TO `rds`@`%`".format(PRIVILEGES)
LOGIN = LiveSource("rds.example", 3306, "rds", "secret")


def facts(version="8.0.36", grants=GRANT, **known):
    usual = {"gtid_mode": "ON", "log_bin": "ON", "server_id": "1", "lower_case_table_names": "0", "relay_log_recovery": "ON"}
    return ReplicationFacts(Version.parse(version), dict(usual, **known), parse_grants([grants]))


SOURCE, TARGET = facts(), facts(server_id="2")


def test_nothing_is_wrong_with_two_servers_that_fit():
    assert list(account_problems(SOURCE, LOGIN)) + list(server_problems(SOURCE, TARGET)) + list(filter_problems(TARGET, LOGIN, ["other"])) == []


def test_the_account_of_the_source_lacks_privileges_and_has_a_long_password():
    found = list(account_problems(facts(grants="GRANT REPLICATION CLIENT ON *.* TO `rds`@`%`"), LOGIN._replace(password="x" * 33)))
    assert [text.split(". ")[0] for text in found] == [
        "The account rds of the source lacks the privilege REPLICATION SLAVE",
        "The password in follow is longer than 32 characters, which a replica refuses",
    ]
    assert not list(account_problems(facts(grants="GRANT SUPER ON *.* TO `rds`@`%`"), LOGIN))


@pytest.mark.parametrize(
    "source, target, text",
    [
        ({}, {"version": "5.6.51"}, "MySQL 5.6.51 cannot change replication filters while it runs"),
        ({}, {"version": "10.11.6-MariaDB"}, "10.11.6-MariaDB cannot change replication filters"),
        ({"version": "8.4.0"}, {}, "The source is MySQL 8.4.0, and this server is 8.0.36"),
        ({"version": "5.6.51"}, {}, "The source is MySQL 5.6.51, and this server is 8.0.36"),
        ({"gtid_mode": "OFF"}, {}, "gtid_mode of the source is OFF. Enable it at the source"),
        ({}, {"gtid_mode": "OFF_PERMISSIVE"}, "gtid_mode of the server is OFF_PERMISSIVE. Enable GTIDs with mysql_gtid"),
        ({"binlog_format": "STATEMENT"}, {}, "The source has log_bin=ON and binlog_format=STATEMENT"),
        ({"log_bin": "OFF"}, {}, "The source has log_bin=OFF"),
        ({}, {"server_id": "1"}, "The server has the server_id 1, and the source 1"),
        ({}, {"server_id": "0"}, "The server has the server_id 0, and the source 1"),
        ({"lower_case_table_names": "1"}, {}, "lower_case_table_names is 0 here and 1 at the source"),
        ({}, {"super_read_only": "ON"}, "super_read_only is ON"),
        ({}, {"replica_skip_errors": "1062"}, "ignores errors of replication (replica_skip_errors=1062)"),
    ],
)
def test_servers_that_do_not_fit(source, target, text):
    found = list(server_problems(facts(**source), facts(**dict({"server_id": "2"}, **target))))
    assert any(text in each for each in found), found
    # A server that is too old has other problems too.
    assert len(found) == 1 or "version" in target


def test_before_8_0_filters_are_of_the_whole_server_and_do_not_survive_a_restart():
    old = facts("5.7.44", relay_log_recovery="OFF")
    found = list(filter_problems(old, LOGIN._replace(password=""), ["other"]))
    assert ["replica" in found[0], "relay_log_recovery=ON" in found[1], "account with a password" in found[2]] == [True] * 3
    assert not list(filter_problems(facts("5.7.44"), LOGIN, []))


@pytest.mark.parametrize(
    "has, text",
    [
        (A + ":1-20", None),
        (A + ":5-20," + B + ":1", None),
        (A + ":1-3", "The source has purged binary logs with 2 transaction(s) that are not in the backup (error 1236): " + A + ":4-5"),
        (A + ":1-30", "The server has 10 transaction(s) of the source that the source itself does not have (error 1236): " + A + ":21-30"),
        (B + ":1-5", "so it is a different instance"),
        ("", "has purged binary logs with 5 transaction(s)"),
    ],
)
def test_history(has, text):
    source = facts(server_uuid=A.upper(), gtid_executed=A + ":1-20", gtid_purged=A + ":1-5" if has not in (B + ":1-5", A + ":5-20," + B + ":1") else "")
    found = list(history_problems(source, GtidSet.parse(has)))
    assert len(found) == bool(text) and (text or "") in "".join(found), found
