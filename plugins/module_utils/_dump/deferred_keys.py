# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which keys of a table are built after its rows are loaded, and write the statements that build them.

Building an index over all rows at once costs a fraction of updating it row by row. SHOW CREATE TABLE must print the same text
afterwards, so the order of the keys is preserved.
"""

from typing import List, NamedTuple, Optional, Tuple

from .._identifiers import quote
from .table_definition import KeyDefinition, TableDefinition

# The kinds of keys, as far as the server sorts them: it prints those of one group in the order in which they were created.
_SORTED = (("unique",), ("index", "spatial"), ("fulltext",))


class Clause(NamedTuple):
    """A key or foreign key as written in the CREATE TABLE, without comments. ``name`` is None for an unnamed foreign key."""

    name: Optional[bytes]
    sql: bytes


class Deferral(NamedTuple):
    """A CREATE TABLE without its deferred keys. ``indexes`` are built by one statement, each of ``fulltext`` by a separate one.

    ``foreign_keys`` may also be in ``create``; they are then added only if the table has lost them.
    """

    create: bytes
    indexes: Tuple[Clause, ...] = ()
    fulltext: Tuple[Clause, ...] = ()
    foreign_keys: Tuple[Clause, ...] = ()


def defer(text: bytes, table: TableDefinition, *, keys_too: bool, unique_too: bool) -> Deferral:
    """Split ``text``, the CREATE TABLE of ``table``.

    Foreign keys are always deferred, because DDL on a parent would wait for each transaction on its child (MySQL 8.0 and later). With
    ``keys_too`` secondary keys are deferred too, but never

    - the key an AUTO_INCREMENT column needs (error 1075),
    - a key without a name, because a later run could not see whether it exists, and any key before it, because the server numbers names,
    - unique keys if ``unique_too`` is False, if the table has no primary key (one of them clusters the rows), or if it is
      partitioned,
    - any key of the same kind before one of these, because SHOW CREATE TABLE prints keys in order (SPATIAL keys among the others).
    """
    if table.engine.upper() != "INNODB":
        return Deferral(text)
    waiting = [key for key in table.keys if key.kind == "foreign" and key.sql]
    if not waiting and not keys_too:
        return Deferral(text)
    implied = _implied_keys(table)
    if keys_too:
        waiting.extend(_waiting_keys(table._replace(keys=tuple(sorted(table.keys + implied, key=lambda key: key.part))), unique_too=unique_too))
    if not waiting:
        return Deferral(text)
    create = _without(text, table, waiting, tuple(key for key in implied if key not in waiting))
    clauses = [(key, Clause(key.name, key.sql)) for key in waiting]
    return Deferral(
        create,
        tuple(clause for key, clause in clauses if key.kind not in ("foreign", "fulltext")),
        tuple(clause for key, clause in clauses if key.kind == "fulltext"),
        tuple(clause for key, clause in clauses if key.kind == "foreign"),
    )


def with_foreign_keys(text: bytes, table: TableDefinition) -> Deferral:
    """``text`` unchanged, and its foreign keys, to add again if the server drops them."""
    innodb = table.engine.upper() == "INNODB"
    return Deferral(text, foreign_keys=tuple(Clause(key.name, key.sql) for key in table.keys if innodb and key.kind == "foreign" and key.sql))


def _implied_keys(table: TableDefinition) -> Tuple[KeyDefinition, ...]:
    """The keys that the server creates for foreign keys, if other keys follow: created with the foreign keys, they would come after those.

    Foreign keys on columns that another key covers have none, nor do unnamed ones.
    """
    last = max([key.part for key in table.keys if key.kind in ("index", "spatial") and key.sql] or [-1])
    found = []
    for key in table.keys:
        width = len(key.columns)
        columns = [name.lower() for name in key.columns]
        others = [other for other in table.keys if other is not key and other.kind in ("primary", "unique", "index", "foreign")]
        covered = any([name.lower() for name in other.columns[:width]] == columns for other in others)
        if key.kind == "foreign" and key.sql and key.name is not None and key.part < last and not covered:
            sql = b"KEY " + quote(key.name) + b" (" + b", ".join(quote(name) for name in key.columns) + b")"
            found.append(KeyDefinition("index", key.name, key.columns, sql, key.part))
    return tuple(found)


def _without(text: bytes, table: TableDefinition, keys: List[KeyDefinition], instead: Tuple[KeyDefinition, ...]) -> bytes:
    """``text`` without ``keys``, and with the keys ``instead`` in place of others. Comments stay, because a version comment may begin or end in
    the middle of a definition."""
    new = {key.part: key.sql for key in instead}
    removed = {key.part for key in keys} - set(new)
    first_kept = min(set(range(len(table.commas) + 1)) - removed, default=0)
    # The result has one comma before each definition except the first. Spaces separate the text before and after a change.
    edits = [(at, at + 1, b" ") for number, at in enumerate(table.commas, 1) if number in removed or number <= first_kept]
    for key in keys:
        for number, (start, end) in enumerate(key.spans):
            edits.append((start, end, b" " + (new.get(key.part, b"") if not number else b"") + b" "))
    for start, end, what in sorted(edits, reverse=True):
        text = text[:start] + what + text[end:]
    return text


def _waiting_keys(table: TableDefinition, *, unique_too: bool) -> Tuple[KeyDefinition, ...]:
    counted = [column.name.lower() for column in table.columns if column.auto_increment]
    first = {key: key.columns[0].lower() for key in table.keys if key.columns}
    needs_key = [name for name in counted if not any(key.kind == "primary" and first.get(key) == name for key in table.keys)]
    # The name of an unnamed key depends on those of the keys before it.
    last_unnamed = max([key.part for kinds in _SORTED for key in table.keys if key.kind in kinds and key.name is None] or [-1])
    found = []
    for kinds in _SORTED:
        keys = [key for key in table.keys if key.kind in kinds]
        if kinds == ("unique",) and not (unique_too and any(key.kind == "primary" for key in table.keys)) or (table.partitioned and "index" not in kinds):
            continue
        kept = [at for at, key in enumerate(keys) if not key.sql or key.part <= last_unnamed or first.get(key) in needs_key]
        last_kept = max(kept or [-1])
        found.extend(keys[last_kept + 1 :])
    # In the order of the CREATE TABLE, in which SHOW CREATE TABLE prints them.
    return tuple(sorted(found, key=lambda key: key.part))


def alter(table: bytes, clauses: Tuple[Clause, ...]) -> bytes:
    """One ALTER TABLE that adds all ``clauses``."""
    return b"ALTER TABLE " + quote(table) + b" " + b", ".join(b"ADD " + clause.sql for clause in clauses)
