# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which request errors are transient, and how long to wait before a retry."""

import email.utils
import time
from typing import Any, Callable, Mapping, Optional

from .._backoff import backoff

_STATUSES = frozenset([408, 425, 429, 500, 502, 503, 504, 509])


class TransientError(Exception):
    """An error that a retry may avoid. Its text has no secrets. ``wait``: seconds that the server asks to wait, if any."""

    def __init__(self, reason: str, wait: Optional[float] = None) -> None:
        super().__init__(reason)
        self.wait = wait


def is_transient(status: int, body: bytes) -> bool:
    """Whether a response with this HTTP status and error body is worth a retry."""
    return status in _STATUSES or b"<Code>RequestTimeout</Code>" in body


def requested_wait(headers: Mapping[str, str]) -> Optional[float]:
    """Seconds the server asks to wait: OSS's ``x-oss-qos-delay-time`` (milliseconds) or ``Retry-After`` (seconds or a date)."""
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


class Retries:
    """Counts the consecutive failures of one connection and waits between its requests."""

    def __init__(self, limit: int, first_wait: float, sleep: Callable[[float], Any] = time.sleep) -> None:
        self._limit = limit
        self._first_wait = first_wait
        self._sleep = sleep
        self.failures = 0

    def again(self, error: TransientError) -> bool:
        """Wait after ``error``; False, without waiting, if no retry is left."""
        self.failures += 1
        if self.failures > self._limit:
            return False
        self._sleep(backoff(self.failures, self._first_wait, error.wait))
        return True

    def reset(self) -> None:
        """Start counting again, because bytes have arrived."""
        self.failures = 0
