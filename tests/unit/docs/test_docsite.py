# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/docsite makes a site of every Markdown page of the project, and holds no second copy of a text. ``make docs`` builds it."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SITE = ROOT / "docs" / "docsite"
LISTED = re.findall(r"^   ([\w*/]+)$", (SITE / "index.rst").read_text(encoding="utf-8"), re.M)
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "roles").glob("*/*.md"), ROOT / "CHANGELOG.rst"]


def test_every_page_is_on_the_site() -> None:
    shown = {path for entry in LISTED for path in ROOT.glob(entry + ".*") if path.suffix in (".md", ".rst")}
    assert sorted(shown) == sorted(PAGES)


def test_no_entry_shows_nothing() -> None:
    assert [entry for entry in LISTED if entry != "plugins" and not list(ROOT.glob(entry + ".*"))] == []


def test_no_text_is_written_twice() -> None:
    assert sorted(path.name for path in SITE.rglob("*.*")) == ["conf.py", "config.yml", "extra-docs.yml", "index.rst", "links.yml"]
    assert yaml.safe_load((SITE / "extra-docs.yml").read_text(encoding="utf-8")) == {"sections": []}


def test_links_are_encrypted_and_settings_are_those_of_antsibull_docs() -> None:
    links = yaml.safe_load((SITE / "links.yml").read_text(encoding="utf-8"))
    assert set(links) == {"communication"} and all(forum["url"].startswith("https://") for forum in links["communication"]["forums"])
    assert yaml.safe_load((SITE / "config.yml").read_text(encoding="utf-8")) == {"changelog": {"write_changelog": False}}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_reach_a_file_and_a_heading(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for target, _hash, heading in re.findall(r"\]\(([^)#:\s]*)(#([^)\s]+))?\)", text):
        linked = (path.parent / target).resolve() if target else path
        assert linked.exists(), target
        if heading:
            assert heading in headings(linked), f"{target}#{heading}"


def headings(path: Path) -> set[str]:
    """The anchors of a Markdown file, as GitHub and Sphinx make them, and those written in HTML."""
    text = path.read_text(encoding="utf-8")
    found = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.M)}
    return found | set(re.findall(r'<a id="([^"]+)"', text))
