# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private MySQL server's life: started, looked at, stopped, removed; all of it inside one folder."""

import os
import shutil
import stat
import tempfile
import time
from subprocess import Popen
from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple

from .._failure import Failure
from . import mysqld_process, option_file, run_program, state_file
from .initialise import initialise, log_failure
from .software import Argv, Software, release
from .state_file import SandboxState

START_PATIENCE = 300.0  # seconds until a started server must greet: crash recovery counts
_SHORT = "mysql-sandbox-"


class Sandbox(NamedTuple):
    """A private server as it is. ``pid`` is None when it does not run."""

    path: str
    datadir: str
    socket: str
    port: int
    pid: Optional[int]
    pid_file: str
    log: str
    version: str


class WantedServer(NamedTuple):
    """What a sandbox shall run: which software, told by whom, with which settings of mysqld; port 0 is any free one."""

    software: Software
    source: str
    settings: Mapping[str, Any] = {}
    port: int = 0


def client(program: Optional[Argv], socket: str) -> Optional[Argv]:
    """The command line that connects ``mysql`` or ``mysqldump`` to the server at ``socket`` as root."""
    return None if program is None else program + ("--no-defaults", "--socket=" + socket, "--user=root")


def look(path: str) -> Optional[Sandbox]:
    """The sandbox at ``path`` as it is now; None when there is none."""
    known = state_file.recall(path)
    return None if known is None else _sandbox(path, known, mysqld_process.find(_home(path)))


def is_as_wished(path: str, wish: WantedServer) -> bool:
    """Whether the server at ``path`` runs, and was started with exactly what is wished."""
    known = state_file.recall(path)
    if known is None or mysqld_process.find(_home(path)) is None:
        return False
    return known == _renewed(known, wish) and _read(_home(path).config) == _option_file(path, wish, known)


def start(path: str, wish: WantedServer, patience: float = START_PATIENCE) -> Tuple[Sandbox, bool]:
    """Make the server at ``path`` run as wished, and say whether anything had to be changed for it.

    The folder is held (:func:`memory.held`). A new sandbox is initialised first.
    A server that runs with other settings is restarted, but only if mysqld can read the new ones. It outlives the
    caller and has greeted on its socket when this returns; ``patience`` is in seconds.
    """
    home = _home(path)
    if is_as_wished(path, wish):
        known, pid = state_file.recall(path), mysqld_process.find(home)
        if known is not None and pid is not None:
            _await_greeting(path, known.socket, pid, None, mysqld_process.size(_log(path)), patience)
            return _sandbox(path, known, pid), False
    known = state_file.recall(path)
    renewed = SandboxState(wish.source, "", "", mysqld_process.free_port(), "") if known is None else known
    renewed = _renewed(renewed, wish)._replace(socket=_place_for_socket(path, renewed.socket))
    if known is None:
        state_file.remember(path, renewed)
    os.makedirs(os.path.join(path, "tmp"), exist_ok=True)
    _check_settings(path, wish, renewed)
    stop(path)
    for _attempt in range(5):
        state_file.remember(path, renewed)
        state_file.write(home.config, _option_file(path, wish, renewed))
        if not os.path.isdir(home.datadir):
            initialise(path, wish.software)
        pid = _launch(path, wish.software, renewed, patience)
        if pid is not None:
            return _sandbox(path, renewed, pid), True
        if wish.port:
            break
        renewed = renewed._replace(port=mysqld_process.free_port())
    raise Failure("The port of the sandbox is taken by another program", "127.0.0.1:{0}".format(renewed.port), "Choose another port, or none.")


def stop(path: str) -> bool:
    """Stop the server at ``path``; say whether it ran."""
    pid = mysqld_process.find(_home(path))
    if pid is None:
        return False
    mysqld_process.stop(pid, _home(path))
    return True


def remove(path: str) -> bool:
    """Stop the server and remove folder, socket and data; say whether there was a sandbox."""
    known = state_file.recall(path)
    if known is None:
        return False
    stop(path)
    if os.path.dirname(known.socket) != path and _is_short_folder(os.path.dirname(known.socket)):
        shutil.rmtree(os.path.dirname(known.socket), ignore_errors=True)
    try:
        # The memory goes last: what a removal that was cut short left behind is still known to be a sandbox.
        for name in sorted(os.listdir(path), key=lambda entry: entry == state_file.NAME):
            place = os.path.join(path, name)
            if os.path.isdir(place) and not os.path.islink(place):
                shutil.rmtree(place)
            else:
                os.unlink(place)
        os.rmdir(path)
    except OSError as error:
        place = str(error.filename or path)
        raise Failure("The sandbox cannot be removed: {0}".format(error.strerror), place, "Remove it as the user who made it, or as root.") from error
    return True


def _home(path: str) -> mysqld_process.MysqldIdentity:
    return mysqld_process.MysqldIdentity(os.path.join(path, "my.cnf"), os.path.join(path, "data"))


def _log(path: str) -> str:
    return os.path.join(path, "mysqld.log")


def _sandbox(path: str, known: SandboxState, pid: Optional[int]) -> Sandbox:
    return Sandbox(path, _home(path).datadir, known.socket, known.port, pid, os.path.join(path, "mysqld.pid"), _log(path), known.version)


def _renewed(known: SandboxState, wish: WantedServer) -> SandboxState:
    return known._replace(software=wish.software.root, version=wish.software.version, port=wish.port or known.port)


def _option_file(path: str, wish: WantedServer, known: SandboxState) -> str:
    """The text of ``my.cnf``. The names are those of every version from 5.6 on, unless the version is asked."""
    modern = release(wish.software.version) >= (8, 0)
    own: option_file.Options = [("basedir", wish.software.basedir)]
    if wish.software.share is not None:
        own.append(("lc_messages_dir", wish.software.share))
    own += [
        ("datadir", _home(path).datadir),
        ("tmpdir", os.path.join(path, "tmp")),
        ("socket", known.socket),
        ("pid_file", os.path.join(path, "mysqld.pid")),
        ("log_error", _log(path)),
        ("port", known.port),
        ("bind_address", "127.0.0.1"),
    ]
    if modern:
        own.append(("mysqlx", 0))
    if os.geteuid() == 0:
        own.append(("user", "root"))
    # root has no password. Without name resolution 127.0.0.1 is not "localhost", so that root is the socket's alone.
    given: Dict[str, Any] = {"skip_name_resolve": True, "secure_file_priv": ""}
    given.update(option_file.checked(wish.settings))
    if not modern and str(given["skip_name_resolve"]).upper() in ("OFF", "0", "FALSE"):
        del given["skip_name_resolve"]  # before 8.0 its mere presence switches it on
    return option_file.render(own + sorted(given.items()))


def _check_settings(path: str, wish: WantedServer, renewed: SandboxState) -> None:
    """Let mysqld read the settings before a server is stopped for them, where it knows how to (8.0.16)."""
    text = _option_file(path, wish, renewed)
    if release(wish.software.version) < (8, 0, 16):
        return
    trial = os.path.join(path, "my.cnf.trial")
    # Complaints go to the terminal, and so here, when there is no log_error.
    state_file.write(trial, "".join(line for line in text.splitlines(True) if not line.startswith("log_error=")))
    try:
        done = run_program.run(wish.software.mysqld + ("--defaults-file=" + trial, "--validate-config"), cwd=path)
    finally:
        os.unlink(trial)
    if done.code != 0:
        said = done.output.strip().splitlines()[-6:]
        raise Failure("mysqld refuses these settings: {0}".format(" | ".join(said)), path, "Correct settings; no server was stopped for them.", log_tail=said)


def _place_for_socket(path: str, known: str) -> str:
    """Where the socket goes: into the sandbox, or into a short private folder when its path is too long for unix(7)."""
    inside = os.path.join(path, "mysql.sock")
    if len(os.fsencode(inside)) <= mysqld_process.MAX_SOCKET_PATH:
        return inside
    if known != inside and _is_short_folder(os.path.dirname(known)):
        return known
    for parent in (tempfile.gettempdir(), "/tmp"):
        # mkdtemp adds 8 characters to the prefix
        if len(os.fsencode(parent)) + len("/{0}12345678/mysql.sock".format(_SHORT)) <= mysqld_process.MAX_SOCKET_PATH and os.access(parent, os.W_OK | os.X_OK):
            return os.path.join(tempfile.mkdtemp(prefix=_SHORT, dir=parent), "mysql.sock")
    cure = "Choose a path of at most {0} bytes.".format(mysqld_process.MAX_SOCKET_PATH - len("/mysql.sock"))
    raise Failure("There is no place with a short name for the server's socket", inside, cure)


def _is_short_folder(folder: str) -> bool:
    """Whether ``folder`` is one that :func:`_place_for_socket` made, and still this user's alone."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700
    return private and os.path.basename(folder).startswith(_SHORT)


def _launch(path: str, software: Software, known: SandboxState, patience: float) -> Optional[int]:
    """The pid of the started server; None when it ended because somebody else listens on its port."""
    home = _home(path)
    # A killed server leaves these behind, and 5.7 on refuses to start when the pid in the lock is some process's by now.
    for stale in (known.socket, known.socket + ".lock", os.path.join(path, "mysqld.pid")):
        if os.path.lexists(stale):
            os.unlink(stale)
    offset = mysqld_process.size(_log(path))
    argv = software.mysqld + ("--defaults-file=" + home.config, "--datadir=" + home.datadir)
    with open(_log(path), "ab") as out:
        child = run_program.detach(argv, out, home.datadir)
    try:
        _await_greeting(path, known.socket, child.pid, child, offset, patience)
    except Failure:
        if child.poll() is not None and not mysqld_process.port_is_free(known.port):
            return None
        raise
    return child.pid


def _await_greeting(path: str, socket: str, pid: int, child: "Optional[Popen[bytes]]", offset: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        # Asked before the greeting, so that the socket of another server is never taken for that of a dead one.
        alive = child.poll() is None if child is not None else mysqld_process.is_ours(pid, _home(path))
        if not alive:
            raise log_failure("The server ended while it was starting", _log(path), offset)
        if mysqld_process.answers(socket):
            return
        if time.monotonic() > deadline:
            mysqld_process.stop(pid, _home(path))
            raise log_failure("The server did not answer within {0:.0f} seconds and was stopped".format(patience), _log(path), offset)
        time.sleep(0.05)


def _read(path: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8") as handle:
            return handle.read()
    except OSError:
        return None
