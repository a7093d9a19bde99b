# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find foreign keys that the server would refuse. The import creates them with foreign_key_checks = 0, which leaves out few of its rules.

Foreign keys to tables of other databases are compared with these as they are now, which another import may change. Not checked: the columns and keys of
tables that the server does not create as temporary ones.
"""

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..._dump.altered_tables import altered
from ..._dump.foreign_keys import ForeignKey, foreign_keys_of, named_in_expressions
from ..._dump.plan import Definition, LoadPlan, PlannedTable
from ..._dump.row_change import ALTERATIONS, KEEP_COLUMNS
from ..._dump.steps import Barrier
from ..._finding import Finding, FindingKind
from ..._identifiers import name_text
from ..request import OnExisting
from ..schema.created import created_constraints
from . import messages
from .subject import CheckSubject
from .table_shapes import ShapeColumn, TableShape, TableShapes, whole_definition
from .trial_tables import default_engine, may_try, trial_connection

_SHOWN = 10
_CHECKS = 80016
_SETS_DEFAULT = 80000
_COUNTS_CHARACTERS = 80000
_REFUSES_PARTITIONED_PARENTS = 80000
# With foreign_key_checks, a foreign key that names no columns of its parent refers to its primary key (MySQL 9.0 release notes).
_TAKES_PRIMARY_KEYS = 90000
_LONGEST_NAME = 64
# The first words of statements after which all tables have the same columns and keys.
_KEEP_TABLES = KEEP_COLUMNS | {"SET", "LOCK", "UNLOCK"}
_RESTRICT = "restrict_fk_on_non_standard_key"


def check_foreign_keys(subject: CheckSubject) -> List[Finding]:
    """The server accepts the foreign keys of all tables."""
    plan, server = subject.known.plan, subject.server
    if plan is None or server.version.mariadb:
        return []
    children = _children(subject, plan)
    alterations = _alterations(subject, plan)
    if not children and not any(altered.keys for altered in alterations):
        return []
    found = list(_names_twice(subject, plan, children + alterations))
    if not may_try(server):
        return found[:_SHOWN]
    with trial_connection(subject) as connection:
        if connection is not None:
            shapes = TableShapes(subject, plan, connection)
            for child in children + alterations:
                if child.altered:
                    shapes.alter(child.planned.name, child.create)
                if child.keys:
                    found.extend(_KeyChecks(subject, plan, shapes, child).findings())
                if len(found) >= _SHOWN:
                    break
    return found[:_SHOWN]


class _Child(NamedTuple):
    """A table with foreign ``keys``. ``altered``: a statement between the rows adds them, and ``create`` is what the table is after it, None if that is
    not known."""

    planned: PlannedTable
    create: Optional[Definition]
    keys: Tuple[ForeignKey, ...]
    altered: bool = False

    @property
    def place(self) -> str:
        """The position of the statement that adds the keys."""
        return str(self.create.place) if self.create is not None else ""


def _children(subject: CheckSubject, plan: LoadPlan) -> List[_Child]:
    """The InnoDB tables with foreign keys. Other engines ignore these."""
    found = []
    for planned in plan.tables:
        create, table = whole_definition(planned), planned.table
        if create is None or table is None or table.engine.upper() != "INNODB" or not any(key.kind == "foreign" for key in table.keys):
            continue
        keys = _created(foreign_keys_of(create.text, create.session.dialect(subject.server.version.number)))
        if keys and default_engine(create.session, subject.server).upper() == b"INNODB":
            found.append(_Child(planned, create, keys))
    return found


def _created(keys: Tuple[ForeignKey, ...]) -> Tuple[ForeignKey, ...]:
    return tuple(key for key in keys if not key.ignored)


def _alterations(subject: CheckSubject, plan: LoadPlan) -> List[_Child]:
    """What statements between the rows make of the tables of the dump, up to the first one that may create, rename or drop tables."""
    if sum(isinstance(step, Barrier) for step in plan.steps) != len(plan.barriers):
        # Some are not known.
        return []
    tables = {planned.name: planned for planned in plan.tables if planned.dumped is not None and planned.table is not None}
    texts = {name: whole_definition(planned) for name, planned in tables.items()}
    found: List[_Child] = []
    for barrier in plan.barriers:
        statement = barrier.definition
        if statement.what.split(" ")[0] in _KEEP_TABLES:
            continue
        if statement.what not in ALTERATIONS or statement.on is None:
            break
        if statement.on not in tables:
            continue
        before, dialect = texts[statement.on], statement.session.dialect(subject.server.version.number)
        text = altered(before.text, statement.text, dialect) if before is not None and _alike(before, statement) else None
        after = statement._replace(text=text) if text is not None else None
        keys: Tuple[ForeignKey, ...] = ()
        if text is not None and before is not None:
            kept, every = (foreign_keys_of(each, dialect) for each in (before.text, text))
            keys = _created(every[len(kept) :])
        innodb = tables[statement.on].table.engine.upper() == "INNODB"  # type: ignore[union-attr]
        found.append(_Child(tables[statement.on], after, keys if innodb else (), altered=True))
        texts[statement.on] = after
    return found


def _alike(create: Definition, statement: Definition) -> bool:
    """Whether both texts are read in the same way."""
    names = (b"sql_mode", b"names", b"character_set_client", b"default_storage_engine")
    return all(create.session.get(name) == statement.session.get(name) for name in names)


def _names_twice(subject: CheckSubject, plan: LoadPlan, children: List[_Child]) -> Iterator[Finding]:
    """The name of a foreign key is unique in a database; those without a name are numbered from 1 in each table."""
    taken: Dict[str, str] = {}
    if subject.request.on_existing is not OnExisting.REPLACE:
        own = {name_text(planned.name) for planned in plan.tables if planned.create is not None}
        for table, constraints in created_constraints(subject.connection, subject.request.target).items():
            if table not in own:
                taken.update({name.lower(): table for kind, name in constraints if kind == "FOREIGN KEY"})
    for child in children:
        number, table = 0, name_text(child.planned.name)
        for key in child.keys:
            number += key.name is None
            given = "{0}_ibfk_{1}".format(table, number)
            if key.name is None and _is_too_long(given, subject.server.version.number, altered=child.altered):
                yield messages.KEY_GIVEN_NAME.found(child.place, table=table, name=given)
            if child.altered and key.name is None:
                # ALTER TABLE takes the next number that is free.
                continue
            name = name_text(key.name) if key.name is not None else given
            if name.lower() in taken:
                yield messages.KEY_TWICE.found(child.place, name=name, table=table, other=taken[name.lower()])
            taken.setdefault(name.lower(), table)


def _is_too_long(given: str, version: int, *, altered: bool) -> bool:
    """Whether the server refuses the name that it gives to a foreign key. Before 8.0, a CREATE TABLE may have one character less, but only of those
    that do not change in the name of a file."""
    if version >= _COUNTS_CHARACTERS:
        return len(given) > _LONGEST_NAME
    return not altered and len(given) >= _LONGEST_NAME and re.match(r"[0-9A-Za-z_]+\Z", given) is not None


class _KeyChecks:
    """Checks the foreign keys of one table."""

    def __init__(self, subject: CheckSubject, plan: LoadPlan, shapes: TableShapes, child: _Child) -> None:
        self._subject = subject
        self._plan = plan
        self._shapes = shapes
        self._child = child
        self._version = subject.server.version.number
        self._shape = shapes.of(child.planned.name)
        create = child.create
        self._checks_keys = create is not None and create.session.checks_foreign_keys
        self._checked, self._bases = named_in_expressions(create.text, create.session.dialect(self._version)) if create is not None else (frozenset(),) * 2

    def findings(self) -> Iterator[Finding]:
        """The first finding of each foreign key."""
        table, refusal = self._child.planned.table, self._shapes.refusal_of(self._child.planned.name)
        if refusal is not None and self._child.altered:
            yield messages.DEFINITION.found(self._child.place, table=name_text(self._child.planned.name), code=refusal.code, message=refusal.message)
        for key in self._child.keys:
            if table is not None and table.partitioned:
                yield self._found(messages.KEY_PARTITIONED, key, partitioned=name_text(self._child.planned.name))
                continue
            first = next(self._of_key(key), None)
            if first is not None:
                yield first

    def _found(self, kind: FindingKind, key: ForeignKey, **words: object) -> Finding:
        name = name_text(key.name) if key.name is not None else "({0})".format(_listed(key.columns))
        return kind.found(self._child.place, name=name, table=name_text(self._child.planned.name), parent=_shown(key), **words)

    def _of_key(self, key: ForeignKey) -> Iterator[Finding]:
        if not key.parent_columns and self._child.altered and self._checks_keys and self._version >= _TAKES_PRIMARY_KEYS:
            return
        if len(key.columns) != len(key.parent_columns):
            yield self._found(messages.KEY_COUNT, key, count=len(key.columns), other=len(key.parent_columns))
        for event, action in sorted(key.actions.items()):
            # Without checks, ALTER TABLE of older servers accepts it.
            if action == b"SET DEFAULT" and self._version < _SETS_DEFAULT and (self._checks_keys or not self._child.altered):
                yield self._found(messages.KEY_ACTION, key, action="ON {0} {1}".format(event.decode(), action.decode()))
        if self._shape is not None:
            yield from self._of_columns(key, self._shape)
        if not self._is_elsewhere(key):
            yield from self._of_parent(key)
            return
        for finding in self._of_parent(key):
            yield messages.KEY_ELSEWHERE.found(self._child.place, parent=_shown(key), what=finding.what)

    def _is_elsewhere(self, key: ForeignKey) -> bool:
        return key.parent.schema is not None and key.parent.schema != self._subject.request.choices.target

    def _of_columns(self, key: ForeignKey, shape: TableShape) -> Iterator[Finding]:
        for name in key.columns:
            column = shape.column(name)
            why = self._refused_column(key, name.lower(), column) if column is not None else None
            if why is not None:
                yield self._found(messages.KEY_COLUMN, key, column=name_text(name), why=why)
        if not shape.keys_with(key.columns) and all(shape.column(name) is not None for name in key.columns):
            yield self._found(messages.KEY_COLUMN, key, column=_listed(key.columns), why="the server cuts its key (error 1215)")

    def _refused_column(self, key: ForeignKey, name: bytes, column: ShapeColumn) -> Optional[str]:
        sets_null, cascades = (any(action == wanted for action in key.actions.values()) for wanted in (b"SET NULL", b"CASCADE"))
        changes = sets_null or key.actions.get(b"UPDATE") == b"CASCADE"
        if column.virtual:
            return "it is a virtual generated column (errors 1215, 3733)"
        if column.generated and changes:
            return "it is a generated column, which no action may change (error 3104)"
        if sets_null and not column.nullable:
            return "it is NOT NULL, and an action sets it to NULL (errors 1215, 1830)"
        if name in self._bases and (sets_null or cascades):
            return "a stored generated column depends on it, and an action changes it (error 1215)"
        if name in self._checked and changes and self._version >= _CHECKS:
            return "a CHECK constraint names it, and an action changes it (error 3823)"
        return None

    def _of_parent(self, key: ForeignKey) -> Iterator[Finding]:
        elsewhere = self._is_elsewhere(key)
        parent = self._shapes.elsewhere(key.parent) if elsewhere else self._shapes.of(key.parent.name)
        if parent is None:
            missing = self._shapes.is_missing_elsewhere(key.parent) if elsewhere else self._shapes.is_missing(key.parent.name)
            if self._needs_parent(key) and missing:
                yield self._found(messages.KEY_NO_PARENT, key)
            return
        if parent.partitioned and self._version >= _REFUSES_PARTITIONED_PARENTS:
            yield self._found(messages.KEY_PARTITIONED, key, partitioned=_shown(key))
        if not parent.innodb or parent.partitioned:
            if self._needs_parent(key):
                yield self._found(messages.KEY_NO_PARENT, key)
            return
        yield from self._of_parent_columns(key, parent)

    def _needs_parent(self, key: ForeignKey) -> bool:
        """Whether the client fails without the parent: foreign_key_checks is on, or no table can have its name."""
        return self._checks_keys or len(name_text(key.parent.name)) > _LONGEST_NAME

    def _of_parent_columns(self, key: ForeignKey, parent: TableShape) -> Iterator[Finding]:
        for name, parent_name in zip(key.columns, key.parent_columns):
            column, other = self._shape.column(name) if self._shape is not None else None, parent.column(parent_name)
            words = {"column": name_text(name), "parent_column": name_text(parent_name)}
            if other is None:
                yield self._found(messages.KEY_NO_COLUMN, key, **words)
            elif other.virtual:
                yield self._found(messages.KEY_COLUMN, key, column="{parent}.{parent_column}".format(parent=_shown(key), **words),
                                  why="it is a virtual generated column (errors 1215, 3733)")  # fmt: skip
            elif column is not None and None not in (column.storage, other.storage) and column.storage != other.storage:
                yield self._found(messages.KEY_TYPES, key, type=column.shown, parent_type=other.shown, **words)
        itself = (
            not self._is_elsewhere(key)
            and self._shapes.stored(key.parent.name) == self._child.planned.name
            and _lower(key.columns) == _lower(key.parent_columns)
        )
        # The key of the foreign key itself is not that of the parent.
        if parent.keys_with(key.parent_columns) <= itself:
            yield self._found(messages.KEY_NO_KEY, key, columns=_listed(key.parent_columns))
        if self._restricts() and not parent.has_unique_key(key.parent_columns):
            yield self._found(messages.KEY_NOT_UNIQUE, key, columns=_listed(key.parent_columns))

    def _restricts(self) -> bool:
        """Whether the server accepts only unique keys. The import turns this off for its sessions, if it may."""
        return self._subject.server.variables.get(_RESTRICT) == "ON" and not self._subject.server.may_choose_binlog


def _lower(names: Tuple[bytes, ...]) -> List[bytes]:
    return [name.lower() for name in names]


def _shown(key: ForeignKey) -> str:
    """The name of the parent, as written."""
    return ".".join(name_text(part) for part in key.parent if part is not None)


def _listed(names: Tuple[bytes, ...]) -> str:
    return ", ".join(map(name_text, names))
