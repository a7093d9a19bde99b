# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the version of the server a backup was made from, read from its first dump; print nothing if it has no version.

dump_version.py BACKUP, where BACKUP is a tar with .sql or .sql.gz files, or one such file.
"""

import gzip
import re
import sys
import tarfile
from typing import IO

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


if __name__ == "__main__":
    found = re.search(rb"^-- Server version\t(\S+)", first_dump(sys.argv[1]), re.M)
    print(found.group(1).decode("ascii", "replace") if found else "")
