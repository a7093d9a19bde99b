# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a ledger is, and the names of its tables; what it holds is tested on servers."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import DEFAULT_DATABASE, Ledger, ledgers_of


def test_a_ledger_in_the_target_has_names_of_its_own():
    ledger = Ledger("shop", "shop")
    assert (
        ledger.tables == {"__apsaradb_" + name for name in ("import", "piece", "made", "chunk", "backup", "setting")}
        and ledger.names["chunk"] == "`shop`.`__apsaradb_chunk`"
    )


def test_a_ledger_elsewhere_takes_nothing_from_the_target():
    ledger = Ledger(DEFAULT_DATABASE, "shop")
    assert ledger.tables == frozenset() and ledger.names["import"] == "`apsaradb_mysql`.`import`"
    assert Ledger("a`b", "shop").names["import"] == "`a``b`.`import`"


def test_where_an_import_may_be_recorded():
    assert [ledger.database for ledger in ledgers_of("shop", None)] == [DEFAULT_DATABASE, "shop"]
    assert [ledger.database for ledger in ledgers_of("shop", "mine")] == ["mine"]
