# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of the tests runs: all of it every night, and otherwise what a change needs.

``APSARADB_MYSQL_EVERY_CASE=1`` runs everything.
"""

import os

from hypothesis import settings

EVERY = bool(os.environ.get("APSARADB_MYSQL_EVERY_CASE"))
# On the oldest Python, which runs what the newest has run before.
ENDS = bool(os.environ.get("APSARADB_MYSQL_ENDS")) and not EVERY


def examples(count):
    """Generate ``count`` examples every night, otherwise a quarter of them, and a tenth on the oldest Python."""
    return settings(deadline=None, max_examples=count if EVERY else max(count // (10 if ENDS else 4), 20))


def between(items):
    """Those of a test's cases, in their order, that are neither its first nor its last."""
    cases = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    return {item for found in cases.values() for item in found[1:-1]}
