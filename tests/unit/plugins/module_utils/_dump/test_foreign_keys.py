# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the foreign keys of a CREATE TABLE are. tests/servers/test_foreign_keys.py compares them with those of servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.foreign_keys import (
    comments_for_innodb,
    foreign_keys_of,
    implied_keys,
    named_in_expressions,
    same_if_added,
    spelled_alike,
    without_reference,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect, scan
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import edited
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import parse_table
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import QualifiedName


def create(*definitions):
    return b"CREATE TABLE t (a int, b int COMMENT 'FOREIGN KEY (a) REFERENCES q (r)', " + b", ".join(definitions) + b") ENGINE=InnoDB"


def same(text, version, *, unnamed_too):
    return same_if_added(foreign_keys_of(text, Dialect(version)), text, version, unnamed_too=unnamed_too)


def test_the_parts_of_a_foreign_key():
    text = create(b"CONSTRAINT `f``x` FOREIGN KEY (`a`, b) REFERENCES `d` . `p` (x, `y`) ON DELETE SET NULL ON UPDATE NO ACTION")
    (key,) = foreign_keys_of(text, Dialect(50744))
    assert key[:4] == (b"f`x", (b"a", b"b"), QualifiedName(b"d", b"p"), (b"x", b"y"))
    assert key.actions == {b"DELETE": b"SET NULL", b"UPDATE": b"NO ACTION"} and key.plain and not key.in_column


def test_references_in_a_column_count_since_90():
    text = b"CREATE TABLE t (a int NOT NULL REFERENCES p (x) ON DELETE CASCADE COMMENT 'c', b int CHECK (b > (1)) REFERENCES p)"
    assert foreign_keys_of(text, Dialect(80400)) == ()
    first, second = foreign_keys_of(text, Dialect(90704))
    assert (first.columns, first.parent_columns, first.actions, first.plain, first.in_column) == ((b"a",), (b"x",), {b"DELETE": b"CASCADE"}, False, True)
    assert (second.columns, second.parent_columns) == ((b"b",), ())


@pytest.mark.parametrize(
    "text", [create(b"KEY `FOREIGN` (a)"), b"CREATE TABLE t LIKE u", create(b"UNIQUE (a)"), b"DROP TABLE t", create(b"CHECK (a) REFERENCES p")]
)
def test_no_foreign_keys(text):
    assert foreign_keys_of(text, Dialect(90704)) == () and same(text, 90704, unnamed_too=False)


PLAIN, UNNAMED = b"CONSTRAINT f FOREIGN KEY (a) REFERENCES p (x) ON DELETE CASCADE", b"FOREIGN KEY (b) REFERENCES p (x)"


@pytest.mark.parametrize(
    "keys, named_only, unnamed_too",
    [
        ([PLAIN], True, True),
        ([PLAIN.replace(b" REF", b" /* x */ REF") + b" ON UPDATE SET NULL"], True, True),
        ([UNNAMED, PLAIN], False, True),
        ([b"CONSTRAINT " + UNNAMED], False, True),
        # ALTER TABLE may count otherwise.
        ([UNNAMED, PLAIN.replace(b"f FOR", b"T_ibfk_7 FOR")], False, False),
        ([PLAIN.replace(b"f FOR", b"T_ibfk_7 FOR")], True, True),
        # The name of the index is that of the constraint, before 8.0.
        ([PLAIN.replace(b"KEY (", b"KEY i (")], False, False),
        ([PLAIN.replace(b" ON", b" MATCH FULL ON")], False, False),
        ([PLAIN.replace(b"(x)", b"")], False, False),
    ],
)
def test_which_foreign_keys_may_be_added_later(keys, named_only, unnamed_too):
    assert [same(create(*keys), 50744, unnamed_too=unnamed) for unnamed in (False, True)] == [named_only, unnamed_too]


@pytest.mark.parametrize("version, alike", [(50651, False), (50744, False), (80000, True), (90704, True)])
def test_a_version_comment_hides_a_foreign_key_from_innodb_before_80(version, alike):
    for text in (create(b"/*!40000 " + PLAIN + b"*/"), create(PLAIN + b" /*!40000 ON UPDATE CASCADE */")):
        assert same(text, version, unnamed_too=False) is alike


@pytest.mark.parametrize(
    "definitions, created",
    [
        (b"/*!40000 FOREIGN KEY (a) REFERENCES p (id) */, FOREIGN KEY (b) REFERENCES p (id)", [b"b"]),
        (b"FOREIGN KEY (a) /*!40000 REFERENCES p (id) */, KEY (b)", []),
        (b"/*!50100 KEY (b), FOREIGN KEY (a) REFERENCES p (id) */, FOREIGN KEY (c) REFERENCES p /* ! */ (id)", [b"c"]),
        (b"FOREIGN KEY (a) REFERENCES p /* /*! */ (id), FOREIGN KEY (b) -- /*!\n REFERENCES p (id)", [b"a", b"b"]),
        (b"FOREIGN KEY (a) REFERENCES p (id) /*!99999 ON DELETE CASCADE */", [b"a"]),
    ],
)
def test_innodb_before_80_creates_no_foreign_key_in_a_version_comment(definitions, created):
    text = b"CREATE TABLE t (a INT, b INT, c INT, " + definitions + b") ENGINE=InnoDB"
    assert [key.columns[0] for key in foreign_keys_of(text, Dialect(50744)) if not key.ignored] == created
    assert not any(key.ignored for key in foreign_keys_of(text, Dialect(80036)))


@pytest.mark.parametrize("version, actions", [(50651, {}), (50744, {}), (80000, {b"DELETE": b"CASCADE"})])
def test_innodb_before_80_reads_no_action_after_match(version, actions):
    text = create(b"CONSTRAINT f FOREIGN KEY (a) REFERENCES p (x) MATCH FULL ON DELETE CASCADE")
    assert [key.actions for key in foreign_keys_of(text, Dialect(version))] == [actions]


def test_columns_in_another_case():
    table = parse_table(create(b"KEY (a)"), Dialect(50744))
    assert [spelled_alike(names, table) for names in ((b"a",), (b"b", b"A"), ())] == [True, False, True] and spelled_alike((b"A",), None)


@pytest.mark.parametrize(
    "definitions, keys",
    [
        ([b"CONSTRAINT f FOREIGN KEY i (a) REFERENCES p (x)"], [b"KEY `f` (`a`)"]),
        ([b"FOREIGN KEY i (a) REFERENCES p (x)", b"FOREIGN KEY (b) REFERENCES p (x)"], [b"KEY `i` (`a`)", b"KEY (`b`)"]),
        ([UNNAMED, b"KEY (B, a)"], []),
        ([UNNAMED, UNNAMED], [b"KEY (`b`)"]),
        ([UNNAMED, b"FOREIGN KEY (b, a) REFERENCES p (x, y)"], [b"KEY (`b`, `a`)"]),
        ([UNNAMED, b"KEY (b(3))", b"FULLTEXT KEY (b)", b"KEY ((b + 1))"], [b"KEY (`b`)"]),
        ([b"c int REFERENCES p (x)", b"d int UNIQUE REFERENCES p (x)"], [b"KEY (`c`)"]),
    ],
)
def test_the_keys_that_the_server_creates(definitions, keys):
    assert implied_keys(create(*definitions), Dialect(90704)) == keys


def test_a_column_without_its_reference():
    for text, left in (
        (b"a int REFERENCES d.p (x) MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE NOT NULL", b"a int NOT NULL"),
        (b"a int REFERENCES p COMMENT 'ON'", b"a int COMMENT 'ON'"),
        (b"a int DEFAULT (1)", b"a int DEFAULT ( 1 )"),
    ):
        assert b" ".join(token.text for token in without_reference(list(scan(text, Dialect(90704))))) == left


def test_names_in_checks_and_stored_columns():
    text = create(b"CONSTRAINT c CHECK ((`A` > 1))", b"c int CHECK (c > d)", b"e int AS (a + `f`) STORED", b"g int AS (h) VIRTUAL", b"i int DEFAULT (a)")
    assert named_in_expressions(text, Dialect(90704)) == ({b"a", b"c", b"d"}, {b"a", b"f"})


def test_comments_that_innodb_before_80_takes_for_sql():
    text = (
        b"CREATE TABLE t (a int --\n, b int DEFAULT '-- #' /* c */ # d\n /*!40000 , KEY (b) */ /*!99999 -- e */, FOREIGN KEY (a) -- f\n REFERENCES p (x))--\n"
    )
    kept = b"CREATE TABLE t (a int  \n, b int DEFAULT '-- #'    \n /*!40000 , KEY (b) */ /*!99999 -- e */, FOREIGN KEY (a)  \n REFERENCES p (x))--\n"
    found = list(scan(text, Dialect(50744)))
    assert edited(text, comments_for_innodb(found, text, 50744)) == kept and comments_for_innodb(found, text, 80000) == ()
