# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mark ``by_night``: slow tests whose subject is a size, or cases that others cover nearly. They run only with APSARADB_MYSQL_EVERY_CASE=1.

Otherwise pytest reports them as deselected.
"""

import os


def pytest_configure(config):
    config.addinivalue_line("markers", "by_night: runs only with APSARADB_MYSQL_EVERY_CASE=1")


def pytest_collection_modifyitems(config, items):
    if os.environ.get("APSARADB_MYSQL_EVERY_CASE"):
        return
    left_out = [item for item in items if item.get_closest_marker("by_night")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
