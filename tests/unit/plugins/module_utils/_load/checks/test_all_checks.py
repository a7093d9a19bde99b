# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of checks, and the one about the end of a dump."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import all_checks
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, kinds, subject


def test_a_dump_without_its_last_line():
    cut = subject(TABLE % b"t", end=b"")
    found = all_checks.check_complete(cut)
    assert kinds(found) == ["cut"] and "a.sql" in found[0].what
    assert all_checks.check_complete(subject(TABLE % b"t")) == []
    assert all_checks.check_complete(subject(TABLE % b"t", end=b"", require_complete=False)) == []
    assert all_checks.check_complete(subject(whole=False)) == []


def test_each_check_reports_under_its_name(monkeypatch):
    names = [name for name, _check in all_checks.CHECKS]
    assert len(set(names)) == len(names)
    found = all_checks.CHECKS[names.index("events")][1](subject(b"CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO DELETE FROM t;\n"))
    assert [finding.check for finding in found] == ["events"]
