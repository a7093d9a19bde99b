# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server variables that a load changes, and restores however it ends. The ledger records them first, so that the next run can restore them after a crash."""

import re
from contextlib import contextmanager
from typing import Callable, Dict, Iterator, List, Tuple

from .._server.connection import LOST, Connection, Login, ServerError
from .._server.server_info import variables
from .ledger import Ledger, retried
from .lock import is_lock_name, lock_name

_CAPACITY = "innodb_redo_log_capacity"
_NUMBER = re.compile(r"[0-9]{1,19}\Z")
# The variables, with the form of their values.
_BORROWED = {_CAPACITY: _NUMBER, "local_infile": re.compile("(?:ON|OFF)\\Z"), "innodb_flush_log_at_trx_commit": _NUMBER, "sync_binlog": _NUMBER}


class BorrowedSettings:
    """Global variables that are set for the duration of a load.

    Each load records the variables that it needs, with their values before the first load changed them; the last load restores
    them. The load of a record is running as long as the server holds that load's lock. Everything here runs on
    separate connections, and in one load at a time.
    """

    def __init__(self, login: Login, ledger: Ledger, *, log_binary: bool) -> None:
        self._login = login
        self._ledger = ledger
        self._log_binary = log_binary
        self._owner = lock_name(ledger.target)
        self._borrowed = False

    def put_back_abandoned(self, connection: Connection) -> bool:
        """Restore variables that imports which are no longer running have left changed, if this account may; returns whether there were any."""
        if not _believed(self._ledger.settings(connection)):
            return False
        with self._alone() as alone:
            return self._settle(alone, raises=False)

    def borrow(self, wanted_of: Callable[[Dict[str, str]], Dict[str, str]]) -> Dict[str, str]:
        """Set the variables that ``wanted_of`` returns for the server's own values, until :meth:`give_back`; returns those that could be set."""
        borrowed: Dict[str, str] = {}
        with self._alone() as connection:
            now = variables(connection, [*_BORROWED, "log_bin"])
            own = dict(now)
            own.update((name, value) for name, value, _owner in _believed(self._ledger.settings(connection)))
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
                    borrowed[name] = value
        return borrowed

    def give_back(self) -> None:
        """Restore the variables that this load changed and no other load needs."""
        if self._borrowed:
            with self._alone() as connection:
                self._settle(connection, raises=True)
            self._borrowed = False

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self._ledger.alone(self._login) as connection:
            if not self._log_binary:
                connection.run("SET SESSION sql_log_bin = 0")
            yield connection

    def _settle(self, connection: Connection, *, raises: bool) -> bool:
        """Remove the records of this load and of those that ended. A variable without other records is restored. ``raises``: even if this
        account cannot set it."""
        notes: Dict[str, List[Tuple[str, str]]] = {}
        for name, value, owner in _believed(self._ledger.settings(connection)):
            notes.setdefault(name, []).append((value, owner))
        changed = False
        for name, noted in sorted(notes.items()):
            ended = [owner for _value, owner in noted if owner == self._owner or not connection.value("SELECT IS_USED_LOCK(%s)", (owner,))]
            try:
                if len(ended) == len(noted):
                    connection.run("SET GLOBAL {0} = {1}".format(name, noted[0][0]))
                for owner in ended:
                    self._forget(connection, name, owner)
                    changed = True
            except ServerError as error:
                if raises or error.code in LOST:
                    raise
                # The next import with an account that may set the variable will restore it.
        return changed

    def _forget(self, connection: Connection, name: str, owner: str) -> None:
        retried(lambda: self._ledger.forget_setting(connection, name, owner), connection)


def _believed(notes: List[Tuple[str, str, str]]) -> List[Tuple[str, str, str]]:
    """The records that a load may have written, because recorded values are sent to the server unchanged."""
    return [(name, value, owner) for name, value, owner in notes if name in _BORROWED and _BORROWED[name].match(value) and is_lock_name(owner)]


def _enough(name: str, now: str, value: str) -> bool:
    """Whether another load has set it already."""
    return now == value or name == _CAPACITY and int(now) >= int(value)


def wanted_settings(own: Dict[str, str], bytes_to_load: int, *, load_data: bool, relaxed: bool, log_binary: bool) -> Dict[str, str]:
    """The variables that make a load of this size faster, with their values. 8.0.30 and later start with a redo log of 100 MiB,
    which stalls a bulk load.

    ``relaxed``: commits do not wait for the disk. A crash of the host may undo the last commits, including those of other sessions.
    """
    found: Dict[str, str] = {}
    capacity = int(own.get(_CAPACITY, "0"))
    enough = min(4 << 30, max(1 << 30, bytes_to_load // 2))
    if capacity and capacity < enough and bytes_to_load > capacity // 4:
        found[_CAPACITY] = str(enough)
    if load_data and own.get("local_infile") == "OFF":
        found["local_infile"] = "ON"
    if relaxed and own.get("innodb_flush_log_at_trx_commit") == "1":
        found["innodb_flush_log_at_trx_commit"] = "2"
    if relaxed and log_binary and own.get("log_bin") == "ON":
        found["sync_binlog"] = "0"
    return found
