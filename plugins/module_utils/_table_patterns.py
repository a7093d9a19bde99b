# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Select tables by patterns as in :mod:`fnmatch`."""

import fnmatch
import re
from typing import List, Sequence


def selects(name: str, wanted: Sequence[str], unwanted: Sequence[str]) -> bool:
    """Whether a pattern in ``wanted`` matches the name, or ``wanted`` is empty, and no pattern in ``unwanted`` matches it."""
    if wanted and not any(_matches(pattern, name) for pattern in wanted):
        return False
    return not any(_matches(pattern, name) for pattern in unwanted)


def unmatched(patterns: Sequence[str], names: Sequence[str]) -> List[str]:
    """The patterns that match none of the names."""
    return [pattern for pattern in patterns if not any(_matches(pattern, name) for name in names)]


def _matches(pattern: str, name: str) -> bool:
    try:
        return fnmatch.fnmatchcase(name, pattern)
    except re.error:
        # A reversed range, as in [z-a], matches nothing; before Python 3.10 it is an error.
        return False
