# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compressed transactions. Those of a real server are in tests/servers/test_binlog.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog import transaction_payload
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.transaction_payload import payload

# "hello" as one frame.
ZSTD = bytes.fromhex("28b52ffd2005290000") + b"hello"


def test_without_compression():
    data = b"\x02\x03\xfc\xff\x00\x01\x01\x05\x00hello"
    assert payload(data, whole=True) == ("none", b"hello")
    assert payload(data, whole=False) == ("none", None)


def test_zstd():
    data = b"\x02\x01\x00\x01\x01" + bytes([len(ZSTD)]) + b"\x03\x01\x05\x00" + ZSTD
    assert payload(data, whole=True) == ("zstd", b"hello")
    assert payload(data, whole=False) == ("zstd", None)
    assert payload(data[:-1] + b"\xff", whole=True) in (("zstd", b"hell\xff"), ("zstd", None))
    assert payload(b"\x02\x01\x00\x01\x01\x0e\x03\x01\x06\x00" + ZSTD, whole=True) == ("zstd", None)


def test_more_than_the_memory_allows():
    data = b"\x02\x01\x00\x01\x01" + bytes([len(ZSTD)]) + b"\x03\x09\xfe" + (1 << 40).to_bytes(8, "little") + b"\x00" + ZSTD
    assert payload(data, whole=True) == ("zstd", None)


def test_an_unknown_compression():
    assert payload(b"\x02\x01\x07\x00xyz", whole=True) == ("7", None)


def test_a_host_without_the_library(monkeypatch):
    monkeypatch.setattr(transaction_payload, "_library", lambda: None)
    assert payload(b"\x02\x01\x00\x01\x01" + bytes([len(ZSTD)]) + b"\x03\x01\x05\x00" + ZSTD, whole=True) == ("zstd", None)


def test_a_cut_payload():
    with pytest.raises(IndexError):
        payload(b"\x02\x01", whole=True)
