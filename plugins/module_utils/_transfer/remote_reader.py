# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads any part of the object behind a URL, as if it were a local file."""

import threading
from typing import Iterator, List, Optional

from .._failure import Failure
from .choose_url import UrlChooser
from .http_client import HttpClient, Network, ObjectChanged, check_range
from .oss_error import Refused
from .probe import RemoteObject
from .retry import Retries, TransientError
from .signed_url import SignedUrl
from .url_renewal import RenewableUrl, Urls


class Replaced(Failure):
    """The object was replaced after the first read."""


class RemoteReader:
    """Random access to the ``size`` bytes of one object. Thread-safe. A replaced object is an error, so all reads are of the same object.

    ``requests`` and ``bytes`` count the cost; ``name`` is the URL without its secret.
    """

    def __init__(
        self,
        url: Optional[SignedUrl],
        internal_url: Optional[SignedUrl] = None,
        network: Optional[Network] = None,
        remote: Optional[RemoteObject] = None,
        url_source: Optional[RenewableUrl] = None,
    ) -> None:
        """Probe the object, unless it is ``remote``, which was probed before. ``url_source`` renews its URL.

        :raises Failure: the object is not available, or the server does not support ranges.
        """
        self._network = network or Network()
        self._idle: List[HttpClient] = []
        self._lock = threading.Lock()
        self.requests = 0
        self.bytes = 0
        self.remote = remote or self._probe(url, internal_url)
        if not self.remote.ranged:
            raise Failure("The server sends the object only as a whole, not in ranges", self.remote.url.redacted, "Download it to a file first.")
        self._url = url_source or RenewableUrl(self.remote)
        self.size = self.remote.size
        self.name = self.remote.url.redacted

    def read(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``; fewer only at the end of the object.

        :raises Replaced: the object was replaced.
        :raises Failure: the bytes cannot be read.
        """
        return b"".join(self.blocks(offset, length))

    def blocks(self, offset: int, length: int) -> Iterator[bytes]:
        """The bytes of :meth:`read` as they arrive, from one request if nothing breaks. Few bytes are transferred beyond those that the caller takes.

        :raises Failure: as :meth:`read`.
        """
        length = max(0, min(length, self.size - offset))
        if length == 0 or offset < 0:
            return
        client = self._borrow()
        try:
            yield from self._blocks(client, offset, length)
        except ObjectChanged:
            raise Replaced(
                "The object was replaced while it was read", self.remote.url.redacted, "Run the task again to read the new one from its beginning."
            ) from None
        finally:
            self._give_back(client)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for client in idle:
            client.close()

    def _blocks(self, client: HttpClient, offset: int, length: int) -> Iterator[bytes]:
        retries = Retries(self._network.retries, self._network.retry_step)
        while length:
            url = self._url.current
            try:
                answer = client.get(url, offset, offset + length - 1, self.remote.etag)
                self._url.confirm(url)
                try:
                    check_range(answer, offset, self.remote.size, self.remote.crc64)
                    while length:
                        block = answer.read(length)
                        if not block:
                            raise TransientError("the response ended {0} bytes early".format(length))
                        offset, length = offset + len(block), length - len(block)
                        retries.reset()
                        self._count(client, len(block))
                        yield block
                finally:
                    answer.close()
            except Refused as refused:
                self._url.renew(url, refused)
            except TransientError as error:
                if not retries.again(error):
                    where = "{0}, byte {1}".format(self.remote.url.redacted, offset)
                    raise Failure(
                        "The object cannot be read further: {0} ({1} tries)".format(error, retries.failures), where, "Run the task again later."
                    ) from None

    def _probe(self, url: Optional[SignedUrl], internal_url: Optional[SignedUrl]) -> RemoteObject:
        chooser = UrlChooser(Urls(url, internal_url), None, None, self._network)
        try:
            return chooser.choose().remote
        finally:
            self.requests += chooser.requests

    def _borrow(self) -> HttpClient:
        with self._lock:
            return self._idle.pop() if self._idle else HttpClient(self._network)

    def _give_back(self, client: HttpClient) -> None:
        self._count(client, 0)
        with self._lock:
            self._idle.append(client)

    def _count(self, client: HttpClient, received: int) -> None:
        with self._lock:
            self.bytes += received
            self.requests += client.requests
            client.requests = 0
