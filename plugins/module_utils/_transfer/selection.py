# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which bytes of an object are in the file: all of them, or some spans. Their meaning is known only to the caller."""

from typing import Iterable, List, NamedTuple, Tuple

Span = Tuple[int, int]
"""The offset of the first byte in the object, and of the one after the last."""


class Selection(NamedTuple):
    """The bytes of ``spans`` in a row, then zeros up to ``size``. ``names`` are what they contain, () for the whole object."""

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
