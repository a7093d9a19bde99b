# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which tables and objects of the target an unfinished import has created: the next run fills, empties, drops or keeps only these.

The ledger records a table before it is created, and its mark (:attr:`ExistingTable.mark`) afterwards; an object is recorded when it is created, with a
digest of SHOW CREATE. An object that is recorded as created, but has a different mark or digest now, is somebody else's. After a kill between a
statement and its record, a table is recognised as the import's if it is empty, or by its keys and rows, and an object if it matches the dump.
"""

import hashlib
import time
from contextlib import contextmanager
from typing import Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._dump.classify import StatementKind
from .._dump.lexer import UnclearText, scan
from .._dump.plan import Definition, LoadPlan, PlannedTable
from .._dump.steps import Chunk
from .._failure import Failure
from .._identifiers import name_text, quote
from .._server.connection import LOST, Connection, ServerError
from .._server.existing import ExistingProgram, ExistingTable, Inventory, create_statement, table_in, with_marks
from .ledger import TABLE_WHOLE, Ledger
from .schema.keys import foreign_keys_of, keys_of
from .schema.objects import key_of

Key = Tuple[str, str]
Notes = Mapping[Key, str]
_TABLE, _PLACEHOLDER = "TABLE", "PLACEHOLDER"
# Recorded when a load has failed and nothing of it is still running, so that all marks are correct.
_SETTLED = ("SETTLED", "")
# A table that is about to be created.
_INTENDED = ""
# Recorded while a table of the import is altered, because its mark is incorrect then.
_ALTERED = "ALTERED"


class OwnObjects(NamedTuple):
    """Views, routines, triggers and events of the target that are also in the dump. ``kept`` match the dump, ``placeholders`` (word after
    CREATE, name) belong to views that must still be created, ``foreign`` are somebody else's."""

    kept: FrozenSet[Key]
    placeholders: Tuple[Key, ...]
    foreign: Tuple[str, ...]


class MadeNotes:
    """Records in the ledger what a load creates in ``database``."""

    def __init__(self, ledger: Ledger, control: Connection) -> None:
        self._ledger = ledger
        self._control = control
        # Tables that are identified only by the second of their creation, and the last of these seconds.
        self._by_time: FrozenSet[str] = frozenset()
        self._last = 0

    def intend(self, names: List[str]) -> FrozenSet[str]:
        """Record that tables with these names, which do not exist, are about to be created. From here on a kill may leave incorrect marks.

        Returns those that the unfinished load has recorded before.
        """
        before = self._ledger.made(self._control)
        self._ledger.unnote_made(self._control, *_SETTLED)
        self._ledger.note_made(self._control, {(_TABLE, name): _INTENDED for name in names})
        return frozenset(name for name in names if (_TABLE, name) in before)

    def mark_tables(self, database: str, found: Sequence[ExistingTable], plan: LoadPlan, settled: Mapping[str, object]) -> None:
        """Record the marks of the plan's tables in ``database``, which this load has just created or recognised as its own."""
        planned = _created(plan, settled)
        tables = [table for table in with_marks(self._control, database, found) if table.name in planned]
        self._ledger.note_made(self._control, {(_TABLE, table.name): table.mark for table in tables})
        timed = [table for table in tables if table.ids == "-"]
        self._by_time = frozenset(table.name for table in timed)
        self._last = max([self._last] + [int(table.created) for table in timed if table.created.isdigit()])

    def altered(self, connection: Connection, database: str, planned: PlannedTable) -> None:
        """Record the new mark of a table after its keys were added. The mark of an InnoDB table changes only with its first FULLTEXT key."""
        name = name_text(planned.name)
        if name not in self._by_time and not planned.deferred.fulltext:
            return
        table = table_in(connection, database, name)
        if table is not None:
            self.mark(connection, table)

    @contextmanager
    def alteration(self, database: str, planned: PlannedTable) -> Iterator[None]:
        """Around an ALTER TABLE of a table of the import. After a kill inside, the table is recognised by its rows."""
        name = name_text(planned.name)
        self._ledger.note_made(self._control, {(_ALTERED, name): ""})
        yield
        self.altered(self._control, database, planned)
        self._ledger.unnote_made(self._control, _ALTERED, name)

    def mark(self, connection: Connection, table: ExistingTable) -> None:
        """Record the mark of a table of the import that now looks like this."""
        self._ledger.note_made(connection, {(_TABLE, table.name): table.mark})
        if table.ids == "-":
            self._by_time |= {table.name}
            self._last = max(self._last, int(table.created) if table.created.isdigit() else 0)

    def intend_placeholders(self, plan: LoadPlan, kept: FrozenSet[Key]) -> None:
        """Record that tables are about to be created as placeholders of views, except those of views that exist."""
        keys = [key_of(definition) for definition in plan.objects if definition.kind is StatementKind.TABLE]
        self._ledger.note_made(self._control, {(_PLACEHOLDER, name): _INTENDED for what, name in keys if (what, name) not in kept})

    def note_object(self, database: str, definition: Definition, *, placeholder: bool) -> None:
        """Record that an object was created."""
        kind, name = key_of(definition)
        digest = _digest(self._control, database, definition.what, name_text(definition.name))
        self._ledger.note_made(self._control, {(_PLACEHOLDER if placeholder else kind, name): digest})

    def settle(self, error: BaseException) -> None:
        """Record that the load has failed with this error. Wait up to a second, so that tables that others create later have a later creation time."""
        if isinstance(error, Failure) and not (isinstance(error, ServerError) and error.code in LOST):
            self._ledger.note_made(self._control, {_SETTLED: ""})
        for _try in range(12):
            if not self._last or int(self._control.value("SELECT UNIX_TIMESTAMP()")) > self._last:
                return
            time.sleep(0.1)


def foreign_tables(connection: Connection, ledger: Ledger, plan: LoadPlan, existing: Inventory, settled: Mapping[str, object], database: str) -> List[str]:
    """Tables and views that have the name of a table of the plan but were not created by the unfinished import; triggers that would fire for its rows."""
    notes, planned = ledger.made(connection), _created(plan, settled)
    tables = {table.name: table for table in with_marks(connection, database, existing.tables)}
    found = ["view " + made.name for made in existing.objects if made.kind == "views" and made.name in planned]
    rows = _noted_rows(plan, ledger.done(connection)) if planned.keys() & tables.keys() else {}
    for name, (index, table) in sorted(planned.items()):
        if name in tables and not _is_own_table(connection, database, tables[name], notes, table, rows.get(index, 0)):
            found.append("table " + name)
    keys = {key_of(definition) for definition in plan.triggers}
    found.extend("trigger " + made.name for made in existing.objects if made.kind == "triggers" and made.table in planned and made.key not in keys)
    return found


def own_objects(connection: Connection, ledger: Ledger, plan: LoadPlan, existing: Inventory, database: str, version: int) -> OwnObjects:
    """Which of the plan's objects exist in ``database``, and whose they are."""
    kept: List[Key] = []
    placeholders: List[Key] = []
    foreign: List[str] = []
    lasting = {key_of(definition): definition for definition in plan.objects + plan.triggers + plan.events}
    passing = {key_of(definition): definition for definition in plan.objects if lasting[key_of(definition)] is not definition}
    tables = {name_text(planned.name) for planned in plan.tables if planned.create is not None}
    found = list(existing.objects)
    found.extend(ExistingProgram("tables", table.name, "") for table in existing.tables if table.name not in tables and ("VIEW", table.name) in lasting)
    notes: Notes = ledger.made(connection) if found else {}
    if found:
        connection.use(database.encode("utf-8"))
    for made in found:
        key = ("VIEW", made.name) if made.kind == "tables" else made.key
        if key not in lasting:
            continue
        _mode, text = create_statement(connection, made.what, database, made.own_name)
        digest = _digest_of(_mode, text)
        if notes.get(key) == digest or key not in notes and _same(lasting[key], text, version):
            kept.append(key)
        elif notes.get((_PLACEHOLDER, key[1])) == digest:
            placeholders.append((made.what, made.own_name))
        elif key in notes:
            foreign.append("{0} {1}".format(made.what.lower(), made.own_name))
        elif _may_be_placeholder(made, (passing.get(key), lasting[key]), text, version) or (
            made.kind == "tables" and _is_intended(notes, key) and _is_empty(connection, quote(database, made.name))
        ):
            placeholders.append((made.what, made.own_name))
        else:
            foreign.append("{0} {1}".format(made.what.lower(), made.own_name))
    return OwnObjects(frozenset(kept), tuple(placeholders), tuple(foreign))


def _created(plan: LoadPlan, settled: Mapping[str, object]) -> Dict[str, Tuple[int, PlannedTable]]:
    """Index and table, by name, of each table that the load creates."""
    named = {name_text(planned.name): (index, planned) for index, planned in enumerate(plan.tables) if planned.create is not None}
    return {name: found for name, found in named.items() if name not in settled}


def _noted_rows(plan: LoadPlan, done: Dict[Tuple[int, int], int]) -> Dict[int, int]:
    """The number of rows of each table according to the ledger, by index."""
    rows: Dict[int, int] = {}
    for step in plan.steps:
        if isinstance(step, Chunk):
            rows[step.table] = rows.get(step.table, 0) + done.get((step.file, step.offset), 0)
    rows.update({index: count for (file, index), count in done.items() if file == TABLE_WHOLE})
    return rows


def _is_own_table(connection: Connection, database: str, table: ExistingTable, notes: Notes, planned: PlannedTable, rows: int) -> bool:
    """Whether the unfinished import has created the table. ``rows``: how many rows it has loaded."""
    note = notes.get((_TABLE, table.name))
    if note is None:
        return False
    # A crash of a server before 8.0 can leave a name without a table.
    if not table.engine or not table.created or _same_mark(note, table.mark):
        return True
    name = quote(database, table.name)
    if note == _INTENDED or table.engine.upper() != "INNODB" and _is_empty(connection, name):
        # The run was killed before it recorded the table, or after it emptied the table.
        return _is_empty(connection, name)
    unseen = not table.mark.strip("- ")
    # For a partitioned table on 5.6, an account without PROCESS sees neither ID nor time.
    killed = _SETTLED not in notes
    may_differ = unseen or killed and ((_ALTERED, table.name) in notes or _may_be_altered(connection, database, table, note, planned))
    return may_differ and int(connection.value(b"SELECT COUNT(*) FROM " + name)) == rows


def _may_be_altered(connection: Connection, database: str, table: ExistingTable, note: str, planned: PlannedTable) -> bool:
    """Whether the mark may differ because the import itself has added keys since it was recorded."""
    if "-" not in (table.ids, note.partition(" ")[0]) and not planned.deferred.fulltext:
        return False
    name = planned.name
    wanted = {clause.name for clause in planned.deferred.indexes + planned.deferred.fulltext + planned.deferred.foreign_keys}
    return bool(wanted & (keys_of(connection, database, name) | foreign_keys_of(connection, database, name)))


def _same_mark(noted: str, now: str) -> bool:
    """Compare marks. InnoDB's IDs decide if both are known, because the creation time changes when the table is altered or its file is moved."""
    (ids, created), (ids_now, created_now) = noted.partition(" ")[::2], now.partition(" ")[::2]
    if "-" not in (ids, ids_now):
        return ids == ids_now
    return created == created_now != "-"


def _is_empty(connection: Connection, name: bytes) -> bool:
    """Whether the table has no rows; a table that a crash has damaged has none to lose."""
    try:
        return not connection.rows(b"SELECT 1 FROM " + name + b" LIMIT 1")
    except ServerError as error:
        if error.code in LOST:
            raise
        return True


def _is_intended(notes: Notes, key: Key) -> bool:
    """Whether a run was killed while it created a table as the placeholder of this view."""
    return _SETTLED not in notes and notes.get((_PLACEHOLDER, key[1])) == _INTENDED


def _may_be_placeholder(made: ExistingProgram, wanted: Tuple[Optional[Definition], Definition], text: Optional[str], version: int) -> bool:
    """Whether a run that was killed before it recorded the placeholder of a view may have left it: a view of constants, or the view itself with
    another definer. ``wanted`` are the statements of the placeholder and of the view."""
    return made.kind == "views" and any(_same_body(each, text, version) for each in wanted if each is not None)


def _digest(connection: Connection, database: str, what: str, name: str) -> str:
    connection.use(database.encode("utf-8"))
    return _digest_of(*create_statement(connection, what, database, name))


def _digest_of(sql_mode: Optional[str], text: Optional[str]) -> str:
    return hashlib.sha256(repr((sql_mode, text)).encode("utf-8")).hexdigest()[:32]


def _same(definition: Definition, text: Optional[str], version: int) -> bool:
    """Whether SHOW CREATE matches the statement of the dump: the same definer, and the same text from the name on."""
    definer = definition.definer and b"DEFINER=%s@%s " % (quote(definition.definer[0]), quote(definition.definer[1]))
    return _same_body(definition, text, version) and (not definer or definer in (text or "").encode("utf-8"))


def _same_body(definition: Definition, text: Optional[str], version: int) -> bool:
    return text is not None and _from_name(definition, definition.text, version) == _from_name(definition, text.encode("utf-8"), version) != []


def _from_name(definition: Definition, text: bytes, version: int) -> List[bytes]:
    try:
        found = list(scan(text, definition.session.dialect(version)))
    except UnclearText:
        return []
    words = [token.text if token.identifier is None else token.identifier.lower() for token in found]
    what = [at for at, token in enumerate(found) if token.upper == definition.what.encode("ascii")]
    after = words[what[0] + 1 :] if what else []
    name = definition.name.lower()
    return after[after.index(name) :] if name in after else []
