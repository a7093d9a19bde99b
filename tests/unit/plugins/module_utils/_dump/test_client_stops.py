# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.client_stops import EarlyUses, error_of_create, error_of_drop, says_if_exists, tables_used
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statements import Statement
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens

DIALECT = Dialect(80036)


def item_of(sql):
    return classify(Statement(sql, 0, len(sql), 1, None), DIALECT)


@pytest.mark.parametrize(
    "sql, names",
    [
        (b"UPDATE a SET b = 1", [b"a"]),
        (b"INSERT INTO shop.a SELECT b FROM c JOIN shop.d", [b"a", b"c", b"d"]),
        (b"INSERT INTO other.a SELECT b FROM other.c", []),
        # The name behind DELETE may be an alias.
        (b"DELETE x FROM a AS x JOIN c", [b"a", b"c"]),
        (b"INSERT INTO a WITH n AS (SELECT 1) SELECT * FROM n", [b"a"]),
        (b"ALTER TABLE a ADD b INT", [b"a"]),
        (b"ANALYZE TABLE a", []),
    ],
)
def test_which_tables_a_statement_certainly_uses(sql, names):
    assert sorted(tables_used(item_of(sql), tokens(sql, DIALECT), b"shop")) == names


def test_only_the_first_use_in_the_same_file_counts():
    uses = EarlyUses()
    uses.note(b"a", item_of(b"UPDATE a SET b = 1"), "one.sql")
    uses.note(b"a", item_of(b"UPDATE a SET b = 2"), "one.sql")
    assert uses.created(b"b", "one.sql") is None
    assert uses.created(b"a", "one.sql").item.statement.text == b"UPDATE a SET b = 1"
    # The table exists now.
    assert uses.created(b"a", "one.sql") is None
    uses.note(b"a", item_of(b"UPDATE a SET b = 3"), "one.sql")
    uses.note(b"a", item_of(b"UPDATE a SET b = 4"), "two.sql")
    assert uses.created(b"a", "one.sql") is None


@pytest.mark.parametrize("sql, said", [(b"DROP TABLE IF EXISTS a", True), (b"DROP TEMPORARY TABLE IF EXISTS a", True), (b"DROP VIEW a, `IF`, `EXISTS`", False)])
def test_if_exists(sql, said):
    assert says_if_exists(tokens(sql, DIALECT)) == said


def test_errors_of_the_server():
    assert [error_of_drop(what) for what in ("TABLE", "TRIGGER", "FUNCTION")] == [1051, 1360, 1305]
    assert [error_of_create(what) for what in ("TABLE", "EVENT", "PROCEDURE")] == [1050, 1537, 1304]
