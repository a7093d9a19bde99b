# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many connections a load opens, and how many of them are worth it; tests/servers/test_import_settings.py borrows settings of servers."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.connection_pool import ConnectionPool, most_workers
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import Durability, LaneChoice
from ansible_collections.apsaradb.mysql.tests.support import subjects
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole


class Context:
    """The part of a LoadContext that the pool reads."""

    def __init__(self, workers=None, grants=(), local_infile="OFF", **asked):
        self.request = subjects.request(**asked)._replace(workers=workers)
        self.server = subjects.server(variables={"local_infile": local_infile, "own": "1"}, grants=grants)
        self.log_binary = False


class Borrowed:
    """Notes what a load wants of these settings."""

    def __init__(self):
        self.wanted = None

    def borrow(self, wanted):
        self.wanted = wanted({"local_infile": "OFF", "innodb_flush_log_at_trx_commit": "1"})
        return self.wanted


def dump(rows):
    insert = b"INSERT INTO t VALUES (1,'" + b"x" * 100000 + b"');\n"
    return whole(b"CREATE TABLE t (a int, b longtext) ENGINE=InnoDB;\n" + insert * rows)


@pytest.mark.parametrize("cores, workers", [(1, 2), (2, 3), (64, 9), (None, 2)])
def test_most_workers(monkeypatch, cores, workers):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert most_workers() == workers


@pytest.mark.parametrize("rows, workers", [(0, 1), (1, 1), (20, 2), (60, 4)])
def test_a_small_plan_has_fewer_workers(rows, workers):
    pool = ConnectionPool(Context(workers=4), Borrowed())
    pool.borrow(plan(dump(rows)))
    assert pool.workers == workers


def test_settings_are_borrowed_only_by_an_account_that_may():
    borrowed = Borrowed()
    ConnectionPool(Context(), borrowed).borrow(plan(dump(1)))
    assert borrowed.wanted is None
    ConnectionPool(Context(grants=("SUPER",), durability=Durability.RELAXED), borrowed).borrow(plan(dump(1)))
    assert borrowed.wanted["local_infile"] == "ON" and borrowed.wanted["innodb_flush_log_at_trx_commit"] != "1"
    ConnectionPool(Context(grants=("SUPER",), lane=LaneChoice.INSERT), borrowed).borrow(plan(dump(1)))
    assert "local_infile" not in borrowed.wanted
