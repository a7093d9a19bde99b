# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version and the global variables of a server."""

import re
from typing import Collection, Dict, NamedTuple, Optional

from .connection import Connection


class Version(NamedTuple):
    """``number`` is written as in version comments: 80036 is 8.0.36."""

    text: str
    number: int
    mariadb: bool

    @classmethod
    def parse(cls, text: str) -> "Version":
        """From VERSION(), for example ``5.7.29-log``."""
        found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
        number = int(found.group(1)) * 10000 + int(found.group(2)) * 100 + int(found.group(3) or 0) if found else 0
        return cls(text, number, "mariadb" in text.lower())

    @property
    def series(self) -> str:
        """Major and minor version. A backup should be restored into a server of the same series."""
        return "{0}.{1}".format(self.number // 10000, self.number // 100 % 100)


def version_of(connection: Connection) -> Version:
    """The server's version."""
    return Version.parse(str(connection.value("SELECT VERSION()")))


def variable(connection: Connection, name: str) -> Optional[str]:
    """The value of a global variable, None if this server does not have it."""
    found = connection.rows("SHOW GLOBAL VARIABLES LIKE %s", (name.replace("_", "\\_"),))
    return str(found[0][1]) if found else None


def variables(connection: Connection, names: Optional[Collection[str]] = None) -> Dict[str, str]:
    """The global variables with these names that the server has; without ``names`` all of them."""
    only = " WHERE Variable_name IN ({0})".format(", ".join("'{0}'".format(name) for name in sorted(names))) if names else ""
    return {str(name): str(value) for name, value in connection.rows("SHOW GLOBAL VARIABLES" + only)}
