# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signed OSS download URL, whose query string is a secret."""

import calendar
import re
import time
from typing import Dict, List, Match, Optional
from urllib.parse import quote, unquote, urlsplit

from .._failure import Failure
from .redaction import HIDDEN, redact

_V1 = ("Expires", "OSSAccessKeyId", "Signature")
_V4 = ("x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature")
_PUBLIC = ("Expires", "x-oss-signature-version", "x-oss-date", "x-oss-expires")
# A shorter value is not a secret, and hiding it would damage messages.
_SHORTEST = 6


def _unescaped(found: Match[str]) -> str:
    return found.group(2) or chr(int(found.group(1), 16))


class SignedUrl:
    """``redacted``, ``str()`` and ``repr()`` return scheme, host and path. Only :meth:`in_full` returns the query string, for the HTTP request alone.
    :meth:`hide` removes its values from the text of a server.
    """

    __slots__ = ("_text", "_query", "redacted", "host", "object_path")

    def __init__(self, text: str, option: str = "url") -> None:
        # A URL copied from HTML has "&amp;" for "&", one from JSON "\\u0026", "\\u003d" and "\\/"; no signed URL contains any of these.
        text = re.sub(r"\\(?:u(00[0-9a-fA-F]{2})|(/))", _unescaped, text.strip().replace("&amp;", "&"))
        try:
            pieces = urlsplit(text)
            host, port = pieces.hostname, pieces.port
        except ValueError:
            host, port = None, None
        if not host or pieces.scheme not in ("http", "https") or re.search(r"[\s<>\"]", text):
            raise Failure(
                "{0} is not an http or https URL".format(option),
                cure="Copy the whole download URL of the backup, from https:// to its end, and quote it.",
            )
        name = "[{0}]".format(host) if ":" in host else host
        self._text = text
        self._query = _parameters(pieces.query)
        self.host = host
        self.object_path = unquote(pieces.path) or "/"
        # The path of a URL that was encoded twice contains the query string.
        self.redacted = redact("{0}://{1}{2}{3}".format(pieces.scheme, name, ":{0}".format(port) if port else "", pieces.path))

    def in_full(self) -> str:
        """The URL with its secret."""
        return self._text

    def hide(self, text: str) -> str:
        """``text`` without the values of the query string, in any encoding, and without what looks like another signed URL."""
        values = [value for name, value in self._query.items() if name not in _PUBLIC]
        values += [value.partition("/")[0] for value in values] + [value.rstrip("=") for value in values]
        spellings = {spelling for value in values if len(value) >= _SHORTEST for spelling in _spellings(value)}
        for spelling in sorted(spellings, key=len, reverse=True):
            text = text.replace(spelling, HIDDEN)
        return redact(text)

    @property
    def expires_at(self) -> Optional[int]:
        """Seconds since the epoch, or None if the URL has no expiry. Signature V1 contains the time; V4 contains the start and the duration."""
        try:
            if "Expires" in self._query:
                return int(self._query["Expires"])
            signed = calendar.timegm(time.strptime(self._query["x-oss-date"], "%Y%m%dT%H%M%SZ"))
            return signed + int(self._query["x-oss-expires"])
        except (KeyError, ValueError):
            return None

    @property
    def looks_cut(self) -> bool:
        """Whether parameters of the signature are missing, as after an unquoted ``&`` in a shell."""
        return any(0 < sum(name in self._query for name in names) < len(names) for names in (_V1, _V4))

    @property
    def is_internal(self) -> bool:
        """Whether the host is one that is routed only inside a region (``oss-<region>-internal``, ``<region>-internal.bak.rds``)."""
        return "-internal." in self.host

    @property
    def is_local(self) -> bool:
        """Whether the host is this machine, whose traffic is not billed."""
        return self.host == "localhost" or self.host == "::1" or self.host.startswith("127.")

    @property
    def has_expired(self) -> bool:
        """Whether the URL has expired, by the clock of this host."""
        return self.expires_at is not None and self.expires_at < time.time()

    def __repr__(self) -> str:
        return self.redacted


def _parameters(query: str) -> Dict[str, str]:
    pairs = (item.partition("=") for item in query.split("&") if item)
    return {unquote(name): unquote(value) for name, _is, value in pairs}


def _spellings(value: str) -> List[str]:
    once = quote(value, safe="")
    return [value, once, quote(once, safe="")]
