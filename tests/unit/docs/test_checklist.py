# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every line of docs/checklist.md names a file or a command that exists, and what it says of some of them is so."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
LINES = [line.strip("| ").split(" | ") for line in (ROOT / "docs" / "checklist.md").read_text(encoding="utf-8").splitlines() if re.match(r"\| [✓✗] \|", line)]
STEPS = re.findall(r"\w+", " ".join(re.findall(r"^(?:STEPS|CHECK) =(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[1][:40])
def test_what_shows_an_item_exists(line: list[str]) -> None:
    mark, _item, shown = line
    named = re.findall(r"`([^`]+)`", shown)
    assert named or mark == "✗"
    assert [name for name in named if not (name.startswith("make ") and name[5:] in STEPS) and not (ROOT / name).is_file()] == []


def test_only_images_are_binary() -> None:
    files = [
        path for part in ("plugins", "roles", "playbooks", "meta", "extensions", "changelogs", "docs") for path in (ROOT / part).rglob("*") if path.is_file()
    ]
    binary = {path.parent for path in files if path.suffix != ".pyc" and b"\0" in path.read_bytes()}
    assert binary == {ROOT / "docs" / "images"}


def test_some_items_are_as_they_say() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert galaxy["license"] == ["GPL-3.0-or-later"] and galaxy["dependencies"] == {} and "tests" in galaxy["build_ignore"] and runtime["requires_ansible"]
    marks = {item: mark for mark, item, _shown in LINES}
    assert len(marks) > 25
    assert marks["sanity tests pass without an ignore file"] == ("✗" if list((ROOT / "tests" / "sanity").glob("ignore-*")) else "✓")
