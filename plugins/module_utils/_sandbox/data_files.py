# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies the files of a data directory: by reflink if the file system supports it, otherwise sparsely, several files at a time."""

import concurrent.futures
import errno
import fcntl
import os
import shutil
import stat
import threading
import zlib
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .._atomic_file import sync_folder
from .._failure import Failure
from .._free_space import no_space, require_space, volume_of

WORKERS = 4
_CHUNK = 256 * 1024
_ZEROS = bytes(_CHUNK)
_OTHER_DISK = "choose a path on another disk. The unfinished copy was removed."
_FICLONE = 0x40049409  # ioctl_ficlone(2)


class DataFile(NamedTuple):
    """A file: its path relative to the data directory, its size in bytes, the CRC-32 of its content, and when the original was written (ns)."""

    name: str
    size: int
    crc32: int
    written: int


class FileTree(NamedTuple):
    """The relative paths of all files and folders below a folder, sorted, and the bytes that the files take on disk."""

    files: Tuple[str, ...]
    folders: Tuple[str, ...]
    disk_bytes: int


class Damaged(Exception):
    """A file has changed. ``args``: its relative path, and what is wrong with it."""


def list_tree(root: str, skip: Callable[[str], bool] = lambda _name: False) -> FileTree:
    """The files and folders below ``root``, without those whose relative path ``skip`` accepts.

    :raises Failure: one of them is a link or a special file, whose contents are elsewhere.
    """
    files: List[str] = []
    folders: List[str] = []
    size = 0
    pending = [""]
    while pending:
        folder = pending.pop()
        for name in os.listdir(os.path.join(root, folder)):
            path = os.path.join(folder, name)
            if skip(path):
                continue
            state = os.lstat(os.path.join(root, path))
            if stat.S_ISDIR(state.st_mode):
                folders.append(path)
                pending.append(path)
            elif stat.S_ISREG(state.st_mode) and not name.endswith(".isl"):
                files.append(path)
                size += state.st_blocks * 512
            else:
                what = "A table's file is outside the data directory, or this is not a MySQL file"
                raise Failure(what, os.path.join(root, path), "Move the table into the data directory: a snapshot contains nothing else.")
    return FileTree(tuple(sorted(files)), tuple(sorted(folders)), size)


def copy_tree(source: str, target: str, tree: FileTree, expected: Optional[Dict[str, DataFile]] = None) -> List[DataFile]:
    """Copy ``tree`` from the folder ``source`` to the new folder ``target``, mode 0700, and return what was copied.

    Files in ``expected`` must have that size and CRC-32. At the end everything is synced to disk. On a failure, the copy is removed.

    :raises Damaged: a file is not as expected.
    :raises Failure: the disk is too small or becomes full.
    """
    os.mkdir(target, 0o700)
    try:
        for folder in tree.folders:
            os.mkdir(os.path.join(target, folder), 0o700)
        # Reflinked files share their blocks, so they take next to no space.
        if not (tree.files and _can_reflink(os.path.join(source, tree.files[0]), target)):
            require_space(target, tree.disk_bytes, _OTHER_DISK)
        copied = _copy_files(source, target, tree.files, expected)
        for folder in ("",) + tree.folders:
            sync_folder(os.path.join(target, folder))
        return copied
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_space(target, tree.disk_bytes, volume_of(target).free, _OTHER_DISK) from error
        raise
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _copy_files(source: str, target: str, names: Sequence[str], expected: Optional[Dict[str, DataFile]]) -> List[DataFile]:
    stop = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:

        def copy(name: str) -> DataFile:
            found = _copy_file(os.path.join(source, name), os.path.join(target, name), stop)._replace(name=name)
            if expected is not None:
                require_same(expected[name], found)
            return found

        # The largest first, so that no worker finishes long after the others.
        order = sorted(names, key=lambda name: -os.path.getsize(os.path.join(source, name)))
        jobs = [pool.submit(copy, name) for name in order]
        try:
            return sorted(job.result() for job in jobs)
        except BaseException:
            stop.set()
            for job in jobs:
                job.cancel()
            raise


def require_same(expected: DataFile, found: DataFile) -> None:
    """Raise :class:`Damaged` if size or content of a file differ."""
    if expected.size != found.size:
        raise Damaged(expected.name, "it has {0} bytes instead of {1}".format(found.size, expected.size))
    if expected.crc32 != found.crc32:
        raise Damaged(expected.name, "its CRC-32 is {0:08x} instead of {1:08x}".format(found.crc32, expected.crc32))


def _copy_file(source: str, target: str, stop: threading.Event) -> DataFile:
    reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            state = os.fstat(reader)
            size, crc = _copy_content(reader, -1 if _reflink(reader, writer) else writer, stop)
            os.fsync(writer)
        finally:
            os.close(writer)
    finally:
        os.close(reader)
    return DataFile("", size, crc, state.st_mtime_ns)


def _copy_content(reader: int, writer: int, stop: threading.Event) -> Tuple[int, int]:
    """Read to the end, and write all but blocks of zeros unless ``writer`` is -1. Return the size and the CRC-32."""
    size = crc = 0
    while not stop.is_set():
        chunk = os.read(reader, _CHUNK)
        if not chunk:
            break
        crc = zlib.crc32(chunk, crc)
        if writer >= 0 and chunk != _ZEROS[: len(chunk)]:
            view = memoryview(chunk)
            place = size
            while view:
                done = os.pwrite(writer, view, place)
                view, place = view[done:], place + done
        size += len(chunk)
    if writer >= 0:
        os.ftruncate(writer, size)
    return size, crc


def _reflink(reader: int, writer: int) -> bool:
    try:
        fcntl.ioctl(writer, _FICLONE, reader)
    except OSError:
        return False
    return True


def _can_reflink(source: str, folder: str) -> bool:
    probe = os.path.join(folder, ".reflink")
    reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        writer = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            return _reflink(reader, writer)
        finally:
            os.close(writer)
            os.unlink(probe)
    finally:
        os.close(reader)
