# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work in several processes: order, failures, deaths, and the end of the one that started them."""

import os
import signal
import subprocess
import sys
import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._worker_processes import in_processes


def outcomes(sizes, processes, work):
    order = []
    found = sorted(in_processes(sizes, processes, work, order.append))
    return found, order


def test_each_item_once_with_its_own_result_and_warnings():
    def work(number, warn):
        warn("warning of {0}".format(number))
        return {"square": number * number, "pid": os.getpid()}

    found, order = outcomes([1] * 50, 4, work)
    assert [(outcome.number, outcome.result["square"], outcome.warnings) for outcome in found] == [
        (number, number * number, ("warning of {0}".format(number),)) for number in range(50)
    ]
    assert sorted(order) == list(range(50))
    pids = {outcome.result["pid"] for outcome in found}
    assert 1 <= len(pids) <= 4 and os.getpid() not in pids


def test_large_items_first_and_one_process_for_the_small_ones():
    _found, order = outcomes([5, 1, 9, 3, 7], 3, lambda number, _warn: time.sleep(0.05) or {})
    assert order[:3] == [2, 4, 1]


def test_one_process_takes_all_in_order_of_size():
    _found, order = outcomes([5, 1, 9], 1, lambda _number, _warn: {})
    assert order == [2, 0, 1]


def test_a_failure_is_an_outcome_and_the_rest_is_done():
    def work(number, _warn):
        if number == 1:
            raise Failure("no", "there", "do this", expired=True)
        if number == 2:
            raise ValueError("a secret")
        return {}

    found, _order = outcomes([1] * 5, 2, work)
    assert [outcome.failure is None for outcome in found] == [True, False, False, True, True]
    assert str(found[1].failure) == "no (there). do this" and found[1].failure.facts == {"expired": True}
    assert "defect" in str(found[2].failure) and "ValueError at test_worker_processes.py" in str(found[2].failure) and "secret" not in str(found[2].failure)


def test_a_process_that_is_killed_fails_only_its_item():
    def work(number, _warn):
        if number in (0, 3):
            os.kill(os.getpid(), signal.SIGKILL)
        return {}

    found, _order = outcomes([1] * 6, 2, work)
    assert [outcome.number for outcome in found if outcome.failure is not None] == [0, 3]
    assert "was killed by signal 9" in str(found[0].failure)


def test_nothing_runs_after_the_iterator_is_closed(tmp_path):
    def work(number, _warn):
        (tmp_path / str(os.getpid())).write_text("")
        time.sleep(0 if number == 0 else 60)
        return {}

    running = in_processes([9, 1, 1, 1], 3, work, lambda _number: None)
    assert next(running).number == 0
    running.close()
    for path in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.name), 0)


def test_no_process_survives_the_one_that_started_it(tmp_path):
    code = (
        "import os, sys, time\n"
        "from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._worker_processes import in_processes\n"
        "def work(number, warn):\n"
        "    open(os.path.join(sys.argv[1], str(os.getpid())), 'w').close()\n"
        "    time.sleep(60)\n"
        "list(in_processes([1, 1], 2, work, print))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.DEVNULL)
    while len(list(tmp_path.iterdir())) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    for path in tmp_path.iterdir():
        status = os.path.join("/proc", path.name, "stat")
        while os.path.exists(status) and open(status).read().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.02)
