# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A time limit for each step of a response: for all of its headers together, and for each piece of its body.

The timeouts of requests and urllib3 restart with every byte, so a server that sends a byte now and then would keep them waiting forever.
A large body is read in pieces, so its total time is not limited as long as it arrives.
"""

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any


class Deadline:
    """A limit of ``seconds`` for one step, which starts with :meth:`begin`. For one connection at a time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = float("-inf")

    def begin(self) -> None:
        """Start a new step."""
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        """The remaining seconds of this step.

        :raises socket.timeout: none remain. A socket that times out raises the same error.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        return left


class _Bounded(io.RawIOBase):
    """The bytes of ``raw``, which reads from ``sock``. No read waits beyond ``deadline``."""

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
            # Restore the full timeout for the next use of the socket.
            self._socket.settimeout(self._deadline.seconds)
        except OSError:
            # The socket is closed, or wrapped by another one.
            pass
        self._raw.close()
        super().close()


def bound(session: Any, library: Any, deadline: Deadline) -> None:
    """Apply ``deadline`` to every response that ``session`` receives; ``library`` is the module requests.

    The step of the headers begins when the request has been sent. The reader of the body begins the steps of its pieces.
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
            # Releases of requests before 2.32 call get_connection instead.
            return bounded(super().get_connection_with_tls_context(*arguments, **options))

    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())
