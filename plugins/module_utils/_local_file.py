# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random access to the bytes of a file: what all readers have in common, and a regular file."""

import errno
import os
import stat
import sys
from typing import Any, NamedTuple, Optional

from ._failure import Failure

if sys.version_info >= (3, 8):
    from typing import Protocol  # novm
else:
    Protocol = object


class Reader(Protocol):
    """Random access to the bytes of a file, local or remote. ``name`` is its name in messages; it must not contain a secret.

    ``read`` returns exactly ``length`` bytes, fewer only at the end of the file. It is thread-safe, unless a reader says otherwise.
    """

    size: int
    name: str

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset``."""


class FileVersion(NamedTuple):
    """Identifies the contents of a local file without reading it. ``modified`` and ``changed`` (the time of the last change of its inode) are in ns."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> "FileVersion":
        """The version of the file with this ``status``."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def require(self, status: os.stat_result, what: str, path: str) -> None:
        """Check that the opened file with this ``status`` is still this version.

        :raises Failure: it was replaced or changed, so what was read from it before does not apply to it.
        """
        now = FileVersion.of(status)
        # Some file systems (FUSE) give a file another inode when they have forgotten it; one that replaces it also has another time of change. A change of
        # its mode or owner changes only that time.
        is_same = now[:2] == self[:2] or now.changed == self.changed
        if not is_same or now[2:4] != self[2:4]:
            cure = "Another program has written to it. Run the task again when that program has ended."
            raise Failure("The {0} was replaced or changed while the task was reading it".format(what), path, cure)


class LocalFile:
    """A regular file. ``what`` describes it in messages ("backup"). Close it, or use it in a ``with`` statement. Thread-safe.

    :raises Failure: it cannot be opened, it is a directory, a FIFO or a device, or it is not the ``expected`` version.
    """

    what = "file"
    wanted = "Specify the path of a regular file."

    def __init__(self, path: str, expected: Optional[FileVersion] = None) -> None:
        self.name = path
        try:
            # O_NONBLOCK: otherwise opening a FIFO without a writer would hang.
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            cure = "Check the path on this host, and the permissions of the user who runs the module."
            raise Failure("The {0} cannot be opened: {1}".format(self.what, _reason(error)), path, cure) from error
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(self._fd)
            raise Failure("The {0} is not a regular file".format(self.what), path, self.wanted)
        self.size = status.st_size
        self.version = FileVersion.of(status)
        if expected is not None:
            try:
                expected.require(status, self.what, path)
            except Failure:
                self.close()
                raise

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset``, fewer only at the end of the file."""
        pieces = []
        while length > 0:
            try:
                piece = os.pread(self._fd, length, offset)
            except OSError as error:
                cure = "Check the disk, then fetch the {0} again.".format(self.what)
                raise Failure("The {0} cannot be read: {1}".format(self.what, _reason(error)), "{0}, byte {1}".format(self.name, offset), cure) from error
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Release the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or errno.EIO)
