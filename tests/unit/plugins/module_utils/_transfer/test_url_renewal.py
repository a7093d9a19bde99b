# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs that expire before the download ends, and where fresh ones come from."""

import threading
import time
from typing import Any, List, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.http_client import Network
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.remote_reader import RemoteReader
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.url_renewal import RenewableUrl, Urls
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import CONNECTIONS, NAME, PART, SIZE, Place

HOUR = 3600


class Signer:
    """Gives URLs that are good for ``lifetime`` seconds of the server's time; ``inside`` signs the internal ones."""

    def __init__(self, place: Place, lifetime: float = HOUR, inside: Optional[faulty_oss.FaultyServer] = None) -> None:
        self.place = place
        self.lifetime = lifetime
        self.inside = inside
        self.asked = 0
        self.refusals = 0
        self.failure: Optional[Failure] = None
        self.name = NAME

    def __call__(self) -> Urls:
        self.asked += 1
        if self.asked > 100:
            raise Failure("There is no end to the questions")
        # Other holders of an old URL notice in the meantime.
        patience = time.monotonic() + 20
        while self.place.server.refusals < self.refusals and time.monotonic() < patience:
            time.sleep(0.005)
        if self.failure is not None:
            raise self.failure
        lifetime = self.lifetime + self.place.server.clock
        internal = None if self.inside is None else self.place.signed(self.inside.sign(self.name, lifetime))
        return Urls(self.place.url(lifetime, self.name), internal)


def expire_when_all_are_busy(place: Place, after: int = PART + 100) -> None:
    """The URL expires while each connection is being answered, and each answer breaks off."""

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        while len(handler.server.bodies()) < CONNECTIONS and not handler.server.hung_up.is_set():
            handler.sleep(0.005)
        handler.server.clock = 2.0 * HOUR
        faulty_oss.drop(after).act(handler, found, first, last)

    place.server.inject(faulty_oss.Fault(act, times=CONNECTIONS))


def test_no_url_at_all(place: Place) -> None:
    signer = Signer(place)
    fetched = place.fetch(without_url=True, renew=signer)
    assert place.is_complete()
    assert (fetched.changed, fetched.source, signer.asked) == (True, "external", 1)


def test_no_url_and_a_folder_to_fetch_to(place: Place) -> None:
    signer = Signer(place)
    fetched = place.fetch(without_url=True, renew=signer, dest=str(place.folder))
    assert (fetched.dest, signer.asked) == (str(place.folder / NAME.rpartition("/")[2]), 1)


def test_nothing_is_asked_for_a_file_that_has_its_checksum(place: Place) -> None:
    from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.checksum import Checksum

    fetched = place.fetch()
    signer = Signer(place)
    assert not place.fetch(without_url=True, renew=signer, checksum=Checksum("crc64", str(fetched.crc64))).changed
    assert signer.asked == 0


def test_expired_at_the_start(place: Place) -> None:
    signer = Signer(place)
    fetched = place.fetch(place.url(-60), renew=signer)
    assert place.is_complete()
    assert (fetched.downloaded, signer.asked) == (SIZE, 1)


def test_an_expired_url_of_a_file_that_is_there_is_not_renewed(place: Place) -> None:
    place.fetch()
    signer = Signer(place)
    assert not place.fetch(place.url(-60), renew=signer).changed
    assert signer.asked == 0


def test_a_changed_signature_at_the_start(place: Place) -> None:
    signer = Signer(place)
    place.fetch(place.signed(place.server.sign(NAME)[:-4] + "aaaa"), renew=signer)
    assert place.is_complete()
    assert signer.asked == 1


def test_expiry_in_the_middle_is_renewed_once_for_all_connections(place: Place) -> None:
    expire_when_all_are_busy(place)
    signer = Signer(place)
    signer.refusals = CONNECTIONS
    together: List[int] = []

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        patience = time.monotonic() + 4
        while len(handler.server.bodies()) < 2 * CONNECTIONS and time.monotonic() < patience:
            handler.sleep(0.005)
        together.append(len(handler.server.bodies()))
        faulty_oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(faulty_oss.Fault(act, times=CONNECTIONS))
    fetched = place.fetch(renew=signer, timeout=20)
    assert place.is_complete()
    assert place.server.refusals == CONNECTIONS
    assert signer.asked == 1
    # None of the connections was lost by it.
    assert min(together) >= 2 * CONNECTIONS
    # Not a byte twice.
    assert (fetched.downloaded, place.server.sent) == (SIZE, SIZE + 1)


def test_urls_that_are_good_for_one_answer(place: Place) -> None:
    signer = Signer(place, lifetime=60)

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        with handler.server.lock:
            handler.server.clock += 61
        faulty_oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(faulty_oss.Fault(act, times=1000))
    fetched = place.fetch(place.url(60), renew=signer, connections=2)
    assert place.is_complete()
    assert signer.asked > 2
    assert (fetched.downloaded, place.server.sent) == (SIZE, SIZE + 1)


def test_fresh_urls_that_have_expired_too_are_not_requested_again(place: Place) -> None:
    expire_when_all_are_busy(place)
    signer = Signer(place, lifetime=-60)
    with pytest.raises(Failure, match=r"The URL has expired.*of {0} bytes are complete".format(SIZE)) as caught:
        place.fetch(renew=signer)
    assert caught.value.facts["expired"] is True
    assert signer.asked == 1
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]
    signer.lifetime = HOUR
    fetched = place.fetch(without_url=True, renew=signer)
    assert place.is_complete()
    assert fetched.downloaded == SIZE - fetched.resumed
    assert place.server.sent == SIZE + 2


def test_nobody_gives_fresh_urls(place: Place) -> None:
    expire_when_all_are_busy(place)
    signer = Signer(place)
    signer.refusals = CONNECTIONS
    signer.failure = Failure("DescribeBackups was refused: Forbidden.RAM", "request 7", "Give the permission.")
    with pytest.raises(
        Failure, match="URL has expired.*no fresh URL is available: DescribeBackups was refused.*bytes are complete .request 7.*Give the permission"
    ):
        place.fetch(renew=signer)
    assert signer.asked == 1
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]


def test_nobody_gives_fresh_urls_at_the_start(place: Place) -> None:
    signer = Signer(place)
    signer.failure = Failure("DescribeBackups was refused: Forbidden.RAM")
    with pytest.raises(Failure, match="URL has expired.*no fresh URL is available: DescribeBackups was refused"):
        place.fetch(place.url(-60), renew=signer)
    with pytest.raises(Failure, match="^DescribeBackups was refused"):
        place.fetch(without_url=True, renew=signer)
    assert place.left() == []


def test_a_fresh_url_of_another_object(place: Place) -> None:
    expire_when_all_are_busy(place)
    signer = Signer(place)
    signer.name = "custins7/another.tar"
    with pytest.raises(Failure, match="no fresh URL is available: The fresh URL is for a different object"):
        place.fetch(renew=signer)
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]


@pytest.mark.parametrize("code", ["NoSuchKey", "InvalidObjectState"])
def test_errors_that_a_fresh_url_cannot_cure(place: Place, code: str) -> None:
    place.server.inject(faulty_oss.answer(404 if code == "NoSuchKey" else 403, code, "No.", times=1000))
    signer = Signer(place)
    with pytest.raises(Failure, match=code):
        place.fetch(renew=signer)
    assert signer.asked == 0


def test_the_internal_address_stays_the_internal_one(place: Place) -> None:
    with faulty_oss.FaultyServer(place.root) as inside:
        signer = Signer(place, inside=inside)
        place.secrets.append(inside.key_id)

        def act(handler: Any, found: Any, first: Any, last: int) -> None:
            handler.server.clock = place.server.clock = 2.0 * HOUR
            faulty_oss.drop(100).act(handler, found, first, last)

        inside.inject(faulty_oss.Fault(act, times=1))
        fetched = place.fetch(without_url=True, renew=signer)
        assert place.is_complete()
        assert (fetched.source, fetched.downloaded, signer.asked) == ("internal", SIZE, 2)
        assert place.server.seen == []


def test_a_reader_continues_with_a_fresh_url(place: Place) -> None:
    network = Network(timeout=5, retries=2, retry_step=0.01)
    first = RemoteReader(place.url(), None, network)
    signer = Signer(place)
    reader = RemoteReader(None, None, network, first.remote, RenewableUrl(first.remote, signer))
    assert reader.read(0, 1000) == place.data[:1000]
    place.server.clock = 2.0 * HOUR
    assert reader.read(1000, 1000) == place.data[1000:2000]
    assert reader.read(SIZE - 10, 1000) == place.data[-10:]
    assert signer.asked == 1
    with pytest.raises(Failure, match="has expired"):
        first.read(0, 1)
    first.close()
    reader.close()


def test_with_a_source_of_fresh_urls_the_expiry_does_not_matter(place: Place) -> None:
    url = place.url(60)
    probed = RemoteReader(url, None, Network())
    assert RenewableUrl(probed.remote).expires_at == SignedUrl(url.in_full()).expires_at
    assert RenewableUrl(probed.remote, Signer(place)).expires_at is None
    probed.close()


def test_progress_is_reported_to_the_end(place: Place) -> None:
    place.server.rate = 2e6
    told: List[Any] = []
    place.fetch(progress=lambda there, of: told.append((there, of)))
    assert told == sorted(told)
    assert len(told) > 2 and told[-1] == (SIZE, SIZE)
    assert {of for _there, of in told} == {SIZE}


def test_url_expires_in_mid_download_and_a_fresh_one_continues(place: Place) -> None:
    url = place.url(lifetime=60)
    # The first answers break after the expiry: what they brought is there, the next requests are refused.
    later = faulty_oss.then(lambda server: setattr(server, "clock", 120.0))
    place.server.inject(faulty_oss.drop(3 * PART + 11, times=CONNECTIONS), later)
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
        faulty_oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(faulty_oss.Fault(act, times=1000))
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
