# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Barrier
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, refused, whole

TABLE = b"CREATE TABLE t (a INT);\n"


@pytest.mark.parametrize(
    "sql, staged",
    [
        (b"UPDATE t SET a = 1", True),
        (b"ALTER TABLE t ADD KEY (a)", True),
        (b"CREATE TABLE u LIKE t", False),
        (b"INSERT INTO t SELECT LENGTH(DATABASE())", False),
    ],
)
def test_which_statements_run_in_a_staging_database(sql, staged):
    """Those that change only rows or keys, and do not ask for the name of the database."""
    made = plan(whole(TABLE + sql + b";\n"))
    assert [type(step) for step in made.steps] == [Barrier] and (made.unstaged is None) == staged
    if not staged:
        assert "line 9" in made.unstaged


@pytest.mark.parametrize(
    "view, change, warned",
    [
        (b"SELECT * FROM t", b"ALTER TABLE t ADD b INT", 1),
        (b"SELECT 1 AS x, t.* FROM t", b"ALTER TABLE t DROP b", 1),
        (b"SELECT SQL_NO_CACHE * FROM t", b"ALTER TABLE t ADD b INT", 1),
        (b"TABLE t", b"ALTER TABLE t ADD b INT", 1),
        (b"TABLE w", b"CREATE OR REPLACE VIEW w AS SELECT 1 AS a, 2 AS b", 1),
        (b"WITH c AS (SELECT * FROM w) SELECT * FROM c", b"CREATE OR REPLACE VIEW w AS SELECT 1 AS a, 2 AS b", 1),
        (b"SELECT COUNT(*) AS c, a * 2 AS d FROM t", b"ALTER TABLE t ADD b INT", 0),
        (b"SELECT * FROM t", b"UPDATE t SET a = 1", 0),
        (b"SELECT * FROM t", b"ALTER TABLE t ADD KEY (a)", 0),
        (b"SELECT a FROM t NATURAL JOIN t AS u", b"ALTER TABLE t ADD b INT", 1),
        (b"SELECT * FROM t", b"DROP TABLE t;\nCREATE TABLE t (a INT, b INT)", 1),
        (b"SELECT * FROM t", b"DROP TABLE t;\nCREATE TABLE t (a INT)", 0),
        (b"SELECT a FROM t", b"DROP TABLE t;\nCREATE TABLE t (a INT, b INT)", 0),
        (b"SELECT * FROM w", b"CREATE OR REPLACE VIEW w AS SELECT 1 AS a, 2 AS b", 1),
        (b"SELECT * FROM w", b"DROP VIEW w;\nCREATE VIEW w AS SELECT 1 AS a, 2 AS b", 1),
        (b"SELECT * FROM t", b"DROP VIEW w;\nCREATE VIEW w AS SELECT 1 AS a, 2 AS b", 0),
        (b"SELECT * FROM w", b"DROP VIEW v;\nCREATE OR REPLACE VIEW w AS SELECT 1 AS a, 2 AS b", 0),
    ],
)
def test_a_view_of_all_columns_before_a_change_of_its_tables(view, change, warned):
    """The client creates it with the columns of that time, the import creates it last."""
    before = TABLE + b"CREATE VIEW w AS SELECT 1 AS a;\n"
    warnings = plan(whole(before + b"CREATE VIEW v AS " + view + b";\n" + change + b";\n")).warnings
    assert sum("would keep the earlier columns" in text for text in warnings) == warned


def test_a_barrier_that_names_a_table_of_the_loader_is_refused():
    assert "reserved for the ledger" in refused(whole(TABLE + b"INSERT INTO t SELECT 1 FROM __apsaradb_chunk;\n"))
    assert "not the name of a table but of its file" in refused(whole(TABLE + b"INSERT INTO t SELECT 1 FROM `#mysql50#__apsaradb_chunk`;\n"))


def test_the_texts_of_barriers_are_kept_with_what_is_known_of_their_tables():
    made = plan(whole(TABLE + b"UPDATE t SET a = 1;\nALTER TABLE t ADD b INT;\nUPDATE t SET b = 1;\n"))
    assert [(barrier.definition.what, barrier.tables_known) for barrier in made.barriers] == [("UPDATE T", True), ("ALTER TABLE", False), ("UPDATE T", False)]


def test_the_tables_of_the_dump_that_a_statement_may_change():
    """Also one that it makes, and that the dump fills later; not one that it only reads, nor those of the user, which have no rows in the dump."""
    made = plan(whole(TABLE + b"CREATE TABLE u LIKE t;\nINSERT INTO u VALUES (1);\nINSERT INTO mine SELECT a FROM T;\nALTER TABLE `u` ADD c INT;\n"))
    affected = [(step.affected.tables, step.affected.redefines) for step in made.steps if isinstance(step, Barrier)]
    assert affected == [((b"u",), True), ((), False), ((b"u",), True)]
    later = plan(
        whole(TABLE + b"ALTER TABLE mine ENGINE=MyISAM;\nUPDATE other.mine JOIN t USING (a) SET b = 1;\nINSERT INTO mine VALUES (1);\n"), allow=("UPDATE",)
    )
    assert [step.affected.tables for step in later.steps if isinstance(step, Barrier)] == [(b"mine",), (b"mine", b"t")]
    folded = plan(whole(TABLE + b"UPDATE T SET a = 1;\n"), lower_case=True)
    assert [step.affected.tables for step in folded.steps] == [(b"t",)]
    allowed = plan(whole(TABLE + b"CALL p();\n"), allow=("CALL",))
    assert [step.affected.tables for step in allowed.steps] == [None]
