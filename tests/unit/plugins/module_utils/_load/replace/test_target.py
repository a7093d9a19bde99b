# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options with which a target database is created, and which notes of the ledger a resumed load keeps."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Barrier
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import LedgerEntry
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace import target as target_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.staging import PROGRAMS, Staging
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.target import LoadTarget, _database_options
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.resume import Resume, ResumeState
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingProgram, ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole
from ansible_collections.apsaradb.mysql.tests.support.subjects import request, server

DUMPED = b"/*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='Y' */"
PLAIN = b"/*!40100 DEFAULT CHARACTER SET latin1 */"
REPLACED = b"CHARACTER SET `utf8` COLLATE `utf8_bin`"


@pytest.mark.parametrize("dumped, replaced, expected", [(DUMPED, REPLACED, DUMPED), (b"", REPLACED, REPLACED), (b"", b"", b"")])
def test_without_a_request_the_dump_decides_then_the_replaced_database(dumped, replaced, expected):
    assert _database_options(request(), dumped, replaced, b"", 80036) == expected


@pytest.mark.parametrize(
    "asked, expected",
    [
        ({"charset": "utf8mb4"}, b"CHARACTER SET `utf8mb4`"),
        ({"collation": "utf8mb4_bin"}, b"COLLATE `utf8mb4_bin`"),
        ({"charset": "utf8mb4", "collation": "utf8mb4_bin"}, b"CHARACTER SET `utf8mb4` COLLATE `utf8mb4_bin`"),
    ],
)
def test_the_request_comes_first(asked, expected):
    assert _database_options(request(**asked), PLAIN, REPLACED, b"", 80036).split() == expected.split()


def test_the_encryption_of_the_dump_is_kept():
    found = _database_options(request(charset="utf8mb4"), DUMPED, REPLACED, b"", 80036)
    assert found.startswith(b"CHARACTER SET `utf8mb4` ") and found.endswith(b"ENCRYPTION = 'Y'") and b"latin1" not in found
    # Older servers do not read the version comment.
    assert b"ENCRYPTION" not in _database_options(request(charset="utf8mb4"), DUMPED, REPLACED, b"", 50744)


@pytest.mark.parametrize("dumped, named", [(DUMPED, True), (PLAIN, False), (b"", False)])
@pytest.mark.parametrize("asked", [{}, {"charset": "utf8mb4"}])
def test_the_encryption_of_the_replaced_database_is_kept_unless_the_dump_names_one(asked, dumped, named):
    found = _database_options(request(**asked), dumped, REPLACED, b"ENCRYPTION = 'N'", 80036)
    assert found.count(b"ENCRYPTION") == 1 and (b"'Y'" in found) == named != (b"'N'" in found)


@pytest.mark.parametrize("exists", [True, False])
def test_a_staging_database_that_is_missing_is_created_again_with_the_options_of_the_replaced_one(monkeypatch, exists):
    monkeypatch.setattr(target_file, "character_set_clause", lambda _connection, database: "CHARACTER SET `of_{0}`".format(database))
    monkeypatch.setattr(target_file, "encryption_clause", lambda *_given: "ENCRYPTION = 'Y'")
    monkeypatch.setattr(target_file, "existing_in", lambda *_given: Inventory((), (), exists=False))
    context = Context({}, Staging.of("shop").report())
    context.server = server()
    LoadTarget(context)._resume(plan(whole(b"")), Inventory((), (), exists=exists), ResumeState(Resume.RESUME), None)
    create = "CREATE DATABASE `{0}` ".format(Staging.of("shop").new)
    assert context.ran[0].decode() == create + ("CHARACTER SET `of_shop` ENCRYPTION = 'Y'" if exists else "")


def test_a_name_in_the_request_cannot_leave_its_quotes():
    assert _database_options(request(charset="x`; DROP DATABASE `y"), b"", b"", b"", 80036).strip() == b"CHARACTER SET `x``; DROP DATABASE ``y`"


class Context:
    """A context, its connection and its ledger. ``noted`` are the steps in the ledger, None if they stay as they are."""

    def __init__(self, done, report=None, old=()):
        self.control = self.ledger = self
        self.request, self.files = request(), []
        self.entry = LedgerEntry("loading", [], {}, report) if report is not None else None
        self.given, self.noted = done, None
        self.old, self.ran = old, []

    def run(self, sql):
        self.ran.append(sql)

    def rows(self, _sql, _values=()):
        return [(name, "BASE TABLE", "InnoDB") for name in self.old]

    def done(self, _connection):
        return dict(self.given)

    def begin(self, *_entry):
        self.noted = {}

    def note(self, _connection, file, position, rows):
        self.noted[(file, position)] = rows


TWO = b"".join(b"CREATE TABLE %s (a int) ENGINE=InnoDB;\nINSERT INTO %s VALUES (1);\n" % (name, name) for name in (b"t", b"u"))


def resumed(dump, there, without=(), last=None):
    """The steps that a resumed load keeps in the ledger. All up to the ``last`` have been done; ``there`` are the tables that still exist."""
    found = plan(whole(dump))
    context = Context({(step.file, step.offset): 1 for step in found.steps[:last] if type(step) not in without})
    LoadTarget(context)._begin(found, dict.fromkeys(there, "InnoDB"), ResumeState(Resume.RESUME))
    chunks = {(step.file, step.offset): "{0}".format(getattr(step, "table", "statement")) for step in found.steps}
    return context.noted if context.noted is None else sorted(chunks[place] for place in context.noted)


def test_the_rows_of_tables_that_are_gone_are_loaded_again():
    assert resumed(TWO, "tu") is None
    assert resumed(TWO, "t") == ["0"] and resumed(TWO, "u") == ["1"] and resumed(TWO, "") == []


@pytest.mark.parametrize("statement", [b"UPDATE u SET a = 2;\n", b"ALTER TABLE u ADD PRIMARY KEY (a);\n", b"INSERT INTO u SELECT 5;\n"])
def test_a_table_that_is_gone_is_not_loaded_again_without_the_statements_that_have_changed_it(statement):
    assert resumed(TWO + statement, "tu") is None
    with pytest.raises(Failure, match="table u must be loaded again, but a statement .* database shop"):
        resumed(TWO + statement, "t")
    assert resumed(TWO + statement, "t", without=(Barrier,)) == ["0"]


def test_if_nothing_is_left_all_statements_run_again():
    assert resumed(TWO + b"UPDATE u SET a = 2;\n", "") == []
    # A table without rows that a statement has made is left.
    with pytest.raises(Failure, match="table t must be loaded again"):
        resumed(TWO + b"CREATE TABLE made SELECT 1 AS a;\n", ("made",))


def test_a_table_that_a_statement_makes_is_one_of_the_import():
    made = TWO + b"CREATE TABLE m LIKE t;\nINSERT INTO m VALUES (1);\n"
    assert resumed(made, "tum") is None and resumed(made, "") == []
    with pytest.raises(Failure, match="table m must be loaded again, but a statement .* database shop"):
        resumed(made, "tu")
    # The statement has not run.
    assert resumed(TWO + b"UPDATE u SET a = 2;\n" + made[len(TWO) :], "tu", last=3) is None
    # A table that the dump only fills belongs to the user.
    assert resumed(TWO + b"INSERT INTO mine VALUES (1);\n", "") == ["2"]


@pytest.mark.parametrize("noted", [{"state": "swapped"}, {"state": "loading", "parked": True}])
@pytest.mark.parametrize("old, parked", [(("kept", PROGRAMS), True), ((PROGRAMS,), False), ((), False)])
def test_the_replaced_tables_are_kept_for_another_dump_unless_the_user_has_moved_them_back(noted, old, parked):
    """If they are not in the database for them, those in the target must not be dropped as the tables of the failed replacement."""
    context = Context({}, Staging.of("shop")._replace(**noted).report(), old)
    target = LoadTarget(context)
    assert target._new_staging() == Staging.of("shop")._replace(parked=parked)
    assert bool(target.kept) == parked and any("DROP DATABASE" in sql for sql in context.ran) != parked


@pytest.mark.parametrize("parked", [False, True])
def test_a_failed_swap_says_where_the_statements_of_the_old_objects_are(monkeypatch, parked):
    def refused(*_given, **_named):
        raise ServerError(1435, "Trigger in wrong schema")

    monkeypatch.setattr(target_file, "swap", refused)
    context = Context({})
    context.server, context.tables = server(), frozenset()
    with pytest.raises(ServerError, match="grant it to the account on the database") as caught:
        LoadTarget(context)._swap(Staging.of("shop")._replace(state="swapping", parked=parked), interrupted=False)
    assert ("{0}.{1}. The next run".format(Staging.of("shop").old, PROGRAMS) in str(caught.value)) == (not parked)


@pytest.mark.parametrize(
    "more, ledger, dropped",
    [
        ((), (), True),
        ((ExistingProgram("views", "v", ""),), (), True),
        ((ExistingProgram("views", "w", ""),), (), False),
        ((ExistingProgram("routines", "procedure mine", ""),), (), False),
        ((ExistingProgram("events", "mine", ""),), (), False),
        ((), ("__apsaradb_import",), False),
    ],
)
def test_a_database_is_dropped_after_a_crash_only_if_it_holds_nothing_else(monkeypatch, more, ledger, dropped):
    """A server before 8.0 has left a half-written file of a table, which only DROP DATABASE removes."""
    monkeypatch.setattr(target_file, "drop_broken_tables", lambda *_given: None)
    monkeypatch.setattr(target_file, "character_set_clause", lambda *_given: "CHARACTER SET `utf8`")
    monkeypatch.setattr(target_file, "encryption_clause", lambda *_given: "")
    context = Context({})
    context.server, context.tables, context.made = server("5.7.40"), frozenset(ledger), lambda _connection: {("TABLE", "t"): ""}
    existing = Inventory((ExistingTable("t", ""),), more)
    wanted = plan(whole(TWO + b"CREATE VIEW v AS SELECT 1;\n"))
    if dropped:
        assert LoadTarget(context)._without_broken(wanted, existing, ResumeState(Resume.RESUME)) == {}
    else:
        with pytest.raises(Failure, match="left a table incomplete"):
            LoadTarget(context)._without_broken(wanted, existing, ResumeState(Resume.RESUME))
    assert any(b"DROP DATABASE" in sql for sql in context.ran) == dropped
