# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statements that the real ``mysql`` client sends to a real server for a file of SQL, recorded by a relay between both."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from typing import Any, Dict, List, Optional

_COM_QUERY = 3
_QUERY_ATTRIBUTES = 1 << 27
# The second one checks whether the server supports dollar quotes.
_OWN = (b"select @@version_comment limit 1", b"select $$")


def statements_of_client(entry: Dict[str, Any], sql: bytes, *options: str) -> List[bytes]:
    """The texts of the COM_QUERY packets, without the queries the client itself sends at the start."""
    folder = tempfile.mkdtemp(prefix="relay-")
    path = os.path.join(folder, "s")
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(path)
        listening.listen(1)
        relay = _Relay(listening, entry["socket"])
        relay.start()
        argv = [word if not word.startswith("--socket=") else "--socket=" + path for word in entry["mysql"]]
        # MariaDB's client drops comments without this option.
        argv += ["--ssl-mode=DISABLED"] if entry["name"] == "9.7" else ["--skip-ssl", "--comments"]
        argv += ["--binary-mode", "--force", "--skip-auto-rehash", "--default-character-set=utf8mb4", *options]
        done = subprocess.run(argv, input=sql, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        relay.join(20)
        assert not relay.is_alive() and relay.sent, done.stderr.decode("utf-8", "replace")
    finally:
        listening.close()
        shutil.rmtree(folder)
    own = _OWN if entry["name"] == "9.7" else _OWN[:1]
    while relay.sent and relay.sent[0] in own:
        del relay.sent[0]
    return relay.sent


class _Relay(threading.Thread):
    """Forwards bytes in both directions for one connection and records the client's queries."""

    def __init__(self, listening: socket.socket, server: str) -> None:
        super().__init__(daemon=True)
        self.sent: List[bytes] = []
        self._listening = listening
        self._server = server
        self._attributes: Optional[bool] = None
        self._data = b""
        self._long = b""

    def run(self) -> None:
        client = self._listening.accept()[0]
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self._server)
        except OSError:
            # Otherwise the client would wait for ever.
            client.close()
            raise
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        while True:
            try:
                data = client.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                break
            self._note(data)
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)
        back.join(10)
        client.close()
        server.close()

    def _note(self, data: bytes) -> None:
        self._data += data
        while len(self._data) >= 4:
            length = int.from_bytes(self._data[:3], "little")
            number = self._data[3]
            if len(self._data) < 4 + length:
                return
            packet, self._data = self._data[4 : 4 + length], self._data[4 + length :]
            if self._attributes is None:
                self._attributes = bool(int.from_bytes(packet[:4], "little") & _QUERY_ATTRIBUTES)
            elif number == 0 and packet[:1] == bytes([_COM_QUERY]):
                # Zero parameters, one parameter set.
                assert not self._attributes or packet[1:3] == b"\x00\x01"
                self.sent.append(packet[3:] if self._attributes else packet[1:])


def _pump(source: socket.socket, target: socket.socket) -> None:
    while True:
        try:
            data = source.recv(1 << 16)
            if not data:
                break
            target.sendall(data)
        except OSError:
            break
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
