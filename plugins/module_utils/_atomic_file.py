# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small file that is written by another name first, and takes the place of the old one when it is whole."""

import os


def begin_replacement(path: str, flags: int = 0, mode: int = 0o600) -> int:
    """A descriptor to write the new file ``path`` with. What had the name is unlinked: nothing is written through a link somebody put there.

    :raises OSError: it cannot be made, or somebody was faster.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC | flags, mode)
