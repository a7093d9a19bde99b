# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free space of the file system that holds a path, or will hold it."""

import os
from typing import NamedTuple


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
