# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a server can take a dump, without a server."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState, without_idle_modes
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import compatibility
from ansible_collections.apsaradb.mysql.tests.support.subjects import EVENT, TABLE, kinds, subject


@pytest.mark.parametrize(
    "setting, names, expected",
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
def test_names_that_differ_in_case(setting, names, expected):
    dump = subject(b"".join(TABLE % name for name in names), variables={"lower_case_table_names": setting})
    assert kinds(compatibility.check_names(dump)) == expected


@pytest.mark.parametrize(
    "state, events, expected", [("ON", "keep", ["events_run"]), ("OFF", "keep", ["events_sleep"]), ("ON", "disabled", []), ("ON", "omit", [])]
)
def test_restored_events_run_at_once_or_not_at_all(state, events, expected):
    assert kinds(compatibility.check_events(subject(EVENT, variables={"event_scheduler": state}, events=events))) == expected


@pytest.mark.parametrize(
    "limit, whole, expected", [(1 << 20, False, ["packet_unknown"]), (64 << 20, False, []), (1 << 20, True, []), (4096, True, []), (1024, True, ["packet"])]
)
def test_max_allowed_packet_against_the_largest_statement(limit, whole, expected):
    assert kinds(compatibility.check_packet(subject(TABLE % b"t", variables={"max_allowed_packet": str(limit)}, whole=whole))) == expected


@pytest.mark.parametrize("asked, limit, wanted", [("insert", 2, 4), ("insert", 3, None), ("auto", 2, None)])
def test_rows_of_an_insert_need_one_packet_and_those_of_load_data_do_not(asked, limit, wanted):
    """The cure is two MiB more than the statement has."""
    rows = b"INSERT INTO `t` VALUES " + b",".join([b"(1000000000)"] * 170000) + b";\n"
    assert 2 << 20 < len(rows) < 3 << 20
    variables = {"max_allowed_packet": str(limit << 20), "local_infile": "ON"}
    found = compatibility.check_packet(subject(b"SET NAMES utf8;\n" + TABLE % b"t" + rows, variables=variables, lane=asked))
    assert [finding.cure for finding in found] == ([] if wanted is None else ["SET GLOBAL max_allowed_packet = {0}".format(wanted << 20)])


@pytest.mark.parametrize("version, expected", [("5.7.10", ["encryption_unknown"]), ("5.7.11", ["keyring"]), ("8.0.36", ["keyring"])])
def test_encrypted_tables_need_a_keyring(monkeypatch, version, expected):
    monkeypatch.setattr(compatibility, "_has_keyring", lambda _subject: False)
    encrypted = (TABLE % b"t").replace(b"ENGINE=InnoDB", b"ENGINE=InnoDB ENCRYPTION='Y'")
    assert kinds(compatibility.check_encryption(subject(encrypted, version=version))) == expected
    assert kinds(compatibility.check_encryption(subject(TABLE % b"t", version=version))) == []


def test_reserved_words_and_removed_modes_matter_only_on_a_newer_server():
    made = b"SET sql_mode = 'MYSQL40';\nCREATE PROCEDURE `p`() SELECT rank FROM t;\nSET sql_mode = '';\n" + TABLE % b"rank"
    assert kinds(compatibility.check_words(subject(made))) == ["words"] and kinds(compatibility.check_sql_mode(subject(made))) == ["sql_mode"]
    assert "procedure p" in compatibility.check_words(subject(made))[0].what
    assert kinds(compatibility.check_words(subject(made, version="5.7.29"))) == [] == kinds(compatibility.check_sql_mode(subject(made, version="5.7.29")))


def test_modes_without_effect_that_8_0_removed_are_left_out_on_8_0():
    modes = b"ONLY_FULL_GROUP_BY,NO_AUTO_CREATE_USER,ANSI_QUOTES"
    made = b"SET @old = @@sql_mode;\nSET sql_mode = '%s';\nCREATE PROCEDURE `p`() SELECT 1;\nSET sql_mode = @old;\n" % modes

    def of(version):
        plan = subject(made, version=version).known.plan
        return plan.objects[0].session.get(b"sql_mode"), plan.rewritten

    assert of("5.7.29") == (b"'%s'" % modes, {})
    assert of("8.0.36") == (b"'ONLY_FULL_GROUP_BY,ANSI_QUOTES'", {"sql_mode": 1})
    for text, left in (b"NO_AUTO_CREATE_USER", b"''"), (b"'no_field_options'", b"''"), (b"'STRICT_ALL_TABLES,No_Table_Options'", b"'STRICT_ALL_TABLES'"):
        assert without_idle_modes(SessionState().with_variable(b"sql_mode", text)).get(b"sql_mode") == left
    for text in b"''", b"DEFAULT", b"'STRICT_ALL_TABLES'", b"'STRICT_ALL_TABLES, NO_ZERO_DATE'":
        session = SessionState().with_variable(b"sql_mode", text)
        assert without_idle_modes(session) is session


def test_names_are_planned_as_the_server_will_store_them():
    made = TABLE % b"Kunden\xc3\x84" + b"INSERT INTO `Kunden\xc3\x84` VALUES (1);\nCREATE VIEW `V` AS SELECT 1;\n"
    for setting, table, view in ("1", "kundenä", b"v"), ("0", "KundenÄ", b"V"), ("2", "KundenÄ", b"V"):
        plan = subject(made, variables={"lower_case_table_names": setting}).known.plan
        assert (plan.tables[0].name.decode(), plan.objects[0].name, plan.tables[0].rows) == (table, view, 1)


def test_ansi_quotes_on_the_server_and_a_dump_without_sql_mode():
    ansi = {"sql_mode": "STRICT_TRANS_TABLES,ANSI_QUOTES"}
    rows = TABLE % b"t" + b"INSERT INTO t VALUES (1);\n"
    assert kinds(compatibility.check_sql_mode(subject(rows, variables=ansi))) == ["quotes"]
    assert kinds(compatibility.check_sql_mode(subject(rows, variables={"sql_mode": "STRICT_TRANS_TABLES"}))) == []
    assert kinds(compatibility.check_sql_mode(subject(b"SET sql_mode = '';\n" + rows, variables=ansi))) == []
    rows = b"SET sql_mode = '';\n" + rows + b"SET sql_mode = DEFAULT;\n"
    assert kinds(compatibility.check_sql_mode(subject(rows, variables=ansi))) == []
    for made in TABLE % b"u", b"CREATE VIEW v AS SELECT 1;\n", b"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;\n", b"ANALYZE TABLE t;\n":
        assert kinds(compatibility.check_sql_mode(subject(rows + made, variables={"sql_mode": "NO_BACKSLASH_ESCAPES"}))) == ["quotes"]


def test_rows_of_a_merge_table():
    merged = b"CREATE TABLE u (a int) ENGINE=MyISAM;\nCREATE TABLE m (a int) ENGINE=%s UNION=(u) INSERT_METHOD=LAST;\n"
    for engine in b"MRG_MyISAM", b"merge":
        for rows, expected in (
            (b"INSERT INTO m VALUES (1);\n", ["merge_rows"]),
            (b"INSERT INTO m SELECT 1;\n", ["merge_rows"]),
            (b"INSERT INTO u VALUES (1);\n", []),
        ):
            found = kinds(compatibility.check_engines(subject(merged % engine + rows)))
            assert [kind for kind in found if kind != "engine"] == expected


def test_an_incomplete_read_gives_no_findings_about_the_rest():
    dump = subject(whole=False, variables={"max_allowed_packet": str(64 << 20), "lower_case_table_names": "1"})
    for check in (compatibility.check_engines, compatibility.check_encryption, compatibility.check_sql_mode, compatibility.check_words):
        assert check(dump) == []
    assert compatibility.check_events(dump) == [] == compatibility.check_names(dump)


@pytest.mark.parametrize(
    "engine, value, since_8, before_8",
    [
        (b"InnoDB", b"N", [], []),
        (b"InnoDB", b"X", ["encryption_option"], ["encryption_option"]),
        (b"MyISAM", b"n", [], ["encryption_option"]),
        (b"MyISAM", b"Y", ["encryption_option"], ["encryption_option"]),
        (b"MEMORY", b"N", [], []),
        (b"ARCHIVE", b"y", ["encryption_option"], ["encryption_option"]),
    ],
)
def test_an_encryption_that_the_engine_does_not_take(engine, value, since_8, before_8):
    dump = b"CREATE TABLE t (a int) ENGINE=%s ENCRYPTION='%s';\n" % (engine, value)
    for version, expected in (("8.0.36", since_8), ("5.7.29", before_8)):
        assert kinds(compatibility.check_encryption(subject(dump, version=version))) == expected, version


@pytest.mark.parametrize(
    "lane, local_infile, grants, expected",
    [
        ("auto", "ON", (), []),
        ("auto", "OFF", ("SUPER",), []),
        ("auto", "OFF", ("SYSTEM_VARIABLES_ADMIN",), []),
        ("auto", "OFF", (), ["local_infile_off"]),
        ("load_data", "OFF", (), ["local_infile"]),
        ("insert", "OFF", (), []),
    ],
)
def test_load_data_needs_local_infile(lane, local_infile, grants, expected):
    assert kinds(compatibility.check_lane(subject(lane=lane, grants=grants, variables={"local_infile": local_infile}))) == expected


@pytest.mark.parametrize(
    "own, dumped, expected",
    [("NO_ENGINE_SUBSTITUTION", b"", ["engine"]), ("", b"", []), ("NO_ENGINE_SUBSTITUTION", b"SET sql_mode = '';\n", []),
     ("", b"SET sql_mode = 'NO_ENGINE_SUBSTITUTION';\n", ["engine"]), ("", b"SET sql_mode = 'TRADITIONAL';\n", ["engine"])],
)  # fmt: skip
def test_a_disabled_engine_is_missing_where_the_server_does_not_replace_it(own, dumped, expected):
    dump = subject(dumped + TABLE % b"t", variables={"disabled_storage_engines": "MyISAM,InnoDB", "sql_mode": own})
    assert kinds(compatibility.check_engines(dump)) == expected


@pytest.mark.parametrize(
    "charset, collation, expected",
    [
        (None, None, []),
        ("latin1", None, []),
        ("LATIN1", "latin1_bin", []),
        ("utf8mb3", "utf8mb3_bin", []),
        (None, "utf8mb4_bin", []),
        ("default", None, ["charset_option"]),
        ("utf-8", None, ["charset_option"]),
        ("latin1_bin", None, ["charset_option"]),
        (None, "utf8mb4", ["charset_option"]),
        (None, "utf8mb4_0900_ai_ci", ["charset_option"]),
        ("latin1 ENCRYPTION", "x", ["charset_option", "charset_option"]),
        ("latin1", "utf8_bin", ["collation_of_other"]),
        ("utf8mb4", "utf8mb3_bin", ["collation_of_other"]),
    ],
)
def test_options_that_name_a_character_set(charset, collation, expected):
    assert kinds(compatibility.check_charset(subject(TABLE % b"t", charset=charset, collation=collation))) == expected


@pytest.mark.parametrize(
    "options, expected",
    [
        (b"CHARACTER SET latin1 COLLATE latin1_bin", []),
        (b"/*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */", []),
        (b"COLLATE utf8_bin DEFAULT CHARSET=latin1", ["collation_of_other"]),
        (b"/*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8_bin */", ["collation_of_other"]),
        (b"CHARACTER SET latin1 COLLATE nosuch", ["charset"]),
    ],
)
def test_the_options_of_the_database_in_the_dump(options, expected):
    dump = b"CREATE DATABASE `shop` " + options + b";\nUSE `shop`;\n" + TABLE % b"t"
    assert kinds(compatibility.check_charset(subject(dump))) == expected
    assert kinds(compatibility.check_charset(subject(dump, charset="latin1"))) == []
