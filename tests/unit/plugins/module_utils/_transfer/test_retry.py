# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import time
from email.utils import formatdate
from typing import Any, Dict, List, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.http_client import Network
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.remote_reader import RemoteReader
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.retry import Retries, TransientError, is_transient, requested_wait
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import SIZE, Place, interrupted


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 509])
def test_transient_statuses(status: int) -> None:
    assert is_transient(status, b"")


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 407, 501])
def test_final_statuses(status: int) -> None:
    assert not is_transient(status, b"<Error><Code>AccessDenied</Code></Error>")


def test_request_timeout_of_oss_is_transient_although_its_status_is_400() -> None:
    assert is_transient(400, b"<Error><Code>RequestTimeout</Code></Error>")


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({}, None),
        ({"x-oss-qos-delay-time": "1500"}, 1.5),
        ({"x-oss-qos-delay-time": "soon"}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "Thu, 99 Jan 99999 00:00:00 GMT"}, None),
    ],
)
def test_requested_wait(headers: "dict[str, str]", seconds: Optional[float]) -> None:
    assert requested_wait(headers) == seconds


def test_requested_wait_until_a_date() -> None:
    wait = requested_wait({"Retry-After": formatdate(time.time() + 1000, usegmt=True)})
    assert wait is not None and 900 < wait <= 1000


def test_retries_end_after_failures_in_a_row() -> None:
    waits: List[float] = []
    retries = Retries(2, 1.0, waits.append)
    assert [retries.again(TransientError("broken")) for _number in range(3)] == [True, True, False]
    assert len(waits) == 2 and retries.failures == 3


def test_received_bytes_start_the_count_again() -> None:
    retries = Retries(1, 0.0, lambda seconds: None)
    assert retries.again(TransientError("broken"))
    retries.reset()
    assert retries.again(TransientError("broken"))


def test_wait_of_the_server_is_respected() -> None:
    waits: List[float] = []
    Retries(1, 0.5, waits.append).again(TransientError("busy", 12.0))
    assert waits == [12.0]


def test_503_with_the_delay_oss_asks_for(place: Place) -> None:
    place.server.inject(faulty_oss.answer(503, "DownloadTrafficRateLimitExceeded", headers={"x-oss-qos-delay-time": "30"}, times=6))
    place.fetch()
    assert place.is_complete()


def test_429_with_retry_after(place: Place) -> None:
    place.server.inject(faulty_oss.answer(429, "TooManyRequests", headers={"Retry-After": "0"}, times=6))
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
        faulty_oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(faulty_oss.Fault(refuse, probes=probes), faulty_oss.Fault(give, probes=probes))
    ask(place)
    assert moments[1] - moments[0] >= seconds


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_gateway_errors_pass(place: Place, status: int) -> None:
    place.server.inject(faulty_oss.page(status, b"<html>Bad Gateway</html>", times=3), faulty_oss.answer(status, probes=True))
    place.fetch()
    assert place.is_complete()


def test_503_for_ever_is_given_up_and_the_rest_kept(place: Place) -> None:
    kept = interrupted(place)
    fetched = place.fetch()
    assert place.is_complete()
    assert (fetched.resumed, fetched.downloaded) == (kept, SIZE - kept)
