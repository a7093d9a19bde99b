# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first events of a binlog, and what is not a binlog that can be read."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_reader import BytesReader, UnreadableBinlog
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_start import closing_time, read_start
from ansible_collections.apsaradb.mysql.tests.support.binlogs import BEGUN, Change, binlog
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B


def start(data):
    return read_start(BytesReader(data, "test"))


@pytest.mark.parametrize("checksums", [True, False])
@pytest.mark.parametrize("version", ["5.6.24-log", "5.7.29", "8.0.36", "9.7.4", "26.7.0-cloud"])
def test_server_and_gtids_before_the_file(version, checksums):
    data = binlog([(A, 1, 5), (A, 7, 7), (B, 1, 3)], version=version, server_id=4294967295, checksums=checksums)
    found = start(data)
    assert (found.server_version, found.server_id, found.time, found.checksums, found.closed) == (version, 4294967295, BEGUN, checksums, True)
    assert str(found.previous) == "{0}:1-5:7,{1}:1-3".format(A, B)


def test_tags_in_the_gtids_before_the_file():
    assert str(start(binlog([(A, 1, 5), (A + ":night_1", 2, 9), (B + ":t", 1, 1)])).previous) == "{0}:1-5,{0}:night_1:2-9,{1}:t:1".format(A, B)


def test_a_file_that_its_server_still_writes():
    data = binlog(closed=False)
    assert not start(data).closed and closing_time(BytesReader(data, "test")) is None
    assert closing_time(BytesReader(binlog([], [Change(A + ":1", 77)]), "test")) == BEGUN + 77
    assert closing_time(BytesReader(binlog()[:-1], "test")) is None
    assert closing_time(BytesReader(b"\xfebin", "test")) is None


def test_more_gtids_than_a_kibibyte():
    reads = []

    class Counting(BytesReader):
        def read(self, offset, length):
            reads.append(length)
            return super().read(offset, length)

    data = binlog([(A, 10 * each, 10 * each + 1) for each in range(1, 500)], [Change(A + ":5001")] * 100)
    assert read_start(Counting(data, "test")).previous.transactions == 998
    assert sum(reads) < 10000
    reads.clear()
    read_start(Counting(binlog([(A, 1, 5)], [Change(A + ":6")] * 100), "test"))
    assert reads == [1024]


def damaged(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "data,kind,byte",
    [
        (b"\xfdbin" + bytes(600), "encrypted", 0),
        (b"-- MySQL dump 10.13", "not a binlog", 0),
        (b"", "cut", 0),
        (b"\xfeb", "cut", 2),
        (binlog()[:30], "cut", 4),
        (binlog()[:132], "cut", 125),
        (damaged(binlog([(A, 1, 5)]), 150), "damaged", 125),
        (damaged(binlog(), 30), "damaged", 4),
        (binlog(version="10.11.6-MariaDB-log"), "not a binlog", 4),
        (b"\xfebin" + binlog()[125:], "damaged", 4),
    ],
)
def test_files_that_cannot_be_read(data, kind, byte):
    with pytest.raises(UnreadableBinlog) as caught:
        start(data)
    assert (caught.value.kind, caught.value.byte) == (kind, byte)
    assert caught.value.cure and caught.value.facts["recognised"] == kind


def test_a_file_without_gtids_before_it():
    assert start(binlog()[:125]).previous is None
