# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that are left out or interpreted consist of their own tokens and of no others."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.exact_forms import is_exact, is_of_replication, is_one_value
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, refused

DIALECT = Dialect(90704, charset="utf8mb4")
EXACT = [
    b"USE `shop`",
    b"COMMIT",
    b"START TRANSACTION WITH CONSISTENT SNAPSHOT",
    b"UNLOCK TABLES",
    b"LOCK TABLES `t` WRITE, `u` AS x READ LOCAL",
    b"DROP TABLE IF EXISTS `t`, `u`",
    b"DROP PROCEDURE IF EXISTS p",
    b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */ /*!80016 DEFAULT ENCRYPTION='N' */",
    b"ALTER DATABASE `shop` CHARACTER SET latin1 COLLATE latin1_bin",
]


@pytest.mark.parametrize("sql", EXACT)
def test_complete_statements(sql):
    assert is_exact(tokens(sql, DIALECT))
    assert not is_exact(tokens(sql + b" INSERT INTO t VALUES (1)", DIALECT))


@pytest.mark.parametrize(
    "sql",
    [
        b"CHANGE MASTER TO MASTER_LOG_FILE='b.1', MASTER_LOG_POS=4",
        b"CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='b.1', SOURCE_LOG_POS=4",
        b"STOP SLAVE",
        b"START REPLICA FOR CHANNEL 'c'",
    ],
)
def test_what_master_data_writes(sql):
    assert is_of_replication(tokens(sql, DIALECT)) and not is_of_replication(tokens(sql + b" SELECT 1", DIALECT))


@pytest.mark.parametrize(
    "value, one", [(b"0", True), (b"@OLD", True), (b"IFNULL(@a, 1)", True), (b"0 INSERT INTO t VALUES (1)", False), (b"'' DROP TABLE t", False)]
)
def test_where_a_value_ends(value, one):
    assert is_one_value(tokens(value, DIALECT)) is one


@pytest.mark.parametrize(
    "first",
    [
        b"USE shop",
        b"COMMIT",
        b"UNLOCK TABLES",
        b"LOCK TABLES t WRITE",
        b"START TRANSACTION",
        b"DROP VIEW IF EXISTS v",
        b"SET FOREIGN_KEY_CHECKS = 0",
        b"SET SQL_LOG_BIN=0",
    ],
)
def test_a_missing_delimiter_does_not_lose_the_next_statement(first):
    dump = b"USE shop;\nCREATE TABLE t (id int);\n" + first + b"\nINSERT INTO t VALUES (1),(2);\n-- Dump completed\n"
    assert "delimiter is missing" in refused(dump) or "more than a" in refused(dump) or "plain value" in refused(dump)
    assert plan(dump.replace(first, first + b";")).tables[0].rows == 2
