# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inspect a backup without extracting it: its databases, and the part of each file that is cheap to read."""

import contextlib
import io
import os
import zlib
from typing import Any, BinaryIO, Callable, Dict, NamedTuple, Optional, Sequence, Tuple, cast

from .._backup.excerpt import excerpt
from .._backup.file_reader import CachingReader, FileReader, RangeStream
from .._backup.gunzip import estimate
from .._backup.layout import file_name, is_single, named, read_manifest, select
from .._backup.manifest import Member
from .._dump.header import Header, read_header
from .._dump.plan import Choices, LoadPlan
from .._dump.planner import DumpSource, Planner
from .._failure import Failure
from .._gtid_set import GtidSet
from .._gzip_decoder import GzipDecoder
from .._identifiers import SCHEMAS_NOT_RESTORED
from .._load.checks.subject import KnownDump
from .._load.files import DumpFile, SqlStream, read_full
from .._local_file import Reader
from .._not_sql import message_at_end, wrong_file
from .._server.server_info import Version
from .._transfer.remote_reader import RemoteReader
from . import _url_options
from ._archived_backup import local_member, member_label

_HEAD = 1 << 16
_SMALL = 1 << 18
_MOST_DECOMPRESSED = 16 << 20


class FileSummary(NamedTuple):
    """The part of a dump file that was read.

    ``text`` is its SQL, complete if ``whole`` is true. ``sql_bytes`` is the size of all its SQL, estimated for large compressed files.
    If the file could not be read, ``failure`` has the reason and the other fields are empty.
    """

    file: DumpFile
    text: bytes
    whole: bool
    header: Header
    sql_bytes: int
    failure: Optional[Failure] = None


class WantedDatabase(NamedTuple):
    """A database to restore. ``extracted`` has the relative path and size in bytes of each file that rds_backup_extract would write."""

    source: str
    target: str
    summaries: Tuple[FileSummary, ...]
    extracted: Tuple[Tuple[str, int], ...]

    @property
    def files(self) -> Tuple[DumpFile, ...]:
        """Its files, in import order."""
        return tuple(summary.file for summary in self.summaries)

    @property
    def sql_bytes(self) -> int:
        """The size of its SQL."""
        return sum(summary.sql_bytes for summary in self.summaries)

    @property
    def gtid_set(self) -> Optional[GtidSet]:
        """The transactions that its dump contains; None if they are not known."""
        return gtid_set_of([summary.header for summary in self.summaries])


class InspectedBackup(NamedTuple):
    """``size`` is the number of bytes of the wanted databases; ``present`` has the names of all databases.

    ``local`` means that files can be read to their end. ``cost`` returns the result keys about the requests so far.
    """

    name: str
    size: int
    present: Tuple[str, ...]
    databases: Tuple[WantedDatabase, ...]
    notes: Tuple[str, ...]
    local: bool
    cost: Callable[[], Dict[str, Any]] = dict


def gtid_set_of(headers: Sequence[Header]) -> Optional[GtidSet]:
    """The combined GTID set of a database's files; None if they have none, or if one may be in a part that was not read."""
    named = [header.gtid_purged for header in headers if header.gtid_purged is not None]
    if not named or not all(header.gtid_sure for header in headers):
        return None
    try:
        return GtidSet.parse(",".join(named))
    except Failure:
        return None


def inspect_files(files: Sequence[DumpFile], targets: Optional[Dict[str, str]]) -> InspectedBackup:
    """Inspect files of one database on this host."""
    summaries = tuple(summarise_file(file) for file in files)
    source = next((summary.header.database for summary in summaries if summary.header.database), "")
    if targets and len(targets) > 1:
        raise Failure("src holds the files of one database, but databases names {0}".format(len(targets)), None, "Name one.")
    source, target = next(iter(targets.items())) if targets else (source, source)
    if not target:
        for summary in summaries:
            if summary.failure is not None:
                raise summary.failure
        raise Failure("The files do not name their database", files[0].name, "Name the target in databases.")
    database = WantedDatabase(source, target, summaries, ())
    size = sum(file.size for file in files)
    return InspectedBackup(os.path.dirname(files[0].name), size, (source,), (database,), (), local=True)


def inspect_archive(path: str, targets: Optional[Dict[str, str]]) -> InspectedBackup:
    """Inspect a backup on this host."""
    _url_options.refuse_url({"archive": path}, "archive")
    with FileReader(path) as reader:
        version = reader.version
        inspected = _inspect(reader, os.path.abspath(path), targets, lambda member: local_member(path, member, version), version.modified)
        return inspected._replace(local=True)


def inspect_url(params: Dict[str, Any], targets: Optional[Dict[str, str]], closing: contextlib.ExitStack) -> InspectedBackup:
    """Inspect a backup at a URL. Its files can be opened until ``closing`` closes the connections."""
    reader = RemoteReader(_url_options.url(params, "url"), _url_options.url(params, "internal_url"), _url_options.network(params))
    closing.callback(reader.close)
    inspected = _inspect(CachingReader(reader), reader.remote.object_path, targets, lambda member: _opener(reader, member), 0)
    return inspected._replace(cost=lambda: {"source": reader.remote.source, "bytes_downloaded": reader.bytes, "requests": reader.requests})


def _opener(reader: Reader, member: Member) -> Callable[[], BinaryIO]:
    return lambda: cast(BinaryIO, RangeStream(reader, member.offset, member.size, member.name))


def _inspect(
    reader: Reader, name: str, targets: Optional[Dict[str, str]], opener_of: Callable[[Member], Callable[[], BinaryIO]], modified: int
) -> InspectedBackup:
    whole = named(read_manifest(reader, name), list(targets or ()))
    present = tuple(database.name for database in whole.databases)
    manifest, _left_out = select(whole, list(targets) if targets else None)
    databases = []
    for database in manifest.databases:
        summaries, extracted = [], []
        for member in database.members:
            compressed = reader.read(member.offset, min(2, member.size)) == b"\x1f\x8b"
            summaries.append(summarise_file(DumpFile(member_label(reader.name, member), opener_of(member), member.size, compressed, modified)))
            extracted.append((os.path.join(database.name, file_name(member, unpack=False)), member.size))
        databases.append(WantedDatabase(database.name, (targets or {}).get(database.name, database.name), tuple(summaries), tuple(extracted)))
    part = excerpt(reader, list(targets), name) if targets and not is_single(whole) else None
    system = [database.name for database in manifest.databases if database.name in SCHEMAS_NOT_RESTORED]
    notes = tuple(whole.notes) + tuple("{0} is a system schema".format(database) for database in system)
    return InspectedBackup(reader.name, part.size if part else reader.size, present, tuple(databases), notes, local=False)


def summarise_file(file: DumpFile) -> FileSummary:
    """Read a small file completely, and only the beginning and end of a large one."""
    try:
        return _summarise(file)
    except Failure as failure:
        return FileSummary(file, b"", whole=False, header=read_header(b""), sql_bytes=0, failure=failure)


def _summarise(file: DumpFile) -> FileSummary:
    with file.open() as stream:
        raw = read_full(stream, file.size if file.size <= _SMALL else _HEAD)
        complete = len(raw) >= file.size
        end = b""
        if not complete:
            stream.seek(file.size - (4 if file.compressed else _HEAD))
            end = read_full(stream, 4 if file.compressed else _HEAD)
    if not file.compressed:
        _refuse_other_files(file, raw, end)
        return FileSummary(file, raw, whole=complete, header=read_header(raw, end or None, whole=complete), sql_bytes=file.size)
    text, whole = _decompressed(file, raw, complete=complete)
    _refuse_other_files(file, text)
    size = len(text) if whole else max(len(text), estimate(raw, end or raw[-4:], file.size))
    return FileSummary(file, text, whole, read_header(text, None, whole=whole), size)


def _refuse_other_files(file: DumpFile, head: bytes, end: bytes = b"") -> None:
    """Reject a file that is not SQL, or whose last line is an error message of a dump program. The planner checks the statements."""
    wrong = wrong_file(head[:4096]) or message_at_end(end)
    if wrong is not None:
        raise Failure(wrong.what, file.name, wrong.cure, recognised=wrong.kind)


def _decompressed(file: DumpFile, raw: bytes, *, complete: bool) -> Tuple[bytes, bool]:
    """Decompress up to 16 MiB of ``raw``; return the data and whether it is everything. ``complete`` means that ``raw`` is the whole file."""
    decoder = GzipDecoder().give(raw)
    try:
        text = decoder.up_to(_MOST_DECOMPRESSED)
    except zlib.error:
        raise Failure("The gzip file is damaged", file.name, "Download the backup again.") from None
    if complete and len(text) < _MOST_DECOMPRESSED and not decoder.complete:
        raise Failure("The gzip file is truncated: its end is missing", file.name, "Download the backup again.")
    return text, complete and decoder.complete


def known_dump(database: WantedDatabase, choices: Choices, *, scan: bool) -> KnownDump:
    """The contents of a database's files: a plan of the files that were read completely, and the headers of the others. ``scan`` reads all completely.

    :raises Failure: a file is truncated, or contains a statement that must not run.
    """
    read = [summary for summary in database.summaries if summary.failure is None and (summary.whole or scan)]
    plan: Optional[LoadPlan] = None
    if read:
        planner = Planner(choices)
        for summary in read:
            if summary.whole:
                planner.read(DumpSource(summary.file.name, io.BytesIO(summary.text)))
            else:
                with SqlStream(summary.file) as stream, stream.damage_first():
                    planner.read(DumpSource(summary.file.name, cast(BinaryIO, stream)))
        plan = planner.plan()
    headers = [summary.header for summary in database.summaries]
    versions = [Version.parse(header.server_version) for header in headers if header.server_version]
    whole = len(read) == len(database.summaries)
    sets = [plan.gtid_purged] if plan is not None and plan.gtid_purged is not None else [header.gtid_purged for header in headers]
    named = [text for text in sets if text is not None]
    sure = whole or bool(named) or all(header.gtid_sure for header in headers)
    return KnownDump(plan, whole, named[0] if named else None, gtid_sure=sure, origin=versions[0] if versions else None)
