# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pipes with a capacity of 1 MiB, and writing a whole buffer to a descriptor."""

import fcntl
import os
from typing import Tuple, Union

# F_SETPIPE_SZ of <linux/fcntl.h>; Python has a name for it since 3.10.
_SET_PIPE_SIZE = 1031
_SIZE = 1 << 20


def open_pipe() -> Tuple[int, int]:
    """The descriptors to read from and to write to."""
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(writing, _SET_PIPE_SIZE, _SIZE)
    except OSError:
        pass  # The kernel's limit for this user is reached, so the pipe holds only 64 KiB.
    return reading, writing


def write_all(descriptor: int, data: Union[bytes, memoryview]) -> None:
    """Write every byte of ``data``, waiting for the reader as often as needed."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
