# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left to do for a database that is already loaded, without a server: its ledger only records what is asked of it."""

from contextlib import contextmanager

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.already_loaded import unchanged
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.context import LoadContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import LedgerEntry
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import BackupOrigin
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import LoadResult
from ansible_collections.apsaradb.mysql.tests.support.gtids import A
from ansible_collections.apsaradb.mysql.tests.support.subjects import request, server

ORIGIN, OTHER = BackupOrigin("custins1/one.tar", "etag", "shop"), BackupOrigin("custins1/two.tar", "etag", "shop")
RESULT = LoadResult(False, warnings=("kept",))


class Recorder:
    """A ledger that records the calls."""

    def __init__(self):
        self.calls = []

    @contextmanager
    def alone(self, _login):
        yield

    def remove(self, _connection):
        self.calls.append("remove")

    def report(self, _connection, report):
        self.calls.append(report)


def done(result=RESULT, noted=ORIGIN, **asked):
    """The result, and what was asked of the ledger."""
    ledger = Recorder()
    entry = LedgerEntry("complete", [], {}, {"origin": list(noted), "bytes": 7})
    return unchanged(LoadContext(request(**asked), None, server(), False, ledger, entry, [], ()), result), ledger.calls


def test_nothing_is_left_to_do():
    assert done(origin=ORIGIN) == (RESULT, []) == done()


def test_the_same_files_from_another_backup_are_noted_and_change_nothing():
    assert done(origin=OTHER) == (RESULT, [{"origin": OTHER, "bytes": 7}])
    assert done(origin=OTHER, check_only=True) == (RESULT, [])


@pytest.mark.parametrize("check_only, calls", [(False, ["remove"]), (True, [])])
def test_removing_the_entry_is_a_change(check_only, calls):
    assert done(ledger="drop", origin=OTHER, check_only=check_only) == (RESULT._replace(changed=True), calls)


def test_a_set_that_is_not_wanted_is_left_out():
    loaded = RESULT._replace(gtid={"policy": "strip", "dump": A + ":1-5", "applied": ""})
    assert done(loaded, gtid="strip", check_only=True) == (loaded, [])
