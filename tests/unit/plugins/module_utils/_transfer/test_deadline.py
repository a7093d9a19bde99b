# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that sends nothing, or a byte now and then, is left after the timeout."""

from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import choose_url
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import CONNECTIONS, PART, Place, internal_url, until


def test_silence_in_the_middle(place: Place) -> None:
    place.server.inject(faulty_oss.stall(PART + 5, times=2))
    place.fetch(timeout=1, retries=100)
    assert place.is_complete()


def test_slow_loris_body(place: Place) -> None:
    place.server.inject(faulty_oss.trickle(times=2))
    fetched = place.fetch(timeout=1, retries=100)
    assert place.is_complete()
    assert fetched.verified_by == ["size", "crc64"]


def test_slow_loris_headers(place: Place) -> None:
    place.server.inject(faulty_oss.slow_head(times=2))
    place.fetch(timeout=1, retries=100)
    assert place.is_complete()


PAGES = [
    faulty_oss.slow_head,
    lambda **rule: faulty_oss.slow_body(200, **rule),
    lambda **rule: faulty_oss.slow_body(503, **rule),
]


@pytest.mark.parametrize("slow", PAGES)
def test_slow_loris_for_the_probe(place: Place, slow: Any) -> None:
    fault = slow(times=1, probes=True)
    place.server.inject(fault)
    place.fetch(timeout=0.5, retries=100)
    assert place.is_complete()
    # It did not wait for the end.
    until(lambda: fault.left == fault.hits == 1)


def test_slow_loris_in_the_body_of_a_redirect(place: Place) -> None:
    """It is not read."""
    fault = faulty_oss.slow_body(302, headers={"Location": "/elsewhere"}, probes=True, times=1)
    place.server.inject(fault)
    with pytest.raises(Failure, match="answered 403"):
        place.fetch(timeout=60, retries=0)
    until(lambda: fault.left == fault.hits == 1)


def test_slow_loris_for_the_probe_for_ever_is_given_up(place: Place) -> None:
    fault = faulty_oss.slow_head(times=1000, probes=True)
    place.server.inject(fault)
    with pytest.raises(Failure, match="request for the object failed: nothing was received within the timeout .2 tries"):
        place.fetch(timeout=0.2, retries=1)
    until(lambda: fault.left == fault.hits == 2)


def test_slow_loris_refusal(place: Place) -> None:
    fault = faulty_oss.slow_body(403, probes=True)
    place.server.inject(fault)
    with pytest.raises(Failure, match="answered 403"):
        place.fetch(timeout=0.5)
    until(lambda: fault.left == 1)


@pytest.mark.parametrize("slow", PAGES)
def test_slow_loris_at_the_internal_address_has_only_its_few_seconds(place: Place, slow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_url, "INTERNAL_TIMEOUT", 0.5)
    with faulty_oss.FaultyServer(place.root) as inside:
        fault = slow(times=100, probes=True)
        inside.inject(fault)
        assert place.fetch(internal_url=internal_url(place, inside), timeout=300, retries=100).source == "external"
        assert place.is_complete()
        until(lambda: fault.left == fault.hits == 1)


def test_slow_loris_for_ever_is_given_up(place: Place) -> None:
    place.server.inject(faulty_oss.trickle(times=1000))
    with pytest.raises(Failure, match="nothing was received within the timeout"):
        place.fetch(timeout=0.1, retries=1, connections=1)
    assert not place.dest.exists()


def test_no_answer_at_all(place: Place) -> None:
    place.server.inject(faulty_oss.silent(times=CONNECTIONS))
    place.fetch(timeout=1, retries=100)
    assert place.is_complete()


def test_no_answer_to_the_probe(place: Place) -> None:
    place.server.inject(faulty_oss.silent(times=1, probes=True))
    place.fetch(timeout=1, retries=100)
    assert place.is_complete()
