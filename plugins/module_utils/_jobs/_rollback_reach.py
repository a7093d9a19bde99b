# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a rollback undoes everything that the statements of a SQL file change."""

import re
from typing import Dict, FrozenSet, Iterable, List, Set, Tuple

from .._dump.lexer import Dialect, UnclearText
from .._dump.session_variables import assignments
from .._dump.statement_splitter import Statement
from .._dump.tokens import tokens
from .._server.account import ServerState
from .._server.connection import Connection
from .._server.existing import program_texts

_CHANGES_ROWS = re.compile(rb"(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
_READS = re.compile(rb"(?:SELECT|WITH|SET)\b", re.IGNORECASE)
_FILES = frozenset((b"OUTFILE", b"DUMPFILE"))
_WORD = re.compile(r"[\w$]+")


class KnownDatabases:
    """The databases of a server, found in texts in any case, as a server with lower_case_table_names = 1 does."""

    def __init__(self, names: Iterable[str]) -> None:
        self._known: Dict[str, List[str]] = {}
        for name in names:
            self._known.setdefault(name.casefold(), []).append(name)
        # What needs quotes cannot be found as a word.
        self._quoted = [name for name in self._known if not _WORD.fullmatch(name)]

    def in_text(self, text: str) -> Set[str]:
        """The databases that ``text`` may name: also inside strings and comments, or as the name of something else."""
        lower = text.casefold()
        found = {name for word in set(_WORD.findall(lower)) for name in self._known.get(word, ())}
        for name in self._quoted:
            if any(form in lower for form in (name, name.replace("`", "``"), name.replace('"', '""'))):
                found.update(self._known[name])
        return found

    def spelled(self, name: str) -> Set[str]:
        """The databases of this name in any case."""
        return set(self._known.get(name.casefold(), (name,)))


def rolls_back(connection: Connection, state: ServerState, database: str, statements: Iterable[Tuple[Statement, Dialect]]) -> bool:
    """Whether a rollback certainly undoes everything that the statements change if ``database`` is the default one, as the server is now.

    A table of another engine than InnoDB may be changed by a view, trigger or function too.
    """
    names = KnownDatabases(str(name) for (name,) in connection.rows("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"))
    found, mentioned = True, names.spelled(database)
    for statement, dialect in statements:
        # To the last one, because a later one may be a reason to refuse the file.
        found = can_roll_back(statement.text, dialect) and found
        # Literal rows name nothing.
        text = statement.text if statement.rows is None else statement.text[: statement.rows.body]
        mentioned |= names.in_text(text.decode("utf-8", "replace"))
    return found and not _reaches(connection, state, mentioned, names)


def can_roll_back(text: bytes, dialect: Dialect) -> bool:
    """Whether the statement itself can certainly be rolled back, and changes nothing of the session but user variables."""
    # What is behind /*! may be anything.
    if b"/*" in text:
        return False
    if not _READS.match(text):
        return _CHANGES_ROWS.match(text) is not None
    try:
        found = tokens(text, dialect)
    except UnclearText:
        return False
    if found[0].upper == b"SET":
        return all(change.scope == "user" for change in assignments(found))
    return not any(token.upper in _FILES for token in found)


def _reaches(connection: Connection, state: ServerState, databases: Iterable[str], names: KnownDatabases) -> bool:
    """Whether statements that name ``databases`` may change a table that cannot be rolled back."""
    lasting = _with_other_engines(connection)
    # Other accounts may have tables that this one does not see.
    sees_all = state.grants.has("SELECT")
    seen: Set[str] = set()
    waiting = set(databases)
    while waiting:
        if not lasting.isdisjoint(name.casefold() for name in waiting):
            return True
        seen |= waiting
        named: Set[str] = set()
        for program in (each for name in sorted(waiting) for each in program_texts(connection, name)):
            if program.text is None or not sees_all and program.as_definer and program.definer != state.account:
                return True
            named |= names.in_text(program.text)
        waiting = named - seen
    return False


def _with_other_engines(connection: Connection) -> FrozenSet[str]:
    """The databases with tables of another engine than InnoDB, in lower case."""
    sql = "SELECT DISTINCT TABLE_SCHEMA FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND NOT ENGINE <=> 'InnoDB'"
    return frozenset(str(name).casefold() for (name,) in connection.rows(sql))
