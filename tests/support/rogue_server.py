# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that speaks MySQL's protocol and wants more than a client should give: files, or a password."""

import contextlib
import socket
import struct
import threading
from typing import Iterator, List, Sequence, Tuple, Union

_OK = b"\0\0\0\2\0\0\0"
_TLS = 0x800


class RogueServer:
    """Answers each statement that starts with ``trigger`` with a request for the file ``wanted``.

    ``received`` is what it got of files, ``statements`` are all statements, ``logins`` are the answers to its greeting and to ``at_login``,
    packets that it sends before the login is complete. With ``tls`` it offers TLS, and then breaks the handshake.
    """

    def __init__(
        self,
        wanted: bytes = b"/etc/hostname",
        trigger: Union[bytes, Tuple[bytes, ...]] = b"LOAD DATA",
        tls: bool = False,
        at_login: Sequence[bytes] = (),
    ) -> None:
        self.wanted, self.trigger, self.tls, self.at_login = wanted, trigger, tls, at_login
        self.received: List[bytes] = []
        self.statements: List[bytes] = []
        self.logins: List[bytes] = []
        # Python 3.6 has no socket.create_server.
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen()
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no connection any more."""
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, EOFError):
            capabilities = 0x1 | 0x4 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x80000 | (_TLS if self.tls else 0)
            low, high = struct.pack("<H", capabilities & 0xFFFF), struct.pack("<H", capabilities >> 16)
            greeting = b"\x0a5.7.44\0" + struct.pack("<I", 1) + b"12345678\0" + low + b"\x21\2\0" + high + b"\x15" + bytes(10)
            _send(connection, 0, greeting + b"123456789012\0mysql_native_password\0")
            login = _receive(connection)
            self.logins.append(login)
            if struct.unpack("<I", login[:4])[0] & _TLS:
                connection.sendall(b"this is not TLS\r\n")
                return
            number = 2
            for packet in self.at_login:
                _send(connection, number, packet)
                self.logins.append(_receive(connection))
                number += 2
            _send(connection, number, _OK)
            while True:
                self._answer(connection, _receive(connection))

    def _answer(self, connection: socket.socket, command: bytes) -> None:
        self.statements.append(command[1:])
        if not command[1:].startswith(self.trigger):
            _send(connection, 1, _OK)
            return
        _send(connection, 1, b"\xfb" + self.wanted)
        number = 2
        part = _receive(connection)
        while part:
            self.received.append(part)
            number += 1
            part = _receive(connection)
        _send(connection, number + 1, _OK)


def _send(connection: socket.socket, number: int, data: bytes) -> None:
    connection.sendall(struct.pack("<I", len(data))[:3] + bytes([number % 256]) + data)


def _receive(connection: socket.socket) -> bytes:
    size = struct.unpack("<I", _exactly(connection, 4)[:3] + b"\0")[0]
    return _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


@contextlib.contextmanager
def rogue(**options: object) -> Iterator[RogueServer]:
    """A rogue server for the time of a test."""
    server = RogueServer(**options)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.close()
