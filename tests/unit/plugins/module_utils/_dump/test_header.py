# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.header import database_of, facts_of, read_header
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter
from hypothesis import given
from hypothesis import strategies as st

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
COMMENTS = b"-- MySQL dump 10.13  Distrib 5.7.40, for Linux (x86_64)\n--\n-- Host: localhost    Database: my shop\n-- ---\n-- Server version\t5.7.40-log\n"
LOG = b"SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;\nSET @@SESSION.SQL_LOG_BIN= 0;\n"
SET = b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '" + A.encode() + b":1-5,\n" + A.encode() + b":7';\n"
ROWS = b"CREATE TABLE `t` (`a` text);\nINSERT INTO `t` VALUES ('" + b"x" * 5000 + b"');\n"
AT_END = b"\n--\n-- GTID state at the end of the backup\n--\n\n" + SET
DONE = b"SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;\n-- Dump completed on 2026-01-01\n"
BOTH = A + ":1-5," + A + ":7"


@pytest.mark.parametrize(
    "head, tail, whole, gtid, sure, completed",
    [
        (COMMENTS + LOG + SET + ROWS + DONE, None, True, BOTH, True, True),
        (COMMENTS + LOG + SET + ROWS, None, False, BOTH, True, None),
        (COMMENTS + LOG + ROWS + AT_END + DONE, None, True, BOTH, True, True),
        (COMMENTS + LOG + ROWS, AT_END + DONE, False, BOTH, True, True),
        (COMMENTS + LOG + ROWS, None, False, None, False, None),
        (COMMENTS + ROWS, None, False, None, True, None),
        (COMMENTS + ROWS, b"(5),(6);\n", False, None, True, False),
        (COMMENTS + LOG + b"SET @@GLOBAL.GTID_PURGED='';\n" + ROWS, None, False, "", True, None),
        # Cut in the middle of the set itself.
        (COMMENTS + LOG + SET[:70], None, False, None, False, None),
        (b"", None, False, None, False, None),
    ],
)
def test_header_from_both_ends(head, tail, whole, gtid, sure, completed):
    found = read_header(head, tail, whole=whole)
    assert (found.gtid_purged, found.gtid_sure, found.completed) == (gtid, sure, completed)
    if head:
        assert (found.tool[:16], found.server_version, found.database) == ("MySQL dump 10.13", "5.7.40-log", "my shop")


@given(st.binary(max_size=300), st.integers(0, 400))
def test_text_in_rows_is_not_a_statement(noise, cut):
    """Whatever the rows say, and wherever the piece that was read ends, the set is that of the statement, or none."""
    text = noise.replace(b"\\", b"").replace(b"'", b"") + SET.replace(b"'", b"''").replace(A.encode(), b"f" * 36)
    body = COMMENTS + LOG + SET + b"CREATE TABLE `t` (`a` text);\nINSERT INTO `t` VALUES ('" + text + b"');\n"
    assert read_header(body).gtid_purged == BOTH
    assert read_header(body[: len(body) - cut]).gtid_purged == (
        BOTH if len(body) - cut > len(COMMENTS + LOG + SET) else read_header(body[: len(body) - cut]).gtid_purged
    )
    assert read_header(body.replace(SET, b"")).gtid_purged is None


@pytest.mark.parametrize(
    "head, database",
    [
        (COMMENTS, b"my shop"),
        (COMMENTS.replace(b"my shop", b"  "), None),
        (COMMENTS.replace(b"-- Host", b"-- host"), None),
        (b"", None),
    ],
)
def test_the_database_that_the_first_comments_name(head, database):
    assert database_of(head) == database


@pytest.mark.parametrize(
    "end, completed",
    [
        (b"-- Dump completed on 2026-01-01\n", True),
        (b"\n\n-- Dump completed", True),
        (b" -- Dump completed\n", False),
        (b"-- Dump complete", False),
        (b"INSERT INTO `t` VALUES ('\n-- Dump completed\n');\n", False),
        (b"-- Dump completed\nSELECT 1;\n", False),
        (b"", False),
    ],
)
def test_a_file_is_complete_if_its_last_comment_says_so(end, completed):
    file = ClientSplitter(io.BytesIO(COMMENTS + ROWS + end))
    last = [statement.end for statement in file][-1]
    facts = facts_of("a.sql", file, last)
    assert (facts.name, facts.size, facts.completed) == ("a.sql", len(COMMENTS + ROWS + end), completed)
    assert (facts.header, facts.server_version) == ("MySQL dump 10.13  Distrib 5.7.40, for Linux (x86_64)", "5.7.40-log")


@pytest.mark.parametrize(
    "line, expected",
    [
        (b"-- Server version\t8.0.36", "8.0.36"),
        (b"-- Server version\t26.7.0-cloud", "26.7.0-cloud"),
        (b"-- Server version: 5.7.44-log", "5.7.44-log"),
        (b"-- Server version:               8.0.30 - MySQL Community Server - GPL", "8.0.30 - MySQL Community Server - GPL"),
        (b"-- Server version\t\nSELECT 1", ""),
    ],
)
def test_the_version_of_the_server_as_several_tools_write_it(line, expected):
    assert read_header(b"-- a tool\n" + line + b"\nCREATE TABLE t (a int);\n", whole=True).server_version == expected
