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

    series = [core.series for core in cores.CORES]
    assert WORKFLOWS["ci"]["jobs"]["cores"]["strategy"]["matrix"]["core"] == series
    others = " ".join(name for name in series if name not in cores.CHECKED)
    assert f"CORES='{others}' make cores" in _commands("nightly") and WORKFLOWS["nightly"]["jobs"]["devel"]["env"] == {"CORES": cores.DEVEL.series}


def test_no_job_of_the_night_is_green_because_it_tested_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step that ``make check`` may leave out in one job has a job of its own, where it may not; only the development branch may fail."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    import cores
    import run
    import steps

    jobs = WORKFLOWS["nightly"]["jobs"]
    for name in jobs["check"]["env"][run.MAY_SKIP].split():
        assert f"make {name}" in {step.get("run") for step in jobs[name]["steps"]} and jobs[name]["env"][run.MAY_SKIP] not in steps.STEPS
    assert [name for name, job in jobs.items() if "continue-on-error" in job] == ["devel"]
    installed = " ".join(step["run"] for step in jobs["check"]["steps"] if "pyenv" in step.get("run", ""))
    own = jobs["check"]["container"].partition(":")[2].partition("-")[0]
    pythons = {*re.findall(r"\b3\.\d+\b", installed), own}
    oldest = min(minor for core in cores.CORES for minor in (*core.control, *core.targets))
    newest = max(minor for core in cores.CORES for minor in core.control)
    assert pythons == {f"3.{minor}" for minor in range(oldest, newest + 1)}
