# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Extracts the files of a backup: plans and measures first, then writes each file under a temporary name and renames it.

A file gets its final name when all of its bytes are on the disk and, for a gzip, its checksum is correct. Files of an
earlier run are compared with the archive byte by byte, so a second run writes nothing, and an interrupted run
continues in the middle of a file.
"""

import concurrent.futures
import errno
import fcntl
import os
import stat
import threading
from typing import Callable, Iterator, List, NamedTuple, Sequence, Set, Tuple, TypeVar

from .._atomic_file import sync_folder
from .._failure import Failure
from .._free_space import require_space, volume_of
from .._local_file import Reader
from .._own_file import ForeignFile, open_or_create, refuse_planted
from .._progress import SILENT, Progress
from .file_reader import shown
from .gunzip import counted_size, stored_chunks, unpacked_chunks, unpacked_size
from .layout import file_name
from .manifest import Manifest, Member

PART = ".part"

_Done = TypeVar("_Done")

# Sets the requested mode, owner and group of a file or folder; returns whether anything changed.
Attributes = Callable[[str], bool]


def _no_attributes(_path: str) -> bool:
    return False


class OutputFile(NamedTuple):
    """A file to write. ``size`` is in bytes; unless ``exact``, it is an estimate (for a gzip to decompress) and may be up to ``most``."""

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
    """The plan of an extraction. ``needed`` and ``free`` are bytes; ``needed`` excludes what is already there.

    ``superseded`` are files of an earlier run with the same dump in the other form (compressed or not).
    """

    targets: Tuple[OutputFile, ...]
    present: Tuple[str, ...]
    superseded: Tuple[str, ...]
    needed: int
    free: int

    @property
    def missing(self) -> Tuple[OutputFile, ...]:
        """The targets to write."""
        return tuple(target for target in self.targets if target.path not in self.present)


def output_files(reader: Reader, manifest: Manifest, dest: str, *, unpack: bool) -> Tuple[OutputFile, ...]:
    """The file of each member: ``<dest>/<database>/<file>``. Reads a few bytes of each gzip that is to be decompressed."""
    targets = []
    for database in manifest.databases:
        for member in database.members:
            opened = member.compressed and unpack
            size, most = unpacked_size(reader, member) if opened else (member.size, member.size)
            path = os.path.join(dest, database.name, file_name(member, unpack=unpack))
            targets.append(OutputFile(database.name, member, path, unpack=opened, size=size, most=most, exact=not opened))
    return tuple(targets)


def plan(
    reader: Reader, manifest: Manifest, dest: str, *, unpack: bool = False, max_ratio: float = 250, threads: int = 0, progress: Progress = SILENT
) -> ExtractionPlan:
    """Compare the archive with the files in ``dest`` and measure what is missing, without writing.

    If the free space is not much larger than the estimate, dumps are decompressed to measure them exactly, so that no decision depends on an estimate.
    Raises :class:`Failure` if a folder in ``dest`` has dumps of another backup, or another file has one of the names.
    """
    targets = output_files(reader, manifest, dest, unpack=unpack)
    try:
        superseded = _survey(targets, dest)
    except OSError as error:
        raise _no_file(error, error.filename or dest) from error
    present = _each(lambda target, stop: _is_there(reader, target, max_ratio, stop, progress), targets, threads)
    there = tuple(target.path for target, found in zip(targets, present) if found)
    _device, free, block_size = volume_of(dest)
    lacking = [target for target in targets if target.path not in there]
    unsure = [target for target in lacking if not target.exact]
    if unsure and sum(_space(target, target.most, block_size) for target in lacking) > free - free // 4:
        counted = dict(zip(unsure, _each(lambda target, stop: _counted(reader, target, max_ratio, stop, progress), unsure, threads)))
        targets = tuple(counted.get(target, target) for target in targets)
        lacking = [target for target in targets if target.path not in there]
    return ExtractionPlan(targets, there, superseded, sum(_space(target, target.size, block_size) for target in lacking), free)


def check_space(plan_: ExtractionPlan, dest: str) -> None:
    """Raise :class:`Failure` if ``dest`` has less space than the plan needs."""
    otherwise = "choose another dest, extract fewer databases, or import directly from the archive, which needs none. Nothing was written."
    require_space(dest, plan_.needed, otherwise, plan_.free)


def extract(
    reader: Reader,
    plan_: ExtractionPlan,
    dest: str,
    attributes: Attributes = _no_attributes,
    max_ratio: float = 250,
    threads: int = 0,
    progress: Progress = SILENT,
) -> bool:
    """Execute the plan; return whether anything changed.

    Several files are written at once. After a :class:`Failure`, complete files keep their final names and the others
    remain as ``<name>.part`` for the next run; after a full disk the latter are removed.
    """
    check_space(plan_, dest)
    changed = False
    for folder in folders_of(plan_, dest):
        changed = _make_folder(folder, attributes) or changed
    for path in plan_.present:
        changed = attributes(path) or changed
    missing = sorted(plan_.missing, key=lambda target: -target.size)
    progress.phase("extract", sum(target.size for target in missing))
    state = _WriterState(attributes, max_ratio, progress)
    try:
        _each(lambda target, stop: _write(reader, target, state, stop), missing, threads)
    except _Full as full:
        lost = [target for target in missing if target.path not in state.done]
        raise Failure(
            "The disk is full: {0}, about {1} bytes in {2} are missing".format(
                full.what, sum(target.size for target in lost), "1 file" if len(lost) == 1 else "{0} files".format(len(lost))
            ),
            where=full.where,
            cure="Free some space, choose another dest, or import directly from the archive, which needs none. Complete files are kept.",
        ) from None
    for path in plan_.superseded:
        _remove(path)
    return bool(changed or missing or plan_.superseded)


def folders_of(plan_: ExtractionPlan, dest: str) -> List[str]:
    """``dest`` and the folder of each database."""
    return [dest] + sorted(set(os.path.dirname(target.path) for target in plan_.targets))


def _space(target: OutputFile, size: int, block_size: int) -> int:
    """Bytes of disk space for ``size`` bytes of the file, in addition to what an earlier run left of it."""
    return max(0, -(-size // block_size) * block_size - _bytes_on_disk(target.path + PART))


def _counted(reader: Reader, target: OutputFile, max_ratio: float, stop: threading.Event, progress: Progress) -> OutputFile:
    size = 0
    for count in counted_size(reader, target.member, _where(reader, target), max_ratio):
        if stop.is_set():
            raise _Stopped("Stopped because another file failed", where=shown(target.path))
        size += count
        progress.add(count)
    return target._replace(size=size, most=size, exact=True)


def _bytes_on_disk(path: str) -> int:
    try:
        return os.lstat(path).st_blocks * 512
    except OSError:
        return 0


def _survey(targets: Sequence[OutputFile], dest: str) -> Tuple[str, ...]:
    """Check that no other file has one of the names; return the files that this run supersedes."""
    superseded: List[str] = []
    if os.path.lexists(dest) and not os.path.isdir(dest):
        raise Failure("dest is not a directory", where=dest, cure="Specify a directory; it is created if it does not exist.")
    refuse_planted(os.path.abspath(dest))
    paths = set(target.path for target in targets)
    for folder in sorted(set(os.path.dirname(path) for path in paths)):
        refuse_planted(folder)
        if os.path.islink(folder) or (os.path.lexists(folder) and not os.path.isdir(folder)):
            what = "The directory of a database is a link or a file, and nothing is written through it"
            raise Failure(what, where=shown(folder), cure="Remove it or choose another dest.")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            path = os.path.join(folder, name)
            if path in paths:
                if not stat.S_ISREG(os.lstat(path).st_mode):
                    raise Failure("A dump's name belongs to something that is not a regular file", where=shown(path), cure="Remove it or choose another dest.")
            elif name.endswith((".sql", ".sql.gz")):
                other = path[:-3] if name.endswith(".gz") else path + ".gz"
                if other not in paths:
                    raise Failure(
                        "The directory contains a dump that is not in this backup, and an import of the directory would apply both",
                        where=shown(path),
                        cure="Remove the directory, or use a separate dest for each backup.",
                    )
                superseded.append(path)
    return tuple(superseded)


def _chunks(reader: Reader, target: OutputFile, max_ratio: float) -> Iterator[bytes]:
    return (unpacked_chunks if target.unpack else stored_chunks)(reader, target.member, _where(reader, target), max_ratio)


def _where(reader: Reader, target: OutputFile) -> str:
    return "{0}, member {1}".format(reader.name, shown(target.member.name))


def _is_there(reader: Reader, target: OutputFile, max_ratio: float, stop: threading.Event, progress: Progress) -> bool:
    """Whether the file exists with the bytes of the archive."""
    try:
        if target.exact and os.path.getsize(target.path) != target.size:
            return False
        refuse_planted(target.path)
        if not os.path.isfile(target.path) and os.path.exists(target.path):
            raise Failure("This is not a regular file", shown(target.path), "Remove it, or choose another dest.")
        handle = open(target.path, "rb")
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise _no_file(error, target.path) from error
    if not target.unpack:
        # Its gzip was verified before it got its name, so comparing bytes is enough.
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
            sync_folder(os.path.dirname(os.path.abspath(folder)))
    except OSError as error:
        raise _no_file(error, folder) from error
    # Another user may have placed it since the plan was made.
    refuse_planted(folder)
    return attributes(folder) or not there


class _WriterState:
    """Shared by the writing threads: the options, the paths of files that are ``done``, and whether the disk is ``full``."""

    def __init__(self, attributes: Attributes, max_ratio: float, progress: Progress) -> None:
        self.attributes = attributes
        self.max_ratio = max_ratio
        self.progress = progress
        self.done: Set[str] = set()
        self.full = False


def _write(reader: Reader, target: OutputFile, state: _WriterState, stop: threading.Event) -> bool:
    part = target.path + PART
    written = 0
    try:
        with os.fdopen(open_or_create(part), "r+b", buffering=0) as handle:
            _claim(handle.fileno(), part)
            # A dump contains all data, so only its owner may read it unless the user sets a mode.
            os.fchmod(handle.fileno(), 0o600)
            resuming = True
            for data in _chunks(reader, target, state.max_ratio):
                if stop.is_set():
                    raise _Stopped("Stopped because another file failed", where=shown(target.path))
                if resuming:
                    resuming = os.pread(handle.fileno(), len(data), written) == data
                    handle.seek(written)
                if not resuming:
                    view = memoryview(data)
                    while view:
                        view = view[handle.write(view) or 0 :]
                written += len(data)
                state.progress.add(len(data))
            handle.truncate(written)
            _set_attributes(part, state.attributes, stop)
            os.fsync(handle.fileno())
            os.rename(part, target.path)
        sync_folder(os.path.dirname(target.path))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            state.full = True
            _remove(part)
            raise _Full(os.strerror(error.errno), where=shown(target.path)) from error
        raise _no_file(error, target.path) from error
    except (_Busy, ForeignFile):
        raise
    except _Stopped:
        if state.full:
            _remove(part)
        raise
    except Failure:
        # The archive is damaged, so there is nothing to resume.
        _remove(part)
        raise
    state.done.add(target.path)
    return True


class _Stopped(Failure):
    """Another file failed first."""


class _Full(Failure):
    """The disk is full; ``what`` is the error of the system."""


class _Busy(Failure):
    """Another run uses the temporary file."""


_ATTRIBUTES_LOCK = threading.Lock()


def _set_attributes(part: str, attributes: Attributes, stop: threading.Event) -> None:
    # A module that cannot set an owner prints its result and exits, which two threads must not do at once.
    with _ATTRIBUTES_LOCK:
        if stop.is_set():
            raise _Stopped("Stopped because another file failed", where=shown(part))
        try:
            attributes(part)
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
    # Between open and lock another run may have completed and renamed the file.
    if (mine.st_dev, mine.st_ino) != (named.st_dev, named.st_ino):
        raise busy


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _no_file(error: OSError, path: str) -> Failure:
    return Failure(
        "The file cannot be written or read: {0}".format(os.strerror(error.errno or errno.EIO)),
        where=shown(path),
        cure="Check the permissions of the user who runs the module, and the disk.",
    )


def _each(work: Callable[[OutputFile, threading.Event], _Done], targets: Sequence[OutputFile], threads: int) -> List[_Done]:
    """Run ``work`` on all targets, several at a time. Raises the first failure; the event stops the others."""
    stop = threading.Event()
    count = min(threads or min(4, os.cpu_count() or 1), max(1, len(targets)))
    with concurrent.futures.ThreadPoolExecutor(max_workers=count) as pool:
        futures = [pool.submit(work, target, stop) for target in targets]
        try:
            done, _pending = concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_EXCEPTION)
            if any(isinstance(future.exception(), _Stopped) for future in done):
                # The failure that stopped it follows in the list.
                done, _pending = concurrent.futures.wait(futures)
            for future in done:
                if not isinstance(future.exception(), (_Stopped, type(None))):
                    future.result()
            return [future.result() for future in futures]
        finally:
            stop.set()
            for future in futures:
                future.cancel()
