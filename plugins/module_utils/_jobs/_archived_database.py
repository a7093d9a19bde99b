# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of one database in a backup, on this host or behind a URL, without extracting them."""

import hashlib
import os
import time
from typing import Any, BinaryIO, Callable, Dict, List, Tuple, cast

from .._backup.file_reader import CachingReader, FileReader, Reader, Window, shown
from .._backup.layout import read_manifest, select
from .._backup.manifest import BackupDatabase, Manifest, Member
from .._failure import Failure
from .._identifiers import SCHEMAS_NOT_RESTORED
from .._load.files import DumpFile
from .._transfer.http_client import Network
from .._transfer.read_ahead import MemberRange, RemoteStream, SharedReadState
from .._transfer.remote_reader import RemoteReader
from . import _url_options
from ._run import JobContext


class ArchivedDatabase:
    """A backup and the ``files`` of one database in it. ``cost`` has the result keys about the requests made so far."""

    def __init__(self, call: JobContext) -> None:
        """Read the table of contents.

        :raises Failure: it is not a logical backup, or does not have the database.
        """
        self._read_states: List[SharedReadState] = []
        self.files: Tuple[DumpFile, ...] = ()
        self._cost: Dict[str, Any] = {}
        if call.params["archive"] is not None:
            self._open_local(call, call.params["archive"])
        else:
            self._open_remote(call)

    @property
    def cost(self) -> Dict[str, Any]:
        """Empty for a local backup."""
        found = dict(self._cost)
        for state in self._read_states:
            found["bytes_downloaded"] += state.received
            found["requests"] += state.requests
        return found

    def _open_local(self, call: JobContext, path: str) -> None:
        _url_options.refuse_url({"archive": path}, "archive")
        with FileReader(path) as reader:
            database = _wanted_database(call, read_manifest(reader, os.path.abspath(path)))
            modified = os.stat(path).st_mtime_ns
            self.files = tuple(_file(reader, path, member, local_member(path, member), modified) for member in database.members)

    def _open_remote(self, call: JobContext) -> None:
        network = _url_options.network(call.params)
        reader = RemoteReader(_url_options.url(call.params, "url"), _url_options.url(call.params, "internal_url"), network)
        remote = reader.remote
        try:
            ahead = CachingReader(reader)
            database = _wanted_database(call, read_manifest(ahead, remote.object_path))
            version = "{0}\n{1}\n{2}".format(remote.object_path, remote.size, remote.etag or time.time())
            modified = int(hashlib.sha256(version.encode("utf-8")).hexdigest()[:15], 16)
            files = []
            for member in database.members:
                span = MemberRange(remote, member.offset, member.size, member_label(reader.name, member))
                self._read_states.append(SharedReadState(span))
                files.append(_file(ahead, reader.name, member, _streamed(span, network, self._read_states[-1]), modified))
            self.files = tuple(files)
            unverifiable = [member.name for file, member in zip(files, database.members) if not file.compressed and member.offset]
            if unverifiable:
                call.warn(_url_options.unverified(unverifiable))
        finally:
            reader.close()
        self._cost = {"source": remote.source, "bytes_downloaded": reader.bytes, "requests": reader.requests}


def _wanted_database(call: JobContext, manifest: Manifest) -> BackupDatabase:
    wanted, target = call.params["source_database"], call.params["database"]
    # A single dump is named after its file, and users choose the name of a file.
    if manifest.databases[0].members[0].offset == 0:
        return manifest.databases[0]
    if wanted is None:
        names = [database.name for database in manifest.databases]
        own = [name for name in names if name not in SCHEMAS_NOT_RESTORED]
        if target not in names and len(own) != 1:
            cure = "Name one of its databases in source_database: {0}.".format(", ".join(shown(name) for name in names))
            raise Failure("The backup has no database {0}".format(shown(target)), cure=cure, present=names)
        wanted = target if target in names else own[0]
    chosen, _left_out = select(manifest, [wanted])
    for note in manifest.notes:
        if note.startswith("The database {0} ".format(shown(wanted))):
            call.warn(note)
    return chosen.databases[0]


def member_label(archive: str, member: Member) -> str:
    """The name of a member in messages."""
    return "{0}, member {1}".format(archive, shown(member.name)) if member.offset else archive


def _file(reader: Reader, archive: str, member: Member, opener: Callable[[], BinaryIO], modified: int) -> DumpFile:
    # As for files in a folder, the content decides and not the name.
    compressed = reader.read(member.offset, min(2, member.size)) == b"\x1f\x8b"
    return DumpFile(member_label(archive, member), opener, member.size, compressed, modified)


class _LocalMember(Window):
    """A member of an archive, with a file handle of its own."""

    def __init__(self, path: str, member: Member) -> None:
        self._file = FileReader(path)
        super().__init__(self._file, member.offset, member.size, member.name)

    def close(self) -> None:
        self._file.close()
        super().close()


def local_member(path: str, member: Member) -> Callable[[], BinaryIO]:
    """Opens the member of the archive at ``path``."""
    return lambda: cast(BinaryIO, _LocalMember(path, member))


def _streamed(span: MemberRange, network: Network, state: SharedReadState) -> Callable[[], BinaryIO]:
    return lambda: cast(BinaryIO, RemoteStream(span, network, state))
