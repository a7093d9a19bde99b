# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first thousand cases of the fuzzer, always the same ones; ``make fuzz`` makes new ones."""

import collections
import pathlib
import shutil
from typing import Counter

from ansible_collections.apsaradb.mysql.tests.support import fuzz_archives


def test_no_damage_does_more_than_a_failure(tmp_path: pathlib.Path) -> None:
    endings: Counter[str] = collections.Counter()
    for seed in range(1000):
        endings[fuzz_archives.one(seed, str(tmp_path))] += 1
        shutil.rmtree(str(tmp_path / "dest"), ignore_errors=True)
    # Some of them are complete, and each of the others is refused for a different reason.
    assert endings["extracted"] > 20 and len(endings) > 8, endings
