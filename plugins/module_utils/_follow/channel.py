# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A replication channel: created with filters for some databases, started, watched, and completely removed."""

import time
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .._failure import Failure
from .._gtid_set import GtidSet
from .._identifiers import quote_text
from .._server.connection import Connection
from .._server.gtid_state import executed
from .._server.own_channels import PER_CHANNEL_FILTERS, ROLL_NAME, ROLL_USER, pattern_of, removal_of
from .._server.server_info import Version, variable
from .._sql_passwords import without_passwords

# The statements were renamed in 8.0.22 and 8.0.23 (release notes).
_RENAMED = 80023
_POLL = 0.1
# A new channel has a copy of the server's own filters, so each of them is set.
_ALL_FILTERS = ("DO_DB", "IGNORE_DB", "DO_TABLE", "IGNORE_TABLE", "WILD_DO_TABLE", "WILD_IGNORE_TABLE", "REWRITE_DB")
# Before 8.0 the server's own filters are refused.
_FILTERS_OF_57 = ("DO_DB", "IGNORE_TABLE", "WILD_DO_TABLE", "REWRITE_DB")
OWN_FILTERS = "The server has replication filters, which apply to all channels in this version: {0}"
# A database that does not pass the filters.
_NOWHERE = "apsaradb_filtered"


_CURES: Dict[int, str] = {
    1298: "Load the time zone tables (mysql_tzinfo_to_sql) on this server, and run the task again.",
    2003: "Run the module on the host of the server: the private source listens on 127.0.0.1 only.",
    2005: "Run the module on the host of the server: the private source listens on 127.0.0.1 only.",
}


class SourceAddress(NamedTuple):
    """The address and account that the channel uses; ``user`` is :data:`ROLL_USER`."""

    host: str
    port: int
    user: str
    password: str


class Channel:
    """The channel ``name`` of a server; before 8.0 the channel without a name, because others need tables for their positions.

    ``user`` is the account with which the channel logs in.
    """

    cures = _CURES
    cure_of_filters = "Use a server without filters. The GTIDs of the dump were added to its history."

    def __init__(self, connection: Connection, version: Version, name: str = ROLL_NAME, user: str = ROLL_USER) -> None:
        self._connection = connection
        self._user = user
        self._version = version
        self._modern = version.number >= _RENAMED
        self._own_filters = version.number >= PER_CHANNEL_FILTERS
        self.name = name if self._own_filters else ""

    def others(self) -> List[str]:
        """The names of the server's other channels."""
        return [str(row.get("Channel_Name") or "") or "the one without a name" for row in self._status_rows() if not self._is_own(row)]

    def removal(self) -> str:
        """The statements that remove it."""
        return removal_of(self.name, self._version)

    def exists(self) -> bool:
        """Whether an earlier run has left the channel."""
        return self._status() is not None

    def create(self, source: SourceAddress, databases: Dict[str, str]) -> None:
        """Create the channel with filters that let only ``databases`` pass, under their new names. It is not started, and holds no password."""
        self._change(source.host, source.port, source.user, SSL="1" if self._modern else "0", CONNECT_RETRY="1", RETRY_COUNT="3")
        if not self._own_filters:
            self._refuse_filters([name for name, value in (self._status() or {}).items() if name.startswith("Replicate_") and value])
        self.let_pass(databases)

    def _change(self, host: str, port: int, user: str, **options: str) -> None:
        """Create or change the stopped channel. The options are named without SOURCE_ or MASTER_."""
        word = "SOURCE" if self._modern else "MASTER"
        options.update(HOST=sql_text(host), PORT=str(port), USER=sql_text(user), AUTO_POSITION="1")
        given = ", ".join("{0}_{1} = {2}".format(word, name, value) for name, value in sorted(options.items()))
        self._connection.run("CHANGE {0} TO {1}{2}".format("REPLICATION SOURCE" if self._modern else "MASTER", given, self._for_channel()))

    def _refuse_filters(self, names: Sequence[str]) -> None:
        """Remove the channel again if the server has these filters of its own, which in this version apply to all channels."""
        if names:
            self._connection.run("RESET {0} ALL".format(self._replica))
            what = OWN_FILTERS.format(", ".join(sorted(names)))
            raise Failure(what, "server {0}".format(self._connection.address), self.cure_of_filters)

    def _set_filters(self, found: Dict[str, str]) -> None:
        """Set these filters of the stopped channel, and empty all others."""
        kinds = _ALL_FILTERS if self._own_filters else _FILTERS_OF_57
        texts = ["REPLICATE_{0} = ({1})".format(kind, found.get(kind, "")) for kind in kinds]
        self._connection.run("CHANGE REPLICATION FILTER {0}{1}".format(", ".join(texts), self._for_channel() if self._own_filters else ""))

    def let_pass(self, databases: Dict[str, str], ignored: Sequence[Tuple[str, str]] = ()) -> None:
        """Set the filters of the stopped channel. ``ignored`` are tables of the targets that do not pass."""
        folds = variable(self._connection, "lower_case_table_names") not in (None, "0")
        tables = [(database.lower() if folds else database, table) for database, table in ignored]
        self._set_filters(dict(filters(databases, folds=folds), IGNORE_TABLE=tables_text(tables)))

    def roll(self, source: SourceAddress, wanted: GtidSet, before: Optional[str], watch: Callable[[GtidSet], None]) -> None:
        """Apply transactions until the server has executed ``wanted``, and stop. Transactions of the GTID set ``before`` and later ones are not.

        ``watch`` is called a few times a second with the part of ``wanted`` that has been executed.

        :raises Failure: the channel has stopped with an error, or too early.
        """
        until = " UNTIL SQL_BEFORE_GTIDS = {0}".format(sql_text(before)) if before else ""
        self._start(source.user, source.password, until)
        while True:
            status = self._status() or {}
            done = wanted.intersect(executed(self._connection))
            watch(done)
            if done == wanted:
                break
            _raise_error(status, wanted.subtract(done), self.cures)
            time.sleep(_POLL)
        self.stop()

    def _start(self, user: str, password: str, until: str = "") -> None:
        """Start both threads. The server keeps the password in memory only, and shows it in neither its logs nor the process list."""
        login = " USER = {0} PASSWORD = {1}".format(sql_text(user), sql_text(password))
        self._connection.run("START {0}{1}{2}{3}".format(self._replica, until, login, self._for_channel()))

    def stop(self) -> None:
        """Stop both threads; does nothing if they are not running."""
        self._connection.run("STOP {0}{1}".format(self._replica, self._for_channel()))

    def remove(self) -> None:
        """Stop the channel and remove it with its filters and relay logs."""
        if self.exists():
            self.stop()
            if not self._own_filters:
                # Filters of the whole server can be changed only while its applier is stopped.
                self._set_filters({})
            self._connection.run("RESET {0} ALL{1}".format(self._replica, self._for_channel()))

    @property
    def _replica(self) -> str:
        return "REPLICA" if self._modern else "SLAVE"

    def _for_channel(self) -> str:
        return " FOR CHANNEL {0}".format(sql_text(self.name)) if self.name else ""

    def _status_rows(self) -> List[Dict[str, Any]]:
        return self._connection.records("SHOW {0} STATUS".format(self._replica))

    def _status(self) -> Optional[Dict[str, Any]]:
        for row in self._status_rows():
            if self._is_own(row):
                return row
        return None

    def _is_own(self, row: Dict[str, Any]) -> bool:
        """Whether a row of the status belongs to this channel; a channel without a name may be the user's."""
        user = str(row.get("Source_User") or row.get("Master_User") or "")
        return str(row.get("Channel_Name") or "") == self.name and (self._own_filters or user == self._user)


def filters(databases: Dict[str, str], *, folds: bool) -> Dict[str, str]:
    """The filters by kind: statements whose default database is one of the databases, and tables of the targets.

    Names are rewritten before they are compared. A database of the source that only has the name of a target is another one, and does not pass.
    ``folds``: the server compares names without case and stores them in lower case (lower_case_table_names). It uses the first entry that fits, and
    does not convert its new name: with capital letters in it, mysqld 9.7 ends at an assertion of InnoDB.
    """
    if folds:
        databases = {source: target.lower() for source, target in databases.items()}
    targets = sorted(set(databases.values()))
    renamed = {source: target for source, target in databases.items() if source != target}
    sources = {source.lower() if folds else source for source in databases}
    renamed.update({target: _NOWHERE for target in targets if target not in sources})
    return {
        "DO_DB": ", ".join(quote_text(name) for name in targets),
        "WILD_DO_TABLE": patterns_text(targets),
        "REWRITE_DB": ", ".join("({0}, {1})".format(quote_text(old), quote_text(new)) for old, new in sorted(renamed.items())),
    }


def patterns_text(databases: Iterable[str]) -> str:
    """The filter that only tables of these databases pass."""
    return ", ".join(sql_text(pattern_of(name) + ".%") for name in databases)


def tables_text(tables: Iterable[Tuple[str, str]]) -> str:
    """The filter of single tables."""
    return ", ".join(quote_text(*table) for table in tables)


def _raise_error(status: Dict[str, Any], missing: GtidSet, cures: Dict[int, str]) -> None:
    """Raise a Failure if the channel cannot continue."""
    for kind in "SQL", "IO":
        code, text = last_error(status, kind)
        running = thread_state(status, kind)
        if code and running != "Yes":
            raise Failure("The channel stopped with MySQL error {0}: {1}".format(code, text), "transaction {0}".format(_first(missing)), cures.get(code))
    if not status or thread_state(status, "SQL") == "No":
        raise Failure("The channel stopped before it had applied {0}".format(missing), None, "Run the task again; it resumes.")


def last_error(status: Dict[str, Any], kind: str) -> Tuple[int, str]:
    """The last error of the thread IO or SQL in a row of SHOW REPLICA STATUS: its number, 0 if there is none, and its text, which may quote a statement."""
    return int(status.get("Last_{0}_Errno".format(kind)) or 0), without_passwords(str(status.get("Last_{0}_Error".format(kind)) or ""))


def thread_state(status: Dict[str, Any], kind: str) -> str:
    """Yes, No or Connecting: the state of the thread IO or SQL in a row of SHOW REPLICA STATUS."""
    return str(status.get("Replica_{0}_Running".format(kind)) or status.get("Slave_{0}_Running".format(kind)) or "No")


def _first(missing: GtidSet) -> str:
    if not missing:
        return "none"
    key, spans = missing.members[0]
    return "{0}:{1}".format(key, spans[0][0])


def sql_text(value: str) -> str:
    """A literal, for an sql_mode without NO_BACKSLASH_ESCAPES."""
    return "'{0}'".format(value.replace("\\", "\\\\").replace("'", "''"))
