# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random statements: the tokens that the checks read are those that a real server reads, or the statement is refused."""

import pytest
from ansible_collections.apsaradb.mysql.tests.support.fixtures import server, servers
from ansible_collections.apsaradb.mysql.tests.support.fuzz_lexer import Comparison, random_statements

VERSIONS = [entry["name"] for entry in servers()]
COUNT = 1000


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_server_reads_no_word_that_the_checks_do_not_see(version, seed):
    with Comparison(server(version)["socket"]) as comparison:
        found = [difference for difference in comparison.differences(random_statements(seed), COUNT)]
        assert comparison.parsed > COUNT // 20, "the server parsed only {0} statements: the test compares next to nothing".format(comparison.parsed)
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_lexer_that_overlooks_a_nested_comment_is_seen(version):
    """The comparison itself works: text that a wrong reading would hide is reported."""
    with Comparison(server(version)["socket"]) as comparison:
        assert comparison.difference(b"UPDATE t , other.x y SET y.v = 666", reading=b"UPDATE t SET v = 666") is not None
