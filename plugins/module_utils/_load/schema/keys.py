# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finish a loaded table: secondary keys, foreign keys, AUTO_INCREMENT, statistics, histograms."""

import os
import re
from typing import FrozenSet, List, Sequence, Set, Tuple

from ..._dump.deferred_keys import Clause, alter
from ..._dump.plan import PlannedTable
from ..._identifiers import name_text, quote
from ..._server.connection import Connection, ServerError
from ..batched_statements import batched
from ..loader_connection import LoaderConnection
from .created import created_constraints, created_keys

_DDL_BUFFER = 128 << 20
# The clauses at the end of a foreign key.
_ACTIONS = re.compile(rb"(?:\s+ON\s+(?:DELETE|UPDATE)\s+(?:RESTRICT|CASCADE|SET\s+NULL|SET\s+DEFAULT|NO\s+ACTION))+\s*\Z", re.I)
_RESTRICT = re.compile(rb"\s+ON\s+(?:DELETE|UPDATE)\s+RESTRICT", re.I)


def prepare_ddl(loader: LoaderConnection, version: int, pool_bytes: int, workers: int) -> None:
    """Let index builds on this connection use up to four cores and an equal share of memory (MySQL 8.0.27 and later)."""
    if version < 80027:
        return
    share = min(_DDL_BUFFER, max(1 << 20, pool_bytes // 8 // max(1, workers)))
    threads = max(1, min(4, (os.cpu_count() or 1)))
    # The default of four threads per table slows down a host with fewer cores.
    loader.connection.run("SET SESSION innodb_ddl_buffer_size = {0}, innodb_ddl_threads = {1}, innodb_parallel_read_threads = {1}".format(share, threads))


def build_indexes(loader: LoaderConnection, database: str, planned: PlannedTable) -> None:
    """Add the deferred keys that the table lacks; FULLTEXT keys one at a time, as InnoDB requires."""
    if not planned.deferred.indexes + planned.deferred.fulltext or planned.create is None:
        return
    existing = keys_of(loader.utf8_connection(), database, planned.name)
    indexes = _missing(planned.deferred.indexes, existing)
    for clauses in ([indexes] if indexes else []) + [(clause,) for clause in _missing(planned.deferred.fulltext, existing)]:
        _alter(loader, planned, clauses)


def set_next_number(loader: LoaderConnection, planned: PlannedTable) -> None:
    """Let the server number the next row as the dump says, or after those that are there if their numbers are greater."""
    _change(loader, planned, b"AUTO_INCREMENT = %d" % (planned.table is not None and planned.table.next_number or 1))


def _change(loader: LoaderConnection, planned: PlannedTable, clauses: bytes) -> None:
    """Change a table that this import created. ALTER TABLE checks the whole definition again, which needs the session state of its CREATE TABLE:
    a zero date as a default is error 1067 in a strict sql_mode. That session may read the name of the database in another character set."""
    if planned.create is not None:
        loader.set_session(planned.create.session).run(b"ALTER TABLE " + quote(planned.name) + b" " + clauses)


def add_foreign_keys(loader: LoaderConnection, database: str, planned: PlannedTable, version: int) -> None:
    """Add the missing foreign keys. Like the dump, do not check existing rows (foreign_key_checks = 0)."""
    if not planned.deferred.foreign_keys or planned.create is None:
        return
    missing = _missing(planned.deferred.foreign_keys, foreign_keys_of(loader.utf8_connection(), database, planned.name))
    if missing and version < 80000:
        missing = tuple(map(without_restrict, missing))
    if missing:
        _alter(loader, planned, missing)


def without_restrict(key: Clause) -> Clause:
    """The foreign key without RESTRICT, which is the default: ALTER TABLE would change it to NO ACTION (measured: 5.6 and 5.7)."""
    return key._replace(sql=_ACTIONS.sub(lambda found: _RESTRICT.sub(b"", found.group()), key.sql))


def drop_foreign_keys(loader: LoaderConnection, database: str, planned: PlannedTable) -> None:
    """Drop all foreign keys of the table."""
    names = sorted(foreign_keys_of(loader.utf8_connection(), database, planned.name))
    if names:
        _change(loader, planned, b", ".join(b"DROP FOREIGN KEY " + quote(key) for key in names))


def analyze(connection: Connection, database: str, tables: Sequence[bytes]) -> None:
    """Compute optimizer statistics now; InnoDB would do so in the background, some time later."""
    for names in batched([quote(database, table) for table in tables], b", "):
        connection.rows(b"ANALYZE NO_WRITE_TO_BINLOG TABLE " + names)


def make_histograms(loader: LoaderConnection, planned: PlannedTable) -> List[str]:
    """Create the dump's histograms from the rows. Returns a warning for each one that the server refuses."""
    warnings: List[str] = []
    for histogram in planned.histograms:
        try:
            connection = loader.set_session(histogram.session)
            connection.run(histogram.text)
        except ServerError as error:
            raise error.at("histogram of {0}, {1}".format(name_text(planned.name), histogram.place)) from None
        warnings.extend("{0} ({1})".format(text, histogram.place) for text in connection.answered_errors())
    return warnings


def keys_of(connection: Connection, database: str, table: bytes) -> FrozenSet[bytes]:
    """Names of the table's indexes."""
    keys = created_keys(connection, database, (name_text(table),)).values()
    return frozenset(key.name.encode("utf-8") for found in keys for key in found)


def foreign_keys_of(connection: Connection, database: str, table: bytes) -> FrozenSet[bytes]:
    """Names of the table's foreign keys."""
    constraints = created_constraints(connection, database, (name_text(table),)).values()
    return frozenset(name.encode("utf-8") for found in constraints for kind, name in found if kind == "FOREIGN KEY")


def _missing(clauses: Tuple[Clause, ...], existing: FrozenSet[bytes]) -> Tuple[Clause, ...]:
    """The clauses that are not ``existing``. An unnamed key got a name from the server, so such keys are compared by their number: all or none exist."""
    known: Set[bytes] = {name.lower() for name in existing}
    named = {clause.name.lower() for clause in clauses if clause.name is not None}
    all_named = len(known - named) >= len([clause for clause in clauses if clause.name is None])
    return tuple(clause for clause in clauses if (not all_named if clause.name is None else clause.name.lower() not in known))


def _alter(loader: LoaderConnection, planned: PlannedTable, clauses: Tuple[Clause, ...]) -> None:
    create = planned.create
    if create is not None:
        names = ", ".join(name_text(clause.name or b"?") for clause in clauses)
        loader.define(create.session, alter(planned.name, clauses), "table {0}, adding {1}".format(name_text(planned.name), names), str(create.place))
