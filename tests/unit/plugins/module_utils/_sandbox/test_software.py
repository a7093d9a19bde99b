# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions, and finding a server on the machine or in an unpacked folder."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import software

SCRIPT = '#!/bin/sh\necho "$0  Ver {0} for Linux on x86_64 (x)"\n'


def program(path, version):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SCRIPT.format(version))
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))", "9.7.4"),
        ("mysqld  Ver 5.6.24 for Linux on x86_64 (MySQL Community Server (GPL))", "5.6.24"),
        ("mysqld  Ver 8.0.36-0ubuntu0.22.04.1 for Linux on x86_64 ((Ubuntu))", "8.0.36"),
        ("mysqld  Ver 26.7.0-cloud for Linux on x86_64 (MySQL Enterprise - Cloud)", "26.7.0"),
        ("mysqld  Ver 5.5.5-10.11.6-MariaDB for Linux on x86_64 (MariaDB Server)", None),
        ("mysqld  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)", None),
        ("mysqld: error while loading shared libraries: libaio.so.1", None),
        ("", None),
    ],
)
def test_version(answer, version):
    assert software.parse_version(answer) == version


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("8.0.36", "8.0", True),
        ("8.0.36", "8.0.3", False),
        ("8.0.36", "8", True),
        ("8.0.36", None, True),
        ("5.7.29", "8", False),
        ("26.7.0", "26.7", True),
        ("26.10.0", "26.1", False),
    ],
)
def test_matches(version, wanted, fits):
    assert software.matches(version, wanted) is fits


def test_vendor_tarball(tmp_path):
    """One folder with bin/ and share/; the minimal one has no client."""
    base = tmp_path / "mysql-8.4.0-linux"
    mysqld = program(base / "bin" / "mysqld", "8.4.0")
    (base / "share" / "english").mkdir(parents=True)
    (base / "share" / "english" / "errmsg.sys").touch()
    found = software.unpacked_software(str(tmp_path))
    assert found == software.Software(str(tmp_path), "8.4.0", (mysqld,), str(base), str(base / "share"), None, None)
    client = program(base / "bin" / "mysql", "8.4.0")
    assert software.unpacked_software(str(tmp_path)).mysql == (client,)


def test_packages_bring_their_own_loader(tmp_path):
    """The programs run with the C library of the packages, not with the machine's."""
    loader = tmp_path / "usr" / "lib" / "x86_64-linux-gnu" / "ld-linux-x86-64.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text('#!/bin/sh\nshift 2\nexec "$@"\n')
    loader.chmod(0o755)
    mysqld = program(tmp_path / "usr" / "sbin" / "mysqld", "9.7.4")
    dump = program(tmp_path / "usr" / "bin" / "mysqldump", "9.7.4")
    found = software.unpacked_software(str(tmp_path))
    prefix = (str(loader), "--library-path", str(loader.parent))
    assert found.mysqld == prefix + (mysqld,) and found.mysqldump == prefix + (dump,) and found.basedir == str(tmp_path / "usr")


def test_no_server_in_it(tmp_path):
    with pytest.raises(Failure, match="no mysqld"):
        software.unpacked_software(str(tmp_path))


def test_a_server_that_does_not_run_here(tmp_path):
    mysqld = tmp_path / "bin" / "mysqld"
    mysqld.parent.mkdir()
    mysqld.write_text("#!/bin/sh\necho cannot find libaio.so.1 >&2\nexit 127\n")
    mysqld.chmod(0o755)
    with pytest.raises(Failure, match="does not run here.*libaio.so.1"):
        software.unpacked_software(str(tmp_path))


def test_system_software(tmp_path):
    """The first MySQL on PATH; a MariaDB named mysqld is skipped."""
    program(tmp_path / "a" / "mysqld", "10.11.6-MariaDB")
    mysqld = program(tmp_path / "b" / "mysqld", "8.0.36")
    client = program(tmp_path / "a" / "mysql", "8.0.36")
    found = software.system_software(os.pathsep.join([str(tmp_path / "none"), str(tmp_path / "a"), "", str(tmp_path / "b")]))
    assert found is not None and found.root == ""
    assert (found.version, found.mysqld, found.mysql) == ("8.0.36", (mysqld,), (client,))
