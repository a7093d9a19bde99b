# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report says what is so, and what it is about can put nothing into it but text."""

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_report import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.facts import BAD, GOOD, UNVERIFIED, ReportInput, put_together, to_json
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.junit import to_junit
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.markup import visible
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.page import count, duration, size, to_html
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = 1800000000.0
HOSTILE = [
    "<script>alert(1)</script>",
    "\"' onload=alert(1) x='",
    "</td></table><!--",
    "]]>&amp;&#60;",
    "a\x01b\x00\n\u202ec\ud800\ufffe",
    "{{ 7 * 191 }}",
    "</style>",
]


def table(name="t", rows=3, expected=3, **more):
    return dict({"name": name, "rows": rows, "rows_expected": expected, "bytes": 90, "seconds": 0.1, "engine": "InnoDB"}, **more)


def imported(target="shop", tables=None, **more):
    known = {"source": "shop", "target": target, "changed": True, "bytes": 900, "seconds": 2.0, "tables": [table()] if tables is None else tables}
    known.update({"objects": {"views": 1}, "rewritten": {"definer": 2}, "gtid": {"dump": "u:1-2"}, "warnings": [], "server_version": "9.7.4"})
    return dict(known, **more)


def looked(target="shop", tables=None, problems=(), **more):
    tables = [table(check="OK", ok=True)] if tables is None else tables
    return dict({"database": target, "tables": tables, "objects": {"views": 1}, "objects_expected": {"views": 1}, "problems": list(problems)}, **more)


def report(imports=(), verified=(), failure=None, steps=(), text="x", backup=None):
    restored = {"backup": "/bucket/b.tar", "gtid": "strip", "bytes_downloaded": 5, "databases": list(imports)}
    return put_together(ReportInput(restored, list(verified), backup or {}, failure, text, list(steps), text, text, {text: text}), NOW)


def everywhere(text):
    """A report with ``text`` wherever a text may come from outside."""
    imports = [imported(text, [table(text, engine=text), table("lost" + text, None)], source=text + "2", warnings=[text], gtid={"dump": text})]
    imports[0].update(objects={text: 1, "views": 1}, rewritten={text: 1}, server_version=text, phases={text: 1.0, "rows": 2.0}, began=NOW)
    checks = [looked(text, [table(text, 2, 3, ok=False, check=text, engine=text)], [text], server_version=text)]
    backup = {name: text for name in ("name", "id", "made", "crc64", "verified_by", "server_version", "more")}
    return report(imports, checks, text, [{"name": text, "began": NOW, "seconds": 1, "bytes": 3}], text, backup)


class Page(HTMLParser):
    """What a parser of HTML makes of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.given, self.names, self.title = set(), set(), [], ""
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.given.update(name for name, _value in attrs)
        self._inside = tag
        if tag == "bdi":
            self.names.append("")

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "bdi":
            self.names[-1] += data
        if self._inside == "title" and not self.title:
            self.title = data


PLAIN = Page(to_html(everywhere("x")))


def check_that_only_text_came(text):
    told = everywhere(text)
    page = Page(to_html(told))
    assert (page.tags, page.given) == (PLAIN.tags, PLAIN.given)
    assert len(page.names) == len(PLAIN.names) and visible(text) in page.names + [""]
    root = ElementTree.fromstring(to_junit(told).encode("utf-8"))
    plain = ElementTree.fromstring(to_junit(everywhere("x")).encode("utf-8"))
    assert sorted(one.tag for one in root.iter()) == sorted(one.tag for one in plain.iter())
    assert json.loads(json.dumps(to_json(told)))["databases"][0]["tables"][0]["name"] in (text, "lost" + text)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_hostile_stays_text(text):
    check_that_only_text_came(text)


@given(st.text(min_size=1))
@settings(max_examples=60, deadline=None)
def test_any_text_stays_text(text):
    check_that_only_text_came(text)


def test_the_page_asks_for_nothing():
    page = to_html(everywhere("x"))
    assert PLAIN.tags.isdisjoint({"script", "img", "iframe", "object", "form", "base"}) and "src" not in PLAIN.given
    assert "url(" not in page and "@import" not in page and "default-src &#x27;none&#x27;" in page


@pytest.mark.parametrize(
    "imports, verified, failure, verdict, said",
    [
        ([imported()], [looked()], None, GOOD, "This backup restores"),
        ([imported()], [], None, GOOD, "This backup restores"),
        ([imported(tables=[table(rows=None)])], [], None, UNVERIFIED, "not verified"),
        ([imported(tables=[table(rows=2)])], [], None, BAD, "not as it should be"),
        ([imported()], [looked(problems=["table t is gone"])], None, BAD, "not as it should be"),
        ([imported()], [looked()], "The disk is full.", BAD, "did not restore"),
        ([], [], None, BAD, "did not restore"),
    ],
)
def test_the_verdict(imports, verified, failure, verdict, said):
    told = report(imports, verified, failure)
    assert told.verdict == verdict and said in to_html(told)
    assert bool(told.problems) == (verdict == BAD)
    root = ElementTree.fromstring(to_junit(told))
    assert (root.get("failures") != "0") == (verdict == BAD)
    assert int(root.get("tests")) == len(list(root.iter("testcase"))) and int(root.get("failures")) == len(list(root.iter("failure")))


def test_rows_are_those_of_the_verification():
    told = report([imported()], [looked(tables=[table(rows=2, ok=False, check="OK")], problems=["t"])])
    assert [(one.rows, one.rows_expected, one.bytes) for one in told.databases[0].tables] == [(2, 3, 90)]


def test_what_it_was_checked_by_is_a_list_or_a_text():
    assert "size, crc64" in to_html(report([imported()], backup={"verified_by": ["size", "crc64"]}))
    assert "size only" in to_html(report([imported()], backup={"verified_by": "size only"}))


@pytest.mark.parametrize("applied, said", [("u:1-2", "added to the server"), ("", "had it already")])
def test_a_gtid_set_is_said_to_be_added_only_where_it_was(applied, said):
    known = {"policy": "apply", "dump": "u:1-2", "applied": ""}
    imports = [imported(gtid=dict(known, applied=applied)), imported("blog", gtid=known)]
    assert said in to_html(put_together(ReportInput({"gtid": "apply", "databases": imports}, [], {}, None, "", [], "", "", {}), NOW))


def test_the_time_line():
    steps = [{"name": "download", "began": NOW - 20}, {"name": "server", "began": NOW - 10}]
    told = report([imported(began=NOW - 4, phases={"scan": 1.0, "rows": 2.5})], steps=steps)
    spans = [(span.row, span.phase, span.begin, span.seconds) for span in told.timeline]
    assert spans == [("download", "step", 0, 10), ("server", "step", 10, 10), ("shop", "scan", 16, 1), ("shop", "rows", 17, 2.5)]
    assert told.seconds == 20


def test_a_download_without_a_time_ends_where_the_import_begins():
    told = report([imported(began=NOW, phases={"rows": 2.0})], steps=[{"name": "download", "seconds": 3.0}])
    assert [(span.row, span.begin) for span in told.timeline] == [("download", 0), ("shop", 3.0)]


def test_numbers_are_for_people():
    assert [size(number) for number in (0, 999, 1000, 99949, 123456, 6184960, 5e13)] == ["0 B", "999 B", "1.0 kB", "99.9 kB", "123 kB", "6.2 MB", "50.0 TB"]
    assert [duration(number) for number in (0.31, 12.44, 59.99, 192, 7500)] == ["0.31 s", "12.4 s", "1 min 0 s", "3 min 12 s", "2 h 5 min"]
    assert [count(1, "row"), count(1200, "row")] == ["1 row", "1,200 rows"]


def test_secrets_are_left_out(tmp_path):
    url = "https://bucket.oss.aliyuncs.com/b.tar?Expires=1&OSSAccessKeyId=KEY&Signature=SECRET"
    params = {"restored": None, "verified": None, "backup": {"name": url}, "failure": "Cannot fetch " + url, "failed_task": url, "steps": None}
    params.update({"host": "h", "title": "Drill", "versions": None, "dest": str(tmp_path / "new"), "name": "../a b"})
    told = job(JobContext(params, False, lambda _text: None))
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["_a_b.html", "_a_b.json", "_a_b.xml"]
    assert len(written) == 3 and not any("SECRET" in text or "KEY" in text for text in written) and "SECRET" not in str(told)
    assert not told["ok"] and all("b.tar" in text for text in written)


def test_check_mode_writes_nothing(tmp_path):
    params = dict.fromkeys(["restored", "verified", "backup", "failure", "failed_task", "steps", "host", "versions"])
    told = job(JobContext(dict(params, title="T", name="n", dest=str(tmp_path)), True, lambda _text: None))
    assert told["html"] == str(tmp_path / "n.html") and not list(tmp_path.iterdir())
