# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reuses bytes instead of downloading them: from an interrupted run's part file, and from an earlier selection in the destination."""

import os
from typing import List, NamedTuple, Optional, Tuple

from .._free_space import amount
from . import crc64, journal
from .fetch_policy import Warn
from .fetched_record import FetchedRecord
from .part_file import PartFile, need_space
from .parts import Part, done, fitting_part_size, layout
from .probe import RemoteObject
from .selection import Selection

_BLOCK = 1 << 20


class PartLayout(NamedTuple):
    """The parts of a selection, at most ``part_size`` bytes each."""

    parts: List[Part]
    part_size: int


def parts_of(selection: Selection, part_size: int, connections: int) -> PartLayout:
    """Divide ``selection`` into parts of about ``part_size`` bytes."""
    fitting = fitting_part_size(selection.length, part_size, connections)
    return PartLayout(layout(selection.spans, fitting), fitting)


def continued(file: PartFile, remote: RemoteObject, selection: Selection, warn: Warn) -> Optional[PartLayout]:
    """The verified parts that an interrupted run left in ``file``; None, with ``file`` emptied, if none of its bytes can be used."""
    if remote.ranged:
        if journal.is_of_another_object(file.journal_path, remote):
            warn("{0} belongs to a different object than the one now behind the URL: starting over.".format(file.path))
        unfinished = journal.read(file.journal_path, remote, selection)
        if unfinished is not None:
            claimed = done(unfinished.parts)
            kept = journal.verified(unfinished, file.number)
            if kept < claimed:
                warn("{0} in {1} are damaged and are downloaded again.".format(amount(claimed - kept), file.path))
            if kept:
                return PartLayout(unfinished.parts, unfinished.part_size)
    os.ftruncate(file.number, 0)
    return None


def in_dest(record: Optional[FetchedRecord], parts: List[Part]) -> List[Tuple[Part, int]]:
    """Which of ``parts`` are in the destination that ``record`` describes, and at which offset."""
    found, at = [], 0
    for first, end in record.spans if record is not None else ():
        found += [(part, at + part.source - first) for part in parts if first <= part.source and part.source + part.length <= end]
        at += end - first
    return found


def copy_from_dest(dest: str, file: PartFile, record: Optional[FetchedRecord], parts: List[Part]) -> None:
    """Copy the ``parts`` that ``dest`` already has to the part file, so that no byte is downloaded twice."""
    present = in_dest(record, parts)
    if not present:
        return
    need_space(os.path.dirname(dest), sum(part.length for part in parts))
    with open(dest, "rb") as source:
        for part, at in present:
            while not part.complete:
                block = os.pread(source.fileno(), min(_BLOCK, part.length - part.done), at + part.done)
                if not block:
                    part.restart()
                    break
                # A disk that becomes full takes a part of a block.
                block = block[: os.pwrite(file.number, block, part.first + part.done)]
                part.crc = crc64.update(block, part.crc) if crc64.update is not None else 0
                part.done += len(block)
