# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SQL of a replication channel, and what its status means; tests/servers/test_roll_forward.py runs one."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.channel import _raise_error, filters, last_error, sql_text, tables_text, thread_state
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.tests.support.gtids import A


def test_filters_let_the_targets_pass_under_their_new_names():
    assert filters({"shop": "shop_2", "crm": "crm"}, folds=False) == {
        "DO_DB": "`crm`, `shop_2`",
        "WILD_DO_TABLE": "'crm.%', 'shop\\\\_2.%'",
        "REWRITE_DB": "(`shop`, `shop_2`), (`shop_2`, `apsaradb_filtered`)",
    }
    assert filters({"a`b": "a`b"}, folds=False)["REWRITE_DB"] == ""


def test_databases_of_the_source_with_the_name_of_a_target_do_not_pass():
    assert filters({"a": "b", "b": "a"}, folds=False)["REWRITE_DB"] == "(`a`, `b`), (`b`, `a`)"
    # A part of the databases, while others are left out.
    assert filters({"a": "b"}, folds=False)["REWRITE_DB"] == "(`a`, `b`), (`b`, `apsaradb_filtered`)"


def test_a_server_that_stores_names_in_lower_case():
    """The entry of a target would also be the one of the database itself."""
    assert filters({"shop": "Shop"}, folds=False)["REWRITE_DB"] == "(`Shop`, `apsaradb_filtered`), (`shop`, `Shop`)"
    assert filters({"shop": "Shop"}, folds=True) == {"DO_DB": "`shop`", "WILD_DO_TABLE": "'shop.%'", "REWRITE_DB": ""}
    assert filters({"Shop": "shop"}, folds=True)["REWRITE_DB"] == "(`Shop`, `shop`)"
    assert filters({"a": "B"}, folds=True)["REWRITE_DB"] == "(`a`, `b`), (`b`, `apsaradb_filtered`)"


def test_tables_that_do_not_pass():
    assert tables_text([("shop", "t"), ("shop", "a`b")]) == "`shop`.`t`, `shop`.`a``b`"
    assert tables_text([]) == ""


def test_texts_are_quoted():
    assert sql_text("it's \\ here") == "'it''s \\\\ here'"


@pytest.mark.parametrize("word", ["Replica", "Slave"])
def test_threads_have_a_state_under_both_names(word):
    status = {word + "_IO_Running": "Connecting", word + "_SQL_Running": "Yes"}
    assert (thread_state(status, "IO"), thread_state(status, "SQL"), thread_state({}, "IO")) == ("Connecting", "Yes", "No")


@pytest.mark.parametrize(
    "status, text",
    [
        (
            {"Slave_SQL_Running": "No", "Last_SQL_Errno": 1298, "Last_SQL_Error": "Unknown time zone"},
            "error 1298: Unknown time zone .transaction 3.*:4.\\. Load",
        ),
        ({"Slave_SQL_Running": "Yes", "Slave_IO_Running": "No", "Last_IO_Errno": "2003", "Last_IO_Error": "refused"}, "error 2003: refused.*Load it"),
        ({"Slave_SQL_Running": "No"}, "stopped before it had applied " + A + ":4-9. Run the task again"),
        ({}, "stopped before it had applied"),
    ],
)
def test_a_channel_that_cannot_continue_is_a_failure(status, text):
    with pytest.raises(Failure, match=text):
        _raise_error(status, GtidSet.parse(A + ":4-9"), {1298: "Load it.", 2003: "Load it."})


@pytest.mark.parametrize(
    "status", [{"Slave_SQL_Running": "Yes", "Slave_IO_Running": "Yes"}, {"Slave_SQL_Running": "Yes", "Slave_IO_Running": "Yes", "Last_SQL_Errno": 1062}]
)
def test_a_channel_that_runs_continues(status):
    _raise_error(status, GtidSet.parse(A + ":4-9"), {})


def test_an_error_does_not_show_the_password_of_the_statement_that_it_quotes():
    text = "Error 'x' on query. Default database: ''. Query: 'CREATE USER 'u'@'h' IDENTIFIED BY 'secret''"
    assert last_error({"Last_SQL_Errno": "1396", "Last_SQL_Error": text}, "SQL") == (1396, text.partition("'secret")[0] + "***")
    assert last_error({}, "IO") == (0, "")
