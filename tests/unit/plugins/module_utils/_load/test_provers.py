# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import io
import os
import signal

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump import statements
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rows import inspect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statements import Splitter
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import provers
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.provers import Provers


def insert(number, size):
    rows = [b"(%d,'it\\'s %d',NULL,%d.5)" % (row, number, row) for row in range(max(1, size // 25))]
    return b"INSERT INTO `t%d` VALUES " % (number % 3) + b",".join(rows)


NO_ROWS = [b"INSERT INTO t VALUES (NOW())", b"INSERT INTO t SELECT 1", b"INSERT INTO t VALUES ('a)"]
TEXTS = [insert(number, 5000 * (number % 7)) for number in range(40)] + NO_ROWS


@pytest.fixture
def eager(monkeypatch):
    monkeypatch.setattr(provers, "_WORTH_SHARING", 1)


@pytest.mark.parametrize("processes", [0, 1, 3])
@pytest.mark.parametrize("backslash", [True, False])
def test_the_same_is_found_wherever_it_is_looked_for(eager, processes, backslash):
    with Provers(processes) as prove:
        for texts in (TEXTS, TEXTS[:1], [], TEXTS[::-1], TEXTS[:2]):
            assert prove(texts, backslash) == [inspect(text, backslash) for text in texts]


def test_what_does_not_fit_is_proved_here(eager, monkeypatch):
    monkeypatch.setattr(provers, "_SHELF", 20000)
    with Provers(2) as prove:
        assert prove(TEXTS, True) == [inspect(text, True) for text in TEXTS]


def test_the_processes_end_with_it(eager):
    with Provers(2) as prove:
        prove(TEXTS, True)
        children = [prover._child for prover in prove._provers]
        assert len(children) == 2
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_a_killed_process_is_a_failure(eager):
    with Provers(1) as prove:
        prove(TEXTS, True)
        os.kill(prove._provers[0]._child, signal.SIGKILL)
        with pytest.raises(Failure, match="was killed"):
            while True:
                prove(TEXTS, True)


# Lines that only look like statements of their own: the text of a string, of a comment, or under another delimiter.
TRICKS = (
    b"SET NAMES utf8;\n" + b";\n".join(TEXTS[:5]) + b";\n",
    b"INSERT INTO `t` VALUES (1,'a'),\n(2,'b;\nINSERT INTO `t` VALUES (3,4);\nINSERT INTO `t` VALUES (5,6);\n');\nINSERT INTO `t` VALUES (7,8);\n",
    b"INSERT INTO `t` VALUES (1,2);\n/*\nINSERT INTO `t` VALUES (3,4);\n*/\nINSERT INTO `t` VALUES (5,6);\n",
    b"INSERT INTO `t` VALUES (1,2);\nDELIMITER //\nINSERT INTO `t` VALUES (3,4);\nINSERT INTO `t` VALUES (5,6);\n//\nDELIMITER ;\n",
    b"INSERT INTO `t` VALUES (1,'\\';\nINSERT INTO `t` VALUES (2,'\\'');\nINSERT INTO `t` VALUES (3,4);\nINSERT INTO `t` VALUES (5,'\\\n;",
    b"INSERT INTO `t` VALUES (1,2);\nINSERT INTO `t` VALUES (3,4); INSERT INTO `t` VALUES (5,6);\nINSERT INTO `t` VALUES (7,8)",
)


@pytest.mark.parametrize("text", TRICKS)
@pytest.mark.parametrize("block", [7, 64, 1 << 20])
def test_statements_are_the_same_with_a_look_ahead(eager, monkeypatch, text, block):
    monkeypatch.setattr(statements, "BLOCK", block)
    alone = list(Splitter(io.BytesIO(text)))
    with Provers(1) as prove:
        assert list(Splitter(io.BytesIO(text), inspect_all=prove)) == alone


def test_a_change_of_quoting_between_two_lines_counts(eager):
    text = b"INSERT INTO `t` VALUES (1,'\\\\');\nINSERT INTO `t` VALUES ('a\\','b');\nINSERT INTO `t` VALUES ('a\\','b');\n"

    def split(inspect_all):
        splitter = Splitter(io.BytesIO(text), inspect_all=inspect_all)
        for statement in splitter:
            yield statement
            splitter.backslash = not splitter.backslash

    with Provers(1) as prove:
        assert list(split(prove)) == list(split(None))
