# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a dump: their fingerprints, and their SQL as streams. Nothing is decompressed to disk."""

import io
import os
import stat
import zlib
from contextlib import contextmanager
from typing import Any, BinaryIO, Callable, Iterator, NamedTuple, Optional

from .._failure import Failure
from .._local_file import FileVersion
from .gunzip_process import GunzipProcess, SmallGunzip

_BLOCK = 1 << 20
_EDGE = 1 << 16
_SMALL = 1 << 18
_CHECKED_REST = 1 << 28


class DumpFile(NamedTuple):
    """A file of a dump. ``open`` returns a stream of its stored bytes and ``size`` is their number; ``compressed`` means gzip; ``modified`` is in ns.
    ``remote``: ``open`` may start threads, so a forked process must call it."""

    name: str
    open: Callable[[], BinaryIO]
    size: int
    compressed: bool
    modified: int
    remote: bool = False


class Fingerprint(NamedTuple):
    """Distinguishes files. ``edges`` is the CRC-32 of the first and last 64 KiB, which include the trailer of a gzip
    and so depend on its whole contents. ``content`` is the CRC-32 of a plain file, None until it has been read."""

    size: int
    edges: int
    modified: int
    content: Optional[int] = None


def on_disk(path: str) -> DumpFile:
    """Open a ``.sql`` or ``.sql.gz`` file; its first bytes show whether it is compressed."""
    try:
        status = os.stat(path)
        # A pipe cannot be read twice, and opening it would block.
        if not stat.S_ISREG(status.st_mode):
            raise Failure("The dump is not a regular file", path, "Specify the path of a .sql or .sql.gz file.")
        version = FileVersion.of(status)
        with _opened(path, version) as stream:
            compressed = stream.read(2) == b"\x1f\x8b"
    except OSError as error:
        raise Failure("The dump cannot be read: {0}".format(error.strerror), path, "Check the path and its permissions.") from None
    return DumpFile(path, lambda: _opened(path, version), status.st_size, compressed, status.st_mtime_ns)


def _opened(path: str, version: FileVersion) -> BinaryIO:
    """The file, which is opened several times, but must be the same each time: statements are read at the places where they were found before."""
    stream: BinaryIO = open(path, "rb", buffering=0)
    try:
        version.require(os.fstat(stream.fileno()), "dump", path)
    except Failure:
        stream.close()
        raise
    return stream


def fingerprint(file: DumpFile) -> Fingerprint:
    """Read 128 KiB of the file for its fingerprint."""
    with file.open() as stream:
        edges = zlib.crc32(read_full(stream, _EDGE))
        if file.size > 2 * _EDGE:
            stream.seek(file.size - _EDGE)
        edges = zlib.crc32(read_full(stream, _EDGE), edges)
    return Fingerprint(file.size, edges & 0xFFFFFFFF, file.modified)


def content_crc(file: DumpFile) -> int:
    """CRC-32 of all stored bytes. Reads the whole file."""
    crc = 0
    with file.open() as stream:
        while True:
            block = stream.read(_BLOCK)
            if not block:
                return crc & 0xFFFFFFFF
            crc = zlib.crc32(block, crc)


def read_full(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, fewer only at the end of the stream."""
    parts = []
    while size > 0:
        block = stream.read(size)
        if not block:
            break
        parts.append(block)
        size -= len(block)
    return b"".join(parts)


class SqlStream:
    """The SQL of a file: ``read(n)`` returns n bytes, fewer only at the end. Raises a Failure where a gzip is truncated or damaged.

    It must be opened before any thread is started, because a large compressed file is read by a forked process.
    """

    def __init__(self, file: DumpFile) -> None:
        self.name = file.name
        is_small = file.size <= _SMALL and not file.remote
        self._process: Optional[GunzipProcess] = GunzipProcess(file.name, file.open) if file.compressed and not is_small else None
        self._compressed = file.compressed
        raw: Any
        if self._process is not None:
            raw = io.FileIO(self._process.output, "rb")
        else:
            raw = SmallGunzip(file.name, file.open()) if file.compressed else file.open()
        self._stream: BinaryIO = io.BufferedReader(raw, _BLOCK)

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes, or all."""
        block = self._stream.read(size)
        if self._process is not None and (not block or len(block) < size):
            self._process.check()
        return block

    def skip(self, size: int) -> None:
        """Skip the next ``size`` bytes."""
        while size > 0:
            block = self.read(min(size, _BLOCK))
            if not block:
                return
            size -= len(block)

    @contextmanager
    def damage_first(self) -> Iterator[None]:
        """Raise a Failure if the next 256 MiB of SQL show damage: then the damage, and not the statement that was refused because of it, is
        the error to report."""
        try:
            yield
        except Failure:
            left = _CHECKED_REST
            while self._compressed and left > 0 and self.read(_BLOCK):
                left -= _BLOCK
            raise

    def close(self) -> None:
        """Close the file, and end the process that decompresses it."""
        self._stream.close()
        if self._process is not None:
            self._process.wait()

    def __enter__(self) -> "SqlStream":
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()
