# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Callable
from urllib.parse import quote

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.oss_error import explain, looks_like_a_page
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, Place

URL = SignedUrl("https://b.oss.aliyuncs.com/a.tar?Expires=1&OSSAccessKeyId=LTAIx&Signature=geheim")


def body(code: str, message: str, more: str = "") -> bytes:
    return "<?xml version='1.0'?>\n<Error>\n  <Code>{0}</Code>\n  <Message>{1}</Message>{2}\n</Error>".format(code, message, more).encode()


def test_expired_says_when_and_by_whose_clock() -> None:
    times = "<Expires>2026-01-01T00:00:00.000Z</Expires><ServerTime>2026-01-01T01:00:00.000Z</ServerTime>"
    refused = explain(403, {}, body("AccessDenied", "Request has expired.", times), URL)
    assert refused.expired and refused.facts == {"expired": True}
    text = str(refused)
    assert "expired 2026-01-01T00:00:00.000Z, server time 2026-01-01T01:00:00.000Z" in text
    assert "https://b.oss.aliyuncs.com/a.tar" in text and "fresh download URL" in text


@pytest.mark.parametrize("code", ["SecurityTokenExpired", "InvalidSecurityToken"])
def test_expired_token_is_expired(code: str) -> None:
    assert explain(403, {}, body(code, "x"), URL).expired


@pytest.mark.parametrize(
    "status, code, cure",
    [
        (403, "SignatureDoesNotMatch", "Copy all of it"),
        (403, "InvalidAccessKeyId", "Copy all of it"),
        (404, "NoSuchKey", "retention"),
        (404, "NoSuchBucket", "host name"),
        (403, "InvalidObjectState", "archived"),
        (403, "AccessDenied", "fresh download URL"),
        (400, "Whatever", "fresh download URL"),
    ],
)
def test_each_code_has_its_cure(status: int, code: str, cure: str) -> None:
    refused = explain(status, {}, body(code, "A message."), URL)
    assert not refused.expired
    assert "OSS answered {0} {1}: A message".format(status, code) in str(refused)
    assert cure in str(refused)


def test_no_secret_of_the_body_is_repeated() -> None:
    more = "<OSSAccessKeyId>LTAIx</OSSAccessKeyId><SignatureProvided>geheim</SignatureProvided><StringToSign>GET geheim</StringToSign>"
    text = str(explain(403, {}, body("SignatureDoesNotMatch", "see /a?Signature=geheim", more), URL))
    assert "geheim" not in text and "LTAIx" not in text


@pytest.mark.parametrize("encode", [str, lambda text: quote(text, safe=""), lambda text: quote(quote(text, safe=""), safe="")])
@pytest.mark.parametrize("name", ["Code", "Message", "Expires", "ServerTime"])
def test_values_of_the_url_are_not_repeated_without_their_names(name: str, encode: Callable[[str], str]) -> None:
    url = SignedUrl("https://b.oss.aliyuncs.com/a.tar?Expires=1&OSSAccessKeyId=LTAIkey/20260101&Signature=ge%2Bheim%3D&security-token=another1")
    for secret in "ge+heim=", "LTAIkey", "another1", "Expires=1&OSSAccessKeyId=LTAIkey&Signature=sig456&security-token=tok789":
        found = {"Code": "AccessDenied", "Message": "expired", "Expires": "now", "ServerTime": "now"}
        found[name] = "it is {0}.".format(encode(secret))
        text = "".join("<{0}>{1}</{0}>".format(*each) for each in found.items())
        told = str(explain(403, {"Server": encode(secret)}, text.encode(), url)) + str(explain(403, {"Server": encode(secret)}, b"", url))
        assert not [word for word in ("heim", "LTAIkey", "another1", "sig456", "tok789") if word in told], told


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"<html>Forbidden</html>", b"{}", b"<Error>", b"<Code></Code>", b"<Code>" + b"x" * 100000])
def test_answers_of_others(data: bytes) -> None:
    text = str(explain(403, {"Server": "squid?token=geheim"}, data, URL))
    assert "403" in text and "not from OSS" in text and "squid" in text and "geheim" not in text


def test_proxy() -> None:
    assert "proxy requires" in str(explain(407, {}, b"", URL))


@pytest.mark.parametrize("head", [b"<?xml version", b"  \r\n<!DOCTYPE html>", b"<HTML>", b"<html lang='x'>", b"<Error><Code>", b"\xef\xbb\xbf<head>"])
def test_pages(head: bytes) -> None:
    assert looks_like_a_page(head)


@pytest.mark.parametrize("head", [b"", b"-- MySQL dump", b"\x1f\x8b\x08", b"shop/" + b"\0" * 100, b"<", b"<!-- x", b"<errorlog/", b"a<html>"])
def test_no_pages(head: bytes) -> None:
    assert not looks_like_a_page(head)


def test_backup_that_was_deleted(place: Place) -> None:
    with pytest.raises(Failure, match="404 NoSuchKey.*retention ended"):
        place.fetch(place.url(name="custins7/gone.tar"))
    assert place.left() == []


def test_url_with_a_changed_signature(place: Place) -> None:
    url = place.server.sign(NAME)
    with pytest.raises(Failure, match="SignatureDoesNotMatch.*Copy all of it"):
        place.fetch(place.signed(url[:-4] + "aaaa"))


def test_url_that_a_shell_cut_at_its_ampersand(place: Place) -> None:
    with pytest.raises(Failure, match="unquoted & in a shell"):
        place.fetch(place.signed(place.server.sign(NAME).partition("&")[0]))


def test_url_with_escaped_ampersands(place: Place) -> None:
    place.fetch(place.signed(place.server.sign(NAME).replace("&", "&amp;")))
    assert place.is_complete()
