# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The most bytes that a folder ever takes on the disk, written to a file when a stop file appears.

python3 peak.py FOLDER STOP OUT
"""

import os
import sys
import time


def taken(folder: str) -> int:
    """What is there now; files come and go meanwhile."""
    total = 0
    for path, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except OSError:
                continue
    return total


def main(folder: str, stop: str, out: str) -> None:
    peak = 0
    until = time.monotonic() + 600
    while not os.path.exists(stop) and time.monotonic() < until:
        peak = max(peak, taken(folder))
        time.sleep(0.01)
    with open(out + ".new", "w") as file:
        file.write(str(peak))
    os.rename(out + ".new", out)


if __name__ == "__main__":
    main(*sys.argv[1:])
