# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect what the server created differently from the dump: a warning for each, or a failure (strict: true)."""

import itertools
from typing import Dict, Iterator, List, Sequence, Tuple

from ..._dump.plan import LoadPlan, PlannedTable
from ..._dump.steps import Barrier
from ..._failure import Failure
from ..._finding import numbered
from ..._identifiers import name_text, quote
from ..._server.connection import Connection
from ..context import LoadContext
from ..loader_connection import LoaderConnection
from ..resume import ResumeState
from .created import created_constraints, created_keys, created_tables, default_collations
from .differences import TableDifference, deferred_differences, differences

_SHOWN = 10
_MOST_WARNINGS = 200
# How many tables are compared together: the information_schema data of a table take 1.6 kB. MySQL 5.7 reads the files of all tables for each query.
_TOGETHER = 5000


class ServerChanges:
    """``found`` are the differences of tables."""

    def __init__(self, context: LoadContext) -> None:
        self.found: List[TableDifference] = []
        self._context = context
        self._warnings: List[str] = []
        self._tables: Tuple[PlannedTable, ...] = ()
        self._barriers = False

    def expect(self, plan: LoadPlan, resume: ResumeState) -> None:
        """Compare with the tables of this plan, except those that an earlier import created."""
        self._tables = tuple(planned for planned in plan.tables if planned.create is not None and name_text(planned.name) not in resume.settled)
        self._barriers = any(isinstance(step, Barrier) for step in plan.steps)

    def take(self, connection: LoaderConnection) -> None:
        """Take the server's warnings of definitions from a connection."""
        self._warnings.extend(connection.take_warnings())

    @property
    def shown(self) -> Tuple[TableDifference, ...]:
        """The first 200 differences."""
        return tuple(self.found[:_MOST_WARNINGS])

    def warnings(self) -> List[str]:
        """The first 200 messages, and the number of the others."""
        texts = [difference.text for difference in self.found] + self._warnings
        more = len(texts) - _MOST_WARNINGS
        return texts if more <= 0 else texts[:_MOST_WARNINGS] + ["and {0} more message(s) about tables and other objects".format(more)]

    def tables_made(self, connection: LoaderConnection, database: str, warned: List[bytes], done: Dict[Tuple[int, int], int]) -> None:
        """Compare the tables before their rows are loaded. ``warned`` are those that were just created with a warning. If something is ``done``, statements
        of the dump may have changed them since.

        :raises Failure: a difference was found and ``strict`` is true; tables created with a warning are dropped, so that the next run warns again.
        """
        context, control = self._context, self._context.control
        before = len(self._warnings)
        self.take(connection)
        if not (self._barriers and done) and not context.server.version.mariadb:
            collations = default_collations(context.server)
            for tables, names in _parts(self._tables):
                self.found.extend(differences(tables, created_tables(control, database, names), collations, context.server.version.number))
        if context.request.strict and warned:
            for name in warned:
                connection.utf8_connection().run(b"DROP TABLE " + quote(name))
        self._refuse(database, self.found, self._warnings[before:])

    def keys_made(self, control: Connection, database: str) -> None:
        """Compare the keys that were created after the rows.

        :raises Failure: like :meth:`tables_made`.
        """
        tables = [planned for planned in self._tables if planned.deferred.indexes or planned.deferred.fulltext]
        if tables and not self._barriers and not self._context.server.version.mariadb:
            found = [deferred_differences(part, created_keys(control, database, names)) for part, names in _parts(tables)]
            self._add(database, list(itertools.chain.from_iterable(found)))

    def foreign_keys_made(self, control: Connection, database: str) -> None:
        """Look for the foreign keys that were created after the rows.

        :raises Failure: like :meth:`tables_made`.
        """
        tables = [planned for planned in self._tables if planned.deferred.foreign_keys]
        if tables and not self._barriers:
            found = [deferred_differences(part, {}, _foreign_keys(control, database, names)) for part, names in _parts(tables)]
            self._add(database, list(itertools.chain.from_iterable(found)))

    def _add(self, database: str, found: List[TableDifference]) -> None:
        # A resumed load has compared the keys of an earlier run with their tables.
        self.found.extend(difference for difference in found if difference not in self.found)
        self._refuse(database, found, [])

    def _refuse(self, database: str, found: List[TableDifference], warnings: List[str]) -> None:
        texts = [difference.text for difference in found] + warnings
        if not texts or not self._context.request.strict:
            return
        more = len(texts) - _SHOWN
        raise Failure(
            "The server creates objects that differ from the dump, and strict is true: {0}{1}".format(
                numbered(texts[:_SHOWN]), "; and {0} more".format(more) if more > 0 else ""
            ),
            "database {0}".format(database),
            "Restore into a server whose version and settings preserve them, or run the task again with strict: false, which only warns and continues.",
        )


def _foreign_keys(control: Connection, database: str, names: Sequence[str]) -> Dict[str, Tuple[str, ...]]:
    constraints = created_constraints(control, database, names)
    return {table: tuple(name for kind, name in each if kind == "FOREIGN KEY") for table, each in constraints.items()}


def _parts(tables: Sequence[PlannedTable]) -> Iterator[Tuple[Sequence[PlannedTable], Sequence[str]]]:
    """The tables in parts of 5,000, each with its names; without names if there is only one part."""
    if len(tables) <= _TOGETHER:
        yield tables, ()
        return
    for first in range(0, len(tables), _TOGETHER):
        part = tables[first : first + _TOGETHER]
        yield part, [name_text(planned.name) for planned in part]
