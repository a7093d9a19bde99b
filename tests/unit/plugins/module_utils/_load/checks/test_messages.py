# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences of the checks before a restore, and the document that explains them."""

import pathlib
import re
from typing import List

from ansible_collections.apsaradb.mysql.plugins.module_utils._finding import ERROR, OK, WARNING, FindingKind
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _disk_space
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import messages
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.all_checks import CHECKS

KINDS = [kind for room in (messages, _disk_space) for kind in vars(room).values() if isinstance(kind, FindingKind)]
DOCUMENT = pathlib.Path(__file__).resolve().parents[6] / "docs" / "preflight.md"


def rows() -> List[List[str]]:
    """The cells of the table of findings."""
    lines = re.sub(r'<a id="\w+"></a>', "", DOCUMENT.read_text(encoding="utf-8")).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in cells if len(row) == 6 and row[2] in (ERROR, WARNING, OK)]


def test_the_document_lists_exactly_these_findings_with_their_cures() -> None:
    shown = [(row[0], row[1], row[2], row[3], row[5].rstrip("| ")) for row in rows()]
    assert sorted(shown) == sorted((kind.check, kind.name, kind.level, kind.what, (kind.cure or "").replace("{{", "{").replace("}}", "}")) for kind in KINDS)


def test_the_document_gives_a_reason() -> None:
    assert [row[1] for row in rows() if not row[4] and row[2] != OK] == []


def test_names_and_sentences_are_unique() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) and len({kind.what for kind in KINDS}) == len(KINDS)
    assert {kind.level for kind in KINDS} == {ERROR, WARNING, OK}
    # Every error has a cure.
    assert [kind.name for kind in KINDS if kind.level == ERROR and not kind.cure] == []
    assert {name for name, _check in CHECKS} <= {kind.check for kind in KINDS}


def test_a_finding_reads_as_one_line_of_text() -> None:
    for kind in KINDS:
        words = {word: "x" for word in re.findall(r"{(\w+)}", kind.what + (kind.cure or ""))}
        found = kind.found("somewhere", **words)
        assert found.text.isprintable() and "somewhere" in found.text and "{x}" not in found.text and found.is_error == (kind.level == ERROR)


def test_every_finding_is_reported_by_a_check_and_named_by_a_test() -> None:
    root = DOCUMENT.parents[1]
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((root / "plugins").rglob("*.py")))
    tests = "".join(path.read_text(encoding="utf-8") for path in sorted((root / "tests").rglob("test_*.py")))
    names = {name for name, kind in vars(messages).items() if isinstance(kind, FindingKind)}
    assert [name for name in sorted(names) if "messages." + name not in code] == []
    assert [kind.name for kind in KINDS if not re.search(r"\b{0}\b".format(kind.name), tests)] == []
