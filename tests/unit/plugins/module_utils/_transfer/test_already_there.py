# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib
import os
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import already_there, crc64, fetched_record
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.checksum import Checksum
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.probe import RemoteObject
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl

DATA = b"a backup " * 1000
SHA = Checksum("sha256", hashlib.sha256(DATA).hexdigest())
OTHER = Checksum("sha256", "0" * 64)


def crc_of(data: bytes) -> int:
    assert crc64.update is not None
    return crc64.update(data, 0)


def remote(data: bytes = DATA, crc: bool = True, etag: str = '"A"') -> RemoteObject:
    return RemoteObject(SignedUrl("https://host/backup.tar"), "external", len(data), etag, crc_of(data) if crc else None, True)


@pytest.fixture
def dest(tmp_path: Path) -> str:
    """A file and its record."""
    path = tmp_path / "backup.tar"
    path.write_bytes(DATA)
    record = fetched_record.of_whole("/backup.tar", len(DATA), '"A"', crc_of(DATA), ["size", "crc64"], {}, path.stat().st_mtime_ns)
    fetched_record.write(str(path), record)
    return str(path)


def test_record_of_an_unchanged_file(dest: str) -> None:
    record = already_there.valid_record(dest, len(DATA))
    assert record is not None and record.describes(dest)


def test_record_is_valid_for_a_touched_file_with_the_same_bytes(dest: str) -> None:
    os.utime(dest, (1, 1))
    record = already_there.valid_record(dest, None)
    assert record is not None and record.mtime_ns == 10**9


@pytest.mark.parametrize("data", [DATA[:-1], DATA[:-1] + b"?"])
def test_record_of_a_changed_file_is_not_used(dest: str, data: bytes) -> None:
    Path(dest).write_bytes(data)
    os.utime(dest, (1, 1))
    assert already_there.valid_record(dest, None) is None


def test_record_of_an_object_of_another_size_is_not_used(dest: str) -> None:
    assert already_there.valid_record(dest, len(DATA) + 1) is None


def test_checksum_of_a_file_without_a_record(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    proof = already_there.with_checksum(str(path), len(DATA), None, SHA)
    assert proof is not None and proof.verified_by == ["size", "sha256"] and proof.digests == {"sha256": SHA.value}
    assert already_there.with_checksum(str(path), None, None, OTHER) is None
    assert already_there.with_checksum(str(path), 1, None, SHA) is None
    assert already_there.with_checksum(str(tmp_path / "missing"), None, None, SHA) is None


def test_recorded_digest_saves_reading_the_file(dest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record = already_there.with_checksum(dest, None, already_there.valid_record(dest, None), SHA)
    assert record is not None and record.verified_by == ["size", "crc64", "sha256"]

    def must_not_read(path: str, algorithm: str) -> Any:
        raise AssertionError("the file was read")

    monkeypatch.setattr(already_there.checksums, "of_file", must_not_read)
    assert already_there.with_checksum(dest, None, record, SHA) == record


@pytest.mark.parametrize("there, expected", [(remote(), True), (remote(DATA[1:]), False), (remote(crc=False), True), (remote(crc=False, etag='"B"'), False)])
def test_record_decides_whether_the_file_holds_the_object(dest: str, there: RemoteObject, expected: bool) -> None:
    assert (already_there.holding(dest, already_there.valid_record(dest, None), there) is not None) is expected


@pytest.mark.parametrize("there, expected", [(remote(), True), (remote(DATA[:-1] + b"?"), False), (remote(crc=False), False)])
def test_file_without_a_record_is_recognised_by_its_crc64(tmp_path: Path, there: RemoteObject, expected: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    assert (already_there.holding(str(path), None, there) is not None) is expected


@pytest.mark.parametrize(
    "checksum, holds_remote, refused",
    [
        (None, True, False),
        (SHA, False, False),
        (SHA, True, True),
        (Checksum("crc64", "1"), False, True),
        (Checksum("crc64", str(crc_of(DATA))), False, False),
    ],
)
def test_wrong_checksum_is_refused_before_the_download(checksum: Optional[Checksum], holds_remote: bool, refused: bool) -> None:
    if not refused:
        already_there.refuse_contradiction(checksum, remote(), holds_remote=holds_remote)
        return
    with pytest.raises(Failure, match="does not have the checksum.*Nothing was downloaded"):
        already_there.refuse_contradiction(checksum, remote(), holds_remote=holds_remote)
