# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state file of a sandbox, and the lock on its folder."""

import contextlib
import fcntl
import json
import os
from typing import Iterator, NamedTuple, Optional

from .._failure import Failure
from .._own_file import refuse_planted

NAME = "sandbox.json"


class SandboxState(NamedTuple):
    """How a sandbox was created. Its settings are in the option file.

    ``source`` is the source of mysqld: ``system``, ``packages``, a path, or a URL without its query string.
    ``software`` is the folder into which mysqld was unpacked, empty for the server installed on the machine.
    ``snapshot`` is the folder of the snapshot that its data came from, empty if it was initialised, and ``gtid`` what happens to the GTID state
    of the snapshot.
    """

    source: str
    software: str
    version: str
    port: int
    socket: str
    snapshot: str = ""
    gtid: str = ""


def read(path: str) -> Optional[SandboxState]:
    """The state of the sandbox at ``path``; None if the folder is empty or missing.

    :raises Failure: the folder contains something else, the state cannot be read, or another user may have placed the folder there.
    """
    # The state names programs that will be run.
    refuse_planted(path)
    try:
        with open(os.path.join(path, NAME), encoding="utf-8") as handle:
            fields = json.load(handle)
        socket = str(fields["socket"])
        made = SandboxState(str(fields["source"]), str(fields["software"]), str(fields["version"]), int(fields["port"]), socket)
        return made._replace(snapshot=str(fields.get("snapshot", "")), gtid=str(fields.get("gtid", "")))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        cure = "Run as the user who created the sandbox. If the file is damaged, remove the directory."
        raise Failure("The sandbox's state cannot be read ({0})".format(type(error).__name__), os.path.join(path, NAME), cure) from error
    try:
        names = set(os.listdir(path)) - {NAME + ".part"}
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failure("The sandbox's directory cannot be read: {0}".format(error.strerror), path, "Choose a directory that belongs to this user.") from error
    if NAME in names:  # another run has just created it
        return read(path)
    if names:
        raise Failure("This directory is not empty and is not a sandbox", path, "Choose another path, or empty the directory.")
    return None


def save(path: str, state: SandboxState) -> None:
    """Write the state of the sandbox at ``path``. An interruption leaves the old state or the new one."""
    write_private(os.path.join(path, NAME), json.dumps(state._asdict(), indent=2, sort_keys=True) + "\n")


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Lock the sandbox's folder, so that only one run at a time changes it. The folder is created if needed, with mode 0700.

    An empty folder is removed at the end.
    """
    handle = lock_folder(path)
    try:
        read(path)
        os.fchmod(handle, 0o700)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(path)  # fails unless it is empty
        os.close(handle)


def lock_folder(path: str) -> int:
    """Create the folder if needed, and return a descriptor that holds its lock."""
    while True:
        try:
            os.makedirs(path, 0o700, exist_ok=True)
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise Failure(
                "The sandbox's directory cannot be created: {0}".format(error.strerror), path, "Choose a path to which this user may write."
            ) from error
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)  # the previous holder removed the sandbox


def write_private(path: str, text: str) -> None:
    """Write a file with mode 0600 that appears under its name only when it is complete and on disk."""
    with open(path + ".part", "w", encoding="utf-8") as handle:
        os.chmod(path + ".part", 0o600)
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.rename(path + ".part", path)
