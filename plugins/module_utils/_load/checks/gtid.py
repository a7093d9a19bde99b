# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The effect of each choice of ``gtid`` with this dump on this server, and of the load on replication."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from ..._finding import Finding, FindingKind, refuse
from ..._gtid_set import GtidSet
from ..._server.account import ServerState
from ..._server.gtid_state import GtidState, enable_obstacles, reset_obstacles, state_of, steps_to_on
from ..._server.server_info import Version
from ..request import GtidPolicy
from . import messages
from .subject import CheckSubject

# All except RELOAD are needed to see whether replicas depend on the history.
_RESET_PRIVILEGES = ("RELOAD", "PROCESS", "REPLICATION SLAVE", "REPLICATION CLIENT")


class GtidQuestion(NamedTuple):
    """Whether ``choice`` is possible. ``wanted`` is the dump's set, None if it names none. ``logged``: the load is written to a binary log."""

    choice: GtidPolicy
    wanted: Optional[GtidSet]
    state: GtidState
    server: ServerState
    logged: bool

    @property
    def executed(self) -> GtidSet:
        """The server's history."""
        return GtidSet.parse(self.state.executed)

    @property
    def lacks(self) -> bool:
        """Whether a part of the dump's set is missing from the server's history."""
        return self.wanted is not None and not self.wanted.within(self.executed)

    @property
    def before_8(self) -> bool:
        """Whether the server is 5.6 or 5.7, which accept a set only while they have executed nothing."""
        return self.server.version.number < 80000

    @property
    def steps(self) -> Tuple[str, ...]:
        """The values of gtid_mode on the way to ON, if ``choice`` enables GTIDs."""
        return steps_to_on(self.state.mode or "OFF") if self.choice is GtidPolicy.ENABLE else ()

    @property
    def switchable(self) -> bool:
        """Whether the server can enable GTIDs while it runs: from 5.7.6 on, before 8.0 only with the binary log on."""
        return self.server.version.number >= 50706 and (self.server.binlog_on or not self.before_8)

    @property
    def missing_privileges(self) -> List[str]:
        """The privileges for RESET that the account lacks."""
        return [privilege for privilege in _RESET_PRIVILEGES if not self.server.grants.has(privilege)]


_APPLYING = (GtidPolicy.APPLY, GtidPolicy.ENABLE)
_CHANGING = (GtidPolicy.APPLY, GtidPolicy.ENABLE, GtidPolicy.RESET)
Obstacles = Callable[[GtidQuestion], Union[bool, Sequence[str]]]
# A row for each reason why a choice is impossible: the choices, the condition (or the list of obstacles), the message.
_REASONS: Tuple[Tuple[Tuple[GtidPolicy, ...], Obstacles, FindingKind], ...] = (
    ((GtidPolicy.FAIL,), lambda q: bool(q.wanted), messages.GTID_NAMED),
    (_CHANGING, lambda q: not q.server.may_set_global, messages.GTID_PRIVILEGE),
    ((GtidPolicy.ENABLE,), lambda q: bool(q.steps) and not q.switchable, messages.GTID_ENABLE),
    ((GtidPolicy.ENABLE,), lambda q: enable_obstacles(q.state) if q.steps and q.switchable else (), messages.GTID_TOPOLOGY),
    (_CHANGING, lambda q: not q.steps and (q.state.mode or "OFF").upper() == "OFF" and q.server.version.number < 50700, messages.GTID_OFF),
    (_APPLYING, lambda q: q.lacks and q.logged and q.before_8, messages.GTID_OWN),
    (_APPLYING, lambda q: q.lacks and bool(q.executed) and q.before_8, messages.GTID_HISTORY),
    ((GtidPolicy.RESET,), lambda q: q.lacks and q.logged, messages.GTID_RESET_LOG),
    ((GtidPolicy.RESET,), lambda q: q.lacks and bool(q.missing_privileges), messages.GTID_RESET_PRIVILEGE),
    ((GtidPolicy.RESET,), lambda q: reset_obstacles(q.state) if q.lacks and not q.missing_privileges else (), messages.GTID_RESET),
)


def gtid_findings(question: GtidQuestion) -> List[Finding]:
    """Why ``question.choice`` is impossible, before the server reports it (errors 1840, 3546 and 1839). Empty if it is possible."""
    choice, version = question.choice, question.server.version
    if choice is GtidPolicy.STRIP or (question.wanted is None and choice is not GtidPolicy.ENABLE):
        return []
    if choice is not GtidPolicy.FAIL and (version.number < 50600 or version.mariadb):
        return [messages.GTID_NONE.found(version=version.text)]
    words: Dict[str, Any] = {
        "version": version.text,
        "set": question.wanted,
        "executed": question.executed,
        "privilege": "SUPER" if question.before_8 else "SYSTEM_VARIABLES_ADMIN",
        "privileges": ", ".join(question.missing_privileges),
        "reason": " without the binary log" if version.number >= 50706 else "",
    }
    found: List[Finding] = []
    for choices, obstacles, kind in _REASONS:
        if choice in choices:
            applies = obstacles(question)
            found.extend(kind.found(obstacle=obstacle, **words) for obstacle in (("",) if applies is True else applies or ()))
    return found


def question_of(subject: CheckSubject, state: GtidState) -> GtidQuestion:
    """The question for the subject's request and a server in this state."""
    purged = subject.known.gtid_purged
    return GtidQuestion(subject.request.gtid, None if purged is None else GtidSet.parse(purged), state, subject.server, subject.logged)


def check_gtid(subject: CheckSubject) -> List[Finding]:
    """The dump's GTID set can be treated as requested."""
    known, choice = subject.known, subject.request.gtid
    if choice is GtidPolicy.STRIP:
        return []
    if known.gtid_purged is None and not known.gtid_sure:
        return [messages.GTID_UNKNOWN.found(choice=choice.value)]
    if known.gtid_purged is None and choice is not GtidPolicy.ENABLE:
        return []
    return gtid_findings(question_of(subject, state_of(subject.connection, subject.server.version)))


def refuse_gtid(subject: CheckSubject, written: str) -> None:
    """Raise a Failure if the dump's set cannot be treated as requested. ``written`` says whether anything was written."""
    refuse(check_gtid(subject), subject.request.login.address, written)


def replication_findings(subject: CheckSubject, known: Optional[GtidState] = None) -> List[Finding]:
    """The effects of this load on replication, which would otherwise be noticed much later. Queries the server's state unless it is ``known``."""
    if not subject.server.binlog_on:
        return []
    state = known or state_of(subject.connection, subject.server.version)
    found = []
    if state.replicas and not subject.log_binary:
        found.append(messages.NOT_REPLICATED.found(count=len(state.replicas)))
    question = question_of(subject, state)
    if state.replicas and question.choice in _APPLYING and question.lacks:
        found.append(messages.REPLICAS_LACK_SET.found(count=len(state.replicas)))
    if state.is_replica and subject.log_binary:
        found.append(messages.REPLICA_WRITTEN.found())
    return found


def guide(purged: Optional[str], files: int, version: Version, mode: str, executed: GtidSet) -> Optional[str]:
    """The error with which ``mysql target < schema.sql; mysql target < data.sql`` ends, None if it does not fail on the GTID set."""
    wanted = GtidSet.parse(purged or "")
    if purged is None or version.number < 50600:
        return None
    if version.mariadb:
        return "1193"
    if version.number < 80000:
        if mode.upper() == "OFF" and version.number < 50700:
            return "1839"
        # The first file creates the history that stops the second one.
        return "1840" if executed or (wanted and files > 1) else None
    return "3546" if wanted.intersect(executed) or (wanted and files > 1) else None


def outlook(subject: CheckSubject, state: GtidState, files: int) -> Dict[str, Any]:
    """For the result of the preflight: the GTID sets of dump and server, and the effect of each choice of ``gtid``."""
    known, question = subject.known, question_of(subject, state)
    return {
        "dump": known.gtid_purged,
        "dump_is_sure": known.gtid_sure,
        "executed": state.executed,
        "purged": state.purged,
        "mode": state.mode,
        "guide": guide(known.gtid_purged, files, subject.server.version, state.mode, question.executed),
        "choices": {choice.value: _choice(question._replace(choice=choice)) for choice in GtidPolicy},
    }


def _choice(question: GtidQuestion) -> Dict[str, Any]:
    problems = [finding.text for finding in gtid_findings(question)]
    return {"works": not problems, "effect": "; ".join(problems) if problems else _effect(question)}


def _effect(question: GtidQuestion) -> str:
    wanted, executed = question.wanted or GtidSet(), question.executed
    missing = wanted.subtract(executed)
    if question.choice is GtidPolicy.STRIP:
        return "the history stays unchanged; {0}".format("the dump's set is left out" if wanted else "the dump names no set")
    if question.choice is GtidPolicy.FAIL:
        return "the import continues: the dump names no set"
    adds = "adds {0} to gtid_purged".format(missing) if missing else "adds nothing: the history already contains the dump's set"
    if question.choice is GtidPolicy.RESET and missing and executed:
        return "deletes the history {0} and the binary logs, then sets gtid_purged to {1}".format(executed, wanted)
    return "sets gtid_mode to {0}, then {1}".format(", ".join(question.steps), adds) if question.steps else adds
