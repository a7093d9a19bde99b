# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The databases of a backup and their files, read without extracting them, on this host or from a URL."""

import hashlib
import os
import time
from typing import Any, BinaryIO, Callable, Dict, List, Optional, Tuple, cast

from .._backup.file_reader import CachingReader, FileReader, RangeStream, shown
from .._backup.layout import is_single, read_manifest, select
from .._backup.manifest import BackupDatabase, Manifest, Member
from .._failure import Failure
from .._identifiers import SCHEMAS_NOT_RESTORED
from .._load.files import DumpFile
from .._local_file import FileVersion, Reader
from .._transfer import fetched_record
from .._transfer.http_client import Network
from .._transfer.read_ahead import MemberRange, RemoteStream, SharedReadState
from .._transfer.remote_reader import RemoteReader
from . import _url_options
from ._run import JobContext


class BackupIdentity:
    """Identifies the backup in the options without reading it. ``path`` is the path of the object, or of a file that was not fetched.
    ``whole`` means that the file is the complete object. ``file`` is the version of the local file, None if it does not exist."""

    def __init__(self, params: Dict[str, Any]) -> None:
        self._params = params
        self._reader: Optional[RemoteReader] = None
        self._version: Optional[str] = None
        self.whole = True
        self.file: Optional[FileVersion] = None
        archive = params["archive"]
        if archive is None:
            given = [_url_options.url(params, option) for option in ("url", "internal_url")]
            self._urls = [url for url in given if url is not None]
            self.path = self._urls[0].object_path
            return
        _url_options.refuse_url(params, "archive")
        self.path = os.path.abspath(archive)
        if os.path.exists(archive):
            self.file = FileVersion.of(os.stat(archive))
        origin = params["origin"] or origin_of_fetched(archive)
        if origin is not None:
            self.path, self._version, self.whole = origin["path"], origin["version"], origin["whole"]
        elif self.file is not None:
            self._version = "{0} {1}".format(self.file.size, self.file.modified)

    def version(self) -> Optional[str]:
        """Distinguishes objects with the same path. None if the file does not exist, or if the URL has expired or does not answer."""
        if self._params["archive"] is None and self._version is None and not all(url.has_expired for url in self._urls):
            try:
                remote = self.reader().remote
                self._version = _version_of(remote.size, remote.etag)
            except Failure:
                return None
        return self._version

    def reader(self) -> RemoteReader:
        """A reader of the object at the URL.

        :raises Failure: it is not available.
        """
        if self._reader is None:
            urls = [_url_options.url(self._params, option) for option in ("url", "internal_url")]
            self._reader = RemoteReader(urls[0], urls[1], _url_options.network(self._params))
        return self._reader


def origin_of_fetched(path: str) -> Optional[Dict[str, Any]]:
    """The object that a file was fetched from: its path, its version, and whether the file is the complete object; None if it was not fetched."""
    record = fetched_record.read(path)
    if record is None or not record.describes(path):
        return None
    return {"path": record.object_path, "version": _version_of(record.object_size, record.etag), "whole": not record.names}


def _version_of(size: int, etag: Optional[str]) -> str:
    """Without an ETag, every call returns a different version, because objects of the same size may differ."""
    return "{0} {1}".format(size, etag or "seen at {0}".format(time.time()))


class ArchivedBackup:
    """A backup: its contents, and the files of each database, which are read in place.

    ``cost`` has the result keys about the requests that this process has made; it is empty for a local backup.
    """

    def __init__(self, call: JobContext, identity: BackupIdentity) -> None:
        """Read the table of contents.

        :raises Failure: it is not a logical backup, or no longer the file that ``identity`` identifies.
        """
        self._call = call
        self._read_states: List[SharedReadState] = []
        self._path = call.params["archive"]
        self._remote_reader: Optional[RemoteReader] = None
        if self._path is not None:
            file = FileReader(self._path, identity.file)
            reader: Reader = file
            self._file_version = file.version
            name, self._version = os.path.abspath(self._path), file.version.modified
        else:
            self._network = _url_options.network(call.params)
            reader = self._remote_reader = identity.reader()
            remote = self._remote_reader.remote
            version = "{0}\n{1}\n{2}".format(remote.object_path, remote.size, remote.etag or time.time())
            name, self._version = remote.object_path, int(hashlib.sha256(version.encode("utf-8")).hexdigest()[:15], 16)
        self._reader = CachingReader(reader)
        try:
            self.manifest = read_manifest(self._reader, name)
        finally:
            self.disconnect()

    @property
    def cost(self) -> Dict[str, Any]:
        """The URL that was used, and the number of bytes and requests."""
        reader = self._remote_reader
        if reader is None:
            return {}
        received = sum(state.received for state in self._read_states)
        requests = sum(state.requests for state in self._read_states)
        return {"source": reader.remote.source, "bytes_downloaded": reader.bytes + received, "requests": reader.requests + requests}

    def disconnect(self) -> None:
        """Close the idle connections, because a forked process needs its own."""
        if self._remote_reader is not None:
            self._remote_reader.close()

    def files(self, database: BackupDatabase) -> Tuple[DumpFile, ...]:
        """The files of a database of the manifest, in import order."""
        files = tuple(self._file(member) for member in database.members)
        self.disconnect()
        unverifiable = [member.name for file, member in zip(files, database.members) if not file.compressed and member.offset]
        if unverifiable and self._remote_reader is not None:
            self._call.warn(_url_options.unverified(unverifiable))
        return files

    def _file(self, member: Member) -> DumpFile:
        # As for files in a folder, the content decides, not the name.
        compressed = self._reader.read(member.offset, min(2, member.size)) == b"\x1f\x8b"
        label = member_label(self._reader.name, member)
        if self._remote_reader is None:
            return DumpFile(label, local_member(self._path, member, self._file_version), member.size, compressed, self._version)
        span = MemberRange(self._remote_reader.remote, member.offset, member.size, label)
        self._read_states.append(SharedReadState(span))
        return DumpFile(label, _streamed(span, self._network, self._read_states[-1]), member.size, compressed, self._version, remote=True)


def one_database(call: JobContext, manifest: Manifest) -> BackupDatabase:
    """The database named in ``source_database`` or ``database``.

    :raises Failure: the backup does not have it.
    """
    wanted, target = call.params["source_database"], call.params["database"]
    # The manifest names a single dump after its file, and the file name is the user's choice.
    if is_single(manifest):
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


class _LocalMember(RangeStream):
    """A member of an archive, with its own file handle, because a process that decompresses keeps none of the others."""

    def __init__(self, file: FileReader, member: Member) -> None:
        super().__init__(file, member.offset, member.size, member.name)
        self._file = file

    def close(self) -> None:
        self._file.close()
        super().close()


def local_member(path: str, member: Member, version: FileVersion) -> Callable[[], BinaryIO]:
    """A function that opens this member of the archive at ``path``, which must still be the ``version`` that the member's offset was read from."""
    return lambda: cast(BinaryIO, _LocalMember(FileReader(path, version), member))


def _streamed(span: MemberRange, network: Network, state: SharedReadState) -> Callable[[], BinaryIO]:
    return lambda: cast(BinaryIO, RemoteStream(span, network, state))
