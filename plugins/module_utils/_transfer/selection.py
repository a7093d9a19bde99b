# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which bytes of an object are in the file: all of them, or some spans. Only the caller knows their meaning."""

from typing import Iterable, List, NamedTuple, Tuple

Span = Tuple[int, int]
"""The offsets in the object of the first byte, and of the byte after the last."""


class Selection(NamedTuple):
    """The concatenated bytes of ``spans``, then zeros up to ``size``. ``names`` are the names that they contain, () for the whole object."""

    names: Tuple[str, ...]
    spans: Tuple[Span, ...]
    size: int

    @property
    def whole(self) -> bool:
        """Whether the file is the whole object."""
        return not self.names

    @property
    def length(self) -> int:
        """The number of bytes from the object."""
        return sum(end - first for first, end in self.spans)

    def divided(self, spans: Iterable[Span]) -> "Selection":
        """The same bytes, divided wherever one of ``spans`` begins or ends, so that each span is either inside or outside of ``spans``."""
        borders = sorted({border for span in spans for border in span})
        pieces: List[Span] = []
        for first, end in self.spans:
            offsets = [first] + [border for border in borders if first < border < end] + [end]
            pieces.extend(zip(offsets, offsets[1:]))
        return self._replace(spans=tuple(pieces))


def whole(size: int) -> Selection:
    """All of an object of ``size`` bytes."""
    return Selection((), ((0, size),), size)
