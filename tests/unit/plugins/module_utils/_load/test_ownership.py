# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Marks of tables and texts of objects, compared; what the server says of them is in tests/servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import ownership
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import TABLE_WHOLE
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.tests.support.plans import ROWS, TABLE, plan, whole

PROCEDURE = b"CREATE DEFINER=`a`@`b` PROCEDURE `P`(IN x int)\n/* why */ SELECT `x`, 'A', 1 ;;"


@pytest.mark.parametrize(
    "noted, now, same",
    [
        ("41 1000", "41 1000", True),
        ("41 1000", "41 2000", True),
        ("41 1000", "42 1000", False),
        ("41,42 -", "41,42 -", True),
        ("- 1000", "- 1000", True),
        ("- 1000", "- 2000", False),
        ("- 1000", "41 1000", True),
        ("41 1000", "- 2000", False),
        ("- -", "- -", False),
        ("", "- -", False),
    ],
)
def test_marks_of_one_table(noted, now, same):
    assert ownership._same_mark(noted, now) is same


def test_the_mark_of_a_table():
    assert ExistingTable("t", "InnoDB").mark == "- -" and ExistingTable("t", "InnoDB", created="7", ids="1,2").mark == "1,2 7"


@pytest.mark.parametrize(
    "shown, same",
    [
        ("CREATE DEFINER=`a`@`b` PROCEDURE `p`(IN x int)\nselect x, 'A', 1", True),
        ("CREATE DEFINER=`a`@`b` PROCEDURE `p`(IN x int)\nSELECT x, 'A', 1", True),
        ("CREATE DEFINER=`a`@`b` PROCEDURE p(IN X int) SELECT `x`,'A',1", True),
        ("CREATE DEFINER=`c`@`b` PROCEDURE p(IN x int) SELECT x, 'A', 1", False),
        ("CREATE DEFINER=`a`@`b` PROCEDURE p(IN x int) SELECT x, 'a', 1", False),
        ("CREATE DEFINER=`a`@`b` PROCEDURE p(IN x int) SELECT x, 'A', 2", False),
        ("CREATE DEFINER=`a`@`b` PROCEDURE p() SELECT x, 'A', 1", False),
        ("CREATE DEFINER=`a`@`b` PROCEDURE q(IN x int) SELECT x, 'A', 1", False),
        ("CREATE DEFINER=`a`@`b` PROCEDURE p(IN x int) SELECT 'x, 1", False),
        ("", False),
        (None, False),
    ],
)
def test_whether_an_object_matches_the_dump(shown, same):
    (made,) = plan(whole(TABLE + b"DELIMITER ;;\n" + PROCEDURE + b"\nDELIMITER ;\n")).objects
    assert ownership._same(made, shown, 90704) is same


def test_rows_that_differ_in_a_list_of_literals_are_not_the_same():
    (made,) = plan(whole(TABLE + b"CREATE PROCEDURE p() INSERT INTO t VALUES (1,'a'),(2,'b');\n")).objects
    assert ownership._same(made, "CREATE PROCEDURE p() INSERT INTO t VALUES (1,'a'),(2,'b')", 90704)
    assert not ownership._same(made, "CREATE PROCEDURE p() INSERT INTO t VALUES (1,'a'),(3,'b')", 90704)


def test_how_many_rows_the_ledger_knows():
    loaded = plan(whole(TABLE + ROWS))
    (chunk,) = [step for step in loaded.steps if hasattr(step, "table")]
    assert ownership._noted_rows(loaded, {}) == {0: 0}
    assert ownership._noted_rows(loaded, {(chunk.file, chunk.offset): 3}) == {0: 3}
    assert ownership._noted_rows(loaded, {(TABLE_WHOLE, 0): 5}) == {0: 5}


def test_only_tables_that_the_dump_creates_are_its_own():
    loaded = plan(whole(TABLE + b"INSERT INTO `users` VALUES (1);\n"))
    assert set(ownership._created(loaded, {})) == {"t"} and ownership._created(loaded, {"t": None}) == {}


def test_the_mark_of_a_table_that_was_rebuilt():
    """If only its time distinguishes it, the load waits at its end until another table would have a later one."""

    class Notes:
        noted = ()

        def note_made(self, _connection, marks):
            self.noted += (marks,)

    ledger = Notes()
    notes = ownership.MadeNotes(ledger, None)
    notes.mark(None, ExistingTable("t", "InnoDB", created="7", ids="42"))
    assert notes._last == 0 and not notes._by_time
    notes.mark(None, ExistingTable("m", "MyISAM", created="8"))
    assert ledger.noted == ({("TABLE", "t"): "42 7"}, {("TABLE", "m"): "- 8"}) and notes._last == 8 and notes._by_time == {"m"}


@pytest.mark.parametrize("rows, noted, own", [(2, {}, True), (3, {}, False), (2, {("SETTLED", ""): ""}, False)])
def test_a_table_that_was_being_altered_during_a_kill_is_recognised_by_its_rows(rows, noted, own):
    class Notes:
        def __init__(self):
            self.given = {("TABLE", "t"): "- 7", **noted}

        def note_made(self, _connection, marks):
            self.given.update(marks)

        def unnote_made(self, _connection, *key):
            del self.given[key]

    class Connection:
        @staticmethod
        def value(_sql):
            return rows

        @staticmethod
        def texts(*_query):
            return []

    (planned,) = plan(whole(TABLE)).tables
    ledger, now = Notes(), ExistingTable("t", "InnoDB", created="8")

    def is_own():
        return ownership._is_own_table(Connection(), "shop", now, ledger.given, planned, 2)

    assert not is_own()
    with ownership.MadeNotes(ledger, None).alteration("shop", planned):
        assert is_own() == own
    assert not is_own()


def test_tables_that_an_unfinished_load_has_begun_are_known_to_the_next_run():
    class Notes:
        given = {("TABLE", "begun"): "", ("TABLE", "made"): "41 1000", ("VIEW", "seen"): "x"}
        noted = None

        def made(self, _control):
            return dict(self.given)

        def unnote_made(self, _control, *_key):
            assert self.noted is None

        def note_made(self, _control, marks):
            self.noted = marks

    ledger = Notes()
    assert ownership.MadeNotes(ledger, None).intend(["begun", "made", "new", "seen"]) == {"begun", "made"}
    assert ledger.noted == {("TABLE", name): "" for name in ("begun", "made", "new", "seen")}


VIEW = b"CREATE TABLE report (a int) ENGINE=MyISAM;\nDROP TABLE IF EXISTS report;\nCREATE VIEW report AS SELECT a FROM t;\n"


class Database:
    """A connection to a database with an empty table ``report``, and the ledger of an import."""

    def __init__(self, notes=()):
        self.notes = dict(notes)

    def made(self, _connection):
        return self.notes

    def note_made(self, _connection, marks):
        self.notes.update(marks)

    def use(self, _database):
        return None

    def rows(self, sql):
        return [("report", "CREATE TABLE `report` (`a` int)")] if isinstance(sql, str) else []


@pytest.mark.parametrize(
    "notes, owned",
    [
        ({}, False),
        ({("PLACEHOLDER", "report"): ""}, True),
        ({("PLACEHOLDER", "report"): "", ("SETTLED", ""): ""}, False),
        ({("PLACEHOLDER", "report"): "the digest of another table"}, False),
        ({("PLACEHOLDER", "report"): "", ("VIEW", "report"): "the digest of a view"}, False),
    ],
)
def test_an_empty_table_is_a_placeholder_only_if_the_import_was_about_to_create_one(notes, owned):
    loaded, server = plan(whole(TABLE + VIEW)), Database(notes)
    assert [made.what for made in loaded.objects] == ["TABLE", "VIEW"]
    found = ownership.own_objects(server, server, loaded, Inventory((ExistingTable("report", "MyISAM"),), ()), "shop", 80036)
    assert (found.placeholders, found.foreign) == (((("TABLE", "report"),), ()) if owned else ((), ("table report",)))


def test_placeholders_are_recorded_before_they_are_created():
    loaded, server = plan(whole(TABLE + VIEW)), Database()
    notes = ownership.MadeNotes(server, None)
    notes.intend_placeholders(loaded, frozenset([("VIEW", "report")]))
    assert server.notes == {}
    notes.intend_placeholders(loaded, frozenset())
    assert server.notes == {("PLACEHOLDER", "report"): ""}
