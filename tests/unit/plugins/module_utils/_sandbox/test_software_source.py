# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where mysqld comes from, with programs that only tell their version."""

import io
import os
import tarfile

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import software_source
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software_source import SoftwareRequest
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.state_file import SandboxState

SCRIPT = '#!/bin/sh\necho "mysqld  Ver {0} for Linux on x86_64 (x)"\n'


def program(folder, version):
    os.makedirs(str(folder), exist_ok=True)
    path = os.path.join(str(folder), "mysqld")
    with open(path, "w") as handle:
        handle.write(SCRIPT.format(version))
    os.chmod(path, 0o755)
    return path


@pytest.fixture
def tarball(tmp_path):
    text = SCRIPT.format("8.4.1").encode()
    with tarfile.open(str(tmp_path / "mysql-8.4.1-linux.tar.xz"), "w:xz") as tar:
        member = tarfile.TarInfo("mysql-8.4.1-linux/bin/mysqld")
        member.size, member.mode = len(text), 0o755
        tar.addfile(member, io.BytesIO(text))
    return str(tmp_path / "mysql-8.4.1-linux.tar.xz")


def installed(monkeypatch, tmp_path, version):
    path = program(tmp_path / "sbin", version)
    monkeypatch.setenv("PATH", os.path.dirname(path) + os.pathsep + os.environ["PATH"])
    return path


def test_auto_takes_what_is_installed(monkeypatch, tmp_path):
    mysqld = installed(monkeypatch, tmp_path, "8.0.36")
    software, origin = software_source.obtain(SoftwareRequest("auto", str(tmp_path)), None)
    assert (software.mysqld, origin) == ((mysqld,), "system")


def test_auto_passes_by_another_version(monkeypatch, tmp_path):
    """Then packages are wanted, which are not there yet."""
    installed(monkeypatch, tmp_path, "8.0.36")
    assert software_source.at_hand(SoftwareRequest("auto", str(tmp_path / "shelf"), "9"), None) is None
    assert not os.path.exists(str(tmp_path / "shelf"))


def test_another_version_is_said(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, "8.0.36")
    with pytest.raises(Failure, match="MySQL 8.4 is wanted, and this is 8.0.36"):
        software_source.obtain(SoftwareRequest("system", str(tmp_path), "8.4"), None)


def test_a_tarball(tmp_path, tarball):
    """Unpacked once; the sandbox made from it finds it again even when the tarball and software_path have changed."""
    request = SoftwareRequest(tarball, str(tmp_path / "shelf"), "8.4")
    assert software_source.at_hand(request, None) is None
    software, origin = software_source.obtain(request, None)
    assert (software.version, origin) == ("8.4.1", tarball)
    os.unlink(tarball)
    assert software_source.obtain(request, None) == (software, origin)
    known = SandboxState(origin, software.root, software.version, 3307, "")
    assert software_source.obtain(SoftwareRequest("auto", str(tmp_path / "elsewhere")), known) == (software, origin)


def test_a_sandbox_keeps_its_source(monkeypatch, tmp_path, tarball):
    """Also against auto, which would now find another server installed."""
    software, origin = software_source.obtain(SoftwareRequest(tarball, str(tmp_path / "shelf")), None)
    known = SandboxState(origin, software.root, software.version, 3307, "")
    installed(monkeypatch, tmp_path, "8.4.9")
    assert software_source.obtain(SoftwareRequest("auto", str(tmp_path / "shelf")), known)[0] == software
    with pytest.raises(Failure, match="was made from .*, not from system"):
        software_source.obtain(SoftwareRequest("system", str(tmp_path)), known)


def test_a_lost_tree_is_fetched_in_its_series(tmp_path):
    """Data of 8.0 must not meet the newest packages."""
    (tmp_path / "packages-8.0").mkdir()
    (tmp_path / "packages-8.0" / ".complete").touch()
    program(tmp_path / "packages-8.0" / "usr" / "sbin", "8.0.40")
    known = SandboxState("packages", str(tmp_path / "gone" / "packages"), "8.0.36", 3307, "")
    assert software_source.obtain(SoftwareRequest("auto", str(tmp_path)), known)[0].version == "8.0.40"
