# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the memory allocator of this process treats the blocks of a dump, which come and go."""

import ctypes

# mallopt(3). 32 MiB is the most it allows; what it would come to by itself is twice that for the other.
_TRIM_THRESHOLD, _KEPT = -1, 64 << 20
_MMAP_THRESHOLD, _LARGEST = -3, 32 << 20


def keep_blocks() -> None:
    """Blocks up to 32 MiB are used again where they lie, instead of coming from the system anew each time, page by page.

    Up to 64 MiB that are not used stay with the process. Only with glibc; anywhere else nothing is changed.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST)
    mallopt(_TRIM_THRESHOLD, _KEPT)
