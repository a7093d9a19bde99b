# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an account may keep the ledger in a database of its own."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.context import _may_keep
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import LedgerPolicy
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import Grants

WRITES = frozenset(("CREATE", "INSERT", "SELECT", "DELETE", "UPDATE"))
OWN = "apsaradb_mysql"


@pytest.mark.parametrize(
    "grants, keep, drop",
    [
        (Grants(frozenset(("ALL PRIVILEGES",)), ()), True, True),
        (Grants(WRITES, ()), True, False),
        (Grants(WRITES | {"DROP"}, ()), True, True),
        (Grants(frozenset(), ((OWN, WRITES),)), True, False),
        # Privileges on the target alone.
        (Grants(frozenset(), (("shop", frozenset(("ALL PRIVILEGES",))),)), False, False),
        # Global and database privileges add up.
        (Grants(frozenset(("CREATE", "DROP")), ((OWN, WRITES - {"CREATE"}),)), True, True),
        (Grants(frozenset(), ()), False, False),
    ],
)
def test_privileges_for_the_ledger(grants, keep, drop):
    assert (_may_keep(grants, OWN, LedgerPolicy.KEEP), _may_keep(grants, OWN, LedgerPolicy.DROP)) == (keep, drop)


@pytest.mark.parametrize("lacking", sorted(WRITES))
def test_every_privilege_is_needed(lacking):
    assert not _may_keep(Grants(WRITES - {lacking}, ()), OWN, LedgerPolicy.KEEP)
