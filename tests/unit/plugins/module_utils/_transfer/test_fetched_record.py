# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is recorded about a file when several runs record something."""

import hashlib
import os
import threading
from pathlib import Path
from typing import Any, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import already_there, fetched_record
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.checksum import Checksum
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetched_record import FetchedRecord
from ansible_collections.apsaradb.mysql.tests.support.transfers import SIZE, Place, noise


def of(dest: Path, algorithm: str, value: str) -> FetchedRecord:
    """What a run notes of ``dest`` that has computed one digest of it."""
    state = dest.stat()
    return fetched_record.of_whole("/a.tar", state.st_size, '"1"', 1, ["size", algorithm], {algorithm: value}, state.st_mtime_ns)


@pytest.fixture(name="dest")
def fixture_dest(tmp_path: Path) -> Path:
    dest = tmp_path / "a.tar"
    dest.write_bytes(b"content")
    return dest


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "[" * 100000, '{"size": 1}'])
def test_a_damaged_record_is_none(dest: Path, text: str) -> None:
    Path(str(dest) + fetched_record.SUFFIX).write_text(text)
    assert fetched_record.read(str(dest)) is None


def test_what_another_run_found_out_stays(dest: Path) -> None:
    fetched_record.write(str(dest), of(dest, "sha256", "12"))
    fetched_record.write(str(dest), of(dest, "md5", "34"))
    fetched_record.write(str(dest), of(dest, "md5", "34"))
    assert fetched_record.read(str(dest)) == of(dest, "", "")._replace(verified_by=["size", "sha256", "md5"], digests={"sha256": "12", "md5": "34"})


def test_two_at_once_are_both_kept(dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = fetched_record._atomic_file.begin_replacement
    other = threading.Thread(target=lambda: fetched_record.write(str(dest), of(dest, "md5", "34")))

    def in_the_middle(path: str) -> int:
        monkeypatch.setattr(fetched_record._atomic_file, "begin_replacement", begin)
        other.start()
        # Time enough to come in between, if it could.
        other.join(0.2)
        return begin(path)

    monkeypatch.setattr(fetched_record._atomic_file, "begin_replacement", in_the_middle)
    fetched_record.write(str(dest), of(dest, "sha256", "12"))
    other.join(10)
    known = fetched_record.read(str(dest))
    assert known is not None and known.digests == {"sha256": "12", "md5": "34"}
    assert sorted(os.listdir(str(dest.parent))) == ["a.tar", "a.tar.fetched"]


def test_what_was_true_of_the_old_file_does_not_replace_what_is_true_of_the_new_one(dest: Path) -> None:
    late = of(dest, "md5", "34")
    dest.write_bytes(b"other content")
    fetched_record.write(str(dest), of(dest, "sha256", "12"))
    fetched_record.write(str(dest), late)
    known = fetched_record.read(str(dest))
    assert known is not None and known.describes(str(dest)) and known.digests == {"sha256": "12"}


def test_a_new_file_gets_its_name_and_its_record_together(dest: Path, tmp_path: Path) -> None:
    late, part = of(dest, "md5", "34"), tmp_path / "part"
    part.write_bytes(b"other content")
    other = threading.Thread(target=lambda: fetched_record.write(str(dest), late))
    with fetched_record.taking_over(str(dest), of(part, "sha256", "12")):
        other.start()
        other.join(0.2)
        part.rename(dest)
    other.join(10)
    known = fetched_record.read(str(dest))
    assert known is not None and known.describes(str(dest)) and known.digests == {"sha256": "12"}


def test_a_folder_without_locks_can_be_used(dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_ignored: Any) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fetched_record.fcntl, "flock", refuse)
    fetched_record.write(str(dest), of(dest, "md5", "34"))
    with fetched_record.taking_over(str(dest), of(dest, "sha256", "12")):
        pass
    known = fetched_record.read(str(dest))
    assert known is not None and known.digests == {"sha256": "12"}


def test_a_fetch_that_is_overtaken_while_it_reads_the_file_leaves_the_record_of_the_new_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.fetch()
    proof, wanted = already_there.with_checksum, Checksum("sha256", hashlib.sha256(place.data).hexdigest())
    found: List[Any] = []

    def slowly(*words: Any) -> Any:
        monkeypatch.setattr(already_there, "with_checksum", proof)
        found.append(proof(*words))
        place.store(noise(SIZE, 2))
        assert place.fetch().changed
        return found[0]

    monkeypatch.setattr(already_there, "with_checksum", slowly)
    place.fetch(checksum=wanted)
    known = fetched_record.read(str(place.dest))
    assert found[0] is not None and known is not None and known.describes(str(place.dest))
    assert place.is_complete() and place.fetch().requests == 1
