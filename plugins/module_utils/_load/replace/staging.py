# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replacing a database only when its successor is there: the new tables are loaded beside it and then take its place."""

import hashlib
from functools import partial
from typing import Any, Dict, FrozenSet, List, NamedTuple, Tuple

from ..._identifiers import quote_text
from ..._server.account import ServerState
from ..._server.connection import LOST, Connection, ServerError
from ..._server.crash_leftovers import broken_tables, drop_broken_tables, unobstructed
from ..._server.existing import Inventory, character_set_of, existing_in
from ..ledger import Ledger, retried

# A MERGE table names the database of the tables under it.
NO_STAGE = frozenset(("MRG_MYISAM", "MERGE", "FEDERATED"))
# What is dropped of the old database before its tables can move, as statements.
PROGRAMS = "__apsaradb_programs"
_MOVED = frozenset(("CREATE", "DROP", "ALTER", "INSERT", "SELECT", "INDEX"))


class Staging(NamedTuple):
    """Two databases of the loader's own: where the new tables are loaded, and where the old ones go.

    What the ledger notes of it tells the next run where a killed one was. ``state`` is loading, swapping, swapped (the
    old tables stay until all that belongs to the new ones is made) or clearing. ``tables`` is how many were to move.
    ``parked`` says that ``old`` holds what an earlier replacement, which did not come to its end, has put there.
    """

    new: str
    old: str
    state: str = "loading"
    tables: int = 0
    parked: bool = False

    @classmethod
    def beside(cls, target: str) -> "Staging":
        """The stage of a database; the names are the same in every run and no one else's."""
        word = hashlib.sha256(target.encode("utf-8")).hexdigest()[:16]
        return cls("__apsaradb_new_" + word, "__apsaradb_old_" + word)

    @classmethod
    def noted(cls, report: Dict[str, Any]) -> "Staging":
        """From the ledger's entry of an unfinished load; one without a stage has no names."""
        found = report.get("stage") or {}
        return cls(
            str(found.get("new", "")), str(found.get("old", "")), str(found.get("state", "")), int(found.get("tables", 0)), bool(found.get("parked", False))
        )

    def report(self) -> Dict[str, Any]:
        """For the ledger."""
        return {"stage": dict(self._asdict())}

    def note(self, connection: Connection, ledger: Ledger) -> "Staging":
        """Say in the ledger how far it is."""
        retried(lambda: ledger.report(connection, self.report()), connection)
        return self

    @property
    def kept(self) -> str:
        """For a failure after the swap: where the old database is, and what to do."""
        return (
            "The new tables are in their place. What they replaced is kept: its tables in the database {0}, its views, routines, triggers and events"
            " as statements in the table {0}.{1}. Running again finishes the replacement, and removes both then."
        ).format(self.old, PROGRAMS)


def can_stage(stage: Staging, server: ServerState) -> bool:
    """Whether the account may make the stage's databases; ALL on the target alone is not enough."""
    return all(server.grants.has(privilege, name) for privilege in _MOVED for name in (stage.new, stage.old))


def tidy(connection: Connection, stage: Staging, planned: FrozenSet[str]) -> None:
    """Leave nothing in the stage but the new tables, which are ``planned``: only these are to move, and none with a trigger can (error 1435)."""
    made = existing_in(connection, stage.new)
    _drop_programs(connection, stage.new, made)
    for name in sorted(frozenset(made.engines) - planned):
        connection.run("DROP TABLE {0}".format(quote_text(stage.new, name)))


def swap(connection: Connection, target: str, stage: Staging, ignore: FrozenSet[str], crashed: bool = False) -> None:
    """Old tables out, new tables in, by one RENAME TABLE, which the server does as a whole (5.7 and before: unless it crashes).

    Views, triggers, routines and events of the old database are dropped, and kept as statements: a table with triggers
    cannot change its database (error 1435). Called again after a crash it does what is left to do. Of a server before
    8.0 that may have ``crashed`` here, an old table may be lost, which was to go; where it is a new one, the target is
    empty afterwards.
    """
    connection.run("SET SESSION foreign_key_checks = 0")
    old = existing_in(connection, target, ignore)
    new = existing_in(connection, stage.new)
    connection.run("CREATE DATABASE IF NOT EXISTS {0}".format(quote_text(stage.old)))
    if not stage.parked:
        _keep_programs(connection, target, stage, old, crashed)
    _drop_programs(connection, target, old)
    # All of the old ones leave before the first of the new ones comes: while the stage is full, no table here is new.
    leaving = sorted(old.engines) if len(new.tables) == stage.tables else []
    arriving = sorted(new.engines)
    options = _character_set(connection, stage.new) if new.exists else ""
    if crashed:
        lost = drop_broken_tables(connection, target, set(leaving)) or []
        leaving = [name for name in leaving if name not in lost]
        if broken_tables(connection, stage.new, set(arriving)):
            arriving = []
    moves = ["{0} TO {1}".format(quote_text(stage.new, name), quote_text(target, name)) for name in arriving]
    if stage.parked:
        for name in leaving:
            connection.run("DROP TABLE {0}".format(quote_text(target, name)))
    else:
        moves = ["{0} TO {1}".format(quote_text(target, name), quote_text(stage.old, name)) for name in leaving] + moves
    if moves:
        connection.run("RENAME TABLE {0}".format(", ".join(moves)))
    if new.tables and not arriving:
        # The rows of a new table have their new name and no file of the server's: only DROP DATABASE reaches them.
        connection.run("DROP DATABASE IF EXISTS {0}".format(quote_text(target)))
        connection.run("CREATE DATABASE {0} {1}".format(quote_text(target), options))
        connection.run("DROP DATABASE {0}".format(quote_text(stage.new)))
    elif options:
        connection.run("ALTER DATABASE {0} {1}".format(quote_text(target), options))


def _character_set(connection: Connection, database: str) -> str:
    return "CHARACTER SET {0} COLLATE {1}".format(*character_set_of(connection, database))


def clear(connection: Connection, stage: Staging) -> None:
    """Remove the stage, and with it what was replaced."""
    connection.run("SET SESSION foreign_key_checks = 0")
    for name in (stage.new,) if stage.parked else (stage.old, stage.new):
        connection.run("DROP DATABASE IF EXISTS {0}".format(quote_text(name)))


def _keep_programs(connection: Connection, target: str, stage: Staging, old: Inventory, crashed: bool) -> None:
    """What :func:`_drop_programs` drops, as the server shows it; what a killed run has dropped already is here already."""
    place = quote_text(stage.old, PROGRAMS)
    making = (
        "CREATE TABLE IF NOT EXISTS {0} (kind VARCHAR(16) NOT NULL, name VARCHAR(64) NOT NULL, sql_mode TEXT, statement LONGTEXT, PRIMARY KEY (kind, name))"
        " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin".format(place)
    )
    if crashed:
        # What has no table was never filled, so that nothing was dropped yet.
        drop_broken_tables(connection, stage.old, {PROGRAMS})
    unobstructed(connection, stage.old, PROGRAMS, partial(connection.run, making))
    for kind, name in _programs(old):
        try:
            shown = connection.rows("SHOW CREATE {0} {1}".format(kind, quote_text(target, name)))[0]
        except ServerError as error:
            if error.code in LOST:
                raise
            # One that the server itself cannot show is of no use to anyone.
            continue
        sql_mode, statement = {"VIEW": (None, shown[1]), "EVENT": (shown[1], shown[3])}.get(kind) or (shown[1], shown[2])
        connection.execute("INSERT IGNORE INTO {0} VALUES (%s, %s, %s, %s)".format(place), (kind, name, sql_mode, statement))


def _drop_programs(connection: Connection, database: str, old: Inventory) -> None:
    for kind, name in _programs(old):
        connection.run("DROP {0} IF EXISTS {1}".format(kind, quote_text(database, name)))


def _programs(old: Inventory) -> List[Tuple[str, str]]:
    """Word after CREATE and name of each, triggers first."""
    return [(made.what, made.own_name) for made in sorted(old.objects, key=lambda made: made.kind != "triggers")]
