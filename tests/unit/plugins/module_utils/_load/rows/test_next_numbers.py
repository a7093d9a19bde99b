# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For which tables a resumed load sets the next AUTO_INCREMENT number, and when it cannot know it. tests/servers/test_import_resumed.py compares the rows."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import TABLE_WHOLE
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.next_numbers import forgotten_numbers, next_numbers, refuse_unknown
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole

MODE = b"SET sql_mode='NO_AUTO_VALUE_ON_ZERO';\n"
OTHER = b"CREATE TABLE x (a INT) ENGINE=InnoDB;\nINSERT INTO x VALUES (1);\n"
TABLE = b"CREATE TABLE n (id INT AUTO_INCREMENT PRIMARY KEY, v INT) ENGINE=InnoDB;\n"
ROW, MORE = b"INSERT INTO n (v) VALUES (1);\n", b"COMMIT;\nINSERT INTO n (v) VALUES (2);\n"
CHANGED = b"UPDATE x SET a = 2;\n"


def decided(dump, sent, emptied=(), settled=()):
    """The names of tables with a known and with an unknown next number after the first ``sent`` steps."""
    found = plan(whole(dump))
    done = {(step.file, step.offset): getattr(step, "rows", 0) for step in found.steps[:sent]}
    numbers = next_numbers(found, done, emptied, settled)
    return [[found.tables[index].name.decode() for index in indexes] for indexes in numbers[:2]]


@pytest.mark.parametrize("mode", [b"", MODE])
@pytest.mark.parametrize("sent", [0, 1])
def test_numbers_go_on_after_the_last_row(mode, sent):
    assert decided(mode + TABLE + ROW + MORE, sent) == [["n"], []]
    assert decided(mode + TABLE + ROW + MORE, 2) == [[], []]
    assert decided(mode + TABLE + ROW + MORE, sent, settled=("n",)) == [[], []]


@pytest.mark.parametrize("values", [b"VALUES (7,1)", b"VALUES (70,0),(80,NULL)", b"(v, id) VALUES (0,7)"])
def test_numbers_that_are_in_the_dump_are_not_touched(values):
    rows = b"INSERT INTO n " + values + b";\n"
    for mode in b"", MODE:
        assert decided(mode + TABLE + rows + b"COMMIT;\n" + rows.replace(b"7", b"9"), 1) == [[], []]


@pytest.mark.parametrize(
    "statement",
    [CHANGED, b"INSERT INTO x SELECT 5;\n", b"DELETE FROM x WHERE a = 1;\n", b"ALTER TABLE n ADD KEY (v);\n", b"ALTER TABLE x ENGINE=MyISAM;\n"],
)
def test_a_statement_about_other_tables_or_keys_does_not_matter(statement):
    """The numbers may have been used up after it."""
    for dump, sent in (OTHER + TABLE + statement + ROW + MORE, 3), (OTHER + TABLE + ROW + statement + MORE, 3):
        assert decided(dump, sent) == [["n"], []]


@pytest.mark.parametrize(
    "statement",
    [
        b"ALTER TABLE n AUTO_INCREMENT = 50;\n",
        b"ALTER TABLE n ADD z INT;\n",
        b"UPDATE n SET id = 9;\n",
        b"DELETE FROM n WHERE id = 1;\n",
        b"TRUNCATE TABLE n;\n",
        b"INSERT INTO n SELECT 5, 5;\n",
        b"UPDATE x, n SET n.id = 9;\n",
    ],
)
def test_after_a_statement_that_may_have_chosen_a_number_it_is_unknown(statement):
    dump = OTHER + TABLE + ROW + statement + MORE
    assert decided(dump, 3) == [[], ["n"]]
    # The statement has not run, so the rows after it have used up nothing.
    assert decided(dump, 2) == [[], []] and decided(dump, 1) == [["n"], []]
    # All rows are there.
    assert decided(dump, 4) == [[], []]


def test_rows_that_were_deleted_through_a_foreign_key_leave_a_gap():
    child = b"CREATE TABLE c (id INT AUTO_INCREMENT PRIMARY KEY, x INT, FOREIGN KEY (x) REFERENCES x (a) ON DELETE CASCADE) ENGINE=InnoDB;\n"
    row = b"INSERT INTO c (x) VALUES (1);\n"
    dump = OTHER.replace(b"a INT", b"a INT PRIMARY KEY") + child + row + b"DELETE FROM x WHERE a = 1;\n" + row
    assert decided(dump, 3) == [[], ["c"]]
    assert decided(b"SET foreign_key_checks = 0;\n" + dump, 3) == [["c"], []]
    # It was empty.
    assert decided(dump.replace(row + b"DELETE", b"DELETE"), 2) == [["c"], []]
    replaced = dump.replace(b"DELETE FROM x WHERE a = 1", b"REPLACE INTO x VALUES (1)")
    assert decided(replaced, 3) == [[], ["c"]]


@pytest.mark.parametrize(
    "rows", [b"INSERT IGNORE INTO n (v) VALUES (1);\n", b"REPLACE INTO n (v) VALUES (1);\n", b"INSERT INTO n VALUES (NULL,1),(5,1),(NULL,1);\n"]
)
def test_rows_that_may_have_left_a_gap(rows):
    """A number belongs to no row: that of a row that is ignored, or what the server reserved for a row that has its own."""
    assert decided(TABLE + rows + MORE, 1) == [[], ["n"]]
    # Without rows the table begins with the first number.
    assert decided(TABLE + rows + MORE, 0) == [["n"], []] and decided(TABLE + ROW + rows, 1) == [["n"], []]


def test_of_a_table_of_the_user_or_of_a_statement_no_number_is_known():
    rows = b"INSERT INTO mine VALUES (1,1);\n"
    assert decided(rows, 0) == [[], ["mine"]] and decided(rows, 1) == [[], []]
    made, numbered = TABLE + b"CREATE TABLE mine LIKE n;\n", b"INSERT INTO mine VALUES (NULL,1);\n"
    assert decided(made + numbered, 1) == [[], ["mine"]] and decided(made + numbered, 0) == [[], []]
    # The columns are those of the other table.
    assert decided(made + rows, 1) == [[], []]


@pytest.mark.parametrize(
    "statement",
    [b"CREATE TABLE c LIKE n;\n", b"INSERT INTO x SELECT id FROM n;\n", b"CREATE TABLE c SELECT * FROM n;\n", b"CREATE INDEX i ON n (v);\n"],
)
def test_a_statement_that_only_reads_a_table_does_not_choose_its_number(statement):
    assert decided(OTHER + TABLE + ROW + statement + MORE, 3) == [["n"], []]


@pytest.mark.parametrize(
    "statement", [b"ALTER TABLE n ADD z INT DEFAULT 1;\n", b"ALTER TABLE n ADD KEY (v), MODIFY id INT NOT NULL AUTO_INCREMENT, AUTO_INCREMENT = 50;\n"]
)
def test_numbers_that_are_in_the_dump_do_not_depend_on_a_statement_before(statement):
    row = b"INSERT INTO n (id, v) VALUES (%d,1);\n"
    assert decided(TABLE + statement + row % 1 + b"COMMIT;\n" + row % 2, 2) == [[], []]
    assert decided(TABLE + statement + row % 1 + b"COMMIT;\n" + row % 0, 2) == [[], ["n"]]


@pytest.mark.parametrize("rows", [ROW, b"INSERT IGNORE INTO n (v) VALUES (1);\n", b"INSERT INTO n VALUES (5,1);\n"])
def test_a_table_that_is_emptied_begins_with_the_number_of_the_dump(rows):
    """TRUNCATE TABLE forgets it."""
    table = TABLE.replace(b"InnoDB", b"MyISAM AUTO_INCREMENT=5")
    assert decided(OTHER + CHANGED + table + rows, 2, emptied=(1,)) == [["n"], []]
    assert decided(OTHER + table + b"ALTER TABLE n AUTO_INCREMENT = 9;\n" + rows, 2, emptied=(1,)) == [[], ["n"]]


def test_an_emptied_table_is_loaded_again_although_it_was_complete():
    found = plan(whole(TABLE.replace(b"InnoDB", b"MyISAM AUTO_INCREMENT=5") + b"INSERT IGNORE INTO n (v) VALUES (1);\n"))
    assert next_numbers(found, {(TABLE_WHOLE, 0): 7}, (), ()) == ([], [], [])
    assert next_numbers(found, {(TABLE_WHOLE, 0): 7}, (0,), ()) == ([0], [], [])


def test_statements_that_may_have_chosen_a_number():
    found = plan(whole(OTHER + TABLE + ROW + b"ALTER TABLE n AUTO_INCREMENT = 9;\n"))
    done = {(step.file, step.offset): 0 for step in found.steps}
    assert next_numbers(found, done, (), ()).chosen == [1] and next_numbers(found, done, (), ("n",)).chosen == []
    everything = plan(whole(OTHER + TABLE + ROW + b"CALL p();\n"), allow=("CALL",))
    assert next_numbers(everything, {(step.file, step.offset): 0 for step in everything.steps}, (), ()).chosen == [0, 1]


class Server:
    """A connection; all tables have these columns, with what EXTRA says."""

    def __init__(self, *columns):
        self.columns = columns

    def rows(self, _query, _values):
        return self.columns


COUNTED = (("ID", "auto_increment"), ("v", ""))


def test_a_table_of_the_dump_is_refused_only_if_the_server_numbers_it():
    found = plan(whole(TABLE + ROW))
    with pytest.raises(Failure, match="rows of the table n would get different AUTO_INCREMENT values.*database shop.*Drop everything .* database shop"):
        refuse_unknown(found, Server(*COUNTED), "shop", [0])
    assert refuse_unknown(found, Server(("id", ""), ("v", "")), "shop", [0]) == [] == refuse_unknown(found, None, "shop", [])
    made = plan(whole(TABLE + b"CREATE TABLE mine LIKE n;\nINSERT INTO mine VALUES (1,1);\n"))
    with pytest.raises(Failure, match="table mine"):
        refuse_unknown(made, Server(*COUNTED), "shop", [1])


@pytest.mark.parametrize(
    "rows, columns, warned",
    [
        (b"(id, v) VALUES (1,NULL)", COUNTED, False),
        (b"VALUES (1,NULL)", COUNTED, False),
        (b"VALUES (NULL,1)", COUNTED, True),
        (b"(v) VALUES (1)", COUNTED, True),
        (b"VALUES (1)", COUNTED, False),
        (b"VALUES (2,1)", (("v", "INVISIBLE"),) + COUNTED, False),
        (b"VALUES (2,1)", (("v", "auto_increment INVISIBLE"), ("a", ""), ("b", "")), True),
        (b"VALUES (1,2)", (("a", ""), ("b", ""), ("c", "auto_increment")), True),
        (b"VALUES (NULL,1)", (("a", ""), ("b", "")), False),
        (b"VALUES (1,1);\nCREATE TABLE other LIKE x", COUNTED, True),
    ],
)
def test_a_table_of_the_user_is_named_if_the_server_may_number_its_rows(rows, columns, warned):
    found = plan(whole(MODE + OTHER + b"INSERT INTO mine " + rows + b";\n"))
    warnings = refuse_unknown(found, Server(*columns), "shop", [1])
    assert [("used up AUTO_INCREMENT values of mine" in text) for text in warnings] == [True] * warned
    # Without that mode a zero gets a number too.
    assert bool(refuse_unknown(plan(whole(OTHER + b"INSERT INTO mine VALUES (1,1);\n")), Server(*COUNTED), "shop", [1]))


def test_a_number_that_a_server_has_forgotten_is_set_again_but_none_is_lowered():
    numbered = b"".join(b"CREATE TABLE %s (id INT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT=9;\n" % name for name in (b"a", b"b", b"c", b"d", b"e", b"f"))
    found = plan(whole(numbered + TABLE + b"INSERT INTO mine VALUES (1);\n"))
    server = Server(
        ("a", 8, "InnoDB"), ("b", 9, "InnoDB"), ("c", 100, "InnoDB"), ("d", 1, "InnoDB"), ("e", 1, "MyISAM"), ("f", 1, "InnoDB"), ("n", 1, "InnoDB")
    )
    assert forgotten_numbers(found, server, "shop", ("d",), (5,)).forgotten == [0]
    (warning,) = forgotten_numbers(found, server, "shop", ("d",), (5,)).warnings
    assert "the next AUTO_INCREMENT number of f: if the server was restarted" in warning
    assert forgotten_numbers(found, server, "shop", (), ()).forgotten == [0, 3, 5] and forgotten_numbers(found, server, "shop", (), ()).warnings == []


def test_not_all_tables_with_a_forgotten_number_are_named():
    found = plan(whole(b"".join(b"CREATE TABLE t%02d (id INT AUTO_INCREMENT PRIMARY KEY);\n" % number for number in range(20))))
    server = Server(*(("t{0:02}".format(number), 1, "InnoDB") for number in range(20)))
    (warning,) = forgotten_numbers(found, server, "shop", (), range(20)).warnings
    assert "t00, t01" in warning and "t09, ..." in warning and "t10" not in warning
