# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The columns and keys that tables of the dump will have on this server, from temporary copies of them, and those of tables in the target."""

import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..._dump.plan import Definition, LoadPlan, PlannedTable
from ..._dump.session_variables import SessionState
from ..._dump.temporary_copy import temporary_copies
from ..._dump.tokens import QualifiedName, option_value_at, tokens
from ..._identifiers import folded, name_text, quote
from ..._server.connection import Connection, ServerError
from ..._server.existing import character_set_clause
from ..request import OnExisting
from ..schema.differences import is_comparable
from .subject import CheckSubject
from .trial_tables import MOST_TABLES, REFUSED, TRIAL_NAME, TrialSession, default_engine

_INTEGERS = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
# InnoDB stores these as bytes, whose length need not be the same (measured: 5.6, 5.7 and 9.7, all pairs of 42 types).
_BYTES = frozenset(("decimal", "binary", "varbinary", "datetime", "timestamp", "time", "bit"))
_VALUE = re.compile(r"'(?:[^']|'')*'")
_DEFAULTS = ((b"CHARACTER", b"SET"), (b"CHAR", b"SET"), (b"CHARSET",))


class ShapeColumn(NamedTuple):
    """``storage`` must be equal in both columns of a foreign key, None if it is not known. ``shown`` is the type for a message."""

    storage: Optional[Tuple[object, ...]]
    shown: str
    nullable: bool
    generated: bool
    virtual: bool


class TableShape(NamedTuple):
    """``columns`` and ``keys`` are in lower case. A key has the columns that InnoDB can search by, including those of the clustered key at its end.
    ``unique`` are the keys that are unique."""

    columns: Dict[bytes, ShapeColumn]
    keys: Tuple[Tuple[bytes, ...], ...]
    unique: Tuple[Tuple[bytes, ...], ...]
    innodb: bool
    partitioned: bool

    def column(self, name: bytes) -> Optional[ShapeColumn]:
        """The column with this name in any case."""
        return self.columns.get(_key(name))

    def keys_with(self, columns: Sequence[bytes]) -> int:
        """How many keys begin with these columns."""
        wanted = tuple(map(_key, columns))
        return sum(key[: len(wanted)] == wanted for key in self.keys)

    def has_unique_key(self, columns: Sequence[bytes]) -> bool:
        """Whether a unique key has exactly these columns."""
        return tuple(map(_key, columns)) in self.unique


class TableShapes:
    """Asks the server about each table once. ``connection`` may create temporary tables."""

    def __init__(self, subject: CheckSubject, plan: LoadPlan, connection: Connection) -> None:
        self._subject = subject
        self._connection = connection
        self._planned = {planned.name: planned for planned in plan.tables if planned.dumped is not None}
        self._unknown = plan.renamed
        self._session = TrialSession(connection)
        self._left = MOST_TABLES if subject.server.version.number >= 50700 else MOST_TABLES // 10
        self._shapes: Dict[bytes, Optional[TableShape]] = {}
        self._others: Dict[QualifiedName, Optional[TableShape]] = {}
        self._charset = charset_of_target(subject, plan)
        self._refusals: Dict[bytes, ServerError] = {}
        self._altered: Dict[bytes, Optional[Definition]] = {}

    def stored(self, name: bytes) -> bytes:
        """The name as the server stores it."""
        return folded(name) if self._subject.server.variables.get("lower_case_table_names", "0") != "0" else name

    def of(self, name: bytes) -> Optional[TableShape]:
        """The table with this name; None if there is none, or it is not known."""
        stored = self.stored(name)
        if stored not in self._shapes:
            self._shapes[stored] = self._made(stored) if stored in self._planned else self._existing(stored)
        return self._shapes[stored]

    def alter(self, stored: bytes, create: Optional[Definition]) -> None:
        """From here on a table of the dump has this definition; None if it is not known."""
        self._altered[stored] = create
        self._shapes.pop(stored, None)
        self._refusals.pop(stored, None)

    def refusal_of(self, stored: bytes) -> Optional[ServerError]:
        """Why the server has not accepted the columns and keys of a table."""
        self.of(stored)
        return self._refusals.get(stored)

    def is_missing(self, name: bytes) -> bool:
        """Whether neither the dump nor the target has a table with this name. Nothing is missing from a part of a dump."""
        choices, stored = self._subject.request.choices, self.stored(name)
        partial = not self._subject.known.whole or choices.tables or choices.exclude_tables or choices.allow or stored in self._unknown
        return not partial and stored not in self._planned and self.of(name) is None

    def elsewhere(self, table: QualifiedName) -> Optional[TableShape]:
        """A table of another database; None if there is none, or the account does not see it."""
        key = QualifiedName(self.stored(table.schema or b""), self.stored(table.name))
        if key not in self._others:
            self._others[key] = self._of_database(name_text(key.schema or b""), key.name) if self._sees(table) else None
        return self._others[key]

    def is_missing_elsewhere(self, table: QualifiedName) -> bool:
        """Whether another database certainly has no table with this name."""
        return self._sees(table) and self.elsewhere(table) is None

    def _sees(self, table: QualifiedName) -> bool:
        """Whether the account may read all tables of the database."""
        return self._subject.server.grants.has("SELECT", name_text(self.stored(table.schema or b"")))

    def _made(self, name: bytes) -> Optional[TableShape]:
        planned = self._planned[name]
        create, table = self._altered.get(name, whole_definition(planned)), planned.table
        self._left -= 1
        if create is None or table is None or self._left < 0 or not is_comparable(create) or not self._session.switch(create.session):
            return None
        shape = self._of_copy(name, create)
        return shape and shape._replace(innodb=table.engine.upper() == "INNODB", partitioned=table.partitioned)

    def _of_copy(self, name: bytes, create: Definition) -> Optional[TableShape]:
        dialect = create.session.dialect(self._subject.server.version.number)
        for copy in temporary_copies(create.text, dialect, TRIAL_NAME, default_engine(create.session, self._subject.server), charset=self._charset):
            error = self._connection.refusal(copy)
            if error is not None:
                if error.code in REFUSED:
                    self._refusals[name] = error
                continue
            if not create.session.charset.startswith("utf8"):
                # Names would be in this character set.
                self._session.switch(SessionState())
            shape = _shape(self._connection, quote(TRIAL_NAME))
            self._connection.run(b"DROP TEMPORARY TABLE " + quote(TRIAL_NAME))
            return shape
        return None

    def _existing(self, name: bytes) -> Optional[TableShape]:
        request = self._subject.request
        return self._of_database(request.target, name) if request.on_existing is not OnExisting.REPLACE else None

    def _of_database(self, database: str, name: bytes) -> Optional[TableShape]:
        query = "SELECT ENGINE, CREATE_OPTIONS FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND TABLE_TYPE = 'BASE TABLE'"
        self._session.switch(SessionState())
        for engine, options in self._connection.rows(query, (database, name_text(name))):
            shape = _shape(self._connection, quote(database, name))
            return shape._replace(innodb=str(engine).upper() == "INNODB", partitioned="partitioned" in str(options).lower())
        return None


def whole_definition(planned: PlannedTable) -> Optional[Definition]:
    """The CREATE TABLE with all its keys, in the session in which the import creates the table."""
    dumped = planned.dumped
    return dumped if dumped is None or planned.create is None else dumped._replace(session=planned.create.session)


def charset_of_target(subject: CheckSubject, plan: LoadPlan) -> bytes:
    """The options of a table that names no character set: those of the database that the import creates or finds."""
    request, connection = subject.request, subject.connection
    if connection.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (request.target,)) and request.on_existing is not OnExisting.REPLACE:
        return character_set_clause(connection, request.target).encode("ascii")
    if request.charset or request.collation:
        asked = ((b"CHARACTER SET ", request.charset), (b"COLLATE ", request.collation))
        return b" ".join(clause + quote(value) for clause, value in asked if value)
    found = tokens(plan.database_options, SessionState().dialect(subject.server.version.number))
    words = [token.upper for token in found]
    clauses: List[bytes] = []
    for index, word in enumerate(words):
        size = next((len(name) for name in _DEFAULTS if tuple(words[index : index + len(name)]) == name), word == b"COLLATE")
        at = option_value_at(found, index + size - 1) if size else len(found)
        if at < len(found):
            clauses.append((b"COLLATE " if word == b"COLLATE" else b"CHARACTER SET ") + found[at].text)
    variables = subject.server.variables
    return b" ".join(clauses) or "CHARACTER SET {0} COLLATE {1}".format(variables["character_set_server"], variables["collation_server"]).encode("ascii")


def _shape(connection: Connection, name: bytes) -> TableShape:
    columns = {}
    for field, kind, collation, null, _key_word, _default, extra, *_others in connection.texts(b"SHOW FULL COLUMNS FROM " + name):
        words = str(extra or "").upper()
        shown = str(kind) if collation is None else "{0} {1}".format(kind, collation)
        columns[_key(field)] = ShapeColumn(
            _storage(str(kind).lower(), collation), shown, null == "YES", "GENERATED" in words.replace("DEFAULT_GENERATED", ""), "VIRTUAL" in words
        )
    rows = [row for row in connection.texts(b"SHOW INDEX FROM " + name) if row[10] in ("BTREE", "HASH")]
    keys, unique = _keys(rows)
    return TableShape(columns, keys, unique, innodb=True, partitioned=False)


def _keys(rows: List[Tuple[Any, ...]]) -> Tuple[Tuple[Tuple[bytes, ...], ...], Tuple[Tuple[bytes, ...], ...]]:
    """The columns by which InnoDB can search, and the unique keys, from SHOW INDEX."""
    parts: Dict[str, List[Tuple[Any, ...]]] = {}
    for row in rows:
        parts.setdefault(str(row[2]), []).append(row)
    whole: Dict[str, Tuple[bytes, ...]] = {}
    for name, some in parts.items():
        cut = next((index for index, row in enumerate(some) if row[4] is None or row[7] is not None), len(some))
        whole[name] = tuple(_key(row[4]) for row in some[:cut])
    uncut = {name for name, some in parts.items() if len(whole[name]) == len(some)}
    unique = [name for name in parts if name in uncut and not int(parts[name][0][1])]
    # Without a primary key, the first unique key without NULL is the clustered one, which SHOW INDEX prints first.
    clustered = "PRIMARY" if "PRIMARY" in parts else next((name for name in unique if not any(row[9] == "YES" for row in parts[name])), "")
    hidden = whole.get(clustered, ())
    keys = [columns + tuple(column for column in hidden if name in uncut and column not in columns) for name, columns in whole.items()]
    return tuple(keys), tuple(whole[name] for name in unique)


def _storage(kind: str, collation: Optional[str]) -> Optional[Tuple[object, ...]]:
    """How InnoDB stores a column, as far as both columns of a foreign key must agree; None for a type that a foreign key cannot have."""
    word = re.split(r"\W", kind, maxsplit=1)[0]
    values = len(_VALUE.findall(kind))
    if word in _INTEGERS:
        return ("integer", _INTEGERS[word], "unsigned" in kind)
    if word in ("char", "varchar"):
        return ("text", collation)
    if word in _BYTES:
        return ("bytes",)
    size = (values + 7) // 8
    return {
        "date": ("integer", 3, False),
        "year": ("integer", 1, True),
        "enum": ("integer", 1 if values < 256 else 2, True),
        "set": ("integer", size if size <= 4 else 8, True),
        "float": ("float",),
        "double": ("double",),
    }.get(word)


def _key(name: object) -> bytes:
    """A name of a column for comparing."""
    return folded(name if isinstance(name, bytes) else str(name).encode("utf-8"))
