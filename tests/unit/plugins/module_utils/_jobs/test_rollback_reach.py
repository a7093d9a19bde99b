# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which statements a rollback undoes; tests/servers/test_restore_sql.py runs such files."""

import io
from types import SimpleNamespace
from typing import Any, Dict, List, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._rollback_reach import KnownDatabases, can_roll_back, rolls_back
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import Grants

DIALECT = Dialect(90700)
ROOT, OTHER = "root@localhost", "other@localhost"


@pytest.mark.parametrize(
    "statement, can",
    [
        ("UPDATE customer SET name = 'x'", True),
        ("SET @a = CONCAT('b', 'c'), @d = 1", True),
        ("SET @a = 'x, autocommit = 1', @`b` := (SELECT MAX(id) FROM t)", True),
        ("SET @a = 1, GLOBAL x = 2", False),
        ("SET @@x = 2", False),
        ("SET @a = 1, @@x = 2", False),
        ("SET @a = 1, sql_mode = ''", False),
        ("SET @a = 1, -- it's off\nautocommit = 1", False),
        ("SET @a = 1, # as in (1)\nautocommit = 1", False),
        ("SET PASSWORD = 'x'", False),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", False),
        ("SELECT 1 INTO -- a file\nOUTFILE '/tmp/x'", False),
        ("SELECT 1 INTO DUMPFILE '/tmp/x'", False),
        ("SELECT 'INTO OUTFILE'", True),
        ("SELECT 'open", False),
        ("/*!50000 ALTER TABLE t ADD a INT */", False),
        ("ALTER TABLE customer ADD a INT", False),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("CALL p()", False),
    ],
)
def test_what_can_be_rolled_back(statement: str, can: bool) -> None:
    assert can_roll_back(statement.encode(), DIALECT) is can


@pytest.mark.parametrize(
    "name, text, is_named",
    [
        ("logs", "INSERT INTO logs.t VALUES (1)", True),
        ("logs", "INSERT INTO `LOGS`.t VALUES (1)", True),
        ("logs", "UPDATE t SET logs_of = catalogs", False),
        ("Logs", "SELECT 1 FROM logs.t", True),
        ("ÉTUDES", "SELECT 1 FROM études.t", True),
        ("ΑΣ", "SELECT 1 FROM ΑΣ.t", True),
        ("my-logs", "SELECT 1 FROM `My-Logs`.t", True),
        ("a`b", "SELECT 1 FROM `a``b`.t", True),
        ('a"b', 'SELECT 1 FROM "a""b".t', True),
        ("my-logs", "SELECT 1 FROM my_logs.t", False),
    ],
)
def test_databases_in_a_text(name: str, text: str, is_named: bool) -> None:
    assert KnownDatabases([name, "shop"]).in_text(text) == ({name} if is_named else set())


class Server:
    """``programs`` are definer, security and text by database; ``lasting`` the databases with tables of other engines."""

    def __init__(self, programs: Dict[str, List[Tuple[str, str, Any]]], lasting: Tuple[str, ...]) -> None:
        self.programs, self.lasting = programs, lasting

    def rows(self, sql: str, values: Tuple[str, ...] = ()) -> List[Tuple[Any, ...]]:
        if "SCHEMATA" in sql:
            return [(name,) for name in ("shop", "logs", "audit", "mysql", "sys", *self.programs) if name]
        if "ENGINE" in sql:
            return [(name,) for name in self.lasting]
        return self.programs.get(values[0], []) if "TRIGGERS" in sql else []


def reaches_only_what_rolls_back(server: Server, text: str, *, everywhere: Tuple[str, ...] = ("SELECT",)) -> bool:
    state: Any = SimpleNamespace(grants=Grants(frozenset(everywhere), ()), account=ROOT)
    connection: Any = server
    return rolls_back(connection, state, "shop", ((statement, DIALECT) for statement in ClientSplitter(io.BytesIO(text.encode()))))


UPDATE = "UPDATE customer SET name = 'x'; SET @a = 1;"


@pytest.mark.parametrize(
    "programs, lasting, expected",
    [
        ({}, ("mysql",), True),
        ({}, ("shop",), False),
        ({}, ("Shop",), False),
        ({"shop": [(ROOT, "DEFINER", "INSERT INTO audit.t VALUES (1)")]}, ("mysql",), True),
        ({"shop": [(ROOT, "DEFINER", "INSERT INTO audit.t VALUES (1)")]}, ("audit",), False),
        ({"shop": [(ROOT, "DEFINER", "SET @a = logs.f()")], "logs": [(ROOT, "DEFINER", "INSERT INTO audit.t VALUES (1)")]}, ("audit",), False),
        ({"shop": [(ROOT, "DEFINER", "SET @a = logs.f()")], "logs": [(ROOT, "DEFINER", "SET @a = shop.f()")]}, ("audit",), True),
        ({"logs": [(ROOT, "DEFINER", "INSERT INTO audit.t VALUES (1)")]}, ("audit",), True),
        ({"shop": [(ROOT, "DEFINER", None)]}, ("audit",), False),
    ],
)
def test_a_view_trigger_or_function_may_reach_a_table_that_is_not_rolled_back(programs: Any, lasting: Tuple[str, ...], expected: bool) -> None:
    assert reaches_only_what_rolls_back(Server(programs, lasting), UPDATE) is expected


def test_a_statement_reaches_what_the_databases_that_it_names_reach() -> None:
    server = Server({"logs": [(ROOT, "DEFINER", "INSERT INTO audit.t VALUES (1)")]}, ("audit",))
    assert not reaches_only_what_rolls_back(server, UPDATE + "DELETE FROM logs.t;")
    assert reaches_only_what_rolls_back(server, UPDATE + "DELETE FROM logs_of_today;")
    assert reaches_only_what_rolls_back(server, "INSERT INTO customer VALUES (1, 'logs'), (2, 'audit');")
    assert not reaches_only_what_rolls_back(server, "INSERT INTO audit.customer VALUES (1, 'x'), (2, 'y');")


def test_what_another_account_may_reach_is_not_known_to_one_that_does_not_see_all_databases() -> None:
    for definer, security, expected in (OTHER, "DEFINER", False), (ROOT, "DEFINER", True), (OTHER, "INVOKER", True):
        server = Server({"shop": [(definer, security, "INSERT INTO hidden.t VALUES (1)")]}, ())
        assert reaches_only_what_rolls_back(server, UPDATE, everywhere=()) is expected
        assert reaches_only_what_rolls_back(server, UPDATE)


def test_all_statements_are_read() -> None:
    """The last one may be refused."""
    statements = iter(ClientSplitter(io.BytesIO(b"ALTER TABLE t ADD a INT; SELECT 1; SELECT 2")))
    connection: Any = Server({}, ())
    state: Any = None
    assert not rolls_back(connection, state, "shop", ((statement, DIALECT) for statement in statements))
    assert next(statements, None) is None
