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
