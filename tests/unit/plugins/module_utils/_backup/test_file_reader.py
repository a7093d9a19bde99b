# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import random
from pathlib import Path
from typing import List, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.file_reader import CachingReader, FileReader, MemberReader, RangeStream, shown
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure

DATA = random.Random(1).getrandbits(8 * 300000).to_bytes(300000, "big")


class RecordingReader:
    """A reader of bytes in memory that records its reads."""

    name = "memory"

    def __init__(self, data: bytes = DATA) -> None:
        self._data = data
        self.size = len(data)
        self.reads: List[Tuple[int, int]] = []

    def read(self, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        return self._data[offset : offset + length]


def test_file_is_read_at_any_offset(tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    path.write_bytes(DATA)
    with FileReader(str(path)) as reader:
        assert (reader.size, reader.name) == (len(DATA), str(path))
        assert reader.read(1000, 50) == DATA[1000:1050]
        assert reader.read(len(DATA) - 10, 50) == DATA[-10:]
        assert reader.read(len(DATA) + 10, 50) == b""


def test_missing_file_and_fifo_are_failures(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be opened: No such file"):
        FileReader(str(tmp_path / "missing"))
    os.mkfifo(str(tmp_path / "fifo"))
    with pytest.raises(Failure, match="not a regular file"):
        FileReader(str(tmp_path / "fifo"))


def test_cached_reads_return_the_same_bytes() -> None:
    source, chance = RecordingReader(), random.Random(2)
    cached = CachingReader(source)
    for _number in range(2000):
        offset, length = chance.randrange(len(DATA) + 100), chance.choice([1, 512, 4096, 1 << 18])
        assert cached.read(offset, length) == DATA[offset : offset + length]


def test_many_small_reads_in_a_row_cost_few_requests() -> None:
    source = RecordingReader()
    cached = CachingReader(source)
    for offset in range(0, len(DATA), 512):
        cached.read(offset, 512)
    assert len(source.reads) < 20
    assert sum(min(length, len(DATA) - offset) for offset, length in source.reads) < 1.5 * len(DATA)


def test_distant_small_reads_are_not_enlarged_much() -> None:
    source = RecordingReader()
    cached = CachingReader(source)
    for offset in range(0, len(DATA), 50000):
        cached.read(offset, 512)
    assert max(length for _offset, length in source.reads) <= 3 << 10


def test_window_is_a_seekable_stream_of_a_range() -> None:
    with RangeStream(RecordingReader(), 1000, 500, "member") as window:
        assert window.read() == DATA[1000:1500]
        window.seek(-100, os.SEEK_END)
        assert (window.tell(), window.read(200)) == (400, DATA[1400:1500])
        with pytest.raises(ValueError, match="seek"):
            window.seek(-1)


def test_backup_that_shrinks_is_a_failure() -> None:
    with RangeStream(RecordingReader(), len(DATA) - 10, 500, "member") as window, pytest.raises(Failure, match="ended while it was read .memory, member"):
        window.read()


def test_names_in_messages() -> None:
    assert CachingReader(RecordingReader()).name == MemberReader(RecordingReader(), 2, 3).name == "memory"
    assert (shown("shop.sql"), shown("a\x1b[2J")) == ("shop.sql", "'a\\x1b[2J'")
