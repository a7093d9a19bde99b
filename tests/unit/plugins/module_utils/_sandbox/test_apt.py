# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading apt's configuration, and choosing suites and packages."""

import argparse

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import apt
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.apt import PackageArchive

DEBIAN = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
MIRROR = "http://mirror.example/debian"

DEB822 = """\
Types: deb deb-src
# URIs: http://commented.example/debian
URIs: http://mirror.example/debian http://second.example/debian
Suites: bookworm
  bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://inline.example/ubuntu/
Suites: noble
Components: main
Architectures: amd64
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
"""

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # by hand
deb-src http://mirror.example/debian bookworm main
  deb [ arch=amd64,arm64 signed-by=/etc/apt/keyrings/a.gpg ] http://second.example/debian   bookworm-security   main
deb [trusted=yes] file:/srv/packages ./
"""


def test_deb822():
    key = (("Signed-By", "/usr/share/keyrings/debian-archive-keyring.gpg"),)
    found = apt.parse_deb822(DEB822)
    assert found[:4] == [
        PackageArchive(uri, suite, ("main", "contrib"), key)
        for uri in ("http://mirror.example/debian", "http://second.example/debian")
        for suite in ("bookworm", "bookworm-updates")
    ]
    assert [archive.uri for archive in found[4:]] == ["https://inline.example/ubuntu/"]


def test_one_line():
    assert apt.parse_one_line(ONE_LINE) == [
        PackageArchive(MIRROR, "bookworm", ("main", "contrib")),
        PackageArchive(
            "http://second.example/debian", "bookworm-security", ("main",), (("Architectures", "amd64,arm64"), ("Signed-By", "/etc/apt/keyrings/a.gpg"))
        ),
        PackageArchive("file:/srv/packages", "./", (), (("Trusted", "yes"),)),
    ]


def test_archives_survive_writing_and_reading():
    """From both formats, and with a key inside the file."""
    archives = apt.parse_deb822(DEB822)
    assert apt.parse_deb822(apt.to_deb822(archives)) == archives
    assert "mQINBF" in dict(archives[-1].options)["Signed-By"]
    one_line = apt.parse_one_line(ONE_LINE)
    again = apt.parse_deb822(apt.to_deb822(one_line))
    assert [archive[:3] for archive in again] == [archive[:3] for archive in one_line]
    assert dict(again[1].options)["Architectures"] == "amd64 arm64"


def test_machine_archives(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb cdrom:[Debian]/ bookworm main\ndeb http://a.example/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "b.sources").write_text("Types: deb\nURIs: http://b.example/debian\nSuites: bookworm\nComponents: main\n")
    (tmp_path / "sources.list.d" / "c.list").write_text("deb http://c.example/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "d.list.disabled").write_text("deb http://d.example/debian bookworm main\n")
    assert [archive.uri[7] for archive in apt.machine_archives(str(tmp_path))] == ["a", "c", "b"]
    assert apt.machine_archives(str(tmp_path / "nowhere")) == []


def test_debian_stable_falls_back_to_unstable():
    """First the machine's own suite with its updates, then unstable from the same mirror with the same key."""
    key = (("Signed-By", "/k.gpg"),)
    base, updates = PackageArchive(MIRROR, "bookworm", ("main", "contrib"), key), PackageArchive(MIRROR, "bookworm-updates", ("main",), key)
    security = PackageArchive("http://mirror.example/debian-security", "bookworm-security", ("main",), key)
    foreign = PackageArchive("http://vendor.example/apt", "nodistro", ("main",))
    docker = PackageArchive("http://vendor.example/debian", "bookworm", ("stable",))
    assert apt.suites_to_try([foreign, docker, updates, base, security], DEBIAN) == [
        [updates, base, security],
        [PackageArchive(MIRROR, "unstable", ("main",), key)],
    ]


@pytest.mark.parametrize("suite", ["unstable", "sid"])
def test_debian_unstable_is_tried_once(suite):
    archive = PackageArchive(MIRROR, suite, ("main",))
    assert apt.suites_to_try([archive], {"ID": "debian"}) == [[archive]]


def test_ubuntu_uses_only_its_own_suite():
    archive = PackageArchive("http://mirror.example/ubuntu", "noble", ("main", "universe"))
    assert apt.suites_to_try([archive], {"ID": "ubuntu", "VERSION_CODENAME": "noble"}) == [[archive]]


def test_no_archive_configured():
    assert apt.suites_to_try([], DEBIAN) == []


def test_os_release(tmp_path):
    file = tmp_path / "os-release"
    file.write_text('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n# x=y\n')
    assert apt.os_release(str(file)) == {"ID": "debian", "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)"}
    assert apt.os_release(str(tmp_path / "none")) == {}


@pytest.mark.parametrize(
    ("wanted", "package"),
    [(None, "mysql-server-core-8.4"), ("8", "mysql-server-core-8.4"), ("8.0", "mysql-server-core-8.0"), ("8.0.9", None), ("9", None)],
)
def test_newest_matching_version(wanted, package):
    versions = {"mysql-server-core-8.0": "8.0.36-0ubuntu0.22.04.1", "mysql-server-core-8.4": "1:8.4.9-1"}
    assert apt.newest(versions, wanted) == package


def test_versions_are_compared_as_numbers():
    assert apt.newest({"a": "8.0.9-1", "b": "8.0.36-1"}) == "b"


def test_server_and_client_have_the_same_version():
    """The client's name follows the server's; packages with similar names are ignored."""
    versions = {"mysql-server-core": "9.7.4-2", "mysql-client-core": "9.7.4-2", "mysql-server-core-8.0": "8.0.1-1", "mysql-server-core-dbgsym": "99-1"}
    assert apt.choose_mysql()(versions) == ["mysql-server-core", "mysql-client-core"]
    assert apt.choose_mysql("8.0")(versions) == ["mysql-server-core-8.0"]
    assert apt.choose_mysql("5.7")(versions) == []


class Tools:
    """The tools of apt, which know no package. They note who may read the folder of their files."""

    def __init__(self, folder, **answer):
        self.folder, self.answer, self.seen = folder, dict({"code": 0, "output": "", "errors": ""}, **answer), []

    def run(self, argv, **_options):
        self.seen.append([path.parent.stat().st_mode & 0o777 for path in self.folder.rglob("*") if path.name in ("own.sources", "apt.conf")])
        return argparse.Namespace(**self.answer)


@pytest.fixture
def tools(monkeypatch, tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "sources.list").write_text("deb http://user:se@cret@mirror.example/debian bookworm main\n")
    folder = tmp_path / "tree.part"
    folder.mkdir()
    monkeypatch.setattr(apt.shutil, "which", lambda tool: tool)

    def unpack(**answer):
        found = Tools(folder, **answer)
        monkeypatch.setattr(apt.run_program, "run", found.run)
        with pytest.raises(Failure) as caught:
            apt.unpack_packages(str(folder), ["mysql-server-core"], apt.choose_mysql("4.1"), str(tmp_path / "etc"), DEBIAN)
        return found, str(caught.value)

    return unpack


def test_no_message_has_the_password_of_a_mirror(tools):
    error = "E: Failed to fetch http://user:se@cret@mirror.example/debian/dists/bookworm/InRelease  401  Unauthorized"
    for answer, said in ({}, "No archive has these packages"), ({"code": 100, "errors": error}, "apt-get update failed"):
        _tools, message = tools(**answer)
        assert said in message and "http://mirror.example/debian" in message and "cret" not in message and "user" not in message


def test_downloads_are_in_the_folder_that_the_next_run_removes(tools):
    """A run that is killed must leave nothing elsewhere."""
    found, _message = tools()
    assert found.seen and all(modes == [0o700, 0o700] for modes in found.seen) and list(found.folder.iterdir()) == []
