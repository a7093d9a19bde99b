# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.client_stops import (
    EarlyUses,
    error_of_create,
    error_of_drop,
    parents_used,
    says_if_exists,
    says_if_not_exists,
    says_or_replace,
    tables_used,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import Statement
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, refused

DIALECT = Dialect(80036)


def item_of(sql):
    return classify(Statement(sql, 0, len(sql), 1, None), DIALECT)


@pytest.mark.parametrize(
    "sql, names",
    [
        (b"UPDATE a SET b = 1", [b"a"]),
        (b"UPDATE LOW_PRIORITY a AS x, shop.c y, other.d SET x.b = y.b, f = (SELECT 1, 2 FROM g)", [b"a", b"c", b"g"]),
        (b"UPDATE (a, b) SET a.b = 1", []),
        (b"UPDATE a JOIN c USING (b) SET b = 1", [b"a", b"c"]),
        (b"INSERT INTO shop.a SELECT b FROM c JOIN shop.d", [b"a", b"c", b"d"]),
        (b"INSERT INTO other.a SELECT b FROM other.c", []),
        # The name behind DELETE may be an alias.
        (b"DELETE x FROM a AS x JOIN c", [b"a", b"c"]),
        (b"DELETE x FROM a AS x, c", [b"a", b"c"]),
        # The name behind FROM may be one, too.
        (b"DELETE FROM x USING a AS x", []),
        (b"INSERT INTO a WITH n AS (SELECT 1) SELECT * FROM n", [b"a"]),
        (b"INSERT INTO a WITH n AS (SELECT 1 FROM c) SELECT * FROM n", [b"a", b"c"]),
        (b"REPLACE INTO a (b) TABLE c", [b"a", b"c"]),
        (b"CREATE TABLE x LIKE a", [b"a"]),
        (b"CREATE TABLE IF NOT EXISTS shop.x (LIKE shop.a)", [b"a"]),
        (b"CREATE TEMPORARY TABLE x LIKE other.a", []),
        (b"CREATE TABLE x SELECT 1 FROM a WHERE b LIKE c", [b"a"]),
        (b"ALTER TABLE a ADD b INT", [b"a"]),
        (b"ANALYZE TABLE a", []),
    ],
)
def test_which_tables_a_statement_certainly_uses(sql, names):
    assert sorted(tables_used(item_of(sql), tokens(sql, DIALECT), b"shop")) == names


@pytest.mark.parametrize(
    "sql, version, names",
    [
        (b"ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES c (d), ADD FOREIGN KEY (e) REFERENCES shop.f (g)", 50744, [b"c", b"f"]),
        (b"ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES a (d), ADD FOREIGN KEY (b) REFERENCES other.c (d)", 90704, []),
        (b"ALTER TABLE a ADD b INT REFERENCES c (d)", 90704, [b"c"]),
        (b"ALTER TABLE a ADD b INT REFERENCES c (d)", 80036, []),
        (b"GRANT REFERENCES ON c TO d", 90704, []),
    ],
)
def test_the_parents_of_foreign_keys_that_a_statement_adds(sql, version, names):
    assert list(parents_used(item_of(sql), tokens(sql, DIALECT), b"shop", version)) == names


def test_a_foreign_key_that_is_added_before_its_parent_is_created():
    child, add = b"CREATE TABLE c (a INT);\n", b"ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a);\n"
    table, end = b"CREATE TABLE t (a INT PRIMARY KEY);\n", b"-- Dump completed\n"
    for version, error in ((50740, 1215), (80036, 1824)):
        said = "uses the table t, which this file creates only at line 3: the mysql client would stop here with error {0}".format(error)
        assert said in refused(child + add + table + end, server_version=version)
    assert plan(b"SET foreign_key_checks = 0;\n" + child + add + table + end)
    assert plan(child + table + add + end) and plan(child + add + end, table + end)
    # Other engines forget foreign keys.
    assert plan(child.replace(b";", b" ENGINE=MyISAM;") + add + table + end)


def test_only_the_first_use_in_the_same_file_counts():
    uses = EarlyUses()
    for value in (b"1", b"2"):
        uses.note(b"a", item_of(b"UPDATE a SET b = " + value), "one.sql")
        uses.note(b"a", item_of(b"CREATE VIEW v AS SELECT " + value + b" FROM a"), "one.sql")
    assert uses.created(b"b", "one.sql") == []
    assert [use.item.statement.text for use in uses.created(b"a", "one.sql")] == [b"UPDATE a SET b = 1", b"CREATE VIEW v AS SELECT 1 FROM a"]
    # The table exists now.
    assert uses.created(b"a", "one.sql") == []
    uses.note(b"a", item_of(b"UPDATE a SET b = 3"), "one.sql")
    uses.note(b"a", item_of(b"UPDATE a SET b = 4"), "two.sql")
    assert uses.created(b"a", "one.sql") == []


OBJECTS = (b"CREATE VIEW v AS SELECT a FROM t;\n", b"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1;\n")


@pytest.mark.parametrize("sql", OBJECTS)
def test_a_view_or_trigger_before_its_table_is_created_behind_it_with_a_warning(sql):
    table, end = b"CREATE TABLE t (a INT);\n", b"-- Dump completed\n"
    (warning,) = plan(sql + table + end).warnings
    assert "uses the table t, which this file creates only at line 2: the mysql client would stop here with error 1146 (file0.sql, line 1" in warning
    assert plan(table + sql + end).warnings == plan(sql + end, table + end).warnings == ()


@pytest.mark.parametrize("version, error", [(50740, 1215), (80036, 1824)])
def test_a_foreign_key_before_its_parent_is_created_behind_it_with_a_warning(version, error):
    child = b"CREATE TABLE c (a INT, s INT, FOREIGN KEY (a) REFERENCES t (a), FOREIGN KEY (s) REFERENCES c (a));\n"
    table, end = b"CREATE TABLE t (a INT PRIMARY KEY);\n", b"-- Dump completed\n"
    (warning,) = plan(child + table + end, server_version=version).warnings
    assert "CREATE TABLE uses the table t, which this file creates only at line 2: the mysql client would stop here with error {0} ".format(error) in warning
    assert plan(b"SET foreign_key_checks = 0;\n" + child + table + end).warnings == plan(table + child + end).warnings == ()
    assert plan(child.replace(b"));", b")) ENGINE=MyISAM;") + table + end, server_version=version).warnings == ()


def test_a_view_before_the_view_it_reads():
    one, two, end = b"CREATE VIEW v AS SELECT 1 AS a;\n", b"CREATE VIEW w AS SELECT a FROM v;\n", b"-- Dump completed\n"
    assert len(plan(two + one + end).warnings) == 1
    placeholder = b"CREATE TABLE v (a INT);\n", b"DROP TABLE IF EXISTS v;\n"
    assert plan(one + two + end).warnings == plan(placeholder[0] + two + placeholder[1] + one + end).warnings == ()


@pytest.mark.parametrize("sql, said", [(b"DROP TABLE IF EXISTS a", True), (b"DROP TEMPORARY TABLE IF EXISTS a", True), (b"DROP VIEW a, `IF`, `EXISTS`", False)])
def test_if_exists(sql, said):
    assert says_if_exists(tokens(sql, DIALECT)) == said


def test_what_a_create_says():
    assert says_if_not_exists(tokens(b"CREATE TABLE IF NOT EXISTS t (a INT)", DIALECT), "TABLE")
    assert not says_if_not_exists(tokens(b"CREATE TABLE t (`IF` INT)", DIALECT), "TABLE")
    assert [says_or_replace(tokens(sql, DIALECT)) for sql in (b"CREATE OR REPLACE VIEW v AS SELECT 1", b"CREATE VIEW v AS SELECT 1")] == [True, False]


def test_errors_of_the_server():
    assert [error_of_drop(what) for what in ("TABLE", "TRIGGER", "FUNCTION")] == [1051, 1360, 1305]
    assert [error_of_create(what) for what in ("TABLE", "EVENT", "PROCEDURE")] == [1050, 1537, 1304]


@pytest.mark.parametrize("name", [b"mysql", b"sys", b"information_schema", b"performance_schema"])
def test_a_dump_of_the_servers_own_databases_is_refused(name):
    """The client would write into it; taken for the name of the dump's database, its tables would go to the target."""
    for sql in (b"USE %s;\n", b"CREATE DATABASE IF NOT EXISTS %s;\nUSE %s;\n".replace(b"%s", name)):
        assert "a database of the server itself" in refused(sql.replace(b"%s", name) + b"CREATE TABLE t (a INT);\n-- Dump completed\n")


def test_a_table_and_a_view_of_one_name():
    """Both fail in the client, whichever comes first, unless the first is dropped, as the placeholders of mysqldump are."""
    table, view, end = b"CREATE TABLE v (a INT);\n", b"CREATE VIEW v AS SELECT 1 AS a;\n", b"-- Dump completed\n"
    for sql, what in ((table + view, "view"), (view + table, "table")):
        said = "creates the {0} v, which the statement at line 1 has created: the mysql client would stop here with error 1050".format(what)
        assert said in refused(sql + end)
    for sql in (table + b"DROP TABLE v;\n" + view, view + table.replace(b"TABLE", b"TABLE IF NOT EXISTS")):
        assert [made.name for made in plan(sql + end).objects][-1] == b"v"
    assert [made.name for made in plan(table + end, view + end).objects][-1] == b"v"
