# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs for several workers, bounded by bytes."""

import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.queue import WorkQueue


def test_jobs_of_an_owner_come_first_and_in_order():
    queue = WorkQueue(2, 100)
    for job, owner in (("any", None), ("first", 1), ("second", 1)):
        queue.put(job, owner)
    assert [queue.get(1), queue.get(1), queue.get(0)] == ["first", "second", "any"]


def test_a_worker_takes_its_share_of_the_next_jobs():
    queue = WorkQueue(2, 100)
    for number in range(9):
        queue.put(number)
    assert queue.get(0) == 0
    # Four of eight are its share.
    assert queue.more(0, lambda job: job < 7, 31) == [1, 2, 3, 4]
    assert queue.more(0, lambda job: job < 6, 31) == [5]
    assert queue.more(0, lambda job: job < 6, 31) == []
    for job in "abcd":
        queue.put(job, 1)
    assert queue.more(1, lambda job: job != "d", 2) == ["a", "b"] and queue.more(1, lambda job: job != "d", 31) == ["c"]
    queue.done(9)
    assert queue.get(1) == "d"
    queue.fail(ValueError("no"))
    assert queue.more(1, lambda _job: True, 31) == []


def test_a_closed_queue_is_emptied_first():
    queue = WorkQueue(1, 100)
    queue.put("last")
    queue.close()
    assert queue.get(0) == "last" and queue.get(0) is None


def test_a_failure_ends_workers_and_reader_and_only_the_first_counts():
    queue = WorkQueue(1, 100)
    queue.put("never done")
    queue.fail(ValueError("first"))
    queue.fail(ValueError("second"))
    assert queue.get(0) is None
    for action in (lambda: queue.reserve(1), lambda: queue.put("job"), queue.drain):
        with pytest.raises(ValueError, match="first"):
            action()


def waits(action):
    """A thread in ``action``, which is still waiting after a moment."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    return thread


def test_the_reader_waits_until_bytes_are_released():
    queue = WorkQueue(1, 100)
    queue.reserve(60)
    reader = waits(lambda: queue.reserve(60))
    queue.release(60)
    reader.join(10)
    assert not reader.is_alive()


def test_a_job_larger_than_the_limit_goes_alone():
    queue = WorkQueue(1, 100)
    queue.reserve(1000)
    reader = waits(lambda: queue.reserve(1))
    queue.release(1000)
    reader.join(10)
    assert not reader.is_alive()


def test_drain_waits_for_jobs_in_hand():
    queue = WorkQueue(1, 100)
    queue.put("job")
    assert queue.get(0) == "job"
    drain = waits(queue.drain)
    queue.done()
    drain.join(10)
    assert not drain.is_alive()


def test_a_waiting_worker_gets_a_new_job():
    queue, found = WorkQueue(1, 100), []
    worker = waits(lambda: found.append(queue.get(0)))
    queue.put("job")
    worker.join(10)
    assert found == ["job"]
