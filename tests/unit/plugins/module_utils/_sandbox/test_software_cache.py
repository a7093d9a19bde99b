# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trees in the cache are filled once and are complete; tarballs cannot write outside their folder."""

import errno
import gzip
import io
import lzma
import os
import stat
import tarfile
import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import software_cache
from ansible_collections.apsaradb.mysql.tests.support.other_users import STRANGER, give_away


def tarball(path, members, mode="w:gz"):
    with tarfile.open(str(path), mode) as tar:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            member.mode = 0o755
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content
                tar.addfile(member)
    return str(path)


def test_concurrent_callers_fill_once(tmp_path):
    calls = []

    def fill(folder):
        calls.append(folder)
        open(os.path.join(folder, "x"), "w").close()

    threads = [threading.Thread(target=software_cache.ensure_cached, args=(str(tmp_path / "cache"), "a", fill)) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1 and software_cache.is_cached(str(tmp_path / "cache"), "a")
    assert os.path.exists(str(tmp_path / "cache" / "a" / "x"))


def test_software_of_another_user_is_shared(tmp_path, monkeypatch):
    """Root may have unpacked it in a folder to which this user cannot write."""
    software_cache.ensure_cached(str(tmp_path), "a", lambda folder: None)

    def refuse(_path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(software_cache, "locked", refuse)
    assert software_cache.ensure_cached(str(tmp_path), "a", lambda folder: None) == str(tmp_path / "a")


def test_failed_fill_leaves_nothing(tmp_path):
    def fail(folder):
        open(os.path.join(folder, "half"), "w").close()
        raise Failure("no")

    with pytest.raises(Failure):
        software_cache.ensure_cached(str(tmp_path), "a", fail)
    assert not software_cache.is_cached(str(tmp_path), "a") and not os.path.exists(str(tmp_path / "a"))


@pytest.mark.parametrize("source", ["m.tar", "http://127.0.0.1:1/m.tar"])
def test_a_full_disk_is_not_the_fault_of_the_tarball(tmp_path, monkeypatch, source):
    def full(*_any):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "m.tar").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(software_cache, "_unpack", full)
    monkeypatch.setattr(software_cache, "open_url", lambda *_any, **_more: io.BytesIO())
    with pytest.raises(Failure, match="cannot be unpacked: No space left on device.*Free disk space"):
        software_cache.ensure_cached(str(tmp_path / "cache"), "a", lambda folder: software_cache.unpack_tarball(source, folder))


def test_leftovers_of_a_killed_run_are_replaced(tmp_path):
    (tmp_path / "a.part").mkdir()
    (tmp_path / "a.part" / "half").touch()
    (tmp_path / "a").mkdir()
    software_cache.ensure_cached(str(tmp_path), "a", lambda folder: None)
    assert os.listdir(str(tmp_path / "a")) == [".complete"]


def test_folder_of_the_user_is_not_replaced(tmp_path):
    """software_path may have a folder named packages."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "thesis.txt").touch()
    with pytest.raises(Failure, match="not software that the sandbox has unpacked .*packages.*software_path"):
        software_cache.ensure_cached(str(tmp_path), "packages", lambda folder: None)
    assert os.listdir(str(tmp_path / "packages")) == ["thesis.txt"]


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w"])
def test_unpack(tmp_path, mode):
    members = [("m/bin/mysqld", tarfile.REGTYPE, b"x"), ("m/lib/a.so", tarfile.SYMTYPE, "../bin/mysqld"), ("m/b", tarfile.LNKTYPE, "m/bin/mysqld")]
    source = tarball(tmp_path / "m.tar", members, mode)
    (tmp_path / "out").mkdir()
    software_cache.unpack_tarball(source, str(tmp_path / "out"))
    assert (tmp_path / "out" / "m" / "lib" / "a.so").read_bytes() == b"x" == (tmp_path / "out" / "m" / "b").read_bytes()
    assert stat.S_IMODE((tmp_path / "out" / "m" / "bin" / "mysqld").stat().st_mode) == 0o755


def test_root_owns_what_it_unpacks(tmp_path, monkeypatch):
    """Not the user who has the number of the vendor's account: that user could change programs that root runs."""
    with tarfile.open(str(tmp_path / "m.tar"), "w") as tar:
        member = tarfile.TarInfo("mysqld")
        member.uid = member.gid = STRANGER
        member.uname = member.gname = "nobody"
        tar.addfile(member)
    owners = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "getegid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda _path, *owner: owners.append(owner))
    (tmp_path / "out").mkdir()
    software_cache.unpack_tarball(str(tmp_path / "m.tar"), str(tmp_path / "out"))
    assert owners == [(0, 0)]


@pytest.mark.parametrize(
    "members",
    [
        [("../evil", tarfile.REGTYPE, b"x")],
        [("/evil", tarfile.REGTYPE, b"x")],
        [("m/../../evil", tarfile.REGTYPE, b"x")],
        [("m", tarfile.SYMTYPE, "..")],
        [("m", tarfile.SYMTYPE, "/etc")],
        [("m", tarfile.LNKTYPE, "../secret")],
        [("a", tarfile.SYMTYPE, "."), ("a/b", tarfile.SYMTYPE, "..")],
        [("m", tarfile.FIFOTYPE, "")],
        [("m", tarfile.CHRTYPE, "")],
    ],
)
def test_members_outside_the_folder_are_refused(tmp_path, members):
    (tmp_path / "secret").touch()
    (tmp_path / "out").mkdir()
    with pytest.raises(Failure, match="a member outside its directory"):
        software_cache.unpack_tarball(tarball(tmp_path / "m.tar", members), str(tmp_path / "out"))
    assert sorted(os.listdir(str(tmp_path))) == ["m.tar", "out", "secret"]


def test_not_a_tarball(tmp_path):
    (tmp_path / "page").write_text("<html>")
    with pytest.raises(Failure, match="not a complete tarball"):
        software_cache.unpack_tarball(str(tmp_path / "page"), str(tmp_path))
    whole = tarball(tmp_path / "m.tar", [("m", tarfile.REGTYPE, os.urandom(90000))])
    with open(whole, "r+b") as handle:
        handle.truncate(50000)
    with pytest.raises(Failure, match="not a complete tarball"):
        software_cache.unpack_tarball(whole, str(tmp_path))
    with pytest.raises(Failure, match="cannot be read: No such file"):
        software_cache.unpack_tarball(str(tmp_path / "none"), str(tmp_path))


@pytest.mark.parametrize("compress", [lambda data: data, gzip.compress, lzma.compress])
@pytest.mark.parametrize("kept", [1024, 1024 + 100])
def test_tarball_that_ends_between_two_members(tmp_path, compress, kept):
    """As after a download that broke off. tarfile takes this for its end."""
    with open(tarball(tmp_path / "m.tar", [("m/bin/mysqld", tarfile.REGTYPE, b"x"), ("m/share", tarfile.DIRTYPE, "")], "w"), "rb") as whole:
        data = whole.read()
    (tmp_path / "cut.tar").write_bytes(compress(data[:kept]))
    with pytest.raises(Failure, match="not a complete tarball: its end is missing"):
        software_cache.unpack_tarball(str(tmp_path / "cut.tar"), str(tmp_path / "out"))


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_query_of_a_url_is_kept_secret(scheme):
    """Neither the folder's name nor a message contains it, or a password; a URL signed again names the same tarball."""
    url = "http://127.0.0.1:1/x/mysql-8.4.0-linux.tar.xz"
    assert software_cache.without_secrets(url) == url == software_cache.without_secrets(url.replace("//", "//user:pass@") + "?a=b#c")
    name = software_cache.tarball_name(url + "?Signature=s3cret")
    assert name == software_cache.tarball_name(url + "?Signature=other") and name.startswith("mysql-8.4.0-linux-") and "/" not in name
    assert software_cache.tarball_name("/srv/mysql-5.7.tgz").startswith("mysql-5.7-")
    with pytest.raises(Failure) as caught:
        software_cache.unpack_tarball(url.replace("http://", scheme + "://s3cret:s3cret@") + "?Signature=s3cret", "/nonexistent")
    assert "s3cret" not in str(caught.value) and url in str(caught.value)


@pytest.mark.parametrize("name", ["cache", "cache/mysql"])
def test_software_that_others_placed_in_a_shared_folder_is_refused(tmp_path, monkeypatch, name):
    tree = tmp_path / "cache" / "mysql"
    tree.mkdir(parents=True)
    (tree / ".complete").touch()
    give_away(monkeypatch, tmp_path / name)
    assert software_cache.is_cached(str(tmp_path / "cache"), "mysql")
    (tmp_path / name).parent.chmod(0o1777)
    for use in software_cache.is_cached, lambda *place: software_cache.ensure_cached(*place, lambda part: None):
        with pytest.raises(Failure, match="directory belongs to another user"):
            use(str(tmp_path / "cache"), "mysql")


def test_a_lock_file_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "mysql.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failure, match="cannot be unpacked"):
        software_cache.ensure_cached(str(tmp_path), "mysql", lambda part: None)
    assert not (tmp_path / "elsewhere").exists()
