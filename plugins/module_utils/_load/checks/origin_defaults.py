# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties that a dump leaves to server defaults that differ from those of its origin: the collation of utf8mb4, and TIMESTAMP columns."""

from typing import Any, Dict, List, Optional, Tuple

from ..._dump.lexer import Dialect
from ..._dump.plan import Definition, LoadPlan, PlannedTable
from ..._dump.session_variables import SessionState
from ..._dump.tokens import option_value_at, tokens
from ..._finding import Finding
from ..._identifiers import name_text
from ..._server.account import ServerState
from ..._server.server_info import Version
from ..request import CollationDefault
from . import messages
from .subject import CheckSubject, known_by

_COLLATION = b"default_collation_for_utf8mb4"
_TIMESTAMP = b"explicit_defaults_for_timestamp"
# MySQL 8.0 release notes; MariaDB changed its default in 11.6.
_BEFORE_80, _SINCE_80 = "utf8mb4_general_ci", "utf8mb4_0900_ai_ci"
_SHOWN = 5


def default_for_utf8mb4(version: Version) -> Optional[str]:
    """The default collation of utf8mb4 in this version, None if it is not known."""
    if version.mariadb:
        return _BEFORE_80 if version.release < (11, 6) else None
    return _SINCE_80 if version.number >= 80000 else _BEFORE_80


def check_collations(subject: CheckSubject) -> List[Finding]:
    """Tables that name utf8mb4 without a collation get the collation that they had."""
    plan, origin = subject.known.plan, subject.known.origin
    names = _without_collation(plan, subject.server.version.number) if plan is not None else []
    new = _default_of_server(subject.server)
    old = default_for_utf8mb4(origin) if origin is not None else None
    # A server of 8.0 or later prints the collation, so a dump without it comes from an older one.
    if not names or new is None or new == old or (old is None and new == _BEFORE_80):
        return []
    about: Dict[str, Any] = {"count": len(names), "names": ", ".join(names[:_SHOWN]), "new": new}
    if old is None:
        unknown = messages.COLLATION_ORIGIN if subject.request.collation_default is CollationDefault.ORIGIN else messages.COLLATION_UNKNOWN
        return [unknown.found(**about)]
    about.update(old=old, origin=origin.series if origin is not None else "")
    if subject.request.collation_default is CollationDefault.ORIGIN:
        return [] if _may_choose_collation(subject.server) else [messages.COLLATION_LACKING.found(**about)]
    return [(messages.COLLATION_STRICT if subject.request.strict else messages.COLLATION_CHANGED).found(**about)]


def check_timestamps(subject: CheckSubject) -> List[Finding]:
    """TIMESTAMP columns are created as written."""
    if not _makes_timestamps(subject.server) or subject.known.plan is None or _chooses_timestamps(subject.server, subject.known.origin):
        return []
    names = [name_text(planned.name) for planned in subject.known.plan.tables if _has_bare_timestamp(planned)]
    if not names:
        return []
    kind = messages.TIMESTAMPS_STRICT if subject.request.strict else messages.TIMESTAMPS
    return [kind.found(count=len(names), names=", ".join(names[:_SHOWN]))]


def with_origin_defaults(plan: LoadPlan, server: ServerState, collation_default: CollationDefault) -> LoadPlan:
    """The plan with the defaults of its origin, as far as requested and as this account may set them for a session.

    ``explicit_defaults_for_timestamp`` is set to ON for a dump of 8.0 or later, which was written under ON.
    """
    origin = known_by(plan).origin
    old, new = default_for_utf8mb4(origin) if origin is not None else None, _default_of_server(server)
    if collation_default is CollationDefault.ORIGIN and old is not None and old != new and _may_choose_collation(server):
        plan = _under(plan, _COLLATION, old.encode("ascii"))
        if _lacks_collation(plan.database_options, server.version.number):
            plan = plan._replace(database_options=plan.database_options + b" COLLATE " + old.encode("ascii"))
    if _makes_timestamps(server) and _chooses_timestamps(server, origin):
        tables = tuple(_table_under(planned, _TIMESTAMP, b"1") if _has_bare_timestamp(planned) else planned for planned in plan.tables)
        plan = plan._replace(tables=tables)
    return plan


def _default_of_server(server: ServerState) -> Optional[str]:
    return server.variables.get(_COLLATION.decode("ascii")) or default_for_utf8mb4(server.version)


def _may_choose_collation(server: ServerState) -> bool:
    return _COLLATION.decode("ascii") in server.variables


def _without_collation(plan: LoadPlan, version: int) -> List[str]:
    """The tables, and the database, that name utf8mb4 without a collation."""
    found = ["the database"] if _lacks_collation(plan.database_options, version) else []
    for planned in plan.tables:
        table, create = planned.table, planned.create
        if table is None or create is None or create.session.get(_COLLATION) is not None:
            continue
        pairs = [(table.charset, table.collation)] + [(column.options.charset, column.options.collation) for column in table.columns]
        if any(charset is not None and charset.lower() == "utf8mb4" and collation is None for charset, collation in pairs):
            found.append(name_text(planned.name))
    return found


def _lacks_collation(options: bytes, version: int) -> bool:
    found = tokens(options, Dialect(version))
    words = [token.upper for token in found]
    if b"COLLATE" in words:
        return False
    for index, word in enumerate(words):
        at = index if word == b"CHARSET" else index + 1 if words[index : index + 2] == [b"CHARACTER", b"SET"] else -1
        value = option_value_at(found, at) if at >= 0 else len(found)
        if value < len(found) and found[value].value.lower() == b"utf8mb4":
            return True
    return False


def _under(plan: LoadPlan, name: bytes, value: bytes) -> LoadPlan:
    """The plan with a session variable set wherever the dump does not set it."""

    def moved(definitions: Tuple[Definition, ...]) -> Tuple[Definition, ...]:
        return tuple(definition._replace(session=_session_under(definition.session, name, value)) for definition in definitions)

    return plan._replace(
        tables=tuple(_table_under(planned, name, value) for planned in plan.tables),
        objects=moved(plan.objects),
        triggers=moved(plan.triggers),
        events=moved(plan.events),
        sessions=tuple(_session_under(session, name, value) for session in plan.sessions),
    )


def _table_under(planned: PlannedTable, name: bytes, value: bytes) -> PlannedTable:
    create = planned.create
    return planned if create is None else planned._replace(create=create._replace(session=_session_under(create.session, name, value)))


def _session_under(session: SessionState, name: bytes, value: bytes) -> SessionState:
    return session if session.get(name) is not None else session.with_variable(name, value)


def _makes_timestamps(server: ServerState) -> bool:
    """Whether the server gives TIMESTAMP columns implicit defaults (explicit_defaults_for_timestamp is OFF)."""
    return server.variables.get(_TIMESTAMP.decode("ascii")) == "OFF"


def _chooses_timestamps(server: ServerState, origin: Optional[Version]) -> bool:
    """Whether the dump was written under ON and this account may set it: on 5.6 nobody may (error 1238), on 5.7 accounts with SUPER (measured)."""
    written = origin is not None and not origin.mariadb and origin.number >= 80000
    return written and (server.version.number >= 80000 or server.version.number >= 50700 and server.may_set_global)


def _has_bare_timestamp(planned: PlannedTable) -> bool:
    create, table = planned.create, planned.table
    if create is None or table is None or create.session.get(_TIMESTAMP) is not None:
        return False
    return any(
        column.type == "TIMESTAMP" and (column.options.nullable is None or column.options.nullable is False and not column.options.default)
        for column in table.columns
    )
