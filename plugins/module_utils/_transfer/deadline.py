# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An end to all waiting for an answer, whatever the peer does.

The timeouts of the libraries below count each silence: a byte now and then keeps them waiting for ever. Here each step of an answer has its
time as a whole: all of its headers, and each piece of its body. What is large is read in pieces, so it may take as long as it takes while it moves.
"""

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any


class Deadline:
    """``seconds`` for one step, counted from :meth:`begin`. For one connection at a time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = float("-inf")

    def begin(self) -> None:
        """A new step."""
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        """Seconds of this step that are left.

        :raises socket.timeout: there are none, as a silent socket has it.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        return left


class _Bounded(io.RawIOBase):
    """``raw``, the incoming bytes of ``sock``, of which none is waited for longer than to the ``deadline``."""

    def __init__(self, raw: Any, sock: Any, deadline: Deadline) -> None:
        super().__init__()
        self._raw = raw
        self._socket = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def readinto(self, buffer: Any) -> Any:
        self._socket.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if self.closed:  # pylint: disable=using-constant-test
            return
        try:
            # What is done next with the socket has a time of its own.
            self._socket.settimeout(self._deadline.seconds)
        except OSError:
            # It is closed, or has become a part of another one.
            pass
        self._raw.close()
        super().close()


def bound(session: Any, library: Any, deadline: Deadline) -> None:
    """Have each answer that ``session``, one of ``library`` (requests), gets wait for its bytes no longer than to ``deadline``.

    The headers' step begins here, when the request is sent; whoever reads on begins those of the body.
    """

    class Response(HTTPResponse):
        def __init__(self, sock: Any, *arguments: Any, **options: Any) -> None:
            super().__init__(sock, *arguments, **options)
            deadline.begin()
            self.fp: Any = io.BufferedReader(_Bounded(self.fp.detach(), sock, deadline))

    def bounded(pool: Any) -> Any:
        kind = pool.ConnectionCls
        if getattr(kind, "response_class", Response) is not Response:
            pool.ConnectionCls = type(kind.__name__, (kind,), {"response_class": Response})
        return pool

    class Adapter(library.adapters.HTTPAdapter):  # type: ignore[misc]
        def get_connection(self, *arguments: Any, **options: Any) -> Any:
            return bounded(super().get_connection(*arguments, **options))

        def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
            # The other one is what releases of requests before 2.32 call.
            return bounded(super().get_connection_with_tls_context(*arguments, **options))

    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())
