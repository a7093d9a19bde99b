# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/drill.md names existing variables and files, and its workflows run a drill and keep the report."""

import re
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
import yaml

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "drill.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_workflow_runs_a_drill_and_keeps_its_report(name: str) -> None:
    workflow = yaml.safe_load((ROOT / "docs" / "workflows" / name).read_text(encoding="utf-8"))
    if name.startswith("github"):
        steps = workflow["jobs"]["drill"]["steps"]
        commands, kept = [step.get("run", "") for step in steps], [step["with"]["path"] for step in steps if step.get("if") == "always()"]
    else:
        job = workflow["restore drill"]
        commands, kept = job["script"], job["artifacts"]["paths"] if job["artifacts"]["when"] == "always" else []
    assert "ansible-playbook apsaradb.mysql.drill" in commands and kept == ["drill-report"]


def test_variables_exist_in_the_playbook() -> None:
    known = yaml.safe_load((ROOT / "playbooks" / "vars" / "drill.yml").read_text(encoding="utf-8"))
    named = set(re.findall(r"`(drill_\w+)`", TEXT))
    assert named and named <= set(known)


def test_links_resolve() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(set(links)) == 5 and [link for link in links if not (ROOT / "docs" / link).is_file()] == []


def tasks(items: Any) -> Iterator[Dict[str, Any]]:
    for item in items or ():
        if isinstance(item, dict):
            yield item
            for word in ("block", "rescue", "always", "tasks"):
                yield from tasks(item.get(word))


def test_tasks_that_handle_signed_urls_are_not_logged() -> None:
    files = sorted([*(ROOT / "playbooks").rglob("*.yml"), *(ROOT / "roles").glob("*/tasks/*.yml")])
    found = [task for file in files for task in tasks(yaml.safe_load(file.read_text(encoding="utf-8")))]
    modules = {"apsaradb.mysql." + name for name in ("rds_backup_info", "rds_backup_create", "rds_binlog_info")}
    secret = [task for task in found if modules & set(task) or ".backups" in str(task)[:2000]]
    secret = [task for task in secret if "block" not in task]
    assert len(secret) > 2 and [task.get("name") for task in secret if task.get("no_log") is not True] == []


def test_a_backup_is_as_old_as_its_data() -> None:
    """rds_backup_create counts the age of a backup from its start, the time of its data, and so does the report of the role."""
    files = sorted([*(ROOT / "playbooks").rglob("*.yml"), *(ROOT / "roles").glob("*/tasks/*.yml")])
    made = [found for file in files for found in re.findall(r"\bmade'?: [^,\n]*?\.(start_time|end_time)\b", file.read_text(encoding="utf-8"))]
    assert made == ["start_time"] * 4
