# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work handed from the reader of a dump to the workers, bounded by bytes."""

import threading
from collections import deque
from typing import Any, Deque, List, Optional


class WorkQueue:
    """Jobs for a fixed number of workers: for any of them, or for one in order.

    At most ``limit`` bytes are waiting or in hand at once, or one job of any size. The first failure of a worker ends
    the work: it is raised in the reader, and workers are given nothing more.
    """

    def __init__(self, workers: int, limit: int) -> None:
        self._limit = limit
        self._any: Deque[Any] = deque()
        self._own: List[Deque[Any]] = [deque() for _number in range(workers)]
        self._changed = threading.Condition()
        self._bytes = 0
        self._open = 0
        self._closed = False
        self._failure: Optional[BaseException] = None

    def reserve(self, size: int) -> None:
        """Wait until ``size`` more bytes may be read."""
        with self._changed:
            while self._failure is None and self._bytes and self._bytes + size > self._limit:
                self._changed.wait()
            self._check()
            self._bytes += size

    def put(self, job: Any, owner: Optional[int] = None) -> None:
        """Hand over a job whose bytes are reserved; with ``owner`` to that worker, after all it was given before."""
        with self._changed:
            self._check()
            (self._any if owner is None else self._own[owner]).append(job)
            self._open += 1
            self._changed.notify_all()

    def get(self, number: int) -> Any:
        """The next job of worker ``number``; None when there is no more to do."""
        with self._changed:
            while True:
                if self._failure is not None:
                    return None
                if self._own[number]:
                    return self._own[number].popleft()
                if self._any:
                    return self._any.popleft()
                if self._closed:
                    return None
                self._changed.wait()

    def release(self, size: int) -> None:
        """Bytes that are no longer held."""
        with self._changed:
            self._bytes -= size
            self._changed.notify_all()

    def done(self) -> None:
        """A job is finished."""
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def fail(self, failure: BaseException) -> None:
        """End the work; only the first failure counts."""
        with self._changed:
            self._failure = self._failure or failure
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until all jobs are done."""
        with self._changed:
            while self._open and self._failure is None:
                self._changed.wait()
            self._check()

    def close(self) -> None:
        """No more jobs will come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
