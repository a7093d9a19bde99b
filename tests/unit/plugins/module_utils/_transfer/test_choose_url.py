# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The internal URL is used if it works, else the external one."""

from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch import FetchRequest, fetch
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch_policy import FetchPolicy
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, Place, internal_url


def test_internal_address_first(place: Place) -> None:
    with faulty_oss.FaultyServer(place.root) as inside:
        place.secrets.append(inside.key_id)
        fetched = place.fetch(internal_url=internal_url(place, inside))
        assert fetched.source == "internal"
        assert place.is_complete()
        assert place.server.seen == []
        assert place.warnings == []


@pytest.mark.parametrize(
    "fault", [faulty_oss.silent, faulty_oss.slow_head, lambda **rule: faulty_oss.answer(403, "AccessDenied", "Not from here.", **rule), faulty_oss.page]
)
def test_unusable_internal_address(place: Place, fault: Any) -> None:
    with faulty_oss.FaultyServer(place.root) as inside:
        inside.inject(fault(times=100, probes=True))
        fetched = place.fetch(internal_url=internal_url(place, inside), timeout=1.5, retries=100)
        assert fetched.source == "external"
        assert place.is_complete()
        assert any("metered" in warning and "internal_url cannot be used" in warning for warning in place.warnings)
        assert len(inside.seen) == 1


def test_internal_address_alone(place: Place) -> None:
    with faulty_oss.FaultyServer(place.root) as inside:
        assert place.fetch(SignedUrl(inside.sign(NAME))).source == "external"
    place.dest.unlink()
    wanted = place.url()
    place.warnings = []
    assert fetch(FetchRequest(None, wanted, str(place.dest)), FetchPolicy(place.warnings.append)).source == "internal"


def test_both_addresses_fail(place: Place) -> None:
    place.server.inject(faulty_oss.answer(403, "AccessDenied", "No.", times=100, probes=True))
    with pytest.raises(Failure, match="403 AccessDenied"):
        place.fetch(internal_url=place.url())
