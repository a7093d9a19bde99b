# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifests, refusals, and remains of interrupted runs, on folders that look like data directories."""

import errno
import fcntl
import json
import os
import shutil
import zlib

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import snapshot

SERVER = snapshot.ServerFacts("8.4.3", "packages", "/c/packages", {"backup": "a.tar"})


@pytest.fixture
def datadir(tmp_path):
    folder = tmp_path / "data"
    for name in "mysql", "shop", "two@0020words", "#innodb_temp", "#innodb_redo":
        (folder / name).mkdir(parents=True)
    for name in "ibdata1", "auto.cnf", "ibtmp1", "binlog.000001", "binlog.000002", "relay.000001", "shop/t.ibd", "#innodb_temp/temp_1.ibt":
        (folder / name).write_text("content of " + name)
    (folder / "binlog.index").write_text("./binlog.000001\n{0}/binlog.000002\n/elsewhere/binlog.000003\n".format(folder))
    (folder / "relay.index").write_text("./relay.000001\n")
    return str(folder)


@pytest.fixture
def saved(tmp_path, datadir):
    path = str(tmp_path / "store" / "one")
    os.mkdir(os.path.dirname(path))
    snapshot.save(path, datadir, SERVER)
    return path


def copy(path, target, version="8.4.3", gtid="keep"):
    return snapshot.copy_out(path, str(target), gtid, version)


def data_of(path):
    return os.path.join(path, "data-" + snapshot.require(path).id)


def test_save_and_copy(tmp_path, datadir, saved):
    """Without what belongs to one server; the copy knows where it comes from, and the snapshot when it was used."""
    found = snapshot.require(saved)
    assert [entry.name for entry in found.files] == ["ibdata1", "relay.000001", "relay.index", "shop/t.ibd"]
    assert found.databases == ("shop", "two words") and found.server == SERVER
    assert os.stat(saved).st_mode & 0o777 == 0o700 and os.listdir(os.path.dirname(saved)) == ["one"]
    os.utime(os.path.join(saved, snapshot.MANIFEST), (0, 0))
    copy(saved, tmp_path / "copy", "8.4.10", "empty")
    assert (tmp_path / "copy" / "shop" / "t.ibd").read_text() == "content of shop/t.ibd" and (tmp_path / "copy" / "two@0020words").is_dir()
    origin = snapshot.origin(str(tmp_path / "copy"))
    assert origin == dict(found.facts(saved), gtid="empty") and origin["note"] == {"backup": "a.tar"} and snapshot.origin(datadir) is None
    assert os.stat(os.path.join(saved, snapshot.MANIFEST)).st_mtime > 0
    assert snapshot.read(str(tmp_path / "none")) is None
    with pytest.raises(Failure, match="The snapshot does not exist.*state: saved"):
        copy(str(tmp_path / "none"), tmp_path / "copy2")


def test_binary_logs_stay_where_only_they_know_the_gtids(tmp_path, datadir):
    found = snapshot.save(str(tmp_path / "old"), datadir, SERVER._replace(version="5.6.24"))
    assert {"binlog.000001", "binlog.000002", "binlog.index"} < {entry.name for entry in found.files}


def test_unchanged(datadir, saved):
    found = snapshot.require(saved)
    assert snapshot.is_unchanged(found, datadir)
    snapshot.mark_origin(datadir, found.facts(saved))
    assert snapshot.is_unchanged(found, datadir)
    os.utime(os.path.join(datadir, "ibdata1"))
    assert not snapshot.is_unchanged(found, datadir)
    os.unlink(os.path.join(datadir, "ibdata1"))
    assert not snapshot.is_unchanged(found, datadir)


def cut(path):
    with open(path, "r+b") as handle:
        handle.truncate(3)


def flip(path):
    with open(path, "r+b") as handle:
        handle.write(b"X")


def nest(path):
    with open(path, "w") as handle:
        handle.write("[" * 100000)


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda path: cut(os.path.join(data_of(path), "ibdata1")), "ibdata1 it has 3 bytes instead of 18"),
        (lambda path: flip(os.path.join(data_of(path), "shop", "t.ibd")), "shop/t.ibd its CRC-32 is"),
        (lambda path: os.unlink(os.path.join(data_of(path), "ibdata1")), "ibdata1 is missing"),
        (lambda path: os.rmdir(os.path.join(data_of(path), "two@0020words")), "two@0020words is missing"),
        (lambda path: open(os.path.join(data_of(path), "more"), "w").close(), "more does not belong to it"),
        (lambda path: os.rename(data_of(path), path + "/data-x"), "the data directory is missing"),
        (lambda path: cut(os.path.join(path, snapshot.MANIFEST)), "manifest of this snapshot is damaged"),
        (lambda path: nest(os.path.join(path, snapshot.MANIFEST)), "manifest of this snapshot is damaged"),
        (lambda path: os.unlink(os.path.join(path, snapshot.MANIFEST)), "not a snapshot: it has no snapshot.json"),
    ],
)
def test_damaged_snapshot_is_refused(tmp_path, saved, damage, message):
    """With the file and a cure, and without a copy."""
    damage(saved)
    with pytest.raises(Failure, match=message) as caught:
        copy(saved, tmp_path / "copy")
    assert caught.value.where and caught.value.cure and not (tmp_path / "copy").exists()


def edit(path, **changes):
    """Change the manifest, with a checksum that fits."""
    with open(os.path.join(path, snapshot.MANIFEST), "r+", encoding="utf-8") as handle:
        body = dict(json.load(handle)["snapshot"], **changes)
        handle.seek(0)
        handle.truncate()
        json.dump({"snapshot": body, "crc32": zlib.crc32(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())}, handle)


def test_manifest_with_a_different_checksum_or_format(tmp_path, saved):
    edit(saved, note={"a": "b"})
    assert snapshot.require(saved).server.note == {"a": "b"}
    edit(saved, format=snapshot.FORMAT + 1)
    with pytest.raises(Failure, match="newer version of the collection"):
        snapshot.read(saved)
    edit(saved, format=1)
    with open(os.path.join(saved, snapshot.MANIFEST), "r+", encoding="utf-8") as handle:
        text = handle.read().replace("8.4.3", "8.4.2")
        handle.seek(0)
        handle.write(text)
    with pytest.raises(Failure, match="manifest of this snapshot is damaged"):
        snapshot.read(saved)
    # The folder is still that of a snapshot, so a new one may replace it.
    snapshot.check_target(saved)


@pytest.mark.parametrize("version, refused", [("8.4.3", False), ("8.4.10", False), ("8.4.2", True), ("9.7.4", True), ("8.0.40", True)])
def test_versions(tmp_path, saved, version, refused):
    if not refused:
        copy(saved, tmp_path / "copy", version)
        return
    with pytest.raises(Failure, match="snapshot was made by MySQL 8.4.3, and this server is MySQL {0} .*Use MySQL 8.4, 8.4.3 or newer".format(version)):
        copy(saved, tmp_path / "copy", version)
    assert not (tmp_path / "copy").exists()


def test_folder_that_is_not_a_snapshot_is_not_replaced(tmp_path, datadir):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").touch()
    for name in "other", "other/thesis.txt":
        with pytest.raises(Failure, match="not a snapshot"):
            snapshot.save(str(tmp_path / name), datadir, SERVER)
    assert os.listdir(str(tmp_path / "other")) == ["thesis.txt"] and not (tmp_path / "other.part").exists()
    (tmp_path / "empty").mkdir()
    snapshot.save(str(tmp_path / "empty"), datadir, SERVER)
    assert snapshot.require(str(tmp_path / "empty"))


def test_prune_while_another_run_removes_a_snapshot(tmp_path, datadir, monkeypatch):
    paths = [str(tmp_path / name) for name in ("one", "two")]
    for path in paths:
        snapshot.save(path, datadir, SERVER)
    sizes = snapshot.list_tree

    def remove(path):
        if path == paths[0]:
            shutil.rmtree(path)
        return sizes(path)

    monkeypatch.setattr(snapshot, "list_tree", remove)
    assert snapshot.prune(str(tmp_path), paths[1], 1, None) == () and os.path.exists(paths[1])


@pytest.mark.parametrize("name", ["one.part/thesis.txt", "one.part/data-2026/thesis.txt", "one/thesis.txt", "one/data-2026/thesis.txt"])
def test_files_of_others_are_neither_replaced_nor_removed(tmp_path, datadir, name):
    """A folder may have the name of an unfinished snapshot, and another program may have a file named snapshot.json."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.touch()
    (tmp_path / "one").mkdir(exist_ok=True)
    (tmp_path / "one" / "snapshot.json").write_text("{}")
    snapshot.save(str(tmp_path / "two"), datadir, SERVER)
    assert snapshot.prune(str(tmp_path), str(tmp_path / "two"), 1, None) == ()
    with pytest.raises(Failure, match="other files too|not of an unfinished snapshot"):
        snapshot.save(str(tmp_path / "one"), datadir, SERVER)
    assert path.exists() and (tmp_path / "one" / "snapshot.json").read_text() == "{}"


def test_copy_from_a_read_only_file_system(tmp_path, saved, monkeypatch):
    def refuse(_path):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    copy(saved, tmp_path / "copy")
    assert (tmp_path / "copy" / "ibdata1").exists()


def test_replaced(tmp_path, datadir, saved):
    """Also where an interrupted run left remains; the old data are removed."""
    old = snapshot.require(saved)
    os.makedirs(saved + ".part/data-" + "0" * 32 + "/shop")
    os.mkdir(saved + "/data-" + "1" * 32)
    flip(os.path.join(datadir, "ibdata1"))
    new = snapshot.save(saved, datadir, SERVER)
    assert snapshot.require(saved) == new != old and sorted(os.listdir(saved)) == ["data-" + new.id, snapshot.MANIFEST]
    assert os.listdir(os.path.dirname(saved)) == ["one"]
    copy(saved, tmp_path / "copy")


def test_failed_save_leaves_the_old_snapshot(tmp_path, datadir, saved):
    old = snapshot.require(saved)
    os.symlink("/etc/passwd", os.path.join(datadir, "shop", "u.ibd"))
    for path in saved, saved + "2":
        with pytest.raises(Failure, match="outside the data directory"):
            snapshot.save(path, datadir, SERVER)
    assert snapshot.require(saved) == old and os.listdir(os.path.dirname(saved)) == ["one"]


def test_prune(tmp_path, datadir):
    """The least recently used ones are removed, but none that is in use, and nothing that is not a snapshot."""
    store = tmp_path / "store"
    store.mkdir()
    (store / "notes").mkdir()
    (store / "killed.part").mkdir()
    paths = [str(store / name) for name in "abcd"]
    for age, path in enumerate(paths):
        snapshot.save(path, datadir, SERVER)
        os.utime(os.path.join(path, snapshot.MANIFEST), (1000 - age, 1000 - age))
    assert snapshot.prune(str(store), paths[3], 4, None) == () and not (store / "killed.part").exists()
    used = os.open(paths[2], os.O_RDONLY)
    fcntl.flock(used, fcntl.LOCK_SH)
    assert snapshot.prune(str(store), paths[3], 2, None) == (paths[1],)
    os.close(used)
    size = snapshot.list_tree(paths[0]).disk_bytes
    assert snapshot.prune(str(store), paths[3], None, 2 * size) == (paths[2],)
    assert snapshot.prune(str(store), paths[3], 0, None) == (paths[0],)
    assert sorted(os.listdir(str(store))) == ["d", "notes"]
