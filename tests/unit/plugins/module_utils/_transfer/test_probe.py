# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong servers and objects are found before the download."""

import socket
from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, SIZE, Place


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


def test_login_page_instead_of_the_probe(place: Place) -> None:
    place.server.inject(faulty_oss.page(probes=True))
    with pytest.raises(Failure, match="web page instead of a backup"):
        place.fetch()
    assert place.left() == []


@pytest.mark.parametrize(
    "body", [b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", b"\xef\xbb\xbf\n<!doctype HTML><html>", b"<Error><Code>NoSuchKey</Code>"]
)
def test_object_that_is_itself_a_saved_page(place: Place, body: bytes) -> None:
    place.store(body.ljust(SIZE))
    with pytest.raises(Failure, match="web page instead of a backup"):
        place.fetch()
    assert place.left() == []


def test_empty_object(place: Place) -> None:
    place.store(b"")
    with pytest.raises(Failure, match="object is empty"):
        place.fetch()
    assert place.left() == []


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
    place.server.inject(faulty_oss.Fault(in_chunks, times=1000, probes=True))
    with pytest.raises(Failure, match="does not report the size.*Specify size"):
        place.fetch()
    place.fetch(size=SIZE)
    assert place.is_complete()
