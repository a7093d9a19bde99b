# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URL of an object during a transfer, replaced with a fresh one when it has expired."""

import threading
from typing import Callable, NamedTuple, Optional, Tuple

from .._failure import Failure
from .oss_error import Refused
from .probe import RemoteObject
from .signed_url import SignedUrl


class Urls(NamedTuple):
    """The URLs of one object."""

    url: Optional[SignedUrl]
    internal_url: Optional[SignedUrl]

    @property
    def given(self) -> Tuple[SignedUrl, ...]:
        """The URLs that are not None."""
        return tuple(url for url in self if url is not None)


Renew = Callable[[], Urls]
"""Requests fresh URLs of the same object. Raises a Failure if none are available."""


def without_fresh_url(refused: Refused, failure: Failure) -> Refused:
    """``refused``, extended with ``failure``, the reason why no fresh URL is available."""
    what = "{0}, and no fresh URL is available: {1}".format(refused.what, failure.what)
    return Refused(what, failure.where or refused.where or "", failure.cure or "", expired=refused.expired)


class RenewableUrl:
    """``current`` is the URL for requests to ``remote``. Thread-safe: all threads use a URL that one of them has renewed."""

    def __init__(self, remote: RemoteObject, renew: Optional[Renew] = None) -> None:
        self._remote = remote
        self._ask = renew
        self._lock = threading.Lock()
        self._failure: Optional[Failure] = None
        # The probe has already used the first URL successfully.
        self._confirmed = True
        self.current = remote.url

    @property
    def expires_at(self) -> Optional[int]:
        """When the URL expires and cannot be renewed, in seconds since the epoch. None: never, or not known."""
        return None if self._ask is not None else self.current.expires_at

    def confirm(self, url: SignedUrl) -> None:
        """Record that the server has accepted ``url``."""
        if url is self.current:
            self._confirmed = True

    def renew(self, stale: SignedUrl, refused: Refused) -> None:
        """Replace ``stale``, which the server ``refused``, unless another thread has done so.

        :raises Refused: no fresh URL is available.
        """
        if self._ask is None or not refused.renewable:
            raise refused
        with self._lock:
            if self.current is not stale:
                return
            if not self._confirmed:
                # This URL was fresh and never accepted, so the next one would be refused too.
                raise refused
            if self._failure is None:
                try:
                    self.current, self._confirmed = self._fresh(self._ask()), False
                    return
                except Failure as failure:
                    self._failure = failure
            raise without_fresh_url(refused, self._failure)

    def _fresh(self, urls: Urls) -> SignedUrl:
        internal = self._remote.source == "internal"
        chosen = (urls.internal_url or urls.url) if internal else (urls.url or urls.internal_url)
        if chosen is None or chosen.object_path != self._remote.object_path:
            where = None if chosen is None else chosen.redacted
            raise Failure("The fresh URL is for a different object", where, "Check that url, instance_id and backup_id belong together.")
        return chosen
