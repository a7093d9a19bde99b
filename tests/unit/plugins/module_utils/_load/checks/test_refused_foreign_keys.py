# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which foreign keys are refused, by what a server shows of their tables; tests/servers/test_foreign_keys.py compares this with real servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.refused_foreign_keys import (
    _alterations,
    _children,
    _KeyChecks,
    _names_twice,
    check_foreign_keys,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.table_shapes import ShapeColumn, TableShape
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, kinds, subject

INT, TEXT = ("integer", 4, False), ("text", "utf8_bin")
CHILD, HEAD = b"CREATE TABLE c (a int, g int, CHECK (g > 0), %s) ENGINE=InnoDB;\n", b"SET foreign_key_checks = 0;\n"
VARIABLES = {"default_storage_engine": "InnoDB"}


def column(storage=INT, *, nullable=True, generated=False, virtual=False):
    return ShapeColumn(storage, "int", nullable=nullable, generated=generated, virtual=virtual)


def shape(*keys, innodb=True, partitioned=False, unique=(), **columns):
    return TableShape({name.encode(): each for name, each in columns.items()}, keys, unique, innodb=innodb, partitioned=partitioned)


class Shapes:
    """The tables that the server would make."""

    def __init__(self, **shapes):
        self._shapes = {name.encode(): each for name, each in shapes.items()}

    def of(self, name):
        return self._shapes.get(name)

    def stored(self, name):
        return name

    def is_missing(self, name):
        return name not in self._shapes

    def elsewhere(self, table):
        assert table.schema == b"other"
        return self.of(table.name)

    def is_missing_elsewhere(self, table):
        return self.elsewhere(table) is None

    def refusal_of(self, _stored):
        return None


class Nothing:
    """A connection to a server that has no tables."""

    @staticmethod
    def texts(*_query):
        return []


OWN = shape((b"a",), (b"g", b"a"), a=column(), g=column())
PARENT = shape((b"x", b"y"), (b"y",), x=column(), y=column(TEXT), v=column(virtual=True, generated=True))


def found(key, *, sql=HEAD, version="8.0.36", own=OWN, parent=PARENT, **asked):
    wanted = subject(sql + CHILD % key, version=version, variables=dict(VARIABLES, **asked.pop("variables", {})), **asked)
    shapes = Shapes(c=own, **({"p": parent} if parent is not None else {}))
    (child,) = _children(wanted, wanted.known.plan)
    return kinds(list(_KeyChecks(wanted, wanted.known.plan, shapes, child).findings()))


TO_X = b"FOREIGN KEY (a) REFERENCES p (x)"


@pytest.mark.parametrize(
    "key, expected",
    [
        (TO_X, []),
        (b"FOREIGN KEY (A) REFERENCES p (X) ON DELETE SET NULL ON UPDATE CASCADE", []),
        (b"FOREIGN KEY (a) REFERENCES p (y)", ["key_types"]),
        (b"FOREIGN KEY (a) REFERENCES p (z)", ["key_no_column"]),
        (b"FOREIGN KEY (a) REFERENCES p (v)", ["key_column"]),
        (b"FOREIGN KEY (g, a) REFERENCES p (x, x)", ["key_no_key"]),
        (b"FOREIGN KEY (a) REFERENCES p", ["key_count"]),
        (b"FOREIGN KEY (g) REFERENCES p (x) ON DELETE CASCADE", []),
        (b"FOREIGN KEY (g) REFERENCES p (x) ON UPDATE CASCADE", ["key_column"]),
        # The key of the foreign key is not that of the parent.
        (b"FOREIGN KEY (a) REFERENCES c (a)", ["key_no_key"]),
        (b"FOREIGN KEY (a) REFERENCES c (g)", []),
        (b"FOREIGN KEY (a) REFERENCES q (x)", []),
        (b"FOREIGN KEY (a) REFERENCES p (x) ON DELETE SET DEFAULT", []),
    ],
)
def test_columns_and_keys(key, expected):
    assert found(key) == expected


@pytest.mark.parametrize(
    "own, actions, refused",
    [
        (column(nullable=False), b"ON DELETE SET NULL", True),
        (column(nullable=False), b"ON DELETE CASCADE", False),
        (column(generated=True, virtual=True), b"", True),
        (column(generated=True), b"ON DELETE CASCADE", False),
        (column(generated=True), b"ON UPDATE CASCADE", True),
        (column(generated=True), b"ON DELETE SET NULL", True),
    ],
)
def test_actions_that_a_column_does_not_allow(own, actions, refused):
    assert found(TO_X + b" " + actions, own=OWN._replace(columns={b"a": own})) == ["key_column"] * refused


def test_actions_on_what_a_stored_column_depends_on_and_of_old_servers():
    stored = b"s int AS (a) STORED, " + TO_X
    assert [found(stored + actions) for actions in (b"", b" ON DELETE RESTRICT", b" ON DELETE CASCADE")] == [[], [], ["key_column"]]
    assert found(TO_X + b" ON DELETE SET DEFAULT", version="5.7.44") == ["key_action"]
    assert found(b"FOREIGN KEY (g) REFERENCES p (x) ON UPDATE CASCADE", version="5.7.44") == []


def test_a_key_that_the_server_cuts():
    assert found(TO_X, own=OWN._replace(keys=())) == ["key_column"]


@pytest.mark.parametrize("parent", [None, PARENT._replace(innodb=False), PARENT._replace(partitioned=True)])
def test_a_parent_is_needed_only_with_checks(parent):
    assert found(TO_X, version="5.7.44", parent=parent) == []
    assert found(TO_X, version="5.7.44", parent=parent, sql=b"") == ["key_no_parent"]


@pytest.mark.parametrize(
    "parent, column, sql, expected",
    [
        (PARENT, b"x", b"", None),
        (PARENT, b"y", HEAD, "refers from a (int) to other.p.y (int); the types differ"),
        (PARENT, b"z", HEAD, "refers to the column z, which other.p does not have"),
        (PARENT._replace(keys=()), b"x", HEAD, "refers to other.p (x), and no key of other.p begins with these columns"),
        (None, b"x", HEAD, None),
        (None, b"x", b"", "refers to other.p, and neither the dump nor the database has an InnoDB table with this name"),
    ],
)
def test_a_parent_in_another_database(parent, column, sql, expected):
    wanted = subject(sql + CHILD % (b"FOREIGN KEY (a) REFERENCES other.p (%s)" % column), variables=VARIABLES)
    (child,) = _children(wanted, wanted.known.plan)
    findings = list(_KeyChecks(wanted, wanted.known.plan, Shapes(c=OWN, **({"p": parent} if parent else {})), child).findings())
    assert kinds(findings) == ["key_elsewhere"] * (expected is not None) and not any(finding.is_error for finding in findings)
    assert expected is None or expected in findings[0].what


@pytest.mark.parametrize(
    "table, version, created, altered",
    [
        (b"t" * 57, "9.7.4", False, False),
        (b"t" * 58, "9.7.4", True, True),
        (b"t" * 56, "5.7.44", False, False),
        (b"t" * 57, "5.7.44", True, False),
        (b"t" * 56 + b"-", "5.7.44", False, False),
    ],
)
def test_names_that_the_server_gives(table, version, created, altered):
    """It refuses those that are too long."""
    key = b"FOREIGN KEY (a) REFERENCES p (x)"
    made = b"CREATE TABLE `%s` (a int, KEY (a), CONSTRAINT f %s, %s) ENGINE=InnoDB;\n" % (table, key, key)
    added = b"CREATE TABLE `%s` (a int) ENGINE=InnoDB;\nALTER TABLE `%s` ADD %s;\n" % (table, table, key)
    for sql, refused in (made, created), (added, altered):
        wanted = subject(HEAD + sql, version=version, variables=VARIABLES)
        children = _children(wanted, wanted.known.plan) + _alterations(wanted, wanted.known.plan)
        taken = wanted._replace(connection=Nothing())
        assert kinds(list(_names_twice(taken, wanted.known.plan, children))) == ["key_given_name"] * refused


def test_partitions():
    assert found(TO_X, parent=PARENT._replace(partitioned=True)) == ["key_partitioned"]
    wanted = subject(CHILD.replace(b";", b" PARTITION BY HASH (a);") % TO_X, variables=VARIABLES)
    (child,) = _children(wanted, wanted.known.plan)
    assert kinds(list(_KeyChecks(wanted, wanted.known.plan, Shapes(), child).findings())) == ["key_partitioned"]


def test_a_key_that_is_not_unique():
    restricted = {"restrict_fk_on_non_standard_key": "ON"}
    assert found(TO_X, version="9.7.4", variables=restricted) == []
    assert found(TO_X, version="9.7.4", variables=restricted, grants=()) == ["key_not_unique"]
    assert found(TO_X, version="9.7.4", variables=restricted, grants=(), parent=PARENT._replace(unique=((b"x",),))) == []


BARE = b"CREATE TABLE c (a int) ENGINE=InnoDB;\nCREATE TABLE d (x int) ENGINE=InnoDB;\n"
ADD = b"ALTER TABLE c ADD FOREIGN KEY (a) REFERENCES d (x);\n"


def altered(sql):
    wanted = subject(BARE + sql, version="5.7.44", variables=VARIABLES)
    return [(child.planned.name, None if child.create is None else child.create.text, len(child.keys)) for child in _alterations(wanted, wanted.known.plan)]


def test_foreign_keys_that_are_added_later():
    indexed = b"CREATE TABLE d (x int, INDEX (x)) ENGINE=InnoDB"
    made = b"CREATE TABLE c (a int, FOREIGN KEY (a) REFERENCES d (x)) ENGINE=InnoDB"
    assert altered(b"CREATE INDEX k ON d (x);\nUPDATE c SET a = 1;\n" + ADD) == [(b"d", indexed, 0), (b"c", made, 1)]
    # What a statement makes of a table that it changes otherwise is not known, nor is anything once it may create or drop tables.
    assert altered(b"ALTER TABLE c DROP KEY k;\n" + ADD) == [(b"c", None, 0), (b"c", None, 0)]
    assert altered(b"CREATE TABLE e AS SELECT * FROM c;\n" + ADD) == []
    assert altered(b"SET NAMES latin1;\n" + ADD) == [(b"c", None, 0)]
    assert altered(b"ALTER TABLE c ADD KEY (a);\n" * 501 + ADD) == []


def test_a_foreign_key_that_is_added_later_has_a_name_that_is_taken():
    first = ADD.replace(b"ADD", b"ADD CONSTRAINT f")
    for sql, twice in ((first + first.replace(b" f ", b" F "), True), (first + ADD, False)):
        wanted = subject(BARE + sql, version="5.7.44", variables=dict(VARIABLES, log_bin="ON"), grants=(), on_existing="replace")
        assert kinds(check_foreign_keys(wanted)) == ["key_twice"] * twice


class Target:
    """A connection to a server whose target has one foreign key, of a table that is not in the dump."""

    def texts(self, query, arguments=()):
        return [("old", "FOREIGN KEY", "F")] if "TABLE_CONSTRAINTS" in query else []


@pytest.mark.parametrize(
    "keys, twice, asked",
    [
        (b"CONSTRAINT f " + TO_X, True, {}),
        (b"CONSTRAINT f " + TO_X, False, {"on_existing": "replace"}),
        (TO_X + b", CONSTRAINT C_ibfk_1 " + TO_X, True, {}),
        (TO_X + b", CONSTRAINT c_ibfk_2 " + TO_X, False, {}),
    ],
)
def test_names_are_unique_in_a_database(keys, twice, asked):
    wanted = subject(HEAD + CHILD % keys, version="5.7.44", variables=dict(VARIABLES, log_bin="ON"), grants=(), **asked)
    assert kinds(check_foreign_keys(wanted._replace(connection=Target()))) == ["key_twice"] * twice


def test_nothing_is_found_without_foreign_keys_of_innodb():
    for sql in (TABLE % b"t", (CHILD % TO_X).replace(b"InnoDB", b"MyISAM")):
        assert check_foreign_keys(subject(sql, variables=VARIABLES)) == []
    assert check_foreign_keys(subject(CHILD % TO_X, variables={"default_storage_engine": "MyISAM"})) == []
