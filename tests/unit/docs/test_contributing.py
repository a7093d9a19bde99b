# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CONTRIBUTING.md describes the architecture that tests/unit/plugins/test_layout.py enforces."""

import re
from pathlib import Path

from ansible_collections.apsaradb.mysql.tests.unit.plugins.test_layout import ONLY

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_package_has_a_row() -> None:
    packages = {path.name for path in (ROOT / "plugins" / "module_utils").glob("_*") if path.is_dir() and path.name != "__pycache__"}
    assert set(re.findall(r"^\| `module_utils/(\w+)/` \|", TEXT, re.M)) == packages


def test_the_imports_are_those_that_are_allowed() -> None:
    sentence = TEXT.partition("Among these, ")[2].partition("\n")[0]
    named = {}
    for part in sentence.split(";"):
        who, _may, whom = part.partition(" may import ")
        named.update({name: set(re.findall(r"`(\w+)`", whom)) for name in re.findall(r"`(\w+)`", who)})
    assert named == {room: others for room, others in ONLY.items() if others and room != "modules"}
