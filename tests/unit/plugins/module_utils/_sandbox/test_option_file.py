# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option file: what goes in, and what is kept out."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import option_file


def test_render():
    text = option_file.render([("port", 3307), ("sql_mode", ""), ("gtid_mode", True), ("log_bin", False), ("skip_log_bin", None)])
    assert text.splitlines()[1:] == ["[mysqld]", 'port="3307"', 'sql_mode=""', "gtid_mode=ON", "log_bin=OFF", "skip_log_bin"]


@pytest.mark.parametrize(("value", "text"), [("a # b", '"a # b"'), ("a\\nb", '"a\\\\nb"'), ('say "x"', "'say \"x\"'"), (" x ", '" x "')])
def test_quoting(value, text):
    assert option_file.quoted(value) == text


def test_one_spelling():
    assert option_file.checked({"max-allowed-packet": "64M", "sql_mode": ""}) == {"max_allowed_packet": "64M", "sql_mode": ""}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"datadir": "/elsewhere"}, "datadir"),
        ({"bind-address": "*"}, "bind_address"),
        ({"loose-port": 1}, "loose_port"),
        ({"--max_connections": 1}, "without dashes"),
        ({"a]\n[client": 1}, "not the name"),
        ({"init_connect": "a\nuser=x"}, "single line"),
        ({"init_connect": ["a"]}, "single line"),
        ({"a_b": 1, "a-b": 2}, "twice"),
    ],
)
def test_refused(settings, message):
    with pytest.raises(Failure, match=message):
        option_file.checked(settings)


def test_both_kinds_of_quotes():
    with pytest.raises(Failure, match="both kinds of quotes"):
        option_file.quoted("'\"")
