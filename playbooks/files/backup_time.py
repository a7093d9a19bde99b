# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print when a backup was made; print an empty line if it is not known.

backup_time.py BACKUP, where BACKUP is a tar, or a .sql file. The time of a tar is in UTC and ends with Z. The time of a .sql file is the one in its last line.
It does not name its time zone, so it has no Z: mysqldump writes the local time of the machine that it runs on.
"""

import datetime
import os
import re
import sys
import tarfile

TAIL = 4096


def backup_time(path: str) -> str:
    """The time of the newest file in an archive, or the time in the last line of a dump."""
    if tarfile.is_tarfile(path):
        with tarfile.open(path, "r:") as archive:
            newest = max((member.mtime for member in archive if member.isfile()), default=0)
        return datetime.datetime.fromtimestamp(newest, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if newest else ""
    with open(path, "rb") as dump:
        dump.seek(max(0, os.path.getsize(path) - TAIL))
        completed = re.search(rb"^-- Dump completed on (\d{4}-\d\d-\d\d) +(\d?\d:\d\d:\d\d)", dump.read(), re.M)
    return "{0}T{1:0>8}".format(*(part.decode("ascii") for part in completed.groups())) if completed else ""


if __name__ == "__main__":
    try:
        print(backup_time(sys.argv[1]))
    except (OSError, EOFError, ValueError, OverflowError, tarfile.TarError):
        print()  # The backup is damaged. The restore reports the reason.
