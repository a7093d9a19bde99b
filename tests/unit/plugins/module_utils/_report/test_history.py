# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of the history: what is added, what is read, and how lines that no drill wrote are treated."""

import json
import os
import subprocess
import sys

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._report import history
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.history import Drill, parse, to_line, update_history
from ansible_collections.apsaradb.mysql.tests.support.reports import HOSTILE, NOW

DRILL = Drill("s", NOW, "good", 9.0, 4.0, 900, {("shop", "t"): 3, ("shop", "u"): None}, 0, {"by": "me@here"})


def keep(path, number=0, **more):
    return update_history(str(path), DRILL._replace(written=NOW + number, **more), add=True)


def test_a_drill_is_read_as_it_was_added(tmp_path):
    path = tmp_path / "new" / "history"
    assert keep(path) == (str(path), (), ())
    assert keep(path, 1).drills == (DRILL,)
    assert keep(path, 2).drills == (DRILL, DRILL._replace(written=NOW + 1))
    assert os.stat(str(path)).st_mode & 0o777 == 0o600


def test_only_drills_of_the_series_are_read(tmp_path):
    keep(tmp_path / "h", series="other")
    assert keep(tmp_path / "h").drills == ()
    assert len(keep(tmp_path / "h", series="other").drills) == 1


def test_nothing_is_written_unless_wanted(tmp_path):
    path = tmp_path / "h"
    assert update_history(str(path), DRILL, add=False).drills == () and not path.exists()
    keep(path)
    before = path.read_bytes()
    assert update_history(str(path), DRILL, add=False).drills == (DRILL,) and path.read_bytes() == before


@pytest.mark.parametrize(
    "line",
    [
        b"not of a drill",
        b"[]",
        b"7",
        b"\xff\xfe",
        b'{"drill": 2}',
        b"[" * 100000,
        to_line(DRILL)[:-9],
        to_line(DRILL).replace(b'"t":3', b'"t":-3'),
        to_line(DRILL).replace(b'"t":3', b'"t":"3"'),
        to_line(DRILL).replace(b'"seconds":9.0', b'"seconds":NaN'),
        to_line(DRILL).replace(b'"seconds":9.0', b'"seconds":1e99'),
        to_line(DRILL).replace(b'"seconds":9.0', b'"more":1'),
        to_line(DRILL).replace(b'"good"', b"[]"),
    ],
)
def test_a_foreign_or_damaged_line_is_named_and_left_alone(tmp_path, line):
    """The last line is incomplete, as after a drill that was killed while it wrote."""
    path = tmp_path / "h"
    line = line.rstrip(b"\n")
    path.write_bytes(line)
    kept = keep(path)
    assert kept.drills == () and len(kept.problems) == 1 and "at byte 0 that is damaged" in kept.problems[0]
    again = keep(path)
    assert again.drills == (DRILL,) and again.problems == kept.problems
    assert path.read_bytes() == line + b"\n" + 2 * to_line(DRILL)


def test_of_many_such_lines_some_are_named():
    drills, problems = parse(b"x\n" * 9 + to_line(DRILL) + b"\n", 0, "s")
    assert drills == [DRILL] and len(problems) == 4 and "byte 16 " in problems[0] and "6 more" in problems[3]


def test_only_the_end_of_a_large_file_is_read(tmp_path, monkeypatch):
    path, line = tmp_path / "h", to_line(DRILL)
    path.write_bytes(b"x" * 5000 + b"\n" + line * 10)
    monkeypatch.setattr(history, "MAX_BYTES", 3 * len(line) + 5)
    assert keep(path) == (str(path), (DRILL,) * 3, ())
    monkeypatch.setattr(history, "MAX_BYTES", 1 << 20)
    monkeypatch.setattr(history, "MAX_DRILLS", 2)
    assert keep(path) == (str(path), (DRILL,) * 2, ())


def test_a_line_has_the_largest_tables(monkeypatch):
    monkeypatch.setattr(history, "MAX_TABLES", 2)
    line = json.loads(to_line(DRILL._replace(rows={("a", "t"): 1, ("a", "u"): 3, ("b", "v"): 2})).decode())
    assert line["rows"] == {"a": {"u": 3}, "b": {"v": 2}} and line["left_out"] == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_any_name_stays_one_line(text):
    drill = DRILL._replace(rows={(text, text): 1}, series=text)
    assert to_line(drill).count(b"\n") == 1 and parse(to_line(drill), 0, text) == ([drill], [])


def test_a_history_that_cannot_be_kept_is_a_problem_and_no_error(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in keep(tmp_path / "link").problems[0] and not (tmp_path / "elsewhere").exists()
    assert "cannot be opened" in keep(tmp_path).problems[0]
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be opened" in keep(tmp_path / "file" / "h").problems[0]


def test_without_space_the_file_is_as_before(tmp_path):
    keep(tmp_path / "h")
    before = (tmp_path / "h").read_bytes()
    program = (
        "import resource, sys; from {0} import test_history as t; resource.setrlimit(resource.RLIMIT_FSIZE, ({1}, {1})); print(t.keep(sys.argv[1]).problems)"
    )
    program = program.format("ansible_collections.apsaradb.mysql.tests.unit.plugins.module_utils._report", len(before) + 20)
    found = subprocess.run(
        [sys.executable, "-c", "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); " + program, str(tmp_path / "h")],
        stdout=subprocess.PIPE,
        check=True,
    )
    assert b"cannot be kept: File too large" in found.stdout and (tmp_path / "h").read_bytes() == before


def test_drills_at_the_same_time_each_add_a_line(tmp_path):
    program = "import sys; from {0} import test_history as t; [t.keep(sys.argv[1], number) for number in range(50)]"
    program = program.format("ansible_collections.apsaradb.mysql.tests.unit.plugins.module_utils._report")
    running = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "h")]) for _number in range(3)]
    assert [each.wait() for each in running] == [0, 0, 0]
    kept = keep(tmp_path / "h")
    assert len(kept.drills) == 150 and kept.problems == ()
