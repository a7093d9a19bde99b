# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work on many databases at once, in forked processes, because Python uses one core per process. A failure does not stop the others."""

import ctypes
import multiprocessing
import os
import signal
from collections import deque
from multiprocessing.connection import Connection, wait
from typing import Any, Callable, Deque, Dict, Generator, List, NamedTuple, Optional, Sequence, Tuple

from .._failure import Failure
from ._run import defect

_PR_SET_PDEATHSIG = 1
# For the processes to put server settings back after SIGTERM.
_SECONDS_TO_END = 60


class Outcome(NamedTuple):
    """The outcome of item ``number``: the ``result`` of the work or its ``failure``, and its warnings."""

    number: int
    result: Dict[str, Any]
    failure: Optional[Failure]
    warnings: Tuple[str, ...]


Warn = Callable[[str], None]
Work = Callable[[int, Warn], Dict[str, Any]]


class _WorkerProcess:
    """One process and the item that it works on."""

    def __init__(self, work: Work, others: Sequence["_WorkerProcess"]) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        unused = [self.connection] + [process.connection for process in others]
        self._process = context.Process(target=_serve, args=(theirs, unused, work, os.getpid()))
        self._process.start()
        theirs.close()
        self.number: Optional[int] = None

    def give(self, number: int) -> None:
        self.number = number
        self.connection.send(number)

    def take(self) -> Outcome:
        """The outcome of the current item; a failure if the process has died."""
        number = -1 if self.number is None else self.number
        try:
            kind, content, warnings = self.connection.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode or 0
            how = "was killed by signal {0}".format(-code) if code < 0 else "ended with code {0}".format(code)
            return Outcome(number, {}, Failure("The process that worked on it {0}".format(how), None, "Run the task again; it resumes."), ())
        self.number = None
        if kind == "result":
            return Outcome(number, content, failure=None, warnings=warnings)
        what, where, cure, facts = content
        return Outcome(number, {}, Failure(what, where, cure, **facts), warnings)

    @property
    def is_dead(self) -> bool:
        """Whether the process has ended without an outcome."""
        return self.number is not None

    def stop(self) -> None:
        """Ask the process to end: immediately if it is idle, otherwise after it has cleaned up."""
        self.connection.close()
        if self.number is not None and self._process.is_alive():
            self._process.terminate()

    def end(self) -> None:
        """Wait until the process has ended after :meth:`stop`; kill it if it does not end."""
        self._process.join(_SECONDS_TO_END)
        if self._process.is_alive():
            os.kill(self._process.pid or 0, signal.SIGKILL)
            self._process.join()


def in_processes(sizes: Sequence[int], processes: int, work: Work, started: Callable[[int], None]) -> Generator[Outcome, None, None]:
    """Yield the outcome of ``work`` for each index of ``sizes`` when it is done. The last process takes the smallest remaining item and the others
    take the largest, so that small items need not wait for large ones. ``work`` runs in a forked process, so no thread may be running.

    After the iterator is closed, no process runs. If this process is killed, the others get SIGTERM.
    """
    left: Deque[int] = deque(sorted(range(len(sizes)), key=lambda number: -sizes[number]))
    pool: List[_WorkerProcess] = []
    try:
        for _number in range(min(processes, len(left))):
            pool.append(_WorkerProcess(work, pool))
        for process in pool:
            _next(process, left, smallest=process is pool[-1] and len(pool) > 1, started=started)
        while any(process.number is not None for process in pool):
            busy = {process.connection: place for place, process in enumerate(pool) if process.number is not None}
            for connection in wait(list(busy)):
                place = busy[connection]  # type: ignore[index]
                outcome = pool[place].take()
                if pool[place].is_dead:
                    pool[place].stop()
                    pool[place].end()
                    pool[place] = _WorkerProcess(work, pool[:place] + pool[place + 1 :])
                yield outcome
                _next(pool[place], left, smallest=place == len(pool) - 1 and place > 0, started=started)
    finally:
        for process in pool:
            process.stop()
        for process in pool:
            process.end()


def _next(process: _WorkerProcess, left: Deque[int], *, smallest: bool, started: Callable[[int], None]) -> None:
    if left:
        number = left.pop() if smallest else left.popleft()
        started(number)
        process.give(number)


def _serve(connection: Connection, unused: Sequence[Connection], work: Work, parent: int) -> None:
    """Work on items until the other end of ``connection`` is closed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        return
    for other in unused:
        other.close()
    while True:
        try:
            item = connection.recv()
        except EOFError:
            return
        warnings: List[str] = []
        answer: Tuple[str, Any]
        try:
            answer = ("result", work(item, warnings.append))
        except Failure as failure:
            answer = ("failure", (failure.what, failure.where, failure.cure, failure.facts))
        except Exception as error:  # pylint: disable=broad-except
            answer = ("failure", (defect(error), None, None, {}))
        connection.send(answer + (tuple(warnings),))
