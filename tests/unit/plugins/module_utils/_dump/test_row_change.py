# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which statements add how many rows, and which leave all rows or all columns as they are."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.row_change import (
    ANY_ROWS,
    NO_ROWS,
    AffectedTables,
    RowChange,
    affected_tables,
    changes_keys_only,
    row_change,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import Statement
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens

DIALECT = Dialect(90704)


def read(text):
    item = classify(Statement(text, 0, len(text), 1, None), DIALECT)
    return item, tokens(text, DIALECT)


def change(text, foreign_keys=False):
    item, found = read(text)
    return row_change(item, found, DIALECT, foreign_keys=foreign_keys)


@pytest.mark.parametrize(
    "text, rows",
    [
        (b"INSERT INTO t SET a = 1, b = (SELECT 2)", 1),
        (b"INSERT t VALUES (1),(2)", 2),
        (b"INSERT INTO t VALUE (1), (NOW(), (2)) , ()", 3),
        (b"INSERT LOW_PRIORITY INTO s.t (a, b) VALUES (1,'),(\\'),('),(2,\"),(\")", 2),
        (b"INSERT HIGH_PRIORITY t PARTITION (p0, p1) (a) VALUES ('a'),\n(_utf8'b'), (x'41')", 3),
        (b"INSERT /*!50000 INTO t VALUES */ (1),(2) /* ,(3) */", 2),
        (b"INSERT INTO t () VALUES ()", 1),
        (b"INSERT INTO t VALUES " + b",".join([b"('a',_utf8mb4'b')"] * 1000), 1000),
        (b"INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1", None),
        (b"INSERT INTO t VALUES (1) AS new (b)", None),
        (b"INSERT INTO t VALUES ROW(1), ROW(2)", None),
        (b"INSERT INTO t SET a = 1 ON DUPLICATE KEY UPDATE a = 1", None),
        (b"INSERT INTO t VALUES (1)(2)", None),
        (b"INSERT INTO t VALUES (1),", None),
        (b"INSERT INTO t VALUES", None),
        (b"INSERT INTO t SELECT 1", None),
        (b"INSERT INTO t (SELECT 1)", None),
        (b"INSERT INTO t TABLE u", None),
        (b"INSERT INTO t", None),
        (b"INSERT IGNORE INTO t VALUES (1)", None),
        (b"INSERT IGNORE t SET a = 1", None),
        (b"INSERT DELAYED INTO t SET a = 1", None),
        (b"DELETE FROM s.t WHERE a = 1", None),
        (b"REPLACE INTO t SET a = 1", None),
    ],
)
def test_a_statement_changes_the_rows_of_its_table(text, rows):
    assert change(text) == RowChange(b"t", rows)


@pytest.mark.parametrize("text", [b"TRUNCATE TABLE t", b"TRUNCATE s.t", b"DELETE FROM `t`"])
def test_these_empty_a_table(text):
    assert change(text) == RowChange(b"t", 0, True)


@pytest.mark.parametrize("text", [b"TRUNCATE TABLE t", b"DELETE FROM t", b"REPLACE INTO t SET a = 1"])
def test_rows_that_are_deleted_may_delete_others_through_foreign_keys(text):
    assert change(text, foreign_keys=True) == ANY_ROWS


@pytest.mark.parametrize(
    "text",
    [
        b"UPDATE t SET a = 1",
        b"ANALYZE TABLE t",
        b"CREATE UNIQUE INDEX i ON t (a)",
        b"DROP INDEX i ON t",
        b"ALTER TABLE s.t ADD KEY (a), ADD UNIQUE KEY `engine` (`b`(3)), ALGORITHM=INPLACE, LOCK=NONE",
        b"ALTER TABLE t ADD PRIMARY KEY (`id`), ADD CONSTRAINT FOREIGN KEY (a) REFERENCES u (a)",
        b"ALTER TABLE t MODIFY `id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=4",
        b"ALTER TABLE t COMMENT 'PARTITION BY ENGINE, RENAME'",
    ],
)
def test_these_keep_all_rows(text):
    assert change(text, foreign_keys=True) == NO_ROWS


@pytest.mark.parametrize(
    "text",
    [
        b"ALTER TABLE t ENGINE=BLACKHOLE",
        b"ALTER TABLE t ADD KEY (a), ENGINE=BLACKHOLE",
        b"ALTER TABLE t ADD KEY (a) UNION=(u)",
        b"ALTER TABLE t DROP PARTITION p0",
        b"ALTER TABLE t TRUNCATE PARTITION p0",
        b"ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE u",
        b"ALTER TABLE t DISCARD TABLESPACE",
        b"ALTER TABLE t RENAME u",
        b"ALTER TABLE t",
        b"DELETE FROM t LIMIT 1",
        b"DELETE QUICK FROM t",
        b"DELETE t, u FROM t JOIN u",
        b"DELETE FROM t USING t JOIN u",
        b"DELETE FROM t, u USING t JOIN u",
        b"CREATE TABLE u AS SELECT 1",
        b"RENAME TABLE t TO u",
        b"LOAD DATA INFILE 'x' INTO TABLE t",
    ],
)
def test_these_may_change_the_rows_of_any_table(text):
    assert change(text) == ANY_ROWS


@pytest.mark.parametrize(
    "text, only",
    [
        (b"ALTER TABLE t ADD KEY (a), ADD FULLTEXT INDEX f (b), DROP KEY c", True),
        (
            b"ALTER TABLE t ADD CONSTRAINT `c` FOREIGN KEY (a) REFERENCES u (a), ADD CONSTRAINT UNIQUE (b), ADD CONSTRAINT FOREIGN KEY (c) REFERENCES u (c)",
            True,
        ),
        (b"CREATE INDEX i ON t (a)", True),
        (b"DROP INDEX i ON t", True),
        (b"ALTER TABLE t ADD PRIMARY KEY (a)", False),
        (b"ALTER TABLE t ADD KEY (a), DROP PRIMARY KEY", False),
        (b"ALTER TABLE t ADD CONSTRAINT p PRIMARY KEY (a)", False),
        (b"ALTER TABLE t ADD `key` INT", False),
        (b"ALTER TABLE t ADD KEY (a), MODIFY b INT", False),
        (b"ALTER TABLE t ADD CHECK (a > 0)", False),
        (b"ALTER TABLE t ADD", False),
        (b"UPDATE t SET a = 1", False),
    ],
)
def test_keys_leave_the_columns_as_they_are(text, only):
    assert changes_keys_only(*read(text)) is only


ANY = AffectedTables(None, redefines=True, renumbers=True)


@pytest.mark.parametrize(
    "text, tables, redefines, renumbers",
    [
        (b"UPDATE t SET id = 9", (b"t",), False, True),
        (b"UPDATE t, shop.`u` SET t.a = u.a", (b"t", b"u"), False, True),
        (b"DELETE t FROM t JOIN u USING (x)", (b"t", b"u"), False, True),
        (b"INSERT INTO t (u) SELECT a FROM u", (b"t",), False, True),
        (b"REPLACE INTO shop.t SELECT a FROM u", (b"t",), False, True),
        (b"TRUNCATE TABLE t", (b"t",), True, True),
        (b"ALTER TABLE t AUTO_INCREMENT = 9", (b"t",), True, True),
        (b"/*!50100 ALTER TABLE t ENGINE=InnoDB */", (b"t",), True, True),
        (b"ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", (b"t", b"u"), True, True),
        (b"ALTER TABLE t ADD KEY (a)", (b"t",), True, False),
        (b"CREATE INDEX i ON t (a)", (b"t",), True, False),
        (b"OPTIMIZE TABLE t, u", (b"t", b"u"), True, False),
        (b"CREATE TABLE u LIKE t", (b"u",), True, True),
        (b"CREATE TABLE u (a INT) ENGINE=MyISAM AS SELECT a FROM t", (b"u",), True, True),
        (b"CREATE TABLE IF NOT EXISTS U (LIKE t)", (b"u",), True, True),
        (b"RENAME TABLE t TO u", (b"t", b"u"), True, True),
        (b"ANALYZE TABLE t", (b"t",), False, False),
        (b"SELECT 1", (), False, False),
    ],
)
def test_the_tables_that_a_statement_may_change(text, tables, redefines, renumbers):
    item, found = read(text)
    assert affected_tables(item, found, bytes.lower).among((b"t", b"u")) == AffectedTables(tables, redefines, renumbers)


def test_a_statement_that_is_not_understood_or_names_many_tables_may_change_any():
    assert affected_tables(*read(b"CALL p(t)"), bytes) == affected_tables(*read(b"CALL p(t)"), bytes).among(()) == ANY
    names = [b"t%d" % number for number in range(30)]
    many = affected_tables(*read(b"RENAME TABLE " + b", ".join(name + b" TO x" for name in names)), bytes)
    assert many.among(names) == ANY and many.among(names[:3]).tables == tuple(names[:3])
