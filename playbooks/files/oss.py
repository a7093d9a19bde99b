# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve a directory on loopback as Alibaba Cloud OSS serves a backup: signed URLs that expire, ranges, ETags and CRC-64.

It has OSS's pitfalls: HEAD requests and requests with an x-oss-* header need a different signature; a range past the end returns the
whole object; errors are XML. Needs only Python 3.6.

    python3 oss.py --root DIR --object NAME --url-file FILE [--port 0] [--lifetime 3600] [--detach --pid-file FILE]
"""

import argparse
import base64
import ctypes
import hashlib
import hmac
import os
import re
import secrets
import signal
import socketserver
import sys
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit
from xml.sax.saxutils import escape

BUCKET = "rdslog"


class Object(NamedTuple):
    """A file as OSS describes it. The ETag depends on size and time; OSS's ETags of large objects are not an MD5 either."""

    path: str
    size: int
    etag: str
    crc64: Optional[int]
    modified: float


def crc64_of(path: str) -> Optional[int]:
    """CRC-64/XZ of a file, or None if this Python has no liblzma. OSS may omit the header too."""
    try:
        import _lzma

        function = ctypes.CDLL(_lzma.__file__).lzma_crc64
    except (ImportError, OSError, AttributeError):
        return None
    function.restype = ctypes.c_uint64
    function.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
    crc = 0
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            crc = function(block, len(block), crc)
    return crc


class Server(socketserver.ThreadingMixIn, HTTPServer):
    """Serves the files of ``root``, and signs URLs for them with a random key."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, root: str, address: Tuple[str, int] = ("127.0.0.1", 0), handler: Any = None) -> None:
        super().__init__(address, handler or Handler)
        self.root = os.path.realpath(root)
        self.key_id = "LTAI" + secrets.token_hex(8)
        self.secret = secrets.token_hex(15)
        self._crcs: Dict[Tuple[str, int, int], Optional[int]] = {}

    def signature(self, method: str, name: str, expires: str, extra: str = "") -> str:
        """OSS's signature version 1 of a request without a body. ``extra`` are its x-oss-* headers, which are signed too."""
        text = "{0}\n\n\n{1}\n{2}/{3}/{4}".format(method, expires, extra, BUCKET, name)
        return base64.b64encode(hmac.new(self.secret.encode(), text.encode(), hashlib.sha1).digest()).decode()

    def sign(self, name: str, lifetime: float = 3600) -> str:
        """The download URL of the object ``name``, valid for ``lifetime`` seconds from now (negative: expired)."""
        expires = str(int(time.time() + lifetime))
        query = urlencode([("Expires", expires), ("OSSAccessKeyId", self.key_id), ("Signature", self.signature("GET", name, expires))])
        return "http://{0}:{1}/{2}?{3}".format(str(self.server_address[0]), self.server_address[1], quote(name), query)

    def find(self, name: str) -> Optional[Object]:
        """The object ``name``; None if it does not exist or is outside the root."""
        path = os.path.realpath(os.path.join(self.root, name))
        if not path.startswith(self.root + os.sep) or not os.path.isfile(path):
            return None
        state = os.stat(path)
        known = (path, state.st_size, state.st_mtime_ns)
        if known not in self._crcs:
            self._crcs[known] = crc64_of(path)
        etag = '"{0}"'.format(hashlib.md5(repr(known[1:]).encode()).hexdigest().upper())
        return Object(path, state.st_size, etag, self._crcs[known], state.st_mtime)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Send an object, a range of it, or an error."""
        name = unquote(urlsplit(self.path).path).lstrip("/")
        if not self.is_allowed("GET", name):
            return
        found = self.server.find(name)
        if found is None:
            self.refuse(404, "NoSuchKey", "The specified key does not exist.", Key=name)
        elif self.headers.get("If-Match", found.etag) != found.etag:
            self.refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.", Condition="If-Match")
        else:
            first, last = self.wanted(found)
            self.give(found, first, last)

    def do_HEAD(self) -> None:
        """Refuse: the URL is signed for GET. The response to HEAD has no body."""
        self.is_allowed("HEAD", unquote(urlsplit(self.path).path).lstrip("/"))

    def is_allowed(self, method: str, name: str) -> bool:
        """Check the signature and the expiry as OSS does; send an error if the request is not allowed."""
        query = dict(parse_qsl(urlsplit(self.path).query))
        if not {"Expires", "OSSAccessKeyId", "Signature"} <= set(query):
            self.refuse(403, "AccessDenied", "You have no right to access this object because of bucket acl.")
            return False
        if query["OSSAccessKeyId"] != self.server.key_id:
            self.refuse(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.", OSSAccessKeyId=query["OSSAccessKeyId"])
            return False
        if not re.match(r"\d{1,12}\Z", query["Expires"]) or self.now() > int(query["Expires"]):
            expires = _iso(int(query["Expires"])) if query["Expires"].isdigit() else query["Expires"]
            self.refuse(403, "AccessDenied", "Request has expired.", Expires=expires, ServerTime=_iso(self.now()))
            return False
        added = "".join("{0}:{1}\n".format(key.lower(), value) for key, value in sorted(self.headers.items()) if key.lower().startswith("x-oss-"))
        unsigned = self.headers.get("Content-Type") or self.headers.get("Content-MD5") or self.headers.get("Authorization")
        if unsigned or not hmac.compare_digest(query["Signature"], self.server.signature(method, name, query["Expires"], added)):
            message = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
            self.refuse(403, "SignatureDoesNotMatch", message, OSSAccessKeyId=query["OSSAccessKeyId"], SignatureProvided=query["Signature"])
            return False
        return True

    def now(self) -> float:
        """The server's clock."""
        return time.time()

    def wanted(self, found: Object) -> Tuple[Optional[int], int]:
        """First and last offset of the requested range; a first offset of None means the whole object."""
        match = re.match(r"bytes=(\d*)-(\d*)\Z", self.headers.get("Range", ""))
        if not match or match.group(0) == "bytes=-":
            return None, found.size - 1
        first, last = match.groups()
        if not first:
            return max(0, found.size - int(last)), found.size - 1
        if int(first) >= found.size or (last and int(last) < int(first)):
            return None, found.size - 1
        return int(first), min(int(last or found.size - 1), found.size - 1)

    def give(self, found: Object, first: Optional[int], last: int) -> None:
        """Send the headers and the bytes."""
        begin = first or 0
        self.send_response(200 if first is None else 206)
        for name, value in self.describe(found).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(last + 1 - begin))
        if first is not None:
            self.send_header("Content-Range", "bytes {0}-{1}/{2}".format(first, last, found.size))
        self.end_headers()
        with open(found.path, "rb") as file:
            self.send_bytes(file, begin, last + 1 - begin)

    def describe(self, found: Object) -> Dict[str, str]:
        """The headers that describe the object."""
        headers = {
            "Content-Type": "application/x-tar",
            "ETag": found.etag,
            "Last-Modified": formatdate(found.modified, usegmt=True),
            "Accept-Ranges": "bytes",
            "x-oss-object-type": "Multipart",
            "x-oss-request-id": secrets.token_hex(12).upper(),
        }
        if found.crc64 is not None:
            headers["x-oss-hash-crc64ecma"] = str(found.crc64)
        return headers

    def send_bytes(self, file: Any, offset: int, count: int) -> None:
        """Send ``count`` bytes of ``file``."""
        if count:
            self.wfile.flush()
            self.connection.sendfile(file, offset, count)

    def refuse(self, status: int, code: str, message: str, headers: Optional[Dict[str, str]] = None, **more: str) -> None:
        """Send an error in OSS's format."""
        facts = dict(more, Code=code, Message=message, RequestId=secrets.token_hex(12).upper(), HostId="{0}.oss".format(BUCKET))
        lines = "".join("  <{0}>{1}</{0}>\n".format(name, escape(value)) for name, value in facts.items())
        body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n{0}</Error>\n'.format(lines).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """The Server header of OSS."""
        return "AliyunOSS"

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing, because the log would contain signatures."""


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(moment))


def _options(arguments: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve a directory on loopback as Alibaba Cloud OSS serves a backup.")
    parser.add_argument("--root", required=True, help="the directory to serve")
    parser.add_argument("--object", action="append", default=[], help="a file below it to write a URL for; repeatable")
    parser.add_argument("--url-file", help="where to write the URLs, one per line, readable by the owner only")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: a free port")
    parser.add_argument("--lifetime", type=float, default=3600, help="seconds for which a URL is valid")
    parser.add_argument("--pid-file", help="where to write the process id")
    parser.add_argument("--detach", action="store_true", help="return when the server is ready, and keep it running; kill it to stop it")
    parser.add_argument("--idle", type=float, default=0, help="stop after this many seconds; 0: never")
    return parser.parse_args(arguments)


def _write(path: Optional[str], text: str) -> None:
    if path:
        with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        os.replace(path + ".new", path)


def _detach() -> Callable[[], None]:
    """Continue in a background process. The original process exits when the returned function is called."""
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(write_end)
        os._exit(0 if os.read(read_end, 1) else 1)
    os.close(read_end)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)

    def ready() -> None:
        os.write(write_end, b".")
        os.close(write_end)

    return ready


def main(arguments: List[str]) -> None:
    """Serve until killed."""
    options = _options(arguments)
    server = Server(options.root, (options.host, options.port))
    missing = [name for name in options.object if server.find(name) is None]
    if missing:
        sys.exit("Not below {0}: {1}".format(options.root, ", ".join(missing)))
    ready = _detach() if options.detach else lambda: None
    signal.signal(signal.SIGTERM, lambda *_ignored: sys.exit(0))
    if options.idle:
        signal.signal(signal.SIGALRM, lambda *_ignored: sys.exit(0))
        signal.setitimer(signal.ITIMER_REAL, options.idle)
    try:
        _write(options.pid_file, "{0}\n".format(os.getpid()))
        _write(options.url_file, "".join(server.sign(name, options.lifetime) + "\n" for name in options.object))
        ready()
        server.serve_forever()
    finally:
        for path in (options.pid_file, options.url_file):
            if path and os.path.exists(path):
                os.unlink(path)


if __name__ == "__main__":
    main(sys.argv[1:])
