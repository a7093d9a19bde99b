# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out which object is behind a URL: request its first byte and read its properties from the headers."""

from typing import NamedTuple, Optional

from .._failure import Failure
from .http_client import HttpAnswer, HttpClient, Network
from .oss_error import looks_like_a_page, page_instead
from .retry import Retries, TransientError
from .signed_url import SignedUrl

_INSIDE = "The internal address is routed only inside its region: specify url as well, or run this on a host in that region."
_OUTSIDE = "Check the network, the proxy variables and the firewall of this host, then run the task again."
MOST_RETRIES = 4
"""Fewer retries than for a download, so that a wrong host name is reported soon."""


class RemoteObject(NamedTuple):
    """An object as the server describes it. ``size`` in bytes; ``source`` is internal or external.

    ``ranged`` is False if the server sends only the whole object, so that one connection must download it.
    """

    url: SignedUrl
    source: str
    size: int
    etag: Optional[str]
    crc64: Optional[int]
    ranged: bool

    @property
    def object_path(self) -> str:
        return self.url.object_path


def probe(client: HttpClient, url: SignedUrl, source: str, size: Optional[int], network: Network) -> RemoteObject:
    """The object behind ``url``, with retries. ``size`` is used if the server does not report it.

    :raises Failure: the URL has no object, or its size is not ``size``.
    """
    retries = Retries(min(network.retries, MOST_RETRIES), network.retry_step)
    while True:
        try:
            return probe_once(client, url, source, size, network.timeout)
        except TransientError as error:
            if not retries.again(error):
                what = "The request for the object failed: {0} ({1} tries)".format(error, retries.failures)
                raise Failure(what, url.redacted, _INSIDE if source == "internal" else _OUTSIDE) from None


def probe_once(client: HttpClient, url: SignedUrl, source: str, size: Optional[int], timeout: float) -> RemoteObject:
    """Like :func:`probe`, with one request.

    :raises TransientError: a retry may help.
    """
    # The URL is signed for GET, so HEAD would be refused.
    answer = client.get(url, 0, 0, timeout=timeout)
    try:
        total = _total(answer, url, size)
        if answer.status == 200:
            head = answer.beginning(512)
            if looks_like_a_page(head) or "text/html" in answer.headers.get("Content-Type", "").lower():
                raise page_instead(url, head)
        else:
            answer.beginning(2)
        return RemoteObject(url, source, total, answer.etag, answer.crc64, ranged=answer.status == 206)
    finally:
        if answer.status != 206:
            answer.close()


def _total(answer: HttpAnswer, url: SignedUrl, size: Optional[int]) -> int:
    total = 0 if answer.status == 416 else answer.total
    if total == 0:
        raise Failure("The object is empty", url.redacted, "An empty file is not a backup. Choose another one.")
    if total is None:
        total = size
    if total is None:
        cure = "Specify size (bytes), so that an incomplete response can be recognised."
        raise Failure("The server does not report the size of the object", url.redacted, cure)
    if size is not None and total != size:
        raise Failure("The object has {0} bytes, but size is {1}".format(total, size), url.redacted, "Check that the URL belongs to this backup.")
    return total
