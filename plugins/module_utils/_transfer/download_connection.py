# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One connection of a download: a thread that requests ranges, checks what arrives and writes it to the part file."""

import errno
import functools
import os
import threading
import time
from typing import List, NamedTuple, Optional

from .._failure import Failure
from .._free_space import amount
from . import crc64
from .background_tasks import BackgroundTasks
from .bandwidth_limit import BandwidthLimit
from .fetch_policy import Inspect
from .http_client import HttpAnswer, HttpClient, Network, check_range
from .journal import Journal
from .oss_error import Refused, looks_like_a_page, page_instead
from .part_file import PartFile
from .parts import Part, PartQueue, PartRun, done, may_expire
from .probe import RemoteObject
from .retry import Retries, TransientError
from .url_renewal import RenewableUrl
from .verify_download import WrongDownload


class DownloadTask(NamedTuple):
    """Download the missing ``parts`` of ``remote`` from ``url`` into ``file``. ``bandwidth_limit``: bytes per second, 0 for none.

    The connections advance the parts. ``journal`` records them for a resume; None if the server does not support ranges.
    """

    remote: RemoteObject
    url: RenewableUrl
    parts: List[Part]
    file: PartFile
    journal: Optional[Journal]
    network: Network
    bandwidth_limit: int = 0
    inspect: Optional[Inspect] = None


class DownloadState:
    """State shared by the connections of a download. ``bytes`` and ``requests`` count its cost.

    ``stop`` is set when no connection may begin anything new, ``changed`` when a connection has finished.
    """

    def __init__(self, task: DownloadTask, connections: int) -> None:
        self.task = task
        self.queue = PartQueue(task.parts, connections)
        self.limit = BandwidthLimit(task.bandwidth_limit)
        self.stop = threading.Event()
        self.changed = threading.Event()
        self.bytes = 0
        self.requests = 0
        self._lock = threading.Lock()
        self._started = time.monotonic()

    def count(self, received: int = 0, requests: int = 0) -> None:
        """Add to the cost."""
        with self._lock:
            self.bytes += received
            self.requests += requests

    def url_may_expire(self) -> bool:
        """Whether the URL may expire before the download is complete."""
        expires_at, elapsed = self.task.url.expires_at, time.monotonic() - self._started
        missing = sum(part.length for part in self.task.parts) - done(self.task.parts)
        rate = self.bytes / elapsed if self.bytes and elapsed > 1 else None
        return may_expire(missing, rate, None if expires_at is None else expires_at - time.time())


class DownloadConnection(threading.Thread):
    """Downloads runs of parts until none is left. ``error`` is the reason if it ended earlier.

    A TransientError or a Refused ends this connection only; after any other error the whole download stops.
    """

    def __init__(self, state: DownloadState) -> None:
        super().__init__(daemon=True, name="apsaradb-transfer")
        self._state = state
        self._task = state.task
        self._writer = BackgroundTasks()
        self._retries = Retries(state.task.network.retries, state.task.network.retry_step, state.stop.wait)
        self._run: Optional[PartRun] = None
        self._guard = threading.Lock()
        self._abandoned = False
        self.error: Optional[BaseException] = None
        self.finished = False

    @property
    def is_lost(self) -> bool:
        """Whether this connection ended early and the others can complete the download."""
        return isinstance(self.error, (TransientError, Refused))

    def abandon(self) -> None:
        """Take its run away. Whatever it still receives is not written."""
        with self._guard:
            self._abandoned = True
            if self._run is not None:
                self._state.queue.finish(self._run)

    def run(self) -> None:
        client = None
        try:
            self._writer.start()
            client = HttpClient(self._task.network)
            while not self._state.stop.is_set():
                run = self._take()
                if run is None:
                    return
                try:
                    self._download(client, run)
                finally:
                    self._state.queue.finish(run)
        except BaseException as error:  # pylint: disable=broad-except
            self._end(error)
        finally:
            self._writer.close()
            if client is not None:
                client.close()
            self.finished = True
            self._state.changed.set()

    def _take(self) -> Optional[PartRun]:
        with self._guard:
            self._run = None if self._abandoned else self._state.queue.take(whole_share=self._state.url_may_expire())
            return self._run

    def _end(self, error: BaseException) -> None:
        if self._abandoned:
            return
        self.error = self._disk_failure(error) if isinstance(error, OSError) else error
        if not self.is_lost:
            self._state.stop.set()

    def _download(self, client: HttpClient, run: PartRun) -> None:
        """Complete ``run``, with as many requests as needed."""
        while not self._state.stop.is_set():
            part = self._state.queue.part(run)
            if part is None:
                return
            try:
                self._request(client, run, part)
            except TransientError as error:
                if self._state.queue.part(run) is None:
                    return
                if not self._retries.again(error):
                    raise

    def _request(self, client: HttpClient, run: PartRun, part: Part) -> None:
        """One request, from the first missing byte of ``part`` to the end of ``run``."""
        remote, url = self._task.remote, self._task.url.current
        first: Optional[int] = None
        last: Optional[int] = None
        if remote.ranged:
            first, last = part.source + part.done, self._state.queue.end(run) - 1
        else:
            part.restart()
        self._state.count(requests=1)
        try:
            answer = client.get(url, first, last, remote.etag)
        except Refused as refused:
            return self._task.url.renew(url, refused)
        self._task.url.confirm(url)
        try:
            check_range(answer, first, remote.size, remote.crc64)
            current: Optional[Part] = part
            while current is not None:
                self._fill(answer, run, current)
                current = self._state.queue.part(run) if current.complete else None
        finally:
            answer.close()

    def _fill(self, answer: HttpAnswer, run: PartRun, part: Part) -> None:
        try:
            self._receive(answer, run, part)
        finally:
            # The next request continues after the last byte that was written.
            self._writer.wait()
        with run.lock:
            if part.complete and not run.revoked and self._task.journal is not None:
                self._task.journal.note(part)

    def _receive(self, answer: HttpAnswer, run: PartRun, part: Part) -> None:
        received = part.done
        while received < part.length and not run.revoked and not self._state.stop.is_set():
            chunk = answer.read(part.length - received)
            if not chunk:
                raise TransientError("the response ended {0} bytes early".format(part.length - received))
            self._state.count(received=len(chunk))
            if part.first + received == 0:
                self._inspect(chunk)
            received += len(chunk)
            self._writer.submit(functools.partial(self._write, run, part, chunk))
            if self._task.remote.ranged:
                # A server that often closes the connection but always sends some bytes is slow, not broken.
                self._retries.reset()
            self._state.limit.spend(len(chunk), self._state.stop)

    def _write(self, run: PartRun, part: Part, chunk: bytes) -> None:
        crc = crc64.update(chunk, part.crc) if crc64.update is not None else 0
        with run.lock:
            if run.revoked:
                return
            view, at = memoryview(chunk), part.first + part.done
            while view:
                written = os.pwrite(self._task.file.number, view, at)
                view, at = view[written:], at + written
            part.crc = crc
            part.done += len(chunk)

    def _inspect(self, head: bytes) -> None:
        if looks_like_a_page(head):
            page = page_instead(self._task.remote.url, head)
            raise WrongDownload(page.what, page.where, page.cure)
        if self._task.inspect is not None:
            try:
                self._task.inspect(head)
            except Failure as failure:
                raise WrongDownload(failure.what, failure.where, failure.cure, **failure.facts) from None

    def _disk_failure(self, error: OSError) -> Failure:
        missing = sum(part.length - part.done for part in self._task.parts)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            cure = "Free that much space and run the task again: the download continues where it stopped."
            return Failure("The disk is full: {0} are still missing".format(amount(missing)), self._task.file.path, cure)
        what = "The part file cannot be written: {0}".format(error.strerror or type(error).__name__)
        return Failure(what, self._task.file.path, "Check the file system, then run the task again: the download continues where it stopped.")
