# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The GTID sets of the dumps of one backup."""

import bisect
from typing import Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .._gtid_set import GtidSet


class DumpSets(NamedTuple):
    """The GTID sets of the dumps: ``common`` is in all of them, ``any`` in at least one."""

    common: GtidSet
    any: GtidSet


def dump_sets(sets: Sequence[Optional[GtidSet]]) -> Optional[DumpSets]:
    """Combine the sets of several databases; None if one of them is not known."""
    known = [each for each in sets if each is not None]
    if not known or len(known) < len(sets):
        return None
    return combined(known)


def combined(sets: Sequence[GtidSet]) -> DumpSets:
    """The sets of at least one database together."""
    common = merged = sets[0]
    for each in sets[1:]:
        common, merged = common.intersect(each), merged.union(each)
    return DumpSets(common, merged)


class DumpsByGtid:
    """Finds the dumps that contain a transaction. ``dumps`` are their GTID sets by name."""

    def __init__(self, dumps: Mapping[str, GtidSet]) -> None:
        self._dumps = dict(dumps)
        borders: Dict[str, Set[int]] = {}
        for gtids in self._dumps.values():
            for key, spans in gtids.members:
                borders.setdefault(key, set()).update(number for low, high in spans for number in (low, high + 1))
        self._borders: Dict[str, List[int]] = {key: sorted(numbers) for key, numbers in borders.items()}
        # The answer is the same for all transactions between two borders.
        self._found: Dict[Tuple[str, int], FrozenSet[str]] = {}

    def names(self, gtid: str) -> FrozenSet[str]:
        """The names of the dumps whose sets contain the transaction."""
        key, _colon, number = gtid.rpartition(":")
        place = key, bisect.bisect_right(self._borders.get(key, []), int(number))
        if place not in self._found:
            self._found[place] = frozenset(name for name, gtids in self._dumps.items() if gtids.contains(gtid))
        return self._found[place]
