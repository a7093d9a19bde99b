# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals that end a load."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.signals import signals_as_exceptions


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_load_like_a_failure(number):
    # nohup ignores SIGHUP.
    outside = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(SystemExit) as caught, signals_as_exceptions():
            os.kill(os.getpid(), number)
        assert caught.value.code == 128 + number and signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, outside)


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_as_exceptions():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_nothing_changes():
    seen = []

    def body():
        with signals_as_exceptions():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


def test_a_forked_child_exits_without_cleaning_up():
    program = (
        "import os, signal, sys\n"
        "from {0} import signals_as_exceptions\n"
        "with signals_as_exceptions():\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        try:\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "        finally:\n"
        "            print('cleaned up', flush=True)\n"
        "    print(os.WEXITSTATUS(os.waitpid(child, 0)[1]))\n"
    ).format(signals_as_exceptions.__module__)
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, stdout=subprocess.PIPE).stdout == b"143\n"
