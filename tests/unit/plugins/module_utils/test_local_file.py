# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading local files; the errors name what the file should be."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._local_file import FileVersion, LocalFile


class Backup(LocalFile):
    what = "backup"
    wanted = "Give the path of a backup."


def test_any_part_can_be_read(tmp_path):
    (tmp_path / "f").write_bytes(b"0123456789")
    with Backup(str(tmp_path / "f")) as file:
        assert (file.size, file.name) == (10, str(tmp_path / "f"))
        assert [file.read(*part) for part in ((0, 4), (4, 0), (8, 9), (10, 1), (99, 1))] == [b"0123", b"", b"89", b"", b""]


def test_short_reads_are_continued(tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(b"0123456789")
    whole = os.pread
    with Backup(str(tmp_path / "f")) as file:
        monkeypatch.setattr(os, "pread", lambda fd, length, offset: whole(fd, min(length, 3), offset))
        assert file.read(1, 8) == b"12345678"


def test_a_file_that_is_not_there():
    with pytest.raises(Failure, match="The backup cannot be opened: No such file.*Check the path"):
        Backup("/nonexistent/f")


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_a_file_that_is_not_regular_is_refused_at_once(tmp_path, kind):
    path = tmp_path if kind == "folder" else tmp_path / "fifo"
    if kind == "fifo":
        os.mkfifo(str(path))
    with pytest.raises(Failure, match="The backup is not a regular file.*Give the path of a backup"):
        Backup(str(path))


def test_a_disk_that_cannot_be_read(tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(b"0123456789")

    def broken(_fd, _length, _offset):
        raise OSError(5, "no")

    with Backup(str(tmp_path / "f")) as file:
        monkeypatch.setattr(os, "pread", broken)
        with pytest.raises(Failure, match="The backup cannot be read: Input/output error .*byte 7.*Check the disk, then fetch the backup again"):
            file.read(7, 1)


def test_closing_twice(tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    file = Backup(str(tmp_path / "f"))
    file.close()
    file.close()


@pytest.mark.parametrize(
    "change, is_same",
    [
        ({}, True),
        # A file system without inodes of its own (FUSE) has given the file another one.
        ({"inode": 8, "device": 3}, True),
        ({"inode": 8, "changed": 70}, False),
        # Its mode or owner was changed.
        ({"changed": 70}, True),
        ({"size": 11}, False),
        ({"modified": 60}, False),
    ],
)
def test_a_file_that_is_the_same_or_another(monkeypatch, change, is_same):
    known = FileVersion(device=2, inode=7, size=10, modified=50, changed=50)
    monkeypatch.setattr(FileVersion, "of", classmethod(lambda _cls, status: known._replace(**status)))
    if is_same:
        known.require(change, "dump", "/f")
    else:
        with pytest.raises(Failure, match="The dump was replaced or changed"):
            known.require(change, "dump", "/f")
