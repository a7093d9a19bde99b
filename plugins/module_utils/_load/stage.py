# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replacing a database only when its successor is there: the new tables are loaded beside it and then take its place."""

import hashlib
from typing import Any, Dict, FrozenSet, List, NamedTuple

from .._dump.tokens import quote
from .._server.connection import Connection
from . import preflight
from .ledger import Ledger, retried

# A MERGE table names the database of the tables under it.
NO_STAGE = frozenset(("MRG_MYISAM", "MERGE", "FEDERATED"))
_MOVED = frozenset(("CREATE", "DROP", "ALTER", "INSERT", "SELECT", "INDEX"))


class Stage(NamedTuple):
    """Two databases of the loader's own: where the new tables are loaded, and where the old ones go.

    What the ledger notes of it (``state`` is loading, swapping or clearing) tells the next run where a killed one was.
    """

    new: str
    old: str
    state: str = "loading"

    @classmethod
    def beside(cls, target: str) -> "Stage":
        """The stage of a database; the names are the same in every run and no one else's."""
        word = hashlib.sha256(target.encode("utf-8")).hexdigest()[:16]
        return cls("__apsaradb_new_" + word, "__apsaradb_old_" + word)

    @classmethod
    def noted(cls, report: Dict[str, Any]) -> "Stage":
        """From the ledger's entry of an unfinished load; one without a stage has no names."""
        found = report.get("stage") or {}
        return cls(str(found.get("new", "")), str(found.get("old", "")), str(found.get("state", "")))

    def report(self) -> Dict[str, Any]:
        """For the ledger."""
        return {"stage": dict(self._asdict())}

    def note(self, connection: Connection, ledger: Ledger, state: str) -> "Stage":
        """Say in the ledger how far it is."""
        noted = self._replace(state=state)
        retried(lambda: ledger.report(connection, noted.report()), connection)
        return noted


def may_stage(stage: Stage, server: preflight.Server) -> bool:
    """Whether the account may make the stage's databases; ALL on the target alone is not enough."""
    return all(server.grants.has(privilege, name) for privilege in _MOVED for name in (stage.new, stage.old))


def referring_databases(connection: Connection, target: str) -> List[str]:
    """Other databases whose foreign keys point into this one: they would follow the old tables, and go with them."""
    found = connection.rows(
        "SELECT DISTINCT TABLE_SCHEMA FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA = %s AND TABLE_SCHEMA <> %s", (target, target)
    )
    return sorted(str(row[0]) for row in found)


def swap(connection: Connection, target: str, stage: Stage, planned: FrozenSet[str], ignore: FrozenSet[str]) -> None:
    """Old tables out, new tables in, by one RENAME TABLE, which the server does as a whole (5.7 and before: unless it crashes).

    Views, triggers, routines and events of the old database are dropped: a table with triggers cannot change its
    database (error 1435). Called again after a crash it does what is left to do. ``planned`` are the new tables.
    """
    connection.run("SET SESSION foreign_key_checks = 0")
    old = preflight.existing_in(connection, target, ignore)
    new = preflight.existing_in(connection, stage.new, frozenset())
    _drop_programs(connection, target, old)
    connection.run("CREATE DATABASE IF NOT EXISTS {0}".format(_name(stage.old)))
    # All of the old ones leave before the first of the new ones comes: while the stage is full, no table here is new.
    leaving = sorted(old.tables) if planned <= frozenset(new.tables) else []
    moves = ["{0}.{2} TO {1}.{2}".format(_name(target), _name(stage.old), _name(name)) for name in leaving]
    moves += ["{0}.{2} TO {1}.{2}".format(_name(stage.new), _name(target), _name(name)) for name in sorted(new.tables)]
    if moves:
        connection.run("RENAME TABLE {0}".format(", ".join(moves)))
    charset, collation = preflight.character_set_of(connection, stage.new)
    connection.run("ALTER DATABASE {0} CHARACTER SET {1} COLLATE {2}".format(_name(target), charset, collation))


def clear(connection: Connection, stage: Stage) -> None:
    """Remove the stage, and with it what was replaced."""
    connection.run("SET SESSION foreign_key_checks = 0")
    for name in (stage.old, stage.new):
        connection.run("DROP DATABASE IF EXISTS {0}".format(_name(name)))


def _drop_programs(connection: Connection, target: str, old: preflight.Existing) -> None:
    triggers = connection.rows("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s", (target,))
    statements = ["DROP TRIGGER IF EXISTS {0}.{1}".format(_name(target), _name(str(row[0]))) for row in triggers]
    statements += ["DROP VIEW IF EXISTS {0}.{1}".format(_name(target), _name(name)) for name in old.views]
    statements += ["DROP EVENT IF EXISTS {0}.{1}".format(_name(target), _name(name)) for name in old.events]
    for routine in old.routines:
        kind, name = routine.split(" ", 1)
        statements.append("DROP {0} IF EXISTS {1}.{2}".format(kind, _name(target), _name(name)))
    for statement in statements:
        connection.run(statement)


def _name(name: str) -> str:
    return quote(name.encode("utf-8")).decode("utf-8")
