# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.reader_state import ReaderState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import Statement
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support.plans import refused, whole


def reading(**choices):
    made = ReaderState(Choices(b"shop", server_version=80036, **choices))
    made.file_name = "a.sql"
    return made


def item_of(sql, at):
    return classify(Statement(sql, 30, 30 + len(sql), 4, None), at.dialect)


@pytest.mark.parametrize("allow, outside", [((), True), (("ALTER",), False)])
def test_a_statement_of_another_database_is_refused_unless_it_is_allowed(allow, outside):
    at = reading(allow=allow)
    assert at.outside(item_of(b"ALTER TABLE other.t ADD a INT", at)) == outside
    assert not at.outside(item_of(b"ALTER TABLE shop.t ADD a INT", at))
    if outside:
        with pytest.raises(Failure, match="concerns the database other .a.sql, line 4, byte 30: "):
            at.refusals.raise_any()


def test_tables_of_the_loader_are_refused_even_if_they_are_allowed():
    at = reading(allow=("ALTER",))
    assert at.outside(item_of(b"ALTER TABLE __apsaradb_chunk ADD a INT", at))


@pytest.mark.parametrize("sql", [b"CREATE TABLE `#mysql50#t` (a INT)", b"INSERT INTO `#mysql50#t` SELECT 1", b"DROP TABLE IF EXISTS `#mysql50#t`"])
def test_a_name_that_older_servers_take_for_another_one_is_refused(sql):
    """5.7.29 kept a table that CREATE TABLE `#mysql50#t` made beyond DROP DATABASE, which did not end."""
    at = reading()
    assert at.outside(item_of(sql, at)) and not at.outside(item_of(sql.replace(b"#mysql50#t", b"#t"), at))
    assert not reading(exclude_tables=("#mysql50#*",)).outside(item_of(sql, at))


@pytest.mark.parametrize(
    "charset, sql, outside",
    [
        (b"latin1", b"CREATE TABLE `t\xe9` (a INT)", True),
        (b"latin1", b"CREATE TABLE `t\xc3\xa9` (a INT)", True),
        (b"cp1251", b"CREATE TABLE `t\xc3\xa9` (a INT)", True),
        (b"latin1", b"CREATE TRIGGER g BEFORE INSERT ON `t\xe9` FOR EACH ROW SET @a = 1", True),
        (b"latin1", b"CREATE TABLE t (`\xe9` INT)", False),
        (b"latin1", b"CREATE VIEW `t\xe9` AS SELECT 1", False),
        (b"latin1", b"DROP TABLE IF EXISTS `t\xe9`", False),
        (b"utf8", b"CREATE TABLE `t\xc3\xa9` (a INT)", False),
        (b"binary", b"CREATE TABLE `t\xc3\xa9` (a INT)", False),
    ],
)
def test_a_table_whose_name_is_not_sent_in_utf8_is_refused(charset, sql, outside):
    at = reading()
    at.session = at.session.with_variable(b"names", charset)
    at.dialect = at.session.dialect(80036)
    assert at.outside(item_of(sql, at)) == outside


def test_rows_of_such_a_table_are_refused():
    assert "INSERT names the table t\ufffd in latin1" in refused(whole(b"SET NAMES latin1;\nINSERT INTO `t\xe9` VALUES (1);\n"))


def test_a_definition_has_the_session_and_the_place_of_its_statement():
    at = reading()
    at.session = SessionState().with_variable(b"time_zone", b"'+00:00'")
    made = at.definition(item_of(b"CREATE DEFINER=`a`@`b` TRIGGER g BEFORE INSERT ON shop.t FOR EACH ROW SET @a = 1", at), b"g", "trigger")
    assert (made.what, made.on, str(made.place)[:21]) == ("TRIGGER", b"t", "a.sql, line 4, byte 3") and made.session == at.session
    at.count("definer")
    at.count("definer")
    assert at.rewritten == {"definer": 2}


def test_equal_session_states_have_one_number():
    at = reading()
    first = at.session_number()
    at.session = SessionState().with_variable(b"time_zone", b"'+00:00'")
    second = at.session_number()
    at.session = SessionState()
    assert (first, second, at.session_number()) == (0, 1, 0) and at.plain_session is list(at.sessions)[0]


def test_tables_of_another_database_are_not_its_own():
    at = reading(lower_case=True)
    names = [item_of(b"ALTER TABLE " + name + b" ADD a INT", at).name for name in (b"T", b"SHOP.T", b"other.t")]
    assert [at.own_table(name) for name in names] == [b"t", b"t", None]
