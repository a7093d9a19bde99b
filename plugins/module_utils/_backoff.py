# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long to wait before a failed request is repeated: exponential back-off with jitter."""

import random
from typing import Optional

LONGEST = 30.0
"""Seconds: the back-off does not grow beyond this."""
LONGEST_REQUESTED = 300.0
"""Seconds: a longer wait that a server requests is cut to this."""


def backoff(failures: int, first: float, requested: Optional[float] = None) -> float:
    """Seconds to wait after ``failures`` in a row: ``first``, doubled each time up to 30, then multiplied by a random factor from 0.5 to 1.

    The result is never less than the server ``requested``, up to 5 minutes.
    """
    own = min(LONGEST, first * 2.0 ** min(failures - 1, 16)) * random.uniform(0.5, 1.0)
    return max(own, min(requested or 0.0, LONGEST_REQUESTED))
