# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bytes behind a number of applied transactions. The plan itself is in tests/servers/test_roll_forward.py."""

import random

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_plan import SizesOfTransactions


@pytest.mark.parametrize("count", [0, 1, 3, 999, 1000, 1001, 54321])
def test_bytes_of_the_first_transactions(count):
    chance = random.Random(count)
    sizes, found = [chance.randrange(1, 5000) for _each in range(count)], SizesOfTransactions()
    for size in sizes:
        found.add(size)
    assert (found.count, found.total) == (count, sum(sizes)) and found.first(count) == sum(sizes)
    for number in {chance.randrange(count) for _each in range(min(count, 50))}:
        least = number - count // 500 - 1
        assert sum(sizes[: max(0, least)]) <= found.first(number) <= sum(sizes[:number])
