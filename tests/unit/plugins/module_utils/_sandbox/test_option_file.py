# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option file: its text, quoting, and which settings are refused."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import option_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software import Software
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.state_file import SandboxState


def test_render():
    text = option_file.render([("port", 3307), ("sql_mode", ""), ("gtid_mode", True), ("log_bin", False), ("skip_log_bin", None)])
    assert text.splitlines()[1:] == ["[mysqld]", 'port="3307"', 'sql_mode=""', "gtid_mode=ON", "log_bin=OFF", "skip_log_bin"]


@pytest.mark.parametrize(("value", "text"), [("a # b", '"a # b"'), ("a\\nb", '"a\\\\nb"'), ('say "x"', "'say \"x\"'"), (" x ", '" x "')])
def test_quoting(value, text):
    assert option_file.quoted(value) == text


def test_dashes_become_underscores():
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
        ({"a_b": 1, "a-b": 2}, "set twice"),
    ],
)
def test_refused_settings(settings, message):
    with pytest.raises(Failure, match=message):
        option_file.checked(settings)


def test_both_kinds_of_quotes():
    with pytest.raises(Failure, match="both kinds of quotes"):
        option_file.quoted("'\"")


STATE = SandboxState("packages", "", "", 3307, "/s/mysql.sock")


def text(version, share=None, **settings):
    software = Software("", version, ("/b/bin/mysqld",), "/b", share, None, None)
    return option_file.text("/s", software, STATE, settings).splitlines()


def test_everything_is_inside_the_folder():
    lines = text("8.4.0", "/b/share")
    for line in (
        'basedir="/b"',
        'lc_messages_dir="/b/share"',
        'datadir="/s/data"',
        'tmpdir="/s/tmp"',
        'socket="/s/mysql.sock"',
        'pid_file="/s/mysqld.pid"',
        'log_error="/s/mysqld.log"',
        'port="3307"',
        'bind_address="127.0.0.1"',
    ):
        assert line in lines
    assert not any(line.startswith("lc_messages_dir") for line in text("8.4.0"))


def test_x_protocol_is_off_where_it_exists():
    assert 'mysqlx="0"' in text("8.0.36")
    assert not any(line.startswith("mysqlx") for line in text("5.7.29"))


@pytest.mark.parametrize("off", [False, "off", 0])
def test_name_resolution_can_be_enabled(off):
    """Before 8.0 the option must be absent for that."""
    assert "skip_name_resolve=ON" in text("5.7.29") and "skip_name_resolve=ON" in text("8.0.36")
    assert not any(line.startswith("skip_name_resolve") for line in text("5.7.29", skip_name_resolve=off))
    assert "skip_name_resolve={0}".format(option_file.quoted(off)) in text("8.0.36", skip_name_resolve=off)


def test_settings_replace_defaults():
    assert 'secure_file_priv="/x"' in text("8.0.36", **{"secure-file-priv": "/x"})
    assert 'secure_file_priv="/s/files"' in text("8.0.36") and 'secure_file_priv="/s/files"' in text("5.6.24")
    assert 'secure_file_priv=""' in text("8.0.36", secure_file_priv="")
