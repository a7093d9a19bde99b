# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which views and statements are tried, and as what; tests/servers/test_checks_of_tables.py has servers that resolve their columns."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import trial_columns
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.trial_columns import check_statements, check_views
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, subject

VIEW = b"CREATE VIEW `v` AS SELECT a FROM t;\n"


@pytest.fixture(name="tried")
def fixture_tried(monkeypatch):
    """The definitions that would be tried, and the kind of the finding if the server refuses one."""
    found = []
    monkeypatch.setattr(trial_columns, "_tried", lambda _subject, _plan, made, kind, _resolve: found.extend((one.what, kind.name) for one in made) or [])
    return found


def test_views_are_tried_unless_a_statement_may_change_their_tables(tried):
    check_views(subject(TABLE % b"t" + VIEW))
    assert tried == [("VIEW", "view_column")]
    check_views(subject(TABLE % b"t" + b"UPDATE t SET a = 1;\n" + VIEW))
    check_views(subject(whole=False))
    assert tried == [("VIEW", "view_column")]


def test_statements_that_change_rows_are_tried(tried):
    check_statements(subject(TABLE % b"t" + b"UPDATE t SET a = 1;\nDELETE FROM t WHERE a = 2;\n"))
    assert [(what.split(" ")[0], kind) for what, kind in tried] == [("UPDATE", "statement_column"), ("DELETE", "statement_column")]
    check_statements(subject(TABLE % b"t" + VIEW))
    check_statements(subject(whole=False))
    assert len(tried) == 2


def test_nothing_is_tried_where_it_would_reach_the_binary_log():
    logged = {"version": "5.7.44", "variables": {"log_bin": "ON"}, "grants": ()}
    assert check_views(subject(TABLE % b"t" + VIEW, **logged)) == []
    assert check_statements(subject(TABLE % b"t" + b"UPDATE t SET a = 1;\n", **logged)) == []
