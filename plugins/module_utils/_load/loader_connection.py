# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection of the loader, which can be brought to the session state that a statement of the dump needs."""

import re
from typing import Container, List, Optional, Sequence, Tuple

from .._dump.session_variables import DATABASE_COLLATION, DEFAULT_CHARSET, SessionState, statements_between
from .._identifiers import quote
from .._server.connection import MOST_WARNINGS, Connection, Login, ServerError, connect
from .ledger import COLLATION, Ledger

_STATE = (
    "SELECT @@max_allowed_packet /*!80013 , @@sql_require_primary_key */ /*!80030 , @@sql_generate_invisible_primary_key */"
    " /*!80400 , @@restrict_fk_on_non_standard_key */"
)
# 8.4 and later reject a foreign key to a key that is not unique (error 6125). Older servers accept it, so dumps contain it.
_KEY_VARIABLES = ("sql_require_primary_key", "sql_generate_invisible_primary_key", "restrict_fk_on_non_standard_key")
_SETTINGS = "SET SESSION foreign_key_checks = 0, unique_checks = 0, autocommit = 1, net_read_timeout = 3600, net_write_timeout = 3600, wait_timeout = 31536000"
_ACCESS_DENIED = 1227
# Warnings that do not concern the result, or that another message of an import covers:
# 1287, 1681, 3719, 3720, 3778, 4166: deprecated types, display widths, character sets and keys, which still work;
# 1831, 3502: a second key on the same columns, a HASH key in an engine that has none: the origin had the same;
# 1266, 1286, 3161: a different engine, which the comparison with the dump reports;
# 1449: a definer without an account, which the checks have reported;
# 1264, 1265: values of a generated column in a key, for which loading the rows has already caused the same warning;
# 124: a hidden column for a FULLTEXT key, which every table with such a key has.
_EXPECTED = frozenset((1287, 1681, 3719, 3720, 3778, 4166, 1831, 3502, 1266, 1286, 3161, 1449, 1264, 1265, 124))
_SHOWN = 5
# Unknown character set or collation, or a collation of another character set.
_NO_COLLATION = frozenset((1115, 1253, 1273))
_OPTIONS = re.compile(r"CHARACTER SET `\w+` COLLATE `\w+`\Z", re.ASCII)


class LoaderConnection:
    """A connection whose default database is ``database``.

    ``ledger`` records the database's collation before a statement of the dump needs another one. ``packet`` is max_allowed_packet in
    bytes. ``local_infile``: this connection may still use LOAD DATA LOCAL.
    """

    def __init__(self, login: Login, database: bytes, ledger: Ledger, *, log_binary: bool, local_infile: bool = False) -> None:
        self.local_infile = local_infile
        self._ledger = ledger
        self.connection = connect(login, local_infile=local_infile)
        # As the mysql client: PyMySQL before 1.1 chooses another collation in its handshake.
        self.connection.run("SET NAMES " + DEFAULT_CHARSET)
        self.connection.run(_SETTINGS if log_binary else _SETTINGS + ", sql_log_bin = 0")
        self.packet, *needs_key = map(int, self.connection.rows(_STATE)[0])
        # Without the texts of its warnings, a statement counts as one with unknown warnings.
        self._set_if_allowed("max_error_count", str(MOST_WARNINGS))
        # Create tables as in the dump: the server then neither requires a primary key nor adds one, nor restricts foreign keys.
        for name, is_on in zip(_KEY_VARIABLES, needs_key):
            if is_on:
                self._set_if_allowed(name, "OFF")
        self.connection.use(database)
        self._database = database
        self._session = SessionState().unchecked
        self._own_collation: Optional[str] = None
        self._warnings: List[str] = []

    def _set_if_allowed(self, name: str, value: str) -> None:
        """Set a session variable, if this account may."""
        try:
            self.connection.run("SET SESSION {0} = {1}".format(name, value))
        except ServerError as error:
            if error.code != _ACCESS_DENIED:
                raise

    def disable_local_infile(self) -> None:
        """Send rows as INSERT from now on, because the server no longer accepts LOAD DATA LOCAL."""
        self.local_infile = False

    def set_session(self, session: SessionState, *, check_keys: bool = False) -> Connection:
        """Set the variables of ``session``, and return the connection.

        With ``check_keys``, foreign_key_checks and unique_checks are as in ``session``; otherwise both are off. A statement
        whose effect depends on keys (IGNORE, REPLACE, anything but rows) needs them as in the dump.
        """
        session = session if check_keys else session.unchecked
        if session != self._session:
            for statement in statements_between(self._session, session):
                self.connection.run(statement)
            self._set_collation(session.get(DATABASE_COLLATION))
            self._session = session
        return self.connection

    def utf8_connection(self) -> Connection:
        """The connection, in a session that reads the names of databases and tables as UTF-8. The server stores them, and a login names them, so."""
        if not self._session.charset.lower().startswith(("utf8", "binary")):
            self.set_session(SessionState().with_variable(DATABASE_COLLATION, self._session.get(DATABASE_COLLATION)))
        return self.connection

    def define(self, session: SessionState, text: bytes, what: str, place: str) -> List[str]:
        """Run a statement that creates or changes ``what``, at ``place`` of the dump. Returns the server's warnings, and keeps them for
        :meth:`take_warnings`.

        :raises ServerError: with both.
        """
        try:
            connection = self.set_session(session)
            connection.run(text)
        except ServerError as error:
            raise error.at("{0}, {1}".format(what, place)) from None
        count = connection.noted()
        if not count:
            return []
        warned = _worded(connection.coded_warnings(MOST_WARNINGS), count, what, place)
        self._warnings.extend(warned)
        return warned

    def take_warnings(self) -> List[str]:
        """The server's warnings in :meth:`define` since the last call."""
        found, self._warnings = self._warnings, []
        return found

    def keep_warnings(self, texts: List[str]) -> None:
        """Add the server's warnings from another connection."""
        self._warnings.extend(texts)

    def _set_collation(self, wanted: Optional[bytes]) -> None:
        """Set the database's collation to the one under which a routine or trigger was created; None restores its own."""
        if wanted == self._session.get(DATABASE_COLLATION):
            return
        name = self._database.decode("utf-8")
        if self._own_collation is None:
            charset, collation = self.connection.texts("SELECT @@character_set_database, @@collation_database")[0]
            self._own_collation = "CHARACTER SET `{0}` COLLATE `{1}`".format(charset, collation)
        if wanted is not None:
            self._ledger.note_made(self.connection, {(COLLATION, name): self._own_collation})
        # It changes the default database. The session may not read the name as UTF-8.
        self.connection.run(b"ALTER DATABASE " + (wanted or self._own_collation.encode("ascii")))
        if wanted is None:
            self._ledger.unnote_made(self.connection, COLLATION, name)

    def close(self) -> None:
        """Restore the database's collation and close. Never fails: after an error the server may be gone."""
        try:
            if self._session.get(DATABASE_COLLATION) is not None:
                # ALTER DATABASE would commit what a failed statement has left of its transaction.
                self.connection.run("ROLLBACK")
                self._set_collation(None)
        except ServerError:
            pass
        self.connection.close()


def _worded(found: Sequence[Tuple[str, int, str]], count: int, what: str, place: str) -> List[str]:
    """The warnings of a statement that concern the user. ``found`` are the first of its ``count`` warnings: level, code and message. Those that were not read
    may concern the user.
    """
    kept = [warning for warning in found if warning[1] not in _EXPECTED]
    warned = ["{0}: {1} {2}: {3} ({4})".format(what, *warning, place) for warning in kept[:_SHOWN]]
    more = len(kept[_SHOWN:]) + count - len(found)
    if more > 0:
        warned.append("{0}: and {1} more warning(s) of the server ({2})".format(what, more, place))
    return warned


def put_back_collations(connection: Connection, ledger: Ledger, databases: Container[str]) -> None:
    """Restore the collation of each of the ``databases`` that a killed load has left with the collation of a routine or trigger."""
    for (kind, name), own in ledger.made(connection).items():
        if kind != COLLATION:
            continue
        # Ignore a note in a form that no load writes, or of a collation that the server does not have: somebody else wrote it.
        if name in databases and _OPTIONS.match(own) and connection.rows("SHOW DATABASES WHERE `Database` = %s", (name,)):
            try:
                connection.run(b"ALTER DATABASE " + quote(name) + b" " + own.encode("ascii"))
            except ServerError as error:
                if error.code not in _NO_COLLATION:
                    raise
        ledger.unnote_made(connection, COLLATION, name)
