# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tables the user named, by patterns as in :mod:`fnmatch`."""

import fnmatch
import re
from typing import Sequence


def selects(name: str, wanted: Sequence[str], unwanted: Sequence[str]) -> bool:
    """Whether one of ``wanted`` has this name, or there is none, and none of ``unwanted`` has it."""
    if wanted and not any(_has(pattern, name) for pattern in wanted):
        return False
    return not any(_has(pattern, name) for pattern in unwanted)


def _has(pattern: str, name: str) -> bool:
    try:
        return fnmatch.fnmatchcase(name, pattern)
    except re.error:
        # A range that runs backwards, as in [z-a], holds nothing; to Pythons before 3.10 it is an error.
        return False
