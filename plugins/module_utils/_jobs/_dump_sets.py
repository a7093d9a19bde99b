# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The GTID sets of the dumps of one backup."""

from typing import NamedTuple, Optional, Sequence

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
