# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/guide.md names tests in every row that exist, are run by ``make test``, and can fail."""

import ast
import re
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
import yaml

ROOT = Path(__file__).parents[3]
LINES = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8").splitlines()
TABLES = [line for line in LINES if line.startswith("| ") and not line.startswith("| the guide")]
# Calls that fail as an assert does.
FAILS = {"raises", "refuses"}


class Loader(yaml.SafeLoader):
    """Knows Ansible's own marks, too."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def proves(place: str, name: str) -> bool:
    """Whether ``name`` is a test that is run, or a task of an integration test that is run and fails when something is not so."""
    path = ROOT / place
    return is_task(path, name) if path.is_dir() else is_test(path, name)


def is_test(path: Path, name: str) -> bool:
    """A function that pytest collects, does not skip, and that asserts something."""
    if path.relative_to(ROOT).parts[1] not in ("unit", "servers") or not path.name.startswith("test_") or not name.startswith("test_") or not path.is_file():
        return False
    found = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef) and node.name == name]
    if len(found) != 1 or any(re.search("skip|xfail", ast.dump(mark)) for mark in found[0].decorator_list):
        return False
    inside = list(ast.walk(found[0]))
    called = {getattr(node.func, "attr", getattr(node.func, "id", "")) for node in inside if isinstance(node, ast.Call)}
    return bool(called & FAILS) or any(isinstance(node, ast.Assert) for node in inside)


def is_task(target: Path, name: str) -> bool:
    """One task of a target, in reach of its main.yml, that asserts something or says itself when it has failed."""
    if target.parent != ROOT / "tests" / "integration" / "targets":
        return False
    tasks = [task for task in tasks_of(target) if task.get("name") == name]
    return len(tasks) == 1 and ("ansible.builtin.assert" in tasks[0] or "failed_when" in tasks[0])


def tasks_of(target: Path) -> Iterator[Dict[str, Any]]:
    """The tasks of main.yml, and of all files whose names stand in a file in reach."""
    waiting, seen = [target / "tasks" / "main.yml"], set[Path]()
    while waiting:
        file = waiting.pop()
        seen.add(file)
        text = file.read_text(encoding="utf-8")
        yield from flat(yaml.load(text, Loader=Loader))
        near = [other for folder in ("tasks", "files") for other in (target / folder).glob("*.yml")]
        waiting.extend(other for other in near if other not in seen | set(waiting) and re.search(rf"(?<![\w.-]){re.escape(other.name)}\b", text))


def flat(items: Any) -> Iterator[Dict[str, Any]]:
    for item in items or ():
        yield item
        for word in ("block", "rescue", "always", "tasks"):
            yield from flat(item.get(word))


@pytest.mark.parametrize("row", TABLES, ids=lambda row: row.split("|")[1].strip()[:40])
def test_every_row_names_tests_that_prove_it(row: str) -> None:
    said, done, proof = [cell.strip() for cell in row.strip("|").split("|")]
    named = re.findall(r"`(tests/[^`:]+)::([^`]+)`", proof)
    assert said and done and named and len(named) == proof.count("::")
    assert [f"{place}::{name}" for place, name in named if not proves(place, name)] == []


def test_the_guide_has_its_steps_and_its_questions() -> None:
    assert len(TABLES) > 20


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("tests/servers/test_import_gtid.py", "test_nothing"),
        ("tests/servers/test_nowhere.py", "test_nothing"),
        # It is there, and no test.
        ("tests/servers/test_restore_preflight.py", "state"),
        ("tests/support/oss.py", "page"),
        ("tests/integration/targets/role_restore", "Nobody wrote this"),
        # It is run, and cannot fail for what it finds.
        ("tests/integration/targets/role_restore", "How large the whole backup is"),
        ("roles/restore", "There is one"),
    ],
)
def test_what_proves_nothing_is_no_proof(place: str, name: str) -> None:
    assert not proves(place, name)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("def test_it():\n    assert True\n", True),
        ("def test_it():\n    with pytest.raises(OSError):\n        pass\n", True),
        ("def test_it():\n    pass\n", False),
        ("@pytest.mark.skipif(True, reason='')\ndef test_it():\n    assert True\n", False),
        ("'''\ndef test_it():\n    assert True\n'''\n", False),
        ("def it():\n    def test_it():\n        assert True\n", False),
    ],
)
def test_a_function_that_does_not_run_or_asserts_nothing_is_no_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, good: bool) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "tests" / "unit" / "test_one.py").write_text(text)
    assert proves("tests/unit/test_one.py", "test_it") is good


def test_a_task_that_nothing_includes_is_no_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    tasks = tmp_path / "tests/integration/targets/one/tasks"
    tasks.mkdir(parents=True)
    (tasks / "main.yml").write_text("- name: More\n  block:\n    - name: Even more\n      ansible.builtin.include_tasks: more.yml\n")
    for name in "more", "other":
        (tasks / f"{name}.yml").write_text(f"- name: It is so in {name}\n  ansible.builtin.assert:\n    that: [true]\n")
    assert proves("tests/integration/targets/one", "It is so in more")
    assert not proves("tests/integration/targets/one", "It is so in other")
