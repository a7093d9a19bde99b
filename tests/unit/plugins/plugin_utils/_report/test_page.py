# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: its structure, what it says, and that no text from outside becomes markup, a template or a request."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.visible_text import visible
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._report import page as page_file
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._report.page import LISTED, TRENDS, count, moment, timeline_rows, to_html, trends
from ansible_collections.apsaradb.mysql.tests.support.cases import examples
from ansible_collections.apsaradb.mysql.tests.support.reports import HOSTILE, NOW, imported, report, report_full_of, table, verified, with_history
from hypothesis import given
from hypothesis import strategies as st

VOID = {"meta", "link", "br", "rect", "path", "circle"}


class Page(HTMLParser):
    """A parsed page. Fails if an element is closed that is not the innermost one, or is never closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str | None] = []
        self.names: list[str] = []
        self.title = ""
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open
        self.text = re.sub(r"\s+", " ", "".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _value in attrs)
        self.ids += [value for name, value in attrs if name == "id"]
        assert tag not in VOID
        self._open.append(tag)
        if tag == "bdi":
            self.names.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.tags.add(tag)
        self.attributes.update(name for name, _value in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag in ("p", "dt", "dd", "li", "th", "td", "h1", "h2", "h3", "summary", "span"):
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside == "bdi":
            self.names[-1] += data
        if inside == "title" and "body" not in self.tags:
            self.title += data
        if inside != "style":
            self.words.append(data)


LEFT = {"source": "shop", "target": "shop", "changed": False, "skipped": True, "tables": []}
NONE_SELECTED = imported(tables=[], tables_left_out=2)
PLAIN = Page(to_html(report_full_of("x")))


def check_that_text_stays_text(text: str) -> None:
    page = Page(to_html(report_full_of(text)))
    assert (page.tags, page.attributes, page.ids) == (PLAIN.tags, PLAIN.attributes, PLAIN.ids)
    assert len(page.names) == len(PLAIN.names) and visible(text) in page.names
    assert visible(text) in page.title


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    check_that_text_stays_text(text)
    assert "1337" not in to_html(report_full_of(text))


@given(st.text(min_size=1))
@examples(60)
def test_any_text_stays_text(text: str) -> None:
    check_that_text_stays_text(text)


def test_page_is_well_formed_and_ids_are_unique() -> None:
    for made in (report_full_of("x"), report(), report([imported(), imported("blog", [])], [verified(problems=["p"])])):
        text = to_html(made)
        ElementTree.fromstring(text.partition("\n")[2])
        ids = Page(text).ids
        assert text.startswith("<!DOCTYPE html>\n") and text.endswith("</html>\n") and len(ids) == len(set(ids))


def test_page_loads_and_runs_nothing() -> None:
    text = to_html(report_full_of("x"))
    assert PLAIN.tags.isdisjoint({"script", "img", "iframe", "object", "form", "base"}) and "src" not in PLAIN.attributes
    assert "url(" not in text and "@import" not in text and "content=\"default-src 'none';" in text
    assert not [name for name in PLAIN.attributes if name.startswith("on")]


def test_style_is_in_the_page_as_it_is() -> None:
    assert Path(page_file.__file__).with_name("page.css").read_text(encoding="utf-8") in to_html(report())


@pytest.mark.parametrize(
    ("made", "title"),
    [
        (report([imported()], [verified()]), "This backup restores"),
        (report([imported(tables=[table(rows=None)])]), "Restored, but not verified"),
        (report([imported(tables=[table(rows=2)])]), "Restored, but verification failed"),
        (report([imported()], failure="The disk is full."), "This backup did not restore"),
        (report(), "This backup did not restore"),
        (report([LEFT]), "This backup did not restore"),
        (report([LEFT, imported("blog")]), "Only some databases were restored"),
        (report([NONE_SELECTED, imported("blog")], [verified(tables=[]), verified("blog")]), "Only some databases were restored"),
        (report([NONE_SELECTED]), "Restored, but not verified"),
    ],
)
def test_verdict(made: Any, title: str) -> None:
    text = to_html(made)
    assert f"<h1>{title}</h1>" in text and f'<body class="{made.verdict}">' in text


@pytest.mark.parametrize(
    ("made", "state"),
    [
        (report([LEFT]), "? left as it was (on_existing: skip) 0 tables, 0 rows "),
        (report([LEFT], [verified()]), "✓ verified 1 table, 3 rows "),
        (report([imported(changed=False)], [verified()]), "✓ verified 1 table, 3 rows, 900 B of SQL, loaded by an earlier run "),
        (report([imported(tables=[table(), table("u", None)])], [verified()]), "? not verified 2 tables, "),
        (report([imported()]), "✓ rows counted 1 table, "),
        (report([imported(changed=False)]), "✓ rows counted when they were imported 1 table, 3 rows, 900 B of SQL, loaded by an earlier run, not "),
        (report([NONE_SELECTED]), "? no table selected 0 tables, "),
        (report([NONE_SELECTED, imported("blog")], [verified(tables=[])]), "? no table selected 0 tables, "),
    ],
)
def test_state_of_a_database(made: Any, state: str) -> None:
    assert f"shop {state}" in Page(to_html(made)).text


def test_problems_and_failed_task() -> None:
    text = Page(to_html(report(failure="The archive is truncated.\nDownload it again.", text="Fetch"))).text
    assert "Why The archive is truncated.Download it again. Failed task: Fetch" in text
    assert "Why" not in Page(to_html(report([imported()]))).text


def test_facts_that_are_unknown_are_left_out() -> None:
    text = Page(to_html(report([imported(gtid={}, server_version="")], text=""))).text
    assert "File b.tar " in text and "Downloaded 5 B" in text
    for label in ("Backup ID", "Created", "Size", "CRC-64", "Checked by", "Server", "Host", "Timeline"):
        assert label not in text


@pytest.mark.parametrize("empty", [None, ""])
def test_empty_facts_are_left_out(empty: Any) -> None:
    backup = dict.fromkeys(["id", "made", "size", "crc64", "verified_by", "server_version"], empty)
    assert to_html(report([imported()], backup=backup)) == to_html(report([imported()]))
    unknown = {"name": "a", "tables": empty, "phases": empty, "objects": empty, "gtid": empty, "warnings": empty, "rewritten": empty, "seconds": empty}
    assert "<h1>" in to_html(report([imported(**unknown)], [verified(problems=["p"])], backup=dict(backup, name=empty)))


def test_facts_of_the_backup() -> None:
    backup = {"size": 52193280, "verified_by": ["size", "crc64"], "server_version": "8.0.36", "crc64": "77"}
    text = Page(to_html(report([imported()], backup=backup))).text
    assert "Size 52.2 MB (52,193,280 bytes)" in text and "Checked by size, crc64" in text and "CRC-64 77" in text
    assert "Created by MySQL 8.0.36" in text and "MySQL 9.7.4, another release series than the backup" in text
    assert "Checked by size only" in Page(to_html(report([imported()], backup={"verified_by": "size only"}))).text
    assert "another release series" not in to_html(report([imported()], backup={"server_version": "9.7.1"}))


@pytest.mark.parametrize(
    ("policy", "known", "text"),
    [
        ("apply", {"dump": "u:1-2,v:3", "applied": "u:1-2"}, "apply: added to the server's gtid_purgedu:1-2, v:3"),
        ("apply", {"dump": "u:1-2", "applied": ""}, "apply: the server's GTID history already contained itu:1-2"),
        ("strip", {"dump": "u:1-2"}, "strip: left out; the server keeps its own GTID history"),
        ("strip", {}, "strip: the backup contains no GTID set"),
    ],
)
def test_gtid_set(policy: str, known: dict[str, str], text: str) -> None:
    assert text in Page(to_html(report([imported(gtid=known), imported("blog", gtid={})], gtid=policy))).text


def test_points_in_time() -> None:
    """That of the databases, those that can be reached from the backup, and the gaps between them."""
    assert "olled forward" not in Page(to_html(report([imported()]))).text
    gaps = [{"kind": "missing", "from": "2026-01-31T12:00:00Z", "to": None, "cure": "Find the file."}]
    window = {"from": "2026-01-31T08:00:00Z", "to": "2026-01-31T12:00:00Z", "gaps": gaps}
    reached = {"committed": "2026-01-31 09:41:00 UTC", "gtid": "u:7"}
    text = Page(to_html(report([imported()], backup={"window": window}, rolled_forward=reached))).text
    assert "Rolled forward to 2026-01-31 09:41:00 UTC Last transaction u:7" in text
    assert "Can be rolled forward to any point in time from 2026-01-31T08:00:00Z to 2026-01-31T12:00:00Z" in text
    assert "Gap (missing) from 2026-01-31T12:00:00Z: Find the file." in text
    unknown = {"from": None, "to": None, "error": "The account may not call DescribeBinlogFiles"}
    assert "Can be rolled forward to no point in time: The account may not" in Page(to_html(report([imported()], backup={"window": unknown}))).text


def test_failed_databases_and_tables_come_first() -> None:
    bad = verified("blog", [table("a", ok=True), table("b", 2, ok=False, check="Corrupt"), table("c", None, ok=False)], ["table b"])
    page = Page(to_html(report([imported(), imported("blog", [])], [bad])))
    assert [name for name in page.names if name in ("a", "b", "c", "blog")] == ["blog", "b", "c", "a"]
    assert "b CHECK TABLE: Corrupt" in page.text and "missing" in page.text and "2 tables failed" in page.text
    assert page.text.index("✗ problems found") < page.text.index("✓ rows counted")


@pytest.mark.parametrize(("tables", "problems", "is_open"), [(60, [], True), (61, [], False), (61, ["p"], True)])
def test_large_databases_are_folded_unless_they_failed(tables: int, problems: list[str], is_open: bool) -> None:
    text = to_html(report([imported(tables=[])], [verified(tables=[table(f"t{number}", ok=True) for number in range(tables)], problems=problems)]))
    assert ('class="database" open="open"' in text) == is_open


def test_objects_and_rewrites() -> None:
    check = verified(objects={"views": 2, "events": 0}, objects_expected={"views": 2, "events": 1}, problems=["event e is missing"])
    text = Page(to_html(report([imported(rewritten={"sql_log_bin": 1200, "definer": 0}, warnings=["Look here."])], [check]))).text
    more = verified(objects={"views": 2}, objects_expected={"views": 1})
    assert "Other objects 2 views " in Page(to_html(report([imported()], [more]))).text
    assert "2 views, 0 of 1 event" in text and "sql log bin 1,200" in text and "definer" not in text and "Warnings Look here." in text


def test_sql_files() -> None:
    ran = {"name": "mask.sql", "statements": [{"table": "b", "rows": 1200}, {"table": "a", "rows": None}, {"table": None, "rows": 0}], "statements_left_out": 7}
    text = Page(to_html(report([imported(after_sql=[ran, {"name": "more.sql", "statements": [{"rows": 1}]}])]))).text
    assert "SQL files that ran after the import mask.sql: 10 statements, 1,200 rows changed in a, b more.sql: 1 statement, 1 row changed " in text
    assert "SQL files" not in Page(to_html(report([imported(after_sql=[])]))).text


def test_timeline() -> None:
    steps = [{"name": "shop", "began": NOW - 20, "seconds": 10, "bytes": 5_000_000}]
    made = report([imported(began=NOW - 10, phases={"scan": 2.0, "rows": 7.98, "swap": 0.02, "new": 0.0})], steps=steps)
    rows = [(row.name, [span.phase for span in row.spans], row.speed, round(row.seconds, 2)) for row in timeline_rows(made)]
    assert rows == [("shop", ["step"], 500_000, 10.0), ("shop", ["scan", "rows", "swap", "new"], 450, 10.0)]
    text = to_html(made)
    assert re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="0" width="([\d.]+)"', text) == [
        ("step", "0.0", "500.0"),
        ("read", "500.0", "100.0"),
        ("rows", "600.0", "399.0"),
        ("rest", "998.5", "1.5"),
        ("rest", "998.5", "0.0"),
    ]
    assert 'aria-label="shop: starts after 10.0 s, takes 10.0 s, 450 B/s"' in text
    legend = text[text.index('class="legend"') :].partition("</ul>")[0]
    assert re.findall(r'<rect class="(\w+)"', legend) == ["step", "read", "rows", "rest"]


def test_history_is_drawn() -> None:
    """A line is broken where a drill failed, and a table that is missing in the last drill is drawn too."""
    earlier: list[dict[tuple[str, str], int | None]] = [{("shop", "t"): 12, ("shop", "gone"): 4}, {}, {("shop", "t"): 6, ("shop", "gone"): 4}]
    made = with_history(report([imported()], steps=[{"name": "restore", "began": NOW - 60}]), earlier)
    drawn = {trend.name: (trend.figures, trend.lines) for trend in trends(made)}
    assert list(drawn) == ["restore time", "all rows", "shop.t", "shop.gone"]
    assert drawn["shop.t"] == (("12", "none", "6", "3"), ("8.0,8.0 8.0,8.0", "664.0,50.0 992.0,71.0"))
    assert drawn["shop.gone"][0] == ("4", "none", "4", "none") and drawn["restore time"][0][0] == "1 min 0 s"
    text = to_html(made)
    assert 'aria-label="shop.t: 12 in the first drill, 3 in the last of 4"' in text and text.count('<svg class="trend"') == 4
    words = Page(text).text
    assert "4 drills since 2027-01-12 08:00:00 UTC" in words
    assert re.search(r"2027-01-15 08:00:00 UTC good 1 min 0 s 3 3 none .*2027-01-12 08:00:00 UTC good 1 min 0 s 16 12 4", words)


def test_history_is_bounded() -> None:
    earlier: list[dict[tuple[str, str], int | None]] = [{("shop", f"t{table}"): table for table in range(20)}] * 100
    made = with_history(report([imported()]), earlier)
    assert [trend.name for trend in trends(made)][2:4] == ["shop.t19", "shop.t18"] and len(trends(made)) == TRENDS + 2
    text = to_html(made)
    assert f"Only the last {LISTED} of 101 drills are listed" in text and text.count('<tr><th scope="row">2') == LISTED


def test_without_earlier_drills_nothing_is_drawn() -> None:
    assert "drills since" not in to_html(with_history(report([imported()]), [])) and "Warnings" not in to_html(report())


def test_evidence_and_warnings() -> None:
    made = with_history(report([imported()], [verified()], backup={"id": "7", "crc64": "77"}), [])._replace(warnings=("Table t has shrunk.",))
    text = Page(to_html(made)).text
    assert "Warnings Table t has shrunk." in text
    assert "Evidence Tested by me@here Finished 2027-01-15 08:00:00 UTC Backup b.tar, ID 7, CRC-64 77 Compared 1 of 1 table, 3 rows, 1 object" in text
    assert "CHECK TABLE is OK for 1 table Result good Recorded in /history" in text


def test_numbers() -> None:
    assert [count(1, "row"), count(1200, "row"), count(1200)] == ["1 row", "1,200 rows", "1,200"]
    assert moment(NOW) == "2027-01-15 08:00:00 UTC"
