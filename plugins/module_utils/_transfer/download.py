# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes from a server into a file, on several connections at once.

Each connection is a thread that asks for a run of parts, with another one at its side that computes their CRC-64 and writes them in place
while the next bytes come. The caller's thread watches: a connection that does not move for longer than the timeout loses its run, and whatever
it may still receive is not written.
"""

import errno
import functools
import os
import queue
import threading
import time
from typing import Callable, List, NamedTuple, Optional

from .._backoff import backoff
from .._failure import Failure
from . import crc64
from .bandwidth_limit import BandwidthLimit
from .http_client import HttpAnswer, HttpClient, Network, ObjectChanged
from .journal import Journal
from .oss_error import Refused, looks_like_a_page, page_instead
from .part_file import PartFile, amount
from .parts import Part, PartQueue, PartRun, done, in_hurry
from .probe import RemoteObject
from .retry import TransientError
from .url_renewal import RenewableUrl
from .verify_download import WrongDownload

_TICK = 0.2

Inspect = Callable[[bytes], None]
Progress = Callable[[int, int], None]
"""Is told now and then how many bytes are there, and of how many: several times a second, by the thread that called."""


class DownloadCost(NamedTuple):
    """What a download cost."""

    bytes: int
    requests: int


class Download:
    """One attempt to bring the missing ``parts`` of ``remote`` into ``part_file``."""

    def __init__(
        self,
        remote: RemoteObject,
        parts: List[Part],
        part_file: PartFile,
        journal: Optional[Journal],
        network: Network,
        bandwidth_limit: int,
        inspect: Optional[Inspect],
        address: Optional[RenewableUrl] = None,
        progress: Optional[Progress] = None,
    ) -> None:
        self._remote = remote
        self._parts = parts
        self._file = part_file
        self._journal = journal
        self._network = network
        self._throttle = BandwidthLimit(bandwidth_limit)
        self._inspect = inspect
        self._address = address or RenewableUrl(remote)
        self._progress = progress
        self._stop = threading.Event()
        self._news = threading.Event()
        self._lock = threading.Lock()
        self._lanes: List[_DownloadThread] = []
        self._fatal: Optional[BaseException] = None
        self._given_up: Optional[BaseException] = None
        self._begun = time.monotonic()
        self.bytes = 0
        self.requests = 0

    def run(self, connections: int) -> None:
        """Return when every part is complete.

        :raises ObjectChanged: another object came to be behind the URL.
        :raises Failure: what is complete is in the journal.
        """
        self._board = PartQueue(self._parts, connections)
        try:
            for _number in range(self._board.connections):
                self._start(0)
            while not all(lane.over for lane in self._lanes):
                self._news.wait(_TICK)
                self._news.clear()
                if self._fatal is not None:
                    break
                self._watch()
                self._tell()
        finally:
            self._halt()
        self._tell()
        if self._fatal is not None:
            raise self._fatal
        missing = sum(part.length - part.done for part in self._parts)
        if missing:
            raise self._unfinished(missing)

    def _start(self, failures: int) -> None:
        lane = _DownloadThread(self, failures)
        self._lanes.append(lane)
        lane.start()

    def _watch(self) -> None:
        for lane in list(self._lanes):
            if lane.over:
                self._lanes.remove(lane)
            elif lane.is_stalled():
                self._lanes.remove(lane)
                lane.abandon()
                if lane.failures + 1 > self._network.retries:
                    self.give_up(TransientError("nothing was received within the timeout"))
                else:
                    self._start(lane.failures + 1)

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(done(self._parts), sum(part.length for part in self._parts))

    def _halt(self) -> None:
        """Nothing is written after this: a thread that does not end by itself has lost its run."""
        self._stop.set()
        patience = time.monotonic() + 1.0
        for lane in self._lanes:
            lane.join(max(0.0, patience - time.monotonic()))
            if lane.is_alive():
                lane.abandon()
        if self._journal is not None:
            try:
                self._journal.note(*[part for part in self._parts if 0 < part.done < part.length])
            except OSError:
                # On a full disk. What is not written down is fetched again, no more.
                pass

    def _unfinished(self, missing: int) -> BaseException:
        error = self._given_up
        wanted = sum(part.length for part in self._parts)
        kept = "{0} of {1} bytes are there".format(wanted - missing, wanted)
        if isinstance(error, Refused):
            return Refused("{0}; {1}".format(error.what, kept), error.where or self._remote.url.place, error.cure or "", error.expired)
        if isinstance(error, TransientError):
            return Failure(
                "The download does not go on: {0} ({1} tries in a row); {2}".format(error, self._network.retries + 1, kept),
                self._remote.url.place,
                "Run it again to continue" + (" from there." if self._journal is not None else ": this server gives no ranges, so it begins anew."),
            )
        return error if error is not None else Failure("The download ended early; " + kept, self._remote.url.place, "Run it again to continue.")

    # What lanes use.

    def in_hurry(self) -> bool:
        """True if the URL may expire before this is over."""
        expires_at, elapsed = self._address.expires_at, time.monotonic() - self._begun
        missing = sum(part.length for part in self._parts) - done(self._parts)
        return in_hurry(missing, self.bytes / elapsed if self.bytes and elapsed > 1 else None, None if expires_at is None else expires_at - time.time())

    def fail(self, error: BaseException) -> None:
        """End the whole download."""
        with self._lock:
            self._fatal = self._fatal or error
        self._stop.set()
        self._news.set()

    def give_up(self, error: BaseException) -> None:
        """One connection ends; the others go on. A refusal says more than a broken connection does."""
        with self._lock:
            if self._given_up is None or (isinstance(error, Refused) and not isinstance(self._given_up, Refused)):
                self._given_up = error

    def count(self, received: int, asked: int) -> None:
        """Add to what it costs."""
        with self._lock:
            self.bytes += received
            self.requests += asked


class _BackgroundTask(threading.Thread):
    """Does one thing at a time for a lane, which meanwhile reads on. At most one more thing waits. After an error nothing is done any more."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="apsaradb-transfer-write")
        self._tasks: "queue.Queue[Optional[Callable[[], None]]]" = queue.Queue(1)
        self._error: Optional[BaseException] = None

    def run(self) -> None:
        for task in iter(self._tasks.get, None):
            if self._error is None:
                try:
                    task()
                except BaseException as error:  # pylint: disable=broad-except
                    self._error = error
            del task
            self._tasks.task_done()
        self._tasks.task_done()

    def give(self, task: Callable[[], None]) -> None:
        """Have ``task`` done after those before it. Raises what one of those has raised."""
        self._complain()
        self._tasks.put(task)

    def rest(self) -> None:
        """Return when nothing is left to do. Raises what a task has raised."""
        self._tasks.join()
        self._complain()

    def end(self) -> None:
        """Let the thread end after its last task."""
        self._tasks.put(None)

    def _complain(self) -> None:
        # It stays: what waits is to be written behind bytes that are not there.
        if self._error is not None:
            raise self._error


class _DownloadThread(threading.Thread):
    def __init__(self, download: Download, failures: int) -> None:
        super().__init__(daemon=True, name="apsaradb-transfer")
        self._all = download
        self._network = download._network
        self._run: Optional[PartRun] = None
        self._guard = threading.Lock()
        self._abandoned = False
        self._hand = _BackgroundTask()
        self._deadline = float("inf")
        self.failures = failures
        self.over = False

    def is_stalled(self) -> bool:
        return time.monotonic() > self._deadline

    def abandon(self) -> None:
        """Take its work away, whatever it hangs in. The thread ends when it notices."""
        with self._guard:
            self._abandoned = True
            if self._run is not None:
                self._all._board.finish(self._run)

    def _take(self) -> Optional[PartRun]:
        with self._guard:
            self._run = None if self._abandoned else self._all._board.take(self._all.in_hurry())
            return self._run

    def run(self) -> None:
        client = None
        try:
            self._hand.start()
            client = HttpClient(self._network)
            while not self._all._stop.is_set():
                run = self._take()
                if run is None:
                    return
                try:
                    self._carry(client, run)
                finally:
                    self._all._board.finish(run)
        except BaseException as error:  # pylint: disable=broad-except
            self._report(error)
        finally:
            self._deadline = float("inf")
            self._hand.end()
            if client is not None:
                client.close()
            self.over = True
            self._all._news.set()

    def _report(self, error: BaseException) -> None:
        if self._abandoned:
            # Whatever came too late is not about the download any more.
            return
        if isinstance(error, (TransientError, Refused)):
            self._all.give_up(error)
        elif isinstance(error, OSError):
            self._all.fail(self._disk_failure(error))
        else:
            self._all.fail(error)

    def _carry(self, client: HttpClient, run: PartRun) -> None:
        """Bring ``run``, however many requests it takes."""
        while not self._all._stop.is_set():
            part = self._all._board.part(run)
            if part is None:
                return
            try:
                self._read(client, run, part)
            except TransientError as trouble:
                if self._all._board.part(run) is None:
                    return
                self.failures += 1
                if self.failures > self._network.retries:
                    raise
                self._all._stop.wait(backoff(self.failures, self._network.retry_step, trouble.wait))

    def _read(self, client: HttpClient, run: PartRun, part: Part) -> None:
        """One request, from where ``part`` stands to the end of ``run``."""
        remote = self._all._remote
        first: Optional[int] = None
        last: Optional[int] = None
        if remote.ranged:
            first, last = part.source + part.done, self._all._board.end(run) - 1
        else:
            part.restart()
        self._within(2 * self._network.timeout)
        self._all.count(0, 1)
        address = self._all._address
        url = address.current
        try:
            answer = client.get(url, first, last, remote.etag)
        except Refused as refused:
            # It may take long, and others wait for it as well.
            self._deadline = float("inf")
            return address.renew(url, refused)
        address.proves_good(url)
        try:
            check_range(answer, remote, first)
            current: Optional[Part] = part
            while current is not None:
                self._fill(answer, run, current)
                current = self._all._board.part(run) if current.complete else None
        finally:
            self._deadline = float("inf")
            answer.close()

    def _fill(self, answer: HttpAnswer, run: PartRun, part: Part) -> None:
        try:
            self._bring(answer, run, part)
        finally:
            # Whoever goes on from here goes on behind the last byte that came.
            self._hand.rest()
        with run.lock:
            if part.complete and not run.revoked and self._all._journal is not None:
                self._all._journal.note(part)

    def _bring(self, answer: HttpAnswer, run: PartRun, part: Part) -> None:
        there = part.done
        while there < part.length and not run.revoked and not self._all._stop.is_set():
            self._within(self._network.timeout)
            chunk = answer.read(part.length - there)
            self._deadline = float("inf")
            if not chunk:
                raise TransientError("the answer ended {0} bytes early".format(part.length - there))
            self._all.count(len(chunk), 0)
            if part.first + there == 0:
                self._look(chunk)
            there += len(chunk)
            self._hand.give(functools.partial(self._write, run, part, chunk))
            if self._all._remote.ranged:
                # A peer that drops us again and again but always gives something is slow, not broken.
                self.failures = 0
            self._all._throttle.spend(len(chunk), self._all._stop)

    def _write(self, run: PartRun, part: Part, chunk: bytes) -> None:
        crc = crc64.update(chunk, part.crc) if crc64.update is not None else 0
        with run.lock:
            if run.revoked:
                return
            view, at = memoryview(chunk), part.first + part.done
            while view:
                written = os.pwrite(self._all._file.number, view, at)
                view, at = view[written:], at + written
            part.crc = crc
            part.done += len(chunk)

    def _look(self, head: bytes) -> None:
        if looks_like_a_page(head):
            page = page_instead(self._all._remote.url, head)
            raise WrongDownload(page.what, page.where, page.cure)
        if self._all._inspect is not None:
            try:
                self._all._inspect(head)
            except Failure as failure:
                raise WrongDownload(failure.what, failure.where, failure.cure, **failure.facts) from None

    def _within(self, seconds: float) -> None:
        # The connection's own deadline comes first where it applies. This one is for what it does not see, such as the resolution of names.
        self._deadline = time.monotonic() + seconds + 2 * _TICK

    def _disk_failure(self, error: OSError) -> Failure:
        missing = sum(part.length - part.done for part in self._all._parts)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            cure = "Free as much, then run it again: what has been downloaded is kept and continued."
            return Failure("The disk is full: {0} are still missing".format(amount(missing)), self._all._file.path, cure)
        what = "The part file cannot be written: {0}".format(error.strerror or type(error).__name__)
        return Failure(what, self._all._file.path, "Look at the file system, then run it again to continue.")


def check_range(answer: HttpAnswer, remote: RemoteObject, first: Optional[int]) -> None:
    """Notice an answer to another question before one of its bytes is written."""
    if answer.status == 416:
        raise ObjectChanged()
    if first is None:
        if answer.status != 200:
            raise TransientError("the server sent a part where the whole was asked for")
        if answer.total is not None and answer.total != remote.size:
            raise ObjectChanged()
        return
    if answer.status == 200:
        raise TransientError("the server sent the whole object where a part was asked for")
    if answer.first != first:
        raise TransientError("the server sent another part than the one asked for")
    if answer.total is not None and answer.total != remote.size:
        raise ObjectChanged()
