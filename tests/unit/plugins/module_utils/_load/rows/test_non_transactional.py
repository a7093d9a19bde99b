# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which the rows of a table must go. What a stopped run leaves is tested in tests/servers/test_import_kills.py."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import TABLE_WHOLE
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.non_transactional import (
    is_sent,
    refuse_to_lose_rows,
    row_order,
    tables_made_by_statements,
    triggers_to_drop,
    unfinished_tables,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingProgram, Inventory
from ansible_collections.apsaradb.mysql.tests.support.subjects import request


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
    assert row_order(plan_of(TABLES), {"keyed": ""}).restart == frozenset()


@pytest.mark.parametrize("engine", ["MRG_MyISAM", "FEDERATED"])
def test_a_table_that_shows_rows_of_others_is_never_emptied(engine):
    assert row_order(plan_of(TABLES), {"keyed": engine}).restart == frozenset()


def test_tables_of_the_target_are_filled_in_file_order_if_one_of_them_has_triggers():
    plan = plan_of(TABLES + b"INSERT INTO mine VALUES (1);\nINSERT INTO yours VALUES (1);\n")
    assert row_order(plan, {}, {"mine"}).together == frozenset([2, 3])
    # These triggers are created after the rows.
    assert row_order(plan, {}, {"keyed"}).together == frozenset()


class Server:
    """A context and its connection; all tables have ``count`` rows."""

    def __init__(self, count, check="status"):
        self.control = self
        self.count, self.check = count, check

    def rows(self, _sql):
        return [("shop.t", "check", self.check, "text")]

    def value(self, _sql):
        return self.count


@pytest.mark.parametrize(
    "rows, noted, server, emptied",
    [
        (True, None, Server(2), True),
        (True, 2, Server(2), False),
        (True, 2, Server(3), True),
        (True, 2, Server(2, "error"), True),
        # The dump has only statements that add rows to it, and these do not run again.
        (False, None, Server(0), False),
        (False, None, Server(7), False),
        (False, None, Server(7, "error"), True),
    ],
)
def test_what_is_emptied_is_what_the_rows_of_the_dump_do_not_fill_completely(rows, noted, server, emptied):
    plan = plan_of(b"CREATE TABLE t (a INT) ENGINE=MyISAM;\n" + (b"INSERT INTO t VALUES (1),(2);\n" if rows else b"INSERT INTO t SELECT 5;\n"))
    done = {} if noted is None else {(TABLE_WHOLE, 0): noted}
    assert unfinished_tables(server, plan, "shop", row_order(plan, {}), done, ()) == ((0,) if emptied else ())


@pytest.mark.parametrize(
    "noted, server, rows, refused",
    [
        (2, Server(3), b"INSERT INTO t VALUES (1),(2);\n", True),
        (2, Server(1), b"INSERT INTO t VALUES (1),(2);\n", False),
        (None, Server(3), b"INSERT INTO t VALUES (1),(2);\n", False),
        (2, Server(3, "error"), b"INSERT INTO t VALUES (1),(2);\n", False),
        # These rows leave as many in the table as the server has reported, or fewer.
        (2, Server(3), b"INSERT IGNORE INTO t VALUES (1),(2),(2);\n", True),
        (2, Server(3), b"REPLACE INTO t VALUES (1),(1);\n", True),
        (2, Server(1), b"REPLACE INTO t VALUES (1),(1);\n", False),
    ],
)
def test_rows_that_somebody_has_added_are_not_lost(noted, server, rows, refused):
    plan = plan_of(b"CREATE TABLE t (a INT) ENGINE=MyISAM;\n" + rows)
    done = {} if noted is None else {(TABLE_WHOLE, 0): noted}
    server.request = request()
    if refused:
        with pytest.raises(Failure, match="written to the table t .* had 2 row.s. and has 3 now .database shop.*Restore the table to its 2 row"):
            refuse_to_lose_rows(server, plan, "shop", (0,), done)
    else:
        refuse_to_lose_rows(server, plan, "shop", (0,), done)
    refuse_to_lose_rows(server, plan, "shop", (), done)


@pytest.mark.parametrize("emptied, dropped", [((0,), ["g"]), ((1,), []), ((), [])])
def test_triggers_of_the_import_do_not_see_rows_that_are_loaded_again(emptied, dropped):
    plan = plan_of(
        b"CREATE TABLE t (a INT) ENGINE=MyISAM;\nCREATE TABLE u (a INT) ENGINE=MyISAM;\nCREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;\n"
    )
    there = [ExistingProgram("triggers", name, "", table="t") for name in ("g", "mine")] + [ExistingProgram("views", "g", "")]
    assert [made.name for made in triggers_to_drop(plan, Inventory((), tuple(there)), emptied)] == dropped


def test_rows_that_depend_on_their_order_keep_it():
    order = row_order(plan_of(TABLES + b"REPLACE INTO keyed VALUES (1);\n"), {})
    assert order.ordered == frozenset([0, 1])


def test_a_table_that_a_statement_makes_is_known_by_its_engine_on_the_server():
    plan = plan_of(TABLES + b"CREATE TABLE made LIKE keyed;\nINSERT INTO made VALUES (1);\nINSERT INTO mine VALUES (1);\n")
    assert row_order(plan, {}).restart == frozenset()
    order = row_order(plan, {"made": "MyISAM", "mine": "MyISAM"})
    assert order.restart == frozenset([2, 3])
    # Nothing tells how many of its rows are there; those of the table "mine" were counted.
    assert tables_made_by_statements(plan, order.restart, {}) == [2]
    assert tables_made_by_statements(plan, order.restart, {(TABLE_WHOLE, 2): 1}) == []


def test_a_chunk_is_sent_if_it_or_its_table_is_in_the_ledger():
    keyed, loose = plan_of(TABLES).steps
    assert is_sent(keyed, {(0, keyed.offset): 1}) and is_sent(loose, {(TABLE_WHOLE, 1): 1})
    assert not is_sent(loose, {(0, keyed.offset): 1, (TABLE_WHOLE, 0): 1})
