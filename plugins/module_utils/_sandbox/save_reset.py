# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saves the data of a sandbox as a snapshot, or replaces them with one. The caller holds the lock on the sandbox's folder."""

import contextlib
import os
import shutil
from typing import Any, Dict, Optional, Tuple

from .._failure import Failure
from . import lifecycle, mysqld_process, snapshot, state_file
from .lifecycle import Sandbox, WantedServer
from .software import Software

# This file exists while a server is stopped for a copy, so that the run after an interruption starts it again.
_WAS_RUNNING = "was-running"


def forget_interrupted(path: str) -> None:
    """Forget that an interrupted :func:`save` has stopped the server: it has been started or stopped on purpose since."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(path, _WAS_RUNNING))


def find_unchanged(path: str, target: str) -> Optional[snapshot.Snapshot]:
    """The snapshot ``target`` if it provably equals the sandbox at ``path``: the server is not running, and no file has changed."""
    datadir = lifecycle.identity_of(path).datadir
    if mysqld_process.find(lifecycle.identity_of(path)) is not None or os.path.exists(os.path.join(path, _WAS_RUNNING)):
        return None
    try:
        saved = snapshot.read(target)
    except Failure:
        return None
    return saved if saved is not None and snapshot.is_unchanged(saved, datadir) else None


def check(path: str, target: str) -> Sandbox:
    """The sandbox at ``path``, if its data can be saved to ``target``.

    :raises Failure: there is no sandbox, its server crashed or is not crash-safe, or ``target`` holds something else.
    """
    sandbox = lifecycle.inspect(path)
    if sandbox is None or not os.path.isdir(sandbox.datadir):
        raise Failure("The sandbox to save does not exist", path, "Create it first (state: started).")
    if os.path.exists(os.path.join(path, lifecycle.UNSAFE)):
        raise Failure("This server is not crash-safe now", path, "Run it with state: started and crash_safe: true first, which restores its normal settings.")
    if (sandbox.pid is None and lifecycle.ended_uncleanly(path)) or not lifecycle.has_recovered(path):
        raise Failure("This server was not shut down but killed", path, "Start it first (state: started), so that it recovers.")
    snapshot.check_target(target)
    return sandbox


def save(path: str, target: str, software: Software, server: snapshot.ServerFacts) -> Tuple[Sandbox, snapshot.Snapshot]:
    """Shut down the server at ``path``, save its data as the snapshot ``target``, and start it again if it was running, also after a failure.

    :raises Failure: see :func:`check`; or the copy failed.
    """
    sandbox = check(path, target)
    mark = os.path.join(path, _WAS_RUNNING)
    if sandbox.pid is not None:
        state_file.write_private(mark, "")
        lifecycle.stop(path)
    try:
        if lifecycle.ended_uncleanly(path):
            raise Failure("The server did not end in time and was killed, so its data was not saved", path, "Run the task again.")
        saved = snapshot.save(target, sandbox.datadir, server)
        # A server that was started from another snapshot keeps referring to that one.
        if snapshot_of(path).get("path", target) == target:
            snapshot.mark_origin(sandbox.datadir, saved.facts(target))
    finally:
        pid = _start_again(path, software) if os.path.exists(mark) else None
    return sandbox._replace(pid=pid), saved


def _start_again(path: str, software: Software) -> int:
    state = state_file.read(path)
    pid = lifecycle.launch(path, software, state) if state is not None else None
    if pid is None:
        raise Failure("The server cannot be started again, because another program uses its port", path, "Run it with state: started.")
    forget_interrupted(path)
    return pid


def reset(path: str, wanted: WantedServer) -> Sandbox:
    """Replace the data of the sandbox at ``path`` with those of the wanted snapshot, and run the wanted server.

    Settings are checked and the copy is made before the server is killed, so neither of them changes anything if it fails.

    :raises Failure: the snapshot is missing, damaged or from a different server version; see also :func:`lifecycle.start`.
    """
    state = state_file.read(path)
    identity = lifecycle.identity_of(path)
    if state is not None and os.path.isdir(identity.datadir):
        lifecycle.check_settings(path, wanted, state)
        part, old = identity.datadir + ".part", identity.datadir + ".old"
        shutil.rmtree(old, ignore_errors=True)
        snapshot.copy_out(wanted.snapshot, part, wanted.gtid, wanted.software.version)
        # From here on, missing data come from this snapshot.
        state_file.save(path, state._replace(snapshot=wanted.snapshot, gtid=wanted.gtid))
        pid = mysqld_process.find(identity)
        if pid is not None:
            mysqld_process.stop(pid, identity, cleanly=False)
        os.rename(identity.datadir, old)
        os.rename(part, identity.datadir)
        lifecycle.forget_unsafe(path)
    return lifecycle.start(path, wanted)[0]


def snapshot_of(path: str) -> Dict[str, Any]:
    """The facts of the snapshot that the data at ``path`` were copied from; empty if there is none."""
    origin = snapshot.origin(lifecycle.identity_of(path).datadir) or {}
    return {name: value for name, value in origin.items() if name != "gtid"}
