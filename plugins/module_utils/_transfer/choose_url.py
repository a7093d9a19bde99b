# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The choice between the internal and the external URL: the internal one is free, the external one works everywhere."""

import time
from typing import NamedTuple, Optional

from .._failure import Failure
from .._free_space import amount
from .http_client import HttpClient, Network
from .oss_error import Refused
from .probe import RemoteObject, probe, probe_once
from .retry import TransientError
from .signed_url import SignedUrl
from .url_renewal import Renew, Urls, without_fresh_url

INTERNAL_TIMEOUT = 5.0
"""Seconds for the internal host to answer. A reachable one is in the same region, so it answers fast."""


class ChosenUrl(NamedTuple):
    """The object behind the chosen URL. ``internal_error``: why the internal URL cannot be used; None if it was not tried or is the chosen one."""

    remote: RemoteObject
    internal_error: Optional[str]

    def cost_warning(self, length: int) -> Optional[str]:
        """A warning if ``length`` bytes from this URL are billed."""
        if self.remote.source == "internal" or (self.internal_error is None and self.remote.url.is_local):
            return None
        why = "no internal_url was given" if self.internal_error is None else "internal_url cannot be used: {0}".format(self.internal_error)
        return "{0} are downloaded from the external address ({1}). Internet traffic is metered, and billed beyond a quota.".format(amount(length), why)


class UrlChooser:
    """Chooses between ``urls``, the current ones. ``requests`` counts the cost. ``size`` in bytes is used if the server does not report it."""

    def __init__(self, urls: Urls, renew: Optional[Renew], size: Optional[int], network: Network) -> None:
        self.urls = urls
        self.requests = 0
        self._renew = renew
        self._size = size
        self._network = network

    def choose(self) -> ChosenUrl:
        """Try the internal URL once, with a short timeout, then the external one. URLs that are missing or refused are renewed once.

        :raises Failure: neither gives the object.
        """
        fresh = False
        if self._renew is not None and not self.urls.given:
            self.urls, fresh = self._renew(), True
        try:
            return self._choose()
        except Refused as refused:
            if self._renew is None or fresh or not refused.renewable:
                raise
            try:
                self.urls = self._renew()
            except Failure as failure:
                raise without_fresh_url(refused, failure) from None
        return self._choose()

    def names(self, object_path: str) -> bool:
        """Whether one of the URLs is for this object."""
        return any(url.object_path == object_path for url in self.urls.given)

    def all_expired(self) -> bool:
        """Whether every URL is known to have expired; also true without URLs."""
        moments = [url.expires_at for url in self.urls.given]
        return all(moment is not None and moment < time.time() for moment in moments)

    def _choose(self) -> ChosenUrl:
        client = HttpClient(self._network)
        try:
            return self._ask(client, self.urls.url, self.urls.internal_url)
        finally:
            self.requests += client.requests
            client.close()

    def _ask(self, client: HttpClient, url: Optional[SignedUrl], internal_url: Optional[SignedUrl]) -> ChosenUrl:
        internal_error: Optional[str] = None
        if internal_url is not None and url is not None:
            try:
                timeout = min(INTERNAL_TIMEOUT, self._network.timeout)
                return ChosenUrl(probe_once(client, internal_url, "internal", self._size, timeout), None)
            except TransientError as error:
                internal_error = str(error)
            except Failure as failure:
                internal_error = failure.what
        chosen = url or internal_url
        if chosen is None:
            raise Failure("No URL to fetch from is given", cure="Specify url, internal_url or both.")
        source = "internal" if url is None or url.is_internal else "external"
        return ChosenUrl(probe(client, chosen, source, self._size, self._network), internal_error)
