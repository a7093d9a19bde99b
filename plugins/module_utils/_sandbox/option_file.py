# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option file of a sandbox (my.cnf): which settings a user may set, and how they are written."""

import os
import re
from typing import Any, Dict, List, Mapping, Tuple

from .._failure import Failure
from .software import Software, release
from .state_file import SandboxState

Options = List[Tuple[str, Any]]

FILES = "files"

# Switched off while a server is not crash-safe. A crash can then damage all of its data.
UNSAFE = {"innodb_doublewrite": False, "innodb_flush_log_at_trx_commit": 0, "sync_binlog": 0}

# Setting one of these would move the sandbox out of its folder or expose it to the network.
RESERVED = frozenset(
    "basedir bind_address bootstrap daemonize datadir initialize initialize_insecure log_error mysqlx pid_file port socket tmpdir user".split()
)


def text(path: str, software: Software, state: SandboxState, settings: Mapping[str, Any]) -> str:
    """The text of ``my.cnf`` of the sandbox at ``path``. Options that some versions since 5.6 lack are set by version.

    :raises Failure: a setting is not allowed.
    """
    modern = release(software.version) >= (8, 0)
    own: Options = [("basedir", software.basedir)]
    if software.share is not None:
        own.append(("lc_messages_dir", software.share))
    own += [
        ("datadir", os.path.join(path, "data")),
        ("tmpdir", os.path.join(path, "tmp")),
        ("socket", state.socket),
        ("pid_file", os.path.join(path, "mysqld.pid")),
        ("log_error", os.path.join(path, "mysqld.log")),
        ("port", state.port),
        ("bind_address", "127.0.0.1"),
    ]
    if modern:
        own.append(("mysqlx", 0))
    if os.geteuid() == 0:
        own.append(("user", "root"))
    # root has no password. Without name resolution 127.0.0.1 is not "localhost", so root can only connect by the socket.
    # The server may run as root, so it may read and write files for its clients only in one empty folder. 5.6 does not accept NULL here.
    given: Dict[str, Any] = {"skip_name_resolve": True, "secure_file_priv": os.path.join(path, FILES)}
    given.update(checked(settings))
    if not modern and str(given["skip_name_resolve"]).upper() in ("OFF", "0", "FALSE"):
        del given["skip_name_resolve"]  # before 8.0 the option's presence enables it, whatever its value
    return render(own + sorted(given.items()))


def canonical(name: str) -> str:
    """``name`` with ``_`` for ``-``; mysqld treats both alike."""
    return name.replace("-", "_")


def checked(settings: Mapping[str, Any]) -> Dict[str, Any]:
    """``settings`` under their canonical names.

    :raises Failure: names a setting that is not allowed.
    """
    clean: Dict[str, Any] = {}
    for name, value in settings.items():
        key = canonical(str(name))
        if not re.match(r"[A-Za-z][A-Za-z0-9_.]*$", key):
            raise Failure("{0!r} is not the name of a mysqld option".format(name), "settings", "Write it like max_allowed_packet, without dashes.")
        if key in RESERVED or (key[:6] == "loose_" and key[6:] in RESERVED):
            raise Failure("{0} is set by the sandbox".format(key), "settings", "Remove it. Set the port with the option port.")
        if isinstance(value, (dict, list, tuple)) or any(mark in str(value) for mark in "\n\r\0"):
            raise Failure("The value of {0} is not a single line".format(key), "settings", "Use a number, a string or a boolean.")
        if key in clean:
            raise Failure("{0} is set twice, spelled with - and with _".format(key), "settings", "Keep one.")
        clean[key] = value
    return clean


def render(options: Options) -> str:
    """The text of an option file. True and False become ON and OFF; None means an option without a value."""
    lines = ["# Written by apsaradb.mysql; changes here are lost. Use the sandbox's settings.", "[mysqld]"]
    for name, value in options:
        lines.append(name if value is None else "{0}={1}".format(name, quoted(value)))
    return "\n".join(lines) + "\n"


def quoted(value: Any) -> str:
    """``value`` in quotes, so that mysqld reads backslashes, comment signs and blanks in it literally."""
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    escaped = str(value).replace("\\", "\\\\")
    for quote in '"', "'":
        if quote not in escaped:
            return quote + escaped + quote
    raise Failure("An option file cannot hold a value with both kinds of quotes", "settings", "Use one kind.")
