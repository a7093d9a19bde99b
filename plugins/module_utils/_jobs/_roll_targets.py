# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The databases that are rolled forward or follow a server, and their entries and notes in the ledgers."""

from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._gtid_set import GtidSet
from .._load.ledger import LEFT, Ledger, LedgerEntry, default_ledgers, find_entry, ledgers_of
from .._load.lock import lock_name
from .._server.connection import LOST, Connection, Login, ServerError, connect
from ._dump_sets import DumpSets, combined
from ._import_options import listed

# States of a note. STARTING: nothing was applied yet, and the GTIDs of the dump may be missing in the server's history; FOLLOW_STARTING is the same
# of a server that follows. PROMOTING: only the removal of the channel is left.
STARTING, RUNNING, COMPLETE = "starting", "running", "complete"
UNFINISHED = (STARTING, RUNNING)
FOLLOW_STARTING, FOLLOWING, PROMOTING, PROMOTED = "follow starting", "following", "promoting", "promoted"


class RollTarget(NamedTuple):
    """A database: the place of its ledger, the note of the import, and the notes of earlier roll-forwards."""

    source: str
    name: str
    ledger: Ledger
    entry: Optional[LedgerEntry]
    roll: Optional[Dict[str, Any]]


def databases_of(params: Dict[str, Any]) -> Dict[str, str]:
    """The names at the origin, and on the server."""
    given = listed(params["databases"])
    if params["database"] is not None:
        return {params["source_database"] or params["database"]: params["database"]}
    if not isinstance(given, dict):
        given = {str(name): str(name) for name in given or ()}
    databases = {str(source): str(target or source) for source, target in given.items()}
    if not databases or len(set(databases.values())) < len(databases):
        raise Failure("databases is empty, or names the same target twice", "databases", "Give a list of names, or a map from source to target.")
    return databases


def lock_targets(connection: Connection, names: Iterable[str]) -> None:
    """Acquire the import locks of these databases, so that no other job changes them."""
    for name in sorted(names):
        if connection.value("SELECT GET_LOCK(%s, 10)", (lock_name(name),)) != 1:
            raise Failure("An import or roll-forward of {0} is running".format(name), connection.address, "Wait for it to end.")


def target_of(connection: Connection, source: str, name: str, ledger_database: Optional[str]) -> RollTarget:
    """Read the ledger.

    :raises Failure: the database does not exist, its import is not complete, or SQL files have changed it since.
    """
    ledger, entry = find_entry(connection, ledgers_of(name, ledger_database))
    if entry is not None and entry.state != "complete":
        cure = "Run mysql_sql_import again; it resumes. Nothing was changed."
        raise Failure("The import of {0} is not complete".format(name), connection.address, cure)
    if not connection.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (name,)):
        raise Failure("The server has no database {0}".format(name), connection.address, "Import the backup first (mysql_sql_import).")
    if entry is not None and entry.report.get("after_sql"):
        what = "SQL files have changed the database {0} since its import (mysql_restore_sql), so its rows no longer match the binary logs".format(name)
        raise Failure(what, connection.address, "Drop it, import the backup again, roll it forward, and then run the files. Nothing was changed.")
    return RollTarget(source, name, ledger, entry, ledger.roll(connection))


def sets_of(targets: Iterable[RollTarget], given: Optional[str], address: str) -> DumpSets:
    """The GTID sets of the dumps together."""
    return combined(list(dumps_of(targets, given, address).values()))


def dumps_of(targets: Iterable[RollTarget], given: Optional[str], address: str) -> Dict[str, GtidSet]:
    """The GTID sets of the dumps, by the names of the databases at the origin: from the option, or from the notes of the imports."""
    found: Dict[str, GtidSet] = {}
    for target in targets:
        noted = given or ((target.entry.report.get("gtid") or {}).get("dump") if target.entry is not None else None)
        if not noted:
            what = "The GTID set of the backup of {0} is not known".format(target.name)
            cure = "Give gtid_set (SET @@GLOBAL.GTID_PURGED in the dump), or import with mysql_sql_import a dump that has it. Nothing was changed."
            raise Failure(what, address, cure)
        found[target.source] = GtidSet.parse(noted)
    return found


def refuse_followed(targets: Iterable[RollTarget], address: str) -> None:
    """Raise a Failure if a database follows or has followed a server, because it has transactions that no roll-forward has noted."""
    for target in targets:
        if (target.roll or {}).get("state") in (FOLLOW_STARTING, FOLLOWING, PROMOTING, PROMOTED):
            what = "The database {0} follows a server, or has followed one".format(target.name)
            raise Failure(what, address, "It cannot be rolled forward until the backup is imported again. Nothing was changed.")


def unfinished_rolls(connection: Connection, targets: Iterable[RollTarget]) -> List[RollTarget]:
    """All databases of this server whose roll-forward was interrupted, from the ledgers of ``targets`` and from those that need no option."""
    return [target for target in _noted(connection, targets, "roll") if (target.roll or {}).get("state") in UNFINISHED]


def left_rolls(connection: Connection, targets: Iterable[RollTarget]) -> List[RollTarget]:
    """The same for databases that have been imported again since."""
    return _noted(connection, targets, LEFT)


def _noted(connection: Connection, targets: Iterable[RollTarget], what: str) -> List[RollTarget]:
    found: Dict[Tuple[str, str], RollTarget] = {}
    for ledger in [target.ledger for target in targets] + default_ledgers(connection):
        for name, roll in ledger.rolls(connection, what=what).items():
            found[ledger.database, name] = RollTarget(name, name, Ledger(ledger.database, name), entry=None, roll=roll)
    return [found[key] for key in sorted(found)]


def note(login: Login, targets: Iterable[RollTarget], noted: Dict[str, Any], *, binlog: str) -> None:
    """Write ``noted`` to the ledgers; it is written to the binary log only if ``binlog`` is on."""
    with _writing(login, binlog) as notes:
        for target in targets:
            if target.entry is None:
                target.ledger.create(notes)
            target.ledger.note_roll(notes, noted)


def forget_left(login: Login, targets: Iterable[RollTarget], *, binlog: str) -> None:
    """Remove the notes of :func:`left_rolls`."""
    with _writing(login, binlog) as notes:
        for target in targets:
            target.ledger.forget_left(notes)


@contextmanager
def _writing(login: Login, binlog: str) -> Iterator[Connection]:
    notes = connect(login)
    try:
        if binlog != "on":
            _without_binlog(notes)
        yield notes
    finally:
        notes.close()


def _without_binlog(connection: Connection) -> None:
    """Turn off the binary log for the session, if the account may do so."""
    try:
        connection.run("SET SESSION sql_log_bin = 0")
    except ServerError as error:
        if error.code in LOST:
            raise
