# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the server make the changes of ALTER TABLE, CREATE INDEX and DROP INDEX on temporary copies of the tables, because the dump makes them after rows.

Not tried: changes that a temporary table cannot have, and those after them; tables with foreign, fulltext or spatial keys, or with partitions.
"""

from typing import Dict, List, NamedTuple, Optional

from ..._dump.lexer import Token
from ..._dump.plan import Definition, PlannedTable
from ..._dump.row_change import ALTERATIONS
from ..._dump.session_variables import SessionState
from ..._dump.temporary_copy import temporary_copies
from ..._dump.tokens import name_at, tokens
from ..._finding import Finding
from ..._identifiers import name_text, quote
from ..._server.connection import Connection, ServerError
from . import messages
from .subject import CheckSubject
from .trial_tables import REFUSED, TRIAL_NAME, TrialSession, default_engine, may_try, trial_connection

# A column, key, character set, collation or engine does not exist.
_REFUSED_CHANGES = REFUSED | {1054, 1091, 1115, 1176, 1253, 1273, 1286}
_NOT_TRIED = frozenset(
    b"ALGORITHM CHECK COMPRESSION CONNECTION CONSTRAINT DIRECTORY DISCARD ENCRYPTION EXCHANGE FOREIGN FULLTEXT IMPORT KEY_BLOCK_SIZE LOCK PARTITION "
    b"PARTITIONING REFERENCES REMOVE ROW_FORMAT SECONDARY_ENGINE SPATIAL TABLESPACE UNION".split()
)
_DROP = b"DROP TEMPORARY TABLE IF EXISTS " + quote(TRIAL_NAME)
_MOST_TABLES, _SHOWN = 100, 10


class _RefusedChange(NamedTuple):
    statement: Definition
    error: ServerError


def check_changes(subject: CheckSubject) -> List[Finding]:
    """The server accepts the changes of the first 100 tables that the dump changes after it has created them."""
    plan = subject.known.plan
    changes: Dict[bytes, List[Definition]] = {}
    for barrier in plan.barriers if plan is not None and not subject.request.choices.allow else ():
        if barrier.definition.on is not None and barrier.definition.what.startswith(ALTERATIONS):
            changes.setdefault(barrier.definition.on, []).append(barrier.definition)
    tables = [planned for planned in plan.tables if planned.name in changes and _has_copy(planned)] if plan is not None else []
    if not tables or not may_try(subject.server):
        return []
    found: List[Finding] = []
    with trial_connection(subject) as connection:
        for planned in tables[:_MOST_TABLES] if connection is not None else ():
            refusal = _ChangedCopy(subject, connection).refusal(planned, changes[planned.name]) if connection is not None else None
            if refusal is not None:
                message = refusal.error.message.replace(name_text(TRIAL_NAME), name_text(planned.name))
                place = str(refusal.statement.place)
                found.append(messages.TABLE_CHANGE.found(place, table=name_text(planned.name), code=refusal.error.code, message=message))
    return found[:_SHOWN]


def _has_copy(planned: PlannedTable) -> bool:
    kinds = {key.kind for key in planned.table.keys} if planned.table is not None else {"foreign"}
    return planned.dumped is not None and planned.table is not None and not planned.table.partitioned and not kinds & {"foreign", "fulltext", "spatial"}


class _ChangedCopy:
    def __init__(self, subject: CheckSubject, connection: Connection) -> None:
        self._subject = subject
        self._connection = connection
        self._session = TrialSession(connection)

    def refusal(self, planned: PlannedTable, statements: List[Definition]) -> Optional[_RefusedChange]:
        """The first statement that the server refuses for all copies of the table."""
        create, refusal = planned.dumped, None
        if create is None:
            return None
        dialect = create.session.dialect(self._subject.server.version.number)
        try:
            for copy in temporary_copies(create.text, dialect, TRIAL_NAME, default_engine(create.session, self._subject.server)):
                if not self._session.switch(create.session) or self._connection.refusal(copy) is not None:
                    return None
                refusal = self._first(statements)
                if refusal is None:
                    return None
                self._connection.refusal(_DROP)
        finally:
            self._connection.refusal(_DROP)
            self._session.switch(SessionState())
        return refusal

    def _first(self, statements: List[Definition]) -> Optional[_RefusedChange]:
        for statement in statements:
            found = tokens(statement.text, statement.session.dialect(self._subject.server.version.number))
            text = on_copy(statement, found)
            if text is None or not self._session.switch(statement.session):
                return None
            error = self._connection.refusal(text)
            if error is not None:
                return _RefusedChange(statement, error) if error.code in _REFUSED_CHANGES else None
        return None


def on_copy(statement: Definition, found: List[Token]) -> Optional[bytes]:
    """The statement with the name of the copy; None if a temporary table cannot be changed in this way."""
    words = [token.upper if token.kind == "word" else b"" for token in found]
    renames = any(word == b"RENAME" and after not in (b"COLUMN", b"INDEX", b"KEY") for word, after in zip(words, words[1:]))
    at = next((index for index in range(1, len(found)) if words[index - 1] in (b"TABLE", b"ON")), len(found))
    name, after = name_at(found, at)
    if renames or _NOT_TRIED.intersection(words) or name is None or name.name != statement.name:
        return None
    return statement.text[: found[at].start] + quote(TRIAL_NAME) + statement.text[found[after - 1].end :]
