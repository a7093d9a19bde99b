# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the version of the server that a backup was made from, read from its first dump; print an empty line if the dump names no version.

dump_version.py BACKUP [--made], where BACKUP is a tar with .sql or .sql.gz files, or one such file. With --made, the second line is the time of
the backup (UTC), empty if unknown.
"""

import datetime
import gzip
import os
import re
import sys
import tarfile
import zlib
from typing import IO, Callable

HEAD = 4096


def head_of(dump: IO[bytes]) -> bytes:
    """The first bytes of the SQL, with or without gzip."""
    packed = dump.read(2) == b"\x1f\x8b"
    dump.seek(0)
    return gzip.GzipFile(fileobj=dump).read(HEAD) if packed else dump.read(HEAD)


def first_dump(path: str) -> bytes:
    """The first bytes of a dump, or of the first dump in an archive."""
    if not tarfile.is_tarfile(path):
        with open(path, "rb") as dump:
            return head_of(dump)
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith((".sql", ".sql.gz")) else None
            if content is not None:
                return head_of(content)
    return b""


def version_of(path: str) -> str:
    """The version in the header of the first dump."""
    found = re.search(rb"^-- Server version\t(\S+)", first_dump(path), re.M)
    return found.group(1).decode("ascii", "replace") if found else ""


def made_at(path: str) -> str:
    """When the newest file in an archive was written; for a dump, the time in its last line, in the time zone of the source server."""
    if tarfile.is_tarfile(path):
        with tarfile.open(path, "r:") as archive:
            newest = max((member.mtime for member in archive if member.isfile()), default=0)
        return datetime.datetime.fromtimestamp(newest, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if newest else ""
    with open(path, "rb") as dump:
        dump.seek(max(0, os.path.getsize(path) - HEAD))
        completed = re.search(rb"^-- Dump completed on (\d{4}-\d\d-\d\d) +(\d?\d:\d\d:\d\d)", dump.read(), re.M)
    return "{0}T{1:0>8}Z".format(*(part.decode("ascii") for part in completed.groups())) if completed else ""


def _or_nothing(read: Callable[[str], str], path: str) -> str:
    """What ``read`` finds; nothing in a damaged backup, for which the restore gives the reason."""
    try:
        return read(path)
    except (OSError, EOFError, ValueError, OverflowError, zlib.error, tarfile.TarError):
        return ""


if __name__ == "__main__":
    print(_or_nothing(version_of, sys.argv[1]))
    if "--made" in sys.argv:
        print(_or_nothing(made_at, sys.argv[1]))
