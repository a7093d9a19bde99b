# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the account has the rights that the load needs: privileges, definers, read_only."""

from typing import Dict, List, Set

from ..._dump.classify import StatementKind
from ..._dump.plan import Definition
from ..._dump.stored_objects import is_declared_safe
from ..._dump.tokens import tokens
from ..._finding import Finding
from ..._identifiers import name_text
from ..._server.account import accounts_of
from ..request import BinlogChoice, LedgerPolicy
from . import messages
from .subject import CheckSubject

_ALWAYS_NEEDED = frozenset(("CREATE", "DROP", "ALTER", "INDEX", "INSERT", "SELECT"))
_SHOWN = 5
_NEEDED_FOR = {
    StatementKind.VIEW: "CREATE VIEW",
    StatementKind.TRIGGER: "TRIGGER",
    StatementKind.EVENT: "EVENT",
    StatementKind.ROUTINE: "CREATE ROUTINE",
}


def check_privileges(subject: CheckSubject) -> List[Finding]:
    """The account has the privileges that the options and the objects of the dump need."""
    request, server = subject.request, subject.server
    wanted: Set[str] = set(_ALWAYS_NEEDED)
    wanted.update(_NEEDED_FOR[definition.kind] for definition in subject.programs if definition.kind in _NEEDED_FOR)
    missing = sorted(privilege for privilege in wanted if not server.grants.has(privilege, request.target))
    found = []
    if missing:
        found.append(messages.PRIVILEGES.found(account=server.account, privileges=", ".join(missing), database=request.target))
    if request.binlog is BinlogChoice.OFF and server.binlog_on and not server.may_choose_binlog:
        privilege = "SUPER" if server.version.number < 80000 else "SESSION_VARIABLES_ADMIN"
        found.append(messages.BINLOG_PRIVILEGE.found(account=server.account, privilege=privilege))
    # The server checks whether its binary log is on, not whether this session writes to it.
    if server.binlog_on and not server.creates_functions and any(made.kind is StatementKind.TRIGGER or made.what == "FUNCTION" for made in subject.programs):
        found.append(messages.FUNCTION_CREATORS.found())
    if server.binlog_on and server.variables.get("log_bin_trust_function_creators") != "ON":
        found += _undeclared_functions(subject)
    return found


def _undeclared_functions(subject: CheckSubject) -> List[Finding]:
    version = subject.server.version.number
    functions = [made for made in subject.programs if made.what == "FUNCTION"]
    names = [name_text(made.name) for made in functions if not is_declared_safe(tokens(made.text, made.session.dialect(version)))]
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return [messages.FUNCTION_UNDECLARED.found(names=shown)] if names else []


def check_ledger(subject: CheckSubject, ledger_database: str) -> List[Finding]:
    """The account may write a ledger in the target, and remove the ledger, if requested."""
    server, target = subject.server, subject.request.target
    missing = [name for name in ("DELETE", "UPDATE") if ledger_database == target and not server.grants.has(name, target)]
    if missing:
        return [messages.PRIVILEGES.found(account=server.account, privileges=", ".join(missing), database=target)]
    if subject.request.ledger is not LedgerPolicy.DROP or server.grants.has("DROP", ledger_database):
        return []
    return [messages.LEDGER_PRIVILEGE.found(account=server.account, database=ledger_database)]


def check_definers(subject: CheckSubject) -> List[Finding]:
    """The account may create objects with the dump's definers, and these have accounts. Without an account an object fails when used (error 1449)."""
    server = subject.server
    named: Dict[str, List[Definition]] = {}
    for definition in subject.programs:
        if definition.definer is not None:
            user, host = definition.definer
            named.setdefault("{0}@{1}".format(name_text(user), name_text(host)), []).append(definition)
    others = sorted(account for account in named if account != server.account)
    if not others:
        return []
    if not (server.may_set("SET_USER_ID") or server.may_set("SET_ANY_DEFINER")):
        return [messages.DEFINER_PRIVILEGE.found(account=server.account, definers=", ".join(others[:5]))]
    accounts = accounts_of(subject.connection)
    unknown = [account for account in others if accounts is not None and account not in accounts]
    if unknown and server.version.number >= 80200 and not server.may_set("ALLOW_NONEXISTENT_DEFINER"):
        return [messages.DEFINER_UNKNOWN.found(definers=", ".join(unknown))]
    found = [messages.DEFINER_LOST.found(definer=account, count=len({(made.what, made.name) for made in named[account]})) for account in unknown]
    protected = [account for account in others if account not in unknown]
    if protected and not server.is_system_user:
        found.append(messages.DEFINER_PROTECTED.found(account=server.account, definers=", ".join(protected[:_SHOWN])))
    return found


def check_read_only(subject: CheckSubject) -> List[Finding]:
    """The server accepts writes from this account."""
    server = subject.server
    on = {name for name in ("super_read_only", "read_only", "transaction_read_only", "tx_read_only") if server.variables.get(name, "OFF").upper() == "ON"}
    found = []
    exempt = server.grants.has("SUPER") or (server.version.number >= 80000 and server.grants.has("CONNECTION_ADMIN"))
    if "super_read_only" in on or ("read_only" in on and not exempt):
        found.append(messages.READ_ONLY.found(account=server.account, setting="super_read_only" if "super_read_only" in on else "read_only"))
    elif "read_only" in on:
        found.append(messages.READ_ONLY_PASSED.found(account=server.account))
    # 5.7 has both names of this variable.
    transactions = sorted(on & {"transaction_read_only", "tx_read_only"})[:1]
    return found + [messages.TRANSACTION_READ_ONLY.found(setting=name) for name in transactions]
