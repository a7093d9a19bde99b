# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the statements of a dump into an ordered plan, so that everything a load will do is known before it writes anything."""

import re
from typing import BinaryIO, Callable, Dict, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._identifiers import is_own, is_system_schema, name_text
from .barrier_texts import BarrierTexts
from .changed_tables import ChangedTables
from .chunks import ChunkBuilder, InsertContext
from .classify import ClassifiedStatement, StatementKind, classify
from .client_stops import GONE, TWICE, EarlyUses, error_of_create, error_of_drop, says_if_exists, tables_used
from .database_options import DatabaseNames, collation_of_database, options_of_database
from .exact_forms import RocksdbProbe
from .foreign_keys import foreign_keys_of
from .gtid_statements import GtidStatements
from .header import database_of, facts_of
from .lexer import Dialect, Token
from .locked_tables import LockedTables, tables_named
from .open_transaction import OpenTransaction
from .plan import BarrierText, Choices, Definition, DumpPosition, FileFacts, LoadPlan
from .refusals import Refusals, position_of
from .renames import Renames, names_in_list, table_rename_of
from .repeated_tables import RepeatedTables, form_of
from .rewrite import Policy, definer_of, edited, edits_of_others, edits_without_database, rewrite
from .row_change import changes_keys_only, row_change
from .row_shapes import shape_of
from .scope import outside_target, schemas_named, session_outside_target, table_outside_target
from .session_variables import DATABASE_COLLATION, DEFAULT_CHARSET, SessionState, apply, without_idle_modes
from .sql_functions import asks_for_database
from .statements import Splitter, Statement
from .steps import Barrier, Step, Steps, digest_of
from .stored_objects import StoredObjects
from .table_definition import TableDefinition, parse_table
from .table_history import TableHistory
from .table_rewrite import Edit
from .tokens import QualifiedName, tables_read, tokens
from .trigger_firings import TriggerFirings

_WHAT = {StatementKind.VIEW: "view", StatementKind.TRIGGER: "trigger", StatementKind.ROUTINE: "routine", StatementKind.EVENT: "event"}
# Character sets whose second bytes include the backslash: the end of a quote is not certain without decoding (MySQL manual, "gbk").
_AMBIGUOUS = frozenset(("big5", "cp932", "gbk", "gb18030", "sjis"))
_HALF_A_CHARACTER = re.compile(rb"[\x80-\xff]\\")
_CHANGE_KEYS = ("ALTER TABLE", "CREATE INDEX", "DROP INDEX")
_STORED = (" VIEW", " PROCEDURE", " FUNCTION", " EVENT", " TRIGGER", " LIBRARY")
_OWN = "names {0}, which is reserved for the ledger of this collection (leave such tables out with exclude_tables: __apsaradb_*)"
_NOT_SAVED = "sets {0} to a saved value that this file has not saved: the mysql client would fail here with error 1231"
_NOT_COMMITTED = "{0} ends in a transaction without COMMIT: the import keeps its changes, the mysql client would lose those from here on ({1})"
# Older servers cannot move a foreign key to another database.
_MOVES_FOREIGN_KEYS = 50700
# A dump may name its database before the first statement of these kinds.
_CONTENT = frozenset(
    (
        StatementKind.TABLE, StatementKind.ROWS, StatementKind.VIEW, StatementKind.TRIGGER, StatementKind.ROUTINE, StatementKind.EVENT,
        StatementKind.DROP_TABLE, StatementKind.DROP_VIEW, StatementKind.DROP_TRIGGER, StatementKind.DROP_ROUTINE, StatementKind.DROP_EVENT,
        StatementKind.HISTOGRAM, StatementKind.OTHER,
    )
)  # fmt: skip
_ONE_DATABASE = "use one file for each database: dump each database without --databases, or split the file at its USE statements"
# Statements that do not change the columns of any table.
_KEEP_TABLES = frozenset(("INSERT", "REPLACE", "UPDATE", "DELETE", "TRUNCATE", "ANALYZE", "OPTIMIZE", "CHECK", "SELECT", "DO"))


class DumpSource(NamedTuple):
    """One file of a backup: its name for messages and its uncompressed bytes."""

    name: str
    stream: BinaryIO


class Planner:
    """Makes the plan for one database. Call :meth:`read` for each file in order, then :meth:`plan`.

    Statements that may not run are collected, so that a single Failure names them all.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._database = DatabaseNames(choices.target, choices.source, choices.lower_case)
        self._database_options = b""
        self._refusals = Refusals(choices)
        self._warnings: List[str] = []
        self._rewritten: Dict[str, int] = {}
        self._files: List[FileFacts] = []
        self._gtid = GtidStatements()
        # Session states and tables, in the order of their first appearance in the dump.
        self._sessions: Dict[SessionState, int] = {}
        self._plain_sessions: Dict[SessionState, SessionState] = {}
        self._tables: Dict[bytes, TableHistory] = {}
        # The first spelling of a table name in the dump, by the name as stored by the server.
        self._spellings: Dict[bytes, bytes] = {}
        self._objects = StoredObjects()
        self._firings = TriggerFirings(choices.server_version)
        # Tables that have rows. A view must not have the name of one.
        self._views: Dict[bytes, Tuple[ClassifiedStatement, str]] = {}
        # DROP TABLE statements after a barrier that may have used the table: allowed only if they drop the placeholder of a view that follows.
        self._late_drops: Dict[bytes, Tuple[ClassifiedStatement, str]] = {}
        self._renames = Renames()
        self._changes = ChangedTables(choices)
        self._rocksdb = RocksdbProbe()
        # DROP DATABASE statements before the dump has named its database.
        self._database_drops: List[Tuple[ClassifiedStatement, str]] = []
        self._has_content = False
        self._repeated = RepeatedTables()
        self._early_uses = EarlyUses()
        self._steps = Steps()
        self._chunks = ChunkBuilder(self._steps, choices.batch_bytes)
        self._barriers = 0
        self._barrier_texts = BarrierTexts()
        # File and offset of the last statement that nobody can read with certainty.
        self._unclear_at = ("", -1)
        self._largest = 0
        self._largest_packet = 0
        self._statements = 0
        self._unstaged: Optional[str] = None
        # Those of a CREATE TABLE are then added again after a move.
        self._keys_lost = choices.server_version < _MOVES_FOREIGN_KEYS
        # The current file, and its session state at the current statement.
        self._file_name = ""
        self._session = SessionState()
        self._dialect = Dialect(choices.server_version)
        self._delimiter = b";"
        # A SET of the current file from a user variable that the file has not set. It is left out at the end of a file.
        self._unset: Optional[Tuple[ClassifiedStatement, str]] = None
        self._transaction = OpenTransaction()
        self._locked = LockedTables()
        # Tables in statements that are left out, as stored by the server.
        self._named: Dict[bytes, DumpPosition] = {}
        self._actions = self._actions_by_kind()

    def _actions_by_kind(self) -> Dict[StatementKind, Callable[[ClassifiedStatement], object]]:
        return {
            StatementKind.SESSION: self._set_variables,
            StatementKind.GTID_PURGED: self._strip_gtid,
            StatementKind.SQL_LOG_BIN: self._strip_gtid,
            StatementKind.DATABASE: self._create_database,
            StatementKind.USE: self._use,
            StatementKind.DATABASE_COLLATION: self._alter_database,
            StatementKind.TABLE: self._create_table,
            StatementKind.DROP_TABLE: self._drop_tables,
            StatementKind.ROWS: self._insert,
            StatementKind.HISTOGRAM: self._histogram,
            StatementKind.PREPARED: self._prepared,
            StatementKind.REPLICATION: self._replication,
            StatementKind.VIEW: self._create_object,
            StatementKind.DROP_VIEW: self._drop_object,
            StatementKind.TRIGGER: self._create_object,
            StatementKind.DROP_TRIGGER: self._drop_object,
            StatementKind.ROUTINE: self._create_object,
            StatementKind.DROP_ROUTINE: self._drop_object,
            StatementKind.EVENT: self._create_object,
            StatementKind.DROP_EVENT: self._drop_object,
            StatementKind.OTHER: self._other,
            StatementKind.FORBIDDEN: self._forbidden,
            StatementKind.UNCLEAR: self._unclear,
        }

    def read(self, source: DumpSource) -> None:
        """Read a file to its end. Raises a Failure if the file is empty or truncated."""
        self._file_name, self._session, self._dialect = source.name, SessionState(), SessionState().dialect(self.choices.server_version)
        self._unset, self._transaction, self._locked = None, OpenTransaction(), LockedTables()
        splitter = Splitter(source.stream, dollar_quotes=self.choices.server_version >= 90000)
        splitter.name, splitter.version, splitter.charset = source.name, self.choices.server_version, DEFAULT_CHARSET
        last: Optional[Statement] = None
        for statement in splitter:
            if last is None and self._database.source is None:
                self._database = self._database._replace(source=database_of(splitter.head))
            last = statement
            self._delimiter = splitter.delimiter
            before = self._session
            self._take(statement)
            if self._session is before:
                continue
            self._dialect = self._session.dialect(self.choices.server_version)
            splitter.backslash, splitter.ansi_quotes, splitter.charset = self._dialect.backslash, self._dialect.ansi_quotes, self._dialect.charset
        self._check_end(source.name, splitter, last)
        if self._transaction.first is not None:
            self._warnings.append(_NOT_COMMITTED.format(source.name, self._transaction.first))
        self._barrier_texts.end_file()
        facts = facts_of(source.name, splitter, last.end if last is not None else 0)
        self._files.append(facts._replace(unended=last.offset) if last is not None and splitter.open_at_end == "a statement" else facts)

    def _check_end(self, name: str, splitter: Splitter, last: Optional[Statement]) -> None:
        unclear = last is not None and splitter.open_at_end == "a statement" and self._unclear_at == (name, last.offset)
        if unclear or splitter.open_at_end not in (None, "a statement"):
            if self._dialect.charset in _AMBIGUOUS:
                # The end of a string is not certain, so this is said of the statement.
                self._refusals.raise_any()
            raise Failure(
                "The file ends in the middle of {0}: it is truncated".format(splitter.open_at_end),
                str(position_of(last, name)) if last is not None and last.end == splitter.size else "{0}, {1} bytes".format(name, splitter.size),
                "Get the backup again; nothing was written.",
            )
        if splitter.size == 0:
            raise Failure("The file is empty", name, "Get the backup again.")

    def plan(self) -> LoadPlan:
        """The plan. Raises a Failure that names every refused statement if there is one."""
        self._refuse_at_end()
        self._refusals.raise_any()
        placeholders: List[Definition] = []
        kept: List[TableHistory] = []
        for table in self._tables.values():
            if table.create is not None and not table.rows and self._objects.has_view(table.name):
                placeholders.append(table.create)
            elif not table.dropped:
                kept.append(table)
        for table in kept:
            table.compare_spelling(self._definition_named)
        sessions, lost = tuple(self._sessions), self.choices.server_version < _MOVES_FOREIGN_KEYS
        keys_needed = any(table.keys_at_once for table in kept) or any(_needs_keys(step, sessions) for step in self._steps)
        return LoadPlan(
            self._database.source,
            self._database_options,
            tuple(self._files),
            tuple(
                table.planned(self._database.stored(table.name), self.choices.defer_indexes, keys_needed=keys_needed, keys_lost=self._keys_lost)
                for table in kept
            ),
            self._steps.renumbered({table.number: number for number, table in enumerate(kept)}),
            sessions,
            self._objects.objects(placeholders, self._database),
            self._objects.triggers if self.choices.triggers == "after" else (),
            self._objects.events if self.choices.policy.events != "omit" else (),
            self._gtid.purged,
            dict(self._rewritten),
            tuple(self._warnings),
            self._largest,
            self._largest_packet,
            self._statements,
            self._unstaged or next((str(table.create.place) for table in kept if lost and table.keys_stay and table.create is not None), None),
            self._firings.fired,
            frozenset(self._renames.names),
            self._barrier_texts.kept,
            self._changed_tables(),
            tuple(self._named.items()),
        )

    def _definition_named(self, name: bytes) -> Optional[TableDefinition]:
        """The table of the dump that a foreign key refers to by this name."""
        table = self._tables.get(self._spellings.get(self._database.stored(name), name))
        return table.table if table is not None and not table.dropped else None

    def _changed_tables(self) -> Tuple[Tuple[bytes, DumpPosition], ...]:
        """Tables that the dump changes and does not create. A trigger on a table that has no rows in the dump changes it, too."""
        created = {self._database.stored(table.name) for table in self._tables.values() if table.create is not None and not table.dropped}
        triggers = self._objects.triggers if self.choices.triggers == "after" else ()
        known = created.union(self._database.stored(name) for name in self._tables)
        on_others = tuple((trigger.on, trigger.place) for trigger in triggers if trigger.on is not None and trigger.on not in known)
        return self._changes.of_others(created) + on_others

    def _refuse_at_end(self) -> None:
        """Refuse statements that only the whole dump shows to be wrong."""
        for item, file_name in self._database_drops:
            # mysqldump --add-drop-database writes this. It is left out, like DROP TABLE, because on_existing decides.
            if item.name is not None and self._database.is_source(item.name.name):
                self._count("drop_database")
            else:
                self._refusals.add(item, file_name, item.reason)
        for name, (item, file_name) in self._late_drops.items():
            if not self._objects.has_view(name):
                self._refusals.add(item, file_name, "drops a table that statements in between may have used")
        for item, file_name, reason in self._renames.conflicts(self._tables.values(), self._objects, self._database):
            self._refusals.unless_allowed(item, file_name, reason)
        for name, (item, file_name) in self._views.items():
            table = self._tables.get(name)
            if table is not None and table.create is not None and table.rows:
                self._refusals.unless_allowed(item, file_name, "has the name of a table with rows")

    def _take(self, statement: Statement) -> None:
        item = classify(statement, self._dialect)
        self._transaction.note(item, self._file_name)
        self._statements += 1
        self._largest = max(self._largest, len(statement.text))
        if item.kind is not StatementKind.ROWS:
            self._largest_packet = max(self._largest_packet, len(statement.text))
            self._chunks.close()
        if self._dialect.charset in _AMBIGUOUS and (item.kind in (StatementKind.ROWS, StatementKind.OTHER) or _HALF_A_CHARACTER.search(statement.text)):
            self._refuse(item, "is written in {0}, in which half a character may look like a backslash".format(self._session.charset))
            return
        if self._unset is not None and item.kind in _CONTENT:
            self._refuse(*self._unset)
            self._unset = None
        unlocked = self._locked.refusal(item, self._dialect, self._database)
        if unlocked is not None and (item.name is None or self.choices.selects(item.name.name)):
            self._refuse(item, unlocked)
            return
        for name in tables_named(item, self._dialect):
            if self.choices.selects(name):
                self._named.setdefault(self._database.stored(name), position_of(item.statement, self._file_name))
                self._note_use(self._database.stored(name), item)
        self._has_content = self._has_content or item.kind in _CONTENT and not item.verb.startswith(("SELECT ", "DO "))
        action = self._actions.get(item.kind)
        # Statements of the kinds NOTHING and HOUSEKEEPING are skipped.
        if action is not None:
            action(item)

    def _refuse(self, item: ClassifiedStatement, reason: str) -> None:
        self._refusals.add(item, self._file_name, reason)

    def _refused(self, item: ClassifiedStatement, reason: str) -> bool:
        """Refuse ``item`` unless the user allowed it. Returns whether it was refused."""
        return self._refusals.unless_allowed(item, self._file_name, reason)

    def _outside(self, item: ClassifiedStatement) -> bool:
        """Refuse ``item`` if it names one of the loader's own tables, or, unless allowed, an object of another database. Returns whether it was refused."""
        for name in (item.name, item.on):
            if name is not None and is_own(name.name) and self.choices.selects(name.name):
                self._refuse(item, _OWN.format(name_text(name.name)))
                return True
            if name is not None and name.schema is not None and not self._database.has(name.schema):
                if self._refused(item, "concerns the database {0}".format(name_text(name.schema))):
                    return True
        return False

    def _set_variables(self, item: ClassifiedStatement) -> None:
        for change in item.changes:
            if change.scope == "user":
                self._rocksdb.note(change)
        changed, reason, left_out, unset = apply(self._session, item.changes)
        if changed is None:
            self._refuse(item, reason)
            return
        for _each in range(left_out):
            self._count("session_variables")
        if unset:
            self._unset = (item, _NOT_SAVED.format(unset))
        outside = session_outside_target(changed)
        if outside is not None and self._refused(item, outside):
            return
        # Each routine, trigger and event of a 5.7 dump has an sql_mode that 8.0 does not know.
        known = without_idle_modes(changed) if self.choices.server_version >= 80000 else changed
        if known != changed:
            self._count("sql_mode")
        self._session = known

    def _strip_gtid(self, item: ClassifiedStatement) -> None:
        self._count(self._gtid.strip(item))

    def _use(self, item: ClassifiedStatement) -> bool:
        """Check that ``item`` names the database of the dump; the first database that the dump names is that database."""
        name = _lone_name(item)
        if not name:
            self._refuse(item, "names no database")
            return False
        if self._database.source is None and self._has_content and not self._database.is_target(name):
            self._refuse(item, "names the database {0} after statements for another one; {1}".format(name_text(name), _ONE_DATABASE))
            return False
        if is_system_schema(name_text(name)):
            self._refuse(item, "names {0}, a database of the server itself, which a backup does not restore".format(name_text(name)))
            return False
        if self._database.source is None:
            self._database = self._database._replace(source=name)
        if not self._database.has(name):
            self._refuse(item, "leaves the database {0}; {1}".format(name_text(self._database.source or b""), _ONE_DATABASE))
            return False
        return True

    def _create_database(self, item: ClassifiedStatement) -> None:
        if self._use(item):
            found = tokens(item.statement.text, self._dialect)
            self._database_options, stripped = options_of_database(found, strip_encryption=self.choices.policy.encryption == "strip")
            if stripped:
                self._count("encryption")

    def _alter_database(self, item: ClassifiedStatement) -> None:
        if not self._database.has(_lone_name(item)):
            self._refuse(item, "concerns another database")
            return
        self._session = self._session.with_variable(DATABASE_COLLATION, collation_of_database(tokens(item.statement.text, self._dialect)))

    def _unclear(self, item: ClassifiedStatement) -> None:
        self._unclear_at = (self._file_name, item.statement.offset)
        self._refuse(item, item.reason)

    def _forbidden(self, item: ClassifiedStatement) -> None:
        if item.verb == "DROP DATABASE" and not self._has_content:
            self._database_drops.append((item, self._file_name))
        elif item.verb == "DROP DATABASE":
            self._refuse(item, item.reason)
        elif not self._refused(item, item.reason):
            self._barrier(item)

    def _prepared(self, item: ClassifiedStatement) -> None:
        if self._rocksdb.skips(item.statement.text, self._dialect):
            self._count("rocksdb")
        else:
            # Neither its variables nor its name exist on the connection on which it would run.
            self._refuse(item, item.reason)

    def _replication(self, item: ClassifiedStatement) -> None:
        """Leave out what --master-data writes: the position of the source means nothing to the target."""
        if self.choices.allows(item):
            self._barrier(item)
        else:
            self._count("change_master")

    def _create_table(self, item: ClassifiedStatement) -> None:
        if self._outside(item):
            return
        if item.name is None:
            self._refuse(item, "names nothing")
            return
        name = item.name.name
        if not self.choices.selects(name):
            return
        found = self._definition_of_table(item, name)
        if found is None:
            return
        made, parsed = found
        table, view = self._table(name), self._objects.view(name)
        if view is not None and view.place.file == made.place.file and not self._says_if_not_exists(made):
            self._refuse_second(item, "table", made, view)
        if table.create is None or table.dropped:
            self._end_early_uses(name, item)
            checked = self._session.checks_foreign_keys and b"REFERENCES" in made.text.upper()
            for key in foreign_keys_of(made.text, self._dialect) if checked else ():
                if key.parent.name != name:
                    self._note_use(self._database.stored(key.parent.name), item)
            table.make(made, parsed, self._dialect, self._barriers)
        elif not self._says_if_not_exists(made):
            self._refuse_second(item, "table", made, table.create)

    def _end_early_uses(self, name: bytes, item: ClassifiedStatement) -> None:
        """``item`` creates a table or view: refuse what has used it before, or warn if the import does that later."""
        for use in self._early_uses.created(self._database.stored(name), self._file_name):
            reason = use.reason(name, item.statement.line, self.choices.server_version)
            if use.made_later:
                self._warnings.append("{0} {1} ({2})".format(use.item.verb, reason, position_of(use.item.statement, use.file_name)))
            elif not self._renames.concern(name, self._database):
                self._refusals.unless_allowed(use.item, use.file_name, reason)

    def _refuse_second(self, item: ClassifiedStatement, what: str, made: Definition, before: Definition) -> None:
        """Refuse the second CREATE of a name. The files of a pair may both have an object, for example a trigger: then it must be the same."""
        if before.place.file == made.place.file:
            place = "the {0} {1}".format(what, name_text(made.name)), before.place.line, error_of_create(made.what)
            self._refused(item, TWICE.format(*place))
        elif before.text != made.text:
            self._refused(item, "creates another {0} with the same name".format(what))

    def _definition_of_table(self, item: ClassifiedStatement, name: bytes) -> Optional[Tuple[Definition, Optional[TableDefinition]]]:
        """The definition of a table; None if the statement was refused."""
        text = item.statement.text
        form = form_of(text)
        known = self._repeated.get(form, self._dialect, self._database) if form is not None else None
        if known is not None:
            return Definition(item.kind, name, text, self._plain_session, position_of(item.statement, self._file_name), "TABLE"), known
        before = (len(self._warnings), sum(self._rewritten.values()))
        made = self._definition(item, name, "table")
        outside = table_outside_target(made.text, self._dialect, self._database)
        if outside is not None and self._refused(item, outside):
            return None
        if b"UNION" in made.text.upper():
            self._changes.note_table(tokens(made.text, self._dialect), made.place)
        parsed = parse_table(made.text, self._dialect)
        if form is not None and parsed is not None and outside is None and before == (len(self._warnings), sum(self._rewritten.values())):
            self._repeated.add(form, self._dialect, self._database, parsed, text)
        return made, parsed

    def _create_object(self, item: ClassifiedStatement) -> None:
        """Handle CREATE of a view, trigger, routine or event."""
        if self._outside(item):
            return
        if item.name is None:
            self._refuse(item, "names nothing")
            return
        if item.on is not None and not self.choices.selects(item.on.name):
            return
        what = _WHAT[item.kind]
        if (what == "trigger" and self.choices.triggers != "after") or (what == "event" and self.choices.policy.events == "omit"):
            self._count(what + "s_omitted")
            return
        if item.kind is StatementKind.VIEW:
            self._views[item.name.name] = (item, self._file_name)
        made = self._definition(item, item.name.name, what)
        before = self._objects.existing(made)
        if before is not None and self._says_if_not_exists(made):
            return
        if item.kind is StatementKind.VIEW and before is None:
            before = self._placeholder(made)
        elif before is not None and self._says_or_replace(made):
            before = None
        if before is not None and before.place.file == made.place.file:
            self._refuse_second(item, made.what.lower(), made, before)
        self._note_uses_of_object(item, made)
        self._objects.add(made)
        if item.kind is StatementKind.TRIGGER:
            self._firings.create(made)

    def _placeholder(self, view: Definition) -> Optional[Definition]:
        """The table that has the name of a view at this statement. The placeholders that mysqldump writes are dropped before it."""
        table = self._tables.get(self._spellings.get(self._database.stored(view.name), view.name))
        return table.create if table is not None and not table.dropped else None

    def _note_uses_of_object(self, item: ClassifiedStatement, made: Definition) -> None:
        if item.kind is StatementKind.TRIGGER and made.on is not None:
            self._note_use(made.on, item)
        elif item.kind is StatementKind.VIEW:
            self._end_early_uses(made.name, item)
            for name in tables_read(tokens(made.text, self._dialect), self.choices.target):
                if not self._objects.has_view(name):
                    self._note_use(self._database.stored(name), item)

    def _says_if_not_exists(self, made: Definition) -> bool:
        words = [token.upper for token in tokens(made.text, self._dialect)]
        at = words.index(made.what.encode("ascii"))
        return words[at + 1 : at + 4] == [b"IF", b"NOT", b"EXISTS"]

    def _says_or_replace(self, made: Definition) -> bool:
        return [token.upper for token in tokens(made.text, self._dialect)[1:3]] == [b"OR", b"REPLACE"]

    def _drop_object(self, item: ClassifiedStatement) -> None:
        """Handle DROP of a view, trigger, routine or event."""
        if self._outside(item):
            return
        if item.name is None:
            self._refuse(item, "names nothing")
            return
        found, what = tokens(item.statement.text, self._dialect), item.verb.split()[-1]
        for name in names_in_list(found, item.name):
            self._named.pop(self._database.stored(name.name), None)
            if not self._objects.drop(item.kind, what, name.name) and self._keeps(what) and not says_if_exists(found):
                self._refused(item, GONE.format("the {0} {1}".format(what.lower(), name_text(name.name)), error_of_drop(what)))
        if item.kind is StatementKind.DROP_TRIGGER:
            self._firings.drop(item.name.name)

    def _keeps(self, what: str) -> bool:
        """Whether the import creates all objects of this kind that the dump creates."""
        if what == "TRIGGER" and (self.choices.triggers != "after" or self.choices.tables or self.choices.exclude_tables):
            return False
        return what != "EVENT" or self.choices.policy.events != "omit"

    def _definition(self, item: ClassifiedStatement, name: bytes, what: str) -> Definition:
        made = rewrite(item.statement.text, self._dialect, self._renaming(self.choices.policy), what)
        for change in made.changed:
            self._count(change)
        place = position_of(item.statement, self._file_name)
        self._warnings.extend("{0} ({1} {2}, {3})".format(note, what, name_text(name), place) for note in made.notes)
        definer, on = definer_of(made.text, self._dialect) if what != "table" else None, self._own_table(item.on)
        return Definition(item.kind, name, made.text, self._plain_session, place, item.verb.split()[-1], on, definer)

    def _own_table(self, name: Optional[QualifiedName]) -> Optional[bytes]:
        return self._database.stored(name.name) if name is not None and (name.schema is None or self._database.has(name.schema)) else None

    def _renaming(self, policy: Policy) -> Policy:
        """This policy, extended so that names of the dump's database become names of the target."""
        return policy._replace(source=self._database.source, target=self.choices.target, any_case=self.choices.lower_case)

    def _drop_tables(self, item: ClassifiedStatement) -> None:
        """Skip DROP TABLE, because on_existing decides, unless a barrier created the table; then it keeps its position in the file order."""
        if self._outside(item):
            return
        if item.name is None:
            self._refuse(item, "names nothing")
            return
        found = tokens(item.statement.text, self._dialect)
        drop = table_rename_of(found)
        names = [name for name in drop.gone if self.choices.selects(name.name)]
        foreign = any(name.schema is not None and not self._database.has(name.schema) for name in names)
        if names and (drop.temporary or foreign or any(self._renames.concern(name.name, self._database) for name in names)):
            self._barrier(item._replace(kind=StatementKind.OTHER))
            return
        for name in names:
            self._drop_table(item, name.name, or_fails=not says_if_exists(found))

    def _drop_table(self, item: ClassifiedStatement, name: bytes, *, or_fails: bool) -> None:
        """Forget a table that the dump has created, as in concatenated dumps.

        Rows of a table that is created later are kept: data.sql may be the first of a pair of files.
        """
        table = self._tables.get(name)
        if table is None or table.create is None or table.dropped:
            if or_fails:
                self._refused(item, GONE.format("the table {0}".format(name_text(name)), error_of_drop("TABLE")))
            return
        self._named.pop(self._database.stored(name), None)
        if table.rows and table.create.place.file != self._file_name:
            if self._refused(item, "drops a table that an earlier file has filled: the files belong to different dumps, or are in the wrong order"):
                return
        if self._barriers > table.barriers_before and not self.choices.allows(item):
            self._late_drops[name] = (item, self._file_name)
        for trigger in self._firings.drop_table(self._database.stored(name)):
            self._objects.drop_trigger(trigger)
        self._steps.drop_rows(table.number)
        table.drop()

    def _insert(self, item: ClassifiedStatement) -> None:
        statement, name, rows = item.statement, item.name, item.statement.rows
        if name is None or rows is None or self._outside(item) or not self.choices.selects(name.name):
            self._chunks.close()
            return
        if name.schema is not None and not self._database.has(name.schema):
            # The user allowed another database.
            self._chunks.close()
            self._barrier(item)
            return
        stored = self._database.stored(name.name)
        table = self._table(self._spellings.get(stored, name.name))
        if table.dropped:
            table.make(None, None, self._dialect)
        if table.create is None:
            self._early_uses.note(stored, item, self._file_name)
        context = InsertContext(len(self._files), self._session, self._session_number(), self._delimiter, self._dialect.backslash)
        if self._chunks.tables_known:
            table.shapes.note(rows, context.session_number, self._file_name, statement.line)
        self._firings.write(stored, rows.verb, self._file_name)
        if rows.verb != b"INSERT":
            self._changes.note_rows(item, position_of(statement, self._file_name))
        if not self._chunks.add(statement, rows, table, context):
            self._largest_packet = max(self._largest_packet, len(statement.text))

    def _histogram(self, item: ClassifiedStatement) -> None:
        """Handle a histogram, which mysqldump 8.0 writes after the rows of a table, in each file that has a part of the table."""
        name = item.name
        if name is None or name.schema is not None or name.name not in self._tables:
            self._other(item._replace(kind=StatementKind.OTHER))
            return
        place = position_of(item.statement, self._file_name)
        made = Definition(item.kind, name.name, item.statement.text, self._plain_session, place, "HISTOGRAM")
        known = self._tables[name.name].histograms
        if made.text not in [other.text for other in known]:
            known.append(made)

    def _other(self, item: ClassifiedStatement) -> None:
        if item.verb == "DROP TABLE" and item.name is not None:
            self._drop_tables(item)
            return
        if item.verb.startswith("SELECT") and self._rocksdb.skips(item.statement.text, self._dialect):
            self._count("rocksdb")
            return
        if self._outside(item):
            return
        about_table = not item.verb.endswith(_STORED)
        if not about_table and self._refused(item, "changes an object that is created after all rows; change its CREATE statement instead"):
            return
        if item.name is None or not about_table or self.choices.selects(item.name.name):
            self._barrier(item)

    def _barrier(self, item: ClassifiedStatement) -> None:
        statement = item.statement
        found = tokens(statement.text, self._dialect)
        own = next((token.identifier for token in found if token.identifier is not None and is_own(token.identifier)), None)
        if own is not None:
            self._refuse(item, _OWN.format(name_text(own)))
            return
        reason = outside_target(item, found, self._database, self._spellings)
        if reason is not None and self._refused(item, reason):
            return
        self._barriers += 1
        self._renames.note(item, self._file_name, found, self._barriers, self._database)
        self._changes.note(item, found, position_of(statement, self._file_name))
        if item.verb.split(" ")[0] not in _KEEP_TABLES and not changes_keys_only(item, found):
            self._chunks.forget_tables()
        self._note_shape(item, found)
        self._note_early_uses(item, found)
        self._firings.write_any(found, self._database, self._file_name)
        edits = edits_without_database(found, self._database) if self._stays_in_its_tables(item, found) else None
        if edits is None:
            edits = edits_of_others(found, self._renaming(Policy()))
            self._unstaged = self._unstaged or str(position_of(statement, self._file_name))
        change = row_change(item, found, self._dialect, foreign_keys=self._session.checks_foreign_keys)
        stored = change if change.table is None else change._replace(table=self._database.stored(change.table))
        self._keep_text(item, edits)
        digest, session = digest_of(statement.text), self._session_number()
        self._steps.append(Barrier(len(self._files), statement.offset, statement.line, len(statement.text), digest, session, edits, stored))

    def _note_early_uses(self, item: ClassifiedStatement, found: List[Token]) -> None:
        for name in tables_used(item, found, self._database.source or self.choices.target):
            self._note_use(self._database.stored(name), item)

    def _note_use(self, name: bytes, item: ClassifiedStatement) -> None:
        """Note that ``item`` uses a table if nothing has created it."""
        table = self._tables.get(self._spellings.get(name, name))
        if (table is None or table.create is None or table.dropped) and not self._renames.concern(name, self._database):
            self._early_uses.note(name, item, self._file_name)

    def _keep_text(self, item: ClassifiedStatement, edits: Tuple[Edit, ...]) -> None:
        text, place = edited(item.statement.text, edits), position_of(item.statement, self._file_name)
        name = item.name.name if item.name is not None else b""
        made = Definition(item.kind, name, text, self._plain_session, place, item.verb, self._own_table(item.name))
        self._barrier_texts.add(BarrierText(made, self._chunks.tables_known))

    def _note_shape(self, item: ClassifiedStatement, found: List[Token]) -> None:
        table = self._tables.get(item.name.name) if item.name is not None and item.verb.startswith(("INSERT", "REPLACE")) else None
        if table is not None and not table.dropped and self._chunks.tables_known:
            shape = shape_of(found, self._session_number(), self._file_name, item.statement.line)
            if shape is not None:
                table.shapes.add(shape)

    def _stays_in_its_tables(self, item: ClassifiedStatement, found: List[Token]) -> bool:
        """Whether a barrier changes only rows or keys of tables of the dump's database, so that it has the same effect in a staging database."""
        if item.verb.split(" ")[0] not in _KEEP_TABLES and item.verb not in _CHANGE_KEYS:
            return False
        if self._keys_lost and any(token.upper == b"FOREIGN" for token in found):
            # The statement adds or drops one.
            self._keys_lost = False
            return False
        if asks_for_database(found):
            return False
        rename = table_rename_of(found)
        named = schemas_named(item, found, self._database, self._spellings)
        return not (rename.made or rename.gone) and all(self._database.has(name) for name in named)

    def _table(self, name: bytes) -> TableHistory:
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = TableHistory(name, len(self._tables))
            self._spellings.setdefault(self._database.stored(name), name)
        return table

    @property
    def _plain_session(self) -> SessionState:
        """The session state without the values saved in user variables. Equal states share one object, because each table has one."""
        plain = self._session.plain
        return self._plain_sessions.setdefault(plain, plain)

    def _session_number(self) -> int:
        return self._sessions.setdefault(self._plain_session, len(self._sessions))

    def _count(self, change: str) -> None:
        self._rewritten[change] = self._rewritten.get(change, 0) + 1


def _needs_keys(step: Step, sessions: Tuple[SessionState, ...]) -> bool:
    """Whether a step may have a different effect while keys are missing."""
    return isinstance(step, Barrier) or not step.exact and sessions[step.session].checks_foreign_keys


def _lone_name(item: ClassifiedStatement) -> bytes:
    """The name of a database; empty if there is none, or if it is a dotted pair."""
    return item.name.name if item.name is not None and item.name.schema is None else b""
