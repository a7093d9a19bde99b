# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, refused, whole

TABLE = b"CREATE TABLE t (a INT);\n"
TRIGGER = b"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1;\n"


@pytest.mark.parametrize("sql", [b"DROP VIEW other.v;\n", b"DROP PROCEDURE other.p;\n", b"CREATE VIEW other.v AS SELECT 1;\n"])
def test_objects_of_another_database_are_refused(sql):
    assert "concerns the database other" in refused(whole(TABLE + sql))


def test_the_trigger_of_a_table_that_is_left_out_is_left_out():
    assert plan(whole(TABLE + TRIGGER), exclude_tables=("t",)).triggers == ()
    assert [trigger.name for trigger in plan(whole(TABLE + TRIGGER)).triggers] == [b"g"]


def test_a_view_before_the_function_it_calls():
    view, function = b"CREATE VIEW v AS SELECT f(1) AS a, ABS(-1) AS b;\n", b"CREATE FUNCTION F(x INT) RETURNS INT NO SQL RETURN x;\n"
    (warning,) = plan(whole(view + function)).warnings
    assert "uses the function F, which this file creates only at line 9: the mysql client would stop here with error 1305" in warning
    assert plan(whole(function + view)).warnings == plan(whole(view), whole(function)).warnings == ()


def test_what_is_left_out_may_be_dropped_in_any_way():
    """The plan does not know whether it exists."""
    for choices in ({"exclude_tables": ("t",)}, {"tables": ("u",)}, {"triggers": "omit"}):
        assert plan(whole(TABLE + TRIGGER + b"DROP TRIGGER g;\n"), **choices).triggers == ()
    assert "drops the trigger g" in refused(whole(TABLE + b"DROP TRIGGER g;\n"))


@pytest.mark.parametrize(
    "sql, unmade",
    [
        (b"CREATE PROCEDURE p() SELECT 1;\nDROP PROCEDURE p;\nCREATE PROCEDURE p() SELECT 2;\n", [b"CREATE PROCEDURE p() SELECT 1"]),
        (b"CREATE PROCEDURE p() SELECT 1;\nCREATE PROCEDURE IF NOT EXISTS p() SELECT 2;\n", [b"CREATE PROCEDURE IF NOT EXISTS p() SELECT 2"]),
        (b"CREATE VIEW v AS SELECT 1;\nDROP VIEW v;\n", [b"CREATE VIEW v AS SELECT 1"]),
        (b"CREATE VIEW v AS SELECT 1;\nDROP VIEW v;\nCREATE VIEW v AS SELECT 2;\n", []),
        (b"CREATE TABLE v (a INT);\nDROP TABLE v;\nCREATE VIEW v AS SELECT 2;\n", []),
        (b"CREATE TABLE v (a INT);\nDROP TABLE v;\n", [b"CREATE TABLE v (a INT)"]),
        (b"CREATE TABLE v (a INT);\nDROP TABLE v;\nCREATE TABLE v (b INT);\n", [b"CREATE TABLE v (a INT)"]),
        (b"CREATE TABLE v (a INT);\nDROP TABLE v;\nCREATE TABLE v (a INT);\n", []),
        (b"CREATE TABLE v (a INT);\nCREATE TABLE IF NOT EXISTS v (b INT);\n", [b"CREATE TABLE IF NOT EXISTS v (b INT)"]),
        (b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1;\nDROP EVENT e;\n", [b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1"]),
    ],
)
def test_what_is_dropped_again_is_kept_to_be_parsed(sql, unmade):
    assert [made.text for made in plan(whole(sql)).unmade] == unmade
