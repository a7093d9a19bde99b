# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The thread that writes what a connection brings: what waits behind a failed write is never written in its place."""

import functools
import threading
from typing import List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.background_tasks import BackgroundTasks


@pytest.mark.parametrize("complaints", [1, 2])
def test_after_an_error_nothing_is_done_any_more_however_the_threads_alternate(monkeypatch: pytest.MonkeyPatch, complaints: int) -> None:
    tasks = BackgroundTasks()
    done: List[str] = []
    queued, failed, told = threading.Event(), threading.Event(), threading.Event()
    task_done = tasks._tasks.task_done

    def fail() -> None:
        queued.wait(60)
        raise OSError(28, "No space left on device")

    def pause_between_two_tasks() -> None:
        failed.set()
        told.wait(60)
        task_done()

    monkeypatch.setattr(tasks._tasks, "task_done", pause_between_two_tasks)
    tasks.start()
    tasks.submit(fail)
    # It waits behind the one that fails.
    tasks.submit(lambda: done.append("written where the failed one belongs"))
    queued.set()
    assert failed.wait(60)
    # The connection hears of it before the other thread takes up the next task.
    for _number in range(complaints):
        with pytest.raises(OSError, match="No space"):
            tasks.submit(lambda: done.append("given after the error"))
    told.set()
    with pytest.raises(OSError, match="No space"):
        tasks.wait()
    tasks.close()
    tasks.join(60)
    assert done == [] and not tasks.is_alive()


def test_what_is_given_is_done_in_its_order() -> None:
    tasks = BackgroundTasks()
    done: List[int] = []
    tasks.start()
    for number in range(100):
        tasks.submit(functools.partial(done.append, number))
    tasks.wait()
    tasks.close()
    assert done == list(range(100))
