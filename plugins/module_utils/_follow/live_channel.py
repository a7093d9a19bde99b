# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The channel that keeps databases in step with a live server."""

import time
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._server.connection import Connection
from .._server.own_channels import FOLLOW_NAME, pattern_of
from .._server.server_info import Version
from .channel import OWN_FILTERS, Channel, last_error, patterns_text, sql_text, tables_text, thread_state

_SECONDS_TO_START = 60.0
_POLL = 0.25


_DIFFERS = (
    "The rows here differ from those of the source: the backup lacked some transactions of its GTID set, or something wrote to this server. Import the backup "
    "again, and roll it forward with binary logs (state: rolled) before it follows."
)
_NO_FILTERS = "Remove the options replicate-* from the option file of the server, restart it, and run the task again."
_NETWORK = "The server itself connects to follow.host: open the network for it, and use a name and a port that it can reach."
_XA = (
    "An XA transaction changes only databases that do not follow, and MySQL's filters cannot leave those out. Skip the transaction (SET gtid_next to it, "
    "BEGIN, COMMIT), then its XA COMMIT in the same way, and run the task again. If this is frequent, let those databases follow too."
)
_CURES: Dict[int, str] = {
    1032: _DIFFERS,
    1045: "Check the account in follow: the source must accept it from the address of this server.",
    1049: (
        "A routine or event of a database that does not exist here was changed at the source; MySQL's filters do not cover those. Skip the transaction "
        "(SET gtid_next to it, BEGIN, COMMIT), and run the task again."
    ),
    1062: _DIFFERS,
    1298: "Load the time zone tables (mysql_tzinfo_to_sql) on this server, and run the task again.",
    1397: _XA,
    2003: _NETWORK,
    2005: _NETWORK,
    3227: _XA,
    3898: _XA,
    13114: "The source has purged binary logs that are needed. Import a newer backup.",
    1236: "The source has purged binary logs that are needed. Import a newer backup.",
}


class LiveSource(NamedTuple):
    """The server that is followed, and the account. ``tls``: the channel uses TLS. ``ca_cert`` is a file on the host of the server that follows."""

    host: str
    port: int
    user: str
    password: str
    tls: bool = False
    ca_cert: Optional[str] = None

    @property
    def address(self) -> str:
        """For messages."""
        return "{0}:{1}".format(self.host, self.port)


class ChannelState(NamedTuple):
    """The state of the channel. ``running``: both threads run. ``applying``: the applier runs; the receiver may be waiting for the source.

    ``lag`` is in seconds, None if it is unknown.
    """

    exists: bool
    running: bool
    applying: bool
    stopped: bool
    lag: Optional[int]
    code: int
    error: str


class LiveChannel(Channel):
    """The channel ``apsaradb_follow``.

    It filters only tables: with a database filter, the server would silently drop a definition whose default database is another one.
    """

    cures = _CURES
    cure_of_filters = "Use a server without filters."

    def __init__(self, connection: Connection, version: Version, user: str) -> None:
        super().__init__(connection, version, FOLLOW_NAME, user)

    def state(self) -> ChannelState:
        """Ask the server."""
        return state_in(self._status())

    def is_as_wanted(self, source: LiveSource, databases: Iterable[str]) -> bool:
        """Whether the channel runs, reads from ``source`` and lets only ``databases`` pass."""
        status = self._status()
        if status is None or not state_in(status).running or not leads_to(status, source):
            return False
        wanted = _patterns(databases)
        return sorted(_filter_in(status)) == sorted(wanted) and not foreign_filters(status, wanted)

    def set_up(self, source: LiveSource, databases: Iterable[str]) -> None:
        """Create the channel, or stop and correct it. It stores no password.

        :raises Failure: the server has filters of its own, which apply to all channels in this version.
        """
        existed = self.exists()
        if existed:
            self._refuse_filters_of_server()
            self.stop()
        tls = {"SSL": "1" if source.tls else "0", "SSL_CA": sql_text(source.ca_cert or "")}
        self._change(source.host, source.port, source.user, CONNECT_RETRY="5", RETRY_COUNT="86400", **tls)
        if self._modern and not source.tls:
            self._connection.run("CHANGE REPLICATION SOURCE TO GET_SOURCE_PUBLIC_KEY = 1{0}".format(self._for_channel()))
        if not self._own_filters and not existed:
            self._refuse_filters(foreign_filters(self._status() or {}, _patterns(databases)))
        self.filter(databases)

    def _refuse_filters_of_server(self) -> None:
        """Before 8.0, a server that was restarted with filters of its own applies them to the existing channel too."""
        names = [] if self._own_filters else foreign_filters(self._status() or {}, [])
        # An interrupted run may have left the second of our own filters.
        left = [name for name in names if name not in ("Replicate_Wild_Do_Table", "Replicate_Ignore_Table")]
        if left:
            raise Failure(OWN_FILTERS.format(", ".join(left)), "server {0}".format(self._connection.address), _NO_FILTERS)

    def filter(self, databases: Iterable[str], ignored: Iterable[Tuple[str, str]] = ()) -> None:
        """Set the filter of the stopped channel. ``ignored`` are tables that do not pass."""
        self._set_filters({"WILD_DO_TABLE": patterns_text(sorted(databases)), "IGNORE_TABLE": tables_text(ignored)})

    def start(self, source: LiveSource) -> None:
        """Start the channel and wait until it reads from ``source``.

        :raises Failure: it does not start, or the source refuses it. The channel is then stopped.
        """
        self._start(source.user, source.password)
        ends, in_a_row = time.monotonic() + _SECONDS_TO_START, 0
        while in_a_row < 3:
            state = self.state()
            in_a_row = in_a_row + 1 if state.running else 0
            if state.code and not state.running or time.monotonic() > ends:
                self.stop()
                raise failure_of(state, source)
            time.sleep(_POLL)


def state_in(status: Optional[Dict[str, Any]]) -> ChannelState:
    """The state from a row of SHOW REPLICA STATUS."""
    if status is None:
        return ChannelState(exists=False, running=False, applying=False, stopped=True, lag=None, code=0, error="")
    threads = [thread_state(status, kind) for kind in ("IO", "SQL")]
    code, error = 0, ""
    for kind in ("IO", "SQL"):
        last = last_error(status, kind)
        if last[0]:
            code, error = last
    lag = status.get("Seconds_Behind_Source", status.get("Seconds_Behind_Master"))
    running = threads == ["Yes", "Yes"]
    return ChannelState(
        exists=True,
        running=running,
        applying=threads[1] == "Yes",
        stopped=threads == ["No", "No"],
        lag=None if lag is None else int(lag),
        code=code,
        error=error,
    )


def leads_to(status: Dict[str, Any], source: LiveSource) -> bool:
    """Whether the channel has the address, account and TLS of ``source``."""
    found = [status.get("Source_" + name, status.get("Master_" + name)) for name in ("Host", "Port", "User", "SSL_Allowed", "SSL_CA_File")]
    return [str(each) for each in found] == [source.host, str(source.port), source.user, "Yes" if source.tls else "No", source.ca_cert or ""]


def foreign_filters(status: Dict[str, Any], wanted: List[str]) -> List[str]:
    """The names of filters that are set, except ours."""
    names = [name for name, value in sorted(status.items()) if name.startswith("Replicate_") and value and name != "Replicate_Ignore_Server_Ids"]
    return [name for name in names if name != "Replicate_Wild_Do_Table" or sorted(_filter_in(status)) != sorted(wanted)]


def failure_of(state: ChannelState, source: LiveSource) -> Failure:
    """The failure that explains why the channel is not running."""
    if not state.code:
        return Failure("The channel is not running", "source {0}".format(source.address), "See the error log of the server, and run the task again.")
    return Failure("The channel stopped with MySQL error {0}: {1}".format(state.code, state.error), "source {0}".format(source.address), _CURES.get(state.code))


def _filter_in(status: Dict[str, Any]) -> List[str]:
    return [each for each in str(status.get("Replicate_Wild_Do_Table") or "").split(",") if each]


def _patterns(databases: Iterable[str]) -> List[str]:
    return [pattern_of(name) + ".%" for name in sorted(databases)]
