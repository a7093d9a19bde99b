# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the tables that a server has created with the CREATE TABLE statements of the dump.

The comparison covers what a server changes without an error: columns and keys that it adds or leaves out, types, defaults, collations, prefixes of keys,
engines, row formats, partitions, foreign keys and CHECK constraints. Properties that a dump does not mention are not compared.
"""

import re
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ..._dump.deferred_keys import Clause
from ..._dump.lexer import UnclearText, scan
from ..._dump.plan import Definition, PlannedTable
from ..._dump.table_definition import ColumnDefinition, KeyDefinition, TableDefinition, engine_named
from ..._identifiers import name_text
from .created import CreatedColumn, CreatedKey, CreatedTable

# Types that SHOW CREATE TABLE prints and that no length or attribute changes into another type.
_TYPES = frozenset(
    "TINYINT SMALLINT MEDIUMINT INT BIGINT DECIMAL DOUBLE BIT CHAR VARCHAR BINARY VARBINARY DATE TIME DATETIME TIMESTAMP YEAR ENUM SET JSON".split()
)
_NULLABILITY = {True: "NULL", False: "NOT NULL"}
_PRESENCE = {True: "it", False: "none"}
_UNVERSIONED_REFERENCES = 90000
# Vendors use the numbers from 99000 to 99999 for their own extensions; MySQL continues with calendar versions (260700 is 26.7.0).
_BEFORE_VENDORS, _VENDORS, _LATEST = 98999, 99999, 999999
_NOT_ENCRYPTED = re.compile(r"(?:DEFAULT )?ENCRYPTION (?:= )?'N'", re.I)
_LONGEST = 100
_NONE = "nothing"


class TableDifference(NamedTuple):
    """``what`` of ``table`` is ``server`` on the server, and ``dump`` in the dump."""

    table: str
    what: str
    dump: str
    server: str

    @property
    def text(self) -> str:
        """The difference on one line."""
        return "table {0}, {1}: the dump has {2}, the server has {3}".format(*self)


def differences(tables: Sequence[PlannedTable], created: Mapping[str, CreatedTable], collations: Mapping[str, str], version: int) -> List[TableDifference]:
    """Compare tables that have none or some of their deferred keys. ``collations`` are the server's default collations by character set."""
    found: List[TableDifference] = []
    for planned in tables:
        table = created.get(name_text(planned.name))
        if table is not None and planned.table is not None and is_comparable(planned.create):
            found.extend(_TableDifferences(planned, planned.table, table, collations, version).all())
    return found


def deferred_differences(
    tables: Sequence[PlannedTable], keys: Mapping[str, Tuple[CreatedKey, ...]], foreign_keys: Optional[Mapping[str, Tuple[str, ...]]] = None
) -> List[TableDifference]:
    """Compare the keys that were added to tables after their rows and, if given, the names of foreign keys."""
    found: List[TableDifference] = []
    for planned in tables:
        name, definition = name_text(planned.name), planned.table
        if definition is None or not is_comparable(planned.create):
            continue
        if foreign_keys is None:
            waited = _names(planned.deferred.indexes + planned.deferred.fulltext)
            made = {key.name.lower(): key for key in keys.get(name, ())}
            for key in definition.keys:
                if key.name is not None and _lower(key.name) in waited and key.kind != "foreign":
                    found.extend(_key_differences(name, key, made.get(_lower(key.name))))
        else:
            there = {each.lower() for each in foreign_keys.get(name, ())}
            lost = [clause for clause in planned.deferred.foreign_keys if clause.name is not None and _lower(clause.name) not in there]
            found.extend(TableDifference(name, "foreign key", name_text(clause.name or b""), _NONE) for clause in lost)
    return found


def is_comparable(create: Optional[Definition]) -> bool:
    """Whether the names in a CREATE TABLE can be compared with information_schema: ASCII, or sent as UTF-8."""
    if create is None or create.session.charset.startswith("utf8"):
        return True
    return all(byte < 128 for byte in create.text)


def _lower(name: bytes) -> str:
    return name_text(name).lower()


def _names(clauses: Tuple[Clause, ...]) -> Set[str]:
    return {_lower(clause.name) for clause in clauses if clause.name is not None}


def _same(word: str) -> str:
    """A character set or collation under its newer name."""
    word = word.lower()
    return "utf8mb3" + word[4:] if word == "utf8" or word.startswith("utf8_") else word


class _TableDifferences:
    """The differences of one table between the dump and the server."""

    def __init__(self, planned: PlannedTable, asked: TableDefinition, made: CreatedTable, collations: Mapping[str, str], version: int) -> None:
        self.name = name_text(planned.name)
        self.planned = planned
        self.asked = asked
        self.made = made
        self.version = version
        session = planned.create.session if planned.create is not None else None
        chosen = session.get(b"default_collation_for_utf8mb4") if session is not None else None
        self.collations = {_same(charset): collation for charset, collation in collations.items()}
        if chosen is not None:
            self.collations["utf8mb4"] = chosen.decode("ascii")
        self.primary = {_lower(column) for key in asked.keys if key.kind == "primary" for column in key.columns}

    def _found(self, what: str, dump: str, server: str) -> TableDifference:
        return TableDifference(self.name, what, dump, server)

    def all(self) -> Iterator[TableDifference]:
        """All differences."""
        for compare in (self._options, self._columns, self._keys, self._constraints, self._version_comments):
            yield from compare()

    def _version_comments(self) -> Iterator[TableDifference]:
        """The version comments that the server ignores because they are for later versions, except those of vendors."""
        create = self.planned.create
        if create is None or b"/*!" not in create.text:
            return

        def read(version: int) -> Dict[int, bytes]:
            return {token.start: token.text for token in scan(create.text, create.session.dialect(version))}

        known = set(read(self.version))
        try:
            known |= set(read(_VENDORS)) - set(read(_BEFORE_VENDORS))
            hidden = [text for start, text in read(_LATEST).items() if start not in known]
        except UnclearText:
            hidden = [b"a comment"]
        words = _NOT_ENCRYPTED.sub("", name_text(b" ".join(hidden))).strip()
        if words:
            yield self._found("in comments for later versions", words[:_LONGEST], _NONE)

    def _options(self) -> Iterator[TableDifference]:
        asked, made = self.asked, self.made
        wanted, there = asked.engine.upper(), engine_named(made.engine).upper()
        if wanted != there and not asked.names_no_engine:
            yield self._found("engine", asked.engine, made.engine)
        elif wanted == there == "INNODB" and asked.row_format is not None and made.row_format and asked.row_format != made.row_format:
            yield self._found("ROW_FORMAT", asked.row_format, made.row_format)
        collation = self._collation(asked.charset, asked.collation)
        if collation is not None and _same(collation) != _same(made.collation):
            yield self._found("collation", collation, made.collation)
        if asked.partitioned and "partitioned" not in made.options:
            yield self._found("partitions", "some", _NONE)
        if asked.encrypted and "encryption" not in made.options:
            yield self._found("ENCRYPTION", "'Y'", _NONE)

    def _collation(self, charset: Optional[str], collation: Optional[str]) -> Optional[str]:
        if collation is not None and collation.upper() != "DEFAULT":
            return collation
        return self.collations.get(_same(charset)) if charset is not None else None

    def _columns(self) -> Iterator[TableDifference]:
        made = {column.name.lower(): column for column in self.made.columns}
        for column in self.asked.columns:
            name = name_text(column.name)
            there = made.pop(name.lower(), None)
            if there is None:
                yield self._found("column {0}".format(name), column.type.lower(), _NONE)
                continue
            for what, dump, server in self._column(column, there):
                yield self._found("column {0}, {1}".format(name, what), dump, server)
        for added in made.values():
            yield self._found("column {0}".format(added.name), _NONE, added.type)

    def _column(self, asked: ColumnDefinition, made: CreatedColumn) -> Iterator[Tuple[str, str, str]]:
        options = asked.options
        implied = options.implied_charset or _same(options.charset or self.asked.charset or "") == "binary"
        if asked.type in _TYPES and asked.type.lower() != made.type and not implied:
            yield "type", asked.type.lower(), made.type
        numbered = asked.auto_increment or asked.type == "SERIAL"
        must = options.nullable is False or numbered or _lower(asked.name) in self.primary
        if must == made.nullable:
            yield "nullability", _NULLABILITY[not must], _NULLABILITY[made.nullable]
        wanted, there = options.default.replace("NULL", ""), _default_of(made)
        # 5.6 adds a default to a column of the primary key that is not declared NOT NULL.
        if wanted != there and not (options.nullable is not False and _lower(asked.name) in self.primary) and not numbered:
            yield "DEFAULT", _DEFAULTS[wanted], made.default or _DEFAULTS[there]
        if options.on_update != ("on update" in made.extra):
            yield "ON UPDATE CURRENT_TIMESTAMP", _PRESENCE[options.on_update], _PRESENCE[not options.on_update]
        if numbered != ("auto_increment" in made.extra):
            yield "AUTO_INCREMENT", _PRESENCE[numbered], _PRESENCE[not numbered]
        collation = self._collation(options.charset, options.collation) or (
            None if options.charset else self._collation(self.asked.charset, self.asked.collation)
        )
        if made.collation is not None and not implied and collation is not None and _same(collation) != _same(made.collation):
            yield "collation", collation, made.collation

    def _keys(self) -> Iterator[TableDifference]:
        deferred = _names(self.planned.deferred.indexes + self.planned.deferred.fulltext)
        made: Dict[str, CreatedKey] = {key.name.lower(): key for key in self.made.keys}
        asked = [key for key in self.asked.keys if key.kind not in ("foreign", "check")]
        # Unnamed keys get a name from the server, so they are matched by their columns, after the named keys.
        for key in sorted(asked, key=lambda key: key.name is None and key.kind != "primary"):
            if key.kind == "primary" or key.name is not None:
                there = made.pop("primary" if key.kind == "primary" else _lower(key.name or b""), None)
            else:
                there = made.pop(next((name for name, other in made.items() if _columns_of(other) == _columns_asked(key)), ""), None)
            if there is not None or key.name is None or _lower(key.name) not in deferred:
                yield from _key_differences(self.name, key, there)
        known = {_lower(column.name) for column in self.asked.columns}
        for added in made.values():
            # A key on an added column is reported with the column.
            if not self._of_foreign_key(added) and all(part.column is None or part.column.lower() in known for part in added.parts):
                yield self._found("key {0}".format(added.name), _NONE, _shown_key(added))

    def _of_foreign_key(self, made: CreatedKey) -> bool:
        """Whether the server needs the key for a foreign key, for which it creates one if there is none."""
        columns = _columns_of(made)
        for key in self.asked.keys:
            if key.kind == "foreign" and (
                columns[: len(key.columns)] == tuple(_lower(name) for name in key.columns) or made.name.lower() == _lower(key.name or b"")
            ):
                return True
        return False

    def _constraints(self) -> Iterator[TableDifference]:
        there = {name.lower() for name in self.made.foreign_keys}
        foreign = [key for key in self.asked.keys if key.kind == "foreign"]
        waited = {clause.sql for clause in self.planned.deferred.foreign_keys}
        for key in foreign:
            if key.sql not in waited and (key.name is None and not there or key.name is not None and _lower(key.name) not in there):
                yield self._found("foreign key", name_text(key.name or b", ".join(key.columns)), _NONE)
        for column in self.asked.columns if self.version < _UNVERSIONED_REFERENCES else ():
            if column.options.refers:
                yield self._found("foreign key", "REFERENCES in column {0}".format(name_text(column.name)), _NONE)
        checks = sum(key.kind == "check" for key in self.asked.keys) + sum(column.options.checked for column in self.asked.columns)
        if checks > len(self.made.checks):
            yield self._found("CHECK constraints", str(checks), str(len(self.made.checks) or _NONE))


_DEFAULTS = {"": "none", "NOW": "CURRENT_TIMESTAMP", "VALUE": "a value"}


def _default_of(made: CreatedColumn) -> str:
    if made.default is None:
        return ""
    return "NOW" if made.type in ("timestamp", "datetime") and made.default.lower().startswith("current_timestamp") else "VALUE"


def _columns_of(made: CreatedKey) -> Tuple[str, ...]:
    return tuple((part.column or "").lower() for part in made.parts)


def _columns_asked(key: KeyDefinition) -> Tuple[str, ...]:
    return tuple(_lower(part.column or b"") for part in key.key_parts) or tuple(map(_lower, key.columns))


def _key_differences(table: str, asked: KeyDefinition, made: Optional[CreatedKey]) -> Iterator[TableDifference]:
    name = "PRIMARY" if asked.kind == "primary" else name_text(asked.name) if asked.name is not None else "({0})".format(", ".join(_columns_asked(asked)))
    what, wanted = "key {0}".format(name), _asked_key(asked)
    if made is None:
        yield TableDifference(table, what, wanted, _NONE)
    elif (asked.kind in ("primary", "unique")) != made.unique or _columns_of(made) != _columns_asked(asked):
        yield TableDifference(table, what, wanted, _shown_key(made))
    elif asked.kind in ("primary", "unique", "index"):
        for part, there in zip(asked.key_parts, made.parts):
            cut = there.prefix is not None and (part.prefix is None or there.prefix < part.prefix)
            if cut or part.descending and not there.descending:
                yield TableDifference(table, what, wanted, _shown_key(made))
                return


def _asked_key(key: KeyDefinition) -> str:
    unique = "UNIQUE " if key.kind == "unique" else ""
    parts = [_shown_part(name_text(part.column) if part.column is not None else None, part.prefix, descending=part.descending) for part in key.key_parts]
    return "{0}({1})".format(unique, ", ".join(parts or map(name_text, key.columns)))


def _shown_key(made: CreatedKey) -> str:
    unique = "UNIQUE " if made.unique and made.name.upper() != "PRIMARY" else ""
    return "{0}({1})".format(unique, ", ".join(_shown_part(part.column, part.prefix, descending=part.descending) for part in made.parts))


def _shown_part(column: Optional[str], prefix: Optional[int], *, descending: bool) -> str:
    shown = "an expression" if column is None else column if prefix is None else "{0}({1})".format(column, prefix)
    return shown + " DESC" if descending else shown
