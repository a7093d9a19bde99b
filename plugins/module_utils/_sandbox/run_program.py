# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that starts programs. AnsibleModule.run_command cannot: it neither leaves a server running nor writes to its log."""

import subprocess
from typing import IO, Mapping, NamedTuple, Optional, Sequence

# pylint: disable=ansible-bad-function


class ProgramResult(NamedTuple):
    """How a program ended, and what it said: all of it in ``output``, its complaints alone in ``errors`` where kept apart."""

    code: int
    output: str
    errors: str


def run(argv: Sequence[str], cwd: Optional[str] = None, environment: Optional[Mapping[str, str]] = None, apart: bool = False) -> ProgramResult:
    """Run a program to its end. With ``apart``, its complaints do not go into its output. A program that cannot be started ends with 127."""
    errors = subprocess.PIPE if apart else subprocess.STDOUT
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, cwd=cwd, env=environment, check=False)
    except OSError as error:
        return ProgramResult(127, str(error), str(error))
    return ProgramResult(done.returncode, done.stdout.decode("utf-8", "replace"), (done.stderr or b"").decode("utf-8", "replace"))


def feed(argv: Sequence[str], orders: bytes, log: IO[bytes], cwd: str) -> int:
    """Run a program on ``orders`` as its input, with all it says in ``log``; its exit code."""
    return subprocess.run(argv, input=orders, stdout=log, stderr=subprocess.STDOUT, cwd=cwd, check=False).returncode


def detach(argv: Sequence[str], log: IO[bytes], cwd: str) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own, so that no signal and no hang-up of the caller reaches it."""
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=cwd, start_new_session=True)
