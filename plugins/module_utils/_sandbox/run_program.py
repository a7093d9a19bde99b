# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts programs. AnsibleModule.run_command can neither leave a server running nor write to the server's log."""

import subprocess
from typing import IO, Mapping, NamedTuple, Optional, Sequence

# pylint: disable=ansible-bad-function


class ProgramResult(NamedTuple):
    """The exit code and the output of a program. ``errors`` is its standard error if that was kept separate, otherwise empty."""

    code: int
    output: str
    errors: str


def run(argv: Sequence[str], cwd: Optional[str] = None, environment: Optional[Mapping[str, str]] = None, *, separate_errors: bool = False) -> ProgramResult:
    """Run a program to its end. Standard error is part of the output unless ``separate_errors``. The code is 127 if the program cannot be started."""
    errors = subprocess.PIPE if separate_errors else subprocess.STDOUT
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, cwd=cwd, env=environment, check=False)
    except OSError as error:
        return ProgramResult(127, str(error), str(error))
    return ProgramResult(done.returncode, done.stdout.decode("utf-8", "replace"), (done.stderr or b"").decode("utf-8", "replace"))


def run_with_input(argv: Sequence[str], text: bytes, log: IO[bytes], cwd: str) -> int:
    """Run a program that reads ``text`` and writes its output to ``log``; return its exit code."""
    return subprocess.run(argv, input=text, stdout=log, stderr=subprocess.STDOUT, cwd=cwd, check=False).returncode


def start_detached(argv: Sequence[str], log: IO[bytes], cwd: str) -> "subprocess.Popen[bytes]":
    """Start a program in its own session, so that it outlives the caller and receives none of its signals."""
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=cwd, start_new_session=True)
