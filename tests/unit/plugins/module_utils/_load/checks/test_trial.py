# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the errors of a server that parses a dump mean; tests/servers/test_checks_of_statements.py has servers that parse some."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.trial import _of_definitions, _of_session, _Refusal, prepare
from ansible_collections.apsaradb.mysql.plugins.module_utils._server import connection as connections
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, kinds, subject


class Connection:
    """Answers each statement with this error, if there is one, and notes it."""

    refusal = connections.Connection.refusal

    def __init__(self, code=None):
        self.code = code
        self.ran = []

    def run(self, sql):
        self.ran.append(sql)
        if self.code is not None and sql.startswith("PREPARE"):
            raise ServerError(self.code, "no")


def test_a_text_is_prepared_as_hexadecimal_digits():
    connection = Connection()
    assert prepare(connection, b"SELECT 'x'", frozenset()) is None
    assert connection.ran == ["SET @apsaradb_mysql = X'53454c45435420277827'", "PREPARE apsaradb_mysql FROM @apsaradb_mysql"]


def test_only_wanted_errors_are_refusals_and_a_lost_connection_is_none():
    assert prepare(Connection(1064), b"x", frozenset((1064,))).code == 1064
    assert prepare(Connection(1046), b"x", frozenset((1064,))) is None
    with pytest.raises(ServerError, match="2013"):
        prepare(Connection(2013), b"x", frozenset((1064,)))


def test_a_session_that_a_server_refuses():
    session = SessionState().with_variable(b"time_zone", b"'Asia/Shanghai'")
    found = _of_session(session, ServerError(1298, "Unknown or incorrect time zone"))
    assert found.kind == "time_zone" and "Asia/Shanghai" in found.what
    assert _of_session(session, ServerError(1231, "no")).kind == "session"


SYNTAX = "You have an error in your SQL syntax; check the manual for the right syntax to use near 'rank FROM t' at line 1"


def refused(sql, message, code=1064, **given):
    dump = subject(sql + TABLE % b"t", **given)
    return _of_definitions(dump, [_Refusal(made, ServerError(code, message)) for made in dump.known.plan.objects])


def test_an_error_of_syntax_has_the_place_and_not_the_advice_of_the_server():
    (found,) = refused(b"CREATE PROCEDURE `p`() SELECT 1 FROM;\n", SYNTAX)
    assert found.kind == "syntax" and "near 'rank FROM t'" in found.what and "check the manual" not in found.what and "procedure p, a.sql" in found.where


def test_a_word_that_check_words_has_found_is_not_found_again():
    assert refused(b"CREATE PROCEDURE `p`() SELECT rank FROM t;\n", SYNTAX) == []


def test_many_refusals_are_ten_findings():
    sql = b"".join(b"CREATE PROCEDURE `p%d`() SELECT 1 FROM;\n" % number for number in range(12))
    assert kinds(refused(sql, SYNTAX)) == ["syntax"] * 10


def test_a_statement_that_contains_the_next_one_lacks_a_delimiter():
    near = SYNTAX.replace("rank FROM t", "CREATE PROCEDURE q() SELECT 2")
    sql = b"DELIMITER ;;\nCREATE PROCEDURE `p`() SELECT 1\nCREATE PROCEDURE q() SELECT 2;;\nDELIMITER ;\n"
    (found,) = refused(sql, near)
    assert found.kind == "no_delimiter" and "begins with CREATE" in found.what


def test_a_file_that_ends_in_a_statement_was_truncated():
    dump = subject(TABLE % b"t" + b"CREATE PROCEDURE `p`() SELECT 1 FROM", end=b"")
    (found,) = _of_definitions(dump, [_Refusal(made, ServerError(1064, SYNTAX)) for made in dump.known.plan.objects])
    assert found.kind == "cut_statement" and "a.sql ends in the middle of a statement" in found.what and found.cure == "fetch the backup again"
