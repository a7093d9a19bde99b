# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import subprocess
import sys

FAULTS = """
import resource, sys
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.heap import keep_blocks
if sys.argv[1] == "keep":
    keep_blocks()
for turn in range(50):
    if turn == 1:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [b"x" * (1 << 20) for _ in range(8)]
    del blocks
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    return int(subprocess.check_output([sys.executable, "-c", FAULTS, how], env=env))


def test_blocks_that_come_and_go_do_not_come_from_the_system_each_time():
    """The pages of 8 MiB in each of 49 turns are 100,000."""
    assert faults("keep") < 2000 < 50000 < faults("leave")
