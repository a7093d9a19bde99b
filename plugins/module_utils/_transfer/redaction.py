# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes the secrets of signed URLs from text: query strings, user names with passwords, and parts of them that OSS repeats in error bodies."""

import re

HIDDEN = "***"

_NAMES = r"(?:Signature|OSSAccessKeyId|AccessKeyId|security-token|x-oss-signature|x-oss-credential|x-oss-security-token)"
# A question mark and an equals sign, plain or percent-encoded once or twice.
_ASK, _IS = r"(?:\?|%(?:25)*3[Ff])", r"(?:=|%(?:25)*3[Dd])"
_TEXT = r"[^\s'\"<>]"

_RULES = (
    (re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://)[^/\s@'\"<>]+@"), r"\1" + HIDDEN + "@"),
    (re.compile(_ASK + r"(?=" + _TEXT + r"*?" + _IS + r")" + _TEXT + r"*"), "?" + HIDDEN),
    # In an encoded query string, the name follows the digits of %26.
    (re.compile(r"(?i)(?<![A-Za-z_])(" + _NAMES + r"['\"]?\s*(?:=|:|%(?:25)*3D)\s*['\"]?)[^\s&'\"<>,;)]+"), r"\1" + HIDDEN),
    (re.compile(r"<((?:OSS)?AccessKeyId|Signature\w*|StringToSign\w*|SecurityToken|CanonicalRequest\w*)>[^<]*"), r"<\1>" + HIDDEN),
)


def redact(text: str) -> str:
    """``text`` with every query string, user part of a URL and known signature value replaced by ``***``.

    For text of unknown origin (exceptions of libraries, headers). It would rather hide too much than too little.
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
