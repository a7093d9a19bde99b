# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random statements: the tokens that the checks read are those that a real server reads, or the statement is refused."""

import pytest
from ansible_collections.apsaradb.mysql.tests.support import servers
from ansible_collections.apsaradb.mysql.tests.support.fixtures import server
from ansible_collections.apsaradb.mysql.tests.support.fuzz_lexer import SETTINGS, Comparison, random_statements

COUNT = 1000


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def comparison(request, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("lexer") / "server")
    entry = servers.start(request.param, path, server(request.param)["cache"], **SETTINGS)
    with Comparison(entry["socket"]) as made:
        yield made
    servers.stop(path)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_server_reads_no_word_that_the_checks_do_not_see(comparison, seed):
    before = comparison.parsed
    found = list(comparison.differences(random_statements(seed), COUNT))
    assert comparison.parsed - before > COUNT // 20, "the server parsed next to none of the statements"
    assert not found, "\n".join(map(str, found))


def test_a_reading_that_overlooks_a_table_is_seen(comparison):
    """The comparison itself works: text that a wrong reading would hide is reported."""
    assert comparison.difference(b"UPDATE t , other.x y SET y.v = 666", reading=b"UPDATE t SET v = 666") is not None
