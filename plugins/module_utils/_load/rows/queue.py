# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queue between the thread that reads a dump and the workers, bounded by bytes."""

import threading
from collections import deque
from typing import Any, Callable, Deque, List, Optional


class WorkQueue:
    """Jobs for a fixed number of workers, each for any worker or for a particular one.

    At most ``limit`` bytes, or one job of any size, are reserved at once. The first failure ends the work: it is raised in
    the reader, and no worker gets another job.
    """

    def __init__(self, workers: int, limit: int) -> None:
        self._limit = limit
        self._shared: Deque[Any] = deque()
        self._owned: List[Deque[Any]] = [deque() for _number in range(workers)]
        self._changed = threading.Condition()
        self._bytes = 0
        self._unfinished = 0
        self._closed = False
        self._failure: Optional[BaseException] = None

    def reserve(self, size: int) -> None:
        """Wait until ``size`` more bytes may be read. Raises the failure of a worker."""
        with self._changed:
            while self._failure is None and self._bytes and self._bytes + size > self._limit:
                self._changed.wait()
            self._check()
            self._bytes += size

    def put(self, job: Any, owner: Optional[int] = None) -> None:
        """Queue a job whose bytes are reserved; with ``owner``, for that worker, which takes such jobs in order."""
        with self._changed:
            self._check()
            (self._shared if owner is None else self._owned[owner]).append(job)
            self._unfinished += 1
            self._changed.notify_all()

    def get(self, number: int) -> Any:
        """Wait for the next job of worker ``number``; None after :meth:`close` or a failure."""
        with self._changed:
            while True:
                if self._failure is not None:
                    return None
                if self._owned[number]:
                    return self._owned[number].popleft()
                if self._shared:
                    return self._shared.popleft()
                if self._closed:
                    return None
                self._changed.wait()

    def more(self, number: int, wanted: Callable[[Any], bool], most: int) -> List[Any]:
        """The next ``wanted`` jobs of worker ``number``, without waiting: at most ``most``, and no more than its share of the jobs for any worker."""
        with self._changed:
            jobs = self._owned[number] or self._shared
            share = len(jobs) if jobs is not self._shared else len(jobs) // len(self._owned)
            found: List[Any] = []
            while self._failure is None and len(found) < min(most, share) and wanted(jobs[0]):
                found.append(jobs.popleft())
            return found

    def release(self, size: int) -> None:
        """Give back reserved bytes."""
        with self._changed:
            self._bytes -= size
            self._changed.notify_all()

    def done(self, jobs: int = 1) -> None:
        """Count jobs as finished."""
        with self._changed:
            self._unfinished -= jobs
            self._changed.notify_all()

    def fail(self, failure: BaseException) -> None:
        """End the work with this failure, unless there was an earlier one."""
        with self._changed:
            self._failure = self._failure or failure
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until all jobs are finished. Raises the failure of a worker."""
        with self._changed:
            while self._unfinished and self._failure is None:
                self._changed.wait()
            self._check()

    def close(self) -> None:
        """Let the workers end when they have finished all jobs."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
