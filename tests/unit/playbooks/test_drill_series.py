# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The series of drills with files: those of one instance, without the time in their names."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[3] / "playbooks" / "vars" / "drill.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name, series",
    [
        ("hins2345_data_20260101033000", "hins2345_data_"),
        ("hins12345678_data_20260101033000", "hins12345678_data_"),
        ("hins12345679_datafull_202601010330_1767238200", "hins12345679_datafull_"),
        ("shop-20260101", "shop-"),
        ("shop20260101", "shop"),
        ("shop", "shop"),
    ],
)
def test_the_time_of_a_backup_is_left_out_and_its_instance_is_kept(name, series):
    (pattern,) = re.findall(r"drill_file \| splitext \| first \| regex_replace\('(.+?)', ''\)", TEXT)
    assert re.sub(pattern, "", name) == series
