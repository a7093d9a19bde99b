# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep the SQL of a compressed or remote file in memory from the scan to the load, if it fits, so that it is decompressed and transferred only once."""

import os
from typing import Any, BinaryIO, Optional, cast

from .files import DumpFile

# The share of the memory that is free when the scan begins. Several databases may be loaded at the same time.
_SHARE = 16
_NEW_FILE = getattr(os, "memfd_create", None)
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def room_for_sql() -> int:
    """A sixteenth of the free memory of this host and of its container, in bytes; 0 if it is not known, or Python is older than 3.8."""
    if _NEW_FILE is None:
        return 0
    try:
        with open("/proc/meminfo", encoding="ascii") as stream:
            free = next(int(line.split()[1]) * 1024 for line in stream if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return 0
    for limit, used in _LIMITS:
        try:
            with open(limit, encoding="ascii") as most, open(used, encoding="ascii") as now:
                free = min(free, int(most.read()) - int(now.read()))
        except (OSError, ValueError):
            continue  # No such container, or one without a limit.
    return max(0, free // _SHARE)


class SqlInMemory:
    """Reads ``stream`` and keeps the bytes, unless they exceed ``room``."""

    def __init__(self, stream: Any, room: int) -> None:
        self._stream = stream
        self._left = room
        self._kept: Optional[BinaryIO] = None
        if room > 0 and _NEW_FILE is not None:
            try:
                self._kept = cast(BinaryIO, open(_NEW_FILE("sql"), "w+b", buffering=0))
            except OSError:
                self._kept = None  # The container does not allow it.

    def read(self, size: int = -1) -> bytes:
        """Read from the stream."""
        block = self._stream.read(size)
        self._left -= len(block)
        if not self._keep(block):
            self.close()
        return block  # type: ignore[no-any-return]

    def _keep(self, block: bytes) -> bool:
        try:
            return self._kept is not None and self._left >= 0 and self._kept.write(block) == len(block)
        except OSError:
            return False

    def close(self) -> None:
        """Release the memory."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def instead_of(self, file: DumpFile) -> DumpFile:
        """The file to load instead of ``file``, which was read to its end: the SQL in memory, or the file itself."""
        kept = self._kept
        if kept is None:
            return file
        size = os.fstat(kept.fileno()).st_size
        # Opened by path, so that each reader has its own position.
        return DumpFile(file.name, lambda: open("/proc/self/fd/{0}".format(kept.fileno()), "rb", buffering=0), size, compressed=False, modified=file.modified)
