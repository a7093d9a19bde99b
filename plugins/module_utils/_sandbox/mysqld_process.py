# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A running mysqld: which process is ours, whether it answers, and how it ends."""

import os
import signal
import socket
import time
from typing import List, NamedTuple, Optional

from .._failure import Failure

STOP_PATIENCE = 300.0  # seconds from SIGTERM to SIGKILL: a full buffer pool takes its time to reach the disk
MAX_SOCKET_PATH = 107  # bytes: sun_path of unix(7) less the NUL


class MysqldIdentity(NamedTuple):
    """What tells our mysqld from every other: the option file it was started with and the folder it works in."""

    config: str
    datadir: str


def command_line_is(command_line: bytes, home: MysqldIdentity) -> bool:
    """Whether ``command_line`` (NUL-separated, as in ``/proc/<pid>/cmdline``) is that of the server of ``home``."""
    words = command_line.rstrip(b"\0").split(b"\0")
    wanted = (b"--defaults-file=" + os.fsencode(home.config), b"--datadir=" + os.fsencode(home.datadir))
    return all(word in words for word in wanted) and any(os.path.basename(word) == b"mysqld" for word in words)


def is_ours(pid: int, home: MysqldIdentity) -> bool:
    """Whether process ``pid`` lives and is the server of ``home``.

    A pid file may be older than a reboot, and its number somebody else's by now. So the process itself is asked: its
    command line, and its working directory, which mysqld keeps in its data directory; the second one also tells apart
    a container's process with the same paths.
    """
    place = "/proc/{0}".format(pid)
    try:
        with open(place + "/cmdline", "rb") as handle:
            if not command_line_is(handle.read(), home):
                return False
        return os.path.samefile(place + "/cwd", home.datadir)
    except OSError:
        return False


def find(home: MysqldIdentity) -> Optional[int]:
    """The pid of the running server of ``home``; None when it does not run."""
    for name in os.listdir("/proc"):
        if name.isdigit() and is_ours(int(name), home):
            return int(name)
    return None


def answers(socket_path: str) -> bool:
    """Whether a MySQL server greets on the unix socket (the first packet of the protocol, or its refusal)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(5)
        try:
            link.connect(socket_path)
            packet = link.recv(5)
        except OSError:
            return False
    return len(packet) == 5 and packet[4:] in (b"\x0a", b"\xff")


def stop(pid: int, home: MysqldIdentity) -> None:
    """End our server: SIGTERM, a generous wait, and SIGKILL only when that was not enough."""
    for sign, patience in ((signal.SIGTERM, STOP_PATIENCE), (signal.SIGKILL, 30.0)):
        if not is_ours(pid, home):
            return
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise Failure("The server of this sandbox belongs to another user", "pid {0}".format(pid), "Stop it as that user, or become root.") from error
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not is_ours(pid, home):
                return
            time.sleep(0.05)
    raise Failure("The server does not end, not even killed", "pid {0}".format(pid), "Look for a disk that hangs.")


def free_port() -> int:
    """A TCP port of 127.0.0.1 nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def size(path: str) -> int:
    """The size of a log in bytes; 0 when there is none yet."""
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def last_lines(path: str, offset: int = 0, count: int = 12) -> List[str]:
    """The last lines of a log, from byte ``offset`` on, at most 4 KiB of them."""
    try:
        with open(path, "rb") as handle:
            handle.seek(max(offset, size(path) - 4096))
            return handle.read().decode("utf-8", "replace").strip().splitlines()[-count:]
    except OSError:
        return []
