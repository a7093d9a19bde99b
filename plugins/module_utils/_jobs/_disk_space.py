# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Room on disks: what is wanted in several folders, summed up where they share a file system."""

import os
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

from .._finding import ERROR, OK, WARNING, Finding, FindingKind
from .._free_space import Volume, volume_of

SHORT = FindingKind(
    "space",
    "space",
    ERROR,
    "the disk has too little room: {needed} bytes are needed for {reasons}, {free} are free, {missing} are missing",
    "free as much, or move one of them to another disk",
)
TIGHT = FindingKind(
    "space_tight",
    "space",
    WARNING,
    "room may run out: {needed} bytes are needed for {reasons}, and {most} where tables have many keys and short rows; {free} are free",
    "free as much before, if you can",
)
ENOUGH = FindingKind("space_enough", "space", OK, "{needed} bytes are needed for {reasons}, {free} are free")


class Need(NamedTuple):
    """``least`` bytes in the file system of ``path``, which need not be there yet, and ``most`` if things go badly."""

    path: str
    least: int
    most: int
    reason: str


Look = Callable[[str], Volume]


class VolumeDemand(NamedTuple):
    """A file system and all that is wanted of it."""

    volume: Volume
    needs: Sequence[Need]

    @property
    def least(self) -> int:
        """Bytes that are needed for sure."""
        return sum(need.least for need in self.needs)

    @property
    def most(self) -> int:
        """Bytes that may be needed."""
        return sum(need.most for need in self.needs)

    def finding(self) -> Finding:
        """Whether it is enough."""
        reasons = " and ".join(need.reason for need in self.needs)
        where = ", ".join(dict.fromkeys(need.path for need in self.needs))
        free = self.volume.free
        if self.least > free:
            return SHORT.found(where, needed=self.least, reasons=reasons, free=free, missing=self.least - free)
        if self.most > free:
            return TIGHT.found(where, needed=self.least, reasons=reasons, free=free, most=self.most)
        return ENOUGH.found(where, needed=self.least, reasons=reasons, free=free)

    def facts(self) -> Dict[str, Any]:
        """For the result."""
        return {"paths": [need.path for need in self.needs], "bytes_needed": self.least, "bytes_free": self.volume.free}


def rooms(needs: Sequence[Need], look: Look = volume_of) -> List[VolumeDemand]:
    """The needs by file system, in the order these come up."""
    found: Dict[int, VolumeDemand] = {}
    for need in needs:
        volume = look(need.path)
        room = found.get(volume.device, VolumeDemand(volume, ()))
        found[volume.device] = room._replace(needs=tuple(room.needs) + (need,))
    return list(found.values())


def there_already(path: str) -> int:
    """Bytes of the disk that the file ``path``, or what was downloaded of it so far, takes."""
    taken = 0
    for name in (path, path + ".part"):
        try:
            taken += os.stat(name).st_blocks * 512
        except OSError:
            continue
    return taken
