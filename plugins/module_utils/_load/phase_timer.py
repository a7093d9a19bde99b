# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The duration of each phase of a load. load.py has the phases in order."""

import time
from typing import Dict, Optional

from .._progress import Progress

# The next phase as shown by the progress. Tables, rows and indexes report their own beginning; a replacement has "swap" after "verify".
_NEXT = {
    "scan": "preflight",
    "preflight": "database",
    "database": "tables",
    "indexes": "verify",
    "verify": "foreign keys",
    "foreign_keys": "orphans",
    "orphans": "objects",
    "objects": "gtid",
}


class PhaseTimer:
    """The clock of a load with consecutive phases. Times in seconds."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._seconds: Dict[str, float] = {}
        self._began = self._phase_began = time.monotonic()

    def end(self, name: str, at: Optional[float] = None) -> None:
        """Record that the phase ``name`` ends, now or ``at`` a time of the monotonic clock; the next one is shown as progress."""
        now = max(at or time.monotonic(), self._phase_began)
        self._seconds[name] = round(now - self._phase_began, 3)
        self._phase_began = now
        if name in _NEXT:
            self._progress.phase(_NEXT[name])

    @property
    def seconds(self) -> Dict[str, float]:
        """The seconds of each phase that has ended."""
        return dict(self._seconds)

    @property
    def began(self) -> float:
        """When the load began, in seconds since 1970, by the clock of the host."""
        return round(time.time() - time.monotonic() + self._began, 3)

    @property
    def elapsed(self) -> float:
        """Seconds since the load began."""
        return round(time.monotonic() - self._began, 3)
