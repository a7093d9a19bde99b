# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in Markdown pages, and the tables of the roles' README files, use modules, options and variables that exist."""

import re
from pathlib import Path
from typing import Any, Dict, Iterator, Set

import pytest
import yaml
from ansible_collections.apsaradb.mysql.tests.unit.docs.test_module_documentation import FILE_OPTIONS, MODULES, documentation_of

ROOT = Path(__file__).parents[3]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "roles").glob("*/README.md")]
VARIABLES: Dict[str, Set[str]] = {
    path.parents[1].name: set(yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"])
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")
}
# What the roles return.
FACTS = {"restore_report", "sandbox_server"}
BLOCKS = [(path, block) for path in PAGES for block in re.findall(r"^```(?:yaml\n|\n# \S+\.yml\n)(.*?)^```", path.read_text(encoding="utf-8"), re.S | re.M)]


def unknown(node: Any) -> Iterator[str]:
    """The modules, options and variables in an example that do not exist."""
    for key, value in node.items() if isinstance(node, dict) else ():
        module = re.fullmatch(r"apsaradb\.mysql\.(\w+)", str(key))
        if module and module.group(1) not in MODULES:
            yield str(key)
        elif module:
            yield from sorted(set(value or {}) - set(documentation_of(module.group(1))["options"]) - FILE_OPTIONS)
        elif str(key).partition("_")[0] in VARIABLES and key not in VARIABLES[str(key).partition("_")[0]] | FACTS:
            yield str(key)
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from unknown(value)


@pytest.mark.parametrize(("path", "block"), BLOCKS, ids=lambda part: part.name if isinstance(part, Path) else "")
def test_an_example_uses_what_exists(path: Path, block: str) -> None:
    assert list(unknown(yaml.safe_load(block))) == []


def test_examples_are_found_and_wrong_ones_are_seen() -> None:
    assert len(BLOCKS) > 10
    wrong = "- apsaradb.mysql.mysql_gtid: {state: empty, no_such: 1}\n- apsaradb.mysql.no_such: {}\n- vars: {restore_no_such: 1, restore_url: u}\n"
    assert list(unknown(yaml.safe_load(wrong))) == ["no_such", "apsaradb.mysql.no_such", "restore_no_such"]


@pytest.mark.parametrize("role", sorted(VARIABLES))
def test_the_readme_of_a_role_names_variables_that_exist(role: str) -> None:
    named = set(re.findall(rf"`({role}_\w+)", (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")))
    assert len(named) > 10 and named <= VARIABLES[role] | FACTS
