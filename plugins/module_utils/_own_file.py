# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open files with predictable names in folders where other users may have placed something with that name (such as /tmp)."""

import errno
import os
import stat
from typing import Optional

from ._failure import Failure

_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class ForeignFile(Failure):
    """Another user may have placed a file at this path. Nothing was read from it or written to it."""

    def __init__(self, what: str, path: str) -> None:
        cure = "Another user may have placed it there. Remove it, or choose a path in a directory that only you can write to."
        super().__init__(what, path, cure)


def open_existing(path: str, flags: int = os.O_RDONLY) -> int:
    """Open one of our own files: a regular file without further hard links, owned by this user, root or the owner of the folder.

    :raises OSError: it cannot be opened, or does not exist.
    :raises ForeignFile: it is something else.
    """
    try:
        number = os.open(path, flags | _FLAGS)
    except OSError as error:
        if error.errno != errno.ENOENT:
            _require_own(os.lstat(path), path)
        raise
    try:
        _require_own(os.fstat(number), path)
    except BaseException:
        os.close(number)
        raise
    return number


def open_or_create(path: str) -> int:
    """Open a file of our own for reading and writing as :func:`open_existing` does, or create it with mode 0600."""
    while True:
        try:
            return open_existing(path, os.O_RDWR)
        except FileNotFoundError:
            pass
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
        except FileExistsError:
            # Another run created it first.
            pass


def refuse_planted(path: str) -> None:
    """Raise a :class:`ForeignFile` for anything that :func:`planted` finds."""
    reason = planted(path)
    if reason is not None:
        raise ForeignFile(reason, path)


def planted(path: str) -> Optional[str]:
    """Why another user may have placed the file, folder or link at ``path``, or a folder or link on the way to it; None if that is impossible.

    This is possible only in a folder that others may write to: elsewhere, the owner of the folder gave the file to that user.
    """
    return _planted_at(path, stat.S_IWGRP | stat.S_IWOTH) or planted_on_the_way(path)


def planted_on_the_way(path: str) -> Optional[str]:
    """Why another user may have placed a folder or link above ``path``, by its own names or after following links; None if that is impossible.

    A folder of another user in one that only a group may write to is left to the group.
    """
    folder = os.path.dirname(os.path.abspath(path))
    for above in (folder, os.path.realpath(folder)):
        while above != os.path.dirname(above):
            reason = _planted_at(above, stat.S_IWOTH)
            if reason is not None:
                return "{0}: {1}".format(reason, above)
            above = os.path.dirname(above)
    return None


def _planted_at(path: str, writable: int) -> Optional[str]:
    try:
        state, folder = os.lstat(path), os.stat(os.path.dirname(path) or ".")
    except OSError:
        return None
    if not folder.st_mode & writable or _is_trusted(state.st_uid, folder):
        return None
    kind = "link" if stat.S_ISLNK(state.st_mode) else "directory" if stat.S_ISDIR(state.st_mode) else "file"
    return "The {0} belongs to another user (uid {1}), in a directory to which others can write".format(kind, state.st_uid)


def _require_own(state: os.stat_result, path: str) -> None:
    if stat.S_ISLNK(state.st_mode):
        raise ForeignFile("The file is a symbolic link", path)
    if not stat.S_ISREG(state.st_mode):
        raise ForeignFile("This is not a regular file", path)
    if state.st_nlink > 1:
        raise ForeignFile("The file has another hard link, and writing to it would change that file too", path)
    if not _is_trusted(state.st_uid, os.stat(os.path.dirname(path) or ".")):
        raise ForeignFile("The file belongs to another user (uid {0})".format(state.st_uid), path)


def _is_trusted(owner: int, folder: os.stat_result) -> bool:
    # The owner of a folder can replace every file in it anyway. Some network file systems show that user as the owner of all files.
    return owner in (os.geteuid(), 0, folder.st_uid)
