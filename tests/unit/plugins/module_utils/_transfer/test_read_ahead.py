# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
from typing import Any, List, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import crc64, read_ahead
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.http_client import Network
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.read_ahead import MemberRange, RemoteStream, SharedReadState
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.remote_reader import RemoteReader
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import SIZE, Place, until

NETWORK = Network(timeout=2.0, retries=4, retry_step=0.01)
FIRST, PIECE = 1 << 12, 1 << 16
# Inside of the object, and ending in the middle of a piece.
OFFSET, LENGTH = 1536, 20 * PIECE + 777
END = OFFSET + LENGTH - 1


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: Any) -> None:
    monkeypatch.setattr(read_ahead, "FIRST", FIRST)
    monkeypatch.setattr(read_ahead, "PIECE", PIECE)


class Source:
    """A part of the object, or with no ``length`` all of it, to be opened as often as one likes."""

    def __init__(self, place: Place, length: Optional[int] = LENGTH, url: Optional[SignedUrl] = None, network: Network = NETWORK) -> None:
        reader = RemoteReader(url or place.url(), None, network)
        reader.close()
        self.network = network
        first = 0 if length is None else OFFSET
        self.span = MemberRange(reader.remote, first, SIZE if length is None else length, "the member")
        self.memory = SharedReadState(self.span)
        self.data = place.data[first : first + self.span.size]

    def open(self) -> RemoteStream:
        return RemoteStream(self.span, self.network, self.memory)

    def content(self) -> bytes:
        with self.open() as opened:
            return opened.read()


def gets(place: Place) -> List[Any]:
    return [(seen.first, seen.last) for seen in place.server.bodies()]


@pytest.mark.parametrize("length", [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + PIECE, LENGTH, None])
def test_all_bytes_in_order_and_each_once(place: Place, length: Optional[int]) -> None:
    source = Source(place, length)
    assert source.content() == source.data
    assert source.memory.received == source.span.size == place.server.sent - 1
    assert source.memory.requests == len(gets(place)) == source.span.pieces


def test_in_pieces_of_any_size(place: Place) -> None:
    source = Source(place)
    with source.open() as opened:
        taken = [opened.read(size) for size in (1, FIRST - 1, 5, PIECE, 3 * PIECE, 100)] + [opened.read()]
        assert b"".join(taken) == source.data and opened.tell() == LENGTH and opened.read(1) == b""


def test_reading_both_ends_requests_both_ends(place: Place) -> None:
    source = Source(place)
    with source.open() as opened:
        assert opened.read(FIRST) == source.data[:FIRST]
        opened.seek(LENGTH - 50)
        assert opened.read(100) == source.data[-50:]
    assert source.memory.received == place.server.sent - 1 == FIRST + 50


def test_little_is_requested_that_is_not_read(place: Place) -> None:
    source = Source(place)
    with source.open() as opened:
        assert len(opened.read(FIRST)) == FIRST and len(opened.read(1)) == 1
    assert place.server.sent <= 1 + FIRST + 2 * PIECE


def test_what_passes(place: Place) -> None:
    source = Source(place)
    place.server.inject(
        faulty_oss.drop(1000),
        faulty_oss.answer(503),
        faulty_oss.whole(),
        faulty_oss.elsewhere(5),
        faulty_oss.short(7),
        faulty_oss.drop(0, reset=True),
        faulty_oss.drop(30000, times=5),
    )
    assert source.content() == source.data


@pytest.mark.parametrize("slow", [faulty_oss.slow_head, faulty_oss.trickle])
def test_trickling_peers_are_abandoned(place: Place, slow: Any) -> None:
    source = Source(place, network=NETWORK._replace(timeout=0.5, retries=100))
    # Of the first piece, of any other one, and of the last one.
    faults = [slow(where=lambda seen: seen.first == OFFSET), slow(where=lambda seen: seen.first > OFFSET), slow(where=lambda seen: seen.last == END)]
    place.server.inject(*faults)
    assert source.content() == source.data
    until(lambda: all(fault.left == fault.hits == 1 for fault in faults))


def test_a_peer_that_trickles_forever_is_given_up(place: Place) -> None:
    source = Source(place, network=NETWORK._replace(timeout=0.2, retries=1))
    with source.open() as opened:
        assert opened.read(FIRST) == source.data[:FIRST]
        place.server.inject(faulty_oss.trickle(times=1000))
        with pytest.raises(Failure, match="cannot be read further: nothing was received within the timeout .2 tries"):
            opened.read()


def test_what_does_not_pass(place: Place) -> None:
    source = Source(place)
    at = OFFSET + FIRST + 4 * PIECE
    place.server.inject(faulty_oss.answer(503, times=1000, where=lambda seen: seen.first >= at))
    with source.open() as opened:
        assert opened.read(PIECE)
        with pytest.raises(Failure, match="cannot be read further.*5 tries"):
            while opened.read(PIECE):
                pass


def test_an_object_that_is_replaced(place: Place) -> None:
    source = Source(place)
    with source.open() as opened:
        opened.read(FIRST)
        place.store(place.data[::-1])
        with pytest.raises(Failure, match="replaced while it was read"):
            opened.read()


def test_what_differs_from_the_first_reading_is_read_again(place: Place) -> None:
    source = Source(place)
    assert source.content() == source.data
    at = OFFSET + FIRST + 3 * PIECE
    fault = faulty_oss.flip(99, where=lambda seen: seen.first == at)
    place.server.inject(fault)
    assert source.content() == source.data and fault.hits == 1
    place.server.inject(faulty_oss.flip(99, times=9, where=lambda seen: seen.first == at))
    with pytest.raises(Failure, match="differ from those of the first read.*byte {0}".format(FIRST + 3 * PIECE)):
        source.content()


@pytest.mark.filterwarnings("ignore:This process")
def test_a_forked_process_remembers_for_its_parent(place: Place) -> None:
    memory = SharedReadState(Source(place).span)
    child = os.fork()
    if not child:
        memory.add(5, 1)
        os._exit(0 if memory.agrees(3, b"seen") else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert (memory.received, memory.requests) == (5, 1)
    assert memory.agrees(3, b"seen") and not memory.agrees(3, b"other") and memory.agrees(4, b"other")


@pytest.mark.skipif(crc64.update is None, reason="no fast CRC-64 here")
def test_a_whole_object_has_the_checksum_of_the_server(place: Place) -> None:
    source = Source(place, None)
    place.server.inject(faulty_oss.flip(5, where=lambda seen: seen.first == FIRST + PIECE))
    with pytest.raises(Failure, match="CRC-64"):
        source.content()


def test_shortly_before_its_url_expires_the_rest_is_asked_for_at_once(place: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr(read_ahead, "MARGIN", 7200)
    source = Source(place)
    with source.open() as opened:
        head = opened.read(FIRST) + opened.read(1)
        # The answer has begun. From now on nothing else is given.
        place.server.clock = 7200
        assert head + opened.read() == source.data
    assert gets(place) == [(OFFSET, OFFSET + FIRST - 1), (OFFSET + FIRST, OFFSET + LENGTH - 1)]
    assert source.memory.received == LENGTH and source.memory.requests == 2


def test_a_url_that_is_valid_for_centuries(place: Place) -> None:
    source = Source(place, url=place.url(10**11))
    assert source.content() == source.data


def test_a_url_that_expires_unforeseen(place: Place) -> None:
    source = Source(place)
    with source.open() as opened:
        opened.read(FIRST)
        place.server.clock = 7200
        with pytest.raises(Failure, match="The URL has expired") as caught:
            while opened.read(PIECE):
                pass
    assert caught.value.facts["expired"] is True
