# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What statements behind a CREATE TABLE make of it."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.altered_tables import altered
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect

CREATE = b"CREATE TABLE `t` (\n  `id` int(11) NOT NULL, -- one\n  b text COMMENT 'a, )'\n) ENGINE=InnoDB COMMENT='(b)'"
END = b"\n) ENGINE=InnoDB COMMENT='(b)'"


def after(statement):
    return altered(CREATE, statement, Dialect(90704))


@pytest.mark.parametrize(
    "statement, added",
    [
        (b"ALTER TABLE `t`\n  ADD PRIMARY KEY (`id`),\n  ADD KEY `k` (`b`(5)) USING BTREE", b", PRIMARY KEY (`id`), KEY `k` (`b`(5)) USING BTREE"),
        (
            b"ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES p (x) ON DELETE CASCADE",
            b", CONSTRAINT f FOREIGN KEY (id) REFERENCES p (x) ON DELETE CASCADE",
        ),
        (b"ALTER TABLE t ADD COLUMN c int DEFAULT (1) AFTER id, ADD d int FIRST", b", c int DEFAULT (1), d int"),
        (b"ALTER TABLE t AUTO_INCREMENT=7, ENABLE KEYS, COMMENT='x'", b""),
        (b"CREATE INDEX k USING BTREE ON s.t (b(5)) COMMENT 'x'", b", INDEX (b(5)) COMMENT 'x'"),
        (b"CREATE UNIQUE INDEX k ON `t` (id)", b", UNIQUE INDEX (id)"),
    ],
)
def test_what_is_added_is_at_the_end(statement, added):
    made = CREATE[: -len(END) + 1] + added.replace(b", ", b", ", 1) + END[1:]
    assert after(statement) == made


def test_a_modified_column_is_replaced():
    made = CREATE.replace(b"`id` int(11) NOT NULL", b"`ID` int NOT NULL AUTO_INCREMENT")
    assert after(b"ALTER TABLE t MODIFY `ID` int NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=3") == made


@pytest.mark.parametrize(
    "statement",
    [
        b"ALTER TABLE t DROP KEY k",
        b"ALTER TABLE t ADD KEY (id), RENAME TO u",
        b"ALTER TABLE t CHANGE b c text",
        b"ALTER TABLE t ADD (c int)",
        b"ALTER TABLE t ENGINE=MyISAM",
        b"ALTER TABLE t MODIFY x int",
        b"DROP INDEX k ON t",
        b"UPDATE t SET b = 1",
    ],
)
def test_what_is_not_known_after_another_statement(statement):
    assert after(statement) is None


def test_version_comments_are_not_cut():
    assert altered(CREATE.replace(b"-- one", b"/*! c int */,"), b"ALTER TABLE t ADD KEY (id)", Dialect(90704)) is None
    assert altered(b"CREATE TABLE t LIKE u", b"ALTER TABLE t ADD KEY (id)", Dialect(90704)) is None
