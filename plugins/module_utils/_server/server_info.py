# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version and the global variables of a server."""

import re
from typing import Collection, Dict, NamedTuple, Optional, Tuple

from .._mariadb import COUNTS_AS
from .connection import Connection


class Version(NamedTuple):
    """``number`` is as in version comments: 80036 is 8.0.36. MariaDB gets its MySQL equivalent. ``release`` is the version that the server reports."""

    text: str
    number: int
    mariadb: bool
    release: Tuple[int, int, int]

    @classmethod
    def parse(cls, text: str) -> "Version":
        """Parse VERSION(), for example ``5.7.29-log``, or the version in a dump, where MariaDB may call itself ``5.5.5-10.11.6-MariaDB``."""
        found = re.match(r"(?:5\.5\.5-(?=\d+\.))?(\d+)\.(\d+)(?:\.(\d+))?", text)
        release = (int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)) if found else (0, 0, 0)
        mariadb = "mariadb" in text.lower()
        return cls(text, COUNTS_AS if mariadb else release[0] * 10000 + release[1] * 100 + release[2], mariadb, release)

    @property
    def series(self) -> str:
        """Major and minor version. A backup should be restored into a server of the same series."""
        return "{0}.{1}".format(*self.release)


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
