# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether tables may be tried; tests/servers/test_checks_of_tables.py has servers that make some."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState, statements_between
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.trial_tables import TrialSession, check_definitions, may_try
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, server, subject


@pytest.mark.parametrize(
    "version, variables, grants, may",
    [
        ("5.7.44", {}, (), True),
        ("5.7.44", {"log_bin": "ON"}, (), False),
        ("5.7.44", {"log_bin": "ON"}, ("SUPER",), True),
        ("8.0.36", {"log_bin": "ON"}, (), True),
        ("8.0.36", {"log_bin": "ON", "binlog_format": "MIXED"}, (), False),
        ("8.0.36", {"log_bin": "ON", "binlog_format": "STATEMENT"}, ("SESSION_VARIABLES_ADMIN",), True),
        ("10.11.6-MariaDB", {}, ("SUPER",), False),
    ],
)
def test_temporary_tables_stay_out_of_the_binary_log(version, variables, grants, may):
    assert may_try(server(version, variables, grants)) is may


def test_without_tables_or_where_they_would_be_logged_nothing_is_tried():
    assert check_definitions(subject()) == check_definitions(subject(whole=False)) == []
    assert check_definitions(subject(TABLE % b"t", version="5.7.44", variables={"log_bin": "ON"}, grants=())) == []


def test_a_session_is_switched_from_its_last_state_and_reports_a_refusal():
    sent, refusal = [], []

    class Server:
        def refusal(self, *statements):
            sent.append(statements)
            return refusal[0] if refusal else None

    other, plain = SessionState().with_variable(b"time_zone", b"'Asia/Shanghai'"), SessionState()
    session = TrialSession(Server())
    assert session.switch(other) and session.switch(other)
    refusal.append("error 1231")
    assert not session.switch(plain)
    assert sent == [tuple(statements_between(plain, other)), (), tuple(statements_between(other, plain))] and sent[0]
