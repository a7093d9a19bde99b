# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is expected of a database and how it is read, as the options say; tests/servers/test_restore_verify.py verifies databases."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import mysql_restore_verify
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_verify import (
    DatabaseOnServer,
    _expectation,
    _expected_of,
    _failure,
    _hidden_from,
    _reading,
    _refuse_if_empty,
    _several,
    _summing,
    _warn_of_gaps,
    job,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import Grants
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingColumn, ExistingProgram, ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.plugins.module_utils._verify.compare import Comparison
from ansible_collections.apsaradb.mysql.plugins.module_utils._verify.expected import Expectation, ExpectedTable

SEVERAL = {"databases": [{"target": "shop", "tables": []}, {"target": "crm", "tables": [1]}, "nothing"]}


def test_a_database_has_its_part_of_the_result_of_an_import():
    assert _expected_of(None, "shop") is None
    assert _expected_of(SEVERAL, "crm") == {"target": "crm", "tables": [1]}


@pytest.mark.parametrize("expected", [SEVERAL, {}, {"databases": None}, {"databases": []}, []])
def test_a_database_without_a_part_is_refused(expected):
    with pytest.raises(Failure, match="expected does not contain the database stock"):
        _expected_of(expected, "stock")


@pytest.mark.parametrize("given", [SEVERAL, {"databases": [{"target": "shop", "tables": []}], "warnings": []}])
def test_one_database_has_its_part_of_the_result_of_an_import_of_several(given):
    params = {"expected": given, "database": "shop", "checksum": False, "tables": None, "exclude_tables": None}
    assert _expectation(None, params) == Expectation("expected")
    with pytest.raises(Failure, match="expected does not contain the database stock"):
        _expectation(None, dict(params, database="stock"))
    one = {"tables": [{"name": "t", "rows": 3}], "databases": [{"target": "crm"}]}
    assert _expectation(None, dict(params, expected=one)).tables == (ExpectedTable("t", 3),)


def expectation(checksum="1", version="8.0.36"):
    return Expectation("ledger", (ExpectedTable("t", 1, "InnoDB", checksum),), {}, None, version)


@pytest.mark.parametrize(
    "expected, text",
    [
        (expectation(checksum=None), "There are no checksums to compare with. Import with verify: checksum"),
        (
            Expectation("ledger", changed_by=("it was rolled forward", "x")),
            "The checksums are those of the import, and .* since: it was rolled forward; x. Omit",
        ),
        (expectation(version="5.7.29"), "The checksums were computed by MySQL 5.7.29, but this is 8.0.40, whose CHECKSUM TABLE may differ"),
    ],
)
def test_checksums_that_cannot_be_compared(expected, text):
    with pytest.raises(Failure, match=text):
        _reading(expected, Version.parse("8.0.40"), checksum=True)
    assert callable(_reading(expected, Version.parse("8.0.40"), checksum=False))


def test_checksums_of_only_some_tables_are_refused():
    some = expectation()._replace(tables=(ExpectedTable("t", 1, "InnoDB", "1"), ExpectedTable("u", 1, "InnoDB"), ExpectedTable("v")))
    with pytest.raises(Failure, match="There is no checksum of u, v to compare with. Import with verify: checksum, give source, exclude these tables"):
        _reading(some, Version.parse("8.0.40"), checksum=True)
    assert callable(_reading(some, Version.parse("8.0.40"), checksum=False))


def test_a_database_that_was_imported_without_tables_has_all_its_checksums():
    assert callable(_reading(Expectation("ledger"), Version.parse("8.0.40"), checksum=True))
    with pytest.raises(Failure, match="no checksums"):
        _reading(Expectation("expected"), Version.parse("8.0.40"), checksum=True)


def found(*names, views=()):
    return DatabaseOnServer(
        None, "shop", Inventory(tuple(ExistingTable(name, "") for name in names), tuple(ExistingProgram("views", name, "") for name in views))
    )


def ledger(**rows):
    return Expectation("ledger", tuple(ExpectedTable(name, number) for name, number in rows.items()))


@pytest.mark.parametrize(
    "options, target, expected, warning",
    [
        ({}, found("t"), ledger(t=1), None),
        ({}, found("t"), ledger(t=None, u=1), "The rows of t in shop were not compared"),
        ({}, found("t"), ledger(t=None)._replace(origin="expected"), None),
        ({"tables": ["t", "custmer"]}, found("t"), ledger(t=1), "tables has custmer, which matches no table or view of shop"),
        ({"tables": ["t", "custmer"]}, found("t"), ledger(t=1, custmer=2), None),
        ({"tables": ["t", "v"]}, found("t", views=["v"]), ledger(t=1), None),
        ({"tables": ["t", "custmer"], "databases": ["shop", "crm"]}, found("t"), ledger(t=1), None),
        ({"exclude_tables": ["*"]}, found(), ledger(), "exclude_tables matches every table and view of shop"),
        ({"expected": {"changed": True}}, found("t"), Expectation("expected"), "expected names no table"),
        (
            {},
            found("t"),
            Expectation("ledger", changed_by=("it was rolled forward", "x")),
            "shop was changed after its import (it was rolled forward; x), so no",
        ),
        (
            {"source": {"login_user": "reader"}},
            found("t"),
            Expectation("source", hidden=("routines", "triggers", "events")),
            "The routines, triggers and events of shop were not all compared, because the source hides them from its account. Grant it EXECUTE, TRIGGER, EV",
        ),
        ({}, found("t"), Expectation("source", hidden=("events",)), "The events of shop were not all compared"),
        ({"expected": {"after_sql": [{}]}}, found("t"), Expectation("expected", changed_by=("x",)), "shop was changed after its import (x), so nothing"),
    ],
)
def test_what_is_not_compared_is_a_warning(options, target, expected, warning):
    params = dict({"tables": None, "exclude_tables": None, "expected": None, "databases": None}, **options)
    said = []
    _warn_of_gaps(JobContext(params, False, said.append), target, expected)
    assert len(said) == bool(warning) and all(text.startswith(warning) for text in said)


def test_tables_whose_names_differ_only_in_case_are_read_with_their_own_columns(monkeypatch):
    read = []
    monkeypatch.setattr(mysql_restore_verify, "count_and_sum", lambda _connection, _database, name, forms: read.append((name, len(forms))))
    monkeypatch.setattr(mysql_restore_verify, "count", lambda _connection, _database, name: read.append((name, None)))

    def side(*tables):
        made = tuple(ExistingTable(name, "InnoDB", tuple(ExistingColumn(column, "int", None) for column in columns)) for name, columns in tables)
        return DatabaseOnServer(None, "shop", Inventory(made, ()))

    target, source = side(("T", "idab"), ("t", "c"), ("Other", "ab")), side(("T", "idab"), ("t", "c"), ("other", "a"))
    for table in target.inventory.tables:
        _summing(target, source)(None, "shop", table)
    # Neither server ignores case, so Other is not other.
    assert read == [("T", 4), ("t", 1), ("Other", None)]
    folding = source._replace(inventory=source.inventory._replace(folds_case=True))
    _summing(target, folding)(None, "shop", target.inventory.tables[2])
    _summing(folding, target)(None, "shop", source.inventory.tables[2])
    assert read[3:] == [("Other", 1), ("other", 1)]


HELD = Grants(frozenset(), (("shop", frozenset(["SELECT", "EXECUTE", "TRIGGER", "EVENT"])),))


@pytest.mark.parametrize(
    "grants, options, hidden",
    [
        (HELD, {}, ()),
        (Grants(frozenset(["SELECT"]), ()), {}, ("triggers", "events")),
        (Grants(frozenset(), (("shop", frozenset(["SELECT"])),)), {}, ("routines", "triggers", "events")),
        # With a limit, routines and events are not compared.
        (Grants(frozenset(["SELECT"]), ()), {"tables": ["*"]}, ("triggers",)),
        (Grants(frozenset(["SELECT", "TRIGGER"]), ()), {"exclude_tables": ["t"]}, ()),
        (Grants(frozenset(["TRIGGER"]), ()), {}, None),
        (Grants(frozenset(["TRIGGER"]), ()), {"tables": ["t*"]}, None),
        (Grants(frozenset(["TRIGGER"]), ()), {"tables": ["t", "lost"]}, None),
        # SELECT on each of these tables.
        (Grants(frozenset(), ()), {"tables": ["t", "v"]}, ("triggers",)),
    ],
)
def test_what_the_source_hides_from_its_account(monkeypatch, grants, options, hidden):
    monkeypatch.setattr(mysql_restore_verify, "grants_of", lambda _connection: grants)
    source = found("t", views=["v"])._replace(connection=Target)
    params = dict({"tables": None, "exclude_tables": None}, **options)
    if hidden is not None:
        assert _hidden_from(source, params) == hidden
    else:
        with pytest.raises(Failure, match="The account of the source may not read all tables of shop, .*server here.. Grant it SELECT, .* on shop"):
            _hidden_from(source, params)


def test_grants_are_for_the_name_in_lower_case_where_the_server_ignores_case(monkeypatch):
    monkeypatch.setattr(mysql_restore_verify, "grants_of", lambda _connection: HELD)
    inventory = Inventory((ExistingTable("t", ""),), (), folds_case=True)
    params = {"tables": None, "exclude_tables": None}
    assert _hidden_from(DatabaseOnServer(Target, "SHOP", inventory), params) == ()
    with pytest.raises(Failure):
        _hidden_from(DatabaseOnServer(Target, "SHOP", inventory._replace(folds_case=False)), params)


def result_of(*tables, **more):
    return dict({"database": "shop", "tables": list(tables), "objects": {"views": 0}, "objects_expected": {}}, **more)


@pytest.mark.parametrize(
    "results, refused",
    [
        ([result_of()], True),
        ([result_of(), result_of()], True),
        ([result_of(), result_of({"name": "t"})], False),
        ([result_of(objects={"views": 1})], False),
        ([result_of(objects_expected={"views": 1})], False),
        ([result_of(), {"database": "crm", "ok": False, "problems": ["It is gone."]}], False),
    ],
)
def test_a_limit_that_selects_nothing_is_refused(results, refused):
    _refuse_if_empty(results, {"tables": None, "exclude_tables": ["*"]})
    said = []
    try:
        _refuse_if_empty(results, {"tables": ["custmer"], "exclude_tables": None})
    except Failure as failure:
        said.append(failure.what)
    assert bool(said) == refused and all(text.startswith("tables selects no table or view of shop") for text in said)


def test_checksums_of_the_same_series_are_compared():
    assert callable(_reading(expectation(), Version.parse("8.0.40"), checksum=True))
    assert callable(_reading(expectation(version=""), Version.parse("8.0.40"), checksum=True))


def test_an_empty_name_is_refused():
    with pytest.raises(Failure, match="database is empty"):
        job(JobContext({"database": "", "databases": []}, False, pytest.fail))


class Target:
    database = "shop"
    address = "here"
    connection = None


Target.connection = Target


def test_a_failure_names_the_first_problems_and_where_to_find_the_others():
    made = _failure(Target, Comparison((), {}, (), tuple("problem {0}.".format(number) for number in range(7))), {"ok": False})
    assert made.what.startswith("shop differs from what is expected. 7 problems: (1) problem 0; (2) problem 1; ") and "problem 5" not in made.what
    assert made.cure == "The result key problems lists all of them." and made.facts == {"ok": False}
    one = _failure(Target, Comparison((), {}, (), ("table t is missing.",)), {})
    assert one.what == "shop differs from what is expected. table t is missing" and one.cure is None


def test_several_databases_fail_together(monkeypatch):
    def verified(call):
        if call.params["database"] == "b":
            raise Failure("Lost connection")
        call.warn("views were not read")
        problems = ["table t is missing"] if call.params["database"] == "c" else []
        return {"database": call.params["database"], "ok": not problems, "problems": problems, "expected": call.params["expected"]}

    warned = []
    monkeypatch.setattr(mysql_restore_verify, "_one", verified)
    call = JobContext({"databases": ["a", "b", "c"], "expected": None, "tables": None, "fail_on_problems": True}, False, warned.append)
    with pytest.raises(Failure, match="2 of 3 databases differ from what is expected.*Lost connection.*table t is missing") as caught:
        _several(call, ["a", "b", "c"])
    assert [found["ok"] for found in caught.value.facts["databases"]] == [True, False, False]
    assert len(warned) == 1 and "views were not read" in warned[0]
    assert _several(call._replace(params=dict(call.params, fail_on_problems=False)), ["a", "b", "c"])["ok"] is False
