# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compatibility is tested for what is promised: the versions in README.md and in meta/runtime.yml are those of the steps, and further servers run."""

import re
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
    assert "| ansible-core {0} and {1}: ".format(", ".join(series[:-1]), series[-1]) in README


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
