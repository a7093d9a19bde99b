# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of what was loaded, on the same server and in the same transactions as the rows."""

import hashlib
import json
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, TypeVar

from .._failure import Failure
from .._identifiers import OWN_DATABASE, OWN_PREFIX, hex_literal, quote, quote_text
from .._server.connection import Connection, Login, ServerError, connect
from .._server.crash_leftovers import HELPER, drop_broken_tables, unobstructed
from .ledger_values import WrongValue, checked_after_sql, checked_entry, checked_name, checked_number, checked_roll
from .lock import lock_name

_Result = TypeVar("_Result")
DEFAULT_DATABASE = OWN_DATABASE
_TRIES = 5
# Lock wait timeout and deadlock.
RETRIED = frozenset((1205, 1213))
# Values of "file" in the ledger that are not a file. Their position is a table's index: a non-transactional table that is complete,
# and a user's table that is being filled, with the rows it had before. For BARRIER_BEGUN minus a file, it is the byte position
# of a barrier that was started.
TABLE_WHOLE = -2
TABLE_BEGUN = -3
BARRIER_BEGUN = -1000
_NO_LEDGER = frozenset((1044, 1049, 1142, 1146))
# No statement and no row of the ledger is larger than this, or than a quarter of max_allowed_packet.
_LARGEST_PIECE = 1 << 18
# The kind of a note that does not concern an object: the collation that a database had before the load changed it.
COLLATION = "COLLATION"
# The kind of the note of a roll-forward that was not finished when its target was imported again: the next roll-forward puts back what it has changed
# on the server.
LEFT = "left_by_roll"
_TABLES = {
    "import": "target VARBINARY(256) NOT NULL PRIMARY KEY, state VARCHAR(16) NOT NULL,"
    " changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
    "piece": "target VARBINARY(256) NOT NULL, what VARCHAR(16) NOT NULL, part INT NOT NULL, text MEDIUMTEXT NOT NULL, PRIMARY KEY (target, what, part)",
    "made": "target VARBINARY(256) NOT NULL, kind VARCHAR(16) NOT NULL, name VARBINARY(256) NOT NULL, mark VARBINARY(1024) NOT NULL,"
    " PRIMARY KEY (target, kind, name)",
    "chunk": "target VARBINARY(256) NOT NULL, file INT NOT NULL, position BIGINT NOT NULL, row_count BIGINT NOT NULL, PRIMARY KEY (target, file, position)",
    # The contents of a whole backup, for a call that names no databases.
    "backup": "path VARBINARY(64) NOT NULL, name VARBINARY(256) NOT NULL, PRIMARY KEY (path, name)",
    "setting": "name VARCHAR(64) NOT NULL, value TEXT NOT NULL, owner VARCHAR(64) NOT NULL, PRIMARY KEY (name, owner)",
}


def retried(action: Callable[[], _Result], connection: Connection) -> _Result:
    """Repeat a ledger transaction after a deadlock or lock wait timeout caused by the import of another database."""
    attempt = 1
    while True:
        try:
            return action()
        except ServerError as error:
            if error.code not in RETRIED or attempt == _TRIES:
                raise
            attempt += 1
            connection.run("ROLLBACK")


def _path_key(path: str) -> str:
    """A path of any length as a literal of 64 characters."""
    return hex_literal(hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest())


class LedgerEntry(NamedTuple):
    """The entry of a database. ``state`` is loading or complete; ``files`` and ``settings`` identify the import; ``report`` is its result, or
    what the next run needs to know."""

    state: str
    files: List[Dict[str, Any]]
    settings: Dict[str, Any]
    report: Dict[str, Any]


class Ledger:
    """The ledger's tables in ``database``. In the target itself their names start with ``__apsaradb_``."""

    def __init__(self, database: str, target: str) -> None:
        self.database = database
        self.target = target.encode("utf-8")
        self._key = hex_literal(target)
        prefix = OWN_PREFIX if database == target else ""
        self._own = {name: prefix + name for name in _TABLES}
        self.names = {name: quote_text(database, own) for name, own in self._own.items()}
        self.tables = frozenset(self._own.values()) if prefix else frozenset()
        # Whether :meth:`read` has found the tables.
        self.exists = False

    def create(self, connection: Connection) -> None:
        """Create tables that are missing, or that a crash left incomplete."""
        database = quote(self.database)
        if not self.tables:
            connection.run(b"CREATE DATABASE IF NOT EXISTS " + database)
        there = {str(row[0]) for row in connection.rows(b"SHOW TABLES FROM " + database)}
        broken = drop_broken_tables(connection, self.database, there.intersection([HELPER, *self._own.values()]))
        whole = there.difference(there if broken is None else broken)
        for name, columns in _TABLES.items():
            if self._own[name] in whole:
                continue
            making = "CREATE TABLE IF NOT EXISTS {0} ({1}) ENGINE=InnoDB DEFAULT CHARSET=utf8".format(self.names[name], columns)
            unobstructed(connection, self.database, self._own[name], partial(connection.run, making))

    def read(self, connection: Connection) -> Optional[LedgerEntry]:
        """The entry of the target database, None without an entry or a ledger."""
        try:
            found = connection.rows(
                "SELECT i.state, p.what, p.part, p.text FROM {0} i LEFT JOIN {1} p ON p.target = i.target WHERE i.target = {2}".format(
                    self.names["import"], self.names["piece"], self._key
                )
            )
        except ServerError as error:
            if error.code in _NO_LEDGER:
                return None
            raise
        self.exists = True
        if not found:
            return None
        texts: Dict[str, str] = {}
        for _state, what, _part, text in sorted(found, key=lambda row: row[2] or 0):
            texts[str(what)] = texts.get(str(what), "") + str(text)
        state = str(found[0][0])
        with self._checked(connection):
            files, settings, report = checked_entry(state, texts)
            noted, ran = checked_roll(texts), checked_after_sql(texts)
        if noted is not None:
            followed = {"following": True} if "source" in noted else {}
            report["rolled_forward"] = dict(noted.get("reached") or {}, complete=noted["state"] == "complete", **followed)
        if ran:
            report["after_sql"] = ran
        return LedgerEntry(state, files, settings, report)

    @contextmanager
    def _checked(self, connection: Connection, target: Any = None) -> Iterator[None]:
        """:raises Failure: a value of the entry of ``target``, by default this one's, was written by somebody else."""
        try:
            yield
        except WrongValue as wrong:
            named = self.target if target is None else target
            name = named.decode("utf-8", "backslashreplace") if isinstance(named, bytes) else str(named)
            tables = ", ".join(self._own[table] for table in ("import", "piece", "made", "chunk"))
            raise Failure(
                "The ledger {0} has an entry of {1} that no import has written: {2}".format(self.database, name, wrong),
                "server {0}".format(connection.address),
                "Delete the rows of this target from its tables {0}; the database then counts as not imported.".format(tables),
            ) from None

    def roll(self, connection: Connection) -> Optional[Dict[str, Any]]:
        """The note of a roll-forward about the target; None without one."""
        return self.rolls(connection, "target = {0}".format(self._key)).get(self.target.decode("utf-8"))

    def rolls(self, connection: Connection, condition: str = "1 = 1", what: str = "roll") -> Dict[str, Dict[str, Any]]:
        """The notes of roll-forwards about all targets in this ledger, by target name. ``what``: see :data:`LEFT`."""
        try:
            found = connection.rows("SELECT target, part, text FROM {0} WHERE what = '{1}' AND {2}".format(self.names["piece"], what, condition))
        except ServerError as error:
            if error.code in _NO_LEDGER:
                return {}
            raise
        texts: Dict[Any, str] = {}
        for target, _part, text in sorted(found, key=lambda row: row[1] or 0):
            texts[target] = texts.get(target, "") + str(text)
        rolls: Dict[str, Dict[str, Any]] = {}
        for target, text in texts.items():
            with self._checked(connection, target):
                roll = checked_roll({"roll": text})
                if roll is not None:
                    rolls[checked_name(target, "target")] = roll
        return rolls

    def note_roll(self, connection: Connection, state: Dict[str, Any]) -> None:
        """Record the progress of a roll-forward. A new import of the target removes it."""
        connection.run("START TRANSACTION")
        self._write(connection, roll=state)
        connection.run("COMMIT")

    def forget_left(self, connection: Connection) -> None:
        """Remove the note :data:`LEFT`."""
        self._delete(connection, "piece", "what = '{0}'".format(LEFT))

    def note_after_sql(self, connection: Connection, files: List[Dict[str, Any]]) -> None:
        """Record the SQL files that ran in the restored target. Call it in a transaction. A new import of the target removes the record."""
        self._write(connection, after_sql=files)

    def begin(self, connection: Connection, files: List[Dict[str, Any]], settings: Dict[str, Any], report: Dict[str, Any]) -> None:
        """Record that the target is being loaded, and remove the steps of an earlier load. ``report`` is for the next run.

        Call it in a transaction: after a kill between its statements, the next run would load rows twice.
        """
        self._delete(connection, "chunk")
        roll = self.roll(connection) or {}
        if roll.get("state") not in (None, "complete", "promoted"):
            self._write(connection, **{LEFT: roll})
        self._delete(connection, "piece", "what IN ('roll', 'after_sql')")
        connection.run("REPLACE INTO {0} (target, state) VALUES ({1}, 'loading')".format(self.names["import"], self._key))
        self._write(connection, files=files, settings=settings, report=report)

    def forget_made(self, connection: Connection) -> None:
        """Remove the notes of objects that an earlier load has created, but not of a database collation that must still be restored."""
        self._delete(connection, "made", "kind <> '{0}'".format(COLLATION))

    def report(self, connection: Connection, report: Dict[str, Any]) -> None:
        """Keep what the next run needs to know if this load does not finish."""
        connection.run("START TRANSACTION")
        self._write(connection, report=report)
        connection.run("COMMIT")

    def complete(self, connection: Connection, report: Dict[str, Any]) -> None:
        """Record in one transaction that the load is complete."""
        connection.run("START TRANSACTION")
        connection.run("UPDATE {0} SET state = 'complete' WHERE target = {1}".format(self.names["import"], self._key))
        self._write(connection, report=report)
        self._delete(connection, "chunk")
        self.forget_made(connection)
        connection.run("COMMIT")

    def _write(self, connection: Connection, **values: Any) -> None:
        """Replace these values of the entry. They are split, because a report of many tables exceeds the packet size."""
        size = self._piece_size(connection)
        for what, value in values.items():
            self._delete(connection, "piece", "what = '{0}'".format(what))
            # The text is ASCII, so that each character is one byte.
            text = json.dumps(value, sort_keys=True)
            for part, at in enumerate(range(0, len(text), size)):
                piece = hex_literal(text[at : at + size])
                connection.run(
                    "INSERT INTO {0} (target, what, part, text) VALUES ({1}, '{2}', {3}, {4})".format(self.names["piece"], self._key, what, part, piece)
                )

    @staticmethod
    def _piece_size(connection: Connection) -> int:
        return max(128, min(_LARGEST_PIECE, int(connection.value("SELECT @@max_allowed_packet")) // 4))

    def _delete(self, connection: Connection, table: str, condition: str = "1 = 1") -> None:
        connection.run("DELETE FROM {0} WHERE target = {1} AND {2}".format(self.names[table], self._key, condition))

    def remove(self, connection: Connection) -> None:
        """Remove the entry of the target, and the ledger if it is then empty. Call it under :meth:`alone`."""
        retried(lambda: self._forget(connection), connection)
        if any(connection.rows("SELECT 1 FROM {0} LIMIT 1".format(self.names[table])) for table in self.names if table != "backup"):
            return
        connection.run("DROP TABLE {0}".format(", ".join(sorted(self.names.values()))))
        if self.database == DEFAULT_DATABASE and not connection.rows("SHOW TABLES FROM {0}".format(quote_text(DEFAULT_DATABASE))):
            connection.run("DROP DATABASE {0}".format(quote_text(DEFAULT_DATABASE)))

    def _forget(self, connection: Connection) -> None:
        for table in ("chunk", "piece", "made", "import"):
            self._delete(connection, table)

    def made(self, connection: Connection) -> Dict[Tuple[str, str], str]:
        """The marks of everything that the unfinished load has created, by kind and name. Empty without a ledger."""
        try:
            found = connection.rows("SELECT kind, name, mark FROM {0} WHERE target = {1}".format(self.names["made"], self._key))
        except ServerError as error:
            if error.code in _NO_LEDGER:
                return {}
            raise
        with self._checked(connection):
            return {(str(kind), checked_name(name, "a name in made")): checked_name(mark, "a mark in made") for kind, name, mark in found}

    def note_made(self, connection: Connection, marks: Dict[Tuple[str, str], str]) -> None:
        """Record objects with their marks, or change their marks. The text means the same in every session of a dump."""
        size, values = self._piece_size(connection), ""
        for (kind, name), mark in sorted(marks.items()):
            row = "({0}, '{1}', {2}, {3})".format(self._key, kind, hex_literal(name), hex_literal(mark))
            if values and len(values) + len(row) > size:
                self._replace_made(connection, values)
                values = ""
            values += ", " + row if values else row
        if values:
            self._replace_made(connection, values)

    def _replace_made(self, connection: Connection, values: str) -> None:
        statement = "REPLACE INTO {0} (target, kind, name, mark) VALUES {1}".format(self.names["made"], values)
        retried(lambda: connection.run(statement), connection)

    def unnote_made(self, connection: Connection, kind: str, name: str) -> None:
        """Remove the record of an object."""
        self._delete(connection, "made", "kind = '{0}' AND name = {1}".format(kind, hex_literal(name)))

    def done(self, connection: Connection) -> Dict[Tuple[int, int], int]:
        """The rows of each committed step, by file and position."""
        found = connection.rows("SELECT file, position, row_count FROM {0} WHERE target = {1}".format(self.names["chunk"], self._key))
        with self._checked(connection):
            numbers = [tuple(checked_number(value, "a number in chunk") for value in row) for row in found]
        return {(file, position): rows for file, position, rows in numbers}

    def note(self, connection: Connection, file: int, position: int, rows: int) -> None:
        """Record a step inside the transaction of its rows, before them: a second writer of the same step waits here and fails."""
        self.note_all(connection, [(file, position, rows)])

    def note_all(self, connection: Connection, steps: Sequence[Tuple[int, int, int]]) -> None:
        """Like :meth:`note`, for steps that are committed together: file, position and rows of each."""
        values = ", ".join("({0}, {1}, {2}, {3})".format(self._key, *step) for step in steps)
        connection.run("INSERT INTO {0} (target, file, position, row_count) VALUES {1}".format(self.names["chunk"], values))

    def unnote(self, connection: Connection, file: int, position: int) -> None:
        """Remove the record of a step that will be repeated."""
        connection.run("DELETE FROM {0} WHERE target = {1} AND file = {2} AND position = {3}".format(self.names["chunk"], self._key, file, position))

    def correct(self, connection: Connection, file: int, position: int, rows: int) -> None:
        """Change the recorded number of rows of a step."""
        connection.run(
            "UPDATE {0} SET row_count = {4} WHERE target = {1} AND file = {2} AND position = {3}".format(self.names["chunk"], self._key, file, position, rows)
        )

    def note_backup(self, connection: Connection, path: str, names: Sequence[str]) -> None:
        """Record which databases the backup with this path contains."""
        key = _path_key(path)
        connection.run("START TRANSACTION")
        connection.run("DELETE FROM {0} WHERE path = {1}".format(self.names["backup"], key))
        size = self._piece_size(connection) // 600
        for at in range(0, len(names), size):
            values = ", ".join("({0}, {1})".format(key, hex_literal(name)) for name in names[at : at + size])
            connection.run("INSERT INTO {0} (path, name) VALUES {1}".format(self.names["backup"], values))
        connection.run("COMMIT")

    def backup_names(self, connection: Connection, path: str) -> List[str]:
        """The databases of the backup with this path. Empty if it is not known."""
        try:
            found = connection.rows("SELECT name FROM {0} WHERE path = {1}".format(self.names["backup"], _path_key(path)))
        except ServerError as error:
            if error.code in _NO_LEDGER:
                return []
            raise
        try:
            return sorted(checked_name(row[0], "a name in backup") for row in found)
        except WrongValue:
            # The contents of the backup are then read from the backup.
            return []

    def settings(self, connection: Connection) -> List[Tuple[str, str, str]]:
        """Server variables changed for loads: name, value to restore and values that loads set, lock of the load. Empty without a ledger."""
        try:
            found = connection.rows("SELECT name, value, owner FROM {0} ORDER BY name, owner".format(self.names["setting"]))
        except ServerError as error:
            if error.code in _NO_LEDGER:
                return []
            raise
        return [(str(name), str(value), str(owner)) for name, value, owner in found]

    def note_setting(self, connection: Connection, name: str, value: str, owner: str) -> None:
        """Record a variable before it is changed, or when another load has changed it."""
        values = ", ".join(hex_literal(word) for word in (name, value, owner))
        insert = "INSERT INTO {0} (name, value, owner) VALUES ({1}) ON DUPLICATE KEY UPDATE value = {2}"
        connection.run(insert.format(self.names["setting"], values, hex_literal(value)))

    def forget_setting(self, connection: Connection, name: str, owner: str) -> None:
        """Remove the record, because the load no longer needs the variable."""
        connection.run("DELETE FROM {0} WHERE name = {1} AND owner = {2}".format(self.names["setting"], hex_literal(name), hex_literal(owner)))

    @contextmanager
    def alone(self, login: Login) -> Iterator[Connection]:
        """A lock: while it is held, no other import adds its database to this ledger, removes it, or changes the server's settings."""
        # On 5.6 a connection can hold only one lock, and the import's connection already has one.
        connection = connect(login)
        try:
            if connection.value("SELECT GET_LOCK(%s, 600)", (lock_name("ledger " + self.database),)) != 1:
                raise Failure("Another import holds the ledger {0}".format(self.database), "server {0}".format(connection.address), "Run the task again.")
            yield connection
        finally:
            connection.close()


def ledgers_of(target: str, ledger_database: Optional[str]) -> List[Ledger]:
    """The ledgers in which an import into ``target`` may be recorded, the preferred one first."""
    return [Ledger(name, target) for name in ([ledger_database] if ledger_database else [DEFAULT_DATABASE, target])]


def default_ledgers(connection: Connection) -> List[Ledger]:
    """The ledgers of this server that imports use without the option ledger_database."""
    query = "SELECT TABLE_SCHEMA FROM information_schema.TABLES WHERE TABLE_NAME = %s"
    return [Ledger(DEFAULT_DATABASE, "")] + [Ledger(str(row[0]), str(row[0])) for row in connection.rows(query, (OWN_PREFIX + "piece",))]


def find_entry(connection: Connection, ledgers: List[Ledger]) -> Tuple[Ledger, Optional[LedgerEntry]]:
    """The first of the ledgers that has an entry, with the entry; otherwise the first ledger and None."""
    for ledger in ledgers:
        entry = ledger.read(connection)
        if entry is not None:
            return ledger, entry
    return ledgers[0], None


def complete_entry(connection: Connection, database: str, ledger_database: Optional[str]) -> LedgerEntry:
    """The entry of the complete import of ``database``, in this ledger or where an import would keep it.

    Raises a Failure without an entry, or if the import is not complete.
    """
    names = [ledger_database] if ledger_database else [DEFAULT_DATABASE, database]
    where = "server {0}".format(connection.address)
    for name in names:
        entry = Ledger(name, database).read(connection)
        if entry is not None and entry.state != "complete":
            raise Failure("The import of {0} is not complete".format(database), where, "Run mysql_sql_import again; it resumes.")
        if entry is not None:
            return entry
    cure = "Specify expected (the result of the import, or {} to check only for errors), source (a live server), or ledger_database."
    raise Failure("No ledger in {0} records an import of {1}".format(" or ".join(names), database), where, cure)
