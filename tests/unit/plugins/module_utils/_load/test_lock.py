# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of locks, and the connection that holds the lock of an import."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.lock import is_lock_name, lock_name, take_lock
from ansible_collections.apsaradb.mysql.tests.support.subjects import request


def test_names_differ_by_database_and_worker():
    names = {lock_name(database, part) for database in ("shop", "Shop", "x" * 64, "\u00e4") for part in (0, 1, 99)}
    # MySQL 5.7 and later accept 64 characters.
    assert len(names) == 12 and max(map(len, names)) <= 64
    assert lock_name("shop") == lock_name(b"shop")


def test_a_name_is_recognised():
    assert is_lock_name(lock_name("shop")) and is_lock_name(lock_name(b"\xff", 99))
    for other in "", "nobody", lock_name("shop") + " ", "x" * 64, lock_name("shop").upper():
        assert not is_lock_name(other)


def test_the_ledger_is_read_without_entries_that_are_not_committed():
    class Control:
        ran = []

        def value(self, _sql, _values):
            return 1

        def run(self, sql):
            self.ran.append(sql)

    control = Control()
    take_lock(request(), control)
    assert "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ" in control.ran
