# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_restore_sql: run SQL files in restored databases, each exactly once."""

import re
from contextlib import ExitStack
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from .._dump.lexer import Dialect, UnclearText
from .._dump.statement_splitter import Statement
from .._dump.tokens import after_if_exists, name_at, tokens
from .._failure import Failure
from .._identifiers import name_text
from .._load.binlog_choice import logs_load
from .._load.ledger import Ledger, find_entry, ledgers_of
from .._load.request import BinlogChoice
from .._load.signals import signals_as_exceptions
from .._server.account import server_state
from .._server.connection import Connection, ServerError, connect
from .._server.server_info import version_of
from ._login_options import login_of
from ._roll_targets import lock_targets
from ._rollback_reach import rolls_back
from ._run import JobContext
from ._sql_files import SqlFile, copied, statements_of

_BEGUN, _COMPLETE = "begun", "complete"
# Statements of a file that are returned and noted; the others are counted.
_SHOWN = 1000
_KIND = re.compile(rb"[A-Za-z]+(?:\s+(?:TABLE|USER|VIEW|INDEX|PROCEDURE|FUNCTION|TRIGGER|EVENT|DATABASE|ROLE)\b)?", re.IGNORECASE)
# Errors whose texts quote only what exists on the server, or what stands where no value can stand. Others quote values of rows, or the statement. Where an
# expression can stand, a value without quotes, or in double quotes under ANSI_QUOTES, is the name of a column or function that does not exist.
_NAMES_ALONE = frozenset(
    map(int, "1044 1048 1049 1050 1051 1060 1061 1072 1091 1136 1142 1143 1146 1205 1213 1227 1264 1364 1406 1451 1452 2006 2013 3819".split())
)
_NO_COLUMN, _NO_ROUTINE = 1054, 1305
_INSTEAD = {
    _NO_COLUMN: "The statement names a column that does not exist. If this is a text, put it in single quotes",
    1062: "Two rows have the same value in a unique key",
    1064: "The server does not understand the statement",
    _NO_ROUTINE: "The statement calls a function that does not exist",
    1630: "The statement calls a function that does not exist",
    1370: "The account may not execute a routine that the statement calls",
}
_UNKNOWN_COLUMN = re.compile(r"'(?:[^']*\.)?([^'.]+)'")
_KEY = re.compile(r" for key '([^']+)'$")
_AGAIN = "Restore the database again (mysql_sql_import with on_existing: replace), then run the task again."

# The table that a statement changes follows one of these words.
_MODIFIERS = frozenset(b"LOW_PRIORITY DELAYED HIGH_PRIORITY QUICK IGNORE TEMPORARY".split())
_BEFORE_NAME = {
    b"INSERT": b"INTO", b"REPLACE": b"INTO", b"UPDATE": b"", b"DELETE": b"FROM", b"TRUNCATE": b"TABLE",
    b"ALTER": b"TABLE", b"CREATE": b"TABLE", b"DROP": b"TABLE", b"RENAME": b"TABLE",
}  # fmt: skip
_DEFINES = frozenset((b"ALTER", b"CREATE", b"DROP", b"RENAME"))


def job(call: JobContext) -> Dict[str, Any]:
    """Run the files in each database, except those that have run according to the ledger.

    :raises Failure: a file cannot be read or a statement failed. A file that only changes rows has then changed nothing.
    """
    databases = list(dict.fromkeys(call.params["databases"]))
    with ExitStack() as closing:
        control = connect(login_of(call.params))
        closing.callback(control.close)
        files = copied(call.params["src"], closing)
        # All files and databases are checked before the first one is changed.
        for file in files:
            for _statement in statements_of(file, version_of(control).number, _sql_mode(control)):
                pass
        found = [_DatabaseRun(call, control, database).facts(files) for database in databases]
        if not call.check_mode:
            call.progress.phase("after_sql")
            with signals_as_exceptions():
                found = [_run_in(call, control, database, files) for database in databases]
    return {"changed": any(each["changed"] for each in found), "databases": found}


def _sql_mode(connection: Connection) -> str:
    return str(connection.value("SELECT @@SESSION.sql_mode"))


def _run_in(call: JobContext, control: Connection, database: str, files: Sequence[SqlFile]) -> Dict[str, Any]:
    """Run the missing files in one database and return its result."""
    # On 5.6 a connection holds one lock, so each database is locked, and its ledger read again, when it is its turn.
    lock_targets(control, [database])
    run = _DatabaseRun(call, control, database)
    missing = run.missing(files)
    for file in missing:
        call.progress.about("{0}: {1}".format(database, file.name))
        run.run(file)
    return dict(run.facts(files), changed=bool(missing))


class _DatabaseRun:
    """The files of one database. ``noted`` is what the ledger records about them."""

    def __init__(self, call: JobContext, control: Connection, database: str) -> None:
        """:raises Failure: no import has restored the database, or an earlier run was interrupted."""
        self.call = call
        self.control = control
        self.database = database
        self.where = "database {0} on {1}".format(database, control.address)
        self.ledger, entry = find_entry(control, ledgers_of(database, call.params["ledger_database"]))
        if entry is None:
            cure = "Import it with mysql_sql_import, which keeps a ledger. Without a ledger, it is not known whether the files have run."
            raise Failure("No ledger records an import of the database", self.where, cure)
        if entry.state != "complete":
            raise Failure("The import of the database is not complete", self.where, "Run mysql_sql_import again; it resumes.")
        self.noted: List[Dict[str, Any]] = list(entry.report.get("after_sql") or ())

    def missing(self, files: Sequence[SqlFile]) -> List[SqlFile]:
        """The files that have not run yet.

        :raises Failure: a file was interrupted, or has run with different contents.
        """
        known = {each["name"]: each for each in self.noted}
        for begun in (each for each in self.noted if each["state"] == _BEGUN):
            what = "The SQL file {0} was interrupted or failed, so part of its changes may have been made".format(begun["name"])
            raise Failure(what, self.where, _AGAIN)
        for file in files:
            if file.name in known and known[file.name]["sha256"] != file.sha256:
                cure = "Rename the file to run it as well, or drop the database and restore it again."
                raise Failure("The SQL file {0} has already run with different contents".format(file.name), self.where, cure)
        return [file for file in files if file.name not in known]

    def facts(self, files: Sequence[SqlFile]) -> Dict[str, Any]:
        """The current result for the database."""
        return {"database": self.database, "changed": bool(self.missing(files)), "files": self.noted}

    def run(self, file: SqlFile) -> None:
        """Run a file and record it, in one transaction if all its statements can be rolled back.

        :raises Failure: a statement failed.
        """
        connection = connect(login_of(self.call.params))
        try:
            state = server_state(connection)
            for each in connection, self.control:
                if not logs_load(BinlogChoice(self.call.params["binlog"] or "auto"), state):
                    each.run("SET SESSION sql_log_bin = 0")
            connection.use(self.database.encode("utf-8"))
            # As the server is now: a file before this one may have changed engines, triggers or the sql_mode of new connections.
            version, mode = state.version.number, _sql_mode(connection)
            atomic = rolls_back(connection, state, self.database, statements_of(file, version, mode))
            if atomic:
                connection.run("START TRANSACTION")
            else:
                self._note(self.control, {"name": file.name, "sha256": file.sha256, "state": _BEGUN, "statements": []}, commit=True)
            done = self._execute(connection, file, statements_of(file, version, mode), atomic=atomic)
            if atomic:
                self._note(connection, done, commit=False)
                connection.run("COMMIT")
            else:
                self._note(self.control, done, commit=True)
            self.noted = _with(self.noted, done)
        finally:
            connection.close()

    def _execute(self, connection: Connection, file: SqlFile, statements: Iterable[Tuple[Statement, Dialect]], *, atomic: bool) -> Dict[str, Any]:
        """Run the statements and return the note about the file."""
        effects: List[Dict[str, Any]] = []
        count = 0
        for statement, dialect in statements:
            try:
                rows = connection.run_to_end(statement.text)
            except ServerError as error:
                where = "{0}, line {1}, in {2}".format(file.path, statement.line, self.where)
                raise _failed(error, where, atomic=atomic, column=self._known_column(error)) from None
            count += 1
            if len(effects) < _SHOWN:
                effect = {"line": statement.line, "kind": _kind(statement.text), "table": changed_table(statement.text, dialect)}
                effects.append(dict(effect, matched=connection.matched(), rows=rows, warnings=connection.noted()))
        return {"name": file.name, "sha256": file.sha256, "state": _COMPLETE, "statements": effects, "statements_left_out": count - len(effects)}

    def _known_column(self, error: ServerError) -> Optional[str]:
        """The column that the failed statement names, if a table of the database has one of that name; otherwise None, as it may be any text."""
        named = _UNKNOWN_COLUMN.search(error.message) if error.code == _NO_COLUMN else None
        if named is None:
            return None
        try:
            sql = "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND COLUMN_NAME = %s LIMIT 1"
            found = self.control.value(sql, (self.database, named.group(1)))
        except ServerError:
            # The error of the statement is the one to report.
            return None
        return None if found is None else str(found)

    def _note(self, connection: Connection, note: Dict[str, Any], *, commit: bool) -> None:
        ledger: Ledger = self.ledger
        if commit:
            connection.run("START TRANSACTION")
        ledger.note_after_sql(connection, _with(self.noted, note))
        if commit:
            connection.run("COMMIT")


def _with(noted: Sequence[Dict[str, Any]], note: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The notes, with ``note`` added or replaced."""
    return [each for each in noted if each["name"] != note["name"]] + [note]


def _kind(text: bytes) -> str:
    """The first words of a statement, which are never values."""
    found = _KIND.match(text)
    return " ".join(found.group().decode("ascii").upper().split()) if found is not None else ""


def changed_table(text: bytes, dialect: Dialect) -> Optional[str]:
    """The first table that a statement changes or defines, as written; None if it is not known."""
    try:
        found = tokens(text, dialect)
    except UnclearText:
        return None
    verb = found[0].upper if found else b""
    if verb not in _BEFORE_NAME:
        return None
    index = 1
    while index < len(found) and found[index].upper in _MODIFIERS:
        index += 1
    if index < len(found) and _BEFORE_NAME[verb] and found[index].upper == _BEFORE_NAME[verb]:
        index = after_if_exists(found, index + 1)
    elif verb in _DEFINES:
        return None
    name, _after = name_at(found, index)
    if name is None:
        return None
    return ".".join(name_text(part) for part in (name.schema, name.name) if part is not None)


def _failed(error: ServerError, where: str, *, atomic: bool, column: Optional[str] = None) -> Failure:
    """The failure of a statement, without values. ``column`` is what :meth:`_DatabaseRun._known_column` returns."""
    is_shown = error.code in _NAMES_ALONE or error.code == _NO_ROUTINE and error.message.startswith("PROCEDURE ")
    what = error.message if is_shown else _INSTEAD.get(error.code, "The server refused the statement")
    if column is not None:
        what = "The server finds no column {0} where the statement names it".format(column)
    key = _KEY.search(error.message) if error.code == 1062 else None
    what += ", {0}".format(key.group(1)) if key is not None else ""
    cure = "Correct the file and run the task again. None of its changes were kept." if atomic else "Correct the file. " + _AGAIN
    return Failure("{0} (error {1})".format(what, error.code), where, cure)
