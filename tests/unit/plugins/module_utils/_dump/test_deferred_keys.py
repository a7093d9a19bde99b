# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which keys are built after the rows, and how a later run recognises them by name."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.deferred_keys import Clause, defer
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import parse_table
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.keys import _missing


def deferred(*keys):
    text = b"CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a), " + b", ".join(keys) + b") ENGINE=InnoDB"
    table = parse_table(text, Dialect(90704))
    assert table is not None
    return defer(text, table, True, True)


def test_named_keys_are_deferred():
    made = deferred(b"KEY x (b)", b"UNIQUE y (b)", b"CONSTRAINT z UNIQUE (c)", b"FULLTEXT KEY f (b)", b"CONSTRAINT k FOREIGN KEY i (b) REFERENCES u (a)")
    assert [clause.name for clause in made.indexes + made.fulltext + made.foreign_keys] == [b"x", b"y", b"z", b"f", b"k"]
    assert made.create == b"CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a)) ENGINE=InnoDB"


@pytest.mark.parametrize("key", [b"KEY (b)", b"INDEX USING BTREE (b)", b"UNIQUE (b)", b"UNIQUE KEY (b)", b"FULLTEXT (b)", b"CONSTRAINT UNIQUE (b)"])
def test_a_key_without_a_name_is_not_deferred(key):
    """Nothing could tell a later run that it has been made."""
    made = deferred(key)
    assert made.create.endswith(key + b") ENGINE=InnoDB") and made.indexes + made.fulltext == ()


def test_no_key_is_deferred_before_one_of_its_kind_that_is_not():
    made = deferred(b"KEY x (b)", b"KEY (c)", b"KEY y (c)")
    assert [clause.name for clause in made.indexes] == [b"y"] and b"KEY x (b), KEY (c))" in made.create


def test_foreign_keys_without_a_name_are_deferred():
    """Made with the table they would need the parent's key, which waits too."""
    made = deferred(b"FOREIGN KEY (b) REFERENCES u (a)", b"FOREIGN KEY i (c) REFERENCES u (a)", b"CONSTRAINT k FOREIGN KEY (b) REFERENCES u (a)")
    clauses = made.foreign_keys
    assert [clause.name for clause in clauses] == [None, None, b"k"]
    assert _missing(clauses, frozenset()) == clauses
    assert _missing(clauses, frozenset((b"t_ibfk_1", b"t_ibfk_2", b"K"))) == ()
    assert _missing(clauses, frozenset((b"k",))) == clauses[:2]
    assert _missing((Clause(b"x", b""), Clause(b"y", b"")), frozenset((b"X", b"z"))) == (Clause(b"y", b""),)
