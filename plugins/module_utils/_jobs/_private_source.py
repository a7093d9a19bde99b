# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private MySQL server whose binary log is a folder of linked and copied binlog files: a replication source that ends at the stop point.

A second process guards it: when this process ends for any reason, the guard removes the server.
"""

import contextlib
import fcntl
import inspect
import os
import secrets
import shutil
import subprocess
import sys
import time
from typing import Any, Dict, Iterator, List, NamedTuple

from .._failure import Failure
from .._follow.channel import SourceAddress
from .._gtid_set import GtidSet
from .._own_file import refuse_planted
from .._sandbox import lifecycle, software_source, state_file
from .._server.connection import Login, connect
from .._server.gtid_state import executed
from .._server.own_channels import ROLL_USER
from . import _source_guard

# pylint: disable=ansible-bad-function
_SERVER, _FILES = "server", "binlogs"
# Seconds until the guard of a run that was killed has removed the server.
_PATIENCE = _source_guard.PATIENCE + 10


class SourceFile(NamedTuple):
    """A binlog file to serve, up to byte ``end``."""

    path: str
    end: int


def remove_leftovers(folder: str) -> bool:
    """Stop and remove the private source of a killed run; return whether one was found.

    :raises Failure: it is in use.
    """
    refuse_planted(folder)
    if not os.path.isdir(folder):
        return False
    try:
        os.close(_in_use(folder))
    except FileNotFoundError:
        return False  # its guard has just removed it
    server = os.path.join(folder, _SERVER)
    if os.path.isdir(server):
        with state_file.locked(server):
            lifecycle.remove(server)
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _in_use(folder: str) -> int:
    """Lock the folder and return the lock's file descriptor. A run and its guard hold the lock until both have ended."""
    deadline = time.monotonic() + _PATIENCE
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                raise Failure("Another roll-forward of this server is running", folder, "Wait for it to end.") from None
            time.sleep(0.1)


@contextlib.contextmanager
def _guarded(folder: str) -> Iterator[None]:
    """Run the guard of ``folder``. It removes the folder and its server at the end, or when this process is killed."""
    lock = _in_use(folder)
    try:
        words = [sys.executable, "-I", "-c", inspect.getsource(_source_guard), folder]
        guard = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", pass_fds=(lock,), start_new_session=True
        )
    finally:
        # The guard keeps it locked.
        os.close(lock)
    try:
        yield
    finally:
        guard.communicate()
        remove_leftovers(folder)


@contextlib.contextmanager
def serving(folder: str, files: List[SourceFile], software: software_source.SoftwareRequest, gtids: GtidSet) -> Iterator[SourceAddress]:
    """Run a private source in ``folder`` with these files, which contain ``gtids``; it is always removed at the end.

    :raises Failure: the server does not start, or finds different transactions in the files.
    """
    remove_leftovers(folder)
    os.makedirs(os.path.join(folder, _FILES), 0o700)
    with _guarded(folder):
        names = [_placed(folder, number, file, is_last=number == len(files)) for number, file in enumerate(files, 1)]
        with open(os.path.join(folder, _FILES, "source.index"), "w", encoding="utf-8") as index:
            index.write("".join(name + "\n" for name in names))
        server = os.path.join(folder, _SERVER)
        with state_file.locked(server):
            found, origin = software_source.obtain(software, None)
            sandbox, _changed = lifecycle.start(server, lifecycle.WantedServer(found, origin, _settings(folder, found.version)))
        yield _account(sandbox, gtids)


def _placed(folder: str, number: int, file: SourceFile, *, is_last: bool) -> str:
    """The path under which the server finds the file: a link, or a copy if the file is shortened or the last one, which a server may repair when
    it starts."""
    path = os.path.join(folder, _FILES, "source.{0:06d}".format(number))
    if file.end == os.path.getsize(file.path) and not is_last:
        os.symlink(os.path.realpath(file.path), path)
        return path
    with open(file.path, "rb") as source, open(path, "wb") as copy:
        left = file.end
        while left:
            data = source.read(min(left, 1 << 20))
            if not data:
                raise Failure("The file shrank while it was being copied", file.path, "Fetch it again.")
            copy.write(data)
            left -= len(data)
    return path


def _settings(folder: str, version: str) -> Dict[str, Any]:
    number = [int(part) for part in version.split(".")[:2]]
    settings: Dict[str, Any] = {
        "log_bin": os.path.join(folder, _FILES, "source"),
        "log_bin_index": os.path.join(folder, _FILES, "source.index"),
        "server_id": 1000000000 + secrets.randbelow(1000000000),
        "gtid_mode": True,
        "enforce_gtid_consistency": True,
        "performance_schema": False,
        "innodb_buffer_pool_size": "16M",
        "innodb_use_native_aio": False,
        "max_allowed_packet": "1G",
        # The files are older than any limit.
        ("binlog_expire_logs_seconds" if number >= [8, 0] else "expire_logs_days"): 0,
    }
    if number < [8, 0]:
        settings["log_slave_updates"] = True
    return settings


def _account(sandbox: lifecycle.Sandbox, gtids: GtidSet) -> SourceAddress:
    """Create an account that may only replicate. It is not written to the binary log, which must contain only the files."""
    connection = connect(Login(user="root", unix_socket=sandbox.socket))
    try:
        found = executed(connection)
        if not gtids.within(found):
            what = "The private source did not find these transactions in the files: {0}".format(gtids.subtract(found))
            raise Failure(what, sandbox.log, "See this log. If the files are complete, run the task again.")
        password = secrets.token_hex(16)
        connection.run("SET SESSION sql_log_bin = 0")
        connection.run("CREATE USER '{0}'@'127.0.0.1' IDENTIFIED BY '{1}'".format(ROLL_USER, password))
        connection.run("GRANT REPLICATION SLAVE ON *.* TO '{0}'@'127.0.0.1'".format(ROLL_USER))
        return SourceAddress("127.0.0.1", sandbox.port, ROLL_USER, password)
    finally:
        connection.close()
