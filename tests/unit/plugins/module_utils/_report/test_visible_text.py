# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which characters are replaced with a symbol, and that XML holds what is left."""

from xml.etree import ElementTree

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.visible_text import visible


@pytest.mark.parametrize(
    "text, shown",
    [
        ("order-line 订单 é", "order-line 订单 é"),
        ("a\x00b\tc\nd\x1f", "a\u2400b\u2409c\u240ad\u241f"),
        ("\x7f\x85", "\\u007f\\u0085"),
        ("\u202egpj.exe\u2069", "\\u202egpj.exe\\u2069"),
        ("\ud800\ufffe\uffff\ufeff", "\\ud800\\ufffe\\uffff\\ufeff"),
    ],
)
def test_replaced_characters(text, shown):
    assert visible(text) == shown and visible(shown) == shown


def test_xml_holds_every_visible_character():
    text = visible("".join(map(chr, range(0x11000))) + "\U0001f600\U0010fffd")
    element = ElementTree.Element("a")
    element.text = text
    assert ElementTree.fromstring(ElementTree.tostring(element)).text == text
