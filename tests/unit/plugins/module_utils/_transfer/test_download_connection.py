# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that break in the middle of a download."""

import os
import random
import threading
from typing import Any, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.download import Download
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.download_connection import DownloadTask
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.http_client import HttpAnswer, Network
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.part_file import PartFile
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.parts import layout
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.probe import RemoteObject
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.url_renewal import RenewableUrl
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import CONNECTIONS, PART, SIZE, Place, until


@pytest.mark.parametrize("seed", range(5))
def test_drops_at_random_offsets_on_every_connection(place: Place, seed: int) -> None:
    chance = random.Random(seed)
    place.server.inject(*[faulty_oss.drop(chance.randrange(0, 6 * PART), reset=chance.random() < 0.5) for _number in range(25)])
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.downloaded < SIZE + 26 * PART


def test_reset_in_the_middle_of_the_body(place: Place) -> None:
    place.server.inject(faulty_oss.drop(PART + 17, reset=True, times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_closed_before_the_first_byte_of_the_body(place: Place) -> None:
    place.server.inject(faulty_oss.drop(0, times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_connections_that_drop_often_but_make_progress_continue(place: Place) -> None:
    place.server.inject(faulty_oss.drop(PART, times=10000))
    fetched = place.fetch(retries=2)
    assert place.is_complete()
    assert fetched.requests > SIZE // PART


def test_body_and_length_shorter_than_the_range(place: Place) -> None:
    place.server.inject(faulty_oss.short(100, times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_bytes_that_arrive_after_the_end_are_not_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, ended, late = threading.Event(), threading.Event(), threading.Event()
    writes: List[Any] = []
    before = set(threading.enumerate())
    read, pwrite = HttpAnswer.read, os.pwrite

    def hang(answer: HttpAnswer, most: int) -> bytes:
        if not answer.first:
            return read(answer, most)
        reading.set()
        ended.wait(60)
        late.set()
        return b"?" * min(most, 20000)

    def inspect(head: bytes) -> None:
        assert reading.wait(60)
        raise Failure("refused by the caller")

    monkeypatch.setattr(HttpAnswer, "read", hang)
    with pytest.raises(Failure, match="refused by the caller"):
        place.fetch(inspect=inspect)
    monkeypatch.setattr(os, "pwrite", lambda *words: writes.append(words) or pwrite(*words))
    ended.set()
    assert late.wait(60)
    until(lambda: not [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("apsaradb-transfer")])
    assert writes == [] and place.left() == []


def test_login_page_for_a_range_passes(place: Place) -> None:
    place.server.inject(faulty_oss.page(times=2))
    place.fetch()
    assert place.is_complete()


def test_disk_that_fills_up_in_the_middle(place: Place) -> None:
    url = place.url()
    with PartFile(str(place.part)) as full, open("/dev/full", "r+b", buffering=0) as device:
        os.dup2(device.fileno(), full.number)
        remote = RemoteObject(url, "external", SIZE, None, None, True)
        task = DownloadTask(remote, RenewableUrl(remote), layout([(0, SIZE)], PART), full, None, Network(retry_step=0.01))
        with pytest.raises(Failure, match="The disk is full: 3.0 MiB are still missing .*backup.tar.part.*Free that much space"):
            Download(task, CONNECTIONS).run()
