# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user's choices select and allow."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices, acts_on_others
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter
from ansible_collections.apsaradb.mysql.tests.support.plans import TABLE, plan, whole


@pytest.mark.parametrize(
    "sql, allow, allowed",
    [
        (b"set  global\n read_only = 0", ("SET GLOBAL",), True),
        (b"set  global\n read_only = 0", ("create user", "set global Read_only"), True),
        (b"SET @@GLOBAL.read_only = 0", ("set global",), True),
        (b"SET @@GLOBAL.read_only = 0", ("set global read_only",), False),
        (b"/*!50001 GRANT a ON b TO c */", ("grant",), True),
        (b"GRANT a ON b TO c", ("rant", "grant b"), False),
        (b"GRANT a ON b TO c", (), False),
    ],
)
def test_allow_matches_the_first_words(sql, allow, allowed):
    (statement,) = ClientSplitter(io.BytesIO(sql))
    assert Choices(b"copy", allow=allow).allows(classify(statement, Dialect(90704))) == allowed


@pytest.mark.parametrize(
    "tables, exclude_tables, taken",
    [
        ((), (), ["a", "A", "ab", "b\ufffd"]),
        (("a",), (), ["a"]),
        (("A", "b*"), (), ["A", "b\ufffd"]),
        (("a*",), ("?b", "x"), ["a"]),
        ((), ("x", "[aA]"), ["ab", "b\ufffd"]),
        (("[b-a]*", "a"), ("[z-a]", "["), ["a"]),
    ],
)
def test_which_tables_the_patterns_select(tables, exclude_tables, taken):
    choices = Choices(b"copy", tables=tables, exclude_tables=exclude_tables)
    assert [name.decode("utf-8", "replace") for name in (b"a", b"A", b"ab", b"b\xff") if choices.selects(name)] == taken


@pytest.mark.parametrize(
    "sql, acts",
    [
        (TABLE + b"INSERT IGNORE INTO t VALUES (1,'x')", False),
        # The table of the target may have a foreign key: a row whose parent is not there yet would be ignored.
        (b"INSERT IGNORE INTO t VALUES (1,'x')", True),
        (b"SET foreign_key_checks=0; INSERT IGNORE INTO t VALUES (1,'x')", False),
        (b"INSERT INTO t VALUES (1,'x')", False),
        (TABLE + b"CREATE TABLE c (a int, FOREIGN KEY (a) REFERENCES t (a)); REPLACE INTO t VALUES (1,'x')", True),
    ],
)
def test_rows_whose_effect_depends_on_other_tables(sql, acts):
    made = plan(whole(sql + b";\n"))
    assert [acts_on_others(made, chunk) for chunk in made.steps] == [acts]


@pytest.mark.parametrize(
    "choices, left_out, warnings",
    [
        ({}, [], []),
        ({"tables": ("t",), "tables_are_own": True}, ["other"], []),
        ({"tables": ("t", "custmer"), "tables_are_own": True}, ["other"], ["tables has custmer, which matches no table of the dump"]),
        # One of several databases with the same list.
        ({"tables": ("t", "custmer")}, ["other"], []),
        ({"tables": ("custmer",)}, ["other", "t"], ["tables and exclude_tables select none of the 2 table(s) of the dump"]),
        ({"tables": ("v",)}, ["other", "t"], ["tables and exclude_tables select none of the 2 table(s) of the dump"]),
        ({"exclude_tables": ("*",)}, ["other", "t"], ["tables and exclude_tables select none of the 2 table(s) of the dump"]),
    ],
)
def test_patterns_that_select_nothing_are_warnings(choices, left_out, warnings):
    """The placeholder of a view is no table, and a table may have only rows in the dump."""
    view = b"CREATE TABLE `v` (`a` int);\nDROP TABLE IF EXISTS `v`;\nCREATE VIEW `v` AS SELECT 1 AS a;\n"
    made = plan(whole(TABLE + b"INSERT INTO `other` VALUES (1);\n" + view), **choices)
    assert sorted(name.decode() for name in made.left_out) == left_out and list(made.warnings) == warnings
