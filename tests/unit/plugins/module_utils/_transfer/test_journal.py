# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of an unfinished download is not trusted."""

import json
import os
import threading
from typing import Any, Iterable, List, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import crc64, journal
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.probe import RemoteObject
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import (
    PART,
    Place,
    interrupted,
)


@pytest.mark.parametrize("text", [b"", b"{", b"[]\n", b"\x00\xff\n", b'{"journal": 1}\n', b'{"journal": 99, "object": "x"}\n', b"[" * 100000 + b"\n"])
def test_journal_that_is_not_a_journal(place: Place, text: bytes) -> None:
    interrupted(place)
    place.journal.write_bytes(text)
    assert place.fetch().resumed == 0
    assert place.is_complete()


def test_journal_with_a_torn_last_line(place: Place) -> None:
    kept = interrupted(place)
    with place.journal.open("ab") as file:
        file.write(b'{"part": 3, "do')
    assert place.fetch().resumed == kept
    assert place.is_complete()


def test_journal_with_false_entries(place: Place) -> None:
    interrupted(place)
    with place.journal.open("a") as file:
        for number in range(-1, 60):
            file.write(json.dumps({"part": number, "done": PART, "crc64": 1}) + "\n")
    assert place.fetch().resumed == 0
    assert place.is_complete()


def test_journal_of_another_object(place: Place) -> None:
    interrupted(place)
    heading = json.loads(place.journal.read_text().splitlines()[0])
    remote = RemoteObject(place.url(), "external", heading["size"], heading["etag"], None, True)
    assert not journal.is_of_another_object(str(place.journal), remote)
    assert journal.is_of_another_object(str(place.journal), remote._replace(size=1))
    assert journal.is_of_another_object(str(place.journal), remote._replace(etag="another"))
    assert journal.is_of_another_object(str(place.journal), remote._replace(url=place.url(name="another.tar")))
    place.journal.write_bytes(b"")
    assert not journal.is_of_another_object(str(place.journal), remote._replace(size=1))


class Disk:
    """Sees each write to the part file, each line of its journal and each order to bring the file to the disk, in their order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lock = threading.Lock()
        self.waiting: List[Tuple[int, int]] = []
        self.safe: List[Tuple[int, int]] = []
        self.orders = self.lines = 0
        # The claims that were written down before their bytes were safe.
        self.lies: List[Any] = []
        pwrite, add = os.pwrite, journal.Journal._add

        def writes(number: int, data: Any, at: int) -> int:
            with self.lock:
                written = pwrite(number, data, at)
                self.waiting.append((at, at + written))
                return written

        def orders(number: int) -> None:
            with self.lock:
                os.fsync(number)
                self.orders += 1
                self.safe += self.waiting
                self.waiting = []

        def adds(book: journal.Journal, line: Any) -> None:
            with self.lock:
                if "part" in line:
                    self.lines += 1
                    first = line["part"] * PART
                    if covered(self.safe, first, first + line["done"]) < line["done"]:
                        self.lies.append(line)
                add(book, line)

        monkeypatch.setattr(os, "pwrite", writes)
        monkeypatch.setattr(journal, "_to_disk", orders)
        monkeypatch.setattr(journal.Journal, "_add", adds)


def covered(pieces: Iterable[Tuple[int, int]], first: int, end: int) -> int:
    """How many of the bytes from ``first`` to ``end`` are in ``pieces``, none of which overlap."""
    return sum(max(0, min(end, stop) - max(first, begin)) for begin, stop in pieces)


def test_where_no_crc_can_tell_a_line_is_written_when_its_bytes_are_on_the_disk(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crc64, "update", None)
    disk = Disk(monkeypatch)
    # The journal of an interrupted download has an incomplete part, and that of the next begins with the existing bytes.
    interrupted(place)
    lines = disk.lines
    assert lines > 2 and disk.orders and disk.lies == []
    disk.waiting, disk.safe = disk.waiting + disk.safe, []
    place.fetch()
    assert disk.lines > lines and disk.lies == []
    assert place.is_complete()


def test_download_waits_for_the_disk_if_the_crc_proves_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    interrupted(place)
    place.server.find = lambda name: faulty_oss.FaultyServer.find(place.server, name)._replace(crc64=None)  # type: ignore[method-assign]
    place.fetch()
    assert place.is_complete()
    assert disk.lines and disk.orders == 0
