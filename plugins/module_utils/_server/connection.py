# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection to a MySQL server that speaks in bytes and fails in one way."""

import socket
import ssl
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from .._failure import Failure
from .._identifiers import quote

try:
    import pymysql
    from pymysql.constants import CLIENT

    IMPORT_ERROR: Optional[str] = None
except ImportError as _error:
    IMPORT_ERROR = str(_error)

Sql = Union[str, bytes]

_CURES = {
    1010: "The folder of the database holds a file that is no table of the server's, or that a crash left of one: remove it, then run again.",
    1033: "A crash of the server left half of the table's .frm file: remove it from the folder of the database, then run again.",
    1044: "Grant the account ALL on the database, or use another account.",
    1045: "Check login_user and login_password.",
    1049: "Check the database's name.",
    1130: "The server takes no connection from this host: check the account's host part.",
    1142: "Grant the account what the message names.",
    1153: "Raise max_allowed_packet on the server.",
    1205: "Another session holds the lock: see SHOW PROCESSLIST.",
    1227: "Grant the account the privilege the message names, or choose options that do not need it.",
    1290: "The server was started with an option that forbids this (read_only?).",
    1419: "Grant SUPER, or set log_bin_trust_function_creators=1, or load with binlog: off.",
    1449: "Create the account, or import with definer: current.",
    1813: "A crash of the server left a file of this table that the server does not know: remove it from the folder of the database, then run again.",
    2002: "Check that the server runs and that login_unix_socket is its socket.",
    2003: "Check that the server runs, and login_host and login_port.",
    2006: "The server closed the connection: see its error log. Running again goes on where this stopped.",
    2013: "The server closed the connection: see its error log. Running again goes on where this stopped.",
    2055: "The server closed the connection: see its error log. Running again goes on where this stopped.",
    3185: "The backup's tables are encrypted: set up a keyring on the server, or import with encryption: strip.",
}
_BAD_HANDSHAKE = 1043
# Deprecated syntax, the name utf8 for utf8mb3, a deprecated collation.
_REMARKS = frozenset((1287, 3719, 3778))
LOST = frozenset((0, 2002, 2003, 2006, 2013, 2055, 1053, 1927))


class ServerError(Failure):
    """The server, or the way to it, said no. ``code`` is MySQL's error number; 0 where there is none."""

    def __init__(self, code: int, message: str, where: Optional[str] = None, cure: Optional[str] = None) -> None:
        what = "MySQL error {0}: {1}".format(code, message) if code else message
        super().__init__(what, where, cure or _CURES.get(code), mysql_error=code)
        self.code = code
        self.message = message

    def at(self, where: str, cure: Optional[str] = None) -> "ServerError":
        """The same error, with its place."""
        return ServerError(self.code, self.message, where, cure or self.cure)


class Login(NamedTuple):
    """How to reach a server; the options every module of the collection has in common."""

    user: Optional[str] = None
    password: Optional[str] = None
    host: str = "localhost"
    port: int = 3306
    unix_socket: Optional[str] = None
    config_file: Optional[str] = None
    ca_cert: Optional[str] = None
    client_cert: Optional[str] = None
    client_key: Optional[str] = None
    check_hostname: Optional[bool] = None
    connect_timeout: int = 30

    @property
    def address(self) -> str:
        """Where the server is, for messages."""
        return self.unix_socket or "{0}:{1}".format(self.host, self.port)


class Connection:
    """One connection, in autocommit mode. Statements are bytes (or text, sent as UTF-8); results are Python values."""

    def __init__(self, raw: Any, address: str) -> None:
        self._raw = raw
        self.address = address

    def run(self, sql: Sql) -> int:
        """Execute a statement and return the number of rows it changed (or returned)."""
        try:
            return int(self._raw.query(sql))
        except Exception as error:
            raise self._failure(error) from None

    def rows(self, sql: Sql, values: Sequence[Any] = ()) -> List[Tuple[Any, ...]]:
        """Execute a query and return all of its rows."""
        try:
            with self._raw.cursor() as cursor:
                cursor.execute(sql, tuple(values) or None)
                return list(cursor.fetchall())
        except Exception as error:
            raise self._failure(error) from None

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Execute a statement with values; returns the number of rows it changed."""
        try:
            with self._raw.cursor() as cursor:
                return int(cursor.execute(sql, tuple(values) or None))
        except Exception as error:
            raise self._failure(error) from None

    def value(self, sql: Sql, values: Sequence[Any] = ()) -> Any:
        """The first value of the first row, None where there is none."""
        found = self.rows(sql, values)
        return found[0][0] if found else None

    def _failure(self, error: Exception) -> Failure:
        if isinstance(error, AttributeError) and not self._raw.open:
            # PyMySQL ends a LOAD DATA on its socket, also where that broke and is none any more.
            return ServerError(2013, "the connection broke while rows were sent", "server {0}".format(self.address))
        return _translated(error, self.address)

    def warning_count(self) -> int:
        """How many warnings, notes and errors the last statement left; they can still be asked for after this."""
        # From 5.7 on SELECT @@warning_count would be a statement of its own, after which SHOW WARNINGS is empty.
        return int(self.value("SHOW COUNT(*) WARNINGS"))

    def warned_of_data(self) -> bool:
        """Whether the last statement left more than remarks on words of SQL that will go out of use."""
        count = self.warning_count()
        if not count:
            return False
        codes = {code for _level, code, _text in self._warned(10)}
        return count > 10 or not codes <= _REMARKS

    def warnings(self, limit: int = 5) -> List[str]:
        """The first of them, as the server words them; bytes of a row in them that are no text are replaced."""
        return ["{0} {1}: {2}".format(*found) for found in self._warned(limit)]

    def _warned(self, limit: int) -> List[Tuple[str, int, str]]:
        self._raw.use_unicode = False
        try:
            found = self.rows("SHOW WARNINGS LIMIT {0}".format(limit))
        finally:
            self._raw.use_unicode = True
        return [(bytes(level).decode("ascii"), int(code), bytes(text).decode("utf-8", "replace")) for level, code, text in found]

    def use(self, database: bytes) -> None:
        """Make ``database`` the default one."""
        self.run(b"USE " + quote(database))

    def cut(self) -> None:
        """End what another thread waits for on it; never fails."""
        try:
            self._raw._sock.shutdown(socket.SHUT_RDWR)
        except Exception:  # pylint: disable=broad-except
            return

    def close(self) -> None:
        """Close; never fails."""
        try:
            self._raw.close()
        except Exception:  # pylint: disable=broad-except
            return


def connect(login: Login, local_infile: bool = False) -> Connection:
    """Connect, or fail with what stands in the way.

    With ``local_infile`` the server may ask this connection for any file it names: only a loader's own connections
    have it. A unix socket needs no TLS. Over TCP, TLS is used where the server has it; without ``ca_cert`` the server
    is not authenticated, as with the ``mysql`` client's ``--ssl-mode=PREFERRED``.
    """
    if IMPORT_ERROR is not None:
        cure = "Install it for that host's Python: pip install PyMySQL, or the package python3-pymysql."
        raise Failure("PyMySQL is missing on the host that runs this module", None, cure)
    options = _options(login, local_infile)
    authenticated = login.ca_cert is not None or login.client_cert is not None
    try:
        try:
            return Connection(pymysql.connect(**options), login.address)
        except (ssl.SSLError, pymysql.err.OperationalError) as error:
            # Servers of 5.6 and 5.7 may only know TLS versions that this host refuses.
            if authenticated or "ssl" not in options or not _is_tls_trouble(error):
                raise
            del options["ssl"]
            options["ssl_disabled"] = True
            return Connection(pymysql.connect(**options), login.address)
    except Exception as error:
        failure = _translated(error, login.address)
        if login.unix_socket and isinstance(failure, ServerError) and failure.code == 2003:
            # PyMySQL tells of a host and its port, whatever it was asked.
            reason = failure.message.rpartition("] ")[2].rstrip(")")
            failure = ServerError(2002, "There is no connection through the socket: {0}".format(reason), failure.where)
        raise failure from None


def _options(login: Login, local_infile: bool) -> Dict[str, Any]:
    options: Dict[str, Any] = {
        "user": login.user,
        # PyMySQL would make Latin-1 of text, where the mysql client sends UTF-8.
        "password": (login.password or "").encode("utf-8"),
        "host": login.host,
        "port": login.port,
        "connect_timeout": login.connect_timeout,
        "charset": "utf8mb4",
        "autocommit": True,
        "local_infile": local_infile,
        "client_flag": CLIENT.LOCAL_FILES if local_infile else 0,
    }
    if login.config_file:
        options["read_default_file"] = login.config_file
    if login.unix_socket:
        options["unix_socket"] = login.unix_socket
        options["ssl_disabled"] = True
        return options
    context = ssl.create_default_context(cafile=login.ca_cert)
    context.check_hostname = bool(login.check_hostname) and login.ca_cert is not None
    if login.ca_cert is None:
        context.verify_mode = ssl.CERT_NONE
    if login.client_cert:
        context.load_cert_chain(login.client_cert, login.client_key)
    options["ssl"] = context
    return options


def _is_tls_trouble(error: Exception) -> bool:
    return isinstance(error, ssl.SSLError) or "SSL" in str(error) or "TLS" in str(error) or error.args[:1] == (_BAD_HANDSHAKE,)


def _translated(error: Exception, address: str) -> Failure:
    """Any error of PyMySQL or of the socket below it as a ServerError. Messages of the server hold no password."""
    if isinstance(error, Failure):
        return error
    arguments = error.args
    if isinstance(error, pymysql.err.MySQLError) and len(arguments) >= 2 and isinstance(arguments[0], int):
        message = str(arguments[1]).rstrip(".")
        return ServerError(arguments[0], message, "server {0}".format(address))
    if isinstance(error, (OSError, ssl.SSLError, pymysql.err.MySQLError)):
        return ServerError(2013, "the connection broke: {0}".format(str(error) or type(error).__name__), "server {0}".format(address))
    if isinstance(error, RuntimeError) and "cryptography" in str(error):
        return ServerError(
            0,
            "The account's password cannot be sent safely without TLS",
            "server {0}".format(address),
            "Connect through the unix socket, enable TLS on the server, or install the Python package cryptography on this host.",
        )
    raise error
