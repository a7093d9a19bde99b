# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part file, its lock, and the step from it to the final name."""

import contextlib
import errno
import fcntl
import os
from types import TracebackType
from typing import Any, Callable, ContextManager, NamedTuple, Optional, Type

from .._failure import Failure
from .._free_space import volume_of


def amount(count: int) -> str:
    """``count`` bytes for people."""
    if count < 1024:
        return "{0} bytes".format(count)
    power = min(4, (count.bit_length() - 1) // 10)
    return "{0:.1f} {1}iB".format(count / 1024.0**power, "KMGT"[power - 1])


class Identity(NamedTuple):
    """Which file it is, and whether it was written to since."""

    device: int
    number: int
    size: int
    mtime_ns: int


def identity(path: str) -> Optional[Identity]:
    """That of the file at ``path``, or None if there is none."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return Identity(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)


class PartFile:
    """``path`` open for reading and writing, and locked against other processes; waits for one that has it.

    The lock is on the file itself, so nothing is left behind: when the other one has renamed the file, this one begins again with a new file.
    ``waited`` says that there was another one, so what was known before may be old.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.waited = False
        self.number = -1

    def __enter__(self) -> "PartFile":
        while True:
            number = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | os.O_CLOEXEC, 0o600)
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
                # Some network file systems have no locks. Then two at once are not kept apart.
                return
            self.waited = True
            fcntl.flock(number, fcntl.LOCK_EX)

    @property
    def size(self) -> int:
        """How long the file is now."""
        return os.fstat(self.number).st_size

    def is_here(self) -> bool:
        """True while the open file is the one called ``path``."""
        try:
            there, mine = os.stat(self.path), os.fstat(self.number)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)


def need_space(folder: str, needed: int) -> None:
    """Fail if ``needed`` more bytes do not fit into the file system where ``folder`` is or will be."""
    free = volume_of(folder).free
    if needed > free:
        raise Failure(
            "The disk has too little space: {0} more are needed, {1} are free".format(amount(needed), amount(free)),
            folder,
            "Free {0}, or choose a dest on a larger disk. Nothing was downloaded.".format(amount(needed - free)),
            bytes_needed=needed,
            bytes_free=free,
        )


def remove(path: str) -> None:
    """Remove ``path`` if it is there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def settle(part: PartFile, dest: str, journal: str, beside: Callable[[], ContextManager[Any]] = contextlib.ExitStack) -> None:
    """Give the part file its final name, durably. A file that had the name gives its mode and owner to the new one.

    ``journal`` goes with the old name, at once: whoever comes next has a part file and a journal of its own. ``beside`` is what goes
    with the new name, and is entered for no longer than it takes to give it.
    """
    os.fsync(part.number)
    try:
        old = os.stat(dest)
    except FileNotFoundError:
        pass
    else:
        os.fchmod(part.number, old.st_mode & 0o7777)
        try:
            os.fchown(part.number, old.st_uid, old.st_gid)
        except PermissionError:
            # Only root may give files away; then it belongs to whoever fetched it.
            pass
    with beside():
        os.replace(part.path, dest)
    remove(journal)
    flush_folder(os.path.dirname(dest))


def flush_folder(folder: str) -> None:
    """Make renames in ``folder`` durable, where the file system knows how."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError:
        pass
    finally:
        os.close(number)
