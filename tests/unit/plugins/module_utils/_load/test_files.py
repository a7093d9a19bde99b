# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A compressed file is read by a process of its own. What goes wrong in there is told out here."""

import gzip
import io
import os
import socket
import time
from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import DumpFile, SqlStream

SQL = os.urandom(1 << 20).hex().encode()
PACKED = gzip.compress(SQL, 1)


class Broken(io.BytesIO):
    """Half of its bytes come."""

    def __init__(self, then: Any) -> None:
        super().__init__(PACKED[: len(PACKED) // 2])
        self.then = then

    def read(self, *size: Any) -> bytes:
        return super().read(*size) or self.then()


def stream(opening: Any) -> SqlStream:
    return SqlStream(DumpFile("shop.sql.gz", opening, len(PACKED), True, 1))


def fail() -> bytes:
    raise Failure("It is gone", "byte 7", "Look elsewhere.", expired=True)


def test_a_failure_in_there_is_one_out_here() -> None:
    with stream(lambda: Broken(fail)) as opened:
        assert opened.read(1000) == SQL[:1000]
        with pytest.raises(Failure, match=r"It is gone \(byte 7\). Look elsewhere.") as caught:
            # In the middle of what is asked for: fewer bytes would look like the end.
            opened.read(2 * len(SQL))
    assert caught.value.facts == {"expired": True}


def test_a_defect_in_there_is_no_end_of_the_file() -> None:
    with stream(lambda: Broken(lambda: bytes(int("x")))) as opened:
        with pytest.raises(Failure, match="could not be read to its end"):
            opened.read(2 * len(SQL))


@pytest.mark.parametrize("cut", [8, 300000])
def test_a_cut_file(cut: int) -> None:
    with stream(lambda: io.BytesIO(PACKED[:-cut])) as opened:
        with pytest.raises(Failure, match="its end is missing"):
            while opened.read(100000):
                pass


def test_what_the_parent_had_open_is_not_closed_under_its_own_file(tmp_path: Any) -> None:
    path = tmp_path / "shop.sql.gz"
    path.write_bytes(PACKED)
    ends = list(socket.socketpair())
    numbers = [end.fileno() for end in ends]

    def opening() -> Any:
        # A file that has the number of the parent's socket, if that is to be had; then the socket's object is collected.
        files = [open(str(path), "rb", buffering=0) for _file in range(64)]
        ends.clear()
        return next((file for file in files if file.fileno() in numbers), files[-1])

    with stream(opening) as opened:
        assert opened.read(2 * len(SQL)) == SQL
    assert [end.send(b"still open here") for end in ends]


def test_a_connection_of_the_parent_does_not_live_on_in_there() -> None:
    here, there = socket.socketpair()
    with here, stream(lambda: Broken(lambda: time.sleep(600))) as opened:
        assert opened.read(1000)
        there.close()
        here.settimeout(60)
        assert here.recv(1) == b""


def test_whatever_it_waits_for_it_ends_with_its_reader() -> None:
    opened = stream(lambda: Broken(lambda: time.sleep(600)))
    assert opened.read(1000)
    child = opened._process.pid
    began = time.monotonic()
    opened.close()
    assert time.monotonic() - began < 300
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
