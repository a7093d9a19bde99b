# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a load stands on before it looks at its dump: the lock of its database, the server as it is, its ledger."""

import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._server.account import ServerState, server_state
from .._server.connection import Connection, ServerError
from .._server.existing import Inventory, existing_in
from .ledger import DEFAULT_DATABASE, Ledger, LedgerEntry
from .request import ImportRequest
from .resume import identity

_SECONDS_A_LOOK = 3
_LEDGER_PRIVILEGES = ("CREATE", "INSERT", "SELECT", "DELETE", "UPDATE")


class LoadContext(NamedTuple):
    """``control`` holds the lock and writes the ledger; rows and objects have connections of their own.

    ``log_binary``: the load is written to the binary log, where there is one. ``files`` is what the ledger notes of the
    request's files. ``warnings`` are about what was chosen here.
    """

    request: ImportRequest
    control: Connection
    server: ServerState
    log_binary: bool
    ledger: Ledger
    entry: Optional[LedgerEntry]
    files: List[Dict[str, Any]]
    warnings: Tuple[str, ...]

    def existing(self) -> Inventory:
        """What the target holds now, beside the ledger."""
        return existing_in(self.control, self.request.target, self.ledger.tables)

    def drop_ledger(self) -> None:
        """Forget the target."""
        with self.ledger.alone(self.request.login):
            self.ledger.remove(self.control)


def open_context(request: ImportRequest, control: Connection) -> LoadContext:
    """Lock the target's name and choose. Raises a Failure where another import has it."""
    _take_lock(request, control)
    server = server_state(control)
    log_binary, warnings = _choose_binlog(request, control, server)
    ledger, entry, more = _choose_ledger(request, control, server)
    then = entry.files if entry is not None else []
    files = [identity(file, then[index] if index < len(then) else None) for index, file in enumerate(request.files)]
    return LoadContext(request, control, server, log_binary, ledger, entry, files, tuple(warnings + more))


def close_context(request: ImportRequest, control: Connection) -> None:
    """Give the lock back, which the server would in its own time, and which the next import may come before. Never fails."""
    try:
        control.value("SELECT RELEASE_LOCK(%s)", (_lock_of(request),))
    except ServerError:
        pass


def _lock_of(request: ImportRequest) -> str:
    return Ledger.lock_of(request.target.encode("utf-8"))


def _take_lock(request: ImportRequest, control: Connection) -> None:
    name = _lock_of(request)
    until = time.monotonic() + request.patience
    while control.value("SELECT GET_LOCK(%s, %s)", (name, min(_SECONDS_A_LOOK, request.patience))) != 1:
        request.progress.phase("waiting for another import")
        if time.monotonic() < until:
            continue
        raise Failure(
            "Another import of the database {0} is running".format(request.target),
            "server {0}, connection {1}".format(request.login.address, control.value("SELECT IS_USED_LOCK(%s)", (name,))),
            "Wait for it to end.",
        )
    control.run("SET SESSION wait_timeout = 86400, net_read_timeout = 3600, net_write_timeout = 3600")


def _choose_binlog(request: ImportRequest, control: Connection, server: ServerState) -> Tuple[bool, List[str]]:
    may = server.may_choose_binlog
    if request.binlog == "on" or not may:
        if request.binlog is None and server.variables.get("log_bin") == "ON":
            return True, ["this account may not turn the binary log off: the load is written to it and reaches replicas"]
        return True, []
    control.run("SET SESSION sql_log_bin = 0")
    return False, []


def _choose_ledger(request: ImportRequest, control: Connection, server: ServerState) -> Tuple[Ledger, Optional[LedgerEntry], List[str]]:
    target = request.target
    names = [request.ledger_database] if request.ledger_database else [DEFAULT_DATABASE, target]
    ledgers = [Ledger(name, target) for name in names]
    for ledger in ledgers:
        entry = ledger.read(control)
        if entry is not None:
            return ledger, entry, []
    needed = _LEDGER_PRIVILEGES + (("DROP",) if request.ledger == "drop" else ())
    if len(ledgers) > 1 and not all(server.grants.has(privilege, DEFAULT_DATABASE) for privilege in needed):
        words = "this account may not make the database {0}: the ledger is kept in {1} itself, in tables named __apsaradb_*"
        return ledgers[1], None, [words.format(DEFAULT_DATABASE, target)]
    return ledgers[0], None, []
