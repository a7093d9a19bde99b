# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part file: its lock, its disk space, and its renaming."""

import contextlib
import errno
import fcntl
import os
from types import TracebackType
from typing import Any, Callable, ContextManager, NamedTuple, Optional, Type

from .._atomic_file import sync_folder
from .._free_space import require_space
from .._own_file import open_existing, open_or_create, planted


class FileIdentity(NamedTuple):
    """Identifies a file and its last change."""

    device: int
    number: int
    size: int
    mtime_ns: int


def identity(path: str) -> Optional[FileIdentity]:
    """The identity of the file at ``path``, or None if it does not exist."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return FileIdentity(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)


class PartFile:
    """``path``, open for reading and writing as descriptor ``number``, and locked against other processes. Opening waits for the lock.

    The lock is on the file itself, so no lock file remains. If the previous holder has renamed the file, a new file is opened.
    ``waited``: another process had the lock, so earlier decisions may be outdated. Opening raises a Failure for a link, and for a file
    that another user may have placed there.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.journal_path = path + ".journal"
        self.waited = False
        self.number = -1

    def __enter__(self) -> "PartFile":
        with contextlib.suppress(FileNotFoundError):
            # Do this now, because a later failure removes the journal.
            os.close(open_existing(self.journal_path))
        while True:
            number = open_or_create(self.path)
            try:
                self._lock(number)
                self.number = number
                if self.is_here():
                    return self
            except BaseException:
                os.close(number)
                raise
            os.close(number)

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        os.close(self.number)

    def _lock(self, number: int) -> None:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                # Some network file systems have no locks. On these, two processes can write at once.
                return
            self.waited = True
            fcntl.flock(number, fcntl.LOCK_EX)

    @property
    def size(self) -> int:
        """The current length in bytes."""
        return os.fstat(self.number).st_size

    def is_here(self) -> bool:
        """Whether the open file still has the name ``path``."""
        try:
            there, mine = os.stat(self.path), os.fstat(self.number)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)


def need_space(folder: str, needed: int) -> None:
    """Raise a Failure if ``needed`` more bytes do not fit into the file system that holds, or will hold, ``folder``."""
    require_space(folder, needed, "choose a dest on a larger disk. Nothing was downloaded.")


def remove(path: str) -> None:
    """Remove ``path`` if it exists."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def settle(part: PartFile, dest: str, during_rename: Callable[[], ContextManager[Any]] = contextlib.ExitStack) -> None:
    """Rename the part file to its final name, durably. It takes over the mode and owner of the file that it replaces.

    The journal is removed before the folder is flushed, because the next process will have a new part file and journal.
    ``during_rename`` gives a context manager that is entered only for the rename.
    """
    os.fsync(part.number)
    try:
        old = os.stat(dest)
    except FileNotFoundError:
        pass
    else:
        if planted(dest) is not None:
            # Do not give the new file to another user.
            old = os.fstat(part.number)
        os.fchmod(part.number, old.st_mode & 0o7777)
        try:
            os.fchown(part.number, old.st_uid, old.st_gid)
        except PermissionError:
            # Only root may change the owner.
            pass
    with during_rename():
        os.replace(part.path, dest)
    remove(part.journal_path)
    flush_folder(os.path.dirname(dest))


def flush_folder(folder: str) -> None:
    """Make renames in ``folder`` durable, if the file system supports that."""
    with contextlib.suppress(OSError):
        sync_folder(folder)
