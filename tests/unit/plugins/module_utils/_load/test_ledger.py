# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a ledger is, the names of its tables, and which errors are retried; what it holds is tested on servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import DEFAULT_DATABASE, RETRIED, Ledger, _path_key, ledgers_of, retried
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError


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


class Rollbacks(list):
    """A connection that only counts what runs between two attempts."""

    run = list.append


def failing(errors):
    """An action that fails with these errors, one after the other, and then returns "done"."""
    left = [ServerError(code, "failed") for code in errors]

    def action():
        if left:
            raise left.pop(0)
        return "done"

    return action


@pytest.mark.parametrize("errors", [[], [1213], [1205], [1213, 1205, 1213, 1205]])
def test_a_transaction_is_repeated_after_a_deadlock_or_a_lock_timeout(errors):
    seen = Rollbacks()
    assert retried(failing(errors), seen) == "done" and seen == ["ROLLBACK"] * len(errors)


@pytest.mark.parametrize("errors, tries", [([1213] * 5, 5), ([1062], 1), ([1213, 2013], 2), ([1146], 1)])
def test_other_errors_and_the_fifth_deadlock_are_raised(errors, tries):
    seen = Rollbacks()
    with pytest.raises(ServerError) as caught:
        retried(failing(errors), seen)
    assert caught.value.code == errors[tries - 1] and len(seen) == tries - 1


def test_what_is_retried_has_been_rolled_back_by_the_server_or_can_be():
    assert RETRIED == {1205, 1213}


def test_paths_of_any_length_and_bytes_have_keys_of_one_length():
    paths = ["a", "a/" * 5000, "\udc80.tar", "\u4f60.tar", "A"]
    keys = [_path_key(path) for path in paths]
    assert len(set(keys)) == len(paths) and {len(key) for key in keys} == {len("X'" + "00" * 64 + "'")}
