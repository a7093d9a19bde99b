# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The [client] section of a MySQL option file, with the meaning that it has for the ``mysql`` client.

Read here and not by PyMySQL, which ignores ssl-mode, and ssl-ca if it gets a TLS context.
"""

import os
import re
from enum import Enum
from typing import Dict, NamedTuple, Optional

from .._failure import Failure


class TlsMode(Enum):
    """As ``--ssl-mode`` of the ``mysql`` client."""

    DISABLED = "DISABLED"
    PREFERRED = "PREFERRED"
    REQUIRED = "REQUIRED"
    VERIFY_CA = "VERIFY_CA"
    VERIFY_IDENTITY = "VERIFY_IDENTITY"


class ClientOptions(NamedTuple):
    """The options, None where the file has none."""

    user: Optional[str] = None
    password: Optional[str] = None
    socket: Optional[str] = None
    tls: Optional[TlsMode] = None
    ca_cert: Optional[str] = None
    client_cert: Optional[str] = None
    client_key: Optional[str] = None


_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "r": "\r", "s": " "}


def client_options(path: Optional[str]) -> ClientOptions:
    """Read the file; a missing one has no options.

    :raises Failure: it cannot be read, or its options for TLS are unknown.
    """
    if not path:
        return ClientOptions()
    path = os.path.expanduser(path)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            found = _client_section(stream.read(), path)
    except (FileNotFoundError, NotADirectoryError):
        return ClientOptions()
    except OSError as error:
        raise Failure("config_file cannot be read: {0}".format(error.strerror), path, "Correct its mode, or give another file.") from None
    return ClientOptions(
        found.get("user"),
        found.get("password"),
        found.get("socket"),
        _tls_mode(found, path),
        found.get("ssl-ca"),
        found.get("ssl-cert"),
        found.get("ssl-key"),
    )


def _client_section(text: str, path: str) -> Dict[str, str]:
    """The options of the section. An option without a value has an empty one. !include lines are not followed."""
    section: Optional[str] = None
    found: Dict[str, str] = {}
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), 1):
        line = line.strip()
        if not line or line[0] in "#;!":
            continue
        if line[0] == "[":
            section = line[1:].partition("]")[0].strip()
        elif section is None:
            # The line may hold a password.
            raise Failure("config_file has an option outside of a section", "{0}, line {1}".format(path, number), "Put [client] before it.")
        elif section == "client":
            name, _is, value = (part.strip() for part in _without_comment(line).partition("="))
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            value = re.sub(r"\\([btnrs\\'\"])", lambda sign: _ESCAPES.get(sign.group(1), sign.group(1)), value[1:-1] if quoted else value)
            found[name.lower().replace("_", "-")] = value
    return found


def _without_comment(line: str) -> str:
    """The line up to the first # that is not in quotes."""
    quote, escaped = "", False
    for at, sign in enumerate(line):
        if sign == "#" and not quote:
            return line[:at]
        if sign in "'\"" and not escaped:
            quote = "" if sign == quote else quote or sign
        escaped = bool(quote) and sign == "\\" and not escaped
    return line


def _tls_mode(found: Dict[str, str], path: str) -> Optional[TlsMode]:
    """ssl-mode, or the older options with the same meaning."""
    if "ssl-mode" in found:
        try:
            return TlsMode(found["ssl-mode"].upper())
        except ValueError:
            modes = ", ".join(mode.value for mode in TlsMode)
            raise Failure("ssl-mode in config_file is {0!r}".format(found["ssl-mode"]), path, "The modes are {0}.".format(modes)) from None
    if _is_on(found, "ssl-verify-server-cert"):
        return TlsMode.VERIFY_IDENTITY
    if "skip-ssl" in found or "ssl" in found and not _is_on(found, "ssl"):
        return TlsMode.DISABLED
    if "ssl-ca" in found:
        return TlsMode.VERIFY_CA
    return TlsMode.REQUIRED if _is_on(found, "ssl") else None


def _is_on(found: Dict[str, str], name: str) -> bool:
    return name in found and found[name].lower() not in ("0", "off", "false")
