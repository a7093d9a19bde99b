# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The columns after an ALTER TABLE. tests/servers/test_import_resumed.py compares what follows from them with servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.altered_columns import altered_columns, source_of_like
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import parse_table
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import QualifiedName, tokens

DIALECT = Dialect(90704)
TABLE = parse_table(b"CREATE TABLE t (id INT AUTO_INCREMENT, v INT, w INT, PRIMARY KEY (id)) ENGINE=InnoDB", DIALECT)


def after(alterations):
    """The columns, the counted one with a star; None if they are not known."""
    found = altered_columns(TABLE, b"ALTER TABLE t " + alterations, DIALECT)
    return found and " ".join(column.name.decode() + "*" * column.auto_increment for column in found.columns)


@pytest.mark.parametrize(
    "alterations, columns",
    [
        (b"ADD z INT", "id* v w z"),
        (b"ADD COLUMN z INT COMMENT 'FIRST, b' FIRST", "z id* v w"),
        (b"ADD z INT AFTER ID, ADD y INT AFTER `z`", "id* z y v w"),
        (b"ADD (y INT, z INT, KEY (y))", "id* v w y z"),
        (b"ADD `column` INT", "id* v w column"),
        (b"ADD KEY (v), ADD UNIQUE INDEX u (w), ADD CONSTRAINT c CHECK (v > 0), ADD FOREIGN KEY (v) REFERENCES t (id)", "id* v w"),
        (b"DROP V", "id* w"),
        (b"DROP COLUMN id", "v w"),
        (b"DROP PRIMARY KEY, DROP INDEX u, DROP FOREIGN KEY f, DROP CHECK c, DROP PARTITION p", "id* v w"),
        (b"MODIFY id INT NOT NULL", "id v w"),
        (b"MODIFY id INT NOT NULL, MODIFY COLUMN v INT NOT NULL AUTO_INCREMENT, AUTO_INCREMENT = 9", "id v* w"),
        (b"MODIFY id INT AUTO_INCREMENT AFTER w", "v w id*"),
        (b"MODIFY w INT FIRST", "w id* v"),
        (b"CHANGE id nr BIGINT AUTO_INCREMENT, CHANGE COLUMN v v2 INT FIRST", "v2 nr* w"),
        (b"ALTER v SET DEFAULT 5, RENAME INDEX a TO b", "id* v w"),
        (b"ENGINE=InnoDB DEFAULT CHARSET=utf8mb4, COMMENT='x', ENABLE KEYS, FORCE, CONVERT TO CHARACTER SET latin1", "id* v w"),
        (b"/*!50100 ADD z INT, */ ADD y INT /*!80023 INVISIBLE */", "id* v w z y"),
        # What is not understood.
        (b"", None),
        (b"RENAME COLUMN v TO x", None),
        (b"RENAME TO u", None),
        (b"ALTER v SET INVISIBLE", None),
        (b"ALTER INDEX u INVISIBLE", None),
        (b"DROP x", None),
        (b"DROP COLUMN IF EXISTS v", None),
        (b"ADD COLUMN IF NOT EXISTS z INT", None),
        (b"ADD z", None),
        (b"ADD z INT AFTER x", None),
        (b"ADD z INT FIRST PARTITION BY HASH (z)", None),
        (b"MODIFY x INT", None),
        (b"CHANGE v", None),
        (b"PARTITION BY HASH (id)", None),
        (b"ADD z INT,", None),
    ],
)
def test_the_columns_after_an_alteration(alterations, columns):
    assert after(alterations) == columns


def test_only_an_alter_table_changes_columns():
    assert altered_columns(TABLE, b"CREATE INDEX z ON t (v)", DIALECT) is None
    assert altered_columns(TABLE, b"ALTER TABLE shop.t ADD z INT INVISIBLE", DIALECT).row_columns == TABLE.columns


@pytest.mark.parametrize(
    "statement, source",
    [
        (b"CREATE TABLE c LIKE n", QualifiedName(None, b"n")),
        (b"CREATE TABLE s.c (LIKE `s`.`n`)", QualifiedName(b"s", b"n")),
        (b"CREATE TABLE IF NOT EXISTS c LIKE n", None),
        (b"CREATE TEMPORARY TABLE c LIKE n", None),
        (b"CREATE TABLE c SELECT 1 LIKE 2", None),
        (b"CREATE TABLE c", None),
        (b"CREATE TABLE c (a INT)", None),
    ],
)
def test_the_table_that_is_copied(statement, source):
    assert source_of_like(tokens(statement, DIALECT)) == source
