# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check before a load looks at: the request, what is known of the dump, and the server as it is."""

from typing import Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ..._dump.plan import Choices, Definition, LoadPlan
from ..._server.connection import Connection
from ..._server.server_info import Grants, Version, grants_of, variables, version_of
from ..request import ImportRequest


class ServerState(NamedTuple):
    """What is known of the server before a load."""

    version: Version
    variables: Dict[str, str]
    grants: Grants
    engines: Dict[str, str]
    user: Tuple[str, str]

    def may_set(self, privilege: str) -> bool:
        """Whether the account has SUPER or the privilege that took its place in 8.0."""
        return self.grants.has("SUPER") or (self.version.number >= 80000 and self.grants.has(privilege))

    @property
    def may_choose_binlog(self) -> bool:
        """Whether the account may SET sql_log_bin."""
        return self.may_set("SYSTEM_VARIABLES_ADMIN") or self.may_set("SESSION_VARIABLES_ADMIN")


class ExistingNames(NamedTuple):
    """What the target database holds already: names by kind, all empty where there is no database. ``passing`` are
    events that end, in lower case."""

    exists: bool
    tables: Dict[str, str]
    views: Tuple[str, ...]
    routines: Tuple[str, ...]
    events: Tuple[str, ...]
    triggers: Tuple[str, ...] = ()
    passing: FrozenSet[str] = frozenset()

    @property
    def empty(self) -> bool:
        """Nothing a load could collide with."""
        return not (self.tables or self.views or self.routines or self.events)

    @property
    def objects(self) -> FrozenSet[Tuple[str, str]]:
        """Word after CREATE and name, in lower case, of all that is no table."""
        named = [("VIEW", name) for name in self.views] + [("TRIGGER", name) for name in self.triggers] + [("EVENT", name) for name in self.events]
        named.extend((words[0], words[2]) for words in (routine.partition(" ") for routine in self.routines))
        return frozenset((what, name.lower()) for what, name in named)

    @property
    def lasting(self) -> FrozenSet[Tuple[str, str]]:
        """Those of them that the server does not remove by itself, as it does an event after its last time."""
        return frozenset(made for made in self.objects if made[0] != "EVENT" or made[1] not in self.passing)


def server_state(connection: Connection) -> ServerState:
    """Ask the server all that the checks need."""
    user, _at, host = str(connection.value("SELECT CURRENT_USER()")).rpartition("@")
    engines = {str(row[0]).upper(): str(row[1]).upper() for row in connection.rows("SHOW ENGINES")}
    return ServerState(version_of(connection), variables(connection), grants_of(connection), engines, (user, host))


def existing_in(connection: Connection, database: str, ignore: FrozenSet[str]) -> ExistingNames:
    """What is in ``database``; tables named in ``ignore`` (a ledger's own) do not count."""
    if not connection.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (database,)):
        return ExistingNames(False, {}, (), (), ())
    tables: Dict[str, str] = {}
    views: List[str] = []
    for name, kind, engine in connection.rows("SELECT TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s", (database,)):
        if kind == "VIEW":
            views.append(str(name))
        elif name not in ignore:
            tables[str(name)] = str(engine)
    routines = connection.rows("SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s", (database,))
    events = connection.rows("SELECT EVENT_NAME, EXECUTE_AT, ENDS, ON_COMPLETION FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s", (database,))
    triggers = connection.rows("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s", (database,))
    return ExistingNames(
        True,
        tables,
        tuple(views),
        tuple("{0} {1}".format(*row) for row in routines),
        tuple(str(row[0]) for row in events),
        tuple(str(row[0]) for row in triggers),
        frozenset(str(name).lower() for name, once, ends, completion in events if (once or ends) and completion != "PRESERVE"),
    )


def character_set_of(connection: Connection, database: str) -> Tuple[str, str]:
    """The character set and collation tables of ``database`` have when they name none."""
    query = "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
    charset, collation = connection.rows(query, (database,))[0]
    return str(charset), str(collation)


class KnownDump(NamedTuple):
    """What is known of a dump. ``plan`` is of the files that were read to their end, None where none was; with ``whole`` these are all.

    ``gtid_purged`` is the set the dump names, None if it names none, and only what was seen so far unless ``gtid_sure``.
    ``origin`` is the server it was made on, None where it does not say.
    """

    plan: Optional[LoadPlan]
    whole: bool
    gtid_purged: Optional[str]
    gtid_sure: bool
    origin: Optional[Version]


class CheckSubject(NamedTuple):
    """All that a check looks at. ``log_binary``: the load is written to the binary log, where there is one."""

    request: ImportRequest
    known: KnownDump
    server: ServerState
    connection: Connection
    log_binary: bool

    @property
    def account(self) -> str:
        """The account of the load."""
        return "{0}@{1}".format(*self.server.user)

    @property
    def programs(self) -> Tuple[Definition, ...]:
        """Views, routines, triggers and events of the dump, as far as it was read."""
        plan = self.known.plan
        return plan.objects + plan.triggers + plan.events if plan is not None else ()


def known_by(plan: LoadPlan) -> KnownDump:
    """A dump that was read to its end."""
    versions = [Version.parse(file.server_version) for file in plan.files if file.server_version]
    return KnownDump(plan, True, plan.gtid_purged, True, versions[0] if versions else None)


def choices_for(request: ImportRequest, server: ServerState) -> Choices:
    """The request's choices, for this server."""
    return request.choices._replace(server_version=server.version.number, lower_case=server.variables.get("lower_case_table_names") == "1")


def log_binary_of(request: ImportRequest, server: ServerState) -> bool:
    """Whether the load is written to the binary log: unless it is to be and may be kept out."""
    return request.binlog == "on" or not server.may_choose_binlog
