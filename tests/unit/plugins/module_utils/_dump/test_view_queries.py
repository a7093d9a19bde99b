# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query of a view; tests/servers/test_checks_of_definitions.py has servers that resolve it."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.view_queries import as_table, names_and_query, with_tables_replaced


@pytest.mark.parametrize(
    "text, names, query",
    [
        (b"CREATE VIEW `v` AS SELECT `a` AS `b` FROM `t`", b"", b"SELECT `a` AS `b` FROM `t`"),
        (b"CREATE DEFINER=CURRENT_USER() VIEW v AS SELECT 1", b"", b"SELECT 1"),
        (b"CREATE VIEW v (x, `y)`) AS SELECT a FROM t WHERE a > 1 WITH CASCADED CHECK OPTION", b"(x, `y)`)", b"SELECT a FROM t WHERE a > 1"),
        (b"CREATE VIEW v AS WITH c AS (SELECT 1) SELECT * FROM c WITH CHECK OPTION", b"", b"WITH c AS (SELECT 1) SELECT * FROM c"),
    ],
)
def test_names_and_query_of_a_view(text, names, query):
    assert names_and_query(text, tokens(text, Dialect(90700))) == (names, query)


def test_a_query_with_names():
    assert as_table(b"", b"SELECT a FROM t", Dialect(50600)) == b"(SELECT a FROM t)"
    assert as_table(b"(x, `y,z`)", b"SELECT a, b FROM t", Dialect(50600)) == b"(SELECT NULL AS x, NULL AS `y,z` UNION ALL (SELECT a, b FROM t))"


@pytest.mark.parametrize(
    "text, expected",
    [
        (b"SELECT v.a FROM v", b"SELECT v.a FROM (q) AS v"),
        (b"select `v`.`a` from `v` where (`v`.`a` > 1)", b"select `v`.`a` from (q) AS `v` where (`v`.`a` > 1)"),
        (b"SELECT * FROM v x JOIN v AS y ON x.a = y.a", b"SELECT * FROM (q) x JOIN (q) AS y ON x.a = y.a"),
        (b"select * from (`v` `x` join `v` on(1))", b"select * from ((q) `x` join (q) AS `v` on(1))"),
        (b"SELECT * FROM v PARTITION (p) JOIN v window", b"SELECT * FROM (q) AS v PARTITION (p) JOIN (q) AS v window"),
        (b"SELECT * FROM v `where`", b"SELECT * FROM (q) `where`"),
        (b"SELECT a FROM other.v JOIN w", b"SELECT a FROM other.v JOIN w"),
    ],
)
def test_views_in_the_place_of_tables(text, expected):
    view = b"CREATE VIEW w AS "
    assert with_tables_replaced(view + text, tokens(view + text, Dialect(90700)), {b"v": b"(q)"}.get) == view + expected
