# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of make are the steps of tests/tools/steps.py; ``make test`` runs each of its steps."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_targets_of_make_are_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    import steps

    listed = dict(re.findall(r"^(STEPS|CHECK) =(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert listed["CHECK"].split() == [step.__name__ for step in (*steps.CHECK, *steps.LAST)]
    assert sorted(listed["STEPS"].split() + listed["CHECK"].split()) == sorted(steps.STEPS)
    assert sorted({name for lane in steps.LANES for name in lane}) == sorted(listed["STEPS"].split())
    assert {name for lane in steps.lanes_of_check() for name in lane} | {step.__name__ for step in steps.LAST} == set(steps.STEPS)
    assert set(steps.LONG) <= set(steps.WAITING)


def test_the_workflow_gives_each_further_server_to_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    import steps

    workflow = (ROOT / ".github" / "workflows" / "nightly.yml").read_text(encoding="utf-8")
    assert re.findall(r"variable: (\w+)", workflow) == list(steps.FURTHER_SERVERS)
