# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows against the columns of their tables, without a server."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.row_values import check_rows
from ansible_collections.apsaradb.mysql.tests.support.subjects import kinds, subject

TABLE = b"CREATE TABLE t (a INT, j JSON);\n"


def test_the_finding_names_table_and_place():
    (found,) = check_rows(subject(TABLE + b"INSERT INTO t VALUES (1,'{}');\nINSERT INTO t VALUES (1);\n"))
    assert "table t have 1 value(s) for 2 column(s) (error 1136)" in found.what and "a.sql, line 7" in found.where


def test_rows_in_several_sessions():
    rows = b"INSERT INTO t VALUES (1,'{}');\n"
    assert kinds(check_rows(subject(TABLE + rows + b"SET NAMES binary;\n" + rows))) == ["rows_json"]
    assert check_rows(subject(TABLE + rows + b"SET character_set_client = binary;\n" + rows)) == []
    assert kinds(check_rows(subject(TABLE + b"SET collation_connection = 'binary';\n" + rows))) == ["rows_json"]


def test_nothing_is_known_behind_a_statement_that_may_change_columns():
    assert check_rows(subject(TABLE + b"ALTER TABLE t ADD c INT;\nINSERT INTO t VALUES (1,NULL,3);\n")) == []
    assert kinds(check_rows(subject(TABLE + b"INSERT INTO t VALUES (1,NULL,3);\nALTER TABLE t ADD c INT;\n"))) == ["rows"]


def test_tables_of_other_statements_are_not_known():
    assert check_rows(subject(b"INSERT INTO t VALUES (1);\n", on_existing="replace")) == [] == check_rows(subject(whole=False))
    assert check_rows(subject(TABLE + b"DROP TABLE t;\nCREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\n")) == []
