# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognise a file by its content, never by its name, and say what to do if it is not a logical backup."""

import re
import zlib
from typing import NamedTuple, Optional

from .._failure import Failure
from .._gzip_decoder import GzipDecoder
from .file_reader import Reader, name_of, shown
from .tar_headers import files_in, is_header

TAR = "tar"
SQL = "sql"
SQL_GZ = "sql.gz"

_HEAD = 4096
_INSIDE = 1 << 18

_XTRABACKUP = (
    "Make a logical backup with apsaradb.mysql.rds_backup_create, or restore this one with Percona XtraBackup "
    "(2.4 for MySQL 5.6 and 5.7, 8.0 for MySQL 8.0) after the vendor's guide \"Restore the data of an ApsaraDB RDS for MySQL "
    'instance from a physical backup file to a self-managed MySQL database".'
)
_NOT_SQL = "it holds InnoDB's files, not SQL, and cannot be imported"
_LOGICAL = "Give the .tar of a logical backup, or a .sql or .sql.gz file; apsaradb.mysql.rds_backup_create makes a logical backup."
_FRESH = "Fetch the backup again with a fresh URL (one lives for an hour); apsaradb.mysql.rds_backup_fetch refuses such pages."

# Files that only a physical backup has.
_PHYSICAL_NAMES = frozenset(["xtrabackup_checkpoints", "xtrabackup_info", "xtrabackup_logfile", "xtrabackup_binlog_info", "backup-my.cnf", "ibdata1"])
_PHYSICAL_SUFFIXES = (".ibd", ".frm", ".MYD", ".MYI", ".qp", ".xb", ".xbstream")

_SQL_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:--|\#|/\*|"
    rb"(?:ALTER|BEGIN|CALL|COMMIT|CREATE|DELETE|DELIMITER|DROP|GRANT|INSERT|LOAD|LOCK|RENAME|REPLACE|SET|START|TRUNCATE|UPDATE|USE)\b)",
    re.IGNORECASE,
)
_PAGE_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype|html|head|body|error\b)", re.IGNORECASE)
_OSS_CODE = re.compile(rb"<Code>([A-Za-z]{1,64})</Code>")


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
        return Recognition("empty", "The file is empty: a download that never started, or a full disk", _FRESH)
    head = reader.read(0, _HEAD)
    if head[:2] == b"\x1f\x8b":
        return _inside_gzip(reader)
    return _plain(head)


def require_usable(reader: Reader) -> str:
    """Return TAR, SQL or SQL_GZ, or raise a :class:`Failure` that names the kind of the file and what to do instead."""
    finding = recognise(reader)
    if finding.problem is not None:
        raise Failure(finding.problem, where=name_of(reader), cure=finding.cure, recognised=finding.kind)
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
        "The file is a physical backup (a tar with {0}): {1}".format(shown(member), _NOT_SQL),
        where=where,
        cure=_XTRABACKUP,
        recognised="physical tar",
    )


def _plain(head: bytes) -> Recognition:
    # First, because a tar begins with a name, which may be any of the words below.
    if is_header(head[:512]):
        return Recognition(TAR)
    for magic, finding in _MAGIC:
        if head.startswith(magic):
            return finding
    if head[257:262] == b"ustar":
        return Recognition("damaged tar", "The file is a tar whose first header is damaged (its checksum is wrong)", "Fetch it again.")
    if _PAGE_START.match(head):
        return _page(head)
    if _SQL_START.match(head):
        return Recognition(SQL)
    if not head.strip(b"\0"):
        return Recognition("zeros", "The file starts with zeros: an unfinished download into a file made beforehand, or an archive without members", _FRESH)
    if head.lstrip()[:1] in (b"{", b"["):
        return Recognition("error page", "The file is JSON, most likely the saved answer of a service instead of a backup", _FRESH)
    if len(head) < 512:
        return Recognition("unknown", "The file has only {0} bytes and is neither a tar nor SQL: a download that broke off at once".format(len(head)), _FRESH)
    return Recognition("unknown", "The file is of unknown kind: it starts with {0}".format(ascii(head[:8].decode("latin-1"))), _LOGICAL)


def _page(head: bytes) -> Recognition:
    code = _OSS_CODE.search(head)
    if code:
        problem = "The file is an error answer of the object storage ({0}) that was saved instead of the backup".format(code.group(1).decode("ascii"))
    else:
        problem = "The file is an HTML or XML page, an error or a login form, that was saved instead of the backup"
    return Recognition("error page", problem, _FRESH)


def _inside_gzip(reader: Reader) -> Recognition:
    data = reader.read(0, _INSIDE)
    decoder = GzipDecoder()
    try:
        inside = decoder.give(data).take(_INSIDE)
    except zlib.error:
        return Recognition("damaged gzip", "The file is a damaged gzip: its first bytes cannot be unpacked", "Fetch it again.")
    if not inside:
        if decoder.complete and reader.size <= len(data):
            return Recognition("empty", "The file is a gzip with nothing inside", "Make the backup again.")
        return Recognition("cut gzip", "The file is a gzip that is cut in its first block", "Fetch it again.")
    finding = _plain(inside)
    if finding.kind == SQL:
        return Recognition(SQL_GZ)
    if finding.kind in ("xbstream", "qpress"):
        problem = "The file is a physical backup ({0} inside gzip): {1}".format(finding.kind, _NOT_SQL)
        return Recognition("{0}.gz".format(finding.kind), problem, _XTRABACKUP)
    if finding.kind == TAR:
        physical = [name for name in files_in(inside) if is_physical_name(name)]
        if physical:
            problem = "The file is a physical backup (a .tar.gz with {0}): {1}".format(shown(physical[0]), _NOT_SQL)
            return Recognition("physical tar.gz", problem, _XTRABACKUP)
        return Recognition(
            "tar.gz", "The file is a tar inside gzip, whose members cannot be reached without unpacking it", "Run gzip -d on it and give the .tar."
        )
    if inside[:2] == b"\x1f\x8b":
        return Recognition("gzip in gzip", "The file is a gzip inside a gzip", "Run gzip -d on it once and give the result.")
    if finding.kind == "error page":
        return finding
    start = ascii(inside[:8].decode("latin-1"))
    return Recognition("unknown gzip", "The file is a gzip whose content is not SQL: it starts with {0}".format(start), _LOGICAL)


_MAGIC = (
    (b"XBSTCK01", Recognition("xbstream", "The file is a physical backup (xbstream): " + _NOT_SQL, _XTRABACKUP)),
    (b"qpress10", Recognition("qpress", "The file is a physical backup (qpress): " + _NOT_SQL, _XTRABACKUP)),
    (
        b"\x28\xb5\x2f\xfd",
        Recognition(
            "zstd",
            "The file is compressed with zstd, as exports of instances with cloud disks are, and no logical backup",
            "If `zstd -dc FILE | head` shows SQL, unpack it and give the .sql file; else make a logical backup with apsaradb.mysql.rds_backup_create.",
        ),
    ),
    (
        b"PK\x03\x04",
        Recognition(
            "zip",
            "The file is a zip, as links to single databases give, and cannot be read in place",
            "Unzip it; if a .sql or .sql.gz file is inside, give that one; else make a logical backup with apsaradb.mysql.rds_backup_create.",
        ),
    ),
    (b"PK\x05\x06", Recognition("zip", "The file is an empty zip", _LOGICAL)),
    (b"BZh", Recognition("bzip2", "The file is compressed with bzip2, which no backup of RDS is", "Run bzip2 -d on it and give the result.")),
    (b"\xfd7zXZ\0", Recognition("xz", "The file is compressed with xz, which no backup of RDS is", "Run xz -d on it and give the result.")),
    (
        b"7z\xbc\xaf\x27\x1c",
        Recognition("7z", "The file is a 7z archive, which no backup of RDS is", "Unpack it and give the .tar, .sql or .sql.gz file inside."),
    ),
    (b"\xfebin", Recognition("binlog", "The file is a binary log, not a backup", _LOGICAL)),
    (
        b"\xff\xfe",
        Recognition(
            "utf-16",
            "The file is text in UTF-16, as > in PowerShell writes it, which damages dumps",
            "Make the dump again with mysqldump --result-file=FILE.",
        ),
    ),
)
