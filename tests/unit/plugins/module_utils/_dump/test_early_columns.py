# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.early_columns import columns_changed
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole


@pytest.mark.parametrize(
    "clauses, names",
    [
        (b"ADD b INT, ADD COLUMN `C d` INT AFTER a, ADD KEY k (x), ADD CONSTRAINT u UNIQUE (y)", [b"b", b"c d"]),
        (b"ADD (b INT, c DECIMAL(5,2), KEY k (x)), DROP d, DROP COLUMN e, DROP KEY k, DROP PRIMARY KEY", [b"b", b"c", b"d", b"e"]),
        (b"CHANGE a b INT, CHANGE COLUMN c d INT", [b"a", b"b", b"c", b"d"]),
        (b"RENAME COLUMN a TO b, RENAME KEY x TO y", [b"a", b"b"]),
        (b"MODIFY a INT NOT NULL AUTO_INCREMENT, AUTO_INCREMENT = 6", []),
    ],
)
def test_columns_that_an_alter_table_adds_renames_or_drops(clauses, names):
    assert list(columns_changed(tokens(b"ALTER TABLE t " + clauses, Dialect(90704)))) == names


VIEW = b"CREATE VIEW v AS SELECT `b` FROM t;\n"
TRIGGER = b"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.b = c;\n"


@pytest.mark.parametrize(
    "sql, warned",
    [
        (VIEW + b"ALTER TABLE t ADD b INT;\n", "the view v (file0.sql, line 10"),
        (VIEW + b"ALTER TABLE t CHANGE B c INT;\n", "the view v (file0.sql, line 10"),
        (VIEW + b"ALTER TABLE u ADD b INT;\n", None),
        (VIEW + b"ALTER TABLE t ADD c INT;\n", None),
        (VIEW + b"DROP VIEW v;\nALTER TABLE t ADD b INT;\n", None),
        (b"ALTER TABLE t ADD b INT;\n" + VIEW, None),
        (TRIGGER + b"ALTER TABLE t ADD b INT;\n", "the trigger g (file0.sql, line 10"),
        (TRIGGER + b"ALTER TABLE t DROP b;\n", "the trigger g (file0.sql, line 10"),
        (TRIGGER + b"ALTER TABLE t ADD c INT;\n", None),
        (TRIGGER + b"DROP TRIGGER g;\nALTER TABLE t ADD b INT;\n", None),
    ],
)
def test_a_view_or_trigger_that_names_a_column_of_a_later_statement(sql, warned):
    warnings = plan(whole(b"CREATE TABLE t (a INT);\nCREATE TABLE u (a INT);\n" + sql)).warnings
    found = [warning for warning in warnings if "adds, renames or drops" in warning]
    assert len(found) == (warned is not None) and all(warned in warning and "names b, a column" in warning for warning in found)
