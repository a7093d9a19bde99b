# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the reader of a dump is, and what it has found there: shared by all that reads statements."""

from typing import Dict, List, Optional

from .._identifiers import is_own, name_text
from .classify import ClassifiedStatement, StatementKind
from .database_options import DatabaseNames
from .lexer import Dialect
from .plan import Choices, Definition, DumpPosition, FileFacts
from .refusals import Refusals, position_of
from .rewrite import Policy, definer_of, rewrite
from .session_variables import SessionState
from .tokens import QualifiedName

# A server takes the rest of such a name for the name of a file (MySQL manual, "Mapping of Identifiers to File Names"): of another table.
_FILE_NAME = b"#mysql50#"
_OF_FILE = "names {0}, which is not the name of a table but of its file"
_NAME_IN_CHARSET = "names the table {0} in {1}: an import finds tables by their names in UTF-8 only; make the dump with --default-character-set=utf8mb4"
_OF_TABLES = (StatementKind.TABLE, StatementKind.ROWS)
_OWN = "names {0}, which is reserved for the ledger of this collection (leave such tables out with exclude_tables: __apsaradb_*)"


def reserved(name: bytes) -> Optional[str]:
    """Why no statement of a dump may contain this name, or None."""
    reason = _OWN if is_own(name) else _OF_FILE if name.startswith(_FILE_NAME) else None
    return reason.format(name_text(name)) if reason is not None else None


class ReaderState:
    """The current file and statement, the session state there, and the refusals, warnings and changes so far."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.database = DatabaseNames(choices.target, choices.source, choices.lower_case)
        self.refusals = Refusals(choices)
        self.warnings: List[str] = []
        self.rewritten: Dict[str, int] = {}
        self.files: List[FileFacts] = []
        # Session states in the order of their first appearance in the dump.
        self.sessions: Dict[SessionState, int] = {}
        self._plain_sessions: Dict[SessionState, SessionState] = {}
        # The current file, and its session state at the current statement.
        self.file_name = ""
        self.session = SessionState()
        self.dialect = Dialect(choices.server_version)

    def place(self, item: ClassifiedStatement) -> DumpPosition:
        """Where a statement of the current file is."""
        return position_of(item.statement, self.file_name)

    def refuse(self, item: ClassifiedStatement, reason: str) -> None:
        """Refuse ``item``, whatever the user allowed."""
        self.refusals.add(item, self.file_name, reason)

    def refuse_unless_allowed(self, item: ClassifiedStatement, reason: str) -> bool:
        """Refuse ``item`` unless the user allowed it. Returns whether it was refused."""
        return self.refusals.unless_allowed(item, self.file_name, reason)

    def outside(self, item: ClassifiedStatement) -> bool:
        """Refuse ``item`` if it names one of the loader's own tables, a table that has another name for the server, or, unless allowed, an object of
        another database. Returns whether it was refused."""
        for name in (item.name, item.on):
            reason = self._reserved(item, name) if name is not None and self.choices.selects(name.name) else None
            if reason is not None:
                self.refuse(item, reason)
                return True
            if name is not None and name.schema is not None and not self.database.has(name.schema):
                if self.refuse_unless_allowed(item, "concerns the database {0}".format(name_text(name.schema))):
                    return True
        return False

    def _reserved(self, item: ClassifiedStatement, name: QualifiedName) -> Optional[str]:
        """Why no dump may use this name, or None. A drop of it does not run."""
        reason = reserved(name.name)
        if reason is not None:
            return reason
        of_table = name is item.on or item.kind in _OF_TABLES
        if of_table and any(byte > 127 for byte in name.name) and not self.session.charset.startswith(("utf8", "binary")):
            return _NAME_IN_CHARSET.format(name_text(name.name), self.session.charset)
        return None

    def definition(self, item: ClassifiedStatement, name: bytes, what: str) -> Definition:
        """The definition that ``item`` contains, rewritten for the target; changes are counted, and notes become warnings."""
        made = rewrite(item.statement.text, self.dialect, self.renaming(self.choices.policy), what)
        for change in made.changed:
            self.count(change)
        place = self.place(item)
        self.warnings.extend("{0} ({1} {2}, {3})".format(note, what, name_text(name), place) for note in made.notes)
        definer, on = definer_of(made.text, self.dialect) if what != "table" else None, self.own_table(item.on)
        return Definition(item.kind, name, made.text, self.plain_session, place, item.verb.split()[-1], on, definer, self.choices.triggers_in_any_case)

    def own_table(self, name: Optional[QualifiedName]) -> Optional[bytes]:
        """A table of the dump's database, spelled as the server stores it; None for one of another database."""
        return self.database.stored(name.name) if name is not None and (name.schema is None or self.database.has(name.schema)) else None

    def renaming(self, policy: Policy) -> Policy:
        """This policy, extended so that names of the dump's database become names of the target."""
        return policy._replace(source=self.database.source, target=self.choices.target, any_case=self.choices.lower_case)

    @property
    def plain_session(self) -> SessionState:
        """The session state without the values saved in user variables. Equal states share one object, because each table has one."""
        plain = self.session.plain
        return self._plain_sessions.setdefault(plain, plain)

    def session_number(self) -> int:
        """The number of the current session state."""
        return self.sessions.setdefault(self.plain_session, len(self.sessions))

    def count(self, change: str) -> None:
        """Count a change of the dump."""
        self.rewritten[change] = self.rewritten.get(change, 0) + 1
