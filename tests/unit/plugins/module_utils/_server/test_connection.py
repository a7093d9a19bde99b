# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the driver, as failures; servers that want more than they should get."""

import contextlib
import os
import socket
import ssl
import struct
import threading
import time

import certifi
import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.client_options import TlsMode, client_options
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import LOST, Connection, Login, ServerError, _tls_mode, connect
from ansible_collections.apsaradb.mysql.tests.support.rogue_server import rogue


class BrokenDriver:
    """What PyMySQL does in LOAD DATA when the server goes away; with an open connection it would be a bug."""

    def __init__(self, is_open):
        self.open = is_open

    def query(self, _sql):
        raise AttributeError("'NoneType' object has no attribute 'sendall'")


def test_a_socket_that_breaks_during_load_data_is_a_lost_connection():
    with pytest.raises(ServerError, match="the connection broke while rows were sent.*server db:3306") as caught:
        Connection(BrokenDriver(False), "db:3306").run("LOAD DATA")
    assert caught.value.code in LOST
    with pytest.raises(AttributeError):
        Connection(BrokenDriver(True), "db:3306").run("LOAD DATA")


@pytest.mark.parametrize(
    "count, found, warned",
    [
        (0, [], False),
        (2, [("Warning", 1287, "x"), ("Warning", 3778, "x")], False),
        (2, [("Warning", 1287, "x"), ("Warning", 1265, "x")], True),
        (11, [("Warning", 1287, "x")] * 10, True),
        # The server keeps fewer warnings than it counts.
        (1, [], True),
    ],
)
def test_warnings_that_were_not_read_may_concern_the_data(count, found, warned):
    class Warned(Connection):
        def noted(self):
            return count

        def warning_count(self):
            return count

        def coded_warnings(self, limit):
            return found[:limit]

    assert Warned(None, "db:3306").warned_of_data() is warned


@pytest.mark.parametrize(
    "names, rows, errors",
    [
        (["Table", "Op", "Msg_type", "Msg_text"], [("s.t", "histogram", "Error", "no column"), ("s.t", "histogram", "status", "OK")], ["no column"]),
        # Under the character set binary.
        (["Table", "Op", "Msg_type", "Msg_text"], [(b"s.t", b"histogram", b"Error", b"no \xff")], ["no \N{REPLACEMENT CHARACTER}"]),
        (["a", "b", "c", "d"], [(1, 2, "Error", 4)], []),
        (None, (), []),
    ],
)
def test_errors_in_the_rows_of_an_answer(names, rows, errors):
    class Answer:
        description = names and [(name, 253) for name in names]

    class Driver:
        _result = Answer

    Answer.rows = rows
    assert Connection(Driver(), "db:3306").answered_errors() == errors


def login_to(server, **options):
    return Login(user="root", password="secret", host="127.0.0.1", port=server.port, connect_timeout=5, **options)


def test_a_connection_does_not_depend_on_the_defaults_of_the_server():
    with rogue() as server:
        connection = connect(login_to(server))
        connection.run("SELECT 1")
        first = next(text for text in server.statements if b"autocommit" in text)
        assert first.startswith(b"SET NAMES utf8mb4, ") and b"completion_type = 0" in first and b"max_execution_time = 0" in first
        assert b"sql_select_limit = 18446744073709551615" in first
        assert server.statements.index(first) < server.statements.index(b"SELECT 1")


@pytest.mark.parametrize("local_infile", [True, False])
@pytest.mark.parametrize(
    "wanted, statement",
    [
        (b"/etc/hostname", b"LOAD DATA LOCAL INFILE '/dev/fd/9' INTO TABLE `t`"),
        (b"/dev/fd/90", b"LOAD DATA LOCAL INFILE '/dev/fd/9' INTO TABLE `t`"),
        (b"/dev/fd/9/../../../etc/hostname", b"LOAD DATA LOCAL INFILE '/dev/fd/9' INTO TABLE `t`"),
        (b"/etc/hostname", b"LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE `t`"),
        # Not COMMIT, which PyMySQL before 1.1 sends at the end of the login.
        (b"/etc/hostname", b"FLUSH TABLES"),
        (b"/etc/hostname", "SELECT 1"),
    ],
)
def test_a_server_gets_no_file_but_the_one_that_the_statement_names(wanted, statement, local_infile):
    text = statement.encode() if isinstance(statement, str) else statement
    with rogue(wanted=wanted, trigger=text.split()[0]) as server:
        connection = connect(login_to(server), local_infile=local_infile)
        with pytest.raises(Failure, match="requested the file .* nothing was sent .server 127.0.0.1:.* ca_cert"):
            (connection.rows if isinstance(statement, str) else connection.run)(statement)
        with pytest.raises(Failure):
            connection.run("SELECT 1")
        assert server.received == []


def test_the_server_gets_the_pipe_that_the_statement_names_once():
    reading, writing = os.pipe()
    os.write(writing, b"1,'a'")
    os.close(writing)
    name = b"/dev/fd/%d" % reading
    try:
        with rogue(wanted=name, trigger=(b"LOAD", b"FLUSH")) as server:
            connection = connect(login_to(server), local_infile=True)
            connection.run(b"LOAD DATA LOCAL INFILE '%s' INTO TABLE `t`" % name)
            assert server.received == [b"1,'a'"]
            with pytest.raises(Failure, match="requested the file"):
                connection.run(b"FLUSH TABLES")
            assert server.received == [b"1,'a'"]
    finally:
        os.close(reading)


def test_a_broken_tls_handshake_ends_the_connection(tmp_path):
    with rogue(tls=True) as server:
        with pytest.raises(Failure, match="SSL.*ssl-mode=DISABLED under .client. of config_file"):
            connect(login_to(server))
        assert len(server.logins) == 1 and b"root" not in server.logins[0]
        file = tmp_path / "my.cnf"
        file.write_text("[client]\nssl-mode = disabled\n")
        connect(login_to(server, config_file=str(file))).close()
        assert len(server.logins) == 2 and b"root" in server.logins[1]
        file.write_text("[client]\nuser = root\n[mysql]\nssl-mode = DISABLED\n")
        with pytest.raises(Failure, match="SSL"):
            connect(login_to(server, config_file=str(file)))


def test_no_password_is_sent_to_a_server_that_offers_no_tls_but_must_prove_its_identity():
    with rogue() as server:
        with pytest.raises(Failure, match="offers no TLS, which is required.*omit ca_cert"):
            connect(login_to(server, ca_cert=ssl.get_default_verify_paths().cafile or certifi.where()))
        connect(login_to(server)).close()
        assert len(server.logins) == 1


@pytest.mark.parametrize("text", ["ssl-mode=REQUIRED", "ssl-mode=VERIFY_CA", "ssl-mode=VERIFY_IDENTITY", "ssl-ca={0}", "ssl", "ssl-verify-server-cert"])
def test_no_password_is_sent_without_the_tls_that_the_option_file_requires(tmp_path, text):
    file = tmp_path / "my.cnf"
    file.write_text("[client]\nuser=root\n{0}\n".format(text.format(certifi.where())))
    with rogue() as server:
        with pytest.raises(Failure, match="offers no TLS, which is required"):
            connect(login_to(server, config_file=str(file)))
        assert server.logins == []


@pytest.mark.parametrize(
    "text, check_hostname, given, mode",
    [
        ("", None, None, TlsMode.PREFERRED),
        ("", None, "/ca.pem", TlsMode.VERIFY_CA),
        ("", True, "/ca.pem", TlsMode.VERIFY_IDENTITY),
        ("ssl-mode=VERIFY_IDENTITY", None, "/ca.pem", TlsMode.VERIFY_IDENTITY),
        ("ssl-mode=VERIFY_IDENTITY", False, "/ca.pem", TlsMode.VERIFY_CA),
        # The certificate authority of the option file.
        ("ssl-ca=/ca.pem", None, None, TlsMode.VERIFY_CA),
        ("ssl-ca=/ca.pem", True, None, TlsMode.VERIFY_IDENTITY),
        ("ssl-ca=/ca.pem\nssl-mode=VERIFY_IDENTITY", False, None, TlsMode.VERIFY_CA),
        ("ssl-mode=REQUIRED", True, None, TlsMode.REQUIRED),
    ],
)
def test_how_a_server_proves_its_identity(tmp_path, text, check_hostname, given, mode):
    file = tmp_path / "my.cnf"
    file.write_text("[client]\n{0}\n".format(text))
    assert _tls_mode(Login(ca_cert=given, check_hostname=check_hostname), client_options(str(file))) is mode


@pytest.mark.parametrize("text", ["", "ssl-mode=REQUIRED", "ssl-mode=DISABLED"])
def test_a_name_that_nothing_can_prove_is_not_believed(tmp_path, text):
    file = tmp_path / "my.cnf"
    file.write_text("[client]\n{0}\n".format(text))
    with rogue() as server:
        with pytest.raises(Failure, match="check_hostname is true, but no certificate authority is set.*Set ca_cert"):
            connect(login_to(server, config_file=str(file), check_hostname=True))
        assert server.logins == []
    with pytest.raises(Failure, match="Cannot connect through the socket"):
        connect(Login(unix_socket="/nonexistent/mysql.sock", check_hostname=True))


def test_a_remote_host_is_not_replaced_by_the_local_socket(tmp_path):
    file = tmp_path / "my.cnf"
    file.write_text("[client]\nsocket=/nonexistent/mysql.sock\n")
    with rogue() as server:
        connect(login_to(server, config_file=str(file))).close()
        assert len(server.logins) == 1
    with pytest.raises(Failure, match="socket"):
        connect(Login(config_file=str(file)))


@pytest.mark.parametrize("options", [{"ca_cert": "/nonexistent"}, {"client_cert": "/nonexistent"}, {"ca_cert": "/etc/hostname"}])
def test_certificates_that_cannot_be_read_are_named(options):
    with rogue(tls=True) as server:
        with pytest.raises(Failure, match="certificate or key cannot be read.*({0})".format("|".join(options.values()))):
            connect(login_to(server, **options))
        assert server.logins == []


def switch(plugin, data=b"12345678901234567890\0"):
    return b"\xfe" + plugin + b"\0" + data


@pytest.mark.parametrize(
    "packets, words",
    [
        ([switch(b"mysql_clear_password")], "requests the password in clear text .mysql_clear_password.; nothing was sent"),
        ([switch(b"dialog", b"\2Password: ")], "requests the password in clear text .dialog."),
        (
            [switch(b"caching_sha2_password"), b"\1\4", b"\1-----BEGIN PUBLIC KEY-----"],
            "offers no TLS, so the account's password cannot be sent safely.*DISABLED",
        ),
        ([switch(b"sha256_password"), b"\1-----BEGIN PUBLIC KEY-----"], "offers no TLS, so the account's password cannot be sent safely"),
        # Newer versions of PyMySQL take this for an error, older ones for the end of the login.
        ([b"\xfb/etc/hostname"], None),
        ([switch(b"mysql_native_password"), b"\xfb/etc/hostname"], None),
    ],
)
def test_a_server_does_not_get_the_password_or_a_file_at_login(packets, words):
    with rogue(at_login=packets) as server:
        with contextlib.suppress(Failure) if words is None else pytest.raises(Failure, match=words):
            connect(login_to(server), local_infile=True)
        time.sleep(0.05)
        assert not server.received and not any(b"secret" in answer for answer in server.logins[1:])
        # A scramble, or one byte: no encrypted password, and no file. After the end of the login, a statement.
        assert all(len(answer) in (0, 1, 20, 32) or answer.startswith(b"\x03SET NAMES ") for answer in server.logins[1:]), server.logins


def test_a_server_that_hangs_is_an_error_after_the_timeout(tmp_path):
    """The kernel accepts the connection for it."""
    for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, str(tmp_path / "mysql.sock"))):
        with socket.socket(family) as listening:
            listening.bind(address)
            listening.listen()
            port = listening.getsockname()[1] if family == socket.AF_INET else 3306
            unix_socket = address if family == socket.AF_UNIX else None
            with pytest.raises(Failure, match="accepts the connection but sends nothing for 1 seconds .*hangs") as caught:
                connect(Login(user="root", host="127.0.0.1", port=port, unix_socket=unix_socket, connect_timeout=1))
            assert caught.value.facts == {"mysql_error": 2013}


GREETING = b"\x0a5.7.44\0" + bytes(4) + b"12345678\0"


@pytest.mark.parametrize(
    "sent",
    [
        b"\5\0\0\0\x0b\x08\5\x1a\0",  # the X protocol
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.0\r\n",
        b"",
        b"\0\0\0\0",
        b"\1\0\0\0\xff",
        struct.pack("<I", len(GREETING)) + GREETING,
        struct.pack("<I", len(GREETING)) + GREETING.replace(b"5.7.44", b"abcdef"),
        struct.pack("<I", len(GREETING) + 1) + GREETING + b"\0",
    ],
    ids=("x protocol", "http", "ssh", "nothing", "empty packet", "short error", "cut", "no version", "cut later"),
)
def test_a_server_that_does_not_speak_mysql_is_an_error_with_a_cure(sent):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def answer():
            connection, _address = listening.accept()
            with connection:
                connection.sendall(sent)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(Failure, match="server 127.0.0.1:[0-9]+"):
            connect(Login(user="root", host="127.0.0.1", port=listening.getsockname()[1], connect_timeout=2))
