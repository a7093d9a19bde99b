# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply the segments of a roll-forward to a server, through the channel and by hand."""

from contextlib import contextmanager
from enum import Enum
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .._gtid_set import GtidSet
from .._server.connection import Connection, Login, ServerError, connect
from .._server.gtid_state import executed
from .._server.server_info import Version, variable
from .channel import Channel, SourceAddress
from .segments import ExecMode, Segment

# Since 8.0.24 this is a variable that can be persisted (release notes).
_CAN_BE_HELD = 80024
_FLAGS = "foreign_key_checks = 0, unique_checks = 0"


class Restart(Enum):
    """The effect of a server restart on the channel. Filters do not survive it, so a channel that starts by itself would apply the rest of its
    relay log without filters.

    HELD: a setting persisted for the roll-forward keeps the channel stopped. STOPPED: the user's own settings do. STARTS: it would start.
    """

    HELD = "held"
    STOPPED = "stopped"
    STARTS = "starts"


class HandStatement(NamedTuple):
    """A statement that the module executes itself, with its session. Empty ``text``: the transaction is only recorded as executed.

    ``collation`` is a collation id of the server, ``time`` in seconds since the epoch. None: the session's default. ``settings`` are the names and
    numbers of further session variables.
    """

    text: bytes
    database: Optional[str]
    time: int
    sql_mode: Optional[int]
    collation: Optional[int]
    time_zone: Optional[str]
    settings: Tuple[Tuple[str, int], ...] = ()


class Roller:
    """Applies segments, and skips transactions that the server has already executed.

    ``ignored``: tables whose rows are not applied a second time. ``watch`` is called with the number of applied transactions.
    """

    def __init__(self, login: Login, connection: Connection, version: Version, watch: Callable[[int], None]) -> None:
        self._login = login
        self._connection = connection
        self._version = version
        self.exec_mode_name = "replica_exec_mode" if version.number >= 80026 else "slave_exec_mode"
        self._hold = "skip_replica_start" if version.number >= 80026 else "skip_slave_start"
        self._can_hold = version.number >= _CAN_BE_HELD
        self._watch = watch
        self.channel = Channel(connection, version)

    def exec_mode(self) -> str:
        """How the server treats rows that already exist now."""
        return variable(self._connection, self.exec_mode_name) or ExecMode.STRICT.server_value

    def set_exec_mode(self, mode: str) -> None:
        """Set the mode, unless it is already set. Other values are ignored: the note of a killed run may have none."""
        if mode in ("STRICT", "IDEMPOTENT") and self.exec_mode() != mode:
            self._connection.run("SET GLOBAL {0} = '{1}'".format(self.exec_mode_name, mode))

    def restart(self) -> Restart:
        """What a restart would do to a new channel: HELD if this run has to keep it stopped with :meth:`hold`."""
        if not self._can_hold:
            return Restart.STARTS
        # The variable itself may still be ON from a value that an earlier run persisted.
        found = self._connection.rows("SELECT 1 FROM performance_schema.persisted_variables WHERE VARIABLE_NAME = %s", (self._hold,))
        return Restart.STOPPED if found else Restart.HELD

    def hold(self) -> None:
        """Keep the channel stopped if the server restarts while it exists."""
        self._connection.run("SET PERSIST_ONLY {0} = ON".format(self._hold))

    def release(self) -> None:
        """Remove what :meth:`hold` has persisted."""
        if self._can_hold:
            self._connection.run("RESET PERSIST IF EXISTS {0}".format(self._hold))

    def started(self) -> int:
        """When the server was started, in seconds since the epoch, by its own clock."""
        uptime = int(self._connection.rows("SHOW GLOBAL STATUS LIKE 'Uptime'")[0][1])
        return int(self._connection.value("SELECT UNIX_TIMESTAMP()")) - uptime

    @contextmanager
    def channel_to(self, source: SourceAddress, databases: Dict[str, str]) -> Iterator[None]:
        """Create the channel. At the end it is removed, and the server's exec mode is restored."""
        before = self.exec_mode()
        try:
            self.channel.create(source, databases)
            yield
        finally:
            with self.new_connection():
                self.channel.remove()
                self.set_exec_mode(before)

    @contextmanager
    def new_connection(self) -> Iterator[None]:
        """Within the context, use a new connection: a signal may have interrupted the usual one in the middle of a response."""
        usual = self._connection, self.channel
        self._connection = connect(self._login)
        self.channel = Channel(self._connection, self._version)
        try:
            yield
        finally:
            self._connection.close()
            self._connection, self.channel = usual

    def apply(
        self,
        source: SourceAddress,
        databases: Dict[str, str],
        segments: List[Segment],
        skipped: GtidSet,
        by_hand: Dict[str, HandStatement],
        ignored: Sequence[Tuple[str, str]],
        overlap_ended: Callable[[], None],
    ) -> None:
        """Record ``skipped`` as executed, and apply the segments in order. ``overlap_ended`` is called once after the last IDEMPOTENT one.

        :raises Failure: the channel stopped, or a statement failed. Applied transactions stay, and the next call continues after them.
        """
        self._record(skipped.subtract(executed(self._connection)))
        done, in_overlap = skipped.transactions, True
        for number, segment in enumerate(segments):
            if in_overlap and segment.mode is not ExecMode.IDEMPOTENT:
                in_overlap = False
                overlap_ended()
            pending = segment.gtids.subtract(executed(self._connection))
            if pending and segment.by_hand:
                self._execute(segment.first, by_hand[segment.first])
            elif pending:
                following = segments[number + 1] if number + 1 < len(segments) else None
                passing = {source: name for source, name in databases.items() if name not in segment.in_dump.left_out}
                self.channel.let_pass(passing, [table for table in ignored if table[0] in segment.in_dump.again])
                self.set_exec_mode(segment.mode.server_value)
                watch = self._watch_from(done + (segment.gtids.transactions - pending.transactions))
                self.channel.roll(source, pending, _any_of(following), watch)
            done += segment.gtids.transactions
            self._watch(done)
        if in_overlap:
            overlap_ended()

    def _watch_from(self, before: int) -> Callable[[GtidSet], None]:
        """Report ``before`` transactions plus those with which it is called."""
        return lambda applied: self._watch(before + applied.transactions)

    def _record(self, gtids: GtidSet) -> None:
        """Record transactions as executed without their changes, on a separate connection."""
        if not gtids:
            return
        connection = connect(self._login)
        try:
            for key, spans in gtids.members:
                for low, high in spans:
                    for number in range(low, high + 1):
                        _record_one(connection, "{0}:{1}".format(key, number))
        finally:
            connection.close()

    def _execute(self, gtid: str, statement: HandStatement) -> None:
        """Execute a statement as the transaction ``gtid``, on a separate connection: without a default database an unqualified name is an error."""
        connection = connect(self._login)
        try:
            if statement.database is not None:
                connection.use(statement.database.encode("utf-8"))
            _prepare(connection, statement)
            if statement.text:
                connection.run("SET SESSION gtid_next = '{0}'".format(gtid))
                connection.run(statement.text)
                connection.run("SET SESSION gtid_next = 'AUTOMATIC'")
            else:
                _record_one(connection, gtid)
        except ServerError as error:
            raise error.at("transaction {0}".format(gtid)) from None
        finally:
            connection.close()


def _record_one(connection: Connection, gtid: str) -> None:
    """Record a transaction as executed."""
    for statement in ("SET SESSION gtid_next = '{0}'".format(gtid), "BEGIN", "COMMIT", "SET SESSION gtid_next = 'AUTOMATIC'"):
        connection.run(statement)


def _prepare(connection: Connection, statement: HandStatement) -> None:
    """Set the session variables to those of the statement on its origin. Foreign keys were checked there."""
    connection.run("SET SESSION {0}, timestamp = {1}".format(_FLAGS, statement.time))
    if statement.time_zone is not None:
        connection.execute("SET SESSION time_zone = %s", (statement.time_zone,))
    if statement.collation is not None:
        found = connection.rows("SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATIONS WHERE ID = %s", (statement.collation,))
        for charset, collation in found:
            connection.run("SET NAMES {0} COLLATE {1}".format(charset, collation))
    if statement.sql_mode is not None:
        connection.run("SET SESSION sql_mode = {0}".format(statement.sql_mode))
    for name, value in statement.settings:
        connection.run("SET SESSION {0} = {1}".format(name, value))


def _any_of(following: Optional[Segment]) -> Optional[str]:
    """The GTIDs before which the channel stops: those of the next segment."""
    return None if following is None else str(following.gtids)


def add_to_purged(connection: Connection, version: Version, gtids: GtidSet) -> None:
    """Record the dump's transactions as executed. Before 8.0 the server accepts them only while it has executed nothing."""
    if gtids:
        connection.run("SET @@GLOBAL.gtid_purged = '{0}{1}'".format("+" if version.number >= 80000 else "", gtids))
