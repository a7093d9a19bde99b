# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every row of docs/vendor-guide.md, and of the tables in docs/import.md and SECURITY.md, names tests that exist, can fail, and are run by ``make test``."""

import ast
import re
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
import yaml

ROOT = Path(__file__).parents[3]
LINES = [line for page in ("docs/vendor-guide.md", "docs/import.md", "SECURITY.md") for line in (ROOT / page).read_text(encoding="utf-8").splitlines()]
# Rows of three columns whose last column names tests, and rows of the guide that name none.
GUIDE = (ROOT / "docs" / "vendor-guide.md").read_text(encoding="utf-8").splitlines()
TABLES = [line for line in LINES if line.startswith("| ") and not line.startswith("| The guide") and (line in GUIDE or "`tests/" in line)]
# Calls that count as an assertion.
FAILS = {"raises", "refuses"}


class Loader(yaml.SafeLoader):
    """A YAML loader that accepts Ansible's tags."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def proves(place: str, name: str) -> bool:
    """Whether ``name`` is a test that runs, or a task of an integration target that runs and can fail."""
    path = ROOT / place
    return is_task(path, name) if path.is_dir() else is_test(path, name)


def is_test(path: Path, name: str) -> bool:
    """Whether ``name`` is a function that pytest collects, does not skip, and that asserts something."""
    if path.relative_to(ROOT).parts[1] not in ("unit", "servers") or not path.name.startswith("test_") or not name.startswith("test_") or not path.is_file():
        return False
    found = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef) and node.name == name]
    if len(found) != 1 or any(re.search("skip|xfail", ast.dump(mark)) for mark in found[0].decorator_list):
        return False
    inside = list(ast.walk(found[0]))
    called = {getattr(node.func, "attr", getattr(node.func, "id", "")) for node in inside if isinstance(node, ast.Call)}
    return bool(called & FAILS) or any(isinstance(node, ast.Assert) for node in inside)


def is_task(target: Path, name: str) -> bool:
    """Whether ``name`` is one task of the target, reachable from its main.yml, with an assert or ``failed_when``."""
    if target.parent != ROOT / "tests" / "integration" / "targets":
        return False
    tasks = [task for task in tasks_of(target) if task.get("name") == name]
    return len(tasks) == 1 and ("ansible.builtin.assert" in tasks[0] or "failed_when" in tasks[0])


def tasks_of(target: Path) -> Iterator[Dict[str, Any]]:
    """Yield the tasks of main.yml, and of all files whose names occur in a file already reached."""
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
def test_every_row_names_existing_tests(row: str) -> None:
    step, answer, proof = [cell.strip() for cell in row.strip("|").split("|")]
    named = re.findall(r"`(tests/[^`:]+)::([^`]+)`", proof)
    assert step and answer and named and len(named) == proof.count("::")
    assert [f"{place}::{name}" for place, name in named if not proves(place, name)] == []


def test_no_row_was_lost() -> None:
    assert len(TABLES) > 20


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("tests/servers/test_import_gtid.py", "test_nothing"),
        ("tests/servers/test_nowhere.py", "test_nothing"),
        # Exists, but is not a test.
        ("tests/servers/test_restore_preflight.py", "state"),
        ("tests/support/faulty_oss.py", "page"),
        ("tests/integration/targets/role_restore", "No such task"),
        # Runs, but cannot fail.
        ("tests/integration/targets/role_restore", "Get the size of the backup"),
        ("roles/restore", "Check that a backup was found"),
    ],
)
def test_names_that_prove_nothing_are_rejected(place: str, name: str) -> None:
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
def test_functions_that_do_not_run_or_assert_nothing_are_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, good: bool) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "tests" / "unit" / "test_one.py").write_text(text)
    assert proves("tests/unit/test_one.py", "test_it") is good


def test_a_task_that_nothing_includes_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    tasks = tmp_path / "tests/integration/targets/one/tasks"
    tasks.mkdir(parents=True)
    (tasks / "main.yml").write_text("- name: More\n  block:\n    - name: Even more\n      ansible.builtin.include_tasks: more.yml\n")
    for name in "more", "other":
        (tasks / f"{name}.yml").write_text(f"- name: It is so in {name}\n  ansible.builtin.assert:\n    that: [true]\n")
    assert proves("tests/integration/targets/one", "It is so in more")
    assert not proves("tests/integration/targets/one", "It is so in other")
