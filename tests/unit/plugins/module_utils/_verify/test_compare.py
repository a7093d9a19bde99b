# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparisons of found databases with expectations."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingColumn, ExistingProgram, ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.integrity import TableCheck
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.table_contents import TableContents
from ansible_collections.apsaradb.mysql.plugins.module_utils._verify.compare import FoundDatabase, compare, paired
from ansible_collections.apsaradb.mysql.plugins.module_utils._verify.expected import Expectation, ExpectedTable, from_source

OK = TableCheck("OK", True)
A = ExistingTable("a", "InnoDB", (ExistingColumn("id", "int", None), ExistingColumn("g", "geometry", None)))


def found(*tables, objects=(), checks=None, contents=None, broken=None, accounts=frozenset(), folds=False):
    checks = checks or {table.name: OK for table in tables}
    contents = contents or {table.name: TableContents(3) for table in tables}
    return FoundDatabase(Inventory(tables, tuple(objects), folds), checks, contents, broken or {}, accounts)


def expecting(*tables, **counts):
    return Expectation("expected", tables, counts)


@pytest.mark.parametrize(
    "expected, problem",
    [
        (ExpectedTable("a"), None),
        (ExpectedTable("a", 3, "INNODB"), None),
        (ExpectedTable("a", 0), "has 3 row(s), expected 0"),
        (ExpectedTable("a", 3, "TokuDB"), "has the engine InnoDB, expected TokuDB"),
        (ExpectedTable("a", 3, None, "x"), "different values"),
        # While rows are missing the checksum adds nothing.
        (ExpectedTable("a", 4, None, "x"), "has 3 row(s), expected 4"),
        (ExpectedTable("A", 3), "table A is missing"),
    ],
)
def test_problems_of_a_table(expected, problem):
    comparison = compare(found(A, contents={"a": TableContents(3, "y")}), expecting(expected))
    assert len(comparison.problems) == (problem is not None) and (problem is None or problem in comparison.problems[0])
    assert [table.ok for table in comparison.tables if table.name == expected.name] == [problem is None]


def test_names_are_compared_as_the_server_compares_them():
    assert not compare(found(A), expecting(ExpectedTable("A", 3))).problems == ()
    comparison = compare(found(A, folds=True), expecting(ExpectedTable("A", 3)))
    assert comparison.problems == comparison.unexpected == () and len(comparison.tables) == 1
    there = Inventory((A._replace(name="A"),), (ExistingProgram("triggers", "T", "x@y", True, "A"),), True)
    mine = found(A, objects=[ExistingProgram("triggers", "t", "x@y", True, "a")], accounts=None)
    assert compare(mine, from_source(there, {"A": TableContents(3)})).problems == ()


def named(*names):
    return tuple(A._replace(name=name) for name in names)


def rows(**numbers):
    return {name: TableContents(number) for name, number in numbers.items()}


def test_names_are_paired_one_to_one():
    assert paired(["a", "B", "c"], ["A", "b", "c"], folds=False) == {"c": "c"}
    assert paired(["a", "B", "c"], ["A", "b", "c"], folds=True) == {"a": "A", "B": "b", "c": "c"}
    assert paired(["aa", "aA", "c"], ["AA", "Aa", "aA"], folds=True) == {"aA": "aA", "aa": "AA"}
    assert paired(["AA", "AB"], ["aa", "aA"], folds=True) == {"AA": "aA"}


def test_a_table_is_compared_with_the_one_of_the_same_name_first():
    """One server ignores case in names, and the other has names that differ only in case."""
    source = from_source(Inventory(named("orders"), (), True), rows(orders=3))
    comparison = compare(found(*named("Orders", "orders", "ORDERS"), contents=rows(Orders=7, orders=3, ORDERS=9)), source)
    assert comparison.problems == () and comparison.unexpected == ("ORDERS", "Orders")
    assert {table.name: table.rows_expected for table in comparison.tables} == {"orders": 3, "Orders": None, "ORDERS": None}


def test_of_two_tables_whose_names_differ_only_in_case_none_is_lost_unnoticed():
    source = from_source(Inventory(named("T", "t", "U"), ()), rows(T=5, t=3, U=4))
    comparison = compare(found(*named("t", "u"), contents=rows(t=3, u=4), folds=True), source)
    assert [text.partition(". ")[0] for text in comparison.problems] == ["table T is missing"]
    assert [(table.name, table.rows, table.rows_expected) for table in comparison.tables] == [("T", None, 5), ("t", 3, 3), ("u", 4, 4)]
    # Without an exact name, each is one of them.
    assert compare(found(*named("t"), contents=rows(t=5), folds=True), expecting(ExpectedTable("T", 5), ExpectedTable("T", 5))).problems == ()
    assert (
        len(compare(found(*named("t"), contents=rows(t=5), folds=True), expecting(ExpectedTable("T", 5), ExpectedTable("tT"), ExpectedTable("TT"))).problems)
        == 2
    )


def test_of_two_objects_whose_names_differ_only_in_case_none_is_lost_unnoticed():
    def side(*names, folds=False):
        return Inventory((), tuple(ExistingProgram("triggers", name, "x@y", True, "a", any_case=False) for name in names), folds)

    mine = found(accounts=None)._replace(inventory=side("t", "u", folds=True))
    comparison = compare(mine, from_source(side("T", "t", "U"), {}))
    assert [text.partition(" is missing")[0] for text in comparison.problems] == ["trigger T on a"] and comparison.unexpected == ()


def test_a_damaged_table_is_one_problem():
    crashed = {"a": TableContents(None, None, "MySQL error 1194: crashed")}
    comparison = compare(found(A, checks={"a": TableCheck("Corrupt", False)}, contents=crashed), expecting(ExpectedTable("a", 3)))
    assert len(comparison.problems) == 1 and "damaged: Corrupt" in comparison.problems[0] and "REPAIR" not in comparison.problems[0]
    # A complete import of the same files changes nothing, whatever on_existing is.
    assert "drop the database and import it again" in comparison.problems[0]
    comparison = compare(found(A, contents={"a": TableContents(None, None, "MySQL error 1142: denied")}), expecting(ExpectedTable("a", 3)))
    assert len(comparison.problems) == 1 and "cannot be read: MySQL error 1142" in comparison.problems[0] and not comparison.tables[0].ok


def test_a_table_that_the_source_cannot_read_is_not_taken_for_equal():
    """For example one that is redefined while it is read (error 1412). A promotion relies on it."""
    source = Inventory((A,), ())
    for contents in (TableContents(None, None, "MySQL error 1412: Table definition has changed"), TableContents(3, None, "Warning 1292: cut")):
        comparison = compare(found(A), from_source(source, {"a": contents}))
        assert len(comparison.problems) == 1 and not comparison.tables[0].ok
        assert "a was not compared, because the source cannot read it: {0}. Check it there".format(contents.error) in comparison.problems[0]


@pytest.mark.parametrize("kind, privilege", [("views", "SHOW VIEW"), ("routines", "EXECUTE"), ("triggers", "TRIGGER"), ("events", "EVENT")])
def test_fewer_objects_than_expected(kind, privilege):
    one = [ExistingProgram(kind, "x", "me@here")]
    for wanted, expected in ((0, 0), (1, 0), (2, 1)):
        problems = compare(found(objects=one, accounts=None), expecting(**{kind: wanted})).problems
        assert len(problems) == expected and all("1 of 2 {0} exist".format(kind) in text and privilege in text for text in problems)


def test_objects_are_compared_by_name_with_the_source():
    source = Inventory(
        (), (ExistingProgram("views", "v", "x@y"), ExistingProgram("triggers", "t", "x@y", True, "a"), ExistingProgram("routines", "function f", "x@y"))
    )
    mine = found(objects=[ExistingProgram("views", "w", "x@y"), ExistingProgram("routines", "procedure f", "x@y")], accounts=None)
    comparison = compare(mine, from_source(source, {}))
    assert [text.partition(" is missing")[0] for text in comparison.problems] == ["function f", "trigger t on a", "view v"]
    assert comparison.unexpected == ("procedure f", "view w")


def test_kinds_that_the_source_hides_are_compared_as_far_as_it_shows_them():
    """What the source shows must exist; what it does not show may exist there as well."""
    source = Inventory((), (ExistingProgram("routines", "function f", "x@y"), ExistingProgram("routines", "function g", "x@y")))
    expected = from_source(source, {}, hidden=("routines", "triggers"))
    assert expected.counts == {"views": 0, "events": 0}
    mine = [("routines", "function f"), ("routines", "procedure p"), ("triggers", "t"), ("views", "v")]
    comparison = compare(found(objects=[ExistingProgram(kind, name, "x@y") for kind, name in mine], accounts=None), expected)
    assert [text.partition(" is missing")[0] for text in comparison.problems] == ["function g"] and comparison.unexpected == ("view v",)


def test_lost_definers_are_one_problem_each():
    objects = [
        ExistingProgram("views", "v", "gone@x"),
        ExistingProgram("views", "i", "gone@x", False),
        ExistingProgram("triggers", "t", "gone@x", True, "a"),
        ExistingProgram("events", "e", "me@x"),
    ]
    comparison = compare(found(objects=objects, accounts=frozenset(["me@x"]), broken={"v": "MySQL error 1449: ..", "i": "MySQL error 1356: .."}), expecting())
    # The view whose definer is lost is not reported as broken too.
    assert len(comparison.problems) == 2 and "view i cannot be read" in comparison.problems[0] and "no account gone@x" in comparison.problems[1]
    assert comparison.lost_definers == {"gone@x": ["view v", "trigger t on a"]}
    assert compare(found(objects=objects, accounts=None), expecting()).lost_definers == {}


def test_columns_are_compared_with_the_source():
    def against(*columns):
        return compare(found(A), from_source(Inventory((A._replace(columns=columns),), ()), {"a": TableContents(3)})).problems

    assert against(*A.columns) == against(ExistingColumn("ID", "int", None), ExistingColumn("g", "geometry", None)) == ()
    assert "g is geometry, in the source point" in against(A.columns[0], ExistingColumn("g", "point", None))[0]
    assert "g is not in the source" in against(A.columns[0])[0] and "x is missing" in against(*A.columns, ExistingColumn("x", "int", None))[0]
    named = A._replace(columns=(ExistingColumn("g", "geomcollection", None),))
    old = Inventory((A._replace(columns=(ExistingColumn("g", "geometrycollection", None),)),), ())
    assert compare(found(named), from_source(old, {"a": TableContents(3)})).problems == ()


def test_nothing_expected_means_nothing_unexpected():
    assert compare(found(A), expecting()).unexpected == ()
    assert compare(found(A), expecting(ExpectedTable("b"))).unexpected == ("a",)
    assert compare(found(A), from_source(Inventory((), ()), {})).unexpected == ("a",)
