# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Selects some databases of an archive: the result is a smaller archive with the same root and config.txt, byte for byte."""

import concurrent.futures
import os
from typing import NamedTuple, Optional, Sequence, Tuple

from .._local_file import Reader
from .file_reader import CachingReader, shown
from .gunzip import stored_chunks
from .layout import has_name_of_rds, named, read_manifest, select
from .manifest import Manifest, Member

_END_MARK = 1024
# GNU tar's default record, to which RDS pads its own.
_RECORD = 10240


class Excerpt(NamedTuple):
    """The concatenated bytes of ``spans`` (offset of the first byte, offset after the last) of an archive, then zeros up to ``size``."""

    spans: Tuple[Tuple[int, int], ...]
    size: int


def excerpt(reader: Reader, databases: Sequence[str], name: str = "") -> Optional[Excerpt]:
    """The bytes of ``databases`` in the archive of ``reader``; None if the archive has nothing else, or is a single dump.

    Reads the headers of all members, at most a few KiB each. ``name`` as in :func:`read_manifest`. Raises :class:`Failure` as that function does,
    and for an unknown database. A single dump may hold any database, unless RDS has named the file.
    """
    ahead = CachingReader(reader)
    whole = read_manifest(ahead, name)
    manifest, left_out = select(whole if has_name_of_rds(whole) else named(whole, databases), databases)
    if not left_out and not whole.strangers:
        return None
    members = [member for database in manifest.databases for member in database.members]
    if whole.config_member is not None:
        members.append(whole.config_member)
    spans = tuple(sorted((member.start, member.end) for member in members))
    size = sum(end - first for first, end in spans) + _END_MARK
    return Excerpt(spans, -(-size // _RECORD) * _RECORD)


def verify_gzips(reader: Reader, manifest: Manifest) -> Tuple[str, ...]:
    """Verify every member by the CRC-32 and the length in its gzip. Returns the names of the members that are not compressed.

    Several members are read at once. Raises :class:`Failure` if one is damaged or truncated. Memory: less than 1 MiB per thread.
    """
    members = [member for database in manifest.databases for member in database.members]

    def unpack(member: Member) -> None:
        # Nothing is decompressed here, so the ratio is not checked.
        for _chunk in stored_chunks(reader, member, "{0}, member {1}".format(reader.name, shown(member.name)), float("inf")):
            pass

    with concurrent.futures.ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        for _none in pool.map(unpack, [member for member in members if member.compressed]):
            pass
    return tuple(member.name for member in members if not member.compressed)
