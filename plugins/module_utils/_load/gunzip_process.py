# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decompresses a dump file: a forked process that writes into a pipe or, for a small file, this process."""

import io
import json
import os
import select
import threading
import zlib
from typing import Any, BinaryIO, Callable, Dict, Iterable, Iterator, Tuple

from .._failure import Failure
from .._gzip_decoder import GzipDecoder
from .pipe import open_pipe, write_all

_BLOCK = 1 << 20
# Exit codes of the process.
_CUT = 3
_DAMAGED = 4
_UNREADABLE = 5
_WHAT: Dict[int, str] = {
    _CUT: "The gzip file is truncated: its end is missing",
    _DAMAGED: "The gzip file is damaged: its data do not match its checksum",
    _UNREADABLE: "The file could not be read to its end",
}


class GunzipProcess:
    """Decompresses ``source``; ``output`` is the descriptor to read from.

    It must be started before any thread. It ends when ``output`` is closed or the parent ends, and keeps none of the
    parent's other descriptors open.
    """

    def __init__(self, name: str, source: Callable[[], BinaryIO]) -> None:
        self._name = name
        self.output, writing = open_pipe()
        self._failure, failure_writing = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            _run(source, writing, failure_writing)
        os.close(writing)
        os.close(failure_writing)
        self._running = True

    def wait(self) -> Tuple[int, bytes]:
        """Wait until the process has ended; returns its status and, as JSON, its Failure, if any. Returns nothing at a second call."""
        if not self._running:
            return 0, b""
        self._running = False
        with open(self._failure, "rb") as stream:
            failure = stream.read()
        return os.waitpid(self.pid, 0)[1], failure

    def check(self) -> None:
        """Wait until the process has ended; raises a Failure unless it decompressed the whole file."""
        status, failure = self.wait()
        if status == 0:
            return
        if failure:
            found = json.loads(failure.decode("utf-8"))
            raise Failure(found["what"], found["where"], found["cure"], **found["facts"])
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
        raise _failure(code, self._name)


def _failure(code: int, name: str) -> Failure:
    return Failure(_WHAT.get(code, "The process that decompresses the file was killed"), name, "Get the backup again.")


class SmallGunzip(io.RawIOBase):
    """Decompresses ``source`` in this process, which is faster than a fork for a small file. Raises the same Failures."""

    def __init__(self, name: str, source: BinaryIO) -> None:
        super().__init__()
        self._name, self._source = name, source
        self._pieces = gunzipped(source)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            self._rest = self._rest or next(self._pieces, b"")
        except _GzipProblem as problem:
            raise _failure(problem.code, self._name) from None
        except OSError:
            raise _failure(_UNREADABLE, self._name) from None
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._source.close()
        super().close()


class _GzipProblem(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _run(source: Callable[[], BinaryIO], writing: int, failure_writing: int) -> None:
    """The body of the forked process; never returns."""
    code = _UNREADABLE
    try:
        close_all_but((writing, failure_writing))
        threading.Thread(target=_exit_with_reader, args=(writing,), daemon=True).start()
        code = _gunzip(source(), writing)
    except Failure as failure:
        found = {"what": failure.what, "where": failure.where, "cure": failure.cure, "facts": failure.facts}
        write_all(failure_writing, json.dumps(found).encode("utf-8"))
    except BaseException:  # pylint: disable=broad-except
        code = _UNREADABLE
    finally:
        os._exit(code)  # pylint: disable=protected-access


def _exit_with_reader(writing: int) -> None:
    """End the process as soon as the reader has closed the pipe, even while it waits for input."""
    poll = select.poll()
    poll.register(writing, 0)
    poll.poll()
    os._exit(_UNREADABLE)  # pylint: disable=protected-access


def _gunzip(source: BinaryIO, target: int) -> int:
    """Decompress ``source`` into the descriptor; returns an exit code."""
    try:
        for piece in gunzipped(source):
            write_all(target, piece)
        return 0
    except _GzipProblem as problem:
        return problem.code


def gunzipped(source: BinaryIO) -> Iterator[bytes]:
    """The contents of a gzip file in pieces of at most 1 MiB. isal, if installed, is faster than zlib."""
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
            yield from iter(lambda: decoder.take(_BLOCK), b"")
        # The library may have consumed all input and still have pending output.
        rest = decoder.flush()
    except damaged:
        raise _GzipProblem(_DAMAGED) from None
    if rest:
        yield rest
    if not decoder.complete:
        raise _GzipProblem(_CUT)


def close_all_but(descriptors: Iterable[int]) -> None:
    """Release all descriptors except these and the standard ones; otherwise a connection of the parent would stay open here.

    They are redirected to ``/dev/null`` instead of closed: the parent's objects were copied with its memory and close their
    descriptor when they are collected, when it could already be a file that this process has opened.
    """
    kept = frozenset(descriptors)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in _possible_descriptors():
        if descriptor > 2 and descriptor not in kept and descriptor != null:
            try:
                os.fstat(descriptor)
                os.dup2(null, descriptor)
            except OSError:
                continue  # It is not open: the descriptor of the listing itself, or one of a range.
    os.close(null)


def _possible_descriptors() -> Iterable[int]:
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return range(os.sysconf("SC_OPEN_MAX"))
