# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts of the first barriers of a dump, so that the server can parse them before the first write. A dump may have millions of them."""

from typing import List, Optional, Tuple

from .plan import BarrierText

_MOST, _MOST_BYTES, _LARGEST = 500, 4 << 20, 1 << 20


class BarrierTexts:
    """Keeps up to 500 barriers and 4 MiB, and the last barrier of each file, which may be truncated; none of more than 1 MiB."""

    def __init__(self) -> None:
        self._kept: List[BarrierText] = []
        self._bytes = 0
        self._last: Optional[BarrierText] = None

    def add(self, barrier: BarrierText) -> None:
        """Keep a barrier, or remember it as the last one."""
        size = len(barrier.definition.text)
        self._last = None
        if size > _LARGEST:
            return
        if len(self._kept) < _MOST and self._bytes + size <= _MOST_BYTES:
            self._kept.append(barrier)
            self._bytes += size
        else:
            self._last = barrier

    def end_file(self) -> None:
        """Keep the last barrier of a file that ends."""
        if self._last is not None:
            self._kept.append(self._last)
            self._last = None

    @property
    def kept(self) -> Tuple[BarrierText, ...]:
        """In the order of the dump."""
        return tuple(self._kept)
