# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection to a MySQL server. Statements are bytes; every error is a ServerError."""

import re
import socket
import ssl
import struct
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from .._failure import Failure
from .._identifiers import name_text, quote
from .._sql_passwords import without_passwords
from .client_options import ClientOptions, TlsMode, client_options
from .error_cures import ERROR_CURES

try:
    import pymysql
    from pymysql.constants import CLIENT

    IMPORT_ERROR: Optional[str] = None
    _PyMySQL: Any = pymysql.connections.Connection
except ImportError as _error:
    IMPORT_ERROR = str(_error)
    _PyMySQL = object

Sql = Union[str, bytes]
# The only files that the loader sends: descriptors of its own pipes.
# Plugins that send the password to the server, or almost so. The mysql client uses them only if an option allows it.
_CLEAR_TEXT = frozenset((b"mysql_clear_password", b"dialog", b"mysql_old_password"))
_PROVEN = (TlsMode.VERIFY_CA, TlsMode.VERIFY_IDENTITY)
_SENT_FILE = re.compile(rb"LOAD DATA LOCAL INFILE '(/dev/fd/\d+)' ")
_MATCHED = re.compile(rb"Rows matched: (\d+) ")

# More than any CREATE TABLE causes: a table has up to 1017 columns, each with a few deprecations. INSERTs may cause any number.
MOST_WARNINGS = 8192
# What init_connect or a global variable may have changed: with COMMIT AND CHAIN a later statement would be rolled back when the connection is closed,
# a count of rows may take longer than a limit, and a list of tables would be cut off at sql_select_limit. PyMySQL before 1.1 sets the character set and
# autocommit before init_connect runs.
_FIRST_STATEMENT = "SET NAMES utf8mb4, autocommit = 1, completion_type = 0, sql_select_limit = 18446744073709551615 /*!50708 , max_execution_time = 0 */"
_TLS_CURE = (
    "Connect through login_unix_socket, or fix TLS on the server (versions, certificate). To send everything in clear text, "
    "put ssl-mode=DISABLED under [client] of config_file."
)
# Deprecated syntax, utf8 used for utf8mb3, a deprecated collation.
_DEPRECATIONS = frozenset((1287, 3719, 3778))
LOST = frozenset((0, 2002, 2003, 2006, 2013, 2055, 1053, 1927))


class ServerError(Failure):
    """An error of the server, or of the connection to it. ``code`` is MySQL's error number, 0 if there is none."""

    def __init__(self, code: int, message: str, where: Optional[str] = None, cure: Optional[str] = None) -> None:
        # A message may quote a statement.
        message = without_passwords(message)
        what = "MySQL error {0}: {1}".format(code, message) if code else message
        super().__init__(what, where, cure or ERROR_CURES.get(code), mysql_error=code)
        self.code = code
        self.message = message

    def at(self, where: str, cure: Optional[str] = None) -> "ServerError":
        """The same error, with the place where it happened."""
        return ServerError(self.code, self.message, where, cure or self.cure)


class Login(NamedTuple):
    """How to connect to a server: the login options of every module."""

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
        """The address of the server, for messages."""
        return self.unix_socket or "{0}:{1}".format(self.host, self.port)


class _Driver(_PyMySQL):  # type: ignore[misc]
    """PyMySQL's connection, which sends only the file that the statement names, and the password only as the ``mysql`` client does by default.

    The protocol lets a server request any file in response to any statement (MySQL manual, "Security Considerations for LOAD DATA LOCAL").
    """

    mode = TlsMode.DISABLED
    address = ""
    _requested: Optional[bytes] = None
    _is_first = False

    def query(self, sql: Sql, *, unbuffered: bool = False) -> Any:
        found = _SENT_FILE.match(sql) if isinstance(sql, bytes) else None
        self._requested = found.group(1) if found is not None else None
        return super().query(sql, unbuffered=unbuffered)

    def _read_query_result(self, *arguments: Any, **named: Any) -> Any:
        self._is_first = True
        return super()._read_query_result(*arguments, **named)

    def _read_packet(self, *arguments: Any, **named: Any) -> Any:
        packet = super()._read_packet(*arguments, **named)
        # In a later packet of a result, the same first byte is a NULL.
        is_first, self._is_first = self._is_first, False
        if is_first and packet.is_load_local_packet():
            wanted, self._requested = self._requested, None
            if wanted is None or packet.get_all_data()[1:] != wanted:
                self._force_close()
                raise Failure(
                    "The server requested the file {0!r} from this host, which the statement does not name; nothing was sent".format(
                        packet.get_all_data()[1:200].decode("utf-8", "replace")
                    ),
                    "server {0}".format(self.address),
                    "Check which server answers at this address. With ca_cert and check_hostname the server must prove its identity.",
                )
        return packet

    def _get_server_information(self) -> None:
        # PyMySQL limits only the connect, which also succeeds if the server hangs.
        self._read_timeout: Optional[float] = self.connect_timeout
        try:
            super()._get_server_information()
        finally:
            self._read_timeout = None

    def _request_authentication(self) -> None:
        if self.mode is TlsMode.DISABLED or not self.server_capabilities & CLIENT.SSL:
            if self.mode not in (TlsMode.DISABLED, TlsMode.PREFERRED):
                raise Failure(
                    "The server offers no TLS, which is required",
                    "server {0}".format(self.address),
                    "Set up TLS on the server, or omit ca_cert and client_cert, and ssl-mode and certificates in config_file.",
                )
            self.ssl = False
            self.client_flag &= ~CLIENT.SSL
        super()._request_authentication()

    def _process_auth(self, plugin_name: bytes, *arguments: Any) -> Any:
        if plugin_name in _CLEAR_TEXT and not self.unix_socket and self.mode not in _PROVEN:
            raise Failure(
                "The server requests the password in clear text ({0}); nothing was sent".format(plugin_name.decode("ascii")),
                "server {0}".format(self.address),
                "Connect through login_unix_socket, or set ca_cert, so that the server must prove its identity.",
            )
        return super()._process_auth(plugin_name, *arguments)

    @property
    def server_public_key(self) -> Any:
        """The key with which the password is encrypted on a connection without TLS. Anyone in between could send another one."""
        return self._key

    @server_public_key.setter
    def server_public_key(self, key: Any) -> None:
        if key and self.mode is not TlsMode.DISABLED:
            raise Failure("The server offers no TLS, so the account's password cannot be sent safely", "server {0}".format(self.address), _TLS_CURE)
        self._key = key


class Connection:
    """A connection in autocommit mode. Statements are bytes (or text, sent as UTF-8); results are Python values."""

    def __init__(self, raw: Any, address: str) -> None:
        self._raw = raw
        self.address = address

    def run(self, sql: Sql) -> int:
        """Execute a statement and return the number of rows it changed (or returned)."""
        try:
            return int(self._raw.query(sql))
        except Exception as error:
            raise self._failure(error) from None

    def refusal(self, *statements: Sql) -> Optional[ServerError]:
        """Execute statements until the server refuses one, and return its error; None if it accepts all. A lost connection is raised."""
        try:
            for statement in statements:
                self.run(statement)
        except ServerError as error:
            if error.code in LOST:
                raise
            return error
        return None

    def run_to_end(self, sql: Sql) -> Optional[int]:
        """Execute a statement that may have several results, such as CALL, and discard rows. Returns the number of rows changed, None for a query."""
        try:
            changed: Optional[int] = int(self._raw.query(sql, unbuffered=True))
            while True:
                result = self._raw._result
                if result.unbuffered_active:
                    changed = None
                    result._finish_unbuffered_query()
                if not result.has_next:
                    return changed
                self._raw.next_result(unbuffered=True)
        except Exception as error:
            raise self._failure(error) from None

    def packets(self, command: int, data: bytes) -> Iterator[bytes]:
        """Send a protocol command, and return all packets of the response."""
        try:
            self._raw._execute_command(command, data)
            packet = self._raw._read_packet()
            while not packet.is_eof_packet():
                yield packet.get_all_data()
                packet = self._raw._read_packet()
        except Exception as error:
            raise self._failure(error) from None

    def rows(self, sql: Sql, values: Sequence[Any] = ()) -> List[Tuple[Any, ...]]:
        """Execute a query and return all rows."""
        try:
            with self._raw.cursor() as cursor:
                cursor.execute(sql, tuple(values) or None)
                return list(cursor.fetchall())
        except Exception as error:
            raise self._failure(error) from None

    def texts(self, sql: Sql, values: Sequence[Any] = ()) -> List[Tuple[Any, ...]]:
        """As :meth:`rows`, for names and messages of the server: a session with the character set binary gets them as bytes."""
        return [tuple(name_text(value) if isinstance(value, bytes) else value for value in row) for row in self.rows(sql, values)]

    def records(self, sql: Sql) -> List[Dict[str, Any]]:
        """Execute a query whose columns depend on the server's version, and return its rows by column name."""
        try:
            with self._raw.cursor() as cursor:
                cursor.execute(sql)
                names = [column[0] for column in cursor.description or ()]
                return [dict(zip(names, row)) for row in cursor.fetchall()]
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
        """The first value of the first row, None without a row."""
        found = self.rows(sql, values)
        return found[0][0] if found else None

    def _failure(self, error: Exception) -> Failure:
        if isinstance(error, AttributeError) and not self._raw.open:
            # After LOAD DATA, PyMySQL writes to its socket even if the connection broke and the socket is gone.
            return ServerError(2013, "the connection broke while rows were sent", "server {0}".format(self.address))
        return _translated(error, self.address)

    def warning_count(self) -> int:
        """The number of warnings, notes and errors of the last statement. They can still be read after this."""
        # Since 5.7 SELECT @@warning_count is itself a statement, after which SHOW WARNINGS is empty.
        return int(self.value("SHOW COUNT(*) WARNINGS"))

    def noted(self) -> int:
        """The number of warnings and notes of the last :meth:`run`, from its response: sends no statement. 0 after a query."""
        return int(getattr(self._raw._result, "warning_count", 0) or 0)

    def matched(self) -> Optional[int]:
        """How many rows the last UPDATE found, including those that already had the new values; None after any other statement."""
        found = _MATCHED.search(getattr(self._raw._result, "message", None) or b"")
        return int(found.group(1)) if found is not None else None

    def answered_errors(self) -> List[str]:
        """The errors in the rows that ANALYZE, CHECK or OPTIMIZE TABLE returned in the last :meth:`run`: the statement itself succeeds."""
        result = self._raw._result
        if [column[0] for column in getattr(result, "description", None) or ()][2:3] != ["Msg_type"]:
            return []
        rows = [[name_text(value) if isinstance(value, bytes) else value for value in row] for row in result.rows]
        return [str(row[3]) for row in rows if str(row[2]).lower() == "error"]

    def warned_of_data(self) -> bool:
        """Whether the last statement left warnings other than notes about deprecated SQL."""
        if not self.noted():
            return False
        count, found = self.warning_count(), self.coded_warnings(10)
        return count > len(found) or not all(code in _DEPRECATIONS for _level, code, _text in found)

    def warnings(self, limit: int = 5) -> List[str]:
        """The first ``limit`` warnings. Bytes that are not UTF-8 are replaced."""
        return ["{0} {1}: {2}".format(*found) for found in self.coded_warnings(limit)]

    def coded_warnings(self, limit: int) -> List[Tuple[str, int, str]]:
        """Level, code and text of the first ``limit`` warnings."""
        self._raw.use_unicode = False
        try:
            found = self.rows("SHOW WARNINGS LIMIT {0}".format(limit))
        finally:
            self._raw.use_unicode = True
        return [(bytes(level).decode("ascii"), int(code), without_passwords(bytes(text).decode("utf-8", "replace"))) for level, code, text in found]

    def use(self, database: bytes) -> None:
        """Make ``database`` the default one."""
        self.run(b"USE " + quote(database))

    def cut(self) -> None:
        """Break the connection from another thread, which gets an error. Never fails."""
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


def connect(login: Login, *, local_infile: bool = False) -> Connection:
    """Connect.

    With ``local_infile`` the server may request the file that a LOAD DATA of the loader names. TLS is not used on a unix socket. Over TCP
    it is used as the certificates, and ssl-mode of ``config_file``, require; by default if the server offers it, without authenticating
    the server. A TLS error ends the connection.

    :raises Failure: PyMySQL is missing, or the connection fails.
    """
    if IMPORT_ERROR is not None:
        cure = "Install it for that host's Python: pip install PyMySQL, or the package python3-pymysql."
        raise Failure("PyMySQL is missing on the host that runs this module", None, cure)
    try:
        found = client_options(login.config_file)
        mode = _tls_mode(login, found)
        login = _completed(login, found)
        if login.unix_socket:
            mode = TlsMode.DISABLED
        elif login.check_hostname and mode is not TlsMode.VERIFY_IDENTITY:
            cure = "Set ca_cert, or ssl-ca and ssl-mode=VERIFY_IDENTITY under [client] of config_file; or omit check_hostname."
            raise Failure("check_hostname is true, but no certificate authority is set that could prove the name", login.address, cure)
        driver = _Driver(defer_connect=True, **_options(login, mode, local_infile=local_infile))
        driver.mode = mode
        driver.address = login.address
        driver.connect()
        return Connection(driver, login.address)
    except Exception as error:
        failure = _malformed(login.address) if isinstance(error, (ValueError, KeyError)) else _translated(error, login.address)
        if login.unix_socket and isinstance(failure, ServerError) and failure.code == 2003:
            # PyMySQL names a host and port even for a socket.
            reason = failure.message.rpartition("] ")[2].rstrip(")")
            failure = ServerError(2002, "Cannot connect through the socket: {0}".format(reason), failure.where)
        elif isinstance(failure, ServerError) and failure.code == 2013 and "timed out" in failure.message:
            text = "The server accepts the connection but sends nothing for {0} seconds".format(login.connect_timeout)
            failure = ServerError(2013, text, failure.where, "Check whether the server hangs, and whether another program uses this address.")
        elif not login.unix_socket and isinstance(failure, ServerError) and "SSL" in failure.message and failure.code != 1045:
            failure = failure.at(failure.where or login.address, _TLS_CURE)
        raise failure from None


def _completed(login: Login, found: ClientOptions) -> Login:
    """``login`` with the options of its file that it does not have itself. The socket is that of the local server."""
    return login._replace(
        user=login.user or found.user,
        password=login.password or found.password,
        unix_socket=login.unix_socket or (found.socket if login.host == "localhost" else None),
        ca_cert=login.ca_cert or found.ca_cert,
        client_cert=login.client_cert or found.client_cert,
        client_key=login.client_key or found.client_key,
    )


def _tls_mode(login: Login, found: ClientOptions) -> TlsMode:
    """What ``login`` requires, otherwise what its file requires."""
    if login.ca_cert is not None or found.tls in _PROVEN and login.check_hostname is not None:
        is_checked = login.check_hostname or login.check_hostname is None and found.tls is TlsMode.VERIFY_IDENTITY
        return TlsMode.VERIFY_IDENTITY if is_checked else TlsMode.VERIFY_CA
    if found.tls in (None, TlsMode.DISABLED, TlsMode.PREFERRED) and login.client_cert:
        return TlsMode.REQUIRED
    return found.tls or (TlsMode.REQUIRED if found.client_cert else TlsMode.PREFERRED)


def _options(login: Login, mode: TlsMode, *, local_infile: bool) -> Dict[str, Any]:
    options: Dict[str, Any] = {
        "user": login.user,
        # PyMySQL encodes text as Latin-1; the mysql client sends UTF-8. Bytes of the option file that are not UTF-8 stay as they are.
        "password": (login.password or "").encode("utf-8", "surrogateescape"),
        "host": login.host,
        "port": login.port,
        "connect_timeout": login.connect_timeout,
        "charset": "utf8mb4",
        "autocommit": True,
        "init_command": _FIRST_STATEMENT,
        "local_infile": local_infile,
        "client_flag": CLIENT.LOCAL_FILES if local_infile else 0,
    }
    if login.unix_socket:
        options["unix_socket"] = login.unix_socket
    if mode is TlsMode.DISABLED:
        # Otherwise PyMySQL reads the system's certificates for each connection, which takes longer than the rest of the login.
        options["ssl_disabled"] = True
    else:
        options["ssl"] = _tls_context(login, mode)
    return options


def _tls_context(login: Login, mode: TlsMode) -> ssl.SSLContext:
    try:
        if mode in _PROVEN:
            context = ssl.create_default_context(cafile=login.ca_cert)
            context.check_hostname = mode is TlsMode.VERIFY_IDENTITY
            # The certificates that a MySQL server generates for itself lack an extension that Python 3.13 requires.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        else:
            context = _permissive(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        if login.client_cert:
            context.load_cert_chain(login.client_cert, login.client_key)
    except OSError as error:
        files = ", ".join(path for path in (login.ca_cert, login.client_cert, login.client_key) if path)
        raise Failure("A certificate or key cannot be read: {0}".format(error.strerror or error), files, "Check these files.") from None
    return context


def _permissive(context: Any) -> ssl.SSLContext:
    """The context for a server that is not authenticated."""
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # 5.6 and 5.7 may offer only versions of TLS that Python refuses by default. They are better than no TLS.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    versions = getattr(ssl, "TLSVersion", None)
    if versions is not None:
        context.minimum_version = versions.MINIMUM_SUPPORTED
    return context  # type: ignore[no-any-return]


def _malformed(address: str) -> ServerError:
    cure = "Check the port: 33060 is that of the X protocol, which is not used here."
    return ServerError(2027, "the response is not that of a MySQL server", "server {0}".format(address), cure)


def _translated(error: Exception, address: str) -> Failure:
    """Turn an error of PyMySQL or of its socket into a ServerError. Messages of the server do not contain the password of the login."""
    if isinstance(error, Failure):
        return error
    arguments = error.args
    if isinstance(error, pymysql.err.MySQLError) and len(arguments) >= 2 and isinstance(arguments[0], int):
        message = str(arguments[1]).rstrip(".")
        return ServerError(arguments[0], message, "server {0}".format(address))
    if isinstance(error, (OSError, ssl.SSLError, pymysql.err.MySQLError)):
        return ServerError(2013, "the connection broke: {0}".format(str(error) or type(error).__name__), "server {0}".format(address))
    if isinstance(error, (struct.error, IndexError, AssertionError)):
        # PyMySQL raises these for packets of another protocol.
        return _malformed(address)
    if isinstance(error, RuntimeError) and "cryptography" in str(error):
        return ServerError(
            0,
            "The account's password cannot be sent safely without TLS",
            "server {0}".format(address),
            "Connect through the unix socket, enable TLS on the server, or install the Python package cryptography on this host.",
        )
    raise error
