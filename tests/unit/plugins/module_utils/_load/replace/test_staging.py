# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The staging of a replacement, as the ledger keeps it; the swap is tested on servers."""

import json

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace import staging as staging_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.staging import PROGRAMS, Staging, can_stage, clear, renames, swap, tidy
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import Grants
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.tests.support.subjects import server


def test_names_belong_to_the_target():
    one, other = Staging.of("shop"), Staging.of("Shop")
    assert one == Staging.of("shop") and len({one.new, one.old, other.new, other.old}) == 4
    assert all(name.startswith("__apsaradb_") and len(name) <= 64 for name in (one.new, one.old))


@pytest.mark.parametrize("state", ["loading", "swapping", "swapped", "clearing"])
def test_the_next_run_finds_it_in_the_ledger(state):
    staging = Staging.of("shop")._replace(state=state, tables=3, parked=True)
    assert Staging.from_report(json.loads(json.dumps(dict(staging.report(), made=""))), "shop") == staging


def test_databases_that_no_import_chooses_are_not_believed():
    with pytest.raises(Failure, match="which no import would choose"):
        Staging.from_report({"staging": dict(Staging.of("shop").report()["staging"], new="payroll")}, "shop")


def test_an_entry_without_staging():
    assert Staging.from_report({"made": ""}, "shop") == Staging("", "", "")


def test_the_failure_after_the_swap_names_where_the_old_database_is():
    staging = Staging.of("shop")
    assert staging.old in staging.kept and PROGRAMS in staging.kept and staging.new not in staging.kept


def test_privileges_on_the_target_alone_do_not_allow_staging():
    needed = frozenset(("CREATE", "DROP", "ALTER", "INSERT", "SELECT", "INDEX"))
    staging, state = Staging.of("shop"), server()
    assert not can_stage(staging, state._replace(grants=Grants(frozenset(), (("shop", needed),))))
    assert can_stage(staging, state._replace(grants=Grants(frozenset(), (("\\_\\_apsaradb\\_%", needed),))))
    assert not can_stage(staging, state._replace(grants=Grants(needed - {"ALTER"}, ())))


@pytest.mark.parametrize("packet", [1024, 16384, 1 << 20, 1 << 26])
def test_tables_are_moved_by_statements_that_fit_into_a_packet(packet):
    moves = [("shop", "__apsaradb_old_0123456789abcdef", "t{0:05d}`\N{SNOWMAN}".format(number)) for number in range(3000)]
    statements = renames(moves, packet)
    assert all(statement.startswith("RENAME TABLE `shop`.`t") and statement.count(" TO ") for statement in statements)
    assert [len(statement.encode()) <= packet for statement in statements] == [True] * len(statements)
    moved = [words.split("`.`")[2][:6] for words in " ".join(statements).split("RENAME TABLE ") for words in words.split(", ") if words]
    assert moved == ["t{0:05d}".format(number) for number in range(3000)]
    assert (len(statements) == 1) == (packet == 1 << 20 or packet == 1 << 26)


def test_without_tables_nothing_is_moved():
    assert renames([], 1 << 20) == []


class Server:
    """A connection that keeps what it runs."""

    address = "db"

    def __init__(self):
        self.ran = []

    def run(self, sql):
        self.ran.append(sql)


def test_nothing_is_moved_unless_all_new_tables_are_there(monkeypatch):
    """The swap takes a staging database that lacks a table for one that was interrupted, and leaves the old tables in the target."""
    server, staging = Server(), Staging.of("shop")
    monkeypatch.setattr(staging_file, "existing_in", lambda *_given: Inventory((ExistingTable("a", "InnoDB"), ExistingTable("x", "InnoDB")), ()))
    with pytest.raises(Failure, match="table b is missing in the staging database __apsaradb_new_.*; the old database is unchanged"):
        tidy(server, staging, frozenset("ab"))
    assert server.ran == []
    tidy(server, staging, frozenset("a"))
    assert server.ran == ["DROP TABLE `{0}`.`x`".format(staging.new)]


class Referred(Server):
    """A server on which a foreign key of another database refers to a replaced table."""

    def __init__(self, code):
        super().__init__()
        self.code = code

    def run(self, sql):
        super().run(sql)
        if "DATABASE" in sql and "foreign_key_checks = 1" in self.ran[-2]:
            raise ServerError(self.code, "Cannot drop table 'kept' referenced by a foreign key constraint 'far' on table 'child'", "server db")


def test_replaced_tables_are_dropped_only_if_no_other_database_refers_to_them():
    staging = Staging.of("shop")
    for code, cure in (3730, "drop these keys"), (1217, "drop these keys"), (1451, "drop these keys"), (2013, "continues from here"):
        server = Referred(code)
        with pytest.raises(ServerError, match=cure):
            clear(server, staging)
        assert server.ran[-1] == "DROP DATABASE IF EXISTS `{0}`".format(staging.old)
    server = Server()
    clear(server, staging)
    assert [sql.split()[-1] for sql in server.ran] == ["1", "`{0}`".format(staging.old), "0", "`{0}`".format(staging.new)]


def test_the_replaced_tables_of_an_earlier_replacement_stay():
    server, staging = Server(), Staging.of("shop")._replace(parked=True)
    clear(server, staging)
    assert [sql for sql in server.ran if "DROP" in sql] == ["DROP DATABASE IF EXISTS `{0}`".format(staging.new)]


@pytest.mark.parametrize(
    "before, after, sent",
    [("ENCRYPTION = 'Y'", "ENCRYPTION = 'Y'", ""), ("ENCRYPTION = 'N'", "ENCRYPTION = 'Y'", " ENCRYPTION = 'Y'"), ("", "", "")],
)
def test_the_target_gets_the_encryption_of_the_new_database(monkeypatch, before, after, sent):
    """Only if it differs: an account may need a privilege to change it."""
    server, staging = Server(), Staging.of("shop")
    monkeypatch.setattr(staging_file, "existing_in", lambda *_given: Inventory((), ()))
    monkeypatch.setattr(staging_file, "_keep_programs", lambda *_given, **_named: None)
    monkeypatch.setattr(staging_file, "_move_tables", lambda *_given: None)
    monkeypatch.setattr(staging_file, "character_set_clause", lambda *_given: "CHARACTER SET `utf8`")
    monkeypatch.setattr(staging_file, "encryption_clause", lambda _connection, name: before if name == "shop" else after)
    swap(server, "shop", staging, frozenset())
    assert server.ran[-1] == "ALTER DATABASE `shop` CHARACTER SET `utf8`" + sent


@pytest.mark.parametrize("ignore", [frozenset(), frozenset(["__apsaradb_import"])])
def test_a_target_with_the_ledger_is_not_dropped_after_a_crash(monkeypatch, ignore):
    """A crash of 5.7 has left a new table in the engine under its new name."""
    server, staging = Server(), Staging.of("shop")._replace(tables=1)
    monkeypatch.setattr(
        staging_file, "existing_in", lambda _server, name, *_ignore: Inventory((ExistingTable("t", "InnoDB"),) if name == staging.new else (), ())
    )
    monkeypatch.setattr(staging_file, "_keep_programs", lambda *_given, **_named: None)
    monkeypatch.setattr(staging_file, "_move_tables", lambda *_given: None)
    monkeypatch.setattr(staging_file, "drop_broken_tables", lambda *_given: [])
    monkeypatch.setattr(staging_file, "broken_tables", lambda *_given: ["t"])
    monkeypatch.setattr(staging_file, "_options_for", lambda *_given: "CHARACTER SET `utf8`")
    if ignore:
        with pytest.raises(Failure, match="the ledger is there too.*Drop shop, run the task again, and drop {0} and {1}".format(staging.new, staging.old)):
            swap(server, "shop", staging, ignore, crashed=True)
    else:
        swap(server, "shop", staging, ignore, crashed=True)
    assert ("DROP DATABASE IF EXISTS `shop`" in server.ran) == (not ignore)
