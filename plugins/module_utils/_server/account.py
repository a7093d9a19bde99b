# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the account of a connection may do on its server, and which accounts the server has."""

import re
import time
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Set, Tuple

from .._identifiers import name_text, unquoted
from .connection import LOST, Connection, ServerError
from .server_info import Version, variables, version_of

_GRANT = re.compile(r"GRANT (.+?) ON (?:(?:TABLE|FUNCTION|PROCEDURE) )?(\*|`(?:[^`]|``)+`)\.(\*|`(?:[^`]|``)+`) TO ", re.S)
_ROLE = re.compile(r"GRANT (`[^`]+`@`[^`]+`(?:,`[^`]+`@`[^`]+`)*) TO ")
# Errors for a refused SELECT on mysql.user: for a database, a table or a column.
_DENIED = frozenset((1044, 1142, 1143))
_SECONDS_TO_TRUST = 5


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

    def hidden_kinds(self, database: str) -> Tuple[str, ...]:
        """The kinds of objects in ``database`` that information_schema does not show completely to the account. It shows views as it shows tables."""
        routines = any(self.has(privilege, database) for privilege in ("EXECUTE", "ALTER ROUTINE", "CREATE ROUTINE"))
        shown = {
            "routines": routines or self.has("SELECT") or self.has("SHOW_ROUTINE"),
            "triggers": self.has("TRIGGER", database),
            "events": self.has("EVENT", database),
        }
        return tuple(kind for kind in shown if not shown[kind])


class Collation(NamedTuple):
    """``is_default``: the default of its character set, unless default_collation_for_utf8mb4 names another."""

    name: str
    charset: str
    is_default: bool


class ServerState(NamedTuple):
    """The state of the server and of this connection's account at the time of the query. ``user`` is user name and host."""

    version: Version
    variables: Dict[str, str]
    grants: Grants
    engines: Dict[str, str]
    user: Tuple[str, str]
    collations: Tuple[Collation, ...]

    @property
    def account(self) -> str:
        """The account as ``user@host``."""
        return "{0}@{1}".format(*self.user)

    @property
    def binlog_on(self) -> bool:
        """Whether the server writes a binary log."""
        return self.variables.get("log_bin") == "ON"

    @property
    def creates_functions(self) -> bool:
        """Whether the account may create functions and triggers while the binary log is on; before 8.0, whether it may drop triggers."""
        return self.grants.has("SUPER") or self.variables.get("log_bin_trust_function_creators") == "ON"

    @property
    def is_system_user(self) -> bool:
        """Whether the account may create and drop objects whose definer has SYSTEM_USER, perhaps through a role: since 8.0.16, this needs SYSTEM_USER
        (MySQL manual, "Account Categories")."""
        return self.version.number < 80016 or self.grants.has("SYSTEM_USER")

    def may_set(self, privilege: str) -> bool:
        """Whether the account has SUPER, or the privilege that replaces it since 8.0."""
        return self.grants.has("SUPER") or (self.version.number >= 80000 and self.grants.has(privilege))

    @property
    def may_choose_binlog(self) -> bool:
        """Whether the account may SET sql_log_bin."""
        return self.may_set("SYSTEM_VARIABLES_ADMIN") or self.may_set("SESSION_VARIABLES_ADMIN")

    @property
    def may_set_global(self) -> bool:
        """Whether the account may SET GLOBAL variables."""
        return self.may_set("SYSTEM_VARIABLES_ADMIN")


def server_state(connection: Connection) -> ServerState:
    """Query the server."""
    user, _at, host = str(connection.value("SELECT CURRENT_USER()")).rpartition("@")
    engines = {str(row[0]).upper(): str(row[1]).upper() for row in connection.rows("SHOW ENGINES")}
    named = connection.rows("SELECT COLLATION_NAME, CHARACTER_SET_NAME, IS_DEFAULT FROM information_schema.COLLATIONS")
    collations = tuple(Collation(str(name), str(charset), is_default=is_default == "Yes") for name, charset, is_default in named)
    return ServerState(version_of(connection), variables(connection), grants_of(connection), engines, (user, host), collations)


class RecentServerState:
    """Like :func:`server_state`, with answers cached for some seconds, for many small databases in a row. Not for several threads or servers."""

    def __init__(self) -> None:
        self._state: Optional[ServerState] = None
        self._asked = 0.0

    def __call__(self, connection: Connection) -> ServerState:
        if self._state is None or time.monotonic() - self._asked > _SECONDS_TO_TRUST:
            self._asked, self._state = time.monotonic(), server_state(connection)
        return self._state


def accounts_of(connection: Connection) -> Optional[FrozenSet[str]]:
    """All accounts as ``user@host``, None if this account cannot read mysql.user."""
    try:
        return frozenset("{0}@{1}".format(user, host) for user, host in connection.rows("SELECT User, Host FROM mysql.user"))
    except ServerError as error:
        if error.code not in _DENIED:
            raise
        return None


def grants_of(connection: Connection) -> Grants:
    """The privileges of the account, including those of its active roles."""
    lines = [str(row[0]) for row in connection.rows("SHOW GRANTS")]
    if any(_ROLE.match(line) for line in lines):
        try:
            active = str(connection.value("SELECT CURRENT_ROLE()"))
            if active and active != "NONE":
                lines.extend(str(row[0]) for row in connection.rows("SHOW GRANTS FOR CURRENT_USER() USING {0}".format(active)))
        except ServerError as error:
            if error.code in LOST:
                raise
    return parse_grants(lines)


def parse_grants(lines: List[str]) -> Grants:
    """Parse the lines of SHOW GRANTS; privileges on individual tables, columns or routines are ignored."""
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
            databases.append((name_text(unquoted(found.group(2).encode("utf-8"))), held))
    return Grants(frozenset(everywhere), tuple(databases))


def _like(pattern: str, name: str) -> bool:
    """Match a database pattern of GRANT: LIKE with backslash escapes."""
    parts = re.findall(r"\\.|%|_|[^\\%_]+|\\", pattern)
    made = "".join(".*" if part == "%" else "." if part == "_" else re.escape(part[1:] if part[:1] == "\\" and len(part) > 1 else part) for part in parts)
    return re.match(made + r"\Z", name, re.S) is not None
