# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which playbook creates a snapshot if several need it at the same time.

claim_snapshot.py SNAPSHOT prints "copy" if the snapshot exists, and "load" if this playbook must create it. While another
playbook creates it, the program waits until the snapshot exists or that playbook has ended without it.

The claim is a lock on the file SNAPSHOT.lock. A background process holds it for the playbook, and ends when the playbook ends, for whatever reason.
"""

import fcntl
import os
import sys
import time
from typing import IO, List, Optional

MANIFEST = "snapshot.json"
PLAYBOOK = "ansible-playbook"


def exists(snapshot: str) -> bool:
    """Whether the snapshot is complete."""
    return os.path.isfile(os.path.join(snapshot, MANIFEST))


def command_line(pid: int) -> List[str]:
    """The file names of the first words of a command line, including interpreters; empty if the process has ended."""
    try:
        with open("/proc/{0}/cmdline".format(pid), "rb") as handle:
            return [os.path.basename(os.fsdecode(word)) for word in handle.read().split(b"\0")[:3]]
    except OSError:
        return []


def status(pid: int) -> List[str]:
    """The fields of /proc/PID/stat after the name: state, parent, ...; empty if the process has ended."""
    try:
        with open("/proc/{0}/stat".format(pid), encoding="ascii", errors="replace") as handle:
            return handle.read().rpartition(")")[2].split()
    except OSError:
        return []


def playbook_process() -> Optional[int]:
    """The process ID of the ansible-playbook that runs this program (its outermost process), or None."""
    found = None
    pid = os.getppid()
    while pid > 1:
        if PLAYBOOK in command_line(pid):
            found = pid
        elif found is not None:
            break
        pid = int((status(pid) or ["", "0"])[1])
    return found


def began(pid: int) -> str:
    """When a process began, which together with its ID identifies it; empty if it has ended."""
    fields = status(pid)
    return fields[19] if fields and fields[0] not in "ZX" else ""


def claim(snapshot: str) -> Optional[IO[str]]:
    """Take the lock; None if the snapshot exists."""
    path = snapshot + ".lock"
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    while not exists(snapshot):
        lock = open(path, "a", encoding="ascii")
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The previous holder removes the file, and another run may have created a new one.
        if os.path.exists(path) and os.path.samestat(os.fstat(lock.fileno()), os.stat(path)):
            if not exists(snapshot):
                return lock
            os.unlink(path)
        lock.close()
    return None


def hold(snapshot: str, lock: IO[str], owner: int) -> None:
    """Keep the lock, in the background, until the snapshot exists or the process ``owner`` has ended."""
    start = began(owner)
    if os.fork():
        return
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in 0, 1, 2:
        os.dup2(nothing, number)
    while start and began(owner) == start and not exists(snapshot):
        time.sleep(0.2)
    os.unlink(lock.name)
    os._exit(0)


def main(snapshot: str, owner: Optional[int] = None) -> str:
    """Claim the snapshot for the playbook, or for the process ``owner``, and return what to do."""
    lock = claim(snapshot)
    if lock is None:
        return "copy"
    owner = owner or playbook_process()
    if owner is not None:
        hold(snapshot, lock, owner)
    return "load"


if __name__ == "__main__":
    print(main(sys.argv[1]))
