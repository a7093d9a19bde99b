# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the peak disk usage of a folder in bytes.

    python3 peak.py FOLDER STOP OUT

writes the peak to OUT when the file STOP exists, or after ten minutes.
"""

import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import Iterator

_PAUSE = 0.01
_LIFE = 600


def taken(folder: str) -> int:
    """The current disk usage; files may be created and removed meanwhile."""
    total = 0
    for path, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except OSError:
                continue
    return total


class Peak:
    """``bytes`` is the highest usage measured."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.bytes = taken(folder)

    def look(self) -> None:
        """Measure once."""
        self.bytes = max(self.bytes, taken(self._folder))


@contextmanager
def watched(folder: str) -> Iterator[Peak]:
    """Measure many times a second until the block ends, and once more then."""
    peak, over = Peak(folder), threading.Event()

    def watch() -> None:
        while not over.wait(_PAUSE):
            peak.look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()
        peak.look()


def main(folder: str, stop: str, out: str) -> None:
    """The command line."""
    until = time.monotonic() + _LIFE
    with watched(folder) as peak:
        while not os.path.exists(stop) and time.monotonic() < until:
            time.sleep(_PAUSE)
    with open(out + ".new", "w") as file:
        file.write(str(peak.bytes))
    os.rename(out + ".new", out)


if __name__ == "__main__":
    main(*sys.argv[1:])
