# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole downloads: what is sent, what happens when the object changes, and servers without ranges."""

import threading
from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import CONNECTIONS, PART, SIZE, Place, noise, replaced_object


def test_nothing_happens(place: Place) -> None:
    fetched = place.fetch()
    assert place.is_complete()
    assert (fetched.changed, fetched.downloaded, fetched.resumed, fetched.missing) == (True, SIZE, 0, 0)
    assert fetched.verified_by == ["size", "crc64"]
    assert place.warnings == []


def test_only_two_connections_are_let_in(place: Place) -> None:
    busy, lock = [0], threading.Lock()

    def give(handler: Any, found: Any, first: Any, last: int) -> None:
        with lock:
            full = busy[0] >= 2
            busy[0] += not full
        if full:
            handler.refuse(503, "DownloadTrafficRateLimitExceeded", "Too many.", {"x-oss-qos-delay-time": "20"})
            return
        handler.head(found, first, last)
        for begin in range(first, last, 16384):
            handler.send_raw(place.data[begin : min(begin + 16384, last)])
            handler.sleep(0.004)
        # Before the client has all of it and asks again.
        with lock:
            busy[0] -= 1
        handler.send_raw(place.data[last : last + 1])

    place.server.inject(faulty_oss.Fault(give, times=100000))
    fetched = place.fetch(retries=2, connections=6)
    assert place.is_complete()
    assert fetched.downloaded == SIZE


@pytest.mark.parametrize("size", [1, 2, PART - 1, PART, PART + 1, 3 * PART])
def test_small_objects(place: Place, size: int) -> None:
    place.store(noise(size, size))
    place.fetch()
    assert place.is_complete()


def test_object_replaced_in_mid_download(place: Place) -> None:
    fault = replaced_object(place)
    fault.where = lambda seen: place.server.sent > SIZE // 3
    place.server.inject(faulty_oss.drop(2 * PART, times=CONNECTIONS), fault)
    place.fetch()
    assert place.is_complete()
    assert any("starting over" in warning for warning in place.warnings)


def test_object_replaced_by_a_shorter_one_in_mid_download(place: Place) -> None:
    place.server.inject(faulty_oss.drop(2 * PART, times=CONNECTIONS), faulty_oss.then(lambda server: place.store(noise(PART, 3))))
    place.fetch()
    assert place.is_complete()
    assert any("starting over" in warning for warning in place.warnings)


def test_object_replaced_again_and_again(place: Place) -> None:
    count = iter(range(1000))
    place.server.inject(faulty_oss.then(lambda server: place.store(noise(SIZE, next(count))), times=1000))
    with pytest.raises(Failure, match="replaced again"):
        place.fetch()
    assert place.left() == []


def test_server_that_ignores_if_match_is_caught_by_its_etag(place: Place) -> None:
    other = noise(SIZE, 9)

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        handler.head(found, first, last, ETag='"ANOTHER"')
        handler.send_raw(other[first : last + 1])

    place.server.inject(faulty_oss.Fault(act, times=1))
    place.fetch()
    assert place.is_complete()
    assert any("starting over" in warning for warning in place.warnings)


def test_server_without_ranges(place: Place) -> None:
    place.server.ranges = False
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.verified_by == ["size", "crc64"]
    assert len([seen for seen in place.server.seen if "range" not in seen.headers]) == 1


def test_server_without_ranges_that_drops(place: Place) -> None:
    place.server.ranges = False
    place.server.inject(faulty_oss.drop(PART * 3, times=2, where=lambda seen: "range" not in seen.headers))
    place.fetch()
    assert place.is_complete()


def test_server_without_ranges_that_always_drops(place: Place) -> None:
    place.server.ranges = False
    place.server.inject(faulty_oss.drop(PART * 3, times=1000, where=lambda seen: "range" not in seen.headers))
    with pytest.raises(Failure, match="starts over"):
        place.fetch(retries=2)
    assert len([seen for seen in place.server.seen if "range" not in seen.headers]) == 3
    assert place.left() == []


@pytest.mark.parametrize("connections", [1, 2, 4, 7, 32])
def test_every_byte_is_sent_once(place: Place, connections: int) -> None:
    fetched = place.fetch(connections=connections)
    assert place.is_complete()
    assert (place.server.sent, fetched.downloaded) == (SIZE + 1, SIZE)
    assert fetched.requests == len(place.server.seen)
