# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options for where a roll-forward stops."""

import re

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._stop_point import STOPS, StopPoint, parse_time, shown, stop_point

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"


@pytest.mark.parametrize(
    "text",
    ["2026-11-28 09:41:00", "2026-11-28T09:41", "2026-11-28 09:41:00.000 UTC", "2026-11-28T17:41:00+08:00", "2026-11-28 05:11:00-0430", "2026-11-28T09:41:00Z"],
)
def test_moment(text):
    assert parse_time(text) == 1795858860.0


@pytest.mark.parametrize("text", ["yesterday", "2026-11-31 09:41:00", "2026-11-28", "2026-11-28 09:41:00 CET", "2026-11-28 09:41:00+99:00", "1795858860"])
def test_not_a_time(text):
    with pytest.raises(Failure, match="not a valid time.*Specify a time such as"):
        parse_time(text)


def test_moment_shown():
    assert (shown(1795858860.0), shown(1795858860.25)) == ("2026-11-28 09:41:00 UTC", "2026-11-28 09:41:00.25 UTC")


@pytest.mark.parametrize(
    "option, value, expected",
    [
        ("until", "2026-11-28T09:41", StopPoint(until=1795858860.0)),
        ("until_gtid", A + ":7", StopPoint(until_gtid=GtidSet.parse(A + ":7"))),
        ("before_statement", "drop table", StopPoint(before_statement=re.compile("drop table", re.IGNORECASE))),
    ],
)
def test_stop_point_of_an_option(option, value, expected):
    assert stop_point(dict(dict.fromkeys(STOPS), **{option: value})) == expected


def test_no_stop_point():
    assert stop_point(dict.fromkeys(STOPS)) == StopPoint()


def test_stop_point_that_is_no_regular_expression():
    with pytest.raises(Failure, match="before_statement is not a regular expression"):
        stop_point(dict(dict.fromkeys(STOPS), before_statement="DROP ("))
