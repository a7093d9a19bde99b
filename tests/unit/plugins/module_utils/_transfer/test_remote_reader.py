# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import random
import threading
from typing import Any, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.http_client import Network
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.remote_reader import RemoteReader
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, SIZE, Place, noise, until

NETWORK = Network(timeout=2.0, retries=4, retry_step=0.01)


def test_any_piece(place: Place) -> None:
    reader = RemoteReader(place.url(), None, NETWORK)
    assert reader.size == SIZE
    for offset, length in ((0, 1), (0, SIZE), (SIZE - 1, 1), (SIZE - 1, 100), (12345, 54321), (SIZE, 10), (SIZE + 10, 10), (5, 0), (-1, 5)):
        assert reader.read(offset, length) == (place.data[offset : offset + length] if offset >= 0 else b"")
    reader.close()
    assert reader.requests == len(place.server.seen)


def test_only_the_bytes_that_are_asked_for_travel(place: Place) -> None:
    reader = RemoteReader(place.url(), None, NETWORK)
    reader.read(1000, 512)
    reader.read(5000, 100)
    assert place.server.sent == 1 + 512 + 100 and reader.bytes == 612


def test_several_threads(place: Place) -> None:
    reader = RemoteReader(place.url(), None, NETWORK)
    wrong: List[int] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _number in range(20):
            offset = chance.randrange(SIZE)
            length = chance.randrange(1, 50000)
            if reader.read(offset, length) != place.data[offset : offset + length]:
                wrong.append(offset)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_passes(place: Place) -> None:
    reader = RemoteReader(place.url(), None, NETWORK)
    place.server.inject(
        faulty_oss.drop(1000), faulty_oss.answer(503), faulty_oss.whole(), faulty_oss.elsewhere(5), faulty_oss.short(7), faulty_oss.drop(0, reset=True)
    )
    assert reader.read(100, 200000) == place.data[100:200100]


@pytest.mark.parametrize("slow", [faulty_oss.slow_head, faulty_oss.trickle])
def test_a_trickling_peer_is_abandoned(place: Place, slow: Any) -> None:
    reader = RemoteReader(place.url(), None, NETWORK._replace(timeout=0.5))
    fault = slow(times=2)
    place.server.inject(fault)
    assert reader.read(100, 200000) == place.data[100:200100]
    until(lambda: fault.left == fault.hits == 2)


def test_a_peer_that_trickles_forever_is_given_up(place: Place) -> None:
    reader = RemoteReader(place.url(), None, NETWORK._replace(timeout=0.2, retries=1))
    place.server.inject(faulty_oss.trickle(times=1000))
    with pytest.raises(Failure, match="cannot be read further: nothing was received within the timeout .2 tries"):
        reader.read(0, 200000)


def test_a_slow_peer_that_moves_has_all_the_time_it_needs(place: Place) -> None:
    reader = RemoteReader(place.url(), None, NETWORK._replace(timeout=2.0, retries=0))
    # Each piece comes in its time, all together do not.
    place.server.rate = 16384 / 0.2
    assert reader.read(0, 12 * 16384) == place.data[: 12 * 16384]
    assert reader.requests == 2


def test_what_does_not_pass(place: Place) -> None:
    reader = RemoteReader(place.url(), None, NETWORK)
    place.server.inject(faulty_oss.answer(503, times=1000))
    with pytest.raises(Failure, match="cannot be read further.*5 tries.*byte 4096"):
        reader.read(4096, 10)


def test_an_object_that_is_replaced(place: Place) -> None:
    reader = RemoteReader(place.url(), None, NETWORK)
    reader.read(0, 10)
    place.store(noise(SIZE, 2))
    with pytest.raises(Failure, match="replaced while it was read"):
        reader.read(10, 10)


def test_an_object_without_an_etag_that_is_replaced(place: Place) -> None:
    """Its size is the same; only the CRC-64 differs."""
    place.server.etags[NAME] = ""
    reader = RemoteReader(place.url(), None, NETWORK)
    reader.read(0, 10)
    place.store(noise(SIZE, 2))
    with pytest.raises(Failure, match="replaced while it was read"):
        reader.read(10, 10)


def test_a_url_that_expires(place: Place) -> None:
    reader = RemoteReader(place.url(), None, NETWORK)
    place.server.clock = 7200.0
    with pytest.raises(Failure, match="The URL has expired"):
        reader.read(0, 10)


def test_a_server_without_ranges(place: Place) -> None:
    place.server.ranges = False
    with pytest.raises(Failure, match="only as a whole"):
        RemoteReader(place.url(), None, NETWORK)
