# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tables the target must have before the window is applied, and how a difference is found."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.transactions import StatementEvent, Transaction
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._tables_needed import TableUses, TargetTable, table_problems

A = "aaaaaaaa-0000-0000-0000-000000000001"
INT, BIGINT = b"\x03", b"\x08"


def rows(number, name, columns=INT, schema="shop"):
    return Transaction("{0}:{1}".format(A, number), 0.0, 0, 1, 1, (), ((schema, name),), None, None, (columns,)), ()


def definition(number, text, table=None):
    statement = StatementEvent("shop", text.encode(), 0, 1, 0, 45, 0, None, (), True)
    applied = ((statement, ("back", table) if table else None),)
    return Transaction("{0}:{1}".format(A, number), 0.0, 0, 1, 1, (statement,), (), None, None), applied


def problems(window, existing, folds=False, executed=""):
    uses = TableUses(GtidSet.parse(executed))
    for transaction, applied in window:
        uses.add(transaction, {"shop": "back"}, applied)
    tables = {("back", name): TargetTable(*shape) for name, shape in existing.items()}
    return list(table_problems(uses.first, tables, folds=folds))


@pytest.mark.parametrize(
    "window, existing, options, message",
    [
        ([rows(1, "t")], {"t": (1, True)}, {}, None),
        ([rows(1, "t", schema="other")], {}, {}, None),
        ([rows(1, "t")], {}, {}, "the server does not have"),
        ([rows(1, "t")], {}, {"executed": A + ":1"}, None),
        ([definition(1, "CREATE TABLE `t` (a INT)"), rows(2, "t")], {}, {}, None),
        ([definition(1, "CREATE TABLE `t` (a INT)"), rows(2, "t")], {}, {"executed": A + ":1"}, "the server does not have"),
        ([definition(1, "RENAME TABLE a TO t", "a"), rows(2, "t")], {"a": (1, True)}, {}, None),
        ([definition(1, "ALTER TABLE t ADD a INT", "t")], {}, {}, "the server does not have"),
        ([definition(1, "DROP TABLE IF EXISTS `t`", "t")], {}, {}, None),
        ([definition(1, "CREATE TABLE x (a INT)"), rows(2, "\u00fc")], {}, {}, None),
        # Spelled in another case.
        ([definition(1, "ALTER TABLE T ADD a INT", "T")], {"t": (1, True)}, {}, "a different case.*lower_case_table_names=1"),
        ([definition(1, "DROP TABLE IF EXISTS T", "T")], {"t": (1, True)}, {}, "a different case"),
        ([definition(1, "CREATE TABLE T (a INT)"), rows(2, "t")], {}, {}, "a different case"),
        ([definition(1, "CREATE TABLE T (a INT)"), rows(2, "t")], {}, {"folds": True}, None),
        ([definition(1, "ALTER TABLE T ADD a INT", "T")], {"t": (1, True)}, {"folds": True}, None),
        ([rows(1, "T"), rows(2, "t")], {"t": (1, True)}, {"folds": True}, "are the same table unless lower_case_table_names is 0"),
        # Other columns.
        ([rows(1, "t", INT * 2)], {"t": (3, True)}, {}, "2 columns in the binlogs, and the table has 3"),
        ([rows(1, "t", INT * 3)], {"t": (2, False)}, {}, "3 columns in the binlogs, and the table has 2"),
        ([definition(1, "ALTER TABLE t ADD a INT", "t"), rows(2, "t", INT * 3)], {"t": (2, False)}, {}, None),
        # The hidden key of RDS.
        ([rows(1, "t", INT + BIGINT)], {"t": (1, False)}, {}, None),
        ([rows(1, "t", INT + BIGINT)], {"t": (1, True)}, {}, "2 columns in the binlogs"),
        ([rows(1, "t", INT + BIGINT)], {"t": (2, False)}, {}, None),
    ],
)
def test_tables_of_the_window(window, existing, options, message):
    found = problems(window, existing, **options)
    if message is None:
        assert not found
        return
    with pytest.raises(LookupError, match=message):
        raise LookupError(*found)
