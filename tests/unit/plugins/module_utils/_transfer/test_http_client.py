# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests, and responses to other requests."""

from pathlib import Path

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.proxies import Proxy
from ansible_collections.apsaradb.mysql.tests.support.transfers import CONNECTIONS, NAME, Place


def test_whole_object_for_a_range(place: Place) -> None:
    place.server.inject(faulty_oss.whole(times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_whole_object_for_every_range_misplaces_no_byte(place: Place) -> None:
    place.server.inject(faulty_oss.whole(times=10000))
    with pytest.raises(Failure, match="whole object, but a part was requested"):
        place.fetch(retries=1)
    assert place.left() == []


def test_another_range_than_the_one_asked_for(place: Place) -> None:
    place.server.inject(faulty_oss.elsewhere(1000, times=CONNECTIONS))
    place.fetch()
    assert place.is_complete()


def test_redirect_is_followed(place: Place) -> None:
    place.server.inject(faulty_oss.redirect(lambda handler: handler.path, probes=True, times=3))
    place.fetch()
    assert place.is_complete()


def test_the_body_of_a_redirect_is_not_read(place: Place) -> None:
    """requests would read all of it into memory."""
    place.server.inject(faulty_oss.redirect(lambda handler: handler.path, length=1 << 50, probes=True, times=3))
    place.fetch(retries=0)
    assert place.is_complete()


def test_redirect_to_a_login_page(place: Place) -> None:
    with faulty_oss.FaultyServer(place.root) as portal:
        portal.inject(faulty_oss.page(times=100, probes=True))
        address = portal.sign(NAME)
        place.server.inject(faulty_oss.redirect(lambda handler: address, times=100, probes=True))
        with pytest.raises(Failure, match="web page instead of a backup"):
            place.fetch()
    assert place.left() == []


def test_redirect_in_circles(place: Place) -> None:
    place.server.inject(faulty_oss.redirect(lambda handler: handler.path, probes=True, times=1000))
    with pytest.raises(Failure, match="in circles"):
        place.fetch()


@pytest.mark.parametrize("address", ["http://[bad", "javascript:a", "http://127.0.0.1:99999/", "http://a..b/"])
def test_redirect_to_an_invalid_address(place: Place, address: str) -> None:
    place.server.inject(faulty_oss.redirect(lambda handler: address + handler.path, probes=True, times=10))
    with pytest.raises(Failure, match="address of the server, of the proxy or of a redirect is not valid"):
        place.fetch(retries=0)


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


def test_proxy_of_the_environment(place: Place, proxy: Proxy) -> None:
    place.fetch()
    assert place.is_complete()
    assert len(proxy.heads) == len(place.server.seen)


def test_proxy_that_wants_a_password(place: Place, proxy: Proxy) -> None:
    proxy.refuse = True
    with pytest.raises(Failure, match="proxy requires a user name"):
        place.fetch()


def test_proxy_without_a_host(place: Place, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://user:Secret-7@")
    with pytest.raises(Failure, match="The URL of the proxy has no host.*http_proxy") as caught:
        place.fetch()
    assert "Secret-7" not in str(caught.value)


def test_proxy_that_is_not_there(place: Place, proxy: Proxy) -> None:
    proxy.socket.close()
    with pytest.raises(Failure, match="proxy"):
        place.fetch(retries=1)
