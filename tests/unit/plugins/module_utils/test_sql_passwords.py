# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No password of a statement is left in a text that quotes it, and other texts stay as they are."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import head_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.plugins.module_utils._sql_passwords import without_passwords


@pytest.mark.parametrize(
    "text, shown",
    [
        ("SET PASSWORD = 'secret'", "SET PASSWORD = ***"),
        ("SET PASSWORD FOR u@h='it''s secret'", "SET PASSWORD FOR u@h=***"),
        ("set password for 'u'@'h' = PASSWORD(\"secret\")", "set password for ***"),
        ("CREATE USER 'u'@'%' IDENTIFIED BY 'secret'", "CREATE USER 'u'@'%' IDENTIFIED BY ***"),
        ("ALTER USER u IDENTIFIED WITH mysql_native_password AS 0x736563726574", "ALTER USER u IDENTIFIED WITH mysql_native_password AS ***"),
        ("GRANT ALL ON *.* TO u IDENTIFIED\n BY\n 'secret", "GRANT ALL ON *.* TO u IDENTIFIED\n BY\n ***"),
        ("CREATE SERVER s OPTIONS (USER 'u', PASSWORD 'secret')", "CREATE SERVER s OPTIONS (USER 'u', PASSWORD ***"),
        ("CHANGE MASTER TO MASTER_PASSWORD='secret'", "CHANGE MASTER TO MASTER_PASSWORD=***"),
        ("START SLAVE USER = 'u' PASSWORD = 'secret'", "START SLAVE USER = 'u' PASSWORD = ***"),
        ("SELECT PASSWORD('secret')", "SELECT PASSWORD(***"),
        ("ENGINE=FEDERATED CONNECTION='mysql://u:secret@h:3306/d/t'", "ENGINE=FEDERATED CONNECTION='mysql://***'"),
        ("CONNECTION='mysql://u:secr", "CONNECTION='mysql://***"),
    ],
)
def test_passwords_are_hidden(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Access denied for user 'u'@'h' (using password: YES)",
        "Unknown column 'password' in 'field list'",
        "Authentication plugin 'caching_sha2_password' cannot be loaded: no such file",
        "Your password does not satisfy the current policy requirements",
        "You can find more at https://dev.mysql.com/doc/ or 'there'",
        "CREATE TABLE `password` (`identified` varchar(60) DEFAULT 'x')",
        "INSERT INTO `passwords` VALUES (1,'a')",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert without_passwords(text) == text


def test_no_message_shows_a_password_of_a_statement() -> None:
    assert head_of(b"CREATE USER 'u'  IDENTIFIED BY 'secret'") == "CREATE USER 'u' IDENTIFIED BY ***"
    assert head_of(b"SET PASSWORD FOR 'a_user_with_a_long_name'@'localhost' = 'secret'") == "SET PASSWORD FOR ***"
    error = ServerError(1064, "You have an error near 'PASSWORD = 'secret'' at line 1", "server x")
    assert "secret" not in str(error) + error.message + str(error.at("there")) and "near 'PASSWORD = ***" in error.message
    federated = "Can't create federated table. The data source connection string 'mysql://u:secret@h/d' is not in the correct format"
    assert ServerError(1432, federated).message == federated.replace("u:secret@h/d", "***")
