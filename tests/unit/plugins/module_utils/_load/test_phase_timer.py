# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times of the phases."""

import time

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.phase_timer import PhaseTimer
from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import Progress


class Seen(Progress):
    def __init__(self):
        self.phases = []

    def phase(self, name, total=None, done=0):
        self.phases.append(name)


def test_each_phase_has_its_seconds_and_announces_the_next():
    seen = Seen()
    phases = PhaseTimer(seen)
    phases.end("scan")
    middle = time.monotonic() + 2
    phases.end("rows", middle)
    # A phase that ended before the one before it took no time.
    phases.end("indexes", middle - 1)
    assert list(phases.seconds) == ["scan", "rows", "indexes"] and 1.9 < phases.seconds["rows"] < 2.1 and phases.seconds["indexes"] == 0.0
    assert seen.phases == ["preflight", "verify"] and abs(phases.began - time.time()) < 5 and 0 <= phases.elapsed < 5


def test_seconds_are_a_copy():
    phases = PhaseTimer(Seen())
    phases.end("scan")
    phases.seconds["scan"] = 5.0
    assert phases.seconds["scan"] < 5
