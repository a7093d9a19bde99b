# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The evidence of a drill, and what has changed since the one before."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.evidence import age, changes, drill_of, evidence_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.facts import to_json
from ansible_collections.apsaradb.mysql.tests.support.reports import NOW, imported, report, table, verified


def drill(*tables, **more):
    made = report([imported(tables=list(tables))] if tables else [], **more)
    return drill_of(made, "s", evidence_of(made, "me@here"))


def test_evidence():
    backup = {"name": "b.tar", "id": "7", "crc64": "77", "size": 9, "made": None, "window": {"from": "a", "to": "b", "gaps": []}}
    made = report([imported()], [verified(tables=[table(check="OK", ok=True), table("u", 1, 2, check="OK", ok=False)], problems=["p" * 999])], backup=backup)
    found = evidence_of(made, "me@here")
    assert found["by"] == "me@here" and found["finished"] == NOW and found["result"] == "bad" and found["window"] == {"from": "a", "to": "b"}
    assert found["backup"] == {"name": "b.tar", "id": "7", "crc64": "77", "size": 9}
    assert [found["compared"][name] for name in ("databases", "tables", "tables_checked", "tables_ok", "check_table", "rows", "objects")] == [
        1,
        2,
        2,
        1,
        2,
        4,
        1,
    ]
    assert len(found["problems"][0]) == 300


def test_rows_that_an_earlier_run_counted_were_not_tested_now():
    """The verdict of an unchanged restore stays, but nothing is claimed about the rows of now."""
    made = report([imported(changed=False)])
    compared = evidence_of(made, "me@here")["compared"]
    assert made.verdict == "good" and (compared["tables"], compared["tables_checked"], compared["tables_ok"]) == (1, 0, 0)
    assert [one["counted_before"] for one in to_json(made)["databases"]] == [True]
    for now in report([imported(changed=False)], [verified()]), report([imported()]):
        assert evidence_of(now, "me@here")["compared"]["tables_checked"] == 1 and not now.databases[0].counted_before


def test_drill():
    steps = [{"name": "download", "began": NOW - 20}, {"name": "restore", "began": NOW - 15}, {"name": "verification", "began": NOW - 3}]
    made = drill(table("t", 3), table("u", None), steps=steps)
    assert (made.seconds, made.restore_seconds, made.bytes, made.rows, made.total) == (20, 12, 900, {("shop", "t"): 3, ("shop", "u"): None}, 3)
    assert drill(table()).restore_seconds == 0


@pytest.mark.parametrize(
    ("rows", "warned"),
    [(100, False), (80, False), (79, True), (0, True), (None, False)],
)
def test_a_table_that_shrinks(rows, warned):
    found = changes([drill(table("t", 100, 100))], drill(table("t", rows, rows)), 20)
    assert bool(found) == warned
    assert not changes([drill(table("t", 100, 100))], drill(table("t", rows, rows)), 100)


def test_sentences():
    before = drill(table("a", 4, 4), table("b", 10, 10), table("c", None))
    assert changes([before], drill(table("b", 4, 4), table("new", 1, 1)), 20) == [
        "Table shop.a has disappeared since the last drill. It had 4 row(s).",
        "Table shop.b has shrunk by 60 % since the last drill, from 10 to 4 row(s).",
        "Table shop.c has disappeared since the last drill. It had ? row(s).",
    ]
    many = changes([drill(*[table("t{0}".format(number)) for number in range(30)])], drill(table("new")), 20)
    assert len(many) == 21 and many[-1] == "10 more tables have disappeared or shrunk."


def test_a_backup_that_has_lost_every_table():
    made = report([imported(tables=[])])
    lost = drill_of(made, "s", evidence_of(made, "me@here"))
    assert lost.verdict == "good" and made.warnings == ("No database has a table, so no rows were restored or checked.",)
    assert changes([drill(table("t", 10, 10))], lost, 20) == ["Table shop.t has disappeared since the last drill. It had 10 row(s)."]
    assert report([imported()]).warnings == report([imported(tables=[])], [verified()]).warnings == report([], failure="p").warnings == ()


def test_bad_drills_are_not_compared_with():
    good, bad = drill(table("t", 10, 10)), drill(table("t", 1, 10))
    assert bad.verdict == "bad" and "from 10 to 2" in changes([good, bad, drill()], drill(table("t", 2, 2)), 20)[0]
    assert changes([], good, 20) == changes([bad], good, 20) == changes([good], drill(), 20) == []


@pytest.mark.parametrize(
    ("made", "limit", "text"),
    [
        ("2027-01-14T08:00:00Z", 23.5, "The backup is 24 hours old, more than the limit of 23.5 hours."),
        ("2027-01-14T08:00Z", 24, None),
        ("2027-01-14T08:00Z", None, None),
        ("yesterday", 24, "The age of the backup is not known"),
        (None, 24, "The age of the backup is not known"),
    ],
)
def test_age(made, limit, text):
    found = age(report([imported()], backup={"made": made}), limit)
    assert found == [] if text is None else found[0].startswith(text)
