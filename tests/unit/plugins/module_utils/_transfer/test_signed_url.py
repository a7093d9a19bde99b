# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from urllib.parse import quote

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl

V1 = "https://bucket.oss-cn-hangzhou.aliyuncs.com/custins1/hins2_data_20260101.tar?Expires=1767225600&OSSAccessKeyId=LTAIabc&Signature=s%2Bcr%3D"
V4 = (
    "https://b.oss-cn-beijing-internal.aliyuncs.com/a%20b.tar?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=LTAIabc%2F20260101%2Foss"
    "&x-oss-date=20260101T000000Z&x-oss-expires=3600&x-oss-signature=0123abcd"
)


def test_only_in_full_shows_the_secret() -> None:
    url = SignedUrl(V1)
    shown = str(url) + repr(url) + "{0}".format(url) + url.redacted
    assert "LTAIabc" not in shown and "s%2Bcr" not in shown and "?" not in shown
    assert url.in_full() == V1


@pytest.mark.parametrize(
    "text", [V1.replace("&", "&amp;"), V1.replace("&", "\\u0026"), V1.replace("&", "\\u0026").replace("=", "\\u003D"), V1.replace("/", "\\/")]
)
def test_escapes_of_html_and_json_are_undone(text: str) -> None:
    assert SignedUrl(text).in_full() == V1


@pytest.mark.parametrize("encoded", [quote(V1, safe=":/"), V1.replace("?", "%3F"), V1.replace("?", "&"), V1.replace("?", ";"), V1.replace("?", "%26") + "?a=b"])
def test_a_query_string_in_the_path_is_not_shown(encoded: str) -> None:
    shown = SignedUrl(encoded).redacted
    assert "bucket.oss-cn-hangzhou" in shown and "LTAIabc" not in shown and "cr%" not in shown, shown


def test_user_and_password_are_not_part_of_the_place() -> None:
    assert SignedUrl("http://user:geheim@host:8080/a.tar").redacted == "http://host:8080/a.tar"


@pytest.mark.parametrize(
    "text, expires", [(V1, 1767225600), (V4, 1767229200), ("http://h/a?Expires=soon", None), ("http://h/a", None), ("http://h/a?x-oss-date=1", None)]
)
def test_expiry(text: str, expires: int) -> None:
    assert SignedUrl(text).expires_at == expires


def test_object_path_is_without_host_query_and_escapes() -> None:
    assert SignedUrl(V4).object_path == "/a b.tar"
    assert SignedUrl("http://h").object_path == "/"


@pytest.mark.parametrize(
    "text",
    ["", "backup.tar", "/var/backup.tar", "ftp://host/a", "http://", "http:///a", "http://host:port/a", "http://host/a b", "https://[::1/a", "http://h/'\n'x"],
)
def test_an_invalid_address_fails_without_being_quoted(text: str) -> None:
    with pytest.raises(Failure) as caught:
        SignedUrl(text + ("?Signature=geheim" if text else ""), "internal_url")
    assert "internal_url is not an http or https URL" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "text, cut",
    [
        (V1, False),
        (V4, False),
        (V1.partition("&")[0], True),
        (V1.rpartition("&")[0], True),
        (V4.partition("&")[0], True),
        ("http://h/a", False),
        ("http://h/a?b=c", False),
    ],
)
def test_a_cut_query_is_noticed(text: str, cut: bool) -> None:
    assert SignedUrl(text).looks_cut is cut


@pytest.mark.parametrize(
    "host, internal, local",
    [
        ("b.oss-cn-hangzhou-internal.aliyuncs.com", True, False),
        ("cn-hangzhou-internal.bak.rds.aliyuncs.com", True, False),
        ("b.oss-cn-hangzhou.aliyuncs.com", False, False),
        ("127.0.0.1:8080", False, True),
        ("localhost", False, True),
        ("[::1]:80", False, True),
    ],
)
def test_where_it_leads(host: str, internal: bool, local: bool) -> None:
    url = SignedUrl("http://{0}/a".format(host))
    assert (url.is_internal, url.is_local) == (internal, local)
