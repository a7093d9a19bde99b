# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server variables that a load changes, and restores however it ends. The ledger records them first, so that the next run can restore them after a crash."""

import re
from contextlib import contextmanager
from typing import Callable, Dict, FrozenSet, Iterator, List, NamedTuple, Tuple

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
            notes = _believed(self._ledger.settings(connection))
            own = dict(now)
            own.update((note.name, note.own) for note in notes)
            for name, value in sorted(wanted_of(own).items()):
                self._borrowed = True
                self._note(connection, _Note(name, own[name], frozenset((value,)), self._owner), [note for note in notes if note.name == name])
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

    def _note(self, connection: Connection, note: "_Note", others: List["_Note"]) -> None:
        """Record a variable, in the records of ``others`` too: whichever load ends last recognises the value that one of them has set."""
        values = note.values.union(*(other.values for other in others))
        for each in [note, *others]:
            text = " ".join([note.own, *sorted(values)])
            retried(lambda each=each, text=text: self._ledger.note_setting(connection, each.name, text, each.owner), connection)  # type: ignore[misc]

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
        """Remove the records of this load and of those that ended. A variable without other records is restored, unless somebody else has set it
        since. ``raises``: even if this account cannot set it."""
        notes: Dict[str, List[_Note]] = {}
        for note in _believed(self._ledger.settings(connection)):
            notes.setdefault(note.name, []).append(note)
        now = variables(connection, sorted(notes)) if notes else {}
        changed = False
        for name, noted in sorted(notes.items()):
            ended = [note.owner for note in noted if note.owner == self._owner or not connection.value("SELECT IS_USED_LOCK(%s)", (note.owner,))]
            try:
                if len(ended) == len(noted) and any(now.get(name) in note.values for note in noted):
                    connection.run("SET GLOBAL {0} = {1}".format(name, noted[0].own))
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


class _Note(NamedTuple):
    """The record of a variable: its value before any load changed it, the values that loads set, and the lock of one of these loads."""

    name: str
    own: str
    values: FrozenSet[str]
    owner: str


def _believed(notes: List[Tuple[str, str, str]]) -> List[_Note]:
    """The records that a load may have written, because recorded values are sent to the server unchanged."""
    found = []
    for name, text, owner in notes:
        own, *values = text.split(" ")
        if name in _BORROWED and values and all(_BORROWED[name].match(value) for value in (own, *values)) and is_lock_name(owner):
            found.append(_Note(name, own, frozenset(values), owner))
    return found


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
    # The server rounds to MiB.
    enough = min(4 << 30, max(1 << 30, bytes_to_load // 2)) >> 20 << 20
    if capacity and capacity < enough and bytes_to_load > capacity // 4:
        found[_CAPACITY] = str(enough)
    if load_data and own.get("local_infile") == "OFF":
        found["local_infile"] = "ON"
    if relaxed and own.get("innodb_flush_log_at_trx_commit") == "1":
        found["innodb_flush_log_at_trx_commit"] = "2"
    if relaxed and log_binary and own.get("log_bin") == "ON":
        found["sync_binlog"] = "0"
    return found
