# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that can be known to fail, found before the first byte is written, and said all at once."""

from typing import Dict, FrozenSet, List, NamedTuple, Optional, Set, Tuple

from .._dump.classify import Kind
from .._dump.plan import Definition, Plan
from .._failure import Failure
from .._server.connection import Connection, ServerError
from .._server.gtid_set import GtidSet
from .._server.gtid_state import reset_obstacles, state_of
from .._server.server import Grants, Version, grants_of, variables, version_of
from .request import Request


class Server(NamedTuple):
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


class Existing(NamedTuple):
    """What the target database holds already: names by kind, all empty where there is no database."""

    exists: bool
    tables: Dict[str, str]
    views: Tuple[str, ...]
    routines: Tuple[str, ...]
    events: Tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Nothing a load could collide with."""
        return not (self.tables or self.views or self.routines or self.events)


def look_at(connection: Connection) -> Server:
    """Ask the server all that the checks need."""
    user, _at, host = str(connection.value("SELECT CURRENT_USER()")).rpartition("@")
    engines = {str(row[0]).upper(): str(row[1]).upper() for row in connection.rows("SHOW ENGINES")}
    return Server(version_of(connection), variables(connection), grants_of(connection), engines, (user, host))


def existing_in(connection: Connection, database: str, ignore: FrozenSet[str]) -> Existing:
    """What is in ``database``; tables named in ``ignore`` (a ledger's own) do not count."""
    if not connection.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (database,)):
        return Existing(False, {}, (), (), ())
    tables: Dict[str, str] = {}
    views: List[str] = []
    for name, kind, engine in connection.rows("SELECT TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s", (database,)):
        if kind == "VIEW":
            views.append(str(name))
        elif name not in ignore:
            tables[str(name)] = str(engine)
    routines = connection.rows("SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s", (database,))
    events = connection.rows("SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s", (database,))
    return Existing(True, tables, tuple(views), tuple("{0} {1}".format(*row) for row in routines), tuple(str(row[0]) for row in events))


def character_set_of(connection: Connection, database: str) -> Tuple[str, str]:
    """The character set and collation tables of ``database`` have when they name none."""
    query = "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
    charset, collation = connection.rows(query, (database,))[0]
    return str(charset), str(collation)


def problems_of(request: Request, plan: Plan, server: Server, connection: Connection, log_binary: bool) -> List[str]:
    """Each thing that would stop this load, with its cure."""
    found: List[str] = []
    found.extend(_incomplete(request, plan))
    found.extend(_privileges(request, plan, server, log_binary))
    found.extend(_engines(request, plan, server))
    found.extend(_packet(request, plan, server))
    found.extend(_lane(request, server))
    found.extend(gtid_problems(request, plan.gtid_purged, server, connection, log_binary))
    found.extend(_definers(plan, server, connection)[0])
    return found


def refuse(problems: List[str], address: str, written: str = "Nothing was written.") -> None:
    """One Failure for all of them; ``written`` says what the server holds now."""
    if not problems:
        return
    if len(problems) == 1:
        raise Failure(problems[0], "server {0}".format(address), written, problems=problems)
    numbered = "; ".join("({0}) {1}".format(index + 1, problem.rstrip(".")) for index, problem in enumerate(problems))
    raise Failure("{0} things stand in the way: {1}".format(len(problems), numbered), "server {0}".format(address), written, problems=problems)


def _incomplete(request: Request, plan: Plan) -> List[str]:
    if not request.require_complete:
        return []
    return [
        "{0} does not end with \"-- Dump completed\", so it is probably cut after byte {1}: get the backup again,"
        " or set require_complete: false if it was made with --skip-comments".format(file.name, file.size)
        for file in plan.files
        if not file.completed
    ]


def _privileges(request: Request, plan: Plan, server: Server, log_binary: bool) -> List[str]:
    wanted: Set[str] = {"CREATE", "DROP", "ALTER", "INDEX", "INSERT", "SELECT"}
    for definition in plan.objects + plan.triggers + plan.events:
        wanted.add(
            {Kind.VIEW: "CREATE VIEW", Kind.TRIGGER: "TRIGGER", Kind.EVENT: "EVENT", Kind.ROUTINE: "CREATE ROUTINE"}.get(definition.kind, "CREATE")
        )
    missing = sorted(privilege for privilege in wanted if not server.grants.has(privilege, request.target))
    found = []
    account = "{0}@{1}".format(*server.user)
    if missing:
        found.append("the account {0} lacks {1} on {2}: GRANT ALL ON `{2}`.* TO {0}".format(account, ", ".join(missing), request.target))
    if request.binlog == "off" and server.variables.get("log_bin") == "ON" and not server.may_choose_binlog:
        privilege = "SUPER" if server.version.number < 80000 else "SESSION_VARIABLES_ADMIN"
        found.append("the account {0} may not turn the binary log off for its session: grant {1}, or choose binlog: on".format(account, privilege))
    trusted = server.grants.has("SUPER") or server.variables.get("log_bin_trust_function_creators") == "ON"
    if log_binary and server.variables.get("log_bin") == "ON" and not trusted:
        if plan.triggers or any(definition.what == "FUNCTION" for definition in plan.objects):
            found.append(
                "with the binary log on, the server lets only SUPER create functions and triggers (error 1419):"
                " SET GLOBAL log_bin_trust_function_creators = 1, or load with binlog: off"
            )
    return found


def _engines(request: Request, plan: Plan, server: Server) -> List[str]:
    missing: Dict[str, List[str]] = {}
    for planned in plan.tables:
        if planned.table is not None and server.engines.get(planned.table.engine.upper(), "NO") not in ("YES", "DEFAULT"):
            missing.setdefault(planned.table.engine, []).append(planned.name.decode("utf-8", "replace"))
    return [
        "the server has no engine {0}, which {1} table(s) want ({2}): map it, as in engines: {{{0}: InnoDB}}".format(engine, len(names), ", ".join(names[:5]))
        for engine, names in sorted(missing.items())
    ]


def _packet(request: Request, plan: Plan, server: Server) -> List[str]:
    limit = int(server.variables.get("max_allowed_packet", "0"))
    largest = plan.largest_packet if request.lane != "insert" and _may_load_data(server) else plan.largest
    if limit and largest + 1024 > limit:
        return [
            "the dump's largest statement has {0} bytes and the server takes {1}: SET GLOBAL max_allowed_packet = {2}".format(
                largest, limit, min(1 << 30, (largest // (1 << 20) + 2) << 20)
            )
        ]
    return []


def _may_load_data(server: Server) -> bool:
    return server.variables.get("local_infile") == "ON" or server.may_set("SYSTEM_VARIABLES_ADMIN")


def _lane(request: Request, server: Server) -> List[str]:
    if request.lane == "load_data" and not _may_load_data(server):
        return ["lane: load_data needs local_infile, which is off and which this account may not switch on: SET GLOBAL local_infile = 1, or lane: auto"]
    return []


def gtid_problems(request: Request, purged: Optional[str], server: Server, connection: Connection, log_binary: bool) -> List[str]:
    """Why the dump's GTID set cannot be treated as asked (errors 1840, 3546 and 1839, before they happen)."""
    if purged is None or request.gtid == "strip":
        return []
    if request.gtid == "fail":
        if GtidSet.parse(purged):
            return ["the dump sets GTID_PURGED to {0} and gtid is fail: choose strip, apply or reset".format(purged)]
        return []
    if server.version.number < 50600:
        return ["MySQL {0} has no GTIDs: choose gtid: strip".format(server.version.text)]
    found = []
    if not server.may_set("SYSTEM_VARIABLES_ADMIN"):
        found.append("setting GTID_PURGED needs {0}".format("SUPER" if server.version.number < 80000 else "SYSTEM_VARIABLES_ADMIN"))
    if server.variables.get("gtid_mode", "OFF").upper() == "OFF" and server.version.number < 50700:
        found.append("gtid_mode is OFF (the guide's procedure ends in error 1839): start the server with gtid_mode=ON, or choose gtid: strip")
    executed = GtidSet.parse(str(connection.value("SELECT @@GLOBAL.gtid_executed") or ""))
    wanted = GtidSet.parse(purged)
    if request.gtid == "apply":
        if log_binary and server.variables.get("log_bin") == "ON" and server.version.number < 80000 and not wanted.within(executed):
            text = "with binlog: on the load itself gives the server GTIDs, after which {0} takes no GTID_PURGED: choose binlog: off"
            found.append(text.format(server.version.text))
        if server.version.number < 80000 and executed and not wanted.within(executed):
            found.append(
                "the server has executed {0} and {1} takes a GTID_PURGED only when it has executed nothing (error 1840):"
                " choose gtid: strip to keep its history, or gtid: reset to give it up".format(executed, server.version.text)
            )
    if request.gtid == "reset" and not wanted.within(executed):
        # All but the first show whether replicas depend on the history; without them that would only seem to be not so.
        missing = [privilege for privilege in ("RELOAD", "PROCESS", "REPLICATION SLAVE", "REPLICATION CLIENT") if not server.grants.has(privilege)]
        if missing:
            found.append("gtid: reset needs the privilege(s) {0}".format(", ".join(missing)))
        else:
            found.extend("{0}: choose gtid: strip".format(obstacle) for obstacle in reset_obstacles(state_of(connection, server.version)))
    return found


def lost_definers(plan: Plan, server: Server, connection: Connection) -> Tuple[str, ...]:
    """Warnings about definers this server has no account for."""
    return tuple(_definers(plan, server, connection)[1])


def _definers(plan: Plan, server: Server, connection: Connection) -> Tuple[List[str], List[str]]:
    """What definers make impossible, and what they only make useless until an account exists (error 1449)."""
    named: Dict[Tuple[str, str], List[Definition]] = {}
    for definition in plan.objects + plan.triggers + plan.events:
        if definition.definer is not None:
            user, host = definition.definer
            named.setdefault((user.decode("utf-8", "replace"), host.decode("utf-8", "replace")), []).append(definition)
    others = sorted(account for account in named if account != server.user)
    if not others:
        return [], []
    shown = ", ".join("{0}@{1}".format(*account) for account in others[:5])
    if not (server.may_set("SET_USER_ID") or server.may_set("SET_ANY_DEFINER")):
        return ["the account {0}@{1} may not create objects of other definers ({2}): choose definer: current".format(*(server.user + (shown,)))], []
    lost = _without_account(others, connection)
    if lost is None:
        return [], []
    if lost and server.version.number >= 80200 and not server.may_set("ALLOW_NONEXISTENT_DEFINER"):
        return ["the server has no account {0}, which objects name as definer: create it, or choose definer: current".format(", ".join(lost))], []
    text = "no account {0} on this server: {1} object(s) it defines fail when used (error 1449)"
    return [], [text.format(name, count) for name, count in _counted(lost, named)]


def _counted(lost: List[str], named: Dict[Tuple[str, str], List[Definition]]) -> List[Tuple[str, int]]:
    counts = {"{0}@{1}".format(*account): len({definition.name for definition in made}) for account, made in named.items()}
    return [(name, counts.get(name, 0)) for name in lost]


def _without_account(accounts: List[Tuple[str, str]], connection: Connection) -> Optional[List[str]]:
    try:
        known = {(str(user), str(host)) for user, host in connection.rows("SELECT User, Host FROM mysql.user")}
    except ServerError:
        return None
    return ["{0}@{1}".format(*account) for account in accounts if account not in known]


def substituted_engines(plan: Plan, engines: Dict[str, str]) -> List[str]:
    """Tables the server made with another engine than the dump asks for, as it does without NO_ENGINE_SUBSTITUTION."""
    found = []
    for planned in plan.tables:
        name = planned.name.decode("utf-8", "replace")
        if planned.table is not None and name in engines and engines[name].upper() != planned.table.engine.upper():
            found.append("table {0} was made with engine {1}, the dump says {2}".format(name, engines[name], planned.table.engine))
    return found
