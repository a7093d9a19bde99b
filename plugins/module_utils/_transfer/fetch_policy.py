# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callbacks of a fetch, as one value. The fields are in the order in which a fetch calls them."""

from typing import Callable, List, NamedTuple, Optional, Tuple

from .remote_reader import RemoteReader
from .selection import Selection
from .url_renewal import Renew

Warn = Callable[[str], None]
Select = Callable[[RemoteReader, Tuple[str, ...]], Optional[Selection]]
"""Finds the bytes that hold the names, reading as little of the object as possible. None selects the whole object."""
Inspect = Callable[[bytes], None]
"""Called with the first bytes of the object before they are written. Raises a Failure to refuse it."""
Progress = Callable[[int, int], None]
"""Called several times a second, by the thread that called the fetch, with the bytes downloaded and the total."""
Check = Callable[[str, Selection], List[str]]
"""Called with the path of the complete file and the bytes of the object that it holds. Returns the names of the passed checks or raises a Failure."""


class FetchPolicy(NamedTuple):
    """``warn`` may be called at any time.

    1. ``renew`` returns URLs if none are given, and fresh ones for the same object whenever they have expired (any thread).
    2. ``select`` finds the bytes to download if only some of the object is requested.
    3. ``inspect`` sees the first bytes (the thread of a connection).
    4. ``progress`` follows the download.
    5. ``check`` verifies the complete file before it gets its final name.
    """

    warn: Warn
    renew: Optional[Renew] = None
    select: Optional[Select] = None
    inspect: Optional[Inspect] = None
    progress: Optional[Progress] = None
    check: Optional[Check] = None
