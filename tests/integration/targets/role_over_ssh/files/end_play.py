# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command and, when all hosts have downloaded a tenth or more, end it.

    python3 end_play.py group|parent|nothing HOSTS WORD ...

``group`` sends SIGINT to the command's process group, as Ctrl-C in a terminal does, ``parent`` to its first process alone, ``nothing`` waits for its end.
Prints the output. The exit code is 0 if the command failed.
"""

import os
import re
import signal
import subprocess
import sys

# For a command that does not end.
_PATIENCE = 120


def main(how, hosts, *words):
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    signal.signal(signal.SIGALRM, lambda _number, _frame: os.killpg(child.pid, signal.SIGKILL))
    signal.alarm(_PATIENCE)
    # Before, a host may have nothing that the next play can resume.
    progress = re.compile(r"progress: \[(.+?)\] \S+ download: \d\d+ %")
    waiting = set(hosts.split(","))
    for line in child.stdout:
        text = line.decode("utf-8", "replace")
        sys.stdout.write(text)
        if waiting and progress.match(text):
            waiting.discard(progress.match(text).group(1))
            if not waiting and how == "group":
                os.killpg(child.pid, signal.SIGINT)
            elif not waiting and how == "parent":
                os.kill(child.pid, signal.SIGINT)
    return 1 if child.wait() in (0, -signal.SIGKILL) or waiting and how != "nothing" else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
