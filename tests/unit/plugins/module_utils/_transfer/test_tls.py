# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates: trusted by nobody, by a file, or not asked about; and TLS through a proxy. The certificate is made here, by openssl."""

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.http_client import Network
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl
from ansible_collections.apsaradb.mysql.tests.support.proxies import Proxy
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, Place


@pytest.fixture
def authority(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The place's server speaks TLS from now on; the path of the certificate to trust."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout".split()
    subprocess.run([*command, str(key), "-out", str(certificate)], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(certificate), str(key))
    place.server.socket = context.wrap_socket(place.server.socket, server_side=True)
    return certificate


def url(place: Place) -> SignedUrl:
    return place.signed(place.server.sign(NAME).replace("http:", "https:"))


def network(**options: Any) -> Network:
    return Network(timeout=5.0, retries=1, retry_step=0.01, **options)


def test_certificate_that_is_not_trusted(place: Place, authority: Path) -> None:
    with pytest.raises(Failure, match="certificate is not trusted.*ca_path"):
        place.fetch(url(place), network=network())
    assert place.left() == []


def test_ca_path(place: Place, authority: Path) -> None:
    place.fetch(url(place), network=network(ca_path=str(authority)))
    assert place.is_complete()


def test_ca_path_that_is_not_there(place: Place, authority: Path) -> None:
    with pytest.raises(Failure, match="ca_path does not exist"):
        place.fetch(url(place), network=network(ca_path=str(authority) + ".gone"))


def test_ca_bundle_of_the_environment(place: Place, authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    place.fetch(url(place), network=network())
    assert place.is_complete()


def test_validate_certs_off_is_off_regardless_of_the_environment(place: Place, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing"))
    place.fetch(url(place), network=network(validate_certs=False))
    assert place.is_complete()


def test_proxy_that_sees_no_more_than_the_name_of_the_host(place: Place, authority: Path, proxy: Proxy) -> None:
    place.fetch(url(place), network=network(ca_path=str(authority)))
    assert place.is_complete()
    asked = "CONNECT 127.0.0.1:{0} HTTP/1.".format(place.server.server_address[1]).encode()
    assert proxy.heads and all(head.startswith(asked) for head in proxy.heads)
    # Its own password is for the proxy; that of the object is not.
    assert all(b"Proxy-Authorization: Basic" in head and b"Signature" not in head and b"security-token" not in head for head in proxy.heads)
    assert not any("proxy-authorization" in seen.headers for seen in place.server.seen)


def test_proxy_that_no_proxy_keeps_out(place: Place, authority: Path, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "example.com,127.0.0.1")
    place.fetch(url(place), network=network(ca_path=str(authority)))
    assert place.is_complete() and proxy.heads == []


def test_proxy_that_answers_letter_by_letter_is_left(place: Place, authority: Path, proxy: Proxy) -> None:
    proxy.slow = True
    with pytest.raises(Failure, match="request for the object failed"):
        place.fetch(url(place), network=Network(timeout=0.3, retries=1, retry_step=0.01, ca_path=str(authority)))
    assert len(proxy.heads) == 2 and place.server.seen == []
