# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks that look at values alone; what needs a server is in tests/servers/test_restore_preflight.py."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import Planner, Source
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import Policy
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState, without_idle_modes
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import all_checks, compatibility, gtid, privileges
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.subject import CheckSubject, KnownDump, choices_for, known_by
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import GtidPolicy, ImportRequest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import Grants, ServerState
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Login
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version

HEAD = b"-- MySQL dump 10.13\n-- Host: localhost    Database: shop\n-- ---\n-- Server version\t5.7.40-log\n"
TABLE = b"CREATE TABLE `%s` (`a` int) ENGINE=InnoDB;\n"
EVENT = b"CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO DELETE FROM t;\n"


def scene(sql=b"", version="8.0.36", variables=None, grants=("SUPER",), whole=True, **asked):
    policy = Policy(events=asked.pop("events", "keep"))
    server = ServerState(Version.parse(version), variables or {}, Grants(frozenset(grants), ()), {"INNODB": "DEFAULT"}, ("root", "localhost"))
    request = ImportRequest(Login(), (), "shop", Choices(b"shop", policy=policy), **asked)
    planner = Planner(choices_for(request, server))
    planner.read(Source("a.sql", io.BytesIO(HEAD + sql + b"-- Dump completed\n")))
    known = known_by(planner.plan()) if whole else KnownDump(origin=Version.parse("5.7.40"))
    return CheckSubject(request, known, server, None, False)


def kinds(found):
    return [finding.kind for finding in found]


@pytest.mark.parametrize(
    "setting, names, said",
    [
        ("0", (b"a", b"b"), ["names_exact"]),
        ("0", (b"a", b"B"), []),
        ("1", (b"a", b"b"), []),
        ("1", (b"a", b"B"), ["names_folded"]),
        ("1", (b"a", b"A"), ["names_collide"]),
        ("2", (b"a", b"A"), ["names_collide"]),
        ("2", (b"a", b"B"), []),
    ],
)
def test_names_that_differ_in_case(setting, names, said):
    looked = scene(b"".join(TABLE % name for name in names), variables={"lower_case_table_names": setting})
    assert kinds(compatibility.check_names(looked)) == said


@pytest.mark.parametrize("state, events, said", [("ON", "keep", ["events_run"]), ("OFF", "keep", ["events_sleep"]), ("ON", "disabled", []), ("ON", "omit", [])])
def test_events_that_would_run(state, events, said):
    assert kinds(compatibility.check_events(scene(EVENT, variables={"event_scheduler": state}, events=events))) == said


@pytest.mark.parametrize(
    "limit, whole, said", [(1 << 20, False, ["packet_unknown"]), (64 << 20, False, []), (1 << 20, True, []), (4096, True, []), (1024, True, ["packet"])]
)
def test_the_largest_statement(limit, whole, said):
    assert kinds(compatibility.check_packet(scene(TABLE % b"t", variables={"max_allowed_packet": str(limit)}, whole=whole))) == said


def test_what_is_read_only():
    def said(version="8.0.36", grants=("SUPER",), **variables):
        return kinds(privileges.check_read_only(scene(version=version, grants=grants, variables=variables)))

    assert said() == [] and said(read_only="OFF", super_read_only="OFF") == []
    assert said(read_only="ON") == ["read_only_passed"] and said(read_only="ON", grants=("INSERT",)) == ["read_only"]
    assert said(read_only="ON", grants=("CONNECTION_ADMIN",)) == ["read_only_passed"]
    assert said("5.7.29", read_only="ON", grants=("CONNECTION_ADMIN",)) == ["read_only"]
    assert said(read_only="ON", super_read_only="ON") == ["read_only"]
    assert said("5.7.29", tx_read_only="ON", transaction_read_only="ON") == ["transaction_read_only"]


def test_words_and_modes_are_looked_for_in_programs_only_where_the_version_changes():
    made = b"SET sql_mode = 'MYSQL40';\nCREATE PROCEDURE `p`() SELECT rank FROM t;\nSET sql_mode = '';\n" + TABLE % b"rank"
    assert kinds(compatibility.check_words(scene(made))) == ["words"] and kinds(compatibility.check_sql_mode(scene(made))) == ["sql_mode"]
    assert "procedure p" in compatibility.check_words(scene(made))[0].what
    assert kinds(compatibility.check_words(scene(made, version="5.7.29"))) == [] == kinds(compatibility.check_sql_mode(scene(made, version="5.7.29")))


def test_a_mode_that_8_0_removed_and_nobody_misses_is_left_out_from_there_on():
    modes = b"ONLY_FULL_GROUP_BY,NO_AUTO_CREATE_USER,ANSI_QUOTES"
    made = b"SET @old = @@sql_mode;\nSET sql_mode = '%s';\nCREATE PROCEDURE `p`() SELECT 1;\nSET sql_mode = @old;\n" % modes

    def of(version):
        plan = scene(made, version=version).known.plan
        return plan.objects[0].session.get(b"sql_mode"), plan.rewritten

    assert of("5.7.29") == (b"'%s'" % modes, {})
    assert of("8.0.36") == (b"'ONLY_FULL_GROUP_BY,ANSI_QUOTES'", {"sql_mode": 1})
    for text, left in (b"NO_AUTO_CREATE_USER", b"''"), (b"'no_field_options'", b"''"), (b"'STRICT_ALL_TABLES,No_Table_Options'", b"'STRICT_ALL_TABLES'"):
        assert without_idle_modes(SessionState().with_variable(b"sql_mode", text)).get(b"sql_mode") == left
    for text in b"''", b"DEFAULT", b"'STRICT_ALL_TABLES'", b"'STRICT_ALL_TABLES, NO_ZERO_DATE'":
        session = SessionState().with_variable(b"sql_mode", text)
        assert without_idle_modes(session) is session


def test_names_as_the_server_will_have_them():
    made = TABLE % b"Kunden\xc3\x84" + b"INSERT INTO `Kunden\xc3\x84` VALUES (1);\nCREATE VIEW `V` AS SELECT 1;\n"
    for setting, table, view in ("1", "kundenä", b"v"), ("0", "KundenÄ", b"V"), ("2", "KundenÄ", b"V"):
        plan = scene(made, variables={"lower_case_table_names": setting}).known.plan
        assert (plan.tables[0].name.decode(), plan.objects[0].name, plan.tables[0].rows) == (table, view, 1)


def test_a_server_that_reads_quotes_in_another_way():
    ansi = {"sql_mode": "STRICT_TRANS_TABLES,ANSI_QUOTES"}
    rows = TABLE % b"t" + b"INSERT INTO t VALUES (1);\n"
    assert kinds(compatibility.check_sql_mode(scene(rows, variables=ansi))) == ["quotes"]
    assert kinds(compatibility.check_sql_mode(scene(rows, variables={"sql_mode": "STRICT_TRANS_TABLES"}))) == []
    assert kinds(compatibility.check_sql_mode(scene(b"SET sql_mode = '';\n" + rows, variables=ansi))) == []


def test_a_dump_that_was_not_read_whole_has_no_false_findings():
    looked = scene(whole=False, grants=("ALL PRIVILEGES",), variables={"max_allowed_packet": str(64 << 20), "lower_case_table_names": "1", "log_bin": "ON"})
    for check in (compatibility.check_engines, compatibility.check_encryption, compatibility.check_sql_mode, compatibility.check_words):
        assert check(looked) == []
    for check in (all_checks.check_complete, privileges.check_privileges, compatibility.check_events, privileges.check_definers, compatibility.check_names):
        assert check(looked) == []
    assert kinds(gtid.check_gtid(looked._replace(request=looked.request._replace(gtid=GtidPolicy.APPLY)))) == ["gtid_unknown"]
