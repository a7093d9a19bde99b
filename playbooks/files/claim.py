# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let one playbook at a time do something, and the others wait.

claim.py LOCK [RESULT] prints "claimed" if this playbook must do it, or "done" if the file RESULT exists. While another playbook has the claim, the program
waits until RESULT exists or that playbook has ended. A playbook that has the claim already, from an earlier task, keeps it.

The claim is a lock on the file LOCK. A background process holds it for the playbook, and ends when the playbook ends, for whatever reason.
"""

import contextlib
import fcntl
import os
import sys
import time
from typing import IO, List, Optional

PLAYBOOK = ("ansible-playbook", "ansible.cli.playbook")


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
        if set(PLAYBOOK) & set(command_line(pid)):
            found = pid
        elif found is not None:
            break
        pid = int((status(pid) or ["", "0"])[1])
    return found


def began(pid: int) -> str:
    """When a process began, which together with its ID identifies it; empty if it has ended."""
    fields = status(pid)
    return fields[19] if fields and fields[0] not in "ZX" else ""


def is_free(lock: IO[str], holder: str) -> bool:
    """Wait for the lock. False if ``holder`` has it already."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        if holder and lock.read() == holder:
            return False
        fcntl.flock(lock, fcntl.LOCK_EX)
    return True


def take(path: str, result: Optional[str], holder: str) -> Optional[IO[str]]:
    """Take the lock for ``holder``; None if the result exists or the holder has the lock already."""
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    while not exists(result):
        lock = open(path, "a+", encoding="ascii")
        if not is_free(lock, holder):
            return None
        # The previous holder removes the file, and another run may have created a new one.
        if os.path.exists(path) and os.path.samestat(os.fstat(lock.fileno()), os.stat(path)):
            if not exists(result):
                lock.truncate(0)
                lock.write(holder)
                lock.flush()
                return lock
            os.unlink(path)
        lock.close()
    return None


def exists(result: Optional[str]) -> bool:
    """Whether nothing needs to be done."""
    return result is not None and os.path.isfile(result)


def hold(lock: IO[str], result: Optional[str], owner: int) -> None:
    """Keep the lock, in the background, until the result exists or the process ``owner`` has ended."""
    start = began(owner)
    if os.fork():
        return
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in 0, 1, 2:
        os.dup2(nothing, number)
    while start and began(owner) == start and not exists(result):
        time.sleep(0.2)
    # Someone may have removed the directory.
    with contextlib.suppress(OSError):
        os.unlink(lock.name)
    os._exit(0)


def main(path: str, result: Optional[str] = None) -> str:
    """Claim ``path`` for the playbook, and return what was found."""
    owner = playbook_process()
    lock = take(path, result, "" if owner is None else "{0} {1}\n".format(owner, began(owner)))
    if lock is not None and owner is not None:
        hold(lock, result, owner)
    return "done" if lock is None and exists(result) else "claimed"


if __name__ == "__main__":
    print(main(*sys.argv[1:3]))
