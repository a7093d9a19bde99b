# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network can do to a download, one thing a test, on real sockets. The fixture looks for secrets after each of them."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Dict, Iterable, List, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import crc64, journal, probe
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.download import Download
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.http_client import HttpAnswer, Network
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.part_file import PartFile
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.parts import layout
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.probe import RemoteObject
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.remote_reader import RemoteReader
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl
from ansible_collections.apsaradb.mysql.tests.support import oss
from ansible_collections.apsaradb.mysql.tests.support.proxies import Proxy
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, PART, SIZE, Place, noise, until

CONNECTIONS = 4
BEGINNING = 20 * PART + 100


def interrupted(place: Place) -> int:
    """Leave an unfinished download behind, of which the beginning is there; its length."""

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        if first >= BEGINNING:
            handler.refuse(503, "InternalError", "Please try again later.")
        elif last >= BEGINNING:
            oss.drop(BEGINNING - first).act(handler, found, first, last)
        else:
            oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(oss.Fault(act, times=10000))
    with pytest.raises(Failure, match="does not go on"):
        place.fetch(retries=1)
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]
    place.server.faults.clear()
    assert place.noted() == BEGINNING
    return BEGINNING


# Connections that break


def test_nothing_happens(place: Place) -> None:
    fetched = place.fetch()
    assert place.is_complete()
    assert (fetched.changed, fetched.downloaded, fetched.resumed, fetched.missing) == (True, SIZE, 0, 0)
    assert fetched.verified_by == ["size", "crc64"]
    assert place.warnings == []


@pytest.mark.parametrize("seed", range(5))
def test_drops_at_random_offsets_on_every_connection(place: Place, seed: int) -> None:
    chance = random.Random(seed)
    place.server.inject(*[oss.drop(chance.randrange(0, 6 * PART), reset=chance.random() < 0.5) for _number in range(25)])
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.downloaded < SIZE + 26 * PART


def test_reset_in_the_middle_of_the_body(place: Place) -> None:
    place.server.inject(oss.drop(PART + 17, reset=True, times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_closed_before_the_first_byte_of_the_body(place: Place) -> None:
    place.server.inject(oss.drop(0, times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_every_connection_brings_little_and_none_gives_up(place: Place) -> None:
    place.server.inject(oss.drop(PART, times=10000))
    fetched = place.fetch(retries=2)
    assert place.is_complete()
    assert fetched.requests > SIZE // PART


def test_body_and_length_shorter_than_the_range(place: Place) -> None:
    place.server.inject(oss.short(100, times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_silence_in_the_middle(place: Place) -> None:
    place.server.inject(oss.stall(PART + 5, times=2))
    place.fetch(timeout=1, retries=100)
    assert place.is_complete()


def test_slow_loris_body(place: Place) -> None:
    place.server.inject(oss.trickle(0.05, times=2))
    fetched = place.fetch(timeout=1, retries=100)
    assert place.is_complete()
    assert fetched.verified_by == ["size", "crc64"]


def test_slow_loris_headers(place: Place) -> None:
    place.server.inject(oss.slow_head(times=2))
    place.fetch(timeout=1, retries=100)
    assert place.is_complete()


PAGES = [
    oss.slow_head,
    lambda **rule: oss.slow_body(200, **rule),
    lambda **rule: oss.slow_body(503, **rule),
    lambda **rule: oss.slow_body(302, headers={"Location": "/elsewhere"}, **rule),
]


@pytest.mark.parametrize("slow", PAGES)
def test_slow_loris_for_the_probe(place: Place, slow: Any) -> None:
    fault = slow(times=1, probes=True)
    place.server.inject(fault)
    place.fetch(timeout=0.5, retries=100)
    assert place.is_complete()
    # It did not wait for the end.
    until(lambda: fault.left == fault.hits == 1)


def test_slow_loris_for_the_probe_for_ever_is_given_up(place: Place) -> None:
    fault = oss.slow_head(times=1000, probes=True)
    place.server.inject(fault)
    with pytest.raises(Failure, match="cannot be asked for the object: nothing was received within the timeout .2 tries"):
        place.fetch(timeout=0.2, retries=1)
    until(lambda: fault.left == fault.hits == 2)


def test_slow_loris_refusal(place: Place) -> None:
    fault = oss.slow_body(403, probes=True)
    place.server.inject(fault)
    with pytest.raises(Failure, match="answered 403"):
        place.fetch(timeout=0.5)
    until(lambda: fault.left == 1)


@pytest.mark.parametrize("slow", PAGES)
def test_slow_loris_at_the_internal_address_has_only_its_few_seconds(place: Place, slow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "INTERNAL_TIMEOUT", 0.5)
    with oss.FaultyServer(place.root) as inside:
        fault = slow(times=100, probes=True)
        inside.inject(fault)
        assert place.fetch(internal_url=internal(place, inside), timeout=300, retries=100).source == "external"
        assert place.is_complete()
        until(lambda: fault.left == fault.hits == 1)


@pytest.mark.parametrize("inspected", [True, False])
def test_late_bytes_of_a_connection_that_lost_its_work(place: Place, inspected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    again = threading.Event()
    read = HttpAnswer.read

    def late(answer: HttpAnswer, most: int) -> bytes:
        if answer.first != 0 or again.is_set():
            return read(answer, most)
        # As long as it takes until another connection has taken over.
        again.wait(60)
        return b"?" * min(most, 20000)

    def second(handler: Any, found: Any, first: Any, last: int) -> None:
        again.set()
        handler.sleep(0.2)
        oss.oss.Handler.give(handler, found, first, last)

    monkeypatch.setattr(HttpAnswer, "read", late)
    place.server.inject(*[oss.Fault(act, where=lambda seen: seen.first == 0) for act in (oss.oss.Handler.give, second)])

    def inspect(head: bytes) -> None:
        if again.is_set() and head.startswith(b"?"):
            raise Failure("What came too late was looked at")

    place.fetch(timeout=1, retries=100, inspect=inspect if inspected else None)
    assert again.is_set()
    assert place.is_complete()


def test_slow_loris_for_ever_is_given_up(place: Place) -> None:
    place.server.inject(oss.trickle(0.05, times=1000))
    with pytest.raises(Failure, match="nothing was received within the timeout"):
        place.fetch(timeout=0.1, retries=1, connections=1)
    assert not place.dest.exists()


def test_no_answer_at_all(place: Place) -> None:
    place.server.inject(oss.silent(times=CONNECTIONS))
    place.fetch(timeout=1, retries=100)
    assert place.is_complete()


def test_no_answer_to_the_probe(place: Place) -> None:
    place.server.inject(oss.silent(times=1, probes=True))
    place.fetch(timeout=1, retries=100)
    assert place.is_complete()


def test_host_name_that_does_not_exist(place: Place) -> None:
    url = place.signed(place.server.sign(NAME).replace("127.0.0.1", "backup.invalid"))
    with pytest.raises(Failure, match="host name cannot be resolved.*http://backup.invalid") as caught:
        place.fetch(url, retries=1)
    assert "proxy variables" in str(caught.value)
    assert place.left() == []


def test_nobody_listens(place: Place) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = place.signed("http://127.0.0.1:{0}/{1}?{2}".format(unused.getsockname()[1], NAME, place.server.sign(NAME).partition("?")[2]))
        with pytest.raises(Failure, match="connection refused"):
            place.fetch(url, retries=1)
    assert place.left() == []


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

    place.server.inject(oss.Fault(give, times=100000))
    fetched = place.fetch(retries=2, connections=6)
    assert place.is_complete()
    assert fetched.downloaded == SIZE


# Servers that ask for patience


def test_503_with_the_delay_oss_asks_for(place: Place) -> None:
    place.server.inject(oss.answer(503, "DownloadTrafficRateLimitExceeded", headers={"x-oss-qos-delay-time": "30"}, times=6))
    place.fetch()
    assert place.is_complete()


def test_429_with_retry_after(place: Place) -> None:
    place.server.inject(oss.answer(429, "TooManyRequests", headers={"Retry-After": "0"}, times=6))
    place.fetch()
    assert place.is_complete()


def fetch_it(place: Place) -> None:
    place.fetch(connections=1)


def read_it(place: Place) -> None:
    RemoteReader(place.url(), None, Network(timeout=5.0, retries=8, retry_step=0.01)).read(0, 1000)


@pytest.mark.parametrize("headers, seconds", [({"x-oss-qos-delay-time": "700"}, 0.7), ({"Retry-After": "1"}, 1.0)])
@pytest.mark.parametrize("ask, probes", [(fetch_it, True), (fetch_it, False), (read_it, False)])
def test_nothing_is_asked_before_the_time_the_server_wants(place: Place, headers: Dict[str, str], seconds: float, ask: Any, probes: bool) -> None:
    moments: List[float] = []

    def refuse(handler: Any, found: Any, first: Any, last: int) -> None:
        moments.append(time.monotonic())
        handler.refuse(503, "ServiceUnavailable", "Please try again later.", headers)

    def give(handler: Any, found: Any, first: Any, last: int) -> None:
        moments.append(time.monotonic())
        oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(oss.Fault(refuse, probes=probes), oss.Fault(give, probes=probes))
    ask(place)
    assert moments[1] - moments[0] >= seconds


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_gateway_errors_pass(place: Place, status: int) -> None:
    place.server.inject(oss.page(status, b"<html>Bad Gateway</html>", times=3), oss.answer(status, probes=True))
    place.fetch()
    assert place.is_complete()


def test_503_for_ever_is_given_up_and_the_rest_kept(place: Place) -> None:
    kept = interrupted(place)
    fetched = place.fetch()
    assert place.is_complete()
    assert (fetched.resumed, fetched.downloaded) == (kept, SIZE - kept)


# Answers to another question


def test_whole_object_for_a_range(place: Place) -> None:
    place.server.inject(oss.whole(times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_whole_object_for_every_range_misplaces_no_byte(place: Place) -> None:
    place.server.inject(oss.whole(times=10000))
    with pytest.raises(Failure, match="whole object where a part was asked for"):
        place.fetch(retries=1)
    assert place.left() == []


def test_another_range_than_the_one_asked_for(place: Place) -> None:
    place.server.inject(oss.elsewhere(1000, times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_login_page_instead_of_the_probe(place: Place) -> None:
    place.server.inject(oss.page(probes=True))
    with pytest.raises(Failure, match="web page instead of a backup"):
        place.fetch()
    assert place.left() == []


def test_login_page_for_a_range_passes(place: Place) -> None:
    place.server.inject(oss.page(times=2))
    place.fetch()
    assert place.is_complete()


@pytest.mark.parametrize(
    "body", [b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", b"\xef\xbb\xbf\n<!doctype HTML><html>", b"<Error><Code>NoSuchKey</Code>"]
)
def test_object_that_is_itself_a_saved_page(place: Place, body: bytes) -> None:
    place.store(body.ljust(SIZE))
    with pytest.raises(Failure, match="web page instead of a backup"):
        place.fetch()
    assert place.left() == []


def test_redirect_is_followed(place: Place) -> None:
    place.server.inject(oss.redirect(lambda handler: handler.path, probes=True, times=3))
    place.fetch()
    assert place.is_complete()


def test_redirect_to_a_login_page(place: Place) -> None:
    with oss.FaultyServer(place.root) as portal:
        portal.inject(oss.page(times=100, probes=True))
        address = portal.sign(NAME)
        place.server.inject(oss.redirect(lambda handler: address, times=100, probes=True))
        with pytest.raises(Failure, match="web page instead of a backup"):
            place.fetch()
    assert place.left() == []


def test_redirect_in_circles(place: Place) -> None:
    place.server.inject(oss.redirect(lambda handler: handler.path, probes=True, times=1000))
    with pytest.raises(Failure, match="in circles"):
        place.fetch()


def test_empty_object(place: Place) -> None:
    place.store(b"")
    with pytest.raises(Failure, match="object is empty"):
        place.fetch()
    assert place.left() == []


@pytest.mark.parametrize("size", [1, 2, PART - 1, PART, PART + 1, 3 * PART])
def test_small_objects(place: Place, size: int) -> None:
    place.store(noise(size, size))
    place.fetch()
    assert place.is_complete()


# Objects that change


def replaced(place: Place) -> Any:
    return oss.then(lambda server: place.store(noise(SIZE, 2)))


def test_object_replaced_in_mid_download(place: Place) -> None:
    fault = replaced(place)
    fault.where = lambda seen: place.server.sent > SIZE // 3
    place.server.inject(oss.drop(2 * PART, times=CONNECTIONS), fault)
    place.fetch()
    assert place.is_complete()
    assert any("beginning again" in warning for warning in place.warnings)


def test_object_replaced_by_a_shorter_one_in_mid_download(place: Place) -> None:
    place.server.inject(oss.drop(2 * PART, times=CONNECTIONS), oss.then(lambda server: place.store(noise(PART, 3))))
    place.fetch()
    assert place.is_complete()
    assert any("beginning again" in warning for warning in place.warnings)


def test_object_replaced_again_and_again(place: Place) -> None:
    count = iter(range(1000))
    place.server.inject(oss.then(lambda server: place.store(noise(SIZE, next(count))), times=1000))
    with pytest.raises(Failure, match="replaced again"):
        place.fetch()
    assert place.left() == []


def test_server_that_ignores_if_match_is_caught_by_its_etag(place: Place) -> None:
    other = noise(SIZE, 9)

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        handler.head(found, first, last, ETag='"ANOTHER"')
        handler.send_raw(other[first : last + 1])

    place.server.inject(oss.Fault(act, times=1))
    place.fetch()
    assert place.is_complete()
    assert any("beginning again" in warning for warning in place.warnings)


def test_another_object_under_the_same_name_starts_over_and_says_so(place: Place) -> None:
    interrupted(place)
    place.store(noise(SIZE, 5))
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.resumed == 0
    assert any("another object" in warning for warning in place.warnings)


# Bytes that are wrong


def test_wrong_crc_of_the_server(place: Place) -> None:
    place.server.crcs[NAME] = 12345
    with pytest.raises(Failure, match="CRC-64 is .* and should be 12345"):
        place.fetch()
    assert place.left() == []


def test_bit_flipped_on_the_way(place: Place) -> None:
    place.server.inject(oss.flip(70000))
    with pytest.raises(Failure, match="not what the server has"):
        place.fetch()
    assert place.left() == []
    place.fetch()
    assert place.is_complete()


def test_bit_flipped_in_the_part_file_is_fetched_again_alone(place: Place) -> None:
    kept = interrupted(place)
    with place.part.open("r+b") as file:
        file.seek(10)
        file.write(bytes([place.data[10] ^ 1]))
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.resumed == kept - PART
    assert any("not what was downloaded" in warning for warning in place.warnings)


def test_part_file_that_lost_its_end(place: Place) -> None:
    kept = interrupted(place)
    os.truncate(str(place.part), PART + 10)
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.resumed == PART < kept


def test_part_file_that_lost_its_end_where_no_crc_can_tell(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crc64, "update", None)
    interrupted(place)
    os.truncate(str(place.part), PART + 10)
    assert place.fetch().resumed == PART
    assert place.is_complete()


def test_part_file_that_is_gone(place: Place) -> None:
    interrupted(place)
    place.part.unlink()
    assert place.fetch().resumed == 0
    assert place.is_complete()


@pytest.mark.parametrize("text", [b"", b"{", b"[]\n", b"\x00\xff\n", b'{"journal": 1}\n', b'{"journal": 99, "object": "x"}\n'])
def test_journal_that_is_none(place: Place, text: bytes) -> None:
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


def test_journal_that_lies(place: Place) -> None:
    interrupted(place)
    with place.journal.open("a") as file:
        for number in range(-1, 60):
            file.write(json.dumps({"part": number, "done": PART, "crc64": 1}) + "\n")
    assert place.fetch().resumed == 0
    assert place.is_complete()


# URLs that end


def test_url_expires_in_mid_download_and_a_fresh_one_continues(place: Place) -> None:
    url = place.url(lifetime=60)
    # The first answers break after the expiry: what they brought is there, the next requests are refused.
    later = oss.then(lambda server: setattr(server, "clock", 120.0))
    place.server.inject(oss.drop(3 * PART + 11, times=CONNECTIONS), later)
    with pytest.raises(Failure, match="The URL has expired.*server time") as caught:
        place.fetch(url)
    assert caught.value.facts["expired"] is True
    assert "fresh download URL" in str(caught.value)
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]
    before = place.server.sent
    fetched = place.fetch(place.url(lifetime=600))
    assert place.is_complete()
    assert fetched.resumed > 2 * PART * CONNECTIONS
    assert place.server.sent - before <= SIZE - fetched.resumed + 1


def test_answers_that_have_begun_outlive_the_expiry(place: Place) -> None:
    started = threading.Event()

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        with place.server.lock:
            begun = sum(fault.hits for fault in place.server.faults)
        if begun >= CONNECTIONS:
            started.set()
        started.wait(5)
        place.server.clock = 7200.0
        oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(oss.Fault(act, times=1000))
    fetched = place.fetch(place.url(lifetime=60), timeout=30)
    assert place.is_complete()
    assert fetched.downloaded == SIZE


def test_url_that_had_expired(place: Place) -> None:
    with pytest.raises(Failure, match="The URL has expired: expired 2.*server time 2") as caught:
        place.fetch(place.url(lifetime=-60))
    assert caught.value.facts["expired"] is True
    assert place.left() == []


def test_url_that_has_expired_by_a_wrong_clock_only(place: Place) -> None:
    place.server.clock = -7200.0
    place.fetch(place.url(lifetime=-60))
    assert place.is_complete()


def test_backup_that_was_deleted(place: Place) -> None:
    with pytest.raises(Failure, match="404 NoSuchKey.*retention ended"):
        place.fetch(place.url(name="custins7/gone.tar"))
    assert place.left() == []


def test_url_with_a_changed_signature(place: Place) -> None:
    url = place.server.sign(NAME)
    with pytest.raises(Failure, match="SignatureDoesNotMatch.*Copy it whole"):
        place.fetch(place.signed(url[:-4] + "aaaa"))


def test_url_that_a_shell_cut_at_its_ampersand(place: Place) -> None:
    with pytest.raises(Failure, match="an & that a shell took"):
        place.fetch(place.signed(place.server.sign(NAME).partition("&")[0]))


def test_url_with_escaped_ampersands(place: Place) -> None:
    place.fetch(place.signed(place.server.sign(NAME).replace("&", "&amp;")))
    assert place.is_complete()


# Two addresses


def internal(place: Place, server: oss.FaultyServer) -> SignedUrl:
    return place.signed(server.sign(NAME))


def test_internal_address_first(place: Place) -> None:
    with oss.FaultyServer(place.root) as inside:
        place.secrets.append(inside.key_id)
        fetched = place.fetch(internal_url=internal(place, inside))
        assert fetched.source == "internal"
        assert place.is_complete()
        assert place.server.seen == []
        assert place.warnings == []


@pytest.mark.parametrize("fault", [oss.silent, oss.slow_head, lambda **rule: oss.answer(403, "AccessDenied", "Not from here.", **rule), oss.page])
def test_internal_address_of_no_use(place: Place, fault: Any) -> None:
    with oss.FaultyServer(place.root) as inside:
        inside.inject(fault(times=100, probes=True))
        fetched = place.fetch(internal_url=internal(place, inside), timeout=1.5, retries=100)
        assert fetched.source == "external"
        assert place.is_complete()
        assert any("metered" in warning and "internal_url cannot be used" in warning for warning in place.warnings)
        assert len(inside.seen) == 1


def test_internal_address_alone(place: Place) -> None:
    with oss.FaultyServer(place.root) as inside:
        assert place.fetch(SignedUrl(inside.sign(NAME))).source == "external"
    place.dest.unlink()
    wanted = place.url()
    place.warnings = []
    from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch import FetchRequest, fetch

    assert fetch(FetchRequest(None, wanted, str(place.dest)), place.warnings.append).source == "internal"


def test_both_addresses_fail(place: Place) -> None:
    place.server.inject(oss.answer(403, "AccessDenied", "No.", times=100, probes=True))
    with pytest.raises(Failure, match="403 AccessDenied"):
        place.fetch(internal_url=place.url())


# Servers that can less


def test_server_without_ranges(place: Place) -> None:
    place.server.ranges = False
    fetched = place.fetch()
    assert place.is_complete()
    assert fetched.verified_by == ["size", "crc64"]
    assert len([seen for seen in place.server.seen if "range" not in seen.headers]) == 1


def test_server_without_ranges_that_drops(place: Place) -> None:
    place.server.ranges = False
    place.server.inject(oss.drop(PART * 3, times=2, where=lambda seen: "range" not in seen.headers))
    place.fetch()
    assert place.is_complete()


def test_server_without_ranges_that_always_drops(place: Place) -> None:
    place.server.ranges = False
    place.server.inject(oss.drop(PART * 3, times=1000, where=lambda seen: "range" not in seen.headers))
    with pytest.raises(Failure, match="begins anew"):
        place.fetch(retries=2)
    assert len([seen for seen in place.server.seen if "range" not in seen.headers]) == 3
    assert place.left() == []


def test_server_without_a_crc(place: Place) -> None:
    place.server.crcs[NAME] = None
    place.server.find = lambda name: oss.FaultyServer.find(place.server, name)._replace(crc64=None)  # type: ignore[method-assign]
    assert place.fetch().verified_by == ["size"]
    assert any("unverified" in warning and "server gives no CRC-64" in warning for warning in place.warnings)


def test_host_without_a_crc(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crc64, "update", None)
    interrupted(place)
    fetched = place.fetch()
    assert fetched.verified_by == ["size"]
    assert fetched.resumed > 0
    assert any("this host can compute no CRC-64" in warning for warning in place.warnings)
    assert place.is_complete()


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
    # The journal of an interrupted download has a part that is not whole, and that of the next begins with what is there.
    interrupted(place)
    lines = disk.lines
    assert lines > 2 and disk.orders and disk.lies == []
    disk.waiting, disk.safe = disk.waiting + disk.safe, []
    place.fetch()
    assert disk.lines > lines and disk.lies == []
    assert place.is_complete()


def test_where_a_crc_tells_nothing_waits_for_the_disk(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    interrupted(place)
    place.server.find = lambda name: oss.FaultyServer.find(place.server, name)._replace(crc64=None)  # type: ignore[method-assign]
    place.fetch()
    assert place.is_complete()
    assert disk.lines and disk.orders == 0


@pytest.mark.parametrize("told", [True, False])
def test_blocks_that_a_crash_of_the_machine_lost_are_fetched_again(place: Place, told: bool) -> None:
    # Whether the server tells a CRC-64 or not: the journal has one of each part.
    if not told:
        place.server.find = lambda name: oss.FaultyServer.find(place.server, name)._replace(crc64=None)  # type: ignore[method-assign]
    kept = interrupted(place)
    with place.part.open("r+b") as file:
        file.seek(PART)
        file.write(bytes(PART))
    assert place.fetch().resumed == kept - PART
    assert place.is_complete()


def in_chunks(handler: Any, found: Any, first: Any, last: int) -> None:
    """The whole object, without a word about its size."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for at in range(0, SIZE, 100000):
        block = handler.server.place.data[at : at + 100000]
        handler.wfile.write(b"%x\r\n" % len(block) + block + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def test_server_that_does_not_tell_the_size(place: Place) -> None:
    place.server.place = place  # type: ignore[attr-defined]
    place.server.inject(oss.Fault(in_chunks, times=1000, probes=True))
    with pytest.raises(Failure, match="does not tell the size.*Give size"):
        place.fetch()
    place.fetch(size=SIZE)
    assert place.is_complete()


# What is asked


def test_only_get_and_nothing_that_breaks_a_signature(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    place.fetch()
    assert {seen.method for seen in place.server.seen} == {"GET"}
    assert (place.server.seen[0].first, place.server.seen[0].last) == (0, 0)
    for seen in place.server.seen:
        assert seen.headers["accept-encoding"] == "identity"
        assert not [name for name in seen.headers if name.startswith("x-oss-") or name in ("content-type", "content-md5", "authorization", "cookie")]
    etags = {seen.headers.get("if-match") for seen in place.server.seen[1:]}
    assert len(etags) == 1 and None not in etags


@pytest.mark.parametrize("connections", [1, 2, 4, 7, 32])
def test_every_byte_is_sent_once(place: Place, connections: int) -> None:
    fetched = place.fetch(connections=connections)
    assert place.is_complete()
    assert (place.server.sent, fetched.downloaded) == (SIZE + 1, SIZE)
    assert fetched.requests == len(place.server.seen)


# Proxies


def test_proxy_of_the_environment(place: Place, proxy: Proxy) -> None:
    place.fetch()
    assert place.is_complete()
    assert len(proxy.heads) == len(place.server.seen)


def test_proxy_that_wants_a_password(place: Place, proxy: Proxy) -> None:
    proxy.refuse = True
    with pytest.raises(Failure, match="proxy wants a user name"):
        place.fetch()


def test_proxy_that_is_not_there(place: Place, proxy: Proxy) -> None:
    proxy.socket.close()
    with pytest.raises(Failure, match="proxy"):
        place.fetch(retries=1)


# Disks


def test_object_larger_than_the_disk(place: Place) -> None:
    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        handler.head(found, 0, 0, Content_Range="bytes 0-0/{0}".format(1 << 55))
        handler.send_raw(b"x")

    place.server.inject(oss.Fault(act, probes=True, times=2))
    with pytest.raises(Failure, match="too little space: 32768.0 TiB more are needed") as caught:
        place.fetch()
    assert caught.value.facts["bytes_needed"] == 1 << 55
    assert place.left() == []
    with pytest.raises(Failure, match="too little space"):
        place.fetch(dry=True)
    assert place.server.bodies() == []


def test_disk_that_fills_up_in_the_middle(place: Place) -> None:
    url = place.url()
    with PartFile("/dev/full") as full:
        download = Download(RemoteObject(url, "external", SIZE, None, None, True), layout([(0, SIZE)], PART), full, None, Network(retry_step=0.01), 0, None)
        with pytest.raises(Failure, match="The disk is full: 3.0 MiB are still missing ./dev/full.*Free as much"):
            download.run(CONNECTIONS)


def test_file_size_limit_in_the_middle_keeps_what_is_there(place: Place) -> None:
    kept = interrupted(place)
    limit = kept + 4 * PART
    before = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))
""".format(limit)
    done = fetch_in_a_process(place, place.url(), before, wait=True)
    assert "The part file cannot be written: File too large" in done.stdout and "run it again to continue" in done.stdout, done.stderr
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]
    there = place.noted()
    assert kept <= there <= limit
    fetched = place.fetch()
    assert place.is_complete()
    assert (fetched.resumed, fetched.downloaded) == (there, SIZE - there)


# Processes

_SCRIPT = """
import sys
sys.path[:0] = {path!r}
{before}
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch import Network, SignedUrl, FetchRequest, fetch
try:
    print(dict(fetch(FetchRequest(SignedUrl(sys.stdin.readline()), None, {dest!r}, part_size={part}, network=Network(retry_step=0.01)), print)._asdict()))
except Failure as failure:
    print("Failure:", failure)
"""


def fetch_in_a_process(place: Place, url: SignedUrl, before: str = "", wait: bool = False) -> Any:
    script = _SCRIPT.format(path=[entry for entry in sys.path if entry], before=before, dest=str(place.dest), part=PART)
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert process.stdin is not None
    process.stdin.write(url.in_full() + "\n")
    process.stdin.flush()
    if not wait:
        return process
    out, err = process.communicate(timeout=60)
    place.told += [out, err]
    return subprocess.CompletedProcess([], process.returncode, out, err)


@pytest.mark.parametrize("share", [0.1, 0.4, 0.8])
def test_kill_9_and_resume(place: Place, share: float) -> None:
    place.server.most = most = int(share * SIZE)
    process = fetch_in_a_process(place, place.url())
    # Of what came, one part for each connection is not written down yet, and no more. One byte was the probe's.
    until(lambda: place.server.sent >= most and place.noted() >= place.server.sent - 1 - CONNECTIONS * PART)
    assert process.poll() is None and not place.dest.exists()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = place.noted()
    place.server.most = None
    fetched = place.fetch()
    assert place.is_complete()
    assert (fetched.resumed, fetched.downloaded) == (kept, SIZE - kept)


def test_three_processes_fetch_the_same_file(place: Place) -> None:
    # None gets a byte before all have asked.
    asked = threading.Event()

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        while len([seen for seen in place.server.seen if (seen.first, seen.last) == (0, 0)]) < 3:
            asked.wait(0.01)
        oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(oss.Fault(act, times=1000))
    processes = [fetch_in_a_process(place, place.url()) for _number in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    place.told += outputs
    assert all(process.returncode == 0 for process in processes)
    assert place.is_complete()
    assert not [output for output in outputs if "Failure" in output]
    assert sorted("'changed': True" in output for output in outputs) == [False, False, True]
    assert sum("'downloaded': {0},".format(SIZE) in output for output in outputs) == 1


def test_second_fetch_continues_when_the_first_is_killed(place: Place) -> None:
    place.server.most = SIZE // 3
    first = fetch_in_a_process(place, place.url())
    until(lambda: place.noted() > 0)
    second = fetch_in_a_process(place, place.url())
    until(lambda: len(place.server.seen) - len(place.server.bodies()) == 2)
    assert first.poll() is None
    first.send_signal(signal.SIGKILL)
    first.communicate()
    place.server.most = None
    out = second.communicate(timeout=60)[0]
    place.told.append(out)
    assert place.is_complete()
    assert "'changed': True" in out and "'resumed': 0," not in out
