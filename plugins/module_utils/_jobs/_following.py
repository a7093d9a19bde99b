# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases that follow a live server: the notes about them, and the channel with its start and stop."""

from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence

from .._failure import Failure
from .._finding import numbered
from .._follow.channel import SourceAddress
from .._follow.live_channel import LiveChannel, LiveSource
from .._follow.roll import Restart, Roller, add_to_purged
from .._follow.segments import ExecMode
from .._gtid_set import GtidSet
from .._server.connection import Connection
from .._server.gtid_state import executed
from .._server.server_info import version_of
from ._follow_checks import (
    ReplicationFacts,
    account_problems,
    database_problems,
    facts_of,
    facts_of_source,
    filter_problems,
    follow_warnings,
    history_problems,
    server_problems,
)
from ._live_overlap import LiveOverlap, everything_after, overlap_of
from ._login_options import login_of
from ._mended_rows import MendedRows
from ._roll_checks import of_account
from ._roll_leftovers import put_back
from ._roll_targets import (
    FOLLOW_STARTING,
    FOLLOWING,
    PROMOTED,
    UNFINISHED,
    left_rolls,
    lock_targets,
    note,
    sets_of,
    target_of,
    unfinished_rolls,
)
from ._run import JobContext


class Following:
    """A call of the module for databases with the same name on both servers."""

    def __init__(self, call: JobContext, control: Connection, names: List[str]) -> None:
        self.call = call
        self.control = control
        self.names = names
        self.login = login_of(call.params)
        self.version = version_of(control)
        self.roller = Roller(self.login, control, self.version, lambda _applied: None)
        lock_targets(control, names)
        self.targets = [target_of(control, name, name, call.params["ledger_database"]) for name in names]
        self._refuse_unfinished()
        user = call.params["follow"]["user"] if call.params["follow"] else str((self.noted.get("source") or {}).get("user"))
        self.channel = LiveChannel(control, self.version, user)

    @property
    def noted(self) -> Dict[str, Any]:
        """The notes of an earlier run for the same databases; empty without such a run."""
        return (self.targets[0].roll or {}) if self.is_ours else {}

    @property
    def is_ours(self) -> bool:
        """Whether an earlier run made these databases follow, in one call."""
        return _follow_together([target.roll for target in self.targets], self.names)

    def note(self, state: str, **more: Any) -> None:
        """Record ``state`` in the ledgers, and keep their other notes."""
        noted = dict(self.targets[0].roll or {}, state=state, databases={name: name for name in self.names}, **more)
        note(self.login, self.targets, noted, binlog=self.call.params["binlog"])
        self.targets = [target._replace(roll=noted) for target in self.targets]

    def follow(self, source: LiveSource, connection: Connection, open_source: Callable[[], Connection]) -> Dict[str, Any]:
        """Set up and start the channel, unless it already runs as requested. ``connection`` leads to the source; ``open_source`` opens another one."""
        here = facts_of(self.control)
        # Such an account may not see channels either.
        self.refuse(list(of_account(here.grants, here.version)), "The databases cannot follow")
        there = facts_of_source(connection, here.executed)
        purge = self._purge(here.executed)
        problems = list(account_problems(there, source)) + list(server_problems(there, here))
        problems += filter_problems(here, source, self.channel.others())
        problems += self._mode_problems()
        problems += self._own_problems(here.executed, there.executed)
        problems += history_problems(there, here.executed.union(purge))
        problems += database_problems(connection, self.control, there, set(self.names))
        self.refuse(problems, "The databases cannot follow")
        for warning in follow_warnings(connection, self.control, set(self.names)):
            self.call.warn(warning)
        overlap = self._overlap(there, open_source)
        if overlap is None and not (self.targets[0].roll or {}).get("gtids") and self.noted.get("state") != FOLLOWING:
            self.call.warn(
                "The GTID set of the backup is used unchanged. mysqldump reads it after taking its snapshot, so the backup may lack some of the last "
                "transactions in the set. To close this gap, roll forward with binary logs first (state: rolled)."
            )
        changed = not self.channel.is_as_wanted(source, self.names) or self.noted.get("state") != FOLLOWING
        mended = None
        if changed and not self.call.check_mode:
            mended = self._begin(source, purge, overlap, there.executed)
        return dict(self.facts(connection), changed=changed, rows_mended=mended)

    def _overlap(self, there: ReplicationFacts, open_source: Callable[[], Connection]) -> Optional[LiveOverlap]:
        """The transactions to apply again before the databases follow; None if there are none, or none can be applied."""
        if self.noted.get("state") == FOLLOW_STARTING and self.noted.get("overlap"):
            noted = self.noted["overlap"]
            return LiveOverlap(GtidSet.parse(noted["again"]), GtidSet.parse(noted["after"]), {(pair[0], pair[1]) for pair in noted["tables"]})
        dump = self._purge(GtidSet())
        here = executed(self.control)
        # Other channels would get the exec mode too, and a set that was applied by the import counts as executed.
        if self.noted or not dump or self.channel.others() or dump.intersect(here):
            return None
        return overlap_of(open_source, there, dump, self.names, float(self.call.params["overlap"]))

    def _begin(self, source: LiveSource, purge: GtidSet, overlap: Optional[LiveOverlap], there: GtidSet) -> Optional[Dict[str, Any]]:
        """Set up and start the channel; return the rows that the overlap has corrected."""
        is_new, before = not self.channel.exists(), self.targets[0].roll
        if not self.is_ours:
            put_back(self.roller, self.login, self.control, self.targets, binlog=self.call.params["binlog"])
        restart = Restart(self.noted["restart"]) if self.is_ours else self.roller.restart()
        place = {"host": source.host, "port": source.port, "user": source.user}
        gtids = self.noted.get("set") or str(executed(self.control).union(purge))
        resumed, exec_mode = bool(self.noted.get("overlap")), self.noted.get("exec_mode") or self.roller.exec_mode()
        noted = None
        if overlap is not None:
            purge = purge.subtract(overlap.again)
            noted = {"again": str(overlap.again), "after": str(overlap.after), "tables": sorted(overlap.tables)}
        more = {"overlap": noted, "exec_mode": exec_mode, "restart": restart.value, "started": self.roller.started()}
        self.note(FOLLOW_STARTING, set=gtids, source=place, **more)
        add_to_purged(self.control, self.version, purge)
        if restart is Restart.HELD:
            self.roller.hold()
        self.channel.set_up(source, self.names)
        mended = MendedRows(self.control, overlap.tables if overlap is not None else ())
        try:
            if overlap is not None:
                self._apply(source, overlap, mended, there, resumed=resumed)
                self.roller.set_exec_mode(exec_mode)
            self.channel.start(source)
        except Failure:
            if is_new:
                self.channel.remove()
                self.release()
                self.roller.set_exec_mode(exec_mode)
                if before:
                    note(self.login, self.targets, before, binlog=self.call.params["binlog"])
            raise
        self.note(FOLLOWING, overlap=None, exec_mode=None)
        return mended.result() if overlap is not None and not resumed else None

    def _apply(self, source: LiveSource, overlap: LiveOverlap, mended: MendedRows, there: GtidSet, *, resumed: bool) -> None:
        """Apply the overlap to rows that may exist already, then stop the channel."""
        address = SourceAddress(source.host, source.port, source.user, source.password)
        if not resumed:
            mended.remember()
        self.roller.set_exec_mode(ExecMode.IDEMPOTENT.server_value)
        done = GtidSet.parse(self.noted["set"]).union(overlap.again)
        for gtids, ignored in ((overlap.again, mended.without_key), (overlap.after, [])):
            pending = gtids.subtract(executed(self.control))
            done = done.union(gtids)
            self.channel.filter(self.names, ignored)
            if pending:
                self.call.progress.phase("applying {0} transactions again".format(pending.transactions))
                self.channel.roll(address, pending, everything_after(done, there), lambda _done: None)
            if gtids == overlap.again:
                mended.compare()

    def stop(self) -> Dict[str, Any]:
        """Stop the channel and keep its filters."""
        state = self.channel.state()
        if not state.exists or not self.is_ours:
            cure = "Run mysql_roll_forward with state: followed first."
            if state.exists:
                cure = "Others do: name exactly those (databases). If they have been dropped, run {0}.".format(self.channel.removal())
            raise Failure("The databases do not follow a source", "server {0}".format(self.login.address), cure)
        if not state.stopped and not self.call.check_mode:
            self.channel.stop()
        return dict(self.facts(None), changed=not state.stopped)

    def facts(self, connection: Optional[Connection]) -> Dict[str, Any]:
        """The result keys about the channel. ``connection`` leads to the source."""
        state = self.channel.state()
        behind = executed(connection).subtract(executed(self.control)).transactions if connection is not None else None
        return {"channel": self.channel.name, "running": state.running, "lag_seconds": state.lag, "transactions_behind": behind}

    def release(self) -> None:
        """Let the channel start with the server again, if a run has prevented it."""
        if self.noted.get("restart") == Restart.HELD.value:
            self.roller.release()

    def refuse(self, problems: List[str], what: str) -> None:
        """Raise a Failure that lists all problems, if there are any."""
        if problems:
            raise Failure("{0}: {1}".format(what, numbered(problems[:10])), "server {0}".format(self.login.address), "Nothing was changed.", problems=problems)

    def _purge(self, here: GtidSet) -> GtidSet:
        """The transactions of the dump that the server does not count as executed."""
        if self.noted.get("state") == FOLLOWING or (self.targets[0].roll or {}).get("state") == "complete":
            return GtidSet()
        sets = sets_of(self.targets, self.call.params["gtid_set"], self.login.address)
        if sets.common != sets.any:
            cure = "Roll them forward in one call first (state: rolled). Nothing was changed."
            raise Failure("The backups of the databases have different GTID sets", self.login.address, cure)
        return sets.common.subtract(here).subtract(GtidSet.parse((self.noted.get("overlap") or {}).get("again", "")))

    def _mode_problems(self) -> Iterator[str]:
        """A server that does not report rows that differ from those of the source, unless an interrupted run has set that and this one puts it back."""
        left = [] if self.is_ours else unfinished_rolls(self.control, self.targets) + left_rolls(self.control, self.targets)
        if self.roller.exec_mode() != ExecMode.STRICT.server_value and not self.noted.get("exec_mode") and not left:
            name = self.roller.exec_mode_name
            yield "{0} is IDEMPOTENT, so rows that differ from those of the source would not be noticed. Run SET GLOBAL {0} = 'STRICT'".format(name)

    def _own_problems(self, here: GtidSet, there: GtidSet) -> List[str]:
        """Problems that earlier runs on this server have left."""
        dump = GtidSet() if self.is_ours else sets_of(self.targets, self.call.params["gtid_set"], self.login.address).common
        runs = EarlierRuns(self.targets[0].roll or {}, dump, is_ours=self.is_ours, has_channel=self.channel.exists())
        found = list(_left_problems(runs, here, there))
        if self.version.number < 80000 and here and self._purge(here):
            cure = "Empty its history with mysql_gtid (state: empty), which deletes its binary logs"
            found.append("MySQL {0} accepts the backup's GTID set only while it has executed no transactions. {1}".format(self.version.text, cure))
        return found

    def _refuse_unfinished(self) -> None:
        for target in self.targets:
            if (target.roll or {}).get("state") in UNFINISHED:
                cure = "Run the task again with state: rolled; it resumes. Nothing was changed."
                raise Failure("A roll-forward of {0} was interrupted".format(target.name), self.login.address, cure)


class EarlierRuns(NamedTuple):
    """``roll`` is the note of an earlier run about the first database. ``dump`` are the transactions of all backups; empty if the run ``is_ours``."""

    roll: Dict[str, Any]
    dump: GtidSet
    is_ours: bool
    has_channel: bool


def _follow_together(rolls: Sequence[Optional[Dict[str, Any]]], names: List[str]) -> bool:
    """Whether an earlier run made exactly these databases follow; ``rolls`` are their notes."""
    wanted = {name: name for name in names}
    return all((roll or {}).get("databases") == wanted and "source" in (roll or {}) for roll in rolls)


def _left_problems(runs: EarlierRuns, here: GtidSet, there: GtidSet) -> Iterator[str]:
    """Problems that earlier runs have left. ``here`` and ``there`` are the transactions that the server and the source have executed."""
    state = runs.roll.get("state") if runs.is_ours else None
    if runs.has_channel and not runs.is_ours:
        yield "The server already follows with other databases. Let all of them follow in one call (databases), starting from new imports"
    if state == PROMOTED:
        yield "The databases were promoted, and may have been changed here since. Import a backup again before they follow again"
    if state == FOLLOWING and not GtidSet.parse(runs.roll["set"]).within(here):
        yield "The GTID history has been emptied since the databases began to follow. Import the backup again"
    elif state == FOLLOWING and not runs.has_channel:
        yield "Someone has removed the channel. Import the backup again, or recreate the channel manually"
    if runs.is_ours:
        return
    rolled = GtidSet.parse(str(runs.roll.get("gtids", "")))
    foreign = here.intersect(there).subtract(rolled.union(runs.dump))
    if foreign:
        cure = "Empty the history with mysql_gtid (state: empty), or roll forward or follow with all databases in one call"
        yield "The server counts {0} transaction(s) as executed that are missing from these databases: {1}. {2}".format(foreign.transactions, foreign, cure)
    if not rolled.within(here):
        yield "The GTID history has been emptied since the roll-forward. Import the backup again"
