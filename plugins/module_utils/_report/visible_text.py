# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replaces characters that HTML and XML cannot hold, and characters that a reader cannot see."""

import re
from typing import Match

# Control characters, zero-width and direction marks, surrogates, and what Unicode calls noncharacters.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\uffff]")


def visible(text: str) -> str:
    """``text`` with each such character replaced by a symbol: U+0001 becomes U+2401, U+202E becomes ``\\u202e``.

    The result is legal in XML 1.0 and in HTML once markup is escaped. Anyone who may create tables can choose names in a dump,
    so this is applied to every text of a report.
    """

    def symbol(found: Match[str]) -> str:
        number = ord(found.group())
        return chr(0x2400 + number) if number < 0x20 else "\\u{0:04x}".format(number)

    return _INVISIBLE.sub(symbol, text)
