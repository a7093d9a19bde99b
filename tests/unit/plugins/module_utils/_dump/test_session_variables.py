# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session state after the SET statements of a dump."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState, apply, assignments, statements_between
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens


def after(sql, session=None):
    session = session or SessionState()
    for statement in ClientSplitter(io.BytesIO(sql)):
        session = apply(session, assignments(tokens(statement.text, Dialect(90704)))).session
        if session is None:
            return None
    return session


def refusal(sql):
    return apply(SessionState(), assignments(tokens(sql, Dialect(90704)))).reason


HEAD = b"""/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
"""
TRIGGER = b"""/*!50003 SET @saved_cs_client      = @@character_set_client */ ;
/*!50003 SET @saved_cs_results     = @@character_set_results */ ;
/*!50003 SET @saved_col_connection = @@collation_connection */ ;
/*!50003 SET character_set_client  = latin1 */ ;
/*!50003 SET character_set_results = latin1 */ ;
/*!50003 SET collation_connection  = latin1_swedish_ci */ ;
/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;
/*!50003 SET sql_mode              = 'ANSI_QUOTES' */ ;
"""
TRIGGER_END = b"""/*!50003 SET sql_mode              = @saved_sql_mode */ ;
/*!50003 SET character_set_client  = @saved_cs_client */ ;
/*!50003 SET character_set_results = @saved_cs_results */ ;
/*!50003 SET collation_connection  = @saved_col_connection */ ;
"""
TAIL = b"""/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;
"""


def test_set_statements_of_mysqldump():
    head = after(HEAD)
    known = {b"names": b"utf8mb4", b"time_zone": b"'+00:00'", b"sql_mode": b"'NO_AUTO_VALUE_ON_ZERO'", b"sql_notes": b"0"}
    assert dict(head.variables) == {**known, b"foreign_key_checks": b"0", b"unique_checks": b"0"}
    trigger = after(TRIGGER, head)
    assert trigger.get(b"character_set_client") == b"latin1" and trigger.get(b"sql_mode") == b"'ANSI_QUOTES'" and trigger.charset == "latin1"
    back = after(TRIGGER_END, trigger)
    assert statements_between(head, back._replace(saved=())) in ([], [b"SET NAMES utf8mb4"])
    assert back.get(b"sql_mode") == b"'NO_AUTO_VALUE_ON_ZERO'"
    end = after(TAIL, back)
    assert end.get(b"time_zone") is None and end.get(b"sql_mode") is None and end.get(b"sql_notes") is None


def test_set_statements_around_a_table_leave_no_state():
    head = after(HEAD)
    table = after(b"/*!40101 SET @saved_cs_client = @@character_set_client */;\n/*!50503 SET character_set_client = utf8mb4 */;\n", head)
    assert table.charset == "utf8mb4"
    back = after(b"/*!40101 SET character_set_client = @saved_cs_client */;", table)
    assert back._replace(saved=()) == head._replace(saved=())


@pytest.mark.parametrize(
    "sql, name, value",
    [
        (b"SET NAMES 'utf8' COLLATE 'utf8_bin'", b"names", b"utf8 COLLATE utf8_bin"),
        (b"SET sql_mode = 0", b"sql_mode", b"''"),
        (b"SET NAMES gbk", b"names", b"gbk"),
        (b"SET SESSION sql_mode = ''", b"sql_mode", b"''"),
        (b"SET LOCAL sql_mode = DEFAULT", b"sql_mode", None),
        (b"SET @@session.sql_mode := 'x'", b"sql_mode", b"'X'"),
        (b"SET @@local.sql_mode = ansi", b"sql_mode", b"'ANSI'"),
        (b"SET `sql_mode` = 'y,,z  '", b"sql_mode", b"'Y,Z'"),
        (b"SET wait_timeout = 1, sql_mode = 'z'", b"sql_mode", b"'Z'"),
        (b"SET @x = 'w'; SET sql_mode = @X", b"sql_mode", b"'W'"),
        (b"SET @x = 'w'; SET @x = 'y', sql_mode = @x", b"sql_mode", b"'W'"),
        (b"SET foreign_key_checks = 1; SET foreign_key_checks = OFF, unique_checks = @@foreign_key_checks", b"unique_checks", b"1"),
        (b"SET sql_mode = 'a', @x = @@sql_mode; SET sql_mode = @x", b"sql_mode", None),
        (b"SET sql_mode = IFNULL(@OLD_SQL_MODE, '')", b"sql_mode", b"''"),
        (b"SET @o = 'a'; SET sql_mode = IFNULL(@o, '')", b"sql_mode", b"'A'"),
        (b"SET foreign_key_checks = IF(@OLD_FOREIGN_KEY_CHECKS IS NULL, 1, @OLD_FOREIGN_KEY_CHECKS)", b"foreign_key_checks", b"1"),
        (b"SET @o = 0; SET foreign_key_checks = IF(@o IS NULL, 1, @O)", b"foreign_key_checks", b"0"),
        (b"SET time_zone = SYSTEM", b"time_zone", b"'SYSTEM'"),
        (b"SET time_zone = 'Asia/Shanghai'", b"time_zone", b"'Asia/Shanghai'"),
        (b"SET foreign_key_checks = 'off'", b"foreign_key_checks", b"0"),
        (b"SET storage_engine = MyISAM", b"default_storage_engine", b"myisam"),
        (b"SET character_set_results = NULL", b"character_set_results", b"NULL"),
        (b"SET sql_mode = @@GLOBAL.sql_mode", b"sql_mode", None),
        (b"SET foreign_key_checks = DEFAULT", b"foreign_key_checks", b"DEFAULT"),
        (b"SET foreign_key_checks = @@GLOBAL.foreign_key_checks", b"foreign_key_checks", None),
        (b"SET group_concat_max_len = 4", b"group_concat_max_len", b"4"),
        (b"SET @m = @@max_heap_table_size; SET max_heap_table_size = 16384; SET max_heap_table_size = @m", b"max_heap_table_size", None),
        (b"SET sql_safe_updates = 1", b"sql_safe_updates", b"1"),
    ],
)
def test_forms_of_set(sql, name, value):
    assert after(sql).get(name) == value


@pytest.mark.parametrize(
    "sql",
    [
        b"SET sql_mode = CONCAT('a', 'b')",
        b"SET sql_mode = (SELECT 1)",
        b"SET sql_mode = 'a' 'b'",
        b"SET sql_mode = @@a.b.c.d",
        b"SET @x = NOW(); SET sql_mode = @x",
        b"SET sql_mode = 4",
        b"SET sql_mode = 'a\\nb'",
        b"SET sql_mode = 'a', time_zone = 'x''y'",
        b"SET @x = 'utf8; DROP'; SET character_set_client = @x",
        b"SET character_set_client = 28",
        b"SET character_set_client = '28'",
        b"SET NAMES 'gb\\k'",
        b"SET NAMES swe7",
        b"SET NAMES utf16",
        b"SET NAMES utf8 COLLATE utf8_bin, GLOBAL x",
        b"SET foreign_key_checks = (1 = 1)",
        b"SET foreign_key_checks = 2",
        b"SET foreign_key_checks = IF(@a IS NULL, 1, @b)",
        b"SET foreign_key_checks = IF(@a IS NULL, f(1), @a)",
        b"SET @a = NOW(); SET sql_mode = IFNULL(@a, '')",
        b"SET sql_mode = 1 + 1",
        b"SET sql_mode =",
        b"SET @x = @y := 1; SET sql_mode = @x",
        b"SET @x = @nosuch; SET sql_mode = @x",
        b"SET sql_mode = 'a, b'",
        b"SET sql_mode = ' a'",
        b"SET sql_mode = NULL",
        b"SET group_concat_max_len = -1",
        b"SET group_concat_max_len = 1024 * 1024",
        b"SET wait_timeout = '\\' IS NULL, GLOBAL max_connections=77 # '",
        b"SET @x = @@time_zone; SET sql_mode = @x",
        b"SET unique_checks = @@foreign_key_checks",
        b"SET @x = @@wait_timeout; SET time_zone = @x",
        # The character set of 5.6 and 5.7, where the server's own is latin1, and not that of the loader's connections.
        b"SET NAMES DEFAULT",
        b"SET character_set_client = DEFAULT",
        b"SET character_set_connection = @@GLOBAL.character_set_connection",
        b"SET @x = @@GLOBAL.character_set_client; SET character_set_client = @x",
        b"SET collation_connection = DEFAULT",
    ],
)
def test_values_that_are_not_literals(sql):
    assert after(sql) is None


def test_variables_of_the_loader_are_not_kept():
    assert after(b"SET autocommit=0, sql_log_bin=1, time_zone='+00:00'").variables == ((b"time_zone", b"'+00:00'"),)


def test_foreign_key_checks_follow_the_position_in_the_file():
    assert after(b"").checks_foreign_keys and after(b"SET foreign_key_checks = ON").checks_foreign_keys
    for off in b"0", b"OFF", b"'off'", b"FALSE":
        assert not after(b"SET foreign_key_checks = " + off).checks_foreign_keys
    head = after(HEAD)
    assert not head.checks_foreign_keys and after(b"SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS", head).checks_foreign_keys
    unchecked = SessionState().unchecked
    assert statements_between(unchecked, SessionState()) == [
        b"SET SESSION foreign_key_checks = @@GLOBAL.foreign_key_checks, SESSION unique_checks = @@GLOBAL.unique_checks"
    ]


def test_the_way_from_one_state_to_another():
    one = after(b"SET NAMES utf8; SET sql_mode='A', time_zone='+00:00'")
    other = after(b"SET NAMES latin1; SET sql_mode='B'")
    assert statements_between(SessionState(), one) == [b"SET NAMES utf8", b"SET SESSION sql_mode = 'A', SESSION time_zone = '+00:00'"]
    assert statements_between(one, other) == [b"SET NAMES latin1", b"SET SESSION sql_mode = 'B', SESSION time_zone = DEFAULT"]
    assert statements_between(other, SessionState()) == [b"SET NAMES utf8mb4", b"SET SESSION sql_mode = DEFAULT"]
    assert statements_between(one, one) == []


def test_setting_names_resets_its_parts():
    names = after(b"SET NAMES utf8")
    part = after(b"SET character_set_client = binary", names)
    assert statements_between(names, part) == [b"SET SESSION character_set_client = binary"]
    assert statements_between(part, names) == [b"SET NAMES utf8"]
    assert after(b"SET NAMES utf8", part) == names


@pytest.mark.parametrize(
    "sql, statements",
    [
        (b"SET NAMES utf8mb4; SET collation_connection=latin1_swedish_ci; SET character_set_connection=utf8mb4", [b"SET NAMES utf8mb4"]),
        (b"SET collation_connection=latin1_swedish_ci, character_set_connection=utf8", [b"SET SESSION character_set_connection = utf8"]),
        (b"SET character_set_connection=utf8, collation_connection=latin1_bin", [b"SET SESSION collation_connection = latin1_bin"]),
        (
            b"SET NAMES utf8 COLLATE utf8_bin; SET character_set_connection=utf8",
            [b"SET NAMES utf8 COLLATE utf8_bin", b"SET SESSION character_set_connection = utf8"],
        ),
        (b"SET NAMES utf8 COLLATE utf8_bin; SET collation_connection=latin1_bin; SET collation_connection=utf8_bin", [b"SET NAMES utf8 COLLATE utf8_bin"]),
        (b"SET NAMES utf8; SET @x=@@collation_connection; SET character_set_connection=latin1; SET collation_connection=@x", [b"SET NAMES utf8"]),
        (
            b"SET NAMES utf8; SET @x=@@collation_connection; SET NAMES utf8 COLLATE utf8_bin; SET collation_connection=@x",
            [b"SET NAMES utf8 COLLATE utf8_bin", b"SET SESSION character_set_connection = utf8"],
        ),
        (
            b"SET NAMES utf8; SET collation_connection=latin1_bin; SET @x=@@character_set_connection; SET NAMES utf8; SET character_set_connection=@x",
            [b"SET NAMES utf8", b"SET SESSION character_set_connection = latin1"],
        ),
    ],
)
def test_a_collation_and_its_character_set_are_one_variable(sql, statements):
    assert statements_between(SessionState(), after(sql).plain) == statements


CHOSEN = b"SET SESSION default_collation_for_utf8mb4 = utf8mb4_general_ci"


@pytest.mark.parametrize(
    "sql, statements",
    [
        (b"SET NAMES utf8mb4; SET default_collation_for_utf8mb4=utf8mb4_general_ci", [b"SET NAMES utf8mb4", CHOSEN]),
        (b"SET default_collation_for_utf8mb4=utf8mb4_general_ci; SET NAMES utf8mb4", [b"SET NAMES utf8mb4 COLLATE utf8mb4_general_ci", CHOSEN]),
        (b"SET default_collation_for_utf8mb4=utf8mb4_general_ci, NAMES utf8mb4", [b"SET NAMES utf8mb4", CHOSEN]),
        (
            b"SET default_collation_for_utf8mb4=utf8mb4_general_ci; SET NAMES utf8mb4; SET character_set_connection=utf8mb4",
            [b"SET NAMES utf8mb4 COLLATE utf8mb4_general_ci", b"SET SESSION character_set_connection = utf8mb4, " + CHOSEN[4:]],
        ),
    ],
)
def test_a_default_collation_of_utf8mb4_is_that_of_a_later_set_names(sql, statements):
    assert statements_between(SessionState(), after(sql)) == statements
    back = [b"SET SESSION default_collation_for_utf8mb4 = DEFAULT", b"SET NAMES latin1"]
    assert statements_between(after(sql), after(b"SET NAMES latin1")) == back


@pytest.mark.parametrize(
    "sql, is_on",
    [
        (b"SET autocommit=0", False),
        (b"SET @a=0; SET autocommit=@a", False),
        (b"SET @a='OFF'; SET @@session.autocommit=@a, @a=1", False),
        (b"SET autocommit=0; SET autocommit=DEFAULT", True),
        (b"SET @OLD=@@autocommit, autocommit=0", False),
        (b"SET @OLD=@@autocommit, autocommit=0; SET autocommit=@OLD", True),
        (b"SET autocommit=0; SET @OLD=@@autocommit; SET autocommit=1; SET autocommit=@OLD", False),
        (b"SET @OLD=@@GLOBAL.autocommit, autocommit=0; SET autocommit=@OLD", True),
        (b"SET autocommit=IF(@OLD IS NULL, 0, @OLD)", False),
        # Not known.
        (b"SET autocommit=0; SET autocommit=1-1", False),
        (b"SET autocommit=0; SET @a=1-1; SET autocommit=@a", False),
    ],
)
def test_autocommit_of_the_client(sql, is_on):
    state = after(sql)
    assert state.autocommit is is_on and state.variables == () and state.plain == SessionState()


@pytest.mark.parametrize(
    "name",
    (
        "gtid_next max_error_count completion_type insert_id last_insert_id sql_select_limit timestamp rand_seed1 collation_database character_set_server "
        "keep_files_on_create lc_time_names div_precision_increment session_track_gtids pseudo_thread_id binlog_format innodb_tmpdir max_allowed_packet"
    ).split(),
)
def test_variables_that_no_restore_needs_are_refused(name):
    assert name in refusal("SET {0} = 1".format(name).encode())


def test_a_name_in_backticks_is_a_name_and_nothing_else():
    assert "no restore needs" in refusal(b"SET `sql_safe_updates=0, GLOBAL max_connections`=77")


def test_variables_without_effect_are_left_out_and_counted():
    whole_server = b"SET GLOBAL INNODB_STATS_AUTO_RECALC = @OLD_INNODB_STATS_AUTO_RECALC"
    assert apply(SessionState(), assignments(tokens(whole_server, Dialect(90704)))) == (SessionState(), "", 1, "")
    assert apply(SessionState(), assignments(tokens(b"SET wait_timeout = 5, net_read_timeout = f(1), sql_notes = 0", Dialect(90704)))) == (
        SessionState().with_variable(b"sql_notes", b"0"),
        "",
        2,
        "",
    )


def test_a_character_set_that_was_saved_is_the_one_that_was_set_then():
    def now(sql, name):
        session = after(b"SET NAMES utf8; SET @x = @@" + name + b"; SET NAMES latin1; " + sql)
        return session.charset, session.get(b"character_set_connection"), session.get(b"collation_connection")

    assert now(b"SET character_set_client = @x", b"character_set_client") == ("utf8", None, None)
    assert now(b"SET character_set_connection = @x", b"character_set_connection") == ("latin1", b"utf8", None)
    assert now(b"SET collation_connection = @x", b"collation_connection") == ("latin1", b"utf8", None)
    assert now(b"SET NAMES utf8; SET collation_connection = @x", b"collation_connection") == ("utf8", None, None)
    known = after(b"SET NAMES utf8 COLLATE utf8_bin; SET @x = @@collation_connection; SET NAMES latin1; SET collation_connection = @x")
    assert known.get(b"collation_connection") == b"utf8_bin"


def test_a_value_that_the_file_has_not_saved_changes_nothing_and_is_named():
    session, reason, left_out, unset = apply(SessionState(), assignments(tokens(b"SET sql_mode = @OLD_SQL_MODE, sql_notes = 0", Dialect(90704))))
    assert (session.variables, reason, left_out, unset) == (((b"sql_notes", b"0"),), "", 1, "sql_mode")


@pytest.mark.parametrize(
    "value, engine", [(None, None), (b"@@default_storage_engine", None), (b"DEFAULT", None), (b"myisam", "myisam"), (b"'MEMORY'", "MEMORY")]
)
def test_the_engine_of_tables_that_name_none(value, engine):
    assert SessionState().with_variable(b"default_storage_engine", value).default_engine == engine
