# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_roll_forward: roll restored databases forward to a point in time with MySQL's own replication."""

import hashlib
import os
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from .._binlog.transactions import StatementEvent
from .._failure import Failure
from .._finding import numbered
from .._follow.roll import HandStatement, Restart, Roller, add_to_purged
from .._follow.segments import ExecMode, TargetHistory, history_of
from .._gtid_set import GtidSet
from .._load.resume import origin_of
from .._load.signals import signals_as_exceptions
from .._sandbox.software_source import SoftwareRequest
from .._server.account import grants_of
from .._server.connection import Connection, Login, connect
from .._server.gtid_state import executed
from .._server.server_info import Version, variable, version_of
from ._binlog_window import files_in
from ._dump_sets import DumpSets, combined
from ._follow_job import follow_job
from ._login_options import login_of
from ._mended_rows import MendedRows
from ._private_source import remove_leftovers, serving
from ._roll_checks import of_account, target_problems, target_warnings, warnings_of_events
from ._roll_leftovers import put_back
from ._roll_plan import RollPlan, RollRequest, SizesOfTransactions, plan_of
from ._roll_targets import COMPLETE, RUNNING, STARTING, UNFINISHED, RollTarget, databases_of, dumps_of, lock_targets, note, refuse_followed, target_of
from ._run import JobContext
from ._statement_effects import Effect, StatementDecision
from ._stop_point import StopPoint, stop_point

# The default collation of utf8mb4 before 8.0, as an id of the server.
_UTF8MB4_GENERAL_CI = 45
Settings = Tuple[Tuple[str, int], ...]
_AGAIN = "Drop the database, import the backup again, empty the GTID history (mysql_gtid, state: empty), and roll it forward"


def job(call: JobContext) -> Dict[str, Any]:
    """Roll the databases forward, or show the plan in check mode.

    :raises Failure: the stop point was not reached; the next run continues after the applied transactions.
    """
    if call.params["state"] != "rolled":
        return follow_job(call)
    databases = databases_of(call.params)
    stop = stop_point(call.params)
    login = login_of(call.params)
    control = connect(login)
    try:
        control.run("SET SESSION sql_mode = ''")
        call.progress.about(", ".join(sorted(databases.values())))
        with signals_as_exceptions():
            return _RollForward(call, login, control, databases).run(stop)
    finally:
        control.close()


class _RollForward:
    """One call of the module."""

    def __init__(self, call: JobContext, login: Login, control: Connection, databases: Dict[str, str]) -> None:
        self._call = call
        self._login = login
        self._control = control
        self._databases = databases
        self._version = version_of(control)
        self._roller = Roller(login, control, self._version, self._progress)
        self._targets: List[RollTarget] = []
        self._sets = DumpSets(GtidSet(), GtidSet())
        self._sizes = SizesOfTransactions()

    def run(self, stop: StopPoint) -> Dict[str, Any]:
        """Plan, check, and apply."""
        lock_targets(self._control, self._databases.values())
        ledger = self._call.params["ledger_database"]
        self._targets = [target_of(self._control, source, name, ledger) for source, name in sorted(self._databases.items())]
        refuse_followed(self._targets, self._login.address)
        dumps = dumps_of(self._targets, self._call.params["gtid_set"], self._login.address)
        self._sets = combined(list(dumps.values()))
        request = RollRequest(self._databases, self._sets, stop, float(self._call.params["overlap"]), executed(self._control), dumps)
        plan = plan_of(request, files_in(self._call.params["binlogs"]), self._call.progress)
        history = history_of(executed(self._control), request.sets.common, plan.gtids, self._ours())
        if not history.pending.intersect(self._sets.any):
            plan = plan._replace(overlap_tables=set())
        self._refuse(plan, history)
        result = dict(plan.result, changed=bool(history.pending.subtract(history.blocked)) or self._unfinished(), rows_mended=None, resumed=False)
        result["reached"] = _reached(self._call.params, plan)
        for warning in plan.warnings[:20] + self._warnings(plan, history):
            self._call.warn(warning)
        if self._call.check_mode or not result["changed"]:
            return result
        return dict(result, **self._roll(plan, history))

    def _progress(self, applied: int) -> None:
        self._call.progress.transactions(applied, self._sizes.count)
        self._call.progress.at(self._sizes.first(applied), self._sizes.total)

    def _ours(self) -> Optional[GtidSet]:
        """The transactions that earlier runs for the same databases planned to apply; None without such a run."""
        noted = [target.roll for target in self._targets]
        if any(roll is None or roll.get("databases") != self._databases for roll in noted):
            return None
        return GtidSet.parse(str((noted[0] or {}).get("gtids", "")))

    def _has_history(self, ours: GtidSet) -> bool:
        """Whether the server still has the GTIDs of earlier runs."""
        states = {(target.roll or {}).get("state") for target in self._targets}
        if STARTING in states:
            return True
        given = self._sets.common.subtract(ours)
        return given.union(ours if states == {COMPLETE} else GtidSet()).within(executed(self._control))

    def _unfinished(self) -> bool:
        return any(target.roll is not None and target.roll.get("state") in UNFINISHED for target in self._targets)

    def _refuse(self, plan: RollPlan, history: TargetHistory) -> None:
        """Raise a Failure that lists all problems, if there are any."""
        ours = self._ours()
        problems = list(plan.problems) + list(_other_names(self._targets, plan.unseen))
        problems += _left_of_overlap(self._targets, self._databases, self._sets.any, executed(self._control), history.purge)
        # Those in a dump were the overlap of an earlier run, which may have been larger.
        beyond = executed(self._control).intersect(ours.subtract(plan.gtids)).subtract(self._sets.any) if ours is not None else GtidSet()
        if beyond:
            text = "{0} transaction(s) after the stop point were applied by an earlier run: {1}. A database cannot be rolled back. {2}"
            problems.append(text.format(beyond.transactions, beyond, _AGAIN))
        if ours is not None and not self._has_history(ours):
            problems.append(
                "The GTID history of the server has been emptied since an earlier roll-forward, so the same transactions would be applied twice. {0}".format(
                    _AGAIN
                )
            )
        problems += target_problems(self._control, self._version, plan, history, self._call.params)
        # An account that may not control replication may not see channels either.
        others = [] if list(of_account(grants_of(self._control), self._version)) else self._roller.channel.others()
        if others and self._version.number < 80000:
            problems.append("The server is a replica, and in this version replication filters apply to the whole server. Use a server that is not a replica")
        elif others and any(segment.mode is not ExecMode.STRICT for segment in plan.segments):
            cure = "Set overlap: 0, or use a server without channels"
            problems.append("The server has other channels ({0}), which the overlap's replica_exec_mode would also affect. {1}".format(others, cure))
        if problems:
            shown = numbered(problems[:10])
            what = shown if len(problems) == 1 else "The roll-forward would fail for {0} reasons: {1}".format(len(problems), shown)
            raise Failure(what, "server {0}".format(self._login.address), "Nothing was changed.", problems=problems[:100], **_plan_facts(plan))

    def _warnings(self, plan: RollPlan, history: TargetHistory) -> List[str]:
        found = []
        if history.blocked:
            text = (
                "The server counts the {0} transaction(s) of the overlap as executed (the import applied the dump's GTID set), so they are not applied again. "
                "If mysqldump read the set after its snapshot, their rows are missing. To close this gap, import with gtid: strip, or run mysql_gtid "
                "(state: empty) before the roll-forward."
            )
            found.append(text.format(history.blocked.transactions))
        if self._call.params["overlap"] and not history.blocked and not plan.result["overlap"]["transactions"]:
            found.append(
                "No transaction before the end of the backup's GTID set can be applied again: the binlogs begin there, or the last one is a DDL statement "
                "or an XA transaction."
            )
        for target in self._targets:
            # If the ledger has the name, there is nothing to ask; see _other_names.
            if target.source in plan.unseen and _source_of(target) is None:
                text = "No transaction of the window changes {0}, but others change {1}. If {2} has one of those names at its origin, specify that name"
                found.append(text.format(target.source, plan.others, target.name))
        return found + target_warnings(self._control, plan, history)

    def _roll(self, plan: RollPlan, history: TargetHistory) -> Dict[str, Any]:
        folder = _folder(self._call.params, str(self._control.value("SELECT @@server_uuid")))
        remove_leftovers(folder)
        put_back(self._roller, self._login, self._control, self._targets, binlog=self._call.params["binlog"])
        resumed = self._unfinished()
        restart = self._roller.restart()
        self._note(plan, STARTING, restart)
        add_to_purged(self._control, self._version, history.purge)
        self._note(plan, RUNNING, restart)
        mended = MendedRows(self._control, plan.overlap_tables)
        if not resumed:
            mended.remember()
        software = SoftwareRequest(self._call.params["source"], _software_folder(self._call.params), self._call.params["version"])
        self._call.progress.phase("starting the private source")
        with serving(folder, plan.sources, software, plan.gtids) as source:
            with self._held(restart), self._roller.channel_to(source, self._databases):
                self._sizes = plan.sizes
                self._call.progress.phase("applying", plan.sizes.total)
                settings = _defaults_of(Version.parse(plan.version), self._version)
                hand = {gtid: _by_hand(statement, decision, settings) for gtid, (statement, decision) in plan.by_hand.items()}
                self._roller.apply(source, self._databases, plan.segments, plan.skipped, hand, mended.without_key, mended.compare)
        missing = plan.gtids.subtract(executed(self._control))
        if missing:
            raise Failure("These transactions of the window were not executed: {0}".format(missing), self._login.address, "Run the task again; it resumes.")
        self._note(plan, COMPLETE, restart)
        for warning in warnings_of_events(self._control, plan.targets):
            self._call.warn(warning)
        return {"changed": True, "resumed": resumed, "rows_mended": None if resumed else mended.result(), "binlogged": self._is_logged()}

    @contextmanager
    def _held(self, restart: Restart) -> Iterator[None]:
        """Prevent the channel from starting with the server while it exists."""
        if restart is Restart.HELD:
            self._roller.hold()
        try:
            yield
        finally:
            if restart is Restart.HELD:
                with self._roller.new_connection():
                    self._roller.release()

    def _note(self, plan: RollPlan, state: str, restart: Restart) -> None:
        """Record in the ledgers what this run will apply, before it applies anything."""
        ours = self._ours() or GtidSet()
        noted: Dict[str, Any] = {"state": state, "databases": self._databases, "gtids": str(ours.union(plan.gtids)), "exec_mode": self._roller.exec_mode()}
        noted.update(restart=restart.value, started=self._roller.started(), reached=_reached(self._call.params, plan))
        note(self._login, self._targets, noted, binlog=self._call.params["binlog"])

    def _is_logged(self) -> bool:
        names = ("log_bin", "log_replica_updates" if self._version.number >= 80026 else "log_slave_updates")
        return all(variable(self._control, name) in ("ON", "1") for name in names)


def _other_names(targets: List[RollTarget], unseen: Sequence[str]) -> Iterator[str]:
    """Databases whose names the window does not have, and which were imported under another name: nothing would be applied to them."""
    for target in targets:
        source = _source_of(target)
        if target.source in unseen and source not in (None, target.source):
            text = "No transaction of the window changes {0}, and {1} was imported from {2}. Specify that name (source_database, or the key in databases)"
            yield text.format(target.source, target.name, source)


def _source_of(target: RollTarget) -> Optional[str]:
    """The name of the database in the backup that it was imported from, if the ledger has it."""
    origin = origin_of(target.entry) if target.entry is not None else None
    return origin.source if origin is not None else None


def _left_of_overlap(targets: List[RollTarget], databases: Dict[str, str], dumps: GtidSet, done: GtidSet, purge: GtidSet) -> Iterator[str]:
    """An interrupted run that has applied a part of its overlap, whose other part this run would not apply: rows would keep older values.

    ``dumps`` are the transactions that any dump contains, ``done`` those that the server has executed, and ``purge`` those that it is to count as executed.
    """
    for target in targets:
        noted = target.roll or {}
        overlap = GtidSet.parse(str(noted.get("gtids", ""))).intersect(dumps)
        if noted.get("state") not in UNFINISHED or not done.intersect(overlap):
            continue
        if noted["databases"] != databases or purge.intersect(overlap):
            given = ", ".join("{0}: {1}".format(*pair) for pair in sorted(noted["databases"].items()))
            text = "A roll-forward of {0} was interrupted while it applied transactions a second time. {1}"
            yield text.format(target.name, "Run it again with the same databases ({0}), binlogs and overlap".format(given))
            return


def _plan_facts(plan: RollPlan) -> Dict[str, Any]:
    return {name: plan.result[name] for name in ("window", "ddl")}


def _reached(params: Dict[str, Any], plan: RollPlan) -> Dict[str, Any]:
    """The requested stop point, and the last transaction before it."""
    stop = plan.result["window"]["stop"]
    return dict({name: params[name] for name in ("until", "until_gtid", "before_statement")}, gtid=stop["gtid"], committed=stop["committed"])


def _by_hand(statement: StatementEvent, decision: StatementDecision, settings: Settings = ()) -> HandStatement:
    text = decision.text if decision.effect is Effect.BY_HAND else b""
    return HandStatement(text, decision.database, statement.time, statement.sql_mode, statement.charset, statement.time_zone, settings + statement.settings)


def _defaults_of(origin: Version, here: Version) -> Settings:
    """The session variables that a replica sets for statements of an origin that does not have them."""
    return (("default_collation_for_utf8mb4", _UTF8MB4_GENERAL_CI),) if origin.number < 80000 <= here.number else ()


def _folder(params: Dict[str, Any], server_uuid: str) -> str:
    """The folder of the private source: the same for each run against this server, so that the next run finds the leftovers of a killed one."""
    own = "apsaradb-roll-forward-{0}".format(hashlib.sha256(server_uuid.encode("ascii")).hexdigest()[:12])
    return os.path.join(os.path.realpath(os.path.expanduser(params["work_path"])), own)


def _software_folder(params: Dict[str, Any]) -> str:
    return os.path.abspath(os.path.expanduser(params["software_path"] or os.path.join(params["work_path"], "mysql-software")))
