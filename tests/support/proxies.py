# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy on loopback, for plain HTTP and for tunnels."""

import contextlib
import socket
import threading
from typing import List

USER, PASSWORD = "user", "geheim"


class Proxy(threading.Thread):
    """Use it in a ``with`` statement. ``heads`` are what it was asked for.

    ``refuse`` has it want a password, ``slow`` makes its own answer come letter by letter.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(32)
        self.url = "http://{0}:{1}@127.0.0.1:{2}".format(USER, PASSWORD, self.socket.getsockname()[1])
        self.heads: List[bytes] = []
        self.refuse = False
        self.slow = False
        self.over = threading.Event()

    def __enter__(self) -> "Proxy":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self.socket.close()

    def run(self) -> None:
        while True:
            try:
                client, _address = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        # The client may disconnect at any time.
        with client, contextlib.suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                more = client.recv(1)
                if not more:
                    return
                head += more
            self.heads.append(head)
            if self.refuse:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            while self.slow:
                if self.over.wait(0.05):
                    return
                client.sendall(b"H")
            line, rest = head.split(b"\r\n", 1)
            method, target, version = line.split(b" ")
            if method == b"CONNECT":
                _tunnel(client, target)
            else:
                host, path = target[len(b"http://") :].split(b"/", 1)
                with _connected(host) as server:
                    server.sendall(b" ".join((method, b"/" + path, version)) + b"\r\nConnection: close\r\n" + rest)
                    _pump(server, client)


def _connected(address: bytes) -> socket.socket:
    host, port = address.decode().split(":")
    return socket.create_connection((host, int(port)))


def _tunnel(client: socket.socket, address: bytes) -> None:
    with _connected(address) as server:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join(10)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass on all there is, and the end of it."""
    try:
        for block in iter(lambda: source.recv(65536), b""):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
