# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib
from pathlib import Path

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import checksum, crc64


@pytest.mark.parametrize(
    "text, expected",
    [
        ("crc64:11051210869376104954", "crc64:11051210869376104954"),
        ("CRC64:0x995DC9BBDF1939FA", "crc64:11051210869376104954"),
        (" md5 : D41D8CD98F00B204E9800998ECF8427E", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        ("sha256:" + "Ab" * 32, "sha256:" + "ab" * 32),
    ],
)
def test_as_people_write_them(text: str, expected: str) -> None:
    assert str(checksum.parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "abc", "sha256:", "sha256:xyz", "sha256:" + "a" * 63, "md5:" + "a" * 64, "sha1:" + "a" * 40, "crc64:", "crc64:-1", "crc64:18446744073709551616"],
)
def test_an_invalid_checksum_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="checksum has an unknown format"):
        checksum.parse(text)


def test_crc64_needs_a_way_to_compute_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crc64, "update", None)
    with pytest.raises(Failure, match="cannot be computed on this host.*fastcrc"):
        checksum.parse("crc64:1")


def test_of_files(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"123456789")
    assert str(checksum.of_file(str(file), "crc64")) == "crc64:11051210869376104954"
    assert checksum.of_file(str(file), "sha256").value == hashlib.sha256(b"123456789").hexdigest()
    assert checksum.of_file(str(file), "md5").value == hashlib.md5(b"123456789").hexdigest()
