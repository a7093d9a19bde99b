# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection of the loader: it takes the session state that each statement of the dump needs."""

import re
from typing import Container, List, Optional

from .._dump.session_variables import DATABASE_COLLATION, SessionState, statements_between
from .._identifiers import quote
from .._server.connection import Connection, Login, ServerError, connect
from .ledger import COLLATION, Ledger

_STATE = "SELECT @@max_allowed_packet /*!80013 , @@sql_require_primary_key */ /*!80030 , @@sql_generate_invisible_primary_key */"
_KEY_VARIABLES = ("sql_require_primary_key", "sql_generate_invisible_primary_key")
_SETTINGS = "SET SESSION foreign_key_checks = 0, unique_checks = 0, autocommit = 1, net_read_timeout = 3600, net_write_timeout = 3600, wait_timeout = 86400"
_ACCESS_DENIED = 1227
# Warnings that say nothing about what was made, or that another message of an import names:
# 1287, 1681, 3719, 3720, 3778, 4166: deprecated types, display widths, character sets and keys, which do what they always did;
# 1831, 3502: a second key of the same columns, a HASH key in an engine that has none: the origin had the same;
# 1266, 1286, 3161: another engine, which the comparison with the dump names;
# 1449: a definer without an account, which the checks have named;
# 1264, 1265: values of a generated column in a key, with which the server has loaded the rows after the same warning;
# 124: a hidden column for a FULLTEXT key, which every table with one has.
_EXPECTED = frozenset((1287, 1681, 3719, 3720, 3778, 4166, 1831, 3502, 1266, 1286, 3161, 1449, 1264, 1265, 124))
_READ = 64
_SHOWN = 5
_OPTIONS = re.compile(r"CHARACTER SET `\w+` COLLATE `\w+`\Z", re.ASCII)


class LoaderConnection:
    """A connection whose default database is ``database``.

    ``ledger`` notes the database's collation before a statement of the dump needs another one. ``packet`` is max_allowed_packet in
    bytes. ``local_infile`` says whether this connection may still use LOAD DATA LOCAL.
    """

    def __init__(self, login: Login, database: bytes, ledger: Ledger, *, log_binary: bool, local_infile: bool = False) -> None:
        self.local_infile = local_infile
        self._ledger = ledger
        self.connection = connect(login, local_infile=local_infile)
        self.connection.run(_SETTINGS if log_binary else _SETTINGS + ", sql_log_bin = 0")
        self.packet, *needs_key = map(int, self.connection.rows(_STATE)[0])
        self._allow_tables_without_key([name for name, is_on in zip(_KEY_VARIABLES, needs_key) if is_on])
        self.connection.use(database)
        self._database = database
        self._session = SessionState().unchecked
        self._own_collation: Optional[str] = None
        self._warnings: List[str] = []

    def _allow_tables_without_key(self, variables: List[str]) -> None:
        """Make tables as the dump has them, if this account may: the server neither requires a primary key nor adds one."""
        for name in variables:
            try:
                self.connection.run("SET SESSION {0} = OFF".format(name))
            except ServerError as error:
                if error.code != _ACCESS_DENIED:
                    raise

    def disable_local_infile(self) -> None:
        """Send rows as INSERT from now on: the server no longer accepts LOAD DATA LOCAL."""
        self.local_infile = False

    def set_session(self, session: SessionState, *, check_keys: bool = False) -> Connection:
        """Give the session the variables of ``session``, and return the connection.

        With ``check_keys`` foreign_key_checks and unique_checks are as in ``session``; otherwise both are off. A statement
        whose effect depends on keys (IGNORE, REPLACE, anything but rows) needs them as the dump has them.
        """
        session = session if check_keys else session.unchecked
        if session != self._session:
            for statement in statements_between(self._session, session):
                self.connection.run(statement)
            self._set_collation(session.get(DATABASE_COLLATION))
            self._session = session
        return self.connection

    def define(self, session: SessionState, text: bytes, what: str, place: str) -> List[str]:
        """Run a statement that makes or changes ``what``, which is at ``place`` of the dump. Returns what the server warns of, and keeps it for
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
        found = connection.coded_warnings(_READ)
        kept = [warning for warning in found if warning[1] not in _EXPECTED]
        warned = ["{0}: {1} {2}: {3} ({4})".format(what, *warning, place) for warning in kept[:_SHOWN]]
        more = len(kept[_SHOWN:]) + count - len(found)
        if more and warned:
            warned.append("{0}: and {1} more warning(s) of the server ({2})".format(what, more, place))
        self._warnings.extend(warned)
        return warned

    def take_warnings(self) -> List[str]:
        """What the server warned of in :meth:`define` since the last call."""
        found, self._warnings = self._warnings, []
        return found

    def keep_warnings(self, texts: List[str]) -> None:
        """Keep what the server warned of on another connection."""
        self._warnings.extend(texts)

    def _set_collation(self, wanted: Optional[bytes]) -> None:
        """Give the database the collation a routine or trigger was created under; None restores its own."""
        if wanted == self._session.get(DATABASE_COLLATION):
            return
        name = self._database.decode("utf-8")
        if self._own_collation is None:
            charset, collation = self.connection.rows("SELECT @@character_set_database, @@collation_database")[0]
            self._own_collation = "CHARACTER SET `{0}` COLLATE `{1}`".format(charset, collation)
        if wanted is not None:
            self._ledger.note_made(self.connection, {(COLLATION, name): self._own_collation})
        self.connection.run(b"ALTER DATABASE " + quote(self._database) + b" " + (wanted or self._own_collation.encode("ascii")))
        if wanted is None:
            self._ledger.unnote_made(self.connection, COLLATION, name)

    def close(self) -> None:
        """Restore the database's collation and close. Never fails: after an error there may be no server."""
        try:
            self._set_collation(None)
        except ServerError:
            pass
        self.connection.close()


def put_back_collations(connection: Connection, ledger: Ledger, databases: Container[str]) -> None:
    """Restore the collation of those of the ``databases`` that a killed load has left with the one of a routine or trigger."""
    for (kind, name), own in ledger.made(connection).items():
        if kind != COLLATION:
            continue
        # A note that no load writes is somebody else's.
        if name in databases and _OPTIONS.match(own) and connection.rows("SHOW DATABASES WHERE `Database` = %s", (name,)):
            connection.run(b"ALTER DATABASE " + quote(name) + b" " + own.encode("ascii"))
        ledger.unnote_made(connection, COLLATION, name)
