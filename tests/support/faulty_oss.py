# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OSS of the demo on loopback, with faults of networks and servers.

A fault is a rule that changes the answer to matching requests, a given number of times.
"""

import importlib.util
import secrets
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional
from urllib.parse import urlencode, urlsplit

_spec = importlib.util.spec_from_file_location("apsaradb_mysql_oss", str(Path(__file__).parents[2] / "playbooks" / "files" / "oss.py"))
assert _spec is not None and _spec.loader is not None
oss = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(oss)

# Seconds after which a fault that holds a connection ends by itself.
_LONG = 60.0


class Seen(NamedTuple):
    """A request that came in; ``first`` is None for the whole object. ``answered`` is the status."""

    method: str
    first: Optional[int]
    last: Optional[int]
    headers: Dict[str, str]


class Fault:
    """Applies ``act`` to the next ``times`` requests that match ``where``; probes (of one byte) only with ``probes``.

    ``hits`` counts them, ``left`` those whose client closed the connection before the end of the answer.
    """

    def __init__(
        self,
        act: Callable[["FaultyHandler", Any, Optional[int], int], None],
        times: int = 1,
        where: Optional[Callable[[Seen], bool]] = None,
        probes: bool = False,
    ) -> None:
        self.act = act
        self.times = times
        self.where = where or (lambda seen: True)
        self.probes = probes
        self.hits = 0
        self.left = 0


class FaultyServer(oss.Server):  # type: ignore[name-defined,misc]
    """Use it in a ``with`` statement. ``seen`` are the requests, ``sent`` is the number of bytes of bodies that went out, ``refusals``
    the number of requests that were not signed as they should be, or too long ago. No more than ``most`` bytes go out while it is set, but
    for those of probes."""

    def __init__(self, root: Any) -> None:
        super().__init__(str(root), handler=FaultyHandler)
        # What the URLs of temporary credentials and of signature version 4 have on top.
        credential = "LTAI{0}/20260101/cn-hangzhou/oss/aliyun_v4_request".format(secrets.token_hex(8))
        self.more = dict.fromkeys(("security-token", "x-oss-credential", "x-oss-signature", "x-oss-security-token"), credential)
        self.more.update((name, secrets.token_hex(12)) for name in self.more if name != "x-oss-credential")
        self.faults: List[Fault] = []
        self.seen: List[Seen] = []
        self.sent = 0
        self.refusals = 0
        self.etags: Dict[str, str] = {}
        self.crcs: Dict[str, Optional[int]] = {}
        self.ranges = True
        self.rate = 0.0
        self.most: Optional[int] = None
        self.clock = 0.0
        self.lock = threading.Lock()
        self.hung_up = threading.Event()

    def sign(self, name: str, lifetime: float = 3600) -> str:
        address, _mark, query = super().sign(name, lifetime).partition("?")
        version = {"x-oss-signature-version": "OSS4-HMAC-SHA256", "x-oss-date": "20260101T000000Z", "x-oss-expires": "3600"}
        return "{0}?{1}&{2}".format(address, urlencode(dict(version, **self.more)), query)

    def find(self, name: str) -> Any:
        found = super().find(name)
        if found is not None:
            found = found._replace(etag=self.etags.get(name, found.etag), crc64=self.crcs.get(name, found.crc64))
        return found

    def inject(self, *faults: Fault) -> None:
        self.faults += faults

    def bodies(self) -> List[Seen]:
        """The requests that were no probe."""
        return [seen for seen in self.seen if (seen.first, seen.last) != (0, 0)]

    def __enter__(self) -> "FaultyServer":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self.hung_up.set()
        self.shutdown()
        self.server_close()


class FaultyHandler(oss.Handler):  # type: ignore[name-defined,misc]
    server: FaultyServer

    def now(self) -> float:
        return time.time() + self.server.clock

    def wanted(self, found: Any) -> Any:
        return super().wanted(found) if self.server.ranges else (None, found.size - 1)

    def is_allowed(self, method: str, name: str) -> bool:
        allowed = bool(super().is_allowed(method, name))
        with self.server.lock:
            self.server.refusals += not allowed
        return allowed

    def give(self, found: Any, first: Optional[int], last: int) -> None:
        seen = Seen(self.command, first, last if first is not None else None, {key.lower(): value for key, value in self.headers.items()})
        with self.server.lock:
            self.server.seen.append(seen)
            fault = next((one for one in self.server.faults if one.times > 0 and (one.probes or (first, last) != (0, 0)) and one.where(seen)), None)
            if fault is not None:
                fault.times -= 1
                fault.hits += 1
        if fault is None:
            super().give(found, first, last)
        else:
            try:
                fault.act(self, found, first, last)
            except OSError:
                fault.left += 1
                raise

    def refuse(self, status: int, code: str, message: str, headers: Optional[Dict[str, str]] = None, **facts: str) -> None:
        # As talkative as the real one is about signatures, and more so.
        query = urlsplit(self.path).query
        more = {"SecurityToken": self.server.more["security-token"], "StringToSign": "GET {0}".format(query), "CanonicalRequest": self.path}
        if "security-token" in query:
            message += " ({0})".format("&".join("{0}={1}".format(*pair) for pair in self.server.more.items()))
        super().refuse(status, code, message, dict(headers or {}, Server="OSS?{0}".format(query)), **dict(more, **facts))

    def describe(self, found: Any) -> Dict[str, str]:
        headers: Dict[str, str] = super().describe(found)
        if not self.server.ranges:
            del headers["Accept-Ranges"]
        return headers

    def send_bytes(self, file: Any, offset: int, count: int) -> None:
        self.wfile.flush()
        file.seek(offset)
        while count:
            block = file.read(min(count, 16384))
            self.send_raw(block)
            count -= len(block)
            if self.server.rate:
                self.server.hung_up.wait(len(block) / self.server.rate)

    def send_raw(self, block: bytes) -> None:
        # Counted first: the client may have the bytes, and the test look at the count, before sendall is back.
        while not self._may_send(len(block)):
            self.server.hung_up.wait(0.005)
        try:
            self.connection.sendall(block)
        except OSError:
            with self.server.lock:
                self.server.sent -= len(block)
            raise

    def _may_send(self, count: int) -> bool:
        with self.server.lock:
            held = count > 1 and self.server.most is not None and self.server.sent >= self.server.most and not self.server.hung_up.is_set()
            self.server.sent += 0 if held else count
            return not held

    # What faults are made of.

    def head(self, found: Any, first: Optional[int], last: int, **replaced: str) -> None:
        """The headers of the right answer, some of them replaced."""
        begin = first or 0
        headers = dict(self.describe(found))
        headers["Content-Length"] = str(last + 1 - begin)
        if first is not None:
            headers["Content-Range"] = "bytes {0}-{1}/{2}".format(first, last, found.size)
        headers.update({name.replace("_", "-"): value for name, value in replaced.items()})
        self.send_response(200 if first is None else 206)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()

    def hang_up(self, reset: bool = False) -> None:
        """End the connection: politely, or with a reset."""
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR) if not reset else self.connection.close()

    def sleep(self, seconds: float) -> None:
        """Sleep, or less when the test is over."""
        self.server.hung_up.wait(seconds)


def _content(found: Any, first: Optional[int], last: int) -> bytes:
    with open(found.path, "rb") as file:
        file.seek(first or 0)
        return bytes(file.read(last + 1 - (first or 0)))


def drop(after: int, reset: bool = False, **rule: Any) -> Fault:
    """The connection ends ``after`` so many bytes of the body."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        handler.head(found, first, last)
        handler.send_raw(_content(found, first, last)[:after])
        if reset:
            handler.sleep(0.05)
        handler.hang_up(reset)

    return Fault(act, **rule)


def short(by: int, **rule: Any) -> Fault:
    """A body and a Content-Length that are shorter than what was asked for, without an error."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        body = _content(found, first, last)[:-by]
        handler.head(found, first, last, Content_Length=str(len(body)))
        handler.send_raw(body)

    return Fault(act, **rule)


def whole(**rule: Any) -> Fault:
    """200 and the whole object where a range was asked for."""
    return Fault(lambda handler, found, first, last: oss.Handler.give(handler, found, None, found.size - 1), **rule)


def elsewhere(by: int, **rule: Any) -> Fault:
    """206 with another range than the one asked for."""
    return Fault(lambda handler, found, first, last: oss.Handler.give(handler, found, (first or 0) + by, last), **rule)


def answer(status: int, code: str = "InternalError", message: str = "Please try again later.", headers: Optional[Dict[str, str]] = None, **rule: Any) -> Fault:
    """An OSS error."""
    return Fault(lambda handler, found, first, last: handler.refuse(status, code, message, headers), **rule)


def page(status: int = 200, body: bytes = b"<!DOCTYPE html><html><title>Login</title></html>", **rule: Any) -> Fault:
    """A page of somebody else."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return Fault(act, **rule)


def redirect(to: Callable[[FaultyHandler], str], length: int = 0, **rule: Any) -> Fault:
    """A redirect, which announces a body of ``length`` bytes and sends none of it."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        handler.send_response(302)
        handler.send_header("Location", to(handler))
        handler.send_header("Content-Length", str(length))
        handler.end_headers()

    return Fault(act, **rule)


def flip(at: int, **rule: Any) -> Fault:
    """One bit of the body is another: byte ``at`` of the answer."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        body = bytearray(_content(found, first, last))
        body[min(at, len(body) - 1)] ^= 1
        handler.head(found, first, last)
        handler.send_raw(bytes(body))

    return Fault(act, **rule)


def stall(after: int, **rule: Any) -> Fault:
    """Silence after so many bytes; the connection stays open."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        handler.head(found, first, last)
        handler.send_raw(_content(found, first, last)[:after])
        handler.sleep(_LONG)
        handler.hang_up()

    return Fault(act, **rule)


def trickle(**rule: Any) -> Fault:
    """A byte now and then: never silent, and not done for very long."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        end = time.time() + _LONG
        handler.head(found, first, last)
        for byte in _content(found, first, last):
            if handler.server.hung_up.is_set() or time.time() > end:
                break
            handler.send_raw(bytes([byte]))
            handler.sleep(0.05)
        handler.hang_up()

    return Fault(act, **rule)


def slow_head(**rule: Any) -> Fault:
    """The headers come letter by letter."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        end = time.time() + _LONG
        handler.connection.sendall(b"HTTP/1.1 206 Partial Content\r\nX-Slow: ")
        while time.time() < end and not handler.server.hung_up.is_set():
            handler.connection.sendall(b"a")
            handler.sleep(0.05)
        handler.hang_up()

    return Fault(act, **rule)


def slow_body(status: int, headers: Optional[Dict[str, str]] = None, **rule: Any) -> Fault:
    """An answer whose body, which is none of the object's, comes letter by letter."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        handler.send_response(status)
        for name, value in dict(headers or {}, Content_Length="60000").items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        end = time.time() + _LONG
        while time.time() < end and not handler.server.hung_up.is_set():
            handler.connection.sendall(b"a")
            handler.sleep(0.05)
        handler.hang_up()

    return Fault(act, **rule)


def silent(**rule: Any) -> Fault:
    """No answer at all."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        handler.sleep(_LONG)
        handler.hang_up()

    return Fault(act, **rule)


def then(action: Callable[[FaultyServer], None], **rule: Any) -> Fault:
    """Something happens, and the request is refused or answered as things are after it."""

    def act(handler: FaultyHandler, found: Any, first: Optional[int], last: int) -> None:
        action(handler.server)
        handler.do_GET()

    return Fault(act, **rule)
