# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Differences and warnings are collected, shortened, and with strict a failure; tests/servers/test_import_changes.py makes tables."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.resume import ResumeState
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema import changes
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.changes import ServerChanges
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole
from ansible_collections.apsaradb.mysql.tests.support.subjects import request, server

KEYS = b"CREATE TABLE t (a int, b int, KEY k (b)) ENGINE=InnoDB;\nINSERT INTO t VALUES (1,1);\n"


class Difference(str):
    """A difference whose text is this."""

    @property
    def text(self):
        return str(self)


class Context:
    control = None

    def __init__(self, strict):
        self.request = request(strict=strict)
        self.server = server()


class Loader:
    """A connection that has warnings, and records what is dropped."""

    def __init__(self, *warnings):
        self.warned = list(warnings)
        self.connection = self
        self.dropped = []

    def utf8_connection(self):
        return self

    def take_warnings(self):
        warned, self.warned = self.warned, []
        return warned

    def run(self, sql):
        self.dropped.append(sql)


@pytest.fixture(name="made")
def fixture_made(monkeypatch):
    """What the comparison finds."""
    found = []
    monkeypatch.setattr(changes, "created_tables", lambda *_asked: {})
    monkeypatch.setattr(changes, "created_keys", lambda *_asked: {})
    monkeypatch.setattr(changes, "differences", lambda *_compared: list(found))
    monkeypatch.setattr(changes, "deferred_differences", lambda *_compared: list(found))
    return found


def expecting(strict=False, sql=KEYS):
    collected = ServerChanges(Context(strict))
    collected.expect(plan(whole(sql), defer_indexes="always"), ResumeState())
    return collected


def test_differences_and_warnings_are_reported(made):
    made.append(Difference("table t: engine"))
    collected = expecting()
    collected.tables_made(Loader("Warning 1681"), "shop", [b"t"], {})
    assert collected.warnings() == ["table t: engine", "Warning 1681"] and collected.shown == ("table t: engine",)


def test_many_are_shortened(made):
    made.extend(Difference("table {0}".format(number)) for number in range(300))
    collected = expecting()
    collected.tables_made(Loader(), "shop", [], {})
    assert len(collected.shown) == 200 and collected.warnings()[199:] == ["table 199", "and 100 more message(s) about tables and other objects"]


def test_strict_drops_tables_made_with_a_warning_so_that_the_next_run_warns_again(made):
    made.extend(Difference("table {0}".format(number)) for number in range(12))
    loader = Loader("Warning 1071: the key is cut")
    with pytest.raises(Failure, match=r"strict is true: \(1\) table 0; .*\(10\) table 9; and 3 more .database shop"):
        expecting(strict=True).tables_made(loader, "shop", [b"a`b"], {})
    assert loader.dropped == [b"DROP TABLE `a``b`"]


def test_keys_of_a_resumed_load_are_reported_once(made):
    made.append(Difference("table t: key k"))
    collected = expecting()
    collected.tables_made(Loader(), "shop", [], {})
    collected.keys_made(None, "shop")
    assert collected.warnings() == ["table t: key k"]


def test_tables_that_statements_may_have_changed_are_not_compared(made):
    made.append(Difference("table t: engine"))
    collected = expecting(sql=KEYS + b"UPDATE t SET b = 2;\n")
    collected.tables_made(Loader(), "shop", [], {(0, 1): 1})
    collected.keys_made(None, "shop")
    assert collected.warnings() == []


def test_many_tables_are_compared_in_parts(monkeypatch):
    monkeypatch.setattr(changes, "_TOGETHER", 2)
    tables = plan(whole(b"".join(b"CREATE TABLE t%d (a int) ENGINE=InnoDB;\n" % number for number in range(5)))).tables
    assert [names for _part, names in changes._parts(tables)] == [["t0", "t1"], ["t2", "t3"], ["t4"]]
    assert [names for _part, names in changes._parts(tables[:2])] == [()]
