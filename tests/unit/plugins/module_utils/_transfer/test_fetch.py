# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a second run does, and what a person may ask for."""

import hashlib
import os
import stat
from pathlib import Path
from typing import Any, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import checksum, crc64, part_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.selection import Selection
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.other_users import give_away
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, PART, SIZE, Place, noise


def requests(place: Place) -> int:
    return len(place.server.seen)


# The second run


def test_second_run_costs_one_probe(place: Place) -> None:
    first = place.fetch()
    before = requests(place)
    second = place.fetch()
    assert (second.changed, second.downloaded, second.requests, requests(place) - before) == (False, 0, 1, 1)
    assert (second.size, second.etag, second.crc64, second.verified_by) == (first.size, first.etag, first.crc64, first.verified_by)


def test_second_run_with_an_expired_url_asks_nobody(place: Place) -> None:
    place.fetch()
    before = requests(place)
    second = place.fetch(place.url(lifetime=-10))
    assert (second.changed, second.requests, second.source) == (False, 0, None)
    assert requests(place) == before and place.warnings == []


def test_second_run_when_only_the_server_knows_that_the_url_expired(place: Place) -> None:
    place.fetch()
    place.server.clock = 7200.0
    assert not place.fetch().changed
    assert place.warnings == []


def test_second_run_when_the_backup_was_deleted(place: Place) -> None:
    place.fetch()
    (place.root / NAME).unlink()
    assert not place.fetch().changed
    assert any("could not be asked" in warning for warning in place.warnings)


def test_second_run_without_a_network(place: Place) -> None:
    place.fetch()
    place.server.inject(faulty_oss.answer(503, probes=True, times=100))
    assert not place.fetch(retries=1).changed
    assert any("could not be asked" in warning for warning in place.warnings)


def test_a_changed_object_is_fetched(place: Place) -> None:
    place.fetch()
    place.store(noise(SIZE, 7))
    assert place.fetch().changed
    assert place.is_complete()


def test_another_backup_for_the_same_dest_is_fetched(place: Place) -> None:
    place.fetch()
    place.store(noise(SIZE, 8), "custins7/next.tar")
    assert place.fetch(place.url(name="custins7/next.tar")).changed
    assert place.is_complete()


def test_the_same_bytes_under_another_name_are_not_fetched_again(place: Place) -> None:
    place.fetch()
    place.store(place.data, "elsewhere/copy.tar")
    assert not place.fetch(place.url(name="elsewhere/copy.tar")).changed


def test_a_changed_file_is_fetched_again(place: Place) -> None:
    place.fetch()
    with place.dest.open("r+b") as file:
        file.seek(100)
        file.write(b"changed")
    assert place.fetch().changed
    assert place.is_complete()


def test_a_changed_file_is_noticed_with_an_expired_url_too(place: Place) -> None:
    place.fetch()
    place.dest.write_bytes(b"something else")
    with pytest.raises(Failure, match="The URL has expired"):
        place.fetch(place.url(lifetime=-10))
    assert place.dest.read_bytes() == b"something else"


def test_a_touched_or_copied_file_is_known_by_its_bytes(place: Place) -> None:
    place.fetch()
    os.utime(str(place.dest), (1, 1))
    assert not place.fetch().changed
    before = requests(place)
    assert not place.fetch(place.url(lifetime=-10)).changed
    assert requests(place) == before


@pytest.mark.parametrize("text", [None, b"", b"{}", b"[]", b"\xff", b'{"size": "x"}'])
def test_a_file_without_a_record_is_known_by_its_bytes(place: Place, text: Any) -> None:
    place.dest.write_bytes(place.data)
    if text is not None:
        place.record.write_bytes(text)
    fetched = place.fetch()
    assert (fetched.changed, fetched.downloaded, fetched.verified_by) == (False, 0, ["size", "crc64"])
    assert not place.fetch(place.url(lifetime=-10)).changed


def test_a_strange_file_of_the_same_size_is_replaced(place: Place) -> None:
    place.dest.write_bytes(noise(SIZE, 99))
    assert place.fetch().changed
    assert place.is_complete()


def test_force_fetches_again(place: Place) -> None:
    place.fetch()
    fetched = place.fetch(force=True)
    assert (fetched.changed, fetched.downloaded) == (True, SIZE)
    assert place.is_complete()


def test_a_failed_run_leaves_the_old_file_alone(place: Place) -> None:
    place.dest.write_bytes(b"precious")
    place.server.inject(faulty_oss.answer(503, times=10000))
    with pytest.raises(Failure):
        place.fetch(retries=1)
    assert place.left() == ["backup.tar"] and place.dest.read_bytes() == b"precious"


# Another process is a little faster


def overtaken(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next fetch has asked for the object, and before it opens its part file another fetch begins and ends."""
    enter = part_file.PartFile.__enter__

    def late(part: part_file.PartFile) -> part_file.PartFile:
        monkeypatch.setattr(part_file.PartFile, "__enter__", enter)
        assert place.fetch().changed
        return enter(part)

    monkeypatch.setattr(part_file.PartFile, "__enter__", late)


def test_a_file_created_meanwhile_is_not_fetched_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    overtaken(place, monkeypatch)
    fetched = place.fetch()
    assert (fetched.changed, fetched.downloaded) == (False, 0)
    assert place.is_complete() and place.server.sent == SIZE + 2


def test_a_file_created_meanwhile_is_not_used_if_its_checksum_differs(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    overtaken(place, monkeypatch)
    with pytest.raises(Failure, match="does not have the checksum sha256"):
        place.fetch(checksum=sha256(b"another"))
    assert place.is_complete()
    place.dest.unlink()
    overtaken(place, monkeypatch)
    assert place.fetch(checksum=sha256(place.data)).verified_by == ["size", "crc64", "sha256"]


def test_force_fetches_again_what_was_created_meanwhile(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    overtaken(place, monkeypatch)
    fetched = place.fetch(force=True)
    assert (fetched.changed, fetched.downloaded) == (True, SIZE)
    assert place.is_complete()


# checksum and size


def sha256(data: bytes) -> checksum.Checksum:
    return checksum.parse("sha256:" + hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("algorithm", ["sha256", "md5", "crc64"])
def test_checksum_that_is_right(place: Place, algorithm: str) -> None:
    assert crc64.update is not None
    value = str(crc64.update(place.data, 0)) if algorithm == "crc64" else hashlib.new(algorithm, place.data).hexdigest()
    wanted = checksum.parse("{0}:{1}".format(algorithm, value))
    first = place.fetch(checksum=wanted)
    assert first.verified_by == (["size", "crc64"] if algorithm == "crc64" else ["size", "crc64", algorithm])
    before = requests(place)
    second = place.fetch(checksum=wanted)
    assert (second.changed, second.requests) == (False, 0)
    place.record.unlink()
    assert not place.fetch(checksum=wanted).changed
    assert requests(place) == before


def test_checksum_of_another_file_keeps_the_true_copy_apart(place: Place) -> None:
    with pytest.raises(Failure, match="instead of sha256.*is kept in .*backup.tar.part"):
        place.fetch(checksum=sha256(b"another"))
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]
    fetched = place.fetch(checksum=sha256(place.data))
    assert (fetched.downloaded, fetched.resumed) == (0, SIZE)
    assert place.is_complete()


def test_crc64_of_another_file_is_found_before_the_download(place: Place) -> None:
    with pytest.raises(Failure, match="does not have the checksum crc64:1.*Nothing was downloaded"):
        place.fetch(checksum=checksum.parse("crc64:1"))
    assert place.server.bodies() == [] and place.left() == []


def test_wrong_checksum_of_the_complete_file_is_found_before_the_download(place: Place) -> None:
    place.fetch()
    before = len(place.server.bodies())
    with pytest.raises(Failure, match="does not have the checksum"):
        place.fetch(checksum=sha256(b"another"))
    assert len(place.server.bodies()) == before
    assert place.is_complete()


def test_wrong_checksum_of_an_unverified_file_keeps_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crc64, "update", None)
    with pytest.raises(Failure, match="instead of sha256"):
        place.fetch(checksum=sha256(b"another"))
    assert place.left() == []


def test_wrong_size_is_found_before_the_download(place: Place) -> None:
    with pytest.raises(Failure, match="has {0} bytes, but size is 17".format(SIZE)):
        place.fetch(size=17)
    assert place.server.bodies() == [] and place.left() == []


def test_right_size(place: Place) -> None:
    place.fetch(size=SIZE)
    assert not place.fetch(size=SIZE).changed
    assert place.is_complete()


# What the job may look at


def test_first_bytes_that_are_refused_stop_the_download(place: Place) -> None:
    # A response that has begun continues, and a download that continued would not end.
    place.server.most = SIZE // 2
    seen = []

    def inspect(head: bytes) -> None:
        seen.append(head)
        raise Failure("This is no backup", facts_of_mine=3)

    with pytest.raises(Failure, match="This is no backup") as caught:
        place.fetch(inspect=inspect)
    assert caught.value.facts == {"facts_of_mine": 3}
    assert seen and place.data.startswith(seen[0]) and place.left() == []


def test_structure_that_is_right(place: Place) -> None:
    def check(path: str, selection: Selection) -> List[str]:
        assert path == str(place.part) and selection.whole
        return ["structure"]

    assert place.fetch(check=check).verified_by == ["size", "crc64", "structure"]


def test_structure_that_is_wrong_never_gets_the_final_name(place: Place) -> None:
    def check(path: str, selection: Selection) -> List[str]:
        raise Failure("The archive is truncated")

    with pytest.raises(Failure, match="The archive is truncated.*exact copy of the object and is kept in"):
        place.fetch(check=check)
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]


# Check mode


def test_check_mode_reports_and_touches_nothing(place: Place) -> None:
    fetched = place.fetch(dry_run=True)
    assert (fetched.changed, fetched.size, fetched.missing, fetched.source, fetched.downloaded) == (True, SIZE, SIZE, "external", 0)
    assert place.left() == [] and place.server.bodies() == []


def test_check_mode_counts_what_is_there(place: Place) -> None:
    place.server.inject(faulty_oss.drop(3 * PART, times=4), faulty_oss.answer(503, times=10000))
    with pytest.raises(Failure):
        place.fetch(retries=1)
    place.server.faults.clear()
    before = place.journal.read_bytes()
    forecast = place.fetch(dry_run=True)
    assert 0 < forecast.resumed and forecast.resumed + forecast.missing == SIZE
    assert place.journal.read_bytes() == before
    assert place.fetch().downloaded == forecast.missing


def test_check_mode_of_a_complete_file_writes_no_record(place: Place) -> None:
    place.dest.write_bytes(place.data)
    assert not place.fetch(dry_run=True).changed
    assert place.left() == ["backup.tar"]


# Files


def test_a_new_file_is_for_its_owner_alone(place: Place) -> None:
    place.fetch()
    assert stat.S_IMODE(place.dest.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.record.stat().st_mode) == 0o600


def test_a_replaced_file_passes_on_its_mode(place: Place) -> None:
    place.dest.write_bytes(b"old")
    place.dest.chmod(0o640)
    place.fetch()
    assert stat.S_IMODE(place.dest.stat().st_mode) == 0o640


def test_dest_is_a_folder(place: Place) -> None:
    assert place.fetch(dest=str(place.folder)).dest == str(place.folder / "hins42_data_20260101020304.tar")


def test_dest_is_a_link(place: Place) -> None:
    real = place.folder / "real.tar"
    real.write_bytes(b"old")
    place.dest.symlink_to(real)
    assert place.fetch().dest == str(real)
    assert place.dest.is_symlink() and real.read_bytes() == place.data


def test_a_part_file_that_is_a_link_is_not_followed(place: Place) -> None:
    victim = place.folder / "victim"
    victim.write_bytes(b"precious")
    place.part.symlink_to(victim)
    with pytest.raises(Failure, match="symbolic link .*backup.tar.part.*Remove it"):
        place.fetch()
    assert victim.read_bytes() == b"precious"


def plant(monkeypatch: pytest.MonkeyPatch, path: Path, kind: str) -> Path:
    """Place something of ``kind`` at ``path`` as another user could; return the file that must not change."""
    victim = path.parent / "victim"
    victim.write_bytes(b"precious")
    if kind == "link":
        path.symlink_to(victim)
    elif kind == "hard link":
        os.link(str(victim), str(path))
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"{}")
        give_away(monkeypatch, path)
    return victim


KINDS = {
    "link": "symbolic link",
    "hard link": "another hard link",
    "fifo": "not a regular file",
    "folder": "not a regular file",
    "foreign": "to another user .uid 54321",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["part", "part.journal", "fetched"])
def test_what_others_placed_at_our_names_is_neither_read_nor_written(place: Place, monkeypatch: pytest.MonkeyPatch, kind: str, suffix: str) -> None:
    place.folder.chmod(0o1777)
    path = place.folder / f"backup.tar.{suffix}"
    victim = plant(monkeypatch, path, kind)
    before = os.lstat(path)
    with pytest.raises(Failure, match=f"{KINDS[kind]}.*{path.name}.*Remove it, or choose a path in a directory that only you can write to"):
        place.fetch()
    after = os.lstat(path)
    assert (after.st_ino, after.st_mode, after.st_size, after.st_uid) == (before.st_ino, before.st_mode, before.st_size, before.st_uid)
    assert victim.read_bytes() == b"precious" and not place.dest.exists() and not place.server.seen[3:]
    path.rmdir() if kind == "folder" else path.unlink()
    victim.unlink()
    assert place.fetch().changed and place.is_complete()


@pytest.mark.parametrize("kind", ["link", "directory"])
def test_nothing_is_fetched_to_a_folder_that_others_placed(place: Place, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Its owner could replace the file, or its name by a link to a file of ours."""
    folder, target = place.folder / "below", place.root / "target"
    target.mkdir()
    folder.symlink_to(target) if kind == "link" else folder.mkdir()
    (target if kind == "link" else folder).joinpath("file").symlink_to(place.root / "precious")
    give_away(monkeypatch, folder)
    place.folder.chmod(0o1777)
    for dest in folder, folder / "file":
        with pytest.raises(Failure, match="The {0} belongs to another user .uid 54321., in a directory to which others can write".format(kind)):
            place.fetch(dest=str(dest))
    assert not (place.root / "precious").exists()


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_destination_that_others_placed_in_a_shared_folder_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Also if it holds the object: its owner could change it afterwards. The new file is never given to that user."""
    target = place.root / "target"
    target.write_bytes(b"precious")
    place.dest.symlink_to(target) if kind == "link" else place.dest.write_bytes(place.data)
    give_away(monkeypatch, place.dest)
    place.folder.chmod(0o1777)
    for dest in place.dest, place.folder:
        if dest is place.folder:
            place.dest.rename(place.folder / Path(NAME).name)
        with pytest.raises(Failure, match="to another user .uid 54321., in a directory to which others can write .*Remove it"):
            place.fetch(dest=str(dest))
        with pytest.raises(Failure, match="to another user"):
            place.fetch(dest=str(dest), dry_run=True)
    assert target.read_bytes() == b"precious" and not place.record.exists()
    # In a folder of our own, the file was given to that user.
    place.folder.chmod(0o755)
    assert place.fetch(dest=str(place.folder)).changed is (kind == "link")


def test_a_file_that_was_given_to_another_user_after_the_fetch_stays_as_it_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with ``owner: mysql`` of the module in /tmp."""
    place.fetch()
    give_away(monkeypatch, place.dest)
    place.folder.chmod(0o1777)
    assert not place.fetch().changed
    place.store(noise(SIZE, 2))
    with pytest.raises(Failure, match="to another user"):
        place.dest.write_bytes(b"changed")
        place.fetch()


def test_a_file_placed_during_the_download_does_not_give_its_owner_the_new_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.folder.chmod(0o1777)

    def plant_dest(_done: int, _total: int) -> None:
        place.dest.write_bytes(b"planted")
        place.dest.chmod(0o666)
        give_away(monkeypatch, place.dest)

    place.fetch(progress=plant_dest)
    state = place.dest.stat()
    assert place.is_complete() and (state.st_uid, state.st_mode & 0o777) == (os.geteuid(), 0o600)


@pytest.mark.parametrize("name", ["backup.tar.part.journal.new", "backup.tar.fetched.new"])
def test_a_draft_that_is_a_link_is_not_followed(place: Place, name: str) -> None:
    victim = place.root / "victim"
    victim.write_bytes(b"precious")
    (place.folder / name).symlink_to(victim)
    place.fetch()
    assert victim.read_bytes() == b"precious"
    assert place.is_complete() and not place.record.is_symlink()


def test_folder_that_is_not_there(place: Place) -> None:
    dest = str(place.folder / "nowhere" / "backup.tar")
    with pytest.raises(Failure, match="directory of dest does not exist"):
        place.fetch(dest=dest)
    assert requests(place) == 0
    assert place.fetch(dest=dest, dry_run=True).missing == SIZE
    assert not os.path.exists(os.path.dirname(dest))


def test_dest_is_not_a_file(place: Place) -> None:
    os.mkfifo(str(place.dest))
    with pytest.raises(Failure, match="not a regular file"):
        place.fetch()


def test_names_with_everything_in_them(place: Place) -> None:
    name = "cust ins/日本 %41+&?#é.tar"
    place.store(noise(PART, 3), name)
    place.fetch(place.url(name=name))
    assert place.is_complete()


def test_bandwidth_limit_changes_nothing_but_the_speed(place: Place) -> None:
    place.fetch(bandwidth_limit=20 << 20)
    assert place.is_complete()
