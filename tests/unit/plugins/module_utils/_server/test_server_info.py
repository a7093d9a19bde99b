# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions, as servers write them."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version


@pytest.mark.parametrize(
    "text, number, series, mariadb",
    [
        # Versions of the calendar: year, month, patch.
        ("26.7.0", 260700, "26.7", False),
        ("26.10.1-commercial", 261001, "26.10", False),
        ("9.7.4-2", 90704, "9.7", False),
        ("8.0.36", 80036, "8.0", False),
        ("5.7.29-log", 50729, "5.7", False),
        ("5.6.24-debug-log", 50624, "5.6", False),
        ("8.4.0-commercial", 80400, "8.4", False),
        ("26.7.0-cloud", 260700, "26.7", False),
        # MariaDB executes version comments as if it were this one.
        ("10.11.6-MariaDB-0+deb12u1", 50699, "10.11", True),
        ("5.5.5-10.11.6-MariaDB", 50699, "10.11", True),
        ("11.8.9-MariaDB-4 from Debian-log", 50699, "11.8", True),
        ("5.5.5-log", 50505, "5.5", False),
        ("8.0", 80000, "8.0", False),
        ("unknown", 0, "0.0", False),
    ],
)
def test_versions(text, number, series, mariadb):
    version = Version.parse(text)
    assert (version.number, version.series, version.mariadb, version.text) == (number, series, mariadb, text)
