# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create a file that will replace another one when it is complete, and sync its name to disk."""

import os


def begin_replacement(path: str, flags: int = 0, mode: int = 0o600) -> int:
    """Create ``path`` and return a descriptor for writing. An old file or link with that name is removed, so nothing is written through a link.

    :raises OSError: if it cannot be created, or another process created it first.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC | flags, mode)


def sync_folder(path: str) -> None:
    """Sync the names in a folder to disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
