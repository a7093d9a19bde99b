# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/guide.md names tests that exist, in every row."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LINES = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8").splitlines()
TABLES = [line for line in LINES if line.startswith("| ") and not line.startswith("| the guide")]


def is_there(place: str, name: str) -> bool:
    """Whether a file of tests has a function of that name, or a target of the integration tests a task."""
    path = ROOT / place
    if path.is_dir():
        tasks = [file.read_text(encoding="utf-8") for folder in ("tasks", "files") for file in (path / folder).glob("*.yml")]
        return any(re.search(rf"^ *- name: \"?{re.escape(name)}\"?$", text, re.M) for text in tasks)
    return path.is_file() and re.search(rf"^def {re.escape(name)}\(", path.read_text(encoding="utf-8"), re.M) is not None


@pytest.mark.parametrize("row", TABLES, ids=lambda row: row.split("|")[1].strip()[:40])
def test_every_row_names_tests_that_exist(row: str) -> None:
    said, done, proof = [cell.strip() for cell in row.strip("|").split("|")]
    named = re.findall(r"`(tests/[^`:]+)::([^`]+)`", proof)
    assert said and done and named and len(named) == proof.count("::")
    assert [f"{place}::{name}" for place, name in named if not is_there(place, name)] == []


def test_the_guide_has_its_steps_and_its_questions() -> None:
    assert len(TABLES) > 20
    assert not is_there("tests/servers/test_import_gtid.py", "test_nothing") and not is_there("tests/integration/targets/role_restore", "Nobody wrote this")
