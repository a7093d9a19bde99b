# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure, printable


@pytest.mark.parametrize(
    "failure, text",
    [
        (Failure("It is gone"), "It is gone."),
        (Failure("It is gone."), "It is gone."),
        (Failure("It is gone", "byte 7"), "It is gone (byte 7)."),
        (Failure("It is gone", "byte 7", "Get it again."), "It is gone (byte 7). Get it again."),
        (Failure("It is gone", cure="Get it again."), "It is gone. Get it again."),
    ],
)
def test_the_message_has_what_where_and_cure(failure, text):
    assert str(failure) == text


def test_facts_are_kept():
    assert Failure("It is gone", expired=True).facts == {"expired": True}


def test_control_characters_are_escaped_and_letters_are_not():
    assert printable("a\x1b[31m\nb") == "a\\x1b[31m\\nb"
    assert printable("数据库 é") == "数据库 é"
