# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dumps that are changed at random: an import that succeeds makes what the ``mysql`` client makes, or returns a warning."""

from collections import Counter

import pytest
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, fuzz_dumps

SEEDS = 20


@pytest.mark.parametrize("version, first", [("9.7", 1), ("5.7", 1001), ("5.6", 2001)])
def test_no_difference_is_silent(version, first, tmp_path):
    entry = fixtures.server(version)
    counted, differences = Counter(), []
    for seed in range(first, first + SEEDS):
        what, difference = fuzz_dumps.compare(entry, seed, str(tmp_path))
        counted[what] += 1
        differences += [difference] if difference is not None else []
    databases.drop(entry, fuzz_dumps.CLIENT, fuzz_dumps.IMPORTED)
    assert not differences, "\n".join(map(str, differences))
    assert counted["the same"] > SEEDS // 8 and counted["refused by both"] > SEEDS // 8, "the test compares too little: {0}".format(counted)
