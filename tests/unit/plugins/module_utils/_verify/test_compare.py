# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict, from what was found and what was expected."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingColumn, ExistingProgram, ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.integrity import Check
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.table_contents import Contents
from ansible_collections.apsaradb.mysql.plugins.module_utils._verify.compare import FoundDatabase, judge
from ansible_collections.apsaradb.mysql.plugins.module_utils._verify.expected import Expectation, ExpectedTable, from_source

OK = Check("OK", True)
A = ExistingTable("a", "InnoDB", (ExistingColumn("id", "int", None), ExistingColumn("g", "geometry", None)))


def found(*tables, objects=(), checks=None, contents=None, broken=None, accounts=frozenset(), folds=False):
    checks = checks or {table.name: OK for table in tables}
    contents = contents or {table.name: Contents(3) for table in tables}
    return FoundDatabase(Inventory(tables, tuple(objects), folds), checks, contents, broken or {}, accounts)


def expecting(*tables, **counts):
    return Expectation("expected", tables, counts)


@pytest.mark.parametrize(
    "expected, problem",
    [
        (ExpectedTable("a"), None),
        (ExpectedTable("a", 3, "INNODB"), None),
        (ExpectedTable("a", 0), "has 3 row(s), expected were 0"),
        (ExpectedTable("a", 3, "TokuDB"), "has the engine InnoDB, expected was TokuDB"),
        (ExpectedTable("a", 3, None, "x"), "other values"),
        # As long as rows are missing their sum says nothing more.
        (ExpectedTable("a", 4, None, "x"), "has 3 row(s), expected were 4"),
        (ExpectedTable("A", 3), "table A is missing"),
    ],
)
def test_a_table(expected, problem):
    verdict = judge(found(A, contents={"a": Contents(3, "y")}), expecting(expected))
    assert len(verdict.problems) == (problem is not None) and (problem is None or problem in verdict.problems[0])
    assert [table.ok for table in verdict.tables if table.name == expected.name] == [problem is None]


def test_case_is_the_server_s():
    assert not judge(found(A), expecting(ExpectedTable("A", 3))).problems == ()
    verdict = judge(found(A, folds=True), expecting(ExpectedTable("A", 3)))
    assert verdict.problems == verdict.unexpected == () and len(verdict.tables) == 1
    there = Inventory((A._replace(name="A"),), (ExistingProgram("triggers", "T", "x@y", True, "A"),), True)
    mine = found(A, objects=[ExistingProgram("triggers", "t", "x@y", True, "a")], accounts=None)
    assert judge(mine, from_source(there, {"A": Contents(3)})).problems == ()


def test_a_damaged_table_is_told_of_once():
    crashed = {"a": Contents(None, None, "MySQL error 1194: crashed")}
    verdict = judge(found(A, checks={"a": Check("Corrupt", False)}, contents=crashed), expecting(ExpectedTable("a", 3)))
    assert len(verdict.problems) == 1 and "damaged: Corrupt" in verdict.problems[0] and "REPAIR" not in verdict.problems[0]
    verdict = judge(found(A, contents={"a": Contents(None, None, "MySQL error 1142: denied")}), expecting(ExpectedTable("a", 3)))
    assert len(verdict.problems) == 1 and "cannot be read: MySQL error 1142" in verdict.problems[0] and not verdict.tables[0].ok


@pytest.mark.parametrize("kind, privilege", [("views", "SHOW VIEW"), ("routines", "EXECUTE"), ("triggers", "TRIGGER"), ("events", "EVENT")])
def test_fewer_objects_than_expected(kind, privilege):
    one = [ExistingProgram(kind, "x", "me@here")]
    for wanted, expected in ((0, 0), (1, 0), (2, 1)):
        problems = judge(found(objects=one, accounts=None), expecting(**{kind: wanted})).problems
        assert len(problems) == expected and all("1 of 2 {0} are there".format(kind) in text and privilege in text for text in problems)


def test_objects_by_name():
    source = Inventory(
        (), (ExistingProgram("views", "v", "x@y"), ExistingProgram("triggers", "t", "x@y", True, "a"), ExistingProgram("routines", "function f", "x@y"))
    )
    mine = found(objects=[ExistingProgram("views", "w", "x@y"), ExistingProgram("routines", "procedure f", "x@y")], accounts=None)
    verdict = judge(mine, from_source(source, {}))
    assert [text.partition(" is missing")[0] for text in verdict.problems] == ["function f", "trigger t on a", "view v"]
    assert verdict.unexpected == ("procedure f", "view w")


def test_definers():
    objects = [
        ExistingProgram("views", "v", "gone@x"),
        ExistingProgram("views", "i", "gone@x", False),
        ExistingProgram("triggers", "t", "gone@x", True, "a"),
        ExistingProgram("events", "e", "me@x"),
    ]
    verdict = judge(found(objects=objects, accounts=frozenset(["me@x"]), broken={"v": "MySQL error 1449: ..", "i": "MySQL error 1356: .."}), expecting())
    # The view of the lost definer is broken for that reason alone as far as anyone knows.
    assert len(verdict.problems) == 2 and "view i cannot be read" in verdict.problems[0] and "no account gone@x" in verdict.problems[1]
    assert verdict.lost_definers == {"gone@x": ["view v", "trigger t on a"]}
    assert judge(found(objects=objects, accounts=None), expecting()).lost_definers == {}


def test_columns():
    def against(*columns):
        return judge(found(A), from_source(Inventory((A._replace(columns=columns),), ()), {"a": Contents(3)})).problems

    assert against(*A.columns) == against(ExistingColumn("ID", "int", None), ExistingColumn("g", "geometry", None)) == ()
    assert "g is geometry, at the source point" in against(A.columns[0], ExistingColumn("g", "point", None))[0]
    assert "g is only here" in against(A.columns[0])[0] and "x is missing" in against(*A.columns, ExistingColumn("x", "int", None))[0]
    named = A._replace(columns=(ExistingColumn("g", "geomcollection", None),))
    old = Inventory((A._replace(columns=(ExistingColumn("g", "geometrycollection", None),)),), ())
    assert judge(found(named), from_source(old, {"a": Contents(3)})).problems == ()


def test_nothing_expected_means_nothing_unexpected():
    assert judge(found(A), expecting()).unexpected == ()
    assert judge(found(A), expecting(ExpectedTable("b"))).unexpected == ("a",)
    assert judge(found(A), from_source(Inventory((), ()), {})).unexpected == ("a",)
