# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server variables a load changes, and gives back: noted in the ledger first, so that the next run can after a crash."""

from contextlib import contextmanager
from typing import Callable, Dict, Iterator, List, Tuple

from .._server.connection import LOST, Connection, Login, ServerError
from .._server.server_info import variables
from .ledger import Ledger, retried

_CAPACITY = "innodb_redo_log_capacity"


class BorrowedSettings:
    """Global variables set for the time of a load. Each load that needs one notes it, with the value it had before the
    first of them, and the last one gives it back. A note is of a load that runs while the server holds that load's lock.

    All of this is done on connections of its own, and by one load at a time.
    """

    def __init__(self, login: Login, ledger: Ledger, log_binary: bool) -> None:
        self._login = login
        self._ledger = ledger
        self._log_binary = log_binary
        self._owner = Ledger.lock_of(ledger.target)
        self._borrowed = False

    def put_back_abandoned(self, connection: Connection) -> bool:
        """Undo what imports that no longer run have left, where this account may; whether there was anything."""
        if not self._ledger.settings(connection):
            return False
        with self._alone() as alone:
            return self._settle(alone, False)

    def borrow(self, wanted_of: Callable[[Dict[str, str]], Dict[str, str]]) -> Dict[str, str]:
        """Set what ``wanted_of`` the server's own variables says, until :meth:`give_back`; returns what was had of it."""
        had: Dict[str, str] = {}
        with self._alone() as connection:
            now = variables(connection)
            own = dict(now)
            own.update((name, value) for name, value, _owner in self._ledger.settings(connection))
            for name, value in sorted(wanted_of(own).items()):
                self._borrowed = True
                retried(lambda name=name: self._ledger.note_setting(connection, name, own[name], self._owner), connection)  # type: ignore[misc]
                try:
                    if not _enough(name, now[name], value):
                        connection.run("SET GLOBAL {0} = {1}".format(name, value))
                except ServerError as error:
                    if error.code in LOST:
                        raise
                    self._forget(connection, name, self._owner)
                else:
                    had[name] = value
        return had

    def give_back(self) -> None:
        """Undo what this load changed and no other one needs."""
        if self._borrowed:
            with self._alone() as connection:
                self._settle(connection, True)
            self._borrowed = False

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self._ledger.alone(self._login) as connection:
            if not self._log_binary:
                connection.run("SET SESSION sql_log_bin = 0")
            yield connection

    def _settle(self, connection: Connection, must: bool) -> bool:
        """Forget the notes of this load and of those that are over; a variable that no other is of gets its value back."""
        notes: Dict[str, List[Tuple[str, str]]] = {}
        for name, value, owner in self._ledger.settings(connection):
            notes.setdefault(name, []).append((value, owner))
        changed = False
        for name, noted in sorted(notes.items()):
            over = [owner for _value, owner in noted if owner == self._owner or not connection.value("SELECT IS_USED_LOCK(%s)", (owner,))]
            try:
                if len(over) == len(noted):
                    connection.run("SET GLOBAL {0} = {1}".format(name, noted[0][0]))
                for owner in over:
                    self._forget(connection, name, owner)
                    changed = True
            except ServerError as error:
                if must or error.code in LOST:
                    raise
                # An import of an account that may do more will.
        return changed

    def _forget(self, connection: Connection, name: str, owner: str) -> None:
        retried(lambda: self._ledger.forget_setting(connection, name, owner), connection)


def _enough(name: str, now: str, value: str) -> bool:
    """Whether another load has done it already."""
    return now == value or name == _CAPACITY and int(now) >= int(value)


def wanted(own: Dict[str, str], bytes_to_load: int, fast_lane: bool, relaxed: bool, log_binary: bool) -> Dict[str, str]:
    """What a load of this size gains from. The redo log of 100 MiB that 8.0.30 and later start with stalls a bulk load.

    With ``relaxed`` a commit waits for no disk: a crash of the host may undo the last ones, those of others on the server too.
    """
    found: Dict[str, str] = {}
    capacity = int(own.get(_CAPACITY, "0"))
    enough = min(4 << 30, max(1 << 30, bytes_to_load // 2))
    if capacity and capacity < enough and bytes_to_load > capacity // 4:
        found[_CAPACITY] = str(enough)
    if fast_lane and own.get("local_infile") == "OFF":
        found["local_infile"] = "ON"
    if relaxed and own.get("innodb_flush_log_at_trx_commit") == "1":
        found["innodb_flush_log_at_trx_commit"] = "2"
    if relaxed and log_binary and own.get("log_bin") == "ON":
        found["sync_binlog"] = "0"
    return found
