# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the statements of a dump into an ordered plan, so that everything a load will do is known before it writes anything."""

import re
from typing import BinaryIO, Callable, Dict, List, NamedTuple, Optional, Set, Tuple

from .._failure import Failure
from .._identifiers import is_system_schema, name_text
from .barrier_statements import BarrierStatements
from .chunks import InsertContext
from .classify import ClassifiedStatement, StatementKind, classify
from .client_stops import GONE, REFERRED, TWICE, error_of_create, error_of_drop, says_if_exists, says_if_not_exists
from .database_options import change_of_database, options_of_database
from .dump_tables import DumpTables
from .exact_forms import RocksdbProbe
from .foreign_keys import foreign_keys_of
from .gtid_statements import GtidStatements
from .header import database_of, facts_of
from .locked_tables import LockedTables, tables_named
from .object_statements import ObjectStatements
from .open_transaction import OpenTransaction
from .plan import Choices, Definition, DumpPosition, LoadPlan
from .reader_state import ReaderState
from .refusals import position_of
from .renames import Renames, table_rename_of
from .repeated_tables import RepeatedTables, form_of
from .scope import session_outside_target, table_outside_target
from .session_variables import DATABASE_COLLATION, DEFAULT_CHARSET, SessionState, apply, without_idle_modes
from .statement_splitter import Splitter, Statement
from .steps import Barrier, Step
from .table_definition import TableDefinition, engine_named, has_foreign_keys, parse_table
from .table_history import TableHistory
from .tokens import tokens
from .trigger_firings import TriggerFirings

# Character sets whose second bytes include the backslash: the end of a quote is not certain without decoding (MySQL manual, "gbk").
_AMBIGUOUS = frozenset(("big5", "cp932", "gbk", "gb18030", "sjis"))
_HALF_A_CHARACTER = re.compile(rb"[\x80-\xff]\\")
_STORED = (" VIEW", " PROCEDURE", " FUNCTION", " EVENT", " TRIGGER", " LIBRARY")
_NOT_SAVED = "sets {0} to a saved value that this file has not saved: the mysql client would fail here with error 1231"
_OTHER_CASE = "drops {0}, which the dump creates as {1}: to this server they are one table (lower_case_table_names), but the import would keep it"
_NOT_COMMITTED = "{0} ends in a transaction without COMMIT: the import keeps its changes, the mysql client would lose those from here on ({1})"
_OTHER_OPTIONS = "the options of the database are those of {0}: it exists where a later statement names others ({1})"
_DATABASE_OPTION = "changes {0} of the database, which the import does not alter"
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


class DumpSource(NamedTuple):
    """One file of a backup: its name for messages and its uncompressed bytes."""

    name: str
    stream: BinaryIO


class Planner:
    """Makes the plan for one database. Call :meth:`read` for each file in order, then :meth:`plan`.

    Statements that are not allowed are collected, so that a single Failure names them all.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._reading = ReaderState(choices)
        self._renames = Renames()
        self._tables = DumpTables(self._reading, self._renames)
        self._firings = TriggerFirings(choices.server_version)
        keys_lost = choices.server_version < _MOVES_FOREIGN_KEYS
        self._barriers = BarrierStatements(self._reading, self._tables, self._renames, self._firings, keys_lost=keys_lost)
        self._object_statements = ObjectStatements(self._reading, self._tables, self._firings, self._barriers)
        self._objects = self._object_statements.objects
        self._steps, self._chunks, self._changes = self._barriers.steps, self._barriers.chunks, self._barriers.changes
        self._database_options = b""
        # Where the dump creates its database.
        self._database_created: Optional[DumpPosition] = None
        self._gtid = GtidStatements()
        # DROP TABLE statements after a barrier that may have used the table: allowed only if they drop the placeholder of a view that follows.
        self._late_drops: Dict[bytes, Tuple[ClassifiedStatement, str]] = {}
        # DROP TABLE statements that spell the table in another case than its CREATE TABLE, with both spellings.
        self._drops_in_other_case: List[Tuple[ClassifiedStatement, str, bytes, bytes]] = []
        self._rocksdb = RocksdbProbe()
        # DROP DATABASE statements before the dump has named its database.
        self._database_drops: List[Tuple[ClassifiedStatement, str]] = []
        self._has_content = False
        self._repeated = RepeatedTables()
        # File and offset of the last statement that nobody can read with certainty.
        self._unclear_at = ("", -1)
        self._largest = 0
        self._largest_packet = 0
        self._statements = 0
        self._delimiter = b";"
        # A SET of the current file from a user variable that the file has not set. It is left out at the end of a file.
        self._unset: Optional[Tuple[ClassifiedStatement, str]] = None
        self._transaction = OpenTransaction()
        self._locked = LockedTables()
        # Tables that the dump drops again, or creates once more with IF NOT EXISTS.
        self._unmade_tables: List[Definition] = []
        # Tables in statements that are left out, as stored by the server.
        self._named: Dict[bytes, DumpPosition] = {}
        # Tables that the patterns leave out, and placeholders of views.
        self._left_out: Set[bytes] = set()
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
            StatementKind.VIEW: self._object_statements.create,
            StatementKind.DROP_VIEW: self._drop_objects,
            StatementKind.TRIGGER: self._object_statements.create,
            StatementKind.DROP_TRIGGER: self._drop_objects,
            StatementKind.ROUTINE: self._object_statements.create,
            StatementKind.DROP_ROUTINE: self._drop_objects,
            StatementKind.EVENT: self._object_statements.create,
            StatementKind.DROP_EVENT: self._drop_objects,
            StatementKind.OTHER: self._other,
            StatementKind.FORBIDDEN: self._forbidden,
            StatementKind.UNCLEAR: self._unclear,
        }

    def read(self, source: DumpSource) -> None:
        """Read a file to its end. Raises a Failure if the file is empty or truncated."""
        self._reading.file_name, self._reading.session, self._reading.dialect = source.name, SessionState(), SessionState().dialect(self.choices.server_version)
        self._unset, self._transaction, self._locked = None, OpenTransaction(), LockedTables()
        splitter = Splitter(source.stream, dollar_quotes=self.choices.server_version >= 90000)
        splitter.name, splitter.version, splitter.charset = source.name, self.choices.server_version, DEFAULT_CHARSET
        last: Optional[Statement] = None
        for statement in splitter:
            if last is None and self._reading.database.source is None:
                self._reading.database = self._reading.database._replace(source=database_of(splitter.head))
            last = statement
            self._delimiter = splitter.delimiter
            before = self._reading.session
            self._take(statement)
            if self._reading.session is before:
                continue
            self._reading.dialect = self._reading.session.dialect(self.choices.server_version)
            splitter.backslash, splitter.ansi_quotes, splitter.charset = (
                self._reading.dialect.backslash,
                self._reading.dialect.ansi_quotes,
                self._reading.dialect.charset,
            )
        self._check_end(source.name, splitter, last)
        if self._transaction.first is not None:
            self._reading.warnings.append(_NOT_COMMITTED.format(source.name, self._transaction.first))
        self._barriers.texts.end_file()
        facts = facts_of(source.name, splitter, last.end if last is not None else 0)
        self._reading.files.append(facts._replace(unended=last.offset) if last is not None and splitter.open_at_end == "a statement" else facts)

    def _check_end(self, name: str, splitter: Splitter, last: Optional[Statement]) -> None:
        unclear = last is not None and splitter.open_at_end == "a statement" and self._unclear_at == (name, last.offset)
        if unclear or splitter.open_at_end not in (None, "a statement"):
            if self._reading.dialect.charset in _AMBIGUOUS:
                # The end of a string is not certain, so this is said of the statement.
                self._reading.refusals.raise_any()
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
        self._reading.refusals.raise_any()
        placeholders: List[Definition] = []
        kept: List[TableHistory] = []
        for table in self._tables:
            if table.create is not None and not table.rows and self._objects.has_view(table.name):
                placeholders.append(table.create)
            elif not table.dropped:
                kept.append(table)
        for table in kept:
            table.compare_spelling(self._definition_named)
        left_out = frozenset(name for name in self._left_out if not self._objects.has_view(name))
        sessions, lost = tuple(self._reading.sessions), self.choices.server_version < _MOVES_FOREIGN_KEYS
        keys_needed = any(table.keys_at_once for table in kept) or any(_needs_keys(step, sessions) for step in self._steps)
        return LoadPlan(
            self._reading.database.source,
            self._database_options,
            tuple(self._reading.files),
            tuple(
                table.planned(
                    self._reading.database.stored(table.name), self.choices.defer_indexes, keys_needed=keys_needed, keys_lost=self._barriers.keys_lost
                )
                for table in kept
            ),
            self._steps.renumbered({table.number: number for number, table in enumerate(kept)}, self._renames.names.union(self._tables.spellings)),
            sessions,
            self._objects.objects(placeholders, self._reading.database),
            self._objects.triggers if self.choices.triggers == "after" else (),
            self._objects.events if self.choices.policy.events != "omit" else (),
            self._gtid.purged,
            dict(self._reading.rewritten),
            tuple(self._reading.warnings + self.choices.misses([table.name for table in kept], left_out)),
            self._largest,
            self._largest_packet,
            self._statements,
            self._barriers.unstaged or next((str(table.create.place) for table in kept if lost and table.keys_stay and table.create is not None), None),
            self._firings.fired,
            frozenset(self._renames.names),
            self._barriers.texts.kept,
            self._changed_tables(),
            tuple(self._named.items()),
            self._unmade(placeholders + [table.create for table in kept if table.create is not None]),
            left_out,
            self._renames.maybe_temporary,
            self._renames.gone(self._reading.database),
        )

    def _unmade(self, tables: List[Definition]) -> Tuple[Definition, ...]:
        """What the dump creates and the import does not; ``tables`` are the tables and placeholders that it creates."""
        objects = self._objects.objects(tables, self._reading.database) + self._objects.triggers + self._objects.events
        known = {(made.text, made.session) for made in objects}
        return tuple(made for made in self._unmade_tables + self._object_statements.created if (made.text, made.session) not in known)

    def _definition_named(self, name: bytes) -> Optional[TableDefinition]:
        """The table of the dump that a foreign key refers to by this name."""
        table = self._tables.existing(name)
        return table.table if table is not None else None

    def _changed_tables(self) -> Tuple[Tuple[bytes, DumpPosition], ...]:
        """Tables that the dump changes and does not create. A trigger on a table that has no rows in the dump changes it, too."""
        created = {self._reading.database.stored(table.name) for table in self._tables if table.create is not None and not table.dropped}
        triggers = self._objects.triggers if self.choices.triggers == "after" else ()
        known = created.union(self._reading.database.stored(table.name) for table in self._tables)
        on_others = tuple((trigger.on, trigger.place) for trigger in triggers if trigger.on is not None and trigger.on not in known)
        return self._changes.of_others(created) + on_others

    def _refuse_at_end(self) -> None:
        """Refuse statements that only the whole dump shows to be wrong."""
        for item, file_name in self._database_drops:
            # mysqldump --add-drop-database writes this. It is left out, like DROP TABLE, because on_existing decides.
            if item.name is not None and self._reading.database.is_source(item.name.name):
                self._reading.count("drop_database")
            else:
                self._reading.refusals.add(item, file_name, item.reason)
        for name, (item, file_name) in self._late_drops.items():
            if not self._objects.has_view(name):
                self._reading.refusals.add(item, file_name, "drops a table that statements in between may have used")
        for item, file_name, name, created in self._drops_in_other_case:
            table = self._tables.spelled(name)
            # A dump that creates both is refused by a check, which names them.
            if table is None or table.create is None:
                self._reading.refusals.unless_allowed(item, file_name, _OTHER_CASE.format(name_text(name), name_text(created)))
        for item, file_name, name in self._barriers.truncated:
            child = self._tables.child_of(name)
            if child is not None:
                reason = REFERRED.format("empties", name_text(name), name_text(child.name), "the import creates all tables first and would fail", 1701)
                self._reading.refusals.unless_allowed(item, file_name, reason)
        for item, file_name, reason in self._renames.conflicts(self._tables, self._objects, self._reading.database):
            self._reading.refusals.unless_allowed(item, file_name, reason)
        self._object_statements.refuse_views_of_tables()

    def _take(self, statement: Statement) -> None:
        item = classify(statement, self._reading.dialect)
        self._transaction.note(item, self._reading.file_name)
        self._statements += 1
        self._largest = max(self._largest, len(statement.text))
        if item.kind is not StatementKind.ROWS:
            self._largest_packet = max(self._largest_packet, len(statement.text))
            self._chunks.close()
        if self._reading.dialect.charset in _AMBIGUOUS and (item.kind in (StatementKind.ROWS, StatementKind.OTHER) or _HALF_A_CHARACTER.search(statement.text)):
            self._reading.refuse(item, "is written in {0}, in which half a character may look like a backslash".format(self._reading.session.charset))
            return
        if self._unset is not None and item.kind in _CONTENT:
            self._reading.refuse(*self._unset)
            self._unset = None
        unlocked = self._locked.refusal(item, self._reading.dialect, self._reading.database)
        if unlocked is not None and (item.name is None or self.choices.selects(item.name.name)):
            self._reading.refuse(item, unlocked)
            return
        for name in tables_named(item, self._reading.dialect):
            if self.choices.selects(name):
                self._named.setdefault(self._reading.database.stored(name), self._reading.place(item))
                self._tables.note_use(self._reading.database.stored(name), item)
        self._has_content = self._has_content or item.kind in _CONTENT and not item.verb.startswith(("SELECT ", "DO "))
        action = self._actions.get(item.kind)
        # Statements of the kinds NOTHING and HOUSEKEEPING are skipped.
        if action is not None:
            action(item)

    def _set_variables(self, item: ClassifiedStatement) -> None:
        for change in item.changes:
            if change.scope == "user":
                self._rocksdb.note(change)
        changed, reason, left_out, unset = apply(self._reading.session, item.changes)
        if changed is None:
            self._reading.refuse(item, reason)
            return
        self._transaction.set_autocommit(is_on=changed.autocommit)
        for _each in range(left_out):
            self._reading.count("session_variables")
        if unset:
            self._unset = (item, _NOT_SAVED.format(unset))
        outside = session_outside_target(changed)
        if outside is not None and self._reading.refuse_unless_allowed(item, outside):
            return
        # Each routine, trigger and event of a 5.7 dump has an sql_mode that 8.0 does not know.
        known = without_idle_modes(changed) if self.choices.server_version >= 80000 else changed
        if known != changed:
            self._reading.count("sql_mode")
        self._reading.session = known

    def _strip_gtid(self, item: ClassifiedStatement) -> None:
        self._reading.count(self._gtid.strip(item))

    def _use(self, item: ClassifiedStatement) -> bool:
        """Check that ``item`` names the database of the dump; the first database that the dump names is that database."""
        name = _lone_name(item)
        if not name:
            self._reading.refuse(item, "names no database")
            return False
        if self._reading.database.source is None and self._has_content and not self._reading.database.is_target(name):
            self._reading.refuse(item, "names the database {0} after statements for another one; {1}".format(name_text(name), _ONE_DATABASE))
            return False
        if is_system_schema(name_text(name)):
            self._reading.refuse(item, "names {0}, a database of the server itself, which a backup does not restore".format(name_text(name)))
            return False
        if self._reading.database.source is None:
            self._reading.database = self._reading.database._replace(source=name)
        if not self._reading.database.has(name):
            self._reading.refuse(item, "reaches outside the database {0}; {1}".format(name_text(self._reading.database.source or b""), _ONE_DATABASE))
            return False
        return True

    def _create_database(self, item: ClassifiedStatement) -> None:
        """Take the options of the first CREATE DATABASE: at a later one with IF NOT EXISTS, the database exists."""
        if not self._use(item):
            return
        found = tokens(item.statement.text, self._reading.dialect)
        options, stripped = options_of_database(found, strip_encryption=self.choices.policy.encryption == "strip")
        if stripped:
            self._reading.count("encryption")
        place = self._reading.place(item)
        if self._database_created is None:
            self._database_options, self._database_created = options, place
        elif place.file == self._database_created.file and not says_if_not_exists(found, name_text(found[1].upper)):
            name = "the database {0}".format(name_text(_lone_name(item)))
            self._reading.refuse_unless_allowed(item, TWICE.format(name, self._database_created.line, error_of_create("DATABASE")))
        elif options and _words(options) != _words(self._database_options):
            self._reading.warnings.append(_OTHER_OPTIONS.format(self._database_created, place))

    def _alter_database(self, item: ClassifiedStatement) -> None:
        if not self._reading.database.has(_lone_name(item)):
            self._reading.refuse(item, "concerns another database")
            return
        change = change_of_database(tokens(item.statement.text, self._reading.dialect))
        encrypts = change.encryption not in (b"", b"N")
        if encrypts and not change.other and self.choices.policy.encryption == "strip":
            self._reading.count("encryption")
        elif encrypts or change.other:
            self._reading.refuse(item, _DATABASE_OPTION.format(name_text(change.other or b"ENCRYPTION")))
        if change.collation:
            self._reading.session = self._reading.session.with_variable(DATABASE_COLLATION, change.collation)

    def _unclear(self, item: ClassifiedStatement) -> None:
        self._unclear_at = (self._reading.file_name, item.statement.offset)
        self._reading.refuse(item, item.reason)

    def _forbidden(self, item: ClassifiedStatement) -> None:
        if item.verb == "DROP DATABASE" and not self._has_content:
            self._database_created = None
            self._database_drops.append((item, self._reading.file_name))
        elif item.verb == "DROP DATABASE":
            self._reading.refuse(item, item.reason)
        elif not self._reading.refuse_unless_allowed(item, item.reason):
            self._barriers.add(item)

    def _prepared(self, item: ClassifiedStatement) -> None:
        if self._rocksdb.skips(item.statement.text, self._reading.dialect):
            self._reading.count("rocksdb")
        else:
            # Neither its variables nor its name exist on the connection on which it would run.
            self._reading.refuse(item, item.reason)

    def _replication(self, item: ClassifiedStatement) -> None:
        """Leave out what --master-data writes: the position of the source means nothing to the target."""
        if self.choices.allows(item):
            self._barriers.add(item)
        else:
            self._reading.count("change_master")

    def _create_table(self, item: ClassifiedStatement) -> None:
        if self._reading.outside(item):
            return
        if item.name is None:
            self._reading.refuse(item, "names nothing")
            return
        name = item.name.name
        if not self.choices.selects(name):
            self._left_out.add(name)
            return
        found = self._definition_of_table(item, name)
        if found is None:
            return
        made, parsed = found
        if parsed is not None and parsed.names_no_engine:
            parsed = parsed._replace(engine=engine_named(self._reading.session.default_engine or "InnoDB"))
        table, view = self._tables.named(name), self._objects.view(name)
        if view is not None and view.place.file == made.place.file and not says_if_not_exists(tokens(made.text, self._reading.dialect), "TABLE"):
            self._tables.refuse_second(item, "table", made, view)
        if table.create is None or table.dropped:
            self._tables.end_early_uses(name, item)
            checked = self._reading.session.checks_foreign_keys and b"REFERENCES" in made.text.upper() and (parsed is None or has_foreign_keys(parsed))
            for key in foreign_keys_of(made.text, self._reading.dialect) if checked else ():
                if key.parent.name != name and not key.ignored:
                    self._tables.note_use(self._reading.database.stored(key.parent.name), item, as_parent=True)
            if table.create is not None:
                self._barriers.created_again(made, table.create)
            table.make(made, parsed, self._reading.dialect, self._barriers.number)
        elif not says_if_not_exists(tokens(made.text, self._reading.dialect), "TABLE"):
            self._tables.refuse_second(item, "table", made, table.create)
        else:
            self._unmade_tables.append(made)

    def _definition_of_table(self, item: ClassifiedStatement, name: bytes) -> Optional[Tuple[Definition, Optional[TableDefinition]]]:
        """The definition of a table; None if the statement was refused."""
        text = item.statement.text
        form = form_of(text)
        known = self._repeated.get(form, self._reading.dialect, self._reading.database) if form is not None else None
        if known is not None:
            return Definition(item.kind, name, text, self._reading.plain_session, self._reading.place(item), "TABLE"), known
        before = (len(self._reading.warnings), sum(self._reading.rewritten.values()))
        made = self._reading.definition(item, name, "table")
        outside = table_outside_target(made.text, self._reading.dialect, self._reading.database)
        if outside is not None and self._reading.refuse_unless_allowed(item, outside):
            return None
        if b"UNION" in made.text.upper():
            self._changes.note_table(tokens(made.text, self._reading.dialect), made.place)
        parsed = parse_table(made.text, self._reading.dialect)
        if form is not None and parsed is not None and outside is None and before == (len(self._reading.warnings), sum(self._reading.rewritten.values())):
            self._repeated.add(form, self._reading.dialect, self._reading.database, parsed, text)
        return made, parsed

    def _drop_objects(self, item: ClassifiedStatement) -> None:
        for name in self._object_statements.drop(item):
            self._named.pop(self._reading.database.stored(name), None)

    def _drop_tables(self, item: ClassifiedStatement) -> None:
        """Skip DROP TABLE, because on_existing decides, unless a barrier created the table; then it keeps its position in the file order."""
        if self._reading.outside(item):
            return
        if item.name is None:
            self._reading.refuse(item, "names nothing")
            return
        found = tokens(item.statement.text, self._reading.dialect)
        drop = table_rename_of(found)
        names = [name for name in drop.gone if self.choices.selects(name.name)]
        foreign = any(name.schema is not None and not self._reading.database.has(name.schema) for name in names)
        if names and (drop.temporary or foreign or any(self._renames.concern(name.name, self._reading.database) for name in names)):
            self._barriers.add(item._replace(kind=StatementKind.OTHER))
            for name in names if not drop.temporary else ():
                if name.schema is None or self._reading.database.has(name.schema):
                    self._drop_triggers(name.name)
            return
        if self._reading.session.checks_foreign_keys and not self._barriers.drops_keys:
            self._refuse_drop_of_parents(item, [self._reading.database.stored(name.name) for name in names])
        for name in names:
            self._drop_table(item, name.name, or_fails=not says_if_exists(found))

    def _refuse_drop_of_parents(self, item: ClassifiedStatement, names: List[bytes]) -> None:
        for name in names:
            child = self._tables.child_of(name, without=names) if self._tables.existing(name) is not None else None
            if child is not None:
                error = 3730 if self.choices.server_version >= 80000 else 1217
                reason = REFERRED.format("drops", name_text(name), name_text(child.name), "the mysql client would stop here", error)
                self._reading.refuse_unless_allowed(item, reason)

    def _drop_table(self, item: ClassifiedStatement, name: bytes, *, or_fails: bool) -> None:
        """Forget a table that the dump has created, as in concatenated dumps.

        Rows of a table that is created later are kept: data.sql may be the first of a pair of files.
        """
        table = self._tables.spelled(name)
        if table is None or table.create is None or table.dropped:
            other = self._tables.existing(name)
            if other is not None:
                self._drops_in_other_case.append(
                    (item._replace(statement=item.statement._replace(text=item.statement.text[:200])), self._reading.file_name, name, other.name)
                )
            elif or_fails:
                self._reading.refuse_unless_allowed(item, GONE.format("the table {0}".format(name_text(name)), error_of_drop("TABLE")))
            return
        self._named.pop(self._reading.database.stored(name), None)
        if table.rows and table.create.place.file != self._reading.file_name:
            if self._reading.refuse_unless_allowed(
                item, "drops a table that an earlier file has filled: the files belong to different dumps, or are in the wrong order"
            ):
                return
        if self._barriers.number > table.barriers_before and not self.choices.allows(item):
            self._late_drops[name] = (item, self._reading.file_name)
        self._drop_triggers(name)
        self._steps.drop_rows(table.number)
        self._unmade_tables.append(table.create)
        table.drop()

    def _drop_triggers(self, table: bytes) -> None:
        for trigger in self._firings.drop_table(self._reading.database.stored(table)):
            self._objects.drop_trigger(trigger)
            self._barriers.early_columns.forget(StatementKind.TRIGGER, trigger)

    def _insert(self, item: ClassifiedStatement) -> None:
        statement, name, rows = item.statement, item.name, item.statement.rows
        if name is None or rows is None or self._reading.outside(item) or not self.choices.selects(name.name):
            if name is not None and not self.choices.selects(name.name):
                self._left_out.add(name.name)
            self._chunks.close()
            return
        if name.schema is not None and not self._reading.database.has(name.schema):
            # The user allowed another database.
            self._chunks.close()
            self._barriers.add(item)
            return
        stored = self._reading.database.stored(name.name)
        table = self._tables.named(self._tables.spellings.get(stored, name.name))
        if table.dropped:
            table.make(None, None, self._reading.dialect)
        if table.create is None:
            self._tables.early_uses.note(stored, item, self._reading.file_name)
        context = InsertContext(
            len(self._reading.files), self._reading.session, self._reading.session_number(), self._delimiter, self._reading.dialect.backslash
        )
        if self._chunks.tables_known:
            table.shapes.note(rows, context.session_number, self._reading.file_name, statement.line)
        self._firings.write(stored, rows.verb, self._reading.file_name)
        if rows.verb != b"INSERT":
            self._changes.note_rows(item, self._reading.place(item))
        if not self._chunks.add(statement, rows, table, context):
            self._largest_packet = max(self._largest_packet, len(statement.text))

    def _histogram(self, item: ClassifiedStatement) -> None:
        """Handle a histogram, which mysqldump 8.0 writes after the rows of a table, in each file that has a part of the table.

        After a barrier it is one too, because the barrier may have changed the rows.
        """
        name = item.name
        table = self._tables.spelled(name.name) if name is not None and name.schema is None else None
        if name is None or table is None or self._barriers.number:
            self._other(item._replace(kind=StatementKind.OTHER))
            return
        place = self._reading.place(item)
        made = Definition(item.kind, name.name, item.statement.text, self._reading.plain_session, place, "HISTOGRAM")
        if made.text not in [other.text for other in table.histograms]:
            table.histograms.append(made)

    def _other(self, item: ClassifiedStatement) -> None:
        if item.verb == "DROP TABLE" and item.name is not None:
            self._drop_tables(item)
            return
        if item.verb.startswith("SELECT") and self._rocksdb.skips(item.statement.text, self._reading.dialect):
            self._reading.count("rocksdb")
            return
        if self._reading.outside(item):
            return
        about_table = not item.verb.endswith(_STORED)
        if not about_table and self._reading.refuse_unless_allowed(
            item, "changes an object that is created after all rows; change its CREATE statement instead"
        ):
            return
        if item.name is None or not about_table or self.choices.selects(item.name.name):
            self._barriers.add(item)


def _needs_keys(step: Step, sessions: Tuple[SessionState, ...]) -> bool:
    """Whether a step may have a different effect while keys are missing."""
    return isinstance(step, Barrier) or not step.exact and sessions[step.session].checks_foreign_keys


def _words(options: bytes) -> List[bytes]:
    """The options of a database in one spelling."""
    return [word for word in options.upper().split() if word not in (b"DEFAULT", b"=")]


def _lone_name(item: ClassifiedStatement) -> bytes:
    """The name of a database; empty if there is none, or if it is a dotted pair."""
    return item.name.name if item.name is not None and item.name.schema is None else b""
