# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup's files onto a disk: planned and measured first, then each written under a temporary name and renamed.

A file gets its final name only when all of its bytes are on the disk and, for a gzip, its checksum held. What an
earlier run left is compared with the archive byte by byte, so running again writes nothing, and an interrupted run
goes on in the middle of a file.
"""

import concurrent.futures
import errno
import fcntl
import os
import posixpath
import stat
import threading
from typing import Callable, Iterator, List, NamedTuple, Sequence, Set, Tuple, TypeVar

from .._failure import Failure
from .._free_space import volume_of
from .._progress import SILENT, Progress
from .file_reader import Reader, name_of, shown
from .gunzip import counted_size, stored_chunks, unpacked_chunks, unpacked_size
from .manifest import Manifest, Member

PART = ".part"

_Done = TypeVar("_Done")

# Gives a file, or with True a folder, the mode, owner and group the user asked for; tells whether that changed anything.
Attributes = Callable[[str, bool], bool]


def unchanged(_path: str, _folder: bool) -> bool:
    """Attributes nobody asked for."""
    return False


class OutputFile(NamedTuple):
    """A file to be. ``size`` is in bytes; it is an estimate where ``exact`` is false (a gzip to be unpacked), and may come to ``most``."""

    database: str
    member: Member
    path: str
    unpack: bool
    size: int
    most: int
    exact: bool

    @property
    def compressed(self) -> bool:
        """Whether the file on disk is a gzip."""
        return self.member.compressed and not self.unpack


class ExtractionPlan(NamedTuple):
    """What an extraction comes to. ``needed`` and ``free`` are bytes; ``needed`` counts only what is not there yet.

    ``superseded`` are files that hold the same dump in its other form (packed, unpacked) from an earlier run.
    """

    targets: Tuple[OutputFile, ...]
    present: Tuple[str, ...]
    superseded: Tuple[str, ...]
    needed: int
    free: int

    @property
    def missing(self) -> Tuple[OutputFile, ...]:
        """The targets that are to be written."""
        return tuple(target for target in self.targets if target.path not in self.present)


def file_name(member: Member, unpack: bool) -> str:
    """The name of a member's file in its database's folder; its ending says what is inside."""
    stem = posixpath.basename(member.name)
    for ending in (".gz", ".sql"):
        if stem.endswith(ending) and stem != ending:
            stem = stem[: -len(ending)]
    return "{0}.sql{1}".format(stem, ".gz" if member.compressed and not unpack else "")


def output_files(reader: Reader, manifest: Manifest, dest: str, unpack: bool) -> Tuple[OutputFile, ...]:
    """Where each member goes: ``<dest>/<database>/<file>``. Reads a few bytes of each gzip that is to be unpacked."""
    targets = []
    for database in manifest.databases:
        for member in database.members:
            opened = member.compressed and unpack
            size, most = unpacked_size(reader, member) if opened else (member.size, member.size)
            path = os.path.join(dest, database.name, file_name(member, unpack))
            targets.append(OutputFile(database.name, member, path, opened, size, most, not opened))
    return tuple(targets)


def plan(
    reader: Reader, manifest: Manifest, dest: str, unpack: bool = False, max_ratio: float = 250, threads: int = 0, progress: Progress = SILENT
) -> ExtractionPlan:
    """Compare the archive with what is in ``dest`` and measure what is lacking; nothing is written.

    Where the disk is not much larger than what dumps may unpack to, they are unpacked to count it: no estimate refuses them or lets them begin.
    Raises :class:`Failure` when a folder in ``dest`` holds another backup's dumps, or something in the way.
    """
    targets = output_files(reader, manifest, dest, unpack)
    try:
        superseded = _survey(targets, dest)
    except OSError as error:
        raise _no_file(error, error.filename or dest) from error
    present = _each(lambda target, stop: _is_there(reader, target, max_ratio, stop, progress), targets, threads)
    there = tuple(target.path for target, found in zip(targets, present) if found)
    _device, free, frame = volume_of(dest)
    lacking = [target for target in targets if target.path not in there]
    unsure = [target for target in lacking if not target.exact]
    if unsure and sum(_room(target, target.most, frame) for target in lacking) > free - free // 4:
        counted = dict(zip(unsure, _each(lambda target, stop: _counted(reader, target, max_ratio, stop, progress), unsure, threads)))
        targets = tuple(counted.get(target, target) for target in targets)
        lacking = [target for target in targets if target.path not in there]
    return ExtractionPlan(targets, there, superseded, sum(_room(target, target.size, frame) for target in lacking), free)


def check_space(plan_: ExtractionPlan, dest: str) -> None:
    """Raise :class:`Failure` when ``dest`` has less room than the plan needs."""
    if plan_.needed > plan_.free:
        raise Failure(
            "The disk is too small: {0} bytes are needed, {1} are free, {2} are missing".format(plan_.needed, plan_.free, plan_.needed - plan_.free),
            where=dest,
            cure="Make room, give another dest, extract fewer databases, or import straight from the archive, which needs none. Nothing was written.",
            bytes_needed=plan_.needed,
            bytes_free=plan_.free,
        )


def extract(
    reader: Reader,
    plan_: ExtractionPlan,
    dest: str,
    attributes: Attributes = unchanged,
    max_ratio: float = 250,
    threads: int = 0,
    progress: Progress = SILENT,
) -> bool:
    """Do what the plan says; return whether anything changed.

    Several files are written at once. On a :class:`Failure` those that were complete are kept under their final
    names and the rest under ``<name>.part`` for the next run, except that a full disk gets back the room of all that this run began.
    """
    check_space(plan_, dest)
    changed = False
    for folder in folders_of(plan_, dest):
        changed = _make_folder(folder, attributes) or changed
    for path in plan_.present:
        changed = attributes(path, False) or changed
    missing = sorted(plan_.missing, key=lambda target: -target.size)
    progress.phase("extract", sum(target.size for target in missing))
    hands = _WriterState(attributes, max_ratio, progress)
    try:
        _each(lambda target, stop: _write(reader, target, hands, stop), missing, threads)
    except _Full as full:
        lost = [target for target in missing if target.path not in hands.done]
        raise Failure(
            "The disk ran full: {0}, about {1} bytes in {2} are missing".format(
                full.what, sum(target.size for target in lost), "1 file" if len(lost) == 1 else "{0} files".format(len(lost))
            ),
            where=full.where,
            cure="Make room, give another dest, or import straight from the archive, which needs none. Complete files are kept.",
        ) from None
    for path in plan_.superseded:
        _remove(path)
    return bool(changed or missing or plan_.superseded)


def folders_of(plan_: ExtractionPlan, dest: str) -> List[str]:
    """``dest`` and the folder of each database."""
    return [dest] + sorted(set(os.path.dirname(target.path) for target in plan_.targets))


def _room(target: OutputFile, size: int, frame: int) -> int:
    """Bytes of disk space for ``size`` bytes of the file, in addition to what an earlier run left of it."""
    return max(0, -(-size // frame) * frame - _bytes_on_disk(target.path + PART))


def _counted(reader: Reader, target: OutputFile, max_ratio: float, stop: threading.Event, progress: Progress) -> OutputFile:
    size = 0
    for count in counted_size(reader, target.member, _place(reader, target), max_ratio):
        if stop.is_set():
            raise _Stopped("Stopped, since another file failed", where=shown(target.path))
        size += count
        progress.add(count)
    return target._replace(size=size, most=size, exact=True)


def _bytes_on_disk(path: str) -> int:
    try:
        return os.lstat(path).st_blocks * 512
    except OSError:
        return 0


def _survey(targets: Sequence[OutputFile], dest: str) -> Tuple[str, ...]:
    """Look for what is in the way; return the other forms of dumps that this run supersedes."""
    superseded: List[str] = []
    if os.path.lexists(dest) and not os.path.isdir(dest):
        raise Failure("dest is not a folder", where=dest, cure="Give a folder; it is made if it is not there.")
    paths = set(target.path for target in targets)
    for folder in sorted(set(os.path.dirname(path) for path in paths)):
        if os.path.islink(folder) or (os.path.lexists(folder) and not os.path.isdir(folder)):
            what = "A database's folder is a link or a file, and nothing is written through it"
            raise Failure(what, where=shown(folder), cure="Remove it or give another dest.")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            path = os.path.join(folder, name)
            if path in paths:
                if not stat.S_ISREG(os.lstat(path).st_mode):
                    raise Failure("Something that is no regular file has the name of a dump", where=shown(path), cure="Remove it or give another dest.")
            elif name.endswith((".sql", ".sql.gz")):
                other = path[:-3] if name.endswith(".gz") else path + ".gz"
                if other not in paths:
                    raise Failure(
                        "The folder holds a dump that is not in this backup, and an import of the folder would apply both",
                        where=shown(path),
                        cure="Remove the folder, or give a dest of its own to each backup.",
                    )
                superseded.append(path)
    return tuple(superseded)


def _chunks(reader: Reader, target: OutputFile, max_ratio: float) -> Iterator[bytes]:
    return (unpacked_chunks if target.unpack else stored_chunks)(reader, target.member, _place(reader, target), max_ratio)


def _place(reader: Reader, target: OutputFile) -> str:
    return "{0}, member {1}".format(name_of(reader), shown(target.member.name))


def _is_there(reader: Reader, target: OutputFile, max_ratio: float, stop: threading.Event, progress: Progress) -> bool:
    """Whether the file is there with the archive's bytes in it."""
    try:
        if target.exact and os.path.getsize(target.path) != target.size:
            return False
        handle = open(target.path, "rb")
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise _no_file(error, target.path) from error
    if not target.unpack:
        # Its gzip was checked before it got its name: comparing bytes is enough.
        target = target._replace(member=target.member._replace(compressed=False))
    with handle:
        for data in _chunks(reader, target, max_ratio):
            if stop.is_set() or handle.read(len(data)) != data:
                return False
            progress.add(len(data))
        return not handle.read(1)


def _make_folder(folder: str, attributes: Attributes) -> bool:
    there = os.path.isdir(folder)
    try:
        if not there:
            os.makedirs(folder)
            _sync_folder(os.path.dirname(os.path.abspath(folder)))
    except OSError as error:
        raise _no_file(error, folder) from error
    return attributes(folder, True) or not there


class _WriterState:
    """What the threads that write share: how to write, the paths of files that are ``done``, and whether the disk is ``full``."""

    def __init__(self, attributes: Attributes, max_ratio: float, progress: Progress) -> None:
        self.attributes = attributes
        self.max_ratio = max_ratio
        self.progress = progress
        self.done: Set[str] = set()
        self.full = False


def _write(reader: Reader, target: OutputFile, hands: _WriterState, stop: threading.Event) -> bool:
    part = target.path + PART
    written = 0
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as handle:
            _claim(handle.fileno(), part)
            # A dump contains all data, so only its owner may read it unless the user gives a mode.
            os.fchmod(handle.fileno(), 0o600)
            resuming = True
            for data in _chunks(reader, target, hands.max_ratio):
                if stop.is_set():
                    raise _Stopped("Stopped, since another file failed", where=shown(target.path))
                if resuming:
                    resuming = _read_fully(handle.fileno(), len(data), written) == data
                    handle.seek(written)
                if not resuming:
                    view = memoryview(data)
                    while view:
                        view = view[handle.write(view) or 0 :]
                written += len(data)
                hands.progress.add(len(data))
            handle.truncate(written)
            _dress(part, hands.attributes, stop)
            os.fsync(handle.fileno())
            os.rename(part, target.path)
        _sync_folder(os.path.dirname(target.path))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            hands.full = True
            _remove(part)
            raise _Full(os.strerror(error.errno), where=shown(target.path)) from error
        raise _no_file(error, target.path) from error
    except _Busy:
        raise
    except _Stopped:
        if hands.full:
            _remove(part)
        raise
    except Failure:
        # The archive itself is at fault, so there is nothing to resume from.
        _remove(part)
        raise
    hands.done.add(target.path)
    return True


class _Stopped(Failure):
    """Another file failed first."""


class _Full(Failure):
    """The disk is; ``what`` says only in which way."""


class _Busy(Failure):
    """The temporary file is not ours."""


_DRESSING = threading.Lock()


def _dress(part: str, attributes: Attributes, stop: threading.Event) -> None:
    # A module that cannot set an owner prints its result and leaves: two threads must not do so.
    with _DRESSING:
        if stop.is_set():
            raise _Stopped("Stopped, since another file failed", where=shown(part))
        try:
            attributes(part, False)
        except BaseException:
            stop.set()
            raise


def _claim(descriptor: int, part: str) -> None:
    busy = _Busy("Another run is extracting this file", where=shown(part), cure="Wait for it, or stop it.")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine, named = os.fstat(descriptor), os.stat(part)
    except (BlockingIOError, FileNotFoundError):
        raise busy from None
    # Between our open and our lock another run may have finished and renamed it.
    if (mine.st_dev, mine.st_ino) != (named.st_dev, named.st_ino):
        raise busy
    if mine.st_nlink > 1:
        raise _Busy("The file has a second name, and writing to it would change that too", where=shown(part), cure="Remove it.")


def _read_fully(descriptor: int, length: int, offset: int) -> bytes:
    pieces = b""
    while len(pieces) < length:
        piece = os.pread(descriptor, length - len(pieces), offset + len(pieces))
        if not piece:
            break
        pieces += piece
    return pieces


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _no_file(error: OSError, path: str) -> Failure:
    return Failure(
        "The file cannot be written or read: {0}".format(os.strerror(error.errno or errno.EIO)),
        where=shown(path),
        cure="Check the rights of the user this runs as, and the disk.",
    )


def _each(work: Callable[[OutputFile, threading.Event], _Done], targets: Sequence[OutputFile], threads: int) -> List[_Done]:
    """Run ``work`` on all targets, some at a time. The first failure is raised, and the event tells the others to stop."""
    stop = threading.Event()
    count = min(threads or min(4, os.cpu_count() or 1), max(1, len(targets)))
    with concurrent.futures.ThreadPoolExecutor(max_workers=count) as pool:
        futures = [pool.submit(work, target, stop) for target in targets]
        try:
            done, _pending = concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_EXCEPTION)
            if any(isinstance(future.exception(), _Stopped) for future in done):
                # What has stopped it is on its way, and may come behind it.
                done, _pending = concurrent.futures.wait(futures)
            for future in done:
                if not isinstance(future.exception(), (_Stopped, type(None))):
                    future.result()
            return [future.result() for future in futures]
        finally:
            stop.set()
            for future in futures:
                future.cancel()
