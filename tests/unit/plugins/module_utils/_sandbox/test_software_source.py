# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The choice of the source, with scripts that only print a version."""

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


def test_auto_prefers_the_installed_server(monkeypatch, tmp_path):
    mysqld = installed(monkeypatch, tmp_path, "8.0.36")
    software, origin = software_source.obtain(SoftwareRequest("auto", str(tmp_path)), None)
    assert (software.mysqld, origin) == ((mysqld,), "system")


def test_auto_skips_an_installed_server_of_another_version(monkeypatch, tmp_path):
    """Packages are then needed, which are not cached."""
    installed(monkeypatch, tmp_path, "8.0.36")
    assert software_source.find_local(SoftwareRequest("auto", str(tmp_path / "cache"), "9"), None) is None
    assert not os.path.exists(str(tmp_path / "cache"))


def test_source_of_another_version(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, "8.0.36")
    with pytest.raises(Failure, match="MySQL 8.4 is required, but the source has 8.0.36"):
        software_source.obtain(SoftwareRequest("system", str(tmp_path), "8.4"), None)


def test_tarball_is_unpacked_once(tmp_path, tarball):
    """Its sandbox finds the software also when the tarball is deleted and software_path has changed."""
    request = SoftwareRequest(tarball, str(tmp_path / "cache"), "8.4")
    assert software_source.find_local(request, None) is None
    software, origin = software_source.obtain(request, None)
    assert (software.version, origin) == ("8.4.1", tarball)
    os.unlink(tarball)
    assert software_source.obtain(request, None) == (software, origin)
    state = SandboxState(origin, software.root, software.version, 3307, "")
    assert software_source.obtain(SoftwareRequest("auto", str(tmp_path / "elsewhere")), state) == (software, origin)


def test_sandbox_keeps_its_source(monkeypatch, tmp_path, tarball):
    """Also with auto, when another server has been installed."""
    software, origin = software_source.obtain(SoftwareRequest(tarball, str(tmp_path / "cache")), None)
    state = SandboxState(origin, software.root, software.version, 3307, "")
    installed(monkeypatch, tmp_path, "8.4.9")
    assert software_source.obtain(SoftwareRequest("auto", str(tmp_path / "cache")), state)[0] == software
    with pytest.raises(Failure, match="was created from .*, not from system"):
        software_source.obtain(SoftwareRequest("system", str(tmp_path)), state)


def test_lost_software_is_fetched_in_its_series(tmp_path):
    """Packages of a newer series would change the data."""
    (tmp_path / "packages-8.0").mkdir()
    (tmp_path / "packages-8.0" / ".complete").touch()
    program(tmp_path / "packages-8.0" / "usr" / "sbin", "8.0.40")
    state = SandboxState("packages", str(tmp_path / "removed" / "packages"), "8.0.36", 3307, "")
    assert software_source.obtain(SoftwareRequest("auto", str(tmp_path)), state)[0].version == "8.0.40"
