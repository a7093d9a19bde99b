# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP GET requests for signed URLs. Every exception of requests and urllib3 becomes a TransientError or a Failure here."""

import functools
import re
import socket
import sys
import time
from http.client import HTTPException
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Optional, Tuple, Type
from urllib.parse import urlsplit

from .._failure import Failure
from .deadline import Deadline, bound
from .oss_error import LIMIT, explain
from .redaction import redact
from .retry import TransientError, is_transient, requested_wait
from .signed_url import SignedUrl

# Limits for the size in bytes of one piece of a body.
_LEAST, _MOST = 1 << 14, 1 << 19


class _RequestsLibrary(NamedTuple):
    """The module requests, and all error classes of requests, urllib3 and http.client."""

    requests: Any
    errors: Tuple[Type[BaseException], ...]


@functools.lru_cache(maxsize=None)
def _library() -> _RequestsLibrary:
    """Load the library with the first connection: a module without a URL starts faster without it, and does not need it.

    :raises Failure: the host does not have it.
    """
    try:
        import requests
    except ImportError:
        raise Failure(
            "The Python library requests is missing on this host", sys.executable, "Install it for this interpreter, which Ansible uses on the host."
        ) from None
    # RequestException is an OSError. Old distributions bundle urllib3 in requests, so take the one that requests uses.
    # The parsers of an address that a server redirects to raise a ValueError.
    return _RequestsLibrary(requests, (OSError, HTTPException, requests.packages.urllib3.exceptions.HTTPError, ValueError))  # type: ignore[attr-defined]


class ObjectChanged(Exception):
    """The object is no longer the one that was probed."""


class Network(NamedTuple):
    """Options of the connection. ``retry_step`` is the first back-off in seconds.

    ``timeout`` (seconds) limits the connect, the wait for all headers of a response, and the wait for each piece of its body (16 KiB if it is slow).
    """

    timeout: float = 60.0
    retries: int = 10
    validate_certs: bool = True
    ca_path: Optional[str] = None
    retry_step: float = 0.5


class HttpAnswer:
    """A response whose body is read in pieces."""

    def __init__(self, response: Any, deadline: Deadline) -> None:
        self._response = response
        self._deadline = deadline
        self._want = _LEAST
        self.status = int(response.status_code)
        self.headers: Mapping[str, str] = response.headers

    def read(self, most: int) -> bytes:
        """The next piece of the body, at most ``most`` bytes: about as many as arrive in a tenth of a second. Empty only at the end of the body.

        :raises TransientError: the connection broke, or the piece did not arrive within the timeout.
        """
        begun = time.monotonic()
        data = self.beginning(min(most, self._want))
        # Small enough to notice a slow server, large enough to be cheap with a fast one.
        self._want = min(self._want * 2, _MOST) if time.monotonic() - begun < 0.05 else max(self._want // 2, _LEAST)
        return data

    def beginning(self, most: int) -> bytes:
        """The next ``most`` bytes; fewer only at the end of the body.

        :raises TransientError: the connection broke, or the bytes did not arrive within the timeout.
        """
        self._deadline.begin()
        try:
            return bytes(self._response.raw.read(most, decode_content=False))
        except _library().errors as error:
            raise TransientError(describe(error)) from None

    def close(self) -> None:
        """Close the response, whether it was read to its end or not. Never raises."""
        try:
            self._response.close()
        except Exception:  # pylint: disable=broad-except
            pass

    @property
    def total(self) -> Optional[int]:
        """The size of the object in bytes: from Content-Range for a part, from Content-Length for the whole."""
        text = self.headers.get("Content-Range", "").rpartition("/")[2] if self.status == 206 else self.headers.get("Content-Length", "")
        return int(text) if re.match(r"\d{1,18}\Z", text.strip()) else None

    @property
    def first(self) -> Optional[int]:
        """The offset of the first byte, according to the server."""
        if self.status != 206:
            return 0
        found = re.match(r"\s*bytes\s+(\d{1,18})-\d+/", self.headers.get("Content-Range", ""))
        return int(found.group(1)) if found else None

    @property
    def etag(self) -> Optional[str]:
        return self.headers.get("ETag") or None

    @property
    def crc64(self) -> Optional[int]:
        text = self.headers.get("x-oss-hash-crc64ecma", "").strip()
        return int(text) if re.match(r"\d{1,20}\Z", text) and int(text) < 1 << 64 else None


class HttpClient:
    """One connection, kept open between requests. Not thread-safe."""

    def __init__(self, network: Network) -> None:
        requests = _library().requests
        if not network.validate_certs:
            # The user disabled verification; a warning for each request would only fill stderr.
            requests.packages.urllib3.disable_warnings()
        self._network = network
        self._deadline = Deadline(network.timeout)
        self._session = _session(self._deadline)
        self.requests = 0

    def get(
        self, url: SignedUrl, first: Optional[int] = None, last: Optional[int] = None, etag: Optional[str] = None, timeout: Optional[float] = None
    ) -> HttpAnswer:
        """Request the whole object or, with ``first`` and ``last``, that range (both included). Returns an answer with status 200, 206 or 416.

        :raises TransientError: a retry may help.
        :raises ObjectChanged: the object does not have ``etag``.
        :raises Refused: the server refuses, and a retry would not help.
        :raises Failure: the certificate is not trusted, or ``ca_path`` cannot be used.
        """
        # Other headers (x-oss-*, Content-Type, Authorization) would invalidate the signature.
        headers = {"Accept-Encoding": "identity"}
        if first is not None:
            headers["Range"] = "bytes={0}-{1}".format(first, last)
        if etag and not etag.startswith("W/"):
            headers["If-Match"] = etag
        self.requests += 1
        answer = HttpAnswer(self._send(url, headers, timeout or self._network.timeout), self._deadline)
        if answer.status in (200, 206, 416):
            if etag and answer.etag and answer.etag != etag:
                answer.close()
                raise ObjectChanged()
            return answer
        return self._refuse(answer, url)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _send(self, url: SignedUrl, headers: Dict[str, str], timeout: float) -> Any:
        self._deadline.seconds = timeout
        verify: Any = self._network.validate_certs and (self._network.ca_path or True)
        try:
            return self._session.get(url.in_full(), headers=headers, stream=True, timeout=(timeout, timeout), verify=verify)
        except _library().requests.exceptions.TooManyRedirects:
            raise Failure("The server redirects in circles", url.redacted, "Look for a proxy or a login page in between.") from None
        except _library().errors as error:
            text = " ".join(str(cause) for cause in _causes(error))
            if "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text:
                cure = "Set ca_path to the certificate authority of your network's proxy. Use validate_certs: false only if you know why."
                raise Failure("The server's certificate is not trusted", url.redacted, cure) from None
            if "TLS CA certificate bundle" in text:
                raise Failure("ca_path does not exist", self._network.ca_path, "Specify the file or directory of the certificate authority.") from None
            raise TransientError(describe(error)) from None
        except TypeError:
            if not _has_proxy_without_host(url.in_full()):
                raise
            cure = "Correct the variables http_proxy, https_proxy and all_proxy of the environment."
            raise Failure("The URL of the proxy has no host", url.redacted, cure) from None

    def _refuse(self, answer: HttpAnswer, url: SignedUrl) -> HttpAnswer:
        try:
            body = answer.beginning(LIMIT)
        except TransientError:
            body = b""
        answer.close()
        if answer.status == 412:
            raise ObjectChanged()
        refused = explain(answer.status, answer.headers, body, url)
        if is_transient(answer.status, body):
            raise TransientError(refused.what, requested_wait(answer.headers))
        raise refused


def check_range(answer: HttpAnswer, first: Optional[int], object_size: int, object_crc64: Optional[int]) -> None:
    """Reject a response that does not begin at byte ``first`` of the object (None: a response that is not the whole object), before its body is read.
    The CRC-64 also identifies the object where a proxy removes the ETag.

    :raises TransientError: it is another part of the object.
    :raises ObjectChanged: it is of an object of another size or CRC-64.
    """
    if answer.status == 416:
        raise ObjectChanged()
    if first is None:
        if answer.status != 200:
            raise TransientError("the server sent a part, but the whole object was requested")
    elif answer.status == 200:
        raise TransientError("the server sent the whole object, but a part was requested")
    elif answer.first != first:
        raise TransientError("the server sent a different part than requested")
    if answer.total is not None and answer.total != object_size:
        raise ObjectChanged()
    if answer.crc64 is not None and object_crc64 is not None and answer.crc64 != object_crc64:
        raise ObjectChanged()


def _session(deadline: Deadline) -> Any:
    requests = _library().requests

    class Session(requests.Session):  # type: ignore[misc,name-defined]
        """Takes proxies and certificate bundles from the environment, but ignores ~/.netrc, whose Authorization would invalidate the signature."""

        def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
            pass

    session = Session()
    bound(session, requests, deadline)
    session.auth = lambda request: request
    session.max_redirects = 5
    session.hooks["response"].append(_without_body_of_redirect)
    session.headers.clear()
    session.headers["User-Agent"] = "apsaradb.mysql"
    return session


def _without_body_of_redirect(response: Any, **_options: Any) -> None:
    """Leave the body of a redirect unread: requests would read it all into memory, however long it is, and decompress it."""
    if response.is_redirect:
        response.raw.close()
        response._content, response._content_consumed = b"", True


def _has_proxy_without_host(url: str) -> bool:
    """Whether the environment names such a proxy for ``url``: requests raises a TypeError for ``http://user:password@``."""
    utils = _library().requests.utils
    proxy = utils.select_proxy(url, utils.get_environ_proxies(url))
    return bool(proxy) and not urlsplit(proxy).hostname


def _causes(error: Any) -> Iterator[BaseException]:
    """``error`` and the errors inside it, outermost first."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None)] + list(one.args)


def describe(error: BaseException) -> str:
    """A short description of the error, without the URL that libraries put into their messages."""
    causes = list(_causes(error))
    names = [type(cause).__name__ for cause in causes]
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "the host name cannot be resolved"
    if any("ProxyError" in name for name in names):
        return "the proxy refuses the connection"
    if any("ConnectTimeout" in name for name in names):
        return "no connection within the timeout"
    if any(name in ("ReadTimeout", "ReadTimeoutError", "timeout", "TimeoutError") for name in names):
        return "nothing was received within the timeout"
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.errno and cause.strerror:
            return redact(cause.strerror[:1].lower() + cause.strerror[1:])
    if any(name in ("IncompleteRead", "RemoteDisconnected", "ProtocolError") for name in names):
        return "the connection was closed early"
    if any(isinstance(cause, ValueError) or type(cause).__name__ == "LocationParseError" for cause in causes):
        return "the address of the server, of the proxy or of a redirect is not valid"
    return "the connection failed ({0})".format(names[-1])
