# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Triggers that the client would run during a load. What it makes of such files is in tests/servers/test_checks_of_tables.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.trigger_firings import event_of, tables_written_by
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole

MADE = b"CREATE TABLE t (a INT);\nCREATE TABLE n (a INT);\n"
FILLS = b"CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW INSERT INTO n VALUES (NEW.a);\n"
ROWS = b"INSERT INTO t VALUES (1);\n"


def fired(*files, **choices):
    return [(trigger.definition.name, trigger.elsewhere) for trigger in plan(*(whole(file) for file in files), **choices).fired]


@pytest.mark.parametrize(
    "sql, names",
    [
        (MADE + FILLS + ROWS, [b"g"]),
        (MADE + FILLS + ROWS + b"DROP TRIGGER g;\n", [b"g"]),
        (MADE + FILLS + b"UPDATE n, t SET t.a = 1;\n", []),
        (MADE + FILLS.replace(b"INSERT ON", b"UPDATE ON") + b"UPDATE n, t SET t.a = 1;\n", [b"g"]),
        (MADE + FILLS.replace(b"INSERT ON", b"UPDATE ON") + b"INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2;\n", [b"g"]),
        (MADE + FILLS.replace(b"INSERT ON", b"DELETE ON") + ROWS.replace(b"INSERT", b"REPLACE"), [b"g"]),
        (MADE + FILLS.replace(b"g AFTER", b"h BEFORE") + FILLS + ROWS, [b"h", b"g"]),
        (MADE + ROWS + FILLS, []),
        (MADE + FILLS + b"INSERT INTO n VALUES (1);\n", []),
        (MADE + FILLS + b"DROP TRIGGER IF EXISTS g;\n" + ROWS, []),
    ],
)
def test_triggers_before_rows_of_their_table(sql, names):
    assert fired(sql) == [(name, False) for name in names]


def test_a_dropped_table_takes_its_triggers_along():
    made = plan(whole(MADE + FILLS + ROWS + b"DROP TABLE t;\n" + MADE[:24] + ROWS))
    assert made.triggers == () and len(made.fired) == 1


def test_each_of_a_pair_of_files_has_all_triggers():
    assert fired(MADE + FILLS, ROWS) == [(b"g", True)]
    assert fired(MADE + FILLS, ROWS + FILLS) == [] == fired(MADE + FILLS, ROWS + b"DROP TRIGGER IF EXISTS g;\n" + FILLS)
    assert fired(MADE + FILLS, FILLS + ROWS) == [(b"g", False)]


def test_a_server_that_folds_names():
    assert fired(MADE + FILLS.replace(b"ON t", b"ON T") + ROWS, lower_case=True) == [(b"g", False)]
    assert fired(MADE + FILLS.replace(b"ON t", b"ON T") + ROWS) == []


def test_triggers_that_are_left_out_do_not_count():
    assert fired(MADE + FILLS + ROWS, triggers="omit") == []


@pytest.mark.parametrize(
    "body, names",
    [
        (b"INSERT INTO n VALUES (NEW.a)", {b"n"}),
        (b"INSERT IGNORE n SET a = 1 ON DUPLICATE KEY UPDATE b = 2", {b"n"}),
        (b"BEGIN UPDATE `x y` SET a = 1; DELETE QUICK FROM z WHERE a = 1; REPLACE INTO d.w SELECT 1; END", {b"x y", b"z", b"w"}),
        (b"SET NEW.a = INSERT(REPLACE(NEW.b, 'x', 'y'), 1, 1, '')", set()),
    ],
)
def test_the_tables_that_a_trigger_writes(body, names):
    found = tokens(b"CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW " + body, Dialect(90704))
    assert tables_written_by(found) == names and event_of(found) == b"UPDATE"
