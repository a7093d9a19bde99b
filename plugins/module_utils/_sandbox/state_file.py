# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sandbox remembers of its making, and the folder that is its own."""

import contextlib
import fcntl
import json
import os
from typing import Iterator, NamedTuple, Optional

from .._failure import Failure

NAME = "sandbox.json"


class SandboxState(NamedTuple):
    """Never settings: they are in the option file.

    ``source`` is where mysqld came from (``system``, ``packages``, a path, or a URL without its query) and
    ``software`` the folder it was unpacked into, empty for the machine's own.
    """

    source: str
    software: str
    version: str
    port: int
    socket: str


def recall(path: str) -> Optional[SandboxState]:
    """The memory of the sandbox at ``path``. None when there is nothing yet; a folder of something else is a :class:`Failure`."""
    try:
        with open(os.path.join(path, NAME), encoding="utf-8") as handle:
            known = json.load(handle)
        return SandboxState(str(known["source"]), str(known["software"]), str(known["version"]), int(known["port"]), str(known["socket"]))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        cure = "Run as the user who made it; if it is broken, remove the folder."
        raise Failure("The sandbox's memory cannot be read ({0})".format(type(error).__name__), os.path.join(path, NAME), cure) from error
    try:
        names = set(os.listdir(path)) - {NAME + ".part"}
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failure("The sandbox's folder cannot be read: {0}".format(error.strerror), path, "Choose a path that is a folder of this user.") from error
    if NAME in names:  # another run has just made it
        return recall(path)
    if names:
        raise Failure("This folder holds something that is not a sandbox", path, "Choose another path, or empty the folder.")
    return None


def remember(path: str, memory: SandboxState) -> None:
    """Keep ``memory``; an interruption leaves the old one or the new one."""
    write(os.path.join(path, NAME), json.dumps(memory._asdict(), indent=2, sort_keys=True) + "\n")


@contextlib.contextmanager
def held(path: str) -> Iterator[None]:
    """Only one run at a time changes the sandbox at ``path``: its folder, made when it is not there, for its user alone.

    When nothing came of it, no empty folder stays behind.
    """
    handle = _lock_folder(path)
    try:
        recall(path)
        os.fchmod(handle, 0o700)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(path)  # fails unless it is empty
        os.close(handle)


def _lock_folder(path: str) -> int:
    while True:
        try:
            os.makedirs(path, 0o700, exist_ok=True)
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise Failure("The sandbox's folder cannot be made: {0}".format(error.strerror), path, "Choose a path this user may write to.") from error
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)  # whoever held it has removed the sandbox meanwhile


def write(path: str, text: str) -> None:
    """A private file that is whole under its name."""
    with open(path + ".part", "w", encoding="utf-8") as handle:
        os.chmod(path + ".part", 0o600)
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.rename(path + ".part", path)
