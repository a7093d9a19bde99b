# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The context of all phases of a load: the request, the server, the binary log choice, and the ledger with its entry."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._server.account import Grants, ServerState
from .._server.connection import Connection
from .._server.existing import Inventory, existing_in
from .binlog_choice import choose_binlog
from .checks.subject import CheckSubject, KnownDump
from .ledger import Ledger, LedgerEntry, find_entry, ledgers_of
from .request import ImportRequest, LedgerPolicy
from .resume import identities

_LEDGER_PRIVILEGES = ("CREATE", "INSERT", "SELECT", "DELETE", "UPDATE")


class LoadContext(NamedTuple):
    """``control`` holds the lock and writes the ledger; rows and objects use separate connections.

    ``log_binary``: the load is written to the binary log, if the server has one. ``files`` are the identities of the request's files,
    for the ledger. ``warnings`` concern the choices made here.
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
        """The current contents of the target, without the ledger's tables."""
        return existing_in(self.control, self.request.target, self.ledger.tables)

    def subject(self, known: KnownDump) -> CheckSubject:
        """The subject of the checks."""
        return CheckSubject(self.request, known, self.server, self.control, self.log_binary)

    def drop_ledger(self) -> None:
        """Remove the entry of the target."""
        with self.ledger.alone(self.request.login):
            self.ledger.remove(self.control)


def open_context(request: ImportRequest, control: Connection) -> LoadContext:
    """Query the server and make the choices. ``control`` holds the lock of the target."""
    server = request.ask_server(control)
    log_binary, warnings = choose_binlog(request, control, server)
    ledger, entry, more = _choose_ledger(request, control, server)
    return LoadContext(request, control, server, log_binary, ledger, entry, identities(request.files, entry), tuple(warnings + more))


def _choose_ledger(request: ImportRequest, control: Connection, server: ServerState) -> Tuple[Ledger, Optional[LedgerEntry], List[str]]:
    """The ledger that has an entry for the target, otherwise the first one to which this account may write."""
    ledgers = ledgers_of(request.target, request.ledger_database)
    ledger, entry = find_entry(control, ledgers)
    if entry is not None or len(ledgers) == 1:
        return ledger, entry, []
    if _may_keep(server.grants, ledger.database, request.ledger):
        return ledger, None, []
    text = "this account cannot create the database {0}, so the ledger is kept in tables named __apsaradb_* in {1}"
    return ledgers[1], None, [text.format(ledger.database, request.target)]


def _may_keep(grants: Grants, database: str, policy: LedgerPolicy) -> bool:
    """Whether the account may create the ledger in ``database``, write to it, and remove it if ``policy`` asks for that."""
    needed = _LEDGER_PRIVILEGES + (("DROP",) if policy is LedgerPolicy.DROP else ())
    return all(grants.has(privilege, database) for privilege in needed)
