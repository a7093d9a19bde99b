# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup looked at from outside: its databases, and of each file as much as is cheap."""

import contextlib
import io
import os
import zlib
from typing import Any, BinaryIO, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, cast

from .._backup.excerpt import excerpt
from .._backup.extract import file_name
from .._backup.file_reader import CachingReader, FileReader, Reader, Window, name_of
from .._backup.gunzip import estimate
from .._backup.layout import read_manifest, select
from .._backup.manifest import Member
from .._dump.header import Header, read_header
from .._dump.plan import Choices, LoadPlan
from .._dump.planner import Planner, Source
from .._failure import Failure
from .._gzip_decoder import GzipDecoder
from .._identifiers import SCHEMAS_NOT_RESTORED
from .._load.checks.subject import KnownDump
from .._load.files import DumpFile, SqlStream
from .._server.server_info import Version
from .._transfer.remote_reader import RemoteReader
from . import _url_options
from ._archived_database import called, local_member

_HEAD = 1 << 16
_SMALL = 1 << 18
_MOST_UNPACKED = 16 << 20


class FileSummary(NamedTuple):
    """A file of a dump. ``text`` is its SQL, to its end where ``whole``. ``sql_bytes`` is how much SQL there is, by estimate where it is large.

    ``failure`` says why there is nothing of it.
    """

    file: DumpFile
    text: bytes
    whole: bool
    header: Header
    sql_bytes: int
    failure: Optional[Failure] = None


class WantedDatabase(NamedTuple):
    """A database that is to be restored. ``unpacked_to`` are the names its files have below the folder they are unpacked into, with their sizes."""

    source: str
    target: str
    looks: Tuple[FileSummary, ...]
    unpacked_to: Tuple[Tuple[str, int], ...]

    @property
    def files(self) -> Tuple[DumpFile, ...]:
        """Its files, in order."""
        return tuple(look.file for look in self.looks)

    @property
    def sql_bytes(self) -> int:
        """How much SQL it is."""
        return sum(look.sql_bytes for look in self.looks)


class InspectedBackup(NamedTuple):
    """``size`` are the bytes of it that are wanted; ``present`` are the names of all databases in it; ``local`` says that files can be read whole.

    ``cost`` tells what reading it has cost so far.
    """

    name: str
    size: int
    present: Tuple[str, ...]
    sought: Tuple[WantedDatabase, ...]
    notes: Tuple[str, ...]
    local: bool
    cost: Callable[[], Dict[str, Any]] = dict


def targets_of(databases: Any) -> Optional[Dict[str, str]]:
    """From the option: a map, a list, or nothing, which means all.

    :raises Failure: it is none of these, or two databases have one target.
    """
    if not databases:
        return None
    if isinstance(databases, str):
        databases = [name.strip() for name in databases.split(",")]
    if isinstance(databases, (list, tuple)):
        databases = {name: name for name in databases}
    if not isinstance(databases, dict) or not all(isinstance(word, str) and word for pair in databases.items() for word in pair):
        raise Failure("databases is neither a list of names nor a map of names to names", None, "Give it as in [shop] or {shop: shop_copy}.")
    if len(set(databases.values())) < len(databases):
        raise Failure("databases gives two databases the same target: {0}".format(databases), None, "Give each a target of its own.")
    return dict(databases)


def of_files(files: Sequence[DumpFile], targets: Optional[Dict[str, str]]) -> InspectedBackup:
    """Files of one database that lie on this host."""
    looks = tuple(look_at_file(file) for file in files)
    source = next((look.header.database for look in looks if look.header.database), "")
    if targets and len(targets) > 1:
        raise Failure("src has the files of one database and databases names {0}".format(len(targets)), None, "Name one.")
    found = next(iter(targets.items())) if targets else (source, source)
    if not found[1]:
        raise Failure("The files do not say which database they are of", files[0].name, "Name the target in databases.")
    sought = WantedDatabase(found[0], found[1], looks, ())
    return InspectedBackup(os.path.dirname(files[0].name), sum(file.size for file in files), (found[0],), (sought,), (), True)


def of_archive(path: str, targets: Optional[Dict[str, str]]) -> InspectedBackup:
    """A backup on this host."""
    _url_options.refuse_url({"archive": path}, "archive")
    with FileReader(path) as reader:
        modified = os.stat(path).st_mtime_ns
        return _of_reader(reader, os.path.abspath(path), targets, lambda member: local_member(path, member), modified, True)


def of_url(params: Dict[str, Any], targets: Optional[Dict[str, str]], closing: contextlib.ExitStack) -> InspectedBackup:
    """A backup behind a URL; ``closing`` ends the connections to it."""
    reader = RemoteReader(_url_options.url(params, "url"), _url_options.url(params, "internal_url"), _url_options.network(params))
    closing.callback(reader.close)
    found = _of_reader(CachingReader(reader), reader.remote.object_path, targets, lambda member: _opener(reader, member), 0, False)
    return found._replace(cost=lambda: {"source": reader.remote.source, "bytes_downloaded": reader.bytes, "requests": reader.requests})


def _opener(reader: Reader, member: Member) -> Callable[[], BinaryIO]:
    return lambda: cast(BinaryIO, Window(reader, member.offset, member.size, member.name))


def _of_reader(
    reader: Reader, name: str, targets: Optional[Dict[str, str]], opening: Callable[[Member], Callable[[], BinaryIO]], modified: int, local: bool
) -> InspectedBackup:
    whole = read_manifest(reader, name)
    present = tuple(database.name for database in whole.databases)
    lone = whole.databases[0].members[0].offset == 0
    if lone and targets:
        # Its name is that of the file, which is the user's choice.
        targets = {present[0]: next(iter(targets.values()))} if len(targets) == 1 else targets
    manifest, _left_out = select(whole, list(targets) if targets else None)
    sought = []
    for database in manifest.databases:
        looks, places = [], []
        for member in database.members:
            compressed = reader.read(member.offset, min(2, member.size)) == b"\x1f\x8b"
            looks.append(look_at_file(DumpFile(called(name_of(reader), member), opening(member), member.size, compressed, modified)))
            places.append((os.path.join(database.name, file_name(member, False)), member.size))
        sought.append(WantedDatabase(database.name, (targets or {}).get(database.name, database.name), tuple(looks), tuple(places)))
    part = excerpt(reader, list(targets), name) if targets and not lone else None
    own = [database.name for database in manifest.databases if database.name in SCHEMAS_NOT_RESTORED]
    notes = tuple(whole.notes) + tuple("{0} is a database of a server's own".format(database) for database in own)
    return InspectedBackup(name_of(reader), part.size if part else reader.size, present, tuple(sought), notes, local)


def look_at_file(file: DumpFile) -> FileSummary:
    """Read a small file whole, and of a large one its ends."""
    try:
        return _look(file)
    except Failure as failure:
        return FileSummary(file, b"", False, read_header(b""), 0, failure)


def _look(file: DumpFile) -> FileSummary:
    with file.open() as stream:
        raw = _read(stream, file.size if file.size <= _SMALL else _HEAD)
        all_there = len(raw) >= file.size
        end = b""
        if not all_there:
            stream.seek(file.size - (4 if file.compressed else _HEAD))
            end = _read(stream, 4 if file.compressed else _HEAD)
    if not file.compressed:
        return FileSummary(file, raw, all_there, read_header(raw, end or None, all_there), file.size)
    text, whole = _unpacked(file, raw, all_there)
    size = len(text) if whole else max(len(text), estimate(raw, end or raw[-4:], file.size))
    return FileSummary(file, text, whole, read_header(text, None, whole), size)


def _read(stream: BinaryIO, size: int) -> bytes:
    pieces = []
    while size > 0:
        piece = stream.read(size)
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _unpacked(file: DumpFile, raw: bytes, all_there: bool) -> Tuple[bytes, bool]:
    """As much as ``raw`` holds, some megabytes at most, and whether that is all: gzips may follow each other, and zeros them."""
    pieces: List[bytes] = []
    room = _MOST_UNPACKED
    decoder = GzipDecoder().give(raw)
    try:
        while room:
            piece = decoder.take(room)
            if not piece:
                break
            pieces.append(piece)
            room -= len(piece)
    except zlib.error:
        raise Failure("The gzip file is damaged", file.name, "Get the backup again.") from None
    if all_there and room and not decoder.complete:
        raise Failure("The gzip file is cut: its end is missing", file.name, "Get the backup again.")
    return b"".join(pieces), all_there and decoder.complete


def known_of(sought: WantedDatabase, choices: Choices, scan: bool) -> KnownDump:
    """What the files tell: all that were read whole as a plan, and of the others the ends. With ``scan`` all are read to their end.

    :raises Failure: a file is cut, or holds what may not run.
    """
    read = [look for look in sought.looks if look.failure is None and (look.whole or scan)]
    plan: Optional[LoadPlan] = None
    if read:
        planner = Planner(choices)
        for look in read:
            if look.whole:
                planner.read(Source(look.file.name, io.BytesIO(look.text)))
            else:
                with SqlStream(look.file) as stream:
                    planner.read(Source(look.file.name, cast(BinaryIO, stream)))
        plan = planner.plan()
    headers = [look.header for look in sought.looks]
    versions = [Version.parse(header.server_version) for header in headers if header.server_version]
    whole = len(read) == len(sought.looks)
    sets = [plan.gtid_purged] if plan is not None and plan.gtid_purged is not None else [header.gtid_purged for header in headers]
    named = [text for text in sets if text is not None]
    sure = whole or bool(named) or all(header.gtid_sure for header in headers)
    return KnownDump(plan, whole, named[0] if named else None, sure, versions[0] if versions else None)
