# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check free disk space: sum up what the folders on each file system need."""

import os
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

from .._finding import ERROR, OK, WARNING, Finding, FindingKind
from .._free_space import Volume, amount, volume_of

SHORT = FindingKind(
    "space",
    "space",
    ERROR,
    "the disk has too little space: {needed} are needed for {reasons}, {free} are free, {missing} are missing",
    "free {missing}, or move one of them to another disk",
)
TIGHT = FindingKind(
    "space_tight",
    "space",
    WARNING,
    "disk space may run out: {needed} are needed for {reasons}, or {most} if tables have many keys and short rows; {free} are free",
    "free more space first, if you can",
)
ENOUGH = FindingKind("space_enough", "space", OK, "{needed} are needed for {reasons}, {free} are free")


class SpaceNeed(NamedTuple):
    """Between ``least`` and ``most`` bytes on the file system of ``path``, which need not exist yet."""

    path: str
    least: int
    most: int
    reason: str


class VolumeDemand(NamedTuple):
    """A file system and everything that will be written to it."""

    volume: Volume
    needs: Sequence[SpaceNeed]

    @property
    def least(self) -> int:
        """Bytes that are certainly needed."""
        return sum(need.least for need in self.needs)

    @property
    def most(self) -> int:
        """Bytes that may be needed."""
        return sum(need.most for need in self.needs)

    def finding(self) -> Finding:
        """Whether the free space is enough."""
        reasons = " and ".join(need.reason for need in self.needs)
        where = ", ".join(dict.fromkeys(need.path for need in self.needs))
        missing = self.least - self.volume.free
        words = {"needed": amount(self.least), "reasons": reasons, "free": amount(self.volume.free)}
        if missing > 0:
            return SHORT.found(where, missing=amount(missing), **words)
        if self.most > self.volume.free:
            return TIGHT.found(where, most=amount(self.most), **words)
        return ENOUGH.found(where, **words)

    def facts(self) -> Dict[str, Any]:
        """The result keys."""
        return {"paths": [need.path for need in self.needs], "bytes_needed": self.least, "bytes_free": self.volume.free}


def by_volume(needs: Sequence[SpaceNeed], volume_at: Callable[[str], Volume] = volume_of) -> List[VolumeDemand]:
    """The needs of each file system, ordered by first need."""
    found: Dict[int, VolumeDemand] = {}
    for need in needs:
        volume = volume_at(need.path)
        demand = found.get(volume.device, VolumeDemand(volume, ()))
        found[volume.device] = demand._replace(needs=tuple(demand.needs) + (need,))
    return list(found.values())


def there_already(path: str) -> int:
    """The size of the file ``path`` on disk, or of the part that has been downloaded."""
    taken = 0
    for name in (path, path + ".part"):
        try:
            taken += os.stat(name).st_blocks * 512
        except OSError:
            continue
    return taken
