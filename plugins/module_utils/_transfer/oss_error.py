# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages for refused requests, from the XML error bodies of OSS and from the pages of proxies and login portals."""

import re
from typing import Mapping, Optional

from .._failure import Failure
from .signed_url import SignedUrl

LIMIT = 65536
"""At most this many bytes of an error body are read."""

_FRESH = "Get a fresh download URL of the same backup and run the task again: the download continues where it stopped."
_CURES = {
    "SignatureDoesNotMatch": "The URL was altered. Copy all of it, from https:// to its end, and put it in quotes.",
    "InvalidAccessKeyId": "The URL was altered. Copy all of it, from https:// to its end, and put it in quotes.",
    "NoSuchKey": "The backup has been deleted, perhaps because its retention ended. Choose another one.",
    "NoSuchBucket": "The host name in the URL was altered, or the backup has been deleted.",
    "InvalidObjectState": "The object is archived. Restore it to a readable storage class first.",
}
_CUT = "The URL is truncated within its signature, as by an unquoted & in a shell. Put it in quotes."
_PAGE = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:\?xml|error\b|!doctype\s+html|html\b|head\b|script\b)", re.IGNORECASE)


class Refused(Failure):
    """A permanent refusal: the same request would be refused again. ``expired``, also a result key: the URL has expired, and a fresh one will work.

    ``renewable``: a fresh URL may work.
    """

    def __init__(self, what: str, where: str, cure: str, *, expired: bool = False, renewable: bool = False) -> None:
        super().__init__(what, where, cure, expired=expired)
        self.expired = expired
        self.renewable = expired or renewable


def field(body: str, name: str, url: SignedUrl) -> Optional[str]:
    """The text of the element ``name`` in an OSS error body, at most 400 characters and without secrets of ``url``."""
    found = re.search("<{0}>([^<]{{1,400}})</{0}>".format(name), body)
    return url.hide(found.group(1).strip()) if found else None


def explain(status: int, headers: Mapping[str, str], body: bytes, url: SignedUrl) -> Refused:
    """The error for the permanent refusal ``status``, with the code, expiry and server time from its body."""
    text = body[:LIMIT].decode("utf-8", "replace")
    code, message = field(text, "Code", url), field(text, "Message", url)
    if code is None:
        return _not_from_oss(status, headers, body, url)
    if code in ("SecurityTokenExpired", "InvalidSecurityToken") or (code == "AccessDenied" and "expired" in (message or "").lower()):
        known = (("expired", field(text, "Expires", url)), ("server time", field(text, "ServerTime", url)))
        times = ", ".join("{0} {1}".format(label, value) for label, value in known if value)
        return Refused("The URL has expired{0}".format(": " + times if times else ""), url.redacted, _FRESH, expired=True)
    cure = _CUT if url.looks_cut else _CURES.get(code, "Get a fresh download URL of the backup and run the task again.")
    renewable = status == 403 and code != "InvalidObjectState"
    return Refused("OSS answered {0} {1}: {2}".format(status, code, message or "no message"), url.redacted, cure, renewable=renewable)


def _not_from_oss(status: int, headers: Mapping[str, str], body: bytes, url: SignedUrl) -> Refused:
    kind = "a web page" if looks_like_a_page(body) else "a response without an OSS error"
    if status == 407:
        cure = "Set them in the proxy's environment variables, or name the host in no_proxy."
        return Refused("The proxy requires a user name and a password (407)", url.redacted, cure)
    server = url.hide(headers.get("Server", ""))[:40]
    return Refused(
        "The server answered {0} with {1}{2}".format(status, kind, " (server {0})".format(server) if server else ""),
        url.redacted,
        _CUT if url.looks_cut else "The response is not from OSS: look for a proxy or a login page in between, and check the host name in the URL.",
    )


def looks_like_a_page(head: bytes) -> bool:
    """Whether ``head``, the first bytes of a body, begin an HTML or XML document, which is never a backup."""
    return _PAGE.match(head[:512]) is not None


def page_instead(url: SignedUrl, head: bytes) -> Refused:
    """The error for a page that was sent in place of the object."""
    code = field(head.decode("utf-8", "replace"), "Code", url)
    return Refused(
        "The server sent a web page instead of a backup{0}".format(": " + code if code else ""),
        url.redacted,
        "Look for a proxy or a login page in between, and check that the URL is the download URL of a backup. Nothing was kept.",
    )
