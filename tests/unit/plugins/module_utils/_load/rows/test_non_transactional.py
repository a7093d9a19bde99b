# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which the rows of a table must go. What a stopped run leaves is tested in tests/servers/test_import_kills.py."""

import io

from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.non_transactional import row_order


def plan_of(sql, **choices):
    planner = Planner(Choices(target=b"copy", **choices))
    planner.read(DumpSource("data.sql", io.BytesIO(sql + b"-- Dump completed on 2026-01-01\n")))
    return planner.plan()


TABLES = b"CREATE TABLE keyed (a INT PRIMARY KEY);\nCREATE TABLE loose (a INT);\nINSERT INTO keyed VALUES (1);\nINSERT INTO loose VALUES (1);\n"


def test_a_table_without_a_primary_key_keeps_the_order_of_its_rows():
    order = row_order(plan_of(TABLES), {"keyed": "InnoDB", "loose": "InnoDB"})
    assert (order.ordered, order.restart) == (frozenset([1]), frozenset())


def test_the_engine_on_the_server_decides_whether_a_table_can_roll_back():
    order = row_order(plan_of(TABLES), {"keyed": "MyISAM", "loose": "InnoDB"})
    assert order.restart == frozenset([0])


def test_without_an_engine_of_the_server_that_of_the_dump_counts():
    order = row_order(plan_of(TABLES.replace(b"PRIMARY KEY)", b"PRIMARY KEY) ENGINE=Aria")), {})
    assert order.restart == frozenset([0])


def test_a_merge_table_is_never_emptied():
    assert row_order(plan_of(TABLES), {"keyed": "MRG_MyISAM"}).restart == frozenset()


def test_rows_that_depend_on_their_order_keep_it():
    order = row_order(plan_of(TABLES + b"REPLACE INTO keyed VALUES (1);\n"), {})
    assert order.ordered == frozenset([0, 1])
