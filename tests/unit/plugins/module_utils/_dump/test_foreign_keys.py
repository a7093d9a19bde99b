# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the foreign keys of a CREATE TABLE are. tests/servers/test_foreign_keys.py compares them with those of servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.foreign_keys import foreign_keys_of, same_if_added
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import QualifiedName


def create(*definitions):
    return b"CREATE TABLE t (a int, b int COMMENT 'FOREIGN KEY (a) REFERENCES q (r)', " + b", ".join(definitions) + b") ENGINE=InnoDB"


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
    assert foreign_keys_of(text, Dialect(90704)) == () and same_if_added(text, Dialect(90704), unnamed_too=False)


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
    assert [same_if_added(create(*keys), Dialect(50744), unnamed_too=unnamed) for unnamed in (False, True)] == [named_only, unnamed_too]


@pytest.mark.parametrize("version, same", [(50651, False), (50744, False), (80000, True), (90704, True)])
def test_a_version_comment_hides_a_foreign_key_from_innodb_before_80(version, same):
    for text in (create(b"/*!40000 " + PLAIN + b"*/"), create(PLAIN + b" /*!40000 ON UPDATE CASCADE */")):
        assert same_if_added(text, Dialect(version), unnamed_too=False) is same
