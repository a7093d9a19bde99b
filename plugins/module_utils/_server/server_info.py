# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kind of server this is: version, variables, and what the account may do there."""

import re
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Set, Tuple

from .connection import Connection, ServerError

_GRANT = re.compile(r"GRANT (.+?) ON (?:(?:TABLE|FUNCTION|PROCEDURE) )?(\*|`(?:[^`]|``)+`)\.(\*|`(?:[^`]|``)+`) TO ", re.S)
_ROLE = re.compile(r"GRANT (`[^`]+`@`[^`]+`(?:,`[^`]+`@`[^`]+`)*) TO ")


class Version(NamedTuple):
    """``number`` counts as version comments do: 80036 is 8.0.36."""

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
        """Major and minor version, which is what must match between a backup and its server."""
        return "{0}.{1}".format(self.number // 10000, self.number // 100 % 100)


class Grants(NamedTuple):
    """Privileges in upper case: global ones, and those on databases by pattern (``%`` and ``_`` as in LIKE)."""

    everywhere: FrozenSet[str]
    databases: Tuple[Tuple[str, FrozenSet[str]], ...]

    def has(self, privilege: str, database: Optional[str] = None) -> bool:
        """Whether the account has ``privilege``, globally or on all of ``database``."""
        if privilege in self.everywhere or "ALL PRIVILEGES" in self.everywhere:
            return True
        if database is None:
            return False
        return any(_like(pattern, database) and (privilege in held or "ALL PRIVILEGES" in held) for pattern, held in self.databases)


def version_of(connection: Connection) -> Version:
    """The server's version."""
    return Version.parse(str(connection.value("SELECT VERSION()")))


def variable(connection: Connection, name: str) -> Optional[str]:
    """A global variable, None where this server does not know it."""
    found = connection.rows("SHOW GLOBAL VARIABLES LIKE %s", (name.replace("_", "\\_"),))
    return str(found[0][1]) if found else None


def variables(connection: Connection) -> Dict[str, str]:
    """All global variables."""
    return {str(name): str(value) for name, value in connection.rows("SHOW GLOBAL VARIABLES")}


def grants_of(connection: Connection) -> Grants:
    """What the account may do, its active roles included."""
    lines = [str(row[0]) for row in connection.rows("SHOW GRANTS")]
    if any(_ROLE.match(line) for line in lines):
        try:
            active = str(connection.value("SELECT CURRENT_ROLE()"))
            if active and active != "NONE":
                lines.extend(str(row[0]) for row in connection.rows("SHOW GRANTS FOR CURRENT_USER() USING {0}".format(active)))
        except ServerError:
            pass
    return parse_grants(lines)


def parse_grants(lines: List[str]) -> Grants:
    """From the lines of SHOW GRANTS; privileges on single tables, columns or routines do not count."""
    everywhere: Set[str] = set()
    databases: List[Tuple[str, FrozenSet[str]]] = []
    for line in lines:
        found = _GRANT.match(line)
        if found is None or found.group(3) != "*":
            continue
        held = frozenset(privilege.strip().upper() for privilege in re.sub(r"\([^)]*\)", "", found.group(1)).split(","))
        held = held - {"USAGE"} if "ALL" not in held else held | {"ALL PRIVILEGES"}
        if found.group(2) == "*":
            everywhere.update(held)
        else:
            databases.append((found.group(2)[1:-1].replace("``", "`"), held))
    return Grants(frozenset(everywhere), tuple(databases))


def _like(pattern: str, name: str) -> bool:
    """GRANT's database patterns: LIKE with backslash escapes."""
    parts = re.findall(r"\\.|%|_|[^\\%_]+|\\", pattern)
    made = "".join(".*" if part == "%" else "." if part == "_" else re.escape(part[1:] if part[:1] == "\\" and len(part) > 1 else part) for part in parts)
    return re.match(made + r"\Z", name, re.S) is not None
