# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/import.md and the RETURN of mysql_sql_import name every kind of statement and every change that the planner knows."""

import ast
import re
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import StatementKind
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import Policy
from ansible_collections.apsaradb.mysql.plugins.modules import mysql_sql_import
from ansible_collections.apsaradb.mysql.tests.support.plans import ROWS, TABLE, TRIGGER, plan, whole

ROOT = Path(__file__).parents[3]
DUMP = ROOT / "plugins" / "module_utils" / "_dump"
PAGE = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
DOCUMENTED = yaml.safe_load(mysql_sql_import.RETURN)["rewritten"]["contains"]


def nodes(name: str) -> Iterator[Any]:
    return ast.walk(ast.parse((DUMP / name).read_text(encoding="utf-8")))


def keys_of_code() -> set[str]:
    """The first arguments of ``count`` and ``leave_out``, the rules of ``rewrite``, and what ``strip`` returns."""
    found: set[str] = set()
    for file in "planner.py", "object_statements.py", "reader_state.py", "table_rewrite.py":
        for node in nodes(file):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("_count", "count", "leave_out") and node.args:
                words = ast.literal_eval(node.args[0]) if isinstance(node.args[0], ast.Constant) else ast.unparse(node.args[0])
                found.add(words)
    # Variables: what rewrite() and strip() return, the key that leave_out() gets, the name of an object.
    assert found >= {"change", "key", "what + 's_omitted'", "self._gtid.strip(item)"}
    found -= {"change", "key", "what + 's_omitted'", "self._gtid.strip(item)"}
    for node in nodes("rewrite.py"):
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "rules" and isinstance(node.value, ast.Dict):
            found.update(ast.literal_eval(key) for key in node.value.keys if key is not None)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "changed.extend":
            found.update(each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant) and isinstance(each.value, str))
    for node in nodes("gtid_statements.py"):
        if isinstance(node, ast.FunctionDef) and node.name == "strip":
            found.update(ast.literal_eval(each.value) for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None)
    return found | {"triggers_omitted", "events_omitted"}


def test_every_change_of_the_code_is_documented_and_no_other() -> None:
    assert keys_of_code() == set(DOCUMENTED)


EVENT = b"CREATE DEFINER=`a`@`b` EVENT shop.e ON SCHEDULE EVERY 1 DAY ENABLE DO DELETE FROM t;\n"
VIEW = b"CREATE DEFINER=`a`@`b` VIEW v AS SELECT * FROM shop.t;\n"
EXAMPLES = {
    "change_master": b"CHANGE MASTER TO MASTER_LOG_FILE='b.1', MASTER_LOG_POS=4;\n",
    "data_directory": b"CREATE TABLE d (a INT) ENGINE=InnoDB DATA DIRECTORY='/x';\n",
    "database": VIEW,
    "definer": VIEW,
    "drop_database": b"DROP DATABASE IF EXISTS shop;\nCREATE DATABASE shop;\nUSE shop;\n",
    "encryption": b"CREATE TABLE d (a INT) ENGINE=InnoDB ENCRYPTION='Y';\n",
    "engine": b"CREATE TABLE d (a INT) ENGINE=TokuDB;\n",
    "engine_options": b"CREATE TABLE d (a INT) ENGINE=TokuDB ROW_FORMAT=TOKUDB_ZLIB;\n",
    "event_status": EVENT,
    "events_omitted": EVENT,
    "gtid_purged": b"SET @@GLOBAL.GTID_PURGED='3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5';\n",
    "rocksdb": b"SELECT COUNT(*) INTO @rocksdb_is_there FROM INFORMATION_SCHEMA.SESSION_VARIABLES WHERE VARIABLE_NAME='rocksdb_bulk_load';\n",
    "session_variables": b"SET SESSION wait_timeout = 100;\n",
    "sql_log_bin": b"SET @@SESSION.SQL_LOG_BIN= 0;\n",
    "sql_mode": b"SET sql_mode = 'NO_AUTO_CREATE_USER';\n",
    "tablespace": b"CREATE TABLE d (a INT) ENGINE=InnoDB TABLESPACE ts;\n",
    "triggers_omitted": TRIGGER,
}
POLICIES = {
    "encryption": Policy(encryption="strip"),
    "engine": Policy(engines=(("TOKUDB", "InnoDB"),)),
    "engine_options": Policy(engines=(("TOKUDB", "InnoDB"),)),
    "definer": Policy(definer="current"),
    "event_status": Policy(events="disabled"),
    "events_omitted": Policy(events="omit"),
}


@pytest.mark.parametrize("key", sorted(DOCUMENTED))
def test_every_documented_change_is_counted(key: str) -> None:
    dump = EXAMPLES[key] + TABLE + ROWS if key in ("drop_database", "rocksdb", "gtid_purged", "sql_log_bin") else TABLE + ROWS + EXAMPLES[key]
    more = {"triggers": "omit"} if key == "triggers_omitted" else {}
    assert plan(whole(dump), policy=POLICIES.get(key, Policy()), **more).rewritten.get(key, 0) > 0


# Words in the first column of the table of statements, for each kind of statement; "" for what is not one.
KINDS = {
    StatementKind.NOTHING: "comments",
    StatementKind.SESSION: "`SET` of a session variable",
    StatementKind.GTID_PURGED: "`SET GTID_PURGED`",
    StatementKind.SQL_LOG_BIN: "`SET SQL_LOG_BIN`",
    StatementKind.DATABASE: "`CREATE DATABASE`",
    StatementKind.USE: "`USE` of the dump's database",
    StatementKind.DATABASE_COLLATION: "`ALTER DATABASE`",
    StatementKind.TABLE: "`CREATE TABLE`",
    StatementKind.DROP_TABLE: "`DROP TABLE`",
    StatementKind.ROWS: "`INSERT`, `REPLACE` of literals",
    StatementKind.HISTOGRAM: "UPDATE HISTOGRAM",
    StatementKind.HOUSEKEEPING: "`LOCK TABLES`",
    StatementKind.PREPARED: "`PREPARE`",
    StatementKind.VIEW: "`CREATE VIEW`",
    StatementKind.DROP_VIEW: "`DROP VIEW`",
    StatementKind.TRIGGER: "`TRIGGER`",
    StatementKind.DROP_TRIGGER: "`DROP TRIGGER`",
    StatementKind.ROUTINE: "`PROCEDURE`",
    StatementKind.DROP_ROUTINE: "`DROP PROCEDURE`",
    StatementKind.EVENT: "`EVENT`",
    StatementKind.DROP_EVENT: "`DROP EVENT`",
    StatementKind.REPLICATION: "`CHANGE MASTER`",
    StatementKind.OTHER: "`ALTER TABLE`, `UPDATE`",
    StatementKind.FORBIDDEN: "accounts, grants",
    StatementKind.UNCLEAR: "could read in two ways",
}


def statements() -> str:
    table = PAGE.partition("## What happens to each statement")[2].partition("\n## ")[0]
    return "\n".join(line.split(" | ")[0] for line in table.splitlines() if line.startswith("| "))


@pytest.mark.parametrize("kind", list(StatementKind), ids=lambda kind: kind.value)
def test_every_kind_of_statement_has_a_row(kind: StatementKind) -> None:
    assert KINDS[kind] in statements()


@pytest.mark.parametrize("key", sorted(set(DOCUMENTED) - {"database", "engine", "sql_mode"}))
def test_every_change_is_on_the_page(key: str) -> None:
    assert re.search(rf"`rewritten\.{key}`", PAGE)


@pytest.mark.parametrize("title", ["## What happens to each statement", "### What a CREATE TABLE may contain"])
def test_every_row_names_its_test(title: str) -> None:
    """test_vendor_guide.py checks that they exist."""
    rows = [line for line in PAGE.partition(title)[2].partition("\n#")[0].splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 8 and [row for row in rows if "`tests/" not in row.split(" | ")[-1]] == []
