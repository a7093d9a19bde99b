# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of the tests runs: all of it every night, and otherwise what a change needs.

``APSARADB_MYSQL_EVERY_CASE=1`` runs everything.
"""

import os

from hypothesis import settings

EVERY = bool(os.environ.get("APSARADB_MYSQL_EVERY_CASE"))


def examples(count):
    """Generate ``count`` examples every night, otherwise a quarter of them."""
    return settings(deadline=None, max_examples=count if EVERY else max(count // 4, 20))
