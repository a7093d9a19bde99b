# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a load changes on the server for its own time, and what it leaves to the optimizer."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import Progress
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET = "settings_target"
DUMP = (
    b"/*!40101 SET NAMES utf8 */;\nCREATE TABLE t (a INT PRIMARY KEY, b INT, KEY b (b)) ENGINE=InnoDB;\n"
    b"INSERT INTO `t` VALUES " + b",".join(b"(%d,%d)" % (number, number % 7) for number in range(2000)) + b";\n-- Dump completed\n"
)


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET)
    yield entry
    databases.drop(entry, TARGET)


def value(entry, query):
    control = databases.connection(entry)
    try:
        return control.value(query)
    finally:
        control.close()


class Watch(Progress):
    """Looks at the server's settings when the rows are there."""

    def __init__(self, entry):
        self.entry = entry
        self.seen = set()

    def table(self):
        self.seen.add(value(self.entry, "SELECT CONCAT(@@GLOBAL.innodb_flush_log_at_trx_commit, ' ', @@GLOBAL.sync_binlog)"))


@pytest.mark.parametrize("durability, binlog, during", [("server", "off", "1 1"), ("relaxed", "off", "2 1"), ("relaxed", "on", "2 0")])
def test_durability_is_relaxed_for_the_time_of_the_load_where_that_is_wanted(entry, tmp_path, durability, binlog, during):
    control = databases.connection(entry)
    before = control.rows("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit, @@GLOBAL.sync_binlog, @@GLOBAL.log_bin")[0]
    control.run("SET GLOBAL innodb_flush_log_at_trx_commit = 1, sync_binlog = 1")
    try:
        watch = Watch(entry)
        load(databases.request(entry, TARGET, databases.write(tmp_path, DUMP), durability=durability, binlog=binlog, progress=watch))
        assert watch.seen == {during if before[2] else during[:2] + "1"}
        assert control.value("SELECT CONCAT(@@GLOBAL.innodb_flush_log_at_trx_commit, ' ', @@GLOBAL.sync_binlog)") == "1 1"
    finally:
        control.run("SET GLOBAL innodb_flush_log_at_trx_commit = {0}, sync_binlog = {1}".format(*before))
        control.close()


def test_an_account_that_may_not_relax_durability_is_told(entry, tmp_path):
    databases.run(entry, b"CREATE DATABASE settings_target; CREATE USER plain@localhost; GRANT ALL ON settings_target.* TO plain@localhost;")
    try:
        wanted = databases.request(entry, TARGET, databases.write(tmp_path, DUMP), durability="relaxed")
        outcome = load(wanted._replace(login=wanted.login._replace(user="plain")))
        assert [warning for warning in outcome.warnings if "durability" in warning]
        assert value(entry, "SELECT COUNT(*) FROM settings_target.t") == 2000
    finally:
        databases.run(entry, b"DROP USER plain@localhost")


@pytest.mark.parametrize("analyze", [True, False])
def test_statistics_are_right_when_it_returns(entry, tmp_path, analyze):
    before = _analyzed(entry)
    load(databases.request(entry, TARGET, databases.write(tmp_path, DUMP), analyze=analyze))
    assert _analyzed(entry) - before == int(analyze)
    if analyze:
        assert value(entry, "SELECT n_rows FROM mysql.innodb_table_stats WHERE database_name = 'settings_target' AND table_name = 't'") == 2000


def _analyzed(entry):
    control = databases.connection(entry)
    try:
        return int(control.rows("SHOW GLOBAL STATUS LIKE 'Com_analyze'")[0][1])
    finally:
        control.close()
