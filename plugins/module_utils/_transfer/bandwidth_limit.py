# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limit on the bytes received per second, shared by all connections of a download."""

import threading
import time


class BandwidthLimit:
    """Limits the total to ``rate`` bytes per second; 0 means no limit."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._paid_until = 0.0

    def spend(self, count: int, stop: threading.Event) -> None:
        """Account for ``count`` received bytes: wait until the rate allows them, or until ``stop`` is set."""
        if not self._rate:
            return
        with self._lock:
            now = time.monotonic()
            self._paid_until = max(self._paid_until, now) + count / float(self._rate)
            due = self._paid_until - now
        stop.wait(due)
