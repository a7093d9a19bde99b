# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that run alone, at their position in the file: barriers for everything before and after them."""

from typing import Dict, FrozenSet, List, Optional, Tuple

from .._identifiers import name_text
from .altered_columns import altered_columns, source_of_like
from .barrier_texts import BarrierTexts
from .changed_tables import ChangedTables
from .chunks import ChunkBuilder
from .classify import ClassifiedStatement, StatementKind
from .client_stops import parents_used, tables_used
from .dump_tables import DumpTables
from .early_columns import EarlyColumns
from .foreign_keys import comments_for_innodb
from .lexer import Token
from .plan import BarrierText, Definition, DumpPosition
from .reader_state import ReaderState, reserved
from .renames import HAS_TRIGGER, Renames, table_rename_of
from .rewrite import Policy, edited, edits_of_others, edits_without_database
from .row_change import ALTERATIONS, KEEP_COLUMNS, AffectedTables, affected_tables, changes_keys_only, row_change
from .row_shapes import shape_of
from .scope import outside_target, schemas_named
from .sql_functions import asks_for_database
from .steps import Barrier, Steps, digest_of
from .table_definition import has_foreign_keys
from .table_rewrite import Edit
from .tokens import selects_all_columns, tables_read, tokens
from .trigger_firings import TriggerFirings

_LATER_COLUMNS = (
    "a view selects * ({0}), or joins by all common columns, and a later statement may change the columns of its tables ({1}): in the mysql client it would "
    "keep the earlier columns"
)


class BarrierStatements:
    """Adds barriers to the steps of a load. ``number`` counts them. ``unstaged`` is the place of the first one that cannot run in a staging database.

    ``keys_lost``: the server cannot move foreign keys to another database, so those of a CREATE TABLE are added again after a move.
    """

    def __init__(self, reading: ReaderState, tables: DumpTables, renames: Renames, firings: TriggerFirings, *, keys_lost: bool) -> None:
        self._reading = reading
        self._tables = tables
        self._renames = renames
        self._firings = firings
        self.steps = Steps()
        self.chunks = ChunkBuilder(self.steps, reading.choices.batch_bytes)
        self.changes = ChangedTables(reading.choices)
        self.texts = BarrierTexts()
        self.number = 0
        self.unstaged: Optional[str] = None
        self.keys_lost = keys_lost
        # TRUNCATE statements under checks of foreign keys, with their files and tables, until a statement drops a foreign key.
        self.truncated: List[Tuple[ClassifiedStatement, str, bytes]] = []
        # Whether a statement so far drops a foreign key, so that it is not known which ones are left.
        self.drops_keys = False
        self.early_columns = EarlyColumns()
        # Where the views are that select *, or join by all common columns, and what each reads; without those that a warning names.
        self._views_of_all_columns: Dict[bytes, Tuple[str, FrozenSet[bytes]]] = {}

    def note_view(self, view: Definition) -> None:
        """Note a view: if it selects ``*``, it has the columns that its tables have when it is created, and the import creates it last."""
        self.forget_view(view.name)
        words = tokens(view.text, self._reading.dialect)
        read = frozenset(map(self._reading.database.stored, tables_read(words, self._reading.choices.target)))
        self.early_columns.note(view, words, read)
        if selects_all_columns(words):
            self._views_of_all_columns[view.name] = (str(view.place), read)

    def forget_view(self, name: bytes) -> None:
        """A view was dropped, or is created again."""
        self.early_columns.forget(StatementKind.VIEW, name)
        self._views_of_all_columns.pop(name, None)

    def created_again(self, made: Definition, before: Definition) -> None:
        """The table or view ``made`` was created as ``before`` at first: a view of all its columns that was created in between has other columns."""
        if made.text != before.text:
            name = self._reading.database.stored(made.name)
            self._warn_of_later_columns([view for view, (_place, read) in self._views_of_all_columns.items() if name in read], made.place)

    def _warn_of_later_columns(self, views: List[bytes], place: DumpPosition) -> None:
        for view in views:
            self._reading.warnings.append(_LATER_COLUMNS.format(self._views_of_all_columns.pop(view)[0], place))

    def add(self, item: ClassifiedStatement) -> None:
        """Let ``item`` run alone, or refuse it if it leaves the target."""
        statement = item.statement
        found = tokens(statement.text, self._reading.dialect)
        unusable = next(filter(None, (reserved(token.identifier) for token in found if token.identifier is not None)), None)
        if unusable is not None:
            self._reading.refuse(item, unusable)
            return
        reason = outside_target(item, found, self._reading.database, self._tables.spellings, self._reading.session)
        if reason is not None and self._reading.refuse_unless_allowed(item, reason):
            return
        rename = table_rename_of(found)
        for name in rename.gone if rename.made else ():
            trigger = self._firings.on_table(self._reading.database.stored(name.name))
            if trigger is not None and self._reading.refuse_unless_allowed(item, HAS_TRIGGER.format(name_text(name.name), name_text(trigger))):
                return
        self.number += 1
        self._renames.note(item, self._reading.file_name, found, self.number, self._reading.database)
        self.changes.note(item, found, self._reading.place(item))
        affected = affected_tables(item, found, self._reading.database.stored)
        if item.verb.split(" ")[0] not in KEEP_COLUMNS and not changes_keys_only(item, found):
            self.chunks.forget_tables()
            self._note_columns(item, found, affected)
            self._warn_of_later_columns(list(self._views_of_all_columns), self._reading.place(item))
            table = self._reading.own_table(item.name) if item.verb == "ALTER TABLE" else None
            if table is not None:
                self._reading.warnings.extend(self.early_columns.warnings(table, found, self._reading.place(item)))
        self._note_truncated(item, found)
        self._note_shape(item, found)
        self._note_early_uses(item, found)
        self._firings.write_any(found, self._reading.database, self._reading.file_name)
        edits = edits_without_database(found, self._reading.database) if self._stays_in_its_tables(item, found) else None
        if edits is None:
            edits = edits_of_others(found, self._reading.renaming(Policy()))
            self.unstaged = self.unstaged or str(self._reading.place(item))
        if any(token.upper == b"FOREIGN" for token in found):
            comments = comments_for_innodb(found, statement.text, self._reading.choices.server_version)
            edits += tuple(edit for edit in comments if not any(start <= edit[0] < end for start, end, _new in edits))
        change = row_change(item, found, self._reading.dialect, foreign_keys=self._reading.session.checks_foreign_keys)
        stored = change if change.table is None else change._replace(table=self._reading.database.stored(change.table))
        self._keep_text(item, edits)
        digest, session = digest_of(statement.text), self._reading.session_number()
        self.steps.append(Barrier(len(self._reading.files), statement.offset, statement.line, len(statement.text), digest, session, edits, stored, affected))

    def _note_columns(self, item: ClassifiedStatement, found: List[Token], affected: AffectedTables) -> None:
        if affected.tables is None:
            self._tables.forget_columns()
            return
        own = self._reading.own_table(item.name)
        if item.verb == "ALTER TABLE" and own is not None and not table_rename_of(found).made:
            before = self._tables.current(own)
            self._tables.redefine(own, altered_columns(before, item.statement.text, self._reading.dialect) if before is not None else None)
            return
        source = self._reading.own_table(source_of_like(found)) if item.verb == "CREATE TABLE" else None
        for name in affected.tables:
            self._tables.redefine(name, self._tables.current(source) if source is not None and name == own else None)

    def _note_truncated(self, item: ClassifiedStatement, found: List[Token]) -> None:
        words = {token.upper for token in found}
        self.drops_keys = self.drops_keys or (b"DROP" in words and bool(words & {b"FOREIGN", b"CONSTRAINT"}))
        table = self._reading.own_table(item.name) if item.verb.startswith("TRUNCATE") else None
        if table is not None and self._reading.session.checks_foreign_keys and not self.drops_keys:
            self.truncated.append((item, self._reading.file_name, table))

    def _note_early_uses(self, item: ClassifiedStatement, found: List[Token]) -> None:
        database, version = self._reading.database.source or self._reading.choices.target, self._reading.choices.server_version
        for name in tables_used(item, found, database):
            self._tables.note_use(self._reading.database.stored(name), item)
        altered = self._tables.existing(item.name.name) if item.name is not None else None
        kept = altered is None or altered.table is None or has_foreign_keys(altered.table)
        for name in parents_used(item, found, database, version) if kept and self._reading.session.checks_foreign_keys else ():
            self._tables.note_use(self._reading.database.stored(name), item, as_parent=True)

    def _keep_text(self, item: ClassifiedStatement, edits: Tuple[Edit, ...]) -> None:
        text, place = edited(item.statement.text, edits), self._reading.place(item)
        name = item.name.name if item.name is not None else b""
        made = Definition(item.kind, name, text, self._reading.plain_session, place, item.verb, self._reading.own_table(item.name))
        self.texts.add(BarrierText(made, self.chunks.tables_known))

    def _note_shape(self, item: ClassifiedStatement, found: List[Token]) -> None:
        table = self._tables.spelled(item.name.name) if item.name is not None and item.verb.startswith(("INSERT", "REPLACE")) else None
        if table is not None and not table.dropped and self.chunks.tables_known:
            shape = shape_of(found, self._reading.session_number(), self._reading.file_name, item.statement.line)
            if shape is not None:
                table.shapes.add(shape)

    def _stays_in_its_tables(self, item: ClassifiedStatement, found: List[Token]) -> bool:
        """Whether a barrier changes only rows or keys of tables of the dump's database, so that it has the same effect in a staging database."""
        if item.verb.split(" ")[0] not in KEEP_COLUMNS and item.verb not in ALTERATIONS:
            return False
        if self.keys_lost and any(token.upper == b"FOREIGN" for token in found):
            # The statement adds or drops one.
            self.keys_lost = False
            return False
        if asks_for_database(found):
            return False
        rename = table_rename_of(found)
        named = schemas_named(item, found, self._reading.database, self._tables.spellings)
        return not (rename.made or rename.gone) and all(self._reading.database.has(name) for name in named)
