# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/troubleshooting.md has every message of the code, no other, and an anchor for each; docs/preflight.md has one for each finding."""

import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import messages  # noqa: E402

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
PREFLIGHT = (ROOT / "docs" / "preflight.md").read_text(encoding="utf-8")
FOUND = messages.messages()
EXPLAINED = re.split(r"^### ", PAGE.partition("## What most restores meet")[2].partition("\n## ")[0], flags=re.M)[1:]
FINDINGS = {line.split(" | ")[3] for line in PREFLIGHT.splitlines() if line.startswith("| ") and line.count(" | ") >= 4}


def test_the_tables_are_those_of_the_code() -> None:
    assert messages.written(PAGE, FOUND) == PAGE, "run: python3 tests/tools/messages.py"


@pytest.mark.parametrize("section", EXPLAINED, ids=lambda section: section.splitlines()[0][:50])
def test_a_message_that_is_explained_exists_and_has_a_cause_and_a_cure(section: str) -> None:
    title = section.splitlines()[0]
    assert title in {messages.plain(message.what) for message in FOUND} | FINDINGS
    assert "- **Cause**: " in section and "- **What to do**: " in section


def test_options_of_examples_exist() -> None:
    options = yaml.safe_load((ROOT / "roles/restore/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    named = {word for section in EXPLAINED for word in re.findall(r"`(restore_\w+)", section)}
    assert len(named) > 4 and named <= set(options)


def test_every_anchor_is_unique() -> None:
    anchors = re.findall(r'<a id="([^"]+)"', PAGE)
    assert len(anchors) > 300 and len(set(anchors)) == len(anchors)


def test_every_finding_has_an_anchor() -> None:
    rows = [line.split(" | ") for line in PREFLIGHT.splitlines() if line.startswith("| ")]
    kinds = [row[1] for row in rows if len(row) > 4 and row[2] in ("error", "warning", "ok")]
    assert len(kinds) > 80 and [kind for kind in kinds if not re.fullmatch(r'<a id="(\w+)"></a>\1', kind)] == []


def test_a_failure_has_a_cure() -> None:
    """A warning may only inform."""
    assert [message.what for message in FOUND if not message.cure and not message.warning] == []
    assert len([message for message in FOUND if message.cure == messages.UNKNOWN]) < 5
