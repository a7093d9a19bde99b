# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Functions in the statements of a dump: what returns a value may be called, all else is refused."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.sql_functions import asks_for_database, call_with_effects, functions_of_view
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens
from ansible_collections.apsaradb.mysql.tests.support.plans import HEAD, plan, refused, whole

NEW = Dialect(90704)


def called(sql):
    (statement,) = ClientSplitter(io.BytesIO(sql + b";"))
    return call_with_effects(tokens(sql, NEW), classify(statement, NEW).name)


@pytest.mark.parametrize(
    "sql, name",
    [
        (b"SELECT GET_LOCK('x', 0)", "GET_LOCK"),
        (b"DO SLEEP (1)", "SLEEP"),
        (b"DO `sleep`(1)", "sleep"),
        (b"INSERT INTO t (a) VALUES (1),(BENCHMARK(1, 1))", "BENCHMARK"),
        (b"INSERT t SELECT /*!50700 load_file */ ('/etc/hostname')", "load_file"),
        (b"REPLACE INTO t SET a = SOURCE_POS_WAIT('x', 1)", "SOURCE_POS_WAIT"),
        (b"UPDATE t SET a = (SELECT WAIT_FOR_EXECUTED_GTID_SET('x'))", "WAIT_FOR_EXECUTED_GTID_SET"),
        (b"DELETE FROM t WHERE asynchronous_connection_failover_reset()", "asynchronous_connection_failover_reset"),
        (b"SELECT group_replication_set_as_primary('x')", "group_replication_set_as_primary"),
        (b"SELECT sys_exec('id')", "sys_exec"),
        (b"UPDATE t SET a = f(1)", "f"),
        (b"UPDATE t SET a = shop.ABS(1)", "ABS"),
        (b"SELECT `in`(1)", "in"),
        (b"INSERT INTO f (a) VALUES (f(1))", "f"),
        (b"CREATE TABLE u (a INT, KEY k (a)) ENGINE=InnoDB AS SELECT SLEEP(1) AS a", "SLEEP"),
        (b"CREATE TABLE u SELECT f(1) AS a", "f"),
        (b"CREATE TABLE u (SELECT f(1) AS a)", "f"),
        (b"ALTER TABLE t ADD c INT DEFAULT (SLEEP(1))", "SLEEP"),
    ],
)
def test_calls_that_are_refused(sql, name):
    assert called(sql) == name


@pytest.mark.parametrize(
    "sql",
    [
        b"INSERT INTO t (a, b) VALUES (NOW(), UUID_TO_BIN(UUID())), (DATE_ADD(CURDATE(), INTERVAL (1 + 1) DAY), CONVERT(_utf8mb4'x' USING latin1))",
        b"INSERT INTO shop.t (a) VALUES (1 + 1) ON DUPLICATE KEY UPDATE a = VALUES(a)",
        b"INSERT INTO `f` (a) SELECT CAST(x AS CHAR(10)) FROM (u JOIN v USING (x)) WHERE (x IN (1, 2)) AND NOT (EXISTS (SELECT 1))",
        b"REPLACE LOW_PRIORITY f (a) VALUES (ST_GeomFromText('POINT(1 1)'))",
        b"UPDATE t USE INDEX (k) SET a = CASE WHEN (a > 1) THEN (1) ELSE (2) END, b = IF(a, REPLACE(b, 'x', 'y'), JSON_OBJECT('a', 1))",
        b"DELETE FROM t WHERE MATCH (a) AGAINST ('x')",
        b"SELECT COUNT(*), ROW_NUMBER() OVER (ORDER BY a) FROM t AS x (a)",
        b"INSERT INTO t WITH c (a) AS (SELECT 1) SELECT a FROM c",
        b"CREATE TABLE u (a VARCHAR(10), b DECIMAL(10,2) DEFAULT (f(1)), KEY sleepy (a)) SELECT ABS(1) AS a",
        b"ALTER TABLE t ADD c VARCHAR(10), ADD KEY `sleep` (a), ADD CONSTRAINT f FOREIGN KEY k (a) REFERENCES u (a)",
        b"CREATE INDEX k ON t (a)",
    ],
)
def test_calls_and_lists_that_are_accepted(sql):
    assert called(sql) is None


def test_a_dump_that_calls_such_a_function_is_refused_unless_it_is_allowed():
    dump = whole(b"CREATE TABLE t (a INT);\nINSERT INTO t SELECT SLEEP(1);\n")
    assert "calls SLEEP(), which may do more than return a value" in refused(dump)
    assert len(plan(dump, allow=("INSERT",)).steps) == 1


def test_the_name_of_the_database_is_another_one_in_a_staging_database():
    assert asks_for_database(tokens(b"UPDATE t SET a = DATABASE( )", NEW)) and asks_for_database(tokens(b"SELECT schema()", NEW))
    assert not asks_for_database(tokens(b"UPDATE t SET a = `database`, b = schema", NEW))
    assert plan(HEAD + b"UPDATE t SET a = DATABASE();\n").unstaged is not None and plan(HEAD + b"UPDATE t SET a = USER();\n").unstaged is None


@pytest.mark.parametrize(
    "query, names",
    [
        (b"SELECT `f`(a), shop.g (b), other.h(c) FROM t", {b"f": b"`f`", b"g": b"`g`"}),
        (b"SELECT CONCAT(a, CAST(b AS CHAR(3))), SLEEP(1) FROM (t JOIN u USING (a)) WHERE a IN (1) AND (b)", {b"SLEEP": b"SLEEP"}),
        (b"WITH c (a) AS (SELECT 1), d AS (SELECT f(1)) SELECT * FROM c", {b"f": b"f"}),
        (b"SELECT COUNT(*) FROM t x USE INDEX (k) GROUP BY (a)", {}),
        (b"SELECT json_duality_object( WITH (INSERT) 'id':id) FROM t", {b"json_duality_object": b"json_duality_object", b"WITH": b"WITH"}),
    ],
)
def test_functions_that_a_view_may_call(query, names):
    assert functions_of_view(tokens(b"CREATE DEFINER=`a`@`b` VIEW v (a, b) AS " + query, NEW), b"shop") == names
