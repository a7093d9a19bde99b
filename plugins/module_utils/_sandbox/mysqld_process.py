# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds, probes and stops the mysqld process of a sandbox."""

import os
import signal
import socket
import time
from typing import List, NamedTuple, Optional

from .._failure import Failure

STOP_TIMEOUT = 300.0  # seconds from SIGTERM to SIGKILL: mysqld flushes its buffer pool first


class MysqldIdentity(NamedTuple):
    """The identity of a sandbox's mysqld: the option file with which it was started, and its data directory."""

    config: str
    datadir: str


def command_line_is(command_line: bytes, identity: MysqldIdentity) -> bool:
    """Whether ``command_line`` (NUL-separated, as in ``/proc/<pid>/cmdline``) starts this server."""
    words = command_line.rstrip(b"\0").split(b"\0")
    wanted = (b"--defaults-file=" + os.fsencode(identity.config), b"--datadir=" + os.fsencode(identity.datadir))
    return all(word in words for word in wanted) and any(os.path.basename(word) == b"mysqld" for word in words)


def is_ours(pid: int, identity: MysqldIdentity) -> bool:
    """Whether process ``pid`` runs and is this server.

    A pid file proves nothing: after a reboot its number may belong to another process. The command line and the working
    directory identify the server; mysqld runs in its data directory, which also rules out a process in a container with the same paths.
    """
    folder = "/proc/{0}".format(pid)
    try:
        with open(folder + "/cmdline", "rb") as handle:
            if not command_line_is(handle.read(), identity):
                return False
        return os.path.samefile(folder + "/cwd", identity.datadir)
    except OSError:
        return False


def find(identity: MysqldIdentity) -> Optional[int]:
    """The pid of this server; None if it is not running."""
    for name in os.listdir("/proc"):
        if name.isdigit() and is_ours(int(name), identity):
            return int(name)
    return None


def answers(socket_path: str) -> bool:
    """Whether a MySQL server answers on the unix socket, with the first packet of the protocol or with an error packet."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(5)
        try:
            link.connect(socket_path)
            packet = link.recv(5)
        except OSError:
            return False
    return len(packet) == 5 and packet[4:] in (b"\x0a", b"\xff")


def stop(pid: int, identity: MysqldIdentity, *, cleanly: bool = True) -> None:
    """Stop this server: SIGTERM, then SIGKILL after :data:`STOP_TIMEOUT`. Another process with this pid is left alone.

    Without ``cleanly``: SIGKILL at once, for a server whose data are about to be removed.
    """
    for number, timeout in ((signal.SIGTERM, STOP_TIMEOUT), (signal.SIGKILL, 30.0))[0 if cleanly else 1 :]:
        if not is_ours(pid, identity):
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise Failure("The server of this sandbox belongs to another user", "pid {0}".format(pid), "Stop it as that user, or become root.") from error
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not is_ours(pid, identity):
                return
            time.sleep(0.05)
    raise Failure("The server does not end, even after SIGKILL", "pid {0}".format(pid), "Check whether a disk hangs.")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is currently free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether a server can listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def log_size(path: str) -> int:
    """The size of a log in bytes; 0 if there is none yet."""
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def last_lines(path: str, offset: int = 0, count: int = 12) -> List[str]:
    """The last ``count`` lines of a log, from byte ``offset`` on, at most 4 KiB; none if it cannot be read."""
    try:
        with open(path, "rb") as handle:
            handle.seek(max(offset, log_size(path) - 4096))
            return handle.read().decode("utf-8", "replace").strip().splitlines()[-count:]
    except OSError:
        return []
