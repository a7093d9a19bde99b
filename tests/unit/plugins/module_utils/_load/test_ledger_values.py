# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger with any value replaced or removed is refused, or used without an error other than a Failure."""

import copy
import json

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import LedgerEntry
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger_values import (
    WrongValue,
    checked_after_sql,
    checked_entry,
    checked_name,
    checked_number,
    checked_roll,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.staging import Staging
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import LoadResult, TableResult, to_report
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.resume import fingerprint_of, origin_of, resume_state, settings_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.differences import TableDifference
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingProgram, ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.plugins.module_utils._verify.expected import from_report
from ansible_collections.apsaradb.mysql.tests.support.subjects import request

GTIDS = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"
FILES = [{"size": 10, "edges": 1, "content": 2, "modified": 3}, {"size": 10, "edges": 1, "content": None, "modified": 3}]
RAN = [{"name": "a.sql", "sha256": "ab", "state": "complete", "statements": [{"line": 1, "kind": "UPDATE", "table": "t", "matched": None}]}]
RESULT = LoadResult(
    True,
    tuple(TableResult(name, 1, None, 5, 0.1, "InnoDB") for name in "abc"),
    {"views": 1},
    {"definer": 1},
    ("a warning",),
    phases={"rows": 0.1},
    gtid={"policy": "strip", "dump": GTIDS, "applied": ""},
    differences=(TableDifference("a", "engine", "x", "y"),),
    rolled_forward={"complete": True, "gtid": None},
    after_sql=RAN,
)
COMPLETE = dict(to_report(RESULT), made=[["VIEW", "v"]], origin=["/b", None, "shop"])
LOADING = {"made": "CREATE DATABASE", "settled": COMPLETE["tables"], "staging": dict(Staging.of("shop")._asdict())}
ROLL = {"state": "running", "databases": {"a": "b"}, "gtids": GTIDS, "exec_mode": "STRICT", "restart": "held", "started": 5}
ROLL["reached"] = {"until": "2026-01-01", "gtid": None}
FOLLOW = {"state": "following", "databases": {"a": "a"}, "set": GTIDS, "restart": "held", "promoted": {"tables": 1, "compared": True}}
FOLLOW.update(source={"host": "h", "port": 1, "user": "u"}, overlap={"again": GTIDS, "after": "", "tables": [["a", "t"]]})
HOSTILE = (None, True, -1, 1 << 70, 1.5, float("nan"), float("inf"), "", "x", "\ud800", "\x1b[2J", [], [None], [[]], {}, {"x": None}, {"\ud800": 1})
INVENTORY = Inventory((ExistingTable("a", "InnoDB"), ExistingTable("b", "InnoDB")), (ExistingProgram("views", "V", "a@b"),))


def mutations(value):
    """The value with one part replaced by each hostile value, removed, or added."""
    for hostile in HOSTILE:
        yield copy.deepcopy(hostile)
    if isinstance(value, (dict, list, tuple)):
        for key in value if isinstance(value, dict) else range(len(value)):
            base = dict(value) if isinstance(value, dict) else list(value)
            for changed in mutations(value[key]):
                base[key] = changed
                yield copy.deepcopy(base)
            del base[key]
            yield copy.deepcopy(base)
    if isinstance(value, dict):
        yield dict(value, unknown=1)


def used(state, texts):
    """What the next jobs do with the entry."""
    entry = LedgerEntry(state, *checked_entry(state, texts))
    for on_existing in ("fail", "replace"):
        wanted = request(on_existing=on_existing)
        for existing in (INVENTORY, INVENTORY._replace(tables=()), Inventory((), ()), INVENTORY._replace(objects=())):
            found = resume_state(wanted, FILES, entry, existing)
            json.dumps([to_report(found.result), found.report()]).encode("ascii")
    Staging.from_report(entry.report, "shop")
    origin_of(entry)
    from_report(entry.report, some_tables=False)
    fingerprint_of(entry.files)


@pytest.mark.parametrize("state, report", [("complete", COMPLETE), ("loading", LOADING)])
def test_any_damaged_entry_is_refused_or_harmless(state, report):
    texts = {"files": FILES, "settings": settings_of(request()), "report": report}
    used(state, {what: json.dumps(value) for what, value in texts.items()})
    outcomes = {"refused": 0, "used": 0}
    for what, value in texts.items():
        for changed in mutations(value):
            damaged = dict(texts, **{what: changed})
            try:
                used(state, {name: json.dumps(each) for name, each in damaged.items()})
                outcomes["used"] += 1
            except (Failure, WrongValue) as error:
                str(error).encode("ascii")
                outcomes["refused"] += 1
    assert outcomes["refused"] > outcomes["used"] > 50, outcomes


@pytest.mark.parametrize("note", [ROLL, FOLLOW])
def test_a_damaged_note_of_a_roll_forward_is_refused(note):
    assert checked_roll({"roll": json.dumps(note)}) == note and checked_roll({}) is None
    for changed in mutations(note):
        try:
            found = checked_roll({"roll": json.dumps(changed)})
        except WrongValue:
            continue
        assert found is None or {"state", "databases"} <= set(found) <= set(ROLL) | set(FOLLOW)
        assert found is None or "source" not in found or {"restart", "set"} <= set(found)
    with pytest.raises(WrongValue, match="roll.source.port is '1'"):
        checked_roll({"roll": json.dumps(dict(FOLLOW, source={"host": "h", "port": "1", "user": "u"}))})
    with pytest.raises(WrongValue, match="roll has no set"):
        checked_roll({"roll": json.dumps({name: value for name, value in FOLLOW.items() if name != "set"})})


def test_a_damaged_note_of_sql_files_is_refused():
    assert checked_after_sql({"after_sql": json.dumps(RAN)})[0]["name"] == "a.sql" and checked_after_sql({}) is None
    for wrong in ({}, [{}], [dict(RAN[0], state="x")], [dict(RAN[0], statements=None)], [dict(RAN[0], name=None)]):
        with pytest.raises(WrongValue, match="after_sql"):
            checked_after_sql({"after_sql": json.dumps(wrong)})


@pytest.mark.parametrize("text", ["", "{", "[" * 100000, "[" * 100000 + "]" * 100000, '{"a":}', "None", "nul"])
@pytest.mark.parametrize("what", ["files", "settings", "report"])
def test_a_text_that_is_not_json_is_refused(what, text):
    with pytest.raises(WrongValue, match=what):
        checked_entry("complete", {what: text})


@pytest.mark.parametrize("state", ["", "Complete", "None", "loading "])
def test_an_unknown_state_is_refused(state):
    with pytest.raises(WrongValue, match="state is '{0}'".format(state)):
        checked_entry(state, {})


def test_values_of_columns():
    assert checked_name("ä".encode(), "x") == "ä" and checked_number(5, "x") == 5
    for wrong in (b"\xff", None, 5, "text"):
        with pytest.raises(WrongValue, match="a name is"):
            checked_name(wrong, "a name")
    for wrong in (None, "x"):
        with pytest.raises(WrongValue, match="a number is"):
            checked_number(wrong, "a number")
