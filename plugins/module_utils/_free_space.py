# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free space of the file system that holds a path, or will hold it, and sizes as text."""

import os
from typing import NamedTuple


def amount(count: int) -> str:
    """``count`` bytes in a readable unit."""
    if count < 1024:
        return "{0} bytes".format(count)
    power = min(4, (count.bit_length() - 1) // 10)
    return "{0:.1f} {1}iB".format(count / 1024.0**power, "KMGT"[power - 1])


class Volume(NamedTuple):
    """A file system: its ``device`` number, the bytes ``free`` for an unprivileged user, and its ``block_size`` in bytes."""

    device: int
    free: int
    block_size: int = 512


def volume_of(path: str) -> Volume:
    """The file system of ``path``, or of its closest parent that exists."""
    path = os.path.abspath(path)
    while not os.path.exists(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    state = os.statvfs(path)
    return Volume(os.stat(path).st_dev, state.f_bavail * state.f_frsize, max(512, state.f_frsize))
