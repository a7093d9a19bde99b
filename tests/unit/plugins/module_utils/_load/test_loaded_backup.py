# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a database already holds what would be loaded from a backup, without the backup."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import LedgerEntry
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.loaded_backup import _origin, _result
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import BackupOrigin
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import LoadResult, TableResult, to_report
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.resume import settings_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.tests.support.subjects import request

PATH = "custins1/hins2_data_20260101000000.tar"
ABSENT = Inventory((), (), exists=False)
FULL = Inventory((ExistingTable("a", "InnoDB"),), ())
TABLES = to_report(LoadResult(True, (TableResult("a", 1, 1, 5, 0.1, "InnoDB"),)))


def entry(state="complete", **report):
    return LedgerEntry(state, [], settings_of(request()), dict(TABLES, **report))


@pytest.mark.parametrize(
    "noted, known",
    [
        ([PATH, "etag", "shop"], True),
        ([PATH, None, "shop"], True),
        # Another backup, another database of this backup, and the only database of a backup.
        (["custins1/other.tar", "etag", "shop"], False),
        ([PATH, "etag", "blog"], False),
        ([PATH, "etag", None], False),
        (None, False),
        ([PATH], False),
    ],
)
def test_the_origin_of_an_import(noted, known):
    assert _origin(entry(origin=noted), PATH, "shop") == (BackupOrigin(*noted) if known else None)


def test_a_database_without_an_entry_has_no_origin():
    assert _origin(None, PATH, "shop") is None


def test_a_complete_import_is_not_loaded_again():
    found = _result(request(), entry(), FULL)
    assert not found.changed and not found.skipped and [table.name for table in found.tables] == ["a"]


@pytest.mark.parametrize(
    "noted, existing, asked",
    [
        (entry("loading"), FULL, {}),
        (entry(), ABSENT, {}),
        (entry(), FULL._replace(tables=()), {}),
        (entry(), FULL, {"charset": "latin1"}),
    ],
    ids=["unfinished", "dropped", "table dropped", "other options"],
)
def test_what_must_be_loaded(noted, existing, asked):
    assert _result(request(**asked), noted, existing) is None


def test_a_database_of_somebody_else_is_skipped_unless_it_is_empty():
    found = _result(request(on_existing="skip"), None, FULL)
    assert found.skipped and not found.changed and found.warnings == ("shop is not empty and was skipped",)
    assert _result(request(on_existing="skip"), None, ABSENT) is None
