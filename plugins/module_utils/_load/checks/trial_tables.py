# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the server create each table once as a temporary table, visible to nobody else, to report errors in its columns and keys.

Deferred keys are tried too, and the keys that foreign keys need. Not tried: foreign keys and partitions, which a temporary table cannot have.
"""

from contextlib import closing, contextmanager
from typing import FrozenSet, Iterator, List, Optional

from ..._dump.plan import PlannedTable
from ..._dump.session_variables import SessionState, statements_between
from ..._dump.temporary_copy import temporary_copies
from ..._finding import Finding
from ..._identifiers import OWN_PREFIX, is_system_schema, name_text, quote
from ..._server.account import ServerState
from ..._server.connection import LOST, Connection, ServerError, connect
from . import messages
from .accepted_forms import AcceptedForms
from .subject import CheckSubject

TRIAL_NAME = (OWN_PREFIX + "trial").encode("ascii")
# Errors in names, columns, defaults, expressions, keys and comments of a table.
REFUSED = frozenset(
    (1059, 1060, 1061, 1063, 1067, 1068, 1069, 1070, 1071, 1072, 1073, 1074, 1075, 1089, 1097, 1101, 1103, 1113, 1117, 1118, 1121, 1128, 1163, 1164, 1166)
    + (1170, 1171, 1178, 1214, 1221, 1252, 1280, 1283, 1291, 1293, 1294, 1367, 1391, 1425, 1426, 1427, 1439, 1464, 1628, 1629, 1683, 1687, 1688, 1797)
    + (1818, 3102, 3103, 3104, 3106, 3107, 3109, 3152, 3505, 3522, 3548, 3728, 3753, 3754, 3756, 3757, 3758, 3980, 3981, 4028, 4088)
    + (*range(3760, 3775), *range(3810, 3824))
)
# Of an engine other than InnoDB: a key on a virtual column.
_OF_OTHER_ENGINES = frozenset((1478,))
# ARCHIVE gives no reason.
_OF_ARCHIVE, _ARCHIVE_KEY = 1030, "ARCHIVE accepts only a key of one AUTO_INCREMENT column"
# A temporary table costs 1 ms from 5.7 on, and 17 ms on 5.6, where it is a file (measured).
MOST_TABLES, _MOST_FILES = 1000, 100
_SHOWN = 10


def check_definitions(subject: CheckSubject) -> List[Finding]:
    """The server accepts the columns and keys of the first 1000 tables that differ in more than their names (5.6: 100)."""
    plan, server = subject.known.plan, subject.server
    tables = [planned for planned in plan.tables if planned.dumped is not None and planned.table is not None] if plan is not None else []
    if not tables or not may_try(server):
        return []
    found: List[Finding] = []
    with trial_connection(subject) as connection:
        if connection is None:
            return []
        session, accepted, left = TrialSession(connection), AcceptedForms(), MOST_TABLES if server.version.number >= 50700 else _MOST_FILES
        for planned in tables:
            create = planned.dumped
            if create is not None and create in accepted:
                continue
            left -= 1
            if left < 0 or create is None or not session.switch(create.session):
                break
            error = _refusal(subject, connection, planned)
            if error is None:
                accepted.add(create)
            else:
                message = _ARCHIVE_KEY if error.code == _OF_ARCHIVE else error.message.replace(name_text(TRIAL_NAME), name_text(create.name))
                found.append(messages.DEFINITION.found(str(create.place), table=name_text(planned.name), code=error.code, message=message))
    return found[:_SHOWN]


def may_try(server: ServerState) -> bool:
    """Whether temporary tables stay out of the binary log: 8.0 and later do not write them to a row-based one."""
    if server.version.mariadb:
        return False
    row_based = server.version.number >= 80000 and server.variables.get("binlog_format", "ROW").upper() == "ROW"
    return not server.binlog_on or server.may_choose_binlog or row_based


@contextmanager
def trial_connection(subject: CheckSubject) -> Iterator[Optional[Connection]]:
    """A connection for temporary tables, which vanish with it; None if this account cannot create them in any database."""
    with closing(connect(subject.request.login)) as connection:
        if subject.server.binlog_on and subject.server.may_choose_binlog:
            connection.run("SET SESSION sql_log_bin = 0")
        yield connection if _use_database(subject, connection) else None


def _use_database(subject: CheckSubject, connection: Connection) -> bool:
    """Choose a database in which this account may create temporary tables, the target if it exists."""
    names = [str(row[0]) for row in connection.rows("SHOW DATABASES") if str(row[0]).lower() not in ("information_schema", "performance_schema")]
    for name in sorted(names, key=lambda name: (name != subject.request.target, is_system_schema(name), name != "mysql")):
        if subject.server.grants.has("CREATE TEMPORARY TABLES", name):
            try:
                connection.use(name.encode("utf-8"))
                return True
            except ServerError as error:
                if error.code in LOST:
                    raise
    return False


class TrialSession:
    """The session variables of a connection for temporary tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._current = SessionState()

    def switch(self, wanted: SessionState) -> bool:
        """Set the session variables of a statement. Returns whether the server accepted them; the syntax check reports why not."""
        before, self._current = self._current, wanted
        return self._connection.refusal(*statements_between(before, wanted)) is None


def _refusal(subject: CheckSubject, connection: Connection, planned: PlannedTable) -> Optional[ServerError]:
    create, table = planned.dumped, planned.table
    if create is None or table is None:
        return None
    dialect, engine = create.session.dialect(subject.server.version.number), default_engine(create.session, subject.server)
    copies = [temporary_copies(create.text, dialect, TRIAL_NAME, engine, special_keys=special) for special in (True, False)]
    refused = REFUSED | (_OF_OTHER_ENGINES if table.engine.upper() != "INNODB" else set())
    refused |= {_OF_ARCHIVE} if table.engine.upper() == "ARCHIVE" and table.keys else set()
    return _refusal_of_all(connection, copies[0], refused) or _refusal_of_all(connection, copies[1], refused)


def default_engine(session: SessionState, server: ServerState) -> bytes:
    """The engine of a table whose definition names none."""
    return (session.default_engine or server.variables.get("default_storage_engine", "InnoDB")).encode("utf-8")


def _refusal_of_all(connection: Connection, copies: List[bytes], refused: FrozenSet[int]) -> Optional[ServerError]:
    """The error of the last copy, if the server refuses all copies of a table with one of these errors."""
    refusal = None
    for statement in copies:
        refusal = connection.refusal(statement)
        if refusal is None:
            connection.run(b"DROP TEMPORARY TABLE " + quote(TRIAL_NAME))
        if refusal is None or refusal.code not in refused:
            return None
    return refusal
