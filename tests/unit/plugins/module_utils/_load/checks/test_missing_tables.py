# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables that are needed and missing, without a server. What is in the database is asked in tests/servers/test_checks_of_tables.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.missing_tables import check_other_databases, check_tables, known_tables, needs_of
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, kinds, subject

TRIGGER = b"CREATE TRIGGER g BEFORE INSERT ON %s FOR EACH ROW SET NEW.a = 1;\n"
VIEW = b"CREATE VIEW v AS SELECT a FROM %s;\n"
ROWS = b"INSERT INTO %s VALUES (1);\n"


class Database:
    """A connection to a server whose database has these tables."""

    def __init__(self, *names):
        self._names = names

    def rows(self, *_query):
        return [(name, "BASE TABLE", "InnoDB") for name in self._names]


def missing(sql, setting="0", has=(), **asked):
    wanted = subject(sql, variables={"lower_case_table_names": setting}, **dict({"on_existing": "replace"}, **asked))
    return check_tables(wanted._replace(connection=Database(*has)))


@pytest.mark.parametrize("sql, kind", [(TRIGGER, "trigger_table"), (VIEW, "view_table"), (ROWS, "rows_table")])
def test_a_table_that_is_missing_or_in_another_case(sql, kind):
    assert missing(TABLE % b"t" + sql % b"t") == []
    assert kinds(missing(TABLE % b"t" + sql % b"u")) == [kind]
    (found,) = missing(TABLE % b"t" + sql % b"T")
    assert found.kind == kind and "there is t, and lower_case_table_names is 0" in found.what
    assert missing(TABLE % b"t" + sql % b"T", "1") == [] == missing(TABLE % b"t" + sql % b"T", "2")


def test_tables_of_statements_between_rows_count():
    for made in b"CREATE TABLE u LIKE t;\n", b"CREATE TABLE u SELECT * FROM t;\n", b"ALTER TABLE w RENAME u;\n":
        assert missing(TABLE % b"t" + made + TRIGGER % b"u" + VIEW % b"u") == []


@pytest.mark.parametrize("end", [b"DROP TABLE u;\n", b"RENAME TABLE u TO w;\n", b"ALTER TABLE u RENAME w;\n"])
def test_a_table_that_a_statement_drops_or_renames_before_the_view_is_created(end):
    made = TABLE % b"t" + b"CREATE TABLE u LIKE t;\nLOCK TABLES u WRITE, t WRITE;\nINSERT INTO t SELECT a FROM u;\nUNLOCK TABLES;\n"
    assert missing(made + end) == missing(made + end + b"CREATE TABLE u LIKE t;\n" + VIEW % b"u") == []
    for has in ((), ("u",)):
        (found,) = missing(made + VIEW % b"u" + end, has=has, on_existing="merge")
        assert found.kind == "view_table" and "has after its statements: one drops or renames it" in found.what
    assert kinds(missing(made + end + TRIGGER % b"u")) == ["trigger_table"]


@pytest.mark.parametrize("sql, kind", [(TRIGGER, "trigger_table"), (VIEW, "view_table"), (ROWS, None)])
def test_a_table_that_is_dropped_with_all_that_the_database_has(sql, kind):
    assert missing(sql % b"t", has=["t"], on_existing="merge") == []
    found = missing(sql % b"t", has=["t"])
    # The rows are a finding of the check for existing objects.
    assert kinds(found) == ([kind] if kind else []) and all("once on_existing: replace has emptied it" in one.what for one in found)


@pytest.mark.parametrize("sql", [b"LOCK TABLES t WRITE, %s READ;\n", b"LOCK TABLES `%s` WRITE;\n", b"ALTER TABLE %s DISABLE KEYS;\n"])
def test_a_table_of_a_statement_that_is_left_out(sql):
    assert missing(TABLE % b"t" + TABLE % b"u" + sql % b"u") == []
    (found,) = missing(TABLE % b"t" + sql % b"u")
    assert found.kind == "statement_table" and "needs the table u" in found.what
    assert missing(TABLE % b"t" + TABLE % b"u" + sql % b"u" + b"UNLOCK TABLES;\nDROP TABLE u;\n") == []
    assert missing(TABLE % b"t" + VIEW % b"t" + sql % b"v" + b"UNLOCK TABLES;\nDROP VIEW v;\n") == []


def test_a_view_is_enough_for_a_view_only():
    assert missing(TABLE % b"t" + VIEW % b"t" + b"CREATE VIEW w AS SELECT a FROM v;\n") == []
    assert kinds(missing(TABLE % b"t" + VIEW % b"t" + TRIGGER % b"v" + ROWS % b"v")) == ["trigger_table", "rows_view"]


@pytest.mark.parametrize("sql", [b"INSERT INTO t SELECT a FROM v;\n", b"UPDATE v SET a = 2;\n", b"DELETE FROM v WHERE a = 1;\n", b"INSERT INTO v SELECT 1;\n"])
def test_statements_run_before_the_views_of_the_dump_exist(sql):
    (found,) = missing(TABLE % b"t" + VIEW % b"t" + sql)
    assert found.kind == "statement_table" and "v is a view, which the import creates after all rows" in found.what
    assert missing(TABLE % b"t" + sql, has=["v"], on_existing="merge") == []


def test_a_placeholder_needs_nothing_and_a_selection_leaves_views_out():
    assert missing(TABLE % b"t" + VIEW % b"nowhere" + b"DROP VIEW IF EXISTS v;\n" + VIEW % b"t") == []
    assert missing(TABLE % b"t" + VIEW % b"u", whole=False) == []


def test_what_allow_lets_run_may_make_tables():
    wanted = subject(TRIGGER % b"u")._replace(connection=Database())
    allowed = wanted.request._replace(choices=wanted.request.choices._replace(allow=("CALL",)))
    assert kinds(check_tables(wanted)) == ["trigger_table"] and check_tables(wanted._replace(request=allowed)) == []


def test_the_names_of_a_server_that_folds_case():
    plan = subject(TABLE % b"T" + VIEW % b"T" + TRIGGER % b"t").known.plan
    known = known_tables(plan, folds=True)
    assert known.tables == {"t"} and known.views == {"v"} and all(known.has(need) for need in needs_of(plan, b"shop", 80036))


@pytest.mark.parametrize(
    "sql, needed",
    [
        (b"DELETE FROM u WHERE a = 1;\n", ["u"]),
        (b"DELETE x FROM u x JOIN w ON w.a = x.a;\n", ["u", "w"]),
        (b"DELETE FROM x USING t x JOIN t y ON y.a = x.a;\n", []),
        (b"INSERT INTO t SELECT a FROM u;\n", ["u"]),
        (b"INSERT INTO t SELECT a FROM (SELECT 1 AS a) q;\n", []),
        (b"INSERT INTO t WITH q AS (SELECT 1 AS a) SELECT a FROM q;\n", []),
        (b"CREATE TEMPORARY TABLE q (a INT);\nINSERT INTO t SELECT a FROM q;\n", []),
        (b"UPDATE t JOIN u ON u.a = t.a SET t.a = 1;\n", ["u"]),
        (b"CREATE TABLE w AS SELECT a FROM u;\n", ["u"]),
    ],
)
def test_tables_that_statements_read(sql, needed):
    found = missing(TABLE % b"t" + sql)
    assert kinds(found) == ["statement_table"] * len(needed)
    assert [one.what.partition("needs the table ")[2].partition(",")[0] for one in found] == needed


class Other:
    """A connection to a server that has the table here of the database other."""

    @staticmethod
    def rows(_query, names):
        return [(1,)] if names == ("other", "here") else []


def test_tables_of_other_databases():
    def found(view, setting="0"):
        wanted = subject(b"CREATE VIEW v AS SELECT * FROM " + view + b";\n", variables={"lower_case_table_names": setting})
        return check_other_databases(wanted._replace(connection=Other()))

    assert found(b"other.here") == [] == found(b"shop.t JOIN information_schema.TABLES") == found(b"(SELECT other.x FROM t other) q")
    (missing,) = found(b"(`t` JOIN `other`.`Here` x ON x.a = t.a)")
    assert (missing.kind, missing.level) == (
        "view_elsewhere",
        "warning",
    ) and "the view v selects from other.Here, which the server does not have" in missing.what
    assert found(b"other.Here", "1") == []
