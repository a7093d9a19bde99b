# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transactions that a file does not commit."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.open_transaction import OpenTransaction
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState, apply
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter

ROW, OFF = b"INSERT INTO t VALUES (1);", b"SET autocommit=0;"


def first(*statements):
    transaction, session = OpenTransaction(), SessionState()
    for statement in ClientSplitter(io.BytesIO(b"\n".join(statements))):
        item = classify(statement, Dialect(80000))
        transaction.note(item, "x.sql")
        session = apply(session, item.changes).session
        transaction.set_autocommit(is_on=session.autocommit)
    return None if transaction.first is None else transaction.first.line


@pytest.mark.parametrize(
    "statements, line",
    [
        ((ROW,), None),
        ((OFF, ROW), 2),
        ((OFF, ROW, ROW), 2),
        ((b"SET @x=1, AUTOCOMMIT=OFF;", b"DELETE FROM t WHERE a=1;"), 2),
        ((b"START TRANSACTION;", ROW), 2),
        ((b"BEGIN;", b"UPDATE t SET a=2;"), 2),
        ((b"BEGIN;", ROW, b"COMMIT;", ROW), None),
        ((b"BEGIN;", ROW, b"BEGIN;"), None),
        ((b"BEGIN;", ROW, b"BEGIN;", ROW), 4),
        ((OFF, ROW, b"COMMIT;"), None),
        ((OFF, ROW, b"COMMIT;", ROW), 4),
        ((OFF, ROW, b"SET autocommit=1;"), None),
        ((OFF, ROW, b"SET autocommit=@old;"), 2),
        ((b"SET @old=@@autocommit, autocommit=0;", ROW, b"SET autocommit=@old;"), None),
        ((b"SET @a=0;", b"SET autocommit=@a;", ROW), 3),
        ((OFF, ROW, b"SET autocommit=1-1;"), 2),
        # Only a SET that turns it on commits.
        ((b"BEGIN;", ROW, b"SET autocommit=1;"), 2),
        ((b"BEGIN;", ROW, OFF, b"SET autocommit=1;"), None),
        ((OFF, ROW, b"SET sql_mode='';"), 2),
        ((OFF, ROW, b"CREATE TABLE u (a int);"), None),
        ((OFF, ROW, b"create  temporary table u (a int);", b"DROP TEMPORARY TABLE IF EXISTS u;"), 2),
        ((OFF, ROW, b"CREATE VIEW v AS SELECT 1;"), None),
        ((OFF, ROW, b"ALTER TABLE t ENABLE KEYS;"), None),
        ((OFF, ROW, b"TRUNCATE t;"), None),
        ((OFF, ROW, b"SELECT 1;"), 2),
        ((OFF, ROW, b"USE shop;"), 2),
        ((OFF, ROW, b"UNLOCK TABLES;"), 2),
        ((b"LOCK TABLES t WRITE;", OFF, ROW, b"UNLOCK TABLES;"), None),
        ((b"LOCK TABLES t WRITE;", OFF, ROW, b"COMMIT;", b"UNLOCK TABLES;", ROW), 6),
        ((b"LOCK TABLES t WRITE;", OFF, ROW, b"COMMIT;", ROW, b"UNLOCK TABLES;"), None),
        ((b"LOCK TABLES t WRITE;", b"BEGIN;", ROW, b"UNLOCK TABLES;"), 3),
        ((OFF, b"SELECT 1;", b"CREATE TABLE u (a int);"), None),
    ],
)
def test_the_first_change_that_the_client_would_lose(statements, line):
    assert first(*statements) == line
