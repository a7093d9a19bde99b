# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which INSERTs are committed together, and which of them LOAD DATA carries."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Chunk, Numbers
from ansible_collections.apsaradb.mysql.tests.support.plans import TABLE, TRIGGER, plan, whole


def test_chunks_are_a_function_of_the_file_and_the_batch():
    rows = b"".join(b"INSERT INTO `t` VALUES (%d,'x');\n" % number for number in range(100))
    made = plan(whole(TABLE + rows), batch_bytes=200)
    again = plan(whole(TABLE + rows), batch_bytes=200)
    assert made.steps == again.steps and len(made.steps) > 10
    assert sum(step.rows for step in made.steps) == 100 and all(step.end - step.offset <= 200 for step in made.steps)
    assert len(plan(whole(TABLE + rows)).steps) == 1


@pytest.mark.parametrize(
    "between",
    [
        b"DROP TABLE `left_out`;",
        b"USE `shop`;",
        b"COMMIT;",
        b"LOCK TABLES `t` WRITE;",
        b"/*!40000 ALTER TABLE `t` DISABLE KEYS */;",
        b"SET NAMES utf8mb4;",
        b"SET sql_log_bin = 0;",
        b"SET @@GLOBAL.GTID_PURGED = 'x:1';",
        b"PREPARE s FROM 'SET rocksdb_bulk_load = 1';",
        b"/*!99990 SHUTDOWN */;",
        b"INSERT INTO `left_out` VALUES (1);",
        b"UPDATE `left_out` SET a = 1;",
        TRIGGER,
        b"CREATE VIEW v AS SELECT 1;",
        b"CREATE TABLE `left_out` (a int);",
    ],
    ids=lambda sql: sql.decode()[:40],
)
def test_any_statement_between_two_inserts_ends_a_chunk(between):
    """All bytes of a chunk are sent, also those of a statement that is left out."""
    dump = whole(TABLE + b"INSERT INTO `t` VALUES (1,'x');\n" + between + b"\nINSERT INTO `t` VALUES (2,'y');\n")
    steps = plan(dump, exclude_tables=("left_out",)).steps
    assert [dump[step.offset : step.end] for step in steps] == [b"INSERT INTO `t` VALUES (1,'x');", b"INSERT INTO `t` VALUES (2,'y');"]


def test_lines_that_end_with_a_carriage_return_join_a_chunk():
    rows = b"INSERT INTO t VALUES (1,'x');\nINSERT INTO t VALUES (2,'y');\n"
    dump = whole(TABLE + b"DELIMITER ;\n" + rows).replace(b"\n", b"\r\n")
    (chunk,) = [step for step in plan(dump).steps if isinstance(step, Chunk)]
    assert (chunk.statements, chunk.rows) == (2, 2) and dump[chunk.offset : chunk.end] == rows.rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r"


def test_a_change_of_the_delimiter_ends_a_chunk():
    """The loader cuts a chunk at semicolons."""
    insert = b"INSERT INTO `t` VALUES (1,'x')"
    dump = whole(TABLE + insert + b";\n" + insert + b";\nDELIMITER $\n" + insert + b"$\n" + insert + b"$\nDELIMITER ;\n" + insert + b";\n" + insert + b";\n")
    assert [step.statements for step in plan(dump).steps] == [2, 1, 1, 2]


def test_comments_between_inserts_do_not_split_a_chunk():
    dump = whole(TABLE + b"INSERT INTO `t` VALUES (1,'x');\n-- ; \n/* ; */ # '\nINSERT INTO `t` VALUES (2,'y');\n")
    assert [step.statements for step in plan(dump).steps] == [2]


@pytest.mark.parametrize(
    "rows, exact, separator, statements",
    [
        (b"INSERT IGNORE INTO `t` VALUES (1,'x');\n", False, b"", 1),
        (b"REPLACE INTO `t` VALUES (1,'x');\n", False, b"", 1),
        (b"INSERT INTO `t` (`a`, `b`) VALUES (1,'x');\n", True, b"),(", 1),
        (b"INSERT INTO `t` (`b`, `a`) VALUES ('x',1);\nINSERT INTO `t` (`b`, `a`) VALUES ('x',2);\n", True, b"),(", 2),
        (b"set autocommit=0;\nINSERT INTO `t` VALUES (1,'x');\nINSERT INTO `t` VALUES (2,'x');\ncommit;\n", True, b"),(", 2),
        (b"INSERT INTO `t` VALUES (0x31,'x');\n", True, b"", 1),
        (b"INSERT INTO `t` VALUES (1,_binary 'x');\n", True, b"", 1),
        (b"INSERT INTO `t` VALUES (1,2);\n", True, b"", 1),
        (b"INSERT INTO `t` VALUES (1,'x',3);\n", True, b"", 1),
        (b"INSERT INTO `t` (`nope`) VALUES (1);\n", True, b"", 1),
        (b"INSERT INTO `t` VALUES\n(1,'x'),\n(2,'y');\n", True, b"),\n(", 1),
        (b"INSERT INTO `u` VALUES (1,'x');\n", True, b"", 1),
    ],
)
def test_which_rows_load_data_carries(rows, exact, separator, statements):
    made = plan(whole(TABLE + rows))
    (chunk,) = made.steps
    assert isinstance(chunk, Chunk) and (chunk.exact, chunk.separator, chunk.statements) == (exact, separator, statements)


def test_chunks_of_different_columns_are_not_joined():
    """LOAD DATA takes one column list for a chunk."""
    made = plan(whole(TABLE + b"INSERT INTO `t` (`a`, `b`) VALUES (1,'2');\nINSERT INTO `t` (`b`, `a`) VALUES ('3',4);\n"))
    assert len(made.steps) == 2 or all(step.separator == b"" for step in made.steps)


@pytest.mark.parametrize("mode", [b"", b"SET sql_mode='NO_BACKSLASH_ESCAPES';\n"])
def test_rows_without_backslash_escapes_are_sent_as_inserts(mode):
    made = plan(whole(TABLE + mode + b"INSERT INTO `t` VALUES (1,'\\\\');\n"))
    assert made.steps[0].separator == (b"" if mode else b"),(")


NUMBERED = b"CREATE TABLE `n` (`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `v` int);\n"


@pytest.mark.parametrize(
    "rows, numbers",
    [
        (b"INSERT INTO `n` VALUES (1,0);\nINSERT INTO `n` VALUES (2,0);\n", [Numbers.NONE]),
        (b"INSERT INTO `n` VALUES (1,0);\nINSERT INTO `n` VALUES (NULL,0);\n", [Numbers.SOME]),
        (b"INSERT INTO `n` VALUES (1,0);\nINSERT INTO `n` (`v`) VALUES (0);\n", [Numbers.NONE, Numbers.ALL]),
        # The columns are those of the CREATE TABLE, unless a statement may have changed them.
        (b"ALTER TABLE `t` ADD c int;\nINSERT INTO `n` VALUES (1,0);\n", [Numbers.NONE]),
        (b"ALTER TABLE `n` ADD KEY (v);\nINSERT INTO `n` VALUES (1,0);\n", [Numbers.NONE]),
        (b"ALTER TABLE `n` ADD c int FIRST;\nINSERT INTO `n` VALUES (0,1,0);\n", [Numbers.NONE]),
        (b"ALTER TABLE `n` ADD c int FIRST;\nINSERT INTO `n` VALUES (1,0,0);\n", [Numbers.SOME]),
        (b"ALTER TABLE `n` ADD c int FIRST;\nINSERT INTO `n` (v,id) VALUES (0,1);\n", [Numbers.NONE]),
        (b"ALTER TABLE `n` ADD c int;\nALTER TABLE `n` RENAME COLUMN v TO w;\nINSERT INTO `n` VALUES (1,0,0);\n", [Numbers.SOME]),
        (b"CALL p();\nINSERT INTO `n` VALUES (1,0);\n", [Numbers.SOME]),
        # As phpMyAdmin writes it.
        (b"ALTER TABLE `t` MODIFY a int NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=5;\nINSERT INTO `t` VALUES (1,'x');\n", [Numbers.NONE]),
        (b"ALTER TABLE `t` MODIFY a int NOT NULL AUTO_INCREMENT;\nINSERT INTO `t` VALUES (NULL,'x');\n", [Numbers.ALL]),
        (b"ALTER TABLE `n` MODIFY id int;\nINSERT INTO `n` VALUES (NULL,1);\n", [Numbers.NONE]),
        # The columns of a copy are those that the table has at this time; the table stays as it is.
        (b"CREATE TABLE `c` LIKE `n`;\nINSERT INTO `n` VALUES (1,0);\nINSERT INTO `c` VALUES (1,0);\n", [Numbers.NONE, Numbers.NONE]),
        (b"CREATE TABLE `c` (LIKE `n`);\nALTER TABLE `n` ADD c int FIRST;\nINSERT INTO `c` VALUES (0,1);\n", [Numbers.SOME]),
        (b"CREATE TABLE `c` LIKE `n`;\nALTER TABLE `c` ADD c int FIRST;\nINSERT INTO `c` VALUES (0,1,0);\n", [Numbers.NONE]),
        (b"CREATE TABLE `c` SELECT * FROM `n`;\nINSERT INTO `n` VALUES (1,0);\nINSERT INTO `c` VALUES (1,0);\n", [Numbers.NONE, Numbers.SOME]),
        (b"CREATE TABLE IF NOT EXISTS `c` LIKE `n`;\nINSERT INTO `c` VALUES (1,0);\n", [Numbers.SOME]),
        (b"CREATE TABLE `c` LIKE `n`;\nCALL p();\nINSERT INTO `c` VALUES (1,0);\n", [Numbers.SOME]),
        (b"CREATE TABLE `c` LIKE `mine`;\nINSERT INTO `c` VALUES (1,0);\n", [Numbers.SOME]),
        (b"INSERT INTO `mine` VALUES (1,0);\n", [Numbers.SOME]),
    ],
)
def test_chunks_with_rows_that_the_server_numbers(rows, numbers):
    assert [step.numbers for step in plan(whole(TABLE + NUMBERED + rows), allow=("CALL",)).steps if isinstance(step, Chunk)] == numbers
