# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that others chose, of members and of tables: no message gives them to a terminal as they are."""

import gzip
from pathlib import Path
from typing import Any, Dict, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure, printable
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _preflight, _run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._inspect import inspect_archive, known_dump
from ansible_collections.apsaradb.mysql.tests.support import backups

# Not control characters of ASCII, which no archive may have in its names: the start of a terminal escape sequence, and one that reverses text.
MEMBER = "hins1/shop/da\x9b31mta\u202e.sql.gz"
# In a dump, any characters may be between backticks.
TABLE = "t\x1b[31m\nok"


def test_of_a_member_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    path.write_bytes(backups.tar({MEMBER: gzip.compress(backups.DATA_SQL)[:-9]}))
    (summary,) = inspect_archive(str(path), None).databases[0].summaries
    assert summary.failure is not None and "truncated" in summary.failure.what
    assert summary.file.name.isprintable() and str(summary.failure).isprintable()
    assert "da\\x9b31mta\\u202e.sql.gz" in str(summary.failure)


def test_of_tables_in_what_check_mode_shows(tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    path.write_bytes(backups.tar({"hins1/shop/data.sql": "-- MySQL dump\nCREATE TABLE `{0}` (`a` int);\n-- Dump completed\n".format(TABLE).encode()}))
    plan = known_dump(inspect_archive(str(path), None).databases[0], Choices(b"shop"), scan=False).plan
    assert plan is not None
    assert _preflight._planned_names("shop", plan) == ["shop.table t\\x1b[31m\\nok\n"]


class Ears:
    """What a job's warnings and its end come to, as the module that Ansible runs would show them."""

    params: Dict[str, Any] = {}
    check_mode = True

    def __init__(self) -> None:
        self.heard: List[str] = []

    def warn(self, text: str) -> None:
        self.heard.append(text)

    def fail_json(self, msg: str, **_facts: Any) -> None:
        self.heard.append(msg)


def test_of_anything_in_a_warning_or_a_failure() -> None:
    def job(call: _run.JobContext) -> Dict[str, Any]:
        call.warn("The table {0} is odd.".format(TABLE))
        raise Failure("The table {0} is worse".format(TABLE), MEMBER, "Rename \udc80.")

    ears = Ears()
    _run.run(ears, job)  # type: ignore[arg-type]
    assert ears.heard == [
        "The table t\\x1b[31m\\nok is odd.",
        "The table t\\x1b[31m\\nok is worse (hins1/shop/da\\x9b31mta\\u202e.sql.gz). Rename \\udc80.",
    ]


@pytest.mark.parametrize("text", ["", "The database shop-1 is not empty.", "表 `größe`"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert printable(text) == text
