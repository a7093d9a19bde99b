# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens as a server of a given version reads them, and the names and options in them."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import UnclearText
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import (
    Dialect,
    QualifiedName,
    after_if_exists,
    lone_name,
    name_at,
    option_value_at,
    schema_like,
    selects_all_columns,
    table_places,
    tables_read,
    tokens,
)


def texts(sql, version=90704, **dialect):
    return [token.text for token in tokens(sql, Dialect(version, **dialect))]


def test_version_comments_are_read_up_to_the_version_of_the_server():
    assert texts(b"a /*!80016 b */ /*!90800 c /* x */ d */ /* e */ f -- g\n# h\n") == [b"a", b"b", b"f"]
    assert texts(b"/*!80016 b */", 50744) == []
    # A server before 8.0 reads a sixth digit as part of the statement.
    assert texts(b"/*!100301 b */ c", 90704) == [b"c"] and texts(b"/*!800161 b */ c", 50744) == [b"c"]
    with pytest.raises(UnclearText):
        texts(b"/*!507001 b */", 50744)


def test_quotes_depend_on_the_dialect():
    (token,) = tokens(b'"a""b"', Dialect(90704))
    assert (token.kind, token.value, token.identifier, token.upper) == ("string", b'a"b', None, b"")
    (token,) = tokens(b'"a""b"', Dialect(90704, ansi_quotes=True))
    assert (token.kind, token.identifier) == ("name", b'a"b')
    assert texts(rb"'a\' b'") == [rb"'a\' b'"] and texts(rb"'a\' b", backslash=False) == [rb"'a\'", b"b"]


def test_dialect_under_an_sql_mode():
    assert Dialect(50744).under(b"'ORACLE,NO_BACKSLASH_ESCAPES'") == Dialect(50744, True, False)
    assert Dialect(50744, True, False).under(None) == Dialect(50744)


def test_only_the_first_of_several_rows_of_literals_is_included():
    assert texts(b"VALUES (1,'a'),(2,NULL),(-3,_utf8mb4'x') ON") == [b"VALUES", b"(", b"1", b",", b"'a'", b")", b"ON"]
    assert b"NOW" in texts(b"VALUES (1),(NOW())")


@pytest.mark.parametrize("sql, value", [(b"ENGINE=InnoDB", b"InnoDB"), (b"ENGINE = InnoDB", b"InnoDB"), (b"ENGINE InnoDB", b"InnoDB"), (b"ENGINE=", None)])
def test_the_value_of_an_option_with_and_without_equals_sign(sql, value):
    found = tokens(sql, Dialect(90704))
    at = option_value_at(found, 0)
    assert (found[at].text if at < len(found) else None) == value


def test_names_with_and_without_a_database():
    found = tokens(b"IF NOT EXISTS `a``b`.c d . e.f g", Dialect(90704))
    assert after_if_exists(found, 0) == 3 and after_if_exists(found, 3) == 3
    assert name_at(found, 3) == (QualifiedName(b"a`b", b"c"), 6)
    assert name_at(found, len(found) - 1) == (QualifiedName(None, b"g"), len(found)) and name_at(found, len(found))[0] is None
    assert [schema_like(found, at) for at in (3, 6, 8)] == [b"a`b", b"d", None]
    assert [lone_name(found, at) for at in (3, 5, len(found) - 1)] == [None, None, b"g"]


@pytest.mark.parametrize(
    "text, schemas",
    [
        (b"SELECT a.b FROM c.d WHERE e.f = 1", [b"c"]),
        (b"SELECT 1 FROM c.d JOIN g.h ON e.f = i.j", [b"c", b"g"]),
        (b"UPDATE c.d SET e.f = 1", [b"c"]),
        # Behind a dot, a reserved word is a name.
        (b"SELECT a.key FROM c.d", [b"c"]),
        (b"SELECT a.on FROM c.d JOIN g.h ON a.key JOIN i.j ON 1", [b"c", b"g", b"i"]),
        (b"INSERT INTO c.d (x) VALUES (1) ON DUPLICATE KEY UPDATE e.f = 1, g.h = 2", [b"c"]),
    ],
)
def test_where_a_dotted_pair_is_a_table_and_where_it_is_a_column(text, schemas):
    found = tokens(text, Dialect(90704))
    places = table_places(found)
    assert [found[at].text for at in range(len(found)) if schema_like(found, at) and at in places] == schemas


@pytest.mark.parametrize(
    "view, names",
    [
        (b"SELECT a.x FROM (t a JOIN `u v` b ON (a.x = b.x)) WHERE x IN (SELECT y FROM w)", {b"t", b"u v", b"w"}),
        (b"SELECT EXTRACT(YEAR FROM y), TRIM(LEADING 'x' FROM z) FROM t", {b"t"}),
        (b"SELECT 1 FROM DUAL", set()),
        (b"SELECT * FROM (SELECT 1 AS t) d LEFT JOIN shop.t ON 1 JOIN other.u ON 1", {b"t"}),
        (b"WITH c AS (SELECT 1) SELECT * FROM c", set()),
        (b"SELECT * FROM t WHERE x = 1 WITH CHECK OPTION", {b"t"}),
        (b"WITH c (x) AS (SELECT y FROM t), d AS (SELECT 1 FROM c) SELECT * FROM c JOIN d JOIN shop.c JOIN u", {b"t", b"u", b"c"}),
        (b"SELECT * FROM (WITH RECURSIVE c AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT * FROM c) e, u", {b"u"}),
        (b"SELECT t.with FROM t", {b"t"}),
        (
            b"SELECT a, b FROM t a USE INDEX (i, j), u PARTITION (p, q) JOIN w USING (m, n), (SELECT c, d FROM x) y (e, f), (z, other.k)",
            {b"t", b"u", b"w", b"x", b"z"},
        ),
        (b"SELECT 1 FROM t WHERE a IN (b, c) GROUP BY d, e HAVING f ORDER BY g, h LIMIT 1, 2", {b"t"}),
        (b"SELECT 1 FROM t WINDOW m AS (), n AS ()", {b"t"}),
        (b"SELECT 1 FROM t, u FOR UPDATE OF v, w", {b"t", b"u"}),
        (b"SELECT 1 FROM (VALUES ROW(1, 2), ROW(3, 4)) v, LATERAL (SELECT 1) l, JSON_TABLE('[]', '$' COLUMNS (a INT PATH '$', b INT PATH '$')) j, t", {b"t"}),
        (b"TABLE t", {b"t"}),
        (b"SELECT 1 UNION ALL TABLE shop.t ORDER BY a LIMIT 2, 3", {b"t"}),
        (b"SELECT 1 FROM u WHERE a IN (TABLE t) AND b = u.table", {b"t", b"u"}),
        (b"WITH c AS (TABLE t) TABLE c", {b"t"}),
        (b"SELECT * FROM JSON_TABLE('[]', '$' COLUMNS (a INT PATH '$')) j", set()),
    ],
)
def test_tables_that_a_view_certainly_reads(view, names):
    assert tables_read(tokens(b"CREATE VIEW v AS " + view, Dialect(90704)), b"shop") == names


@pytest.mark.parametrize(
    "sql, names",
    [
        (b"INSERT INTO q (a, b) TABLE t", {b"t"}),
        (b"INSERT INTO q TABLE t", {b"t"}),
        (b"CREATE TABLE q TABLE t", {b"t"}),
        (b"CREATE TABLE q (a int)", set()),
        (b"ALTER TABLE q EXCHANGE PARTITION p WITH TABLE t", {b"t"}),
        (b"ALTER TABLE q ADD FULLTEXT KEY (a) WITH PARSER ngram", set()),
        (b"ANALYZE NO_WRITE_TO_BINLOG TABLE q, t", set()),
        (b"DELETE q FROM q, t WHERE a = b", {b"q", b"t"}),
        (b"INSERT INTO q SELECT a, b FROM t, u ON DUPLICATE KEY UPDATE a = 1, b = 2", {b"t", b"u"}),
        (b"UPDATE q SET a = (SELECT b FROM t), c = 1", {b"t"}),
    ],
)
def test_tables_that_a_statement_certainly_reads(sql, names):
    assert tables_read(tokens(sql, Dialect(90704)), b"shop") == names


@pytest.mark.parametrize(
    "query, depends",
    [
        (b"SELECT SQL_NO_CACHE * FROM t", True),
        (b"SELECT HIGH_PRIORITY STRAIGHT_JOIN * FROM t", True),
        (b"SELECT DISTINCTROW t.* FROM t", True),
        (b"SELECT a FROM (SELECT *, 1 AS b FROM t) c", True),
        (b"TABLE t", True),
        (b"SELECT a FROM t UNION (TABLE u)", True),
        (b"SELECT a FROM t NATURAL LEFT JOIN u", True),
        (b"SELECT COUNT(*), a * 2, (a) * (b), 1 * -a FROM t", False),
        (b"SELECT sql_no_cache * 2 FROM t", False),
        (b"SELECT t.natural, t.table, '*', `table` FROM t", False),
    ],
)
def test_views_whose_columns_are_those_of_their_tables(query, depends):
    assert selects_all_columns(tokens(b"CREATE VIEW v AS " + query, Dialect(90704))) == depends
