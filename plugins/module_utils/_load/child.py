# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a forked process keeps of its parent."""

import os
from typing import Iterable


def keep_only(descriptors: Iterable[int]) -> None:
    """Let go of every descriptor but these and the standard ones: a connection of the parent's would outlive it here.

    They become ``/dev/null`` and stay taken. Objects of the parent's were copied with its memory, and close their number
    whenever they are collected: by then a number that had been free would be a file of this process's own.
    """
    kept = frozenset(descriptors)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in _open_ones():
        if descriptor > 2 and descriptor not in kept and descriptor != nothing:
            try:
                os.fstat(descriptor)
                os.dup2(nothing, descriptor)
            except OSError:
                continue  # Not open: the listing's own, or one of all that could be.
    os.close(nothing)


def _open_ones() -> Iterable[int]:
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return range(os.sysconf("SC_OPEN_MAX"))
