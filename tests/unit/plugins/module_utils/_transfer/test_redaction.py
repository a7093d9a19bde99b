# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from urllib.parse import quote

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.redaction import redact
from hypothesis import given
from hypothesis import strategies as st

KEY, SIGNATURE, TOKEN = "LTAI5tAbCdEf", "qZ+x/9Kk=", "CAIS+token/=="
V1 = "https://b.oss.aliyuncs.com/a/b.tar?Expires=1&OSSAccessKeyId={0}&Signature={1}&security-token={2}".format(
    KEY, quote(SIGNATURE, safe=""), quote(TOKEN, safe="")
)
V4 = "https://b.oss.aliyuncs.com/a?x-oss-credential={0}%2F20260101&x-oss-signature=0011aabb&x-oss-security-token={1}".format(KEY, quote(TOKEN, safe=""))
SECRETS = [KEY, SIGNATURE, TOKEN, "0011aabb", quote(SIGNATURE, safe=""), quote(TOKEN, safe=""), quote(quote(TOKEN, safe=""), safe=""), "CAIS"]
PATH = V1[len("https://b.oss.aliyuncs.com") :]


@pytest.mark.parametrize(
    "url", [V1, V4, quote(V1, safe=""), quote(quote(V4, safe=""), safe=""), V1.replace("&", "&amp;"), V1.partition("?")[2], V4.partition("?")[2]]
)
@pytest.mark.parametrize(
    "text",
    [
        "{0}",
        "GET {0} HTTP/1.1",
        "HTTPSConnectionPool(host='b.oss.aliyuncs.com', port=443): Max retries exceeded with url: {0} (Caused by NewConnectionError('x'))",
        "see '{0}', then \"{0}\"",
        "<a href='{0}'>",
        "Location: {0}\nnext line",
    ],
)
def test_no_secret_survives(url: str, text: str) -> None:
    redacted = redact(text.format(url))
    assert not [secret for secret in SECRETS if secret in redacted], redacted


def test_the_rest_survives() -> None:
    assert redact("Max retries exceeded with url: {0} (Caused by X)".format(PATH)) == "Max retries exceeded with url: /a/b.tar?*** (Caused by X)"
    assert redact("http://user:geheim@proxy:3128 refused") == "http://***@proxy:3128 refused"
    assert redact("What now? Nothing = nothing.") == "What now? Nothing = nothing."


@pytest.mark.parametrize(
    "text",
    [
        "Signature: {0}",
        "'Signature': '{0}'",
        "OSSAccessKeyId={0}&x",
        "x-oss-credential%3D{0}",
        "<OSSAccessKeyId>{0}</OSSAccessKeyId>",
        "<SignatureProvided>{0}<",
    ],
)
def test_bare_values(text: str) -> None:
    assert "geheim" not in redact(text.format("geheim"))


@given(st.text(alphabet="abzAZ09+/=%-_.", min_size=4, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_every_signature_is_redacted(secret: str, before: str, after: str) -> None:
    value = "Gx" + secret + "xG"
    redacted = redact("{0} http://h/p?Expires=1&Signature={1} {2}".format(before, value, after))
    assert value not in redacted


@given(st.text(max_size=300))
def test_any_text_can_be_redacted_twice(text: str) -> None:
    once = redact(text)
    assert redact(once) == once
