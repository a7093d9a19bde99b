# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Download the missing parts of an object on several connections.

The caller's thread starts the connections, reports progress and collects their errors. A connection that hangs ends by itself: every wait for
the server has a time limit, see deadline.py.
"""

import time
from typing import List, Optional

from .._failure import Failure
from .download_connection import DownloadConnection, DownloadState, DownloadTask
from .fetch_policy import Progress
from .oss_error import Refused
from .parts import done
from .retry import TransientError

_TICK = 0.2
_PATIENCE = 1.0


class Download:
    """One attempt at a :class:`DownloadTask`. ``bytes`` and ``requests`` count its cost."""

    def __init__(self, task: DownloadTask, connections: int) -> None:
        self._task = task
        self._state = DownloadState(task, connections)
        self._connections: List[DownloadConnection] = []

    @property
    def bytes(self) -> int:
        return self._state.bytes

    @property
    def requests(self) -> int:
        return self._state.requests

    def run(self, progress: Optional[Progress] = None) -> None:
        """Return when every part is complete.

        :raises ObjectChanged: the URL now gives another object.
        :raises Failure: the journal lists the parts that are complete.
        """
        total = sum(part.length for part in self._task.parts)
        self._connections = [DownloadConnection(self._state) for _number in range(self._state.queue.connections)]
        try:
            for connection in self._connections:
                connection.start()
            while not all(connection.finished for connection in self._connections) and not self._state.stop.is_set():
                self._state.changed.wait(_TICK)
                self._state.changed.clear()
                if progress is not None:
                    progress(done(self._task.parts), total)
        finally:
            self._stop()
        if progress is not None:
            progress(done(self._task.parts), total)
        for connection in self._connections:
            if connection.error is not None and not connection.is_lost:
                raise connection.error
        if done(self._task.parts) < total:
            raise self._incomplete(total)

    def _stop(self) -> None:
        """Stop all connections. A thread that hangs loses its run, so that it writes nothing if it wakes up."""
        self._state.stop.set()
        deadline = time.monotonic() + _PATIENCE
        for connection in self._connections:
            if connection.ident is None:
                continue
            connection.join(max(0.0, deadline - time.monotonic()))
            if connection.is_alive():
                connection.abandon()
        if self._task.journal is not None:
            try:
                self._task.journal.note(*[part for part in self._task.parts if 0 < part.done < part.length])
            except OSError:
                # The disk is full. Parts that are not in the journal are downloaded again.
                pass

    def _incomplete(self, total: int) -> BaseException:
        errors = [connection.error for connection in self._connections if connection.error is not None]
        # The server's refusal explains more than a broken connection does.
        error = next((error for error in errors if isinstance(error, Refused)), errors[0] if errors else None)
        where = self._task.remote.url.redacted
        kept = "{0} of {1} bytes are complete".format(done(self._task.parts), total)
        if isinstance(error, Refused):
            return Refused("{0}; {1}".format(error.what, kept), error.where or where, error.cure or "", expired=error.expired)
        if isinstance(error, TransientError):
            what = "The download cannot continue: {0} ({1} tries in a row); {2}".format(error, self._task.network.retries + 1, kept)
            cure = "Run the task again to continue."
            if self._task.journal is None:
                cure = "Run the task again; it starts over, because this server does not support ranges."
            return Failure(what, where, cure)
        return Failure("The download ended early; " + kept, where, "Run the task again to continue.")
