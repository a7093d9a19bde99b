# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a report, from the results of modules."""

import inspect
from typing import Any

import pytest
import yaml
from ansible_collections.apsaradb.mysql.plugins.filter import restore_report as plugin

CHECK = {"findings": [{"check": "server", "level": "ok"}, {"check": "space", "level": "ok"}], "facts": {"gtid": None}}
PART = {"findings": [{"check": "version", "level": "ok"}, {"check": "server", "level": "ok"}], "facts": {"gtid": {"guide": "3546"}}}


def database(number: int = 0, **more: Any) -> dict[str, Any]:
    tables = [{"name": "a", "rows": 3}, {"name": "b", "rows": None}, {"name": "c", "rows": 4}]
    return dict({"source": f"d{number}", "target": f"t{number}", "changed": True, "tables": tables, "elapsed": 1.5, "statements": 9}, **more)


def test_arguments_are_those_of_the_documentation() -> None:
    arguments = list(inspect.signature(plugin.FilterModule().filters()["restore_report"]).parameters)
    assert list(yaml.safe_load(plugin.DOCUMENTATION)["options"]) == ["_input"] + arguments[1:]


def test_facts_of_an_import_after_a_download() -> None:
    fetched = {"changed": True, "bytes_downloaded": 100, "size": 120, "crc64": "7", "verified_by": ["crc64"], "databases": ["d0"]}
    imported = {"changed": True, "bytes_downloaded": 5, "databases": [database()]}
    facts = plugin.restore_report([imported, {}, fetched, {"skipped": True, "changed": False}], {"backup": "/b.tar", "changed": False}, [CHECK, PART, {}])
    assert facts.pop("databases")[0].items() >= {"source": "d0", "target": "t0", "rows": 7, "seconds": 1.5, "changed": True, "warnings": [], "gtid": {}}.items()
    assert facts == {
        "backup": "/b.tar",
        "changed": True,
        "bytes_downloaded": 105,
        "size": 120,
        "crc64": "7",
        "verified_by": ["crc64"],
        "findings": [*CHECK["findings"], PART["findings"][0]],
        "gtid_outlook": {"guide": "3546"},
        "following": {},
        "roll_forward_plan": {},
        "rolled_forward": {},
    }


RAN = [{"name": "mask.sql"}]


@pytest.mark.parametrize(
    ("other", "ran"),
    [
        # A fetch of some databases, of the whole backup in check mode, and of a database whose name contains the words of result keys.
        (["d0"], []),
        (None, []),
        (["database_files"], []),
        ([{"database": "t0", "changed": True, "files": RAN}], RAN),
        ([{"database": "t0", "ok": True}], []),
    ],
)
def test_databases_of_other_modules_are_not_those_of_an_import(other: Any, ran: list[Any]) -> None:
    imported = {"changed": True, "databases": [database()]}
    for results in [{"databases": other}, imported], [imported, {"databases": other}]:
        found = plugin.restore_report(results)["databases"]
        assert [(one["target"], one["rows"], one["after_sql"]) for one in found] == [("t0", 7, ran)]


def test_plan_of_a_roll_forward_is_its_own_or_that_of_the_preflight() -> None:
    plans = [dict.fromkeys(("window", "transactions", "overlap", "largest", "ddl"), number) for number in (1, 2)]
    check = {"findings": [], "facts": {"roll_forward": dict(plans[0], gtid_set="u:1")}}
    assert plugin.restore_report([{"databases": []}], {}, [CHECK, check])["roll_forward_plan"] == plans[0]
    assert plugin.restore_report([{"databases": []}, dict(plans[1], changed=True)], {}, [check])["roll_forward_plan"] == plans[1]


def test_databases_that_follow_a_server() -> None:
    state = {"running": True, "lag_seconds": 2, "transactions_behind": 5}
    assert plugin.restore_report([{"databases": [database()]}, dict(state, channel="c", changed=True)])["following"] == state


@pytest.mark.parametrize(
    ("results", "about", "changed"),
    [
        ([{"changed": False, "databases": []}], {}, False),
        ([{"changed": False, "databases": []}], {"changed": True}, True),
        ([{"changed": False}, {"changed": True}], {"changed": False}, True),
        ([], None, False),
    ],
)
def test_changed(results: list[dict[str, Any]], about: dict[str, Any] | None, changed: bool) -> None:
    assert plugin.restore_report(results, about)["changed"] is changed


def test_without_an_import_there_are_no_databases() -> None:
    facts = plugin.restore_report([{"skipped": True}, {"databases": ["shop"], "bytes_downloaded": 3}])
    assert facts["databases"] == [] and facts["bytes_downloaded"] == 3 and facts["size"] is None and facts["findings"] == []


def test_a_database_that_was_left_alone_has_every_key_and_one_that_failed_is_left_out() -> None:
    facts = plugin.restore_report(
        [{"databases": [database(), {"source": "d1", "target": "t1", "skipped": True}, database(2, failed=True, msg="It is damaged.")]}]
    )
    assert [one.keys() for one in facts["databases"]] == [facts["databases"][0].keys()] * 2
    assert (facts["databases"][1]["rows"], facts["databases"][1]["seconds"]) == (0, 0)
    assert [one["skipped"] for one in facts["databases"]] == [False, True]


class Counted(dict):  # type: ignore[type-arg]
    """Counts how often a value is read."""

    reads = 0

    def get(self, name: Any, default: Any = None) -> Any:
        Counted.reads += 1
        return super().get(name, default)


def test_time_is_linear_in_the_number_of_databases() -> None:
    reads = []
    for count in 100, 200:
        Counted.reads = 0
        plugin.restore_report([{"databases": [Counted(database(number)) for number in range(count)]}])
        reads.append(Counted.reads)
    assert reads[1] == 2 * reads[0]


def test_the_point_in_time_that_the_databases_hold() -> None:
    """A roll-forward of this run, or of an earlier one; a database that was left alone was not rolled forward."""
    noted = {"until": "10:00", "complete": True}
    known = {"databases": [database(0, server_version="9.7.0", rolled_forward=noted), database(1)]}
    facts = plugin.restore_report([known])
    assert facts["rolled_forward"] == noted and [one["rolled_forward"] for one in facts["databases"]] == [noted, {}]
    later = {"until": "11:00", "gtid": "a:9"}
    facts = plugin.restore_report([known, {"changed": True, "reached": later}])
    assert facts["rolled_forward"] == dict(later, complete=True) and [one["rolled_forward"] for one in facts["databases"]] == [dict(later, complete=True), {}]
