# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several processes, and processes that are killed."""

import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import CONNECTIONS, PART, SIZE, Place, interrupted, until


def test_file_size_limit_in_the_middle_keeps_what_is_there(place: Place) -> None:
    kept = interrupted(place)
    limit = kept + 4 * PART
    before = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))
""".format(limit)
    done = fetch_in_a_process(place, place.url(), before, wait=True)
    assert "The part file cannot be written: File too large" in done.stdout and "the download continues where it stopped" in done.stdout, done.stderr
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]
    there = place.noted()
    assert kept <= there <= limit
    fetched = place.fetch()
    assert place.is_complete()
    assert (fetched.resumed, fetched.downloaded) == (there, SIZE - there)


_SCRIPT = """
import sys
sys.path[:0] = {path!r}
{before}
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch import Network, SignedUrl, FetchRequest, fetch
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch_policy import FetchPolicy
try:
    request = FetchRequest(SignedUrl(sys.stdin.readline()), None, {dest!r}, part_size={part}, network=Network(retry_step=0.01))
    print(dict(fetch(request, FetchPolicy(print))._asdict()))
except Failure as failure:
    print("Failure:", failure)
"""


def fetch_in_a_process(place: Place, url: SignedUrl, before: str = "", wait: bool = False) -> Any:
    script = _SCRIPT.format(path=[entry for entry in sys.path if entry], before=before, dest=str(place.dest), part=PART)
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert process.stdin is not None
    process.stdin.write(url.in_full() + "\n")
    process.stdin.flush()
    if not wait:
        return process
    out, err = process.communicate(timeout=60)
    place.told += [out, err]
    return subprocess.CompletedProcess([], process.returncode, out, err)


@pytest.mark.parametrize("share", [0.1, 0.4, 0.8])
def test_kill_9_and_resume(place: Place, share: float) -> None:
    place.server.most = most = int(share * SIZE)
    process = fetch_in_a_process(place, place.url())
    # Of the received bytes, at most one part for each connection is not recorded yet. One byte was the probe's.
    until(lambda: place.server.sent >= most and place.noted() >= place.server.sent - 1 - CONNECTIONS * PART)
    assert process.poll() is None and not place.dest.exists()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = place.noted()
    place.server.most = None
    fetched = place.fetch()
    assert place.is_complete()
    assert (fetched.resumed, fetched.downloaded) == (kept, SIZE - kept)


def test_three_processes_fetch_the_same_file(place: Place) -> None:
    # None gets a byte before all have asked.
    asked = threading.Event()

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        while len([seen for seen in place.server.seen if (seen.first, seen.last) == (0, 0)]) < 3:
            asked.wait(0.01)
        faulty_oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(faulty_oss.Fault(act, times=1000))
    processes = [fetch_in_a_process(place, place.url()) for _number in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    place.told += outputs
    assert all(process.returncode == 0 for process in processes)
    assert place.is_complete()
    assert not [output for output in outputs if "Failure" in output]
    assert sorted("'changed': True" in output for output in outputs) == [False, False, True]
    assert sum("'downloaded': {0},".format(SIZE) in output for output in outputs) == 1


def test_second_fetch_continues_when_the_first_is_killed(place: Place) -> None:
    place.server.most = SIZE // 3
    first = fetch_in_a_process(place, place.url())
    until(lambda: place.noted() > 0)
    second = fetch_in_a_process(place, place.url())
    until(lambda: len(place.server.seen) - len(place.server.bodies()) == 2)
    assert first.poll() is None
    first.send_signal(signal.SIGKILL)
    first.communicate()
    place.server.most = None
    out = second.communicate(timeout=60)[0]
    place.told.append(out)
    assert place.is_complete()
    assert "'changed': True" in out and "'resumed': 0," not in out
