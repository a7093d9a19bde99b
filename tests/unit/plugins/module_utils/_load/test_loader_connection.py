# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which warnings of a server about a definition reach the user, and which notes about a collation are trusted."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.loader_connection import _EXPECTED, _OPTIONS, _worded

UNKNOWN, DEPRECATED = ("Warning", 1105, "odd"), ("Warning", 1287, "deprecated")


def test_a_warning_names_the_table_and_its_place():
    assert _worded([UNKNOWN], 1, "table t", "file a.sql, line 3") == ["table t: Warning 1105: odd (file a.sql, line 3)"]


@pytest.mark.parametrize("code", sorted(_EXPECTED))
def test_a_warning_that_every_restore_gets_is_not_shown(code):
    assert _worded([("Warning", code, "expected")], 1, "table t", "line 1") == []


def test_expected_warnings_do_not_hide_another_one():
    assert _worded([DEPRECATED, UNKNOWN, DEPRECATED], 3, "table t", "line 1") == ["table t: Warning 1105: odd (line 1)"]


@pytest.mark.parametrize(
    "read, count, shown, more",
    [
        (5, 5, 5, None),
        (6, 6, 5, 1),
        # The server has more warnings than were read.
        (64, 70, 5, 65),
        (3, 10, 3, 7),
    ],
)
def test_many_warnings_are_counted(read, count, shown, more):
    found = _worded([("Warning", 1105, str(number)) for number in range(read)], count, "view v", "line 1")
    assert found[:shown] == ["view v: Warning 1105: {0} (line 1)".format(number) for number in range(shown)]
    assert found[shown:] == ([] if more is None else ["view v: and {0} more warning(s) of the server (line 1)".format(more)])


def test_more_expected_warnings_than_were_read_are_not_counted():
    assert _worded([DEPRECATED] * 64, 100, "table t", "line 1") == []


@pytest.mark.parametrize(
    "own, trusted",
    [
        ("CHARACTER SET `utf8mb4` COLLATE `utf8mb4_bin`", True),
        ("CHARACTER SET `utf8mb4` COLLATE `utf8mb4_bin`\n", False),
        ("CHARACTER SET `utf8mb4` COLLATE `utf8mb4_bin` ENCRYPTION 'Y'", False),
        ("CHARACTER SET `x`; DROP DATABASE `shop`", False),
        ("CHARACTER SET `utf8mb4` COLLATE `\xe4`", False),
        ("", False),
    ],
)
def test_only_a_note_in_the_form_of_a_load_becomes_sql(own, trusted):
    assert bool(_OPTIONS.match(own)) is trusted
