# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that rename, make or drop tables while the dump's tables are loaded."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Chunk
from ansible_collections.apsaradb.mysql.tests.support.plans import ROWS, TABLE, plan, refused, whole

RENAMED, EXISTS = "renames or drops the table {0}, which is loaded and verified under this name", "creates a table {0}, which already exists at this point"
TEMPORARY = "creates a temporary table {0}, which other connections do not see"


@pytest.mark.parametrize(
    "sql, reason, name",
    [
        ("RENAME TABLE t TO u; CREATE TABLE t (a int);", RENAMED, "t"),
        ("RENAME TABLES shop.t TO `u`;", RENAMED, "t"),
        ("RENAME TABLE x TO y, y TO t, `t` TO z;", RENAMED, "t"),
        ("ALTER TABLE t RENAME TO u;", RENAMED, "t"),
        ("ALTER TABLE shop.t ADD c int, RENAME AS u;", RENAMED, "t"),
        ("ALTER TABLE t ADD (`rename` int, c int DEFAULT (1)), RENAME = u;", RENAMED, "t"),
        ("ALTER TABLE t RENAME u; CREATE TABLE t (a int);", RENAMED, "t"),
        ("RENAME TABLE old TO u; CREATE TABLE u (a int);", EXISTS, "u"),
        ("ALTER TABLE old RENAME u; CREATE TABLE u (a int);", EXISTS, "u"),
        ("CREATE TABLE u LIKE t; RENAME TABLE u TO w; CREATE TABLE u (a int);", RENAMED, "u"),
        ("CREATE TABLE u SELECT * FROM t; CREATE TABLE u (a int);", EXISTS, "u"),
        ("CREATE TABLE IF NOT EXISTS u LIKE t; CREATE TABLE IF NOT EXISTS u (a int);", EXISTS, "u"),
        ("CREATE TABLE u LIKE t; INSERT INTO u VALUES (1,'x'); RENAME TABLE u TO w;", RENAMED, "u"),
        ("CREATE TABLE u LIKE t; INSERT INTO u VALUES (1,'x'); DROP TABLE u;", RENAMED, "u"),
        ("CREATE TEMPORARY TABLE u (a int); INSERT INTO u VALUES (1);", TEMPORARY, "u"),
        # On its connection it would take the rows of the other one.
        ("CREATE TEMPORARY TABLE t (a int);", TEMPORARY, "t"),
        ("CREATE TEMPORARY TABLE IF NOT EXISTS t (a int);", TEMPORARY, "t"),
        ("CREATE VIEW v AS SELECT 1; RENAME TABLE v TO w;", RENAMED, "v"),
        ("CREATE TABLE v LIKE t; CREATE VIEW v AS SELECT 1;", EXISTS, "v"),
    ],
)
def test_barriers_that_rename_or_drop_loaded_tables_are_refused(sql, reason, name):
    """They are made before every other statement: what renames one would fail when much of the dump is there (1050, 1146)."""
    told = refused(whole(TABLE + sql.encode() + b"\n"))
    assert reason.format(name) in told
    assert (
        "remove it and the statements that use this table"
        if reason is TEMPORARY
        else "run it after the import, or use the final name in CREATE TABLE and INSERT"
    ) in told
    assert "file0.sql, line 14, byte" in told


@pytest.mark.parametrize(
    "sql, steps",
    [
        (b"ALTER TABLE t RENAME COLUMN a TO c, RENAME KEY t TO u, RENAME INDEX u TO t;", 1),
        (b"ALTER TABLE t COMMENT 'RENAME TO u';", 1),
        (b"CREATE TABLE u LIKE t; RENAME TABLE u TO w; INSERT INTO w VALUES (1,'x');", 3),
        (b"CREATE TABLE u LIKE t; DROP TABLE u; CREATE TABLE u LIKE t; DROP TABLE u, w;", 4),
        (b"CREATE TABLE IF NOT EXISTS t LIKE u;", 1),
        (b"CREATE TEMPORARY TABLE u (a int); DROP TABLE u; DROP TEMPORARY TABLE IF EXISTS t;", 3),
    ],
)
def test_barriers_that_keep_table_names_run_in_file_order(sql, steps):
    made = plan(whole(TABLE + sql + b"\n"))
    assert (made.tables[0].name, len(made.steps)) == (b"t", steps)


def test_a_drop_of_several_tables_equals_several_drops():
    other = TABLE.replace(b"`t`", b"`u`")
    made = plan(whole(b"DROP TABLE IF EXISTS t, `u`, shop.w;\n" + TABLE + other + ROWS))
    assert [table.name for table in made.tables] == [b"t", b"u"] and [type(step) for step in made.steps] == [Chunk]
    made = plan(whole(TABLE + other + ROWS + b"DROP TABLE IF EXISTS t, w;\n"))
    assert [table.name for table in made.tables] == [b"u"] and made.steps == ()
    assert "DROP TABLE names other before a dot" in refused(whole(TABLE + b"DROP TABLE t, other.t;\n"))
    made = plan(whole(TABLE + b"CREATE TEMPORARY TABLE w (a int);\nDROP TEMPORARY TABLE w;\n"), exclude_tables=("w",))
    assert made.steps == ()


MADE = TABLE + b"CREATE TABLE u LIKE t;\n"
ON_MADE = MADE + b"CREATE TRIGGER g BEFORE INSERT ON u FOR EACH ROW SET NEW.a = 1;\nCREATE TRIGGER h BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;\n"


@pytest.mark.parametrize("sql", [b"DROP TABLE u;\n", b"DROP TABLE IF EXISTS shop.u;\nCREATE TABLE u LIKE t;\n", b"DROP TABLE x, u;\n"])
def test_a_trigger_is_dropped_with_its_table(sql):
    assert [trigger.name for trigger in plan(whole(ON_MADE + sql)).triggers] == [b"h"]
    again = b"CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW SET @a = 1;\n"
    assert [trigger.name for trigger in plan(whole(ON_MADE + sql + again)).triggers] == [b"h", b"g"]


@pytest.mark.parametrize("sql", [b"DROP TEMPORARY TABLE u;\n", b"DROP TABLE other.u;\n"])
def test_a_drop_of_another_table_keeps_the_trigger(sql):
    assert [trigger.name for trigger in plan(whole(ON_MADE + sql), allow=("DROP TABLE",)).triggers] == [b"g", b"h"]


@pytest.mark.parametrize("sql", [b"RENAME TABLE x TO y, u TO w;\n", b"ALTER TABLE shop.u RENAME TO w;\n"])
def test_a_table_with_a_trigger_is_not_renamed(sql):
    assert "renames the table u, on which the trigger g is: the import creates all triggers last" in refused(whole(ON_MADE + sql))
    assert plan(whole(ON_MADE + b"DROP TRIGGER g;\n" + sql)).gone >= {b"u"}
    assert plan(whole(ON_MADE + sql), triggers="omit")


@pytest.mark.parametrize(
    "sql, gone",
    [
        (b"DROP TABLE u;\n", {b"u"}),
        (b"RENAME TABLE u TO w;\n", {b"u"}),
        (b"RENAME TABLE u TO old, w TO u;\n", {b"w"}),
        (b"RENAME TABLE u TO w, w TO u;\n", {b"w"}),
        (b"ALTER TABLE u RENAME w;\nDROP TABLE w;\n", {b"u", b"w"}),
        (b"DROP TABLE IF EXISTS u;\nCREATE TABLE u LIKE t;\n", set()),
        (b"DROP TABLE u;\nCREATE TEMPORARY TABLE u LIKE t;\nDROP TEMPORARY TABLE x;\n", {b"u"}),
        (b"", set()),
    ],
)
def test_tables_that_are_gone_at_the_end(sql, gone):
    assert plan(whole(MADE + sql)).gone == gone


def test_names_that_temporary_tables_may_have():
    assert plan(whole(MADE + b"RENAME TABLE u TO w;\n")).maybe_temporary == set()
    assert plan(whole(MADE + b"CREATE TEMPORARY TABLE x LIKE t;\nALTER TABLE x RENAME y;\n")).maybe_temporary == {b"u", b"x", b"y"}
