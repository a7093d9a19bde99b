# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files with guessable names are opened only if no other user can have placed them there."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._own_file import ForeignFile, open_existing, open_or_create, planted
from ansible_collections.apsaradb.mysql.tests.support.other_users import STRANGER, give_away


def opened(path):
    number = open_or_create(str(path))
    state = os.fstat(number)
    os.close(number)
    return state


def test_a_new_file_is_private_and_an_own_one_is_opened_again(tmp_path):
    first = opened(tmp_path / "part")
    assert first.st_mode & 0o777 == 0o600 and opened(tmp_path / "part").st_ino == first.st_ino


def test_a_missing_file_is_an_error_only_without_creation(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_existing(str(tmp_path / "part"))
    with pytest.raises(FileNotFoundError):
        open_or_create(str(tmp_path / "none" / "part"))


@pytest.mark.parametrize(
    "kind, words",
    [("link", "symbolic"), ("dangling", "symbolic"), ("hard", "another hard link"), ("fifo", "regular"), ("folder", "regular"), ("foreign", "another user")],
)
def test_anything_else_is_refused_by_name(tmp_path, monkeypatch, kind, words):
    path, victim = tmp_path / "part", tmp_path / "victim"
    victim.write_bytes(b"precious")
    make = {
        "link": lambda: path.symlink_to(victim),
        "dangling": lambda: path.symlink_to(tmp_path / "new"),
        "hard": lambda: os.link(str(victim), str(path)),
        "fifo": lambda: os.mkfifo(str(path)),
        "folder": path.mkdir,
        "foreign": lambda: (path.write_bytes(b""), give_away(monkeypatch, path)),
    }
    make[kind]()
    for open_it in open_existing, open_or_create:
        with pytest.raises(ForeignFile, match=words + ".*part.*Remove it"):
            open_it(str(path))
    assert victim.read_bytes() == b"precious" and not (tmp_path / "new").exists()


def test_the_owner_of_the_folder_may_own_its_files(tmp_path, monkeypatch):
    path = tmp_path / "part"
    opened(path)
    give_away(monkeypatch, path)
    give_away(monkeypatch, tmp_path)
    opened(path)


@pytest.mark.parametrize("mode, owner, found", [(0o1777, STRANGER, True), (0o770, STRANGER, True), (0o755, STRANGER, False), (0o1777, 0, False)])
def test_planted_are_files_and_links_of_others_in_folders_of_all(tmp_path, monkeypatch, mode, owner, found):
    tmp_path.chmod(mode)
    for name, make in ("file", lambda path: path.write_bytes(b"")), ("link", lambda path: path.symlink_to("/etc/hostname")):
        make(tmp_path / name)
        give_away(monkeypatch, tmp_path / name, owner)
        assert (planted(str(tmp_path / name)) or "").startswith("The {0} belongs to another user (uid {1})".format(name, owner) if found else "")
        assert (planted(str(tmp_path / name)) is not None) is found
    assert planted(str(tmp_path / "none")) is None


@pytest.mark.parametrize("mode, owner, found", [(0o1777, STRANGER, True), (0o770, STRANGER, False), (0o755, STRANGER, False), (0o1777, 0, False)])
@pytest.mark.parametrize("is_link", [False, True])
def test_planted_are_also_folders_and_links_on_the_way(tmp_path, monkeypatch, mode, owner, found, is_link):
    shared, own = tmp_path / "shared", tmp_path / "own"
    (own / "below").mkdir(parents=True)
    shared.mkdir()
    shared.chmod(mode)
    folder = shared / "folder"
    if is_link:
        folder.symlink_to(own)
    else:
        (folder / "below").mkdir(parents=True)
    give_away(monkeypatch, folder, owner)
    kind = "link" if is_link else "directory"
    for path in folder / "file", folder / "below" / "file", folder / "none" / "file":
        reason = "The {0} belongs to another user (uid {1}), in a directory to which others can write: {2}".format(kind, owner, folder)
        assert planted(str(path)) == (reason if found else None)


def test_a_link_of_our_own_does_not_lead_into_a_planted_folder(tmp_path, monkeypatch):
    (tmp_path / "shared" / "folder").mkdir(parents=True)
    (tmp_path / "shared").chmod(0o1777)
    (tmp_path / "link").symlink_to(tmp_path / "shared" / "folder")
    give_away(monkeypatch, tmp_path / "shared" / "folder")
    assert "shared/folder" in (planted(str(tmp_path / "link" / "file")) or "")
