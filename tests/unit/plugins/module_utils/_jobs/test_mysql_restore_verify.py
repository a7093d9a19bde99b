# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is expected of a database and how it is read, as the options say; tests/servers/test_restore_verify.py verifies databases."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import mysql_restore_verify
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_verify import _expected_of, _failure, _reading, _several, job
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


def expectation(checksum="1", version="8.0.36"):
    return Expectation("ledger", (ExpectedTable("t", 1, "InnoDB", checksum),), {}, None, version)


@pytest.mark.parametrize(
    "expected, text",
    [
        (expectation(checksum=None), "There are no checksums to compare with. Import with verify: checksum"),
        (expectation(version="5.7.29"), "The checksums were computed by MySQL 5.7.29, but this is 8.0.40, whose CHECKSUM TABLE may differ"),
    ],
)
def test_checksums_that_cannot_be_compared(expected, text):
    with pytest.raises(Failure, match=text):
        _reading(expected, Version.parse("8.0.40"), checksum=True)
    assert callable(_reading(expected, Version.parse("8.0.40"), checksum=False))


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
    call = JobContext({"databases": ["a", "b", "c"], "expected": None, "fail_on_problems": True}, False, warned.append)
    with pytest.raises(Failure, match="2 of 3 databases differ from what is expected.*Lost connection.*table t is missing") as caught:
        _several(call, ["a", "b", "c"])
    assert [found["ok"] for found in caught.value.facts["databases"]] == [True, False, False]
    assert len(warned) == 1 and "views were not read" in warned[0]
    assert _several(call._replace(params=dict(call.params, fail_on_problems=False)), ["a", "b", "c"])["ok"] is False
