# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts, inspects, stops and removes a private MySQL server that lives in one folder."""

import contextlib
import os
import shlex
import shutil
import time
from subprocess import Popen
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._failure import Failure
from . import mysqld_process, option_file, run_program, snapshot, socket_path, state_file
from .initialise import initialise, log_failure
from .software import Argv, Software, release
from .state_file import SandboxState

# This file exists from the start of a server that is not crash-safe until it is started again as a crash-safe one: _STARTING or _STARTED.
UNSAFE = "not-crash-safe"
_STARTING, _STARTED = "starting\n", "started\n"
# This file exists from the start of a server that was not shut down before until it answers, which means that it has recovered.
UNRECOVERED = "not-recovered"
_FIRST_STATEMENTS = "first.sql"
START_TIMEOUT = 300.0  # seconds until a started server must answer, crash recovery included


class Sandbox(NamedTuple):
    """A private server. ``pid`` is None if it is not running."""

    path: str
    datadir: str
    socket: str
    port: int
    pid: Optional[int]
    pid_file: str
    log: str
    version: str


class WantedServer(NamedTuple):
    """The server that a sandbox must run: the software and the name of its source, settings of mysqld, and a port (0 means any free one).

    ``snapshot`` is the folder of the snapshot that its data come from; empty: existing or new data. ``gtid`` is what happens to the GTID state of
    the snapshot: keep or empty. Without ``crash_safe``, crash protection is off.
    """

    software: Software
    source: str
    settings: Mapping[str, Any] = {}
    port: int = 0
    snapshot: str = ""
    gtid: str = "keep"
    crash_safe: bool = True


def client(program: Optional[Argv], socket: str) -> Optional[Argv]:
    """The command line that connects ``mysql`` or ``mysqldump`` to the server at ``socket`` as root."""
    return None if program is None else program + ("--no-defaults", "--socket=" + socket, "--user=root")


def _write_script(path: str, command: Optional[Argv]) -> None:
    """Write ``path/mysql``, a script that connects to the server; remove it if the software has no client."""
    script = os.path.join(path, "mysql")
    if command is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(script)
        return
    state_file.write_private(script, '#!/bin/sh\nexec {0} "$@"\n'.format(" ".join(map(shlex.quote, command))))
    os.chmod(script, 0o700)


def inspect(path: str) -> Optional[Sandbox]:
    """The sandbox at ``path``; None if it does not exist."""
    state = state_file.read(path)
    return None if state is None else _sandbox(path, state, mysqld_process.find(identity_of(path)))


def is_as_wanted(path: str, wanted: WantedServer) -> bool:
    """Whether the server at ``path`` runs and was started with exactly the wanted software, settings and port."""
    state = state_file.read(path)
    if state is None or mysqld_process.find(identity_of(path)) is None or os.path.exists(os.path.join(path, UNSAFE)) == wanted.crash_safe:
        return False
    return state == _updated(state, wanted) and _read(identity_of(path).config) == _option_text(path, wanted, state)


def start(path: str, wanted: WantedServer, timeout: float = START_TIMEOUT) -> Tuple[Sandbox, bool]:
    """Make the wanted server run at ``path``; return it and whether anything changed.

    The caller holds the lock (:func:`state_file.locked`). A new sandbox is initialised first. A server that runs with
    other settings is restarted, but only if mysqld accepts the new ones. When this returns, the server answers on its
    socket; it outlives the caller. ``timeout`` is in seconds.

    :raises Failure: a setting is refused, or the server does not start; the failure contains the end of its log.
    """
    identity = identity_of(path)
    state, pid = state_file.read(path), mysqld_process.find(identity)
    if state is not None and wanted.snapshot:
        check_origin(path, wanted.snapshot)
    if state is not None and pid is not None and is_as_wanted(path, wanted) and _answers(path, state.socket, pid, timeout, crash_safe=wanted.crash_safe):
        _note_started(path)
        return _sandbox(path, state, pid), False
    is_new = state is None
    state = _updated(state or SandboxState(wanted.source, "", "", mysqld_process.free_port(), ""), wanted)
    state = state._replace(socket=socket_path.choose(path, state.socket))
    if wanted.snapshot and not os.path.isdir(identity.datadir):
        state = state._replace(snapshot=wanted.snapshot, gtid=wanted.gtid)
    if is_new:
        state_file.save(path, state)
    for folder in "tmp", option_file.FILES:
        os.makedirs(os.path.join(path, folder), mode=0o700, exist_ok=True)
    _end_initialisation(path)
    for left in identity.datadir + ".part", identity.datadir + ".old":
        shutil.rmtree(left, ignore_errors=True)
    check_settings(path, wanted, state)
    stop(path)
    for _attempt in range(5):
        state_file.save(path, state)
        state_file.write_private(identity.config, _option_text(path, wanted, state))
        _write_script(path, client(wanted.software.mysql, state.socket))
        if not os.path.isdir(identity.datadir):
            _make_data(path, wanted, state)
        pid = launch(path, wanted.software, state, timeout, crash_safe=wanted.crash_safe)
        if pid is not None:
            return _sandbox(path, state, pid), True
        if wanted.port:
            break
        state = state._replace(port=mysqld_process.free_port())
    raise Failure("Another program uses the sandbox's port", "127.0.0.1:{0}".format(state.port), "Choose another port, or omit port.")


def check_origin(path: str, wanted: str) -> None:
    """Refuse a sandbox whose data are not a copy of the snapshot ``wanted``, or of one that has been replaced since."""
    datadir = identity_of(path).datadir
    if not os.path.isdir(datadir):
        return  # the next start copies it
    origin = snapshot.origin(datadir)
    cure = "Use state: reset to replace the data of this sandbox with the snapshot, or choose another path."
    if origin is None or origin["path"] != wanted:
        raise Failure("This sandbox contains different data than the snapshot {0}".format(wanted), path, cure)
    saved = snapshot.read(wanted)
    if saved is not None and saved.id != origin["id"]:
        raise Failure("The snapshot has been saved again since this sandbox was started from it", path, cure)


def discard_unsafe_data(path: str) -> bool:
    """Remove the data if the server crashed while it was not crash-safe, because they may be damaged. Return whether they were removed."""
    identity = identity_of(path)
    mark = _read(os.path.join(path, UNSAFE))
    crashed = mark is not None and mysqld_process.find(identity) is None and (mark == _STARTING or ended_uncleanly(path))
    if crashed:
        with contextlib.suppress(FileNotFoundError):
            os.rename(identity.datadir, identity.datadir + ".old")
        shutil.rmtree(identity.datadir + ".old", ignore_errors=True)
        forget_unsafe(path)
    return crashed


def forget_unsafe(path: str) -> None:
    """Treat the data as those of a crash-safe server, because they are new."""
    _forget(path, UNSAFE)


def _forget(path: str, mark: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(path, mark))


def ended_uncleanly(path: str) -> bool:
    """Whether the server at ``path`` is not running and was not shut down: mysqld removes its pid file last."""
    return mysqld_process.find(identity_of(path)) is None and os.path.exists(_pid_file(path))


def has_recovered(path: str) -> bool:
    """Whether the server at ``path`` was shut down before it was last started, or has recovered since."""
    if not os.path.exists(os.path.join(path, UNRECOVERED)):
        return True
    # The run that started it may have been killed before it removed the mark.
    state = state_file.read(path)
    return state is not None and mysqld_process.find(identity_of(path)) is not None and mysqld_process.answers(state.socket)


def _make_data(path: str, wanted: WantedServer, state: SandboxState) -> None:
    """Create the data directory; it gets its final name when it is complete."""
    if not state.snapshot:
        initialise(path, wanted.software)
        return
    datadir = identity_of(path).datadir
    snapshot.copy_out(state.snapshot, datadir + ".part", state.gtid, wanted.software.version)
    os.rename(datadir + ".part", datadir)


def stop(path: str) -> bool:
    """Stop the server at ``path``; return whether it ran."""
    pid = mysqld_process.find(identity_of(path))
    if pid is None:
        return False
    state = state_file.read(path)
    if state is not None and mysqld_process.answers(state.socket):
        _note_started(path)
    mysqld_process.stop(pid, identity_of(path))
    return True


def _end_initialisation(path: str) -> None:
    """End the mysqld with which a run that was killed was creating the data: it would write into those of the next one."""
    identity = identity_of(path)
    identity = identity._replace(datadir=identity.datadir + ".part")
    pid = mysqld_process.find(identity)
    if pid is not None:
        mysqld_process.stop(pid, identity, cleanly=False)


def _note_started(path: str) -> None:
    """Complete the notes of a run that was killed while it waited for its server, which has since started: otherwise the data count as damaged."""
    _forget(path, UNRECOVERED)
    unsafe = os.path.join(path, UNSAFE)
    if _read(unsafe) == _STARTING:
        state_file.write_private(unsafe, _STARTED)


def remove(path: str) -> bool:
    """Stop the server and remove its folder, socket and data; return whether there was a sandbox.

    :raises Failure: the folder is not a sandbox, or cannot be removed.
    """
    state = state_file.read(path)
    if state is None:
        return False
    stop(path)
    _end_initialisation(path)
    if os.path.dirname(state.socket) != path and socket_path.is_own_folder(os.path.dirname(state.socket)):
        shutil.rmtree(os.path.dirname(state.socket), ignore_errors=True)
    try:
        # The state file is removed last, so that the folder is still recognised as a sandbox after an interrupted removal.
        for name in sorted(os.listdir(path), key=lambda entry: entry == state_file.NAME):
            entry_path = os.path.join(path, name)
            if os.path.isdir(entry_path) and not os.path.islink(entry_path):
                shutil.rmtree(entry_path)
            else:
                os.unlink(entry_path)
        os.rmdir(path)
    except OSError as error:
        where = str(error.filename or path)
        raise Failure("The sandbox cannot be removed: {0}".format(error.strerror), where, "Remove it as the user who created it, or as root.") from error
    return True


def identity_of(path: str) -> mysqld_process.MysqldIdentity:
    return mysqld_process.MysqldIdentity(os.path.join(path, "my.cnf"), os.path.join(path, "data"))


def _pid_file(path: str) -> str:
    return os.path.join(path, "mysqld.pid")


def _log(path: str) -> str:
    return os.path.join(path, "mysqld.log")


def _sandbox(path: str, state: SandboxState, pid: Optional[int]) -> Sandbox:
    return Sandbox(path, identity_of(path).datadir, state.socket, state.port, pid, _pid_file(path), _log(path), state.version)


def _updated(state: SandboxState, wanted: WantedServer) -> SandboxState:
    return state._replace(software=wanted.software.root, version=wanted.software.version, port=wanted.port or state.port)


def _option_text(path: str, wanted: WantedServer, state: SandboxState) -> str:
    settings = option_file.checked(wanted.settings)
    return option_file.text(path, wanted.software, state, settings if wanted.crash_safe else dict(option_file.UNSAFE, **settings))


def check_settings(path: str, wanted: WantedServer, state: SandboxState) -> None:
    """Let mysqld check the settings before a running server is stopped. Versions before 8.0.16 cannot do this.

    :raises Failure: a setting is refused.
    """
    text = _option_text(path, wanted, state)
    if release(wanted.software.version) < (8, 0, 16):
        return
    trial = os.path.join(path, "my.cnf.trial")
    # Without log_error mysqld writes its complaints to standard error.
    state_file.write_private(trial, "".join(line for line in text.splitlines(keepends=True) if not line.startswith("log_error=")))
    try:
        done = run_program.run(wanted.software.mysqld + ("--defaults-file=" + trial, "--validate-config"), cwd=path)
    finally:
        os.unlink(trial)
    if done.code != 0:
        lines = done.output.strip().splitlines()[-6:]
        raise Failure("mysqld refuses these settings: {0}".format(" | ".join(lines)), path, "Correct settings; no server was stopped.", log_tail=lines)


def launch(path: str, software: Software, state: SandboxState, timeout: float = START_TIMEOUT, *, crash_safe: bool = True) -> Optional[int]:
    """Start the server and wait for it; return its pid, or None if it ended because another program uses its port.

    ``crash_safe``: it is started with full crash protection.
    """
    identity = identity_of(path)
    if os.path.lexists(_pid_file(path)):
        state_file.write_private(os.path.join(path, UNRECOVERED), "")
    # A killed server leaves these files. From 5.7 on mysqld refuses to start if any process has the pid in the lock file.
    for stale in (state.socket, state.socket + ".lock", _pid_file(path)):
        if os.path.lexists(stale):
            os.unlink(stale)
    offset = mysqld_process.log_size(_log(path))
    origin = snapshot.origin(identity.datadir)
    argv = software.mysqld + ("--defaults-file=" + identity.config, "--datadir=" + identity.datadir)
    statements = _first_statements(software, origin)
    if statements:
        state_file.write_private(os.path.join(path, _FIRST_STATEMENTS), "".join(line + ";\n" for line in statements))
        argv += ("--init-file=" + os.path.join(path, _FIRST_STATEMENTS),)
    unsafe = os.path.join(path, UNSAFE)
    if not crash_safe or os.path.exists(unsafe):
        state_file.write_private(unsafe, _STARTING)
    with open(_log(path), "ab") as out:
        child = run_program.start_detached(argv, out, identity.datadir)
    try:
        _wait_until_ready(path, state.socket, child.pid, child, offset, timeout)
    except Failure:
        code = child.poll()
        if os.path.exists(unsafe) and code is not None and code >= 0:
            # mysqld ended by itself, as for a wrong setting, or was shut down because it took too long; the data are intact.
            state_file.write_private(unsafe, _STARTED)
        if child.poll() is not None and not mysqld_process.port_is_free(state.port):
            return None
        raise
    if origin is not None and "gtid" in origin:
        snapshot.mark_origin(identity.datadir, {name: value for name, value in origin.items() if name != "gtid"})
    _forget(path, UNRECOVERED)
    if not crash_safe:
        state_file.write_private(unsafe, _STARTED)
    else:
        forget_unsafe(path)
    return child.pid


def _first_statements(software: Software, origin: Optional[Dict[str, Any]]) -> List[str]:
    """The statements that the server runs before it accepts connections."""
    # The redo log is never switched off: without it MySQL 9.7 loses AUTO_INCREMENT counters at a clean shutdown, even in its system tables, so that
    # later statements fail with error 1062 (columns.PRIMARY).
    if origin is not None and origin.get("gtid") == "empty":
        return ["RESET BINARY LOGS AND GTIDS" if release(software.version) >= (8, 2) else "RESET MASTER"]
    return []


def _answers(path: str, socket: str, pid: int, timeout: float, *, crash_safe: bool) -> bool:
    """Wait until the server that was found running answers. False: it has ended instead, as one does that was killed a moment ago.

    :raises Failure: it does not answer; or it has ended, and its data are to be discarded, because it was not crash-safe.
    """
    try:
        _wait_until_ready(path, socket, pid, None, mysqld_process.log_size(_log(path)), timeout)
    except Failure:
        if not crash_safe or mysqld_process.is_ours(pid, identity_of(path)):
            raise
        return False
    return True


def _wait_until_ready(path: str, socket: str, pid: int, child: "Optional[Popen[bytes]]", offset: int, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        # Checked before the socket, so that an answer of another server is never mistaken for one of a dead server.
        alive = child.poll() is None if child is not None else mysqld_process.is_ours(pid, identity_of(path))
        if not alive:
            raise log_failure("The server ended while starting", _log(path), offset)
        if mysqld_process.answers(socket):
            return
        if time.monotonic() > deadline:
            mysqld_process.stop(pid, identity_of(path))
            raise log_failure("The server did not answer within {0:.0f} seconds and was stopped".format(timeout), _log(path), offset)
        time.sleep(0.05)


def _read(path: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8") as handle:
            return handle.read()
    except OSError:
        return None
