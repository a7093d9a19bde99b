# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements become an ordered plan: everything a load will do is known before it does anything."""

import fnmatch
import re
from typing import BinaryIO, Dict, List, NamedTuple, Optional, Set, Tuple

from .._failure import Failure
from .classify import Item, Kind, classify
from .defer import Deferral, defer
from .plan import Barrier, Choices, Chunk, Definition, FileFacts, Place, Plan, PlannedTable, Step, cut
from .rewrite import SYSTEM, Policy, definer_of, rewrite
from .rows import Rows, read_by_load_data
from .session import DATABASE_COLLATION, Session, apply, without_idle_modes
from .statements import Splitter, Statement
from .tables import Table, parse_table, tables_under
from .tokens import Dialect, Token, folded, in_schema, lone_name, schema_like, table_places, tokens

_HEADER_DATABASE = re.compile(rb"^-- Host: .*?Database: ([^\r\n]*)", re.M)
_COMPLETED = re.compile(rb"^-- Dump completed", re.M)
_HEADER_VERSION = re.compile(rb"^-- (?:MySQL|MariaDB) dump [^\r\n]*", re.M)
_SERVER_VERSION = re.compile(rb"^-- Server version\s+([^\r\n]+)", re.M)
_WHAT = {Kind.VIEW: "view", Kind.TRIGGER: "trigger", Kind.ROUTINE: "routine", Kind.EVENT: "event"}
# A table with fewer bytes of rows is made with its keys: one ALTER TABLE costs more than it saves.
_WORTH_DEFERRING = 4 << 20
# Character sets whose second bytes include the backslash: without decoding, no quote's end is sure (MySQL manual, "gbk").
_AMBIGUOUS = frozenset(("big5", "cp932", "gbk", "gb18030", "sjis"))
_HALF_A_CHARACTER = re.compile(rb"[\x80-\xff]\\")
_MOST_REFUSALS = 1000
_KEEP_TABLES = frozenset(("INSERT", "REPLACE", "UPDATE", "DELETE", "TRUNCATE", "ANALYZE", "OPTIMIZE", "CHECK", "SELECT", "DO"))
# What the last statement of the connection did.
_OF_CONNECTION = frozenset((b"LAST_INSERT_ID", b"ROW_COUNT", b"FOUND_ROWS"))
_DROPS = {Kind.DROP_TABLE, Kind.DROP_VIEW, Kind.DROP_TRIGGER, Kind.DROP_ROUTINE, Kind.DROP_EVENT}


class Source(NamedTuple):
    """One file of a backup: its name for messages and its uncompressed bytes."""

    name: str
    stream: BinaryIO


class Planner:
    """Reads the files of one database in order and says what to do. Refuses, all at once, what may not run."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.source = choices.source
        self.refused: List[str] = []
        self._refusals = 0
        self.warnings: List[str] = []
        self.rewritten: Dict[str, int] = {}
        self._files: List[FileFacts] = []
        self._steps: List[Step] = []
        self._sessions: List[Session] = []
        self._session_index: Dict[Session, int] = {}
        self._tables: Dict[bytes, int] = {}
        self._creates: List[Tuple[bytes, Optional[Definition], Optional[Table]]] = []
        self._row_counts: List[int] = []
        self._byte_counts: List[int] = []
        self._histograms: Dict[int, List[Definition]] = {}
        # Tables that were made and dropped again, and how many barriers there were when each was made.
        self._dropped: Set[int] = set()
        self._born: Dict[int, int] = {}
        self._barriers = 0
        # Drops that a barrier stands before: nothing is wrong with them where a view follows.
        self._late_drops: Dict[int, Tuple[Item, str]] = {}
        self._inexact: Set[int] = set()
        self._ordered: Set[int] = set()
        # Some statement may have made another table of one that is known.
        self._altered = False
        self._views: Dict[bytes, List[Definition]] = {}
        self._routines: Dict[Tuple[str, bytes], Definition] = {}
        self._triggers: Dict[bytes, Definition] = {}
        self._events: Dict[bytes, Definition] = {}
        self._gtid: Optional[str] = None
        self._database_options = b""
        self._current: Optional[bytes] = None
        self._dialect = Dialect(choices.server_version)
        self._harmless: Set[bytes] = set()
        self._columns: Tuple[bytes, ...] = ()
        # The statement that was read last is the last one of the last chunk, and the next one may join it.
        self._open_chunk = False
        self._delimiter = b";"
        self._largest = 0
        self._largest_packet = 0
        self._statements = 0

    def read(self, source: Source) -> None:
        """Read one file to its end."""
        session = Session()
        self._dialect = Dialect(self.choices.server_version)
        self._current = None
        file_index = len(self._files)
        splitter = Splitter(source.stream, dollar_quotes=self.choices.server_version >= 90000)
        end = 0
        for statement in splitter:
            if not end:
                self._take_source_from(splitter.head)
            end = statement.end
            self._statements += 1
            self._largest = max(self._largest, len(statement.text))
            if statement.rows is None:
                self._largest_packet = max(self._largest_packet, len(statement.text))
            item = classify(statement, self._dialect)
            self._delimiter = splitter.delimiter
            if item.kind is not Kind.ROWS:
                self._open_chunk = False
            session = self._take(item, session, file_index, source.name)
            self._dialect = self._dialect.under(session.get(b"sql_mode"))
            splitter.backslash, splitter.ansi_quotes = self._dialect.backslash, self._dialect.ansi_quotes
        if splitter.open_at_end not in (None, "a statement"):
            raise Failure(
                "The file ends in the middle of {0}: it is cut".format(splitter.open_at_end),
                "{0}, {1} bytes".format(source.name, splitter.size),
                "Get the backup again; nothing was written.",
            )
        if splitter.size == 0:
            raise Failure("The file is empty", source.name, "Get the backup again.")
        header = _HEADER_VERSION.search(splitter.head)
        version = _SERVER_VERSION.search(splitter.head)
        # Only behind the last statement: a row's text may say it too.
        completed = _COMPLETED.search(splitter.tail, max(0, len(splitter.tail) - (splitter.size - end))) is not None
        self._files.append(
            FileFacts(
                source.name,
                splitter.size,
                completed,
                header.group().decode("utf-8", "replace")[3:] if header else "",
                version.group(1).decode("utf-8", "replace") if version else "",
            )
        )

    def plan(self) -> Plan:
        """The plan; a Failure with every refused statement if there is one."""
        for index, (item, file_name) in self._late_drops.items():
            if self._creates[index][0] not in self._views:
                self._refuse(item, file_name, "drops a table that statements between may have used")
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
        views: List[Definition] = []
        for versions in self._views.values():
            placeholders.extend(versions[:-1][:1])
            views.append(versions[-1]._replace(name=self._stored(versions[-1].name)))
        placed = set(self._views)
        tables = []
        for index, (name, create, table) in enumerate(self._creates):
            if create is not None and name in placed:
                placeholders.append(create)
                continue
            if index in self._dropped:
                continue
            tables.append((index, self._planned(index, name, create, table)))
        moved = {old: new for new, (old, _table) in enumerate(tables)}
        steps = [step._replace(table=moved[step.table]) if isinstance(step, Chunk) else step for step in self._steps]
        return Plan(
            self.source,
            self._database_options,
            tuple(self._files),
            tuple(table for _old, table in tables),
            tuple(steps),
            tuple(self._sessions),
            tuple(placeholders) + tuple(self._routines.values()) + tuple(views),
            tuple(self._triggers.values()) if self.choices.triggers == "after" else (),
            tuple(self._events.values()) if self.choices.policy.events != "omit" else (),
            self._gtid,
            dict(self.rewritten),
            tuple(self.warnings),
            self._largest,
            self._largest_packet,
            self._statements,
        )

    def _planned(self, index: int, name: bytes, create: Optional[Definition], table: Optional[Table]) -> PlannedTable:
        size = self._byte_counts[index]
        deferred = Deferral(create.text if create is not None else b"")
        if create is not None and table is not None and not any(self._needs_keys(step) for step in self._steps):
            choice = self.choices.defer_indexes
            keys_too = choice == "always" or (choice == "auto" and size >= _WORTH_DEFERRING)
            deferred = defer(create.text, table, keys_too, index not in self._inexact)
            create = create._replace(text=deferred.create)
        histograms = tuple(self._histograms.get(index, ()))
        return PlannedTable(self._stored(name), create, table, self._row_counts[index], size, deferred, index in self._ordered, histograms)

    def _needs_keys(self, step: Step) -> bool:
        """Whether it is more than rows, so that it may do another thing while keys are missing."""
        return isinstance(step, Barrier) or not step.exact and self._sessions[step.session].checks_foreign_keys

    def _stored(self, name: bytes) -> bytes:
        """The name of a table or view as the server will have it."""
        return folded(name) if self.choices.lower_case else name

    def _own(self, schema: Optional[bytes]) -> bool:
        """Whether this is the database of the dump or the one that is loaded."""
        return schema is not None and self._stored(schema) in [self._stored(name) for name in (self.source, self.choices.target) if name is not None]

    def wanted(self, table: bytes) -> bool:
        """Whether the user's table patterns take this table."""
        name = table.decode("utf-8", "replace")
        if self.choices.tables and not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.choices.tables):
            return False
        return not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.choices.exclude_tables)

    def _take_source_from(self, head: bytes) -> None:
        found = _HEADER_DATABASE.search(head)
        if self.source is None and found is not None and found.group(1).strip():
            self.source = found.group(1).strip()

    def _take(self, item: Item, session: Session, file_index: int, file_name: str) -> Session:
        kind = item.kind
        if (session.charset or "").lower() in _AMBIGUOUS and (kind in (Kind.ROWS, Kind.OTHER) or _HALF_A_CHARACTER.search(item.statement.text)):
            self._refuse(item, file_name, "is written in {0}, in which half a character may look like a backslash".format(session.charset))
        elif kind is Kind.ROWS:
            self._rows(item, session, file_index, file_name)
        elif kind is Kind.HISTOGRAM:
            self._histogram(item, session, file_index, file_name)
        elif kind is Kind.SESSION:
            changed = apply(session, item.changes)
            if changed is None:
                self._refuse(item, file_name, "sets a variable to more than a value")
                return session
            return self._known_modes(changed)
        elif kind is Kind.DATABASE_COLLATION:
            return self._database_collation(item, session, file_name)
        elif kind in (Kind.USE, Kind.DATABASE):
            self._use(item, file_name)
        elif kind is Kind.GTID_PURGED:
            self._gtid = joined_gtid(self._gtid, item)
            self._count("gtid_purged")
        elif kind is Kind.SQL_LOG_BIN:
            self._count("sql_log_bin")
        elif kind is Kind.PREPARED:
            self._prepared(item, session, file_index, file_name)
        elif kind is Kind.FORBIDDEN:
            if item.verb == "DROP DATABASE" and item.name is not None and self.source is not None and self._stored(item.name.name) == self._stored(self.source):
                # --add-drop-database writes it; like DROP TABLE it is not run, since on_existing decides.
                return session
            if not self._allowed(item):
                self._refuse(item, file_name, item.reason)
            else:
                self._barrier(item, session, file_index, file_name)
        elif kind not in (Kind.NOTHING, Kind.HOUSEKEEPING):
            self._object(item, session, file_index, file_name)
        return session

    def _known_modes(self, session: Session) -> Session:
        """Without what 8.0 no longer knows and nobody misses: each routine, trigger and event of a 5.7 comes under such a mode."""
        if self.choices.server_version < 80000:
            return session
        known = without_idle_modes(session)
        if known != session:
            self._count("sql_mode")
        return known

    def _object(self, item: Item, session: Session, file_index: int, file_name: str) -> None:
        for named in (item.name, item.on):
            if named is not None and named.schema is not None and not self._own(named.schema):
                if not self._allowed(item):
                    self._refuse(item, file_name, "is about the database {0}".format(named.schema.decode("utf-8", "replace")))
                    return
        if item.kind in _DROPS:
            self._drop(item, file_name)
            return
        if item.kind is Kind.OTHER:
            of_table = not item.verb.endswith((" VIEW", " PROCEDURE", " FUNCTION", " EVENT", " TRIGGER"))
            if item.name is not None and of_table and not self.wanted(item.name.name):
                return
            self._barrier(item, session, file_index, file_name)
            return
        if item.name is None:
            self._refuse(item, file_name, "names nothing")
            return
        name, on = item.name.name, item.on.name if item.on is not None else None
        what = _WHAT.get(item.kind, "table")
        if item.kind is Kind.TABLE and not self.wanted(name) or (on is not None and not self.wanted(on)):
            return
        if (item.kind is Kind.TRIGGER and self.choices.triggers != "after") or (item.kind is Kind.EVENT and self.choices.policy.events == "omit"):
            self._count(what + "s_omitted")
            return
        made = self._definition(item, name, on, what, session, file_name)
        if item.kind is Kind.TABLE:
            table = parse_table(made.text, self._dialect)
            for other in tables_under(made.text, self._dialect):
                if other.schema is not None and self._stored(other.schema) != self._stored(self.choices.target) and not self._allowed(item):
                    self._refuse(item, file_name, "takes rows for the database {0}".format((other.schema or b"").decode("utf-8", "replace")))
                    return
            if table is not None and table.engine.upper() == "FEDERATED" and not self._allowed(item):
                self._refuse(item, file_name, "takes rows for another server")
                return
            index = self._table(name)
            if not self._is_new(index, item, made, file_name):
                return
            self._creates[index] = (name, made, table)
            self._dropped.discard(index)
            self._born[index] = self._barriers
        elif item.kind is Kind.VIEW:
            self._views.setdefault(name, []).append(made)
        elif item.kind is Kind.ROUTINE:
            self._routines[(item.verb, name)] = made
        elif item.kind is Kind.TRIGGER:
            # schema.sql and data.sql of one backup both carry the triggers.
            self._triggers[name] = made
        else:
            self._events[name] = made

    def _is_new(self, index: int, item: Item, made: Definition, file_name: str) -> bool:
        """Whether a CREATE TABLE makes a table, and not one that is there already."""
        known = self._creates[index][1]
        if known is None or index in self._dropped:
            return True
        if known.text != made.text and b"EXISTS" not in [token.upper for token in tokens(made.text[:200], self._dialect)[:8]] and not self._allowed(item):
            self._refuse(item, file_name, "makes another table of a name that is taken")
        return False

    def _drop(self, item: Item, file_name: str) -> None:
        """What was made before is void. A view stays: behind the drop of its placeholder comes the view itself."""
        name = item.name.name if item.name is not None else b""
        if item.kind is Kind.DROP_TABLE:
            self._drop_table(item, file_name)
        elif item.kind is Kind.DROP_TRIGGER:
            self._triggers.pop(name, None)
        elif item.kind is Kind.DROP_ROUTINE:
            self._routines.pop((item.verb.replace("DROP", "CREATE"), name), None)
        elif item.kind is Kind.DROP_EVENT:
            self._events.pop(name, None)

    def _drop_table(self, item: Item, file_name: str) -> None:
        """What the dump said of a table that it has made is void, as in dumps that were written one behind the other into one file.

        Rows of a table that comes later are kept: of a pair, data.sql may be the first.
        """
        index = self._tables.get(item.name.name) if item.name is not None else None
        create = self._creates[index][1] if index is not None else None
        if index is None or create is None or index in self._dropped:
            return
        if self._row_counts[index] and create.place.file != file_name and not self._allowed(item):
            self._refuse(item, file_name, "drops a table that a file before this one has filled: they are not of one dump, or in the wrong order")
            return
        if self._barriers > self._born[index] and not self._allowed(item):
            self._late_drops[index] = (item, file_name)
        self._steps = [step for step in self._steps if not (isinstance(step, Chunk) and step.table == index)]
        self._row_counts[index] = self._byte_counts[index] = 0
        for known in (self._inexact, self._ordered):
            known.discard(index)
        self._histograms.pop(index, None)
        self._dropped.add(index)

    def _definition(self, item: Item, name: bytes, on: Optional[bytes], what: str, session: Session, file_name: str) -> Definition:
        policy = self.choices.policy._replace(source=self.source, target=self.choices.target, any_case=self.choices.lower_case)
        made = rewrite(item.statement.text, self._dialect, policy, what)
        for change in made.changed:
            self._count(change)
        place = _place(item.statement, file_name)
        self.warnings.extend("{0} ({1} {2}, {3})".format(note, what, name.decode("utf-8", "replace"), place) for note in made.notes)
        definer = definer_of(made.text, self._dialect)
        plain = session._replace(saved=())
        return Definition(item.kind, name, made.text, plain, place, item.verb.split()[-1], on, definer)

    def _rows(self, item: Item, session: Session, file_index: int, file_name: str) -> None:
        name = item.name
        rows = item.statement.rows
        joins, self._open_chunk = self._open_chunk, False
        if name is None or rows is None:
            return
        if name.schema is not None and not self._own(name.schema) and not self._allowed(item):
            self._refuse(item, file_name, "is about the database {0}".format(name.schema.decode("utf-8", "replace")))
            return
        if not self.wanted(name.name):
            return
        if name.schema is not None:
            # Sent as it stands it would go to the database it names, also where the target is loaded beside itself.
            self._barrier(item, session, file_index, file_name)
            return
        table = self._table(name.name)
        if table in self._dropped:
            self._creates[table] = (name.name, None, None)
            self._dropped.discard(table)
        statement = item.statement
        self._row_counts[table] += rows.number
        self._byte_counts[table] += len(statement.text)
        state = self._state(session)
        exact = rows.verb == b"INSERT" and not rows.ignore
        if not exact:
            self._inexact.add(table)
        # LOAD DATA takes numbers in steps of its own.
        numbers = self._numbers(table, rows, session)
        if numbers or not exact:
            self._ordered.add(table)
        separator = rows.separator if exact and not numbers and not rows.odd and self._same_to_load_data(table, item, session) else b""
        if not separator:
            self._largest_packet = max(self._largest_packet, len(statement.text))
        last = self._steps[-1] if self._steps else None
        same_columns, self._columns = self._columns == rows.columns, rows.columns
        # The loader cuts a chunk at semicolons.
        self._open_chunk = plain = self._delimiter == b";"
        if (
            isinstance(last, Chunk)
            and joins
            and plain
            and same_columns
            and (last.file, last.table, last.session, last.separator, last.exact) == (file_index, table, state, separator, exact)
            and statement.end - last.offset <= self.choices.batch_bytes
        ):
            begin = statement.offset - last.offset
            cuts = cut(last.cuts, begin, begin + len(statement.text))
            self._steps[-1] = last._replace(end=statement.end, rows=last.rows + rows.number, statements=last.statements + 1, cuts=cuts)
            return
        first = len(statement.text)
        cuts = cut(0, 0, first)
        self._steps.append(Chunk(file_index, statement.offset, statement.end, statement.line, table, rows.number, state, 1, cuts, first, exact, separator))

    def _histogram(self, item: Item, session: Session, file_index: int, file_name: str) -> None:
        """mysqldump 8.0 has them made anew behind a table's rows, in each file that has something of the table."""
        name = item.name
        if name is None or name.schema is not None or name.name not in self._tables:
            self._object(item._replace(kind=Kind.OTHER), session, file_index, file_name)
            return
        made = Definition(item.kind, name.name, item.statement.text, session._replace(saved=()), _place(item.statement, file_name), "HISTOGRAM")
        known = self._histograms.setdefault(self._tables[name.name], [])
        if made.text not in [other.text for other in known]:
            known.append(made)

    def _known_table(self, index: int) -> Optional[Table]:
        """The table as its rows find it, None where that is not known."""
        return None if self._altered else self._creates[index][2]

    def _same_to_load_data(self, index: int, item: Item, session: Session) -> bool:
        """LOAD DATA reads these rows as the INSERT would: every value's form fits its column's type."""
        rows = item.statement.rows
        table = self._known_table(index)
        if rows is None or table is None or not self._dialect.backslash:
            return False
        if not read_by_load_data(session.charset) or not session.one_charset:
            return False
        by_name = {column.name: column for column in table.columns}
        columns = [by_name.get(name) for name in rows.columns] if rows.columns else list(table.row_columns)
        if any(column is None or column.binary or column.generated for column in columns):
            return False
        if rows.forms is None or len(rows.forms) != len(columns):
            return False
        return all(column is not None and column.same_to_load_data(form) for forms, column in zip(rows.forms, columns) for form in forms)

    def _numbers(self, index: int, rows: Rows, session: Session) -> bool:
        """Whether the server may give these rows numbers of its own (AUTO_INCREMENT)."""
        table = self._known_table(index)
        counted = [column.name for column in table.columns if column.auto_increment] if table is not None else []
        if table is None or not counted:
            # Without a CREATE TABLE nothing is known.
            return table is None
        if b"NO_AUTO_VALUE_ON_ZERO" not in (session.get(b"sql_mode") or b"").upper():
            return True
        names = [name.lower() for name in rows.columns or [column.name for column in table.row_columns]]
        if counted[0].lower() not in names:
            return True
        at = names.index(counted[0].lower())
        return rows.forms is None or at >= len(rows.forms) or b"NULL" in rows.forms[at]

    def _barrier(self, item: Item, session: Session, file_index: int, file_name: str) -> None:
        found = tokens(item.statement.text, self._dialect)
        for token_schema in sorted(self._schemas_named(item, found)):
            if not self._own(token_schema) and not self._allowed(item):
                self._refuse(item, file_name, "names {0} before a dot, which may be another database".format(token_schema.decode("utf-8", "replace")))
                return
        if item.kind is Kind.OTHER and _engine_of(found) == b"FEDERATED" and not self._allowed(item):
            self._refuse(item, file_name, "takes rows for another server")
            return
        tied = _tied_to_connection(found) if item.kind is Kind.OTHER and not self._allowed(item) else None
        if tied is not None:
            self._refuse(item, file_name, "needs {0}, which only one connection knows".format(tied))
            return
        self._barriers += 1
        self._altered = self._altered or item.verb.split(" ")[0] not in _KEEP_TABLES
        policy = Policy(source=self.source, target=self.choices.target, any_case=self.choices.lower_case)
        text = rewrite(item.statement.text, self._dialect, policy, "other").text
        place = _place(item.statement, file_name)
        self._steps.append(Barrier(file_index, item.statement.offset, text, self._state(session), place))

    def _schemas_named(self, item: Item, found: List[Token]) -> Set[bytes]:
        """Names before a dot that may be databases: where a table or a function can stand, or of no table that is known."""
        if item.kind is Kind.FORBIDDEN:
            return set()
        named = {name.schema for name in (item.name, item.on) if name is not None and name.schema is not None}
        lone = (lone_name(found, index) for index in range(len(found)))
        known = {self._stored(name) for name in self._tables} | {self._stored(name) for name in lone if name is not None}
        places = table_places(found)
        for index in range(len(found) - 2):
            name = schema_like(found, index)
            if name is not None and (index in places or in_schema(found, index) or self._stored(name) not in known or name.lower() in SYSTEM):
                named.add(name)
        return named

    def _use(self, item: Item, file_name: str) -> None:
        name = item.name.name if item.name is not None else b""
        if self.source is None:
            self.source = name
        if not self._own(name):
            self._refuse(item, file_name, "leaves the database {0}".format((self.source or b"").decode("utf-8", "replace")))
            return
        self._current = name
        if item.kind is Kind.DATABASE:
            self._database_options = self._options_of_database(item)

    def _options_of_database(self, item: Item) -> bytes:
        """What a CREATE DATABASE says behind the name, as far as the user's policies keep it."""
        found = tokens(item.statement.text, self._dialect)
        at = next(index for index, token in enumerate(found) if token.upper in (b"DATABASE", b"SCHEMA")) + 1
        while found[at].upper in (b"IF", b"NOT", b"EXISTS"):
            at += 1
        kept = found[at + 1 :]
        if self.choices.policy.encryption == "strip":
            for index, token in enumerate(kept):
                if token.upper == b"ENCRYPTION":
                    begin = index - 1 if index and kept[index - 1].upper == b"DEFAULT" else index
                    kept = kept[:begin] + kept[index + (3 if kept[index + 1].text == b"=" else 2) :]
                    self._count("encryption")
                    break
        return b" ".join(token.text for token in kept)

    def _database_collation(self, item: Item, session: Session, file_name: str) -> Session:
        name = item.name.name if item.name is not None else b""
        if not self._own(name):
            self._refuse(item, file_name, "is about another database")
            return session
        found = tokens(item.statement.text, self._dialect)
        words = [token.text for token in found[3:]]
        return session.with_variable(DATABASE_COLLATION, b" ".join(words))

    def _prepared(self, item: Item, session: Session, file_index: int, file_name: str) -> None:
        name = item.name
        if name is not None and name.schema is not None:
            self._harmless.add(name.name)
        elif name is None or name.name not in self._harmless:
            if self._allowed(item):
                self._barrier(item, session, file_index, file_name)
            else:
                self._refuse(item, file_name, item.reason)

    def _table(self, name: bytes) -> int:
        if name not in self._tables:
            self._tables[name] = len(self._creates)
            self._creates.append((name, None, None))
            self._row_counts.append(0)
            self._byte_counts.append(0)
        return self._tables[name]

    def _state(self, session: Session) -> int:
        plain = session._replace(saved=())
        if plain not in self._session_index:
            self._session_index[plain] = len(self._sessions)
            self._sessions.append(plain)
        return self._session_index[plain]

    def _allowed(self, item: Item) -> bool:
        words = " ".join(item.statement.text[:200].decode("utf-8", "replace").upper().split())
        return any(item.verb.startswith(allowed.upper()) or words.startswith(allowed.upper()) for allowed in self.choices.allow)

    def _refuse(self, item: Item, file_name: str, reason: str) -> None:
        self._refusals += 1
        if len(self.refused) < _MOST_REFUSALS:
            self.refused.append("{0} {1} ({2})".format(item.verb or "this", reason, _place(item.statement, file_name)))

    def _count(self, name: str) -> None:
        self.rewritten[name] = self.rewritten.get(name, 0) + 1


def _place(statement: Statement, file_name: str) -> Place:
    return Place(file_name, statement.line, statement.offset, statement.head)


def _engine_of(found: List[Token]) -> bytes:
    """The engine a statement names last, in upper case."""
    engine = b""
    for index, token in enumerate(found[:-1]):
        if token.upper == b"ENGINE":
            after = index + 2 if found[index + 1].text == b"=" and index + 2 < len(found) else index + 1
            engine = (found[after].identifier or found[after].value).upper()
    return engine


def _tied_to_connection(found: List[Token]) -> Optional[str]:
    """What a statement asks of its own connection, which is not the one that the statements before it ran on."""
    # Before an account's @ stands its name.
    accounts = any(token.upper == b"DEFINER" for token in found)
    for index, token in enumerate(found[:-1]):
        after = found[index + 1]
        if token.text == b"@" and (after.identifier or after.kind == "string") and not (accounts and index and found[index - 1].end == token.start):
            return "the variable @{0}".format((after.identifier or after.value).decode("utf-8", "replace"))
        if token.upper in _OF_CONNECTION and after.text == b"(" and found[index + 2 : index + 3] and found[index + 2].text == b")":
            return "{0}()".format(token.upper.decode("ascii"))
    return None


def joined_gtid(before: Optional[str], item: Item) -> str:
    """The GTID set of a SET GTID_PURGED, without the '+' of 8.0 and the line ends mysqldump puts into it."""
    value = ""
    for change in item.changes:
        if change.name == b"gtid_purged":
            strings = [token.value for token in change.value if token.kind == "string" and token.value != b"+"]
            value = re.sub(r"\s+", "", b"".join(strings).decode("ascii", "replace")).lstrip("+")
    if before and before != value:
        return before + "," + value if value else before
    return value
