# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server that refuses wants to say: OSS's XML error bodies, and the pages of others in between."""

import re
from typing import Mapping, Optional

from .._failure import Failure
from .redaction import redact
from .signed_url import SignedUrl

LIMIT = 65536
"""An error body is read up to this many bytes."""

_FRESH = "Get a fresh download URL of the same backup and run it again: what has been downloaded is kept and continued."
_CURES = {
    "SignatureDoesNotMatch": "The URL was changed on its way here. Copy it whole, from https:// to its end, and put it in quotes.",
    "InvalidAccessKeyId": "The URL was changed on its way here. Copy it whole, from https:// to its end, and put it in quotes.",
    "NoSuchKey": "The backup has been deleted, perhaps because its retention ended. Choose another one.",
    "NoSuchBucket": "The host name in the URL was changed on its way here, or the backup has been deleted.",
    "InvalidObjectState": "The object is archived. Have it restored to a readable storage class first.",
}
_CUT = "The URL ends before its signature does, as after an & that a shell took for itself. Put it in quotes."
_PAGE = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:\?xml|error\b|!doctype\s+html|html\b|head\b|script\b)", re.IGNORECASE)


class Refused(Failure):
    """A final answer: asking again in the same words is useless. ``expired``, a result key as well, says that a fresh URL would do.

    ``renewable``: it may do.
    """

    def __init__(self, what: str, where: str, cure: str, expired: bool = False, renewable: bool = False) -> None:
        super().__init__(what, where, cure, expired=expired)
        self.expired = expired
        self.renewable = expired or renewable


def field(body: str, name: str) -> Optional[str]:
    """The text of ``<name>`` in an OSS error body, shortened to what fits a message and redacted."""
    found = re.search("<{0}>([^<]{{1,400}})</{0}>".format(name), body)
    return redact(found.group(1).strip()) if found else None


def explain(status: int, headers: Mapping[str, str], body: bytes, url: SignedUrl) -> Refused:
    """Turn the final answer ``status`` into a message: code, expiry and server time as far as the body tells them."""
    text = body[:LIMIT].decode("utf-8", "replace")
    code, message = field(text, "Code"), field(text, "Message")
    if code is None:
        return _stranger(status, headers, body, url)
    if code in ("SecurityTokenExpired", "InvalidSecurityToken") or (code == "AccessDenied" and "expired" in (message or "").lower()):
        known = (("expired", field(text, "Expires")), ("server time", field(text, "ServerTime")))
        times = ", ".join("{0} {1}".format(label, value) for label, value in known if value)
        return Refused("The URL has expired{0}".format(": " + times if times else ""), url.redacted, _FRESH, expired=True)
    cure = _CUT if url.looks_cut else _CURES.get(code, "Get a fresh download URL of the backup and run it again.")
    renewable = status == 403 and code != "InvalidObjectState"
    return Refused("OSS answered {0} {1}: {2}".format(status, code, message or "no message"), url.redacted, cure, renewable=renewable)


def _stranger(status: int, headers: Mapping[str, str], body: bytes, url: SignedUrl) -> Refused:
    kind = "a web page" if looks_like_a_page(body) else "an answer without an OSS error"
    if status == 407:
        cure = "Set them in the proxy's environment variables, or name the host in no_proxy."
        return Refused("The proxy wants a user name and a password (407)", url.redacted, cure)
    server = redact(headers.get("Server", ""))[:40]
    return Refused(
        "The server answered {0} with {1}{2}".format(status, kind, " (server {0})".format(server) if server else ""),
        url.redacted,
        _CUT if url.looks_cut else "This was not OSS's own answer: look for a proxy or a login page in between, and at the host name in the URL.",
    )


def looks_like_a_page(head: bytes) -> bool:
    """True if ``head``, the first bytes of a body, begin an HTML or XML document: never a backup."""
    return _PAGE.match(head[:512]) is not None


def page_instead(url: SignedUrl, head: bytes) -> Refused:
    """The failure for a page that was sent as if it were the object."""
    code = field(head.decode("utf-8", "replace"), "Code")
    return Refused(
        "The server sent a web page instead of a backup{0}".format(": " + code if code else ""),
        url.redacted,
        "Look for a proxy or a login page in between, and whether the URL is a backup's download URL. Nothing was kept of it.",
    )
