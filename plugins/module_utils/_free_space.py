# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free space of the file system that holds a path, or will hold it; the failure if it is too little; and sizes as text."""

import os
from typing import NamedTuple, Optional

from ._failure import Failure


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


def require_space(path: str, needed: int, otherwise: str, free: Optional[int] = None) -> None:
    """Raise a Failure if ``needed`` more bytes do not fit into the file system of ``path``, which has ``free`` bytes or as many as it says now.

    ``otherwise`` is what the user can do instead of freeing the rest.
    """
    free = volume_of(path).free if free is None else free
    if needed > free:
        raise no_space(path, needed, free, otherwise)


def no_space(path: str, needed: int, free: int, otherwise: str) -> Failure:
    """The failure, with figures."""
    what = "The disk has too little space: {0} more are needed, {1} are free".format(amount(needed), amount(free))
    cure = "Free {0}, or {1}".format(amount(max(0, needed - free)), otherwise)
    return Failure(what, path, cure, bytes_needed=needed, bytes_free=free)
