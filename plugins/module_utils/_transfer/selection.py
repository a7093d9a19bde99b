# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which bytes of an object make the file: all of them, or some spans. What they mean is the concern of whoever chose them."""

from typing import Iterable, List, NamedTuple, Tuple

Span = Tuple[int, int]
"""Offset of the first byte in the object, and of the one behind the last."""


class Selection(NamedTuple):
    """The bytes of ``spans`` one after the other, then zeros up to ``size``. ``names`` is what they were chosen for, () for the whole object."""

    names: Tuple[str, ...]
    spans: Tuple[Span, ...]
    size: int

    @property
    def whole(self) -> bool:
        """True if the file is the object."""
        return not self.names

    @property
    def length(self) -> int:
        """How many bytes come from the object."""
        return sum(end - first for first, end in self.spans)

    def divided(self, spans: Iterable[Span]) -> "Selection":
        """The same, with a border wherever one of ``spans`` begins or ends: what is in them is then made of whole spans of this one."""
        borders = sorted({place for span in spans for place in span})
        pieces: List[Span] = []
        for first, end in self.spans:
            places = [first] + [place for place in borders if first < place < end] + [end]
            pieces.extend(zip(places, places[1:]))
        return self._replace(spans=tuple(pieces))


def whole(size: int) -> Selection:
    """All of an object of ``size`` bytes."""
    return Selection((), ((0, size),), size)
