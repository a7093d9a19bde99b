# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which keys are built after the rows, and how a later run recognises them by name."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.deferred_keys import Clause, defer
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect, scan
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import parse_table
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.keys import _missing


def deferred(*keys):
    text = b"CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a), " + b", ".join(keys) + b") ENGINE=InnoDB"
    table = parse_table(text, Dialect(90704))
    assert table is not None
    return defer(text, table, keys_too=True, unique_too=True)


def squeezed(text):
    return b" ".join(text.split())


def test_named_keys_are_deferred():
    made = deferred(b"KEY x (b)", b"UNIQUE y (b)", b"CONSTRAINT z UNIQUE (c)", b"FULLTEXT KEY f (b)", b"CONSTRAINT k FOREIGN KEY i (b) REFERENCES u (a)")
    assert [clause.name for clause in made.indexes + made.fulltext + made.foreign_keys] == [b"x", b"y", b"z", b"f", b"k"]
    assert squeezed(made.create) == b"CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a) ) ENGINE=InnoDB"


@pytest.mark.parametrize("key", [b"KEY (b)", b"INDEX USING BTREE (b)", b"UNIQUE (b)", b"UNIQUE KEY (b)", b"FULLTEXT (b)", b"CONSTRAINT UNIQUE (b)"])
def test_a_key_without_a_name_is_not_deferred(key):
    """A later run could not know that it has been made."""
    made = deferred(key)
    assert squeezed(made.create).endswith(key + b") ENGINE=InnoDB") and made.indexes + made.fulltext == ()


def test_no_key_is_deferred_before_one_of_its_kind_that_is_not():
    made = deferred(b"KEY x (b)", b"KEY (c)", b"KEY y (c)")
    assert [clause.name for clause in made.indexes] == [b"y"] and b"KEY x (b), KEY (c) )" in squeezed(made.create)


@pytest.mark.parametrize(
    "keys, waiting",
    [
        # The server sorts UNIQUE and FULLTEXT keys, but no SPATIAL ones.
        ((b"SPATIAL KEY s (g)", b"KEY k (id)", b"KEY x (b)"), [b"x"]),
        ((b"KEY x (b)", b"SPATIAL KEY s (g)", b"KEY k (id)"), []),
        ((b"KEY k (id)", b"SPATIAL KEY s (g)", b"KEY x (b)"), [b"s", b"x"]),
        ((b"UNIQUE KEY u (b)", b"KEY x (b)", b"KEY k (ID)"), [b"u"]),
    ],
)
def test_the_key_of_an_auto_increment_column_stays_with_those_before_it(keys, waiting):
    text = b"CREATE TABLE t (p int, id int AUTO_INCREMENT, b int, g geometry NOT NULL, PRIMARY KEY (p), " + b", ".join(keys) + b") ENGINE=InnoDB"
    table = parse_table(text, Dialect(90704))
    assert table is not None
    assert [clause.name for clause in defer(text, table, keys_too=True, unique_too=True).indexes] == waiting


@pytest.mark.parametrize("key", [b"UNIQUE KEY b (c)", b"FULLTEXT KEY b (c)"])
def test_no_key_is_deferred_before_one_that_the_server_names(key):
    """The server calls the second key b_2."""
    made = deferred(key, b"KEY (b)", b"UNIQUE KEY y (c)")
    assert [clause.name for clause in made.indexes + made.fulltext] == [b"y"] and key in made.create


def test_of_a_partitioned_table_plain_keys_are_deferred():
    text = b"CREATE TABLE t (a int, b int, PRIMARY KEY (a), UNIQUE y (a,b), KEY x (b), FULLTEXT KEY f (b)) ENGINE=InnoDB PARTITION BY HASH (a) PARTITIONS 2"
    table = parse_table(text, Dialect(90704))
    assert table is not None and table.partitioned
    made = defer(text, table, keys_too=True, unique_too=True)
    assert [clause.name for clause in made.indexes] == [b"x"] and made.fulltext == ()


def test_foreign_keys_without_a_name_are_deferred():
    """Made with the table they would need the parent's key, which waits too."""
    made = deferred(b"FOREIGN KEY (b) REFERENCES u (a)", b"FOREIGN KEY i (c) REFERENCES u (a)", b"CONSTRAINT k FOREIGN KEY (b) REFERENCES u (a)")
    clauses = made.foreign_keys
    assert [clause.name for clause in clauses] == [None, None, b"k"]
    assert _missing(clauses, frozenset()) == clauses
    assert _missing(clauses, frozenset((b"t_ibfk_1", b"t_ibfk_2", b"K"))) == ()
    assert _missing(clauses, frozenset((b"k",))) == clauses[:2]
    assert _missing((Clause(b"x", b""), Clause(b"y", b"")), frozenset((b"X", b"z"))) == (Clause(b"y", b""),)


COMMENTS = [
    b"CREATE TABLE t\n( a int\n, b int -- one\n, KEY x (b) -- two, or none\n, CONSTRAINT f FOREIGN KEY (b) REFERENCES u (a) # three\n, KEY y (a)\n)",
    b"CREATE TABLE t (a int, b int, /*!50100 KEY x (b), CONSTRAINT f FOREIGN KEY (b) REFERENCES u (a), */ KEY y (a) /* the end, */)",
    b"CREATE TABLE t (KEY x (b), a int, /*!50100 CONSTRAINT f */ FOREIGN KEY (b) /*!40000 REFERENCES u (a), b int */, KEY y /* , */ (a))",
    b"CREATE TABLE t (KEY x (b), CONSTRAINT f FOREIGN KEY (b) REFERENCES u (a), -- c\n KEY y (a), a int, b int)",
]


@pytest.mark.parametrize("text", COMMENTS)
def test_comments_and_version_comments_between_definitions(text):
    """Neither what is left nor a deferred key is hidden by a comment: a plain text of both has the same tokens."""
    dialect = Dialect(90704)
    table = parse_table(text, dialect)
    assert table is not None
    made = defer(text, table, keys_too=True, unique_too=True)
    assert b" ".join(token.text for token in scan(made.create, dialect)) == b"CREATE TABLE t ( a int , b int )"
    assert [squeezed(clause.sql) for clause in made.indexes] == [b"KEY x (b)", b"KEY y (a)"]
    assert [squeezed(clause.sql) for clause in made.foreign_keys] == [b"CONSTRAINT f FOREIGN KEY (b) REFERENCES u (a)"]
    # Comments are where they were.
    assert made.create.count(b"*/") == text.count(b"*/") and made.create.count(b"\n") == text.count(b"\n")


@pytest.mark.parametrize("always", [True, False])
def test_a_key_that_the_server_makes_for_a_foreign_key_has_its_place(always):
    """SHOW CREATE TABLE prints keys in order, and that key would be made last."""
    text = b"CREATE TABLE t (a int, b int, PRIMARY KEY (a), KEY x (a), CONSTRAINT k FOREIGN KEY (`b`) REFERENCES u (a), KEY y (a), KEY e ((a + b)))"
    table = parse_table(text, Dialect(90704))
    assert table is not None
    made = defer(text, table, keys_too=always, unique_too=True)
    assert [clause.name for clause in made.foreign_keys] == [b"k"]
    if always:
        assert [clause.sql for clause in made.indexes] == [b"KEY x (a)", b"KEY `k` (`b`)", b"KEY y (a)", b"KEY e ((a + b))"]
    else:
        assert (
            squeezed(made.create) == b"CREATE TABLE t (a int, b int, PRIMARY KEY (a), KEY x (a), KEY `k` (`b`) , KEY y (a), KEY e ((a + b)))"
            and made.indexes == ()
        )


@pytest.mark.parametrize("keys", [b"KEY y (a)", b"KEY y (b, a)", b"UNIQUE KEY y (b), KEY z (a)", b"CONSTRAINT l FOREIGN KEY (b) REFERENCES u (a), KEY z (a)"])
def test_a_covered_foreign_key_and_the_last_one_have_no_key(keys):
    text = b"CREATE TABLE t (a int, b int, CONSTRAINT k FOREIGN KEY (b) REFERENCES u (a), " + keys + b")"
    if keys == b"KEY y (a)":
        text = b"CREATE TABLE t (a int, b int, KEY y (a), CONSTRAINT k FOREIGN KEY (b) REFERENCES u (a))"
    table = parse_table(text, Dialect(90704))
    assert table is not None and b"KEY `k`" not in defer(text, table, keys_too=False, unique_too=False).create
