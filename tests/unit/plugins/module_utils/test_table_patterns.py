# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._table_patterns import selects, unmatched


@pytest.mark.parametrize(
    "name, wanted, unwanted, selected",
    [
        ("a", (), (), True),
        ("a", ("a",), (), True),
        ("b", ("a",), (), False),
        ("log_1", ("log_*",), (), True),
        ("log_1", ("log_*",), ("log_1",), False),
        ("a", (), ("b",), True),
        ("A", ("a",), (), False),
        ("m", ("[a-z]",), (), True),
        ("m", ("[z-a]",), (), False),
        ("m", (), ("[z-a]",), True),
    ],
)
def test_patterns(name, wanted, unwanted, selected):
    assert selects(name, wanted, unwanted) is selected


def test_patterns_that_match_nothing():
    assert unmatched(["custmer", "log_*", "[z-a]"], ["customer", "log_1"]) == ["custmer", "[z-a]"]
    assert unmatched([], ["a"]) == unmatched(["a"], ["a"]) == []
