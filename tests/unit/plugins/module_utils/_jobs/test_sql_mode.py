# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sql_mode of a SQL file."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._sql_mode import SqlModeTracker


def modes(statements, default="STRICT_TRANS_TABLES"):
    """Whether a double quote encloses a name, and whether a backslash escapes, after these statements."""
    mode = SqlModeTracker(90700, default)
    for statement in statements:
        mode.follow(statement.encode(), "here")
    return mode.dialect.ansi_quotes, mode.dialect.backslash


@pytest.mark.parametrize(
    "statements, found",
    [
        ([], (False, True)),
        (["SET sql_mode = 'ANSI_QUOTES'"], (True, True)),
        (["SET sql_mode = ANSI"], (True, True)),
        (["SET @@session.sql_mode := 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'"], (True, False)),
        (["set local SQL_MODE='no_backslash_escapes'", "SET sql_mode=DEFAULT"], (False, True)),
        (["SET GLOBAL sql_mode = 'ANSI_QUOTES'", "SET @@global.sql_mode = 'ANSI_QUOTES'", "SET PERSIST sql_mode = 'ANSI_QUOTES'"], (False, True)),
        (["/*!40101 SET @OLD=@@SQL_MODE, SQL_MODE='ANSI_QUOTES' */"], (True, True)),
        (["/*!40101 SET @OLD=@@SQL_MODE, SQL_MODE='ANSI_QUOTES' */", "SET SQL_MODE=@OLD"], (False, True)),
        (["SET @OLD = @@sql_mode, sql_mode = 'ANSI'", "SET sql_mode = IFNULL(@OLD, '')"], (False, True)),
        (["/*!99999 SET SQL_MODE='ANSI_QUOTES' */"], (False, True)),
        (["SET @m = 'ANSI_QUOTES'", "INSERT INTO t VALUES (1)", "SET sql_mode = @m"], (True, True)),
        (["UPDATE t SET a = 'SET sql_mode = ANSI_QUOTES'", "SET @text = 'sql_mode'"], (False, True)),
        (["CREATE PROCEDURE p() SET sql_mode = 'ANSI_QUOTES'", "CALL p()"], (False, True)),
        (["SET @m = 'ANSI_QUOTES'", "SET @m = '', sql_mode = @m"], (True, True)),
        (["SET @m = 'ANSI_QUOTES'", "SELECT 'b@m' AS c", "SET sql_mode = @m"], (True, True)),
        (["SET time_zone = CONCAT('+', '00:00'), sql_mode = 'ANSI_QUOTES'"], (True, True)),
    ],
)
def test_modes_after_statements(statements, found):
    assert modes(statements) == found


def test_default_is_that_of_the_server():
    assert modes([], "ANSI_QUOTES,NO_BACKSLASH_ESCAPES") == (True, False)
    assert modes(["SET sql_mode = ''"], "ANSI_QUOTES,NO_BACKSLASH_ESCAPES") == (False, True)
    assert modes(["SET sql_mode = ''", "SET sql_mode = DEFAULT"], "ANSI_QUOTES") == (True, True)


@pytest.mark.parametrize(
    "statements",
    [
        ["SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')"],
        ["SET sql_mode = (SELECT mode FROM t)"],
        ["SET sql_mode = 4"],
        ["SET sql_mode = @unknown"],
        ["SET sql_mode = IFNULL(@unknown, '')"],
        ["SET GLOBAL sql_mode = 'ANSI'", "SET sql_mode = DEFAULT"],
        ["SET @m = 'ANSI'", "SELECT '' INTO @m", "SET sql_mode = @m"],
        ["SET @m = 'ANSI'", "SELECT '' INTO @`m`", "SET sql_mode = @m"],
        ["SET @m = 'ANSI'", "SELECT '' INTO @'M'", "SET sql_mode = @m"],
        ["SET @m = 'ANSI', sql_mode = @m"],
        ["SET @m = 'ANSI'", "CALL p()", "SET sql_mode = @m"],
        ["SET @m = 'ANSI'", "SET @m = CONCAT(@m, '')", "SET sql_mode = @m"],
        ["PREPARE p FROM 'SET sql_mode = ANSI'"],
        ["SET sql_mode = 'ANSI' /* open"],
        ["SET @s = CONCAT('SET sql_mode = ', 'ANSI')", "PREPARE p FROM @s", "EXECUTE p"],
    ],
)
def test_a_mode_that_is_known_only_later_is_refused(statements):
    with pytest.raises(Failure, match="known only when it runs.*here.*Write the value"):
        modes(statements)
