# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTML and XML in which every text is escaped, because there is no other way to put one in.

Names in a dump are chosen by whoever made it. They may hold markup, control characters, or marks that turn the
direction of the text around them.
"""

import html
import re
from typing import Match, NamedTuple, Union


class Markup(NamedTuple):
    """Text that is markup already. Only :func:`element` makes it, and :func:`literal` from what stands in this code."""

    text: str


Content = Union[Markup, str, int, None]

_CAMEL = {"viewbox": "viewBox", "preserve_aspect_ratio": "preserveAspectRatio"}
_VOID = frozenset(("meta", "link", "br", "rect", "path", "circle", "col"))
# What neither HTML nor XML 1.0 can hold, and what would make text look like another.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\uffff]")


def visible(text: str) -> str:
    """``text`` with a sign in the place of each character that cannot be seen: U+0001 becomes U+2401, U+202E becomes ``\\u202e``."""

    def sign(found: Match[str]) -> str:
        number = ord(found.group())
        return chr(0x2400 + number) if number < 0x20 else "\\u{0:04x}".format(number)

    return _UNSEEN.sub(sign, text)


def escaped(text: str) -> str:
    """``text`` for the inside of an element or of a quoted attribute."""
    return html.escape(visible(text), quote=True)


def literal(text: str) -> Markup:
    """Markup of our own. Never of anything that came from outside."""
    return Markup(text)


def element(tag_: str, *contents: Content, **attributes: Union[str, int, None]) -> Markup:
    """``<tag attribute="value">contents</tag>``. An attribute that is None is left out; ``class_`` and ``aria_label`` are class and aria-label."""
    given = "".join(' {0}="{1}"'.format(_attribute(key), escaped(str(value))) for key, value in attributes.items() if value is not None)
    if tag_ in _VOID:
        return Markup("<{0}{1}/>".format(tag_, given))
    return Markup("<{0}{1}>{2}</{0}>".format(tag_, given, together(*contents).text))


def together(*contents: Content) -> Markup:
    return Markup("".join(one.text if isinstance(one, Markup) else escaped(str(one)) for one in contents if one is not None))


def _attribute(key: str) -> str:
    return _CAMEL.get(key) or key.rstrip("_").replace("_", "-")
