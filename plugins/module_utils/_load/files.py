# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a dump as streams of SQL; gzip is undone in a process of its own, never on disk."""

import fcntl
import io
import json
import os
import select
import threading
import zlib
from typing import Any, BinaryIO, Callable, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._gunzip import GzipDecoder
from .child import keep_only

_BLOCK = 1 << 20
_EDGE = 1 << 16
_SET_PIPE_SIZE = 1031
_CUT = 3
_DAMAGED = 4
_UNREADABLE = 5


class DumpFile(NamedTuple):
    """One file of a dump. ``open`` gives its bytes as they are stored, ``size`` counts them; ``compressed`` means gzip."""

    name: str
    open: Callable[[], BinaryIO]
    size: int
    compressed: bool
    modified: int


class Fingerprint(NamedTuple):
    """What tells two files apart. ``edges`` covers the gzip trailer, and so the content of a compressed file;
    ``content`` is the CRC-32 of a plain one, None until it was read."""

    size: int
    edges: int
    modified: int
    content: Optional[int] = None


def on_disk(path: str) -> DumpFile:
    """A ``.sql`` or ``.sql.gz`` file, told apart by its first bytes."""
    try:
        status = os.stat(path)
        with open(path, "rb") as stream:
            compressed = stream.read(2) == b"\x1f\x8b"
    except OSError as error:
        raise Failure("The dump cannot be read: {0}".format(error.strerror), path, "Check the path and its permissions.") from None
    return DumpFile(path, lambda: open(path, "rb", buffering=0), status.st_size, compressed, status.st_mtime_ns)


def fingerprint(file: DumpFile) -> Fingerprint:
    """From 128 KiB of the file."""
    with file.open() as stream:
        edges = zlib.crc32(_read_full(stream, _EDGE))
        if file.size > 2 * _EDGE:
            stream.seek(file.size - _EDGE)
        edges = zlib.crc32(_read_full(stream, _EDGE), edges)
    return Fingerprint(file.size, edges & 0xFFFFFFFF, file.modified)


def content_crc(file: DumpFile) -> int:
    """CRC-32 of all stored bytes: reads the whole file."""
    crc = 0
    with file.open() as stream:
        while True:
            block = stream.read(_BLOCK)
            if not block:
                return crc & 0xFFFFFFFF
            crc = zlib.crc32(block, crc)


def _read_full(stream: BinaryIO, size: int) -> bytes:
    parts = []
    while size > 0:
        block = stream.read(size)
        if not block:
            break
        parts.append(block)
        size -= len(block)
    return b"".join(parts)


class SqlStream:
    """The SQL of a file: ``read(n)`` gives n bytes, fewer only at the end. A cut or damaged gzip is a Failure at the read.

    To be opened before threads exist: a compressed file is read by a forked process, which ends with this stream or
    with this process, however that ends, and holds no other descriptor.
    """

    def __init__(self, file: DumpFile) -> None:
        self.name = file.name
        self._child = 0
        self._told = -1
        if file.compressed:
            self._child, descriptor, self._told = _gunzip_in_child(file)
            self._stream: BinaryIO = io.BufferedReader(io.FileIO(descriptor, "rb"), _BLOCK)
        else:
            self._stream = io.BufferedReader(_raw(file), _BLOCK)

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes."""
        block = self._stream.read(size)
        if self._child and (not block or len(block) < size):
            self._reap()
        return block

    def skip(self, size: int) -> None:
        """Forget the next ``size`` bytes."""
        while size > 0:
            block = self.read(min(size, _BLOCK))
            if not block:
                return
            size -= len(block)

    def close(self) -> None:
        """End the reading process, if there is one."""
        self._stream.close()
        if self._child:
            self._wait()

    def __enter__(self) -> "SqlStream":
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()

    def _wait(self) -> Tuple[int, bytes]:
        child, self._child = self._child, 0
        with io.FileIO(self._told, "rb") as told:
            words = told.readall()
        return os.waitpid(child, 0)[1], words

    def _reap(self) -> None:
        status, words = self._wait()
        if status == 0:
            return
        if words:
            told = json.loads(words.decode("utf-8"))
            raise Failure(told["what"], told["where"], told["cure"], **told["facts"])
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
        what = {
            _CUT: "The gzip file is cut: its end is missing",
            _DAMAGED: "The gzip file is damaged: its data do not match its checksum",
            _UNREADABLE: "The file could not be read to its end",
        }.get(code, "The process that unpacks the file was killed")
        raise Failure(what, self.name, "Get the backup again.")


def _raw(file: DumpFile) -> Any:
    return file.open()


def _gunzip_in_child(file: DumpFile) -> Any:
    """The process, where its SQL is read, and where its Failure is."""
    reading, writing = os.pipe()
    told, telling = os.pipe()
    try:
        fcntl.fcntl(writing, _SET_PIPE_SIZE, _BLOCK)
    except OSError:
        pass  # A pipe of 64 KiB does too.
    child = os.fork()
    if child:
        os.close(writing)
        os.close(telling)
        return child, reading, told
    code = _UNREADABLE
    try:
        keep_only((writing, telling))
        threading.Thread(target=_end_with_reader, args=(writing,), daemon=True).start()
        code = _gunzip(file.open(), writing)
    except Failure as failure:
        _write(telling, json.dumps({"what": failure.what, "where": failure.where, "cure": failure.cure, "facts": failure.facts}).encode("utf-8"))
    except BaseException:  # pylint: disable=broad-except
        code = _UNREADABLE
    finally:
        os._exit(code)  # pylint: disable=protected-access


def _end_with_reader(writing: int) -> None:
    """Whatever this process waits for: nobody waits for it any more."""
    poll = select.poll()
    poll.register(writing, 0)
    poll.poll()
    os._exit(_UNREADABLE)  # pylint: disable=protected-access


def _gunzip(source: BinaryIO, target: int) -> int:
    """Undo gzip, of any number of members; zero bytes after the last one are padding."""
    library: Any = zlib
    damaged: Any = zlib.error
    try:
        from isal import isal_zlib

        library, damaged = isal_zlib, (zlib.error, isal_zlib.error)
    except ImportError:
        pass
    decoder = GzipDecoder(library)
    try:
        for block in iter(lambda: source.read(_BLOCK // 4), b""):
            decoder.give(block)
            for data in iter(lambda: decoder.take(_BLOCK), b""):
                _write(target, data)
        # All input may be taken while output is still held back.
        _write(target, decoder.flush())
        return 0 if decoder.complete else _CUT
    except damaged:
        return _DAMAGED


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]
