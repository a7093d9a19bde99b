# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compatibility is tested for what is promised: the versions in README.md and in meta/runtime.yml are those of the steps, and further servers run."""

import contextlib
import re
import threading
from pathlib import Path

import pytest
from ansible_collections.apsaradb.mysql.tests.support import servers

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_versions_of_ansible_core_are_those_that_are_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    import cores

    promised = re.search(r'requires_ansible: ">=(\d+\.\d+)\.0"', (ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert promised is not None and promised.group(1) == cores.OLDEST.series == cores.CORES[0].series
    series = [core.series for core in cores.CORES]
    assert series == ["2.{0}".format(minor) for minor in range(int(series[0][2:]), int(series[-1][2:]) + 1)]
    others = [name for name in series if name not in cores.CHECKED]
    assert "| ansible-core {0} and {1}: sanity and units | `make check`".format(", ".join(cores.CHECKED[:-1]), cores.CHECKED[-1]) in README
    assert "| ansible-core {0}: sanity and units | `CORES='{1}' make cores`".format(" and ".join(others), " ".join(others)) in README


@pytest.mark.parametrize(
    "named, lacks, reason",
    [
        ("2.19 3.0", (), "CORES names 3.0, but only 2.16, 2.17, 2.18, 2.19, 2.20, devel are tested"),
        ("2.17", (12, 11, 10), "CORES names 2.17"),
        ("", (), ""),
        ("", (12, 11, 10), ""),
    ],
)
def test_a_core_that_is_named_is_tested_or_fails(named: str, lacks: tuple[int, ...], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    import cores
    import machine
    import run

    tried: list[str] = []
    monkeypatch.setenv("CORES", named)
    monkeypatch.delenv(run.MAY_SKIP, raising=False)
    monkeypatch.setattr(machine, "find_python", lambda minors: None if set(minors) <= {*lacks, 6} else Path("python3"))
    monkeypatch.setattr(cores, "make_venv", lambda _run, venv, *_more: tried.append(venv.name) or tmp_path)
    monkeypatch.setattr(cores, "check_sanity", lambda *_given: None)
    (tmp_path / "lib" / "python3.12").mkdir(parents=True)
    monkeypatch.setattr(run, "_folder_in_memory", lambda _stack: None)
    monkeypatch.setattr(run.Run, "environment", lambda *_given: {})
    monkeypatch.setattr(run.Run, "tests", lambda *_given, **_more: None)
    with contextlib.ExitStack() as stack:
        state = run.Run(stack)
        if reason:
            with pytest.raises(run.Failed, match=reason):
                cores.cores(state)
        else:
            cores.cores(state)
            assert [name[len("venv-core-") :] for name in tried] == [name for name in cores.CHECKED if name != "2.16" or not lacks]
            assert [note for note in state.ran_on if note.startswith("NOT ")]


@pytest.mark.parametrize("allowed, fails", [(None, False), ("ee oldest", False), ("ee", True), ("", True)])
def test_what_a_step_leaves_out_fails_unless_it_may(allowed: str | None, fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    import lanes
    import machine
    import run

    monkeypatch.setattr(machine, "find_python", lambda _minors: None)
    monkeypatch.setattr(run, "_folder_in_memory", lambda _stack: None)
    monkeypatch.setattr(lanes.Lane, "failed", threading.Event())
    monkeypatch.delenv(run.MAY_SKIP, raising=False)
    if allowed is not None:
        monkeypatch.setenv(run.MAY_SKIP, allowed)
    import cores

    with contextlib.ExitStack() as stack:
        lane = lanes.Lane(run.Run(stack))
        lane({"oldest": cores.oldest})
    assert lane.outcomes["oldest"].failed == fails and "NOT " in lane.outcomes["oldest"].ran_on


def test_the_oldest_host_is_the_one_that_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    import cores

    pymysql, requests = (package.partition("==")[2].replace(".*", "") for package in cores.OLDEST_PACKAGES)
    python = "3.{0}".format(cores.OLDEST.targets[0])
    assert "with ansible-core {0}, on a host with Python {1}, PyMySQL {2} and requests {3}".format(cores.OLDEST.series, python, pymysql, requests) in README
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    least = dict(line.split(">=") for line in lines if ">=" in line)
    for name, version in ("PyMySQL", pymysql), ("requests", requests):
        assert [int(part) for part in least[name].split(".")][:2] <= [int(part) for part in version.split(".")][:2]


def test_a_server_from_a_container_image_runs_with_the_c_library_of_the_image(tmp_path: Path) -> None:
    for name in "lib64/ld-linux-x86-64.so.2", "usr/sbin/mysqld", "usr/bin/mysql":
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\necho $3 Ver 8.0.44 for Linux\n")
        path.chmod(0o755)
    found = servers.server_at(str(tmp_path))
    libraries = "{0}/usr/lib64:{0}/usr/lib64/mysql/private".format(tmp_path)
    prefix = (str(tmp_path / "lib64/ld-linux-x86-64.so.2"), "--library-path")
    assert (found.version, found.mysqld[:2], found.mysqld[3]) == ("8.0.44", prefix, str(tmp_path / "usr/sbin/mysqld"))
    assert found.mysqld[2].endswith(libraries) and found.mysql == found.mysqld[:3] + (str(tmp_path / "usr/bin/mysql"),)
