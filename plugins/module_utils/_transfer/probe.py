# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is behind a URL: one byte asked for, everything else read from the headers."""

from typing import NamedTuple, Optional

from .._failure import Failure
from .http_client import HttpAnswer, HttpClient, Network
from .oss_error import looks_like_a_page, page_instead
from .retry import Retries, TransientError
from .signed_url import SignedUrl

INTERNAL_TIMEOUT = 5.0
"""Seconds in which the internal host, a neighbour if it is reachable at all, must answer."""
_INSIDE = "The internal address is routed only inside its region: give url as well, or run this on a host there."
_OUTSIDE = "Look at the network, the proxy variables and the firewall of this host, then run it again."
MOST_RETRIES = 4
"""A wrong host name should not take minutes to be found out, however many ``retries`` a download may have."""


class RemoteObject(NamedTuple):
    """An object as the server described it. ``ranged`` is False where it can only be had whole, on one connection."""

    url: SignedUrl
    source: str
    size: int
    etag: Optional[str]
    crc64: Optional[int]
    ranged: bool

    @property
    def object_path(self) -> str:
        return self.url.object_path


class Probed(NamedTuple):
    """The object. ``unreachable`` tells why the internal URL could not be used."""

    remote: RemoteObject
    unreachable: Optional[str]


def probe(client: HttpClient, url: Optional[SignedUrl], internal_url: Optional[SignedUrl], size: Optional[int], network: Network) -> Probed:
    """Ask the internal URL, once and briefly, then the other one. ``size`` helps out where the server does not tell.

    :raises Failure: neither gives the object.
    """
    unreachable = None
    if internal_url is not None and url is not None:
        try:
            return Probed(_ask(client, internal_url, "internal", size, min(INTERNAL_TIMEOUT, network.timeout)), None)
        except TransientError as trouble:
            unreachable = str(trouble)
        except Failure as failure:
            unreachable = failure.what
    chosen = url or internal_url
    if chosen is None:
        raise Failure("There is no URL to fetch from", cure="Give url, internal_url or both.")
    source = "internal" if url is None or url.is_internal else "external"
    return Probed(_patiently(client, chosen, source, size, network), unreachable)


def _patiently(client: HttpClient, url: SignedUrl, source: str, size: Optional[int], network: Network) -> RemoteObject:
    retries = Retries(min(network.retries, MOST_RETRIES), network.retry_step)
    while True:
        try:
            return _ask(client, url, source, size, network.timeout)
        except TransientError as error:
            if not retries.again(error):
                what = "The server cannot be asked for the object: {0} ({1} tries)".format(error, retries.failures)
                raise Failure(what, url.place, _INSIDE if source == "internal" else _OUTSIDE) from None


def _ask(client: HttpClient, url: SignedUrl, source: str, size: Optional[int], timeout: float) -> RemoteObject:
    # A HEAD has another signature than the GET that was signed. One byte costs nothing.
    answer = client.get(url, 0, 0, timeout=timeout)
    try:
        total = _total(answer, url, size)
        if answer.status == 200:
            head = answer.beginning(512)
            if looks_like_a_page(head) or "text/html" in answer.headers.get("Content-Type", "").lower():
                raise page_instead(url, head)
        else:
            answer.beginning(2)
        return RemoteObject(url, source, total, answer.etag, answer.crc64, answer.status == 206)
    finally:
        if answer.status != 206:
            answer.close()


def _total(answer: HttpAnswer, url: SignedUrl, size: Optional[int]) -> int:
    total = 0 if answer.status == 416 else answer.total
    if total == 0:
        raise Failure("The object is empty", url.place, "An empty file is no backup. Choose another one.")
    if total is None:
        total = size
    if total is None:
        raise Failure("The server does not tell the size of the object", url.place, "Give size (bytes), so that a short answer can be told from a whole one.")
    if size is not None and total != size:
        raise Failure("The object has {0} bytes where size says {1}".format(total, size), url.place, "Look whether the URL belongs to this backup.")
    return total
