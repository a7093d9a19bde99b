# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which databases a channel changes, and the statements that remove it; tests/servers/test_follow.py has such channels."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.own_channels import OwnChannel, pattern_of, removal_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version


@pytest.mark.parametrize("name, text", [("shop", "shop"), ("a_b%c", "a\\_b\\%c"), ("a\\b", "a\\\\b")])
def test_patterns_match_one_name(name, text):
    assert pattern_of(name) == text


def test_databases_that_a_channel_changes():
    channel = OwnChannel("apsaradb_follow", "repl", ["a\\_b.%", "shop.%"])
    assert [name for name in ("shop", "shop2", "a_b", "axb") if channel.changes(name, folds=False)] == ["shop", "a_b"]
    # mysql_roll_forward has set the name in lower case on such a server.
    assert channel.changes("Shop", folds=True) and not channel.changes("Shop", folds=False)


def test_statements_that_remove_a_channel():
    assert removal_of("x", Version.parse("9.7.0")) == "STOP REPLICA FOR CHANNEL 'x'; RESET REPLICA ALL FOR CHANNEL 'x'"
    assert removal_of("", Version.parse("5.7.29")) == "STOP SLAVE; RESET SLAVE ALL"
