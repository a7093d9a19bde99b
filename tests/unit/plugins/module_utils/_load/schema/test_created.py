# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What information_schema describes becomes values; tests/servers/test_import_changes.py reads servers."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.created import (
    CreatedKey,
    CreatedKeyPart,
    created_constraints,
    created_keys,
    created_tables,
    default_collations,
)
from ansible_collections.apsaradb.mysql.tests.support.subjects import server

ROWS = {
    "TABLES": [("t", "InnoDB", "Dynamic", "utf8mb4_bin", "row_format=DYNAMIC"), ("empty", None, None, None, None)],
    "COLUMNS": [
        ("t", "a", "INT", "NO", None, "AUTO_INCREMENT", None),
        ("t", "b", "varchar", "YES", "x", None, "utf8mb4_bin"),
        ("t", "__#alibaba_rds_row_id#__", "bigint", "NO", None, "", None),
    ],
    "STATISTICS": [("t", "PRIMARY", "a", None, "A", 0), ("t", "k", "b", "7", "D", "1"), ("t", "k", None, None, "A", "1")],
    "TABLE_CONSTRAINTS": [("t", "PRIMARY KEY", "PRIMARY"), ("t", "FOREIGN KEY", "f"), ("t", "CHECK", "c")],
}


class Answers:
    """A connection that answers questions about these views of information_schema."""

    def __init__(self):
        self.asked = []

    def texts(self, query, values):
        self.asked.append((query, values))
        return next(rows for view, rows in ROWS.items() if "information_schema.{0} ".format(view) in query)


def test_tables():
    found = created_tables(Answers(), "shop")
    table = found["t"]
    assert (table.engine, table.row_format, table.collation, table.options) == ("InnoDB", "DYNAMIC", "utf8mb4_bin", "row_format=dynamic")
    assert [tuple(column) for column in table.columns] == [("a", "int", False, None, "auto_increment", None), ("b", "varchar", True, "x", "", "utf8mb4_bin")]
    assert (table.foreign_keys, table.checks) == (("f",), ("c",))
    assert found["empty"][:4] == ("", "", "", "") and found["empty"].keys == ()


def test_keys_have_their_parts_in_order():
    primary, key = created_keys(Answers(), "shop")["t"]
    assert primary == CreatedKey("PRIMARY", unique=True, parts=(CreatedKeyPart("a", None, descending=False),))
    assert key == CreatedKey("k", unique=False, parts=(CreatedKeyPart("b", 7, descending=True), CreatedKeyPart(None, None, descending=False)))


def test_only_some_tables_are_asked_for():
    answers = Answers()
    assert created_constraints(answers, "shop", ["t", "u"])["t"][0] == ("PRIMARY KEY", "PRIMARY")
    ((query, values),) = answers.asked
    assert query.endswith("WHERE TABLE_SCHEMA = %s AND TABLE_NAME IN (%s, %s)") and values == ("shop", "t", "u")


def test_default_collations():
    assert default_collations(server()) == {"latin1": "latin1_swedish_ci", "binary": "binary"}
    assert default_collations(server(variables={"default_collation_for_utf8mb4": "utf8mb4_general_ci"}))["utf8mb4"] == "utf8mb4_general_ci"
