# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A thread that runs tasks one after the other while its owner receives more data."""

import queue
import threading
from typing import Callable, Optional


class BackgroundTasks(threading.Thread):
    """Runs tasks in the order of their submission. At most one task waits. After an error no task runs."""

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

    def submit(self, task: Callable[[], None]) -> None:
        """Run ``task`` after the earlier ones. Raises the error of an earlier task."""
        self._raise_error()
        self._tasks.put(task)

    def wait(self) -> None:
        """Return when all tasks have ended. Raises the error of a task."""
        self._tasks.join()
        self._raise_error()

    def close(self) -> None:
        """Let the thread end after its last task."""
        self._tasks.put(None)

    def _raise_error(self) -> None:
        # The error is kept, and no further task runs: it would write after bytes that are missing.
        if self._error is not None:
            raise self._error
