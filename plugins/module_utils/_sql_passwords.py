# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes passwords from texts that quote SQL: the start of a statement, and messages of a server."""

import re

HIDDEN = "***"

_RULES = (
    # The CONNECTION of a FEDERATED table. The text may end within the password.
    (re.compile(r"(\b\w+://)[^\s'\"/@:]*:[^\s'\"]*"), r"\1" + HIDDEN),
    # CREATE USER, GRANT, SET PASSWORD, CREATE SERVER, CHANGE MASTER TO: everything from the first literal after the keyword on, because a password may
    # contain quotes. A name in quotes ("Unknown column 'password'") is not a keyword.
    (re.compile(r"(\w*password(?:\s|[=(])[^'\"]*?|\bidentified\s[^'\"]*?)(?:['\"]|\b0x).*", re.IGNORECASE | re.DOTALL), r"\1" + HIDDEN),
)


def without_passwords(text: str) -> str:
    """``text`` with what may be a password replaced by ``***``. It would rather hide too much than too little."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
