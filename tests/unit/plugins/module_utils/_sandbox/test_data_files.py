# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of a folder: complete, sparse, private, and nothing of a copy that failed."""

import os
import zlib

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils import _free_space
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._free_space import Volume
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import data_files
from ansible_collections.apsaradb.mysql.tests.support.small_disk import on_small_disk

CHUNK = 256 * 1024


@pytest.fixture
def source(tmp_path):
    """Files around the size of a chunk, one with a large hole, one empty, and an empty folder."""
    folder = tmp_path / "source"
    (folder / "shop").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "ibdata1").write_bytes(os.urandom(CHUNK + 1) + bytes(2 * CHUNK) + b"end")
    (folder / "shop" / "t.ibd").write_bytes(os.urandom(CHUNK))
    (folder / "shop" / "nothing").write_bytes(b"")
    with (folder / "undo").open("wb") as handle:
        handle.write(b"x" * 4096)
        handle.truncate(16 * 1024 * 1024 + 5)
    return folder


def test_copy(tmp_path, source):
    tree = data_files.list_tree(str(source))
    assert tree.files == ("ibdata1", "shop/nothing", "shop/t.ibd", "undo") and tree.folders == ("empty", "shop")
    target = tmp_path / "target"
    copied = data_files.copy_tree(str(source), str(target), tree)
    assert data_files.list_tree(str(target))[:2] == tree[:2]
    for entry in copied:
        content = (source / entry.name).read_bytes()
        assert (target / entry.name).read_bytes() == content
        assert (entry.size, entry.crc32) == (len(content), zlib.crc32(content)) and entry.written == (source / entry.name).stat().st_mtime_ns
    assert (target / "undo").stat().st_blocks * 512 < 2 * CHUNK
    assert {path.stat().st_mode & 0o777 for path in target.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in [target, target / "shop"]} == {0o700}


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: b"X" + content[1:], lambda content: content + b"X"])
def test_damaged_file(tmp_path, source, damage):
    """Found while it is copied; nothing is left."""
    tree = data_files.list_tree(str(source))
    expected = {entry.name: entry for entry in data_files.copy_tree(str(source), str(tmp_path / "one"), tree)}
    file = source / "shop" / "t.ibd"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(data_files.Damaged) as caught:
        data_files.copy_tree(str(source), str(tmp_path / "two"), tree, expected)
    assert caught.value.args[0] == "shop/t.ibd" and not (tmp_path / "two").exists()


def test_links_are_refused(tmp_path, source):
    """What they point to is not in the folder, so a copy would share it."""
    (source / "shop" / "far.ibd").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failure, match="outside the data directory.*far.ibd"):
        data_files.list_tree(str(source))
    (source / "shop" / "far.ibd").unlink()
    (source / "shop" / "far.isl").write_text("/elsewhere/far.ibd")
    with pytest.raises(Failure, match="outside the data directory.*far.isl"):
        data_files.list_tree(str(source))
    assert "shop/far.isl" not in data_files.list_tree(str(source), lambda name: name.endswith(".isl")).files


def test_too_little_space_is_known_before_the_copy(tmp_path, source, monkeypatch):
    monkeypatch.setattr(_free_space, "volume_of", lambda _path: Volume(1, 1000))
    monkeypatch.setattr(data_files, "_reflink", lambda _reader, _writer: False)
    tree = data_files.list_tree(str(source))
    with pytest.raises(Failure, match="more are needed, 1000 bytes are free.*was removed") as caught:
        data_files.copy_tree(str(source), str(tmp_path / "target"), tree)
    assert caught.value.facts["bytes_needed"] == tree.disk_bytes
    assert not (tmp_path / "target").exists()


def test_disk_full_while_copying(tmp_path, source):
    """Another program takes the room after the check: the error has figures, and the copy is removed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = """
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import data_files
data_files.require_space = lambda path, needed, otherwise: None
try:
    data_files.copy_tree({source!r}, folder + "/target", data_files.list_tree({source!r}))
    print(json.dumps(["copied", []]))
except Failure as failure:
    print(json.dumps([str(failure), os.listdir(folder)]))
"""
    message, left = on_small_disk(
        disk, 300 * 1024, script.format(source=str(source)).replace("folder +", "{0!r} +".format(str(disk))).replace("(folder)", "({0!r})".format(str(disk)))
    )
    assert "too little space" in message and "are free" in message and left == []
