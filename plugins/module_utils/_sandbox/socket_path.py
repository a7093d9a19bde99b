# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chooses the path of a sandbox's socket, which unix(7) limits to 107 bytes."""

import os
import stat
import tempfile

from .._failure import Failure

MAX_LENGTH = 107  # bytes: sun_path less the NUL
_PREFIX = "mysql-sandbox-"


def choose(path: str, current: str) -> str:
    """The socket of the sandbox at ``path``: in the sandbox, or in a private temporary folder if that path is too long.

    The ``current`` socket is kept if it is in such a folder.

    :raises Failure: no writable temporary folder has a path short enough.
    """
    inside = os.path.join(path, "mysql.sock")
    if len(os.fsencode(inside)) <= MAX_LENGTH:
        return inside
    if current != inside and is_own_folder(os.path.dirname(current)):
        return current
    for parent in (tempfile.gettempdir(), "/tmp"):
        # mkdtemp adds 8 characters to the prefix
        if len(os.fsencode(parent)) + len("/{0}12345678/mysql.sock".format(_PREFIX)) <= MAX_LENGTH and os.access(parent, os.W_OK | os.X_OK):
            return os.path.join(tempfile.mkdtemp(prefix=_PREFIX, dir=parent), "mysql.sock")
    cure = "Choose a path of at most {0} bytes.".format(MAX_LENGTH - len("/mysql.sock"))
    raise Failure("The path is too long for the server's socket", inside, cure)


def is_own_folder(folder: str) -> bool:
    """Whether :func:`choose` made ``folder`` and only this user can use it."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700
    return private and os.path.basename(folder).startswith(_PREFIX)
