# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes and durations in reports and in progress lines."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._units import duration, progress_duration, progress_size, size


def test_sizes_and_durations_in_a_report() -> None:
    assert [size(number) for number in (0, 999, 1000, 99949, 123456, 6184960, 5e13)] == ["0 B", "999 B", "1.0 kB", "99.9 kB", "123 kB", "6.2 MB", "50.0 TB"]
    assert [duration(number) for number in (0.31, 12.44, 59.99, 192, 7500)] == ["0.31 s", "12.4 s", "1 min 0 s", "3 min 12 s", "2 h 5 min"]


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (1500, "2 kB"), (1_500_000, "1.5 MB"), (2 * 10**9, "2.0 GB"), (3 * 10**15, "3000.0 TB")])
def test_the_size_in_a_progress_line(size: int, text: str) -> None:
    assert progress_size(size) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (7260, "2 h 01 min")])
def test_the_duration_in_a_progress_line(seconds: float, text: str) -> None:
    assert progress_duration(seconds) == text
