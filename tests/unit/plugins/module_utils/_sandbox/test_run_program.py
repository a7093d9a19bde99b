# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running programs: output, exit codes, input, and a separate session."""

import os
import sys

from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import run_program

PRINT = [sys.executable, "-c", "import sys; print('out', flush=True); print('bad \\udcff', file=sys.stderr); sys.exit(3)"]


def test_errors_are_part_of_the_output(tmp_path):
    result = run_program.run(PRINT, cwd=str(tmp_path))
    assert (result.code, result.output.split()[0], result.errors) == (3, "out", "")
    assert "bad" in result.output


def test_separate_errors():
    result = run_program.run(PRINT, separate_errors=True)
    assert (result.code, result.output) == (3, "out\n") and "bad" in result.errors


def test_environment():
    assert run_program.run(["/bin/sh", "-c", "echo $X"], environment={"X": "1"}).output == "1\n"


def test_program_that_cannot_be_started():
    result = run_program.run(["/nonexistent/program"])
    assert result.code == 127 and "No such file" in result.output and "No such file" in result.errors


def test_input_and_log(tmp_path):
    with open(str(tmp_path / "log"), "wb") as log:
        assert run_program.run_with_input(["/bin/sh", "-c", "cat; pwd; exit 4"], b"line\n", log, str(tmp_path)) == 4
    assert (tmp_path / "log").read_text().split() == ["line", os.path.realpath(str(tmp_path))]


def test_detached_program_has_a_session_of_its_own(tmp_path):
    with open(str(tmp_path / "log"), "wb") as log:
        child = run_program.start_detached([sys.executable, "-c", "import os; print(os.getsid(0), os.getpid())"], log, str(tmp_path))
    assert child.wait() == 0
    session, pid = (tmp_path / "log").read_text().split()
    assert session == pid == str(child.pid)
