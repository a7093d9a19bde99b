# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the progress of a job to a small file. If that fails, the job continues without it."""

import errno
import json
import os
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, Optional, Sequence, Tuple

from .. import _atomic_file
from .._progress import Progress

PROGRESS_SPEC: Dict[str, Dict[str, Any]] = {"progress": {"type": "bool", "default": True}, "progress_file": {"type": "path"}}
"""Documented in the fragment ``_progress``. ``progress`` is for the action plugin on the control node; the host does not use it."""

VARIABLE = "APSARADB_MYSQL_PROGRESS_FILE"
"""The environment variable in which the action plugin names its own progress file, in addition to the option ``progress_file``."""

_FORMAT = 1
_SECONDS_A_WRITE = 0.5
_SECONDS_OF_A_RATE = 10.0


class ProgressFile(Progress):
    """Writes the progress to files at each new phase, and at most twice a second. A reader always finds a complete document."""

    def __init__(self, module: str, paths: Sequence[str], lost: Callable[[str, str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """If a file cannot be written, ``lost`` is called with its path and the reason, and the file is not written again."""
        self._paths = list(paths)
        self._lost = lost
        self._clock = clock
        self._lock = threading.Lock()
        self._written = float("-inf")
        self._began = clock()
        self._samples: Deque[Tuple[float, int]] = deque()
        self._status: Dict[str, Any] = {
            "format": _FORMAT,
            "module": module,
            "subject": None,
            "pid": os.getpid(),
            "state": "running",
            "phase": "start",
            "percent": None,
            "bytes_done": 0,
            "bytes_total": None,
            "rate": None,
            "eta": None,
            "databases_done": None,
            "databases_total": None,
            "tables_done": None,
            "tables_total": None,
            "transactions_done": None,
            "transactions_total": None,
            "elapsed": 0.0,
            "updated": 0.0,
        }
        with self._lock:
            self._write()

    def about(self, subject: str) -> None:
        with self._lock:
            self._status["subject"] = subject
            self._write()

    def phase(self, name: str, total: Optional[int] = None, done: int = 0) -> None:
        with self._lock:
            if name == self._status["phase"] and total == self._status["bytes_total"]:
                return
            self._status.update(phase=name, bytes_done=done, bytes_total=total, percent=None, rate=None, eta=None)
            self._samples.clear()
            self._samples.append((self._clock(), done))
            self._write()

    def add(self, size: int) -> None:
        with self._lock:
            self._status["bytes_done"] += size
            self._write_sometimes()

    def at(self, done: int, total: Optional[int]) -> None:
        with self._lock:
            if total != self._status["bytes_total"]:
                # A new total starts a new measurement.
                self._samples.clear()
            self._status.update(bytes_done=done, bytes_total=total)
            self._write_sometimes()

    def percent(self, percent: Optional[int]) -> None:
        with self._lock:
            self._status["percent"] = percent
            self._write()

    def databases(self, total: int) -> None:
        with self._lock:
            self._status.update(databases_done=0, databases_total=total)
            self._write_sometimes()

    def database(self) -> None:
        with self._lock:
            self._status["databases_done"] = (self._status["databases_done"] or 0) + 1
            self._write_sometimes()

    def tables(self, total: int) -> None:
        with self._lock:
            self._status.update(tables_done=0, tables_total=total)
            self._write_sometimes()

    def table(self) -> None:
        with self._lock:
            self._status["tables_done"] = (self._status["tables_done"] or 0) + 1
            self._write_sometimes()

    def transactions(self, done: int, total: int) -> None:
        with self._lock:
            self._status.update(transactions_done=done, transactions_total=total)
            self._write_sometimes()

    def end(self, *, failed: bool) -> None:
        """Write the final state."""
        with self._lock:
            self._status["state"] = "failed" if failed else "ended"
            self._write()

    def _write_sometimes(self) -> None:
        if self._clock() - self._written >= _SECONDS_A_WRITE:
            self._write()

    def _write(self) -> None:
        self._written = now = self._clock()
        self._measure(now)
        self._status.update(elapsed=round(now - self._began, 1), updated=round(time.time(), 1))
        text = json.dumps(self._status).encode("ascii") + b"\n"
        for path in list(self._paths):
            try:
                _replace(path, text)
            except (OSError, ValueError) as error:
                self._paths.remove(path)
                self._lost(path, getattr(error, "strerror", None) or str(error))

    def _measure(self, now: float) -> None:
        status = self._status
        done, total = status["bytes_done"], status["bytes_total"]
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= _SECONDS_OF_A_RATE:
            self._samples.popleft()
        then, before = self._samples[0]
        if now - then >= _SECONDS_A_WRITE:
            status["rate"] = rate = max(0, int((done - before) / (now - then)))
            status["eta"] = int(max(0, total - done) / rate) if rate and total is not None else None
        if total:
            status["percent"] = min(100, done * 100 // total)


def _replace(path: str, text: bytes) -> None:
    part = path + ".part"
    descriptor = _atomic_file.begin_replacement(part, mode=0o644)
    try:
        if os.write(descriptor, text) != len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)
    os.rename(part, path)
