# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes a private server and its folder when the process that uses it ends for any reason, including SIGKILL.

This file runs as a program (``python -c`` with its source), so it imports only the standard library. Its standard input is a pipe, and only that
process has the other end open.
"""

import json
import os
import shutil
import signal
import sys
import time
from typing import List

PATIENCE = 60.0  # seconds until killed servers must be gone


def servers_of(folder: str) -> List[int]:
    """The processes that run with the option file of the server in ``folder``."""
    wanted = b"--defaults-file=" + os.fsencode(os.path.join(folder, "server", "my.cnf"))
    found = []
    for name in os.listdir("/proc"):
        try:
            with open("/proc/{0}/cmdline".format(int(name)), "rb") as handle:
                if wanted in handle.read().split(b"\0"):
                    found.append(int(name))
        except (OSError, ValueError):
            pass  # not a process, or one that has ended
    return found


def remove(folder: str) -> None:
    """Kill the server in ``folder``, and remove the folder and the folder of a socket elsewhere."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        running = servers_of(folder)
        if not running:
            break
        for pid in running:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.05)
    try:
        with open(os.path.join(folder, "server", "sandbox.json"), encoding="utf-8") as handle:
            elsewhere = os.path.dirname(json.load(handle)["socket"])
    except (OSError, ValueError, KeyError):
        elsewhere = ""
    if os.path.basename(elsewhere).startswith("mysql-sandbox-"):
        shutil.rmtree(elsewhere, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    remove(sys.argv[1])
