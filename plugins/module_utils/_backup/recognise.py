# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognise a file by its content, never by its name, and suggest a cure if it is not a logical backup."""

import re
import zlib
from typing import NamedTuple, Optional

from .._failure import Failure
from .._gzip_decoder import GzipDecoder
from .._local_file import Reader
from .._not_sql import FRESH_CURE, HOLDS_FILES, LOGICAL_CURE, PHYSICAL_CURE, wrong_file, wrong_text
from .file_reader import shown
from .tar_headers import files_in, is_header

TAR = "tar"
SQL = "sql"
SQL_GZ = "sql.gz"

_HEAD = 4096
_INSIDE = 1 << 18

# Files that only a physical backup has.
_PHYSICAL_NAMES = frozenset(["xtrabackup_checkpoints", "xtrabackup_info", "xtrabackup_logfile", "xtrabackup_binlog_info", "backup-my.cnf", "ibdata1"])
_PHYSICAL_SUFFIXES = (".ibd", ".frm", ".MYD", ".MYI", ".qp", ".xb", ".xbstream")

_SQL_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:--|\#|/\*|"
    rb"(?:ALTER|BEGIN|CALL|COMMIT|CREATE|DELETE|DELIMITER|DROP|GRANT|INSERT|LOAD|LOCK|RENAME|REPLACE|SET|START|TRUNCATE|UPDATE|USE)\b)",
    re.IGNORECASE,
)


class Recognition(NamedTuple):
    """``kind`` is a short name; ``problem`` and ``cure`` are sentences, None for a usable kind."""

    kind: str
    problem: Optional[str] = None
    cure: Optional[str] = None


def recognise(reader: Reader) -> Recognition:
    """Recognise the bytes of ``reader``. Reads at most 256 KiB from the start.

    A tar with a physical backup inside is "tar" here; its members decide, see :func:`is_physical_name`.
    """
    if reader.size == 0:
        return Recognition("empty", "The file is empty: a download that never started, or a full disk", FRESH_CURE)
    head = reader.read(0, _HEAD)
    if head[:2] == b"\x1f\x8b":
        return _inside_gzip(reader)
    return _plain(head)


def require_usable(reader: Reader) -> str:
    """Return TAR, SQL or SQL_GZ, or raise a :class:`Failure` that names the kind of the file and what to do instead."""
    finding = recognise(reader)
    if finding.problem is not None:
        raise Failure(finding.problem, where=reader.name, cure=finding.cure, recognised=finding.kind)
    return finding.kind


def is_physical_name(name: str) -> bool:
    """Whether a file of this name proves that an archive is a physical backup. A folder does not: it may be a database."""
    base = name.rstrip("/").rpartition("/")[2]
    for suffix in (".gz", ".qp", ".zst", ".lz4"):
        if base.endswith(suffix) and base[: -len(suffix)] in _PHYSICAL_NAMES:
            return True
    return base in _PHYSICAL_NAMES or base.endswith(_PHYSICAL_SUFFIXES)


def physical_tar(where: str, member: str) -> Failure:
    """The failure for an archive that contains ``member``."""
    return Failure(
        "The file is a physical backup (a tar with {0}): {1}".format(shown(member), HOLDS_FILES),
        where=where,
        cure=PHYSICAL_CURE,
        recognised="physical tar",
    )


def _plain(head: bytes) -> Recognition:
    # Checked first, because a tar begins with a name, which may be any of the words below.
    if is_header(head[:512]):
        return Recognition(TAR)
    if head[257:262] == b"ustar":
        return Recognition("damaged tar", "The file is a tar whose first header is damaged (its checksum is wrong)", "Fetch it again.")
    found = wrong_file(head[:_HEAD])
    if found is not None:
        return Recognition(*found)
    if _SQL_START.match(head):
        return Recognition(SQL)
    if len(head) < 512:
        return Recognition("unknown", "The file has only {0} bytes and is neither a tar nor SQL: a download that failed at once".format(len(head)), FRESH_CURE)
    return Recognition("unknown", "The file is of an unknown kind: it starts with {0}".format(ascii(head[:8].decode("latin-1"))), LOGICAL_CURE)


def _inside_gzip(reader: Reader) -> Recognition:
    data = reader.read(0, _INSIDE)
    decoder = GzipDecoder()
    try:
        inside = decoder.give(data).take(_INSIDE)
    except zlib.error:
        return Recognition("damaged gzip", "The file is a damaged gzip: its first bytes cannot be unpacked", "Fetch it again.")
    if not inside:
        if decoder.complete and reader.size <= len(data):
            return Recognition("empty", "The file is an empty gzip", "Make the backup again.")
        return Recognition("cut gzip", "The file is a gzip that is truncated in its first block", "Fetch it again.")
    finding = _plain(inside)
    if finding.kind == SQL:
        return Recognition(SQL_GZ)
    if finding.kind in ("xbstream", "qpress"):
        problem = "The file is a physical backup ({0} inside gzip): {1}".format(finding.kind, HOLDS_FILES)
        return Recognition("{0}.gz".format(finding.kind), problem, PHYSICAL_CURE)
    if finding.kind == TAR:
        physical = [name for name in files_in(inside) if is_physical_name(name)]
        if physical:
            problem = "The file is a physical backup (a .tar.gz with {0}): {1}".format(shown(physical[0]), HOLDS_FILES)
            return Recognition("physical tar.gz", problem, PHYSICAL_CURE)
        return Recognition(
            "tar.gz", "The file is a tar inside gzip, whose members cannot be reached without unpacking it", "Run gzip -d on it and use the .tar."
        )
    if finding.kind == "gzip in gzip" or wrong_text(inside[:_HEAD]) is not None:
        return finding
    start = ascii(inside[:8].decode("latin-1"))
    return Recognition("unknown gzip", "The file is a gzip whose content is not SQL: it starts with {0}".format(start), LOGICAL_CURE)
