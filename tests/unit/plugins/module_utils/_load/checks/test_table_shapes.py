# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Columns and keys from what a server shows; tests/servers/test_foreign_keys.py has those of real servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import QualifiedName
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.table_shapes import ShapeColumn, TableShapes, _keys, _storage, charset_of_target
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import OnExisting
from ansible_collections.apsaradb.mysql.plugins.module_utils._server import connection as connections
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, subject

# What pairs of columns a foreign key may have, by the first type of each group (measured).
ALIKE = [
    ["tinyint(1)", "tinyint"],
    ["tinyint unsigned", "year", "year(4)", "enum('a')", "enum('a,','b''c')", "set('a')", "set('a','b','c','d','e','f','g','h')"],
    ["set('a','b','c','d','e','f','g','h','i')", "smallint unsigned"],
    ["mediumint(9)", "date"],
    ["int", "int(11)"],
    ["int unsigned", "int(5) unsigned zerofill"],
    ["bigint", "bigint(20)"],
    ["decimal(10,2)", "decimal(12,3) unsigned", "binary(5)", "varbinary(200)", "datetime(3)", "timestamp", "time", "bit(9)"],
    ["float"],
    ["double"],
]


def test_types_that_are_stored_alike():
    for number, group in enumerate(ALIKE):
        assert {_storage(kind, None) for kind in group} == {_storage(group[0], None)}, group
        assert all(_storage(other[0], None) != _storage(group[0], None) for other in ALIKE[number + 1 :])
    assert _storage("char(5)", "latin1_bin") == _storage("varchar(9)", "latin1_bin") != _storage("varchar(9)", "utf8_bin")
    assert _storage("text", "utf8_bin") is None


def row(name, column, *, unique=False, prefix=None, null=""):
    return ("t", 0 if unique else 1, name, 1, column, "A", 0, prefix, None, null, "BTREE")


@pytest.mark.parametrize(
    "rows, keys, unique",
    [
        ([row("k", "B"), row("k", "c")], [(b"b", b"c")], []),
        # InnoDB keeps the columns of the clustered key in each other one.
        ([row("PRIMARY", "a", unique=True), row("k", "b")], [(b"a",), (b"b", b"a")], [(b"a",)]),
        ([row("u", "a", unique=True), row("k", "b")], [(b"a",), (b"b", b"a")], [(b"a",)]),
        ([row("u", "a", unique=True, null="YES"), row("k", "b")], [(b"a",), (b"b",)], [(b"a",)]),
        ([row("PRIMARY", "a", unique=True), row("k", "b"), row("k", "c", prefix=3)], [(b"a",), (b"b",)], [(b"a",)]),
        ([row("k", None), row("k", "b"), row("u", "c", unique=True, prefix=9)], [(), ()], []),
    ],
)
def test_keys_by_which_innodb_can_search(rows, keys, unique):
    assert _keys(rows) == (tuple(keys), tuple(unique))


class Server:
    """A connection to a server whose target has the tables in ``tables``."""

    refusal = connections.Connection.refusal

    def __init__(self, *, exists=False, tables=()):
        self._exists, self._tables = exists, tables

    def rows(self, query, arguments=()):
        query = query.decode() if isinstance(query, bytes) else query
        if "information_schema.TABLES" in query:
            return [("InnoDB", "")] if arguments[1] in self._tables else []
        if query.startswith("SHOW FULL COLUMNS"):
            return [("A", "int unsigned", None, "NO", "", None, "STORED GENERATED", "", ""), ("b", "char(5)", "latin1_bin", "YES", "", None, "", "", "")]
        if query.startswith("SHOW INDEX"):
            return [row("PRIMARY", "A", unique=True), ("t", 1, "f", 1, "b", None, 0, None, None, "", "FULLTEXT")]
        if "DEFAULT_CHARACTER_SET_NAME" in query:
            return [("latin2", "latin2_bin")]
        return [(1,)] if self._exists else []

    texts = rows


def shapes(sql, server, **asked):
    wanted = subject(sql, variables={"character_set_server": "latin1", "collation_server": "latin1_bin"}, **asked)._replace(connection=server)
    return TableShapes(wanted, wanted.known.plan, server)


def test_a_table_of_the_target():
    found = shapes(TABLE % b"t", Server(tables=("p",)))
    shape = found.of(b"p")
    assert shape.column(b"a") == ShapeColumn(("integer", 4, True), "int unsigned", nullable=False, generated=True, virtual=False)
    assert shape.column(b"B").shown == "char(5) latin1_bin" and shape.column(b"c") is None
    assert [shape.keys_with(names) for names in ((b"A",), (b"b",))] == [1, 0] and shape.has_unique_key((b"a",)) and shape.innodb and not shape.partitioned
    assert not found.is_missing(b"p") and found.is_missing(b"q") and not found.is_missing(b"t")


@pytest.mark.parametrize("grants, sees", [(("SELECT",), True), ((), False)])
def test_tables_of_another_database_that_the_account_may_read(grants, sees):
    found = shapes(TABLE % b"t", Server(tables=("p",)), grants=grants)
    assert (found.elsewhere(QualifiedName(b"other", b"p")) is not None) == sees == found.is_missing_elsewhere(QualifiedName(b"other", b"q"))
    assert not found.is_missing_elsewhere(QualifiedName(b"other", b"p"))


@pytest.mark.parametrize("asked", [{"whole": False}, {"on_existing": "replace"}])
def test_what_is_not_known_of_missing_tables(asked):
    wanted = subject(TABLE % b"t", variables={"character_set_server": "latin1", "collation_server": "latin1_bin"})
    if "whole" in asked:
        wanted = wanted._replace(known=wanted.known._replace(whole=False))
    else:
        wanted = wanted._replace(request=wanted.request._replace(on_existing=OnExisting.REPLACE))
    found = TableShapes(wanted._replace(connection=Server(tables=("p",))), wanted.known.plan, Server(tables=("p",)))
    assert found.is_missing(b"q") == ("on_existing" in asked) == found.is_missing(b"p")


@pytest.mark.parametrize(
    "server, asked, options, clause",
    [
        (Server(exists=True), {"charset": "utf8"}, b"", b"CHARACTER SET `latin2` COLLATE `latin2_bin`"),
        (Server(), {"charset": "utf8", "collation": "utf8_bin"}, b"/*!40100 DEFAULT CHARACTER SET latin2 */", b"CHARACTER SET `utf8` COLLATE `utf8_bin`"),
        (Server(), {}, b"/*!40100 DEFAULT CHARACTER SET utf8 COLLATE utf8_bin */ /*!80016 DEFAULT ENCRYPTION='N' */", b"CHARACTER SET utf8 COLLATE utf8_bin"),
        (Server(), {}, b"CHARSET = `utf8`", b"CHARACTER SET `utf8`"),
        (Server(), {}, b"", b"CHARACTER SET latin1 COLLATE latin1_bin"),
    ],
)
def test_the_character_set_of_the_target(server, asked, options, clause):
    variables = {"character_set_server": "latin1", "collation_server": "latin1_bin"}
    wanted = subject(b"CREATE DATABASE shop " + options + b";\n" + TABLE % b"t", variables=variables, **asked)._replace(connection=server)
    assert charset_of_target(wanted, wanted.known.plan) == clause
