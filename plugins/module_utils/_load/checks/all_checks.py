# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that can be known to fail, found before the first byte is written, and said all at once."""

from typing import Callable, Dict, List, Optional, Set, Tuple

from ..._dump.classify import StatementKind
from ..._dump.plan import Definition, LoadPlan
from ..._failure import Failure
from ..._finding import Finding
from ..._identifiers import name_text
from ..._server.account import ServerState, accounts_of
from ..._server.connection import Connection
from ..._server.gtid_set import GtidSet
from ..._server.gtid_state import enable_obstacles, reset_obstacles, state_of, steps_to_on
from ..request import ImportRequest
from . import compatibility, messages
from .subject import CheckSubject, known_by

Check = Callable[[CheckSubject], List[Finding]]
# What mysqldump's own max_allowed_packet lets a row grow to.
_DUMPED_PACKET = 24 << 20


def check_complete(scene: CheckSubject) -> List[Finding]:
    """mysqldump's last line is there."""
    if not scene.request.require_complete or scene.known.plan is None:
        return []
    return [messages.CUT.found(file=file.name, size=file.size) for file in scene.known.plan.files if not file.completed]


def check_privileges(scene: CheckSubject) -> List[Finding]:
    """What these options and these objects need, and this account lacks."""
    request, server = scene.request, scene.server
    wanted: Set[str] = {"CREATE", "DROP", "ALTER", "INDEX", "INSERT", "SELECT"}
    for definition in scene.programs:
        wanted.add(
            {StatementKind.VIEW: "CREATE VIEW", StatementKind.TRIGGER: "TRIGGER", StatementKind.EVENT: "EVENT", StatementKind.ROUTINE: "CREATE ROUTINE"}.get(
                definition.kind, "CREATE"
            )
        )
    missing = sorted(privilege for privilege in wanted if not server.grants.has(privilege, request.target))
    found = []
    if missing:
        found.append(messages.PRIVILEGES.found(account=scene.account, privileges=", ".join(missing), database=request.target))
    if request.binlog == "off" and server.variables.get("log_bin") == "ON" and not server.may_choose_binlog:
        privilege = "SUPER" if server.version.number < 80000 else "SESSION_VARIABLES_ADMIN"
        found.append(messages.BINLOG_PRIVILEGE.found(account=scene.account, privilege=privilege))
    trusted = server.grants.has("SUPER") or server.variables.get("log_bin_trust_function_creators") == "ON"
    if scene.log_binary and server.variables.get("log_bin") == "ON" and not trusted:
        if any(definition.kind is StatementKind.TRIGGER or definition.what == "FUNCTION" for definition in scene.programs):
            found.append(messages.FUNCTION_CREATORS.found())
    return found


def check_packet(scene: CheckSubject) -> List[Finding]:
    """The server takes the largest statement; if that is not known, what mysqldump may have written."""
    plan, server = scene.known.plan, scene.server
    limit = int(server.variables.get("max_allowed_packet", "0"))
    if plan is not None:
        largest = plan.largest_packet if scene.request.lane != "insert" and _may_load_data(server) else plan.largest
        if limit and largest + 1024 > limit:
            wanted = min(1 << 30, (largest // (1 << 20) + 2) << 20)
            return [messages.PACKET.found(largest=largest, limit=limit, wanted=wanted)]
    if not scene.known.whole and limit < _DUMPED_PACKET:
        return [messages.PACKET_UNKNOWN.found(limit=limit)]
    return []


def _may_load_data(server: ServerState) -> bool:
    return server.variables.get("local_infile") == "ON" or server.may_set("SYSTEM_VARIABLES_ADMIN")


def check_lane(scene: CheckSubject) -> List[Finding]:
    """The fast way of rows is open where it is asked for."""
    if scene.request.lane == "insert" or _may_load_data(scene.server):
        return []
    return [(messages.LOCAL_INFILE if scene.request.lane == "load_data" else messages.LOCAL_INFILE_OFF).found()]


def check_gtid(scene: CheckSubject) -> List[Finding]:
    """The dump's GTID set can be treated as asked."""
    known, request = scene.known, scene.request
    if known.gtid_purged is None and not known.gtid_sure and request.gtid != "strip":
        return [messages.GTID_UNKNOWN.found(choice=request.gtid)]
    return gtid_findings(request, known.gtid_purged, scene.server, scene.connection, scene.log_binary)


def gtid_problems(request: ImportRequest, purged: Optional[str], server: ServerState, connection: Connection, log_binary: bool) -> List[str]:
    """Why the dump's GTID set cannot be treated as asked (errors 1840, 3546 and 1839, before they happen)."""
    return errors_in(gtid_findings(request, purged, server, connection, log_binary))


def gtid_findings(request: ImportRequest, purged: Optional[str], server: ServerState, connection: Connection, log_binary: bool) -> List[Finding]:
    """The same, as findings. ``enable`` means that GTIDs are switched on first, and then what ``apply`` means."""
    if request.gtid == "strip" or (purged is None and request.gtid != "enable"):
        return []
    version = server.version
    if request.gtid == "fail":
        return [messages.GTID_NAMED.found(set=purged)] if GtidSet.parse(purged or "") else []
    if version.number < 50600:
        return [messages.GTID_NONE.found(version=version.text)]
    found = []
    if not server.may_set("SYSTEM_VARIABLES_ADMIN"):
        found.append(messages.GTID_PRIVILEGE.found(privilege="SUPER" if version.number < 80000 else "SYSTEM_VARIABLES_ADMIN"))
    mode = server.variables.get("gtid_mode", "OFF")
    if request.gtid == "enable" and steps_to_on(mode):
        if version.number < 50706:
            found.append(messages.GTID_ENABLE.found(version=version.text, reason=""))
        elif server.variables.get("log_bin") != "ON" and version.number < 80000:
            found.append(messages.GTID_ENABLE.found(version=version.text, reason=" without the binary log"))
        else:
            found.extend(messages.GTID_TOPOLOGY.found(obstacle=obstacle) for obstacle in enable_obstacles(state_of(connection, version)))
    elif mode.upper() == "OFF" and version.number < 50700:
        found.append(messages.GTID_OFF.found())
    if purged is None:
        return found
    executed = GtidSet.parse(str(connection.value("SELECT @@GLOBAL.gtid_executed") or ""))
    wanted = GtidSet.parse(purged)
    if request.gtid in ("apply", "enable"):
        if log_binary and server.variables.get("log_bin") == "ON" and version.number < 80000 and not wanted.within(executed):
            found.append(messages.GTID_OWN.found(version=version.text))
        if version.number < 80000 and executed and not wanted.within(executed):
            found.append(messages.GTID_HISTORY.found(executed=executed, version=version.text))
    if request.gtid == "reset" and not wanted.within(executed):
        if log_binary and server.variables.get("log_bin") == "ON":
            found.append(messages.GTID_RESET_LOG.found())
        # All but the first show whether replicas depend on the history; without them that would only seem to be not so.
        missing = [privilege for privilege in ("RELOAD", "PROCESS", "REPLICATION SLAVE", "REPLICATION CLIENT") if not server.grants.has(privilege)]
        if missing:
            found.append(messages.GTID_RESET_PRIVILEGE.found(privileges=", ".join(missing)))
        else:
            found.extend(messages.GTID_RESET.found(obstacle=obstacle) for obstacle in reset_obstacles(state_of(connection, version)))
    return found


def check_events(scene: CheckSubject) -> List[Finding]:
    """Whether events run from the moment they are there."""
    if scene.request.choices.policy.events != "keep" or scene.known.plan is None or not scene.known.plan.events:
        return []
    state = scene.server.variables.get("event_scheduler", "OFF")
    if state.upper() == "ON":
        return [messages.EVENTS_RUN.found(count=len(scene.known.plan.events))]
    return [messages.EVENTS_SLEEP.found(state=state)]


def check_definers(scene: CheckSubject) -> List[Finding]:
    """The definers of the dump's programs can be kept, and are there."""
    return definer_findings(scene.programs, scene.server, scene.connection)


def definer_findings(programs: Tuple[Definition, ...], server: ServerState, connection: Connection) -> List[Finding]:
    """What definers make impossible, and what they only make useless until an account exists (error 1449)."""
    named: Dict[Tuple[str, str], List[Definition]] = {}
    for definition in programs:
        if definition.definer is not None:
            user, host = definition.definer
            named.setdefault((name_text(user), name_text(host)), []).append(definition)
    others = sorted(account for account in named if account != server.user)
    if not others:
        return []
    if not (server.may_set("SET_USER_ID") or server.may_set("SET_ANY_DEFINER")):
        return [
            messages.DEFINER_PRIVILEGE.found(account="{0}@{1}".format(*server.user), definers=", ".join("{0}@{1}".format(*account) for account in others[:5]))
        ]
    lost = _without_account(others, connection)
    if lost and server.version.number >= 80200 and not server.may_set("ALLOW_NONEXISTENT_DEFINER"):
        return [messages.DEFINER_UNKNOWN.found(definers=", ".join("{0}@{1}".format(*account) for account in lost))]
    return [
        messages.DEFINER_LOST.found(definer="{0}@{1}".format(*account), count=len({(made.what, made.name) for made in named[account]}))
        for account in lost or ()
    ]


def _without_account(accounts: List[Tuple[str, str]], connection: Connection) -> Optional[List[Tuple[str, str]]]:
    known = accounts_of(connection)
    return None if known is None else [account for account in accounts if "{0}@{1}".format(*account) not in known]


def check_read_only(scene: CheckSubject) -> List[Finding]:
    """The server takes writes of this account."""
    server = scene.server
    state = {name: server.variables.get(name, "OFF").upper() for name in ("super_read_only", "read_only", "transaction_read_only", "tx_read_only")}
    found = []
    passes = server.grants.has("SUPER") or (server.version.number >= 80000 and server.grants.has("CONNECTION_ADMIN"))
    if state["super_read_only"] == "ON" or (state["read_only"] == "ON" and not passes):
        setting = "super_read_only" if state["super_read_only"] == "ON" else "read_only"
        found.append(messages.READ_ONLY.found(account=scene.account, setting=setting))
    elif state["read_only"] == "ON":
        found.append(messages.READ_ONLY_PASSED.found(account=scene.account))
    found.extend(messages.TRANSACTION_READ_ONLY.found(setting=name) for name in ("transaction_read_only", "tx_read_only") if state[name] == "ON")
    return found[:1] if server.version.number < 80000 and len(found) > 1 and found[0].kind == "transaction_read_only" else found


CHECKS: Tuple[Tuple[str, Check], ...] = (
    ("complete", check_complete),
    ("privileges", check_privileges),
    ("definers", check_definers),
    ("read_only", check_read_only),
    ("gtid", check_gtid),
    ("engines", compatibility.check_engines),
    ("encryption", compatibility.check_encryption),
    ("charset", compatibility.check_charset),
    ("sql_mode", compatibility.check_sql_mode),
    ("words", compatibility.check_words),
    ("names", compatibility.check_names),
    ("packet", check_packet),
    ("local_infile", check_lane),
    ("events", check_events),
)
"""What an import looks at, too."""


def look_through(scene: CheckSubject) -> List[Finding]:
    """What the checks of an import say, all of them."""
    return [finding for _name, check in CHECKS for finding in check(scene)]


def problems_of(request: ImportRequest, plan: LoadPlan, server: ServerState, connection: Connection, log_binary: bool) -> List[str]:
    """Each thing that would stop this load, with its cure."""
    return errors_in(look_through(CheckSubject(request, known_by(plan), server, connection, log_binary)))


def lost_definers(plan: LoadPlan, server: ServerState, connection: Connection) -> Tuple[str, ...]:
    """Warnings about definers this server has no account for."""
    return tuple(finding.text for finding in definer_findings(plan.objects + plan.triggers + plan.events, server, connection) if not finding.is_error)


def refuse(problems: List[str], address: str, written: str = "Nothing was written.") -> None:
    """One Failure for all of them; ``written`` says what the server holds now."""
    if not problems:
        return
    if len(problems) == 1:
        raise Failure(problems[0], "server {0}".format(address), written, problems=problems)
    numbered = "; ".join("({0}) {1}".format(index + 1, problem.rstrip(".")) for index, problem in enumerate(problems))
    raise Failure("{0} things stand in the way: {1}".format(len(problems), numbered), "server {0}".format(address), written, problems=problems)


def errors_in(found: List[Finding]) -> List[str]:
    """The texts of those that stand in the way."""
    return [finding.text for finding in found if finding.is_error]


def substituted_engines(plan: LoadPlan, engines: Dict[str, str]) -> List[str]:
    """Tables the server made with another engine than the dump asks for, as it does without NO_ENGINE_SUBSTITUTION."""
    found = []
    for planned in plan.tables:
        name = name_text(planned.name)
        if planned.table is not None and name in engines and engines[name].upper() != planned.table.engine.upper():
            found.append("table {0} was made with engine {1}, the dump says {2}".format(name, engines[name], planned.table.engine))
    return found
