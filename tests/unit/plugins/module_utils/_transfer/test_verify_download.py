# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Damaged downloads never get the final name."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import crc64
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, Place, interrupted


def test_wrong_crc_of_the_server(place: Place) -> None:
    place.server.crcs[NAME] = 12345
    with pytest.raises(Failure, match="CRC-64 is .* and should be 12345"):
        place.fetch()
    assert place.left() == []


def test_bit_flipped_on_the_way(place: Place) -> None:
    place.server.inject(faulty_oss.flip(70000))
    with pytest.raises(Failure, match="not those of the object"):
        place.fetch()
    assert place.left() == []
    place.fetch()
    assert place.is_complete()


def test_server_without_a_crc(place: Place) -> None:
    place.server.crcs[NAME] = None
    place.server.find = lambda name: faulty_oss.FaultyServer.find(place.server, name)._replace(crc64=None)  # type: ignore[method-assign]
    assert place.fetch().verified_by == ["size"]
    assert any("Only the size" in warning and "server reports no CRC-64" in warning for warning in place.warnings)


def test_host_without_a_crc64_library(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crc64, "update", None)
    interrupted(place)
    fetched = place.fetch()
    assert fetched.verified_by == ["size"]
    assert fetched.resumed > 0
    assert any("this host cannot compute a CRC-64" in warning for warning in place.warnings)
    assert place.is_complete()
