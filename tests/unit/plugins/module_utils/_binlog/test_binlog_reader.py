# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random access to a local binlog, and small reads out of blocks."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_reader import BytesReader, LocalBinlog, ReadBuffer
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure

DATA = bytes(range(256)) * 8


def test_a_local_file(tmp_path):
    path = tmp_path / "binlog.000001"
    path.write_bytes(DATA)
    with LocalBinlog(str(path)) as reader:
        assert (reader.name, reader.size) == (str(path), len(DATA))
        assert reader.read(250, 10) == DATA[250:260]
        assert reader.read(len(DATA) - 3, 10) == DATA[-3:]


def test_what_is_not_a_file(tmp_path):
    os.mkfifo(str(tmp_path / "pipe"))
    with pytest.raises(Failure, match="not a regular file"):
        LocalBinlog(str(tmp_path / "pipe"))
    with pytest.raises(Failure, match="cannot be opened: No such file"):
        LocalBinlog(str(tmp_path / "none"))


class Counting(BytesReader):
    def __init__(self):
        super().__init__(DATA, "test")
        self.reads = []

    def read(self, offset, length):
        self.reads.append((offset, length))
        return super().read(offset, length)


def test_a_window_reads_blocks():
    reader = Counting()
    window = ReadBuffer(reader, 100)
    assert [window.at(offset, 7) for offset in (0, 50, 93, 94)] == [DATA[offset : offset + 7] for offset in (0, 50, 93, 94)]
    assert reader.reads == [(0, 100), (94, 100)]
    assert window.at(200, 500) == DATA[200:700]
    assert window.at(100, 5) == DATA[100:105]
    assert reader.reads == [(0, 100), (94, 100), (200, 500)]
    assert window.at(len(DATA) - 2, 5) == DATA[-2:]
