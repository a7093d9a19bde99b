# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows that are expected of each table, and the query for rows without a parent."""

import io
import re

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import VerifyLevel
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows import count
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.count import _orphan_query, planned_tables, rows_expected, uncounted, verify_tables
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.worker_threads import RowsLoaded
from ansible_collections.apsaradb.mysql.tests.support.subjects import request


def plan_of(sql, **choices):
    planner = Planner(Choices(target=b"copy", **choices))
    planner.read(DumpSource("data.sql", io.BytesIO(sql + b"-- Dump completed on 2026-01-01\n")))
    return planner.plan()


TABLE = b"CREATE TABLE t (a INT PRIMARY KEY);\n"


@pytest.mark.parametrize(
    "sql, expected",
    [
        (TABLE, [0]),
        (TABLE + b"INSERT INTO t VALUES (1),(2);\nINSERT INTO t VALUES (3);\n", [3]),
        (TABLE + b"INSERT IGNORE INTO t VALUES (1);\n", [None]),
        (TABLE + b"INSERT INTO t VALUES (1);\nREPLACE INTO t VALUES (1);\n", [None]),
        (TABLE + b"INSERT INTO t VALUES (1);\nDELETE FROM t;\n", [None]),
        (b"SET foreign_key_checks = 0;\n" + TABLE + b"REPLACE INTO t VALUES (1);\nDELETE FROM t;\nINSERT INTO t VALUES (2);\n", [1]),
        (b"SET foreign_key_checks = 0;\nCREATE TABLE t (a INT) ENGINE=BLACKHOLE;\nTRUNCATE t;\n", [None]),
        (TABLE + b"INSERT INTO t VALUES (1);\nUPDATE t SET a = 2;\nINSERT INTO t SET a = 3;\n", [2]),
        (b"USE lib;\n" + TABLE + b"INSERT INTO lib.t VALUES (1),(2);\nALTER TABLE lib.t ADD KEY (a);\nINSERT INTO copy.t (a) VALUES (1+2);\n", [3]),
        (TABLE + b"INSERT INTO u VALUES (NOW());\n", [0]),
        (TABLE + b"CREATE TABLE u (a INT);\nINSERT t VALUES (1);\nINSERT INTO u SELECT * FROM t;\n", [1, None]),
        (TABLE + b"INSERT INTO t VALUES (1);\nALTER TABLE t ENGINE=MyISAM;\n", [None]),
        (TABLE + b"CREATE TABLE u (a INT);\nINSERT INTO u VALUES (1);\nREPLACE INTO t VALUES (1);\n", [None, 1]),
        (b"CREATE TABLE t (a INT) ENGINE=BLACKHOLE;\nINSERT INTO t VALUES (1);\n", [None]),
    ],
)
def test_rows_are_expected_where_the_dump_determines_them(sql, expected):
    assert rows_expected(plan_of(sql)).numbers == expected


def test_the_rows_of_a_table_that_the_dump_does_not_create_are_unknown():
    """It has rows of the user as well, or was emptied with the user's consent; a later verification compares what the import has counted."""
    merged = b"INSERT INTO mine VALUES (1),(2);\nTRUNCATE yours;\nINSERT INTO yours VALUES (1);\nREPLACE INTO ours VALUES (1);\n"
    plan = plan_of(b"SET foreign_key_checks = 0;\n" + TABLE + b"INSERT INTO t VALUES (1);\n" + merged)
    assert dict(zip([planned.name for planned in plan.tables], rows_expected(plan).numbers)) == {b"t": 1, b"mine": None, b"yours": None, b"ours": None}
    assert uncounted(plan) == []


def test_a_replace_that_cascades_makes_every_number_unknown():
    child = b"CREATE TABLE c (a INT PRIMARY KEY, FOREIGN KEY (a) REFERENCES t (a) ON DELETE CASCADE);\nINSERT INTO c VALUES (1);\n"
    assert rows_expected(plan_of(b"SET foreign_key_checks = 0;\n" + TABLE + child + b"REPLACE INTO t VALUES (1);\n")).numbers == [None, 1]
    assert rows_expected(plan_of(TABLE + child + b"REPLACE INTO t VALUES (1);\n")).numbers == [None, None]


def test_names_that_differ_in_case_only_are_one_table_where_the_server_stores_them_so():
    for sql in b"INSERT INTO T SET a = 1;\n", b"INSERT INTO T VALUES (1);\n":
        assert rows_expected(plan_of(TABLE + sql, lower_case=True)).numbers == [1]
        assert rows_expected(plan_of(TABLE + sql)).numbers[0] == 0


@pytest.mark.parametrize(
    "sql, warnings",
    [
        (TABLE + b"INSERT INTO t VALUES (1);\nINSERT INTO t SET a = 2;\n", []),
        (TABLE + b"\nINSERT IGNORE INTO t VALUES (1);\nREPLACE INTO t VALUES (1);\n", ["t line 3"]),
        (TABLE + b"CREATE TABLE u (a INT);\nINSERT INTO u SELECT 1;\nINSERT IGNORE INTO t VALUES (1);\n", ["t line 4", "u line 3"]),
        (TABLE + b"REPLACE INTO t VALUES (1);\nDELETE FROM t;\n", ["any table line 3"]),
    ],
)
def test_what_keeps_a_table_from_being_compared_is_reported(sql, warnings):
    found = [re.sub(".* rows in (.*) is not compared .*, (line [0-9]+) .*", r"\1 \2", text) for text in uncounted(plan_of(sql))]
    assert found == warnings


def test_check_mode_reports_planned_tables():
    (table,) = planned_tables(plan_of(TABLE + b"INSERT INTO t VALUES (1);\n"))
    assert (table.name, table.rows, table.rows_expected, table.engine) == ("t", None, 1, "InnoDB")


def test_without_verification_the_numbers_of_the_dump_are_known_to_a_later_one():
    """A table that existed before may hold more rows than the dump, and IGNORE leaves the number to the server."""
    found = []
    for sql in b"INSERT INTO t VALUES (1),(2);\nINSERT INTO old VALUES (1);\n", b"INSERT IGNORE INTO t VALUES (1);\n":
        found += verify_tables(request(verify=VerifyLevel.NONE), plan_of(TABLE + sql), "shop", {}, RowsLoaded({}, (), 0, 0.0), 1, {})
    assert [(table.name, table.rows, table.rows_expected) for table in found] == [("t", None, 2), ("old", None, None), ("t", None, None)]


def test_a_row_is_an_orphan_if_no_column_is_null_and_no_parent_matches():
    query = _orphan_query("db", "c`", [("a", "db2", "p", "x"), ("b", "db2", "p", "y")])
    assert query == (
        b"SELECT COUNT(*) FROM `db`.`c``` c LEFT JOIN `db2`.`p` p ON p.`x` = c.`a` AND p.`y` = c.`b`"
        b" WHERE c.`a` IS NOT NULL AND c.`b` IS NOT NULL AND p.`x` IS NULL"
    )


def test_the_cure_of_lost_rows_works_for_an_unfinished_import(monkeypatch):
    """on_existing: replace does not start over an unfinished import of the same files; a table that is gone is loaded again, also in a staging database."""

    class Server:
        """One row in each table, for any connection."""

        def rows(self, query, _values):
            return [(number, 1) for number in re.findall(rb"SELECT ([0-9]+), COUNT", query)]

        def close(self):
            pass

    monkeypatch.setattr(count, "connect", lambda _login: Server())
    plan = plan_of(TABLE + b"INSERT INTO t VALUES (1),(2);\nCREATE TABLE u (a INT);\nINSERT INTO u VALUES (1);\n")
    wrong = r"differ from the dump: t has 1 row\(s\), the dump has 2 .database staging"
    with pytest.raises(Failure, match=wrong + ".*nothing else writes to the database, drop these tables, then run the task again") as caught:
        verify_tables(request(), plan, "staging", {}, RowsLoaded({}, (), 0, 0.0), 1, {})
    assert "replace" not in str(caught.value)
