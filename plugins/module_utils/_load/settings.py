# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server variables a load changes, and gives back: noted in the ledger first, so that the next run can after a crash."""

from typing import Dict, List

from .._server.connection import Connection, ServerError
from .ledger import Ledger, retried


class BorrowedSettings:
    """Global variables set for the time of a load. Each is noted with its old value and the lock of who changed it."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger
        self._owner = Ledger.lock_of(ledger.target)

    def put_back_abandoned(self) -> List[str]:
        """Undo what imports that no longer run have left; returns the names."""
        found = []
        for name, value, owner in self._ledger.settings(self._connection):
            if owner == self._owner or not self._connection.value("SELECT IS_USED_LOCK(%s)", (owner,)):
                self._give_back(name, value)
                found.append(name)
        return found

    def borrow(self, name: str, value: str, old: str) -> bool:
        """Set a global variable until :meth:`give_back`; False where the server does not let us."""
        if old == value:
            return True
        noted = retried(lambda: self._ledger.note_setting(self._connection, name, old, self._owner), self._connection)
        try:
            self._connection.run("SET GLOBAL {0} = {1}".format(name, value))
        except ServerError:
            if noted:
                self._ledger.forget_setting(self._connection, name)
            return False
        return True

    def give_back(self) -> None:
        """Undo what this load changed, unless another one that runs has changed it before."""
        for name, value, owner in self._ledger.settings(self._connection):
            if owner == self._owner:
                self._give_back(name, value)

    def _give_back(self, name: str, value: str) -> None:
        self._connection.run("SET GLOBAL {0} = {1}".format(name, value))
        retried(lambda: self._ledger.forget_setting(self._connection, name), self._connection)


def wanted(variables: Dict[str, str], bytes_to_load: int, fast_lane: bool, relaxed: bool, log_binary: bool) -> Dict[str, str]:
    """What a load of this size gains from. The redo log of 100 MiB that 8.0.30 and later start with stalls a bulk load.

    With ``relaxed`` a commit waits for no disk: a crash of the host may undo the last ones, those of others on the server too.
    """
    found: Dict[str, str] = {}
    capacity = int(variables.get("innodb_redo_log_capacity", "0"))
    enough = min(4 << 30, max(1 << 30, bytes_to_load // 2))
    if capacity and capacity < enough and bytes_to_load > capacity // 4:
        found["innodb_redo_log_capacity"] = str(enough)
    if fast_lane and variables.get("local_infile") == "OFF":
        found["local_infile"] = "ON"
    if relaxed and variables.get("innodb_flush_log_at_trx_commit") == "1":
        found["innodb_flush_log_at_trx_commit"] = "2"
    if relaxed and log_binary and variables.get("log_bin") == "ON":
        found["sync_binlog"] = "0"
    return found
