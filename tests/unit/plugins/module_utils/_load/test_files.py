# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What identifies a dump file, and reading its SQL."""

import gzip
import os
import zlib

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import SqlStream, content_crc, fingerprint, on_disk


def file_with(folder, content, name="dump.sql"):
    path = folder / name
    path.write_bytes(content)
    return on_disk(str(path))


def test_a_compressed_file_is_recognised_by_its_content(tmp_path):
    assert file_with(tmp_path, gzip.compress(b"SELECT 1;"), "dump.sql").compressed
    plain = file_with(tmp_path, b"SELECT 1;", "dump.sql.gz")
    assert not plain.compressed and plain.size == 9 and plain.modified == os.stat(plain.name).st_mtime_ns


def test_a_missing_file_is_a_failure(tmp_path):
    with pytest.raises(Failure, match="cannot be read: No such file"):
        on_disk(str(tmp_path / "none"))


def test_a_pipe_or_a_folder_is_a_failure_and_does_not_block(tmp_path):
    os.mkfifo(str(tmp_path / "fifo"))
    for path in tmp_path / "fifo", tmp_path:
        with pytest.raises(Failure, match="not a regular file"):
            on_disk(str(path))


@pytest.mark.parametrize("size", [0, 1, 65536, 100_000, 131_072, 131_073, 300_000])
def test_a_fingerprint_covers_both_ends(tmp_path, size):
    content = os.urandom(size)
    found = fingerprint(file_with(tmp_path, content))
    assert (found.size, found.content) == (size, None)
    for changed in {0, size - 1} if size else ():
        other = bytearray(content)
        other[changed] ^= 1
        assert fingerprint(file_with(tmp_path, bytes(other))).edges != found.edges


def test_the_content_crc_covers_everything(tmp_path):
    content = os.urandom(3 << 20)
    assert content_crc(file_with(tmp_path, content)) == zlib.crc32(content)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_reading_and_skipping(tmp_path, packed):
    content = os.urandom(2_500_000)
    with SqlStream(file_with(tmp_path, gzip.compress(content, 1) if packed else content)) as stream:
        assert stream.read(10) == content[:10]
        stream.skip(2_000_000)
        assert stream.read(10) == content[2_000_010:2_000_020]
        stream.skip(1 << 30)
        assert stream.read(1) == b""


def test_damage_is_the_reason_and_not_what_it_made_of_the_sql(tmp_path):
    packed = gzip.compress(os.urandom(3 << 20).hex().encode())
    for content, message in ((packed, "refused"), (packed[:-9], "truncated"), (packed[:-8] + b"\0" * 8, "damaged")):
        with pytest.raises(Failure, match=message):
            with SqlStream(file_with(tmp_path, content, "a.sql.gz")) as stream:
                with stream.damage_first():
                    assert stream.read(100)
                    raise Failure("refused")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_file_that_was_replaced_is_not_read_again(tmp_path, packed):
    """Large enough to be decompressed by a process, whose failure arrives with its words."""
    first, second = (gzip.compress(content, 1) if packed else content for content in (os.urandom(2_500_000), os.urandom(2_500_000)))
    file = file_with(tmp_path, first)
    file_with(tmp_path, second, "new")
    (tmp_path / "new").rename(file.name)
    with pytest.raises(Failure, match="The dump was replaced or changed while the task was reading it .*dump.sql.*Run the task again"):
        with SqlStream(file) as stream:
            stream.read()
