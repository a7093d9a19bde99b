# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements become an ordered plan: everything a load will do is known before it does anything."""

import re
from functools import partial
from typing import BinaryIO, Dict, List, NamedTuple, Optional, Set, Tuple

from .._failure import Failure
from .._identifiers import name_text
from .classify import ClassifiedStatement, StatementKind, classify
from .database_options import DatabaseNames, collation_of_database, options_of_database
from .header import database_of, facts_of, joined_gtid
from .load_data_eligibility import numbered_by_server, same_to_load_data
from .plan import Barrier, Choices, Chunk, Definition, DumpPosition, FileFacts, LoadPlan, Step, Steps, cut, digest_of
from .renames import Renames, table_rename_of
from .repeated_inserts import FourDigits
from .rewrite import Policy, definer_of, edits_of_others, rewrite
from .scope import outside_target, session_outside_target, table_outside_target
from .session_variables import DATABASE_COLLATION, SessionState, apply, without_idle_modes
from .statements import Splitter, Statement
from .stored_objects import StoredObjects
from .table_definition import parse_table
from .table_history import TableHistory
from .tokens import Dialect, tokens

_WHAT = {StatementKind.VIEW: "view", StatementKind.TRIGGER: "trigger", StatementKind.ROUTINE: "routine", StatementKind.EVENT: "event"}
# Character sets whose second bytes include the backslash: without decoding, no quote's end is sure (MySQL manual, "gbk").
_AMBIGUOUS = frozenset(("big5", "cp932", "gbk", "gb18030", "sjis"))
_HALF_A_CHARACTER = re.compile(rb"[\x80-\xff]\\")
_MOST_REFUSALS = 1000
_KEEP_TABLES = frozenset(("INSERT", "REPLACE", "UPDATE", "DELETE", "TRUNCATE", "ANALYZE", "OPTIMIZE", "CHECK", "SELECT", "DO"))
_DROPS = {StatementKind.DROP_VIEW, StatementKind.DROP_TRIGGER, StatementKind.DROP_ROUTINE, StatementKind.DROP_EVENT}


class Source(NamedTuple):
    """One file of a backup: its name for messages and its uncompressed bytes."""

    name: str
    stream: BinaryIO


class Planner:
    """Reads the files of one database in order and says what to do. Refuses, all at once, what may not run."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._database = DatabaseNames(choices.target, choices.source, choices.lower_case)
        self.refused: List[str] = []
        self._refusals = 0
        self.warnings: List[str] = []
        self.rewritten: Dict[str, int] = {}
        self._files: List[FileFacts] = []
        self._steps = Steps()
        self._sessions: List[SessionState] = []
        self._session_index: Dict[SessionState, int] = {}
        self._tables: Dict[bytes, TableHistory] = {}
        # Their names, as the server will have them.
        self._stored: Set[bytes] = set()
        self._programs = StoredObjects()
        self._barriers = 0
        # Drops that a barrier stands before: nothing is wrong with them where a view follows.
        self._late_drops: Dict[bytes, Tuple[ClassifiedStatement, str]] = {}
        self._moves = Renames()
        # No table that has rows may have the name of one.
        self._views: Dict[bytes, Tuple[ClassifiedStatement, str]] = {}
        # Some statement may have made another table of one that is known.
        self._altered = False
        self._gtid: Optional[str] = None
        self._database_options = b""
        self._dialect = Dialect(choices.server_version)
        self._harmless: Set[bytes] = set()
        self._columns: Tuple[bytes, ...] = ()
        self._four_digits = FourDigits()
        # The statement that was read last is the last one of the last chunk, and the next one may join it.
        self._open_chunk = False
        self._delimiter = b";"
        self._largest = 0
        self._largest_packet = 0
        self._statements = 0

    def read(self, source: Source) -> None:
        """Read one file to its end."""
        session = SessionState()
        self._dialect = Dialect(self.choices.server_version)
        file_index = len(self._files)
        splitter = Splitter(source.stream, dollar_quotes=self.choices.server_version >= 90000)
        last: Optional[Statement] = None
        for statement in splitter:
            if last is None and self._database.source is None:
                self._database = self._database._replace(source=database_of(splitter.head))
            last = statement
            self._statements += 1
            self._largest = max(self._largest, len(statement.text))
            if statement.rows is None:
                self._largest_packet = max(self._largest_packet, len(statement.text))
            item = classify(statement, self._dialect)
            self._delimiter = splitter.delimiter
            if item.kind is not StatementKind.ROWS:
                self._open_chunk = False
            session = self._take(item, session, file_index, source.name)
            self._dialect = self._dialect.under(session.get(b"sql_mode"))
            splitter.backslash, splitter.ansi_quotes = self._dialect.backslash, self._dialect.ansi_quotes
        if splitter.open_at_end not in (None, "a statement"):
            raise Failure(
                "The file ends in the middle of {0}: it is cut".format(splitter.open_at_end),
                str(_place(last, source.name)) if last is not None and last.end == splitter.size else "{0}, {1} bytes".format(source.name, splitter.size),
                "Get the backup again; nothing was written.",
            )
        if splitter.size == 0:
            raise Failure("The file is empty", source.name, "Get the backup again.")
        self._files.append(facts_of(source.name, splitter, last.end if last is not None else 0))

    def plan(self) -> LoadPlan:
        """The plan; a Failure with every refused statement if there is one."""
        for name, (item, file_name) in self._late_drops.items():
            if not self._programs.has_view(name):
                self._refuse(item, file_name, "drops a table that statements between may have used")
        for item, file_name, reason in self._moves.against(self._tables.values(), self._programs, self._database):
            if not self.choices.allows(item):
                self._refuse(item, file_name, reason)
        for name, (item, file_name) in self._views.items():
            if name in self._tables and self._tables[name].create is not None and self._tables[name].rows and not self.choices.allows(item):
                self._refuse(item, file_name, "takes the name of a table that has rows")
        if self.refused:
            shown = self.refused[:20]
            more = self._refusals - len(shown)
            raise Failure(
                "{0} statement(s) may not run in a restore of one database: {1}{2}".format(
                    self._refusals, "; ".join(shown), "; and {0} more".format(more) if more else ""
                ),
                None,
                "Nothing was written. Remove them from the file, or name their first words in allow if they are meant to run.",
                refused=self.refused,
            )
        placeholders: List[Definition] = []
        drafts: List[TableHistory] = []
        for draft in self._tables.values():
            if draft.create is not None and not draft.rows and self._programs.has_view(draft.name):
                placeholders.append(draft.create)
            elif not draft.dropped:
                drafts.append(draft)
        keys_needed = any(self._needs_keys(step) for step in self._steps)
        moved = {draft.number: number for number, draft in enumerate(drafts)}
        return LoadPlan(
            self._database.source,
            self._database_options,
            tuple(self._files),
            tuple(draft.planned(self._database.stored(draft.name), self.choices.defer_indexes, keys_needed) for draft in drafts),
            self._steps.renumbered(moved),
            tuple(self._sessions),
            self._programs.objects(placeholders, self._database),
            self._programs.triggers if self.choices.triggers == "after" else (),
            self._programs.events if self.choices.policy.events != "omit" else (),
            self._gtid,
            dict(self.rewritten),
            tuple(self.warnings),
            self._largest,
            self._largest_packet,
            self._statements,
        )

    def _needs_keys(self, step: Step) -> bool:
        """Whether it is more than rows, so that it may do another thing while keys are missing."""
        return isinstance(step, Barrier) or not step.exact and self._sessions[step.session].checks_foreign_keys

    def _take(self, item: ClassifiedStatement, session: SessionState, file_index: int, file_name: str) -> SessionState:
        kind = item.kind
        if (session.charset or "").lower() in _AMBIGUOUS and (
            kind in (StatementKind.ROWS, StatementKind.OTHER) or _HALF_A_CHARACTER.search(item.statement.text)
        ):
            self._refuse(item, file_name, "is written in {0}, in which half a character may look like a backslash".format(session.charset))
        elif kind is StatementKind.ROWS:
            self._rows(item, session, file_index, file_name)
        elif kind is StatementKind.HISTOGRAM:
            self._histogram(item, session, file_index, file_name)
        elif kind is StatementKind.SESSION:
            changed = apply(session, item.changes)
            if changed is None:
                self._refuse(item, file_name, "sets a variable to more than a value")
                return session
            elsewhere = session_outside_target(changed)
            if elsewhere is not None and not self.choices.allows(item):
                self._refuse(item, file_name, elsewhere)
                return session
            return self._known_modes(changed)
        elif kind is StatementKind.DATABASE_COLLATION:
            return self._database_collation(item, session, file_name)
        elif kind in (StatementKind.USE, StatementKind.DATABASE):
            self._use(item, file_name)
        elif kind is StatementKind.GTID_PURGED:
            self._gtid = joined_gtid(self._gtid, item)
            self._count("gtid_purged")
        elif kind is StatementKind.SQL_LOG_BIN:
            self._count("sql_log_bin")
        elif kind is StatementKind.PREPARED:
            self._prepared(item, session, file_index, file_name)
        elif kind is StatementKind.FORBIDDEN:
            if item.verb == "DROP DATABASE" and item.name is not None and self._database.is_source(item.name.name):
                # --add-drop-database writes it; like DROP TABLE it is not run, since on_existing decides.
                return session
            if not self.choices.allows(item):
                self._refuse(item, file_name, item.reason)
            else:
                self._barrier(item, session, file_index, file_name)
        elif kind not in (StatementKind.NOTHING, StatementKind.HOUSEKEEPING):
            self._object(item, session, file_index, file_name)
        return session

    def _known_modes(self, session: SessionState) -> SessionState:
        """Without what 8.0 no longer knows and nobody misses: each routine, trigger and event of a 5.7 comes under such a mode."""
        if self.choices.server_version < 80000:
            return session
        known = without_idle_modes(session)
        if known != session:
            self._count("sql_mode")
        return known

    def _object(self, item: ClassifiedStatement, session: SessionState, file_index: int, file_name: str) -> None:
        for named in (item.name, item.on):
            if named is not None and named.schema is not None and not self._database.has(named.schema):
                if not self.choices.allows(item):
                    self._refuse(item, file_name, "is about the database {0}".format(name_text(named.schema)))
                    return
        if item.verb == "DROP TABLE" and item.name is not None:
            self._drop_tables(item, session, file_index, file_name)
            return
        if item.kind is StatementKind.OTHER:
            of_table = not item.verb.endswith((" VIEW", " PROCEDURE", " FUNCTION", " EVENT", " TRIGGER"))
            if item.name is not None and of_table and not self.choices.selects(item.name.name):
                return
            self._barrier(item, session, file_index, file_name)
            return
        if item.name is None:
            self._refuse(item, file_name, "names nothing")
            return
        if item.kind in _DROPS:
            self._programs.drop(item)
            return
        name, on = item.name.name, item.on.name if item.on is not None else None
        what = _WHAT.get(item.kind, "table")
        if item.kind is StatementKind.TABLE and not self.choices.selects(name) or (on is not None and not self.choices.selects(on)):
            return
        if (item.kind is StatementKind.TRIGGER and self.choices.triggers != "after") or (
            item.kind is StatementKind.EVENT and self.choices.policy.events == "omit"
        ):
            self._count(what + "s_omitted")
            return
        made = self._definition(item, name, on, what, session, file_name)
        if item.kind is StatementKind.TABLE:
            table = parse_table(made.text, self._dialect)
            elsewhere = table_outside_target(made.text, self._dialect, self._database)
            if elsewhere is not None and not self.choices.allows(item):
                self._refuse(item, file_name, elsewhere)
                return
            draft = self._table(name)
            if self._is_new(draft, item, made, file_name):
                draft.make(made, table, self._barriers)
        else:
            if item.kind is StatementKind.VIEW:
                self._views[name] = (item, file_name)
            self._programs.add(made)

    def _is_new(self, draft: TableHistory, item: ClassifiedStatement, made: Definition, file_name: str) -> bool:
        """Whether a CREATE TABLE makes a table, and not one that is there already."""
        known = draft.create
        if known is None or draft.dropped:
            return True
        if known.text != made.text and b"EXISTS" not in [token.upper for token in tokens(made.text[:200], self._dialect)[:8]] and not self.choices.allows(item):
            self._refuse(item, file_name, "makes another table of a name that is taken")
        return False

    def _drop_tables(self, item: ClassifiedStatement, session: SessionState, file_index: int, file_name: str) -> None:
        """Not run, since on_existing decides; but in its place where tables are dropped that were made so."""
        move = table_rename_of(tokens(item.statement.text, self._dialect))
        taken = [name for name in move.gone if self.choices.selects(name.name)]
        foreign = any(name.schema is not None and not self._database.has(name.schema) for name in taken)
        if taken and (move.temporary or foreign or any(self._moves.concern(name.name, self._database) for name in taken)):
            self._barrier(item._replace(kind=StatementKind.OTHER), session, file_index, file_name)
            return
        for name in taken:
            self._drop_table(item._replace(name=name), file_name)

    def _drop_table(self, item: ClassifiedStatement, file_name: str) -> None:
        """What the dump said of a table that it has made is void, as in dumps that were written one behind the other into one file.

        Rows of a table that comes later are kept: of a pair, data.sql may be the first.
        """
        draft = self._tables.get(item.name.name) if item.name is not None else None
        if draft is None or draft.create is None or draft.dropped:
            return
        if draft.rows and draft.create.place.file != file_name and not self.choices.allows(item):
            self._refuse(item, file_name, "drops a table that a file before this one has filled: they are not of one dump, or in the wrong order")
            return
        if self._barriers > draft.born and not self.choices.allows(item):
            self._late_drops[draft.name] = (item, file_name)
        self._steps.drop(draft.number)
        draft.drop()

    def _definition(self, item: ClassifiedStatement, name: bytes, on: Optional[bytes], what: str, session: SessionState, file_name: str) -> Definition:
        made = rewrite(item.statement.text, self._dialect, self._renaming(self.choices.policy), what)
        for change in made.changed:
            self._count(change)
        place = _place(item.statement, file_name)
        self.warnings.extend("{0} ({1} {2}, {3})".format(note, what, name_text(name), place) for note in made.notes)
        definer = definer_of(made.text, self._dialect)
        plain = session._replace(saved=())
        return Definition(item.kind, name, made.text, plain, place, item.verb.split()[-1], on, definer)

    def _renaming(self, policy: Policy) -> Policy:
        """This policy, with the dump's database taken for the one that is loaded."""
        return policy._replace(source=self._database.source, target=self.choices.target, any_case=self.choices.lower_case)

    def _rows(self, item: ClassifiedStatement, session: SessionState, file_index: int, file_name: str) -> None:
        name = item.name
        rows = item.statement.rows
        joins, self._open_chunk = self._open_chunk, False
        if name is None or rows is None:
            return
        if name.schema is not None and not self._database.has(name.schema) and not self.choices.allows(item):
            self._refuse(item, file_name, "is about the database {0}".format(name_text(name.schema)))
            return
        if not self.choices.selects(name.name):
            return
        if name.schema is not None:
            # Sent as it stands it would go to the database it names, also where the target is loaded beside itself.
            self._barrier(item, session, file_index, file_name)
            return
        draft = self._table(name.name)
        if draft.dropped:
            draft.make(None, None)
        statement = item.statement
        draft.rows += rows.number
        draft.bytes += len(statement.text)
        state = self._state(session)
        exact = rows.verb == b"INSERT" and not rows.ignore
        if not exact:
            draft.exact = False
        # As its rows find it, None where that is not known.
        table = None if self._altered else draft.table
        # LOAD DATA takes numbers in steps of its own.
        numbers = numbered_by_server(table, rows, session)
        if numbers or not exact:
            draft.ordered = True
        separator = b""
        if rows.separator and exact and not numbers and not rows.odd:
            four_digits = partial(self._four_digits, statement.text, rows)
            separator = rows.separator if same_to_load_data(table, rows, session, self._dialect.backslash, four_digits) else b""
        if not separator:
            self._largest_packet = max(self._largest_packet, len(statement.text))
        last = self._steps.last if joins else None
        same_columns, self._columns = self._columns == rows.columns, rows.columns
        # The loader cuts a chunk at semicolons.
        self._open_chunk = plain = self._delimiter == b";"
        if (
            last is not None
            and plain
            and same_columns
            and (last.file, last.table, last.session, last.separator, last.exact) == (file_index, draft.number, state, separator, exact)
            and statement.end - last.offset <= self.choices.batch_bytes
        ):
            begin = statement.offset - last.offset
            cuts = cut(last.cuts, begin, begin + len(statement.text))
            self._steps.grow(last._replace(end=statement.end, rows=last.rows + rows.number, statements=last.statements + 1, cuts=cuts))
            return
        first = len(statement.text)
        cuts = cut(0, 0, first)
        self._steps.append(
            Chunk(file_index, statement.offset, statement.end, statement.line, draft.number, rows.number, state, 1, cuts, first, exact, separator)
        )

    def _histogram(self, item: ClassifiedStatement, session: SessionState, file_index: int, file_name: str) -> None:
        """mysqldump 8.0 has them made anew behind a table's rows, in each file that has something of the table."""
        name = item.name
        if name is None or name.schema is not None or name.name not in self._tables:
            self._object(item._replace(kind=StatementKind.OTHER), session, file_index, file_name)
            return
        made = Definition(item.kind, name.name, item.statement.text, session._replace(saved=()), _place(item.statement, file_name), "HISTOGRAM")
        known = self._tables[name.name].histograms
        if made.text not in [other.text for other in known]:
            known.append(made)

    def _barrier(self, item: ClassifiedStatement, session: SessionState, file_index: int, file_name: str) -> None:
        found = tokens(item.statement.text, self._dialect)
        reason = outside_target(item, found, self._database, self._stored)
        if reason is not None and not self.choices.allows(item):
            self._refuse(item, file_name, reason)
            return
        self._barriers += 1
        self._moves.note(item, file_name, found, self._barriers, self._database)
        self._altered = self._altered or item.verb.split(" ")[0] not in _KEEP_TABLES
        statement = item.statement
        digest = digest_of(statement.text)
        edits = edits_of_others(found, self._renaming(Policy()))
        self._steps.append(Barrier(file_index, statement.offset, statement.line, len(statement.text), digest, self._state(session), edits))

    def _use(self, item: ClassifiedStatement, file_name: str) -> None:
        name = _lone_name(item)
        if not name:
            self._refuse(item, file_name, "names no database")
            return
        if self._database.source is None:
            self._database = self._database._replace(source=name)
        if not self._database.has(name):
            self._refuse(item, file_name, "leaves the database {0}".format((self._database.source or b"").decode("utf-8", "replace")))
            return
        if item.kind is StatementKind.DATABASE:
            found = tokens(item.statement.text, self._dialect)
            self._database_options, stripped = options_of_database(found, self.choices.policy.encryption == "strip")
            if stripped:
                self._count("encryption")

    def _database_collation(self, item: ClassifiedStatement, session: SessionState, file_name: str) -> SessionState:
        if not self._database.has(_lone_name(item)):
            self._refuse(item, file_name, "is about another database")
            return session
        return session.with_variable(DATABASE_COLLATION, collation_of_database(tokens(item.statement.text, self._dialect)))

    def _prepared(self, item: ClassifiedStatement, session: SessionState, file_index: int, file_name: str) -> None:
        name = item.name
        if name is not None and name.schema is not None:
            self._harmless.add(name.name)
        elif name is None or name.name not in self._harmless:
            if self.choices.allows(item):
                self._barrier(item, session, file_index, file_name)
            else:
                self._refuse(item, file_name, item.reason)

    def _table(self, name: bytes) -> TableHistory:
        draft = self._tables.get(name)
        if draft is None:
            draft = self._tables[name] = TableHistory(name, len(self._tables))
            self._stored.add(self._database.stored(name))
        return draft

    def _state(self, session: SessionState) -> int:
        plain = session._replace(saved=())
        if plain not in self._session_index:
            self._session_index[plain] = len(self._sessions)
            self._sessions.append(plain)
        return self._session_index[plain]

    def _refuse(self, item: ClassifiedStatement, file_name: str, reason: str) -> None:
        self._refusals += 1
        if len(self.refused) < _MOST_REFUSALS:
            self.refused.append("{0} {1} ({2})".format(item.verb or "this", reason, _place(item.statement, file_name)))

    def _count(self, name: str) -> None:
        self.rewritten[name] = self.rewritten.get(name, 0) + 1


def _lone_name(item: ClassifiedStatement) -> bytes:
    """The name of a database, empty where none stands or a pair does."""
    return item.name.name if item.name is not None and item.name.schema is None else b""


def _place(statement: Statement, file_name: str) -> DumpPosition:
    return DumpPosition(file_name, statement.line, statement.offset, statement.head)
