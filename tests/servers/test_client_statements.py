# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The splitter yields the statements that the real ``mysql`` client sends.

For 9.7 that is its own client. For 5.7 and 5.6 it is MariaDB's, a sibling of the client they had, which speaks to them.
"""

import io
import random
import re
from typing import List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter
from ansible_collections.apsaradb.mysql.tests.support import fixtures
from ansible_collections.apsaradb.mysql.tests.support.client_words import statements_of_client
from ansible_collections.apsaradb.mysql.tests.support.sql_statements import CONFORMANCE, PIECES, bare

# Outside quotes the client reads a backslash as a client command; for a server it is a syntax error.
QUOTED = re.compile(rb"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|/\*(?!!).*?\*/|(?:--|#)[^\n]*", re.S)


# MariaDB's client reads no command on the line of a comment; no dump has one there.
OF_9_7_ALONE = "after a comment it is still a command"


def test_client_follows_the_conformance_list():
    entry = fixtures.server("9.7")
    wrong = []
    for rule, sql, expected in CONFORMANCE:
        sent = bare(statements_of_client(entry, sql))
        if sent != expected:
            wrong.append((rule, sql, sent))
    assert wrong == []


@pytest.mark.parametrize("name", ["5.7", "5.6"])
def test_older_client_follows_the_conformance_list(name):
    """There are no dollar quotes before 9.x."""
    entry = fixtures.server(name)
    wrong = []
    for rule, sql, expected in CONFORMANCE:
        ours = bare(statement.text for statement in ClientSplitter(io.BytesIO(sql)))
        assert ours == expected or "dollar" in rule or b"$$" in sql, rule
        sent = bare(statements_of_client(entry, sql))
        if sent != ours and rule != OF_9_7_ALONE:
            wrong.append((rule, sql, sent))
    assert wrong == []


@pytest.mark.parametrize("seed", range(2))
def test_random_files(seed):
    entry = fixtures.server("9.7")
    made = random.Random(seed)
    compared = 0
    for _number in range(150):
        sql = b"".join(made.choice(PIECES) for _piece in range(made.randint(2, 14)))
        splitter = ClientSplitter(io.BytesIO(sql), dollar_quotes=True)
        ours = [statement.text for statement in splitter]
        if splitter.open_at_end not in (None, "a statement") or any(b"\\" in QUOTED.sub(b"", text) for text in ours):
            continue
        compared += 1
        assert _dense(bare(ours)) == _dense(bare(statements_of_client(entry, sql))), sql
    assert compared > 75


def _dense(statements: List[bytes]) -> List[bytes]:
    """Without white space, because the client replaces a comment by a space."""
    return [b"".join(statement.split()) for statement in statements]
