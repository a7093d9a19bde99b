# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an object can be had at the moment: its URL, and a fresh one when that is no good any more."""

import threading
from typing import Callable, NamedTuple, Optional

from .._failure import Failure
from .oss_error import Refused
from .probe import RemoteObject
from .signed_url import SignedUrl


class Urls(NamedTuple):
    """The addresses of one object; at least one is there."""

    url: Optional[SignedUrl]
    internal_url: Optional[SignedUrl]


Renew = Callable[[], Urls]
"""Asks whoever signs URLs for fresh ones of the same object. Raises a Failure where there are none."""


def without_a_fresh_one(refused: Refused, failure: Failure) -> Refused:
    """``refused`` as it is told when a fresh URL would have helped, but could not be had for ``failure``."""
    what = "{0}, and there is no fresh one: {1}".format(refused.what, failure.what)
    return Refused(what, failure.where or refused.where or "", failure.cure or "", refused.expired)


class RenewableUrl:
    """``current`` is the URL of ``remote`` to ask next. For use by several threads: what one of them renews is good for all."""

    def __init__(self, remote: RemoteObject, renew: Optional[Renew] = None) -> None:
        self._remote = remote
        self._ask = renew
        self._lock = threading.Lock()
        self._in_vain: Optional[Failure] = None
        # The probe has shown that the first one is good.
        self._proven = True
        self.current = remote.url

    @property
    def expires_at(self) -> Optional[int]:
        """When there is an end to this, in seconds since the epoch. None: never, or not known."""
        return None if self._ask is not None else self.current.expires_at

    def proves_good(self, url: SignedUrl) -> None:
        """Tell that the server gives the object for ``url``."""
        if url is self.current:
            self._proven = True

    def renew(self, stale: SignedUrl, refused: Refused) -> None:
        """See that ``current`` is another URL than ``stale``, for which the server ``refused`` the object.

        :raises Refused: there is none.
        """
        if self._ask is None or not refused.renewable:
            raise refused
        with self._lock:
            if self.current is not stale:
                return
            if not self._proven:
                # A fresh one that was never any good: the next would be no better.
                raise refused
            if self._in_vain is None:
                try:
                    self.current, self._proven = self._fresh(self._ask()), False
                    return
                except Failure as failure:
                    self._in_vain = failure
            raise without_a_fresh_one(refused, self._in_vain)

    def _fresh(self, urls: Urls) -> SignedUrl:
        inside = self._remote.source == "internal"
        chosen = (urls.internal_url or urls.url) if inside else (urls.url or urls.internal_url)
        if chosen is None or chosen.object_path != self._remote.object_path:
            place = None if chosen is None else chosen.place
            raise Failure("The fresh URL is of another object", place, "Look whether url, instance_id and backup_id belong together.")
        return chosen
