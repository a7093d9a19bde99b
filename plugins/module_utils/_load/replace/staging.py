# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Staging: the new tables are loaded into one of the loader's own databases, and moved into the target when they are complete."""

import hashlib
from functools import partial
from typing import Any, Dict, FrozenSet, List, NamedTuple, Tuple

from ..._failure import Failure
from ..._identifiers import OWN_PREFIX, quote_text
from ..._server.account import ServerState
from ..._server.connection import Connection, ServerError
from ..._server.crash_leftovers import broken_tables, drop_broken_tables, unobstructed
from ..._server.existing import Inventory, character_set_clause, create_statement, encryption_clause, existing_in
from ..ledger import Ledger, retried

# A MERGE table names the database of its underlying tables.
NO_STAGING = frozenset(("MRG_MYISAM", "FEDERATED"))
# This table keeps the statements of objects that are dropped from the old database before its tables can be moved.
PROGRAMS = OWN_PREFIX + "programs"
# Errors if a table to be dropped is the parent of a foreign key.
_REFERRED = frozenset((1217, 1451, 3730))
_KEYS_CURE = "Foreign keys of other databases refer to replaced tables: drop these keys, run the task again, then create them again."
_NEEDED = frozenset(("CREATE", "DROP", "ALTER", "INSERT", "SELECT", "INDEX"))


class Staging(NamedTuple):
    """Two databases of the loader: ``new``, into which the new tables are loaded, and ``old``, into which the old ones are moved.

    It is kept in the ledger, so that the next run knows how far a killed one got. ``state`` is loading, swapping, swapped
    (the old tables stay until all objects of the new database exist) or clearing. ``tables`` is the number of tables to
    move. ``parked``: ``old`` holds tables that an earlier, unfinished replacement has moved there.
    """

    new: str
    old: str
    state: str = "loading"
    tables: int = 0
    parked: bool = False

    @classmethod
    def of(cls, target: str) -> "Staging":
        """The staging of a target. Its names are the same in every run, and differ between targets."""
        word = hashlib.sha256(target.encode("utf-8")).hexdigest()[:16]
        return cls(OWN_PREFIX + "new_" + word, OWN_PREFIX + "old_" + word)

    @classmethod
    def from_report(cls, report: Dict[str, Any], target: str) -> "Staging":
        """Read it from the ledger's entry of an unfinished load; without staging, all fields are empty.

        :raises Failure: the entry names databases that no load of ``target`` would choose.
        """
        found = report.get("staging") or {}
        if found and (found.get("new"), found.get("old")) != cls.of(target)[:2]:
            raise Failure(
                "The ledger names {0} and {1} as staging databases of {2}, which no import would choose".format(found.get("new"), found.get("old"), target),
                None,
                "Somebody else wrote this entry: delete the row of {0} in the table import of the ledger, then run the task again.".format(target),
            )
        return cls(
            str(found.get("new", "")), str(found.get("old", "")), str(found.get("state", "")), int(found.get("tables", 0)), bool(found.get("parked", False))
        )

    def report(self) -> Dict[str, Any]:
        """The form for the ledger."""
        return {"staging": dict(self._asdict())}

    def note(self, connection: Connection, ledger: Ledger) -> "Staging":
        """Write it to the ledger, with the other notes there; without a state it is removed."""
        entry = ledger.read(connection)
        report = {name: value for name, value in (entry.report if entry is not None else {}).items() if name != "staging"}
        if self.state:
            report.update(self.report())
        retried(lambda: ledger.report(connection, report), connection)
        return self

    @property
    def kept(self) -> str:
        """Text for a failure during or after the swap: where the old database is, and what to do."""
        if self.state == "swapping":
            return (
                "Views, triggers, routines and events of the old database may already be dropped; their statements are in the table {0}.{1}."
                " The next run finishes the replacement."
            ).format(self.old, PROGRAMS)
        return (
            "The new tables are in the target. The old ones are kept in the database {0}, and the statements of the old views, routines, triggers"
            " and events in the table {0}.{1}. The next run finishes the replacement and removes both."
        ).format(self.old, PROGRAMS)


def can_stage(staging: Staging, server: ServerState) -> bool:
    """Whether the account may create the staging databases: ALL on only the target is not enough."""
    return all(server.grants.has(privilege, name) for privilege in _NEEDED for name in (staging.new, staging.old))


def tidy(connection: Connection, staging: Staging, planned: FrozenSet[str]) -> None:
    """Drop everything in the staging database except the ``planned`` tables, including their triggers, with which they could not be moved (error 1435).

    :raises Failure: a planned table is missing; without it, the old tables would stay among the new ones.
    """
    made = existing_in(connection, staging.new)
    missing = sorted(planned - frozenset(made.engines))
    if missing:
        what = "The table {0} is missing in the staging database {1}; the old database is unchanged".format(missing[0], staging.new)
        raise Failure(what, "server {0}".format(connection.address), "Run the task again.")
    _drop_programs(connection, staging.new, made)
    for name in sorted(frozenset(made.engines) - planned):
        connection.run("DROP TABLE {0}".format(quote_text(staging.new, name)))


def swap(connection: Connection, target: str, staging: Staging, ignore: FrozenSet[str], *, crashed: bool = False) -> None:
    """Move the old tables out and the new tables in with one RENAME TABLE, which is atomic (before 8.0: unless the server crashes). If the
    names do not fit into a packet, several statements are used, the old tables first.

    Views, triggers, routines and events of the old database are dropped, and kept as statements: a table with triggers cannot
    be moved to another database (error 1435). Called again after an interruption, it does what is left. A server before
    8.0 that may have ``crashed`` here may have lost an old table, which was to be dropped anyway; if it lost a new one, the
    target is empty afterwards. Tables named in ``ignore`` stay in the target.

    :raises Failure: the target would have to be dropped, but holds such tables.
    """
    connection.run("SET SESSION foreign_key_checks = 0")
    old = existing_in(connection, target, ignore)
    new = existing_in(connection, staging.new)
    connection.run("CREATE DATABASE IF NOT EXISTS {0}".format(quote_text(staging.old)))
    if not staging.parked:
        _keep_programs(connection, target, staging, old, crashed=crashed)
    _drop_programs(connection, target, old)
    # All old tables are moved before the first new one: as long as the staging database is complete, every table of the target is old.
    leaving = sorted(old.engines) if len(new.tables) == staging.tables else []
    arriving = sorted(new.engines)
    if crashed:
        lost = drop_broken_tables(connection, target, set(leaving)) or []
        leaving = [name for name in leaving if name not in lost]
        arriving = [] if broken_tables(connection, staging.new, set(arriving)) else arriving
    options = _options_for(connection, staging.new, target) if new.exists else ""
    _move_tables(connection, target, staging, leaving, arriving)
    if new.tables and not arriving:
        if ignore:
            raise Failure(
                "A crash of the server interrupted the move of the new tables: only DROP DATABASE removes what is left of one, but the ledger is there too",
                "database {0}".format(target),
                "Drop {0}, run the task again, and drop {1} and {2} when it has succeeded.".format(target, staging.new, staging.old),
            )
        _empty_target(connection, target, staging, options)
    elif options:
        connection.run("ALTER DATABASE {0} {1}".format(quote_text(target), options))


def _options_for(connection: Connection, database: str, target: str) -> str:
    """The options of ``database`` for ``target``; its encryption only if it differs, because a server may require a privilege for it."""
    encryption = encryption_clause(connection, database)
    return "{0} {1}".format(character_set_clause(connection, database), encryption if encryption != encryption_clause(connection, target) else "").rstrip()


def clear(connection: Connection, staging: Staging) -> None:
    """Drop the staging databases with the replaced tables, but keep the tables that an earlier replacement moved to ``old``.

    :raises ServerError: a foreign key of another database refers to a replaced table.
    """
    if not staging.parked:
        # The keys of other databases follow a table that is moved. Without checks, they would then refer to nothing.
        connection.run("SET SESSION foreign_key_checks = 1")
        try:
            connection.run("DROP DATABASE IF EXISTS {0}".format(quote_text(staging.old)))
        except ServerError as error:
            raise (error.at("database {0}".format(staging.old), _KEYS_CURE) if error.code in _REFERRED else error) from None
    connection.run("SET SESSION foreign_key_checks = 0")
    connection.run("DROP DATABASE IF EXISTS {0}".format(quote_text(staging.new)))


def _move_tables(connection: Connection, target: str, staging: Staging, leaving: List[str], arriving: List[str]) -> None:
    """Move the tables. If ``old`` holds tables of an earlier replacement, the ``leaving`` tables belong to a failed one, and are dropped."""
    moves = [(staging.new, target, name) for name in arriving]
    if staging.parked:
        for name in leaving:
            connection.run("DROP TABLE {0}".format(quote_text(target, name)))
    else:
        moves = [(target, staging.old, name) for name in leaving] + moves
    for statement in renames(moves, int(connection.value("SELECT @@max_allowed_packet"))):
        connection.run(statement)


def renames(moves: List[Tuple[str, str, str]], packet: int) -> List[str]:
    """The statements that move the tables (from, to, name) in this order, each of at most ``packet`` bytes."""
    statements: List[str] = []
    room = 0
    for here, there, name in moves:
        move = "{0} TO {1}".format(quote_text(here, name), quote_text(there, name))
        size = len(move.encode("utf-8")) + 2
        if size > room:
            statements.append("RENAME TABLE " + move)
            room = packet - len("RENAME TABLE ") - size - 1024
        else:
            statements[-1] += ", " + move
            room -= size
    return statements


def _empty_target(connection: Connection, target: str, staging: Staging, options: str) -> None:
    """Empty the target after a crash during the move: a new table is in the engine under its new name, without a file of the server,
    and only DROP DATABASE removes it."""
    connection.run("DROP DATABASE IF EXISTS {0}".format(quote_text(target)))
    connection.run("CREATE DATABASE {0} {1}".format(quote_text(target), options))
    connection.run("DROP DATABASE {0}".format(quote_text(staging.new)))


def _keep_programs(connection: Connection, target: str, staging: Staging, old: Inventory, *, crashed: bool) -> None:
    """Keep the statements of the objects that :func:`_drop_programs` drops. Those that a killed run has dropped are already kept."""
    name = quote_text(staging.old, PROGRAMS)
    create = (
        "CREATE TABLE IF NOT EXISTS {0} (kind VARCHAR(16) NOT NULL, name VARCHAR(64) NOT NULL, sql_mode TEXT, statement LONGTEXT, PRIMARY KEY (kind, name))"
        " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin".format(name)
    )
    if crashed:
        # If this table is broken, it was never filled, and nothing was dropped yet.
        drop_broken_tables(connection, staging.old, {PROGRAMS})
    unobstructed(connection, staging.old, PROGRAMS, partial(connection.run, create))
    for what, program in _programs(old):
        sql_mode, statement = create_statement(connection, what, target, program)
        # An object that the server itself cannot show is useless.
        if statement is not None:
            connection.execute("INSERT IGNORE INTO {0} VALUES (%s, %s, %s, %s)".format(name), (what, program, sql_mode, statement))


def _drop_programs(connection: Connection, database: str, old: Inventory) -> None:
    for what, name in _programs(old):
        connection.run("DROP {0} IF EXISTS {1}".format(what, quote_text(database, name)))


def _programs(old: Inventory) -> List[Tuple[str, str]]:
    """The word after CREATE and the name of each object, triggers first."""
    return [(made.what, made.own_name) for made in sorted(old.objects, key=lambda made: made.kind != "triggers")]
