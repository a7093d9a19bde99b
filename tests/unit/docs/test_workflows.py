# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows run what ``make`` has: the cases of every change, each supported ansible-core, and every night all of it."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / ".github" / "workflows").glob("*.yml")}


def _commands(workflow: str) -> set[str]:
    return {step["run"] for job in WORKFLOWS[workflow]["jobs"].values() for step in job["steps"] if "run" in step}


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {"test", "check", *" ".join(re.findall(r"^(?:STEPS|CHECK) =(.*)$", makefile, re.M)).split()}
    named = {target for workflow in WORKFLOWS for command in _commands(workflow) for target in re.findall(r"\bmake ([a-z]+)", command)}
    assert {"lint", "test", "check", "cores"} <= named <= targets
    assert "make check" in _commands("nightly") and "schedule" in WORKFLOWS["nightly"]["on"]


def test_the_matrix_has_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    import cores

    assert WORKFLOWS["ci"]["jobs"]["cores"]["strategy"]["matrix"]["core"] == [core.series for core in cores.CORES]
