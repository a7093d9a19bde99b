# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The private option file of a sandbox: the one place where mysqld learns where it lives and what the user wants."""

import re
from typing import Any, Dict, List, Mapping, Tuple

from .._failure import Failure

Options = List[Tuple[str, Any]]

# What makes a sandbox a sandbox. A setting of the same name would move it out of its folder or onto the network.
RESERVED = frozenset(
    "basedir bind_address bootstrap daemonize datadir initialize initialize_insecure log_error mysqlx pid_file port socket tmpdir user".split()
)


def canonical(name: str) -> str:
    """mysqld takes ``-`` for ``_`` in option names; one spelling makes equal settings equal."""
    return name.replace("-", "_")


def checked(settings: Mapping[str, Any]) -> Dict[str, Any]:
    """``settings`` under their canonical names, or a :class:`Failure` that names the one that cannot be."""
    clean: Dict[str, Any] = {}
    for name, value in settings.items():
        key = canonical(str(name))
        if not re.match(r"[A-Za-z][A-Za-z0-9_.]*$", key):
            raise Failure("This is not the name of a mysqld option: {0!r}".format(name), "settings", "Write it like max_allowed_packet, without dashes.")
        if key in RESERVED or (key[:6] == "loose_" and key[6:] in RESERVED):
            raise Failure("A sandbox decides {0} itself".format(key), "settings", "Remove it; the port has an option of its own.")
        if isinstance(value, (dict, list, tuple)) or any(mark in str(value) for mark in "\n\r\0"):
            raise Failure("The value of {0} is not a single line".format(key), "settings", "Give a number, a text or a boolean.")
        if key in clean:
            raise Failure("{0} is there twice, spelled with - and with _".format(key), "settings", "Keep one.")
        clean[key] = value
    return clean


def render(options: Options) -> str:
    """The text of an option file. True and False are ON and OFF, None is an option without a value."""
    lines = ["# Written by apsaradb.mysql; changes here are lost. Use the sandbox's settings.", "[mysqld]"]
    for name, value in options:
        lines.append(name if value is None else "{0}={1}".format(name, quoted(value)))
    return "\n".join(lines) + "\n"


def quoted(value: Any) -> str:
    """A value so that mysqld reads it as it is: option files know backslashes, comments inside a line, and quotes."""
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    text = str(value).replace("\\", "\\\\")
    for quote in '"', "'":
        if quote not in text:
            return quote + text + quote
    raise Failure("An option file cannot hold a value with both kinds of quotes", "settings", "Use only one kind.")
