# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a database holds, as values; that it is read completely is tested on servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import (
    ExistingProgram,
    ExistingTable,
    Inventory,
    _joined,
    _without_partition,
    encryption_clause,
    referring_databases,
)

EVENT = ExistingProgram("events", "Once", "x@y", expires=True)
ROUTINE = ExistingProgram("routines", "procedure My Proc", "x@y")
TRIGGERS = (ExistingProgram("triggers", "b_trigger", "x@y", table="a"), ExistingProgram("triggers", "a_trigger", "x@y", table="b"))
VIEW = ExistingProgram("views", "a_view", "x@y")
FULL = Inventory((ExistingTable("a", "InnoDB"), ExistingTable("b", "MyISAM")), (VIEW, ROUTINE, *TRIGGERS, EVENT))


def test_words_after_create():
    assert [made.what for made in FULL.objects] == ["VIEW", "PROCEDURE", "TRIGGER", "TRIGGER", "EVENT"]
    assert (ROUTINE.own_name, ROUTINE.key, EVENT.key) == ("My Proc", ("PROCEDURE", "my proc"), ("EVENT", "once"))


def test_an_event_that_expires_does_not_last():
    assert FULL.keys - FULL.lasting_keys == {("EVENT", "once")}


def test_empty():
    assert Inventory((), ()).empty and not FULL.empty and not Inventory((), (VIEW,)).empty and not Inventory(FULL.tables, ()).empty


def test_names_for_a_message_leave_out_triggers():
    assert FULL.names == ["a", "b", "a_view", "procedure My Proc", "Once"] and FULL.engines == {"a": "InnoDB", "b": "MyISAM"}


def test_some_tables_with_their_views_and_triggers():
    some = FULL.only(lambda name: name.startswith("a"))
    assert [table.name for table in some.tables] == ["a"] and [made.name for made in some.objects] == ["a_view", "b_trigger"]
    assert (FULL.count("triggers"), some.count("triggers"), some.count("events")) == (2, 1, 0)


def test_triggers_of_a_view_that_is_left_out_are_left_out():
    assert FULL.only(lambda name: name == "b").objects == (TRIGGERS[1],)
    assert FULL.only(lambda name: False) == Inventory((), ())


def test_a_mark_changes_with_the_ids_and_with_the_time():
    table = ExistingTable("a", "InnoDB", created="1767225600", ids="42")
    assert len({table.mark, table._replace(ids="43").mark, table._replace(created="1767225601").mark, table._replace(ids="42,43").mark}) == 4


def test_the_ids_of_all_partitions_belong_to_one_table():
    assert _joined([("t", 12), ("u", 3), ("t", 9)]) == {"t": "12,9", "u": "3"}
    # In any order, the same.
    assert _joined([("t", 9), ("t", 12)])["t"] == "12,9"


def test_the_ids_of_a_thousand_partitions_fit_into_the_ledger():
    assert len(_joined(("t", 10**9 + number) for number in range(1000))["t"]) == 900


def test_a_table_whose_name_looks_like_a_partition():
    assert _without_partition("t#p#p0", {"t"}) == "t" == _without_partition("t#P#p0#SP#s", {"t"})
    assert _without_partition("t#p#p0", {"t", "t#p#p0"}) == "t#p#p0"


class Foreign:
    """A server without the tables of information_schema that are not given here; ``folds``: its lower_case_table_names."""

    def __init__(self, folds=0, **tables):
        self.folds, self.tables = folds, tables

    def rows(self, query, _values=()):
        table = query.split("information_schema.")[1].split()[0]
        if table not in self.tables:
            raise ServerError(1227, "Access denied; you need (at least one of) the PROCESS privilege(s) for this operation")
        return [(name, referred, self.folds) for name, referred in self.tables[table]]

    texts = rows


@pytest.mark.parametrize("engine", ["INNODB_FOREIGN", "INNODB_SYS_FOREIGN"])
def test_foreign_keys_of_databases_that_the_account_cannot_read_are_found(engine):
    found = Foreign(KEY_COLUMN_USAGE=[], **{engine: [("crm/orders", "shop/customers"), ("shop/orders", "shop/customers"), ("crm/b", "Shop/c")]})
    assert referring_databases(found, "shop") == ["crm"]
    assert referring_databases(Foreign(KEY_COLUMN_USAGE=[("crm", "shop")]), "shop") == ["crm"]


def test_the_names_of_files_are_decoded():
    keys = [("c@002drm/a", "hy@002dphen/t"), ("hy@002dphen/a", "hy@002dphen/t")]
    assert referring_databases(Foreign(KEY_COLUMN_USAGE=[], INNODB_SYS_FOREIGN=keys), "hy-phen") == ["c-rm"]
    assert referring_databases(Foreign(KEY_COLUMN_USAGE=[], INNODB_FOREIGN=[("c-rm/a", "hy-phen/t")]), "hy-phen") == ["c-rm"]


@pytest.mark.parametrize("folds, others", [(0, ["Shop"]), (1, []), (2, [])])
def test_a_database_whose_name_differs_in_case(folds, others):
    usage = [("Shop", "shop"), ("shop", "shop"), ("crm", "other")]
    assert referring_databases(Foreign(folds, KEY_COLUMN_USAGE=usage), "shop") == others


def test_a_lost_connection_is_not_an_answer():
    class Lost(Foreign):
        def texts(self, *_query):
            raise ServerError(2013, "gone")

    with pytest.raises(ServerError):
        referring_databases(Lost(KEY_COLUMN_USAGE=[]), "shop")


@pytest.mark.parametrize("rows, clause", [([("shop", "YES")], "ENCRYPTION = 'Y'"), ([("shop", "NO")], "ENCRYPTION = 'N'"), ([("shop",)], ""), ([], "")])
def test_the_encryption_of_a_database(rows, clause):
    class Schemata:
        """A server with this answer; before 8.0.16 it does not read the second column."""

        def rows(self, *_query):
            return rows

    assert encryption_clause(Schemata(), "shop") == clause
