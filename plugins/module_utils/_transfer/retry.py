# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When to ask again, and how fast to read: jittered back-off, what the server asks for, a bandwidth limit."""

import email.utils
import random
import threading
import time
from typing import Mapping, Optional

LONGEST = 30.0
LONGEST_ASKED = 300.0


class TransientError(Exception):
    """Something that may pass. Its text is free of secrets. ``wait`` is how many seconds the server asked for, if it did."""

    def __init__(self, reason: str, wait: Optional[float] = None) -> None:
        super().__init__(reason)
        self.wait = wait


def asked_for(headers: Mapping[str, str]) -> Optional[float]:
    """Seconds the server wants us to wait: OSS's ``x-oss-qos-delay-time`` (milliseconds) or ``Retry-After`` (seconds or a date)."""
    try:
        if "x-oss-qos-delay-time" in headers:
            return max(0.0, int(headers["x-oss-qos-delay-time"]) / 1000.0)
        after = headers.get("Retry-After", "")
        if after.strip().isdigit():
            return float(after)
        date = email.utils.parsedate_tz(after) if after else None
        moment = email.utils.mktime_tz(date) if date else None
        return None if moment is None else max(0.0, float(moment) - time.time())
    except (ValueError, OverflowError):
        return None


def pause(failures: int, wait: Optional[float], step: float) -> float:
    """Seconds before the next try after ``failures`` in a row: ``step`` doubled each time, at most 30, by chance down to half of it,
    never less than the server asked for (of which 5 minutes are believed)."""
    own = min(LONGEST, step * 2.0 ** min(failures - 1, 16)) * random.uniform(0.5, 1.0)
    return max(own, min(wait or 0.0, LONGEST_ASKED))


class Throttle:
    """Lets ``rate`` bytes a second pass, over all threads together. A rate of 0 lets everything pass."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._paid_until = 0.0

    def spend(self, count: int, stop: threading.Event) -> None:
        """Account for ``count`` bytes; returns when they are paid for, or when ``stop`` is set."""
        if not self._rate:
            return
        with self._lock:
            now = time.monotonic()
            self._paid_until = max(self._paid_until, now) + count / float(self._rate)
            due = self._paid_until - now
        stop.wait(due)
