# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A compressed file is decompressed by a forked process; its failures are raised in the parent."""

import gzip
import io
import os
import socket
import time
from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import DumpFile, SqlStream, on_disk

SQL = os.urandom(1 << 20).hex().encode()
PACKED = gzip.compress(SQL, 1)


class Broken(io.BytesIO):
    """Half of the bytes come, then what ``then`` does."""

    def __init__(self, then: Any) -> None:
        super().__init__(PACKED[: len(PACKED) // 2])
        self.then = then

    def read(self, *size: Any) -> bytes:
        return super().read(*size) or self.then()


def stream(opening: Any) -> SqlStream:
    return SqlStream(DumpFile("shop.sql.gz", opening, len(PACKED), True, 1))


def fail() -> bytes:
    raise Failure("It is gone", "byte 7", "Look elsewhere.", expired=True)


def test_a_failure_of_the_process_is_raised_in_the_parent() -> None:
    with stream(lambda: Broken(fail)) as opened:
        assert opened.read(1000) == SQL[:1000]
        with pytest.raises(Failure, match=r"It is gone \(byte 7\). Look elsewhere.") as caught:
            # In the middle of a read: fewer bytes would look like the end of the file.
            opened.read(2 * len(SQL))
    assert caught.value.facts == {"expired": True}


def test_an_unexpected_error_is_not_the_end_of_the_file() -> None:
    with stream(lambda: Broken(lambda: bytes(int("x")))) as opened:
        with pytest.raises(Failure, match="could not be read to its end"):
            opened.read(2 * len(SQL))


@pytest.mark.parametrize("cut", [8, 300000])
def test_a_cut_file_is_a_failure(cut: int) -> None:
    with stream(lambda: io.BytesIO(PACKED[:-cut])) as opened:
        with pytest.raises(Failure, match="its end is missing"):
            while opened.read(100000):
                pass


def test_a_descriptor_inherited_from_the_parent_is_not_closed_when_its_object_is_collected(tmp_path: Any) -> None:
    path = tmp_path / "shop.sql.gz"
    path.write_bytes(PACKED)
    ends = list(socket.socketpair())
    numbers = [end.fileno() for end in ends]

    def opening() -> Any:
        # Open a file under the number of the parent's socket, if possible; then the socket's object is collected.
        files = [open(str(path), "rb", buffering=0) for _file in range(64)]
        ends.clear()
        return next((file for file in files if file.fileno() in numbers), files[-1])

    with stream(opening) as opened:
        assert opened.read(2 * len(SQL)) == SQL
    assert [end.send(b"still open here") for end in ends]


def test_a_connection_of_the_parent_is_not_kept_open() -> None:
    here, there = socket.socketpair()
    with here, stream(lambda: Broken(lambda: time.sleep(600))) as opened:
        assert opened.read(1000)
        there.close()
        here.settimeout(60)
        assert here.recv(1) == b""


def test_the_process_ends_with_its_reader_while_it_waits_for_input() -> None:
    opened = stream(lambda: Broken(lambda: time.sleep(600)))
    assert opened.read(1000)
    child = opened._process.pid
    began = time.monotonic()
    opened.close()
    assert time.monotonic() - began < 300
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


DUMP = b"-- MyDUMP dump\nCREATE TABLE t (a int);\nINSERT INTO t VALUES (1),(2);\n-- Dump completed\n"


def test_a_dump_is_refused_wherever_it_is_cut(tmp_path):
    packed = gzip.compress(DUMP[:50]) + gzip.compress(DUMP[50:])
    between = len(gzip.compress(DUMP[:50]))
    path = tmp_path / "dump.sql.gz"
    path.write_bytes(packed)
    with SqlStream(on_disk(str(path))) as stream:
        assert stream.read() + stream.read() == DUMP
    # Each size costs a process: the ends of headers, members and trailers, and some between.
    edges = {2, 9, 10, 11, between - 8, between - 1, between, between + 1, between + 10, len(packed) - 8, len(packed) - 4, len(packed) - 1}
    for size in sorted(edges | set(range(12, len(packed), 23))):
        path.write_bytes(packed[:size])
        with SqlStream(on_disk(str(path))) as stream:
            if size == between:
                # A complete member: only the dump's last line is missing.
                assert stream.read() + stream.read() == DUMP[:50]
                continue
            with pytest.raises(Failure, match="truncated|damaged"):
                while stream.read(64):
                    pass


SMALL = gzip.compress(SQL[:90000]) + gzip.compress(SQL[90000:100000])


def small(packed: bytes) -> SqlStream:
    return SqlStream(DumpFile("small.sql.gz", lambda: io.BytesIO(packed), len(packed), True, 1))


def test_a_small_file_is_decompressed_without_another_process() -> None:
    with small(SMALL + b"\0" * 512) as opened:
        assert opened._process is None
        assert opened.read(7) + opened.read() == SQL[:100000]


@pytest.mark.parametrize(
    "packed, what",
    [(SMALL[:-3], "its end is missing"), (SMALL[:9000] + b"\0" * 99 + SMALL[9099:], "do not match its checksum")],
    ids=["cut", "changed"],
)
def test_damage_of_a_small_file_is_a_failure(packed: bytes, what: str) -> None:
    with small(packed) as opened, pytest.raises(Failure, match=what):
        while opened.read(1000):
            pass


def test_damage_of_a_small_file_is_reported_before_what_it_makes_of_the_sql() -> None:
    with small(SMALL[:-3]) as opened, pytest.raises(Failure, match="its end is missing"):
        with opened.damage_first():
            opened.read(10)
            fail()
