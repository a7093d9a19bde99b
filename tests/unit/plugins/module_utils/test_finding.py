# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings, and the one Failure for all of them."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._finding import ERROR, OK, WARNING, Finding, FindingKind, by_sentence, numbered, of_failure, refuse

KIND = FindingKind("kind", "check", ERROR, "the {color} light is {state}", "repair the {color} one")


def test_words_are_filled_in():
    found = KIND.found("crossing", color="red", state="off")
    assert found == Finding("check", ERROR, "the red light is off", "crossing", "repair the red one", "kind")
    assert found.text == "the red light is off (crossing): repair the red one" and found.is_error


@pytest.mark.parametrize(
    "levels, expected",
    [((), None), ((OK, WARNING), None), ((WARNING, ERROR), "^what1 .server here.\\. Nothing was written"), ((ERROR, ERROR), "2 reasons: .1. what0; .2. what1")],
)
def test_only_errors_are_refused(levels, expected):
    found = [Finding("check", level, "what{0}".format(number)) for number, level in enumerate(levels)]
    if expected is None:
        refuse(found, "here")
        return
    with pytest.raises(Failure, match=expected) as caught:
        refuse(found, "here", extra=1)
    assert caught.value.facts == {"problems": [finding.what for finding in found if finding.is_error], "extra": 1}


def test_a_failure_becomes_a_finding():
    found = of_failure("backup", Failure("It is cut.", "a.tar, byte 5", "Fetch it again."))
    assert (found.check, found.level, found.text, found.kind) == ("backup", ERROR, "It is cut (a.tar, byte 5): Fetch it again.", "failure")


@pytest.mark.parametrize(
    "places, where",
    [
        ((None,), None),
        (("a.sql, line 3",), "a.sql, line 3"),
        (("database a", "database a", "database b"), "databases a and b"),
        (("database a", "server"), "database a and server"),
        (tuple("database db{0}".format(number) for number in range(60)), "databases db0, db1, db2 and 57 more"),
    ],
)
def test_a_sentence_about_several_places_is_one_finding(places, where):
    other = Finding("check", OK, "something else", "database a")
    found = by_sentence([Finding("check", WARNING, "what", place, "cure") for place in places] + [other])
    assert found[0] == (Finding("check", WARNING, "what", where, "cure"), tuple(dict.fromkeys(place for place in places if place)))
    assert found[1:] == [(other, ("database a",))]


def test_numbers():
    assert numbered(["a.", "b"]) == "(1) a; (2) b" and numbered(["a."]) == "a"
